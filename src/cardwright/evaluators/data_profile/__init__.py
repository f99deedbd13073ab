"""Data profile: what is in a table, counted exactly, without showing any person."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, ClassVar

from cardwright.errors import UsageError, did_you_mean
from cardwright.evaluators.database import column as _name
from cardwright.evaluators.database import is_number
from cardwright.evaluators.database import loaded as _load
from cardwright.evaluators.database import one as _one
from cardwright.evaluators.interface import Inputs, Need
from cardwright.record.base import label
from cardwright.record.evaluation import (
    Coverage,
    Evaluation,
    Finding,
    NotTested,
    Scanned,
    TableColumn,
    count_severities,
)
from cardwright.record.evaluation import Table as TableValue
from cardwright.record.measurement import Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.sources.interface import Predictions
from cardwright.sources.interface import Table as TableSource

if TYPE_CHECKING:
    import duckdb

Source = TableSource | Predictions


class DataProfile:
    """See `Evaluator`. Parameters: the columns that together could single people out, and the smallest count that is shown."""

    name: ClassVar[str] = "data_profile"
    version: ClassVar[str] = "2"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (TableSource, Predictions), "the table that is profiled"),
        Need("reference", (TableSource, Predictions), "the table it should resemble", optional=True),
    )

    def __init__(
        self,
        *,
        quasi_identifiers: tuple[str, ...] | list[str] | None = None,
        smallest_count: int = 5,
        depth: int = 2,
        level: float = 0.95,
    ) -> None:
        self.quasi_identifiers = quasi_identifiers
        self.smallest_count = smallest_count
        self.depth = depth
        self.level = level

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`."""
        source: Source = inputs.sources["source"]  # type: ignore[assignment]
        columns = list(source.rows.schema.names)
        attributes = [attribute.name for attribute in source.sensitive]
        quasi = list(self.quasi_identifiers) if self.quasi_identifiers is not None else attributes
        for name in quasi:
            if name not in columns:
                raise UsageError(f'data_profile: no column is called "{label(name)}"', do=did_you_mean(name, columns))
        with _load(source.rows, columns) as store:
            total = _one(store, "select count(*) from rows")
            profile = _Profile(self, source, store, columns, total)
            measurements: list[Measurement] = [
                profile.count("row_count", total, total),
                profile.count("column_count", len(columns), total),
                *profile.missing(),
                *profile.duplicates(),
                *profile.groups(attributes),
                *profile.labels(),
                *profile.privacy(quasi),
            ]
            if "reference" in inputs.sources:
                measurements += _representativeness(store, columns, inputs.sources["reference"], inputs.seed)
            findings = profile.findings(measurements, quasi)
            tables = profile.tables(attributes)
        unknown = [attribute for attribute in quasi if attribute not in attributes]
        return Evaluation(
            id=inputs.id,
            evaluator=self.name,
            evaluator_version=self.version,
            inputs=inputs.recorded(),
            parameters=dict(inputs.parameters),
            question="What is in the data, what is missing, and could anybody be told apart?",
            method=(
                "Every row and column is counted by exact queries (DuckDB). A cell is missing where it is null or "
                "not a number. Duplicates are rows equal in every column. "
                "k-anonymity is the size of the smallest class of rows that agree in "
                f"{', '.join(label(q) for q in quasi) or 'no column'} (Sweeney 2002), missing values counting as a value; "
                "l-diversity is the smallest number of different labels in such a class (Machanavajjhala et al. 2007). Shares "
                "carry Wilson intervals, which hold where the rows are a sample. Values of a column are shown only where at "
                f"least {self.smallest_count} rows have them, numbers as percentiles."
            ),
            limits=(
                "Counts say what is there, not whether it is right.",
                "Two rows of one person that differ in a character are not duplicates.",
                "k-anonymity counts the columns named; whoever knows more can tell more people apart.",
            ),
            measurements=tuple(measurements),
            findings=tuple(findings),
            severities=count_severities(findings),
            tables=tables,
            coverage=Coverage(
                scanned=(
                    Scanned(what="rows", scanned=total, total=total),
                    Scanned(what="columns", scanned=len(columns), total=len(columns)),
                ),
                not_tested=(
                    NotTested(what="whether labels are right", why="that needs a second labelling"),
                    NotTested(what="near duplicates", why="rows are compared as they stand"),
                    NotTested(
                        what="columns beyond "
                        + (", ".join(label(q) for q in quasi) or "none")
                        + " as quasi-identifiers",
                        why="they were not named" if not unknown else "the plan names these",
                    ),
                    *(
                        ()
                        if "reference" in inputs.sources
                        else (
                            NotTested(what="whether the rows stand for the people meant", why="no reference was named"),
                        )
                    ),
                ),
            ),
            completeness="complete",
        )


class _Profile:
    """The queries over one table."""

    def __init__(
        self, evaluator: DataProfile, source: Source, store: duckdb.DuckDBPyConnection, columns: list[str], total: int
    ) -> None:
        self.evaluator = evaluator
        self.source = source
        self.store = store
        self.columns = columns
        self.total = total
        self.distinct = {c: int(_one(store, f"select count(distinct {_name(c)}) from rows")) for c in columns}
        self.nulls = {c: int(_one(store, f"select count(*) - count({_name(c)}) from rows")) for c in columns}

    def _sampling(self) -> Sampling:
        return Sampling(unit=self.source.unit, units=self.total, observations=self.total, design=self.source.design)

    def count(self, metric: str, value: int, total: int, **key: Any) -> Measured:
        """A count."""
        return Measured(metric=metric, value=value, unit="count", direction="neither", sampling=self._sampling(), **key)

    def share(self, metric: str, part: int, whole: int, direction: str = "neither", **key: Any) -> Measurement:
        """A share with its Wilson interval; undefined over no rows."""
        from cardwright.statistics.intervals import wilson

        bounds = wilson(part, whole, self.evaluator.level)
        if bounds is None:
            return Unmeasured(
                metric=metric, code="undefined", reason="There are no rows (0).", denominator=whole, **key
            )
        return Measured(
            metric=metric,
            value=part / whole,
            unit="proportion",
            direction=direction,
            interval=Interval(level=self.evaluator.level, lower=bounds.lower, upper=bounds.upper, method="wilson"),
            sampling=self._sampling(),
            numerator=part,
            denominator=whole,
            **key,
        )

    def missing(self) -> list[Measurement]:
        """How many cells of each column are missing."""
        return [
            self.share("missing_rate", self.nulls[c], self.total, "lower_is_better", slice={"column": label(c)})
            for c in self.columns
        ]

    def duplicates(self) -> list[Measurement]:
        """Rows beyond the first of each set of equal rows."""
        every = ", ".join(_name(c) for c in self.columns)
        kinds = int(_one(self.store, f"select count(*) from (select distinct {every} from rows)"))
        return [self.share("duplicate_row_rate", self.total - kinds, self.total, "lower_is_better")]

    def groups(self, attributes: list[str]) -> list[Measurement]:
        """How many rows each group has, intersections included; unknown membership is a group of its own."""
        found: list[Measurement] = []
        for size in range(1, min(self.evaluator.depth, len(attributes)) + 1):
            for combination in itertools.combinations(attributes, size):
                for values, count in self._counts(combination):
                    found.append(
                        self.share("group_share", count, self.total, slice=dict(zip(combination, values, strict=True)))
                    )
        return found

    def _counts(self, combination: tuple[str, ...]) -> list[tuple[tuple[str | None, ...], int]]:
        unknown = {attribute.name: set(attribute.unknown) for attribute in self.source.sensitive}
        every = ", ".join(_name(c) for c in combination)
        counts: dict[tuple[str | None, ...], int] = {}
        for *values, count in self.store.execute(f"select {every}, count(*) from rows group by all").fetchall():
            key = tuple(
                None if v is None or v != v or label(v) in unknown.get(c, set()) else label(v)  # noqa: PLR0124  NaN is unknown
                for c, v in zip(combination, values, strict=True)
            )
            counts[key] = counts.get(key, 0) + int(count)
        return sorted(counts.items(), key=lambda item: tuple((v is None, v or "") for v in item[0]))

    def labels(self) -> list[Measurement]:
        """How many rows have each label."""
        if self.source.label is None or self.distinct[self.source.label] > 50:
            return []
        if isinstance(self.source, Predictions) and self.source.task == "regression":
            return []  # each value may be one person's
        return [
            self.share("label_rate", count, self.total, of_class=value if value is not None else "missing")
            for (value,), count in self._counts((self.source.label,))
        ]

    def privacy(self, quasi: list[str]) -> list[Measurement]:
        """Smallest class, share of rows alone in theirs, and the labels in a class."""
        if not quasi:
            why = "The plan names no sensitive attribute and no quasi-identifier."
            return [
                Unmeasured(metric=m, code="not_applicable", reason=why) for m in ("k_anonymity", "unique_row_share")
            ]
        if not self.total:
            return [
                Unmeasured(metric=m, code="undefined", reason="There are no rows (0).", denominator=0)
                for m in ("k_anonymity", "unique_row_share")
            ]
        every = ", ".join(_name(c) for c in quasi)
        smallest, alone = self.store.execute(
            f"select min(n), coalesce(sum(n) filter (n = 1), 0) from (select count(*) as n from rows group by {every})"
        ).fetchone() or (0, 0)
        found: list[Measurement] = [
            Measured(
                metric="k_anonymity",
                value=int(smallest or 0),
                unit="count",
                direction="higher_is_better",
                sampling=self._sampling(),
            ),
            self.share("unique_row_share", int(alone), self.total, "lower_is_better"),
        ]
        if self.source.label is not None and self.source.label not in quasi:
            diverse = _one(
                self.store,
                f"select min(n) from (select count(distinct {_name(self.source.label)}) as n from rows group by {every})",
            )
            found.append(
                Measured(
                    metric="l_diversity",
                    value=int(diverse or 0),
                    unit="count",
                    direction="higher_is_better",
                    sampling=self._sampling(),
                )
            )
        return found

    def findings(self, measurements: list[Measurement], quasi: list[str]) -> list[Finding]:
        """What a person should look at."""
        found: list[Finding] = []
        if not self.total:
            return found
        for column in self.columns:
            share = self.nulls[column] / self.total
            if share > 0.2:
                found.append(
                    Finding(
                        severity="medium",
                        key="missing",
                        explanation=f"{share:.1%} of the cells are missing ({self.nulls[column]} of {self.total}).",
                        where=label(column),
                        count=self.nulls[column],
                    )
                )
            if self.distinct[column] <= 1 and self.nulls[column] in (0, self.total):
                found.append(
                    Finding(
                        severity="low",
                        key="constant",
                        explanation="The column has one value at most.",
                        where=label(column),
                    )
                )
            if self.source.label is not None and column != self.source.label and self._equals_label(column):
                found.append(
                    Finding(
                        severity="high",
                        key="equals_label",
                        explanation="The column tells the label exactly, row by row; a model that reads it learns nothing else.",
                        where=label(column),
                    )
                )
        values = {m.metric: m for m in measurements if isinstance(m, Measured) and not m.slice and not m.across}
        copies = values.get("duplicate_row_rate")
        if copies is not None and copies.numerator:
            found.append(
                Finding(
                    severity="medium" if copies.value > 0.05 else "low",
                    key="duplicates",
                    explanation=f"{copies.numerator:.0f} of {self.total} rows are equal to an earlier one in every column.",
                    count=int(copies.numerator),
                )
            )
        k = values.get("k_anonymity")
        if k is not None and k.value < 5:
            found.append(
                Finding(
                    severity="low" if self.evaluator.quasi_identifiers is None else "medium",
                    key="k_anonymity",
                    explanation=f"{k.value:.0f} rows make the smallest class that agrees in {', '.join(map(label, quasi))}.",
                )
            )
        return found

    def _equals_label(self, column: str) -> bool:
        assert self.source.label is not None
        if not 2 <= self.distinct[column] <= 50 or self.distinct[column] != self.distinct[self.source.label]:
            return False
        pairs = _one(
            self.store,
            f"select count(*) from (select distinct {_name(column)}, {_name(self.source.label)} from rows)",
        )
        nulls = self.nulls[column] or self.nulls[self.source.label]
        return not nulls and int(pairs) == self.distinct[column]

    def tables(self, attributes: list[str]) -> tuple[TableValue, ...]:
        """Columns, and the groups by size."""
        rows = []
        for column in self.columns:
            kind = str(self.source.rows.schema.field(column).type)
            share = self.nulls[column] / self.total if self.total else None
            rows.append((label(column), label(kind), share, self.distinct[column], self._shown(column, kind)))
        tables = [
            TableValue(
                id="columns",
                title="Columns",
                columns=(
                    TableColumn(name="column", title="Column"),
                    TableColumn(name="type", title="Type"),
                    TableColumn(name="missing", title="Missing", unit="proportion"),
                    TableColumn(name="distinct", title="Distinct", unit="count"),
                    TableColumn(name="values", title="Values"),
                ),
                rows=tuple(rows),
            )
        ]
        if attributes:
            sizes = []
            for size in range(1, min(self.evaluator.depth, len(attributes)) + 1):
                for combination in itertools.combinations(attributes, size):
                    for values, count in self._counts(combination):
                        name = ", ".join(
                            f"{a} = {'unknown' if v is None else v}" for a, v in zip(combination, values, strict=True)
                        )
                        sizes.append((label(name), count, count / self.total))
            tables.append(
                TableValue(
                    id="groups",
                    title="Rows by group",
                    columns=(
                        TableColumn(name="group", title="Group"),
                        TableColumn(name="rows", title="Rows", unit="count"),
                        TableColumn(name="share", title="Share", unit="proportion"),
                    ),
                    rows=tuple(sizes),
                )
            )
        return tuple(tables)

    def _shown(self, column: str, kind: str) -> str:
        """A column's values in a few words: percentiles of numbers, common categories; nothing that names a person."""
        held = self.total - self.nulls[column]
        if not held:
            return "none"
        identifies = self.distinct[column] > 20 and self.distinct[column] > 0.5 * held
        number = kind.startswith(("int", "uint", "float", "double", "decimal"))
        if number and self.distinct[column] > 10:
            if identifies and kind.startswith(("int", "uint")):
                return "not shown: nearly every row has its own"
            low, middle, high = self.store.execute(
                f"select quantile_cont({_name(column)}, [0.05, 0.5, 0.95]) from rows"
            ).fetchone()[0]
            return f"5 % {low:.4g}, median {middle:.4g}, 95 % {high:.4g}"
        if identifies or self.distinct[column] > 200:
            return "not shown: nearly every row has its own" if identifies else "not shown: many values"
        common = self.store.execute(
            f"select {_name(column)} as v, count(*) as n from rows where v is not null group by v "
            f"having n >= {int(self.evaluator.smallest_count)} order by n desc, cast(v as varchar) limit 6"
        ).fetchall()
        if not common:
            return f"not shown: every value in fewer than {self.evaluator.smallest_count} rows"
        return label(", ".join(f"{label(v)[:24]} ({n})" for v, n in common))


def _representativeness(
    store: duckdb.DuckDBPyConnection, columns: list[str], reference: Any, seed: int
) -> list[Measurement]:
    """How far each column that both have lies from the reference: PSI and Jensen–Shannon distance over shared bins."""
    import numpy as np

    from cardwright.statistics.drift import jensen_shannon_distance, population_stability_index

    found: list[Measurement] = []
    with _load(reference.rows, list(reference.rows.schema.names)) as other:
        for column in columns:
            if column not in reference.rows.schema.names:
                continue
            bins = _binned(store, other, column)
            if bins is None:
                found += [
                    Unmeasured(
                        metric=metric,
                        slice={"column": label(column)},
                        code="undefined",
                        reason="The column holds numbers in one of the two tables only.",
                    )
                    for metric in ("population_stability_index", "jensen_shannon_distance")
                ]
                continue
            here, there = bins
            for metric, measure in (
                ("population_stability_index", population_stability_index),
                ("jensen_shannon_distance", jensen_shannon_distance),
            ):
                drift = (
                    measure(np.asarray(here), np.asarray(there), seed=seed)
                    if sum(here) and sum(there) and len(here) > 1
                    else None
                )
                key = {"column": label(column)}
                if drift is None:
                    found.append(
                        Unmeasured(
                            metric=metric,
                            slice=key,
                            code="undefined",
                            reason=f"One bin or no values ({sum(here)} and {sum(there)} rows).",
                        )
                    )
                else:
                    found.append(
                        Measured(
                            metric=metric,
                            slice=key,
                            value=float(drift.estimate),
                            unit="nats" if metric.startswith("pop") else "ratio",
                            direction="lower_is_better",
                            denominator=sum(here),
                            reference=label(reference.ref.name),
                        )
                    )
    return found


def _binned(
    store: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection, column: str
) -> tuple[list[int], list[int]] | None:
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
        query = (
            f"select case {parts} else {len(edges)} end as b, count(*) from rows where {name} is not null group by b"
        )
        counts = [dict(s.execute(query).fetchall()) for s in (store, other)]
        return [int(counts[0].get(i, 0)) for i in range(len(edges) + 1)], [
            int(counts[1].get(i, 0)) for i in range(len(edges) + 1)
        ]
    query = f"select cast({name} as varchar), count(*) from rows where {name} is not null group by 1"
    mine, theirs = (dict(s.execute(query).fetchall()) for s in (store, other))
    keys = sorted(theirs, key=lambda k: (-theirs[k], k))[:20]
    return (
        [*(int(mine.get(k, 0)) for k in keys), sum(int(n) for k, n in mine.items() if k not in keys)],
        [*(int(theirs[k]) for k in keys), sum(int(n) for k, n in theirs.items() if k not in keys)],
    )
