"""What a scorer gets wrong, by labels that people gave to a sample of the very transcripts it is used on."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardwright.record.base import Count, Day, Flag, FreeText, Identifier, Label, Number, Sha256, Value


class CalibrationStratum(Value):
    """One outcome of the scorer, and what labellers said of the cases drawn from it."""

    flagged: Flag
    """Whether these are the cases that the scorer flagged."""
    population: Count
    """How many such cases the transcripts hold."""
    drawn: Count
    """How many were drawn at random; each stands for population / drawn."""
    positive: Count
    """Drawn cases that labellers call positive."""
    negative: Count
    """Drawn cases that labellers call negative."""

    @property
    def unlabelled(self) -> int:
        """Drawn cases without a label, or with a tie: they take their worst value."""
        return self.drawn - self.positive - self.negative

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.positive + self.negative > self.drawn or self.drawn > self.population:
            raise ValueError("labelled cases are among those drawn, and those drawn among the population")
        return self


class RaterAgreement(Value):
    """Whether labellers agree beyond chance, on the cases that two or more of them labelled."""

    coefficient: Literal["cohen_kappa", "krippendorff_alpha"]
    """Which one."""
    value: Number
    """1 is perfect, 0 what chance gives."""
    cases: Count
    """How many cases it is over."""


class Calibration(Value):
    """A scorer's errors on a labelled sample. It says nothing about other transcripts than those it names."""

    schema_: Annotated[Literal["cardwright/calibration/1"], Field(alias="schema")] = "cardwright/calibration/1"
    """The format."""
    scorer: Identifier
    """The scorer's name."""
    scorer_version: Label
    """The version of the evaluator that holds it."""
    transcripts: tuple[Sha256, ...]
    """Digests of the transcripts that the sample was drawn from. They bind the assistant and the prompts: a rate over other
    transcripts is not calibrated by it."""
    source: FreeText
    """Where the transcripts are from."""
    language: Label
    """Their language, or languages."""
    labelled_on: Day
    """When they were labelled."""
    expires: Day
    """From this day on it calibrates nothing."""
    labelled_by: Literal["human", "program"]
    """Who labelled. Labels of a program never count as a person's."""
    labellers: Count
    """How many labelled."""
    nonce: FreeText | None = None
    """What was drawn with besides the transcripts' digest; `null` if nothing was."""
    independence: FreeText
    """Whether somebody other than the author drew and labelled, and how that is known."""
    seed: Sha256
    """SHA-256 of digests and nonce, from which the sample was drawn."""
    strata: tuple[CalibrationStratum, ...]
    """By outcome of the scorer."""
    agreement: tuple[RaterAgreement, ...] = ()
    """Empty if no case has two labels, or agreement is undefined."""
