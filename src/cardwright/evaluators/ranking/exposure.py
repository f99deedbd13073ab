"""How exposure is shared between groups of candidates: each group's mean, and the gaps, resampled by query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray
from cardwright.evaluators.rows.ranked import Ranked, exposure
from cardwright.record.measurement import Excluded, Groups, Interval, Measured, Sampling, Unmeasured
from cardwright.sources.interface import Attribute
from cardwright.statistics.intervals import Bounds, check_level

_RESAMPLES = 2000


@dataclass(frozen=True)
class OfAttribute:
    """The candidates of one attribute's groups, query by query."""

    attribute: Attribute
    names: tuple[str, ...]
    """Groups with candidates."""
    shown: FloatArray
    """Exposure by query and group."""
    candidates: FloatArray
    """Candidates by query and group."""
    merit: FloatArray
    """Relevance by query and group."""
    unknown: int
    """Candidates of unknown membership."""

    @classmethod
    def of(cls, attribute: Attribute, codes: IntArray, ranking: Ranked) -> OfAttribute:
        """`codes` are places in `attribute.groups`, -1 for unknown, in the order of the rows."""
        there = codes[ranking.order]
        number = np.repeat(np.arange(ranking.queries), np.diff(np.concatenate((ranking.starts, [len(there)]))))
        known = there >= 0
        width = len(attribute.groups)

        def by_group(values: FloatArray) -> FloatArray:
            table = np.zeros((ranking.queries, width))
            np.add.at(table, (number[known], there[known]), values[known])
            return table

        ones = np.ones(len(there))
        shown, candidates = by_group(exposure(ranking.position)), by_group(ones)
        present = candidates.sum(axis=0) > 0
        names = tuple(name for name, here in zip(attribute.groups, present, strict=True) if here)
        merit = by_group(ranking.relevance)
        return cls(attribute, names, shown[:, present], candidates[:, present], merit[:, present], int((~known).sum()))

    @property
    def queries(self) -> IntArray:
        """In how many queries each group has a candidate."""
        return np.asarray((self.candidates > 0).sum(axis=0), np.int64)


def of_groups(
    one: OfAttribute, sampling: Sampling, *, least: int, level: float, seed: list[int]
) -> list[Measured | Unmeasured]:
    """The mean exposure of each group's candidates, and the gaps of it, as such and for each unit of relevance."""
    found: list[Measured | Unmeasured] = []
    with np.errstate(invalid="ignore", divide="ignore"):
        means = one.shown.sum(axis=0) / one.candidates.sum(axis=0)
    drawn = _draws(one.shown.shape[0], seed)
    for place, name in enumerate(one.names):
        key = {"metric": "exposure", "slice": {one.attribute.name: name}}
        if one.queries[place] < least:
            found.append(
                _thin(key, f"{one.queries[place]} queries show a candidate of the group, fewer than {least}.", sampling)
            )
            continue
        bounds = _percentiles(_ratio(drawn, one.shown[:, [place]], one.candidates[:, [place]])[:, 0], level)
        found.append(
            Measured(
                **key,
                value=float(means[place]),
                unit="exposure",
                direction="neither",
                interval=_interval(bounds, float(means[place])),
                sampling=sampling,
                denominator=float(one.candidates[:, place].sum()),
            )
        )
    found += _gaps("exposure", one, one.shown, one.candidates, "candidates", drawn, sampling, least, level)
    found += _gaps("exposure_per_relevance", one, one.shown, one.merit, "relevance", drawn, sampling, least, level)
    return found


def _gaps(
    stem: str,
    one: OfAttribute,
    above: FloatArray,
    below: FloatArray,
    of: str,
    drawn: FloatArray,
    sampling: Sampling,
    least: int,
    level: float,
) -> list[Measured | Unmeasured]:
    """Highest minus lowest, and lowest over highest, of the groups that have enough queries.

    The disparate treatment ratio of Singh and Joachims (2018) is the ratio of exposure per relevance.
    """
    name = one.attribute.name
    totals = below.sum(axis=0)
    able = [place for place in range(len(one.names)) if one.queries[place] >= least and totals[place] > 0]
    reasons = {
        group: f"{one.queries[place]} queries, fewer than {least}" if one.queries[place] < least else f"no {of}"
        for place, group in enumerate(one.names)
        if place not in able
    }
    reasons |= {group: "no candidates" for group in one.attribute.groups if group not in one.names}
    values = above.sum(axis=0)[able] / totals[able]
    high, low = (int(np.argmax(values)), int(np.argmin(values))) if len(able) > 1 else (0, 0)
    groups = Groups(
        compared=len(able),
        expected=len(one.attribute.groups),
        excluded=tuple(Excluded(slice={name: group}, reason=reason) for group, reason in sorted(reasons.items())),
        unknown=one.unknown,
        rows=int(one.candidates.sum()) + one.unknown,
        highest={name: one.names[able[high]]} if len(able) > 1 else None,
        lowest={name: one.names[able[low]]} if len(able) > 1 else None,
        smallest=min((float(one.candidates[:, place].sum()) for place in able), default=None),
    )
    made: list[Measured | Unmeasured] = []
    draws = _ratio(drawn, above[:, able], below[:, able]) if len(able) > 1 else np.zeros((0, 0))
    for kind in ("difference", "ratio"):
        key = {"metric": f"{stem}_{kind}", "across": (name,)}
        if len(able) < 2:
            thin = _thin(key, f"{len(able)} groups have {least} queries with {of}; a gap needs two.", sampling)
            made.append(thin.model_copy(update={"groups": groups}))
            continue
        value = float(values[high] - values[low]) if kind == "difference" else float(values[low] / values[high])
        spread = (
            draws.max(axis=1) - draws.min(axis=1) if kind == "difference" else draws.min(axis=1) / draws.max(axis=1)
        )
        made.append(
            Measured(
                **key,
                value=value,
                unit=kind,
                direction="lower_is_better" if kind == "difference" else "higher_is_better",
                interval=_interval(_percentiles(spread, level), value),
                sampling=sampling,
                groups=groups,
            )
        )
    return made


def _thin(key: Mapping[str, object], reason: str, sampling: Sampling) -> Unmeasured:
    return Unmeasured.model_validate({**key, "code": "too_few_samples", "reason": reason, "sampling": sampling})


def _draws(queries: int, seed: list[int]) -> FloatArray:
    """How often each query is drawn, shape (resamples, queries)."""
    rng = np.random.default_rng([*seed, 7])
    return np.asarray(rng.multinomial(queries, np.full(queries, 1 / queries), size=_RESAMPLES), float)


def _ratio(drawn: FloatArray, above: FloatArray, below: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((drawn @ above) / (drawn @ below), float)


def _percentiles(draws: FloatArray, level: float) -> Bounds | None:
    """The percentile interval; None where more than one draw in twenty has no value."""
    kept = draws[np.isfinite(draws)]
    if len(kept) < 0.95 * len(draws):
        return None
    tail = (1 - check_level(level)) / 2
    lower, upper = np.quantile(kept, [tail, 1 - tail])
    return Bounds(float(lower), float(upper), level, "bootstrap_of_queries")


def _interval(bounds: Bounds | None, value: float) -> Interval | None:
    if bounds is None:
        return None
    return Interval(
        level=bounds.level, lower=min(bounds.lower, value), upper=max(bounds.upper, value), method=bounds.method
    )
