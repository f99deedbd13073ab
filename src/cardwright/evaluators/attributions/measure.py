"""From a model and rows to attributions: importance of features, whether the explanation holds, and proxies."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cardwright.errors import UsageError
from cardwright.evaluators.attributions.association import Association, association_bounds, measured_association
from cardwright.evaluators.attributions.budget import TimeBudget
from cardwright.evaluators.attributions.evidence import evidence
from cardwright.evaluators.attributions.flips import flips
from cardwright.evaluators.attributions.options import AttributionsOptions
from cardwright.evaluators.attributions.report import feature_tables, quality_findings
from cardwright.evaluators.attributions.student import student_interval, student_quantile
from cardwright.evaluators.attributions.text_measure import assess_texts
from cardwright.evaluators.attributions.texts import reads_texts
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows.wording import agree, percent
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label
from cardwright.record.evaluation import (
    Coverage,
    Evaluation,
    Finding,
    NotTested,
    Scanned,
    count_severities,
)
from cardwright.record.measurement import Interval, Measured, Measurement, Sampling, Unmeasured
from cardwright.sources.interface import Model, Predictions

if TYPE_CHECKING:
    import pyarrow

    from cardwright.evaluators.attributions.ways import Explained

_WAYS = {
    "tree": "SHAP's TreeExplainer (interventional, Lundberg et al. 2020)",
    "linear": "SHAP's LinearExplainer (independent features)",
    "exact": "SHAP's ExactExplainer over every set of the model's own inputs",
    "permutation": "SHAP's PermutationExplainer over the model's own inputs",
    "integrated_gradients": "Captum's integrated gradients from the mean of the background (Sundararajan, Taly, Yan 2017)",
}

_FLAT = "All attributions are zero: the output does not depend on any feature."


def _digest(batch: pyarrow.RecordBatch) -> str:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return hashlib.sha256(sink.getvalue().to_pybytes()).hexdigest()


def _versions(method: str) -> str:
    from importlib.metadata import version

    names = ("captum", "torch") if method == "integrated_gradients" else ("shap", "scikit-learn")
    return ", ".join(f"{name} {label(version(name))}" for name in names)


def assess(options: AttributionsOptions, inputs: Inputs, clock: Callable[[], float] = time.monotonic) -> Evaluation:
    """See `Evaluator.evaluate`; `clock` gives the seconds that the time budget counts."""
    import numpy as np

    from cardwright.evaluators.attributions.explain import explain
    from cardwright.evaluators.rows.sampling import choose

    for name in ("rows", "background_rows", "seeds", "top", "steps"):
        if getattr(options, name) < 1:
            raise UsageError(f"attributions: `{name}` must be at least 1")
    if not options.seconds > 0:
        raise UsageError("attributions: `seconds` must be above 0")
    if options.explained_output not in ("auto", "probability"):
        raise UsageError(
            "attributions: `explained_output` is `auto` or `probability`", do="Leave it out for the model's own output."
        )
    source, model = inputs.get("source", Predictions), inputs.get("model", Model)
    behind = inputs.sources.get("background", source)
    if not model.features:
        raise UsageError(
            "attributions: it is not known which columns the model reads",
            do="Name them under the source's `features:`.",
        )
    attributes = [attribute.name for attribute in source.sensitive]
    column, others = _class(options, model, source)
    person = [source.person] if source.person is not None else []
    rows, total = choose(source.rows, [*model.features, *attributes, *person], options.rows, inputs.seed)
    if reads_texts(model, rows):
        persons = rows.column(person[0]).to_pylist() if person else None
        return assess_texts(options, inputs, model, source, rows, total, column, others, persons, clock)
    probability = options.explained_output == "probability"
    budget = TimeBudget.of(options.seconds, clock)
    read = rows.select(list(model.features))
    explained: list[Explained] = []
    backgrounds: list[pyarrow.RecordBatch] = []
    digests: list[str] = []
    count = 0
    for seed in range(options.seeds):
        background, _ = choose(behind.rows, model.features, options.background_rows, inputs.seed + 1000 + seed)  # type: ignore[union-attr]
        digests.append(_digest(background))
        backgrounds.append(background)
        count = background.num_rows
        if explained and budget.left <= 0:
            break
        # Half of what is left for the first, and evenly for the others what leaves a third of it for the evidence.
        share = 0.5 if not explained else 0.67 / (options.seeds - seed)
        explained.append(
            explain(
                model,
                read.slice(0, len(explained[0].values)) if explained else read,
                background,
                method=options.method,
                column=column,
                steps=options.steps,
                seed=inputs.seed + seed,
                probability=probability,
                budget=budget.part(share),
            )
        )
        inputs.progress(seed + 1, options.seeds)
    first = explained[0]
    wanted, done = rows.num_rows, len(first.values)
    rows, read = rows.slice(0, done), read.slice(0, done)
    importance = np.abs(first.values).mean(axis=0)
    measurements: list[Measurement] = [
        *_features(options, model, first, source),
        *_quality(options, explained, done, count if len(set(digests)) == 1 else None),
    ]
    measurements += evidence(
        model,
        first,
        read,
        backgrounds[0],
        column=column,
        level=options.level,
        unit=source.unit,
        seed=inputs.seed,
        steps=options.steps,
        probability=probability,
        budget=budget,
    )
    measurements += flips(model, rows, source, options.level)
    associations = _associations(options, rows, model, source)
    measurements += [
        measured_association(
            strength, {"feature": feature, "attribute": attribute}, level=options.level, unit=source.unit, n=done
        )
        for feature, attribute, strength in associations
    ]
    proxies = [one for one in associations if one[2].value >= options.proxy_association]
    shares, share_findings = _shares(options, model, importance, attributes, proxies)
    measurements += shares
    findings = [*quality_findings(measurements), *share_findings]
    order = np.argsort(-importance, kind="stable")
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=inputs.binding,
        question="Which features drive the model's output, and does the explanation hold?",
        method=(
            f"{done} of {total} rows, chosen by a keyed hash, were explained by {_WAYS[first.method]} in the output "
            f"space {first.output}, against a background of {count} rows (sha256 {digests[0]}), seed {inputs.seed}. "
            f"{f'The class explained is {model.classes[column]}. ' if others and column is not None else ''}"
            f"{_chain(first)}{_stopped(options, done, wanted, len(explained))}"
            f"Attributions of columns that a pipeline derived from one feature are summed. Additivity is computed here as "
            f"|output - base - sum of attributions| relative to the range of the output. The ranking is compared over "
            f"{len(explained)} backgrounds and seeds (Spearman's rho of the mean absolute attributions; overlap of the first "
            f"{min(options.top, len(model.features))}). A feature is called a proxy if its association with a sensitive "
            f"attribute (correlation ratio for numbers, Cramér's V for categories, both corrected "
            f"for the bias that few rows and many groups bring: Kelley 1935; Bergsma 2013; intervals by noncentral "
            f"distributions: Smithson 2003) is at least {options.proxy_association:g}. "
            f"Whether the explanation holds is asked of the model itself: how far its output moves when features are replaced by "
            f"those of other rows, in the order of their attributions and in a random one (deletion and insertion), or at random "
            f"(infidelity: the share of the movement that the attributions do not foresee); of {_second(first.method)}, row "
            f"by row (Spearman's rho); of a torch network whose weights are shuffled, which must be explained otherwise; and of "
            f"rows whose numbers move by at most 0.02 standard deviations, by which attributions should move little. "
            f"Where the model reads a sensitive attribute, only that is changed, and decisions that become others are counted. "
            f"Libraries: {_versions(first.method)}."
        ),
        limits=(
            "An attribution says what the model used, not what causes the outcome.",
            "Features that move together share their attribution in a way that depends on the background.",
            "Mean absolute attributions hide features that matter for a few people only.",
            "Rows with replaced features need not occur: what the model says of them is how it works, not how it will be used.",
            "Association with a sensitive attribute is measured on the explained rows, one feature at a time.",
        ),
        measurements=tuple(measurements),
        findings=tuple(findings),
        severities=count_severities(findings),
        tables=feature_tables(options, model, first, rows, order, proxies),
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=rows.num_rows, total=total),),
            not_tested=(
                NotTested(what="explanations for individual people", why="global importance was asked for"),
                NotTested(
                    what="interactions of features",
                    why="attributions are additive; interactions are shared among them",
                ),
                *((NotTested(what=f"the other {others} classes", why="one class was explained"),) if others else ()),
                *(
                    (NotTested(what=f"{wanted - done} of {wanted} rows", why="the time budget was used up"),)
                    if done < wanted
                    else ()
                ),
                NotTested(what="whether people understand the explanation", why="that needs people"),
            ),
        ),
        completeness="partial" if done < wanted else "complete" if done == total else "sampled",
    )


def _second(method: str) -> str:
    """With what another method the agreement is computed."""
    if method in ("exact", "permutation"):
        return "the movement of the output when one feature alone is replaced"
    return "SHAP's permutation explainer"


def _chain(first: Explained) -> str:
    """Why ways that come first in the chain were not taken."""
    return f"Not taken: {'; '.join(first.passed_over)}. " if first.passed_over else ""


def _stopped(options: AttributionsOptions, done: int, wanted: int, seeds: int) -> str:
    """What the time budget left out."""
    if done == wanted and seeds == options.seeds:
        return ""
    return (
        f"The time budget of {options.seconds:g} seconds ended after {done} of the {wanted} rows that were to be explained, and "
        f"after {seeds} of {options.seeds} backgrounds. "
    )


def _class(options: AttributionsOptions, model: Model, source: Predictions) -> tuple[int | None, int]:
    """The position of the class that is explained in the model's output, and how many classes are left out by that."""
    if source.task != "multiclass":
        if options.of_class is not None:
            raise UsageError(
                "attributions: `of_class` picks one of several classes", do="Leave it out: there are not several."
            )
        return (model.classes.index(source.favourable) if source.favourable in model.classes else None), 0
    if options.of_class is not None and options.of_class not in model.classes:
        raise UsageError(
            f"attributions: the model has no class {quoted(options.of_class)}",
            do=hint(options.of_class, model.classes),
        )
    return (0 if options.of_class is None else model.classes.index(options.of_class)), len(model.classes) - 1


def _features(options: AttributionsOptions, model: Model, first: Explained, source: Predictions) -> list[Measurement]:
    import numpy as np

    absolute = np.abs(first.values)
    n = len(absolute)
    mean = absolute.mean(axis=0)
    whole = float(mean.sum())
    spread = absolute.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else None
    factor = student_quantile(options.level, n) if n > 1 else 0.0
    found: list[Measurement] = []
    for index, feature in enumerate(model.features):
        here = {"feature": label(feature)}
        bounds = None
        if spread is not None:
            half = factor * float(spread[index])
            bounds = Interval(
                level=options.level,
                lower=max(0.0, float(mean[index]) - half),
                upper=float(mean[index]) + half,
                method="student_t",
            )
        sampling = Sampling(unit=source.unit, units=n, observations=n, design="random")
        found.append(
            Measured(
                metric="mean_absolute_attribution",
                slice=here,
                value=float(mean[index]),
                unit=first.output,
                direction="neither",
                interval=bounds,
                sampling=sampling,
                denominator=n,
            )
        )
        own = first.values[:, index]
        found.append(
            Measured(
                metric="mean_attribution",
                slice=here,
                value=float(own.mean()),
                unit=first.output,
                direction="neither",
                interval=student_interval(own, options.level),
                sampling=sampling,
                denominator=n,
            )
        )
        if whole > 0:
            found.append(
                Measured(
                    metric="attribution_share",
                    slice=here,
                    value=float(mean[index]) / whole,
                    unit="share",
                    direction="neither",
                    sampling=sampling,
                )
            )
        else:
            found.append(Unmeasured(metric="attribution_share", slice=here, code="undefined", reason=_FLAT))
    return found


def _quality(options: AttributionsOptions, explained: list[Explained], n: int, same: int | None) -> list[Measurement]:
    """Additivity, and stability; `same` is how many rows every background had where all were the same rows."""
    import numpy as np
    from scipy.stats import rankdata

    first = explained[0]
    spread = float(np.ptp(first.outputs))
    found: list[Measurement] = []
    residuals = first.residuals
    for metric, value in (
        ("additivity_residual_max", residuals.max()),
        ("additivity_residual_p99", np.quantile(residuals, 0.99)),
    ):
        if spread > 0:
            found.append(
                Measured(
                    metric=metric,
                    value=float(value) / spread,
                    unit="ratio",
                    direction="lower_is_better",
                    denominator=n,
                )
            )
        else:
            found.append(
                Unmeasured(metric=metric, code="undefined", reason=f"The output is the same for all {n} rows.")
            )
    if first.method == "integrated_gradients":
        found.append(
            Measured(
                metric="convergence_delta_max",
                value=float(residuals.max()),
                unit=first.output,
                direction="lower_is_better",
                denominator=n,
            )
        )
    # The budget can end a later background sooner: over the rows that all have.
    shared = min(len(one.values) for one in explained)
    importances = [np.abs(one.values[:shared]).mean(axis=0) for one in explained]
    width = len(importances[0])
    top = min(options.top, width)
    pairs = list(itertools.combinations(importances, 2))
    alike = same is not None and first.method != "permutation"
    if not pairs or width < 2 or alike:
        why = (
            "One background was compared; two are needed."
            if not pairs
            else "One feature has no ranking."
            if width < 2
            else f"All {len(explained)} backgrounds are the same {same} rows: there are no more to choose from."
        )
        return [
            *found,
            *(
                Unmeasured(metric=m, code="too_few_samples", reason=why)
                for m in ("attribution_rank_stability", "attribution_top_k_overlap")
            ),
        ]
    correlations = []
    for one, other in pairs:
        a, b = rankdata(one), rankdata(other)
        if np.ptp(a) > 0 and np.ptp(b) > 0:
            correlations.append(float(np.corrcoef(a, b)[0, 1]))
    overlaps = [
        len(set(np.argsort(-a, kind="stable")[:top]) & set(np.argsort(-b, kind="stable")[:top])) / top for a, b in pairs
    ]
    if correlations:
        found.append(
            Measured(
                metric="attribution_rank_stability",
                value=float(np.mean(correlations)),
                unit="correlation",
                direction="higher_is_better",
                denominator=len(correlations),
            )
        )
        found.append(
            Measured(
                metric="attribution_rank_stability_min",
                value=min(correlations),
                unit="correlation",
                direction="higher_is_better",
            )
        )
    else:
        found.append(Unmeasured(metric="attribution_rank_stability", code="undefined", reason=_FLAT))
    found.append(
        Measured(
            metric="attribution_top_k_overlap",
            at={"k": float(top)},
            value=float(np.mean(overlaps)),
            unit="proportion",
            direction="higher_is_better",
        )
    )
    return found


Proxy = tuple[str, str, Association]
"""A feature, an attribute, and how closely they go together."""


def _associations(
    options: AttributionsOptions, rows: pyarrow.RecordBatch, model: Model, source: Predictions
) -> list[Proxy]:
    """Every feature with every sensitive attribute for which it can be told, the closest first."""
    found = []
    unknown = {attribute.name: attribute.unknown for attribute in source.sensitive}
    for attribute, not_known in unknown.items():
        for feature in model.features:
            if feature in unknown:
                continue
            strength = association_bounds(rows.column(feature), rows.column(attribute), not_known, options.level)
            if strength is not None:
                found.append((feature, attribute, strength))
    return sorted(found, key=lambda item: (-item[2].value, item[0], item[1]))


def _shares(
    options: AttributionsOptions,
    model: Model,
    importance: Any,
    attributes: list[str],
    proxies: list[Proxy],
) -> tuple[list[Measurement], list[Finding]]:
    whole = float(importance.sum())
    metrics = ("sensitive_attribution_share", "proxy_attribution_share")
    if not attributes:
        return [
            Unmeasured(metric=m, code="not_applicable", reason="The plan names no sensitive attribute.")
            for m in metrics
        ], []
    if whole <= 0:
        return [Unmeasured(metric=m, code="undefined", reason=_FLAT) for m in metrics], []
    read = [name for name in model.features if name in attributes]
    near = {feature for feature, _, _ in proxies}
    by_name = dict(zip(model.features, importance, strict=True))
    sensitive = float(sum(by_name[name] for name in read)) / whole
    proxy = float(sum(by_name[name] for name in sorted(near))) / whole
    measured: list[Measurement] = [
        Measured(
            metric="sensitive_attribution_share",
            value=sensitive,
            unit="share",
            direction="lower_is_better",
            reference="none read" if not read else None,
        ),
        Measured(
            metric="proxy_attribution_share",
            value=proxy,
            unit="share",
            direction="lower_is_better",
            at={"association": options.proxy_association},
        ),
    ]
    findings = []
    if read:
        findings.append(
            Finding(
                severity="high",
                key="sensitive_feature_used",
                explanation=f"The model reads {', '.join(label(n) for n in read)}, "
                f"{agree(len(read), 'a sensitive attribute', 'sensitive attributes')}: {percent(sensitive)} of what drives its "
                f"output comes from {agree(len(read), 'it', 'them')} (share of the absolute attributions).",
            )
        )
    if proxy > 0.3:
        findings.append(
            Finding(
                severity="medium",
                key="proxy_features",
                explanation=f"{percent(proxy)} of what drives the output (share of the absolute attributions) comes from "
                f"features that are associated with a sensitive attribute: {', '.join(label(n) for n in sorted(near))}.",
            )
        )
    return measured, findings
