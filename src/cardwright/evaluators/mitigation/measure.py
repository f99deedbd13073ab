"""From original and mitigated decisions to what changes: gaps, accuracy, and the rates of each group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.mitigation.candidate import MitigatedDecisions, candidate
from cardwright.evaluators.mitigation.options import MitigationOptions
from cardwright.evaluators.mitigation.report import comparison_table, group_table, harm_findings, whole_findings
from cardwright.evaluators.mitigation.rows import (
    HeldRows,
    attribute_of,
    hold,
    joint_counts,
    named,
    require_apart,
    slice_of,
)
from cardwright.evaluators.rows.exact_sums import IntArray
from cardwright.evaluators.rows.gap_statistics import COMPONENTS, gap, gap_change
from cardwright.evaluators.rows.paired import Switched
from cardwright.evaluators.rows.rates import HIGHER, LOWER, NEITHER, About, interval_of
from cardwright.evaluators.rows.refusals import require_level_and_cases
from cardwright.record.evaluation import Coverage, Evaluation, NotTested, Scanned, count_severities
from cardwright.record.measurement import (
    Direction,
    Excluded,
    Groups,
    Measured,
    Measurement,
    Unmeasured,
)
from cardwright.sources.interface import Model, Predictions
from cardwright.statistics.bootstrap import bootstrap
from cardwright.statistics.multiplicity import holm
from cardwright.statistics.paired import mcnemar

RESAMPLES = 2000

RATES: Mapping[str, tuple[tuple[int, ...], bool, Direction]] = {
    "accuracy": ((0, 1), True, HIGHER),
    "selection_rate": ((0, 1), False, NEITHER),
    "true_positive_rate": ((1,), False, HIGHER),
    "false_positive_rate": ((0,), False, LOWER),
}
"""Of each rate: which outcomes stand below its line, whether being right counts or being selected, and which way is better."""


@dataclass(frozen=True)
class DecisionComparison:
    """Mitigated (first) and original (second) decisions of the same rows."""

    rows: HeldRows
    joint: IntArray
    """Rows by group, outcome, mitigated and original decision; unknown membership last."""
    groups: frozenset[int]
    """Those that are mitigated and compared."""
    made: MitigatedDecisions

    @property
    def compared(self) -> IntArray:
        """The joint counts of the groups that are compared."""
        return self.joint[sorted(self.groups)]


def assess(options: MitigationOptions, inputs: Inputs) -> Evaluation:
    """See `Evaluator.evaluate`.

    Raises
    ------
    SourceError
    UsageError
    """
    source, fit = inputs.get("source", Predictions), inputs.get("fit", Predictions)
    model = inputs.get("model", Model) if "model" in inputs.sources else None
    require_level_and_cases(options.name, options.level, options.min_denominator, inputs.id)
    _require_comparable(source, fit, inputs.id)
    require_apart(fit, source)
    attribute = attribute_of(source, options.attribute, inputs.id)
    features = (model.features if model is not None else source.features) if options.refits else ()
    judged = hold(source, attribute, features)
    learnt = hold(fit, attribute, features)
    about = About.of(source, derived=source.score is not None and source.prediction is None)
    groups = judged.with_outcomes(options.min_denominator) & learnt.with_outcomes(options.min_denominator)
    unpaired = None
    if source.weight is not None or source.person is not None:
        unpaired = "Paired intervals are for independent rows of equal weight, and these are weighted or clustered."
    if unpaired is not None or len(groups) < 2:
        code = "too_few_samples" if unpaired is None else "not_applicable"
        reason = unpaired or (
            f"{len(groups)} of {len(attribute.groups)} groups have {options.min_denominator} rows of each outcome in both "
            "sources; a gap needs two."
        )
        return _evaluation(options, inputs, judged, _nothing(options, judged, about, code, reason), None, reason)
    made = candidate(options, learnt, judged, groups, model, inputs.seed)
    size = len(attribute.groups)
    joint = joint_counts(judged.group, size, judged.outcome, made.decision, judged.decision)
    comparison = DecisionComparison(judged, joint, groups, made)
    found = [*_gaps(comparison, options, about, inputs.seed), *_changes(comparison, options, about)]
    return _evaluation(options, inputs, judged, found, comparison, None)


def _require_comparable(source: Predictions, fit: Predictions, where: str) -> None:
    for one in (source, fit):
        decides = one.prediction is not None or (one.score is not None and one.threshold is not None)
        if one.task != "binary" or one.favourable is None or not decides:
            raise UsageError(
                f'mitigation: "{one.ref.name}" has no decisions between two outcomes',
                where=where,
                do="Name binary predictions with `favourable:` and either `prediction:` or `score:` and `threshold:`.",
            )
    if fit.favourable != source.favourable or fit.label != source.label:
        raise SourceError(
            f'it predicts another outcome than "{source.ref.name}"',
            where=fit.ref.path or fit.ref.name,
            do="Write the same `label:` and `favourable:` at both.",
        )


# --- gaps -------------------------------------------------------------------------------------------------------------


def _gaps(comparison: DecisionComparison, options: MitigationOptions, about: About, seed: int) -> list[Measurement]:
    """Each gap as mitigated, and how it changed, with percentile intervals from the joint counts."""
    found: list[Measurement] = []
    attribute, joint = comparison.rows.attribute, comparison.compared
    rows = int(joint.sum())
    for name in COMPONENTS:
        for metric, statistic, reference in (
            (name, gap(name, 0), None),
            (f"{name}_change", gap_change(name), comparison.rows.source.ref.name),
        ):
            drawn = bootstrap(
                joint,
                statistic,
                level=options.level,
                method="percentile",
                resamples=RESAMPLES,
                seed=[seed, 5],
                fixed_axes=1,
            )
            groups = _over(comparison)
            if drawn is None:
                found.append(
                    Unmeasured(
                        metric=metric,
                        across=(attribute.name,),
                        code="undefined",
                        reason="More than 5 % of the resamples left a group without cases below the line.",
                        sampling=about.sampling(rows),
                        groups=groups,
                    )
                )
                continue
            # Of the gap itself no interval is stated: a largest difference is never below 0, and a percentile interval of it
            # is no test. Of the change there is one: it can go either way.
            found.append(
                Measured(
                    metric=metric,
                    across=(attribute.name,),
                    value=drawn.estimate,
                    unit="difference",
                    direction="lower_is_better",
                    interval=None if reference is None else interval_of(drawn.bounds, drawn.estimate),
                    sampling=about.sampling(rows),
                    groups=groups,
                    reference=reference,
                )
            )
    return found


def _over(comparison: DecisionComparison) -> Groups:
    attribute, size = comparison.rows.attribute, len(comparison.rows.attribute.groups)
    left = [place for place in range(size) if place not in comparison.groups]
    return Groups(
        compared=len(comparison.groups),
        expected=size,
        excluded=tuple(
            Excluded(
                slice=dict(slice_of(attribute, place)),
                reason=f"Of its {int(comparison.joint[place].sum())} rows, or of those fitted to, too few have one outcome.",
            )
            for place in left
        ),
        unknown=int(comparison.joint[size].sum()),
        rows=len(comparison.rows),
    )


# --- rates ------------------------------------------------------------------------------------------------------------


def _changes(comparison: DecisionComparison, options: MitigationOptions, about: About) -> list[Measurement]:
    """Each rate's change, over all rows and for every group, with Tango's interval and McNemar's test."""
    found: list[Measurement] = []
    attribute, reference = comparison.rows.attribute, comparison.rows.source.ref.name
    level = 1 - (1 - options.level) / len(comparison.groups)
    for name, (outcomes, right, direction) in RATES.items():
        whole = _two_by_two(comparison.joint.sum(axis=0), outcomes, right=right)
        found.append(_change(name, whole, {}, direction, about, options.level, reference, None))
        tables = {
            place: _two_by_two(comparison.joint[place], outcomes, right=right) for place in sorted(comparison.groups)
        }
        adjusted = holm([mcnemar(int(t[1, 0]), int(t[0, 1])).p_value for t in tables.values()]).tolist()
        found += [
            _change(name, table, slice_of(attribute, place), direction, about, level, reference, p)
            for (place, table), p in zip(tables.items(), adjusted, strict=True)
        ]
        found += [
            Unmeasured(
                metric=f"{name}_change",
                slice=dict(slice_of(attribute, place)),
                code="too_few_samples",
                reason="It has too few rows of one outcome, in the rows judged or in those fitted to: its decisions stay as they "
                "are, or nothing can be said of them.",
                denominator=float(comparison.joint[place].sum()),
                sampling=about.sampling(int(comparison.joint[place].sum())),
            )
            for place in range(len(attribute.groups))
            if place not in comparison.groups
        ]
    return found


def _two_by_two(table: IntArray, outcomes: tuple[int, ...], *, right: bool) -> IntArray:
    """Rows by whether the mitigated and the original decision are right, or favourable: both, first, second, neither."""
    parts = [table[outcome][::-1, ::-1] if right and outcome == 0 else table[outcome] for outcome in outcomes]
    return np.asarray(sum(parts[1:], parts[0]))


def _change(
    name: str,
    table: IntArray,
    slice_: Mapping[str, str | None],
    direction: Direction,
    about: About,
    level: float,
    reference: str,
    adjusted_p: float | None,
) -> Measurement:
    switched = Switched.of(table)
    found = switched.change(f"{name}_change", slice_, direction, about, level, reference, adjusted_p)
    return found or Unmeasured(
        metric=f"{name}_change",
        slice=dict(slice_),
        code="too_few_samples",
        reason=f"There are {switched.rows} rows below the line.",
        denominator=float(switched.rows),
        sampling=about.sampling(switched.rows),
    )


# --- the evaluation ---------------------------------------------------------------------------------------------------


def _nothing(options: MitigationOptions, rows: HeldRows, about: About, code: str, reason: str) -> list[Measurement]:
    return [
        Unmeasured(
            metric=f"{name}_change",
            across=(rows.attribute.name,) if name in COMPONENTS else (),
            code=code,
            reason=reason,
            sampling=about.sampling(len(rows)),
        )
        for name in (*COMPONENTS, *RATES)
    ]


def _evaluation(
    options: MitigationOptions,
    inputs: Inputs,
    rows: HeldRows,
    measurements: list[Measurement],
    comparison: DecisionComparison | None,
    reason: str | None,
) -> Evaluation:
    attribute, fit = rows.attribute, inputs.get("fit", Predictions)
    findings = (
        []
        if comparison is None
        else [
            *whole_findings(options, comparison.made, len(rows), measurements),
            *harm_findings(attribute.name, measurements),
        ]
    )
    unknown = int((rows.group == len(attribute.groups)).sum())
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        question=f"What would a mitigation of {attribute.name} change, and for whom?",
        method=(
            f"The candidate is {'not made' if comparison is None else comparison.made.what}, learnt from "
            f'"{fit.ref.name}" and compared with the decisions of "{rows.source.ref.name}" row by row. A change of a gap has a '
            f"percentile interval from {RESAMPLES} resamples within groups; a change of a rate has Tango's interval and "
            "McNemar's test. Intervals of groups hold for all groups at once (Bonferroni), their p-values are adjusted by "
            "Holm's method."
        ),
        limits=(
            "It is a candidate that nobody has released: the record's other numbers are those of the model as it is.",
            "A smaller gap does not say that decisions are just: it can come from deciding one group worse.",
            "The rows that it learnt from and those that it is judged on are taken to come from the same population.",
        ),
        measurements=tuple(measurements),
        findings=tuple(findings),
        severities=count_severities(findings),
        tables=()
        if comparison is None
        else (
            comparison_table(options, comparison.compared, _refitted(comparison)),
            group_table(
                {name: comparison.joint[attribute.groups.index(name)] for name in named(attribute, comparison.groups)},
                attribute.name,
            ),
        ),
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=len(rows), total=rows.source.ref.rows or len(rows)),),
            not_tested=(
                NotTested(what="other methods and constraints", why="one of each was asked for"),
                *(
                    (NotTested(what=f"{unknown} rows of unknown {attribute.name}", why="they belong to no group"),)
                    if unknown
                    else ()
                ),
            ),
        ),
        completeness="complete" if reason is None else "partial",
    )


def _refitted(comparison: DecisionComparison) -> IntArray | None:
    """The joint counts with the decisions of the learner trained again without mitigation in the first place."""
    made, rows = comparison.made, comparison.rows
    if made.refitted is None:
        return None
    joint = joint_counts(rows.group, len(rows.attribute.groups), rows.outcome, made.refitted, rows.decision)
    return np.asarray(joint[sorted(comparison.groups)])
