"""Columns and values from which no number should be made, and the errors that say so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from cardwright.errors import SourceError
from cardwright.privacy.showing import (
    SMALL_CELL,
    hint,
    is_a_record,
    kinds,
    near,
    quoted,
    shown,
    speaks_of_a_person,
)
from cardwright.sources.column_scan import ColumnNumbers, is_number, type_of
from cardwright.sources.interface import (
    Rows,
)
from cardwright.sources.shape import require_columns
from cardwright.sources.spec import (
    RowsOptions,
)


def refuse_data_as_names(names: Sequence[str], where: str) -> None:
    """Refuse a file whose first line looks like a person's record and not like headings.

    Raises
    ------
    SourceError
    """
    if is_a_record(names):
        raise SourceError(
            "the first line looks like data and not like names of columns: it holds a number or personal data",
            where=where,
            do="Write a first line that names the columns, each in a word: no number alone, and no personal data.",
        )


def column_hint(name: str, names: Sequence[str]) -> str:
    """Ends an error about a column that does not exist: the nearest name, as far as names may be shown."""
    return hint(name.strip(), names, columns=True)


def require_number(rows: Rows, column: str, part: str, where: str) -> None:
    if not is_number(type_of(rows, column)):
        raise SourceError(
            f"{called(column)} holds {type_of(rows, column)}, and `{part}` needs numbers",
            where=where,
            do="Name a column of numbers, or write its numbers plainly: a decimal point, no blanks, no units.",
        )


def require_plain(rows: Rows, column: str, part: str, where: str) -> None:
    import pyarrow as pa

    kind = type_of(rows, column)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        raise SourceError(
            f"{called(column)} holds {kind}, and `{part}` needs single values",
            where=where,
            do="Name a column of words, numbers or truth values.",
        )


def require_parts(spec: RowsOptions, rows: Rows, where: str, *others: str | None) -> None:
    wanted = [spec.label, *spec.sensitive, spec.weight, spec.person, *others]
    require_columns(rows.schema.names, [column for column in wanted if column is not None], where)
    for column in spec.sensitive:
        require_plain(rows, column, "sensitive", where)
    if spec.weight is not None:
        require_number(rows, spec.weight, "weight", where)


def refuse_missing(missing: int, total: int | None, column: str | None, part: str, where: str) -> None:
    if column is not None and missing:
        raise SourceError(
            f"{missing} of {total} rows have no {part}: {called(column)} is empty there",
            where=where,
            do="Leave such rows out and say so with `filter:`, or fill them from their source.",
        )


def refuse_scores(scores: ColumnNumbers, column: str | None, where: str) -> None:
    if column is None:
        return
    refuse_missing(scores.missing, scores.rows, column, "score", where)
    if scores.outside:
        raise SourceError(
            f"{scores.outside} of {scores.rows} scores in {called(column)} lie outside [0, 1], first in row {scores.first}",
            where=where,
            do="A score is the probability of the favourable outcome; for another scale write, for example, "
            "`score_scale: {unit: percent}` (or log_odds, deciles, range, points).",
        )


def refuse_weights(weights: ColumnNumbers, column: str | None, where: str) -> None:
    if column is None:
        return
    refuse_missing(weights.missing, weights.rows, column, "weight", where)
    if weights.outside:
        raise SourceError(
            f"{weights.outside} weights in {called(column)} are negative or infinite, first in row {weights.first}",
            where=where,
            do="A weight is a number of 0 or more.",
        )


def called(column: str | None) -> str:
    """A column that the plan names, as an error calls it."""
    return f"column {quoted(column or '', '(its name is not shown)')}"


def require_favourable(favourable: str, column: str, counts: Mapping[str, int], where: str) -> None:
    """Refuse a favourable outcome that no row has; a hint names one that is nearly it, or common outcomes if they may be shown.

    Raises
    ------
    SourceError
    """
    if favourable in counts:
        return
    match = lookalike(favourable, counts) or _in_other_quotes(favourable, counts) or near(favourable, counts)
    common = [value for value, n in counts.items() if n >= SMALL_CELL]
    advice = ""
    if match is not None and not kinds(match):
        advice = f'The nearest is "{match}".'
    elif len(counts) <= 4 and common and not speaks_of_a_person(column):
        advice = hint(favourable, common)
    if favourable in ("true", "false"):
        advice += " YAML reads yes, no, on and off as true and false: write such a word in quotes."
    raise SourceError(
        f"the favourable outcome {quoted(favourable, 'that the plan names')} is not among the {len(counts)} values of "
        f"{called(column)}",
        where=where,
        do=f"Write `favourable:` as it is in the data. {advice}".strip(),
    )


def _in_other_quotes(word: str, labels: Iterable[str]) -> str | None:
    """The label that differs from a word by quotes, blanks and other signs alone."""

    def letters(text: str) -> str:
        return "".join(c for c in text.casefold() if c.isalnum())

    return next((label for label in labels if letters(word) and letters(label) == letters(word)), None)


_ESCAPES = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


def _bare(text: str, *, case: bool = False) -> str:
    # A zero-width character is written out in a label, as an escape; it tells two labels apart for nobody who reads them.
    plain = _ESCAPES.sub("", unicodedata.normalize("NFKC", text))
    plain = "".join(character for character in plain if unicodedata.category(character) != "Cf")
    bare = " ".join(plain.split()).rstrip(".")
    return bare if case else bare.casefold()


def lookalike(word: str, labels: Iterable[str]) -> str | None:
    return next((label for label in labels if label != word and _bare(label) == _bare(word)), None)


def refuse_lookalikes(labels: Sequence[str], column: str, where: str, *, case: bool = False) -> None:
    """Two labels that differ by a dot, a blank or (unless `case` tells labels apart) case are one label, written twice."""
    first: dict[str, str] = {}
    for name in labels:
        other = first.setdefault(_bare(name, case=case), name)
        if other != name:
            raise SourceError(
                f"{called(column)} holds both {shown(other)} and {shown(name, 'another')}, which differ by a dot, a blank or "
                "case alone, or by a hidden character",
                where=where,
                do="Write one label for one outcome.",
            )
