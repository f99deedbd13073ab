"""Whether scores point the right way: a score of the other outcome turns every number about it round, and looks like a model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from cardwright.evaluators.rows.counting import count
from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.repeats import repeat_findings
from cardwright.evaluators.rows.score_metrics import calibration_slope, roc_auc, score_cells
from cardwright.evaluators.rows.tally import RowTally
from cardwright.record.evaluation import Finding
from cardwright.sources.interface import Predictions, Table
from cardwright.sources.shape import summed

_LEVEL = 0.95


def direction_findings(tally: RowTally) -> list[Finding]:
    """A critical finding if scores rank the favourable outcome below the other, beyond chance.

    That is so if the 95 % interval of the ROC AUC over all rows lies below one half, or that of the calibration slope below 0: a
    few confident scores can be reversed while most rows hold the AUC near one half. A model can be that bad; far more often the
    column is the probability of the other outcome, and then selection rates, gaps and calibration are those of another decision.
    Nothing is said of rows without scores, and of too few rows for an interval.
    """
    pooled = score_cells(tally, tally.view(()))
    if not pooled:
        return []
    auc, slope = roc_auc(pooled[0], _LEVEL), calibration_slope(pooled[0], _LEVEL)
    if auc.value is not None and auc.bounds is not None and auc.bounds.upper < 0.5:
        shown = f"ranks the favourable outcome below the other: ROC AUC {auc.value:.3f}, at most {auc.bounds.upper:.3f}"
    elif slope is not None and slope.bounds.upper < 0:
        shown = "goes with the favourable outcome less often where it is higher: calibration slope "
        shown += f"{slope.estimate:.3f}, at most {slope.bounds.upper:.3f}"
    else:
        return []
    return [
        Finding(
            severity="critical",
            key="score_reversed",
            explanation=f"The score {shown}. It is probably the probability of the other outcome, and then every number here "
            "that rests on it is reversed. Name the outcome that it is the probability of as `favourable`, say `of: other` in "
            "`score_scale:`, or store 1 - score.",
            where=tally.layout.score,
        )
    ]


def of_scores(source: Predictions, seed: int) -> list[Finding]:
    """The same of a source whose scores are not tallied elsewhere: read once more, without groups."""
    if source.score is None or source.task != "binary":
        return []
    layout = replace(Layout.of(source, seed=seed, groups=False), prediction=None, threshold=None)
    tally: RowTally | None = summed(source.rows, partial(count, layout), layout.columns)
    return [] if tally is None else direction_findings(tally)


def row_findings(source: Predictions | Table, seed: int) -> list[Finding]:
    """What every evaluation of rows says of them, whatever it measures: a reversed score, and rows that belong together."""
    reversed_score = of_scores(source, seed) if isinstance(source, Predictions) else []
    return [*reversed_score, *repeat_findings(source, seed)]


__all__ = ["direction_findings", "of_scores", "row_findings"]
