"""One number about some rows, or the reason why there is none.

`Measured` and `Unmeasured` share one key, so a policy that looks for a number finds its absence too. **Undefined is never 0,
never NaN, never left out.**
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardwright.record import display
from cardwright.record.base import Count, Day, FreeText, Identifier, Label, Number, Sha256, Slice, Term, Value

Direction = Literal["higher_is_better", "lower_is_better", "neither"]


class Interval(Value):
    """Where the true value lies, at a stated level."""

    level: Annotated[Number, Field(gt=0, lt=1)]
    """Confidence level, e.g. 0.95."""
    lower: Number
    """Lower bound."""
    upper: Number
    """Upper bound."""
    method: Term
    """Name in the literature, e.g. `wilson`, `tukey_kramer`, `delong`."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lower > self.upper:
            raise ValueError("the lower bound is above the upper bound")
        return self


class Sampling(Value):
    """What was counted, and how those rows came to be there."""

    unit: Label
    """What one independent case is: an application, a person, a prompt."""
    units: Count
    """How many independent cases."""
    observations: Count
    """How many rows; more than units where a case has several."""
    cluster: Label | None = None
    """The column whose equal values belong to one case."""
    effective_n: Number | None = None
    """How many independent rows of one weight would be as informative, where rows are weighted or come in clusters."""
    design: Literal["census", "random", "stratified", "adversarial", "unstated"] = "unstated"
    """How the rows were chosen."""


class Test(Value):
    """A significance test of the number that is printed."""

    __test__ = False  # not a test case of pytest's

    p_value: Annotated[Number, Field(ge=0, le=1)]
    """Unadjusted p-value."""
    method: Term
    """Name in the literature, e.g. `permutation`, `fisher_exact`, `mcnemar`."""
    family: Identifier | None = None
    """The declared family it is adjusted within."""
    adjusted_p_value: Annotated[Number, Field(ge=0, le=1)] | None = None
    """p-value after adjustment within the family."""
    adjustment: Literal["holm", "benjamini_hochberg"] | None = None
    """How it was adjusted."""


class Excluded(Value):
    """A group that a gap does not cover."""

    slice: Slice
    """The group."""
    reason: FreeText
    """Why it is not covered, with the count that decided."""


class Groups(Value):
    """Which groups a gap is taken over: k of K, so that a small group cannot vanish."""

    compared: Count
    """How many groups entered."""
    expected: Count
    """How many the plan declares, unknown membership not counted."""
    excluded: tuple[Excluded, ...] = ()
    """The others, each with its reason."""
    unknown: Count = 0
    """Rows whose membership is unknown: disclosed, never the best or the worst group."""
    rows: Count
    """All rows, unknown membership included."""
    highest: Slice | None = None
    """The group with the highest value."""
    lowest: Slice | None = None
    """The group with the lowest value."""
    smallest: Annotated[Number | None, Field(exclude_if=lambda value: value is None)] = None
    """The smallest relevant count below the line among the groups compared."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.compared > self.expected:
            raise ValueError("more groups compared than expected")
        if self.unknown > self.rows:
            raise ValueError("more rows of unknown membership than rows")
        return self


class Resolution(Value):
    """What the data could have shown, so that "no difference found" is not read as "there is none"."""

    detectable: Number | None = None
    """The smallest difference that this many cases would have shown with 80 % power."""
    needed: Count | None = None
    """How many cases would settle it."""


class _Key(Value):
    metric: Term
    """The name in the literature, e.g. `true_positive_rate`."""
    slice: Slice = {}
    """Which rows; empty is all of them."""
    across: tuple[Label, ...] = ()
    """The attributes a gap is taken over."""
    given: tuple[Label, ...] = ()
    """The strata it is conditional on."""
    of_class: Label | None = None
    """The class it is about, one against the rest."""
    at: dict[Term, Number] | None = None
    """What it was computed at: `threshold`, `k`."""

    @property
    def key(self) -> tuple[object, ...]:
        """What tells one measurement of an evaluation from another; hashable."""
        at = tuple(sorted(self.at.items())) if self.at is not None else None
        return (self.metric, tuple(self.slice.items()), self.across, self.given, self.of_class, at)


class ScorerError(Value):
    """Whose judgement a rate rests on, and what is known of its errors."""

    name: Identifier
    """The scorer."""
    calibration: Sha256 | None = None
    """Digest of the calibration that binds this scorer and these transcripts; `null` if there is none, or none that is enough."""
    why: FreeText | None = None
    """If there is none: why."""
    corrected: Interval | None = None
    """Where the rate lies once sensitivity and specificity, with their own errors, are taken into account."""
    expires: Day | None = None
    """From this day on the calibration says nothing."""


class Measured(_Key):
    """A number."""

    status: Literal["measured"] = "measured"
    """Tells it from `Unmeasured`."""
    value: Number
    """The number, unrounded."""
    unit: Term
    """`proportion`, `difference`, `ratio`, `count`, `nats`, `per_1000`, or the unit of the outcome."""
    direction: Direction
    """Which way is better."""
    interval: Interval | None = None
    """Where the true value lies; `null` if no valid interval exists, and the evaluation's limits say why."""
    sampling: Sampling | None = None
    """What was counted."""
    numerator: Number | None = None
    """What is above the line, for a rate."""
    denominator: Number | None = None
    """The *relevant* count below the line: positives for a true positive rate."""
    test: Test | None = None
    """Significance, if it was tested."""
    groups: Groups | None = None
    """For a gap: over which groups."""
    resolution: Resolution | None = None
    """What the data could have shown."""
    reference: Label | None = None
    """What it is compared with: a group, a baseline."""
    scorer: Annotated[ScorerError | None, Field(exclude_if=lambda value: value is None)] = None
    """For a rate of what a scorer flagged: the scorer, and what it gets wrong; left out of the bytes where no scorer judged."""

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        return display.of_measurement(self)


class Unmeasured(_Key):
    """No number, and why."""

    status: Literal["unmeasured"] = "unmeasured"
    """Tells it from `Measured`."""
    code: Literal["too_few_samples", "undefined", "not_applicable", "error", "suppressed"]
    """Which kind of reason. `suppressed`: it was measured, and is left out of this edition of the record."""
    reason: FreeText
    """The reason in a sentence, with the count that decided."""
    denominator: Number | None = None
    """The count that was too small, if there is one."""
    sampling: Sampling | None = None
    """What was there."""
    groups: Groups | None = None
    """For a gap: the groups that were there."""

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        return display.of_measurement(self)


Measurement = Annotated[Measured | Unmeasured, Field(discriminator="status")]
