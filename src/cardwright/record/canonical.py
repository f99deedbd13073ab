"""Canonical JSON (RFC 8785): one value, one sequence of bytes, one digest.

Reading is strict: duplicate keys, NaN, lone surrogates, deep nesting and oversized files are refused, because a reader that
takes the last of two keys can be shown another record than the one that was signed.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any, TypeVar

import rfc8785
from pydantic import BaseModel, ValidationError

from cardwright.errors import IntegrityError

MAX_BYTES = 256 * 1024 * 1024

Model = TypeVar("Model", bound=BaseModel)


def plain(value: Any) -> Any:
    """A value as plain JSON types, models dumped."""
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def dumps(value: Any) -> bytes:
    """The canonical bytes of a model or of plain JSON types, without a final newline.

    Raises
    ------
    IntegrityError
        Where the value has no canonical form: NaN, an infinity, an integer beyond 2**53 - 1, a lone surrogate.
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


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise IntegrityError(f'the key "{key[:80]}" stands twice in one object', do="Each key may stand once.")
            seen.add(key)
    return result


def _no_constant(name: str) -> Any:
    raise IntegrityError(f"{name} is not a JSON number", do="An undefined number is an Unmeasured with its reason.")


def loads(data: bytes, *, where: str = "JSON") -> Any:
    """Strict JSON: UTF-8, no duplicate key, no NaN, at most 256 MB.

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
            f"not UTF-8 at byte {exc.start}", where=where, do="The file is damaged or not ours."
        ) from exc
    except RecursionError as exc:
        raise IntegrityError("nested too deeply", where=where, do="No record is.") from exc
    except json.JSONDecodeError as exc:
        raise IntegrityError(
            f"not JSON: {exc.msg}",
            where=f"{where}, line {exc.lineno}, column {exc.colno}",
            do="The file is cut off or damaged; make it again.",
        ) from exc


def parse(model: type[Model], data: bytes, *, where: str) -> Model:
    """Strict JSON bytes as a model.

    A model that knows its own `sha256` is given the digest of these bytes, so that it need not be written out again to be
    named; where the bytes are not canonical, that is another name than the value's own, and nothing that names it fits.

    Raises
    ------
    IntegrityError
        Where the bytes are not strict JSON or do not fit the model; names the first key that does not fit.
    """
    try:
        value = model.model_validate(loads(data, where=where))
        if isinstance(getattr(model, "sha256", None), cached_property):
            value.__dict__["sha256"] = digest(data)
        return value
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "(top)"
        more = f" ({exc.error_count() - 1} more)" if exc.error_count() > 1 else ""
        raise IntegrityError(
            f"{key}: {first['msg']}{more}", where=where, do=f"It does not fit the schema of {model.__name__}."
        ) from exc
