"""What documents print of rankings: words, findings, and a table of the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from cardwright.evaluators.ranking.options import RankingOptions
from cardwright.record.evaluation import Finding, Table, TableColumn
from cardwright.record.measurement import Measured, Unmeasured

QUESTION = (
    "How good is the order of candidates for each query, and how is exposure shared between groups of candidates?"
)
LIMITS = (
    "Relevance is taken as it was judged. Where people judged what an earlier ranking had shown them, it inherits that ranking.",
    "Exposure falls with the logarithm of the position; how people look at this ranking was not measured.",
    "A mean over queries can hide that some kinds of queries are served badly.",
)
_MANY = 0.05
"""The share of rows or queries from which ties and barren queries are more than a note."""


def method(options: RankingOptions) -> str:
    """How it was answered."""
    how = f"falling `{options.score}`" if options.score else f"rising `{options.rank}`"
    return (
        f"Candidates of one `{options.query}` are ranked by {how}; among equal ones the less relevant comes first. NDCG at "
        f"{options.k} takes the gain 2 to the relevance minus 1 (Järvelin and Kekäläinen); average precision, reciprocal rank, "
        f"recall and precision count a relevance of at least {options.relevant_from:g} as relevant. Means are over queries, with "
        "Student's interval over queries, which are the independent cases. Exposure is 1 / log2(1 + rank) (Singh and Joachims); "
        "its means, and gaps between groups as such and for each unit of relevance, have percentile intervals from resampled "
        f"queries. A group enters a gap if {options.min_queries} queries show a candidate of it."
    )


def findings(queries: int, barren: int, tied: int, rows: int, options: RankingOptions) -> tuple[Finding, ...]:
    """What a person should look at: few queries, queries without a relevant candidate, ties."""
    found: list[Finding] = []
    if queries < options.min_queries:
        found.append(
            Finding(
                severity="medium",
                key="few_queries",
                explanation=f"There are {queries} queries, fewer than {options.min_queries}: no number is stated.",
                count=queries,
            )
        )
    if barren:
        found.append(
            Finding(
                severity="medium" if barren > _MANY * queries else "low",
                key="queries_without_relevant",
                explanation=f"{barren} of {queries} queries have no relevant candidate, and enter no mean but precision's. If "
                "nothing relevant was retrieved for them, the other numbers are too good.",
                count=barren,
            )
        )
    if tied:
        found.append(
            Finding(
                severity="medium" if tied > _MANY * rows else "low",
                key="tied_scores",
                explanation=f"{tied} of {rows} candidates share their rank with another of their query. The less relevant is "
                "put first; what is shown in use may be another order.",
                count=tied,
            )
        )
    return tuple(found)


def table(measurements: Sequence[Measured | Unmeasured]) -> tuple[Table, ...]:
    """The numbers over all queries, and the exposure of each group."""
    rows = []
    for m in measurements:
        if not isinstance(m, Measured):
            continue
        of = ", ".join(value or "unknown" for value in m.slice.values()) or " × ".join(m.across) or "all queries"
        named = m.metric.replace("_", " ") + (f" at {m.at['k']:g}" if m.at else "")
        lower, upper = (m.interval.lower, m.interval.upper) if m.interval else (None, None)
        rows.append((named, of[:200], m.value, lower, upper))
    if not rows:
        return ()
    columns = (
        TableColumn(name="metric", title="Metric"),
        TableColumn(name="of", title="Of"),
        TableColumn(name="value", title="Value"),
        TableColumn(name="lower", title="Lower bound"),
        TableColumn(name="upper", title="Upper bound"),
    )
    return (Table(id="ranking", title="Order of candidates, and exposure", columns=columns, rows=tuple(rows)),)
