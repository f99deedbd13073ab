"""From a table to its profile, beside an earlier version, the people meant, and its annotators."""

from __future__ import annotations

import numpy as np

from cardwright.errors import UsageError
from cardwright.evaluators.data_profile.agreement import agreement
from cardwright.evaluators.data_profile.comparison import distances, from_population
from cardwright.evaluators.data_profile.options import DataProfileOptions
from cardwright.evaluators.data_profile.profile import (
    Source,
    count,
    duplicates,
    groups,
    labels,
    missing,
    privacy,
    profile_of,
)
from cardwright.evaluators.data_profile.report import findings, tables
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.rows.database import loaded as _load
from cardwright.evaluators.rows.encoding import numbers
from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.group_names import confusable_groups
from cardwright.evaluators.rows.repeats import repeat_findings
from cardwright.evaluators.rows.weights import findings_of
from cardwright.privacy.headings import quasi_identifiers
from cardwright.privacy.showing import FEW_VALUES, hint, quoted
from cardwright.record.base import is_placeholder, label
from cardwright.record.evaluation import (
    Coverage,
    Evaluation,
    NotTested,
    Scanned,
    count_severities,
)
from cardwright.record.measurement import Measurement

_MORE = {
    "reference": " Columns are compared with the reference over its deciles or categories: population stability index, "
    "Jensen-Shannon distance and, for numbers, the Wasserstein distance in the column's unit, with how often a single "
    "distribution gives at least as much (permutation). Rows of one person are taken as independent there.",
    "population": " Shares of groups are compared with the declared shares, rows of unknown membership left out: each "
    "difference has a Wilson interval, each attribute the total variation distance and Pearson's chi-square test where every "
    "group is expected at least five times.",
    "annotators": " Agreement of annotators is Cohen's kappa for each pair and Krippendorff's alpha (nominal) for all, over "
    "the rows that at least two of them rated.",
}


def _weights(source: Source) -> FloatArray | None:
    """The weights of all rows; None if they are not weighted. A source with a missing weight is not opened."""
    if source.weight is None:
        return None
    parts = [
        numbers(batch.column(0), where=source.ref.name, what="the weight")
        for batch in source.rows.batches([source.weight])
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def shown_rule(least: int) -> str:
    """Which values of a column are shown, in words: see `cardwright.privacy.showing.category_values`."""
    return (
        "Values of a column are shown with their counts only if it is a category: the outcome with its classes, a sensitive "
        f"attribute, or a column of at most {FEW_VALUES} different values, on average in {least} rows, whose heading speaks "
        "of no person and no free text and whose values are short and do not have the form of names. The person column and the "
        "quasi-identifiers named are never shown, nor any value of a column in which a detector finds personal data or a "
        f"secret, nor a value in fewer than {least} rows. Numbers are shown as percentiles, on the same terms."
    )


def _quasi_identifiers(options: DataProfileOptions, columns: list[str], attributes: list[str]) -> list[str]:
    """What others may know of people: the sensitive attributes, what the plan names, and what headings speak of."""
    spared = dict(options.not_quasi_identifiers or {})
    named = list(options.quasi_identifiers or ())
    for name in (*named, *spared):
        if name not in columns:
            raise UsageError(f"data_profile: no column is called {quoted(name)}", do=hint(name, columns, columns=True))
    for name, reason in spared.items():
        if name in named or name in attributes:
            raise UsageError(
                f"data_profile: {quoted(name)} cannot be left out of the quasi-identifiers: the plan names it",
                do="Name it in one place.",
            )
        if not isinstance(reason, str) or is_placeholder(reason):
            raise UsageError(
                f"data_profile: not_quasi_identifiers gives no reason for {quoted(name)}",
                do="Say why it identifies nobody, e.g. `{city: the city of the sensor}`.",
            )
    inferred = [name for name in quasi_identifiers(columns) if name not in spared]
    return list(dict.fromkeys([*attributes, *named, *inferred]))


def assess(options: DataProfileOptions, inputs: Inputs) -> Evaluation:
    """See `Evaluator.evaluate`."""
    source: Source = inputs.sources["source"]  # type: ignore[assignment]
    columns = list(source.rows.schema.names)
    attributes = [attribute.name for attribute in source.sensitive]
    if not 0 < options.level < 1:
        raise UsageError("data_profile: `level` must lie between 0 and 1", do="Write, for example, `level: 0.95`.")
    for name in ("depth", "smallest_count"):
        if getattr(options, name) < 1:
            raise UsageError(f"data_profile: `{name}` must be a whole number of at least 1", do=f"Write `{name}: 2`.")
    quasi = _quasi_identifiers(options, columns, attributes)
    with _load(source.rows, columns) as store:
        profile = profile_of(options, source, store, columns, inputs.small_cell)
        total = profile.total
        measurements: list[Measurement] = [
            count(profile, "row_count", total, total),
            count(profile, "column_count", len(columns), total),
            *missing(profile),
            *duplicates(profile),
            *groups(profile, attributes),
            *labels(profile),
            *privacy(profile, quasi, stated=options.quasi_identifiers is not None),
        ]
        listed = tables(profile, attributes)
        for part_measurements, table in (
            distances(store, columns, inputs.sources.get("reference"), inputs.seed),
            from_population(profile, options.population),
            agreement(store, options.annotators, columns, options.level, inputs.seed),
        ):
            measurements += part_measurements
            listed += table
        noted = [
            *findings_of(source.weight, _weights(source)),
            *confusable_groups({attribute.name: attribute.groups for attribute in source.sensitive}),
            *findings(profile, measurements, quasi),
            *repeat_findings(source, inputs.seed),
        ]
    return Evaluation(
        id=inputs.id,
        evaluator=options.name,
        evaluator_version=options.version,
        inputs=inputs.recorded(),
        parameters=dict(inputs.parameters),
        question="What is in the data, what is missing, and could anybody be singled out?",
        method=(
            "Every row and column is counted by exact queries (DuckDB). A cell is missing where it is null or "
            "not a number. Duplicates are rows equal in every column. "
            "k-anonymity is the size of the smallest class of rows that agree in "
            f"{', '.join(label(q) for q in quasi) or 'no column'} (Sweeney 2002), missing values counting as a value. "
            "They are the sensitive attributes, the columns that the plan names, and those whose headings suggest that they tell "
            "people apart; "
            "l-diversity is the smallest number of different labels in such a class (Machanavajjhala et al. 2007). Shares "
            "carry Wilson intervals, which hold where the rows are a sample. "
            + shown_rule(max(options.smallest_count, inputs.small_cell))
            + _MORE["reference"] * ("reference" in inputs.sources)
            + _MORE["population"] * bool(options.population)
            + _MORE["annotators"] * bool(options.annotators)
        ),
        limits=(
            "Counts say what is there, not whether it is right.",
            "Two rows of one person that differ in a character are not duplicates.",
            "k-anonymity counts the columns named and inferred; whoever knows more can tell more people apart.",
        ),
        measurements=tuple(measurements),
        findings=tuple(noted),
        severities=count_severities(noted),
        tables=listed,
        coverage=Coverage(
            scanned=(
                Scanned(what="rows", scanned=total, total=total),
                Scanned(what="columns", scanned=len(columns), total=len(columns)),
            ),
            not_tested=(
                NotTested(
                    what="whether labels are right",
                    why="annotators can agree and be wrong together"
                    if options.annotators
                    else "that needs a second labelling, and none was named under `annotators`",
                ),
                NotTested(what="near duplicates", why="rows are compared as they are"),
                NotTested(
                    what="columns beyond " + (", ".join(label(q) for q in quasi) or "none") + " as quasi-identifiers",
                    why="nobody named them, and their headings do not suggest that they identify people",
                ),
                *(
                    NotTested(what=f"`{label(name)}` as a quasi-identifier", why=f"the plan says: {reason}")
                    for name, reason in sorted((options.not_quasi_identifiers or {}).items())
                ),
                *(
                    ()
                    if options.population
                    else (
                        NotTested(
                            what="whether the groups are represented as in the intended population",
                            why="no shares were named under `population`",
                        ),
                    )
                ),
                *(
                    ()
                    if "reference" in inputs.sources
                    else (NotTested(what="drift against an earlier version", why="no reference was named"),)
                ),
            ),
        ),
        completeness="complete",
    )
