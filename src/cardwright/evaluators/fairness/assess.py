"""From the tally to the evaluation: per group, between groups, what it means and what it does not show."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from cardwright.errors import UsageError, did_you_mean
from cardwright.evaluators.fairness import change, conditional, inequality, reference, report, scoring
from cardwright.evaluators.fairness.options import FairnessOptions
from cardwright.evaluators.fairness.treatment import TREATMENT_EQUALITY, treatment_equality
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows import regression_metrics
from cardwright.evaluators.rows.counting import Layout, Tally, View, count, refuse
from cardwright.evaluators.rows.gaps import (
    MAX_CELLS,
    Compared,
    Inference,
    Rules,
    Slice,
    both,
    compare,
    composite,
    expected_slices,
    gap_measurement,
    make_tests,
    number_inference,
    rate_inferences,
)
from cardwright.evaluators.rows.paired import Pairs, pair
from cardwright.evaluators.rows.rates import NEITHER, RATES, About, Estimate, Metric, accuracy_of, measure, rate_of
from cardwright.evaluators.rows.score_metrics import (
    BRIER,
    ECE,
    MEAN_SCORE,
    ROC_AUC,
    ScoreCell,
    brier_score,
    calibration_error,
    mean_score,
    roc_auc,
    score_cells,
)
from cardwright.record.evaluation import Coverage, Evaluation, NotTested, Scanned, count_severities
from cardwright.record.measurement import Measured, Test, Unmeasured
from cardwright.sources.interface import Predictions, Table
from cardwright.statistics.multiplicity import benjamini_hochberg, holm
from cardwright.statistics.permutation import resamples_for

Measurement = Measured | Unmeasured

GAPS: Mapping[str, str] = {
    "demographic_parity": "selection_rate",
    "equal_opportunity": "true_positive_rate",
    "predictive_parity": "positive_predictive_value",
    "false_positive_rate": "false_positive_rate",
    "false_negative_rate": "false_negative_rate",
    "negative_predictive_value": "negative_predictive_value",
    "false_discovery_rate": "false_discovery_rate",
    "false_omission_rate": "false_omission_rate",
    "accuracy": "accuracy",
}
"""Stems of gaps (`…_difference`, `…_ratio`) and the rates they are taken of.

Sources: Dwork et al. (2012); Hardt, Price and Srebro (2016); Chouldechova (2017); Verma and Rubin (2018) for the names.
"""

ODDS = ("true_positive_rate", "false_positive_rate")
"""The rates whose gaps make equalized odds."""

CONDITIONAL: Mapping[str, str] = {
    "demographic_parity_difference": "selection_rate",
    "equal_opportunity_difference": "true_positive_rate",
    "false_positive_rate_difference": "false_positive_rate",
    "base_rate_difference": "base_rate",
}
"""Gaps that are also taken within strata."""

FOUR_FIFTHS = 0.8
"""The rule of thumb of 29 CFR 1607.4(D); what a limit is by default for the number of rows that would settle it."""

GROUP_SHARE = Metric("group_share", "Share of rows", "proportion", NEITHER)


def source_of(inputs: Inputs) -> Predictions | Table:
    """The source that is assessed."""
    source = inputs.sources["source"]
    return source if isinstance(source, Table) else inputs.get("source", Predictions)


def layout_of(inputs: Inputs) -> Layout:
    """How the source's rows become codes."""
    return Layout.of(source_of(inputs), seed=inputs.seed)


def check(options: FairnessOptions, inputs: Inputs) -> None:
    """Refuse parameters that make no sense, and a source without groups.

    Raises
    ------
    UsageError
    """
    where = f"{inputs.id} (fairness)"
    for name in ("min_denominator", "depth"):
        value = getattr(options, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UsageError(f"`{name}` is a whole number of at least 1", where=where, do=f"Write `{name}: 20`.")
    for name in ("level", "alpha"):
        value = getattr(options, name)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1:
            raise UsageError(f"`{name}` lies between 0 and 1", where=where, do=f"Write `{name}: 0.95`, for example.")
    known = (*GAPS, "equalized_odds", "base_rate")
    for stem in options.family:
        if stem not in known:
            raise UsageError(f'`family` names "{stem}", which is no gap', where=where, do=did_you_mean(stem, known))
    metrics = [f"{stem}_{kind}" for stem in known for kind in ("difference", "ratio")]
    for metric, limit in (options.limits or {}).items():
        if metric not in metrics:
            raise UsageError(
                f'`limits` names "{metric}", which is no gap', where=where, do=did_you_mean(metric, metrics)
            )
        if not isinstance(limit, (int, float)) or isinstance(limit, bool) or not 0 <= limit <= 1:
            raise UsageError(f"the limit of {metric} lies between 0 and 1", where=where)
    source = source_of(inputs)
    groups = {attribute.name: attribute.groups for attribute in source.sensitive}
    if not groups:
        raise UsageError(
            f'the source "{source.ref.name}" names no sensitive attribute, so there are no groups to compare',
            where=where,
            do="Add `sensitive: [column, …]` to the source.",
        )
    for name, group in (options.reference or {}).items():
        if name not in groups:
            raise UsageError(
                f'`reference` names "{name}", no sensitive attribute', where=where, do=did_you_mean(name, groups)
            )
        if group not in groups[name]:
            raise UsageError(
                f'`reference` names a group that "{name}" does not have',
                where=where,
                do=did_you_mean(group, groups[name]),
            )


def complete(options: FairnessOptions, inputs: Inputs, tally: Tally | None) -> Evaluation:
    """`conclude`, for a source of no batch too."""
    if tally is None:
        source = source_of(inputs)
        raise UsageError(f'the source "{source.ref.name}" has no rows', where=inputs.id)
    pairs = None
    if "baseline" in inputs.sources:
        pairs = pair(
            inputs.get("source", Predictions), inputs.get("baseline", Predictions), seed=inputs.seed, groups=True
        )
    above = None
    layout = tally.layout
    if layout.kind == "binary" and not layout.decides and layout.weight is None and layout.person is None:
        refuse(tally)
        above = scoring.above_median(inputs.get("source", Predictions), tally)
    return conclude(options, inputs, tally, pairs, above)


def single_gap(options: FairnessOptions, inputs: Inputs, tally: Tally, stem: str, kind: str) -> Measurement:
    """One gap over all attributes of a source crossed, without a family.

    Parameters
    ----------
    stem, kind
        The gap: a stem of `GAPS` or `equalized_odds`, and `difference` or `ratio`.

    Raises
    ------
    UsageError
    SourceError
    """
    check(options, inputs)
    source = inputs.get("source", Predictions)
    refuse(tally)
    about = About.of(source, tally.layout.derived)
    rules = Rules(
        options.min_denominator,
        options.level,
        resamples_for(),
        resamples_for(),
        (inputs.seed,),
        plain=tally.layout.weight is None,
    )
    view = tally.view(range(len(source.sensitive)))
    job = _Job(options, tally, about, rules)
    if stem == "equalized_odds":
        parts = [compare(view, job.estimates(view, rate, 1), rules.minimum) for rate in ODDS]
        compared, difference, ratio = composite(parts, rules)
    else:
        compared = compare(view, job.estimates(view, GAPS[stem], 1), rules.minimum)
        difference, ratio = rate_inferences(compared, rules, {})
    inference = difference if kind == "difference" else ratio
    return gap_measurement(f"{stem}_{kind}", kind, compared, inference, about)


@dataclass
class _Assessed:
    """What grows while the views are gone through."""

    measurements: list[Measurement] = field(default_factory=list)
    not_tested: list[NotTested] = field(default_factory=list)
    tests: dict[tuple[str, tuple[str, ...], str | None], list[int]] = field(default_factory=dict)
    """Gaps by stem, attributes and class: the places of the measurements that share a test."""


def conclude(
    options: FairnessOptions,
    inputs: Inputs,
    tally: Tally,
    pairs: Pairs | None = None,
    above: scoring.Above | None = None,
) -> Evaluation:
    """The evaluation of a tally, of what was counted together with a baseline, and of scores above the median."""
    check(options, inputs)
    refuse(tally)
    source, layout = source_of(inputs), tally.layout
    about = About.of(source, layout.derived)
    combinations = [
        combination
        for size in range(1, min(options.depth, len(layout.attributes)) + 1)
        for combination in itertools.combinations(range(len(layout.attributes)), size)
    ]
    planned = len(combinations) * len(_family(options, layout))
    rules = Rules(
        options.min_denominator,
        options.level,
        resamples_for(options.alpha, max(1, planned)),
        resamples_for(options.alpha),
        (inputs.seed, *inputs.id.encode()),
        plain=layout.weight is None and layout.person is None,
        workers=inputs.workers,
    )
    job = _Job(options, tally, about, rules, above)
    overall = tally.view(())
    if len(overall):
        job.cells(overall)
        job.inequality(overall)
    views: list[View] = []
    for combination in combinations:
        view = tally.view(combination)
        names = " × ".join(layout.attributes[index].name for index in combination)
        if len(combination) > 1 and len(view) > MAX_CELLS:
            job.too_many(view, names)
            continue
        views.append(view)
        job.cells(view)
        job.gaps(view)
        job.against_reference(view)
        job.changes(view, pairs)
    measurements = job.adjusted(combinations)
    findings = report.findings(options, source, tally, measurements)
    tables, series = report.tables(options, source, tally, views, measurements), report.series(tally, views)
    parameters: dict[str, JsonValue] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in inputs.parameters.items()
    } or report.parameters(options)
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=parameters,
        binding=inputs.binding,
        question=report.question(source),
        method=report.method(options, tally, rules),
        limits=report.limits(options, tally, pairs is not None),
        measurements=measurements,
        findings=findings,
        severities=count_severities(findings),
        tables=tables,
        series=series,
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=int(tally.counts.sum()), total=tally.rows),),
            not_tested=(*job.assessed.not_tested, *report.not_tested(options, source, tally, pairs is not None)),
        ),
        completeness="complete",
    )


def _family(options: FairnessOptions, layout: Layout) -> tuple[str, ...]:
    """Stems of the declared family that this source can have."""
    if layout.kind in ("labels", "rows"):
        return ("base_rate",)
    if layout.kind == "regression" or not layout.decides:
        return ()
    return tuple(dict.fromkeys(options.family))


class _Job:
    """One evaluation under way."""

    def __init__(
        self, options: FairnessOptions, tally: Tally, about: About, rules: Rules, above: scoring.Above | None = None
    ) -> None:
        self.above = above
        self.options = options
        self.tally = tally
        self.layout = tally.layout
        self.about = about
        self.rules = rules
        self.family = _family(options, tally.layout)
        self.assessed = _Assessed()
        self.known: dict[tuple[object, ...], list[Estimate]] = {}
        self.pooled: dict[tuple[int, ...], list[ScoreCell] | None] = {}

    # ------------------------------------------------------------------------------------------------ per group

    def classes(self) -> list[tuple[int, str | None]]:
        """Codes of the classes that are each held against the rest, with their labels; one without label for a binary task."""
        if self.layout.kind not in ("binary", "labels", "multiclass"):
            return []
        if self.layout.favourable is not None:
            return [(1, None)]
        if len(self.layout.classes) > report.MAX_CLASSES:
            return []
        return list(enumerate(self.layout.classes))

    def rates(self) -> list[str]:
        """The rates that this source has."""
        if self.layout.kind == "labels":
            return ["base_rate"]
        if self.layout.kind not in ("binary", "multiclass"):
            return []
        return list(RATES) if self.layout.decides else ["base_rate"]

    def estimates(self, view: View, rate: str, code: int, level: float | None = None) -> list[Estimate]:
        """A rate of each cell."""
        at = self.rules.level if level is None else level
        key = (view.attributes, rate, code, at)
        if key not in self.known:
            if rate == "accuracy" and self.layout.kind == "multiclass":
                self.known[key] = [accuracy_of(view.cell(index), at) for index in range(len(view))]
            else:
                self.known[key] = [rate_of(RATES[rate], view.cell(index), at, code) for index in range(len(view))]
        return self.known[key]

    def score_cells(self, view: View) -> list[ScoreCell] | None:
        """The scores of each cell."""
        if view.attributes not in self.pooled:
            self.pooled[view.attributes] = score_cells(self.tally, view)
        return self.pooled[view.attributes]

    def scores(
        self, view: View, metric: Metric, compute: Callable[[ScoreCell, float], Estimate]
    ) -> Callable[[float], list[Estimate]]:
        """A measure of the scores of each cell, with intervals at any level."""

        def at_level(level: float) -> list[Estimate]:
            key = (view.attributes, metric.name, level)
            if key not in self.known:
                self.known[key] = [compute(cell, level) for cell in self.score_cells(view) or ()]
            return self.known[key]

        return at_level

    def cells(self, view: View) -> None:
        """Every number of every cell: of groups, of unknown membership, of groups without rows."""
        absent = expected_slices(view)[1] if view.attributes else []
        found: list[tuple[Metric, list[Estimate], bool, str | None]] = []
        for rate in self.rates():
            if rate == "accuracy" and self.layout.kind == "multiclass":
                found.append((RATES[rate].metric, self.estimates(view, rate, 0), True, None))
                continue
            for code, name in self.classes():
                found.append((RATES[rate].metric, self.estimates(view, rate, code), rate != "base_rate", name))
        if self.layout.kind == "binary" and self.layout.decides:
            found.append((TREATMENT_EQUALITY, self._treatment(view, self.rules.level), True, None))
        for metric, compute in self.scored():
            if self.score_cells(view) is not None:
                found.append((metric, self.scores(view, metric, compute)(self.rules.level), False, None))
        if self.above is not None:
            found.append((scoring.SCORING_RATE, scoring.rates(self.above, view, self.rules.level), False, None))
        if self.layout.kind == "regression":
            found += [
                (metric, means, False, None) for metric, means in regression_metrics.of_view(view, self.rules.level)
            ]
        if view.attributes:
            shares = self._shares(view)
            self.assessed.measurements += [
                measure(GROUP_SHARE, share, self.about, slice_, decided=False)
                for slice_, share in zip(view.slices, shares, strict=True)
            ]
        for metric, estimates, decided, name in found:
            self.assessed.measurements += [
                measure(metric, estimate, self.about, slice_, of_class=name, decided=decided)
                for slice_, estimate in zip(view.slices, estimates, strict=True)
            ]
            self.assessed.measurements += [
                measure(
                    metric,
                    Estimate(None, 0, "rows", denominator=0.0, reason="There are no rows of this group."),
                    self.about,
                    slice_,
                    of_class=name,
                    decided=decided,
                )
                for slice_ in absent
            ]

    def _shares(self, view: View) -> list[Estimate]:
        rows = [int(view.counts[index].sum()) for index in range(len(view))]
        total = sum(rows)
        return [Estimate(row / total if total else None, total, "rows", float(row), float(total)) for row in rows]

    def _treatment(self, view: View, level: float) -> list[Estimate]:
        return [treatment_equality(view.cell(index), level) for index in range(len(view))]

    def scored(self) -> list[tuple[Metric, Callable[[ScoreCell, float], Estimate]]]:
        """The measures of scores."""
        if not self.tally.scores:
            return []
        seed = [*self.rules.seed, 3]
        return [
            (ROC_AUC, roc_auc),
            (BRIER, brier_score),
            (ECE, lambda cell, level: calibration_error(cell, level, seed)),
            (MEAN_SCORE, mean_score),
        ]

    # ------------------------------------------------------------------------------------------- between groups

    def gaps(self, view: View) -> None:
        """Every gap over the groups of a view."""
        self._shuffle(view)
        for stem, rate in (("base_rate", "base_rate"), *GAPS.items()):
            if rate not in self.rates():
                continue
            for code, name in self._held(rate):
                compared = compare(view, self.estimates(view, rate, code), self.rules.minimum)
                limits = {
                    kind: limit
                    for kind in ("difference", "ratio")
                    if (limit := self._limit(f"{stem}_{kind}")) is not None
                }
                inferences = rate_inferences(compared, self.rules, limits, declared=stem in self.family)
                self._pair(stem, compared, inferences, name, rate != "base_rate")
                self._given(f"{stem}_difference", rate, view, compared, name)
        if "true_positive_rate" in self.rates():
            for code, name in self.classes():
                parts = [compare(view, self.estimates(view, rate, code), self.rules.minimum) for rate in ODDS]
                common, difference, ratio = composite(parts, self.rules)
                self._pair("equalized_odds", common, (difference, ratio), name, True)
        if self.above is not None:
            compared = compare(view, scoring.rates(self.above, view, self.rules.level), self.rules.minimum)
            self._pair("scoring_rate", compared, rate_inferences(compared, self.rules, {}), None, False)
        self._numbers(view)

    def _shuffle(self, view: View) -> None:
        """The permutation tests of a view, on as many threads as there may be."""
        if self.rules.workers < 2 or not self.rules.plain:
            return
        wanted = [
            (
                compare(view, self.estimates(view, rate, code), self.rules.minimum),
                self.rules.resamples if stem in self.family else self.rules.screening,
            )
            for stem, rate in (("base_rate", "base_rate"), *GAPS.items())
            if rate in self.rates()
            for code, _ in self._held(rate)
        ]
        odds = [
            [compare(view, self.estimates(view, rate, code), self.rules.minimum) for rate in ODDS]
            for code, _ in (self.classes() if "true_positive_rate" in self.rates() else ())
        ]
        make_tests(wanted, odds, self.rules)

    def _held(self, rate: str) -> list[tuple[int, str | None]]:
        return [(0, None)] if rate == "accuracy" and self.layout.kind == "multiclass" else self.classes()

    def _limit(self, metric: str) -> float | None:
        limits = {"demographic_parity_ratio": FOUR_FIFTHS, **(self.options.limits or {})}
        return limits.get(metric)

    def _pair(
        self, stem: str, compared: Compared, inferences: tuple[Inference, Inference], name: str | None, decided: bool
    ) -> None:
        at = self.about.at if decided else None
        places = []
        for kind, inference in zip(("difference", "ratio"), inferences, strict=True):
            places.append(len(self.assessed.measurements))
            self.assessed.measurements.append(
                gap_measurement(f"{stem}_{kind}", kind, compared, inference, self.about, at=at, of_class=name)
            )
        self.assessed.tests[(stem, compared.across, name)] = places

    def _given(self, metric: str, rate: str, view: View, compared: Compared, name: str | None) -> None:
        if not self.layout.strata or CONDITIONAL.get(metric) != rate or name is not None or not self.rules.plain:
            return
        if len(view.attributes) == 1:
            self.assessed.measurements += conditional.conditional_gaps(
                metric, rate, self.tally, view, compared, self.rules, self.about
            )

    def _numbers(self, view: View) -> None:
        """Gaps of everything that is not a rate."""
        jobs: list[tuple[Metric, Callable[[float], Sequence[Estimate]], bool, bool]] = []
        for metric, compute in self.scored():
            if self.score_cells(view) is not None:
                jobs.append((metric, self.scores(view, metric, compute), metric is ECE, False))
        if self.layout.kind == "binary" and self.layout.decides:
            jobs.append((RATES["f1"].metric, lambda level: self.estimates(view, "f1", 1, level), False, True))
            jobs.append((TREATMENT_EQUALITY, lambda level: self._treatment(view, level), False, True))
        if self.layout.kind == "regression":
            for metric, _ in regression_metrics.of_view(view, self.rules.level):
                jobs.append((metric, regression_metrics.at_level(view, metric), False, False))
        for metric, at_level, boxed, decided in jobs:
            compared = compare(view, at_level(self.rules.level), self.rules.minimum)
            chosen = [view.slices.index(slice_) for slice_ in compared.slices]

            def entering(
                level: float,
                at_level: Callable[[float], Sequence[Estimate]] = at_level,
                chosen: list[int] = chosen,
            ) -> list[Estimate]:
                estimates = at_level(level)
                return [estimates[index] for index in chosen]

            inference = number_inference(compared, entering, self.rules, boxed=boxed)
            self.assessed.tests[(metric.name, compared.across, None)] = [len(self.assessed.measurements)]
            self.assessed.measurements.append(
                gap_measurement(
                    f"{metric.name}_difference",
                    "difference",
                    compared,
                    inference,
                    self.about,
                    at=self.about.at if decided else None,
                )
            )

    def against_reference(self, view: View) -> None:
        """Each group against the reference group."""
        rate = "selection_rate" if self.layout.kind == "binary" and self.layout.decides else "base_rate"
        if rate not in self.rates() or self.layout.favourable is None:
            return
        named = self.options.reference or {}
        names = [self.layout.attributes[index].name for index in view.attributes]
        chosen: Slice | None = {name: named[name] for name in names} if all(name in named for name in names) else None
        cells = self.score_cells(view)
        scores = None if cells is None else self.scores(view, MEAN_SCORE, mean_score)(self.rules.level)
        compared = self.estimates(view, rate, 1)
        if self.above is not None:
            compared = scoring.rates(self.above, view, self.rules.level)
        self.assessed.measurements += reference.against(
            view, compared, scores, chosen, self.rules, self.about, decided=rate != "base_rate"
        )

    def changes(self, view: View, pairs: Pairs | None) -> None:
        """Gaps beside the labels' own, and beside a baseline's."""
        if len(view.attributes) != 1 or self.layout.kind != "binary" or not self.layout.decides:
            return
        minimum = self.rules.minimum
        compared = {
            name: compare(view, self.estimates(view, rate, 1), minimum)
            for name, rate in CONDITIONAL.items()
            if rate != "base_rate"
        }
        odds = [compare(view, self.estimates(view, rate, 1), minimum) for rate in ODDS]
        compared["equalized_odds_difference"] = both(odds)
        if self.rules.plain:
            parity = compared["demographic_parity_difference"]
            self.assessed.measurements.append(change.amplification(view, parity, self.rules, self.about))
        if pairs is not None:
            self.assessed.measurements += change.gap_changes(pairs, view, compared, self.rules, self.about)

    def inequality(self, view: View) -> None:
        """Inequality of benefits over all persons."""
        if self.layout.kind == "binary" and self.layout.decides:
            self.assessed.measurements += inequality.of_decisions(self.tally, view, self.rules, self.about)

    def too_many(self, view: View, names: str) -> None:
        """An intersection with more cells than anybody reads: said, not left out."""
        reason = f"{names} has {len(view)} cells with rows, more than {MAX_CELLS}."
        self.assessed.not_tested.append(
            NotTested(what=f"The intersection {names}", why=f"{reason} Fold small groups together, or set `depth: 1`.")
        )
        across = tuple(self.layout.attributes[index].name for index in view.attributes)
        stems = [stem for stem, rate in (("base_rate", "base_rate"), *GAPS.items()) if rate in self.rates()]
        stems += ["equalized_odds"] if "true_positive_rate" in self.rates() else []
        rows = int(view.counts.sum())
        for stem in stems:
            for _, name in self.classes():
                for kind in ("difference", "ratio"):
                    self.assessed.measurements.append(
                        Unmeasured(
                            metric=f"{stem}_{kind}",
                            across=across,
                            of_class=name if stem != "accuracy" else None,
                            at=self.about.at if stem != "base_rate" else None,
                            code="not_applicable",
                            reason=reason,
                            sampling=self.about.sampling(rows),
                        )
                    )
                if stem == "accuracy":
                    break

    # --------------------------------------------------------------------------------------------- multiplicity

    def adjusted(self, combinations: Sequence[tuple[int, ...]]) -> tuple[Measurement, ...]:
        """All measurements, with p-values adjusted: Holm's within the declared family, Benjamini and Hochberg's elsewhere.

        A planned test of the family that could not be made counts as one that found nothing, so that leaving a test out never
        makes another more significant.
        """
        family = self.family
        inside = {key: places for key, places in self.assessed.tests.items() if key[0] in family}
        outside = {key: places for key, places in self.assessed.tests.items() if key[0] not in family}
        classes = max(1, len(self.classes()))
        self._adjust(inside, "gaps", len(family) * len(combinations) * classes)
        self._adjust(outside, "screening", 0)
        return tuple(self.assessed.measurements)

    def _adjust(self, tests: Mapping[Any, list[int]], name: str, planned: int) -> None:
        made = {}
        for key, places in tests.items():
            test = next(
                (m.test for m in (self.assessed.measurements[p] for p in places) if isinstance(m, Measured) and m.test),
                None,
            )
            if test is not None:
                made[key] = test
        if not made:
            return
        p_values = [test.p_value for test in made.values()]
        padded = p_values + [1.0] * max(0, planned - len(p_values))
        holms = name == "gaps"
        adjusted = (holm(padded) if holms else benjamini_hochberg(padded)).tolist()
        for (key, test), value in zip(made.items(), adjusted, strict=False):
            said = Test(
                p_value=test.p_value,
                method=test.method,
                family=name,
                adjusted_p_value=value,
                adjustment="holm" if holms else "benjamini_hochberg",
            )
            for place in tests[key]:
                measurement = self.assessed.measurements[place]
                if isinstance(measurement, Measured) and measurement.test is not None:
                    self.assessed.measurements[place] = measurement.model_copy(update={"test": said})


__all__ = ["GAPS", "check", "complete", "conclude", "count", "layout_of", "single_gap"]
