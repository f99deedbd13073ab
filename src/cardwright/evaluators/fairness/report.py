"""What documents print of a fairness evaluation: words, findings, tables and curves."""

from __future__ import annotations

from pydantic import JsonValue

from cardwright.evaluators.fairness.between import too_many_cells
from cardwright.evaluators.fairness.options import FairnessOptions
from cardwright.evaluators.fairness.plan import MAX_CLASSES
from cardwright.evaluators.rows.exact_sums import SCORE_BINS
from cardwright.evaluators.rows.gaps import Rules
from cardwright.evaluators.rows.rates import how_sure
from cardwright.evaluators.rows.score_metrics import bracket, score_cells
from cardwright.evaluators.rows.tally import GroupView, RowTally
from cardwright.record.evaluation import NotTested
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.interface import Predictions
from cardwright.sources.interface import Table as TableSource

Measurement = Measured | Unmeasured


def parameters(options: FairnessOptions) -> dict[str, JsonValue]:
    """How the evaluator is set, as the record states it."""
    return {
        "min_denominator": options.min_denominator,
        "depth": options.depth,
        "level": options.level,
        "alpha": options.alpha,
        "family": list(options.family),
        "limits": dict(options.limits) if options.limits is not None else None,
        "reference": dict(options.reference) if options.reference is not None else None,
    }


def question(source: Predictions | TableSource) -> str:
    """What is asked."""
    names = ", ".join(attribute.name for attribute in source.sensitive)
    if isinstance(source, TableSource):
        return f"Does the rate of the favourable label in these data differ between groups of {names}?"
    if source.task == "regression":
        return f"Do predicted values and their errors differ between groups of {names}?"
    return f"Do decisions, and how often they are wrong, differ between groups of {names}?"


def method(options: FairnessOptions, tally: RowTally, rules: Rules) -> str:
    """How it was answered."""
    layout = tally.layout
    level = f"{options.level * 100:g} %"
    said = [
        "Rows are counted by group, true outcome and decision; every number is computed from these counts.",
        f"Rates of a group carry Wilson's interval ({level}, each by itself).",
        f"A gap is the highest minus the lowest rate, or the lowest over the highest, among groups with at least "
        f"{options.min_denominator} cases in the denominator of that rate (positives for a true positive rate). Its interval "
        "holds for all pairs of these groups at once (Tukey's quantile with the score intervals of Newcombe, and of Donner and "
        "Zou for ratios), because the two extreme groups are picked after seeing the rates; equalized odds splits the error over "
        "its two rates. A plain bootstrap interval would not hold: it hardly ever covers a gap of 0.",
    ]
    if rules.plain:
        said.append(
            "P-values come from permuting group labels with all margins fixed (exact where that is affordable, else "
            f"{rules.resamples} shuffles); they are adjusted by Holm's method over the declared family, and by Benjamini and "
            "Hochberg's for all other gaps, which are for screening only."
        )
    if not rules.plain:
        said.append("Nothing is shuffled, so there are no p-values.")
    said.append(how_sure(tally, options.level))
    if layout.strata and rules.plain:
        said.append(
            f"Gaps given {', '.join(layout.strata)} compare groups within strata only (Mantel and Haenszel's weights, Sato's "
            "variance, the Cochran-Mantel-Haenszel test)."
        )
    if tally.scores and not layout.decides and rules.plain:
        said.append(
            "Scores have no threshold, so the scoring rate stands in for the selection rate: the share of a group strictly above "
            "the median score of all rows (New York City, 6 RCNY 5-300; the rule has no pass mark). Adverse impact ratios are "
            "ratios of scoring rates. The median is taken as given."
        )
    if tally.scores:
        said.append(
            "ROC AUC carries DeLong's interval; the calibration error is taken over ten bins of equal width and its interval "
            "takes off what chance alone would show."
        )
    said.append("Rows of unknown membership are shown as a group of their own and never enter a gap.")
    return " ".join(filter(None, said))


def limits(options: FairnessOptions, tally: RowTally, baseline: bool) -> tuple[str, ...]:
    """What the numbers do not show."""
    layout = tally.layout
    said = [
        "A difference between groups says that they are treated or served differently on these rows; it does not say why, nor "
        "whether that is justified or lawful.",
        "A small or absent gap is not evidence of equal treatment of persons: groups that were not named, and persons within a "
        "group, can differ.",
        "True outcomes are taken as recorded. Where past decisions shaped them, error rates inherit that.",
        "The interval of a single group holds for that group alone; with many groups some will miss their true value.",
        "No interval covers how the rows were chosen. It speaks of a population of which these rows are a random sample.",
    ]
    if baseline:
        said.append(
            "The intervals of changes against the baseline are bootstrapped from joint counts. Where a gap is near 0 they "
            "understate its size; they compare two models, and judge neither."
        )
    if layout.weight is not None or layout.person is not None:
        said.append(
            "Weighted or clustered rows have no permutation tests, shortfalls or odds ratios, and their calibration error "
            "has no interval."
        )
    if layout.person is not None:
        said.append(
            "Groups are compared as if no case had rows in two groups. Cases are told apart by a 64-bit hash: among a million, "
            "two are taken for one with probability 3e-8."
        )
    if tally.scores and tally.scores[0].values is None:
        largest = max(
            (width for cell in score_cells(tally, tally.view(())) or () if (width := bracket(cell)) is not None),
            default=None,
        )
        if largest is not None:
            said.append(
                f"Scores are counted in {SCORE_BINS} bins; the overall ROC AUC is known to within {largest:.2g} of what single "
                "scores would give."
            )
    return tuple(said)


def not_tested(
    options: FairnessOptions, source: Predictions | TableSource, tally: RowTally, baseline: bool
) -> list[NotTested]:
    """What was not looked at."""
    layout = tally.layout
    names = [attribute.name for attribute in layout.attributes]
    found = [
        NotTested(
            what="Attributes that the source does not name as sensitive",
            why=f"Only {', '.join(names)} {'are' if len(names) > 1 else 'is'} declared.",
        ),
        NotTested(
            what="Whether similar persons are treated alike",
            why="That needs a measure of similarity, and none was given.",
        ),
    ]
    if len(names) > options.depth:
        found.append(
            NotTested(
                what=f"Intersections of more than {options.depth} attributes", why="`depth` does not ask for them."
            )
        )
    if layout.kind == "binary" and not layout.decides:
        found.append(
            NotTested(
                what="Decisions: selection rates, error rates and all gaps that rest on them",
                why="The source names neither a decision column nor a threshold for its scores.",
            )
        )
    if layout.kind == "binary" and layout.score is None:
        found.append(NotTested(what="Ranking and calibration by group", why="The source names no score column."))
    if len(layout.classes) > MAX_CLASSES:
        found.append(
            NotTested(
                what="Rates of single classes by group",
                why=f"There are {len(layout.classes)} classes, more than {MAX_CLASSES}.",
            )
        )
    if layout.kind == "rows":
        found.append(
            NotTested(
                what="Label rates by group",
                why="The table names no label, or a label that has neither classes nor a favourable value.",
            )
        )
    if isinstance(source, Predictions) and not baseline:
        found.append(
            NotTested(
                what="Whether gaps are smaller than those of what the model replaces", why="No `baseline` is given."
            )
        )
    if isinstance(source, Predictions) and not layout.strata:
        found.append(NotTested(what="Gaps within strata", why="The source names no `strata`."))
    return found


def crossed_too_far(view: GroupView) -> NotTested:
    """An intersection with more cells than anybody reads: said, not left out."""
    names = " × ".join(view.tally.layout.attributes[index].name for index in view.attributes)
    return NotTested(
        what=f"The intersection {names}",
        why=f"{too_many_cells(view)} Fold small groups together, or set `depth: 1`.",
    )
