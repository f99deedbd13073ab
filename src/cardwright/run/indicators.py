"""The indicators of `cardwright kpis` as text, as CSV and as rows of a page: what its evaluation says, and nothing else."""

from __future__ import annotations

import csv
import io
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cardwright.errors import MissingExtraError, UsageError, did_you_mean
from cardwright.evaluators import registry
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.kpis.indicators import CAVEAT, INDICATORS
from cardwright.evaluators.kpis.report import ALL, title_of
from cardwright.privacy.showing import quoted
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured, Measurement
from cardwright.sources.interface import Dossiers

COLUMNS = (
    "indicator", "title", "workstream", "part", "value", "unit", "numerator", "denominator", "lower", "upper", "level", "method",
    "why", "caveat",
)  # fmt: skip
"""Columns of the CSV."""
SHOWN = 8
"""So many of the dossiers and runs that an indicator was counted from are printed; the evaluation's table has more."""
_NUMBER = re.compile(r"and ([0-9]+) more")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BESIDE = {
    "baseline_coverage": ("claims_with_baseline",),
    "responsible_ai_coverage": ("waivers_in_force",),
    "data_quality_issue_rate": ("data_quality_issue_rate_change",),
}
"""Numbers that are printed below an indicator."""


ALSO = ("documents", "memo_decisions", "releases_withdrawn", "dossiers_reproduced", "cost_per_decision")
"""Counts beside the indicators."""


def computed(source: Dossiers, parameters: Mapping[str, str | int]) -> Evaluation:
    """The indicators of dossiers alone, without any runs.

    Parameters
    ----------
    source
        The dossiers; see `counting.dossiers`.
    parameters
        Parameters of the evaluator `kpis`, by name; what is omitted has its default.

    Raises
    ------
    UsageError
        If they would be grouped by person, or the period is none.
    MissingExtraError
        If the library that intervals need is not installed.
    """
    try:
        import scipy  # noqa: F401  heavy, and only needed here
    except ImportError as exc:
        raise MissingExtraError(exc.name or "scipy", "tabular", "computing indicators") from exc
    evaluator, whole = registry.configured(registry.find("kpis"), parameters, where="kpis")
    return evaluator.evaluate(Inputs(id="kpis", sources={"source": source}, parameters=whole))


def workstreams(evaluation: Evaluation) -> tuple[str, ...]:
    """The workstreams that have numbers of their own, by name; empty if all dossiers are of one."""
    return tuple(sorted({name for m in evaluation.measurements if (name := m.slice.get("workstream"))}))


def of_workstream(evaluation: Evaluation, workstream: str) -> Evaluation:
    """An evaluation with the measurements of one workstream alone; what was counted stays as it is.

    Raises
    ------
    UsageError
        If no workstream is called so.
    """
    names = workstreams(evaluation)
    if workstream not in names:
        do = did_you_mean(workstream, [*names]) if names else "All dossiers are of one workstream: name none."
        raise UsageError(f"no workstream is called {quoted(workstream)} in this period", do=do)
    kept = tuple(m for m in evaluation.measurements if m.slice.get("workstream") == workstream)
    return evaluation.model_copy(update={"measurements": kept})


@dataclass(frozen=True)
class IndicatorRow:
    """One number, or why there is none, as words."""

    place: str
    """Of which workstream, and of which part of it."""
    value: str
    """The number with its unit; empty if there is none."""
    numerator: str
    denominator: str
    interval: str
    why: str
    """Why there is no number or, if there is one, no interval; empty if there are both."""


@dataclass(frozen=True)
class IndicatorRows:
    """An indicator with its numbers."""

    metric: str
    title: str
    counted: str
    caveat: str
    rows: tuple[IndicatorRow, ...]


NO_INTERVAL = "no interval: it is one number, or its cases are not independent"


def as_rows(evaluation: Evaluation) -> tuple[IndicatorRows, ...]:
    """The indicators in their order, each with the numbers that go with it."""
    return tuple(
        IndicatorRows(
            one.metric, one.title, one.counted, one.caveat, tuple(_row(m) for m in of(evaluation, one.metric))
        )
        for one in INDICATORS
    )


def not_counted(evaluation: Evaluation) -> tuple[tuple[str, str], ...]:
    """Which dossiers are not counted, and why."""
    return tuple((str(row["what"]), str(row["why"])) for row in _rows(evaluation, "left_out"))


def _row(m: Measurement) -> IndicatorRow:
    under = "" if m.denominator is None else _short(m.denominator)
    if not isinstance(m, Measured):
        return IndicatorRow(_place(m), "", "", under, "", m.reason)
    over = "" if m.numerator is None else _short(m.numerator)
    value = f"{_short(m.value)} {_UNIT.get(m.unit, m.unit)}".strip()
    if m.interval is None:
        return IndicatorRow(_place(m), value, over, under, "", NO_INTERVAL)
    bounds = f"{_short(m.interval.lower)} to {_short(m.interval.upper)} ({m.interval.level:.0%})"
    return IndicatorRow(_place(m), value, over, under, bounds, "")


def of(evaluation: Evaluation, metric: str) -> list[Measurement]:
    """The measurements of an indicator and of what goes with it, all workstreams first."""
    names = (metric, *_BESIDE.get(metric, ()))
    return [m for name in names for m in evaluation.measurements if m.metric == name]


def as_text(evaluation: Evaluation, *, width: int = 80) -> str:
    """The indicators in lines of at most `width` characters, each with what it was counted from and how it misleads."""
    lines = textwrap.wrap(evaluation.method, width)
    for one in INDICATORS:
        lines += ["", one.title]
        for said, places in _by_answer(of(evaluation, one.metric)).items():
            lines += _wrapped(f"{'; '.join(places)}: {said}", width)
        lines += _wrapped(f"caveat: {one.caveat}", width)
        lines += _from(evaluation, one.title, width)
    lines += _also(evaluation, width)
    lines += _listed(evaluation, "estimates", "Estimates and what came of them", width)
    lines += _worn(evaluation, width)
    lines += _listed(evaluation, "left_out", "Not counted", width)
    for finding in evaluation.findings:
        lines += ["", *textwrap.wrap(f"{finding.severity}: {finding.explanation}", width)]
    return "\n".join([*lines, "", *textwrap.wrap(CAVEAT, width)])


def _also(evaluation: Evaluation, width: int) -> list[str]:
    lines: list[str] = []
    for metric in ALSO:
        for said, places in _by_answer([m for m in evaluation.measurements if m.metric == metric]).items():
            lines += _wrapped(f"{title_of(metric).capitalize()}, {'; '.join(places)}: {said}", width)
    return ["", "Also counted", *lines] if lines else []


def _worn(evaluation: Evaluation, width: int) -> list[str]:
    """Data that were used more than once or that are flagged, and how many were used once."""
    found = list(_rows(evaluation, "benchmarks"))
    lines: list[str] = []
    for row in found:
        if row["flag"] or row["uses"] != 1:
            age = "" if row["age"] is None else f", {_short(float(row['age']))} days old"
            flag = f" ({row['flag']})" if row["flag"] else ""
            lines += _wrapped(f"{row['data']}: {_short(float(row['uses'] or 0))} uses{age}{flag}", width)
    once = sum(not row["flag"] and row["uses"] == 1 for row in found)
    lines += _wrapped(f"used once: {once}", width) if once else []
    return ["", "Data that models were judged on", *lines] if lines else []


def _by_answer(found: list[Measurement]) -> dict[str, list[str]]:
    """What is said, and of which workstreams: a reason that holds for several is said once."""
    said: dict[str, list[str]] = {}
    for m in found:
        said.setdefault(_said(m), []).append(_place(m))
    return said


def _place(m: Measurement) -> str:
    name = m.slice.get("workstream") or ALL
    parts = [f"{key} {value}" for key, value in m.slice.items() if key != "workstream"]
    own = {*ALSO, *(one.metric for one in INDICATORS)}
    beside = [] if m.metric in own else [title_of(m.metric).lower()]
    return ", ".join([name, *beside, *parts])


def _said(m: Measurement) -> str:
    if not isinstance(m, Measured):
        return m.reason
    text = f"{_short(m.value)} {_UNIT.get(m.unit, m.unit)}".strip()
    if m.numerator is not None and m.denominator is not None:
        text += f" ({_short(m.numerator)} of {_short(m.denominator)})"
    elif m.denominator is not None:
        text += f" (of {_short(m.denominator)})"
    if m.interval is not None:
        text += f", {m.interval.level:.0%} interval {_short(m.interval.lower)} to {_short(m.interval.upper)}"
    return text


_UNIT = {
    "per_week": "per week", "business_days": "business days", "per_dossier": "per dossier", "proportion": "", "value": "",
    "count": "",
}  # fmt: skip


def _short(number: float) -> str:
    return f"{number:.4g}" if abs(number) < 10_000 else f"{number:,.0f}"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _rows(evaluation: Evaluation, name: str) -> Iterator[dict[str, float | str | None]]:
    for table in evaluation.tables:
        if table.id == name:
            for row in table.rows:
                yield {column.name: cell for column, cell in zip(table.columns, row, strict=True)}


def _from(evaluation: Evaluation, title: str, width: int) -> list[str]:
    ids = [str(row["from"]) for row in _rows(evaluation, "sources") if row["indicator"] == title]
    if len(ids) > SHOWN:
        more = _NUMBER.fullmatch(ids[-1])
        rest = len(ids) - SHOWN + (int(more[1]) - 1 if more else 0)
        ids = [*ids[:SHOWN], f"and {rest} more"]
    return _wrapped(f"from: {', '.join(ids)}", width) if ids else []


def _listed(evaluation: Evaluation, name: str, title: str, width: int) -> list[str]:
    lines: list[str] = []
    for row in _rows(evaluation, name):
        cells = [(key, _short(cell) if isinstance(cell, float) else cell) for key, cell in row.items()]
        lines += _wrapped(", ".join(f"{key} {cell}" for key, cell in cells if cell not in (None, "")), width)
    return ["", title, *lines] if lines else []


def as_csv(evaluation: Evaluation) -> str:
    """One line for each number or reason, the caveat in each; a text that a spreadsheet could take for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    caveats = {one.metric: one.caveat for one in INDICATORS}
    for metric in (*caveats, *ALSO):
        for m in of(evaluation, metric):
            part = "; ".join(f"{key}={value}" for key, value in m.slice.items() if key != "workstream")
            measured = m if isinstance(m, Measured) else None
            bounds = measured.interval if measured is not None else None
            cells = (
                m.metric, title_of(m.metric), m.slice.get("workstream") or ALL, part,
                measured.value if measured else None, measured.unit if measured else None,
                measured.numerator if measured else None, m.denominator,
                bounds.lower if bounds else None, bounds.upper if bounds else None, bounds.level if bounds else None,
                bounds.method if bounds else None, None if isinstance(m, Measured) else m.reason, caveats.get(metric, CAVEAT),
            )  # fmt: skip
            writer.writerow(["" if cell is None else _safe(cell) for cell in cells])
    return out.getvalue()


def _safe(cell: float | str) -> float | str:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
