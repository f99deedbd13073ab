"""From rows to slices with more errors: declared ones, and ones that a tree finds on rows it is not judged on."""

from __future__ import annotations

import numpy as np

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows.direction import row_findings
from cardwright.evaluators.rows.rates import About
from cardwright.evaluators.rows.sampling import keyed_hash
from cardwright.evaluators.rows.slice_sample import (
    BoolArray,
    Sample,
    check_edges,
    declared_columns,
    parts_of,
    read,
)
from cardwright.evaluators.slices.judge import (
    confirmed_count,
    judge_declared,
    judge_found,
    largest_difference,
    overall_rate,
    standardized,
    worse_leaves,
)
from cardwright.evaluators.slices.options import SlicesOptions
from cardwright.evaluators.slices.plan import FOUND, Measurement, SliceRules, check, searched_columns
from cardwright.evaluators.slices.report import (
    declared_table,
    found_table,
    method,
    not_tested,
    slice_findings,
    without_decisions,
)
from cardwright.evaluators.slices.tree import FoundSlices, grow
from cardwright.record.evaluation import (
    Coverage,
    Evaluation,
    Scanned,
    count_severities,
)
from cardwright.sources.interface import Predictions


def assess(options: SlicesOptions, inputs: Inputs) -> Evaluation:
    """See `Slices.evaluate`."""
    where = f"{inputs.id} (slices)"
    check(options, where)
    source = inputs.get("source", Predictions)
    edges = check_edges(options.edges, where)
    declared = declared_columns(source, options.columns, edges, where)
    if FOUND in declared:
        raise UsageError(
            f'a column called "{FOUND}" cannot make slices: the record names the rules of the tree by that word',
            where=where,
            do="Rename the column.",
        )
    searched = searched_columns(options, source, declared, where) if options.find else []
    sample = read(source, list(dict.fromkeys([*declared, *searched])), options.rows, inputs.seed)
    about = About.of(source, sample.layout.derived)
    losses = sample.losses()
    rules = SliceRules(options.level, options.alpha, options.min_denominator)
    if losses is None:
        return without_decisions(options, inputs, sample, about)
    parts, cuts = parts_of(sample, declared, edges, options.quantiles, where)
    measurements = [overall_rate(sample, losses, about, rules)]
    by_part = judge_declared(sample, parts, losses, about, rules)
    measurements += [m for found in by_part for m in found]
    largest = largest_difference(sample, parts, by_part, losses, about, rules)
    measurements.append(largest)
    if source.task == "regression":
        measurements.append(standardized(largest, sample))
    judged: list[list[Measurement]] = []
    found = FoundSlices(())
    finding = np.zeros(len(losses.loss), bool)
    if options.find:
        finding = halves(sample, inputs.seed)
        found = grow(
            sample,
            searched,
            finding,
            losses,
            max_depth=options.max_depth,
            min_leaf=options.min_leaf,
            seed=inputs.seed,
        )
        worse = worse_leaves(found, losses, finding)
        judged = judge_found(sample, found, worse, finding, losses, about, rules)
        measurements += [m for leaf in judged for m in leaf]
        measurements.append(confirmed_count(judged, finding, about, rules))
    findings = [
        *row_findings(source, inputs.seed),
        *sample.findings(parts),
        *slice_findings(sample, by_part, judged, rules, losses),
    ]
    size = len(losses.loss)
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        binding=inputs.binding,
        question="In which slices of the rows is the model wrong more often?",
        method=method(options, sample, cuts, finding, losses),
        limits=(
            "A slice with more errors does not say why; its rows can differ in many other ways.",
            "Intervals hold for one slice at a time. Adjusted p-values are for screening: of the slices flagged, a share of "
            f"at most {options.alpha:g} is expected to be flagged by chance, over the family of the table.",
            *(
                (
                    "Found slices are exploratory: a tree searched for them, and another seed or half finds others. Numbers "
                    "come from the half that did not choose them. They raise questions and settle none.",
                )
                if options.find
                else ()
            ),
            f"Slices of fewer than {options.min_denominator} rows have no number here, and errors in them go unseen.",
        ),
        measurements=tuple(measurements),
        findings=tuple(findings),
        severities=count_severities(findings),
        tables=(*declared_table(sample, parts, by_part), *found_table(sample, judged)),
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=size, total=sample.total),),
            not_tested=not_tested(options, searched, found, finding),
        ),
        completeness="complete" if sample.whole else "sampled",
    )


def halves(sample: Sample, seed: int) -> BoolArray:
    """Which rows are in the half that finds: by a keyed hash of their place, or of their case, so that none is in both."""
    clusters = sample.clusters()
    places = np.arange(sample.batch.num_rows) if clusters is None else clusters
    return np.asarray(keyed_hash(places, seed + 7919) >> np.uint64(63), bool)
