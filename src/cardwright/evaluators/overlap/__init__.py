"""Overlap: what of the test data the model may have seen in training, counted exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from cardwright.errors import UsageError, did_you_mean
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.overlap.options import OverlapOptions
from cardwright.evaluators.rows.database import column as quoted
from cardwright.evaluators.rows.database import database, fill, is_number, one
from cardwright.record.base import label
from cardwright.record.evaluation import Coverage, Evaluation, Finding, NotTested, Scanned, Severity, count_severities
from cardwright.record.measurement import Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.sources.interface import Predictions, Table

if TYPE_CHECKING:
    import duckdb

GRAVE = 0.01
"""Share of test rows from which a leak of whole rows is a high finding."""
NEARLY_DETERMINED = 0.95
"""Goodman and Kruskal's lambda from which a column is said to give the label away."""
ENOUGH = 20
"""Rows from which a column with a value of its own for each is taken for a number of the case."""
LEAST = 100
"""Labelled training rows below which lambda is not computed."""


class Overlap(OverlapOptions):
    """Exact and near duplicates, shared entities and time between test and training data, and columns that give the label away.

    Parameters
    ----------
    columns
        Columns that make two rows the same. Where it is not said: the columns the model reads if the source names them, else all
        that both tables have, without label, prediction, score, weight, entity, time and columns that number the rows.
    entity
        Column that names a person or thing; the column of `person` of the source, where it is not said and both tables have it.
    time
        Column of dates or moments: a test row should be later than all of training.
    digits
        Significant figures to which numbers are rounded before near duplicates are counted.
    level
        Confidence level of intervals.
    """

    name: ClassVar[str] = "overlap"
    version: ClassVar[str] = "1"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Predictions, Table), "the rows that the model is tested on"),
        Need("training", (Table, Predictions), "the rows that it was trained on"),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            Where a column is not in both tables, or the two have none in common.
        """
        test: Predictions | Table = inputs.sources["source"]  # type: ignore[assignment]
        training: Predictions | Table = inputs.sources["training"]  # type: ignore[assignment]
        if not (isinstance(self.digits, int) and 1 <= self.digits <= 12):
            raise UsageError("overlap: `digits` is a number of significant figures", do="Say 1 to 12, for example 3.")
        if not 0 < self.level < 1:
            raise UsageError("overlap: `level` lies between 0 and 1", do="Say for example 0.95.")
        chosen = self._columns(test, training)
        entity = self.entity or next(
            (p for p in (test.person,) if p is not None and p in training.rows.schema.names), None
        )
        with database() as store:
            look = _Look(self, store, test, training, chosen, entity)
            measurements = look.measurements()
            chosen = look.chosen
            findings = look.findings()
        extra = [f"entities by {label(entity)}"] if entity else []
        return Evaluation(
            id=inputs.id,
            evaluator=self.name,
            evaluator_version=self.version,
            inputs=inputs.recorded(),
            parameters=dict(inputs.parameters),
            question="Has the model seen in training what it is tested on?",
            method=(
                f"Rows are the same where they agree in {len(chosen)} columns ({', '.join(label(c) for c in chosen)}), missing "
                "agreeing with missing; they are counted by exact joins (DuckDB) over all rows, without the label and with "
                f"it. Near duplicates agree after numbers are rounded to {self.digits} significant figures and texts are folded "
                "to lower-case letters and digits. Entities are compared by their values, times with the latest of training. "
                "Whether one column alone gives the label away is Goodman and Kruskal's lambda (1954) in the training rows: the "
                "share of errors that knowing the column (numbers in at most 50 groups of equal size) saves over always "
                "guessing the commonest label. Shares carry Wilson intervals."
            ),
            limits=(
                "Rows of few columns agree by chance; the share of training rows that equal another training row says how often.",
                "Near duplicates are found where they fold to the same; a paraphrase or a shifted number is not.",
                "Nothing is said of data that the model was trained on and that is not in the training table.",
            ),
            measurements=tuple(measurements),
            findings=tuple(findings),
            severities=count_severities(findings),
            coverage=Coverage(
                scanned=(
                    Scanned(what="test rows", scanned=look.rows, total=look.rows),
                    Scanned(what="training rows", scanned=look.trained, total=look.trained),
                    Scanned(
                        what=", ".join(["columns compared", *extra]),
                        scanned=len(chosen),
                        total=len(test.rows.schema.names),
                    ),
                ),
                not_tested=(
                    *(
                        (
                            NotTested(
                                what=", ".join(label(c) for c in look.ids),
                                why="its values number the rows: each has its own",
                            ),
                        )
                        if look.ids
                        else ()
                    ),
                    *(() if entity else (NotTested(what="shared persons or things", why="no column names them"),)),
                    *(() if self.time else (NotTested(what="overlap in time", why="no column of times was named"),)),
                    NotTested(what="paraphrases and images that look alike", why="rows are compared by their values"),
                    NotTested(
                        what="whether preprocessing saw the test data", why="that is in the code, not in the rows"
                    ),
                ),
            ),
            completeness="complete",
        )

    def _columns(self, test: Predictions | Table, training: Predictions | Table) -> list[str]:
        here, there = list(test.rows.schema.names), set(training.rows.schema.names)
        for name in (*(self.columns or ()), *filter(None, (self.entity, self.time))):
            for names in (here, there):
                if name not in names:
                    raise UsageError(
                        f'overlap: no column is called "{label(name)}" in both tables',
                        do=did_you_mean(name, sorted(names)),
                    )
        if self.columns is not None:
            chosen = list(dict.fromkeys(self.columns))
        else:
            features = test.features if isinstance(test, Predictions) else ()
            outputs = {self.entity, self.time, test.label, test.weight, test.person}
            if isinstance(test, Predictions):
                outputs |= {test.prediction, test.score}
            chosen = [c for c in features or here if c in there and c not in outputs]
        if not chosen:
            raise UsageError(
                "overlap: the two tables have no column in common to compare",
                do="Name the columns that make two rows the same: `columns: [age, income]`.",
            )
        return chosen


class _Look:
    """The counts over one pair of tables."""

    def __init__(
        self,
        asked: Overlap,
        store: duckdb.DuckDBPyConnection,
        test: Predictions | Table,
        training: Predictions | Table,
        chosen: list[str],
        entity: str | None,
    ) -> None:
        self.asked, self.store, self.test, self.training = asked, store, test, training
        self.chosen, self.entity = chosen, entity
        self.label = test.label if test.label is not None and test.label in training.rows.schema.names else None
        more = [c for c in (self.label, entity, asked.time) if c is not None and c not in chosen]
        for table, source in (("test", test), ("training", training)):
            fill(store, table, source.rows, [*chosen, *more])
        self.rows = int(one(store, "select count(*) from test"))
        self.trained = int(one(store, "select count(*) from training"))
        self.ids = [c for c in chosen if self._numbers_rows(c)] if asked.columns is None else []
        self.chosen = [c for c in chosen if c not in self.ids] or chosen
        self.found: dict[str, Measurement] = {}
        self.leaks: list[tuple[str, float, float]] = []

    def _numbers_rows(self, column: str) -> bool:
        """Whether a column gives each row of both tables a value of its own, as a number of the case does."""
        name = quoted(column)
        for table, rows in (("test", self.rows), ("training", self.trained)):
            kind, different = self.store.execute(
                f"select any_value(typeof({name})), count(distinct {name}) from {table}"
            ).fetchone() or ("", 0)
            if rows < ENOUGH or different < rows or str(kind) in ("FLOAT", "DOUBLE"):
                return False
        return True

    def measurements(self) -> list[Measurement]:
        exact = {c: self._exact(c) for c in self.chosen}
        near = {c: self._near(c) for c in self.chosen}
        same = self._matches(list(exact.values()))
        found = [
            self._share("exact_overlap_rate", same, self.rows, "test rows"),
            self._share("near_overlap_rate", self._matches(list(near.values())), self.rows, "test rows"),
            self._share("test_duplicate_rate", self._repeated("test", list(exact.values())), self.rows, "test rows"),
            self._share(
                "training_duplicate_rate",
                self._repeated("training", list(exact.values())),
                self.trained,
                "training rows",
            ),
        ]
        if self.label is not None:
            told = self._matches([*exact.values(), self._text(self.label)])
            found += [
                self._share("exact_overlap_with_label_rate", told, self.rows, "test rows"),
                self._share(
                    "conflicting_overlap_rate",
                    None if same is None or told is None else same - told,
                    self.rows,
                    "test rows",
                ),
            ]
        if self.entity is not None:
            found.append(self._entities(self.entity))
        if self.asked.time is not None:
            found.append(self._times(self.asked.time))
        found += self._leakage()
        self.found = {m.metric: m for m in found if not m.slice}
        return found

    # ------------------------------------------------------------------------------------------------ expressions

    def _numbers(self, column: str) -> bool:
        return all(is_number(self.store, table, quoted(column)) for table in ("test", "training"))

    def _exact(self, column: str) -> str:
        return f"cast({quoted(column)} as double)" if self._numbers(column) else self._text(column)

    def _text(self, column: str) -> str:
        if self._numbers(column):
            return f"cast({quoted(column)} as double)"
        return f"cast({quoted(column)} as varchar)"

    def _near(self, column: str) -> str:
        name = quoted(column)
        if self._numbers(column):
            x = f"cast({name} as double)"
            places = f"cast({self.asked.digits - 1} - floor(log10(abs({x}))) as integer)"
            return f"case when {x} = 0 then 0.0 when isinf({x}) then {x} else round({x}, {places}) end"
        return f"trim(regexp_replace(lower(cast({name} as varchar)), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'))"

    def _matches(self, keys: list[str]) -> int | None:
        """How many test rows agree with some training row in all keys; None without rows on a side."""
        if not self.rows or not self.trained:
            return None
        named = ", ".join(f"{key} as k{i}" for i, key in enumerate(keys))
        names = ", ".join(f"k{i}" for i in range(len(keys)))
        agree = " and ".join(f"a.k{i} is not distinct from b.k{i}" for i in range(len(keys)))
        return int(
            one(
                self.store,
                f"select coalesce(sum(a.n), 0) from (select {named}, count(*) as n from test group by {names}) a "
                f"semi join (select distinct {named} from training) b on {agree}",
            )
        )

    def _repeated(self, table: str, keys: list[str]) -> int | None:
        """How many rows equal another row of their own table."""
        if not int(one(self.store, f"select count(*) from {table}")):
            return None
        every = ", ".join(keys)
        return int(
            one(
                self.store,
                f"select coalesce(sum(n), 0) from (select count(*) as n from {table} group by {every}) where n > 1",
            )
        )

    # ------------------------------------------------------------------------------------------------ numbers

    def _share(self, metric: str, count: int | None, of: int, what: str) -> Measurement:
        if count is None or not of:
            return Unmeasured(
                metric=metric,
                code="undefined",
                reason=f"There are {of} {what} and {self.trained} training rows.",
                denominator=of,
            )
        from cardwright.statistics.intervals import wilson

        bounds = wilson(count, of, self.asked.level)
        assert bounds is not None
        return Measured(
            metric=metric,
            value=count / of,
            unit="proportion",
            direction="lower_is_better",
            interval=Interval(level=self.asked.level, lower=bounds.lower, upper=bounds.upper, method="wilson"),
            numerator=count,
            denominator=of,
            sampling=Sampling(unit=self.test.unit, units=of, observations=of, design=self.test.design),
        )

    def _entities(self, column: str) -> Measurement:
        key = self._text(column)
        of = int(one(self.store, f"select count(distinct {key}) from test"))
        shared = int(
            one(
                self.store,
                f"select count(*) from (select distinct {key} as k from test where k is not null) a "
                f"semi join (select distinct {key} as k from training) b on a.k = b.k",
            )
        )
        return self._share("entity_overlap_rate", shared if of else None, of, "entities in the test data")

    def _times(self, column: str) -> Measurement:
        name = quoted(column)
        as_time = (
            f"cast({name} as double)" if self._numbers(column) else f"try_cast(cast({name} as varchar) as timestamp)"
        )
        for table in ("test", "training"):
            bad = int(one(self.store, f"select count(*) from {table} where {name} is not null and {as_time} is null"))
            if bad:
                raise UsageError(
                    f'overlap: {bad} values of "{label(column)}" in the {table} data are not times',
                    do="Name a column of dates or moments, for example 2026-11-23.",
                )
        latest = f"(select max({as_time}) from training)"
        of = int(one(self.store, f"select count({name}) from test"))
        early = (
            int(one(self.store, f"select count(*) from test where {as_time} <= {latest}"))
            if of and self.trained
            else None
        )
        return self._share("time_overlap_rate", early, of, "test rows with a time")

    def _leakage(self) -> list[Measurement]:
        """Lambda of every column for the label, in the training rows."""
        if self.label is None:
            return []
        answer = self._text(self.label)
        total = int(one(self.store, f"select count(*) from training where {answer} is not null"))
        kinds = int(one(self.store, f"select count(distinct {answer}) from training"))
        if not total or kinds < 2 or kinds > 50:
            why = f"The label has {kinds} values over {total} training rows; 2 to 50 are compared."
            return [Unmeasured(metric="goodman_kruskal_lambda", code="not_applicable", reason=why, denominator=total)]
        if total < LEAST:
            why = f"{total} training rows have a label; {LEAST} are needed, since in a few rows any column tells the label."
            return [Unmeasured(metric="goodman_kruskal_lambda", code="too_few_samples", reason=why, denominator=total)]
        bins = min(50, total // 20)
        guess = int(
            one(
                self.store,
                f"select max(n) from (select count(*) as n from training where {answer} is not null group by {answer})",
            )
        )
        found: list[Measurement] = []
        for column in self.chosen:
            if column == self.label:
                continue
            key = self._exact(column)
            different = int(one(self.store, f"select count(distinct {key}) from training"))
            if self._numbers(column) and different > bins:
                key = f"cast(floor({bins} * percent_rank() over (order by {key})) as integer)"
            elif different > total // 20:
                found.append(
                    Unmeasured(
                        metric="goodman_kruskal_lambda",
                        slice={"column": label(column)},
                        code="not_applicable",
                        reason=f"{different} values over {total} rows: a value of few rows tells their label by chance.",
                        denominator=total,
                    )
                )
                continue
            right = int(
                one(
                    self.store,
                    "select sum(m) from (select max(n) as m from (select k, l, count(*) as n from "
                    f"(select {key} as k, {answer} as l from training where {answer} is not null) group by k, l) group by k)",
                )
            )
            value = (right - guess) / (total - guess)
            if value >= NEARLY_DETERMINED:
                self.leaks.append((column, value, right / total))
            found.append(
                Measured(
                    metric="goodman_kruskal_lambda",
                    slice={"column": label(column)},
                    value=value,
                    unit="proportion",
                    direction="neither",
                    numerator=right - guess,
                    denominator=total - guess,
                    sampling=Sampling(unit=self.training.unit, units=total, observations=total),
                )
            )
        return found

    # ------------------------------------------------------------------------------------------------ findings

    def findings(self) -> list[Finding]:
        found: list[Finding] = []

        def share(metric: str) -> Any:
            m = self.found.get(metric)
            return m if isinstance(m, Measured) and m.value > 0 else None

        exact, near, by_chance = (
            share("exact_overlap_rate"),
            share("near_overlap_rate"),
            share("training_duplicate_rate"),
        )
        chance = by_chance.value if by_chance else 0.0
        if exact:
            grave: Severity = "low" if exact.value <= chance else "high" if exact.value >= GRAVE else "medium"
            found.append(
                Finding(
                    severity=grave,
                    key="exact_overlap",
                    explanation=f"{exact.numerator:.0f} of {self.rows} test rows stand in the training data as they are; "
                    f"{chance:.1%} of training rows equal another one, which is what chance alone may bring. "
                    "Numbers on rows that were seen in training flatter the model.",
                    count=int(exact.numerator),
                )
            )
        if near and (not exact or near.numerator > exact.numerator):
            more = int(near.numerator - (exact.numerator if exact else 0))
            found.append(
                Finding(
                    severity="medium" if more / self.rows >= GRAVE and near.value > chance else "low",
                    key="near_overlap",
                    explanation=f"{more} further test rows differ from a training row only in rounding, case or punctuation.",
                    count=more,
                )
            )
        for metric, key, severity, text in (
            (
                "conflicting_overlap_rate",
                "conflicting_overlap",
                "low",
                "test rows stand in the training data with another label only",
            ),
            (
                "entity_overlap_rate",
                "entity_overlap",
                "high",
                "persons or things of the test data are in the training data too",
            ),
            ("time_overlap_rate", "time_overlap", "medium", "test rows are not later than the latest training row"),
        ):
            m = share(metric)
            if m:
                found.append(
                    Finding(
                        severity=severity,
                        key=key,
                        explanation=f"{m.numerator:.0f} of {m.denominator:.0f} {text}.",
                        where=label(self.entity if key == "entity_overlap" else self.asked.time or "") or None
                        if key in ("entity_overlap", "time_overlap")
                        else None,
                        count=int(m.numerator),
                    )
                )
        for column, value, right in self.leaks:
            found.append(
                Finding(
                    severity="high",
                    key="target_leakage",
                    explanation=f"This column alone tells the label of {right:.1%} of training rows (lambda {value:.3f}). "
                    "A column that is filled in after the outcome is known cannot be there when the model is used.",
                    where=label(column),
                )
            )
        return found
