"""What models find that no form tells: names of people, places and organisations. They read the same texts as the patterns."""

from __future__ import annotations

from collections.abc import Sequence

from cardwright.privacy.patterns import Hit
from cardwright.sources.interface import NerModel


def named_hits(texts: Sequence[str], models: Sequence[NerModel]) -> list[tuple[Hit, ...]]:
    """The raw hits of models in each text, in the order of its characters.

    A text without a letter is not read: a model takes longer than all patterns, and there is no name in a number.
    """
    hits_of: list[set[Hit]] = [set() for _ in texts]
    lettered = [number for number, text in enumerate(texts) if any(character.isalpha() for character in text)]
    # The same name in many cells is read once.
    distinct = list(dict.fromkeys(texts[number] for number in lettered))
    for model in models if distinct else ():
        spans = dict(zip(distinct, model.find(distinct), strict=True))
        for number in lettered:
            hits_of[number] |= {Hit(one.entity, one.start, one.end, one.score) for one in spans[texts[number]]}
    return [tuple(sorted(hits)) for hits in hits_of]


def kinds_of(models: Sequence[NerModel]) -> tuple[str, ...]:
    """Every kind that one of the models can find, sorted."""
    return tuple(sorted({kind for model in models for kind in model.entities}))


__all__ = ["kinds_of", "named_hits"]
