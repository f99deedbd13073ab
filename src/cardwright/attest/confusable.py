"""Names that people take for one another: the skeletons of Unicode Technical Standard 39, section 4.

Two names are confusable if their skeletons are equal. The prototypes of characters come from `confusable_homoglyphs`, which
packages the standard's own table. It takes 80 ms to read, so it is read when somebody is enrolled, never when a claim is judged.
"""

from __future__ import annotations

import unicodedata


def folded(name: str) -> str:
    """A name without case, spaces and compatibility forms: names that differ in nothing else are one name.

    >>> folded("ADA ") == folded("ada") == folded("\\uff21da")
    True
    """
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def skeletons(name: str) -> frozenset[str]:
    """What a name looks like, as it is written and with case folded: confusable names share one of the two.

    >>> skeletons("Ada") & skeletons("\u0410da") != set()  # a Cyrillic letter
    True
    >>> skeletons("Bill") & skeletons("BiIl") != set()  # a capital i
    True
    >>> skeletons("Ada") & skeletons("Ida")
    frozenset()
    """
    written = "".join(unicodedata.normalize("NFKC", name).split())
    return frozenset({_skeleton(written), _skeleton(folded(name))})


def _skeleton(name: str) -> str:
    plain = unicodedata.normalize("NFD", name)
    shown = "".join(_prototype(character) for character in plain if unicodedata.category(character) != "Cf")
    return folded(unicodedata.normalize("NFD", shown))


def _prototype(character: str) -> str:
    """The character that stands for all that look like it; itself if none does.

    The table is symmetric: a character lists its prototype alone, and a prototype all that look like it.
    """
    from confusable_homoglyphs.confusables import confusables_data

    alike: list[str] = [entry["c"].strip("\u200e") for entry in confusables_data.get(character, ())]
    if len(alike) != 1:
        return character
    (other,) = alike
    # Where a pair stands alone, each lists the other, and nothing tells which is the prototype.
    return min(character, other) if len(confusables_data.get(other, ())) == 1 else other
