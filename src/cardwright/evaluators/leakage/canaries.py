"""Canaries: sequences that were planted in the training data, and how far each stands out among others of its form."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.evaluators.leakage.part import LOWER, LeakagePart, Measurement, interval
from cardwright.evaluators.rows.encoding import numbers
from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.wording import agree, part_of
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import Finding, NotTested, Scanned, Table, TableColumn
from cardwright.record.measurement import Interval, Measured, Sampling, Unmeasured
from cardwright.sources.interface import LanguageModel
from cardwright.sources.interface import Table as TableSource
from cardwright.statistics.exposure import (
    LEAST_REFERENCES,
    ExtrapolatedExposure,
    RankExposure,
    known_rank_exposure,
    rank_exposure,
    skew_normal_exposure,
)
from cardwright.statistics.multiplicity import holm

EXPOSURE, LARGEST = "canary_exposure", "largest_canary_exposure"
_OF_MODEL = "what a sequence loses is -1 times the log-probability that the loaded language model gives to it; "
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class PlantedCanary:
    """One canary and how far it stands out."""

    form: str
    insertions: int
    by_rank: RankExposure | None
    by_distribution: ExtrapolatedExposure | None


def assess(options: LeakageOptions, inputs: Inputs) -> LeakagePart:
    """The exposure of each canary, by how often it was planted.

    Raises
    ------
    UsageError
        If a column does not exist, or a rank is given without the size of its space.
    SourceError
        If a number is missing or no count.
    """
    where = f"{inputs.id} (leakage)"
    table = inputs.get("canaries", TableSource)
    of_model = _language_model(options, inputs)
    level = options.level
    space = options.canary_space
    if space is not None and not space > 1:
        raise UsageError(
            "`canary_space` is how many sequences of the form there are", where=where, do="Write, for example, 1e9."
        )
    if options.rank is not None and space is None:
        raise UsageError("a `rank` needs `canary_space`, out of how many", where=where, do="Write, for example, 1e9.")
    insertions, losses, forms = _read(table, options, of_model, where)
    planted = np.flatnonzero(insertions > 0)
    each = 1 - (1 - level) / max(1, len(planted))
    canaries: list[PlantedCanary] = []
    for location in planted:
        form = forms[location]
        if options.rank is not None:
            rank = int(losses[location])
            if not 1 <= rank <= float(space or 0):
                raise SourceError(
                    "a rank is not between 1 and `canary_space`",
                    where=table.ref.path or table.ref.name,
                    do="Correct it.",
                )
            known = known_rank_exposure(rank, float(space or 0))
            canaries.append(PlantedCanary(form, int(insertions[location]), known, None))
            continue
        others = losses[(insertions == 0) & (forms == form)]
        by_rank = rank_exposure(float(losses[location]), others, space, each)
        fitted = None if space is None else skew_normal_exposure(float(losses[location]), others, space)
        canaries.append(PlantedCanary(form, int(insertions[location]), by_rank, fitted))
        inputs.progress(len(canaries), len(planted))
    measurements, findings = _measured(canaries, level, options)
    return LeakagePart(
        method="Canary exposure (Carlini et al. 2019, The Secret Sharer): "
        + (
            "log2 of the size of the space less log2 of the canary's rank in it, as given."
            if options.rank is not None
            else _OF_MODEL
            * (of_model is not None)
            + "the loss of each planted sequence is ranked among references of its form that were never planted. Exposure is "
            "-log2((r + 1) / (S + 1)) for r of S references at or below it, with Clopper and Pearson's interval of r / S. "
            "Where the size of the space is given, it is also extrapolated by a skew-normal distribution of the references, "
            "cut at log2 of the size and printed with the test of its fit."
        )
        + " The median of the canaries planted equally often is stated, and the largest of all.",
        limits=(
            "Exposure says what the model remembers of these canaries; other sequences of the data may be remembered more or "
            "less.",
            "Exposure by rank cannot exceed log2 of the number of sequences compared; a canary at that bound may stand out more.",
            "Exposure extrapolated by a distribution is no measurement; no requirement should rest on it.",
        ),
        measurements=tuple(measurements),
        findings=tuple(findings),
        tables=(_table(canaries),) if canaries else (),
        scanned=(
            Scanned(what="canaries", scanned=len(planted), total=len(planted)),
            Scanned(what="references", scanned=int((insertions == 0).sum()), total=int((insertions == 0).sum())),
        ),
        not_tested=(NotTested(what="sequences that nobody planted", why="exposure is about canaries"),),
    )


def _language_model(options: LeakageOptions, inputs: Inputs) -> LanguageModel | None:
    """The model that says how likely a canary is, where no column does."""
    model = inputs.sources.get("model")
    named = options.rank or options.loss or options.log_prob
    return model if isinstance(model, LanguageModel) and named is None else None


def _read(
    table: TableSource, options: LeakageOptions, model: LanguageModel | None, where: str
) -> tuple[FloatArray, FloatArray, NDArray[np.object_]]:
    column = options.rank or options.loss or options.log_prob or (options.text if model is not None else None)
    if column is None:
        raise UsageError(
            "nothing says how likely the model finds a canary",
            where=where,
            do="Name a column with `loss:`, `log_prob:` or `rank:`, or a language model as `model:` and the canaries' column "
            "with `text:`.",
        )
    wanted = [column, options.insertions, *([options.canary_form] if options.canary_form else [])]
    for name in wanted:
        if name not in table.rows.schema.names:
            raise UsageError(
                f"there is no column {quoted(name)} in {table.ref.name}",
                where=where,
                do=hint(name, table.rows.schema.names, columns=True),
            )
    planted: list[FloatArray] = []
    losses: list[FloatArray] = []
    forms: list[str] = []
    for batch in table.rows.batches(list(dict.fromkeys(wanted))):
        planted.append(
            numbers(batch.column(options.insertions), where=where, what=f"column {quoted(options.insertions)}")
        )
        if model is not None:
            log_probs = model.token_log_probs([str(text or "") for text in batch.column(column).to_pylist()])
            losses.append(np.asarray([sum(tokens) if tokens else np.nan for tokens in log_probs], float))
        else:
            losses.append(numbers(batch.column(column), where=where, what=f"column {quoted(column)}"))
        if options.canary_form:
            forms += ["" if v is None else as_label(v) for v in batch.column(options.canary_form).to_pylist()]
        else:
            forms += [""] * batch.num_rows
    insertions, values = np.concatenate(planted), np.concatenate(losses)
    counts = np.isfinite(insertions) & (insertions >= 0) & (insertions == np.floor(insertions))
    bad = int((~counts | ~np.isfinite(values)).sum())
    if bad:
        raise SourceError(
            f"{bad} of {len(values)} rows have no finite loss, or no whole number of insertions",
            where=table.ref.path or table.ref.name,
            do="Fill them in; a reference that was never planted has 0 insertions.",
        )
    sign = -1.0 if options.rank is None and options.loss is None else 1.0
    return insertions, sign * values, np.asarray(forms, dtype=object)


def _measured(
    canaries: list[PlantedCanary], level: float, options: LeakageOptions
) -> tuple[list[Measurement], list[Finding]]:
    if not canaries:
        why = "No row has insertions above 0, so there is no canary (0)."
        return [Unmeasured(metric=LARGEST, code="undefined", reason=why, denominator=0)], []
    measurements: list[Measurement] = []
    for count in sorted({c.insertions for c in canaries}):
        group = [c.by_rank for c in canaries if c.insertions == count]
        of: dict[str, str | None] = {"insertions": str(count)}
        known = [one for one in group if one is not None]
        if len(known) < len(group):
            measurements.append(_few(EXPOSURE, of, len(group) - len(known)))
            continue
        measurements.append(
            Measured(
                metric=EXPOSURE,
                slice=of,
                value=float(median(one.bits for one in known)),
                unit="bits",
                direction=LOWER,
                interval=interval(known[0].bounds) if len(known) == 1 and known[0].bounds is not None else None,
                sampling=Sampling(unit="canary", units=len(known), observations=len(known)),
            )
        )
    ranked = [(c, c.by_rank) for c in canaries if c.by_rank is not None]
    if len(ranked) < len(canaries):
        measurements.append(_few(LARGEST, {}, len(canaries) - len(ranked)))
        return measurements, []
    bounds = [one.bounds for _, one in ranked if one.bounds is not None]
    measurements.append(
        Measured(
            metric=LARGEST,
            value=max(one.bits for _, one in ranked),
            unit="bits",
            direction=LOWER,
            interval=Interval(
                level=level,
                lower=max(b.lower for b in bounds),
                upper=max(b.upper for b in bounds),
                method="clopper_pearson_bits_bonferroni",
            )
            if len(bounds) == len(ranked)
            else None,
            sampling=Sampling(unit="canary", units=len(ranked), observations=len(ranked)),
        )
    )
    adjusted = holm([one.p_value for _, one in ranked])
    remembered = [(c, one) for (c, one), p in zip(ranked, adjusted, strict=True) if p < SIGNIFICANT]
    if not remembered:
        return measurements, []
    first = [one for _, one in remembered if one.bits >= one.most - 1e-9]
    least = min(c.insertions for c, _ in remembered)
    return measurements, [
        Finding(
            severity="high" if first else "medium",
            key="memorised_canary",
            explanation=f"{part_of(len(remembered), len(canaries), 'canary', 'canaries')} "
            f"{agree(len(remembered), 'stands', 'stand')} out among sequences of the same form by more than chance (adjusted "
            f"by Holm): the model remembers what it saw. {len(first)} of them {agree(len(first), 'is', 'are')} the likeliest "
            f"of all that were compared; the fewest times one of them was put in is {least}.",
            count=len(remembered),
        )
    ]


def _few(metric: str, slice: dict[str, str | None], without: int) -> Unmeasured:
    return Unmeasured(
        metric=metric,
        slice=slice,
        code="too_few_samples",
        reason=f"{without} canaries have fewer than {LEAST_REFERENCES} references of their form.",
        denominator=without,
    )


def _table(canaries: list[PlantedCanary]) -> Table:
    order = sorted(canaries, key=lambda c: (c.insertions, c.form))
    return Table(
        id="canaries",
        title="Canaries by how often each was planted; exposure in bits",
        columns=(
            TableColumn(name="insertions", title="Insertions", unit="count"),
            TableColumn(name="form", title="Form"),
            TableColumn(name="bits", title="Exposure by rank", unit="bits"),
            TableColumn(name="lower", title="Lower bound", unit="bits"),
            TableColumn(name="upper", title="Upper bound", unit="bits"),
            TableColumn(name="most", title="most that could be seen", unit="bits"),
            TableColumn(name="extrapolated", title="Extrapolated by a skew-normal distribution", unit="bits"),
            TableColumn(name="fit", title="p-value of its fit"),
        ),
        rows=tuple(
            (
                float(c.insertions),
                c.form or None,
                c.by_rank.bits if c.by_rank else None,
                c.by_rank.bounds.lower if c.by_rank and c.by_rank.bounds else None,
                c.by_rank.bounds.upper if c.by_rank and c.by_rank.bounds else None,
                c.by_rank.most if c.by_rank else None,
                c.by_distribution.bits if c.by_distribution else None,
                c.by_distribution.fit_p_value if c.by_distribution else None,
            )
            for c in order
        ),
    )


__all__ = ["assess"]
