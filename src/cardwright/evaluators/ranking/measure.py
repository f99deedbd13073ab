"""From rows of candidates to numbers for each query, their means with intervals over queries, and the exposure of groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.ranking import metrics
from cardwright.evaluators.ranking.exposure import OfAttribute, of_groups
from cardwright.evaluators.ranking.metrics import ranked
from cardwright.evaluators.ranking.options import RankingOptions
from cardwright.evaluators.ranking.report import LIMITS, QUESTION, findings, method, table
from cardwright.evaluators.rows.encoding import encode, numbers
from cardwright.evaluators.rows.exact_sums import FloatArray, IntArray
from cardwright.evaluators.rows.group_names import confusable_groups
from cardwright.evaluators.rows.rates import HIGHER, NEITHER, About, Estimate, Metric, measure
from cardwright.privacy.showing import hint, quoted
from cardwright.record.evaluation import Coverage, Evaluation, NotTested, Scanned, count_severities
from cardwright.record.measurement import Measured, Sampling, Unmeasured
from cardwright.sources.interface import Attribute, Predictions, Table
from cardwright.statistics.intervals import mean_interval

NDCG = Metric("ndcg", "NDCG", "proportion", HIGHER)
MAP = Metric("mean_average_precision", "Mean average precision", "proportion", HIGHER)
MRR = Metric("mean_reciprocal_rank", "Mean reciprocal rank", "proportion", HIGHER)
RECALL = Metric("recall", "Recall", "proportion", HIGHER)
PRECISION = Metric("precision", "Precision", "proportion", HIGHER)
MAX_GRADE = 30.0
"""The largest relevance: its gain is a billion times that of 1."""

BARREN = Metric("share_of_queries_without_relevant", "Queries without a relevant candidate", "proportion", NEITHER)


@dataclass(frozen=True)
class Candidates:
    """The rows as they were read."""

    query: IntArray
    score: FloatArray
    relevance: FloatArray
    groups: tuple[tuple[Attribute, IntArray], ...]


def assess(options: RankingOptions, inputs: Inputs) -> Evaluation:
    """See `Ranking.evaluate`."""
    source: Any = inputs.sources["source"]
    where = f"{inputs.id} (ranking)"
    _check(options, where)
    rows = _read(options, source, where)
    shown, best = ranked(rows.query, rows.score, rows.relevance), ranked(rows.query, rows.relevance, rows.relevance)
    relevant = (shown.relevance >= options.relevant_from).astype(float)
    k = options.k
    at = {"k": float(k)}
    per_query: list[tuple[Metric, FloatArray, dict[str, float] | None]] = [
        (NDCG, metrics.ndcg(shown, best, k), at),
        (MAP, metrics.average_precision(shown, relevant), None),
        (MRR, metrics.reciprocal_rank(shown, relevant), None),
        (RECALL, metrics.recall_at(shown, relevant, k), at),
        (PRECISION, metrics.precision_at(shown, relevant, k), at),
    ]
    unit = str(options.query)
    about = About(unit, None, source.design, None)
    found: list[Measured | Unmeasured] = [
        measure(metric, _mean(values, options), about).model_copy(update={"at": here})
        for metric, values, here in per_query
    ]
    barren = int((shown.sums(relevant) == 0).sum())
    share = Estimate(
        barren / shown.queries if shown.queries else None, shown.queries, "queries", float(barren), float(shown.queries)
    )
    found.append(measure(BARREN, share, about))
    sampling = Sampling(
        unit=unit, units=shown.queries, observations=len(rows.query), cluster=unit, design=source.design
    )
    for attribute, codes in rows.groups:
        one = OfAttribute.of(attribute, codes, shown)
        found += of_groups(
            one,
            sampling,
            least=options.min_queries,
            level=options.level,
            seed=[inputs.seed, *inputs.id.encode()],
        )
    alike = confusable_groups({attribute.name: attribute.groups for attribute, _ in rows.groups})
    noted = (*alike, *findings(shown.queries, barren, _tied(rows), len(rows.query), options))
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=inputs.binding,
        question=QUESTION,
        method=method(options),
        limits=LIMITS,
        measurements=tuple(found),
        findings=noted,
        severities=count_severities(noted),
        tables=table(found),
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=len(rows.query), total=len(rows.query)),),
            not_tested=(
                NotTested(what="candidates that were never retrieved", why="only rows of the source are known"),
                NotTested(what="how people look at a ranking", why="exposure is a formula of the position"),
            ),
        ),
        completeness="complete",
    )


def _check(options: RankingOptions, where: str) -> None:
    for name in ("k", "min_queries"):
        value = getattr(options, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UsageError(f"`{name}` must be a whole number of at least 1", where=where, do=f"Write `{name}: 10`.")
    if not isinstance(options.level, (int, float)) or isinstance(options.level, bool) or not 0 < options.level < 1:
        raise UsageError("`level` must lie between 0 and 1", where=where, do="Write `level: 0.95`, for example.")
    if not isinstance(options.query, str):
        raise UsageError("`query` names no column", where=where, do="Write `query: query_id`, for example.")
    if (options.score is None) == (options.rank is None) or "" in (options.score, options.rank):
        raise UsageError(
            "say `score` or `rank`, one of them", where=where, do="Name the column that orders candidates."
        )


def _read(options: RankingOptions, source: Table | Predictions, where: str) -> Candidates:
    relevance = options.relevance or source.label
    if relevance is None:
        raise UsageError("`relevance` names no column, and the source has no label", where=where, do="Name it.")
    if source.weight is not None:
        raise UsageError(
            "rows of a ranking have no weights: a query is one case", where=where, do="Name a source without `weight:`."
        )
    by = options.score or options.rank
    assert options.query is not None and by is not None
    attributes = [attribute.name for attribute in source.sensitive]
    wanted = list(dict.fromkeys([options.query, relevance, by, *attributes]))
    names = list(source.rows.schema.names)
    for name in wanted:
        if name not in names:
            raise UsageError(f"no column is called {quoted(name)}", where=where, do=hint(name, names, columns=True))
    import pyarrow as pa

    table_ = pa.Table.from_batches(list(source.rows.batches(wanted)), schema=None).combine_chunks()
    missing = table_.column(options.query).null_count
    if missing:
        raise SourceError(f"{missing} rows name no query", where=where, do="Fill them in, or leave those rows out.")
    query = table_.column(options.query).combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    grade = _numbers(table_, relevance, "the relevance", where)
    if len(grade) and float(grade.min()) < 0:
        raise SourceError("a relevance is below 0", where=where, do="Grade candidates from 0, not relevant, upwards.")
    if len(grade) and float(grade.max()) > MAX_GRADE:
        raise SourceError(
            f"a relevance is above {MAX_GRADE:g}, and the gain doubles with each grade",
            where=where,
            do="Name a column of grades, such as 0 to 4, and not of counts or prices.",
        )
    order = _numbers(table_, by, "the score" if options.score else "the rank", where)
    return Candidates(
        query.astype(np.int64),
        order if options.score else -order,
        grade,
        tuple((attribute, _codes(table_, attribute, where)) for attribute in source.sensitive),
    )


def _numbers(table_: Any, column: str, what: str, where: str) -> FloatArray:
    values = numbers(table_.column(column).combine_chunks(), where=where, what=what)
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        raise SourceError(
            f"{wrong} rows have no finite number as {what}", where=where, do="Fill them in, or leave them out."
        )
    return values


def _codes(table_: Any, attribute: Attribute, where: str) -> IntArray:
    places = {name: place for place, name in enumerate(attribute.groups)}
    absent = {*attribute.unknown} - {*attribute.groups}
    encoded = encode(
        table_.column(attribute.name).combine_chunks(),
        limit=max(1000, len(attribute.groups)),
        beside=len(attribute.unknown) + 1,
        blank=False,
        where=where,
        what=f'column "{attribute.name}", a sensitive attribute,',
    )
    return encoded.map(lambda name: -1 if name is None or name in absent else places.get(name, -1))


def _mean(values: FloatArray, options: RankingOptions) -> Estimate:
    """The mean over the queries that have a number, with Student's interval; too few have none."""
    kept = values[np.isfinite(values)]
    count = len(kept)
    if count < options.min_queries:
        reason = f"{count} queries have this number, fewer than {options.min_queries}."
        return Estimate(None, count, "queries", denominator=float(count), reason=reason)
    found = mean_interval(count, float(kept.sum()), float((kept**2).sum()), options.level)
    bounds = None
    if found is not None:
        cut = found.bounds
        bounds = type(cut)(max(0.0, cut.lower), min(1.0, cut.upper), cut.level, cut.method)
    return Estimate(
        float(kept.mean()),
        count,
        "queries",
        denominator=float(count),
        bounds=bounds,
        standard_error=None if found is None else found.standard_error,
    )


def _tied(rows: Candidates) -> int:
    """Candidates that share their score with another of their query."""
    order = np.lexsort((rows.score, rows.query))
    query, score = rows.query[order], rows.score[order]
    same = (query[1:] == query[:-1]) & (score[1:] == score[:-1])
    return int((np.concatenate(([False], same)) | np.concatenate((same, [False]))).sum())


__all__ = ["assess"]
