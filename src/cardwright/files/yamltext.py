"""YAML as people should be able to write it: no surprises, and an error that names the line.

YAML 1.1 reads `no` as false, `2026-11-20` as a date, `1:30` as ninety and the key `on` as true; an alias can blow a file of a
kilobyte up to gigabytes. Here a plain scalar is null, true, false, a number, or text as written; duplicate keys, aliases, tags
and deep nesting are errors. The bytes come in, a model goes out.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator
from typing import Any, Literal, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, Tag, ValidationError

from cardwright.errors import PlanError, UsageError, did_you_mean
from cardwright.record import canonical
from cardwright.record.base import MAX_INTEGER

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)")
_CONSTANTS = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "false": False,
    "False": False,
}


# libyaml reads a policy in a tenth of the time; both build the same nodes.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


_OVERFLOW = (OverflowError, ValueError)
"""What a reader of YAML raises on an escape beyond Unicode, e.g. `"\\UFFFFFFFF"`."""

_LONE = re.compile(r"(:[ \t]+)\?(?=[ \t]*(?:#.*)?$|[ \t]*[,}])", re.MULTILINE)


class YamlDocument:
    """A parsed file: plain values, the line of each key, and each scalar as it was written."""

    def __init__(self, data: Any, lines: dict[Path, tuple[int, int]], written: dict[Path, str], where: str) -> None:
        self.data = data
        self.lines = lines
        self.written = written
        self.where = where

    def place(self, path: Path) -> str:
        """`file, line L, column C` of a key, or of the nearest key above it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                line, column = self.lines[path[:length]]
                return f"{self.where}, line {line}, column {column}"
        return self.where


def parse(data: bytes, *, where: str, error: type[UsageError] = PlanError) -> YamlDocument:
    """YAML bytes as plain values with places.

    Raises
    ------
    UsageError
        Of the class given, with line and column.
    """
    if len(data) > MAX_BYTES:
        raise error(
            f"larger than {MAX_BYTES // 2**20} MB", where=where, do="Data belongs into the files that it names."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise error("not UTF-8", where=f"{where}, line {line}", do="Save the file as UTF-8.") from exc
    try:
        root = _compose(text, where, error, _LOADER)
    except _OVERFLOW:
        raise error(
            "not YAML: an escape stands for no character", where=where, do="Check the escapes in quotes."
        ) from None
    except yaml.YAMLError:
        # An unanswered `key: ?` is what `init` leaves and what people write; YAML takes it for the start of a key.
        try:
            root = _compose(_LONE.sub(r'\1"?"', text), where, error, yaml.BaseLoader)
        except yaml.YAMLError as exc:
            mark = getattr(exc, "problem_mark", None)
            place = f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
            problem = getattr(exc, "problem", None) or "cannot be read"
            raise error(f"not YAML: {problem}", where=place, do="Check indentation, quotes and colons there.") from exc
        except _OVERFLOW:
            raise error(
                "not YAML: an escape stands for no character", where=where, do="Check the escapes there."
            ) from None
        except RecursionError as exc:
            raise error("nested too deeply", where=where, do="No plan or policy is.") from exc
    except RecursionError as exc:
        raise error("nested too deeply", where=where, do="No plan or policy is.") from exc
    lines: dict[Path, tuple[int, int]] = {(): (1, 1)}
    written: dict[Path, str] = {}
    value = _value(root, (), lines, written, where, error) if root is not None else None
    return YamlDocument(value, lines, written, where)


def _compose(text: str, where: str, error: type[UsageError], loader: Any) -> yaml.Node | None:
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        # Told from the events, before anything is built: libyaml takes a minute over fifty thousand open brackets.
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise error("nested too deeply", where=f"{where}, line {_line(event)}", do="No plan or policy is.")
        if isinstance(event, yaml.AliasEvent):
            raise error(
                "aliases (*name) are not read", where=f"{where}, line {_line(event)}", do="Write the value out."
            )
        if isinstance(event, yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent) and event.tag:
            raise error("tags (!name) are not read", where=f"{where}, line {_line(event)}", do="Write a plain value.")
    root: yaml.Node | None = yaml.compose(text, Loader=loader)
    return root


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _value(
    node: yaml.Node,
    path: Path,
    lines: dict[Path, tuple[int, int]],
    written: dict[Path, str],
    where: str,
    error: type[UsageError],
) -> Any:
    place = (node.start_mark.line + 1, node.start_mark.column + 1)
    lines.setdefault(path, place)
    if len(path) > MAX_DEPTH:
        raise error("nested too deeply", where=f"{where}, line {place[0]}", do="No plan or policy is.")
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise error("a key is not a word", where=f"{where}, line {line}", do="Keys are plain words.")
            key = key_node.value
            _refuse_half_a_character(key, line, where, error)
            if key in result:
                # Whole or not at all: what prints it masks it, and would not know half an address.
                called = f'the key "{key}"' if len(key) <= 80 else "a key of more than 80 characters"
                raise error(f"{called} stands twice", where=f"{where}, line {line}", do="Keep one of them.")
            lines[(*path, key)] = (line, key_node.start_mark.column + 1)
            result[key] = _value(value_node, (*path, key), lines, written, where, error)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), lines, written, where, error) for index, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    _refuse_half_a_character(node.value, place[0], where, error)
    written[path] = node.value
    return _scalar(node.value) if not node.style else node.value


def _refuse_half_a_character(text: str, line: int, where: str, error: type[UsageError]) -> None:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise error(
            "half a character (a lone surrogate) stands in a text", where=f"{where}, line {line}", do="Write it whole."
        )


def _scalar(text: str) -> Any:
    """A plain scalar; an integer that JSON readers would not keep exactly is left as text, so that no number is made of it."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= 20 and abs(int(text)) <= MAX_INTEGER else text
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def to_model(model: type[Model], document: YamlDocument, *, error: type[UsageError] = PlanError) -> Model:
    """A parsed file as a model; the first thing wrong is named with its line and, for a misspelt key, the nearest one.

    A number where text is asked for is taken as it was written, so `version: 1.0` is the version "1.0".
    """
    data = document.data
    if not isinstance(data, dict):
        raise error("the file is empty or not a mapping", where=document.where, do="It starts with `schema:`.")
    for _ in range(1000):
        try:
            return model.model_validate(data)
        except ValidationError as exc:
            text_wanted = next(
                (
                    path
                    for item in exc.errors(include_url=False, include_input=False)
                    if item["type"] == "string_type" and (path := _path(data, item["loc"])) in document.written
                ),
                None,
            )
            if text_wanted is not None and not isinstance(_get(data, text_wanted), str | None):
                data = _with(data, text_wanted, document.written[text_wanted])
                continue
            raise _explain(exc, model, data, document, error) from exc
    raise error("too many values of the wrong type", where=document.where)


def _explain(
    exc: ValidationError, model: type[BaseModel], data: Any, document: YamlDocument, error: type[UsageError]
) -> UsageError:
    other = canonical.other_format(model, data.get("schema"))
    if other is not None:
        return error(other[0], where=document.place(("schema",)), do=other[1])
    # An unknown key explains the missing one it was meant to be, so it is said first.
    errors = sorted(exc.errors(include_url=False), key=lambda item: item["type"] != "extra_forbidden")
    first = errors[0]
    path = _path(data, first["loc"])
    key = canonical.path_in_words(path) or "the file"
    more = f" ({len(errors) - 1} more after this one)" if len(errors) > 1 else ""
    if first["type"] == "extra_forbidden":
        known = _keys(model, first["loc"][:-1])
        return error(
            f'unknown key "{first["loc"][-1]}"{more}',
            where=document.place(path),
            do=did_you_mean(str(first["loc"][-1]), known),
        )
    if first["type"] == "missing":
        return error(
            f'"{first["loc"][-1]}" is missing{more}',
            where=document.place(path),
            do=f"Add it under {key}." if path else "Add it.",
        )
    message = first["msg"].removeprefix("Value error, ")
    return error(f"{key}: {message}{more}", where=document.place(path))


def _get(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


def _with(data: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    copy: Any = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = _with(data[path[0]], path[1:], value)
    return copy


def _path(data: Any, loc: tuple[str | int, ...]) -> Path:
    """The part of an error's location that stands in the file: names of union members are not keys.

    A member of a union can have the name of a key beside it, so the longest way through the file is the right one.
    """
    if not loc:
        return ()
    part, rest = loc[0], loc[1:]
    skipped = _path(data, rest)
    if (isinstance(data, dict) and part in data) or (
        isinstance(data, list) and isinstance(part, int) and part < len(data)
    ):
        return max(skipped, (part, *_path(data[part], rest)), key=len)  # type: ignore[index]
    return skipped


def _keys(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The keys that are known where an unknown one stands."""
    current: list[Any] = [model]
    for part in loc:
        current = [inner for kind in current for inner in _inner(kind, part)] or current
    known = {name for kind in current for leaf in _models(kind) for name in _names(leaf)}
    return sorted(known)


def _names(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    elif get_origin(kind) in (typing.Union, types.UnionType, typing.Annotated, tuple, list, dict):
        for argument in get_args(kind):
            yield from _models(argument)


def _inner(kind: Any, part: str | int) -> Iterator[Any]:
    members = [member for member in get_args(kind) if _tag(member) == part] if get_origin(kind) is not None else []
    if members:
        yield from members
        return
    for model in _models(kind):
        field = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        if field is not None:
            yield field.annotation
        elif part == model.__name__ or any(
            get_origin(f.annotation) is Literal and part in get_args(f.annotation) for f in model.model_fields.values()
        ):
            yield model
    if get_origin(kind) in (tuple, list, dict):
        yield from (argument.__origin__ if _is_union(argument) else argument for argument in get_args(kind))


def _is_union(kind: Any) -> bool:
    return get_origin(kind) is typing.Annotated and get_origin(get_args(kind)[0]) in (typing.Union, types.UnionType)


def _tag(kind: Any) -> str | None:
    if get_origin(kind) is not typing.Annotated:
        return None
    return next((mark.tag for mark in get_args(kind)[1:] if isinstance(mark, Tag)), None)
