"""What documents print of a fairness evaluation: words, findings, tables and curves."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from cardwright.evaluators.fairness.options import FairnessOptions
from cardwright.evaluators.rows.counting import Tally, View
from cardwright.evaluators.rows.exact_sums import SCORE_BINS
from cardwright.evaluators.rows.gaps import Rules
from cardwright.evaluators.rows.rates import RATES
from cardwright.evaluators.rows.score_metrics import bracket, calibration_curve, roc_curve, score_cells
from cardwright.record.evaluation import Finding, NotTested, Series, Severity, Table, TableColumn
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.interface import Predictions
from cardwright.sources.interface import Table as TableSource

Measurement = Measured | Unmeasured

UNKNOWN_SHARE = 0.05
"""Share of rows of unknown membership from which a finding is more than a note."""

MAX_CLASSES = 20
"""With more classes only accuracy is compared between groups."""

_CURVES = 12
"""Groups of an attribute that get curves."""


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


def method(options: FairnessOptions, tally: Tally, rules: Rules) -> str:
    """How it was answered."""
    layout = tally.layout
    level = f"{options.level * 100:g} %"
    said = [
        "Rows are counted by group, true outcome and decision; every number is computed from these counts.",
        f"Rates of a group carry Wilson's interval ({level}, each by itself).",
        f"A gap is the highest minus the lowest rate, or the lowest over the highest, among groups with at least "
        f"{options.min_denominator} cases below the line of that rate (positives for a true positive rate). Its interval holds "
        "for all pairs of groups at once (Tukey's quantile with the score intervals of Newcombe, and of Donner and Zou for "
        "ratios), because the two extreme groups are picked after seeing the rates; equalized odds splits the error over its two "
        "rates. An interval of a plain bootstrap would not hold: it hardly ever covers a gap of 0.",
    ]
    if rules.plain:
        said.append(
            "P-values come from shuffling group labels with all margins fixed (exact where that is affordable, else "
            f"{rules.resamples} shuffles); they are adjusted by Holm's method over the declared family, and by Benjamini and "
            "Hochberg's for all other gaps, which only screen."
        )
    if layout.weight is not None:
        said.append("Rows are weighted; intervals use Kish's effective number of rows, and nothing is shuffled.")
    if layout.person is not None:
        said.append(
            f'Rows with one value of "{layout.person}" are one independent case: intervals use the spread between cases, for '
            "ranking and losses the most cautious effective number of rows, and nothing is shuffled."
        )
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
    return " ".join(said)


def limits(options: FairnessOptions, tally: Tally, baseline: bool) -> tuple[str, ...]:
    """What the numbers do not show."""
    layout = tally.layout
    said = [
        "A difference between groups says that they are treated or served differently on these rows; it does not say why, nor "
        "whether that is justified or lawful.",
        "A small or absent gap is not evidence of equal treatment of persons: groups that were not named, and persons within a "
        "group, can differ.",
        "True outcomes are taken as they are recorded. Where past decisions shaped them, error rates inherit that.",
        "The interval of a single group holds for that group alone; with many groups some will miss their true value.",
        "No interval covers how the rows were chosen. It speaks of a population of which these rows are a random sample.",
    ]
    if baseline:
        said.append(
            "The intervals of changes against the baseline are bootstrapped from joint counts. Where a gap is near 0 they are "
            "too hopeful about its size; they compare two models, and judge neither."
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
    options: FairnessOptions, source: Predictions | TableSource, tally: Tally, baseline: bool
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
            why="It takes a measure of similarity that nobody has stated.",
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
                why="The source names neither a column of decisions nor a threshold for its scores.",
            )
        )
    if layout.kind == "binary" and layout.score is None:
        found.append(NotTested(what="Ranking and calibration by group", why="The source names no column of scores."))
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
                why="The table names no label, or one that is neither a class nor has a favourable value.",
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


# --- findings ---------------------------------------------------------------------------------------------------------


def findings(
    options: FairnessOptions, source: Predictions | TableSource, tally: Tally, measurements: Sequence[Measurement]
) -> tuple[Finding, ...]:
    """What a person should look at."""
    found: list[Finding] = []
    if isinstance(source, Predictions) and source.threshold_selected_on == source.ref.name:
        found.append(
            Finding(
                severity="high",
                key="threshold_selected_on_test",
                explanation=f'The decision threshold was chosen on "{source.ref.name}", the rows evaluated here, so every '
                "number that rests on decisions is too good. Choose it on other rows.",
                where=source.ref.name,
            )
        )
    found += _unknown(tally)
    found += _small(measurements)
    for measurement in measurements:
        if (
            isinstance(measurement, Measured)
            and measurement.metric == "demographic_parity_ratio"
            and measurement.value < 0.8
        ):
            found.append(_four_fifths(measurement, options.alpha))
    missing = tally.problems.get("label_missing", 0)
    if missing:
        share = missing / tally.rows
        found.append(
            Finding(
                severity="medium" if share > UNKNOWN_SHARE else "low",
                key="missing_labels",
                explanation=f"{missing} of {tally.rows} rows have no label and take no part in label rates. If they are "
                "missing more often in one group, its rate is off.",
                where=tally.layout.label,
                count=missing,
            )
        )
    return tuple(found)


def _unknown(tally: Tally) -> list[Finding]:
    found = []
    for index, attribute in enumerate(tally.layout.attributes):
        view = tally.view((index,))
        rows = view.counts.reshape(len(view), -1).sum(axis=1) if len(view) else []
        unknown = sum(int(n) for n, known in zip(rows, view.known, strict=True) if not known)
        total = sum(int(n) for n in rows)
        if unknown:
            severity: Severity = "medium" if unknown > UNKNOWN_SHARE * total else "info"
            found.append(
                Finding(
                    severity=severity,
                    key="unknown_membership",
                    explanation=f"{attribute.name} is unknown for {unknown} of {total} rows ({unknown / total:.1%}). They are "
                    "shown as a group of their own and enter no gap, so that a difference they hide is not seen.",
                    where=attribute.name,
                    count=unknown,
                )
            )
    return found


def _small(measurements: Sequence[Measurement]) -> list[Finding]:
    """One finding per attribute and intersection whose selection or base rate leaves groups out, and one for other gaps."""
    found: list[Finding] = []
    for metric in (
        "demographic_parity_difference",
        "base_rate_difference",
        "equalized_odds_difference",
        "mean_prediction_difference",
    ):
        for measurement in measurements:
            groups = measurement.groups
            if (
                measurement.metric != metric
                or measurement.given
                or groups is None
                or groups.compared >= groups.expected
            ):
                continue
            names = " × ".join(measurement.across)
            if any(other.where == names and other.key == "groups_left_out" for other in found):
                continue
            left = groups.expected - groups.compared
            reasons = "; ".join(
                f"{' '.join(v or 'unknown' for v in excluded.slice.values())}: {excluded.reason}"
                for excluded in groups.excluded
                if excluded.reason != "no rows" or len(measurement.across) == 1
            )
            found.append(
                Finding(
                    severity="medium" if len(measurement.across) == 1 else "low",
                    key="groups_left_out",
                    explanation=f"{metric.replace('_', ' ')} over {names} covers {groups.compared} of {groups.expected} groups. "
                    f"Left out: {reasons[:1500]}.",
                    where=names[:200],
                    count=left,
                )
            )
    return found


def _four_fifths(measurement: Measured, alpha: float) -> Finding:
    test, interval, groups = measurement.test, measurement.interval, measurement.groups
    p = None if test is None else test.adjusted_p_value if test.adjusted_p_value is not None else test.p_value
    significant = p <= alpha if p is not None else interval is not None and interval.upper < 1
    names = " × ".join(measurement.across)
    lowest, highest = (
        " ".join(v or "unknown" for v in group.values()) if group else "?"
        for group in ((groups.lowest, groups.highest) if groups else (None, None))
    )
    shown = f", interval {interval.lower:.3f} to {interval.upper:.3f}" if interval else ""
    tested = f", adjusted p = {p:.3g}" if p is not None else ""
    of_class = "" if measurement.of_class is None else f" ({measurement.of_class})"
    verdict = "significant" if significant else "not significant, so chance alone could explain it"
    return Finding(
        severity="medium" if significant else "low",
        key="four_fifths",
        explanation=f"The selection rate{of_class} of {lowest} is {measurement.value:.3f} of that of {highest} "
        f"({names}{shown}{tested}): below four fifths, and {verdict}. Four fifths is a rule of thumb of United States "
        "employment practice (UGESP, 29 CFR 1607.4(D)), to be read together with statistical and practical significance; it "
        "is not a legal test of other decisions.",
        where=names[:200],
    )


# --- tables and curves ------------------------------------------------------------------------------------------------

_COLUMNS = {
    "binary": ("selection_rate", "true_positive_rate", "false_positive_rate", "positive_predictive_value", "accuracy"),
    "labels": ("base_rate",),
    "multiclass": ("accuracy",),
    "regression": ("mean_outcome", "mean_prediction", "mean_error", "mean_absolute_error"),
    "rows": ("group_share",),
}


def tables(
    options: FairnessOptions,
    source: Predictions | TableSource,
    tally: Tally,
    views: Sequence[View],
    measurements: Sequence[Measurement],
) -> tuple[Table, ...]:
    """A table of groups per attribute and intersection, of gaps, of gaps within strata, and of changes against a baseline.

    In print a table is cut after its first rows, so gaps of the declared family stand first, over every attribute.
    """
    by_cell: dict[tuple[object, ...], Measurement] = {}
    for m in measurements:
        if not m.across:
            by_cell.setdefault((m.metric, tuple(sorted(m.slice.items())), m.of_class), m)
    made = [_groups(tally, view, by_cell, options.min_denominator) for view in views]
    gaps = [m for m in measurements if m.across]
    strata = ", ".join(tally.layout.strata)
    beside = (
        "the labels, and beside the baseline's" if any(m.metric.endswith("_change") for m in gaps) else "the labels"
    )
    titles = {
        "gaps": "Gaps between groups",
        "gaps_within_strata": f"Gaps between groups within strata of {strata}",
        "changes": f"What decisions change: gaps beside those of {beside}",
    }
    for id, title in titles.items():
        chosen = [m for m in gaps if _table_of(m) == id]
        if chosen:
            made.append(_gaps(id, title[:500], sorted(chosen, key=lambda m: _rank(m.metric, options.family))))
    return tuple(made)


def _table_of(m: Measurement) -> str:
    if m.given:
        return "gaps_within_strata"
    return "changes" if m.metric == "bias_amplification" or m.metric.endswith("_change") else "gaps"


def _rank(metric: str, family: Sequence[str]) -> int:
    """The place of a gap's stem in the declared family; all others come after."""
    stem = metric.removesuffix("_difference").removesuffix("_ratio")
    return list(family).index(stem) if stem in family else len(family)


def _groups(tally: Tally, view: View, by_cell: dict[tuple[object, ...], Measurement], minimum: int) -> Table:
    """The groups of a view. Beside the first rate, which has its interval, a rate of fewer cases than the minimum is left out."""
    kind = tally.layout.kind
    metrics: tuple[str, ...] = _COLUMNS[kind]
    if kind == "binary" and not tally.layout.decides:
        scored = any(key[0] == "scoring_rate" for key in by_cell)
        metrics = ("scoring_rate", "base_rate") if scored else ("base_rate",)
    first = metrics[0]
    title = {name: rate.metric.title for name, rate in RATES.items()}
    columns = [
        TableColumn(name="group", title=" × ".join(tally.layout.attributes[i].name for i in view.attributes)),
        TableColumn(name="rows", title="Rows", unit="count"),
    ]
    for name in metrics:
        columns.append(
            TableColumn(name=name, title=title.get(name, name.replace("_", " ").capitalize()), unit="proportion")
        )
        if name == first:
            columns += [
                TableColumn(name="lower", title="Lower bound", unit="proportion"),
                TableColumn(name="upper", title="Upper bound", unit="proportion"),
            ]
    rows: list[tuple[float | str | None, ...]] = []
    for index, slice_ in enumerate(view.slices):
        key = tuple(sorted(slice_.items()))
        cells: list[float | str | None] = [
            " × ".join("unknown" if value is None else value for value in slice_.values())[:200],
            float(view.counts[index].sum()),
        ]
        for name in metrics:
            m = by_cell.get((name, key, None))
            measured = m if isinstance(m, Measured) else None
            enough = name == first or (
                measured and measured.denominator is not None and measured.denominator >= minimum
            )
            cells.append(measured.value if measured and enough else None)
            if name == first:
                interval = measured.interval if measured else None
                cells += [interval.lower if interval else None, interval.upper if interval else None]
        rows.append(tuple(cells))
    number = "_".join(str(i + 1) for i in view.attributes)
    title_ = f"Groups of {' × '.join(tally.layout.attributes[i].name for i in view.attributes)}"
    if len(metrics) > 1:
        title_ += f"; a rate of fewer than {minimum} cases stands in measurements.csv alone"
    return Table(id=f"groups_{number}", title=title_, columns=tuple(columns), rows=tuple(rows))


def _gaps(id: str, title: str, gaps: Sequence[Measurement]) -> Table:
    columns = (
        TableColumn(name="gap", title="Gap"),
        TableColumn(name="across", title="Across"),
        TableColumn(name="value", title="Value"),
        TableColumn(name="lower", title="Lower bound"),
        TableColumn(name="upper", title="Upper bound"),
        TableColumn(name="groups", title="Groups compared"),
        TableColumn(name="lowest", title="Lowest"),
        TableColumn(name="highest", title="Highest"),
        TableColumn(name="p", title="Adjusted p-value"),
    )
    rows = []
    for m in gaps:
        measured = m if isinstance(m, Measured) else None
        groups, test = m.groups, measured.test if measured else None
        name = m.metric.replace("_", " ")
        name += f" of {m.of_class}" if m.of_class is not None else ""
        name += f" given {', '.join(m.given)}" if m.given else ""

        def shown(group: dict[str, str | None] | None) -> str | None:
            return None if group is None else " × ".join(value or "unknown" for value in group.values())[:200]

        rows.append(
            (
                name[:200],
                " × ".join(m.across)[:200],
                measured.value if measured else None,
                measured.interval.lower if measured and measured.interval else None,
                measured.interval.upper if measured and measured.interval else None,
                f"{groups.compared} of {groups.expected}" if groups else None,
                shown(groups.lowest if groups else None),
                shown(groups.highest if groups else None),
                None if test is None else test.adjusted_p_value if test.adjusted_p_value is not None else test.p_value,
            )
        )
    return Table(id=id, title=title, columns=columns, rows=tuple(rows))


def series(tally: Tally, views: Sequence[View]) -> tuple[Series, ...]:
    """ROC and calibration curves of each group of each attribute."""
    found: list[Series] = []
    for view in views:
        if len(view.attributes) != 1 or len(view) > _CURVES:
            continue
        cells = score_cells(tally, view)
        for number, (slice_, cell) in enumerate(zip(view.slices, cells or (), strict=False)):
            name = " ".join("unknown" if value is None else value for value in slice_.values())
            roc = roc_curve(cell)
            place = f"{view.attributes[0] + 1}_{number + 1}"
            if roc is not None:
                found.append(
                    Series(
                        id=f"roc_{place}",
                        title=f"ROC curve: {name}",
                        x="False positive rate",
                        y="True positive rate",
                        slice=slice_,
                        points=roc,
                    )
                )
            if cell.n:
                found.append(
                    Series(
                        id=f"calibration_{place}",
                        title=f"Calibration: {name}",
                        x="Mean score",
                        y="Share with the favourable outcome",
                        slice=slice_,
                        points=calibration_curve(cell),
                    )
                )
    return tuple(found)
