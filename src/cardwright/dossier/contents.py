"""What a dossier on disk holds, as values: the case that is judged, the policy it is judged by. Light: `gate` starts here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from cardwright.dossier import layout, links
from cardwright.errors import IntegrityError, NothingToCheckError, PlanError, PolicyError, did_you_mean
from cardwright.files import disk, packaged
from cardwright.policy.checklist import Checklist, coverage
from cardwright.policy.checklist import read as read_checklist
from cardwright.policy.policy import Policy, read_policy
from cardwright.record import canonical, filling
from cardwright.record.case import Case, LinkedDossier
from cardwright.record.claim import Claim
from cardwright.record.coverage import ChecklistCoverage
from cardwright.record.provenance import RunFacts
from cardwright.record.record import PlanLock, Record

Model = TypeVar("Model", bound=BaseModel)


def case_of(
    files: Mapping[str, bytes],
    *,
    where: str,
    artefacts: Mapping[str, str] | None = None,
    read: Mapping[str, Any] | None = None,
) -> Case:
    """The case that a dossier holds; `read` are files that were parsed already.

    Raises
    ------
    IntegrityError
        If a file is not what it says, or the baseline is not the one that the plan was made with.
    """
    known = read or {}

    def of(model: type[Model], name: str) -> Model:
        path = f"{where}/{name}"
        if name in known:
            return canonical.validated(model, known[name], files[name], where=path)
        return canonical.parse(model, files[name], where=path)

    record = of(Record, layout.RECORD)
    plan = of(PlanLock, layout.PLAN) if layout.PLAN in files else None
    facts = of(RunFacts, layout.RUN) if layout.RUN in files else None
    baseline = of(Record, layout.BASELINE) if layout.BASELINE in files else None
    if baseline is not None and (plan is None or plan.baseline_sha256 != baseline.sha256):
        raise IntegrityError(
            "the baseline is not the one that the plan was made with",
            where=f"{where}/{layout.BASELINE}",
            do="It was replaced; ask for the dossier as it was made.",
        )
    for evaluation in record.evaluations:
        for calibration in evaluation.calibrations:
            broken = calibration.flaw()
            if broken is not None:
                raise IntegrityError(
                    f"the calibration of {calibration.scorer} does not hold: {broken}",
                    where=f"{where}/{layout.RECORD}, {evaluation.id}",
                    do="A step between rows and counts was replaced; ask for the dossier as it was made.",
                )
    beside = links.read(record, files, where=where)
    _filled_holds(record, beside, where=where)
    return Case(
        record=record,
        plan=plan,
        run=facts,
        baseline=baseline,
        artefacts=dict(artefacts) if artefacts is not None else None,
        linked=beside,
        kind_files=_kind_files(record, files, where=where),
    )


def _filled_holds(record: Record, linked: Mapping[str, LinkedDossier], *, where: str) -> None:
    """Take what fills the record's fields from the linked records again, and compare it. One that is not here cannot be asked.

    Raises
    ------
    IntegrityError
        If the record says something else than they do.
    """
    records = {digest: one.record for digest, one in linked.items()}
    said = tuple(one for one in record.filled if one.record_sha256 in records)
    if record.redaction is None and said != filling.filled(record.document, record.links, records):
        raise IntegrityError(
            "what it says of the dossiers that it refers to is not what these say",
            where=f"{where}/{layout.RECORD}, filled",
            do="One of them was changed; ask for the dossier as it was made.",
        )


def _kind_files(record: Record, files: Mapping[str, bytes], *, where: str) -> dict[str, bytes]:
    """Templates and words of the record's kind of document, each with the digest that the record names.

    Raises
    ------
    IntegrityError
        If one is not the file that the record was made with, or the record names none of that name.
    """
    named = record.document.templates if record.document is not None else {}
    found = {path.removeprefix(layout.KIND): data for path, data in files.items() if path.startswith(layout.KIND)}
    for name, data in found.items():
        if named.get(name) != canonical.digest(data):
            raise IntegrityError(
                "not the file of its kind of document that the record was made with",
                where=f"{where}/{layout.KIND}{name}",
                do="It was changed; ask for the dossier as it was made.",
            )
    return found


def baseline_of(files: Mapping[str, bytes], *, where: str) -> Record:
    """The record of a dossier that others are compared with.

    Raises
    ------
    NothingToCheckError
        If the dossier holds no record.
    IntegrityError
        If a file is not what it says.
    PlanError
        If it is an edition that leaves things out.
    """
    if layout.RECORD not in files:
        raise NothingToCheckError("the baseline holds no record", where=where, do="Name a dossier's folder.")
    record = case_of(files, where=where).record
    if record.redaction is not None:
        raise PlanError("this edition leaves things out", where=where, do="Name the full dossier of the baseline.")
    return record


def policy_of(name: str, *, beside: Path | None = None) -> Policy:
    """A policy by the name of a packaged one, or by its path; a relative path starts beside the plan.

    Parameters
    ----------
    name
        The name of a packaged policy, or a path that ends in `.yaml` or holds a slash.
    beside
        The folder that a relative path starts from; if omitted, the working folder.

    Raises
    ------
    PolicyError
        If it is not valid, or no policy has that name.

    Examples
    --------
    >>> policy_of("research").for_production
    False
    """

    def find(name: str, asked_from: str) -> tuple[bytes, str]:
        if name.endswith((".yaml", ".yml")) or "/" in name:
            start = Path(asked_from).parent if asked_from else beside or Path()
            path = start / name
            return disk.read_file(path, what="policy"), str(path)
        if name not in packaged.names("policies"):
            raise PolicyError(f'no policy is called "{name}"', do=did_you_mean(name, packaged.names("policies")))
        return packaged.read("policies", name)

    data, where = find(name, "")
    return read_policy(data, where=where, find=find)


def packaged_policy(name: str) -> Policy:
    """A packaged policy, never a file: for a name found in a dossier.

    Raises
    ------
    PolicyError
        If no packaged policy has that name.
    """
    known = packaged.names("policies")
    if name not in known:
        raise PolicyError(
            f'the dossier names the policy "{name}", which is not packaged', do="Name yours: --policy PATH."
        )
    return policy_of(name)


STANDARD_CHECKLISTS = ("responsible_ai_minimum", "handoff_readiness")
"""What the responsible-AI report compares with a record by default."""


def checklist_of(name: str) -> Checklist:
    """A checklist by the name of a packaged one, or by its path.

    Raises
    ------
    PolicyError
        If it is not valid.
    """
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return read_checklist(disk.read_file(Path(name), what="checklist"), where=name)
    data, where = packaged.read("checklists", name)
    return read_checklist(data, where=where)


def coverage_of(
    record: Record, names: tuple[str, ...] = (), claims: tuple[Claim, ...] = ()
) -> tuple[ChecklistCoverage, ...]:
    """Checklists compared with a record and what people attest; the standard ones if none are named."""
    return tuple(coverage(checklist_of(name), record, claims) for name in names or STANDARD_CHECKLISTS)


def documents_hold(files: Mapping[str, bytes], record_sha256: str) -> str:
    """Compare every document with the record: the PDF's embedded record has its bytes, and each prints its digest.

    Raises
    ------
    IntegrityError
        If a document belongs to another record.
    """
    held: list[str] = []
    for name, data in sorted(files.items()):
        if name.endswith(".pdf"):
            embedded = embedded_record(data, name)
            if embedded != files[layout.RECORD]:
                raise IntegrityError(
                    "the record inside the PDF is another one",
                    where=name,
                    do="It was changed, or belongs to another dossier.",
                )
            held.append(name)
        elif name.endswith((".md", ".html")):
            if record_sha256.encode("ascii") not in data:
                raise IntegrityError(
                    "it does not name the record's digest",
                    where=name,
                    do="It was changed, or belongs to another dossier.",
                )
            held.append(name)
    return f"{len(held)} documents hold record {record_sha256[:12]}" if held else "there are no documents"


def embedded_record(data: bytes, name: str) -> bytes:
    """The record that a PDF holds, byte for byte; empty if it holds none.

    Raises
    ------
    IntegrityError
        If it is not a PDF that can be read.
    """
    import pikepdf

    try:
        with disk.as_file(data) as file, pikepdf.open(file) as pdf:
            attachment = pdf.attachments.get("record.json")
            return attachment.get_file().read_bytes() if attachment is not None else b""
    except pikepdf.PdfError as exc:
        raise IntegrityError("not a PDF that can be read", where=name, do="It is damaged.") from exc
