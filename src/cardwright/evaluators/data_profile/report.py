"""What documents print of a table: findings, columns with their values in a few words, and groups by size."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from cardwright.evaluators.data_profile.profile import Profile, counts
from cardwright.evaluators.rows.database import column as _name
from cardwright.evaluators.rows.database import one as _one
from cardwright.evaluators.rows.wording import agree, counted, part_of, percent
from cardwright.privacy.showing import category_values, kinds, masked, speaks_of_a_person
from cardwright.record.base import label
from cardwright.record.evaluation import (
    Finding,
    TableColumn,
)
from cardwright.record.evaluation import Table as TableValue
from cardwright.record.measurement import Measured, Measurement

NUMBERS = ("int", "uint", "float", "double", "decimal", "halffloat")
"""How Arrow's names of numeric types begin."""


def findings(profile: Profile, measurements: list[Measurement], quasi: list[str]) -> list[Finding]:
    """What a person should look at."""
    findings_of_table: list[Finding] = []
    if not profile.total:
        return findings_of_table
    for column in profile.columns:
        share = profile.nulls[column] / profile.total
        if share > 0.2:
            findings_of_table.append(
                Finding(
                    severity="medium",
                    key="missing",
                    explanation=f"{part_of(profile.nulls[column], profile.total, 'value')} "
                    f"{agree(profile.nulls[column], 'is', 'are')} missing ({percent(share)}).",
                    where=label(column),
                    count=profile.nulls[column],
                )
            )
        if profile.distinct[column] <= 1 and profile.nulls[column] in (0, profile.total):
            findings_of_table.append(
                Finding(
                    severity="low",
                    key="constant",
                    explanation="The column has at most one value.",
                    where=label(column),
                )
            )
        if profile.source.label is not None and column != profile.source.label and _equals_label(profile, column):
            findings_of_table.append(
                Finding(
                    severity="high",
                    key="equals_label",
                    explanation="The column determines the label exactly, row by row; a model that reads it learns nothing else.",
                    where=label(column),
                )
            )
    findings_of_table += _personal_cells(profile)
    values = {m.metric: m for m in measurements if isinstance(m, Measured) and not m.slice and not m.across}
    copies = values.get("duplicate_row_rate")
    if copies is not None and copies.numerator:
        findings_of_table.append(
            Finding(
                severity="medium" if copies.value > 0.05 else "low",
                key="duplicates",
                explanation=f"{part_of(copies.numerator, profile.total, 'row')} "
                f"{agree(copies.numerator, 'equals', 'equal')} an earlier one in every column.",
                count=int(copies.numerator),
            )
        )
    k = values.get("k_anonymity")
    if k is not None and k.value < 5:
        findings_of_table.append(
            Finding(
                severity="medium",
                key="k_anonymity",
                explanation=_least_alike(k.value, [label(name) for name in quasi]),
            )
        )
    return findings_of_table


def _equals_label(profile: Profile, column: str) -> bool:
    assert profile.source.label is not None
    if not 2 <= profile.distinct[column] <= 50 or profile.distinct[column] != profile.distinct[profile.source.label]:
        return False
    pairs = _one(
        profile.store,
        f"select count(*) from (select distinct {_name(column)}, {_name(profile.source.label)} from rows)",
    )
    nulls = profile.nulls[column] or profile.nulls[profile.source.label]
    return not nulls and int(pairs) == profile.distinct[column]


def tables(profile: Profile, attributes: list[str]) -> tuple[TableValue, ...]:
    """Columns, and the groups by size."""
    rows = []
    for column in profile.columns:
        kind = str(profile.source.rows.schema.field(column).type)
        share = profile.nulls[column] / profile.total if profile.total else None
        rows.append((label(column), label(kind), share, profile.distinct[column], _shown(profile, column, kind)))
    tables = [
        TableValue(
            id="columns",
            title="Columns",
            columns=(
                TableColumn(name="column", title="Column"),
                TableColumn(name="type", title="Type"),
                TableColumn(name="missing", title="Missing", unit="proportion"),
                TableColumn(name="distinct", title="Distinct", unit="count"),
                TableColumn(name="values", title="Values"),
            ),
            rows=tuple(rows),
        )
    ]
    if attributes:
        sizes = []
        for size in range(1, min(profile.options.depth, len(attributes)) + 1):
            for combination in itertools.combinations(attributes, size):
                for values, count in counts(profile, combination):
                    name = ", ".join(
                        f"{a} = {'unknown' if v is None else v}" for a, v in zip(combination, values, strict=True)
                    )
                    sizes.append((label(name), count, count / profile.total))
        tables.append(
            TableValue(
                id="groups",
                title="Rows by group",
                columns=(
                    TableColumn(name="group", title="Group"),
                    TableColumn(name="rows", title="Rows", unit="count"),
                    TableColumn(name="share", title="Share", unit="proportion"),
                ),
                rows=tuple(sizes),
            )
        )
    return tuple(tables)


_MOST_READ = 200
"""Columns with more different values are summed up without a look at each."""


def _shown(profile: Profile, column: str, kind: str) -> str:
    """A column's values in a few words: percentiles of numbers, or what `category_values` lets through."""
    held, distinct = profile.total - profile.nulls[column], profile.distinct[column]
    if not held:
        return "none"
    identifying = column == profile.source.person or column in (profile.options.quasi_identifiers or ())
    if kind.startswith(NUMBERS) and distinct > 10:
        return _percentiles(profile, column, kind, identifying)
    common, why = category_values(
        values_of(profile, column),
        heading=column,
        distinct=distinct,
        held=held,
        declared=_is_declared(profile, column),
        identifying=identifying,
        least=profile.least,
    )
    return why or label(", ".join(f"{value[:24]} ({n})" for value, n in common[:6]))


def _percentiles(profile: Profile, column: str, kind: str, identifying: bool) -> str:
    held, distinct = profile.total - profile.nulls[column], profile.distinct[column]
    if identifying:
        return "not shown: it could tell persons apart"
    if speaks_of_a_person(column):
        return "not shown: the heading suggests persons or free text"
    if kind.startswith(("int", "uint")) and distinct > 20 and distinct > 0.5 * held:
        return "not shown: nearly every row has its own value"
    if held < 2 * profile.least:
        return f"not shown: fewer than {2 * profile.least} rows"  # with fewer, a percentile is somebody's value
    low, middle, high = profile.store.execute(
        f"select quantile_cont({_name(column)}, [0.05, 0.5, 0.95]) from rows"
    ).fetchone()[0]
    return f"5 % {low:.4g}, median {middle:.4g}, 95 % {high:.4g}"


def _is_declared(profile: Profile, column: str) -> bool:
    """Whether the plan says that a column is a category: the outcome if it has classes, a sensitive attribute."""
    outcome = column == profile.source.label and bool(profile.source.classes)
    return outcome or any(attribute.name == column for attribute in profile.source.sensitive)


def values_of(profile: Profile, column: str) -> dict[str, int]:
    """Rows by value, as labels, of a column with at most 200 different ones; nothing of a column with more."""
    if profile.distinct[column] > _MOST_READ:
        return {}
    counts_by_value: dict[str, int] = {}
    for value, n in profile.store.execute(
        f"select {_name(column)}, count(*) from rows where {_name(column)} is not null group by all"
    ).fetchall():
        counts_by_value[label(value)] = counts_by_value.get(label(value), 0) + int(n)
    return counts_by_value


def _least_alike(k: float, columns: list[str]) -> str:
    """What k-anonymity says of whoever stands most alone."""
    named = ", ".join(columns)
    if k == 1:
        return f"At least one row shares its values of {named} with no other: whoever knows these of a person finds the row."
    return (
        f"The rarest combination of {named} is that of {counted(k, 'row')}: whoever knows these of a person narrows the search "
        "down to so few."
    )


def _personal_cells(profile: Profile) -> Iterator[Finding]:
    """What the light detector sees in the values of columns that would be shown otherwise."""
    for column in profile.columns:
        seen = {value: n for value, n in values_of(profile, column).items() if kinds(value)}
        if seen:
            what = ", ".join(sorted(set().union(*(kinds(value) for value in seen))))
            yield Finding(
                severity="medium",
                key="personal_data",
                explanation=f"{what} in {counted(sum(seen.values()), 'cell')}; no value of the column is shown. "
                "The evaluator `pii` says where.",
                where=masked(label(column)),
                count=sum(seen.values()),
            )
