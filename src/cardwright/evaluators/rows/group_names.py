"""Names of groups that look alike: said once for each attribute, by every evaluator that tells groups apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cardwright.record.base import label, skeleton
from cardwright.record.evaluation import Finding


def confusable_groups(groups: Mapping[str, Iterable[str]]) -> tuple[Finding, ...]:
    """One finding for each attribute whose groups have names that look alike: what is one group may be counted as two.

    Labels arrive composed (NFC); what still differs in hidden characters, case, blanks or letters of another script is counted
    apart, and pointed out here.

    >>> [finding.where for finding in confusable_groups({"sex": ["female", "female\\u200b", "male"], "race": ["a", "b"]})]
    ['sex']
    """
    found = []
    for attribute, names in groups.items():
        alike: dict[str, list[str]] = {}
        for name in dict.fromkeys(label(name) for name in names):
            alike.setdefault(skeleton(name), []).append(name)
        sets = [same for same in alike.values() if len(same) > 1]
        if sets:
            listed = "; ".join(" and ".join(f'"{name}"' for name in same) for same in sets)
            found.append(
                Finding(
                    severity="high",
                    key="confusable_groups",
                    explanation=f"Groups of {attribute} have names that look alike and are counted separately: {listed[:1500]}. "
                    "If they are one group, write one name for it; a gap is hidden where a group is split.",
                    where=attribute,
                    count=sum(len(same) for same in sets),
                )
            )
    return tuple(found)


__all__ = ["confusable_groups"]
