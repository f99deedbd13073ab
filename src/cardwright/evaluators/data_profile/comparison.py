"""A table beside others: how far its columns lie from an earlier version's, and its groups from those of the people meant."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from cardwright.errors import UsageError
from cardwright.evaluators.data_profile.profile import Profile, counts, sampling
from cardwright.evaluators.rows.database import column as _name
from cardwright.evaluators.rows.database import is_number, loaded
from cardwright.evaluators.rows.database import one as _one
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label
from cardwright.record.evaluation import Table, TableColumn
from cardwright.record.measurement import Groups, Interval, Measured, Measurement, Test, Unmeasured

if TYPE_CHECKING:
    import duckdb

    from cardwright.statistics.drift import Drift

Found = tuple[list[Measurement], tuple[Table, ...]]

_LEAST_EXPECTED = 5
"""Pearson's test wants each group expected at least so often (Cochran 1954)."""

_METRICS = {
    "population_stability_index": "nats",
    "jensen_shannon_distance": "ratio",
    "wasserstein_distance": "mean",
}


class _Bins(NamedTuple):
    here: list[int]
    there: list[int]
    positions: list[float] | None
    """Where the bins lie, for numbers."""


# ---------------------------------------------------------------------------------------------------- an earlier version


def distances(store: duckdb.DuckDBPyConnection, columns: list[str], reference: Any, seed: int) -> Found:
    """How far each column that both have lies from the reference: the earlier version, or the table it should resemble."""
    if reference is None:
        return [], ()
    measurements: list[Measurement] = []
    lines: list[tuple[float | str | None, ...]] = []
    theirs = list(reference.rows.schema.names)
    with loaded(reference.rows, theirs) as other:
        for name in columns:
            if name not in theirs:
                continue
            bins = _binned(store, other, name)
            drifts = {
                metric: _distance(metric, bins, seed)
                for metric in _METRICS
                if bins is None or _measurable(metric, bins)
            }
            measurements += [_measured(metric, name, drift, bins, reference) for metric, drift in drifts.items()]
            psi = drifts.get("population_stability_index")
            lines.append(
                (
                    label(name),
                    *(drift.estimate if (drift := drifts.get(metric)) else None for metric in _METRICS),
                    psi.expected_without_drift if psi else None,
                    psi.p_value if psi else None,
                    sum(bins.here) if bins else None,
                    sum(bins.there) if bins else None,
                )
            )
    table = Table(
        id="drift",
        title=f"Columns beside those of {label(reference.ref.name)}",
        columns=(
            TableColumn(name="column", title="Column"),
            TableColumn(name="psi", title="Population stability index", unit="nats"),
            TableColumn(name="jsd", title="Jensen–Shannon distance", unit="ratio"),
            TableColumn(name="wasserstein", title="Wasserstein distance", unit="mean"),
            TableColumn(name="expected", title="Index without drift", unit="nats"),
            TableColumn(name="p", title="p-value", unit="ratio"),
            TableColumn(name="here", title="Values here", unit="count"),
            TableColumn(name="there", title="Values there", unit="count"),
        ),
        rows=tuple(lines),
    )
    return measurements, (table,)


def _measurable(metric: str, bins: _Bins) -> bool:
    return metric != "wasserstein_distance" or bins.positions is not None


def _distance(metric: str, bins: _Bins | None, seed: int) -> Drift | None:
    import numpy as np

    from cardwright.statistics import drift

    if bins is None or not sum(bins.here) or not sum(bins.there) or len(bins.here) < 2:
        return None
    there, here = np.asarray(bins.there), np.asarray(bins.here)
    if metric == "wasserstein_distance":
        assert bins.positions is not None
        return drift.wasserstein_distance(np.asarray(bins.positions), there, here, seed=seed)
    measure = {
        "population_stability_index": drift.population_stability_index,
        "jensen_shannon_distance": drift.jensen_shannon_distance,
    }[metric]
    return measure(there, here, seed=seed)


def _measured(metric: str, name: str, drift: Drift | None, bins: _Bins | None, reference: Any) -> Measurement:
    key = {"column": label(name)}
    if drift is None:
        reason = (
            "The column holds numbers in one of the two tables only."
            if bins is None
            else f"One bin or no values ({sum(bins.here)} and {sum(bins.there)} rows)."
        )
        return Unmeasured(metric=metric, slice=key, code="undefined", reason=reason)
    return Measured(
        metric=metric,
        slice=key,
        value=float(drift.estimate),
        unit=_METRICS[metric],
        direction="lower_is_better",
        denominator=drift.current_rows,
        test=Test(p_value=drift.p_value, method="permutation"),
        reference=label(reference.ref.name),
    )


def _binned(store: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection, column: str) -> _Bins | None:
    """Counts of both tables over the reference's deciles, or over its categories with the rest as one.

    None where one table has numbers in the column and the other has not.
    """
    name = _name(column)
    numbers = is_number(other, "rows", name)
    if numbers != is_number(store, "rows", name):
        return None
    distinct = int(_one(other, f"select count(distinct {name}) from rows"))
    if numbers and distinct > 10:
        edges = sorted(
            set(_one(other, f"select quantile_cont({name}, [0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9]) from rows"))
        )
        parts = "".join(f"when {name} <= {float(edge)!r} then {i} " for i, edge in enumerate(edges))
        part = f"case {parts} else {len(edges)} end"
        query = f"select {part} as b, count(*), avg({name}) from rows where {name} is not null group by b"
        mine, theirs = (
            {b: (int(n), float(mean)) for b, n, mean in s.execute(query).fetchall()} for s in (store, other)
        )
        every = [b for b in range(len(edges) + 1) if b in mine or b in theirs]
        held = [(mine.get(b, (0, 0.0)), theirs.get(b, (0, 0.0))) for b in every]
        positions = [(a * m + c * k) / (a + c) for (a, m), (c, k) in held]
        return _Bins([a for (a, _), _ in held], [c for _, (c, _) in held], positions)
    query = f"select cast({name} as varchar), count(*) from rows where {name} is not null group by 1"
    mine_, theirs_ = ({k: int(n) for k, n in s.execute(query).fetchall()} for s in (store, other))
    if numbers and len(set(mine_) | set(theirs_)) <= 50:
        values = sorted({float(k): k for k in {*mine_, *theirs_}}.items())
        return _Bins(
            [mine_.get(k, 0) for _, k in values], [theirs_.get(k, 0) for _, k in values], [value for value, _ in values]
        )
    keys = sorted(theirs_, key=lambda k: (-theirs_[k], k))[:20]
    return _Bins(
        [*(mine_.get(k, 0) for k in keys), sum(n for k, n in mine_.items() if k not in keys)],
        [*(theirs_[k] for k in keys), sum(n for k, n in theirs_.items() if k not in keys)],
        None,
    )


# ---------------------------------------------------------------------------------------------------- the people meant


def from_population(profile: Profile, population: dict[str, dict[str, float]] | None) -> Found:
    """How far the groups' shares lie from those declared for the people meant; rows of unknown membership are left out.

    Raises
    ------
    UsageError
        If an attribute is no column, shares do not add up to 1, or rows have a group that is not declared.
    """
    measurements: list[Measurement] = []
    lines: list[tuple[float | str | None, ...]] = []
    for attribute, given in (population or {}).items():
        shares = _shares(profile, attribute, given)
        counted = {group: n for (group,), n in counts(profile, (attribute,))}
        unknown = counted.pop(None, 0)
        extra = set(counted) - set(shares)
        if extra:
            raise UsageError(
                f"data_profile: population of {quoted(attribute)}: {len(extra)} groups of the data have no share",
                do="Give each group of the column a share, 0 where nobody of it is meant.",
            )
        known = sum(n for n in counted.values())
        for group, share in shares.items():
            measurements.append(_difference(profile, attribute, group, int(counted.get(group, 0)), known, share))
            lines.append((label(attribute), group, counted.get(group, 0), *_line(measurements[-1], share)))
        measurements.append(_total(profile, attribute, shares, counted, known, unknown))
    if not lines:
        return measurements, ()
    table = Table(
        id="population",
        title="Groups beside the people meant",
        columns=(
            TableColumn(name="attribute", title="Attribute"),
            TableColumn(name="group", title="Group"),
            TableColumn(name="rows", title="Rows", unit="count"),
            TableColumn(name="share", title="Share here", unit="proportion"),
            TableColumn(name="declared", title="Share declared", unit="proportion"),
            TableColumn(name="difference", title="Difference", unit="difference"),
            TableColumn(name="lower", title="Lower bound", unit="difference"),
            TableColumn(name="upper", title="Upper bound", unit="difference"),
        ),
        rows=tuple(lines),
    )
    return measurements, (table,)


def _shares(profile: Profile, attribute: str, given: dict[str, float]) -> dict[str, float]:
    if attribute not in profile.columns:
        raise UsageError(
            f"data_profile: population: no column is called {quoted(attribute)}",
            do=hint(attribute, profile.columns, columns=True),
        )
    shares = {label(group): float(share) for group, share in given.items()}
    if any(not 0 <= share <= 1 for share in shares.values()) or not math.isclose(sum(shares.values()), 1, abs_tol=1e-3):
        raise UsageError(
            f"data_profile: population of {quoted(attribute)}: the shares add up to {sum(shares.values()):.6g}, not 1",
            do="Give the share of every group among the people meant, from 0 to 1.",
        )
    return shares


def _difference(profile: Profile, attribute: str, group: str, rows: int, known: int, share: float) -> Measurement:
    from cardwright.statistics.intervals import wilson

    level = profile.options.level
    bounds = wilson(rows, known, level)
    if bounds is None:
        return Unmeasured(
            metric="representation_difference",
            slice={attribute: group},
            code="undefined",
            reason="No row has a known group (0).",
            denominator=0,
        )
    return Measured(
        metric="representation_difference",
        slice={attribute: group},
        value=rows / known - share,
        unit="difference",
        direction="neither",
        interval=Interval(level=level, lower=bounds.lower - share, upper=bounds.upper - share, method="wilson"),
        sampling=sampling(profile),
        numerator=rows,
        denominator=known,
        reference="declared population",
    )


def _line(m: Measurement, share: float) -> tuple[float | None, ...]:
    if isinstance(m, Unmeasured) or m.interval is None:
        return None, share, None, None, None
    return m.value + share, share, m.value, m.interval.lower, m.interval.upper


def _total(
    profile: Profile, attribute: str, shares: dict[str, float], counted: dict[Any, int], known: int, unknown: int
) -> Measurement:
    groups = Groups(
        compared=len(shares),
        expected=len(shares),
        unknown=unknown,
        rows=known + unknown,
        smallest=float(min((counted.get(group, 0) for group in shares), default=0)),
    )
    if not known:
        return Unmeasured(
            metric="representation_distance",
            across=(attribute,),
            code="undefined",
            reason="No row has a known group (0).",
            denominator=0,
            groups=groups,
        )
    test = None
    meant = {group: share for group, share in shares.items() if share > 0}
    if min(share * known for share in meant.values()) >= _LEAST_EXPECTED and len(meant) > 1:
        impossible = any(counted.get(group, 0) for group in shares if group not in meant)
        from scipy import stats

        observed, expected = zip(*((counted.get(g, 0), s * known) for g, s in meant.items()), strict=True)
        scale = sum(observed) / sum(expected)
        p = 0.0 if impossible else float(stats.chisquare(observed, [e * scale for e in expected]).pvalue)
        test = Test(p_value=p, method="pearson_chi_square")
    return Measured(
        metric="representation_distance",
        across=(attribute,),
        value=sum(abs(counted.get(group, 0) / known - share) for group, share in shares.items()) / 2,
        unit="ratio",
        direction="lower_is_better",
        sampling=sampling(profile),
        denominator=known,
        test=test,
        groups=groups,
        reference="declared population",
    )
