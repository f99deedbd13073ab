"""What the dossiers that a document refers to say about its fields: which of it a kind asks for, and what was found.

A rule (`filled_from` of a field in `kind.yaml`) names metrics, answers or facts. What it finds is kept in the record with the
digest of the record that it was taken from and its place there, so that any reader can compare the two.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardwright.record.base import Count, Flag, FreeText, Identifier, Label, Sha256, Value
from cardwright.record.details import Answer
from cardwright.record.measurement import Measurement

AnswerName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
"""Name of a field of the other record."""
MetricPattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9_*.@+-]{1,80}$")]
"""Name of a metric in the literature; `*` stands for any part of one."""
Fact = Literal["subject", "datasets", "evaluations", "not_tested", "findings", "software"]
"""What a record knows without anybody having answered: what was assessed (`subject`), on which data (`datasets`), by what
(`evaluations`), what was left out (`not_tested`), what somebody should look at (`findings`), and with which code (`software`)."""


class FilledFrom(Value):
    """What of the dossiers that a document refers to belongs to one of its fields."""

    roles: tuple[Identifier, ...] = ()
    """In which roles they are referred to; empty is any."""
    metrics: tuple[MetricPattern, ...] = ()
    """Numbers, by the names of their metrics."""
    over: Literal["all_rows", "groups", "gaps"] = "all_rows"
    """Which of these numbers: over all rows, of the groups with the lowest and the highest value, or gaps between groups."""
    answers: tuple[AnswerName, ...] = ()
    """What people answered there."""
    facts: tuple[Fact, ...] = ()
    """What the record knows of itself."""
    fills: Flag = False
    """Whether this answers the question, so that nobody has to answer it again; else it stands beside what people say."""
    most: Annotated[Count, Field(ge=1, le=200)] = 20
    """How many entries the field shows; the others are counted."""

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not (self.metrics or self.answers or self.facts):
            raise ValueError("filled_from names neither metrics nor answers nor facts")
        return self


class FilledEntry(Value):
    """One piece of evidence: a number, an answer or a fact of another record."""

    at: Label
    """Where it stands in that record, as a JSON Pointer (RFC 6901), e.g. `/evaluations/3/measurements/17`."""
    evaluation: Annotated[Identifier | None, Field(exclude_if=lambda value: value is None)] = None
    """The evaluation that it is from."""
    measurement: Annotated[Measurement | None, Field(exclude_if=lambda value: value is None)] = None
    """The number, or the reason why there is none, unchanged."""
    name: Annotated[AnswerName | None, Field(exclude_if=lambda value: value is None)] = None
    """The field that was answered, or the sort of fact."""
    answer: Annotated[Answer | None, Field(exclude_if=lambda value: value is None)] = None
    """What was answered, unchanged."""
    fact: Annotated[dict[AnswerName, Count | FreeText], Field(exclude_if=lambda value: not value)] = {}
    """Parts of what stands there, unchanged."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if sum((self.measurement is not None, self.answer is not None, bool(self.fact))) != 1:
            raise ValueError("an entry is a number, an answer or a fact")
        return self

    @property
    def says_something(self) -> bool:
        """Whether it is evidence: a reason why there is no number is shown, and fills nothing."""
        return self.measurement is None or self.measurement.status == "measured"


class FilledField(Value):
    """What one of the dossiers that a document refers to says about one of its fields."""

    field: AnswerName
    """The field of this document."""
    role: Identifier
    """As what it refers to the other dossier."""
    record_sha256: Sha256
    """The record of the other dossier."""
    entries: Annotated[tuple[FilledEntry, ...], Field(min_length=1)]
    """What was found, in the order of the rules and of that record."""
    more: Annotated[Count, Field(exclude_if=lambda value: not value)] = 0
    """How many more entries that record has."""
    fills: Annotated[Flag, Field(exclude_if=lambda value: not value)] = False
    """Whether one of them answers the question, as the kind has it."""
