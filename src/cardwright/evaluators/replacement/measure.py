"""From pairs of decisions to what is fixed and what is broken."""

from __future__ import annotations

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.replacement.flips import Flips, flips
from cardwright.evaluators.replacement.options import ReplacementOptions
from cardwright.evaluators.rows.direction import row_findings
from cardwright.evaluators.rows.paired import pair
from cardwright.evaluators.rows.rates import About
from cardwright.evaluators.rows.refusals import require_level_and_cases
from cardwright.evaluators.rows.wording import counted
from cardwright.record.evaluation import (
    Coverage,
    Evaluation,
    Finding,
    NotTested,
    Scanned,
    TableColumn,
    count_severities,
)  # fmt: skip
from cardwright.record.evaluation import Table as TableValue
from cardwright.record.measurement import Interval, Measured, Measurement, Unmeasured
from cardwright.sources.interface import Predictions
from cardwright.statistics.intervals import wilson
from cardwright.statistics.multiplicity import holm
from cardwright.statistics.paired import mcnemar

METRICS = ("negative_flip_rate", "positive_flip_rate", "accuracy_change")


def assess(options: ReplacementOptions, inputs: Inputs) -> Evaluation:
    """See `Evaluator.evaluate`.

    Raises
    ------
    SourceError
        Where the two are about other rows, or have another outcome in one.
    UsageError
        Where they predict numbers or an order, which are neither right nor wrong.
    """
    require_level_and_cases(options.name, options.level, options.min_denominator)
    source, champion = inputs.get("source", Predictions), inputs.get("champion", Predictions)
    if source.task not in ("binary", "multiclass"):
        raise UsageError(
            f"replacement: a {source.task} is neither right nor wrong in a row",
            where=inputs.id,
            do="Compare numbers by `performance` and an order by `ranking`, each with `baseline`.",
        )
    pairs = pair(source, champion, seed=inputs.seed, groups=True)
    shown = flips(pairs) if pairs.unpaired is None else ()
    about = About.of(source, derived=source.score is not None and source.prediction is None)
    groups = [one for one in shown[1:] if None not in one.slice.values()]
    compared = [one for one in groups if one.rows >= options.min_denominator]
    level = 1 - (1 - options.level) / max(1, len(compared))
    adjusted = dict(
        zip(
            [tuple(one.slice.items()) for one in compared],
            holm([mcnemar(one.fixed, one.broken).p_value for one in compared]).tolist(),
            strict=True,
        )
    )
    measurements: list[Measurement] = []
    if pairs.unpaired is not None:
        measurements += [
            Unmeasured(metric=name, code="not_applicable", reason=pairs.unpaired, sampling=about.sampling(pairs.rows))
            for name in METRICS
        ]
    for one in shown:
        unknown = None in one.slice.values()
        if unknown and not one.rows:
            continue
        whole = not one.slice
        measurements += _measured(
            one,
            options,
            about,
            options.level if whole else level,
            adjusted.get(tuple(one.slice.items())),
            champion.ref.name,
        )
    found = [*row_findings(source, inputs.seed), *_findings(compared, measurements)]
    joined = pairs.joined
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=inputs.binding,
        question="What does the new model fix, and what does it break, for whom?",
        method=(
            f"{pairs.rows} rows are predicted by both. A row that the champion had right and the challenger has wrong is broken "
            "(negative flip), the other way round fixed (positive flip). Rates are over all rows, with Wilson's interval; the "
            "difference is the change of accuracy, with Tango's interval and McNemar's test. Intervals of groups hold for all "
            "groups at once (Bonferroni), and their p-values are adjusted by Holm's method."
        ),
        limits=(
            "Whether a broken row matters more than a fixed one is not in the counts.",
            "Groups are looked at one attribute at a time.",
        ),
        measurements=tuple(measurements),
        findings=tuple(found),
        severities=count_severities(found),
        tables=(_table(shown),) if shown else (),
        coverage=Coverage(
            scanned=(
                Scanned(what="rows", scanned=pairs.rows, total=source.ref.rows or pairs.rows),
                *((joined.scanned(),) if joined is not None else ()),
            ),
            not_tested=(
                NotTested(what="other rows than these", why="both models have to have predicted them"),
                *(joined.not_tested() if joined is not None else ()),
            ),
        ),
        completeness="complete",
    )


def _measured(
    one: Flips, options: ReplacementOptions, about: About, level: float, adjusted_p: float | None, reference: str
) -> list[Measurement]:
    slice_, sampling, n = dict(one.slice), about.sampling(one.rows), one.rows
    if n == 0 or (one.slice and n < options.min_denominator):
        reason = f"There are {n} rows; {options.min_denominator} are needed."
        return [
            Unmeasured(
                metric=name,
                slice=slice_,
                code="too_few_samples",
                reason=reason,
                denominator=float(n),
                sampling=sampling,
            )
            for name in METRICS
        ]
    found: list[Measurement] = []
    for name, count in (("negative_flip_rate", one.broken), ("positive_flip_rate", one.fixed)):
        bounds = wilson(count, n, level)
        assert bounds is not None
        found.append(
            Measured(
                metric=name,
                slice=slice_,
                value=count / n,
                unit="proportion",
                direction="lower_is_better" if name.startswith("negative") else "higher_is_better",
                interval=Interval(level=level, lower=bounds.lower, upper=bounds.upper, method="wilson"),
                numerator=float(count),
                denominator=float(n),
                sampling=sampling,
                reference=reference,
            )
        )
    change = one.change("accuracy_change", slice_, "higher_is_better", about, level, reference, adjusted_p)
    assert change is not None
    found.append(change)
    return found


def _findings(compared: list[Flips], measurements: list[Measurement]) -> list[Finding]:
    changes = {
        tuple(m.slice.items()): m for m in measurements if m.metric == "accuracy_change" and isinstance(m, Measured)
    }
    found: list[Finding] = []
    for one in compared:
        change = changes[tuple(one.slice.items())]
        if change.interval is not None and change.interval.upper < 0:
            ((attribute, group),) = one.slice.items()
            found.append(
                Finding(
                    severity="high",
                    key="breaks_more_than_it_fixes",
                    explanation=f"Of {counted(one.rows, 'row')} the challenger fixes {one.fixed} and breaks "
                    f"{one.broken}: beyond chance it is worse for this group than the model in use.",
                    where=f"{attribute}: {group}"[:200],
                    count=one.broken,
                )
            )
    return found


def _table(shown: tuple[Flips, ...]) -> TableValue:
    return TableValue(
        id="flips",
        title="Rows that the challenger fixes and breaks",
        columns=(
            TableColumn(name="attribute", title="Attribute"),
            TableColumn(name="group", title="Group"),
            TableColumn(name="rows", title="Rows", unit="count"),
            TableColumn(name="both", title="Both right", unit="count"),
            TableColumn(name="fixed", title="Fixed", unit="count"),
            TableColumn(name="broken", title="Broken", unit="count"),
            TableColumn(name="neither", title="Both wrong", unit="count"),
        ),
        rows=tuple(
            (
                next(iter(one.slice), "all rows"),
                None if not one.slice else next(iter(one.slice.values())) or "unknown",
                *(float(count) for count in (one.rows, one.both, one.fixed, one.broken, one.neither)),
            )
            for one in shown
            if one.rows
        ),
    )
