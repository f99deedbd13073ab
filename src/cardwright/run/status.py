"""`cardwright status`: many dossiers in one table. It says what each dossier says of itself; `cardwright verify` proves it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cardwright.documents.interface import State
from cardwright.dossier import layout
from cardwright.errors import CardwrightError, IntegrityError, UsageError
from cardwright.record import canonical
from cardwright.record.base import visible
from cardwright.record.record import PlanLock, Record
from cardwright.record.subject import Subject
from cardwright.record.verdict import Verdict

SUPERSEDED = ".superseded-"
"""What `run --supersede` puts into the name of the dossier that it archives."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One dossier."""

    folder: str
    """Where it is."""
    name: str
    """Its subject."""
    version: str
    """Its subject's version."""
    decision: str
    """allowed | refused | `-` if nothing was decided."""
    state: State | Literal["unreadable"]
    """Where it stands, computed, never stored."""
    valid_until: str | None = None
    """The earliest day on which something its verdict rests on expires."""
    waivers: tuple[tuple[str, str], ...] = ()
    """Requirements that are waived, and until when."""
    missing: tuple[str, ...] = ()
    """What blocks it: requirement and status."""
    sign_offs: tuple[str, ...] = ()
    """Roles whose signature is still to come."""
    policy: str | None = None
    """By which policy it was decided."""
    problem: str | None = None
    """Why it cannot be read."""
    exit_code: int = 0
    """3 if a digest, a chain or a file is wrong."""

    @property
    def in_force(self) -> bool:
        """Whether its expiry matters: it was allowed, and was neither withdrawn nor superseded."""
        return self.decision == "allowed" and self.state not in ("withdrawn", "superseded")


def row(files: Mapping[str, bytes], folder: str, today: str) -> Row:
    """The row of a dossier that was read and checked against its manifest.

    Raises
    ------
    IntegrityError
        If a file is not what it says, or the verdict is of another record.
    """
    subject = _subject(files, folder)
    if layout.VERDICT not in files:
        return Row(
            folder=folder,
            name=subject.name,
            version=subject.version,
            decision="-",
            state="draft",
            missing=("a verdict: cardwright gate",),
        )
    verdict = canonical.parse(Verdict, files[layout.VERDICT], where=f"{folder}/{layout.VERDICT}")
    if verdict.inputs.record_sha256 != canonical.digest(files[layout.RECORD]):
        raise IntegrityError("it is the verdict of another record", where=f"{folder}/{layout.VERDICT}", do="Run again.")
    return Row(
        folder=folder,
        name=subject.name,
        version=subject.version,
        decision=verdict.decision,
        state=state_of(files, folder, verdict, today),
        valid_until=verdict.valid_until,
        waivers=tuple((o.requirement, o.waived.expires) for o in verdict.outcomes if o.waived is not None),
        missing=tuple(f"{o.requirement} {o.status}" for o in verdict.blocking),
        sign_offs=tuple(item.role for item in verdict.outstanding),
        policy=f"{verdict.policy.name} {verdict.policy.version}",
    )


def unreadable(folder: str, error: CardwrightError) -> Row:
    """The row of a dossier that cannot be read: it is listed, and says why."""
    return Row(
        folder=folder,
        name=visible(folder.rstrip("/").rsplit("/", 1)[-1]),
        version="-",
        decision="-",
        state="unreadable",
        problem=visible(str(error)),
        exit_code=error.exit_code,
    )


def _subject(files: Mapping[str, bytes], folder: str) -> Subject:
    """From the plan if there is one: a record can be a hundred times larger, and names the same subject."""
    if layout.PLAN in files:
        return canonical.parse(PlanLock, files[layout.PLAN], where=f"{folder}/{layout.PLAN}").subject
    if layout.RECORD in files:
        return canonical.parse(Record, files[layout.RECORD], where=f"{folder}/{layout.RECORD}").subject
    raise IntegrityError("the dossier holds no record", where=folder, do="Make it again: cardwright run PLAN.")


def state_of(files: Mapping[str, bytes], folder: str, verdict: Verdict, today: str) -> State:
    """Where a dossier stands by what it says of itself.

    Raises
    ------
    IntegrityError
        If the claims are not those of the ledger, or one of them cannot be read.
    """
    if SUPERSEDED in folder.rsplit("/", 1)[-1]:
        return "superseded"
    signatures = files.get(layout.CLAIMS, b"")
    if signatures or b'"release"' in files.get(layout.LEDGER, b""):
        return _signed(files, folder, verdict, today)
    return "expired" if verdict.allowed and _over(verdict, today) else "draft"


def _signed(files: Mapping[str, bytes], folder: str, verdict: Verdict, today: str) -> State:
    from cardwright.attest import claims, ledger  # signatures cost a tenth of a second to import; most drafts have none
    from cardwright.record.claim import SignOff, Withdraw

    signed = claims.read(files.get(layout.CLAIMS, b""), where=f"{folder}/{layout.CLAIMS}")
    subject = _subject(files, folder)
    chain = ledger.read(files.get(layout.LEDGER, b""), subject.name, where=f"{folder}/{layout.LEDGER}")
    if [entry.digest for entry in chain.here if entry.event == "claim"] != [one.sealed.id for one in signed]:
        raise IntegrityError("the claims are not those of the ledger", where=f"{folder}/{layout.CLAIMS}")
    statements = [one.claim for one in signed]
    taken_back = {claim.claim for claim in statements if isinstance(claim, Withdraw)}
    if None in taken_back:
        return "withdrawn"
    if verdict.allowed and _over(verdict, today):
        return "expired"
    released = any(entry.event == "release" and entry.digest == verdict.sha256 for entry in chain.entries)
    if released and verdict.allowed:
        return "released"
    answered = {claim.answers for claim in statements if isinstance(claim, SignOff)}
    refusals = [c for c in statements if isinstance(c, SignOff) and c.decision != "approve" and c.id not in taken_back]
    if any(claim.id not in answered for claim in refusals):
        return "changes requested"
    return "approved" if verdict.allowed else "in review"


def _over(verdict: Verdict, today: str) -> bool:
    return verdict.valid_until is not None and verdict.valid_until < today


def days(text: str) -> int:
    """A span like `14d` or `2w` in days.

    Raises
    ------
    UsageError
        If it is not one.

    >>> days("14d"), days("2w")
    (14, 14)
    """
    span = re.fullmatch(r"([0-9]{1,4})([dw])", text)
    if span is None:
        raise UsageError(f'"{visible(text)}" is not a span of days', do="Write it like 14d or 2w.")
    return int(span[1]) * (7 if span[2] == "w" else 1)


def expiring(rows: Sequence[Row], now: str, within: int) -> tuple[Row, ...]:
    """The rows in force whose verdict has expired, or will within this many days of a moment."""
    last = (datetime.strptime(now, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).date() + timedelta(within)).isoformat()
    return tuple(r for r in rows if r.in_force and r.valid_until is not None and r.valid_until <= last)


_COLUMNS = (("name", 24), ("version", 9), ("decision", 8), ("state", 17), ("valid until", 11), ("waived", 6))


def as_text(rows: Sequence[Row], *, width: int = 80) -> str:
    """A table, and under each row what blocks it. Names that do not fit are cut; `--format json` has them in full."""
    spare = max(0, width - 80)
    widths = [size + (spare if name == "name" else 0) for name, size in _COLUMNS]
    lines = [" ".join(name.ljust(size) for (name, _), size in zip(_COLUMNS, widths, strict=True)).rstrip()]
    for r in rows:
        cells = (r.name, r.version, r.decision, r.state, r.valid_until or "-", str(len(r.waivers)))
        lines.append(" ".join(_fit(cell, size) for cell, size in zip(cells, widths, strict=True)).rstrip())
        lines += _below(r, width)
    counts: dict[str, int] = {}
    for r in rows:
        counts[r.state] = counts.get(r.state, 0) + 1
    lines.append(f"{len(rows)} dossiers: " + ", ".join(f"{count} {state}" for state, count in sorted(counts.items())))
    return "\n".join(lines)


def _fit(text: str, size: int) -> str:
    return text.ljust(size) if len(text) <= size else text[: size - 1] + "…"


def _below(r: Row, width: int) -> list[str]:
    notes: list[str] = []
    if r.problem is not None:
        notes.append(r.problem)
    if r.missing:
        more = f" and {len(r.missing) - 3} more" if len(r.missing) > 3 else ""
        notes.append(f"missing: {', '.join(r.missing[:3])}{more}")
    if r.sign_offs:
        notes.append(f"to sign: {', '.join(r.sign_offs)}")
    if r.waivers:
        notes.append("waived: " + ", ".join(f"{requirement} until {day}" for requirement, day in r.waivers))
    return [
        line for note in notes for line in textwrap.wrap(note, width, initial_indent="  ", subsequent_indent="    ")
    ]


def as_json(rows: Sequence[Row], *, now: str, soon: Sequence[Row] = ()) -> str:
    """The rows as canonical JSON, in one line."""
    listed = [
        {
            **{key: value for key, value in asdict(r).items() if key not in ("waivers", "exit_code")},
            "waivers": [{"requirement": requirement, "expires": day} for requirement, day in r.waivers],
            "expiring": r in soon,
        }
        for r in rows
    ]
    return canonical.dumps({"at": now, "dossiers": listed}).decode("utf-8")
