"""From rows of candidates to numbers for each query, their means with intervals over queries, and the exposure of groups."""

from __future__ import annotations

from typing import Any

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.ranking.candidates import columns_of, read_candidates, tied
from cardwright.evaluators.ranking.exposure import OfAttribute, of_groups
from cardwright.evaluators.ranking.options import RankingOptions
from cardwright.evaluators.ranking.per_query import (
    ABOVE_CHANCE,
    OfQueries,
    changes_of,
    mean_of,
    numbers_of,
    pair_queries,
)
from cardwright.evaluators.ranking.report import LIMITS, QUESTION, findings, method, table
from cardwright.evaluators.rows.group_names import confusable_groups
from cardwright.evaluators.rows.ranked import ranked
from cardwright.evaluators.rows.rates import NEITHER, About, Estimate, Metric, measure
from cardwright.record.evaluation import Coverage, Evaluation, NotTested, Scanned, count_severities
from cardwright.record.measurement import Measured, Sampling, Unmeasured

BARREN = Metric("share_of_queries_without_relevant", "Queries without a relevant candidate", "proportion", NEITHER)


def assess(options: RankingOptions, inputs: Inputs) -> Evaluation:
    """See `Ranking.evaluate`."""
    source: Any = inputs.sources["source"]
    where = f"{inputs.id} (ranking)"
    _check(options, where)
    columns = columns_of(options, source, where)
    rows = read_candidates(columns, source, where)
    shown = ranked(rows.query, rows.score, rows.relevance)
    relevant = (shown.relevance >= options.relevant_from).astype(float)
    unit = columns.query
    about = About(unit, None, source.design, None)
    per_query = numbers_of(rows, options)
    found: list[Measured | Unmeasured] = [
        measure(of.metric, _mean(of, options), about).model_copy(update={"at": of.at}) for of in per_query
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
    pairs = None
    if "baseline" in inputs.sources:
        baseline: Any = inputs.sources["baseline"]
        there = read_candidates(columns_of(options, baseline, where), baseline, where, groups=False)
        pairs = pair_queries(rows, there, options, baseline.ref.path or baseline.ref.name)
        found += changes_of(pairs, options, about, baseline.ref.name)
    alike = confusable_groups({attribute.name: attribute.groups for attribute, _ in rows.groups})
    noted = (*alike, *findings(shown.queries, barren, tied(rows), len(rows.query), found, options))
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=inputs.binding,
        question=QUESTION,
        method=method(options, columns, pairs is not None),
        limits=LIMITS,
        measurements=tuple(found),
        findings=noted,
        severities=count_severities(noted),
        tables=table(found),
        coverage=Coverage(
            scanned=(
                Scanned(what="rows", scanned=len(rows.query), total=len(rows.query)),
                *((pairs.scanned(),) if pairs is not None else ()),
            ),
            not_tested=(
                *(pairs.not_tested() if pairs is not None else ()),
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


def _mean(of: OfQueries, options: RankingOptions) -> Estimate:
    # Worse than chance is below 0, and no lower than a perfect order upside down, which has no round number.
    return mean_of(of.values, options, lowest=float("-inf") if of.metric is ABOVE_CHANCE else 0.0)


__all__ = ["assess"]
