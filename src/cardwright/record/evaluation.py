"""What an evaluator found, how it was found, and what it did not look at."""

from collections import Counter
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from cardwright.record import canonical, display
from cardwright.record.base import Count, Example, FreeText, Identifier, Label, Number, Sha256, Term, Value
from cardwright.record.calibration import Calibration
from cardwright.record.measurement import Measured, Measurement, Unmeasured

Severity = Literal["info", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")


class Input(Value):
    """A source that an evaluation read."""

    need: Identifier
    """The evaluator's name for it, e.g. `source`, `model`, `baseline`."""
    name: Identifier
    """The source's name in the plan."""
    role: Identifier
    """What it serves as."""
    split: Label | None = None
    """Which part of a larger dataset it is."""
    sha256: Sha256
    """Digest of what was read."""
    rows: Count | None = None
    """How many rows were read."""


class Binding(Value):
    """How closely the numbers are tied to the model at hand."""

    kind: Literal["recomputed", "supplied", "asserted"]
    """`recomputed`: the loaded model reproduced the supplied predictions. `supplied`: they were read from a file.
    `asserted`: somebody says so."""
    agreed: Count | None = None
    """Rows on which the model and the file agree."""
    compared: Count | None = None
    """Rows compared."""
    tolerance: Number | None = None
    """The largest difference of scores that counts as agreement."""
    model_sha256: Sha256 | None = None
    """The model that recomputed."""
    note: FreeText | None = None
    """Why it is not stronger."""

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if self.kind == "recomputed":
            if self.agreed is None or self.compared is None or self.model_sha256 is None:
                raise ValueError("a recomputed binding states agreed, compared and model_sha256")
            if self.agreed != self.compared or not self.compared:
                raise ValueError("predictions that the model did not reproduce are not recomputed")
        return self


class Finding(Value):
    """What a person should look at."""

    severity: Severity
    """info, low, medium, high or critical."""
    key: Identifier
    """What kind of finding, e.g. `single_seed`, `entity.email_address`."""
    explanation: FreeText
    """What was found and why it matters, in a sentence or two."""
    where: Label | None = None
    """The column, category or file."""
    count: Count | None = None
    """How often."""
    examples: tuple[Example, ...] = ()
    """Masked excerpts."""


class TableColumn(Value):
    """A column of a table."""

    name: Identifier
    """Its key."""
    title: FreeText
    """Its heading."""
    unit: Term | None = None
    """Unit of its numbers."""


class Table(Value):
    """A typed table for the documents."""

    id: Identifier
    """Its name inside the evaluation."""
    title: FreeText
    """Its caption."""
    columns: tuple[TableColumn, ...]
    """Its columns."""
    rows: tuple[tuple[Number | Label | None, ...], ...]
    """Its cells; `null` is undefined, and says so where it is printed."""

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row does not have one cell for each column")
        return self


class NotTested(Value):
    """Something that was not looked at."""

    what: FreeText
    """What."""
    why: FreeText
    """Why not."""


class Scanned(Value):
    """How much of something was looked at."""

    what: FreeText
    """Rows, columns, prompts …"""
    scanned: Count
    """How many were looked at."""
    total: Count
    """How many there are."""


class Coverage(Value):
    """What was looked at, and what was not."""

    scanned: tuple[Scanned, ...] = ()
    """Counts of what was looked at."""
    not_tested: tuple[NotTested, ...]
    """What was not; every evaluator has something to say here."""


class Series(Value):
    """A curve: for calibration, ROC, threshold sensitivity."""

    id: Identifier
    """Its name inside the evaluation."""
    title: FreeText
    """Its caption."""
    x: FreeText
    """What runs along."""
    y: FreeText
    """What runs up."""
    slice: dict[Label, Label | None] = {}
    """Which rows it is about."""
    points: tuple[tuple[Number, Number], ...]
    """(x, y) in order."""


class Evaluation(Value):
    """One evaluator on named inputs. Documents print these fields and never know an evaluator by name."""

    id: Identifier
    """Unique in the plan."""
    evaluator: Identifier
    """Which evaluator."""
    evaluator_version: Term
    """Its version."""
    target: Label | None = None
    """The component it is about, in a system."""
    inputs: tuple[Input, ...]
    """What it read."""
    parameters: dict[Identifier, JsonValue]
    """How it was set, defaults included."""
    binding: Binding | None = None
    """How closely the numbers are tied to the model; `null` if no model is involved."""
    question: FreeText
    """The question it answers."""
    method: FreeText
    """How, in a paragraph a reviewer can follow, with sources."""
    limits: tuple[FreeText, ...]
    """What the numbers do not show."""
    measurements: tuple[Measurement, ...]
    """The numbers, and the reasons if there are none."""
    findings: tuple[Finding, ...] = ()
    """What a person should look at."""
    severities: Annotated[dict[Severity, Count], Field(validate_default=True)] = {}
    """How many findings of each severity, so that one that was taken out shows."""
    tables: tuple[Table, ...] = ()
    """Tables for the documents."""
    series: tuple[Series, ...] = ()
    """Curves for the documents."""
    coverage: Coverage
    """What was looked at, and what was not."""
    completeness: Literal["complete", "sampled", "partial", "truncated"]
    """Whether all of the input was used."""
    reused_from: Annotated[Sha256 | None, Field(exclude_if=lambda value: value is None)] = None
    """The earlier record that it was made for, if nothing that it rests on has changed since; absent if it is new."""
    not_applicable: FreeText | None = None
    """Why the question does not arise for this input, with the evidence; `null` if it does."""
    calibrations: Annotated[tuple[Calibration, ...], Field(exclude_if=lambda value: not value)] = ()
    """What is known about the errors of the scorers whose rates these are, and how each sample was drawn; left out if empty."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        seen: set[tuple[object, ...]] = set()
        for measurement in self.measurements:
            key = measurement.key
            if key in seen:
                raise ValueError(f"two measurements of {measurement.metric} have the same key")
            seen.add(key)
        counted = Counter(finding.severity for finding in self.findings)
        stated = {severity: count for severity, count in self.severities.items() if count}
        if stated != dict(counted):
            raise ValueError("the number of findings is not what the counts per severity say")
        names = [table.id for table in self.tables] + [series.id for series in self.series]
        if len(set(names)) != len(names):
            raise ValueError("two tables or series have the same id")
        return self

    @cached_property
    def content_sha256(self) -> str:
        """Digest of what was found, whichever record it was made for."""
        return canonical.sha256(self.model_copy(update={"reused_from": None}))

    def find(
        self,
        metric: str,
        *,
        slice: dict[str, str | None] | None = None,
        across: tuple[str, ...] | None = None,
        given: tuple[str, ...] | None = None,
    ) -> tuple[Measured | Unmeasured, ...]:
        """The measurements of a metric; each further word narrows it down."""
        return tuple(
            m
            for m in self.measurements
            if m.metric == metric
            and (slice is None or m.slice == slice)
            and (across is None or m.across == across)
            and (given is None or m.given == given)
        )

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        return display.of_evaluation(self)


def count_severities(findings: tuple[Finding, ...] | list[Finding]) -> dict[Severity, int]:
    """The counts that go with a list of findings."""
    counted = Counter(finding.severity for finding in findings)
    return {severity: counted[severity] for severity in SEVERITIES if counted[severity]}
