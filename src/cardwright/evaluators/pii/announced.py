"""Names, addresses, dates of birth and organisations that words beside them announce: what can be found without a model.

"Dear Maria", "Mr Okafor", `Name: …`, a line below "Kind regards", 12 Mill Lane, "born on 3 May 1981", "Hansen Shipping Ltd". All
else is not seen: most names are in a sentence that announces nothing. How many are found of those that people wrote down
elsewhere is measured (`measured`), and printed with every result; what is not found here is no evidence that nothing is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cardwright.evaluators.pii import light_import  # noqa: F401  isort: skip  before presidio

from presidio_analyzer import AnalysisExplanation, Pattern, PatternRecognizer, RecognizerResult

from cardwright.evaluators.pii import announcing_words as words

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽΑ-ΩА-Я"
_LETTER = r"[^\W\d_]"
_WORD = (
    rf"(?:[{_UPPER}]{_LETTER}{{1,40}}(?:['’-]{_LETTER}{{1,40}}){{0,4}}|[{_UPPER}]['’][{_UPPER}]{_LETTER}{{1,40}})(?!\w)"
)
_INITIAL = rf"[{_UPPER}]\."
_PARTICLE = r"(?:van|von|der|den|de|di|da|dos|do|del|della|la|le|el|al|bin|ibn|zu|zur|ter|ten|af|av)"
# Every repeat is bounded: Python's engine goes back over what it has read, and texts may be hostile.
_BLANK, _T0 = r"[ \t]{1,8}", r"[ \t]{0,8}"
_S, _S0, _ANY = r"[ ]{1,8}", r"[ ]{0,8}", r"\s{1,8}"
_ONE = rf"(?:{_WORD}|{_INITIAL})"
_MORE = rf"(?:{_BLANK}(?:{_PARTICLE}{_BLANK}){{0,2}}{_ONE})"
_NAME = rf"{_ONE}{_MORE}{{0,3}}"
_FULL = rf"{_ONE}{_MORE}{{1,3}}"
_CITY = rf"(?:St\.[ ])?[{_UPPER}][\w'’-]{{0,40}}(?:[ -][{_UPPER}][\w'’-]{{0,40}}){{0,2}}"
_NUMBER = r"\d{1,4}(?:[ ]?[a-zA-Z])?(?:[-/]\d{1,4})?\b"
_DATE = (
    r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}"
    r"|\d{1,2}(?:st|nd|rd|th|er|\.|º)?[ ]{1,8}(?:de[ ]{1,8}|of[ ]{1,8})?MONTH,?[ ]{1,8}(?:de[ ]{1,8})?\d{4}"
    r"|MONTH[ ]{1,8}\d{1,2}(?:st|nd|rd|th)?,?[ ]{1,8}\d{4})\b"
)


def _any(choices: Iterable[str]) -> str:
    """One of some words, the longest first, with any blanks between them."""
    ordered = sorted(choices, key=lambda word: (-len(word), word))
    return "(?:" + "|".join(r"[ \t]{1,8}".join(map(re.escape, word.split())) for word in ordered) + ")"


@dataclass(frozen=True)
class Announcement:
    """A way to announce something."""

    name: str
    entity: str
    pattern: str
    """With a group `it`: what is announced."""
    score: float
    triggers: tuple[str, ...]
    """One of these, in small letters, or of `whole` is in every text that it matches; if both are empty, any may match."""
    whole: frozenset[str] = frozenset()
    """The same for words of letters alone that stand as whole words."""
    digit: bool = False
    """Whether a digit is in every text that it matches."""


def _lower(choices: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({choice.lower() for choice in choices}))


def _parts(choices: Iterable[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Choices that stand between blanks as `triggers` and `whole`: of several words, the first one tells."""
    first = {choice.lower().split()[0] for choice in choices}
    return tuple(sorted(one for one in first if not one.isalpha())), frozenset(one for one in first if one.isalpha())


def _announcements() -> Iterator[Announcement]:
    one_title = rf"{_any(words.TITLES)}\.?"
    title = rf"{one_title}(?:{_BLANK}{one_title}){{0,2}}"
    yield Announcement(
        "title",
        "PERSON",
        rf"\b{title}{_BLANK}(?P<it>(?:{_PARTICLE}{_BLANK}){{0,2}}{_NAME})",
        0.8,
        *_parts(words.TITLES),
    )
    yield Announcement(
        "greeting",
        "PERSON",
        rf"\b(?:{_any(words.GREETINGS)}){_BLANK}(?:{title}{_BLANK})?(?P<it>{_ONE}{_MORE}{{0,2}})"
        rf"(?={_T0}(?:[,:!.;\n–-]|$|and\b|und\b|et\b|y\b|e\b))",
        0.7,
        *_parts(words.GREETINGS),
    )
    yield Announcement(
        "introduction",
        "PERSON",
        rf"\b(?i:{_any(words.INTRODUCTIONS)}){_BLANK}(?:{title}{_BLANK})?(?P<it>{_NAME})",
        0.8,
        words.IN_INTRODUCTIONS,
    )
    yield Announcement(
        "introduction in the first person",
        "PERSON",
        rf"\b(?i:i am|i'm|i’m|ich bin|je suis|soy|sono|ik ben|jestem){_BLANK}(?P<it>{_FULL})",
        0.6,
        ("i am", "i'm", "i’m", "ich bin", "je suis", "soy", "sono", "ik ben", "jestem"),
    )
    yield Announcement(
        "speaker on the telephone",
        "PERSON",
        rf"\b(?i:this is|hier ist|hier spricht){_BLANK}(?P<it>{_NAME})(?=[ \t]+(?:speaking|calling|from|here|von|aus)\b)",
        0.7,
        ("this is", "hier ist", "hier spricht"),
    )
    yield Announcement(
        "label",
        "PERSON",
        rf"(?:^|[^\w])(?i:{_any(words.NAME_LABELS)}){_T0}[:=]{_T0}(?:{title}{_BLANK})?(?P<it>{_NAME})",
        0.75,
        (":", "="),
    )
    yield Announcement(
        "short label",
        "PERSON",
        rf"(?:^|[^\w])(?i:{_any(words.SHORT_LABELS)}){_T0}[:=]{_T0}(?:{title}{_BLANK})?(?P<it>{_FULL})",
        0.6,
        (":", "="),
    )
    yield Announcement(
        "signature",
        "PERSON",
        rf"(?i:\b{_any(words.CLOSINGS)}){_T0}[,.!]?{_T0}(?:\r?\n{_T0}){{1,3}}(?P<it>{_NAME})(?={_T0}(?:\r?\n|,|$))",
        0.6,
        ("\n",),
    )
    suffix = rf"(?:,?{_S}(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|#)\.?{_S0}\w{{1,12}})?" + (
        rf"(?:,?{_S}{_CITY},?{_S}[A-Z]{{2}}(?:{_S}\d{{5}}(?:-\d{{4}})?)?\b)?"
    )
    yield Announcement(
        "number and street",
        "STREET_ADDRESS",
        rf"\b(?P<it>\d{{1,5}}[A-Za-z]?,?{_S}(?:(?:[NSEW]|North|South|East|West)\.?{_S})?"
        rf"(?:[{_UPPER}][\w.'’-]{{0,40}}{_S}|\d{{1,3}}(?:st|nd|rd|th){_S}){{1,4}}{_any(words.STREETS_AFTER)}\b\.?{suffix})",
        0.7,
        *_parts(words.STREETS_AFTER),
        digit=True,
    )
    town = rf"(?:,?{_ANY}(?:[A-Z]{{1,2}}-)?\d{{4,5}}(?:[ ][A-Z]{{2}})?{_S}{_CITY})?"
    yield Announcement(
        "street and number",
        "STREET_ADDRESS",
        rf"\b(?P<it>[{_UPPER}][\w.-]{{0,40}}(?:[ -][{_UPPER}][\w.-]{{0,40}}){{0,2}}"
        rf"(?:[ -]?(?i:{_any(words.STREET_ENDINGS)})){_S}{_NUMBER}{town})",
        0.7,
        tuple(words.STREET_ENDINGS),
        digit=True,
    )
    link = rf"(?:(?:de|du|des|la|le|les|el|los|las|del|da|do|dos|das|di|della|dei|san|santa){_S}|[lLdD]['’])"
    named = rf"{link}{{0,3}}[{_UPPER}\d][\w.'’-]{{0,40}}(?:{_S}{link}{{0,2}}[{_UPPER}][\w.'’-]{{0,40}}){{0,3}}"
    yield Announcement(
        "number, kind and name of the street",
        "STREET_ADDRESS",
        rf"\b(?P<it>\d{{1,4}}(?:[ ]?(?:bis|ter|quater))?,?{_S}(?i:{_any(words.STREETS_BEFORE_FR)}){_S}{named}{town})",
        0.7,
        tuple(words.STREETS_BEFORE_FR),
        digit=True,
    )
    yield Announcement(
        "kind, name and number of the street",
        "STREET_ADDRESS",
        rf"(?:^|(?<=[\s,;:(]))(?P<it>{_any(words.STREETS_BEFORE)}{_S0}{named},?{_S}"
        rf"(?:n\.?[º°]?{_S0}|núm\.?{_S0})?{_NUMBER}{town})",
        0.7,
        _lower(words.STREETS_BEFORE),
        digit=True,
    )
    yield Announcement(
        "post box",
        "STREET_ADDRESS",
        rf"\b(?P<it>(?i:{_any(words.BOXES)}){_S}\d{{1,6}})\b",
        0.7,
        ("box", "fach", "apartado", "postale", "postbus", "postal"),
        digit=True,
    )
    # Postal codes that say their country by their form, with the town; five digits alone are any number.
    for country, pattern in (
        ("gb", rf"{_CITY},?{_S}[A-Z]{{1,2}}\d[A-Z\d]?[ ]\d[A-Z]{{2}}\b"),
        ("us", rf"{_CITY},{_S}[A-Z]{{2}}{_S}\d{{5}}(?:-\d{{4}})?\b"),
        ("ca", rf"{_CITY},?{_S}[A-Z]{{2}}{_S}[A-Z]\d[A-Z][ ]?\d[A-Z]\d\b"),
        ("nl", rf"\b[1-9]\d{{3}}[ ][A-Z]{{2}}{_S}{_CITY}"),
        ("pl", rf"\b\d{{2}}-\d{{3}}{_S}{_CITY}"),
        ("pt", rf"\b\d{{4}}-\d{{3}}{_S}{_CITY}"),
        ("de", rf"(?:\b(?:D|DE|A|AT|CH|F|FR|E|ES|I|IT)-\d{{4,5}}|(?:^|(?<=[\n,])){_T0}\d{{5}}){_S}{_CITY}"),
    ):
        yield Announcement(f"postal code and town ({country})", "LOCATION", rf"(?P<it>{pattern})", 0.6, (), digit=True)
    date = _DATE.replace("MONTH", _any(words.MONTHS))
    yield Announcement(
        "date of birth",
        "DATE_OF_BIRTH",
        rf"(?i:(?<!\w){_any(words.BIRTH)}{_T0}(?:[:=(]|\bis\b|\bon\b|\bam\b|\bwas\b)?{_T0}(?P<it>{date}))",
        0.8,
        _lower(words.BIRTH),
        digit=True,
    )
    form = _any(words.LEGAL_FORMS)
    part = rf"(?!{form}(?!\w))[{_UPPER}][\w&.'’-]{{0,40}}"
    yield Announcement(
        "legal form",
        "ORGANIZATION",
        rf"(?<!\w)(?P<it>{part}"
        rf"(?:{_S}(?:(?:&|and|und|et|y|of|de|for|van|von|für|\+){_S})?{part}){{0,4}},?{_S}{form})(?!\w)",
        0.6,
        *_parts(words.LEGAL_FORMS),
    )


ANNOUNCEMENTS = tuple(_announcements())
KINDS = tuple(sorted({one.entity for one in ANNOUNCEMENTS}))
"""What can be announced."""
_FLAGS = re.MULTILINE
_CODE = re.compile(r"\d[A-Z]|\d-\d|\d{4}")
"""A part of every postal code that is looked for."""
_DIGIT, _LETTERS = re.compile(r"\d"), re.compile(r"[^\W\d_]+")
_TITLES = frozenset(title.lower() for title in words.TITLES)


class AnnouncedRecognizer(PatternRecognizer):  # type: ignore[misc]  # presidio has no type information
    """Finds one kind where words announce it.

    A match is the announced part alone, without the words before it; a word in capitals that is not a name is no match.
    """

    def __init__(self, entity: str) -> None:
        self._of = {one.name: one for one in ANNOUNCEMENTS if one.entity == entity}
        self._compiled = {name: re.compile(one.pattern, _FLAGS) for name, one in self._of.items()}
        self._all_need_a_digit = all(one.digit for one in self._of.values())
        self._are_codes = entity == "LOCATION"
        self._any_is_a_whole_word = any(one.whole for one in self._of.values())
        super().__init__(
            supported_entity=entity,
            name=f"Announced{entity}",
            supported_language="en",
            patterns=[Pattern(name, one.pattern, one.score) for name, one in self._of.items()],
            global_regex_flags=_FLAGS,
        )

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: Any = None, regex_flags: int | None = None
    ) -> list[Any]:
        """See `presidio_analyzer.EntityRecognizer.analyze`."""
        digit = _DIGIT.search(text) is not None
        if (not digit and self._all_need_a_digit) or (self._are_codes and _CODE.search(text) is None):
            return []
        lowered = text.lower()
        words_there = frozenset(_LETTERS.findall(lowered)) if self._any_is_a_whole_word else frozenset()
        results = []
        for pattern in self.patterns:
            one = self._of[pattern.name]
            if (one.digit and not digit) or not _may_match(one, lowered, words_there):
                continue
            for match in self._compiled[pattern.name].finditer(text):
                start, end = match.span("it")
                if one.entity == "PERSON" and _is_no_name(text[start:end]):
                    continue
                metadata = {
                    RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                    RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                }
                why = AnalysisExplanation(recognizer=self.name, original_score=one.score, pattern_name=one.name)
                results.append(RecognizerResult(one.entity, start, end, one.score, why, metadata))
        return PatternRecognizer.remove_duplicates(results)  # type: ignore[no-any-return]


def _may_match(one: Announcement, lowered: str, words_there: frozenset[str]) -> bool:
    """Whether a text may match, by its words in small letters: it is wrong in one direction alone."""
    if not one.triggers and not one.whole:
        return True
    return not one.whole.isdisjoint(words_there) or any(trigger in lowered for trigger in one.triggers)


def _is_no_name(announced: str) -> bool:
    first = next((word.lower() for word in re.split(r"[ \t.]+", announced) if len(word) > 1), "")
    return (
        first in words.NOT_NAMES
        or first in _TITLES
        or (announced.isupper() and len(announced) > 3 and " " not in announced)
    )


def recognizers() -> list[AnnouncedRecognizer]:
    """One recogniser for each kind that words can announce."""
    return [AnnouncedRecognizer(kind) for kind in KINDS]


__all__ = ["ANNOUNCEMENTS", "KINDS", "AnnouncedRecognizer", "Announcement", "recognizers"]
