"""No personal data in a record: every field that can hold some is looked at before the record is made.

A result that an evaluator made of the data is kept, with each hit replaced by its kind (`mask`), and a finding says so. What
people wrote (the plan, the details) is refused (`screen`): only they can say it in other words.

The schema marks three kinds of text that could carry it: *free text*, *labels* from the data, and masked *examples*
(`record/base.py`). Everything else has to match a pattern and is not scanned, so no digest is mistaken for an account number.
A hit stops the run with the name of the field and the kind that was seen, never with the value.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin

from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo

from cardwright.errors import PersonalDataError
from cardwright.privacy.showing import kinds, masked
from cardwright.record.base import label
from cardwright.record.details import FIELDS

CONTACTS = frozenset({"EMAIL_ADDRESS", "PHONE_NUMBER"})
"""What is allowed where the schema asks how to reach somebody."""

SEES = (
    "e-mail addresses, telephone numbers, IBANs, payment cards, United States social security numbers, and keys, tokens "
    "and passwords by their form"
)
DOES_NOT_SEE = "names, postal addresses, dates of birth, and numbers without a form of their own"


_COLUMNS = frozenset(column for spec in FIELDS.values() for column in spec.columns)


class Sighting(NamedTuple):
    """One field that holds what it should not."""

    field: str
    """Where, e.g. `details.answers.monitoring.text`; keys that come from the data are shown as `*`."""
    entity: str
    """What kind, e.g. `EMAIL_ADDRESS`."""


def screen(value: BaseModel, *, what: str) -> None:
    """Refuse a value whose text holds personal data or a secret that the light detector sees.

    Parameters
    ----------
    what
        What the value is, for the error: "the plan", "what people say", "the evaluation fairness".

    Raises
    ------
    PersonalDataError
        Names every field and the kind, never the value.
    """
    seen = sorted(set(look(value)))
    if not seen:
        return
    first = "; ".join(f"{one.entity} in {one.field}" for one in seen[:5])
    more = f"; and {len(seen) - 5} more" if len(seen) > 5 else ""
    raise PersonalDataError(
        f"{what} would carry personal data or a secret into the record: {first}{more}",
        do="Remove or mask it there. How to reach an owner belongs in the column `contact` of the field `owners`.",
    )


Masked = TypeVar("Masked", bound=BaseModel)


def mask(value: Masked) -> tuple[Masked, tuple[Sighting, ...]]:
    """A value with every hit of the light detector replaced by its kind, and where they were.

    Two texts that differ stay two: the second that would read like another gets a number, so that no two groups become one.
    """
    sightings = tuple(sorted(set(look(value))))
    if not sightings:
        return value, ()
    masked: Masked = _masked(value, (), False, {})
    return masked, sightings


def _masked(value: Any, path: tuple[str, ...], marked: bool, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return _other_words(value, names) if marked and _seen(value, path) else value
    if isinstance(value, BaseModel):
        update = {
            name: _masked(getattr(value, name), (*path, name), marks, names)
            for name, marks in _marks(type(value)).items()
        }
        return value.model_copy(update={name: new for name, new in update.items() if new is not getattr(value, name)})
    if isinstance(value, Mapping):
        changed = {
            _masked(key, (*path, "(a key)"), marked, names): _masked(item, (*path, str(key)), marked, names)
            for key, item in value.items()
        }
        return value if changed == value else changed
    if isinstance(value, tuple | list):
        items = [_masked(item, path, marked, names) for item in value]
        return value if all(a is b for a, b in zip(items, value, strict=True)) else type(value)(items)
    return value


def _other_words(text: str, names: dict[str, str]) -> str:
    if text not in names:
        plain = masked(text)
        plain = (
            plain if len(plain) <= 180 or len(plain) <= len(text) else label(plain)
        )  # a label has 200 characters at most
        taken = set(names.values())
        names[text] = next(
            name
            for number in itertools.count(1)
            if (name := plain if number == 1 else f"{plain} ({number})") not in taken
        )
    return names[text]


def look(value: BaseModel) -> Iterator[Sighting]:
    """Every field of a value, at any depth, that holds personal data or a secret, by its path and kind."""
    return _look(value, (), False)


def _look(value: Any, path: tuple[str, ...], marked: bool) -> Iterator[Sighting]:
    if isinstance(value, str):
        if marked:
            for entity in _seen(value, path):
                yield Sighting(".".join(path), entity)
    elif isinstance(value, BaseModel):
        for name, marks in _marks(type(value)).items():
            yield from _look(getattr(value, name), (*path, name), marks)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            # A key of a marked mapping is text from the data too; its own name must not stand in an error.
            if marked:
                yield from _look(str(key), (*path, "(a key)"), True)
            shown = str(key) if not marked or key in _COLUMNS else "*"
            yield from _look(item, (*path, shown), marked)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _look(item, path, marked)


def _seen(text: str, path: tuple[str, ...]) -> frozenset[str]:
    return kinds(text) - (CONTACTS if path[-1:] == ("contact",) else frozenset())


@cache
def _marks(model: type[BaseModel]) -> dict[str, bool]:
    """For every field of a model: whether the text in it is marked as free text, label or example."""
    return {name: _is_marked(info.annotation, info) for name, info in model.model_fields.items()}


def _is_marked(annotation: Any, info: FieldInfo | None = None) -> bool:
    if info is not None and _extra(info):
        return True
    if annotation is JsonValue:  # parameters: whatever a plan says
        return True
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        return any(isinstance(note, FieldInfo) and _extra(note) for note in notes) or _is_marked(inner)
    return any(_is_marked(argument) for argument in get_args(annotation))


def _extra(info: FieldInfo) -> bool:
    return isinstance(info.json_schema_extra, dict) and "x-cardwright" in info.json_schema_extra
