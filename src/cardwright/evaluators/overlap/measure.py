"""From two tables to shares in common, and to how well each column tells the label."""

from __future__ import annotations

from collections.abc import Sequence

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.overlap.compared import compared_columns
from cardwright.evaluators.overlap.options import OverlapOptions
from cardwright.evaluators.overlap.pair import (
    LabelAssociation,
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
from cardwright.evaluators.overlap.similar import SimilarRows, similar_rows
from cardwright.evaluators.rows.database import column as quoted
from cardwright.evaluators.rows.database import database, one
from cardwright.record.base import label
from cardwright.record.evaluation import Coverage, Evaluation, NotTested, Scanned, count_severities
from cardwright.record.measurement import Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.sources.interface import Model, Predictions, Table

LEAST = 100
"""Labelled training rows below which lambda is not computed."""


def measurements(pair: TablePair, associations: Sequence[LabelAssociation], similar: SimilarRows) -> list[Measurement]:
    """Shares of rows, entities and times in common, of near duplicates, and how well each column tells the label."""
    exact = {c: exact_key(pair, c) for c in pair.chosen}
    near = {c: near_key(pair, c) for c in pair.chosen}
    same = matching_rows(pair, list(exact.values()))
    shares = [
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
        shares += [
            _share(pair, "exact_overlap_with_label_rate", told, pair.rows, "test rows"),
            _share(
                pair,
                "conflicting_overlap_rate",
                None if same is None or told is None else same - told,
                pair.rows,
                "test rows",
            ),
        ]
    shares += _similar(pair, similar)
    if pair.entity is not None:
        shares.append(_entities(pair, pair.entity))
    if pair.options.time is not None:
        shares.append(_times(pair, pair.options.time))
    shares += [association.measurement for association in associations]
    return shares


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


def _similar(pair: TablePair, similar: SimilarRows) -> list[Measurement]:
    """Near duplicates, what of the label they tell, and how often training rows are near duplicates of each other."""
    metrics = ["similar_overlap_rate", "similar_training_rate", *(["duplicate_label_rate"] if pair.label else [])]
    if similar.missing is not None:
        why = f"{similar.missing} {pair.rows} test rows were to be looked for."
        return [Unmeasured(metric=metric, code="error", reason=why, denominator=pair.rows) for metric in metrics]
    hits = [near for near in similar.nearest if near.similarity]
    looked = len(similar.nearest)
    shares = [
        _share(pair, "similar_overlap_rate", len(hits) if looked else None, looked, "test rows looked for"),
        _share(
            pair,
            "similar_training_rate",
            similar.controls_found if similar.controls else None,
            similar.controls,
            "training rows looked for",
        ),
    ]
    if pair.label is not None:
        named = [(near, told) for near, told in zip(similar.nearest, similar.labels, strict=True) if told is not None]
        reached = sum(near.label == told for near, told in named)
        shares.append(
            _share(
                pair, "duplicate_label_rate", reached if named else None, len(named), "labelled test rows looked for"
            )
        )
    return shares


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
    associations: list[LabelAssociation] = []
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
            associations.append(LabelAssociation(column, many))
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
        associations.append(LabelAssociation(column, measured, right / total))
    return associations


def assess(options: OverlapOptions, inputs: Inputs) -> Evaluation:
    """See `Evaluator.evaluate`.

    Raises
    ------
    UsageError
        If a column is not in both tables, or the two have none in common.
    """
    test: Predictions | Table = inputs.sources["source"]  # type: ignore[assignment]
    training: Predictions | Table = inputs.sources["training"]  # type: ignore[assignment]
    if not (isinstance(options.digits, int) and 1 <= options.digits <= 12):
        raise UsageError("overlap: `digits` is a number of significant figures", do="Say 1 to 12, for example 3.")
    if not 0 < options.level < 1:
        raise UsageError("overlap: `level` must lie between 0 and 1", do="Write, for example, 0.95.")
    if not (0.5 <= options.similar <= 1 and options.similar_rows >= 1 and options.shingle >= 1):
        raise UsageError(
            "overlap: `similar` must lie between 0.5 and 1, `similar_rows` and `shingle` must be at least 1",
            do="Write, for example, `similar: 0.8`.",
        )
    model = inputs.get("model", Model) if "model" in inputs.sources else None
    columns = compared_columns(options, test, training, model)
    entity = options.entity or next(
        (p for p in (test.person,) if p is not None and p in training.rows.schema.names), None
    )
    with database() as store:
        pair = loaded_pair(options, store, test, training, columns.names, entity)
        associations = label_associations(pair)
        similar = similar_rows(pair, inputs.seed)
        measured = measurements(pair, associations, similar)
    noted = findings(pair, measured, associations)
    chosen = pair.chosen
    extra = [f"entities by {label(entity)}"] if entity else []
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        question="Has the model seen its test data in training?",
        method=(
            f"Rows count as the same if they agree in {len(chosen)} columns ({', '.join(label(c) for c in chosen)}), missing "
            "agreeing with missing; they are counted by exact joins (DuckDB) over all rows, without the label and with "
            f"it. These columns are {columns.known}. Rows are near copies where they agree after numbers are rounded to "
            f"{options.digits} significant figures and texts are folded to lower-case letters and digits. "
            f"{_searched(pair, similar)} Entities are compared by their values, times with the latest of training. "
            "Whether one column alone gives the label away is Goodman and Kruskal's lambda (1954) in the training rows: the "
            "share of errors that knowing the column (numbers in at most 50 groups of equal size) saves over always "
            "guessing the most common label. Shares carry Wilson intervals."
        ),
        limits=(
            "Rows of few columns agree by chance; the share of training rows that equal another training row says how often.",
            "Near copies are found where they fold to the same, and near duplicates where most columns or most runs of words do; "
            "a paraphrase in other words is not, and of fewer than nine short columns none may differ at a similarity of 0.8.",
            "Nothing is said about data that the model was trained on and that is not in the training table.",
        ),
        measurements=tuple(measured),
        findings=tuple(noted),
        severities=count_severities(noted),
        coverage=Coverage(
            scanned=(
                Scanned(what="test rows", scanned=pair.rows, total=pair.rows),
                Scanned(what="training rows", scanned=pair.trained, total=pair.trained),
                Scanned(what="test rows looked for as near duplicates", scanned=len(similar.nearest), total=pair.rows),
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
                            why="its values number the rows, one each",
                        ),
                    )
                    if pair.numbering
                    else ()
                ),
                *(
                    (
                        NotTested(
                            what=", ".join(label(c) for c in columns.outputs),
                            why="named like a model's output, and it is not known what the model reads: name `features`, "
                            "`columns` or the model",
                        ),
                    )
                    if columns.outputs
                    else ()
                ),
                *(
                    (
                        NotTested(
                            what=", ".join(label(c) for c in columns.lacking),
                            why="the model reads it, and one of the tables does not have it",
                        ),
                    )
                    if columns.lacking
                    else ()
                ),
                *(() if entity else (NotTested(what="shared persons or things", why="no column names them"),)),
                *(() if options.time else (NotTested(what="overlap in time", why="no time column was named"),)),
                *(
                    (NotTested(what="near duplicates", why=str(similar.missing)),)
                    if similar.missing is not None
                    else ()
                ),
                NotTested(
                    what="paraphrases, and images that look alike",
                    why="rows are compared by their values, and no source holds images",
                ),
                NotTested(what="whether preprocessing saw the test data", why="that is in the code, not in the rows"),
            ),
        ),
        completeness="sampled" if len(similar.nearest) < pair.rows and similar.missing is None else "complete",
    )


def _searched(pair: TablePair, similar: SimilarRows) -> str:
    """How near duplicates were looked for, and what that can miss."""
    options = pair.options
    if similar.missing is not None:
        return "Near duplicates were not looked for."
    sentence = (
        f"A test row is a near duplicate where its set of tokens has a Jaccard similarity of at least {options.similar:g} with "
        "that of a training row; a number or a short text is one token with its column, a longer text the runs of "
        f"{options.shingle} words in it. "
    )
    if similar.banding is None:
        sentence += "Every pair was compared, so that none is missed."
    else:
        cut = similar.banding
        sentence += (
            f"Pairs were proposed by MinHash (datasketch, {cut.bands} bands of {cut.rows}) and then compared by their sets: what "
            f"is found is exact, and a pair of similarity {options.similar:g} is missed with a probability of "
            f"{cut.miss_probability(options.similar):.2%}, one of {(1 + options.similar) / 2:g} with "
            f"{cut.miss_probability((1 + options.similar) / 2):.2%}."
        )
    return (
        f"{sentence} Duplicates give the label away if most of a test row's nearest training rows have the same label; "
        "training rows that are near duplicates of other training rows say what chance brings."
    )
