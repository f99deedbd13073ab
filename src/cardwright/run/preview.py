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
from cardwright.record.case import Case
from cardwright.record.details import Details
from cardwright.record.kind import text_sha256
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
    case = _saying(contents.case_of(files, where=where), details)
    shown = documents.Edition(record=case.record, run=case.run, kind_files=case.kind_files, linked=case.linked)
    if policy is None:
        return shown
    compared = compared_in(files, where=where)
    return replace(shown, verdict=decide(case, policy, now, "review"), comparison=compared)


def _saying(case: Case, details: Details) -> Case:
    """The case of a run with these details: what is identified by its own text is identified by this one."""
    before, plan, run = case.record, case.plan, case.run
    update: dict[str, object] = {"details": details}
    if before.document is not None and before.subject.kind == "work":
        text = text_sha256(before.document, details, before.links)
        update["subject"] = before.subject.model_copy(update={"text_sha256": text})
        if plan is not None:
            plan = plan.model_copy(update={"subject": update["subject"]})
            update["provenance"] = before.provenance.model_copy(update={"plan_sha256": plan.sha256})
    record = before.model_copy(update=update)
    if run is not None and run.record_sha256 == before.sha256:
        # The evidence is that run's still. Left with the old digest it would be called stale after each letter typed.
        run = run.model_copy(update={"record_sha256": record.sha256})
    return replace(case, record=record, plan=plan, run=run)
