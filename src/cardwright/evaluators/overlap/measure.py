"""From two tables to shares in common, and to how well each column tells the label."""

from __future__ import annotations

from collections.abc import Sequence

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.overlap.association import LabelAssociation
from cardwright.evaluators.overlap.options import OverlapOptions
from cardwright.evaluators.overlap.pair import (
    TablePair,
    both_numbers,
    exact_key,
    loaded_pair,
    matching_rows,
    near_key,
    repeated_rows,
    text_key,
)
from cardwright.evaluators.overlap.report import findings
from cardwright.evaluators.rows.database import column as quoted
from cardwright.evaluators.rows.database import database, one
from cardwright.privacy.showing import hint
from cardwright.privacy.showing import quoted as shown_name
from cardwright.record.base import label
from cardwright.record.evaluation import Coverage, Evaluation, NotTested, Scanned, count_severities
from cardwright.record.measurement import Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.sources.interface import Predictions, Table

LEAST = 100
"""Labelled training rows below which lambda is not computed."""


def measurements(pair: TablePair, associations: Sequence[LabelAssociation]) -> list[Measurement]:
    """Shares of rows, entities and times in common, and how well each column tells the label."""
    exact = {c: exact_key(pair, c) for c in pair.chosen}
    near = {c: near_key(pair, c) for c in pair.chosen}
    same = matching_rows(pair, list(exact.values()))
    found = [
        _share(pair, "exact_overlap_rate", same, pair.rows, "test rows"),
        _share(pair, "near_overlap_rate", matching_rows(pair, list(near.values())), pair.rows, "test rows"),
        _share(pair, "test_duplicate_rate", repeated_rows(pair, "test", list(exact.values())), pair.rows, "test rows"),
        _share(
            pair,
            "training_duplicate_rate",
            repeated_rows(pair, "training", list(exact.values())),
            pair.trained,
            "training rows",
        ),
    ]
    if pair.label is not None:
        told = matching_rows(pair, [*exact.values(), text_key(pair, pair.label)])
        found += [
            _share(pair, "exact_overlap_with_label_rate", told, pair.rows, "test rows"),
            _share(
                pair,
                "conflicting_overlap_rate",
                None if same is None or told is None else same - told,
                pair.rows,
                "test rows",
            ),
        ]
    if pair.entity is not None:
        found.append(_entities(pair, pair.entity))
    if pair.options.time is not None:
        found.append(_times(pair, pair.options.time))
    found += [association.measurement for association in associations]
    return found


def _share(pair: TablePair, metric: str, count: int | None, of: int, what: str) -> Measurement:
    if count is None or not of:
        return Unmeasured(
            metric=metric,
            code="undefined",
            reason=f"There are {of} {what} and {pair.trained} training rows.",
            denominator=of,
        )
    from cardwright.statistics.intervals import wilson

    bounds = wilson(count, of, pair.options.level)
    assert bounds is not None
    return Measured(
        metric=metric,
        value=count / of,
        unit="proportion",
        direction="lower_is_better",
        interval=Interval(level=pair.options.level, lower=bounds.lower, upper=bounds.upper, method="wilson"),
        numerator=count,
        denominator=of,
        sampling=Sampling(unit=pair.test.unit, units=of, observations=of, design=pair.test.design),
    )


def _entities(pair: TablePair, column: str) -> Measurement:
    key = text_key(pair, column)
    of = int(one(pair.store, f"select count(distinct {key}) from test"))
    shared = int(
        one(
            pair.store,
            f"select count(*) from (select distinct {key} as k from test where k is not null) a "
            f"semi join (select distinct {key} as k from training) b on a.k = b.k",
        )
    )
    return _share(pair, "entity_overlap_rate", shared if of else None, of, "entities in the test data")


def _times(pair: TablePair, column: str) -> Measurement:
    name = quoted(column)
    as_time = (
        f"cast({name} as double)" if both_numbers(pair, column) else f"try_cast(cast({name} as varchar) as timestamp)"
    )
    for table in ("test", "training"):
        bad = int(one(pair.store, f"select count(*) from {table} where {name} is not null and {as_time} is null"))
        if bad:
            raise UsageError(
                f"overlap: {bad} values of {quoted(column)} in the {table} data are not times",
                do="Name a column of dates or moments, for example 2026-11-23.",
            )
    latest = f"(select max({as_time}) from training)"
    of = int(one(pair.store, f"select count({name}) from test"))
    early = (
        int(one(pair.store, f"select count(*) from test where {as_time} <= {latest}")) if of and pair.trained else None
    )
    return _share(pair, "time_overlap_rate", early, of, "test rows with a time")


def label_associations(pair: TablePair) -> list[LabelAssociation]:
    """Lambda of every column for the label, in the training rows."""
    if pair.label is None:
        return []
    answer = text_key(pair, pair.label)
    total = int(one(pair.store, f"select count(*) from training where {answer} is not null"))
    kinds = int(one(pair.store, f"select count(distinct {answer}) from training"))
    if not total or kinds < 2 or kinds > 50:
        why = f"The label has {kinds} values over {total} training rows; 2 to 50 are compared."
        unmeasured = Unmeasured(metric="goodman_kruskal_lambda", code="not_applicable", reason=why, denominator=total)
        return [LabelAssociation("", unmeasured)]
    if total < LEAST:
        why = f"{total} training rows have a label; {LEAST} are needed, since in a few rows any column tells the label."
        thin = Unmeasured(metric="goodman_kruskal_lambda", code="too_few_samples", reason=why, denominator=total)
        return [LabelAssociation("", thin)]
    bins = min(50, total // 20)
    guess = int(
        one(
            pair.store,
            f"select max(n) from (select count(*) as n from training where {answer} is not null group by {answer})",
        )
    )
    found: list[LabelAssociation] = []
    for column in pair.chosen:
        if column == pair.label:
            continue
        key = exact_key(pair, column)
        different = int(one(pair.store, f"select count(distinct {key}) from training"))
        if both_numbers(pair, column) and different > bins:
            key = f"cast(floor({bins} * percent_rank() over (order by {key})) as integer)"
        elif different > total // 20:
            many = Unmeasured(
                metric="goodman_kruskal_lambda",
                slice={"column": label(column)},
                code="not_applicable",
                reason=f"{different} values over {total} rows: a value of few rows tells their label by chance.",
                denominator=total,
            )
            found.append(LabelAssociation(column, many))
            continue
        right = int(
            one(
                pair.store,
                "select sum(m) from (select max(n) as m from (select k, l, count(*) as n from "
                f"(select {key} as k, {answer} as l from training where {answer} is not null) group by k, l) group by k)",
            )
        )
        measured = Measured(
            metric="goodman_kruskal_lambda",
            slice={"column": label(column)},
            value=(right - guess) / (total - guess),
            unit="proportion",
            direction="neither",
            numerator=right - guess,
            denominator=total - guess,
            sampling=Sampling(unit=pair.training.unit, units=total, observations=total),
        )
        found.append(LabelAssociation(column, measured, right / total))
    return found


def assess(options: OverlapOptions, inputs: Inputs) -> Evaluation:
    """See `Evaluator.evaluate`.

    Raises
    ------
    UsageError
        Where a column is not in both tables, or the two have none in common.
    """
    test: Predictions | Table = inputs.sources["source"]  # type: ignore[assignment]
    training: Predictions | Table = inputs.sources["training"]  # type: ignore[assignment]
    if not (isinstance(options.digits, int) and 1 <= options.digits <= 12):
        raise UsageError("overlap: `digits` is a number of significant figures", do="Say 1 to 12, for example 3.")
    if not 0 < options.level < 1:
        raise UsageError("overlap: `level` lies between 0 and 1", do="Say for example 0.95.")
    columns = _columns(options, test, training)
    entity = options.entity or next(
        (p for p in (test.person,) if p is not None and p in training.rows.schema.names), None
    )
    with database() as store:
        pair = loaded_pair(options, store, test, training, columns, entity)
        associations = label_associations(pair)
        measured = measurements(pair, associations)
    noted = findings(pair, measured, associations)
    chosen = pair.chosen
    extra = [f"entities by {label(entity)}"] if entity else []
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        question="Has the model seen in training what it is tested on?",
        method=(
            f"Rows are the same where they agree in {len(chosen)} columns ({', '.join(label(c) for c in chosen)}), missing "
            "agreeing with missing; they are counted by exact joins (DuckDB) over all rows, without the label and with "
            f"it. Near duplicates agree after numbers are rounded to {options.digits} significant figures and texts are folded "
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
        measurements=tuple(measured),
        findings=tuple(noted),
        severities=count_severities(noted),
        coverage=Coverage(
            scanned=(
                Scanned(what="test rows", scanned=pair.rows, total=pair.rows),
                Scanned(what="training rows", scanned=pair.trained, total=pair.trained),
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
                            what=", ".join(label(c) for c in pair.numbering),
                            why="its values number the rows: each has its own",
                        ),
                    )
                    if pair.numbering
                    else ()
                ),
                *(() if entity else (NotTested(what="shared persons or things", why="no column names them"),)),
                *(() if options.time else (NotTested(what="overlap in time", why="no column of times was named"),)),
                NotTested(what="paraphrases and images that look alike", why="rows are compared by their values"),
                NotTested(what="whether preprocessing saw the test data", why="that is in the code, not in the rows"),
            ),
        ),
        completeness="complete",
    )


def _columns(options: OverlapOptions, test: Predictions | Table, training: Predictions | Table) -> list[str]:
    here, there = list(test.rows.schema.names), set(training.rows.schema.names)
    for name in (*(options.columns or ()), *filter(None, (options.entity, options.time))):
        for names in (here, there):
            if name not in names:
                raise UsageError(
                    f"overlap: no column is called {shown_name(name)} in both tables",
                    do=hint(name, sorted(names), columns=True),
                )
    if options.columns is not None:
        chosen = list(dict.fromkeys(options.columns))
    else:
        features = test.features if isinstance(test, Predictions) else ()
        outputs = {options.entity, options.time, test.label, test.weight, test.person}
        if isinstance(test, Predictions):
            outputs |= {test.prediction, test.score}
        chosen = [c for c in features or here if c in there and c not in outputs]
    if not chosen:
        raise UsageError(
            "overlap: the two tables have no column in common to compare",
            do="Name the columns that make two rows the same: `columns: [age, income]`.",
        )
    return chosen
