"""What documents print of performance: words, findings, the confusion matrix and curves."""

from __future__ import annotations

from cardwright.evaluators.performance.options import PerformanceOptions
from cardwright.evaluators.rows.direction import direction_findings
from cardwright.evaluators.rows.exact_sums import CALIBRATION_BINS, SCORE_BINS
from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.rates import how_sure
from cardwright.evaluators.rows.score_metrics import (
    ScoreCell,
    bracket,
    calibration_curve,
    roc_curve,
)
from cardwright.evaluators.rows.tally import Cell, RowTally
from cardwright.evaluators.rows.wording import agree, counted
from cardwright.record.evaluation import (
    Finding,
    NotTested,
    Series,
    Table,
    TableColumn,
)
from cardwright.sources.interface import Predictions

MAX_SHOWN = 30
"""The largest confusion matrix that is printed."""

_FEW_ROWS = 100

QUESTIONS = {
    "binary": "How often are the model's decisions right, how well do its scores rank, and do its probabilities come true?",
    "multiclass": "How often does the model name the true class, over all classes and for each?",
    "regression": "How far are the model's predicted values from the true ones?",
}


def method_of(options: PerformanceOptions, source: Predictions, tally: RowTally, baseline: bool) -> str:
    layout = tally.layout
    level = f"{options.level * 100:g} %"
    said = [
        f"All rows are counted by true outcome and prediction; every number has an interval at {level}, each on its own."
    ]
    if layout.kind == "regression":
        said.append(
            "Means carry Student's interval; the root mean squared error that of the mean squared error under the root, R² "
            "one by the delta method. The standardized bias takes the spread of the outcome as given. The intervals hold from "
            "about a hundred rows on, and need more where errors have heavy tails."
        )
    else:
        said.append(
            "Rates carry Wilson's interval, F1 that of the Jaccard index it rises with, balanced accuracy one that adds the "
            "distances of each recall to its bounds (Zou and Donner)."
        )
    if layout.kind == "multiclass":
        said.append(
            "Macro F1, the Matthews correlation (Gorodkin's for several classes) and Cohen's kappa are bootstrapped from the "
            "confusion matrix (BCa)."
        )
    if options.horizon is not None:
        said.append(
            "Errors of each horizon are means over its rows"
            + (", with intervals from the linearised variance over series." if options.series else ".")
            + " The root mean squared error has the interval of the mean square under the root."
        )
    if options.probabilities:
        said.append(
            f"Each class is compared with the rest: the calibration error over {CALIBRATION_BINS} bins takes off what chance "
            "alone would show; the largest has the interval of its class at a level that holds for all classes together."
        )
    if layout.score is not None:
        said.append(
            "ROC AUC carries DeLong's interval, average precision the logit interval of Boyd, Eng and Page, the Brier score "
            f"and log loss Student's. The calibration error is taken over {CALIBRATION_BINS} bins of equal width; a model "
            "whose probabilities are right would still show some, so its interval takes off what chance alone would show."
        )
    if tally.layout.score is not None and source.ref.score_scale is not None:
        said.append(f"Scores were mapped: {source.ref.score_scale}.")
    if baseline:
        said.append(
            "Changes against the baseline are taken on the same rows: of rates with Tango's interval and McNemar's test, of the "
            "ROC AUC with DeLong's, of losses with Student's."
        )
    if layout.derived:
        said.append(f"A decision is favourable where the score is at least {layout.threshold}.")
    said.append(how_sure(tally, options.level))
    return " ".join(filter(None, said))


def limits_of(tally: RowTally, scored: ScoreCell | None) -> tuple[str, ...]:
    layout = tally.layout
    said = [
        "The numbers are about these rows and about a population of which they are a random sample; no interval covers how the "
        "rows were chosen, or change over time.",
        "True outcomes are taken as recorded; errors in them count as errors of the model, or hide some.",
        "An average over all rows can hide that the model serves some groups badly; see the fairness evaluation.",
    ]
    if layout.kind != "regression":
        said.append("The numbers weight both kinds of wrong decisions by how often they occur, not by what they cost.")
    width = bracket(scored) if scored is not None else None
    if width is not None:
        said.append(
            f"Scores are counted in {SCORE_BINS} bins; the ROC AUC is known to within {width:.2g} of what single scores "
            "would give."
        )
    if layout.weight is not None or layout.person is not None:
        without = {
            "binary": "the calibration error",
            "multiclass": "macro F1",
            "regression": "the root mean squared error and R²",
        }
        said.append(f"For weighted or clustered rows {without[layout.kind]} has no interval.")
    return tuple(said)


def not_tested_parts(layout: Layout, baseline: bool, probabilities: bool) -> tuple[NotTested, ...]:
    found = [
        NotTested(what="Rows unlike these", why="Shifted, perturbed or adversarial inputs were not given."),
    ]
    if not baseline:
        why = "No baseline is compared on these rows here."
        found.append(NotTested(what="Whether the model is better than what it replaces", why=why))
    if layout.kind == "binary" and layout.score is None:
        found.append(NotTested(what="Ranking and calibration", why="The source names no score column."))
    if layout.kind == "binary" and not layout.decides:
        found.append(NotTested(what="Decisions", why="The source names neither a decision column nor a threshold."))
    if layout.kind == "multiclass" and not probabilities:
        found.append(NotTested(what="Calibration", why="No columns of probabilities are named (`probabilities:`)."))
    if layout.kind == "multiclass":
        found.append(NotTested(what="Ranking", why="Of several classes none is ranked above the others."))
    return tuple(found)


def row_findings(source: Predictions, tally: RowTally) -> tuple[Finding, ...]:
    found: list[Finding] = []
    if source.threshold_selected_on == source.ref.name:
        found.append(
            Finding(
                severity="high",
                key="threshold_selected_on_test",
                explanation=f'The decision threshold was chosen on "{source.ref.name}", the rows evaluated here, so every number '
                "that depends on decisions is too optimistic. Choose it on other rows.",
                where=source.ref.name,
            )
        )
    found += tally.weight_findings()
    found += direction_findings(tally)
    rows = int(tally.counts.sum())
    if rows < _FEW_ROWS:
        found.append(
            Finding(
                severity="medium",
                key="few_rows",
                explanation=f"There {agree(rows, 'is', 'are')} {counted(rows, 'row')}. Numbers from fewer than "
                f"{_FEW_ROWS} rows say little; read their intervals.",
                count=rows,
            )
        )
    return tuple(found)


def confusion_tables(cell: Cell, layout: Layout) -> tuple[Table, ...]:
    if layout.kind == "regression" or not layout.decides or len(cell.counts) > MAX_SHOWN:
        return ()
    if layout.kind == "binary":
        names = [f"{layout.favourable} (favourable)", "other"]
        order = [1, 0]
    else:
        names, order = list(layout.classes), list(range(len(layout.classes)))
    columns = (
        TableColumn(name="outcome", title="True outcome"),
        *(
            TableColumn(name=f"predicted_{number + 1}", title=f"Predicted {name}", unit="count")
            for number, name in enumerate(names)
        ),
    )
    rows = tuple(
        (name[:200], *(float(cell.counts[code, other]) for other in order))
        for name, code in zip(names, order, strict=True)
    )
    return (Table(id="confusion", title="Rows by true outcome and prediction", columns=columns, rows=rows),)


def score_curves(scored: ScoreCell | None) -> tuple[Series, ...]:
    if scored is None:
        return ()
    found = []
    roc = roc_curve(scored)
    if roc is not None:
        found.append(Series(id="roc", title="ROC curve", x="False positive rate", y="True positive rate", points=roc))
    if scored.n and scored.probability:
        found.append(
            Series(
                id="calibration",
                title="Calibration",
                x="Mean score",
                y="Share with the favourable outcome",
                points=calibration_curve(scored),
            )
        )
    return tuple(found)


__all__ = ["confusion_tables", "limits_of", "method_of", "not_tested_parts", "row_findings", "score_curves"]
