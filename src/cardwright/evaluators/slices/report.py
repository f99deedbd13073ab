"""What documents print of slices: words, findings, and tables of declared and of found slices."""

from __future__ import annotations

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows.ranked import AT
from cardwright.evaluators.rows.rates import About
from cardwright.evaluators.rows.slice_sample import (
    BoolArray,
    Cuts,
    Sample,
    SlicePart,
)
from cardwright.evaluators.rows.wording import figure, p_value
from cardwright.evaluators.slices.judge import is_significant
from cardwright.evaluators.slices.options import SlicesOptions
from cardwright.evaluators.slices.plan import FOUND, Measurement, SliceRules, difference_metric
from cardwright.evaluators.slices.tree import FoundSlices
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import (
    Coverage,
    Evaluation,
    Finding,
    NotTested,
    Scanned,
    Table,
    TableColumn,
)
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.statistics.contrast import (
    Losses,
)


def without_decisions(options: SlicesOptions, inputs: Inputs, sample: Sample, about: About) -> Evaluation:
    why = "The source has scores but neither decisions nor a threshold, so no decision is right or wrong."
    rows = sample.batch.num_rows
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=inputs.binding,
        question="In which slices of the rows is the model wrong more often?",
        method="An error is a decision that differs from the outcome.",
        limits=("Without decisions there are no errors to find.",),
        measurements=(
            Unmeasured(metric=sample.metric.name, code="not_applicable", reason=why, sampling=about.sampling(rows)),
        ),
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=rows, total=sample.total),),
            not_tested=(NotTested(what="all slices", why="the source has no decisions"),),
        ),
        completeness="complete" if sample.whole else "sampled",
    )


def method(options: SlicesOptions, sample: Sample, cuts: list[Cuts], finding: BoolArray, losses: Losses) -> str:
    regression = sample.source.says_numbers
    what = (
        f"The loss of a candidate is 1 − NDCG at {AT} of its query, and each query counts once. "
        if sample.query is not None
        else "The loss of a row is its absolute error. "
        if regression
        else "An error is a decision that differs from the outcome. "
    )
    if losses.plain:
        intervals = (
            "Means have Student's interval and Welch's for the difference to all other rows. "
            if regression
            else "Rates have Wilson's interval; the difference to all other rows Newcombe's, tested by Fisher's exact test where "
            "fewer than five are expected and by the score test otherwise. "
        )
    else:
        intervals = "Rows are weighted or clustered: intervals and tests are linearised, with cases as clusters. "
    numeric = f"Numbers were cut: {'; '.join(as_label(cut.how) for cut in cuts)}. " if cuts else ""
    tree = ""
    if options.find:
        tree = (
            f"Further slices were found, exploratorily, by a tree (scikit-learn, depth at most {options.max_depth}, at least "
            f"{options.min_leaf} rows a leaf) on {int(finding.sum())} rows drawn by a keyed hash; its leaves with more errors "
            f"than that half were judged on the other {int((~finding).sum())} rows, which took no part in choosing them. "
            "Categories were ordered by their errors in the finding half only; missing values can form a branch of their own. "
            "Coverage is the share of all errors of the judging half that fall into the slice, lift its error rate over that of "
            "the judging half; the test is one-sided, against all its other rows. "
        )
    return (
        f"{what}{intervals}{numeric}P-values are adjusted by Benjamini and Hochberg (1995), declared and found slices each as a "
        f"family. {tree}"
    ).strip()


def slice_findings(
    sample: Sample,
    by_part: list[list[Measurement]],
    judged: list[list[Measurement]],
    rules: SliceRules,
    losses: Losses,
) -> list[Finding]:
    findings: list[Finding] = []
    name = "mean absolute error" if not losses.binary else "error rate"
    for measurements in by_part:
        if len(measurements) < 2:
            continue
        own, difference = measurements
        if isinstance(own, Measured) and isinstance(difference, Measured) and difference.value > 0:
            if not is_significant(difference, rules.alpha):
                continue
            words = ", ".join(f"{k} = {'unknown' if v is None else v}" for k, v in own.slice.items())
            findings.append(
                Finding(
                    severity="low",
                    key="slice_with_more_errors",
                    explanation=f"In the slice {words} the {name} is {figure(own.value)}{_of_rows(own)}, "
                    f"{figure(difference.value)} above that of the rest (adjusted {p_value(_adjusted(difference))}).",
                    where=as_label(words),
                    count=None if own.numerator is None else int(own.numerator),
                )
            )
    for leaf in judged:
        lifted = leaf[0]
        if isinstance(lifted, Measured) and is_significant(lifted, rules.alpha):
            findings.append(
                Finding(
                    severity="low",
                    key="found_slice",
                    explanation=f"Exploratory: where {lifted.slice[FOUND]}, the {name} is {figure(lifted.value)} times the "
                    "average, on the half of the rows by which the slice was not chosen (adjusted "
                    f"{p_value(_adjusted(lifted))}).",
                    where=lifted.slice[FOUND],
                )
            )
    return findings


def _of_rows(m: Measured) -> str:
    """` (33 of 118)`, for a rate that is a count of rows."""
    if m.numerator is None or m.denominator is None or m.numerator != int(m.numerator):
        return ""
    return f" ({m.numerator:,.0f} of {m.denominator:,.0f})"


def _adjusted(m: Measured) -> float:
    assert m.test is not None
    assert m.test.adjusted_p_value is not None
    return m.test.adjusted_p_value


def _number(m: Measurement) -> float | None:
    return m.value if isinstance(m, Measured) else None


def _bound(m: Measurement, side: str) -> float | None:
    if not isinstance(m, Measured) or m.interval is None:
        return None
    return float(getattr(m.interval, side))


def _adjusted_p(m: Measurement) -> float | None:
    return m.test.adjusted_p_value if isinstance(m, Measured) and m.test is not None else None


def declared_table(sample: Sample, parts: list[SlicePart], by_part: list[list[Measurement]]) -> tuple[Table, ...]:
    if not parts:
        return ()
    rate, difference = sample.metric, difference_metric(sample.metric)
    rows = tuple(
        (
            as_label(part.column),
            "unknown" if part.value is None else part.value,
            float(part.rows.sum()),
            _number(m[0]),
            _bound(m[0], "lower"),
            _bound(m[0], "upper"),
            _number(m[1]),
            _bound(m[1], "lower"),
            _bound(m[1], "upper"),
            _adjusted_p(m[1]),
        )
        for part, m in zip(parts, by_part, strict=True)
    )
    unit = rate.unit
    return (
        Table(
            id="declared-slices",
            title="Declared slices compared with the rest of the rows",
            columns=(
                TableColumn(name="column", title="Column"),
                TableColumn(name="slice", title="Slice"),
                TableColumn(name="rows", title="Rows", unit="count"),
                TableColumn(name="value", title=rate.title, unit=unit),
                TableColumn(name="lower", title="Lower bound", unit=unit),
                TableColumn(name="upper", title="Upper bound", unit=unit),
                TableColumn(name="difference", title="Difference to the rest", unit=difference.unit),
                TableColumn(name="difference_lower", title="Lower bound", unit=difference.unit),
                TableColumn(name="difference_upper", title="Upper bound", unit=difference.unit),
                TableColumn(name="adjusted_p", title="Adjusted p", unit="probability"),
            ),
            rows=rows,
        ),
    )


def found_table(sample: Sample, judged: list[list[Measurement]]) -> tuple[Table, ...]:
    if not judged:
        return ()
    rows = []
    for leaf in judged:
        lifted, rate, covered = leaf[0], leaf[1], leaf[2]
        sampling = lifted.sampling
        rows.append(
            (
                lifted.slice[FOUND],
                None if sampling is None else float(sampling.observations),
                _number(rate),
                _number(covered),
                _number(lifted),
                _bound(lifted, "lower"),
                _bound(lifted, "upper"),
                _adjusted_p(lifted),
            )
        )
    unit = sample.metric.unit
    return (
        Table(
            id="found-slices",
            title="Exploratory: slices that a tree found on one half of the rows, evaluated on the other",
            columns=(
                TableColumn(name="rule", title="Where"),
                TableColumn(name="rows", title="Rows", unit="count"),
                TableColumn(name="value", title=sample.metric.title, unit=unit),
                TableColumn(name="coverage", title="Error coverage", unit="proportion"),
                TableColumn(name="lift", title="Lift", unit="ratio"),
                TableColumn(name="lower", title="Lower bound", unit="ratio"),
                TableColumn(name="upper", title="Upper bound", unit="ratio"),
                TableColumn(name="adjusted_p", title="Adjusted p", unit="probability"),
            ),
            rows=tuple(rows),
        ),
    )


def not_tested(
    options: SlicesOptions, searched: list[str], found: FoundSlices, finding: BoolArray
) -> tuple[NotTested, ...]:
    listed = [NotTested(what="undeclared columns", why="slices are made from declared columns only")]
    if not options.find:
        listed.append(NotTested(what="undeclared slices", why="the plan says `find: false`"))
    elif not searched:
        listed.append(NotTested(what="undeclared slices", why="no column was declared for the search"))
    elif not found.leaves:
        listed.append(
            NotTested(
                what="undeclared slices",
                why=f"the tree found no split of the {int(finding.sum())} rows of the finding half",
            )
        )
    listed += [
        NotTested(what=f"the column {as_label(column)} in the search for slices", why=why)
        for column, why in sorted(found.left_out.items())
    ]
    listed.append(NotTested(what="crossings of declared slices", why="each column was cut by itself"))
    return tuple(listed)
