"""What a scorer gets wrong, by labels that people gave to a sample of the very transcripts it is used on."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardwright.record import canonical, drawn_sample
from cardwright.record.base import Count, Day, Flag, FreeText, Identifier, Label, Number, Sha256, Term, Value
from cardwright.record.drawn_sample import SampleChain

LONGEST_DAYS = 400
"""A calibration says nothing later than this many days after its labels: answers, prompts and readers of them change."""
LEAST = 30
"""A calibration needs this many positives and this many negatives among its labelled cases."""
UNSIGNED = "drawn by the author: not independent"
"""What is said of a sample that nobody else has drawn, as far as can be shown."""
SIGNED = (
    "drawn by a signed nonce and labelled under signatures; whether others than the author gave them, the gate says"
)
"""What is said of a sample with a chain: whose keys those are is known from the reader's trust file alone."""


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


def agreement_of(sheets: Sequence[Mapping[str, str]], names: Iterable[str]) -> tuple[RaterAgreement, ...]:
    """Cohen's kappa where labellers are two, and Krippendorff's alpha of all; nothing where undefined.

    >>> [one.coefficient for one in agreement_of([{"a": "yes", "b": "no"}, {"a": "yes", "b": "no"}], ["a", "b"])]
    ['cohen_kappa', 'krippendorff_alpha']
    """
    listed = list(names)
    found = (
        ("cohen_kappa", drawn_sample.cohen(sheets, listed)),
        ("krippendorff_alpha", drawn_sample.krippendorff(sheets, listed)),
    )
    return tuple(
        RaterAgreement.model_validate({"coefficient": name, "value": one[0], "cases": one[1]})
        for name, one in found
        if one is not None
    )


class Calibration(Value):
    """A scorer's errors on a labelled sample. It says nothing about transcripts other than those it names."""

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
    """When they were labelled; with a chain, the day of the first labels that were signed."""
    expires: Day
    """From this day on it calibrates nothing; never later than `LONGEST_DAYS` after `labelled_on`, whatever stands here."""
    labelled_by: Literal["human", "program"]
    """Who labelled. Labels of a program never count as a person's."""
    labellers: Count
    """How many labelled."""
    nonce: FreeText | None = None
    """What was drawn with besides the transcripts' digest; `null` if nothing was."""
    independence: FreeText
    """Whether somebody other than the author drew and labelled, and how that is known."""
    seed: Sha256
    """SHA-256 from which the sample was drawn: of the rows and the nonce, or of the chain's commitment and nonce."""
    strata: tuple[CalibrationStratum, ...]
    """By outcome of the scorer."""
    agreement: tuple[RaterAgreement, ...] = ()
    """Empty if no case has two labels, or agreement is undefined."""
    chain: Annotated[SampleChain | None, Field(exclude_if=lambda value: value is None)] = None
    """How the sample was drawn and labelled, each step signed; left out if its author drew it."""
    positive_label: Annotated[Term | None, Field(exclude_if=lambda value: value is None)] = None
    """With a chain: the label that counts as positive."""

    @property
    def file_bytes(self) -> bytes:
        """The file that the command writes, so that its digest is the value's."""
        return canonical.dumps(self) + b"\n"

    @property
    def file_sha256(self) -> str:
        """Digest of the file."""
        return hashlib.sha256(self.file_bytes).hexdigest()

    @property
    def valid_until(self) -> str:
        """The day from which on it calibrates nothing: `expires`, and `LONGEST_DAYS` after the labels at the latest."""
        labelled = date.fromisoformat(self.labelled_on)
        left = min(LONGEST_DAYS, (date.max - labelled).days)  # the calendar ends with the year 9999
        return min(self.expires, (labelled + timedelta(days=left)).isoformat())

    def shortage(self) -> str | None:
        """Why its labels are too few to say anything, whatever they say; None where they are not."""
        counts = (sum(s.positive for s in self.strata), sum(s.negative for s in self.strata))
        for name, count in zip(("positives", "negatives"), counts, strict=True):
            if count < LEAST:
                return f"it rests on {count} labelled {name}, fewer than {LEAST}"
        return None

    def flaw(self) -> str | None:
        """What here does not follow from the chain, from which everything is derived again; None if all of it does.

        Without a chain everything but `independence` is its author's word, and that is what `independence` then has to say.
        """
        chain = self.chain
        if self.independence != (UNSIGNED if chain is None else SIGNED):
            return "how independent it says it is does not follow from how its sample was drawn"
        if chain is None:
            return None if self.positive_label is None else "a positive label goes with a chain"
        broken = drawn_sample.flaw(chain)
        if broken is not None:
            return broken
        commitment, nonce = chain.commitment, chain.nonce
        if nonce is None:
            return "nobody has drawn the sample"
        told = (commitment.scorer, commitment.scorer_version, commitment.transcripts)
        if told != (self.scorer, self.scorer_version, self.transcripts):
            return "it was committed for another scorer, version or transcripts"
        if self.nonce is not None or self.seed != drawn_sample.seed_from(commitment.sha256, nonce.nonce):
            return "its seed is not the one that commitment and nonce give"
        by = "human" if all(one.labelled_by == "human" for one in chain.labels) else "program"
        if (self.labelled_by, self.labellers) != (by, len(chain.labels)):
            return "its labels are not by those who signed them"
        if self.positive_label != drawn_sample.labels_of(self.scorer)[0]:
            return "its positive label is not the scorer's"
        if {stratum.flagged: stratum for stratum in self.strata} != self._counted(chain):
            return "its counts are not those of the labels that were signed"
        return self._misstated(chain)

    def _misstated(self, chain: SampleChain) -> str | None:
        for name in ("source", "language", "expires"):
            signed = getattr(chain.commitment, name)
            if signed is not None and signed != getattr(self, name):
                return f"its {name} is not the one that was committed and signed over"
        if chain.labels and self.labelled_on != labelled_on(chain):
            return "the day of its labels is not that of the labels that were signed"
        counted = agreement_of([one.labels for one in chain.labels], [name for name, _ in drawn_sample.cases_of(chain)])
        if len(counted) != len(self.agreement) or not all(map(_same, counted, self.agreement)):
            return "its agreement is not that of the labels that were signed"
        return None

    def _counted(self, chain: SampleChain) -> dict[bool, CalibrationStratum]:
        flags = drawn_sample.unpacked(chain.outcomes, chain.commitment.cases)
        drawn = drawn_sample.cases_of(chain)
        sheets = [one.labels for one in chain.labels]
        said = {name: drawn_sample.adjudicated(sheets, name) for name, _ in drawn}
        return {
            flagged: CalibrationStratum(
                flagged=flagged,
                population=flags.count(flagged),
                drawn=sum(flag is flagged for _, flag in drawn),
                positive=sum(flag is flagged and said[name] == self.positive_label for name, flag in drawn),
                negative=sum(flag is flagged and said[name] not in (None, self.positive_label) for name, flag in drawn),
            )
            for flagged in (True, False)
        }


def labelled_on(chain: SampleChain) -> str:
    """The day of the first labels that were signed, from which a calibration ages; of the draw, without labels."""
    assert chain.nonce is not None
    return min((one.at for one in chain.labels), default=chain.nonce.at)[:10]


def _same(one: RaterAgreement, other: RaterAgreement) -> bool:
    """Sums in another order may differ in the last digit."""
    told = (one.coefficient, one.cases) == (other.coefficient, other.cases)
    return told and math.isclose(one.value, other.value, rel_tol=0, abs_tol=1e-9)
