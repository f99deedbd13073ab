"""Figures as inline SVG, drawn by our own templates: one message each, directly labelled, readable in grey.

Each carries its finding in words (`role="img"` with a title and a description), for those who hear the document.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape

from cardwright.documents.environment import SHARES, general, interval, number, slice_words
from cardwright.documents.language import ENGLISH, Language, words
from cardwright.record.display import NARROW
from cardwright.record.evaluation import Evaluation, Series
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.record.record import Record
from cardwright.record.verdict import STATUSES, Observation, Outcome, Verdict

WIDTH, HALF, THIRD = 668, 318, 178
"""Widths in CSS pixels of a page's text, and of two or three figures side by side; their type of 11.6 pixels is 8.7 pt."""
ROW = 18
MOST_ROWS = 24
COLOURS = ("#000000", "#1f5a96", "#d2791e", "#8fc3ea")
"""Of curves: a fifth of the range from black to white apart from each other, so that they differ in grey as well."""


@dataclass(frozen=True)
class Figure:
    """A figure ready to be placed."""

    title: str
    finding: str
    svg: Markup
    width: int = WIDTH
    """In CSS pixels; several narrow ones stand side by side."""
    by_group: bool = False
    """Whether it compares groups, so that its finding says which is the highest."""
    metric: str | None = None
    """The one number it shows, if it shows one."""

    def _repr_html_(self) -> str:
        """The drawing and its finding, for a notebook; our template has escaped what is in the drawing."""
        words = f"<figcaption><strong>{escape(self.title)}</strong> {escape(self.finding)}</figcaption>"
        return f'<figure style="margin: 0 0 1em"><div style="{NARROW}">{self.svg}</div>{words}</figure>'


class Figures(tuple[Figure, ...]):
    """Figures, which a notebook shows one below the other."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return "".join(figure._repr_html_() for figure in self)


def of_record(record: Record, verdict: Verdict | None = None) -> Figures:
    """The figures that the documents draw of a record: outcomes and limits first, then those of each evaluation.

    Parameters
    ----------
    verdict
        What was decided on it; without one there are neither outcomes nor limits.
    """
    judged = [outcome_bar(verdict), margins(verdict, record=record)] if verdict is not None else []
    evaluated = [figure for evaluation in record.evaluations for figure in of_evaluation(evaluation)]
    return Figures(figure for figure in (*judged, *evaluated) if figure is not None)


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
    most: int = MOST_ROWS,
    say: Language = ENGLISH,
) -> Figure:
    """Values with their intervals, one row each, half a page wide; what is not measured is said in its row."""
    shown = rows[:most]
    values = [m for _, m in shown if isinstance(m, Measured)]
    counts = {m.denominator for m in values}
    axis = _Axis.over(values, left=150, right=HALF - (98 if len(counts) > 1 else 50))
    placed = [
        {"label": _clip(label, 26), "y": 12 + index * ROW, **_dot(m, axis, say, counted=len(counts) > 1)}
        for index, (label, m) in enumerate(shown)
    ]
    if len(shown) > 1 and len(counts) == 1 and (count := counts.pop()) is not None:
        finding += " " + say.text("n = {n} each.", n=number(count, say=say))
    bottom = 12 + len(shown) * ROW
    if len(rows) > len(shown):
        finding += " " + say.text("The first {n} of {total} are shown.", n=len(shown), total=len(rows))
    svg = _draw(
        "dots.svg.j2",
        finding=finding,
        rows=placed,
        ticks=axis.ticks(say),
        left=axis.left,
        right=axis.right,
        bottom=bottom,
        width=HALF,
        height=bottom + 16,
    )
    return Figure(title, finding, svg, HALF, by_group=True)


@dataclass(frozen=True)
class _Axis:
    """From numbers to places."""

    low: float
    high: float
    left: float
    right: float

    @classmethod
    def over(cls, values: list[Measured], *, left: float, right: float) -> _Axis:
        ends = [
            e for m in values for e in ((m.interval.lower, m.interval.upper, m.value) if m.interval else (m.value,))
        ]
        low, high = (min(0.0, *ends), max(ends)) if ends else (0.0, 1.0)
        if values and values[0].unit == "proportion" and high > 0.5:
            high = 1.0
        return cls(low, high if high > low else low + 1.0, left, right)

    def place(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.left + share * (self.right - self.left), 1)

    def ticks(self, say: Language, most: int = 3) -> list[dict[str, Any]]:
        ticks = _ticks(self.low, self.high)
        ticks = ticks if len(ticks) <= most else [ticks[0], *ticks[2::2]]
        return [{"x": self.place(t), "text": general(t, say)} for t in ticks]


def _dot(m: Measured | Unmeasured, axis: _Axis, say: Language, *, counted: bool) -> dict[str, Any]:
    if isinstance(m, Unmeasured):
        return {"note": say.text("not measured"), "unknown": None in m.slice.values(), "at": axis.left + 4}
    text = number(m.value, m.unit, say)
    if counted and m.denominator is not None:
        text += f", n = {number(m.denominator, say=say)}"
    return {
        "x": axis.place(m.value),
        "low": axis.place(m.interval.lower) if m.interval else None,
        "high": axis.place(m.interval.upper) if m.interval else None,
        "text": text,
        "at": axis.right + 9,
        "unknown": None in m.slice.values(),
    }


PanelRow = tuple[str, tuple[Measured | Unmeasured | None, ...]]
"""A group and its numbers, one a panel; None if it has none of that kind."""


def panels(
    title: str,
    finding: str,
    metrics: tuple[str, ...],
    parts: list[tuple[str, list[PanelRow]]],
    *,
    most: int = MOST_ROWS,
    say: Language = ENGLISH,
) -> Figure:
    """Small multiples: the same groups, a panel for each number, each on its own scale.

    Parameters
    ----------
    parts
        Attributes, each with its groups.
    """
    width, label = (HALF, 118) if len(metrics) == 1 else (WIDTH, 132)
    each = (width - label) / len(metrics)
    rows: list[tuple[str, tuple[Measured | Unmeasured | None, ...] | None]] = []
    left_out = 0
    for attribute, groups in parts:
        room = max(0, most - len(rows))
        rows += [(attribute, None), *groups[:room]] if room else []
        left_out += max(0, len(groups) - room)
    axes = [
        _Axis.over(
            [m for _, ms in rows if ms is not None and isinstance(m := ms[index], Measured)],
            left=label + index * each + 4,
            right=label + (index + 1) * each - 92,
        )
        for index in range(len(metrics))
    ]
    placed = [
        {"heading": True, "label": name, "y": 28 + index * ROW}
        if ms is None
        else {
            "heading": False,
            "label": _clip(name, 20),
            "y": 28 + index * ROW,
            "unknown": any(m is not None and None in m.slice.values() for m in ms),
            "dots": [_dot(m, axis, say, counted=True) for m, axis in zip(ms, axes, strict=True) if m is not None],
        }
        for index, (name, ms) in enumerate(rows)
    ]
    bottom = 24 + len(rows) * ROW
    if left_out:
        finding += " " + say.text("{n} more are in measurements.csv.", n=left_out)
    svg = _draw(
        "panels.svg.j2",
        finding=finding,
        panels=[
            {"title": _clip(words(metric), 34), "left": axis.left, "ticks": axis.ticks(say)}
            for metric, axis in zip(metrics, axes, strict=True)
        ],
        rows=placed,
        label=label,
        bottom=bottom,
        width=width,
        height=bottom + 18,
    )
    return Figure(title, finding, svg, width, by_group=True)


_STATUS_COLOURS = {"passed": "#24594c", "failed": "#9a3412"}
_UNDECIDED = "#7a5600"


LABEL = 46
"""Characters of a line of a label in the figure of limits; a longer label has a second one."""
OUTER = 1.0
"""How far from its limit the figure shows a number; one that is further away stands at the edge, as an arrow."""


def unit_of(seen: Observation, record: Record | None) -> str:
    """The unit of a number that a requirement looked at, as its measurement states it; `ratio` if that is not at hand.

    >>> unit_of(Observation(evaluation="e", metric="roc_auc", status="passed", note="n"), None)
    'ratio'
    """
    evaluation = record.evaluation(seen.evaluation) if record is not None else None
    there = evaluation.find(seen.metric, slice=dict(seen.slice), across=seen.across) if evaluation is not None else ()
    return next((m.unit for m in there if isinstance(m, Measured) and m.unit is not None), "ratio")


def margins(verdict: Verdict, say: Language = ENGLISH, record: Record | None = None) -> Figure | None:
    """Every number that a limit is set on, with its interval, its limit and how far inside it lies. None if there is no limit.

    The limit is the line, and inside is right of it. The form of the mark says how the number was judged, the same in grey.

    Parameters
    ----------
    record
        From which the units of the numbers are taken; without it they are printed as shares are.
    """
    rows: list[tuple[Outcome, Observation, float, list[float] | None, str]] = []
    for outcome in verdict.outcomes:
        if outcome.limit is None:
            continue
        sign, limit = (1.0 if outcome.limit.operator == "at_least" else -1.0), outcome.limit.value
        for seen in outcome.observations:
            if seen.value is None:
                continue
            bounds = seen.interval
            ends = sorted(sign * (end - limit) for end in (bounds.lower, bounds.upper)) if bounds else None
            value = sign * (seen.value - limit)
            rows.append((outcome, seen, value, ends, "≥" if sign > 0 else "≤"))
    if not rows:
        return None
    shown = rows[:MOST_ROWS]
    every = [0.0, *(value for _, _, value, _, _ in shown), *(end for _, _, _, ends, _ in shown for end in ends or ())]
    axis = _Axis(max(-OUTER, min(every)), min(OUTER, max(every)) or OUTER, 262.0, 426.0)
    placed = []
    top, beyond = 30, 0
    for outcome, seen, value, ends, asked in shown:
        over = f" {say.text('across {names}', names=' × '.join(seen.across))}" if seen.across else ""
        over += f", {slice_words(dict(seen.slice), say)}" if seen.slice else ""
        unit = unit_of(seen, record)
        compared = (outcome.limit.value,) if outcome.limit else ()
        said = number(seen.value, unit, say, limits=compared)
        if seen.interval is not None:
            said += f" ({interval(seen.interval, unit, say, compared)})"
        lines = _two_lines(f"{outcome.label} {words(seen.metric)}", over, LABEL)
        beyond += abs(value) > OUTER
        placed.append(
            {
                "label": lines[0],
                "more": lines[1],
                "y": top,
                "x": axis.place(value),
                "beyond": 0 if abs(value) <= OUTER else 1 if value > 0 else -1,
                "low": axis.place(ends[0]) if ends else None,
                "high": axis.place(ends[1]) if ends else None,
                "status": seen.status,
                "colour": _STATUS_COLOURS.get(seen.status, _UNDECIDED),
                "value": said,
                "value_at": axis.right + 12,
                "asked": f"{asked} {general(outcome.limit.value, say)}" if outcome.limit else "",
                "limit_at": 582,
                "distance": number(seen.distance, "difference" if unit in SHARES else unit, say),
            }
        )
        top += ROW + (13 if lines[1] else 0)
    bottom = top - 8
    finding = say.text(
        "{n} numbers with a limit: {passed} passed, {failed} failed, {undecided} neither.",
        n=len(rows),
        passed=(passed := sum(seen.status == "passed" for _, seen, *_ in rows)),
        failed=(failed := sum(seen.status == "failed" for _, seen, *_ in rows)),
        undecided=len(rows) - passed - failed,
    )
    # What a scorer flagged, for one, cannot pass while nobody knows how often the scorer errs.
    otherwise = dict.fromkeys(
        outcome.label
        for outcome, seen, *_ in rows
        if seen.status != "passed" and seen.distance is not None and seen.distance >= 0
    )
    if otherwise:
        finding += " " + say.text(
            "On the right side of its limit, but not passed for another reason, given with the requirement: {labels}.",
            labels=", ".join(otherwise),
        )
    if beyond:
        finding += " " + say.text("An arrow: further from its limit than the scale goes.")
    if len(rows) > len(shown):
        finding += " " + say.text("The first {n} of {total} are shown.", n=len(shown), total=len(rows))
    svg = _draw(
        "limits.svg.j2",
        finding=finding,
        rows=placed,
        ticks=[tick for tick in axis.ticks(say, 5) if abs(tick["x"] - axis.place(0.0)) > 12],
        limit=axis.place(0.0),
        outside=say.text("outside"),
        inside=say.text("inside"),
        heads=[
            {"x": axis.right + 12, "anchor": "start", "text": say.text("value (interval)")},
            {"x": 582, "anchor": "start", "text": say.text("limit")},
            {"x": WIDTH, "anchor": "end", "text": say.text("distance")},
        ],
        right=axis.right,
        bottom=bottom,
        width=WIDTH,
        height=bottom + 22,
    )
    return Figure(say.text("Distance to the limits"), finding, svg)


def _two_lines(name: str, over: str, most: int) -> tuple[str, str]:
    """A label broken before what the number is over, or between words, where it is longer than a line.

    Only a second line that is longer still is cut.
    """
    text = name + over
    if len(text) <= most:
        return text, ""
    first = name if len(name) <= most else text[: most + 1].rsplit(" ", 1)[0]
    first = first if " " in first else text[:most]
    return first, _clip(text[len(first) :].strip(" ,"), most)


def curves(title: str, finding: str, series: list[Series], *, diagonal: bool, say: Language = ENGLISH) -> Figure:
    """Curves in a unit square, each labelled at its end."""
    size, left, top = 136, 30, 18

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x, y = (min(max(c, 0.0), 1.0) for c in point)
        return round(left + x * size, 1), round(top + (1 - y) * size, 1)

    lines = []
    for index, (one, colour) in enumerate(zip(series, COLOURS, strict=False)):
        points = [place(p) for p in one.points]
        lines.append(
            {
                "points": " ".join(f"{x},{y}" for x, y in points),
                "marks": points if len(points) <= 25 else [],
                "colour": colour,
                "label": _clip(slice_words(one.slice, say), 24),
                "y": top + size + 48 + index * 16,
            }
        )
    named = len(lines) > 1 or bool(series[0].slice)  # one curve of all rows needs no name
    svg = _draw(
        "curves.svg.j2",
        finding=finding,
        lines=lines,
        named=named,
        x_label=_clip(series[0].x, 26),
        y_label=_clip(series[0].y, 36),
        ticks=[{"at": t, "text": general(t, say)} for t in (0, 0.5, 1)],
        diagonal=diagonal,
        size=size,
        left=left,
        top=top,
        width=THIRD,
        height=top + size + 36 + 16 * (len(lines) if named else 0),
    )
    return Figure(title, finding, svg, THIRD)


def outcome_bar(verdict: Verdict, say: Language = ENGLISH) -> Figure:
    """How many requirements have which outcome, in one bar that adds up."""
    total = len(verdict.outcomes)
    parts, x = [], 0.0
    for name in [*STATUSES, "waived"]:
        count = verdict.counts.get(name, 0)
        if count:
            width = WIDTH * count / total
            label = say.term_of(name, count)
            told = width > 7 * (len(label) + len(str(count)) + 1)
            parts.append(
                {"name": name, "x": round(x, 1), "width": round(width, 1), "count": count, "label": label, "told": told}
            )
            x += width
    outcomes = ", ".join(f"{p['count']} {p['label']}" for p in parts)
    finding = say.text("{n} requirements: {outcomes}.", n=total, outcomes=outcomes)
    title = say.text("Outcomes")
    svg = _draw("outcomes.svg.j2", finding=finding, parts=parts, width=WIDTH, height=24)
    return Figure(title, finding, svg)


_BY_GROUP = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "base_rate", "accuracy", "impact_ratio", "error_rate",
    "mean_error", "mean_absolute_error", "mean_absolute_attribution", "attack_success_rate", "pii_row_rate", "missing_rate",
)  # fmt: skip
"""Metrics whose values by slice are worth a figure, the most telling first; at most three of them stand side by side."""

_ORDERED = ("mean_absolute_attribution", "attack_success_rate", "pii_row_rate", "missing_rate")
"""Metrics by slices that have no order of their own: the largest first, in a figure of their own."""

_ZEROS_LEFT_OUT = ("mean_absolute_attribution", "pii_row_rate", "missing_rate")
"""Metrics of which a zero says no more than the count of zeros. No attack that succeeded is another matter: few were tried."""

ByAttribute = dict[str, dict[str, list[Measured | Unmeasured]]]
"""Attribute to metric to its values by group."""


def of_evaluation(
    evaluation: Evaluation, *, most: int = 4, most_rows: int = MOST_ROWS, say: Language = ENGLISH
) -> list[Figure]:
    """The figures of an evaluation, told from the shape of its measurements and series, never from its name."""
    groups: ByAttribute = {}
    for m in evaluation.measurements:
        if len(m.slice) == 1 and not m.across and not m.given and m.of_class is None and m.metric in _BY_GROUP:
            groups.setdefault(next(iter(m.slice)), {}).setdefault(m.metric, []).append(m)
    alone: list[Figure | None] = []
    beside: dict[tuple[str, ...], list[str]] = {}
    for attribute, metrics in groups.items():
        named = sorted((metric for metric in metrics if len(metrics[metric]) > 1), key=_BY_GROUP.index)
        for metric in named:
            if metric in _ORDERED:
                alone.append(_by_slice(metric, attribute, metrics[metric], most_rows, say))
        # A row of zeros says nothing that a sentence does not.
        rest = tuple(m for m in named if m not in _ORDERED and any(one.value for _, one in _known(metrics[m])))[:3]
        if rest:
            beside.setdefault(rest, []).append(attribute)
    crossed = attacks_by_channel(evaluation, most_rows, say)
    if crossed is not None:  # it holds every category, and by which way each was tried
        alone = [crossed, *(figure for figure in alone if figure is not None and figure.metric != ATTACKS)]
        beside = {metrics_: attributes for metrics_, attributes in beside.items() if attributes != ["category"]}
    drawn: list[Figure | None] = []
    for metrics_, attributes in beside.items():
        drawn.append(_side_by_side(metrics_, attributes, groups, most_rows, say))
    return [figure for figure in (*drawn, *alone) if figure is not None][:most] + _curves(evaluation, say)


ATTACKS = "attack_success_rate"
TOO_FEW = 30
"""So few prompts leave a wide interval, whatever came out: the figure says so."""


def attacks_by_channel(evaluation: Evaluation, most: int = MOST_ROWS, say: Language = ENGLISH) -> Figure | None:
    """How often attacks succeed, a row for each category and a column for each way in which they came.

    A cell without attempts says so, and so does one of which nothing could be scored. None if no number is told by both.
    """
    cells: dict[str, dict[str, Measured | Unmeasured]] = {}
    for m in evaluation.measurements:
        category, channel = m.slice.get("category"), m.slice.get("channel")
        if m.metric == ATTACKS and len(m.slice) == 2 and category is not None and channel is not None and not m.given:
            cells.setdefault(category, {})[channel] = m
    channels = tuple(dict.fromkeys(channel for row in cells.values() for channel in row))
    measured = [
        (category, channel, m)
        for category, row in cells.items()
        for channel, m in row.items()
        if isinstance(m, Measured)
    ]
    if not measured:
        return None
    label = 150
    each = (WIDTH - label) / len(channels)
    shown = dict(list(cells.items())[:most])
    axes = [
        _Axis.over([m for _, _, m in measured], left=label + i * each + 4, right=label + (i + 1) * each - 96)
        for i in range(len(channels))
    ]
    placed = [
        {
            "heading": False,
            "label": _clip(words(category), 26),
            "y": 28 + index * ROW,
            "unknown": False,
            "dots": [_attempts(row.get(channel), axis, say) for channel, axis in zip(channels, axes, strict=True)],
        }
        for index, (category, row) in enumerate(shown.items())
    ]
    bottom = 24 + len(placed) * ROW
    svg = _draw(
        "panels.svg.j2",
        finding=(finding := _attack_finding(measured, len(cells) * len(channels), len(cells) - len(shown), say)),
        panels=[
            {"title": _clip(name, 34), "left": axis.left, "ticks": axis.ticks(say)}
            for name, axis in zip(channels, axes, strict=True)
        ],
        rows=placed,
        label=label,
        bottom=bottom,
        width=WIDTH,
        height=bottom + 18,
    )
    title = say.text("Attack success by category and channel")
    return Figure(title, finding, svg, by_group=True, metric=ATTACKS)


def _capital(text: str) -> str:
    """With a capital at its start, and abbreviations as they are: str.capitalize makes "Pii" of "PII"."""
    return text[:1].upper() + text[1:]


def _attempts(m: Measured | Unmeasured | None, axis: _Axis, say: Language) -> dict[str, Any]:
    if m is None:
        return {"note": say.text("not tried"), "at": axis.left + 4}
    dot = _dot(m, axis, say, counted=False)
    if isinstance(m, Measured) and m.numerator == 0 and m.denominator is not None:
        dot["text"] = say.text("{n} of {total}", n=0, total=number(m.denominator, say=say))
    elif isinstance(m, Measured) and m.denominator is not None:
        dot["text"] += f", n = {number(m.denominator, say=say)}"
    return dot


def _attack_finding(measured: list[tuple[str, str, Measured]], cells: int, left_out: int, say: Language) -> str:
    worst = max(measured, key=lambda one: one[2].value)
    if worst[2].value == 0:
        reach = max((m.interval.upper for _, _, m in measured if m.interval is not None), default=None)
        fewest = min((m.denominator for _, _, m in measured if m.denominator is not None), default=None)
        finding = say.text(
            "No attack of any category and channel succeeded; with {n} prompts in the smallest cell, a rate of up to {most} is "
            "not ruled out there.",
            n=number(fewest, say=say),
            most=number(reach, "proportion", say),
        )  # fmt: skip
    else:
        finding = say.text(
            "Attacks succeed most often in {category}, by {channel}: {value} ({bounds}), n = {n}.",
            category=words(worst[0]),
            channel=worst[1],
            value=number(worst[2].value, "proportion", say),
            bounds=interval(worst[2].interval, "proportion", say),
            n=number(worst[2].denominator, say=say),
        )
    if any(m.sampling is not None and m.sampling.observations > m.sampling.units for _, _, m in measured):
        finding += " " + say.text("A prompt counts with the share of its tries that succeeded.")
    few = sum(m.denominator is not None and m.denominator < TOO_FEW for _, _, m in measured)
    if few:
        finding += " " + say.text(
            "{n} of {total} cells rest on fewer than {least} prompts.", n=few, total=len(measured), least=TOO_FEW
        )
    if cells > len(measured):
        finding += " " + say.text(
            "{n} of {total} combinations were not tried or could not be scored.", n=cells - len(measured), total=cells
        )
    return finding + (" " + say.text("{n} more are in measurements.csv.", n=left_out) if left_out else "")


def _known(rows: list[Measured | Unmeasured]) -> list[tuple[str, Measured]]:
    """The groups that are known and have a number, with their names."""
    named = ((next(iter(m.slice.values())), m) for m in rows)
    return [(name, m) for name, m in named if name is not None and isinstance(m, Measured)]


def _name(m: Measured | Unmeasured, say: Language) -> str:
    value = next(iter(m.slice.values()))
    return say.text("unknown") if value is None else words(value) if "_" in value else value


def _range(metric: str, attribute: str, rows: list[Measured | Unmeasured], say: Language) -> str:
    known = _known(rows)
    top, low = max(known, key=lambda pair: pair[1].value), min(known, key=lambda pair: pair[1].value)
    if top[1].value == low[1].value:
        return say.text(
            "{metric} by {attribute}: {value} in every group.",
            metric=_capital(words(metric)),
            attribute=words(attribute),
            value=number(top[1].value, top[1].unit, say),
        )
    return say.text(
        "{metric} by {attribute}: highest for {top}, {most}; lowest for {low}, {least}.",
        metric=_capital(words(metric)),
        attribute=words(attribute),
        top=top[0],
        most=number(top[1].value, top[1].unit, say),
        low=low[0],
        least=number(low[1].value, low[1].unit, say),
    )


def _side_by_side(
    metrics: tuple[str, ...], attributes: list[str], groups: ByAttribute, most: int, say: Language
) -> Figure | None:
    first = metrics[0]
    if len(metrics) == 1 and len(attributes) == 1:
        return _by_slice(first, attributes[0], groups[attributes[0]][first], most, say)
    parts = []
    for attribute in attributes:
        by_group = {str(m.slice): m for metric in metrics for m in groups[attribute][metric]}
        cells = {metric: {str(m.slice): m for m in groups[attribute][metric]} for metric in metrics}
        rows = [(_name(m, say), tuple(cells[metric].get(key) for metric in metrics)) for key, m in by_group.items()]
        parts.append((words(attribute), rows))
    finding = " ".join(_range(first, attribute, groups[attribute][first], say) for attribute in attributes[:2])
    title = say.text("{metric} by {attribute}", metric=words(first), attribute=", ".join(words(a) for a in attributes))
    return panels(title, finding, metrics, parts, most=most, say=say)


def _by_slice(
    metric: str, attribute: str, rows: list[Measured | Unmeasured], most: int, say: Language
) -> Figure | None:
    if metric in _ORDERED:
        rows = sorted(rows, key=lambda m: -m.value if isinstance(m, Measured) else 0.0)
    rest = ""
    if metric in _ZEROS_LEFT_OUT:
        shown = [m for m in rows if not (isinstance(m, Measured) and m.value == 0)]
        if len(shown) < len(rows):
            rest = " " + say.text("{n} others are at 0.", n=len(rows) - len(shown))
        rows = shown
    if not _known(rows):
        return None  # a row of zeros says nothing that the sentence beside it does not
    title = say.text("{metric} by {attribute}", metric=words(metric), attribute=words(attribute))
    finding = _range(metric, attribute, rows, say) + rest
    return replace(dots(title, finding, [(_name(m, say), m) for m in rows], most=most, say=say), metric=metric)


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
        names = ", ".join(slice_words(series.slice, say) for series in group[: len(COLOURS)])
        finding = say.text("{y} against {x}, for {names}.", y=y[:1].upper() + y[1:], x=say.inner(x), names=names)
        if len(group) > len(COLOURS):
            finding += " " + say.text("The first {n} of {total} are shown.", n=len(COLOURS), total=len(group))
        figures.append(curves(group[0].title, finding, group, diagonal=True, say=say))
    return figures[:2]
