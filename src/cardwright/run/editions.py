"""What the documents of a dossier are made from: the same values give the same bytes, so a receiver can make them again."""

from __future__ import annotations

from collections.abc import Mapping

from cardwright import documents
from cardwright.dossier import contents, layout
from cardwright.errors import IntegrityError
from cardwright.files import packaged
from cardwright.record import canonical, comparison
from cardwright.record.case import Case
from cardwright.record.claim import Claim
from cardwright.record.comparison import Comparison
from cardwright.record.coverage import ChecklistCoverage
from cardwright.record.verdict import Verdict
from cardwright.run.prepare import Progress, silent

COMPARISON = "evidence/comparison.json"
"""What differs from the previous release, kept so that the documents can be made again without that release."""


def of_files(files: Mapping[str, bytes], *, where: str) -> documents.Edition:
    """The edition that is signed: its verdict is on the evidence, and sign-offs are outstanding.

    Raises
    ------
    IntegrityError
        Where a file is not what it says, or there is no verdict on the evidence.
    """
    if layout.REVIEW not in files:
        raise IntegrityError("is not there, so no document can be made from it", where=f"{where}/{layout.REVIEW}")
    case = contents.case_of(files, where=where)
    verdict = canonical.parse(Verdict, files[layout.REVIEW], where=f"{where}/{layout.REVIEW}")
    compared = compared_in(files, where=where)
    return documents.Edition(
        record=case.record, verdict=verdict, run=case.run, comparison=compared, coverage=_coverage(case, verdict)
    )


def documents_of(
    edition: documents.Edition, *, progress: Progress = silent
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Every standard document of an edition by file name, and those that could not be made here, with why."""
    made: dict[str, bytes] = {}
    problems: list[str] = []
    for name, document, format_ in documents.standard(edition.record):
        progress(name, 0, None)
        try:
            made[name] = documents.render(edition, document=document, format=format_)
        except documents.MissingPangoError as exc:
            # Without Pango everything but the PDF is written, and the PDF is missing.
            problems.append(f"{name}: {exc}")
    return made, tuple(problems)


def final(case: Case, verdict: Verdict, compared: Comparison | None, manifest_sha256: str) -> documents.Edition:
    """The edition of a release: the decision, signatures and waivers in front."""
    return documents.Edition(
        record=case.record,
        verdict=verdict,
        claims=case.claims,
        run=case.run,
        comparison=compared,
        manifest_sha256=manifest_sha256,
        state="released",
        coverage=_coverage(case, verdict),
    )


def _coverage(case: Case, verdict: Verdict) -> tuple[ChecklistCoverage, ...]:
    """The standard checklists, and those that the policy asks items of, as far as they are packaged."""
    known = packaged.names("checklists")
    asked = [name for name in verdict.policy.checklists if name in known]
    return contents.coverage_of(case.record, tuple(dict.fromkeys([*contents.STANDARD_CHECKLISTS, *asked])), case.claims)


def compared_in(files: Mapping[str, bytes], *, where: str) -> Comparison | None:
    """The comparison that a dossier holds.

    Raises
    ------
    IntegrityError
        Where it is not one.
    """
    if COMPARISON not in files:
        return None
    return comparison.from_json(files[COMPARISON], where=f"{where}/{COMPARISON}")


def rerender(files: Mapping[str, bytes], *, where: str, claims: tuple[Claim, ...] = ()) -> tuple[list[str], list[str]]:
    """Make every document of a dossier again; the names of those whose bytes are the same, and of the others.

    Parameters
    ----------
    claims:
        What was believed when the release was decided, for its final report.

    Raises
    ------
    MissingPangoError
        Where a PDF cannot be made here.
    IntegrityError
        Where what they are made from is not at hand.
    """
    edition = of_files(files, where=where)
    same: list[str] = []
    other: list[str] = []
    for name, document, format_ in documents.standard(edition.record):
        if name in files:
            made = documents.render(edition, document=document, format=format_)
            (same if made == files[name] else other).append(name)
    if layout.FINAL in files:
        decided = canonical.parse(Verdict, files[layout.VERDICT], where=f"{where}/{layout.VERDICT}")
        signed = Case(record=edition.record, run=edition.run, claims=claims)
        edition = final(signed, decided, edition.comparison, canonical.digest(files[layout.MANIFEST]))
        made = documents.render(edition, document="audit_report", format="pdf")
        (same if made == files[layout.FINAL] else other).append(layout.FINAL)
    return same, other
