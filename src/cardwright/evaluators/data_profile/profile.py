"""One table in a database: counts and shares of rows, groups, labels and classes of rows that agree."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cardwright.evaluators.data_profile.options import DataProfileOptions
from cardwright.evaluators.rows.database import column as _name
from cardwright.evaluators.rows.database import one as _one
from cardwright.privacy.showing import SMALL_CELL
from cardwright.record.base import label
from cardwright.record.measurement import Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.sources.interface import Predictions
from cardwright.sources.interface import Table as TableSource

if TYPE_CHECKING:
    import duckdb

Source = TableSource | Predictions


@dataclass(frozen=True)
class Profile:
    """One table in a database, and what is known of its columns."""

    options: DataProfileOptions
    source: Source
    store: duckdb.DuckDBPyConnection
    columns: list[str]
    total: int
    """Rows."""
    distinct: Mapping[str, int]
    """Different values by column, missing ones left out."""
    nulls: Mapping[str, int]
    """Missing values by column."""
    least: int
    """No value in fewer rows is shown."""


def profile_of(
    options: DataProfileOptions,
    source: Source,
    store: duckdb.DuckDBPyConnection,
    columns: list[str],
    small_cell: int = SMALL_CELL,
) -> Profile:
    """The profile of the table `rows` of a database."""
    return Profile(
        options,
        source,
        store,
        columns,
        _one(store, "select count(*) from rows"),
        {c: int(_one(store, f"select count(distinct {_name(c)}) from rows")) for c in columns},
        {c: int(_one(store, f"select count(*) - count({_name(c)}) from rows")) for c in columns},
        max(options.smallest_count, small_cell),
    )


def sampling(profile: Profile) -> Sampling:
    return Sampling(
        unit=profile.source.unit, units=profile.total, observations=profile.total, design=profile.source.design
    )


def count(profile: Profile, metric: str, value: int, total: int, **key: Any) -> Measured:
    """A count."""
    return Measured(metric=metric, value=value, unit="count", direction="neither", sampling=sampling(profile), **key)


def share(profile: Profile, metric: str, part: int, whole: int, direction: str = "neither", **key: Any) -> Measurement:
    """A share with its Wilson interval; undefined over no rows."""
    from cardwright.statistics.intervals import wilson

    bounds = wilson(part, whole, profile.options.level)
    if bounds is None:
        return Unmeasured(metric=metric, code="undefined", reason="There are no rows (0).", denominator=whole, **key)
    return Measured(
        metric=metric,
        value=part / whole,
        unit="proportion",
        direction=direction,
        interval=Interval(level=profile.options.level, lower=bounds.lower, upper=bounds.upper, method="wilson"),
        sampling=sampling(profile),
        numerator=part,
        denominator=whole,
        **key,
    )


def missing(profile: Profile) -> list[Measurement]:
    """How many cells of each column are missing."""
    return [
        share(profile, "missing_rate", profile.nulls[c], profile.total, "lower_is_better", slice={"column": label(c)})
        for c in profile.columns
    ]


def duplicates(profile: Profile) -> list[Measurement]:
    """Rows beyond the first of each set of equal rows."""
    every = ", ".join(_name(c) for c in profile.columns)
    kinds = int(_one(profile.store, f"select count(*) from (select distinct {every} from rows)"))
    return [share(profile, "duplicate_row_rate", profile.total - kinds, profile.total, "lower_is_better")]


def groups(profile: Profile, attributes: list[str]) -> list[Measurement]:
    """How many rows each group has, intersections included; unknown membership is a group of its own."""
    measurements: list[Measurement] = []
    for size in range(1, min(profile.options.depth, len(attributes)) + 1):
        for combination in itertools.combinations(attributes, size):
            for values, count in counts(profile, combination):
                measurements.append(
                    share(
                        profile, "group_share", count, profile.total, slice=dict(zip(combination, values, strict=True))
                    )
                )
    return measurements


def counts(profile: Profile, combination: tuple[str, ...]) -> list[tuple[tuple[str | None, ...], int]]:
    unknown = {attribute.name: set(attribute.unknown) for attribute in profile.source.sensitive}
    every = ", ".join(_name(c) for c in combination)
    counts: dict[tuple[str | None, ...], int] = {}
    for *values, count in profile.store.execute(f"select {every}, count(*) from rows group by all").fetchall():
        key = tuple(
            None if v is None or v != v or label(v) in unknown.get(c, set()) else label(v)  # noqa: PLR0124  NaN is unknown
            for c, v in zip(combination, values, strict=True)
        )
        counts[key] = counts.get(key, 0) + int(count)
    return sorted(counts.items(), key=lambda item: tuple((v is None, v or "") for v in item[0]))


def labels(profile: Profile) -> list[Measurement]:
    """How many rows have each label."""
    if profile.source.label is None or profile.distinct[profile.source.label] > 50:
        return []
    if isinstance(profile.source, Predictions) and profile.source.task == "regression":
        return []  # each value may be one person's
    return [
        share(profile, "label_rate", count, profile.total, of_class=value if value is not None else "missing")
        for (value,), count in counts(profile, (profile.source.label,))
    ]


def privacy(profile: Profile, quasi: list[str], *, stated: bool) -> list[Measurement]:
    """Smallest class, share of rows alone in theirs, and the labels in a class.

    Without one quasi-identifier the question does not arise if the plan says so (`said`), and is undefined otherwise.
    """
    if not quasi:
        metrics = ("k_anonymity", "unique_row_share")
        if stated:
            why = "The plan says that no column tells people apart (`quasi_identifiers: []`), and no heading speaks of one."
            return [Unmeasured(metric=m, code="not_applicable", reason=why) for m in metrics]
        why = (
            "The plan names no quasi-identifier, and no heading speaks of one. Name them, or write `quasi_identifiers: []` "
            "if rows are not about people."
        )
        return [Unmeasured(metric=m, code="undefined", reason=why) for m in metrics]
    if not profile.total:
        return [
            Unmeasured(metric=m, code="undefined", reason="There are no rows (0).", denominator=0)
            for m in ("k_anonymity", "unique_row_share")
        ]
    every = ", ".join(_name(c) for c in quasi)
    smallest, alone = profile.store.execute(
        f"select min(n), coalesce(sum(n) filter (n = 1), 0) from (select count(*) as n from rows group by {every})"
    ).fetchone() or (0, 0)
    measurements: list[Measurement] = [
        Measured(
            metric="k_anonymity",
            value=int(smallest or 0),
            unit="count",
            direction="higher_is_better",
            sampling=sampling(profile),
        ),
        share(profile, "unique_row_share", int(alone), profile.total, "lower_is_better"),
    ]
    if profile.source.label is not None and profile.source.label not in quasi:
        diverse = _one(
            profile.store,
            f"select min(n) from (select count(distinct {_name(profile.source.label)}) as n from rows group by {every})",
        )
        measurements.append(
            Measured(
                metric="l_diversity",
                value=int(diverse or 0),
                unit="count",
                direction="higher_is_better",
                sampling=sampling(profile),
            )
        )
    return measurements
