"""Whether one value of a rule's field is at least as strict as another: what tightening a policy rests on.

Each takes the new value and the old one. A field that has none of these may not change at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cardwright.record.evaluation import SEVERITIES

Stricter = Callable[[Any, Any], bool]
BINDINGS = ("none", "asserted", "supplied", "recomputed")
"""How closely numbers are tied to the model, the loosest first."""
CALIBRATING = (None, "drawn", "independent")
"""How much of a calibration others than the plan's author have done, the least first."""


def higher(new: float | None, old: float | None) -> bool:
    """Not below the old one. A limit that was not there, or is there no more, is another question."""
    return new is not None and old is not None and new >= old


def lower(new: float | None, old: float | None) -> bool:
    """Not above the old one."""
    return new is not None and old is not None and new <= old


def lower_severity(new: str, old: str) -> bool:
    """Accepts nothing worse."""
    order: list[str] = [*SEVERITIES]
    return order.index(new) <= order.index(old)


def covers_more(new: Mapping[str, tuple[str, ...]], old: Mapping[str, tuple[str, ...]]) -> bool:
    """Names everything that was named, and every group of it."""
    return all(name in new and set(groups) <= set(new[name]) for name, groups in old.items())


def accepts_fewer(new: Mapping[str, tuple[str, ...]], old: Mapping[str, tuple[str, ...]]) -> bool:
    """Accepts nothing that was not accepted; an empty one accepts everything."""
    return not old or (bool(new) and all(set(digests) <= set(old.get(name, ())) for name, digests in new.items()))


def accepted_no_more(new: object, old: object) -> bool:
    """What was accepted under a condition is accepted no more; otherwise the condition is the same."""
    return new is None or new == old


def fewer(new: tuple[str, ...], old: tuple[str, ...]) -> bool:
    """Accepts nothing that was not accepted."""
    return set(new) <= set(old)


def more(new: tuple[str, ...], old: tuple[str, ...]) -> bool:
    """Asks for everything that was asked for."""
    return set(new) >= set(old)


def closer_binding(new: str | None, old: str | None) -> bool:
    """Tied to the model at least as closely."""
    return _rank(new) >= _rank(old)


def bound_as_closely(new: str | None, old: str | None) -> bool:
    """As `closer_binding`, where none stated is `recomputed` for what goes into production."""
    return new == "recomputed" if old is None else new is not None and closer_binding(new, old)


def drawn_by_others(new: str | None, old: str | None) -> bool:
    """Asks of a calibration that at least as much of it is others' work."""
    return CALIBRATING.index(new) >= CALIBRATING.index(old)


def _rank(binding: str | None) -> int:
    return BINDINGS.index("none" if binding is None else binding)


def asks_each_task(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Asks of each task at least what was asked of it; a task that had no variant of its own gets none."""
    return new.keys() <= old.keys() and all(
        name in new and _variant_as_strict(new[name], variant) for name, variant in old.items()
    )


def _variant_as_strict(new: Any, old: Any) -> bool:
    if old.not_asked is not None:
        return True
    if new.not_asked is not None or (new.evaluator, new.metric) != (old.evaluator, old.metric):
        return False
    limits = (
        new.at_least == old.at_least or higher(new.at_least, old.at_least),
        new.at_most == old.at_most or lower(new.at_most, old.at_most),
        new.on == old.on,
        more(new.metrics, old.metrics),
    )
    return all(limits)


def asked(new: bool, old: bool) -> bool:
    """Asks, if that was asked."""
    return new or not old


def not_accepted(new: bool, old: bool) -> bool:
    """Accepts only if that was accepted."""
    return old or not new


def bound(new: str, old: str) -> bool:
    """Compares a bound with the limit in place of the number itself."""
    return new == old or (new == "bound" and old == "value")


def at_least_as_settled(new: str, old: str) -> bool:
    """Asks for a release where one was asked for, or for one in place of a signature."""
    return new in (old, "released")


def signed_by_no_others(new: tuple[str, ...], old: tuple[str, ...]) -> bool:
    """Counts no signature that did not count; an empty one counts everybody's."""
    return not old or (bool(new) and set(new) <= set(old))


def accepts_no_other_answer(new: Mapping[str, tuple[str, ...]], old: Mapping[str, tuple[str, ...]]) -> bool:
    """Asks of every field that it was asked of, and accepts no answer that was not accepted."""
    return all(name in new and set(new[name]) <= set(answers) for name, answers in old.items())
