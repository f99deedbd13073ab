"""Finds evaluators by name, ours and third parties' by the same door: the entry-point group `cardwright.evaluators`."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from cardwright.errors import MissingExtraError, PlanError, UsageError, did_you_mean
from cardwright.evaluators.interface import Evaluator, Options
from cardwright.record.base import MAX_INTEGER

GROUP = "cardwright.evaluators"


@cache
def available() -> Mapping[str, EntryPoint]:
    """Every evaluator by name, without loading any.

    Raises
    ------
    UsageError
        Where two packages bring an evaluator of the same name.
    """
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        before = found.get(point.name)
        if before is not None and before.value != point.value:
            raise UsageError(
                f'two packages bring an evaluator "{point.name}": {before.value} and {point.value}',
                do="Uninstall one of them.",
            )
        found[point.name] = point
    return found


def find(name: str) -> type[Evaluator]:
    """The evaluator of a name.

    Raises
    ------
    PlanError
        Where there is none; names the nearest.
    UsageError
        Where it is there and cannot be loaded, or is not an evaluator; names the package.
    """
    points = available()
    if name not in points:
        raise PlanError(f'no evaluator is called "{name}"', do=did_you_mean(name, points))
    point = points[name]
    try:
        evaluator: Any = point.load()
    except MissingExtraError:
        raise
    except Exception as exc:  # whatever a third party's module raises on import; it is named and wrapped
        package = point.dist.name if point.dist is not None else point.value
        raise UsageError(
            f'the evaluator "{name}" of {package} cannot be loaded ({type(exc).__name__})',
            do="Reinstall or remove that package.",
        ) from exc
    missing = [word for word in ("name", "version", "needs", "extra", "evaluate") if not hasattr(evaluator, word)]
    if missing:
        raise UsageError(f'"{name}" ({point.value}) is not an evaluator: it has no {", ".join(missing)}')
    return evaluator  # type: ignore[no-any-return]


def parameters(evaluator: type[Evaluator]) -> dict[str, inspect.Parameter]:
    """The parameters of an evaluator: the keyword arguments of its `__init__`."""
    signature = inspect.signature(evaluator.__init__)
    return {
        name: parameter
        for name, parameter in signature.parameters.items()
        if name != "self" and parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    }


def configured(
    evaluator: type[Evaluator], options: Mapping[str, Any], *, where: str
) -> tuple[Evaluator, dict[str, Any]]:
    """An evaluator set up, and all its parameters, defaults included.

    Raises
    ------
    PlanError
        If an option is no parameter, naming the nearest, or a value is of another type than the parameter.
    """
    known = parameters(evaluator)
    for option in options:
        if option not in known:
            needs = [need.name for need in evaluator.needs]
            raise PlanError(
                f'{evaluator.name} has no option "{option}"',
                where=where,
                do=did_you_mean(option, [*known, *needs, "id", "target"]),
            )
    values = {
        name: options.get(name, parameter.default)
        for name, parameter in known.items()
        if name in options or parameter.default is not parameter.empty
    }
    missing = [name for name in known if name not in values]
    if missing:
        raise PlanError(f"{evaluator.name} needs the option {missing[0]}", where=where, do=f"Add `{missing[0]}: …`.")
    if issubclass(evaluator, Options):
        _require_types(evaluator, {name: value for name, value in values.items() if name in options}, where)
    made = evaluator(**values)
    if isinstance(made, Options):
        made.check(where)
    return made, json.loads(json.dumps(values))  # as the record states them: tuples are lists


def _require_types(evaluator: type[Options], said: Mapping[str, Any], where: str) -> None:
    """Refuse a value of another type than its parameter, before anything is read: the modules that are handed it trust its type.

    Only ours are compared: what somebody else's annotations mean is theirs to say.
    """
    types = get_type_hints(evaluator)
    default = {field.name: field.default for field in fields(evaluator)}
    for name, value in said.items():
        adapter: TypeAdapter[Any] = TypeAdapter(types[name], config=ConfigDict(strict=True, allow_inf_nan=False))
        advice = f"If it is left out, it is {json.dumps(default[name])}."
        try:
            adapter.validate_python(value)
        except ValidationError as exc:
            raise PlanError(
                f"`{name}` of {evaluator.name} is {_in_words(types[name])}", where=where, do=advice
            ) from exc
        if isinstance(value, int) and abs(value) > MAX_INTEGER:
            raise PlanError(f"`{name}` of {evaluator.name} is larger than a record can hold", where=where, do=advice)


_WORDS = {
    bool: ("true or false", "truth values"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("a word", "words"),
    NoneType: ("null", "nulls"),
}


def _in_words(hint: Any, *, several: bool = False) -> str:
    """A type as a plan's author reads it.

    >>> _in_words(int | None), _in_words(Sequence[str]), _in_words(Mapping[str, Sequence[float]])
    ('a whole number or null', 'a list of words', 'a mapping of words to lists of numbers')
    >>> _in_words(Literal["up", "down"])
    'one of "up", "down"'
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(json.dumps(choice) for choice in inner)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_in_words(part, several=several) for part in inner))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        what = f"{_in_words(inner[0], several=True)} to {_in_words(inner[1], several=True)}"
        return f"mappings of {what}" if several else f"a mapping of {what}"
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return f"{'lists' if several else 'a list'} of {_in_words(inner[0], several=True)}"
    return _WORDS.get(hint, ("another value", "values"))[several]
