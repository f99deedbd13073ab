"""Rows from which no number should be made: one error, with how many there are."""

from __future__ import annotations

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.rows.layout import MAX_STRATA, Layout
from cardwright.evaluators.rows.tally import RowTally
from cardwright.privacy.showing import SMALL_CELL, hint, quoted

_PROBLEMS: dict[str, tuple[str, str]] = {
    "label_missing": (
        "have no outcome: column {label} is empty there",
        "Leave such rows out and say so with `filter:`.",
    ),
    "label_unknown": (
        "have an outcome that is not among the declared classes",
        "Add it to the classes, or correct it.",
    ),
    "prediction_missing": (
        "have no prediction: column {prediction} is empty there",
        "Predict them, or leave them out.",
    ),
    "prediction_unknown": ("have a prediction that is not among the declared classes", "Correct it."),
    "score_missing": ("have no score: column {score} is empty there", "Score them, or leave them out and say so."),
    "score_outside": (
        "have a score outside [0, 1] in column {score}",
        "A score is the probability of the favourable outcome: map logits or points to probabilities first.",
    ),
    "weight_missing": ("have no weight: column {weight} is empty there", "Fill it, or leave out `weight:`."),
    "weight_tiny": (
        "have a weight above 0 and below 0.000000015 in column {weight}, too small to add up",
        "Scale the weights so that they average 1; a row that does not count has the weight 0.",
    ),
    "weight_outside": (
        "have a weight below 0 or above 16,777,216 in column {weight}",
        "Scale the weights so that they average 1.",
    ),
    "person_missing": ("name no person: column {person} is empty there", "Fill it, or leave out `person:`."),
}


def require_level_and_cases(evaluator: str, level: float, least: int, where: str | None = None) -> None:
    """Refuse a confidence level outside (0, 1), and a least number of cases in a group below 1.

    Raises
    ------
    UsageError
        Names the parameter.
    """
    if not 0 < level < 1:
        raise UsageError(
            f"{evaluator}: `level` must lie between 0 and 1", where=where, do="Write, for example, `level: 0.95`."
        )
    if least < 1:
        raise UsageError(
            f"{evaluator}: `min_denominator` must be a whole number of at least 1",
            where=where,
            do="Write `min_denominator: 20`.",
        )


def refuse(tally: RowTally) -> None:
    """Refuse rows from which no number should be made: one error, with how many there are.

    Raises
    ------
    SourceError
    """
    layout = tally.layout
    names = {part: quoted(getattr(layout, part) or "") for part in ("label", "prediction", "score", "weight", "person")}
    for what, (said, do) in _PROBLEMS.items():
        found = tally.problems.get(what, 0)
        if found and not (what == "label_missing" and layout.missing_label == "skip"):
            raise SourceError(f"{found} of {tally.rows} rows {said.format(**names)}", where=layout.where, do=do)
    for number, attribute in enumerate(layout.attributes):
        stray = tally.problems.get(f"stray {number}", 0)
        if stray:
            raise SourceError(
                f"{stray} of {tally.rows} rows hold, in column {quoted(attribute.name)}, a value that is declared neither as a "
                "group nor as unknown",
                where=layout.where,
                do="Add it under `groups:` or `unknown:`.",
            )
    if len(tally.strata) > MAX_STRATA:
        raise SourceError(
            f"the strata {', '.join(layout.strata)} have {len(tally.strata)} combinations, more than {MAX_STRATA}",
            where=layout.where,
            do="Put their values into bands first.",
        )
    if layout.kind in ("binary", "labels") and layout.favourable is not None and layout.label is not None:
        _refuse_labels(layout, tally)


def _refuse_labels(layout: Layout, tally: RowTally) -> None:
    """An outcome that never matches, or that matches but for a dot, a blank or its case, is not a zero."""
    favourable = layout.favourable
    assert favourable is not None
    assert layout.label is not None
    for column, seen in ((layout.label, tally.labels), (layout.prediction, tally.decisions)):
        alike = sorted(name for name in seen if name != favourable and _bare(name) == _bare(favourable))
        if alike and favourable in tally.labels:
            rows = sum(seen[name] for name in alike)
            raise SourceError(
                f"{rows} values of column {quoted(column or '')} differ from the favourable outcome {quoted(favourable)} "
                f"only by a dot, a blank or case: {quoted(alike[0])}",
                where=layout.where,
                do="Write one label for one outcome.",
            )
    known = {*tally.labels, *layout.declared}
    if tally.labels and favourable not in known:
        alike = [name for name in sorted(known) if _bare(name) == _bare(favourable)]
        common = [name for name in known if tally.labels.get(name, SMALL_CELL) >= SMALL_CELL]
        advice = (
            f"The nearest is {quoted(alike[0])}." if alike else hint(favourable, common) if len(known) <= 12 else ""
        )
        raise SourceError(
            f"the favourable outcome {quoted(favourable)} is not among the {len(known)} values of column "
            f"{quoted(layout.label)}",
            where=layout.where,
            do=f"Write `favourable:` as it is in the data. {advice}".strip(),
        )
    outcomes = {*tally.labels, *tally.decisions}
    if layout.kind == "binary" and len(outcomes) > 2:
        raise SourceError(
            f"column {quoted(layout.label)} and the predictions have {len(outcomes)} different outcomes, and a binary task has "
            "two",
            where=layout.where,
            do="Write the same two labels everywhere, or `task: multiclass` without `favourable:`.",
        )


def _bare(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()
