"""Finds evaluators by name, ours and third parties' by the same door: the entry-point group `cardwright.evaluators`."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from cardwright.errors import MissingExtraError, PlanError, UsageError, did_you_mean
from cardwright.evaluators.interface import Evaluator

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
        Where an option is no parameter; names the nearest.
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
    return evaluator(**values), json.loads(json.dumps(values))  # as the record states them: tuples are lists
