"""From rows to slices: declared ones beside the rest of the rows, and those that a tree found, judged on the other half."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows.rates import LOWER, NEITHER, About, Metric, interval_of
from cardwright.evaluators.rows.sampling import keyed_hash
from cardwright.evaluators.rows.slice_sample import (
    BoolArray,
    Cuts,
    Part,
    Sample,
    check_edges,
    declared_columns,
    parts_of,
    read,
)
from cardwright.evaluators.slices.options import SlicesOptions
from cardwright.evaluators.slices.tree import Found, grow
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import (
    Coverage,
    Evaluation,
    Finding,
    NotTested,
    Scanned,
    Table,
    TableColumn,
    count_severities,
)
from cardwright.record.measurement import Excluded, Groups, Interval, Measured, Test, Unmeasured
from cardwright.sources.interface import Predictions
from cardwright.statistics.contrast import (
    Contrast,
    Losses,
    coverage,
    difference_to_rest,
    lift,
    mean_loss,
)
from cardwright.statistics.multiplicity import benjamini_hochberg

Measurement = Measured | Unmeasured

FOUND = "found slice"
"""The attribute under which a rule of the tree stands in a record."""

COVERAGE = Metric("error_coverage", "Error coverage", "proportion", NEITHER)
LIFT = Metric("error_lift", "Error lift", "ratio", LOWER)
SHARE = Metric("slice_share", "Share of the rows", "proportion", NEITHER)
LARGEST = Metric("largest_slice_difference", "Largest difference of a declared slice to the rest", "difference", LOWER)


def difference_metric(rate: Metric) -> Metric:
    """The metric of a slice's rate minus the rest's."""
    unit = "difference" if rate.unit == "proportion" else rate.unit
    return Metric(f"{rate.name}_difference_to_rest", f"{rate.title}, difference to the rest", unit, LOWER)


@dataclass(frozen=True)
class Rules:
    """How slices are judged."""

    level: float
    alpha: float
    least: int


def check(options: SlicesOptions, where: str) -> None:
    """Refuse parameters that are out of their range.

    Raises
    ------
    UsageError
    """
    for name, least in (("quantiles", 2), ("max_depth", 1), ("min_leaf", 2), ("min_denominator", 1), ("rows", 1)):
        value = getattr(options, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise UsageError(f"`{name}` is a whole number of at least {least}", where=where)
    for name in ("level", "alpha"):
        value = getattr(options, name)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1:
            raise UsageError(f"`{name}` lies between 0 and 1", where=where)
    if options.max_depth > 5:
        raise UsageError("`max_depth` is at most 5: a deeper rule is not read by anybody", where=where)


def assess(options: SlicesOptions, inputs: Inputs) -> Evaluation:
    """See `Slices.evaluate`."""
    where = f"{inputs.id} (slices)"
    check(options, where)
    source = inputs.get("source", Predictions)
    edges = check_edges(options.edges, where)
    declared = declared_columns(source, options.columns, edges, where)
    if FOUND in declared:
        raise UsageError(
            f'a column called "{FOUND}" cannot make slices: the record names the rules of the tree by that word',
            where=where,
            do="Rename the column.",
        )
    searched = _searched(options, source, declared, where) if options.find else []
    sample = read(source, list(dict.fromkeys([*declared, *searched])), options.rows, inputs.seed)
    about = About.of(source, sample.layout.derived)
    losses = sample.losses()
    rules = Rules(options.level, options.alpha, options.min_denominator)
    if losses is None:
        return _without_decisions(options, inputs, sample, about)
    parts, cuts = parts_of(sample, declared, edges, options.quantiles, where)
    measurements = [_overall(sample, losses, about, rules)]
    by_part = _judge_declared(sample, parts, losses, about, rules)
    measurements += [m for found in by_part for m in found]
    measurements.append(_largest(sample, parts, by_part, losses, about, rules))
    judged: list[list[Measurement]] = []
    found = Found(())
    finding = np.zeros(len(losses.loss), bool)
    if options.find:
        finding = halves(sample, inputs.seed)
        found = grow(
            sample,
            searched,
            finding,
            losses,
            max_depth=options.max_depth,
            min_leaf=options.min_leaf,
            seed=inputs.seed,
        )
        worse = _worse(found, losses, finding)
        judged = _judge_found(sample, found, worse, finding, losses, about, rules)
        measurements += [m for leaf in judged for m in leaf]
        measurements.append(_count(judged, finding, about, rules))
    findings = _findings(sample, by_part, judged, rules, losses)
    size = len(losses.loss)
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=inputs.binding,
        question="In which slices of the rows is the model wrong more often?",
        method=_method(options, sample, cuts, finding, losses),
        limits=(
            "A slice with more errors does not say why; its rows can differ in much else.",
            "Intervals hold for one slice at a time. Adjusted p-values are for screening: of the slices pointed out, a share of "
            f"at most {options.alpha:g} is expected to be so by chance, over the family of the table.",
            *(
                (
                    "Found slices are exploratory: the tree looked for them, another seed or another half finds others. Numbers "
                    "are of the half that did not choose them. They raise questions, and settle none.",
                )
                if options.find
                else ()
            ),
            f"Slices of fewer than {options.min_denominator} rows have no number here, and errors in them are not seen.",
        ),
        measurements=tuple(measurements),
        findings=tuple(findings),
        severities=count_severities(findings),
        tables=(*_declared_table(sample, parts, by_part), *_found_table(sample, judged)),
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=size, total=sample.total),),
            not_tested=_not_tested(options, searched, found, finding),
        ),
        completeness="complete" if size == sample.total else "sampled",
    )


def _searched(options: SlicesOptions, source: Predictions, declared: list[str], where: str) -> list[str]:
    """The columns that the tree may use: never the outcome, nor what the model said."""
    if options.search is not None:
        if isinstance(options.search, str):
            raise UsageError("`search` is a list of names", where=where, do="Write `search: [region, product]`.")
        return declared_columns(source, list(options.search), {}, where)
    kept = [*declared, *source.features]
    others = {source.label, source.prediction, source.score, source.weight, source.person}
    return [column for column in dict.fromkeys(kept) if column not in others]


def halves(sample: Sample, seed: int) -> BoolArray:
    """Which rows are in the half that finds: by a keyed hash of their place, or of their case, so that none is in both."""
    clusters = sample.clusters()
    places = np.arange(sample.batch.num_rows) if clusters is None else clusters
    return np.asarray(keyed_hash(places, seed + 7919) >> np.uint64(63), bool)


# --- measurements -----------------------------------------------------------------------------------------------------


def _measured(
    metric: Metric,
    contrast: Contrast | None,
    losses: Losses,
    rows: BoolArray,
    about: About,
    slice: dict[str, str | None],
    *,
    numerator: float | None = None,
    denominator: float | None = None,
    reference: str | None = None,
    reason: str = "",
    test: bool = False,
) -> Measurement:
    count = int(rows.sum())
    sampling = about.sampling(count, losses.units(rows))
    if contrast is None:
        return Unmeasured(
            metric=metric.name,
            slice=slice,
            at=about.at,
            code="undefined",
            reason=reason or f"There are no rows: {count}.",
            denominator=denominator if denominator is not None else float(count),
            sampling=sampling,
        )
    return Measured(
        metric=metric.name,
        slice=slice,
        at=about.at,
        value=contrast.value,
        unit=metric.unit,
        direction=metric.direction,
        interval=interval_of(contrast.bounds, contrast.value),
        sampling=sampling,
        numerator=numerator,
        denominator=denominator if denominator is not None else float(count),
        test=Test(p_value=contrast.p_value, method=contrast.method)
        if test and contrast.p_value is not None and contrast.method is not None
        else None,
        reference=reference,
    )


def _errors(losses: Losses, rows: BoolArray) -> float | None:
    """Wrong decisions among some rows, where they are counted."""
    return float(losses.loss[rows].sum()) if losses.binary and losses.weight is None else None


def _overall(sample: Sample, losses: Losses, about: About, rules: Rules) -> Measurement:
    rows = np.ones(len(losses.loss), bool)
    return _measured(
        sample.metric, mean_loss(losses, rules.level), losses, rows, about, {}, numerator=_errors(losses, rows)
    )


def _too_few(
    metric: Metric, count: int, units: int, slice: dict[str, str | None], about: About, least: int, what: str
) -> Unmeasured:
    return Unmeasured(
        metric=metric.name,
        slice=slice,
        at=about.at,
        code="too_few_samples",
        reason=f"{what} has {units} independent cases, and {least} are asked for.",
        denominator=float(count),
        sampling=about.sampling(count, units),
    )


def _judge_declared(
    sample: Sample, parts: list[Part], losses: Losses, about: About, rules: Rules
) -> list[list[Measurement]]:
    """Each slice's rate and its difference to the rest, p-values adjusted over all slices that could be tested."""
    rate, difference = sample.metric, difference_metric(sample.metric)
    found: list[list[Measurement]] = []
    for part in parts:
        count, units = int(part.rows.sum()), losses.units(part.rows)
        rest = losses.units(~part.rows)
        if units < rules.least:
            found.append(
                [_too_few(m, count, units, part.slice, about, rules.least, "The slice") for m in (rate, difference)]
            )
            continue
        own = _measured(
            rate,
            mean_loss(losses.take(part.rows), rules.level),
            losses,
            part.rows,
            about,
            part.slice,
            numerator=_errors(losses, part.rows),
        )
        if rest < rules.least:
            found.append(
                [own, _too_few(difference, count, rest, part.slice, about, rules.least, "The rest of the rows")]
            )
            continue
        contrast = difference_to_rest(losses, part.rows, rules.level)
        reason = "The slice or the rest of the rows weighs nothing."
        found.append(
            [
                own,
                _measured(
                    difference,
                    contrast,
                    losses,
                    part.rows,
                    about,
                    part.slice,
                    reference="the rest of the rows",
                    reason=reason,
                    test=True,
                ),
            ]
        )
    return _adjusted(found, 1, "declared_slices")


def _adjusted(found: list[list[Measurement]], place: int, family: str) -> list[list[Measurement]]:
    """The same, with the p-values at one place of each adjusted as a family."""
    tested = [
        m for measurements in found for m in measurements[place : place + 1] if isinstance(m, Measured) and m.test
    ]
    adjusted = benjamini_hochberg([m.test.p_value for m in tested if m.test is not None])
    by_key = {m.key: float(p) for m, p in zip(tested, adjusted, strict=True)}
    result: list[list[Measurement]] = []
    for measurements in found:
        changed = list(measurements)
        if len(changed) > place:
            m = changed[place]
            if isinstance(m, Measured) and m.test is not None:
                test = m.test.model_copy(
                    update={
                        "family": family,
                        "adjusted_p_value": by_key[m.key],
                        "adjustment": "benjamini_hochberg",
                    }
                )
                changed[place] = m.model_copy(update={"test": test})
        result.append(changed)
    return result


def _largest(
    sample: Sample, parts: list[Part], by_part: list[list[Measurement]], losses: Losses, about: About, rules: Rules
) -> Measurement:
    """The largest difference of a declared slice to the rest, with an interval that holds for all slices at once (Bonferroni)."""
    unit = difference_metric(sample.metric).unit
    pairs = list(zip(parts, by_part, strict=True))
    compared = [part for part, m in pairs if isinstance(m[1], Measured)]
    # Rows without a value are a slice where there are enough of them; too few are disclosed, and nobody expects them.
    left = [(part, m[1]) for part, m in pairs if isinstance(m[1], Unmeasured)]
    unknown = np.zeros(len(losses.loss), bool)
    for part, _ in left:
        if part.value is None:
            unknown |= part.rows
    excluded = tuple(Excluded(slice=part.slice, reason=m.reason) for part, m in left)
    expected = len(parts) - sum(part.value is None for part, _ in left)
    sampling = about.sampling(len(losses.loss), losses.units(np.ones(len(losses.loss), bool)))
    level = 1 - (1 - rules.level) / max(1, len(compared))
    found = [(contrast, part) for part in compared if (contrast := difference_to_rest(losses, part.rows, level))]
    groups = Groups(
        compared=len(found), expected=expected, excluded=excluded, unknown=int(unknown.sum()), rows=len(losses.loss)
    )
    if not found:
        reason = f"None of {len(parts)} declared slices has {rules.least} cases, and as many beside it."
        return Unmeasured(
            metric=LARGEST.name,
            at=about.at,
            code="too_few_samples" if parts else "not_applicable",
            reason=reason if parts else "No column is declared whose values are slices.",
            sampling=sampling,
            groups=groups,
        )
    worst, part = max(found, key=lambda one: one[0].value)
    bounds = [one.bounds for one, _ in found if one.bounds is not None]
    interval = None
    if len(bounds) == len(found):
        interval = Interval(
            level=rules.level,
            lower=min(worst.value, max(one.lower for one in bounds)),
            upper=max(worst.value, *(one.upper for one in bounds)),
            method=f"{bounds[0].method}_bonferroni",
        )
    return Measured(
        metric=LARGEST.name,
        at=about.at,
        value=worst.value,
        unit=unit,
        direction=LOWER,
        interval=interval,
        sampling=sampling,
        denominator=float(part.rows.sum()),
        groups=groups.model_copy(update={"highest": part.slice}),
        reference="the rest of the rows",
    )


def _worse(found: Found, losses: Losses, finding: BoolArray) -> list[int]:
    """Leaves with more loss in the finding half than all of its rows together; the worst first."""
    weight = losses.weights()

    def mean(rows: BoolArray) -> float:
        total = float(weight[rows].sum())
        return float((weight * losses.loss)[rows].sum()) / total if total > 0 else 0.0

    whole = mean(finding)
    means = [mean(leaf.rows & finding) for leaf in found.leaves]
    chosen = [index for index, value in enumerate(means) if value > whole]
    return sorted(chosen, key=lambda index: (-means[index], index))


def _judge_found(
    sample: Sample, found: Found, worse: list[int], finding: BoolArray, losses: Losses, about: About, rules: Rules
) -> list[list[Measurement]]:
    """Lift, error rate, coverage and share of each leaf chosen, on the half that did not choose it."""
    other = losses.take(~finding)
    result: list[list[Measurement]] = []
    named: set[str] = set()
    for number, index in enumerate(worse, start=1):
        leaf = found.leaves[index]
        rule = as_label(leaf.rule)
        if rule in named:  # two long rules that begin alike
            rule = as_label(f"{number}: {leaf.rule}")
        named.add(rule)
        slice: dict[str, str | None] = {FOUND: rule}
        inside = leaf.rows[~finding]
        count, units = int(inside.sum()), other.units(inside)
        if units < rules.least or other.units(~inside) < rules.least:
            what, cases = (
                ("The slice, in the judging half,", units)
                if units < rules.least
                else ("The rest of the judging half", other.units(~inside))
            )
            result.append(
                [_too_few(m, count, cases, slice, about, rules.least, what) for m in (LIFT, sample.metric, COVERAGE)]
            )
            continue
        everything = np.ones(len(inside), bool)
        none = f"There are no errors among the {len(inside)} rows of the judging half."
        lifted = lift(other, inside, rules.level)
        tested = difference_to_rest(other, inside, rules.level, greater=True)
        if lifted is not None and tested is not None:
            lifted = Contrast(lifted.value, lifted.bounds, tested.p_value, tested.method)
        result.append(
            [
                _measured(
                    LIFT, lifted, other, inside, about, slice, reference="the judging half", reason=none, test=True
                ),
                _measured(
                    sample.metric,
                    mean_loss(other.take(inside), rules.level),
                    other,
                    inside,
                    about,
                    slice,
                    numerator=_errors(other, inside),
                ),
                _measured(
                    COVERAGE,
                    coverage(other, inside, rules.level),
                    other,
                    inside if not other.binary else everything & (other.loss > 0),
                    about,
                    slice,
                    numerator=_errors(other, inside),
                    denominator=_errors(other, everything),
                    reason=none,
                ),
                _measured(
                    SHARE,
                    Contrast(float(other.weights()[inside].sum() / other.weights().sum()), None),
                    other,
                    everything,
                    about,
                    slice,
                    numerator=float(count) if other.weight is None else None,
                ),
            ]
        )
    return _adjusted(result, 0, "found_slices")


def _significant(m: Measurement, alpha: float) -> bool:
    return (
        isinstance(m, Measured)
        and m.test is not None
        and m.test.adjusted_p_value is not None
        and m.test.adjusted_p_value <= alpha
    )


def _count(judged: list[list[Measurement]], finding: BoolArray, about: About, rules: Rules) -> Measurement:
    """How many found slices held in the judging half."""
    return Measured(
        metric="found_slices_confirmed",
        at=about.at,
        value=float(sum(_significant(leaf[0], rules.alpha) for leaf in judged)),
        unit="count",
        direction=LOWER,
        sampling=about.sampling(int((~finding).sum())),
        denominator=float(len(judged)),
    )


# --- words ------------------------------------------------------------------------------------------------------------


def _without_decisions(options: SlicesOptions, inputs: Inputs, sample: Sample, about: About) -> Evaluation:
    why = "The source has scores and neither decisions nor a threshold, so that no decision is right or wrong."
    rows = sample.batch.num_rows
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=inputs.binding,
        question="In which slices of the rows is the model wrong more often?",
        method="Errors are decisions that differ from the outcome.",
        limits=("Without decisions there are no errors to look for.",),
        measurements=(
            Unmeasured(metric=sample.metric.name, code="not_applicable", reason=why, sampling=about.sampling(rows)),
        ),
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=rows, total=sample.total),),
            not_tested=(NotTested(what="all slices", why="the source has no decisions"),),
        ),
        completeness="complete" if rows == sample.total else "sampled",
    )


def _method(options: SlicesOptions, sample: Sample, cuts: list[Cuts], finding: BoolArray, losses: Losses) -> str:
    regression = sample.source.task == "regression"
    what = (
        "The loss of a row is its absolute error. "
        if regression
        else "An error is a decision that is not the outcome. "
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
            "Categories were ordered by their errors in the finding half alone; missing values can be a branch of their own. "
            "Coverage is the share of all errors of the judging half that fall into the slice, lift its error rate over that of "
            "the judging half; the test is one-sided, against all its other rows. "
        )
    return (
        f"{what}{intervals}{numeric}P-values are adjusted by Benjamini and Hochberg (1995), declared and found slices each as a "
        f"family. {tree}"
    ).strip()


def _findings(
    sample: Sample,
    by_part: list[list[Measurement]],
    judged: list[list[Measurement]],
    rules: Rules,
    losses: Losses,
) -> list[Finding]:
    findings: list[Finding] = []
    name = "mean absolute error" if not losses.binary else "error rate"
    for measurements in by_part:
        if len(measurements) < 2:
            continue
        own, difference = measurements
        if isinstance(own, Measured) and isinstance(difference, Measured) and difference.value > 0:
            if not _significant(difference, rules.alpha):
                continue
            words = ", ".join(f"{k} = {'unknown' if v is None else v}" for k, v in own.slice.items())
            assert difference.test is not None
            findings.append(
                Finding(
                    severity="low",
                    key="slice_with_more_errors",
                    explanation=f"In the slice {words} the {name} is {own.value:.4g}, {difference.value:.4g} above that of "
                    f"the rest (adjusted p = {difference.test.adjusted_p_value:.2g}).",
                    where=as_label(words),
                    count=None if own.numerator is None else int(own.numerator),
                )
            )
    for leaf in judged:
        lifted = leaf[0]
        if isinstance(lifted, Measured) and _significant(lifted, rules.alpha):
            assert lifted.test is not None
            findings.append(
                Finding(
                    severity="low",
                    key="found_slice",
                    explanation=f"Exploratory: where {lifted.slice[FOUND]}, the {name} is {lifted.value:.3g} times that of "
                    f"the judging half, which did not choose the slice (adjusted p = {lifted.test.adjusted_p_value:.2g}).",
                    where=lifted.slice[FOUND],
                )
            )
    return findings


def _number(m: Measurement) -> float | None:
    return m.value if isinstance(m, Measured) else None


def _bound(m: Measurement, side: str) -> float | None:
    if not isinstance(m, Measured) or m.interval is None:
        return None
    return float(getattr(m.interval, side))


def _adjusted_p(m: Measurement) -> float | None:
    return m.test.adjusted_p_value if isinstance(m, Measured) and m.test is not None else None


def _declared_table(sample: Sample, parts: list[Part], by_part: list[list[Measurement]]) -> tuple[Table, ...]:
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
            title="Declared slices beside the rest of the rows",
            columns=(
                TableColumn(name="column", title="Column"),
                TableColumn(name="slice", title="Slice"),
                TableColumn(name="rows", title="Rows", unit="count"),
                TableColumn(name="value", title=rate.title, unit=unit),
                TableColumn(name="lower", title="from", unit=unit),
                TableColumn(name="upper", title="to", unit=unit),
                TableColumn(name="difference", title="Difference to the rest", unit=difference.unit),
                TableColumn(name="difference_lower", title="from", unit=difference.unit),
                TableColumn(name="difference_upper", title="to", unit=difference.unit),
                TableColumn(name="adjusted_p", title="Adjusted p", unit="probability"),
            ),
            rows=rows,
        ),
    )


def _found_table(sample: Sample, judged: list[list[Measurement]]) -> tuple[Table, ...]:
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
            title="Exploratory: slices that a tree found on one half of the rows, judged on the other",
            columns=(
                TableColumn(name="rule", title="Where"),
                TableColumn(name="rows", title="Rows", unit="count"),
                TableColumn(name="value", title=sample.metric.title, unit=unit),
                TableColumn(name="coverage", title="Error coverage", unit="proportion"),
                TableColumn(name="lift", title="Lift", unit="ratio"),
                TableColumn(name="lower", title="from", unit="ratio"),
                TableColumn(name="upper", title="to", unit="ratio"),
                TableColumn(name="adjusted_p", title="Adjusted p", unit="probability"),
            ),
            rows=tuple(rows),
        ),
    )


def _not_tested(options: SlicesOptions, searched: list[str], found: Found, finding: BoolArray) -> tuple[NotTested, ...]:
    listed = [NotTested(what="columns that nobody declared", why="a slice is made of declared columns only")]
    if not options.find:
        listed.append(NotTested(what="slices that nobody named", why="the plan says `find: false`"))
    elif not searched:
        listed.append(NotTested(what="slices that nobody named", why="no column was declared for the search"))
    elif not found.leaves:
        listed.append(
            NotTested(
                what="slices that nobody named",
                why=f"the tree found no split of the {int(finding.sum())} rows of the finding half",
            )
        )
    listed += [
        NotTested(what=f"the column {as_label(column)} in the search for slices", why=why)
        for column, why in sorted(found.left_out.items())
    ]
    listed.append(NotTested(what="crossings of declared slices", why="each column was cut by itself"))
    return tuple(listed)
