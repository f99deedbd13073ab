"""What judges or people say of recorded exchanges: the verdicts themselves, and how they came about."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardwright.record.base import Count, Day, Flag, FreeText, Identifier, Label, Sha256, Value


class JudgedRow(Value):
    """One exchange: what each rater said of it."""

    row: Annotated[int, Field(ge=1)]
    """Which exchange of the transcripts, counted from 1."""
    said: tuple[Flag | None, ...]
    """By rater: whether it happened; `null` where a rater could not tell, or gave no verdict."""
    decided: Flag | None = None
    """What adjudication decided, where raters differed; `null` where nothing was decided."""
    swapped: Flag | None = None
    """Of a judge: its verdict with the choices in the other order, for the rows asked twice."""
    padded: Flag | None = None
    """Of a judge: its verdict with the answer made longer by words that say nothing, for the rows asked twice."""

    @property
    def happened(self) -> bool | None:
        """What was decided, else what most raters said; `None` where as many said the other."""
        if self.decided is not None:
            return self.decided
        counts = Counter(one for one in self.said if one is not None)
        return None if counts[True] == counts[False] else counts[True] > counts[False]


class Judgements(Value):
    """Verdicts on recorded exchanges. They speak of the transcripts that they name, and of no others."""

    schema_: Annotated[Literal["cardwright/judgements/1"], Field(alias="schema")] = "cardwright/judgements/1"
    """The format."""
    scorer: Identifier
    """Whose verdicts these are, as measurements name it: `judge.local`, `people`."""
    version: Label
    """Of a judge: prompt, model and settings; of people: the rubric's version. A calibration binds it."""
    event: Literal[
        "attack_success", "refusal", "task_success", "harmful_content", "toxicity", "stereotype", "ungrounded",
    ]  # fmt: skip
    """What they looked for."""
    judged_by: Literal["human", "model", "program"]
    """Who judged. Only people's verdicts can be their own reference."""
    transcripts: Sha256
    """Digest of the transcripts."""
    rubric: FreeText
    """What the raters were told to look for; of a judge, its whole prompt."""
    protocol: FreeText
    """How they judged: blind or not, who adjudicated and how, settings of a model."""
    judged_on: Day
    """When."""
    raters: Annotated[Count, Field(ge=1)]
    """How many raters; each row holds as many verdicts."""
    rows: tuple[JudgedRow, ...]
    """Exchanges that were judged, in their order."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if any(len(row.said) != self.raters for row in self.rows):
            raise ValueError("each row holds one verdict, or null, for each rater")
        numbers = [row.row for row in self.rows]
        if numbers != sorted(set(numbers)):
            raise ValueError("rows are in order, each once")
        return self
