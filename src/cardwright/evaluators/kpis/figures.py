"""Each indicator as numbers of one workstream: value, numerator, denominator, interval, and the ids that it came from."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cardwright.evaluators.kpis.options import KpisOptions
from cardwright.evaluators.kpis.period import business_days, quarter
from cardwright.evaluators.kpis.portfolio import Portfolio
from cardwright.record.base import label
from cardwright.record.claim import Claim, Preregister, SignOff, Waive, WaiveRequest, live, same_person
from cardwright.record.counted_dossier import CountedDossier
from cardwright.record.evaluation import Evaluation, Severity
from cardwright.record.measurement import Direction, Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.statistics.intervals import wilson
from cardwright.statistics.order import quantile

DROP = 0.1
"""A drop below this is below the line of `robustness_delta`."""
_SEVERE: tuple[Severity, ...] = ("medium", "high", "critical")
_OF_DATA = ("data_profile", "overlap", "pii")
"""Evaluators whose findings are about data."""


@dataclass(frozen=True)
class IndicatorFigure:
    """One number of an indicator, or why there is none, and what it was counted from."""

    measurement: Measurement
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counting:
    """What a figure is about: the indicator, whose it is, and how it is set."""

    metric: str
    portfolio: Portfolio
    options: KpisOptions
    slice: Mapping[str, str | None] = field(default_factory=dict)

    def sliced(self, **more: str) -> Counting:
        """The same of a part."""
        return Counting(self.metric, self.portfolio, self.options, {**self.slice, **more})

    def called(self, metric: str) -> Counting:
        """The same place, another metric."""
        return Counting(metric, self.portfolio, self.options, self.slice)

    @property
    def place(self) -> dict[str, str | None]:
        """The slice of the measurement."""
        workstream = self.portfolio.workstream
        return {**({"workstream": workstream} if workstream is not None else {}), **self.slice}

    def none(self, reason: str, ids: Sequence[str] = (), *, asked: bool = True) -> IndicatorFigure:
        """No number, and why; `asked` is False where the question does not arise."""
        return IndicatorFigure(
            Unmeasured(
                metric=self.metric, slice=self.place, code="undefined" if asked else "not_applicable", reason=reason
            ),
            tuple(ids),
        )

    def share(self, above: Sequence[str], of: Sequence[str], what: str) -> IndicatorFigure:
        """A proportion with Wilson's interval, where there are enough cases."""
        n, k = len(of), len(above)
        if not n:
            return self.none(f"There is no {what}.", asked=False)
        if n < self.options.min_cases:
            return IndicatorFigure(
                Unmeasured(
                    metric=self.metric, slice=self.place, code="too_few_samples", denominator=float(n),
                    reason=f"{k} of {n} ({what}); a rate is stated from {self.options.min_cases} cases on.",
                ),
                tuple(of),
            )  # fmt: skip
        bounds = wilson(k, n, self.options.level)
        assert bounds is not None
        return IndicatorFigure(
            Measured(
                metric=self.metric, slice=self.place, value=k / n, unit="proportion", direction="higher_is_better",
                numerator=float(k), denominator=float(n), sampling=Sampling(unit=what, units=n, observations=n),
                interval=Interval(level=bounds.level, lower=bounds.lower, upper=bounds.upper, method=bounds.method),
            ),
            tuple(of),
        )  # fmt: skip

    def median(
        self, values: Sequence[float], ids: Sequence[str], unit: str, what: str, *,
        direction: Direction = "lower_is_better", numerator: int | None = None, whole: int | None = None,
    ) -> IndicatorFigure:  # fmt: skip
        """A median with the interval of order statistics, where there are enough values for one."""
        found = quantile(values, 0.5, self.options.level) if values else None
        if found is None:
            return self.none(f"There is no {what}.", ids, asked=bool(ids))
        bounds = found.bounds
        return IndicatorFigure(
            Measured(
                metric=self.metric, slice=self.place, value=found.estimate, unit=unit, direction=direction,
                numerator=None if numerator is None else float(numerator),
                denominator=float(whole if whole is not None else len(values)),
                sampling=Sampling(unit=what, units=len(values), observations=len(values)),
                interval=None if bounds is None
                else Interval(level=bounds.level, lower=bounds.lower, upper=bounds.upper, method=bounds.method),
            ),
            tuple(ids),
        )  # fmt: skip

    def number(
        self, value: float, unit: str, ids: Sequence[str], *, numerator: float | None = None, denominator: float | None = None,
        direction: Direction = "neither",
    ) -> IndicatorFigure:  # fmt: skip
        """A number that has no interval."""
        return IndicatorFigure(
            Measured(
                metric=self.metric, slice=self.place, value=value, unit=unit, direction=direction, numerator=numerator,
                denominator=denominator,
            ),
            tuple(ids),
        )  # fmt: skip


NO_RUNS = "No store of runs is named."


def throughput(at: Counting) -> list[IndicatorFigure]:
    """Runs with a result per week."""
    if not at.portfolio.tracked:
        return [at.none(NO_RUNS, asked=False)]
    if not at.portfolio.runs and at.portfolio.period.open:
        return [at.none("There is no run.", asked=False)]
    done = [run for run in at.portfolio.runs if run.result]
    moments = [moment for run in at.portfolio.runs for moment in (run.started, run.finished) if moment is not None]
    weeks = at.portfolio.period.weeks(moments)
    if weeks is None:
        return [at.none("No run says when it began or ended, and the period has no end.", [run.id for run in done])]
    ids = [run.id for run in done]
    return [at.number(len(done) / weeks, "per_week", ids, numerator=float(len(done)), denominator=weeks)]


def reproducibility(at: Counting) -> list[IndicatorFigure]:
    """Dossiers whose results all resolve."""
    of = [one for one in at.portfolio.dossiers if results(one)]
    traced = [one.id for one in of if _traced(one)]
    return [at.share(traced, [one.id for one in of], "dossier with results")]


def results(one: CountedDossier) -> list[Evaluation]:
    """The evaluations of a dossier; what it only counts of others is no result of its own."""
    return [found for found in one.record.evaluations if found.evaluator != "kpis"]


def _traced(one: CountedDossier) -> bool:
    made = one.record.provenance
    if made.commit is None or made.dirty is not False:
        return False
    lost = [m for found in results(one) for m in found.find("untraceable_runs", slice={})]
    return all(isinstance(m, Measured) and m.value == 0 for m in lost)


@dataclass(frozen=True)
class ClaimedGain:
    """One claim: what runs say of a configuration beside a baseline, in however many documents it stands."""

    id: str
    """The first dossier that evaluated it."""
    ids: tuple[str, ...]
    """All of them."""
    gain: Measured | None
    """The improvement over the baseline; None if it has none."""
    base: float | None
    """The baseline's mean."""
    costs: Mapping[str, tuple[float, float]]
    """By kind: what a run of the claimed configuration takes on average, and one of the baseline."""

    @property
    def relative(self) -> float | None:
        """The gain over the baseline's mean; None if there is no gain or the mean is 0."""
        return self.gain.value / abs(self.base) if self.gain is not None and self.base else None

    @property
    def shown(self) -> bool:
        """Whether the whole interval is a gain."""
        return self.gain is not None and self.gain.interval is not None and self.gain.interval.lower > 0


def claims_of(dossiers: Sequence[CountedDossier]) -> list[ClaimedGain]:
    """The claims that dossiers rest on runs, each once: the same runs, asked in the same way, are one claim."""
    found: dict[tuple[str, ...], list[tuple[CountedDossier, Evaluation]]] = {}
    for one in dossiers:
        for evaluation in one.record.evaluations:
            if evaluation.evaluator == "runs":
                asked = ("metric", "claim", "baseline", "higher_is_better", "ignore")
                said = json.dumps([evaluation.parameters.get(name) for name in asked])
                source = [read.sha256 for read in evaluation.inputs if read.need == "source"]
                found.setdefault((*source, said), []).append((one, evaluation))
    return [_claim(several) for several in found.values()]


def _claim(several: Sequence[tuple[CountedDossier, Evaluation]]) -> ClaimedGain:
    evaluation = several[0][1]
    gain = _value(evaluation, "improvement")
    base = _value(evaluation, "seed_mean", configuration="baseline")
    costs: dict[str, tuple[float, float]] = {}
    for measured in evaluation.measurements:
        if isinstance(measured, Measured) and measured.metric.startswith("cost_"):
            of_claim = _value(evaluation, measured.metric, configuration="claim")
            of_base = _value(evaluation, measured.metric, configuration="baseline")
            if of_claim is not None and of_base is not None:
                costs[measured.unit] = (of_claim.value, of_base.value)
    ids = tuple(dict.fromkeys(one.id for one, _ in several))
    return ClaimedGain(ids[0], ids, gain, base.value if base is not None else None, costs)


def _value(evaluation: Evaluation, metric: str, **slice_: str) -> Measured | None:
    return next((m for m in evaluation.find(metric, slice={**slice_}) if isinstance(m, Measured)), None)


def baselines(at: Counting) -> list[IndicatorFigure]:
    """Different baselines per workstream with runs, and claims that have one."""
    claimed = claims_of(at.portfolio.dossiers)
    with_one = [claim.id for claim in claimed if claim.gain is not None]
    compared = at.called("claims_with_baseline").share(with_one, [claim.id for claim in claimed], "claim")
    if not at.portfolio.runs:
        return [at.none("There is no run." if at.portfolio.tracked else NO_RUNS, asked=False), compared]
    runs = [run for run in at.portfolio.runs if run.result and run.purpose == "baseline"]
    count, streams = float(len({run.config_sha256 or run.id for run in runs})), float(at.portfolio.streams)
    ids = [run.id for run in runs]
    return [
        at.number(count / streams, "count", ids, numerator=count, denominator=streams, direction="higher_is_better"),
        compared,
    ]


def improvement(at: Counting) -> list[IndicatorFigure]:
    """The relative gain of claims."""
    claimed = claims_of(at.portfolio.dossiers)
    gains = [(claim, claim.relative) for claim in claimed if claim.relative is not None]
    ids = [id_ for claim, _ in gains for id_ in claim.ids]
    shown = sum(claim.shown for claim, _ in gains)
    values = [value for _, value in gains if value is not None]
    middle = at.median(values, ids, "ratio", "claim with a baseline", direction="higher_is_better", numerator=shown)
    each = [
        at.sliced(claim=label(claim.id)).number(value, "ratio", claim.ids, direction="higher_is_better")
        for claim, value in gains
        if value is not None
    ]
    return [middle, *_with_intervals(each, [claim for claim, _ in gains])]


def _with_intervals(figures: Sequence[IndicatorFigure], claimed: Sequence[ClaimedGain]) -> list[IndicatorFigure]:
    """The relative gains with the intervals of the gains, the baseline's mean taken as it is."""
    found = []
    for figure, claim in zip(figures, claimed, strict=True):
        gain, measured = claim.gain, figure.measurement
        if gain is not None and gain.interval is not None and claim.base and isinstance(measured, Measured):
            bounds, by = gain.interval, abs(claim.base)
            scaled = bounds.model_copy(update={"lower": bounds.lower / by, "upper": bounds.upper / by})
            measured = measured.model_copy(update={"interval": scaled, "denominator": gain.denominator})
        found.append(IndicatorFigure(measured, figure.ids))
    return found


def robustness(at: Counting) -> list[IndicatorFigure]:
    """The largest drop in a group or under changed input."""
    largest = {one.id: max(drops) for one in at.portfolio.dossiers if (drops := _drops(one))}
    if not largest:
        return [at.none("No dossier measured a drop: `replacement` by group, or `robustness`.", asked=False)]
    inside = sum(drop < DROP for drop in largest.values())
    return [
        at.number(
            max(largest.values()), "difference", [*largest], numerator=float(inside), denominator=float(len(largest)),
            direction="lower_is_better",
        )
    ]  # fmt: skip


def _drops(one: CountedDossier) -> list[float]:
    found: list[float] = []
    for evaluation in one.record.evaluations:
        for m in evaluation.measurements:
            if not isinstance(m, Measured):
                continue
            if evaluation.evaluator == "replacement" and m.metric == "accuracy_change" and m.slice:
                found.append(-m.value)
            elif evaluation.evaluator == "robustness" and m.metric.endswith("_drop"):
                found.append(m.value)
    return found


def cost(at: Counting) -> list[IndicatorFigure]:
    """What a run of the claimed configuration takes over one of the baseline, by kind."""
    claimed = claims_of(at.portfolio.dossiers)
    kinds = sorted({kind for claim in claimed for kind in claim.costs})
    found = []
    for kind in kinds:
        pairs = [(claim, claim.costs[kind]) for claim in claimed if kind in claim.costs and claim.costs[kind][1] > 0]
        ratios, ids = [mine / base for _, (mine, base) in pairs], [id_ for claim, _ in pairs for id_ in claim.ids]
        found.append(at.sliced(cost=kind).median(ratios, ids, "ratio", "claim with both costs"))
    return found or [at.none("No claim has the cost of its configuration and of a baseline.", asked=False)]


def first_result(at: Counting) -> list[IndicatorFigure]:
    """Business days from a plan's approval to the first result after it."""
    plans = at.portfolio.of_kind("experiment_plan")
    if not plans or not at.portfolio.tracked:
        return [at.none("There is no experiment plan." if at.portfolio.tracked else NO_RUNS, asked=False)]
    results_at = sorted(run.finished for run in at.portfolio.runs if run.result and run.finished is not None)
    starts = {run.finished: run.started or run.finished for run in at.portfolio.runs if run.finished is not None}
    waits: dict[str, float] = {}
    signed = 0
    for plan in plans:
        approved = first_approval(plan)
        if approved is None:
            continue
        signed += 1
        first = next((end for end in results_at if (starts[end] or end) >= approved), None)
        if first is not None:
            waits[plan.id] = float(business_days(approved, first))
    if not waits:
        why = f"{signed} of {len(plans)} plans are approved, and no run with a result began after one was."
        return [at.none(why, [plan.id for plan in plans])]
    return [
        at.median(
            [*waits.values()], [*waits], "business_days", "plan with a result", numerator=len(waits), whole=len(plans)
        )
    ]


def first_approval(one: CountedDossier) -> str | None:
    """When somebody first approved a dossier or its plan, its author's signature left out; None if nobody did."""
    moments = [claim.at for claim in live(one.claims) if _approves(claim, one)]
    return min(moments, default=None)


def _approves(claim: Claim, one: CountedDossier) -> bool:
    if isinstance(claim, SignOff):
        of_this = claim.manifest_sha256 == one.manifest_sha256
        return of_this and claim.decision == "approve" and claim.meaning != "authorship"
    of_plan = isinstance(claim, Preregister) and claim.plan_sha256 == one.record.provenance.plan_sha256
    return of_plan and isinstance(claim, Preregister) and claim.meaning == "review"


def latency(at: Counting) -> list[IndicatorFigure]:
    """Hours that the evaluations of a dossier took."""
    hours = {one.id: math.fsum(one.run.seconds.values()) / 3600 for one in at.portfolio.dossiers if one.run is not None
             and one.run.seconds}  # fmt: skip
    return [at.median([*hours.values()], [*hours], "hours", "dossier that says how long its evaluations took")]


def error_analyses(at: Counting) -> list[IndicatorFigure]:
    """Memos that refer to an error analysis."""
    memos = at.portfolio.of_kind("research_memo")
    analysed = [one.id for one in memos if any(link.kind == "error_analysis" for link in one.record.links)]
    return [at.share(analysed, [one.id for one in memos], "research memo")]


def _for_production(portfolio: Portfolio) -> list[CountedDossier]:
    return [one for one in portfolio.dossiers if one.record.context.production_intended is True]


def handoff(at: Counting) -> list[IndicatorFigure]:
    """Models and systems whose handoff checklist is answered throughout."""
    of = [one for one in _for_production(at.portfolio) if one.record.subject.kind in ("model", "system")]
    ready = [one.id for one in of if _complete(one, "handoff_readiness")]
    return [at.share(ready, [one.id for one in of], "model or system meant for production")]


def _complete(one: CountedDossier, name: str) -> bool:
    found = one.checklists.get(name)
    return found is not None and found.counts["missing"] == 0


def responsible_ai(at: Counting) -> list[IndicatorFigure]:
    """Items answered out of those that apply; and waivers, which answer none."""
    of = [one for one in _for_production(at.portfolio) if "responsible_ai_minimum" in one.checklists]
    ids = [one.id for one in of]
    waived = sum(
        outcome.waived is not None for one in of if one.verdict is not None for outcome in one.verdict.outcomes
    )
    counts = Counter[str]()
    for one in of:
        counts.update(one.checklists["responsible_ai_minimum"].counts)
    answered = counts["evidence"] + counts["attested"]
    required = answered + counts["missing"]
    if not required:
        return [at.none("No dossier is meant for production.", asked=False)]
    return [
        at.number(
            answered / required, "proportion", ids, numerator=float(answered), denominator=float(required),
            direction="higher_is_better",
        ),
        at.called("waivers_in_force").number(
            float(waived), "count", ids, denominator=float(len(of)), direction="lower_is_better"
        ),
    ]  # fmt: skip


def data_quality(at: Counting) -> list[IndicatorFigure]:
    """Findings about data per dossier that profiled data: early, late, by quarter, and the change between quarters."""
    of = [one for one in at.portfolio.dossiers if any(e.evaluator == "data_profile" for e in one.record.evaluations)]
    if not of:
        return [at.none("No dossier profiled data.", asked=False)]
    found = [_rate(at, of)]
    for found_at, part in (
        ("early", [one for one in of if one.record.subject.kind == "dataset"]),
        ("late", [one for one in of if one.record.subject.kind != "dataset"]),
    ):
        if part:
            found.append(_rate(at.sliced(found=found_at), part))
    quarters: dict[str, list[CountedDossier]] = {}
    for one in of:
        if one.decided_at is not None:
            quarters.setdefault(quarter(one.decided_at), []).append(one)
    found += [_rate(at.sliced(quarter=name), part) for name, part in sorted(quarters.items())]
    change = at.called("data_quality_issue_rate_change")
    if len(quarters) < 2:
        return [*found, change.none("There are not dossiers of two quarters, which a trend needs.")]
    before, after = sorted(quarters)[-2:]
    ids = [one.id for name in (before, after) for one in quarters[name]]
    by = _issues(quarters[after]) / len(quarters[after]) - _issues(quarters[before]) / len(quarters[before])
    return [*found, change.number(by, "difference", ids, direction="lower_is_better")]


def _issues(of: Sequence[CountedDossier]) -> int:
    return sum(
        evaluation.severities.get(severity, 0)
        for one in of
        for evaluation in one.record.evaluations
        if evaluation.evaluator in _OF_DATA
        for severity in _SEVERE
    )


def _rate(at: Counting, of: Sequence[CountedDossier]) -> IndicatorFigure:
    issues, n = float(_issues(of)), float(len(of))
    return at.number(
        issues / n, "per_dossier", [one.id for one in of], numerator=issues, denominator=n, direction="lower_is_better"
    )


def responsiveness(at: Counting) -> list[IndicatorFigure]:
    """Business days from a signed request to its signed answer."""
    waits = [(one.id, days) for one in at.portfolio.dossiers for days in _answers(one)]
    asked = sum(_asked(one) for one in at.portfolio.dossiers)
    if not waits:
        return [at.none(f"{asked} signed requests, and none is answered by a signature.", asked=bool(asked))]
    ids = list(dict.fromkeys(id_ for id_, _ in waits))
    days = [days for _, days in waits]
    return [
        at.median(days, ids, "business_days", "answered request", numerator=len(waits), whole=max(asked, len(waits)))
    ]


def _asked(one: CountedDossier) -> int:
    """Requests in a dossier: an author's signature, requests for changes and rejections, waivers asked for."""
    said = live(one.claims)
    return bool(_authorship(one)) + sum(
        isinstance(claim, WaiveRequest) or (isinstance(claim, SignOff) and claim.decision != "approve")
        for claim in said
    )


def _authorship(one: CountedDossier) -> list[SignOff]:
    return [
        claim
        for claim in live(one.claims)
        if isinstance(claim, SignOff) and claim.meaning == "authorship" and claim.manifest_sha256 == one.manifest_sha256
    ]


def _answers(one: CountedDossier) -> list[float]:
    said = live(one.claims)
    by_id = {claim.id: claim for claim in said}
    pairs: list[tuple[Claim, Claim]] = []
    for claim in said:
        named = claim.request if isinstance(claim, Waive) else claim.answers if isinstance(claim, SignOff) else None
        if named is not None and named in by_id:
            pairs.append((by_id[named], claim))
    authorship = min(_authorship(one), key=lambda claim: claim.at, default=None)
    if authorship is not None:
        answered = [
            claim
            for claim in said
            if isinstance(claim, SignOff)
            and claim.meaning != "authorship"
            and claim.at >= authorship.at
            and not same_person(claim, authorship)
        ]
        if answered:
            pairs.append((authorship, min(answered, key=lambda claim: claim.at)))
    return [float(business_days(asked.at, answer.at)) for asked, answer in pairs if answer.at >= asked.at]


def gate(at: Counting) -> list[IndicatorFigure]:
    """Dossiers that the gate allowed."""
    of = [one for one in at.portfolio.dossiers if one.verdict is not None]
    allowed = [one.id for one in of if one.verdict is not None and one.verdict.allowed]
    return [at.share(allowed, [one.id for one in of], "decision of the gate")]


GIVEN = "given_by_people"
"""The field of a KPI report with numbers that only people can give."""
_DECIMAL = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?")


def by_people(at: Counting) -> list[IndicatorFigure]:
    """A number that a person gave in an approved KPI report: the last of them; else that it is not collected."""
    given = [
        (one.decided_at or "", one, entry)
        for one in at.portfolio.dossiers
        if one.record.kind == "kpi_report" and first_approval(one) is not None
        for entry in _given(one)
        if entry.get("indicator") == at.metric
    ]
    if not given:
        return [at.none("Not collected: only people can say, and no approved KPI report does.", asked=False)]
    _, one, entry = max(given, key=lambda each: (each[0], each[1].id))
    value, n = entry.get("value", "").strip(), entry.get("answers", "").strip()
    if not _DECIMAL.fullmatch(value) or (n and not n.isdigit()):
        return [at.none("What the KPI report gives is no number.", [one.id])]
    count = float(n) if n else None
    return [at.number(float(value), "value", [one.id], denominator=count, direction="higher_is_better")]


def _given(one: CountedDossier) -> tuple[dict[str, str], ...]:
    answer = one.record.details.answers.get(GIVEN)
    return answer.entries if answer is not None else ()


FIGURES: dict[str, Callable[[Counting], list[IndicatorFigure]]] = {
    "experiment_throughput": throughput,
    "reproducibility_rate": reproducibility,
    "baseline_coverage": baselines,
    "primary_metric_improvement": improvement,
    "robustness_delta": robustness,
    "cost_ratio": cost,
    "time_to_first_result": first_result,
    "evaluation_latency": latency,
    "error_analysis_completeness": error_analyses,
    "documentation_quality": by_people,
    "handoff_readiness": handoff,
    "responsible_ai_coverage": responsible_ai,
    "data_quality_issue_rate": data_quality,
    "collaboration_responsiveness": responsiveness,
    "stakeholder_satisfaction": by_people,
    "learning_contributions": by_people,
    "quality_gate_pass_rate": gate,
}
"""How each indicator is counted, by its metric."""


def figures(portfolio: Portfolio, options: KpisOptions, metric: str) -> list[IndicatorFigure]:
    """The numbers of an indicator in a portfolio; the first is the indicator itself."""
    return FIGURES[metric](Counting(metric, portfolio, options))
