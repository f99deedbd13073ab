"""Canonical JSON (RFC 8785): one value, one sequence of bytes, one digest.

Reading is strict: duplicate keys, NaN, lone surrogates, deep nesting and oversized files are refused, because a reader that
takes the last of two keys can be shown a record other than the one that was signed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeVar, get_args

import rfc8785
from pydantic import BaseModel, ValidationError

from cardwright.errors import IntegrityError

MAX_BYTES = 64 * 1024 * 1024
"""A record of a hundred thousand measurements has 40 MB; what is larger holds rows."""

Model = TypeVar("Model", bound=BaseModel)


def plain(value: Any) -> Any:
    """A value as plain JSON types, models dumped."""
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def dumps(value: Any) -> bytes:
    """The canonical bytes of a model or of plain JSON types, without a final newline.

    Raises
    ------
    IntegrityError
        If the value has no canonical form: NaN, an infinity, an integer beyond 2**53 - 1, a lone surrogate.
    """
    try:
        return rfc8785.dumps(plain(value))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as exc:
        raise IntegrityError(
            "the value has no canonical JSON form", do="Report this: a record should hold none."
        ) from exc


def sha256(value: Any) -> str:
    """The SHA-256 of a value's canonical bytes."""
    return hashlib.sha256(dumps(value)).hexdigest()


def digest(data: bytes) -> str:
    """The SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


_INTEGRAL = re.compile(r"\.0[,\]}]")
_HUGE = re.compile(r"e\+[0-9]+[,\]}]")
_SMALL = re.compile(r"e-0([5-9])(?=[,\]}])")
_LARGE = re.compile(r"[:,\[]-?[0-9]{16}")
_DIGITS_BEFORE = re.compile(r"[:,\[](-?)([0-9]+)(?:\.([0-9]+))?\Z")
_BELOW_FOUR_BYTES = bytes(range(0xF0))
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)


def _before(text: str, end: int) -> re.Match[str] | None:
    """The digits of a number that stand before a place, its sign and what comes before it included."""
    return _DIGITS_BEFORE.search(text, max(0, end - 32), end)


def _could_be_written_otherwise(text: str, data: bytes) -> bool:
    """Whether Python and RFC 8785 might differ: on integral or large floats, large integers, keys beyond the first plane."""
    return (
        _LARGE.search(text) is not None
        or any(_before(text, match.start()) for form in (_INTEGRAL, _HUGE) for match in form.finditer(text))
        or bool(data.translate(None, _BELOW_FOUR_BYTES))
    )


def _small_as_ecmascript(text: str) -> str:
    """The same JSON with numbers from 1e-9 to 1e-4 as ECMAScript writes them: 0.00001 for 1e-05, and 1e-7 for 1e-07."""
    parts: list[str] = []
    done = 0
    for match in _SMALL.finditer(text):
        number = _before(text, match.start())
        if number is None or len(number[2]) > 1:
            continue
        exponent, sign, first, rest = int(match[1]), number[1], number[2], number[3] or ""
        if exponent < 7:
            written = f"{sign}0.{'0' * (exponent - 1)}{first}{rest}"
        else:
            written = f"{sign}{first}{'.' if rest else ''}{rest}e-{exponent}"
        parts += (text[done : number.start(1)], written)
        done = match.end()
    return "".join((*parts, text[done:]))


def is_canonical(value: Any, data: bytes) -> bool:
    """Whether bytes are the canonical form of the value that `loads` has read from them.

    The answer is that of `dumps(value) == data`. It comes from Python's own encoder, ten times as fast, where that writes
    what RFC 8785 asks for. Where the two might differ, the value is written out in full and compared.

    Raises
    ------
    IntegrityError
        If the value has no canonical form.
    """
    if data[:1] in (b"{", b"["):
        text = data.decode("utf-8")
        if not _could_be_written_otherwise(text, data):
            try:
                written = _ENCODER.encode(value)
            except (ValueError, RecursionError):  # an infinity, or nested too deeply: `dumps` says so
                return dumps(value) == data
            if _small_as_ecmascript(written) == text:
                return True
    return dumps(value) == data


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise IntegrityError(f"{_called(key)} appears twice in one object", do="Keep one of them.")
            seen.add(key)
    return result


def _called(key: str) -> str:
    """A key in a message, whole or not at all: what prints it masks it, and would not know half an address."""
    return f'the key "{key}"' if len(key) <= 80 else "a key of more than 80 characters"


def _no_constant(name: str) -> Any:
    raise IntegrityError(f"{name} is not a JSON number", do="An undefined number is an Unmeasured with its reason.")


def loads(data: bytes, *, where: str = "JSON") -> Any:
    """Strict JSON: UTF-8, no duplicate key, no NaN, at most 64 MB.

    Raises
    ------
    IntegrityError
        With the place and the reason.
    """
    if len(data) > MAX_BYTES:
        raise IntegrityError(f"larger than {MAX_BYTES // 2**20} MB", where=where, do="A record holds counts, not rows.")
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except IntegrityError as exc:
        raise IntegrityError(exc.what, where=where, do=exc.do) from exc
    except UnicodeDecodeError as exc:
        raise IntegrityError(
            f"not UTF-8 at byte {exc.start}", where=where, do="The file is damaged, or not one of ours."
        ) from exc
    except RecursionError as exc:
        raise IntegrityError("nested too deeply", where=where, do="No record is.") from exc
    except json.JSONDecodeError as exc:
        raise IntegrityError(
            f"not JSON: {exc.msg}",
            where=f"{where}, line {exc.lineno}, column {exc.colno}",
            do="The file is cut off or damaged; make it again.",
        ) from exc
    except ValueError as exc:  # Python reads no integer of more than 4,300 digits
        raise IntegrityError("a number with too many digits", where=where, do="No record holds one.") from exc


def read(data: bytes, *, where: str) -> Any:
    """Strict JSON that is in canonical form.

    Raises
    ------
    IntegrityError
        If it is not.
    """
    value = loads(data, where=where)
    try:
        same = is_canonical(value, data)
    except IntegrityError as exc:
        raise IntegrityError(exc.what, where=where, do="Cardwright never writes this.") from exc
    if not same:
        raise IntegrityError("not in canonical form", where=where, do="Somebody has rewritten it.")
    return value


def other_format(model: type[BaseModel], schema: object) -> tuple[str, str] | None:
    """What a file is, and what to do, if it states a format or version other than the model's; else None."""
    field = model.model_fields.get("schema_")
    own = next(iter(get_args(field.annotation)), "") if field else ""
    known, stated = (_FORMAT.fullmatch(str(name)) for name in (own, schema))
    if known is None or stated is None or known[0] == stated[0]:
        return None
    if known[1] != stated[1]:
        return f"it is a {stated[0]}, not a {known[0]}", "Name the right file."
    if int(stated[2]) > int(known[2]):
        return (
            f"it is {stated[0]}, and this cardwright reads up to {known[0]}",
            "Install a newer release of Cardwright (README, Install it).",
        )
    return f"it is {stated[0]}, and this cardwright reads {known[0]}", "Bring it up to date: cardwright migrate FILE."


_FORMAT = re.compile(r"cardwright/([a-z-]{1,40})/([1-9][0-9]{0,5})")


_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,79}")


def path_in_words(path: Sequence[str | int]) -> str:
    """A path through a file, with dots; a key that does not have the form of a schema's own may be data, and is not repeated.

    >>> path_in_words(("evaluate", 0, "+44 7911 123456"))
    'evaluate.0.(a key)'
    """
    return ".".join(str(p) if isinstance(p, int) or _KEY.fullmatch(p) else "(a key)" for p in path)


def first_problem(exc: ValidationError) -> str:
    """What pydantic found first, as `key: sentence (n more)`; never a value."""
    first = exc.errors(include_url=False, include_input=False, include_context=False)[0]
    key = path_in_words(first["loc"]) or "(top)"
    more = f" ({exc.error_count() - 1} more)" if exc.error_count() > 1 else ""
    return f"{key}: {first['msg'].removeprefix('Value error, ')}{more}"


def parse(model: type[Model], data: bytes, *, where: str) -> Model:
    """Strict JSON bytes as a model.

    A model that knows its own `sha256` is given the digest of these bytes, so that it need not be written out again to be
    named; where the bytes are not canonical, that is another name than the value's own, and nothing that names it fits.

    Raises
    ------
    IntegrityError
        If the bytes are not strict JSON or do not fit the model; names the first key that does not fit.
    """
    return validated(model, loads(data, where=where), data, where=where)


def lines(data: bytes, *, where: str, do: str) -> list[bytes]:
    """The lines of a file of lines, each of which ends with a line feed.

    Parameters
    ----------
    do
        What to do about a file that was cut off.

    Raises
    ------
    IntegrityError
        If the last line does not end.
    """
    found = data.split(b"\n")
    if found.pop() != b"":
        raise IntegrityError("its last line is cut off", where=where, do=do)
    return found


def parse_lines(model: type[Model], data: bytes, *, where: str, do: str) -> tuple[Model, ...]:
    """One value a line, each in canonical form; see `lines`.

    Raises
    ------
    IntegrityError
        If a line is damaged, cut off or not canonical.
    """
    found: list[Model] = []
    for number, line in enumerate(lines(data, where=where, do=do), start=1):
        place = f"{where}, line {number}"
        value = parse(model, line, where=place)
        if dumps(value) != line:
            raise IntegrityError("not in canonical form", where=place)
        found.append(value)
    return tuple(found)


def validated(model: type[Model], read: Any, data: bytes, *, where: str) -> Model:
    """A model of what `loads` or `read` has read from these bytes. See `parse`."""
    try:
        value = model.model_validate(read)
        if isinstance(getattr(model, "sha256", None), cached_property):
            value.__dict__["sha256"] = digest(data)
        return value
    except ValidationError as exc:
        schema = read.get("schema") if isinstance(read, dict) else None
        other = other_format(model, schema)
        if other is not None:
            raise IntegrityError(other[0], where=where, do=other[1]) from exc
        raise IntegrityError(
            first_problem(exc), where=where, do=f"It does not fit the schema of {model.__name__}."
        ) from exc
