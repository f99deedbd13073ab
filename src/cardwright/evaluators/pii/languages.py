"""Which languages texts are in, as far as it decides whose national numbers are looked for.

Told by the share of small words that one of these languages has and the others do not (articles, prepositions, conjunctions),
and by scripts that one language alone is written in. It chooses recognisers and is not a measurement.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_WORDS = {
    "de": "der die das und nicht ist ich sie mit auf für von dem den eine einen wird sind auch bei nach über oder wir aus zum",
    "es": "el los las y que una por para con del como más pero sus está son fue esta también hay muy cuando porque",
    "it": "il gli che di non è per una sono della con del dei anche più come questo nella alla ma ho perché",
    "pl": "i w nie na jest się z do że jak ale po tak dla przez są od oraz był jego tylko może",
    "sv": "och att det som en på är av för med till den inte om har jag ett men var vi",
    "fi": "ja on ei että se hän oli mutta ovat kun niin myös tai joka sen ole kuin mitä",
    "tr": "ve bir bu için ile de da çok daha olarak ben ama gibi kadar olan değil var ne",
}
_SCRIPTS = {
    "ko": re.compile(r"[\uac00-\ud7a3]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
}
COUNTRIES_OF = {
    "de": ("de",), "es": ("es",), "it": ("it",), "pl": ("pl",), "sv": ("se",), "fi": ("fi",), "tr": ("tr",), "ko": ("kr",),
    "th": ("th",), "hi": ("in",),
}  # fmt: skip
"""The countries with recognisers of their own that are looked for where a language is found."""
LEAST_WORDS, LEAST_SHARE, LEAST_KINDS = 20, 0.04, 4
"""Of fewer words nothing is said; at least this many of them, and this many different ones, are small words of the language
alone."""


def _own_words() -> dict[str, frozenset[str]]:
    words = {language: frozenset(text.split()) for language, text in _WORDS.items()}
    often = Counter(word for one in words.values() for word in one)
    # "de", "den", "die" stand in several languages, and in English as a verb: only what one of them has tells it.
    english = frozenset("die den bin war also do no on to in me a is by as at be men i".split())  # noqa: SIM905  words read better than quotes
    return {language: frozenset(w for w in one if often[w] == 1) - english for language, one in words.items()}


_OWN = _own_words()


def languages_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The languages that texts are in beside English, sorted; each needs a share of its own small words.

    >>> languages_of(["Der Antrag wird geprüft, und Sie sind auch für die Zahlung zuständig."] * 2)
    ('de',)
    """
    words: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for text in texts:
        words.update(re.findall(r"[^\W\d_]+", text.lower()))
        letters.update({language: len(script.findall(text)) for language, script in _SCRIPTS.items()})
    total = sum(words.values())
    languages = {language for language, count in letters.items() if count >= LEAST_WORDS}
    for language, own in _OWN.items():
        hits = {word: words[word] for word in own if words[word]}
        if total >= LEAST_WORDS and len(hits) >= LEAST_KINDS and sum(hits.values()) >= LEAST_SHARE * total:
            languages.add(language)
    return tuple(sorted(languages))


def countries_of_languages(languages: Iterable[str]) -> tuple[str, ...]:
    """The countries whose own numbers are looked for where texts are in these languages."""
    return tuple(sorted(country for language in languages for country in COUNTRIES_OF[language]))


def countries_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The countries whose own numbers are looked for in texts, beside those of English."""
    return countries_of_languages(languages_of(texts))


__all__ = ["COUNTRIES_OF", "countries_of", "countries_of_languages", "languages_of"]
