"""Data profile: what is in a table, counted exactly, without showing any person."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, ClassVar

from cardwright.errors import UsageError, did_you_mean
from cardwright.evaluators.data_profile.agreement import agreement
from cardwright.evaluators.data_profile.comparison import distances, from_population
from cardwright.evaluators.data_profile.options import DataProfileOptions
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.rows.database import column as _name
from cardwright.evaluators.rows.database import loaded as _load
from cardwright.evaluators.rows.database import one as _one
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

_MORE = {
    "reference": " Columns are compared with the reference over its deciles or categories: population stability index, "
    "Jensen-Shannon distance and, for numbers, the Wasserstein distance in the column's unit, with how often one distribution "
    "gives as much (permutation). Rows of one person are taken as independent there.",
    "population": " Shares of groups are held against the shares declared, rows of unknown membership left out: each "
    "difference has a Wilson interval, each attribute the total variation distance and Pearson's chi-square test where every "
    "group is expected at least five times.",
    "annotators": " Agreement of annotators is Cohen's kappa of each two and Krippendorff's alpha (nominal) of all, over "
    "the rows that two of them rated.",
}


class DataProfile(DataProfileOptions):
    """See `Evaluator`.

    Parameters
    ----------
    quasi_identifiers
        Columns that together could single people out; the sensitive attributes, where they are not named.
    population
        Shares of the groups in the people meant, `{attribute: {group: share}}`, each attribute's adding up to 1.
    annotators
        Columns that hold what each annotator said of a row; missing where one did not rate it.
    smallest_count
        Values in fewer rows are not shown.
    depth
        How many attributes are crossed.
    """

    name: ClassVar[str] = "data_profile"
    version: ClassVar[str] = "3"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (TableSource, Predictions), "the table that is profiled"),
        Need("reference", (TableSource, Predictions), "the table it should resemble", optional=True),
    )

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
            tables = profile.tables(attributes)
            for found, table in (
                distances(store, columns, inputs.sources.get("reference"), inputs.seed),
                from_population(profile, self.population),
                agreement(store, self.annotators, columns, self.level, inputs.seed),
            ):
                measurements += found
                tables += table
            findings = profile.findings(measurements, quasi)
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
                + _MORE["reference"] * ("reference" in inputs.sources)
                + _MORE["population"] * bool(self.population)
                + _MORE["annotators"] * bool(self.annotators)
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
                    NotTested(
                        what="whether labels are right",
                        why="annotators can agree and be wrong together"
                        if self.annotators
                        else "that needs a second labelling, and none was named under `annotators`",
                    ),
                    NotTested(what="near duplicates", why="rows are compared as they stand"),
                    NotTested(
                        what="columns beyond "
                        + (", ".join(label(q) for q in quasi) or "none")
                        + " as quasi-identifiers",
                        why="they were not named" if not unknown else "the plan names these",
                    ),
                    *(
                        ()
                        if self.population
                        else (
                            NotTested(
                                what="whether the groups stand as they do in the people meant",
                                why="no shares were named under `population`",
                            ),
                        )
                    ),
                    *(
                        ()
                        if "reference" in inputs.sources
                        else (NotTested(what="drift against an earlier version", why="no reference was named"),)
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

    def sampling(self) -> Sampling:
        return Sampling(unit=self.source.unit, units=self.total, observations=self.total, design=self.source.design)

    def count(self, metric: str, value: int, total: int, **key: Any) -> Measured:
        """A count."""
        return Measured(metric=metric, value=value, unit="count", direction="neither", sampling=self.sampling(), **key)

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
            sampling=self.sampling(),
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
                for values, count in self.counts(combination):
                    found.append(
                        self.share("group_share", count, self.total, slice=dict(zip(combination, values, strict=True)))
                    )
        return found

    def counts(self, combination: tuple[str, ...]) -> list[tuple[tuple[str | None, ...], int]]:
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
            for (value,), count in self.counts((self.source.label,))
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
                sampling=self.sampling(),
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
                    sampling=self.sampling(),
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
                    for values, count in self.counts(combination):
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
