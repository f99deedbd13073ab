"""What people said: the answers to the fields of `detail_fields.yaml`, each with who gave it and when.

A policy names the fields that it needs; nobody must fill the others.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from cardwright.errors import did_you_mean
from cardwright.record import canonical, display
from cardwright.record.base import Day, FreeText, Label, Value, is_placeholder
from cardwright.record.detail_fields import FIELDS, FieldSpec

__all__ = ["FIELDS", "Answer", "Details", "FieldSpec", "read_details"]


class Answer(Value):
    """One answer of a person."""

    text: FreeText | None = None
    """Prose; for a field without entries."""
    entries: tuple[dict[Label, FreeText], ...] = ()
    """Entries; for a field that has several, e.g. risks."""
    stated_by: Label
    """Who says so."""
    stated_on: Day
    """When."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.text is None) == (not self.entries):
            raise ValueError("an answer is either text or entries")
        return self


class Details(Value):
    """All answers. A field that nobody filled is absent, and the documents print it as *not provided*."""

    answers: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")], Answer] = {}
    """By field name: a shared field, or one of the record's kind of document."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, answer in self.answers.items():
            spec = FIELDS.get(name)
            if spec is None:
                continue  # a field of the record's kind of document; the record, which knows the kind, looks at it
            if spec.columns and not answer.entries:
                raise ValueError(f"{name} is a list of entries with {', '.join(spec.columns)}")
            if not spec.columns and answer.text is None:
                raise ValueError(f"{name} is prose, not a list")
            for entry in answer.entries:
                for key in entry:
                    if key not in spec.columns:
                        raise ValueError(f'{name} has no "{key}". {did_you_mean(key, spec.columns)}')
        return self

    def provided(self, name: str, fields: Mapping[str, FieldSpec] = FIELDS) -> bool:
        """Whether a field says something: there, and not a placeholder. Entries fill all keys, optional ones if there.

        `fields` are those that are asked; a name that is none of them says nothing.
        """
        spec, answer = fields.get(name), self.answers.get(name)
        if spec is None or answer is None:
            return False
        if answer.text is not None and answer.text in spec.choices:
            return True  # the example of a helpful answer is one of the choices, too
        if answer.text is not None:
            return not is_placeholder(answer.text, spec.question, spec.good, spec.bad, spec.title)
        return all(
            _is_name_of_a_split(column, entry[column]) or not is_placeholder(entry[column], spec.question)
            if column in entry
            else column in spec.optional
            for entry in answer.entries
            for column in spec.columns
        )

    def missing(self, names: tuple[str, ...], fields: Mapping[str, FieldSpec] = FIELDS) -> tuple[str, ...]:
        """Those of the named fields that say nothing."""
        return tuple(name for name in names if not self.provided(name, fields))

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        return display.of_details(self)


def _is_name_of_a_split(column: str, text: str) -> bool:
    """`test` says nothing in prose; as the name of a split it says everything."""
    return column == "split" and text.strip().casefold() == "test"


def read_details(document: dict[str, Any], fields: Mapping[str, FieldSpec] = FIELDS) -> Details:
    """The details of a parsed `details.yaml`.

    The file says once at the top who answers and when; an answer that somebody else gave says so itself::

        schema: cardwright/details/1
        stated_by: A. Okafor, model owner
        stated_on: 2026-11-20
        intended_use: Orders the queue of complete applications.
        limitations: {text: Boston 1990 only., stated_by: B. Lind, stated_on: 2026-11-21}
        owners:
          - {name: A. Okafor, role: model owner, contact: credit-models@example.com}

    `fields` are those that are asked: a kind of document adds its own.

    Raises
    ------
    ValueError
        With the key, and the nearest known one.
    """
    head = {"schema", "stated_by", "stated_on"}
    answers: dict[str, Answer] = {}
    for name, content in document.items():
        if name in head:
            continue
        if name not in fields:
            raise ValueError(f'no details field is called "{name}". {did_you_mean(name, [*fields, *head])}')
        if content is None:
            continue  # a scaffolded field that nobody has filled
        by, on = document.get("stated_by"), document.get("stated_on")
        text: str | None = None
        entries: tuple[dict[str, str], ...] = ()
        if (isinstance(content, dict) and "text" in content) or (isinstance(content, dict) and "entries" in content):
            unknown = set(content) - {"text", "entries", "stated_by", "stated_on"}
            if unknown:
                raise ValueError(
                    f'{name} has no "{sorted(unknown)[0]}"; it may have text or entries, stated_by and stated_on'
                )
            by, on = content.get("stated_by", by), content.get("stated_on", on)
            text, listed = content.get("text"), content.get("entries") or ()
            if not isinstance(text, str | None) or not isinstance(listed, list | tuple):
                raise ValueError(f"{name}: `text` is prose, and `entries` is a list")
            entries = tuple(listed)
        elif isinstance(content, list):
            entries = tuple(content)
        elif isinstance(content, dict):
            entries = (content,)
        else:
            text = str(content)
        if entries and not fields[name].columns and all(isinstance(entry, str) for entry in entries):
            text, entries = (
                "\n".join(f"- {entry}" for entry in entries),
                (),
            )  # a list where prose is asked for reads as bullets
        if not isinstance(by, str) or not on:
            raise ValueError(
                f"{name}: say who answers and when: stated_by and stated_on, here or at the top of the file"
            )
        if text is not None and not text.strip():
            continue
        bad = next((entry for entry in entries if not isinstance(entry, dict)), None)
        if bad is not None:
            raise ValueError(f"{name} is a list of entries with {', '.join(fields[name].columns)}")
        if any(isinstance(value, dict | list) for entry in entries for value in entry.values()):
            raise ValueError(f"{name}: each part of an entry is a text")
        filled = tuple(
            {key: str(value).strip() for key, value in entry.items() if value is not None} for entry in entries
        )
        try:
            answers[name] = Answer(
                text=text.strip() if text is not None else None, entries=filled, stated_by=by, stated_on=str(on)
            )
        except ValidationError as exc:
            raise ValueError(f"{name}: {canonical.first_problem(exc)}") from exc
    try:
        return Details(answers=answers)
    except ValidationError as exc:
        raise ValueError(canonical.first_problem(exc).removeprefix("(top): ")) from exc
