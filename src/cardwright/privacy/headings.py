"""What the heading of a column says: whether the column names people, helps to tell them apart, or is of a special category.

A heading is evidence by itself: a column `full_name` holds names whether or not any detector can read one. Classification is by
the table of `heading_words`; a heading in another language, or a code such as `v17`, says nothing, which is no evidence that the
column is harmless.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from cardwright.privacy.heading_words import LANGUAGES, Concept, HeadingClass, concepts
from cardwright.record.base import look_latin

__all__ = ["CLASSES", "LANGUAGES", "Concept", "HeadingClass", "HeadingMeaning", "meaning", "quasi_identifiers", "terms"]

CLASSES: Mapping[HeadingClass, str] = {
    "direct_identifier": "direct identifier",
    "quasi_identifier": "quasi-identifier",
    "special_category": "special category (GDPR Art. 9, 10)",
    "secret": "secret",
}
"""The classes, in words."""

_CAMEL = re.compile(r"(?<=[a-zà-öø-ÿ0-9])(?=[A-ZÀ-ÖØ-Þ])")
_LATIN = re.compile(r"[A-Za-z]")
_BLANKS = re.compile(r"[\W_]+")
_WORD = re.compile(r"[a-z]+|\d+")
_SPELT = {"ä": "ae", "ö": "oe", "ü": "ue"}
_FORMER = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d"})

# A heading that ends so speaks about an address or a number, and holds none itself: `email_verified`, `phone_type`. A score or a
# count of what the other classes hold still tells of the person: `depression_score`.
_ABOUT = frozenset({
    "count", "counts", "type", "types", "flag", "verified", "valid", "validated", "confirmed", "missing", "format",
    "length", "opted", "optin", "optout", "consent", "sent", "opened", "clicked", "bounced", "rate", "ratio", "score",
    "model", "hash", "hashed", "domain", "encoding", "provider", "brand", "rank",
    "error", "errors", "policy", "anzahl", "typ", "tipo", "aantal", "liczba",
})  # fmt: skip
# Words that say it only where they are the whole heading; elsewhere they are parts of other words' meanings.
_WHOLE = frozenset({
    "cap", "cp", "rg", "nie", "pan", "handle", "bic", "ort", "job", "born", "male", "female", "health", "children",
    "login", "nir", "patient", "customer", "client", "employee", "person", "student", "member", "applicant",
    "participant", "respondent", "household", "pin", "rib", "voie", "plaats", "wiek", "cargo", "poste", "faith",
    "photo", "foto", "signature", "bildung", "mob", "acct", "vin", "spouse",
})  # fmt: skip
# `name` alone names whoever the row is about; after a word for a person it names that person, after any other a thing.
_BARE = frozenset({"name", "names", "nom", "nome", "nombre", "nombres", "naam"})
_PEOPLE = frozenset({
    "person", "people", "customer", "client", "patient", "employee", "user", "member", "student", "pupil",
    "applicant", "candidate", "tenant", "guest", "owner", "author", "contact", "borrower", "holder", "cardholder",
    "recipient", "sender", "teacher", "doctor", "physician", "nurse", "manager", "driver", "passenger", "victim",
    "witness", "donor", "subject", "participant", "respondent", "mother", "father", "child", "spouse", "husband",
    "wife", "partner", "parent", "guardian", "insured", "beneficiary", "buyer", "seller", "subscriber", "visitor",
    "player", "agent", "officer", "judge", "defendant", "lawyer", "staff", "worker", "their", "kunde", "kunden",
    "mitarbeiter", "cliente", "paciente", "paziente", "klant", "klient", "cust", "emp", "pat", "customers", "clients", "patients",
    "employees", "members", "students", "users", "persons", "applicants", "patienten", "mitarbeiters", "clientes", "pacientes",
    "pazienti", "clienti", "clienta", "klienta", "salarie", "empleado", "dipendente",
})  # fmt: skip
_OF = frozenset({"of", "the", "de", "du", "des", "der", "del", "della", "do", "da", "van", "le", "la", "l"})


@dataclass(frozen=True)
class HeadingMeaning:
    """What a heading speaks of."""

    concept: Concept
    term: str
    """The term of the table that was found in it."""
    languages: tuple[str, ...]
    """Codes of the languages that have the term."""

    @property
    def kind(self) -> HeadingClass:
        """The class of the column."""
        return self.concept.kind

    @property
    def tells_apart(self) -> bool:
        """Whether the column counts towards k-anonymity."""
        return self.concept.kind == "quasi_identifier" or self.concept.quasi


@lru_cache(maxsize=16_384)
def meaning(heading: str) -> HeadingMeaning | None:
    """What a heading speaks of; None if the table has no word of it.

    Words are parted at capitals, digits and anything that is no letter; marks of letters are dropped. The longest term wins.

    Examples
    --------
    >>> [found.concept.name if (found := meaning(h)) else None for h in ("home_address", "Geburtsdatum", "ipAddress", "v17")]
    ['address', 'birth_date', 'technical_address', None]
    >>> [meaning(h) is None for h in ("product_name", "email_verified", "page", "european_union")]
    [True, True, True, True]
    """
    words = _parts(heading)
    table, longest = _table()
    for size in range(min(longest, len(words)), 0, -1):
        for start in range(len(words) - size + 1):
            entry = table.get(words[start : start + size])
            if entry is None:
                continue
            term, concept, languages = entry
            if start and words[start - 1] in concept.not_after:
                continue
            if size == 1 and words[start] in _BARE and not _is_of_a_person(words, start):
                continue
            if size == 1 and words[start] in _WHOLE and len(words) > 1:
                continue
            if concept.kind in ("direct_identifier", "secret") and words[-1] in _ABOUT and size < len(words):
                continue
            return HeadingMeaning(concept, term, languages)
    return None


def quasi_identifiers(headings: Iterable[str]) -> tuple[str, ...]:
    """Those of a table's columns whose headings speak of what could tell people apart together, in the order given.

    >>> quasi_identifiers(["income", "zip", "birth_date", "race", "full_name"])
    ('zip', 'birth_date', 'race')
    """
    return tuple(name for name in headings if (concept := meaning(name)) is not None and concept.tells_apart)


@cache
def terms() -> int:
    """How many terms the table has, all languages together."""
    return sum(1 for concept in concepts() for words_of_language in concept.words.values() for _ in words_of_language)


def _is_of_a_person(words: tuple[str, ...], at: int) -> bool:
    """Whether a bare `name` is a person's: alone, after a word for a person, or before one (`nom_client`, `name of patient`)."""
    after = next((word for word in words[at + 1 :] if word not in _OF), "")
    if after in _PEOPLE:
        return True
    if at:
        return words[at - 1] in _PEOPLE
    return len(words) == 1 or all(word.isdigit() for word in words[1:])


def _parts(heading: str) -> tuple[str, ...]:
    # Hidden characters part words in no reader's eyes, and a Cyrillic letter among Latin ones is read as the Latin one.
    seen = unicodedata.normalize("NFKC", heading[:200])
    seen = "".join(letter for letter in seen if unicodedata.category(letter) != "Cf")
    words = (look_latin(word) if _LATIN.search(word) else word for word in _BLANKS.split(_CAMEL.sub(" ", seen)))
    return tuple(_WORD.findall(_plain(" ".join(words))))


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_FORMER))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _spellings(term: str) -> Iterator[tuple[str, ...]]:
    """How a term may stand in a heading: its words, the same as one word, and umlauts written as two letters."""
    for spelt in {term, "".join(_SPELT.get(letter, letter) for letter in term)}:
        words = tuple(_WORD.findall(_plain(spelt)))
        yield words
        if len(words) > 1 and len("".join(words)) >= 6:
            yield ("".join(words),)


@cache
def _table() -> tuple[Mapping[tuple[str, ...], tuple[str, Concept, tuple[str, ...]]], int]:
    table: dict[tuple[str, ...], tuple[str, Concept, tuple[str, ...]]] = {}
    for concept in concepts():
        for language, words_of_language in concept.words.items():
            for term in words_of_language:
                for words in _spellings(term):
                    known = table.setdefault(words, (term, concept, (language,)))
                    if known[1] is concept and language not in known[2]:
                        table[words] = (known[0], concept, (*known[2], language))
    return table, max(map(len, table))
