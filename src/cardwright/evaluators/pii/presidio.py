"""presidio-analyzer set up to run alone: no model, no download, no look-up. Import it through `engine`.

Five things differ from `AnalyzerEngine()` as it comes:

1. The language engine is a blank English tokeniser, whose lemmas are the lower-cased tokens. Without lemmas presidio finds no
   context word and says nothing about it.
2. E-mail addresses are validated against the list of public suffixes that comes with tldextract; as it comes, the first
   address would be looked up at publicsuffix.org.
3. Secrets, and what the screening of records looks for, have a recogniser.
4. The countries whose own numbers are looked for are chosen by the plan.
5. Names, addresses and dates of birth that words announce have a recogniser each (`announced`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cardwright.evaluators.pii import light_import  # noqa: F401  isort: skip  before presidio and spaCy

import spacy
import tldextract
from presidio_analyzer import (
    AnalysisExplanation,
    AnalyzerEngine,
    EntityRecognizer,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer import predefined_recognizers as predefined
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

from cardwright.errors import UsageError, did_you_mean
from cardwright.evaluators.pii import announced
from cardwright.privacy.patterns import SCREENED, light_hits
from cardwright.privacy.secret_forms import forms
from cardwright.privacy.showing import shortened

LANGUAGE = "en"


class BlankEnglish(NlpEngine):  # type: ignore[misc]  # presidio has no type information
    """Tokens of a blank spaCy pipeline, lower-cased as their own lemmas; no entities."""

    engine_name = "blank_english"
    is_available = True

    def __init__(self) -> None:
        self.nlp: Any = None

    def load(self) -> None:
        """Make the tokeniser; nothing is read but the package itself."""
        self.nlp = spacy.blank(LANGUAGE)
        self.nlp.max_length = 10_000_000  # longer texts come in pieces; presidio alone raises at a million characters

    def is_loaded(self) -> bool:
        """Whether `load` was called."""
        return self.nlp is not None

    def process_text(self, text: str, language: str) -> Any:
        """See `presidio_analyzer.nlp_engine.NlpEngine.process_text`."""
        doc = self.nlp(text)
        return NlpArtifacts(
            entities=[],
            tokens=doc,
            tokens_indices=[token.idx for token in doc],
            lemmas=[token.lower_ for token in doc],
            nlp_engine=self,
            language=language,
            scores=[],
        )

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, as_tuples: bool = False
    ) -> Iterator[tuple[str, Any]]:
        """See `presidio_analyzer.nlp_engine.NlpEngine.process_batch`."""
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        """Whether a word is too common to be context."""
        return bool(self.nlp.vocab[word].is_stop)

    def is_punct(self, word: str, language: str) -> bool:
        """Whether a word is punctuation."""
        return bool(self.nlp.vocab[word].is_punct)

    def get_supported_entities(self) -> list[str]:
        """None: names of people and places take a trained model."""
        return []

    def get_supported_languages(self) -> list[str]:
        """English alone."""
        return [LANGUAGE]


_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True)


class OfflineEmailRecognizer(predefined.EmailRecognizer):  # type: ignore[misc]  # presidio has no type information
    """presidio's recogniser of e-mail addresses, with the bundled list of public suffixes."""

    def validate_result(self, pattern_text: str) -> bool:
        """Whether the domain ends with a public suffix."""
        return bool(_suffixes(pattern_text).fqdn != "")


class ScreeningRecognizer(EntityRecognizer):  # type: ignore[misc]  # presidio has no type information
    """Secrets, and personal data as the screening of records sees them: what stops a record is found here too.

    A form that lacks its context word is named with a low score, which a word of the column's name can raise.
    """

    def __init__(self, *, without: frozenset[str] = frozenset()) -> None:
        self.without = without
        entities = sorted(({form.entity for form in forms()} | set(SCREENED)) - without)
        context = sorted({word for form in forms() for word in form.context})
        super().__init__(supported_entities=entities, name="Screening", supported_language=LANGUAGE, context=context)

    def load(self) -> None:
        """Nothing has to be loaded."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
        """See `presidio_analyzer.EntityRecognizer.analyze`."""
        results = []
        for one in light_hits(text, weak=True):
            if one.entity in self.without:
                continue
            metadata = {
                RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
            }
            why = AnalysisExplanation(recognizer=self.name, original_score=one.score)
            results.append(RecognizerResult(one.entity, one.start, one.end, one.score, why, metadata))
        return EntityRecognizer.remove_duplicates(results) if results else results


_OF_A_COUNTRY = frozenset({"US_SSN"})
"""What the screening sees of the United States alone; it is not looked for where the plan names other countries."""

# Recognisers of presidio that hold for every country.
_EVERYWHERE = (
    "CreditCardRecognizer", "CryptoRecognizer", "DateRecognizer", "IbanRecognizer", "IpRecognizer", "MacAddressRecognizer",
    "UrlRecognizer", "UuidRecognizer",
)  # fmt: skip
# Those of one country that presidio switches on for English by itself.
_BY_DEFAULT = (
    "MedicalLicenseRecognizer", "NhsRecognizer", "UsBankRecognizer", "UsItinRecognizer", "UsLicenseRecognizer",
    "UsPassportRecognizer", "UsSsnRecognizer",
)  # fmt: skip


def by_country() -> dict[str, list[type[Any]]]:
    """Every installed recogniser that is one country's own, by the country's code, sorted."""
    recognisers: dict[str, list[type[Any]]] = {}
    for name in sorted(dir(predefined)):
        recognizer = getattr(predefined, name)
        country = getattr(recognizer, "COUNTRY_CODE", None)
        if country and isinstance(recognizer, type) and issubclass(recognizer, EntityRecognizer):
            recognisers.setdefault(str(country).lower(), []).append(recognizer)
    return dict(sorted(recognisers.items()))


def country_codes(countries: Iterable[str]) -> tuple[str, ...]:
    """Codes as presidio writes them (`uk` for `gb`), sorted.

    Raises
    ------
    UsageError
        If there is no recogniser for a country.
    """
    known = by_country()
    wanted = {{"gb": "uk"}.get(country.lower(), country.lower()) for country in countries}
    for country in sorted(wanted):
        if country not in known:
            raise UsageError(
                f'there are no recognisers for the country "{shortened(country, 20)}"',
                where="pii: countries",
                do=did_you_mean(country, known),
            )
    return tuple(sorted(wanted))


def recognizers(countries: tuple[str, ...] | None, also: tuple[str, ...] = ()) -> list[Any]:
    """presidio's recognisers for every country, those of the countries (None: its own choice for English, and those of the
    countries in `also`), and the screening of records.
    """
    known = by_country()
    if countries is None:
        default = [getattr(predefined, name) for name in _BY_DEFAULT]
        own = [*default, *(one for country in also for one in known[country] if one not in default)]
    else:
        own = [recognizer for country in countries for recognizer in known[country]]
    made = [
        *(getattr(predefined, name)(supported_language=LANGUAGE) for name in _EVERYWHERE),
        OfflineEmailRecognizer(supported_language=LANGUAGE),
        *(recognizer(supported_language=LANGUAGE) for recognizer in own),
    ]
    flags = RecognizerRegistry().global_regex_flags
    for recognizer in made:
        if isinstance(recognizer, PatternRecognizer):
            # As presidio's own registry does when it loads its list: without it IBANs in small letters are lost.
            recognizer.global_regex_flags = flags
    regions = list(predefined.PhoneRecognizer.DEFAULT_SUPPORTED_REGIONS)
    more = sorted({"GB" if country == "uk" else country.upper() for country in countries or also} - set(regions))
    return [
        *made,
        predefined.PhoneRecognizer(supported_language=LANGUAGE, supported_regions=(*regions, *more)),
        ScreeningRecognizer(without=_OF_A_COUNTRY if countries is not None and "us" not in countries else frozenset()),
        *announced.recognizers(),
    ]


def analyzer(countries: tuple[str, ...] | None = None, also: tuple[str, ...] = ()) -> Any:
    """presidio's own engine over these recognisers; `analyze(text, language="en")` gives the findings that count as right."""
    language = BlankEnglish()
    language.load()
    registry = RecognizerRegistry(recognizers=recognizers(countries, also), supported_languages=[LANGUAGE])
    return AnalyzerEngine(registry=registry, nlp_engine=language, supported_languages=[LANGUAGE])
