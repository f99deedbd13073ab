"""What is counted: each dossier once, in its period and workstream, with the runs of the same workstream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cardwright.errors import UsageError, did_you_mean
from cardwright.evaluators.kpis.options import ABOUT, WHOLE, KpisOptions, refused_by_person
from cardwright.evaluators.kpis.period import Period
from cardwright.privacy.showing import quoted
from cardwright.record.base import label
from cardwright.record.claim import same_name
from cardwright.record.counted_dossier import CountedDossier
from cardwright.record.run import CostKind, Run, Unread
from cardwright.sources.interface import Dossiers, TrackedRuns

NOT_STATED = "not stated"
"""The workstream of what names none."""


@dataclass(frozen=True, slots=True)
class TriedRun:
    """What is counted of one tracked run."""

    id: str
    status: str
    purpose: str | None
    started: str | None
    finished: str | None
    config_sha256: str | None
    measured: bool
    """Whether it logged a number."""
    traceable: bool
    data: tuple[str, ...]
    """Versions or digests of the data that it names."""
    cost: Mapping[CostKind, float]

    @property
    def result(self) -> bool:
        """Whether it ended with a number and was no debugging."""
        return self.status == "finished" and self.measured and self.purpose != "debug"


@dataclass(frozen=True)
class Portfolio:
    """One workstream, or all of them."""

    workstream: str | None
    """Its name; None for all."""
    dossiers: tuple[CountedDossier, ...]
    runs: tuple[TriedRun, ...]
    tracked: bool
    """Whether a store of runs was named at all."""
    period: Period
    streams: int = 1
    """How many workstreams with runs it holds."""

    def of_kind(self, *kinds: str) -> tuple[CountedDossier, ...]:
        """Its dossiers of these kinds of document."""
        return tuple(one for one in self.dossiers if one.record.kind in kinds)


@dataclass
class Gathered:
    """Everything at hand, and what of it is not counted and why."""

    whole: Portfolio
    workstreams: tuple[Portfolio, ...]
    """By name; empty if nothing is grouped."""
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """Dossiers that are not counted: which, and why."""
    runs: int = 0
    """Runs that were read."""
    runs_left_out: Counter[str] = field(default_factory=Counter)
    """Runs that are not counted, by reason."""
    unread: list[tuple[str, str]] = field(default_factory=list)
    """Parts of the store that could not be read."""


def gathered(options: KpisOptions, dossiers: Dossiers, runs: TrackedRuns | None) -> Gathered:
    """What is counted, by workstream.

    A record that lies in several folders is counted once, where most was said over it. Of several rounds of one subject (same
    kind, name and version, run again) the last one is counted.

    Raises
    ------
    UsageError
        If the workstream is a field that names people, or that no dossier answers.
    """
    _require_known_field(options, dossiers)
    period = Period(options.since, options.until)
    left_out: list[tuple[str, str]] = [(label(place), label(why)) for place, why in dossiers.refused]
    kept = []
    for one in _last_rounds(_once(dossiers.counted, left_out), left_out):
        inside = period.holds(one.decided_at)
        if inside:
            kept.append(one)
        else:
            why = "nothing says when it was decided or run" if inside is None else "it was decided outside the period"
            left_out.append((one.id, why))
    places = [workstream_of(one, options) for one in kept]
    counted = Gathered(
        whole=Portfolio(None, tuple(kept), (), runs is not None, period), workstreams=(), left_out=left_out
    )
    tried = _tried(counted, runs, options, period) if runs is not None else {}
    everything = tuple(run for several in tried.values() for run in several)
    for name in tried:
        if any(same_name(name, person) for one in kept for person in _people(one)):
            raise refused_by_person("a group of runs has the name of a person who wrote or signed a dossier")
    streams = max(1, len(tried))
    counted.whole = Portfolio(None, tuple(kept), everything, runs is not None, period, streams)
    if options.workstream_from != WHOLE:
        counted.workstreams = tuple(
            Portfolio(
                name,
                tuple(one for one, place in zip(kept, places, strict=True) if place == name),
                tuple(tried.get(name, ())),
                runs is not None,
                period,
            )
            for name in sorted({*places, *tried}, key=lambda name: (name == NOT_STATED, name))
        )
    return counted


def _require_known_field(options: KpisOptions, dossiers: Dossiers) -> None:
    if options.workstream_from in (ABOUT, WHOLE):
        return
    answered = {name for one in dossiers.counted for name, answer in one.record.details.answers.items() if answer.text}
    listed = {name for one in dossiers.counted for name in one.record.details.answers}
    if options.workstream_from not in listed:
        raise UsageError(
            f"no dossier answers a field called {quoted(options.workstream_from)}, so nothing can be grouped by it",
            where="workstream_from",
            do=did_you_mean(options.workstream_from, [ABOUT, WHOLE, *sorted(answered)]),
        )


def _once(found: Iterable[CountedDossier], left_out: list[tuple[str, str]]) -> list[CountedDossier]:
    """One copy of each record: the one over which most was said."""
    copies: dict[str, list[CountedDossier]] = {}
    for one in found:
        copies.setdefault(one.record.sha256, []).append(one)
    chosen = []
    for same in copies.values():
        best = max(same, key=lambda one: (len(one.claims), one.released_at or "", one.decided_at or ""))
        chosen.append(best)
        left_out += [(best.id, "the same record lies in another folder, and is counted once")] * (len(same) - 1)
    return sorted(chosen, key=lambda one: (one.record.subject.name, one.record.subject.version, one.record.sha256))


def _last_rounds(found: list[CountedDossier], left_out: list[tuple[str, str]]) -> list[CountedDossier]:
    """The last round of each subject; the earlier ones are named."""
    last: dict[tuple[str, str, str], CountedDossier] = {}
    for one in found:
        subject = one.record.subject
        key = (one.record.kind, subject.name, subject.version)
        before = last.get(key)
        if before is None:
            last[key] = one
            continue
        older, newer = sorted((before, one), key=lambda each: (each.decided_at or "", each.record.sha256))
        last[key] = newer
        left_out.append((older.id, "a later round of the same subject and version is counted"))
    return list(last.values())


def workstream_of(one: CountedDossier, options: KpisOptions) -> str:
    """The workstream of a dossier: what it is about, or the answer to a field of details.

    Raises
    ------
    UsageError
        If the field is a list of entries, or its answer is the name of somebody who wrote, signed or owns the dossier.
    """
    if options.workstream_from == WHOLE:
        return NOT_STATED
    if options.workstream_from == ABOUT:
        name = one.about
    else:
        answer = one.record.details.answers.get(options.workstream_from)
        if answer is not None and answer.entries:
            raise refused_by_person(f"`{options.workstream_from}` is a list of entries and names no workstream")
        name = answer.text if answer is not None else None
    if not name:
        return NOT_STATED
    if any(same_name(name, person) for person in _people(one)):
        raise refused_by_person(f"`workstream_from: {options.workstream_from}` gives the name of a person in {one.id}")
    return label(name.strip().splitlines()[0])


def _people(one: CountedDossier) -> set[str]:
    """Names of people in a dossier: its author, who answered, who signed, who owns it."""
    record = one.record
    people = {record.provenance.author, *(claim.person for claim in one.claims)}
    for answer in record.details.answers.values():
        people.add(answer.stated_by.split(",")[0])
    owners = record.details.answers.get("owners")
    people |= {entry.get("name") for entry in (owners.entries if owners is not None else ())}
    return {person for person in people if person}


def _tried(counted: Gathered, runs: TrackedRuns, options: KpisOptions, period: Period) -> dict[str, list[TriedRun]]:
    found: dict[str, list[TriedRun]] = {}
    for one in runs.read():
        if isinstance(one, Unread):
            counted.unread.append((one.unread, one.why))
            continue
        counted.runs += 1
        inside = period.holds(one.started or one.finished)
        if not inside:
            counted.runs_left_out["no start or end" if inside is None else "outside the period"] += 1
            continue
        workstream = options.runs_workstream or one.group or NOT_STATED
        found.setdefault(label(workstream), []).append(_counted(one))
    return found


def _counted(run: Run) -> TriedRun:
    return TriedRun(
        id=run.id, status=run.status, purpose=run.purpose, started=run.started, finished=run.finished,
        config_sha256=run.config_sha256, measured=any(one.value is not None for one in run.metrics.values()),
        traceable=not run.missing, data=tuple(run.data.values()), cost=run.cost,
    )  # fmt: skip
