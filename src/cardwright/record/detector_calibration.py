"""What a detector of personal data finds and misses, on texts in which somebody has marked what stands there."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardwright.record.base import Count, Day, FreeText, Label, Number, Sha256, Term, Value
from cardwright.record.measurement import Interval


class SpanAgreement(Value):
    """How marked and reported spans agree, by one definition of agreeing."""

    found: Count
    """Marked spans of the kind that the detector reports."""
    right: Count
    """Reported spans of the kind that are marked."""
    recall: Interval | None = None
    """Of found among marked; `null` if nothing of the kind is marked, or in fewer than two texts."""
    precision: Interval | None = None
    """Of right among reported; `null` likewise."""


class KindErrors(Value):
    """What the detector finds and misses of one kind."""

    entity: Term
    """The kind, as `pii` calls it; `ANY` is every marked kind, found as whatever kind."""
    marked: Count
    """Spans that are marked as this kind."""
    reported: Count
    """Spans that the detector reports as this kind."""
    exact: SpanAgreement
    """Same kind, same first and last character."""
    overlap: SpanAgreement
    """Same kind, and one character in common at least."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        for agreement in (self.exact, self.overlap):
            if agreement.found > self.marked or agreement.right > self.reported:
                raise ValueError("found spans are among the marked, right ones among the reported")
        return self


class DetectorCalibration(Value):
    """A detector's errors on marked texts. It says nothing of other texts, and other texts are what the detector is used on."""

    schema_: Annotated[Literal["cardwright/detector-calibration/1"], Field(alias="schema")] = (
        "cardwright/detector-calibration/1"
    )
    """The format."""
    detector: Literal["pii"] = "pii"
    """The evaluator that holds it."""
    detector_version: Label
    """The evaluator's version."""
    countries: tuple[Label, ...] | None = None
    """The countries whose own numbers were looked for; `null`: the evaluator's choice."""
    models: tuple[Sha256, ...] = ()
    """Digests of the models of names that looked, sorted; empty: none."""
    thresholds: dict[Term, Number] = {}
    """From a kind to the score from which on a hit counted, where the plan would say it; empty: the evaluator's own."""
    labels_sha256: Sha256
    """Digest of the file of marked texts."""
    texts: Count
    """How many texts."""
    source: FreeText
    """Where the texts and the marks are from."""
    language: Label
    """Their language, or languages."""
    made_on: Day
    """When the detector was run on them."""
    labelled_by: Literal["human", "generator", "program"]
    """Who marked: people, a generator that wrote the texts around invented values, or another program."""
    kinds: tuple[KindErrors, ...]
    """By kind, of those that are marked."""
    other_labels: tuple[Label, ...] = ()
    """Labels of the file that stand for no kind, and were left out."""
