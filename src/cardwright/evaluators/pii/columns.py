"""Which columns of a table are read, and why the others are not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.privacy.showing import hint, quoted

if TYPE_CHECKING:
    import pyarrow

LEAST_DIGITS, MOST_DIGITS = 7, 19
"""A telephone, account or identity number that a state or a bank gives out has this many digits."""
_LARGEST_WHOLE = 2**53

PARTS = ("system", "prompt", "response", "tool_calls")
"""What an interaction is read as: the system prompt, all that the user and tools said, all that the assistant said, and the
arguments it called tools with."""

Kind = Literal["text", "nested", "whole", "real", "none"]


def kind_of(column: Any) -> Kind:
    """How a column of an Arrow type is read: as text, as the texts inside lists and structures, as whole numbers, as real numbers
    that may all be whole, or not."""
    import pyarrow as pa

    types = pa.types
    if isinstance(column, pa.BaseExtensionType):
        return kind_of(column.storage_type)
    if types.is_dictionary(column):
        return kind_of(column.value_type)
    if types.is_string(column) or types.is_large_string(column) or types.is_string_view(column):
        return "text"
    if types.is_nested(column) and _holds_text(column):
        return "nested"
    if types.is_integer(column):
        return "whole"
    return "real" if types.is_floating(column) or types.is_decimal(column) else "none"


def _holds_text(column: Any) -> bool:
    inner = [column.field(index).type for index in range(column.num_fields)]
    return any(kind_of(one) in ("text", "nested") for one in inner)


_BYTES = "it holds bytes, which are not read: an image, a file, or text in some encoding"
_TYPED = "its type holds no text and no such number"


def _unread(column: Any) -> str:
    import pyarrow as pa

    types = pa.types
    if types.is_temporal(column):
        return "it is typed as a date or a time; whether it is a date of birth cannot be told from it"
    if (
        types.is_binary(column)
        or types.is_large_binary(column)
        or types.is_fixed_size_binary(column)
        or types.is_binary_view(column)
    ):
        return _BYTES
    return _TYPED


@dataclass(frozen=True)
class Numbers:
    """What a pass over a column of numbers shows; adds up in any order."""

    values: int = 0
    fractions: int = 0
    """Values that are not whole."""
    long: int = 0
    """Whole values with `LEAST_DIGITS` to `MOST_DIGITS` digits."""
    most_digits: int = 0
    """Digits of the longest whole value."""

    def __add__(self, other: Numbers) -> Numbers:
        return Numbers(
            self.values + other.values,
            self.fractions + other.fractions,
            self.long + other.long,
            max(self.most_digits, other.most_digits),
        )


@dataclass(frozen=True)
class SurveyTally:
    """What a pass over all columns of numbers shows."""

    columns: Mapping[str, Numbers] = field(default_factory=dict)

    def __add__(self, other: SurveyTally) -> SurveyTally:
        names = {**self.columns, **other.columns}
        return SurveyTally(
            {name: self.columns.get(name, Numbers()) + other.columns.get(name, Numbers()) for name in names}
        )


@dataclass(frozen=True)
class Survey:
    """The first pass: which columns of numbers may hold telephone or identity numbers. See `TallyEvaluator`."""

    names: tuple[str, ...]

    def columns(self, inputs: Inputs) -> tuple[str, ...]:
        """The columns of numbers."""
        return self.names

    def tally(self, inputs: Inputs, batch: pyarrow.RecordBatch) -> SurveyTally:
        """How many values are whole, and how long the longest is."""
        return SurveyTally({name: _numbers(batch.column(name)) for name in self.names})


def _numbers(column: Any) -> Numbers:
    import numpy as np

    values = plain_numbers(column)
    if not len(values):
        return Numbers()
    whole = values
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        whole = values[finite]
        whole = whole[(whole == np.trunc(whole)) & (np.abs(whole) <= _LARGEST_WHOLE)]
        fractions = int(finite.sum()) - len(whole)
    else:
        fractions = 0
    counted = digits_of(whole)
    long = int(((counted >= LEAST_DIGITS) & (counted <= MOST_DIGITS)).sum())
    return Numbers(len(values), fractions, long, int(counted.max(initial=0)))


def plain_numbers(column: Any) -> Any:
    """The values of a column of numbers that are there, as a NumPy array."""
    import pyarrow as pa

    if isinstance(column.type, pa.BaseExtensionType):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return column.drop_null().to_numpy(zero_copy_only=False)


def digits_of(values: Any) -> Any:
    """The number of decimal digits of whole numbers; 0 for negative ones, which are not such numbers.

    >>> import numpy as np
    >>> digits_of(np.array([7, 2125550199, -5])).tolist()
    [1, 10, 0]
    """
    import numpy as np

    values = np.asarray(values)
    if values.dtype.kind == "f":
        values = np.where(np.abs(values) <= _LARGEST_WHOLE, values, -1).astype(np.int64)
    powers = np.array([10**power for power in range(1, 20)], np.uint64)
    sizes = np.where(values < 0, 0, values).astype(np.uint64)
    return np.where(values < 0, 0, np.searchsorted(powers, sizes, side="right") + 1)


@dataclass(frozen=True)
class Plan:
    """Which columns are read how, and why the others are not."""

    read: tuple[tuple[str, Kind], ...]
    """Columns and how they are read, in the order of the schema."""
    skipped: tuple[tuple[str, str, str], ...]
    """Column, type and why it is not read."""
    context: Mapping[str, tuple[str, ...]]
    """Words of a column's name that count as the context of its cells."""
    opaque: tuple[str, ...] = ()
    """Columns of bytes, which may hold anything."""
    left_out: tuple[str, ...] = ()
    """Columns that could be read and that the plan does not name."""


def eligible(schema: Any, wanted: Sequence[str] | None) -> dict[str, Kind]:
    """How each column that is asked for can be read.

    Raises
    ------
    UsageError
        If a column that is asked for does not exist, or cannot be read.
    """
    kinds: dict[str, Kind] = {name: kind_of(schema.field(name).type) for name in schema.names}
    if wanted is None:
        return kinds
    for name in wanted:
        if name not in kinds:
            raise UsageError(
                f"there is no column {quoted(name)}", where="pii: columns", do=hint(name, kinds, columns=True)
            )
        if kinds[name] == "none":
            raise UsageError(
                f"the column {quoted(name)} is of the type {schema.field(name).type}, which is not read",
                where="pii: columns",
                do="Name columns of strings or numbers.",
            )
    return {name: kind for name, kind in kinds.items() if name in set(wanted)}


def plan(
    schema: Any, kinds: Mapping[str, Kind], survey: SurveyTally, wanted: Sequence[str] | None, words: frozenset[str]
) -> Plan:
    """What is read: every column of strings, and columns of whole numbers in which some are as long as a telephone number.

    Parameters
    ----------
    kinds
        From `eligible`.
    survey
        What the first pass over the columns of numbers showed.
    wanted
        The columns that the plan names, or None. A column of numbers that is named is read whatever its length.
    words
        The context words of the recognisers.
    """
    read: list[tuple[str, Kind]] = []
    skipped: list[tuple[str, str, str]] = []
    opaque: list[str] = []
    left_out: list[str] = []
    for name in schema.names:
        column = schema.field(name).type
        why = None
        if name not in kinds:
            why = "the plan does not name it"
            if kind_of(column) in ("text", "nested") or _unread(column) == _BYTES:
                left_out.append(name)
        elif kinds[name] == "none":
            why = _unread(column)
            if why == _BYTES:
                opaque.append(name)
        elif kinds[name] in ("whole", "real"):
            why = _why_not(survey.columns.get(name, Numbers()), named=wanted is not None)
        if why is None:
            read.append((name, kinds[name]))
        else:
            skipped.append((name, str(column), why))
    context = {name: column_context(name, words) for name, _ in read}
    return Plan(tuple(read), tuple(skipped), context, tuple(opaque), tuple(left_out))


def _why_not(numbers: Numbers, *, named: bool) -> str | None:
    if not numbers.values:
        return "it has no values"
    if numbers.fractions:
        return "it holds numbers with fractions, which are measurements"
    if not named and not numbers.long:
        most = f"{numbers.most_digits} digit{'' if numbers.most_digits == 1 else 's'}"
        return f"its whole numbers have at most {most}; telephone and identity numbers have {LEAST_DIGITS} to {MOST_DIGITS}"
    return None


# Words in column names that say what presidio's own context words say, and words that say nothing in a column's name.
_MEANS = {
    "tel": "telephone", "fax": "phone", "msisdn": "phone", "phonenumber": "phone", "telno": "telephone", "mobileno": "mobile",
    "cc": "card", "creditcard": "card", "cardnumber": "card", "pan": "card", "acct": "account", "accountnumber": "account",
    "licence": "license", "dl": "driver", "socialsecurity": "ssn", "tin": "itin", "apikey": "api_key", "pwd": "password",
}  # fmt: skip
_SAY_NOTHING = frozenset(["number", "call", "cell", "check", "save", "date", "link", "id", "identification", "debit"])


def column_context(name: str, words: frozenset[str]) -> tuple[str, ...]:
    """The words of a column's name that are context words of a recogniser, whole words only, sorted.

    A column called `phone` says of every cell what the word says in a sentence. Words that stand in the names of columns of any
    sort (`number`, `date`, `id`) are left out.

    >>> column_context("home_phoneNumber", frozenset({"phone", "number"}))
    ('phone',)
    """
    parts = [part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    pairs = [f"{first}{mark}{second}" for first, second in pairwise(parts) for mark in ("_", "")]
    meant = {_MEANS.get(part, part) for part in (*parts, *pairs)}
    singular = {part.removesuffix("s") for part in meant if len(part) > 3}
    return tuple(sorted(((meant | singular) & words) - _SAY_NOTHING))


@dataclass(frozen=True)
class Cells:
    """The cells of one column of one batch."""

    name: str
    texts: tuple[str, ...]
    """The different values, as texts."""
    places: Any
    """For each row the place of its value in `texts`; -1 if there is none, or none that is read. Shape (rows,)."""
    filled: int
    """Rows that have a value."""
    context: tuple[str, ...] = ()


def cells(name: str, column: Any, kind: Kind, context: tuple[str, ...] = (), *, named: bool = False) -> Cells:
    """The different values of a column as texts, and which row has which.

    Whole numbers that are shorter or longer than a telephone or identity number are passed over, unless the plan names the
    column.
    """
    import numpy as np
    import pyarrow as pa

    if isinstance(column.type, pa.BaseExtensionType):
        column = column.storage
    if kind == "nested":
        return of_texts(name, ["\n".join(leaves(cell)) if cell is not None else None for cell in column.to_pylist()])
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    places = np.asarray(encoded.indices.fill_null(-1), np.int64)
    if kind == "text":
        texts = encoded.dictionary.cast(pa.string()).to_pylist()
        there = np.array([text is not None for text in texts], bool)
        places = _only(places, there)
        return Cells(name, tuple(text or "" for text in texts), places, int((places >= 0).sum()), context)
    numbers = encoded.dictionary.drop_null().to_numpy(zero_copy_only=False)
    if encoded.dictionary.null_count:  # a dictionary with a missing value: rare, and its places no longer hold
        return cells(name, column.dictionary_decode(), kind, context, named=named)
    finite = np.isfinite(numbers)
    counted = digits_of(np.where(finite, numbers, -1) if numbers.dtype.kind == "f" else numbers)
    fits = (counted >= (1 if named else LEAST_DIGITS)) & (counted <= MOST_DIGITS)
    texts = [str(int(number)) if fit else "" for number, fit in zip(numbers.tolist(), fits.tolist(), strict=True)]
    return Cells(name, tuple(texts), _only(places, fits), int((_only(places, finite) >= 0).sum()), context)


def of_texts(name: str, texts: Sequence[str | None], context: tuple[str, ...] = ()) -> Cells:
    """Cells from texts of rows, None where a row has none."""
    import numpy as np

    known: dict[str, int] = {}
    places = [-1 if text is None else known.setdefault(text, len(known)) for text in texts]
    return Cells(name, tuple(known), np.array(places, np.int64), sum(index >= 0 for index in places), context)


def leaves(value: Any) -> Iterator[str]:
    """The texts inside a list or a structure."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from leaves(inner)


def _only(places: Any, wanted: Any) -> Any:
    import numpy as np

    return np.where((places >= 0) & np.append(wanted, False)[places], places, -1)
