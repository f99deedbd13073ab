"""What a person should look at: unknown membership, groups left out, ratios below four fifths, missing labels."""

from __future__ import annotations

from collections.abc import Sequence

from cardwright.evaluators.fairness.options import FairnessOptions
from cardwright.evaluators.fairness.report import Measurement
from cardwright.evaluators.rows.direction import direction_findings
from cardwright.evaluators.rows.group_names import confusable_groups
from cardwright.evaluators.rows.tally import RowTally
from cardwright.evaluators.rows.wording import agree, p_value, part_of, percent
from cardwright.record.evaluation import Finding, Severity
from cardwright.record.measurement import Measured
from cardwright.sources.interface import Predictions
from cardwright.sources.interface import Table as TableSource

FOUR_FIFTHS = 0.8
"""The ratio of the rule of thumb in 29 CFR 1607.4(D)."""

UNKNOWN_SHARE = 0.05
"""Share of rows of unknown membership from which a finding is more than a note."""


def findings(
    options: FairnessOptions, source: Predictions | TableSource, tally: RowTally, measurements: Sequence[Measurement]
) -> tuple[Finding, ...]:
    """What a person should look at."""
    found: list[Finding] = []
    if isinstance(source, Predictions) and source.threshold_selected_on == source.ref.name:
        found.append(
            Finding(
                severity="high",
                key="threshold_selected_on_test",
                explanation=f'The decision threshold was chosen on "{source.ref.name}", the rows evaluated here, so every '
                "number that depends on decisions is too optimistic. Choose it on other rows.",
                where=source.ref.name,
            )
        )
    found += tally.weight_findings()
    found += direction_findings(tally)
    found += confusable_groups({a.name: a.groups for a in tally.layout.attributes})
    found += _unknown(tally)
    found += _left_out(measurements)
    for measurement in measurements:
        if (
            isinstance(measurement, Measured)
            and measurement.metric == "demographic_parity_ratio"
            and measurement.value < FOUR_FIFTHS
        ):
            found.append(_four_fifths(measurement, options.alpha))
    missing = tally.problems.get("label_missing", 0)
    if missing:
        share = missing / tally.rows
        found.append(
            Finding(
                severity="medium" if share > UNKNOWN_SHARE else "low",
                key="missing_labels",
                explanation=f"{part_of(missing, tally.rows, 'row')} {agree(missing, 'has', 'have')} no label and "
                f"{agree(missing, 'takes', 'take')} no part in label rates. If labels are missing more often in one group, its "
                "rate is off.",
                where=tally.layout.label,
                count=missing,
            )
        )
    return tuple(found)


def _unknown(tally: RowTally) -> list[Finding]:
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
                    explanation=f"{attribute.name} is unknown for {unknown:,} of {total:,} rows ({percent(unknown / total)}). "
                    "They are shown as a group of their own and enter no gap, so a difference they hide is not seen.",
                    where=attribute.name,
                    count=unknown,
                )
            )
    return found


def _left_out(measurements: Sequence[Measurement]) -> list[Finding]:
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
                    explanation=f"{metric.replace('_', ' ').capitalize()} over {names} covers {groups.compared} of "
                    f"{groups.expected} groups. Left out: {reasons[:1500]}.",
                    where=names[:200],
                    count=left,
                )
            )
    return found


_ALPHA = 0.05
"""Significance at which a ratio below four fifths weighs more, at least."""


def _four_fifths(measurement: Measured, alpha: float) -> Finding:
    test, interval, groups = measurement.test, measurement.interval, measurement.groups
    p = None if test is None else test.adjusted_p_value if test.adjusted_p_value is not None else test.p_value
    # Whoever writes the plan chooses alpha and level: a stricter choice takes nothing off a finding.
    significant = p <= max(alpha, _ALPHA) if p is not None else interval is not None and interval.upper < 1
    unknown = p is None and interval is not None and interval.level > 1 - _ALPHA
    names = " × ".join(measurement.across)
    lowest, highest = (
        " ".join(v or "unknown" for v in group.values()) if group else "?"
        for group in ((groups.lowest, groups.highest) if groups else (None, None))
    )
    shown = f", interval {interval.lower:.3f} to {interval.upper:.3f}" if interval else ""
    tested = f", adjusted {p_value(p)}" if p is not None else ""
    of_class = "" if measurement.of_class is None else f" ({measurement.of_class})"
    # The p-value tests equal rates, not a ratio of four fifths; only the interval says whether the ratio is below that.
    included = ", though the interval reaches beyond it" if interval and interval.upper >= FOUR_FIFTHS else ""
    verdict = (
        "if the true rates were equal, a difference this large would be rare"
        if significant
        else "a difference this large could arise by chance though the true rates are equal"
    )
    return Finding(
        severity="medium" if significant or unknown else "low",
        key="four_fifths",
        explanation=f"The selection rate{of_class} of {lowest} is {measurement.value:.3f} times that of {highest} "
        f"({names}{shown}{tested}): below four fifths{included}; {verdict}. Four fifths is a rule of thumb of United States "
        "employment practice (UGESP, 29 CFR 1607.4(D)), to be read together with statistical and practical significance; it "
        "is not a legal test of other decisions.",
        where=names[:200],
    )
