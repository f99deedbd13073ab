"""What documents print of rankings: words, findings, and a table of the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cardwright.evaluators.ranking.candidates import OrderColumns
from cardwright.evaluators.ranking.options import RankingOptions
from cardwright.evaluators.rows.wording import agree, counted, part_of
from cardwright.record.base import label
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


def method(options: RankingOptions, columns: OrderColumns, baseline: bool) -> str:
    """How it was answered."""
    how = f"{'rising' if columns.by_rank else 'falling'} `{label(columns.order)}`"
    compared = (
        " Queries are matched with the baseline's by name; changes carry Student's paired interval over queries."
        * baseline
    )
    return (
        f"Candidates of one `{label(columns.query)}` are ranked by {how}; among equal ones the less relevant comes first. "
        f"NDCG at {options.k} takes the gain 2 to the relevance minus 1 (Järvelin and Kekäläinen); above chance it goes from 0, "
        "what a random order of the same candidates has on average, to 1; average precision, reciprocal rank, "
        f"recall and precision count a relevance of at least {options.relevant_from:g} as relevant. Means are over queries, with "
        "Student's interval over queries, which are the independent cases. Exposure is 1 / log2(1 + rank) (Singh and Joachims); "
        "its means, and gaps between groups as such and for each unit of relevance, have percentile intervals from resampled "
        f"queries. A group enters a gap if {options.min_queries} queries show a candidate of it.{compared}"
    )


def findings(
    queries: int, barren: int, tied: int, rows: int, measured: Sequence[Measured | Unmeasured], options: RankingOptions
) -> tuple[Finding, ...]:
    """What a person should look at: an order that is upside down, few queries, queries without a relevant candidate, ties."""
    found: list[Finding] = list(_upside_down(measured))
    if queries < options.min_queries:
        found.append(
            Finding(
                severity="medium",
                key="few_queries",
                explanation=f"There {agree(queries, 'is', 'are')} {counted(queries, 'query', 'queries')}, fewer than "
                f"{options.min_queries}: no number is stated.",
                count=queries,
            )
        )
    if barren:
        found.append(
            Finding(
                severity="medium" if barren > _MANY * queries else "low",
                key="queries_without_relevant",
                explanation=f"{part_of(barren, queries, 'query', 'queries')} {agree(barren, 'has', 'have')} no relevant "
                f"candidate, and {agree(barren, 'enters', 'enter')} no mean but that of precision. If that is because nothing "
                "relevant was retrieved, the other numbers are too good.",
                count=barren,
            )
        )
    if tied:
        found.append(
            Finding(
                severity="medium" if tied > _MANY * rows else "low",
                key="tied_scores",
                explanation=f"{part_of(tied, rows, 'candidate')} {agree(tied, 'shares its', 'share their')} rank with "
                "another of the same query. The less relevant is put first here; in use the order may be another.",
                count=tied,
            )
        )
    return tuple(found)


def _upside_down(measured: Sequence[Measured | Unmeasured]) -> Iterator[Finding]:
    """A critical finding if the order is worse than a random one beyond chance."""
    for m in measured:
        if not isinstance(m, Measured) or m.metric != "ndcg_above_chance" or m.interval is None:
            continue
        if m.interval.upper is not None and m.interval.upper < 0:
            yield Finding(
                severity="critical",
                key="order_reversed",
                explanation=f"The order is worse than a random one: NDCG above chance {m.value:.3f}, at most "
                f"{m.interval.upper:.3f}. The score probably falls where relevance rises, or a rank is named as a score.",
            )


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
