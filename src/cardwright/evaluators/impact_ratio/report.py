"""What documents print of impact ratios: words, findings, and the tables of 6 RCNY 5-301."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from cardwright.evaluators.impact_ratio.options import ImpactRatioOptions
from cardwright.evaluators.impact_ratio.tables import Audit, CategoryTable, MedianScore
from cardwright.evaluators.rows.wording import counted, part_of, percent
from cardwright.record.evaluation import Finding, NotTested, Table, TableColumn

UNKNOWN_SHARE = 0.05
"""Share of applicants of unknown category from which a finding is more than a note."""


def parameters(options: ImpactRatioOptions) -> dict[str, JsonValue]:
    """How the evaluator is set, as the record states it."""
    exclude = options.exclude
    return {
        "attributes": None if options.attributes is None else list(options.attributes),
        "rates": options.rates,
        "median_of": options.median_of,
        "exclude": exclude if exclude is None or isinstance(exclude, str) else [dict(category) for category in exclude],
        "justification": options.justification,
        "level": options.level,
    }


def question(audit: Audit) -> str:
    """What is asked."""
    what = "selected" if audit.rates == "selection" else "scored above the median"
    return (
        f"How often are applicants of each category of {', '.join(audit.names)} {what}, relative to the highest rate?"
    )


def method(audit: Audit, scored: MedianScore | None) -> str:
    """How it was answered."""
    sentences = []
    if audit.rates == "selection":
        sentences.append(
            "The selection rate of a category is its applicants who were selected over all its applicants (6 RCNY 5-300, "
            "5-301(b))."
        )
    else:
        assert scored is not None
        whose = (
            "all applicants, unknown categories included (5-301(c)(1))"
            if audit.median_of == "full_sample"
            else "the applicants whose category is known in every attribute"
        )
        sentences.append(
            "The scoring rate of a category is its applicants with a score above the median over all its applicants (6 RCNY "
            f'5-300, 5-301(c)). The median, {scored.median:.10g}, is that of {whose}; "above" is strict, so the {scored.at} '
            "applicants with exactly that score are not above it."
        )
    sentences.append(
        "The impact ratio is that rate over the highest rate among the categories of the same table. There is a table for each "
        "attribute" + (", and one for all of them crossed." if len(audit.names) > 1 else ".")
    )
    if audit.exclude is None:
        sentences.append("No category is left out.")
    else:
        sentences.append(
            "Categories of less than 2 % of a table's applicants were left out of impact ratios before the highest rate was "
            f"looked for (5-301(d)); their applicants and rates are stated. The auditor's justification: {audit.justification}"
        )
    sentences.append(
        "Applicants of unknown category are counted, disclosed beside each table, and enter no rate of a category. The rule asks "
        f"for no interval; those printed are Wilson's for rates, and for ratios Donner and Zou's at Tukey's quantile "
        f"({audit.level * 100:g} %), which allows for the highest rate having been picked after seeing all of them. They hold "
        "for every category of a table at once. The same ratio can have another interval in the fairness evaluation, which "
        "leaves out groups with few cases and whose interval is for the lowest ratio, whichever groups have it."
    )
    return " ".join(sentences)


def limits(audit: Audit) -> tuple[str, ...]:
    """What the numbers do not show."""
    sentences = [
        "The rule, 6 RCNY 5-300, is about automated tools that decide on hiring and promotion in New York City. For any other "
        "decision these are the same numbers, without its force.",
        "The rule names no ratio that must be reached, and none is applied here. A ratio states a difference; it does not say "
        "why it is there, nor whether it is lawful.",
        "A bias audit in the sense of the rule is made by an independent auditor, who is not the employer, the vendor, or this "
        "program. These tables are what such an audit computes.",
        "The rule asks for historical data of the tool's use. Whether these rows are that, and whether categories were reported "
        "by the applicants themselves, is for the auditor to say.",
        "Ratios of categories with few applicants vary widely by chance; their intervals show how widely.",
    ]
    if audit.rates == "scoring":
        sentences.append(
            "The median is taken as given: intervals do not account for its being different among other applicants."
        )
    if audit.source.person is not None:
        sentences.append(
            f'Rows are counted, as the rule counts those assessed; several rows of one "{audit.source.person}" make intervals '
            "wider, not counts smaller."
        )
    return tuple(sentences)


def not_tested(audit: Audit, skipped: Sequence[str]) -> tuple[NotTested, ...]:
    """What was not looked at."""
    left_out = [
        NotTested(
            what="Error rates, and whether those selected were qualified",
            why="The rule compares rates of selection alone; the fairness evaluation looks at the others.",
        ),
        NotTested(
            what="Steps of the hiring process before and after these decisions", why="Only these rows were looked at."
        ),
    ]
    left_out += [NotTested(what="A table of categories", why=f"{reason}.") for reason in skipped]
    left = [a.name for a in audit.source.sensitive if a.name not in audit.names]
    if left:
        left_out.append(NotTested(what=f"Categories of {', '.join(left)}", why="`attributes` does not ask for them."))
    return tuple(left_out)


def findings(audit: Audit, tables: Sequence[CategoryTable]) -> tuple[Finding, ...]:
    """What a person should look at: unknown categories, categories left out, a reference that is small."""
    collected: list[Finding] = []
    told: set[tuple[str, ...]] = set()
    for table in tables:
        total = table.applicants + table.unknown
        first = table.attributes not in told
        told.add(table.attributes)
        if table.unknown and first:
            collected.append(
                Finding(
                    severity="medium" if table.unknown > UNKNOWN_SHARE * total else "info",
                    key="unknown_category",
                    explanation=f"The category of {table.name} is unknown for {table.unknown:,} of {total:,} applicants assessed "
                    f"({percent(table.unknown / total)}). They enter no rate of this table; the rule "
                    "requires their number to be disclosed.",
                    where=table.name[:200],
                    count=table.unknown,
                )
            )
        out = [line for line in table.lines if line.left_out]
        if out and first:
            names = "; ".join(
                f"{line.name}: {counted(line.rate.rows, 'applicant')}, rate {line.rate.value:.3f}" for line in out
            )
            collected.append(
                Finding(
                    severity="info",
                    key="left_out",
                    explanation=f"Left out of the impact ratios of {table.name}, each less than 2 % of {table.applicants} "
                    f"applicants: {names[:1500]}. The auditor's justification: {audit.justification}",
                    where=table.name[:200],
                    count=len(out),
                )
            )
        reference = table.reference
        if reference is not None and reference.share < 0.02:
            collected.append(
                Finding(
                    severity="low",
                    key="small_reference",
                    explanation=f"The highest rate of {table.name} is that of {reference.name}, with "
                    f"{part_of(reference.rate.rows, table.applicants, 'applicant')}, fewer than 2 %. Every ratio in "
                    "this table is relative to a rate that few applicants decide.",
                    where=table.name[:200],
                    count=reference.rate.rows,
                )
            )
    return tuple(collected)


def tables(audit: Audit, made: Sequence[CategoryTable]) -> tuple[Table, ...]:
    """The tables as the rule shapes them, and one of unknown categories."""
    above = "Selected" if audit.rates == "selection" else "Above the median"
    columns = (
        TableColumn(name="applicants", title="Applicants", unit="count"),
        TableColumn(name="above", title=above, unit="count"),
        TableColumn(name="rate", title=audit.metric.title, unit="proportion"),
        TableColumn(name="ratio", title="Impact ratio", unit="ratio"),
        TableColumn(name="lower", title="Lower bound", unit="ratio"),
        TableColumn(name="upper", title="Upper bound", unit="ratio"),
        TableColumn(name="note", title="Note"),
    )
    made_tables = []
    for number, table in enumerate(made):
        rows: list[tuple[float | str | None, ...]] = []
        for line in table.lines:
            bounds = line.ratio.bounds if line.ratio is not None else None
            note = "left out, less than 2 %" if line.left_out else ""
            if line.rate.value is None:
                note = "no applicants"
            elif table.reference is not None and line.slice == table.reference.slice:
                note = "highest rate"
            rows.append(
                (
                    line.name[:200],
                    float(line.rate.rows),
                    line.rate.numerator if line.rate.value is not None else None,
                    line.rate.value,
                    line.ratio.value if line.ratio is not None else None,
                    bounds.lower if bounds is not None else None,
                    bounds.upper if bounds is not None else None,
                    note,
                )
            )
        of_class = f", {table.of_class}" if table.of_class is not None else ""
        title = "Selection" if audit.rates == "selection" else "Scoring"
        made_tables.append(
            Table(
                id=f"{audit.rates}_{table.number}" + (f"_class_{number + 1}" if table.of_class is not None else ""),
                title=f"{title} rates and impact ratios by {table.name}{of_class}; in addition, {table.unknown} applicants of "
                "unknown category",
                columns=(TableColumn(name="category", title=table.name), *columns),
                rows=tuple(rows),
            )
        )
    first = list({table.attributes: table for table in reversed(made)}.values())[::-1]
    made_tables.append(
        Table(
            id="unknown",
            title="Assessed applicants whose category is unknown",
            columns=(
                TableColumn(name="table", title="Table"),
                TableColumn(name="applicants", title="Applicants in it", unit="count"),
                TableColumn(name="unknown", title="Of unknown category", unit="count"),
            ),
            rows=tuple((table.name[:200], float(table.applicants), float(table.unknown)) for table in first),
        )
    )
    return tuple(made_tables)


__all__ = ["findings", "limits", "method", "not_tested", "parameters", "question", "tables"]
