"""`cardwright diff OLD NEW`: what is worse first, then what has to be redone, said again, or stands.

Nothing is tested here: two overlapping intervals show neither a difference nor its absence. A number that is
worse while the intervals overlap is listed, and does not count as a regression.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from cardwright.errors import IntegrityError
from cardwright.record import canonical, display
from cardwright.record.claim import Attest, Claim, SignOff, Waive
from cardwright.record.display import Shown
from cardwright.record.evaluation import SEVERITIES, Evaluation, Finding
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.record.record import PlanLock, Record
from cardwright.record.verdict import Outcome, Verdict

ChangeKind = Literal["worse", "lost", "gone", "worse, intervals overlap", "changed", "better", "gained", "new"]
KINDS: tuple[ChangeKind, ...] = (
    "worse",
    "lost",
    "gone",
    "worse, intervals overlap",
    "changed",
    "better",
    "gained",
    "new",
)
"""In the order in which a reader wants them. `lost`: it no longer has a number; `gone`: not even its absence is stated."""
REGRESSIONS: frozenset[ChangeKind] = frozenset(("worse", "lost", "gone"))


@dataclass(frozen=True, kw_only=True)
class Side(Shown):
    """A record, and what is kept beside it in its dossier."""

    record: Record
    plan: PlanLock | None = None
    verdict: Verdict | None = None
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Change(Shown):
    """One number in both records, or in one."""

    kind: ChangeKind
    evaluation: str
    metric: str
    rows: str
    """Which rows, over which attributes, of which class, at which threshold."""
    old: float | None
    new: float | None
    difference: float | None
    overlap: bool | None
    """Whether the two intervals overlap; None if one has none."""
    unit: str
    note: str = ""
    """Why it has no number."""


@dataclass(frozen=True, kw_only=True)
class Carried(Shown):
    """What becomes of an old evaluation."""

    evaluation: str
    fate: Literal["redo", "redone", "stands", "dropped"]
    """`redo`: what it rests on has changed, and the new record has no result. `redone`: it has one, made anew.
    `stands`: nothing that it rests on has changed. `dropped`: the new plan does not hold it."""
    because: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FindingChange(Shown):
    """A finding that is new, gone, or graver."""

    kind: Literal["new", "graver", "more", "gone", "milder"]
    evaluation: str
    key: str
    where: str
    severity: str
    explanation: str


@dataclass(frozen=True, kw_only=True)
class Ruling(Shown):
    """A requirement whose outcome has changed."""

    requirement: str
    old: str
    new: str
    regression: bool
    """Whether it blocked nothing before, and blocks now."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything that differs."""

    old: str
    new: str
    notes: tuple[str, ...]
    changes: tuple[Change, ...]
    same: int
    """Numbers that are the same."""
    carried: tuple[Carried, ...]
    confirm: tuple[str, ...]
    """What people said of the old record; none of it carries."""
    findings: tuple[FindingChange, ...]
    rulings: tuple[Ruling, ...]

    @property
    def regressions(self) -> int:
        """Numbers worse beyond their intervals or lost, requirements that now block, findings new or graver from medium on."""
        heavy = SEVERITIES[SEVERITIES.index("medium") :]
        return (
            sum(change.kind in REGRESSIONS for change in self.changes)
            + sum(ruling.regression for ruling in self.rulings)
            + sum(found.kind in ("new", "graver") and found.severity in heavy for found in self.findings)
            + sum(carried.fate in ("redo", "dropped") for carried in self.carried)
        )

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        return display.of_comparison(self)


def compare(old: Side, new: Side) -> Comparison:
    """What differs between two records of one subject, or of two.

    Parameters
    ----------
    old, new:
        The records; plan, verdict and claims, if there are any. Without both plans nothing can be said to stand.
    """
    a, b = old.record, new.record
    notes = []
    if a.subject.name != b.subject.name:
        notes.append(f"These are two subjects: {a.subject.name} and {b.subject.name}.")
    if a.redaction is not None or b.redaction is not None:
        notes.append("One is an edition for other readers; what it leaves out shows as lost.")
    if a.subject.files != b.subject.files:
        notes.append("The subject's files differ.")
    if old.verdict is None or new.verdict is None:
        notes.append("Outcomes are not compared: name two dossiers, or a policy with --policy.")
    elif old.verdict.policy.sha256 != new.verdict.policy.sha256:
        notes.append("The outcomes are of two policies; --policy judges both by one.")
    changes, same = _changes(a, b)
    return Comparison(
        old=_name(old),
        new=_name(new),
        notes=tuple(notes),
        changes=changes,
        same=same,
        carried=tuple(_carried(evaluation, old, new) for evaluation in a.evaluations),
        confirm=_confirm(old.claims, b),
        findings=_findings(a, b),
        rulings=_rulings(old.verdict, new.verdict),
    )


def _name(side: Side) -> str:
    subject, judged = side.record.subject, side.verdict
    # The day tells since when: a version and a digest tell nobody.
    when = f", judged on {judged.evaluated_at[:10]}" if judged is not None else ""
    return f"{subject.name} {subject.version} (record {side.record.sha256[:12]}{when})"


# ---------------------------------------------------------------------------------------------------- numbers


def _changes(old: Record, new: Record) -> tuple[tuple[Change, ...], int]:
    before, after = _measurements(old), _measurements(new)
    changes: list[Change] = []
    same = 0
    for key in [*before, *(key for key in after if key not in before)]:
        change = _change(key[0], before.get(key), after.get(key))
        if change is None:
            same += 1
        else:
            changes.append(change)
    changes.sort(
        key=lambda c: (KINDS.index(c.kind), -abs(c.difference or 0.0), c.evaluation, c.metric, c.rows),
    )
    return tuple(changes), same


def _measurements(record: Record) -> dict[tuple[Any, ...], Measured | Unmeasured]:
    return {(e.id, m.key): m for e in record.evaluations for m in e.measurements}


def _change(evaluation: str, old: Measured | Unmeasured | None, new: Measured | Unmeasured | None) -> Change | None:
    a = old if isinstance(old, Measured) else None
    b = new if isinstance(new, Measured) else None
    named = new or old
    assert named is not None  # the key is of one of them
    kind: ChangeKind
    note = ""
    difference = overlap = None
    if a is not None and b is not None:
        if (a.value, a.interval, a.unit, a.direction) == (b.value, b.interval, b.unit, b.direction):
            return None
        if (a.unit, a.direction) != (b.unit, b.direction):
            kind, note = "changed", f"not comparable: {a.unit}, {a.direction} and {b.unit}, {b.direction}"
        else:
            difference = b.value - a.value
            overlap = _overlap(a, b)
            kind = _direction(difference, b.direction, overlap)
    elif a is not None:
        kind = "lost" if new is not None else "gone"
        note = f"{new.code}: {new.reason}" if isinstance(new, Unmeasured) else "the new record does not have it"
    elif b is not None:
        kind = "gained" if old is not None else "new"
        note = f"was {old.code}" if isinstance(old, Unmeasured) else ""
    elif old is None or new is None:
        assert isinstance(named, Unmeasured)
        kind, note = ("new" if old is None else "gone"), f"no number, {named.code}: {named.reason}"
    else:
        assert isinstance(old, Unmeasured)
        assert isinstance(new, Unmeasured)
        if old.code == new.code:
            return None
        kind, note = "changed", f"no number: was {old.code}, is {new.code}"
    number = b or a
    return Change(
        kind=kind,
        evaluation=evaluation,
        metric=named.metric,
        rows=rows_of(named),
        old=a.value if a else None,
        new=b.value if b else None,
        difference=difference,
        overlap=overlap,
        unit=number.unit if number else "",
        note=note,
    )


def _overlap(a: Measured, b: Measured) -> bool | None:
    if a.interval is None or b.interval is None:
        return None
    return a.interval.lower <= b.interval.upper and b.interval.lower <= a.interval.upper


def _direction(difference: float, direction: str, overlap: bool | None) -> ChangeKind:
    if direction == "neither" or difference == 0:
        return "changed"
    if (difference > 0) == (direction == "higher_is_better"):
        return "better"
    return "worse, intervals overlap" if overlap else "worse"


def rows_of(m: Measured | Unmeasured) -> str:
    """Which rows a measurement is about, in words: its slice, over which attributes, of which class, at which threshold."""
    parts = [f"{key}={'unknown' if value is None else value}" for key, value in m.slice.items()]
    parts += [f"across {' x '.join(m.across)}"] if m.across else []
    parts += [f"given {', '.join(m.given)}"] if m.given else []
    parts += [f"class {m.of_class}"] if m.of_class is not None else []
    parts += [f"at {key} {value:g}" for key, value in sorted((m.at or {}).items())]
    return ", ".join(parts) or "all"


# ---------------------------------------------------------------------------------------------------- what carries


def _carried(evaluation: Evaluation, old: Side, new: Side) -> Carried:
    id_ = evaluation.id
    again = new.record.evaluation(id_)
    if again is None and new.record.plan(id_) is None:
        return Carried(evaluation=id_, fate="dropped", because=("the new plan does not hold it",))
    because = differences(id_, old, new)
    if again is None:
        return Carried(evaluation=id_, fate="redo", because=(*because, "the new record has no result of it"))
    return Carried(evaluation=id_, fate="redone" if because else "stands", because=because)


def differences(id_: str, old: Side, new: Side) -> tuple[str, ...]:
    """Why an old evaluation does not stand beside a new one: what has changed of what it rests on; empty if it stands.

    Inputs by digest, parameters, seed, evaluator version, model, target, groups, how the plan reads its sources, and the
    libraries. Without both plans it is not known how the sources were read, which is also a reason.
    """
    a, b = old.record.evaluation(id_), new.record.evaluation(id_)
    before, after = old.record.plan(id_), new.record.plan(id_)
    because: list[str] = []
    if b is not None and a is not None:
        because += evaluation_differences(a, b)
    elif a is not None:
        datasets = {dataset.name: dataset.sha256 for dataset in new.record.provenance.datasets}
        because += [f"input {i.need} has changed" for i in a.inputs if datasets.get(i.name) != i.sha256]
    if before != after:
        because.append("the plan asks for something else of it")
    because += run_differences(old.record, new.record)
    if old.plan is None or new.plan is None:
        because.append("how its sources were read is not known without both plans")
    elif before is not None and after is not None:
        because += source_differences(before.inputs, old.plan, new.plan)
    return tuple(because)


def evaluation_differences(a: Evaluation, b: Evaluation) -> list[str]:
    """What an evaluation states of how it was made, if two of them differ."""
    because = [
        f"the {words} {'has' if name != 'parameters' else 'have'} changed"
        for name, words in (("evaluator", "evaluator"), ("evaluator_version", "evaluator's version"), ("target", "target"))
        if getattr(a, name) != getattr(b, name)
    ]  # fmt: skip
    before, after = {i.need: i for i in a.inputs}, {i.need: i for i in b.inputs}
    because += [
        f"input {need} has changed"
        for need in sorted(before.keys() | after.keys())
        if before.get(need) != after.get(need)
    ]
    because += [
        f"parameter {key} has changed"
        for key in sorted(a.parameters.keys() | b.parameters.keys())
        if (key in a.parameters) != (key in b.parameters) or a.parameters.get(key) != b.parameters.get(key)
    ]
    if a.binding != b.binding:
        because.append("the model, or how closely the numbers are tied to it, has changed")
    return because


def run_differences(old: Record, new: Record) -> list[str]:
    """What concerns every evaluation of a record: seed and libraries."""
    a, b = old.provenance, new.provenance
    because = ["the seed has changed"] if a.seed != b.seed else []
    names = sorted(key for key in a.packages.keys() & b.packages.keys() if a.packages[key] != b.packages[key])
    return because + [f"{name} {a.packages[name]} has become {b.packages[name]}" for name in names]


def source_differences(inputs: Mapping[str, str], old: PlanLock, new: PlanLock) -> list[str]:
    """How the plan reads the sources of an evaluation, if two plans differ: label, threshold, groups, filter …"""
    return [
        f"source {name} is read differently"
        for name in sorted(inputs.values())
        if old.sources.get(name) != new.sources.get(name)
    ]


def _confirm(claims: Sequence[Claim], new: Record) -> tuple[str, ...]:
    to_confirm: list[str] = []
    for claim in claims:
        if isinstance(claim, Waive):
            to_confirm.append(f"waiver of {claim.requirement} by {claim.person}, until {claim.expires}")
        elif isinstance(claim, SignOff):
            to_confirm.append(f"sign-off ({claim.decision.replace('_', ' ')}) by {claim.person} as {claim.role}")
        elif isinstance(claim, Attest):
            to_confirm.append(f"answer to {claim.checklist}/{claim.item} by {claim.person}")
    return tuple(to_confirm)


# ---------------------------------------------------------------------------------------------------- findings, outcomes


def _findings(old: Record, new: Record) -> tuple[FindingChange, ...]:
    before, after = _by_key(old), _by_key(new)
    differences: list[FindingChange] = []
    for key in before.keys() | after.keys():
        a, b = before.get(key), after.get(key)
        kind = _finding_kind(a, b)
        if kind is not None:
            one = b or a
            assert one is not None
            differences.append(
                FindingChange(
                    kind=kind,
                    evaluation=key[0],
                    key=key[1],
                    where=key[2] or "",
                    severity=one.severity,
                    explanation=one.explanation,
                )
            )
    order = ("graver", "new", "more", "milder", "gone")
    differences.sort(key=lambda f: (order.index(f.kind), -SEVERITIES.index(f.severity), f.evaluation, f.key, f.where))
    return tuple(differences)


def _by_key(record: Record) -> dict[tuple[str, str, str | None], Finding]:
    worst: dict[tuple[str, str, str | None], Finding] = {}
    for evaluation in record.evaluations:
        for finding in evaluation.findings:
            key = (evaluation.id, finding.key, finding.where)
            worse = worst.get(key)
            if worse is None or SEVERITIES.index(finding.severity) > SEVERITIES.index(worse.severity):
                worst[key] = finding
    return worst


def _finding_kind(a: Finding | None, b: Finding | None) -> Literal["new", "graver", "more", "gone", "milder"] | None:
    if a is None or b is None:
        return "new" if a is None else "gone"
    step = SEVERITIES.index(b.severity) - SEVERITIES.index(a.severity)
    if step:
        return "graver" if step > 0 else "milder"
    return "more" if (b.count or 0) > (a.count or 0) else None


def _rulings(old: Verdict | None, new: Verdict | None) -> tuple[Ruling, ...]:
    if old is None or new is None:
        return ()
    before = {o.requirement: o for o in old.outcomes}
    after = {o.requirement: o for o in new.outcomes}
    rulings = []
    for id_ in [*after, *(id_ for id_ in before if id_ not in after)]:
        a, b = before.get(id_), after.get(id_)
        if (_said(a), a and a.level) != (_said(b), b and b.level):
            blocks = b is not None and not b.releases and (a is None or a.releases)
            rulings.append(Ruling(requirement=id_, old=_said(a), new=_said(b), regression=blocks))
    return tuple(sorted(rulings, key=lambda r: not r.regression))


def _said(outcome: Outcome | None) -> str:
    if outcome is None:
        return "not asked"
    status = outcome.status.replace("_", " ")
    return f"waived ({status})" if outcome.waived is not None else status


# ---------------------------------------------------------------------------------------------------- printed


def as_json(compared: Comparison) -> str:
    """The comparison as canonical JSON, in one line."""
    return canonical.dumps({**_listed(asdict(compared)), "regressions": compared.regressions}).decode("utf-8")


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(inner) for key, inner in value.items()}
    return [_listed(inner) for inner in value] if isinstance(value, tuple | list) else value


def from_json(data: bytes, *, where: str) -> Comparison:
    """A comparison from the bytes that `as_json` made.

    Raises
    ------
    IntegrityError
        If they do not contain one.
    """
    document = canonical.loads(data, where=where)
    try:
        document.pop("regressions")
        return TypeAdapter(Comparison).validate_python(document)
    except (ValidationError, AttributeError, KeyError, TypeError) as exc:
        raise IntegrityError("not a comparison", where=where, do="Make the dossier again.") from exc


def as_text(compared: Comparison, *, width: int = 80, most: int = 20) -> str:
    """What differs, regressions first.

    Parameters
    ----------
    most:
        How many numbers of each kind are shown; the rest are counted.
    """
    total = compared.regressions
    lines = _wrap(f"{compared.old} → {compared.new}", width, "")
    lines.append(f"{total} regression{'' if total == 1 else 's'}" if total else "No regression")
    lines += [line for note in compared.notes for line in _wrap(note, width, "")]
    regressed = [r for r in compared.rulings if r.regression]
    lines += _section("Requirements that block now", [f"{r.requirement}: {r.old} → {r.new}" for r in regressed], width)
    for kind in KINDS:
        some = [change for change in compared.changes if change.kind == kind]
        told = [_number(change) for change in some[:most]]
        if len(some) > most:
            told.append(f"and {len(some) - most} more; --all shows them")
        lines += _section(f"{_TITLES[kind]} ({len(some)})", told, width)
        if kind == "gone":
            lines += _section("Findings", [_finding(f) for f in compared.findings], width)
    changed = [f"{r.requirement}: {r.old} → {r.new}" for r in compared.rulings if not r.regression]
    lines += _section("Requirements with another outcome", changed, width)
    for fate, title in _FATES.items():
        lines += _section(
            title,
            [
                c.evaluation + (f": {'; '.join(c.because)}" if c.because else "")
                for c in compared.carried
                if c.fate == fate
            ],
            width,
        )
    lines += _section("To be said again, nothing that people signed carries", list(compared.confirm), width)
    lines += ["", f"{compared.same} numbers are the same."]
    return "\n".join(lines)


_TITLES: dict[ChangeKind, str] = {
    "worse": "Worse",
    "lost": "Lost: no longer a number",
    "gone": "Gone: the new record does not speak of it",
    "worse, intervals overlap": "Worse, and the intervals overlap",
    "changed": "Changed, neither way is better",
    "better": "Better",
    "gained": "Gained: there is a number now",
    "new": "New",
}
_FATES = {
    "redo": "To be redone",
    "dropped": "Left out of the new plan",
    "redone": "Redone, because what it rests on has changed",
    "stands": "Stands: nothing that it rests on has changed",
}


def _section(title: str, items: list[str], width: int) -> list[str]:
    if not items:
        return []
    return ["", *_wrap(title, width, ""), *(line for item in items for line in _wrap(item, width, "  "))]


def _number(change: Change) -> str:
    where = f"{change.evaluation} {change.metric} ({change.rows})"
    if change.old is not None and change.new is not None and change.difference is not None:
        overlap = {None: "", True: ", intervals overlap", False: ", intervals apart"}[change.overlap]
        return f"{where}: {change.old:.6g} → {change.new:.6g} ({change.difference:+.3g}{overlap})"
    values = [f"{value:.6g}" if value is not None else "none" for value in (change.old, change.new)]
    return f"{where}: {values[0]} → {values[1]}" + (f"; {change.note}" if change.note else "")


def _finding(difference: FindingChange) -> str:
    location = f" in {difference.where}" if difference.where else ""
    finding = f"{difference.severity} {difference.evaluation}/{difference.key}{location}"
    return f"{difference.kind}: {finding}: {difference.explanation}"


def _wrap(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False)
