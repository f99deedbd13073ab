"""A dossier's documents with the details as they are being written: nothing is evaluated again, and nothing is written.

The record has other details than the dossier's, so it is another record with another digest. Nobody has signed it; the documents
say draft, whatever the dossier says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cardwright import documents
from cardwright.dossier import contents
from cardwright.policy.gate import decide
from cardwright.policy.policy import Policy
from cardwright.privacy.screening import screen
from cardwright.record.details import Details
from cardwright.run.editions import compared_in


def edition(
    files: Mapping[str, bytes], policy: Policy | None, details: Details, *, where: str, now: str
) -> documents.Edition:
    """The draft that a run with these details would make of the same evidence.

    Parameters
    ----------
    files
        A dossier's files.
    policy
        The policy to judge by; None shows no decision.
    details
        What people say now.
    where
        The dossier's folder, for errors.
    now
        The moment to judge for.

    Raises
    ------
    IntegrityError
        Where a file of the dossier is not what it says.
    PersonalDataError
        Where the details hold personal data or a secret.
    """
    screen(details, what="what people say (details)")
    case = contents.case_of(files, where=where)
    record = case.record.model_copy(update={"details": details})
    run = case.run
    if run is not None and run.record_sha256 == case.record.sha256:
        # The evidence is that run's still. Left with the old digest it would be called stale after each letter typed.
        run = run.model_copy(update={"record_sha256": record.sha256})
    if policy is None:
        return documents.Edition(record=record, run=run)
    verdict = decide(replace(case, record=record, run=run), policy, now, "review")
    compared = compared_in(files, where=where)
    return documents.Edition(record=record, verdict=verdict, run=run, comparison=compared)
