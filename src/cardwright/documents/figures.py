"""Figures as inline SVG, drawn by our own templates: one message each, directly labelled, readable in grey.

Each carries its finding in words (`role="img"` with a title and a description), for those who hear the document.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from cardwright.documents.environment import general, number, slice_words
from cardwright.documents.language import ENGLISH, Language, words
from cardwright.record.evaluation import Evaluation, Series
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.record.verdict import STATUSES, Verdict

WIDTH = 640
ROW = 22
MOST_ROWS = 24
LABEL = 190
NUMBER = 150


@dataclass(frozen=True)
class Figure:
    """A figure ready to be placed."""

    title: str
    finding: str
    svg: Markup
    half: bool = False
    """Whether two of them stand side by side."""


def _ticks(low: float, high: float) -> list[float]:
    span = high - low
    if span <= 0:
        return [low]
    step = 10 ** math.floor(math.log10(span / 4))
    step = next(step * factor for factor in (1, 2, 2.5, 5, 10) if span / (step * factor) <= 5)
    first = math.ceil(low / step - 1e-9) * step
    return [round(first + i * step, 10) for i in range(int((high - first) / step + 1e-9) + 1)]


def _clip(text: str, most: int = 30) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _draw(template: str, **context: Any) -> Markup:
    from cardwright.documents import environment

    return Markup(environment.render(f"figures/{template}", context, markdown=False))  # noqa: S704  autoescaped


def dots(
    title: str,
    finding: str,
    rows: list[tuple[str, Measured | Unmeasured]],
    *,
    limit: float | None = None,
    limit_label: str = "",
    say: Language = ENGLISH,
) -> Figure:
    """Values with their intervals, one row each; what is not measured is said in its row."""
    shown = rows[:MOST_ROWS]
    values = [m for _, m in shown if isinstance(m, Measured)]
    ends = [e for m in values for e in ((m.interval.lower, m.interval.upper) if m.interval else (m.value,))] + [
        m.value for m in values
    ]
    if limit is not None:
        ends.append(limit)
    unit = values[0].unit if values else "proportion"
    low, high = (min(0.0, *ends), max(ends)) if ends else (0.0, 1.0)
    if unit == "proportion" and high > 0.5:
        high = 1.0
    if high <= low:
        high = low + 1.0
    left, right = LABEL, WIDTH - NUMBER

    def x(value: float) -> float:
        return round(left + (value - low) / (high - low) * (right - left), 1)

    placed = []
    for index, (label, m) in enumerate(shown):
        y = 14 + index * ROW
        if isinstance(m, Unmeasured):
            placed.append({"label": _clip(label), "full": label, "y": y, "note": say.text("not measured")})
            continue
        bounds = m.interval
        text = number(m.value, m.unit, say)
        if m.denominator is not None:
            text += f"  n = {number(m.denominator, say=say)}"
        placed.append(
            {
                "label": _clip(label),
                "full": label,
                "y": y,
                "x": x(m.value),
                "low": x(bounds.lower) if bounds else None,
                "high": x(bounds.upper) if bounds else None,
                "text": text,
                "unknown": None in m.slice.values(),
            }
        )
    bottom = 14 + len(shown) * ROW
    if len(rows) > len(shown):
        finding += " " + say.text("The first {n} of {total} are shown.", n=len(shown), total=len(rows))
    svg = _draw(
        "dots.svg.j2",
        title=title,
        finding=finding,
        rows=placed,
        ticks=[{"x": x(t), "text": number(t, say=say) if t else "0"} for t in _ticks(low, high)],
        limit=x(limit) if limit is not None else None,
        limit_label=limit_label,
        left=left,
        right=right,
        bottom=bottom,
        width=WIDTH,
        height=bottom + 26,
    )
    return Figure(title, finding, svg)


def margins(verdict: Verdict, say: Language = ENGLISH) -> Figure | None:
    """How far inside its limit each measured requirement lies, with its interval: the limit is the line, inside is right of it.

    Each requirement stands with the number that is nearest to its limit, or farthest outside. None if no requirement has a limit.
    """
    rows = []
    for outcome in verdict.outcomes:
        seen = [o for o in outcome.observations if o.value is not None]
        if outcome.limit is None or not seen:
            continue
        sign, limit = (1.0 if outcome.limit.operator == "at_least" else -1.0), outcome.limit.value
        worst = min(seen, key=lambda o: (o.distance if o.distance is not None else 0.0, o.metric))
        assert worst.value is not None
        bounds = (
            sorted(sign * (end - limit) for end in (worst.interval.lower, worst.interval.upper))
            if worst.interval
            else None
        )
        text = f"{number(worst.value, say=say)}  {'≥' if sign > 0 else '≤'} {number(limit, say=say)}"
        rows.append((f"{outcome.label} {words(worst.metric)}", sign * (worst.value - limit), bounds, text))
    if not rows:
        return None
    ends = [0.0, *(value for _, value, _, _ in rows), *(end for _, _, bounds, _ in rows for end in bounds or ())]
    low, high = max(-1.0, min(ends)), min(1.0, max(ends))
    left, right = LABEL, WIDTH - NUMBER

    def x(value: float) -> float:
        return round(left + (min(max(value, low), high) - low) / ((high - low) or 1.0) * (right - left), 1)

    placed = [
        {
            "label": _clip(label), "full": label, "y": 14 + index * ROW, "x": x(value), "text": text, "unknown": False,
            "low": x(bounds[0]) if bounds else None, "high": x(bounds[1]) if bounds else None,
        }
        for index, (label, value, bounds, text) in enumerate(rows[:MOST_ROWS])
    ]  # fmt: skip
    bottom = 14 + len(placed) * ROW
    inside = sum(1 for _, value, bounds, _ in rows if (bounds[0] if bounds else value) >= 0)
    finding = say.text(
        "{n} measured requirements: {inside} are inside their limit with the whole interval (or value), {outside} are not.",
        n=len(rows),
        inside=inside,
        outside=len(rows) - inside,
    )
    title = say.text("Distance to the limits")
    svg = _draw(
        "dots.svg.j2",
        title=title,
        finding=finding,
        rows=placed,
        ticks=[{"x": x(t), "text": number(t, say=say) if t else say.text("limit")} for t in _ticks(low, high)],
        limit=x(0.0),
        limit_label=say.text("outside ← → inside"),
        left=left,
        right=right,
        bottom=bottom,
        width=WIDTH,
        height=bottom + 26,
    )
    return Figure(title, finding, svg)


def curves(title: str, finding: str, series: list[Series], *, diagonal: bool, say: Language = ENGLISH) -> Figure:
    """Curves in a unit square, each labelled at its end."""
    size, left, top = 230, 40, 8

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x, y = (min(max(c, 0.0), 1.0) for c in point)
        return round(left + x * size, 1), round(top + (1 - y) * size, 1)

    dashes = ("", "6 3", "2 3", "8 3 2 3", "1 4", "10 4")
    lines = []
    for index, one in enumerate(series[: len(dashes)]):
        points = [place(p) for p in one.points]
        lines.append(
            {
                "points": " ".join(f"{x},{y}" for x, y in points),
                "marks": points if len(points) <= 25 else [],
                "dash": dashes[index],
                "label": _clip(slice_words(one.slice, say)),
                "y": top + size + 54 + index * 16,
            }
        )
    svg = _draw(
        "curves.svg.j2",
        title=title,
        finding=finding,
        lines=lines,
        x_label=series[0].x,
        y_label=series[0].y,
        ticks=[{"at": t, "text": general(t, say)} for t in (0, 0.25, 0.5, 0.75, 1)],
        diagonal=diagonal,
        size=size,
        left=left,
        top=top,
        width=left + size + 14,
        height=top + size + 50 + 16 * len(lines),
    )
    return Figure(title, finding, svg, half=True)


def outcome_bar(verdict: Verdict, say: Language = ENGLISH) -> Figure:
    """How many requirements have which outcome, in one bar that adds up."""
    total = len(verdict.outcomes)
    parts, x = [], 0.0
    for name in [*STATUSES, "waived"]:
        count = verdict.counts.get(name, 0)
        if count:
            width = WIDTH * count / total
            parts.append(
                {"name": name, "x": round(x, 1), "width": round(width, 1), "count": count, "label": say.term(name)}
            )
            x += width
    outcomes = ", ".join(f"{p['count']} {p['label']}" for p in parts)
    finding = say.text("{n} requirements: {outcomes}.", n=total, outcomes=outcomes)
    title = say.text("Outcomes")
    svg = _draw("outcomes.svg.j2", title=title, finding=finding, parts=parts, width=WIDTH, height=24)
    return Figure(title, finding, svg)


_BY_GROUP = (
    "selection_rate", "base_rate", "true_positive_rate", "false_positive_rate", "accuracy", "mean_error",
    "mean_absolute_attribution",
    "attack_success_rate", "pii_row_rate", "missing_rate",
)  # fmt: skip
"""Metrics whose values by slice are worth a figure, the most telling first; others follow in the record's order."""

_SKEWED = ("mean_absolute_attribution", "attack_success_rate", "pii_row_rate", "missing_rate")
"""Metrics by slices that have no order of their own: the largest first."""


def of_evaluation(evaluation: Evaluation, *, most: int = 4, say: Language = ENGLISH) -> list[Figure]:
    """The figures of an evaluation, told from the shape of its measurements and series, never from its name."""
    by_group: dict[tuple[str, str], list[Measured | Unmeasured]] = {}
    for m in evaluation.measurements:
        if len(m.slice) == 1 and not m.across and not m.given and m.of_class is None:
            by_group.setdefault((m.metric, next(iter(m.slice))), []).append(m)
    ranked = sorted(
        ((key, rows) for key, rows in by_group.items() if key[0] in _BY_GROUP and len(rows) > 1),
        key=lambda item: _BY_GROUP.index(item[0][0]),
    )
    figures = [_by_slice(metric, attribute, rows, say) for (metric, attribute), rows in ranked]
    return [figure for figure in figures if figure is not None][:most] + _curves(evaluation, say)


def _by_slice(metric: str, attribute: str, rows: list[Measured | Unmeasured], say: Language) -> Figure | None:
    values = [m for m in rows if isinstance(m, Measured)]
    if not values:
        return None
    rest = ""
    if metric in _SKEWED:
        rows = sorted(rows, key=lambda m: -m.value if isinstance(m, Measured) else 0.0)
        shown = [m for m in rows if not (isinstance(m, Measured) and m.value == 0)]
        if not any(isinstance(m, Measured) for m in shown):
            return None  # a row of zeros says nothing that the sentence beside it does not
        if len(shown) < len(rows):
            rest = " " + say.text("{n} others are at 0.", n=len(rows) - len(shown))
        rows = shown
    named = [(say.text("unknown") if (v := next(iter(m.slice.values()))) is None else v, m) for m in rows]
    known = [(label, m) for label, m in named if isinstance(m, Measured) and None not in m.slice.values()]
    if not known:
        return None
    top, low = max(known, key=lambda pair: pair[1].value), min(known, key=lambda pair: pair[1].value)
    finding = say.text(
        "{metric} by {attribute}: highest {top} at {most}, lowest {low} at {least}.",
        metric=words(metric).capitalize(),
        attribute=attribute,
        top=top[0],
        most=number(top[1].value, top[1].unit, say),
        low=low[0],
        least=number(low[1].value, low[1].unit, say),
    )
    title = say.text("{metric} by {attribute}", metric=words(metric), attribute=attribute)
    return dots(title, finding + rest, named, say=say)


def _curves(evaluation: Evaluation, say: Language) -> list[Figure]:
    kinds: dict[tuple[str, str], list[Series]] = {}
    for series in evaluation.series:
        inside = all(-1e-9 <= c <= 1 + 1e-9 for point in series.points for c in point)
        if series.points and inside:
            kinds.setdefault((series.x, series.y), []).append(series)
    figures = []
    for (x, y), drawn in kinds.items():
        # One attribute a figure, and no curve of rows whose membership is unknown: more lines than that nobody can tell apart.
        known = [series for series in drawn if None not in series.slice.values()]
        group = [series for series in known if tuple(series.slice) == tuple(known[0].slice)]
        if not group:
            continue
        names = ", ".join(slice_words(series.slice, say) for series in group[:6])
        finding = say.text("{y} against {x}, for {names}.", y=y, x=x, names=names)
        if len(group) > 6:
            finding += " " + say.text("The first {n} of {total} are shown.", n=6, total=len(group))
        figures.append(curves(group[0].title, finding, group, diagonal=True, say=say))
    return figures[:2]
