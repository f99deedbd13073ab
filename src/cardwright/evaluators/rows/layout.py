"""Which column plays which part, and how its values become codes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Literal

from cardwright.errors import SourceError, UsageError
from cardwright.sources.interface import Attribute, Predictions, Table

MAX_GROUPS = 200
"""The largest number of values of a sensitive attribute: more are a name or a number, not groups."""

MAX_STRATA = 500
"""The largest number of strata: with more, hardly any stratum holds two groups."""

MAX_WEIGHT = 2**24
"""The largest weight of a row; weights and their squares then add up exactly."""

MIN_WEIGHT = 2.0**-26
"""The smallest weight above 0: the square of a smaller one is lost in the sums."""

_JOINT_SCORE_CELLS = 64
"""Up to so many cells of all attributes crossed have a histogram of scores each; beyond, only single attributes have."""

Missing = Literal["refuse", "skip"]


@dataclass(frozen=True)
class Layout:
    """Which column plays which part, and how its values become codes."""

    kind: Literal["binary", "multiclass", "regression", "labels", "rows"]
    """What is predicted; `labels`: outcomes only, `rows`: not even these."""
    where: str
    """How errors name the source."""
    label: str | None = None
    prediction: str | None = None
    score: str | None = None
    probability: bool = True
    """Whether scores are probabilities, and not positions on a scale alone."""
    threshold: float | None = None
    favourable: str | None = None
    classes: tuple[str, ...] = ()
    """Labels of outcomes in the order of their codes; empty where `favourable` tells the two."""
    declared: tuple[str, ...] = ()
    """Labels of outcomes that the source knows of."""
    attributes: tuple[Attribute, ...] = ()
    strata: tuple[str, ...] = ()
    weight: str | None = None
    person: str | None = None
    whole: bool = False
    """Whether sums are taken that only numbers of the whole need: log losses, R²."""
    missing_label: Missing = "refuse"
    """What a row without an outcome is: an error, or a row left out and counted."""
    key: bytes = b""
    """Key of the hashes of persons."""

    @classmethod
    def of(
        cls,
        source: Predictions | Table,
        *,
        seed: int = 0,
        groups: bool = True,
        whole: bool = False,
        queries: bool = False,
    ) -> Layout:
        """The layout of a source; without `groups`, of its rows as a whole.

        A ranking is read as numbers, and only by those who ask for `queries`: its rows alone are neither right nor wrong.

        Raises
        ------
        SourceError
            If a sensitive attribute has too many values, or a binary source no favourable outcome.
        UsageError
            If the source is a ranking and its rows are asked for without their queries.
        """
        where = source.ref.path or source.ref.name
        if isinstance(source, Predictions) and source.task == "ranking" and not queries:
            raise UsageError(
                "the source is a ranking, whose rows are neither right nor wrong by themselves",
                where=where,
                do=f"Name `- ranking: {{source: {source.ref.name}}}`: it measures the order and the exposure of groups.",
            )
        key = b"cardwright person %d" % seed
        attributes = source.sensitive if groups else ()
        for attribute in attributes:
            if len(attribute.groups) > MAX_GROUPS:
                raise SourceError(
                    f'column "{attribute.name}" has {len(attribute.groups)} different values, more than {MAX_GROUPS}, '
                    "which are no groups",
                    where=where,
                    do="Put them into groups first (ages into bands, places into regions), or name another column.",
                )
        common = cls(
            kind="rows",
            where=where,
            label=source.label,
            declared=source.classes,
            attributes=attributes,
            weight=source.weight,
            person=source.person,
            key=key,
        )
        if isinstance(source, Predictions):
            kind = "regression" if source.task == "ranking" else source.task
            binary = kind == "binary"
            if binary and source.favourable is None:
                raise SourceError(
                    "a binary task needs the outcome that is good for the person",
                    where=where,
                    do="Write `favourable:` with that value.",
                )
            return replace(
                common,
                kind=kind,
                prediction=source.prediction,
                score=source.score,
                probability=source.probability,
                threshold=source.threshold,
                favourable=source.favourable,
                classes=() if binary else source.classes,
                strata=source.strata if groups else (),
                whole=whole,
            )
        if source.label is None or (source.favourable is None and not source.classes):
            return replace(common, label=None)
        return replace(
            common,
            kind="labels",
            favourable=source.favourable,
            classes=() if source.favourable is not None else source.classes,
            missing_label="skip",
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, each once."""
        named = [self.label, self.prediction, self.score, *(a.name for a in self.attributes), *self.strata]
        return tuple(dict.fromkeys(name for name in [*named, self.weight, self.person] if name is not None))

    @property
    def categories(self) -> tuple[str, ...]:
        """Of these, the columns whose different values are few: outcomes, decisions, groups, strata."""
        if self.kind == "regression":
            named: list[str | None] = [*(a.name for a in self.attributes), *self.strata]
        else:
            named = [self.label, self.prediction, *(a.name for a in self.attributes), *self.strata]
        others = {self.score, self.weight, self.person}
        return tuple(dict.fromkeys(name for name in named if name is not None and name not in others))

    @property
    def outcomes(self) -> int:
        """How many codes an outcome has."""
        if self.kind in ("regression", "rows"):
            return 1
        return 2 if self.favourable is not None else len(self.classes)

    @property
    def decisions(self) -> int:
        """How many codes a decision has; 1 where there are none."""
        if self.kind in ("regression", "rows", "labels") or not self.decides:
            return 1
        return self.outcomes

    @property
    def decides(self) -> bool:
        """Whether there are decisions: supplied, or made of scores by a threshold."""
        return self.prediction is not None or (self.score is not None and self.threshold is not None)

    @property
    def derived(self) -> bool:
        """Whether decisions are made here, of scores by a threshold."""
        return self.prediction is None and self.decides

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many codes each attribute has: its groups in their order, and unknown membership last."""
        return tuple(len(attribute.groups) + 1 for attribute in self.attributes)

    @cached_property
    def score_margins(self) -> tuple[tuple[int, ...], ...]:
        """Which attributes crossed have a histogram of scores for each cell."""
        every = tuple(range(len(self.attributes)))
        if prod(self.sizes) <= _JOINT_SCORE_CELLS:
            return (every,)
        return tuple((index,) for index in every)
