"""What a comparison says to people: findings and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cardwright.evaluators.mitigation.candidate import MitigatedDecisions
from cardwright.evaluators.mitigation.options import MitigationOptions
from cardwright.evaluators.rows.exact_sums import IntArray
from cardwright.evaluators.rows.gap_statistics import COMPONENTS, gap
from cardwright.evaluators.rows.wording import agree, part_of
from cardwright.record.evaluation import Finding, TableColumn
from cardwright.record.evaluation import Table as TableValue
from cardwright.record.measurement import Measured, Measurement


def whole_findings(
    options: MitigationOptions, made: MitigatedDecisions, rows: int, measurements: Sequence[Measurement]
) -> list[Finding]:
    """What holds of the candidate as a whole."""
    found: list[Finding] = []
    change = next(
        (m for m in measurements if m.metric == f"{options.gap}_change" and isinstance(m, Measured)),
        None,
    )
    gap_name = options.constraint.replace("_", " ")
    if change is not None and change.interval is not None and change.interval.upper >= 0:
        worse = change.interval.lower > 0
        found.append(
            Finding(
                severity="medium" if worse else "low",
                key="gap_grows" if worse else "gap_not_reduced",
                explanation=f"On rows that it has not seen, the gap of {gap_name} "
                + ("is larger with the mitigation than without." if worse else "does not shrink beyond chance."),
            )
        )
    if made.uses_attribute:
        found.append(
            Finding(
                severity="medium",
                key="uses_attribute",
                explanation="The candidate has to know the group of each person when it decides. In some fields the law forbids "
                "that, credit in the United States among them (12 CFR 1002.4); have it examined first.",
            )
        )
    if made.by_chance:
        found.append(
            Finding(
                severity="medium",
                key="decided_by_chance",
                explanation=f"{part_of(made.by_chance, rows, 'decision')} {agree(made.by_chance, 'is', 'are')} drawn by "
                "chance, as the constraint asks: the same person asked again can get another answer, which is hard to explain "
                "to them.",
                count=made.by_chance,
            )
        )
    return found


def harm_findings(attribute: str, measurements: Sequence[Measurement]) -> list[Finding]:
    """Groups that are decided worse beyond chance; and whether the gap shrinks only by that (levelling down)."""
    found: list[Finding] = []
    gains = losses = 0
    for m in measurements:
        if not isinstance(m, Measured) or m.interval is None or not m.slice:
            continue
        if m.metric == "true_positive_rate_change":
            gains += m.interval.lower > 0
            losses += m.interval.upper < 0
        if m.metric in ("accuracy_change", "true_positive_rate_change") and m.interval.upper < 0:
            rate = "accuracy" if m.metric.startswith("accuracy") else "share of favourable decisions that were due"
            found.append(
                Finding(
                    severity="high",
                    key=f"group_loses.{m.metric.removesuffix('_change')}",
                    explanation=f"With the mitigation the {rate} of this group falls beyond chance, by "
                    f"{-m.value:.3f} ({-m.interval.upper:.3f} to {-m.interval.lower:.3f}).",
                    where=f"{attribute}: {m.slice[attribute]}"[:200],
                )
            )
    if losses and not gains:
        found.append(
            Finding(
                severity="high",
                key="levelling_down",
                explanation="Some groups get fewer of the favourable decisions that were due to them, and none gets more beyond "
                "chance: the gap shrinks by making decisions worse.",
            )
        )
    return found


def comparison_table(options: MitigationOptions, joint: IntArray, refitted: IntArray | None) -> TableValue:
    """Gaps and accuracy of the original, of the learner trained again, and of the mitigated candidate."""
    columns: list[tuple[str, str, IntArray, int]] = [("original", "Original", joint, 1)]
    if refitted is not None:
        columns.append(("refitted", "Trained again, not mitigated", refitted, 0))
    columns.append(("mitigated", "Mitigated", joint, 0))
    rows: list[tuple[str | float | None, ...]] = [
        (
            name.removesuffix("_difference").replace("_", " ") + (" (the constraint)" if name == options.gap else ""),
            *(float(gap(name, axis)(counts[None].astype(float))[0]) for _, _, counts, axis in columns),
        )
        for name in COMPONENTS
    ]
    rows.append(("accuracy", *(_accuracy(counts, axis) for _, _, counts, axis in columns)))
    return TableValue(
        id="gaps",
        title="Gaps and accuracy, as they are and with the mitigation",
        columns=(
            TableColumn(name="number", title="Number"),
            *(TableColumn(name=name, title=title, unit="proportion") for name, title, _, _ in columns),
        ),
        rows=tuple(rows),
    )


def _accuracy(joint: IntArray, axis: int) -> float:
    by_decision = joint.sum(axis=(0, 3)) if axis == 0 else joint.sum(axis=(0, 2))
    return float((by_decision[0, 0] + by_decision[1, 1]) / by_decision.sum())


def group_table(tables: Mapping[str, IntArray], attribute: str) -> TableValue:
    """What changes for each group, in rows."""
    return TableValue(
        id="groups",
        title="Decisions that the mitigation changes, by group",
        columns=(
            TableColumn(name="group", title=attribute),
            TableColumn(name="rows", title="Rows", unit="count"),
            TableColumn(name="granted", title="Now favourable", unit="count"),
            TableColumn(name="granted_rightly", title="of these rightly", unit="count"),
            TableColumn(name="denied", title="No longer favourable", unit="count"),
            TableColumn(name="denied_wrongly", title="of these wrongly", unit="count"),
        ),
        rows=tuple(
            (
                name,
                float(table.sum()),
                float(table[:, 1, 0].sum()),
                float(table[1, 1, 0]),
                float(table[:, 0, 1].sum()),
                float(table[1, 0, 1]),
            )
            for name, table in tables.items()
        ),
    )
