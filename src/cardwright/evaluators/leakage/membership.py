"""Membership inference: how well an attacker tells rows that the model was trained on from rows that it was not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.leakage import attributes, blind
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.evaluators.leakage.part import LOWER, LeakagePart, Measurement, interval
from cardwright.evaluators.leakage.shared import MOST_SHARED, SharedRows, same_source, shared_rows
from cardwright.evaluators.leakage.signals import FittedOutcome, FittedSide, outcome_of, side
from cardwright.evaluators.rows.direction import of_scores
from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.wording import agree, counted, part_of, percent
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import Finding, NotTested, Scanned, Series, Severity, Table, TableColumn
from cardwright.record.measurement import Interval, Measured, Sampling, Unmeasured
from cardwright.sources.interface import LanguageModel, Model, Predictions
from cardwright.sources.interface import Table as TableSource
from cardwright.statistics.membership import (
    attack_auc,
    least_non_members,
    likelihood_ratio,
    logit_scaled,
    rate_at_false_positives,
)

AREA, RATE = "membership_inference_auc", "membership_inference_tpr"
LARGEST = "largest_membership_inference_auc"
BLIND = "blind_baseline_auc"
DIFFER = "members and non-members differ"
NOT_JUDGED = "membership_not_judged"
GRAVE, NOTED = 0.65, 0.55
"""Areas from which a leak is a high, and a medium finding."""
MANY_TIMES, SOME_TIMES = 10.0, 3.0
"""How many times above the false positive rate the members found make it a high, and a medium finding."""


@dataclass(frozen=True)
class MembershipAttack:
    """A way to score rows, higher for members."""

    name: str
    title: str
    members: FloatArray
    non_members: FloatArray


@dataclass(frozen=True)
class AttackRefusal:
    """Why no attack is judged, and the finding that says so."""

    reason: Unmeasured
    key: str
    severity: Severity


def assess(options: LeakageOptions, inputs: Inputs) -> LeakagePart:
    """What membership inference finds, or why members and non-members cannot be compared.

    Raises
    ------
    UsageError
        If a column or a source does not exist.
    """
    where = f"{inputs.id} (leakage)"
    members, non_members = _sources(inputs, where)
    named = inputs.sources.get("model")
    model = inputs.get("model", Model) if named is not None and not isinstance(named, LanguageModel) else None
    fitted = named if isinstance(named, LanguageModel) else model
    outcome = outcome_of(members, non_members)
    inside = side(members, options, outcome, fitted, where)
    inputs.progress(1, 3)
    outside = side(non_members, options, outcome, fitted, where)
    inputs.progress(2, 3)
    baseline = blind.look(members, non_members, options, model, inputs.seed, where)
    inputs.progress(3, 3)
    attacks = [_by_person(one, inside, outside) for one in _attacks(inside, outside)]
    each = 1 - (1 - options.level) / len(attacks)
    shared = shared_rows(inside, outside, _compared(members, non_members, baseline, outcome, options))
    refusal = _why_not(baseline, attacks, options, same_source(inside, outside), shared, each)
    why = None if refusal is None else refusal.reason
    measurements: list[Measurement] = [_blind(baseline, options)]
    unit = "person" if inside.person is not None and outside.person is not None else members.unit
    for attack in attacks:
        measurements += _measured(attack, options, each, unit, why)
    measurements.append(_largest(measurements, why))
    told, more = attributes.measured(options, members, non_members, outcome, model, why, inputs.seed, where)
    measurements += told
    # Losses of a score that speaks for the other outcome are those of another model.
    used = (members, non_members) if named is None and options.loss is None and options.log_prob is None else ()
    turned = [f for one in used if isinstance(one, Predictions) for f in of_scores(one, inputs.seed)]
    findings = (*turned, *_findings(measurements, refusal, shared), *more)
    return LeakagePart(
        method=_method(inside, attacks, baseline, options, shared),
        limits=(
            "An attack that finds nothing shows that these attacks find nothing; a stronger one may.",
            "The blind baseline rules out differences that its classifiers can see, not all differences.",
            f"Intervals of several attacks hold together: each is at level {each:.6g}. That folds of the blind baseline share "
            "training rows is not in its interval.",
            "Rows that are on both sides are counted where they agree in all inputs, outcome and loss; rows that are nearly "
            "alike are not, and the evaluator `overlap` counts them.",
        ),
        measurements=tuple(measurements),
        findings=findings,
        tables=(_table(measurements, attacks),),
        series=() if why is not None else tuple(_curve(attack) for attack in attacks),
        scanned=(
            Scanned(what="members", scanned=len(inside.loss), total=len(inside.loss)),
            Scanned(what="non-members", scanned=len(outside.loss), total=len(outside.loss)),
        ),
        not_tested=_not_tested(attacks, options),
    )


def _sources(inputs: Inputs, where: str) -> tuple[Predictions | TableSource, Predictions | TableSource]:
    sources: list[Predictions | TableSource] = []
    for need in ("members", "non_members"):
        source = inputs.sources.get(need)
        if not isinstance(source, Predictions | TableSource):
            raise UsageError(
                f"membership inference needs `{need}`",
                where=where,
                do="Name rows that the model was trained on as `members:` and rows of the same kind that it was not as "
                "`non_members:`.",
            )
        sources.append(source)
    return sources[0], sources[1]


def _attacks(inside: FittedSide, outside: FittedSide) -> list[MembershipAttack]:
    """Every attack that the columns at hand allow, each on both sides alike."""
    attacks = [MembershipAttack("loss", "loss", -inside.loss, -outside.loss)]
    if inside.reference is not None and outside.reference is not None:
        attacks.append(
            MembershipAttack(
                "calibrated_loss",
                "loss less that of reference models",
                inside.reference - inside.loss,
                outside.reference - outside.loss,
            )
        )
    if inside.bits is not None and outside.bits is not None:
        attacks.append(
            MembershipAttack("zlib", "loss by compressed size", *(_per_bit(one) for one in (inside, outside)))
        )
    if inside.least_likely is not None and outside.least_likely is not None:
        attacks.append(MembershipAttack("min_k", "Min-K%", -inside.least_likely, -outside.least_likely))
    if inside.shadow_out is not None and outside.shadow_out is not None:
        online = inside.shadow_in is not None and outside.shadow_in is not None
        name = "lira_online" if online else "lira_offline"
        scores = [
            likelihood_ratio(
                _fit(one, one.loss), _fit(one, one.shadow_in) if online else None, _fit(one, one.shadow_out)
            )
            for one in (inside, outside)
        ]
        if all(np.isfinite(score).all() for score in scores):
            attacks.append(MembershipAttack(name, "likelihood ratio of shadow models", scores[0], scores[1]))
        else:
            bad = sum(int((~np.isfinite(score)).sum()) for score in scores)
            raise UsageError(
                f"{bad} rows have no loss of a shadow model that was trained "
                f"{'with, or of one that was trained ' if online else ''}without them",
                do="Train more shadow models, each on a random half of all rows, or leave `shadow_in:` out.",
            )
    return attacks


def _per_bit(one: FittedSide) -> FloatArray:
    assert one.bits is not None
    total = one.loss if one.tokens is None else one.loss * one.tokens
    return -total / np.maximum(one.bits, 1.0)


def _fit(one: FittedSide, losses: FloatArray | None) -> FloatArray:
    assert losses is not None
    return logit_scaled_or_missing(losses) if one.cross_entropy else -losses


def logit_scaled_or_missing(losses: FloatArray) -> FloatArray:
    """`logit_scaled`, in which a missing loss stays missing."""
    return np.where(np.isfinite(losses), logit_scaled(np.nan_to_num(losses)), np.nan)


def _by_person(attack: MembershipAttack, inside: FittedSide, outside: FittedSide) -> MembershipAttack:
    """One score for each person, the mean of the person's rows, where rows have persons."""
    if inside.person is None or outside.person is None:
        return attack
    return MembershipAttack(
        attack.name, attack.title, _means(attack.members, inside.person), _means(attack.non_members, outside.person)
    )


def _means(scores: FloatArray, person: object) -> FloatArray:
    codes = np.unique(np.asarray(person, dtype=object), return_inverse=True)[1]
    return np.bincount(codes, scores) / np.bincount(codes)


def _compared(
    members: Predictions | TableSource,
    non_members: Predictions | TableSource,
    baseline: blind.BlindBaseline,
    outcome: FittedOutcome | None,
    options: LeakageOptions,
) -> list[str]:
    """Inputs and outcome, as far as both sides have them."""
    label = outcome.label if outcome is not None else members.label or non_members.label
    more = [c for c in (label, options.text) if c is not None]
    both = {*members.rows.schema.names} & {*non_members.rows.schema.names}
    return [c for c in dict.fromkeys([*baseline.columns, *more]) if c in both] if baseline.columns else []


def _why_not(
    baseline: blind.BlindBaseline,
    attacks: list[MembershipAttack],
    options: LeakageOptions,
    same: bool,
    shared: SharedRows | None,
    level: float,
) -> AttackRefusal | None:
    """Why no attack can be judged."""
    if same:
        rows = len(attacks[0].members)
        return _refused(
            f"Members and non-members are the same data, all {rows} cases, so no attack can tell them apart and the area says "
            "nothing of the model. Name rows that the model was not trained on as `non_members:`.",
            "members_are_non_members",
            "high",
        )
    if shared is not None and shared.too_many:
        return _refused(
            f"{_counted(shared)}, more than {MOST_SHARED:.0%}: an attack cannot tell them apart, so the model would look safer "
            "than it is. Leave them out of the non-members.",
            "members_among_non_members",
            "high",
        )
    if baseline.differ:
        assert baseline.area is not None
        return _refused(
            f"{DIFFER.capitalize()}: a classifier that never saw the model tells them apart by their "
            f"{'words' if baseline.reader == 'words' else 'inputs'} (area {baseline.area.estimate:.3f}, "
            f"{baseline.area.bounds.lower:.3f} to {baseline.area.bounds.upper:.3f}), so what an attack on the model finds may be "
            "that difference. Draw both at random from one population.",
            "members_and_non_members_differ",
            "medium",
        )
    least = min(min(len(a.members), len(a.non_members)) for a in attacks)
    if least < options.min_denominator:
        return AttackRefusal(
            Unmeasured(
                metric=AREA,
                code="too_few_samples",
                reason=f"The smaller side has {counted(least, 'case')}; {options.min_denominator} are needed.",
                denominator=least,
            ),
            NOT_JUDGED,
            "medium",
        )
    if baseline.area is None:
        return _refused(
            f"There is no blind baseline: {baseline.why}. Name the columns that the model reads with `inputs:`.",
            NOT_JUDGED,
            "medium",
        )
    for attack in attacks:
        cases = len(attack.members) + len(attack.non_members)
        if np.ptp(np.concatenate((attack.members, attack.non_members))) == 0:
            return _refused(
                f"The score of the attack by {attack.title} is the same for all {cases} cases, so it cannot tell any of them "
                "apart whatever the model gives away. Name a loss that differs between rows.",
                NOT_JUDGED,
                "medium",
            )
        area = attack_auc(attack.members, attack.non_members, level)
        if area is not None and area.bounds.upper < 0.5:
            return _refused(
                f"Members and non-members may be swapped: an attacker turns the sign round. The attack by {attack.title} has an "
                f"area of {area.estimate:.3f} ({area.bounds.lower:.3f} to {area.bounds.upper:.3f}), below chance, so the model "
                "fits the non-members better. Check which side is which, and the sign of the loss.",
                "members_and_non_members_may_be_swapped",
                "high",
            )
    return None


def _refused(reason: str, key: str, severity: Severity) -> AttackRefusal:
    return AttackRefusal(Unmeasured(metric=AREA, code="undefined", reason=reason), key, severity)


def _counted(shared: SharedRows) -> str:
    return (
        f"{part_of(shared.non_members, shared.of_non_members, 'non-member')} {agree(shared.non_members, 'is', 'are')} also among "
        f"the members, and {part_of(shared.members, shared.of_members, 'member')} among the non-members"
    )


def _blind(baseline: blind.BlindBaseline, options: LeakageOptions) -> Measurement:
    if baseline.area is None:
        few = bool(baseline.columns) and baseline.rows < options.min_denominator
        return Unmeasured(
            metric=BLIND,
            code="too_few_samples" if few else "undefined",
            reason=f"{(baseline.why or '').capitalize()}.",
            denominator=baseline.rows if few else None,
        )
    return Measured(
        metric=BLIND,
        value=baseline.area.estimate,
        unit="proportion",
        direction="neither",
        interval=interval(baseline.area.bounds),
        reference="chance",
    )


def _measured(
    attack: MembershipAttack, options: LeakageOptions, level: float, unit: str, why: Unmeasured | None
) -> list[Measurement]:
    of: dict[str, str | None] = {"attack": attack.name}
    if why is not None:
        every = [why.model_copy(update={"slice": of})]
        for rate in options.false_positive_rates:
            every.append(
                why.model_copy(update={"metric": RATE, "slice": of, "at": {"false_positive_rate": float(rate)}})
            )
        return list(every)
    members, non_members = attack.members, attack.non_members
    area = attack_auc(members, non_members, level)
    assert area is not None  # there are at least `min_denominator` of each
    measurements: list[Measurement] = [
        Measured(
            metric=AREA,
            slice=of,
            value=area.estimate,
            unit="proportion",
            direction=LOWER,
            interval=interval(area.bounds),
            sampling=Sampling(
                unit=unit, units=len(members) + len(non_members), observations=len(members) + len(non_members)
            ),
            reference="chance",
        )
    ]
    for rate in options.false_positive_rates:
        at = {"false_positive_rate": float(rate)}
        least = least_non_members(rate, level)
        hit = rate_at_false_positives(members, non_members, rate, level)
        if hit is None:
            measurements.append(
                Unmeasured(
                    metric=RATE,
                    slice=of,
                    at=at,
                    code="too_few_samples",
                    reason=f"There {agree(len(non_members), 'is', 'are')} {counted(len(non_members), 'non-member')}; to "
                    f"measure at a false positive rate of {rate:g} takes at least {least:,}.",
                    denominator=len(non_members),
                )
            )
            continue
        measurements.append(
            Measured(
                metric=RATE,
                slice=of,
                at=at,
                value=hit.estimate,
                unit="proportion",
                direction=LOWER,
                interval=interval(hit.bounds),
                numerator=hit.found,
                denominator=hit.members,
                sampling=Sampling(unit=unit, units=hit.members, observations=hit.members),
                reference="chance",
            )
        )
    return measurements


def _largest(measurements: list[Measurement], why: Unmeasured | None) -> Measurement:
    """The largest area over all attacks: the intervals hold together, so the largest of their bounds bound the largest."""
    if why is not None:
        return why.model_copy(update={"metric": LARGEST})
    areas = [m for m in measurements if isinstance(m, Measured) and m.metric == AREA and m.interval is not None]
    bounds = [m.interval for m in areas if m.interval is not None]
    level = 1 - (1 - bounds[0].level) * len(bounds)
    return Measured(
        metric=LARGEST,
        value=max(m.value for m in areas),
        unit="proportion",
        direction=LOWER,
        interval=Interval(
            level=round(level, 12),
            lower=max(b.lower for b in bounds),
            upper=max(b.upper for b in bounds),
            method="delong_bonferroni" if len(bounds) > 1 else bounds[0].method,
        ),
        reference="chance",
        sampling=areas[0].sampling,
    )


def _findings(
    measurements: list[Measurement], refusal: AttackRefusal | None, shared: SharedRows | None
) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    if shared is not None and not shared.too_many and shared.non_members:
        findings.append(
            Finding(
                severity="low",
                key="members_among_non_members",
                explanation=f"{_counted(shared)}. No attack can tell these rows apart.",
                count=shared.non_members,
            )
        )
    if refusal is not None:
        count = shared.non_members if shared is not None and refusal.key == "members_among_non_members" else None
        explanation = f"Whether the model gives members away was not measured. {refusal.reason.reason}"
        return (*findings, Finding(severity=refusal.severity, key=refusal.key, explanation=explanation, count=count))
    for m in measurements:
        if not isinstance(m, Measured) or m.interval is None:
            continue
        attack = m.slice.get("attack")
        if m.metric == AREA and m.interval.lower > 0.5:
            severity: Severity = "high" if m.value >= GRAVE else "medium" if m.value >= NOTED else "low"
            findings.append(
                Finding(
                    severity=severity,
                    key="membership_inference",
                    explanation=f"An attacker who knows the loss of a row tells members from non-members: area {m.value:.3f} "
                    f"({m.interval.lower:.3f} to {m.interval.upper:.3f}), where chance has 0.5.",
                    where=attack,
                )
            )
        if m.metric == RATE and m.at is not None:
            rate = m.at["false_positive_rate"]
            if m.interval.lower > rate:
                times = m.value / rate
                severity = "high" if times >= MANY_TIMES else "medium" if times >= SOME_TIMES else "low"
                findings.append(
                    Finding(
                        severity=severity,
                        key="membership_inference_few_false_positives",
                        explanation=f"An attack that wrongly accuses at most {percent(rate)} of non-members finds "
                        f"{part_of(m.numerator or 0, m.denominator or 0, 'member')} ({percent(m.value)}; "
                        f"{percent(m.interval.lower)} to {percent(m.interval.upper)}): some rows are given away nearly "
                        "for certain.",
                        where=attack,
                        count=int(m.numerator or 0),
                    )
                )
    return tuple(findings)


def _table(measurements: list[Measurement], attacks: list[MembershipAttack]) -> Table:
    titles = {attack.name: attack.title for attack in attacks}
    rows: list[tuple[float | str | None, ...]] = []
    for m in measurements:
        if m.metric in (AREA, RATE):
            one = m if isinstance(m, Measured) else None
            bounds = one.interval if one is not None else None
            at = None if m.at is None else m.at["false_positive_rate"]
            rows.append(
                (
                    titles[str(m.slice["attack"])],
                    "area under the ROC curve" if m.metric == AREA else "members found",
                    at,
                    one.value if one else None,
                    bounds.lower if bounds else None,
                    bounds.upper if bounds else None,
                )
            )
    return Table(
        id="membership-attacks",
        title="Attacks on membership; chance has an area of 0.5, and finds as many members as it accuses non-members",
        columns=(
            TableColumn(name="attack", title="Attack"),
            TableColumn(name="what", title="Number"),
            TableColumn(name="at", title="At a false positive rate of", unit="proportion"),
            TableColumn(name="value", title="Value", unit="proportion"),
            TableColumn(name="lower", title="Lower bound", unit="proportion"),
            TableColumn(name="upper", title="Upper bound", unit="proportion"),
        ),
        rows=tuple(rows),
    )


POINTS = 101


def _curve(attack: MembershipAttack) -> Series:
    """The share of members found by the share of non-members accused, at fixed shares."""
    outside = np.sort(attack.non_members)[::-1]
    rates = np.linspace(0, 1, POINTS)
    points: list[tuple[float, float]] = []
    for rate in rates:
        index = int(np.floor(rate * len(outside)))
        share = 1.0 if index >= len(outside) else float((attack.members > outside[index]).mean())
        points.append((float(rate), share))
    return Series(
        id=f"membership-roc-{attack.name.replace('_', '-')}",
        title=f"ROC curve of the attack by {attack.title}",
        x="non-members accused",
        y="members found",
        points=tuple(points),
    )


def _method(
    inside: FittedSide,
    attacks: list[MembershipAttack],
    baseline: blind.BlindBaseline,
    options: LeakageOptions,
    shared: SharedRows | None,
) -> str:
    names = ", ".join(f"{attack.title} ({attack.name})" for attack in attacks)
    read = ", ".join(as_label(c) for c in baseline.columns[:20]) + (" …" if len(baseline.columns) > 20 else "")
    return (
        "Membership inference: each row has a score that is higher for rows the model fits better; losses come from "
        f"{inside.how}. Attacks: {names}. The loss threshold is that of Yeom et al. (2018), the calibrated loss that of "
        "Watson et al. (2022), LiRA that of Carlini et al. (2022), the compressed size that of Carlini et al. (2021), Min-K% "
        "that of Shi et al. (2024). Areas have DeLong's interval; the share of members found at a false positive rate has an "
        "interval that takes no distribution for granted and includes the error of the threshold. Before any of it counts, a "
        f"classifier that sees only the inputs of the rows ({read or 'none are known'}) and not the model is asked to tell "
        f"members from non-members, in {options.folds} folds: gradient boosting of numbers and categories, logistic "
        "regression of words. If the interval of its area lies above 0.5, or below 0.45, which is turned round, members and "
        "non-members differ, and no attack on the model is reported (Duan et al. 2024; Meeus et al. 2025). Nor is "
        f"one where both sides are the same data, where more than {MOST_SHARED:.0%} of a side's rows are on the other too in "
        "inputs, outcome and loss, where all scores are the same, or where the area of an attack lies below chance, since an "
        "attacker would turn its sign round."
        + (f" {_counted(shared)}." if shared is not None else "")
        + (
            " Attribute inference: who knows the rest of a row and its outcome asks the model about each value of an attribute "
            "and takes the one that it fits best (Yeom et al. 2018); how often that is right is compared between members and "
            "non-members, with Newcombe's interval."
            if options.attributes
            else ""
        )
    )


def _not_tested(attacks: list[MembershipAttack], options: LeakageOptions) -> tuple[NotTested, ...]:
    names = {attack.name for attack in attacks}
    left_out: list[NotTested] = []
    if "calibrated_loss" not in names:
        left_out.append(
            NotTested(what="membership inference calibrated by a reference model", why="no `reference_loss` was given")
        )
    if not names & {"lira_online", "lira_offline"}:
        left_out.append(
            NotTested(what="the likelihood-ratio attack (LiRA)", why="no losses of shadow models were given")
        )
    if not options.attributes:
        left_out.append(NotTested(what="attribute inference", why="no `attributes` were named"))
    left_out.append(NotTested(what="membership from labels alone, or by asking often", why="losses are taken as known"))
    return tuple(left_out)


__all__ = ["assess"]
