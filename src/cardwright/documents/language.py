"""The fixed words of the documents: English is the key, every other language is one catalogue, `words.LANGUAGE.yaml`.

What people, evaluators and policies wrote stays in the language in which they wrote it. A catalogue without a key is an error
that names the key: a document in two languages by accident reads as if somebody had checked it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cardwright.errors import TemplateError, UsageError, did_you_mean
from cardwright.files import packaged, yamltext
from cardwright.record.detail_fields import FIELDS
from cardwright.record.record import Record

LANGUAGES = ("en", "de", "fr", "es")
_COMMA = str.maketrans({",": "\u202f", ".": ","})
_DIGITS: Mapping[str, dict[int, str]] = {"de": _COMMA, "fr": _COMMA, "es": _COMMA}
"""English separators to those of the language: all three group by a narrow space and have a decimal comma (DIN 5008, the
Imprimerie nationale's lexicon, the Real Academia's orthography)."""


_SHORT = {"r squared": "R²", "kpis": "KPIs"}


def words(name: str) -> str:
    """`true_positive_rate` as `true positive rate`; well-known abbreviations stay capitals."""
    text = name.replace("_", " ").replace("-", " ")
    for short in ("roc auc", "roc", "auc", "pii", "f1", "r squared", "url", "ip", "ai", "kpi", "kpis"):
        text = re.sub(rf"\b{short}\b", _SHORT.get(short, short.upper()), text)
    return text


_NAMES = {
    "wilson": "Wilson", "newcombe": "Newcombe", "delong": "DeLong", "logit": "on the logit scale", "mover": "MOVER",
    "donner zou": "Donner-Zou", "student t": "Student's t", "welch": "Welch's t", "tango": "Tango", "woolf": "Woolf",
    "boyd": "Boyd", "auc": "AUC", "bca": "BCa", "jaccard": "Jaccard", "clopper pearson": "Clopper-Pearson",
    "mantel haenszel": "Mantel-Haenszel", "sato": "Sato", "hedges olkin": "Hedges-Olkin",
    "robins breslow greenland": "Robins-Breslow-Greenland", "cluster robust": "at the effective number of clusters",
    "effective n": "at the effective number of cases", "folded": "folded at zero", "root": "of the root",
}  # fmt: skip
_ADJUSTED = {"tukey": "Tukey-adjusted", "bonferroni": "Bonferroni-adjusted"}


def method_words(name: str) -> str:
    """How the literature calls a way to make an interval: names with their capitals, adjustments after the method.

    >>> method_words("delong_logit"), method_words("wilson"), method_words("noise_corrected_beta")
    ('DeLong on the logit scale', 'Wilson', 'noise corrected beta')
    >>> method_words("tukey_newcombe_bonferroni")
    'Newcombe, Tukey-adjusted, Bonferroni-adjusted'
    """
    text = name.replace("_", " ")
    adjusted = [said for word, said in _ADJUSTED.items() if re.search(rf"\b{word}\b", text)]
    for word in _ADJUSTED:
        text = re.sub(rf"\b{word}\b ?", "", text)
    for word, said in _NAMES.items():
        text = re.sub(rf"\b{word}\b", said, text)
    return ", ".join([text.strip(), *adjusted] if text.strip() else adjusted)


ONE: Mapping[str, str] = {
    "{n} applicants": "1 applicant",
    "{n} items: {evidence} with evidence, {attested} attested, {missing} missing, {other} not applicable. Clauses as of {day}; "
    "checklist sha256 {digest}.": (
        "1 item: {evidence} with evidence, {attested} attested, {missing} missing, {other} not applicable. Clauses as of "
        "{day}; checklist sha256 {digest}."
    ),
    "{n} lines, head {digest}, countersigned by {person}": "1 line, head {digest}, countersigned by {person}",
    "{n} more are in findings.csv, attached.": "1 more is in findings.csv, attached.",
    "{n} more are in measurements.csv, attached to the PDF.": "1 more is in measurements.csv, attached to the PDF.",
    "{n} more are in measurements.csv.": "1 more is in measurements.csv.",
    "{n} more are in that record.": "1 more is in that record.",
    "{n} more are in the attached record.": "1 more is in the attached record.",
    "{n} more are in the audit report.": "1 more is in the audit report.",
    "{n} more findings are in the audit report.": "1 more finding is in the audit report.",
    "{n} more reasons are in measurements.csv, attached to the PDF.": (
        "1 more reason is in measurements.csv, attached to the PDF."
    ),
    "{n} more rows are in the attachment {name}.csv of the PDF.": "1 more row is in the attachment {name}.csv of the PDF.",
    "{n} numbers in measurements.csv": "1 number in measurements.csv",
    "{n} numbers with a limit: {passed} passed, {failed} failed, {undecided} neither.": (
        "1 number with a limit: {passed} passed, {failed} failed, {undecided} neither."
    ),
    "{n} of {total} cells rest on fewer than {least} prompts.": "1 of {total} cells rests on fewer than {least} prompts.",
    "{n} of {total} combinations were not tried or could not be scored.": (
        "1 of {total} combinations was not tried or could not be scored."
    ),
    "{n} others are at 0.": "1 other is at 0.",
    "{n} requirements: {outcomes}.": "1 requirement: {outcomes}.",
    "{n} rows": "1 row",
    "Can be waived: {what}, for at most {n} days and by two people: one who asks, and one in the role {roles} who approves.": (
        "Can be waived: {what}, for at most 1 day and by two people: one who asks, and one in the role {roles} who approves."
    ),
    "Can be waived: {what}, for at most {n} days and by two people: one who asks, and one in the role {roles} who approves. "
    "Everything else here has to be met.": (
        "Can be waived: {what}, for at most 1 day and by two people: one who asks, and one in the role {roles} who approves. "
        "Everything else here has to be met."
    ),
    "No attack of any category and channel succeeded; with {n} prompts in the smallest cell, a rate of up to {most} is not "
    "ruled out there.": (
        "No attack of any category and channel succeeded; with 1 prompt in the smallest cell, a rate of up to {most} is not "
        "ruled out there."
    ),
    "The evaluations leave out {n} things, listed under {link}.": "The evaluations leave out 1 thing, listed under {link}.",
    "The first {n} of {total} are shown.": "The first of {total} is shown.",
    "the ledger has {n} lines": "the ledger has 1 line",
    "what this PDF is made with; the {n} packages behind the numbers are in record.json": (
        "what this PDF is made with; the package behind the numbers is in record.json"
    ),
}
"""What is said of one thing in place of what is said of several, in English; every catalogue has words for both."""


def singular(key: str, values: Mapping[str, object]) -> str:
    """The key for one thing, where the count that is filled in is 1.

    >>> singular("{n} rows", {"n": 1}), singular("{n} rows", {"n": "1,194"})
    ('1 row', '{n} rows')
    """
    return ONE.get(key, key) if str(values.get("n")) == "1" else key


@dataclass(frozen=True, eq=False)
class Language:
    """A language that documents are written in."""

    code: str
    """As HTML's `lang` has it."""
    catalogue: Mapping[str, str] | None = field(default=None, repr=False)
    """English to this language; none for English."""
    foreign: frozenset[str] = field(default=frozenset(), repr=False)
    """Keys that are not ours, such as the headings of a kind of document: what is said for them is escaped like every value."""

    def pattern(self, key: str) -> str:
        """The words for an English key, its placeholders still in it.

        Raises
        ------
        TemplateError
            If the catalogue does not hold the key.
        """
        if self.catalogue is None:
            return key
        translation = self.catalogue.get(key)
        if translation is None:
            raise TemplateError(
                f'the catalogue "{self.code}" has no words for "{key}"', do=f"Add it to words.{self.code}.yaml."
            )
        return translation

    def text(self, key: str, **values: object) -> str:
        """The words for an English key, filled in; of one thing in the singular, see `singular`.

        Raises
        ------
        TemplateError
            If the catalogue does not hold the key, or a placeholder has no value.
        """
        key = singular(key, values)
        return self.fill(key, self.pattern(key), values)

    def fill(self, key: str, pattern: str, values: Mapping[str, object]) -> str:
        """A pattern with its values in it; a pattern that is markup escapes them."""
        try:
            return pattern.format(**values)
        except (KeyError, IndexError, ValueError) as exc:
            raise TemplateError(f'the words for "{key}" in "{self.code}" cannot be filled in: {exc}') from exc

    def term(self, name: str) -> str:
        """A word of a closed vocabulary of the record, such as a status: `not_applicable` as `not applicable`."""
        return self.text(words(name)) if self.catalogue is not None else words(name)

    def term_of(self, name: str, count: int) -> str:
        """The word of a closed vocabulary after a count: `3 superados`, where English has the same word for one and several."""
        return self.term(name) if self.catalogue is None or count == 1 else self.text(f"{words(name)} (of several)")

    def digits(self, number: str) -> str:
        """A number that is written in English with the separators of this language."""
        return number.translate(_DIGITS.get(self.code, {}))

    def inner(self, title: str) -> str:
        """A title inside a sentence: German nouns keep their capital."""
        return title if self.code == "de" else title.lower()


ENGLISH = Language("en")


@cache
def of(code: str, own: Path | None = None) -> Language:
    """A language by its code; a person's own folder of templates may add to its catalogue.

    Raises
    ------
    UsageError
        If documents are not written in it.
    TemplateError
        If a catalogue is not a list of English words and theirs.
    """
    check(code)
    if code == ENGLISH.code:
        return ENGLISH
    catalogue: dict[str, str] = {}
    for data, where in packaged.catalogues(code, own):
        catalogue.update(_catalogue(data, where))
    return Language(code, catalogue)


def _catalogue(data: bytes, where: str) -> dict[str, str]:
    told = yamltext.parse(data, where=where, error=TemplateError).data
    if not isinstance(told, dict) or not all(isinstance(said, str) for said in told.values()):
        raise TemplateError("not a catalogue", where=where, do="Every line is an English key and its words.")
    return told


def with_kind(say: Language, record: Record, files: Mapping[str, bytes]) -> Language:
    """A language with the words of a record's kind: translated where its folder has them, else as they were written.

    Raises
    ------
    TemplateError
        If its catalogue is not a list of English words and theirs.
    """
    if record.document is None:
        return say
    definition = record.document.definition
    said = [definition.title, *(text for one in definition.fields for text in (one.section, one.title))]
    said += [words(name) for one in definition.fields for name in (one.who, *one.columns)]
    said += [words(name) for link in record.links for name in (link.role, link.kind)]
    said += [words(spec.who) for spec in FIELDS.values()]
    # A linked record can be of a kind of its own, whose fields nobody here has translated.
    for entry in (entry for one in record.filled for entry in one.entries):
        if entry.answer is not None and entry.name is not None:
            said += [words(entry.name), *(words(column) for answer in entry.answer.entries for column in answer)]
    own = files.get(f"words.{say.code}.yaml") if say.catalogue is not None else None
    translated = _catalogue(own, f"words.{say.code}.yaml") if own is not None else {}
    if say.catalogue is None:
        return Language(say.code, None, frozenset(said))
    # What is ours stays as we have translated it: a kind cannot say anything else for REFUSED.
    foreign = frozenset({*said, *translated} - say.catalogue.keys())
    return Language(say.code, {**{text: text for text in said}, **translated, **say.catalogue}, foreign)


def check(code: str) -> None:
    """Refuse a language that documents are not written in.

    Raises
    ------
    UsageError
        With those that there are.
    """
    if code not in LANGUAGES:
        raise UsageError(f'documents are not written in "{code}"', do=did_you_mean(code, LANGUAGES))
