"""How old the data are that models are judged on, and how often they were looked at: each look tells a little more about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cardwright.evaluators.kpis.period import days_between
from cardwright.evaluators.kpis.portfolio import Portfolio
from cardwright.record.base import label
from cardwright.record.measurement import Measured, Measurement, Unmeasured

_JUDGED_ON = ("predictions", "table", "texts", "interactions")
_LEARNT_FROM = ("train", "training", "learnt", "fit", "validation", "background", "population", "reference")
"""Roles of data that nothing is judged on."""


@dataclass
class Benchmark:
    """Data of one digest."""

    sha256: str
    name: str
    """What the first dossier calls it."""
    dossiers: list[str] = field(default_factory=list)
    """The dossiers that evaluated on it."""
    runs: int = 0
    """Tracked runs that name its digest among their data."""
    moments: list[str] = field(default_factory=list)
    """When it was used."""

    @property
    def uses(self) -> int:
        """How often it was used."""
        return len(self.dossiers) + self.runs

    @property
    def called(self) -> str:
        """How tables name it."""
        return label(f"{self.name} ({self.sha256[:12]})")

    def age(self, until: str) -> int | None:
        """Days from its first use to a day, or to its last use if none is given; None if no use says when it was."""
        if not self.moments:
            return None
        return max(0, days_between(min(self.moments), until or max(self.moments)))


def benchmarks(portfolio: Portfolio) -> tuple[Benchmark, ...]:
    """The data that the dossiers were evaluated on, most used first."""
    found: dict[str, Benchmark] = {}
    for one in portfolio.dossiers:
        for dataset in one.record.provenance.datasets:
            if dataset.kind not in _JUDGED_ON or dataset.role in _LEARNT_FROM:
                continue
            held = found.setdefault(dataset.sha256, Benchmark(dataset.sha256, dataset.name))
            if one.id in held.dossiers:
                continue
            held.dossiers.append(one.id)
            if one.run is not None:
                held.moments.append(one.run.started)
    for run in portfolio.runs:
        for digest in {*run.data} & found.keys():
            found[digest].runs += 1
            found[digest].moments += [run.started] if run.started is not None else []
    return tuple(sorted(found.values(), key=lambda one: (-one.uses, one.sha256)))


def reuse_measurements(found: tuple[Benchmark, ...], place: Mapping[str, str | None], until: str) -> list[Measurement]:
    """Uses and age of each; and of the one most used, and the oldest, for a policy to limit."""
    if not found:
        why = "No dossier was evaluated on data."
        return [
            Unmeasured(metric=metric, slice={**place}, code="not_applicable", reason=why)
            for metric in ("benchmark_uses", "benchmark_age")
        ]
    measured: list[Measurement] = [_uses(found[0].uses, place)]
    ages = [age for one in found if (age := one.age(until)) is not None]
    measured.append(_age(max(ages, default=None), place))
    for one in found:
        where = {**place, "data": one.called}
        measured += [_uses(one.uses, where), _age(one.age(until), where)]
    return measured


def _uses(count: int, place: Mapping[str, str | None]) -> Measured:
    return Measured(
        metric="benchmark_uses", slice={**place}, value=float(count), unit="count", direction="lower_is_better"
    )


def _age(days: int | None, place: Mapping[str, str | None]) -> Measurement:
    if days is None:
        why = "Nothing says when these data were first used."
        return Unmeasured(metric="benchmark_age", slice={**place}, code="undefined", reason=why)
    return Measured(
        metric="benchmark_age", slice={**place}, value=float(days), unit="days", direction="lower_is_better"
    )
