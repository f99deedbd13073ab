"""What documents print of the indicators: tables of numbers, of what there is none for, of where they came from; and findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from cardwright.evaluators.kpis.estimates import PlanEstimate
from cardwright.evaluators.kpis.figures import IndicatorFigure, first_approval
from cardwright.evaluators.kpis.indicators import BY_METRIC, INDICATORS
from cardwright.evaluators.kpis.options import KpisOptions
from cardwright.evaluators.kpis.portfolio import Gathered, Portfolio, workstream_of
from cardwright.evaluators.kpis.reuse import Benchmark
from cardwright.record.base import label
from cardwright.record.evaluation import Finding, TableColumn
from cardwright.record.evaluation import Table as TableValue
from cardwright.record.measurement import Measured

ALL = "all"
"""What the workstream is called that is all of them."""
MAX_SOURCES = 2000
"""So many lines of sources are listed; the others are counted."""
_UNITS = {
    "per_week": "per week", "business_days": "business days", "per_dossier": "per dossier", "proportion": "share",
    "ratio": "ratio", "value": "", "count": "count", "difference": "difference", "hours": "hours",
}  # fmt: skip
_ALSO = {
    "claims_with_baseline": "Claims with a baseline",
    "waivers_in_force": "Waivers in force",
    "data_quality_issue_rate_change": "Change of the data quality issue rate",
}
Cell = float | str | None


def tables(
    gathered: Gathered,
    figures: Sequence[tuple[Portfolio, Sequence[IndicatorFigure]]],
    planned: Sequence[PlanEstimate],
    used: Sequence[Benchmark],
    options: KpisOptions,
) -> tuple[TableValue, ...]:
    """All of them; one without a row is left out."""
    made = (
        _indicators(figures), _without(figures), _decisions(gathered.whole, options), _runs(gathered), _estimates(planned),
        _benchmarks(used, options), _how(), _sources(figures), _left_out(gathered),
    )  # fmt: skip
    return tuple(table for table in made if table.rows)


def title_of(metric: str) -> str:
    """What a metric is called."""
    return BY_METRIC[metric].title if metric in BY_METRIC else _ALSO.get(metric, metric.replace("_", " "))


def _part(figure: IndicatorFigure) -> str:
    """Which part of an indicator a figure is about, beyond the workstream."""
    parts = [f"{name} {value}" for name, value in figure.measurement.slice.items() if name != "workstream"]
    return label(f"{title_of(figure.measurement.metric)}{': ' + ', '.join(parts) if parts else ''}")


def _table(
    id_: str, title: str, columns: Sequence[tuple[str, str, str | None]], rows: Sequence[Sequence[Cell]]
) -> TableValue:
    return TableValue(
        id=id_,
        title=title,
        columns=tuple(TableColumn(name=name, title=heading, unit=unit) for name, heading, unit in columns),
        rows=tuple(tuple(row) for row in rows),
    )


def _indicators(figures: Sequence[tuple[Portfolio, Sequence[IndicatorFigure]]]) -> TableValue:
    rows: list[tuple[Cell, ...]] = []
    for portfolio, found in figures:
        for figure in found:
            m = figure.measurement
            if isinstance(m, Measured):
                bounds = m.interval
                rows.append(
                    (
                        _part(figure), portfolio.workstream or ALL, m.value, _UNITS.get(m.unit, m.unit), m.numerator,
                        m.denominator, bounds.lower if bounds else None, bounds.upper if bounds else None,
                    )
                )  # fmt: skip
    rows = [row for metric in _order() for row in rows if _is(row[0], metric)]
    # Weeks of a period may be no whole number; everything else below the line is counted.
    below = "count" if all(row[5] is None or float(row[5]).is_integer() for row in rows) else "value"
    return _table(
        "indicators",
        "Indicators, computed",
        (
            ("indicator", "Indicator", None), ("workstream", "Workstream", None), ("value", "Value", "value"),
            ("unit", "Unit", None), ("numerator", "Above the line", "count"), ("denominator", "Below the line", below),
            ("lower", "Lower", "value"), ("upper", "Upper", "value"),
        ),
        rows,
    )  # fmt: skip


def _order() -> list[str]:
    return [*(one.title for one in INDICATORS), *_ALSO.values()]


def _is(said: Cell, title: str) -> bool:
    return isinstance(said, str) and (said == title or said.startswith(f"{title}: "))


def _without(figures: Sequence[tuple[Portfolio, Sequence[IndicatorFigure]]]) -> TableValue:
    rows = [
        (_part(figure), portfolio.workstream or ALL, label(figure.measurement.reason))
        for portfolio, found in figures
        for figure in found
        if not isinstance(figure.measurement, Measured)
    ]
    return _table(
        "no_number",
        "Indicators without a number, and why",
        (("indicator", "Indicator", None), ("workstream", "Workstream", None), ("why", "Why", None)),
        [row for title in _order() for row in rows if _is(row[0], title)],
    )


def _decisions(whole: Portfolio, options: KpisOptions) -> TableValue:
    rows = []
    for one in whole.dossiers:
        decision = one.verdict.decision if one.verdict is not None else "not decided"
        outcomes = one.verdict.outcomes if one.verdict is not None else ()
        blocking = one.verdict.blocking if one.verdict is not None else ()
        rows.append(
            (
                one.record.kind, label(one.id), workstream_of(one, options),
                decision if one.released_at is None else "released", one.released_at or one.decided_at, first_approval(one),
                float(sum(outcome.waived is not None for outcome in outcomes)),
                label(", ".join(outcome.requirement for outcome in blocking)) or None,
            )
        )  # fmt: skip
    return _table(
        "decisions",
        "Dossiers that are counted, and how each was decided",
        (
            ("kind", "Kind", None), ("dossier", "Dossier", None), ("workstream", "Workstream", None), ("state", "State", None),
            ("at", "Since", None), ("approved", "First approved", None), ("waived", "Waived", "count"),
            ("blocking", "In the way", None),
        ),
        rows,
    )  # fmt: skip


def _runs(gathered: Gathered) -> TableValue:
    rows: list[tuple[Cell, ...]] = []
    for portfolio in gathered.workstreams or (gathered.whole,):
        by_purpose: dict[str, list[str]] = {}
        hours: Counter[str] = Counter()
        for run in portfolio.runs:
            purpose = run.purpose or "not stated"
            by_purpose.setdefault(purpose, []).append("with a number" if run.result else run.status)
            hours[purpose] += run.cost.get("seconds", 0.0) / 3600  # type: ignore[assignment]
        for purpose, ends in sorted(by_purpose.items()):
            counts = Counter(ends)
            other = {end: n for end, n in sorted(counts.items()) if end != "with a number"}
            rows.append(
                (
                    portfolio.workstream or ALL, purpose, float(len(ends)), float(counts["with a number"]),
                    label(", ".join(f"{end} {n}" for end, n in other.items())) or None, float(hours[purpose]),
                )
            )  # fmt: skip
    return _table(
        "runs_tried",
        "Runs that were tried",
        (
            ("workstream", "Workstream", None), ("purpose", "Purpose", None), ("runs", "Runs", "count"),
            ("results", "Ended with a number", "count"), ("others", "Others", None), ("hours", "Hours", "hours"),
        ),
        rows,
    )  # fmt: skip


def _estimates(planned: Sequence[PlanEstimate]) -> TableValue:
    rows = [
        (
            label(one.plan), label(one.what) or None, label(one.said), one.estimated, one.actual, one.ratio,
            (one.unit or "").replace("_", " ") or None, label(one.why) if one.why else None,
        )
        for one in planned
    ]  # fmt: skip
    return _table(
        "estimates",
        "What plans estimated, beside what the runs after them took",
        (
            ("plan", "Plan", None), ("what", "What", None), ("said", "Estimate", None), ("estimated", "Estimated", "value"),
            ("actual", "Actual", "value"), ("ratio", "Actual over estimated", "ratio"), ("unit", "Unit", None),
            ("why", "Not compared because", None),
        ),
        rows,
    )  # fmt: skip


def _benchmarks(used: Sequence[Benchmark], options: KpisOptions) -> TableValue:
    rows = []
    for one in used:
        age = one.age(options.until)
        flags = ["used often"] * (one.uses > options.max_uses)
        flags += ["old"] * (age is not None and age > options.max_age_days)
        rows.append(
            (one.called, float(one.uses), float(len(one.dossiers)), float(one.runs), min(one.moments, default=None),
             None if age is None else float(age), ", ".join(flags) or None)
        )  # fmt: skip
    return _table(
        "benchmarks",
        "Data that models were judged on: how often, since when",
        (
            ("data", "Data", None), ("uses", "Uses", "count"), ("dossiers", "By dossiers", "count"), ("runs", "By runs", "count"),
            ("first", "First used", None), ("age", "Age in days", "days"), ("flag", "To look at", None),
        ),
        rows,
    )  # fmt: skip


def _how() -> TableValue:
    return _table(
        "how_counted",
        "How each indicator is counted, and how it misleads",
        (("indicator", "Indicator", None), ("counted", "Counted", None), ("caveat", "Caveat", None)),
        [(one.title, _short(one.counted), _short(one.caveat)) for one in INDICATORS],
    )


def _short(text: str) -> str:
    """A cell holds 200 characters; the whole sentence is in the reference."""
    return text if len(text) <= 200 else text[:197].rsplit(" ", 1)[0] + " …"


def _sources(figures: Sequence[tuple[Portfolio, Sequence[IndicatorFigure]]]) -> TableValue:
    """By indicator: the dossiers and runs that it was counted from, over all workstreams."""
    rows: dict[tuple[str, str, str], None] = {}
    for portfolio, found in figures:
        if portfolio.workstream is not None:
            continue
        for figure in found:
            shown = figure.ids[:20]
            more = len(figure.ids) - len(shown)
            for id_ in shown:
                rows[(_part(figure), label(id_), "")] = None
            if more:
                rows[(_part(figure), f"and {more} more", "")] = None
    listed = [row[:2] for row in rows]
    return _table(
        "sources",
        "What each indicator was counted from",
        (("indicator", "Indicator", None), ("from", "Dossier or run", None)),
        listed[:MAX_SOURCES],
    )


def _left_out(gathered: Gathered) -> TableValue:
    rows = [
        *gathered.left_out,
        *((f"{count} runs", why) for why, count in sorted(gathered.runs_left_out.items())),
        *gathered.unread[:50],
    ]
    return _table(
        "left_out",
        "What is not counted, and why",
        (("what", "What", None), ("why", "Why", None)),
        [(label(what), label(why)) for what, why in rows],
    )


def findings(gathered: Gathered, used: Sequence[Benchmark], options: KpisOptions, *, believed: bool) -> list[Finding]:
    """What a person should look at."""
    found: list[Finding] = []
    broken = [why for _, why in gathered.left_out if not why.startswith(("the same", "a later", "it was", "nothing"))]
    if broken:
        found.append(
            Finding(
                severity="high", key="not_verified", count=len(broken),
                explanation=f"{len(broken)} dossiers do not verify and are not counted."
                if len(broken) > 1
                else "One dossier does not verify and is not counted.",
            )
        )  # fmt: skip
    worn = [one for one in used if one.uses > options.max_uses]
    old = [one for one in used if (age := one.age(options.until)) is not None and age > options.max_age_days]
    for key, several, said in (
        ("benchmark_worn", worn, f"used more than {options.max_uses} times"),
        ("benchmark_old", old, f"in use for more than {options.max_age_days} days"),
    ):
        if several:
            names = ", ".join(one.called for one in several[:5])
            found.append(
                Finding(
                    severity="medium", key=key, count=len(several),
                    explanation=f"Data that models are judged on were {said}: {names}. What is chosen by them fits them more and "
                    "more.",
                )
            )  # fmt: skip
    if gathered.unread:
        found.append(
            Finding(
                severity="medium", key="unread", count=len(gathered.unread),
                explanation=f"{len(gathered.unread)} parts of the store of runs could not be read.",
            )
        )  # fmt: skip
    if not believed and any(one.claims for one in gathered.whole.dossiers):
        found.append(
            Finding(
                severity="info", key="signatures_unjudged",
                explanation="Signatures are counted as the dossiers hold them; whose they are, only a trust file says.",
            )
        )  # fmt: skip
    return found


def place_of(portfolio: Portfolio) -> Mapping[str, str | None]:
    """The slice of a portfolio's measurements."""
    return {} if portfolio.workstream is None else {"workstream": portfolio.workstream}
