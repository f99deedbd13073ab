"""From a model and rows to drops: every perturbation predicted anew and compared row by row, over all rows and by group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from cardwright.errors import SourceError, UsageError, did_you_mean
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.robustness.drops import (
    BY_TASK,
    NO_QUERY,
    Answers,
    Drop,
    against,
    first_changes,
    ndcg_of,
)
from cardwright.evaluators.robustness.options import RobustnessOptions
from cardwright.evaluators.robustness.perturb import planned
from cardwright.evaluators.robustness.predict import (
    ANSWERS,
    BY,
    SAMPLE,
    Measurement,
    RobustnessSetting,
    TriedPerturbation,
    agreed_rows,
    answers_as_they_are,
    truth_of,
    try_perturbation,
)
from cardwright.evaluators.robustness.report import drop_findings, drop_tables, method
from cardwright.evaluators.rows.direction import row_findings
from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.ranked import AT
from cardwright.evaluators.rows.rates import HIGHER, LOWER, About, Metric, interval_of
from cardwright.evaluators.rows.slice_sample import SlicePart, check_edges, declared_columns, parts_of, read
from cardwright.record.base import label as as_label
from cardwright.record.evaluation import (
    Coverage,
    Evaluation,
    NotTested,
    Scanned,
    count_severities,
)
from cardwright.record.measurement import Excluded, Groups, Interval, Measured, Test, Unmeasured
from cardwright.sources.interface import Model, Predictions
from cardwright.statistics.contrast import BoolArray, Contrast, difference_to_rest, mean_loss


def assess(options: RobustnessOptions, inputs: Inputs) -> Evaluation:
    """See `Robustness.evaluate`."""
    where = f"{inputs.id} (robustness)"
    source, model = inputs.get("source", Predictions), inputs.get("model", Model)
    main = _check(options, source, where)
    if not model.features:
        raise UsageError(
            "it is not known which columns the model reads", where=where, do="Name them under the model's `features:`."
        )
    edges = check_edges(options.edges, where)
    declared = declared_columns(source, options.columns, edges, where)
    for column in (BY, SAMPLE):
        if column in declared or column in (attribute.name for attribute in source.sensitive):
            raise UsageError(
                f'a column called "{column}" cannot make slices: the record names what was done by that word',
                where=where,
                do="Rename the column.",
            )
    sample = read(source, list(dict.fromkeys([*model.features, *declared])), options.rows, inputs.seed)
    if sample.query is not None and not len(sample.query):
        raise SourceError(
            "no query has a relevant candidate, so that no order is better than another",
            where=source.ref.path or source.ref.name,
            do="Name a source with relevances above 0.",
        )
    changes, left = planned(
        batch=sample.batch,
        features=model.features,
        noise=options.noise,
        missing=options.missing,
        units=options.units,
        shuffled=options.shuffled,
        unseen=options.unseen,
        where=where,
    )
    setting = RobustnessSetting(
        sample=sample,
        model=model,
        truth=truth_of(sample),
        before=answers_as_they_are(model, sample.batch, sample, where),
        about=About.of(source, True),
        main=main,
        level=options.level,
        least=options.min_denominator,
        seed=inputs.seed,
    )
    tried: list[TriedPerturbation] = []
    for done, change in enumerate(changes, start=1):
        tried.append(try_perturbation(change, setting))
        inputs.progress(done, len(changes))
    measurements: list[Measurement] = [_baseline(setting)]
    for one in tried:
        measurements += _of_perturbation(one, setting)
    measurements.append(_largest(tried, setting))
    parts, cuts = parts_of(sample, declared, edges, options.quantiles, where)
    measurements += _of_slices(parts, setting)
    if "drifted" in inputs.sources:
        drifted = inputs.get("drifted", Predictions)
        measurements += _of_drift(drifted, setting, where)
        if drifted.ref.sha256 == source.ref.sha256:
            left.append(NotTested(what="drift", why="the drifted sample and the source are the same file"))
    else:
        left.append(NotTested(what="drift", why="no drifted sample was named"))
    agreed = agreed_rows(sample, setting.before)
    findings = [
        *row_findings(source, inputs.seed),
        *sample.findings(parts),
        *drop_findings(tried, measurements, agreed, setting),
    ]
    size = sample.batch.num_rows
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=inputs.binding,
        question="How much worse does the model get when its inputs are perturbed, on slices, and on a drifted sample?"
        if "drifted" in inputs.sources
        else "How much worse does the model get when its inputs are perturbed, and on slices?",
        method=method(options, setting, agreed, cuts, "drifted" in inputs.sources),
        limits=(
            "Perturbations are made by a formula. What goes wrong in use can be larger and affect other columns together.",
            "Outcomes are taken as they were: a large enough change of the inputs would change the right answer.",
            "Each perturbation was drawn once, with the seed of the record. Intervals are about the rows, not about the draw.",
            "A model that ignores a feature is robust to changes of it; that does not make it a good model.",
        ),
        measurements=tuple(measurements),
        findings=tuple(findings),
        severities=count_severities(findings),
        tables=drop_tables(tried, measurements, setting, parts),
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=size, total=sample.total),),
            not_tested=(
                *left,
                NotTested(what="inputs chosen by an adversary", why="perturbations are drawn by chance"),
            ),
        ),
        completeness="complete" if sample.whole else "sampled",
    )


def _check(options: RobustnessOptions, source: Predictions, where: str) -> str:
    """The main metric; refuses parameters that are out of their range."""
    for name, least in (("quantiles", 2), ("min_denominator", 1), ("rows", 1)):
        value = getattr(options, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise UsageError(f"`{name}` must be a whole number of at least {least}", where=where)
    if not isinstance(options.level, float) or not 0 < options.level < 1:
        raise UsageError("`level` must lie between 0 and 1", where=where, do="Write `level: 0.95`, for example.")
    known = BY_TASK[source.task]
    if options.metric is None:
        return next(iter(known))
    if options.metric not in known:
        raise UsageError(
            f"`metric: {as_label(options.metric)}` is not a metric of a {source.task} task",
            where=where,
            do=did_you_mean(str(options.metric), known),
        )
    return options.metric


def _unmeasured(
    metric: Metric,
    code: Any,
    reason: str,
    rows: BoolArray,
    setting: RobustnessSetting,
    slice: dict[str, str | None],
    across: tuple[str, ...] = (),
    groups: Groups | None = None,
) -> Unmeasured:
    count = int(rows.sum())
    return Unmeasured(
        metric=metric.name,
        slice=slice,
        across=across,
        at=setting.about.at,
        code=code,
        reason=reason,
        denominator=float(count),
        sampling=setting.about.sampling(count, setting.units(rows)),
        groups=groups,
    )


def _measured(
    metric: Metric,
    drop: Drop,
    rows: BoolArray,
    setting: RobustnessSetting,
    slice: dict[str, str | None],
    reference: str | None,
    *,
    numerator: float | None = None,
) -> Measurement:
    if isinstance(drop, str):
        code = (
            "not_applicable"
            if drop.startswith(("This paired", "One of the two", "There are no scores"))
            else "undefined"
        )
        return _unmeasured(metric, code, drop, rows, setting, slice)
    count = int(rows.sum())
    return Measured(
        metric=metric.name,
        slice=slice,
        at=setting.about.at,
        value=drop.value,
        unit=metric.unit,
        direction=metric.direction,
        interval=interval_of(drop.bounds, drop.value),
        sampling=setting.about.sampling(count, setting.units(rows)),
        numerator=numerator,
        denominator=float(count),
        test=Test(p_value=drop.p_value, method=drop.method)
        if drop.p_value is not None and drop.method is not None
        else None,
        reference=reference,
    )


def _baseline(setting: RobustnessSetting) -> Measurement:
    """The performance on the rows as they are: what drops are from."""
    truth, before = setting.truth, setting.before
    if truth.query is not None:
        losses = truth.losses(ndcg_of(truth, before), setting.every)
        metric = Metric("ndcg", f"NDCG at {AT}", "proportion", HIGHER)
        return _measured(metric, mean_loss(losses, setting.level) or NO_QUERY, setting.every, setting, {}, None)
    if truth.actual is not None and before.value is not None:
        losses = truth.losses(np.abs(before.value - truth.actual), setting.every)
        metric = Metric("mean_absolute_error", "Mean absolute error", "outcome", LOWER)
        return _measured(
            metric, mean_loss(losses, setting.level) or "There are no rows: 0.", setting.every, setting, {}, None
        )
    assert before.decision is not None
    right = (before.decision == truth.outcome).astype(float)
    losses = truth.losses(right, setting.every, binary=True)
    metric = Metric("accuracy", "Accuracy", "proportion", HIGHER)
    numerator = float(right.sum()) if truth.weight is None else None
    return _measured(
        metric,
        mean_loss(losses, setting.level) or "There are no rows: 0.",
        setting.every,
        setting,
        {},
        None,
        numerator=numerator,
    )


def _of_perturbation(tried: TriedPerturbation, setting: RobustnessSetting) -> list[Measurement]:
    """Drops of all rows, the share of flips, and of the main metric in every group, with the worst of them."""
    slice: dict[str, str | None] = {BY: tried.perturbation.name}
    every, reference = setting.every, "the rows as they are"
    after = tried.after
    answer = ANSWERS[setting.sample.source.task]
    if after is None:
        assert tried.refused is not None
        metrics = [*(m.metric for m in setting.measures.values()), answer]
        return [_unmeasured(m, "undefined", tried.refused, every, setting, slice) for m in metrics]
    found: list[Measurement] = [
        _measured(
            m.metric,
            m.paired(setting.truth, setting.before, after, every, setting.level),
            every,
            setting,
            slice,
            reference,
        )
        for m in setting.measures.values()
    ]
    found.append(_flips(answer, after, setting, slice))
    for number, attribute in enumerate(setting.sample.source.sensitive):
        codes = setting.sample.group_codes()[number]
        found += _of_groups(attribute.name, attribute.groups, codes, after, setting, slice)
    return found


def _flips(metric: Metric, after: Answers, setting: RobustnessSetting, slice: dict[str, str | None]) -> Measurement:
    before, truth, every = setting.before, setting.truth, setting.every
    if truth.query is not None:
        changed = first_changes(truth, before, after)
        contrast = mean_loss(truth.losses(changed, every), setting.level)
        return _measured(metric, contrast or NO_QUERY, every, setting, slice, "the rows as they are")
    if before.value is not None and after.value is not None:
        moved: FloatArray = np.abs(after.value - before.value)
        contrast = mean_loss(truth.losses(moved, every), setting.level)
        return _measured(metric, contrast or "There are no rows: 0.", every, setting, slice, "the rows as they are")
    assert before.decision is not None and after.decision is not None
    flipped = (before.decision != after.decision).astype(float)
    contrast = mean_loss(truth.losses(flipped, every, binary=True), setting.level)
    numerator = float(flipped.sum()) if truth.weight is None else None
    return _measured(
        metric,
        contrast or "There are no rows: 0.",
        every,
        setting,
        slice,
        "the rows as they are",
        numerator=numerator,
    )


def _of_groups(
    attribute: str,
    names: tuple[str, ...],
    codes: Any,
    after: Answers,
    setting: RobustnessSetting,
    slice: dict[str, str | None],
) -> list[Measurement]:
    measure = setting.measures[setting.main]
    name = as_label(attribute)
    found: list[Measurement] = []
    drops: list[tuple[str, BoolArray]] = []
    excluded: list[Excluded] = []
    for code, group in enumerate(names):
        rows = codes == code
        here: dict[str, str | None] = {**slice, name: group}
        units, what = _judged(rows, setting)
        if units < setting.least:
            reason = f"The group has {units} {what}, and {setting.least} are asked for."
            one: Measurement = _unmeasured(measure.metric, "too_few_samples", reason, rows, setting, here)
        else:
            drop = measure.paired(setting.truth, setting.before, after, rows, setting.level)
            one = _measured(measure.metric, drop, rows, setting, here, "the rows as they are")
        found.append(one)
        if isinstance(one, Measured):
            drops.append((group, rows))
        else:
            excluded.append(Excluded(slice={name: group}, reason=one.reason))
    worst = Metric(
        f"worst_group_{measure.metric.name}", f"{measure.metric.title} in the worst group", measure.metric.unit, LOWER
    )
    groups = Groups(
        compared=len(drops),
        expected=len(names),
        excluded=tuple(excluded),
        unknown=int((codes == len(names)).sum()),
        rows=len(codes),
        smallest=min((float(_judged(rows, setting)[0]) for _, rows in drops), default=None),
    )
    if not drops:
        reason = f"None of {len(names)} groups has {setting.least} cases and a number."
        found.append(
            _unmeasured(worst, "too_few_samples", reason, setting.every, setting, slice, across=(name,), groups=groups)
        )
        return found
    level = 1 - (1 - setting.level) / len(drops)
    contrasts = [(measure.paired(setting.truth, setting.before, after, rows, level), group) for group, rows in drops]
    found.append(
        _extreme(
            worst,
            [(drop, {name: group}) for drop, group in contrasts if isinstance(drop, Contrast)],
            groups,
            setting,
            slice,
            (name,),
        )
    )
    return found


def _judged(rows: BoolArray, setting: RobustnessSetting) -> tuple[int, str]:
    """How many cases decide whether a group has enough: of the rarer outcome, where the metric rests on both."""
    if setting.main not in ("balanced_accuracy", "roc_auc"):
        return setting.units(rows), "independent cases"
    counts = [setting.units(rows & (setting.truth.outcome == outcome)) for outcome in (0, 1)]
    return min(counts), "independent cases of its rarer outcome"


def _extreme(
    metric: Metric,
    drops: list[tuple[Contrast, dict[str, str | None]]],
    groups: Groups,
    setting: RobustnessSetting,
    slice: dict[str, str | None],
    across: tuple[str, ...] = (),
) -> Measured:
    """The largest of several drops. Its interval is put together of those of all of them, each at the Bonferroni level."""
    worst, which = max(drops, key=lambda one: one[0].value)
    bounds = [drop.bounds for drop, _ in drops if drop.bounds is not None]
    interval = None
    if len(bounds) == len(drops):
        interval = Interval(
            level=setting.level,
            lower=min(worst.value, max(one.lower for one in bounds)),
            upper=max(worst.value, *(one.upper for one in bounds)),
            method=f"{bounds[0].method}_bonferroni",
        )
    rows = int(setting.every.sum())
    return Measured(
        metric=metric.name,
        slice=slice,
        across=across,
        at=setting.about.at,
        value=worst.value,
        unit=metric.unit,
        direction=metric.direction,
        interval=interval,
        sampling=setting.about.sampling(rows, setting.units(setting.every)),
        denominator=float(rows),
        groups=groups.model_copy(update={"highest": which}),
        reference="the rows as they are",
    )


def _largest(tried: list[TriedPerturbation], setting: RobustnessSetting) -> Measurement:
    """The largest drop of the main metric over all perturbations; one that the model refused is not covered, and said."""
    measure = setting.measures[setting.main]
    metric = Metric(
        f"largest_{measure.metric.name}", f"Largest {measure.metric.title.lower()}", measure.metric.unit, LOWER
    )
    answered = [one for one in tried if one.after is not None]
    level = 1 - (1 - setting.level) / max(1, len(answered))
    drops: list[tuple[Contrast, dict[str, str | None]]] = []
    excluded = [
        Excluded(slice={BY: one.perturbation.name}, reason=one.refused) for one in tried if one.refused is not None
    ]
    for one in answered:
        assert one.after is not None
        drop = measure.paired(setting.truth, setting.before, one.after, setting.every, level)
        here: dict[str, str | None] = {BY: one.perturbation.name}
        if isinstance(drop, str):
            excluded.append(Excluded(slice=here, reason=drop))
        else:
            drops.append((drop, here))
    groups = Groups(
        compared=len(drops), expected=len(tried), excluded=tuple(excluded), rows=setting.sample.batch.num_rows
    )
    if not drops:
        reason = f"None of {len(tried)} perturbations has a number."
        return _unmeasured(
            metric, "undefined" if tried else "not_applicable", reason, setting.every, setting, {}, groups=groups
        )
    return _extreme(metric, drops, groups, setting, {})


def _of_slices(parts: list[SlicePart], setting: RobustnessSetting) -> list[Measurement]:
    """How much worse each declared slice is than the rest of the rows, in accuracy or mean absolute error, unperturbed."""
    truth, before = setting.truth, setting.before
    if truth.query is not None:
        loss, binary, name = 1 - ndcg_of(truth, before), False, "ndcg"
    elif before.value is not None and truth.actual is not None:
        loss, binary, name = np.abs(before.value - truth.actual), False, "mean_absolute_error"
    else:
        assert before.decision is not None
        loss, binary, name = (before.decision != truth.outcome).astype(float), True, "accuracy"
    metric = BY_TASK[setting.sample.source.task][name].metric
    losses = truth.losses(loss, setting.every, binary=binary)
    found: list[Measurement] = []
    for part in parts:
        inside, rest = setting.units(part.rows), setting.units(~part.rows)
        if min(inside, rest) < setting.least:
            what, units = ("The slice", inside) if inside < setting.least else ("The rest of the rows", rest)
            reason = f"{what} has {units} independent cases, and {setting.least} are asked for."
            found.append(_unmeasured(metric, "too_few_samples", reason, part.rows, setting, part.slice))
            continue
        drop = (
            difference_to_rest(losses, part.rows, setting.level) or "The slice or the rest of the rows weighs nothing."
        )
        found.append(_measured(metric, drop, part.rows, setting, part.slice, "the rest of the rows"))
    return found


def _of_drift(drifted: Predictions, setting: RobustnessSetting, where: str) -> list[Measurement]:
    """How much worse the model is on the drifted sample; its own answers where its features are there, else the file's."""
    source = setting.sample.source
    if drifted.task != source.task or drifted.favourable != source.favourable:
        raise UsageError(
            "the drifted sample is about another outcome than the source",
            where=where,
            do="Name a source with the same task and favourable outcome.",
        )
    there = {*drifted.rows.schema.names}
    whole = all(feature in there for feature in setting.model.features)
    most = max(setting.sample.batch.num_rows, 1)
    if setting.sample.whole:
        most = 1_000_000
    sample = read(drifted, list(setting.model.features) if whole else [], most, setting.seed)
    if whole:
        # Decisions are made at the source's threshold: it is the same model.
        same = replace(sample, source=replace(drifted, threshold=source.threshold, classes=source.classes))
        after = answers_as_they_are(setting.model, sample.batch, same, where)
        truth = truth_of(sample)
        if source.task == "multiclass":
            names = list(source.classes)
            codes = np.array([names.index(c) if c in names else -2 for c in drifted.classes], np.int64)
            truth = replace(truth, outcome=codes[truth.outcome])
    else:
        coded = sample.coded
        decides = sample.layout.decides and not source.says_numbers
        after, truth = Answers(coded.decision if decides else None, coded.score, coded.predicted), truth_of(sample)
    slice: dict[str, str | None] = {SAMPLE: drifted.ref.name}
    there_about = replace(
        setting, sample=sample, truth=truth, about=replace(setting.about, unit=drifted.unit, design=drifted.design)
    )
    return [
        _measured(
            m.metric,
            against(name, (setting.truth, setting.before), (truth, after), setting.level),
            there_about.every,
            there_about,
            slice,
            source.ref.name,
        )
        for name, m in setting.measures.items()
    ]
