"""The detector of one process: made when it is first needed, shared by all evaluations, silent, and on its own.

Texts go in as they are and come out as places; nothing a text holds reaches a log, an error or a file.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from cardwright.errors import EvidenceError, MissingExtraError
from cardwright.privacy.folding import fold, unfolded
from cardwright.privacy.patterns import Hit

Mode = Literal["fast", "stock"]

LONG = 100_000
"""Longer texts are read in windows of this many characters."""
OVERLAP = 10_000
"""How much of its neighbours a window sees, so that what lies across a cut is found whole; the longest form has 8,100."""
_REMEMBERED_TEXTS = 20_000
_REMEMBERED_LENGTH = 200
_LOGGERS = ("presidio-analyzer", "presidio_analyzer", "tldextract", "phonenumbers", "spacy")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class DetectedHits:
    """What was found in some texts."""

    hits: tuple[tuple[Hit, ...], ...]
    """The raw hits of each text, in the order of its characters."""
    timed_out: int
    """Patterns that presidio gave up because they took too long; each may have missed something."""
    windowed: int
    """Texts that were read in windows."""


class Detector:
    """Finds personal data in texts, as presidio does."""

    def __init__(self, countries: tuple[str, ...] | None, also: tuple[str, ...] = ()) -> None:
        from cardwright.evaluators.pii import fast, presidio

        self.countries = countries
        self.also = also
        """Countries that the language of the texts has brought."""
        self._stock = presidio.analyzer(countries, also)
        self._fast = fast.FastAnalyzer(self._stock)
        self._nlp = self._stock.nlp_engine.nlp
        self._lock = threading.RLock()
        self._remembered: OrderedDict[tuple[str, tuple[str, ...]], tuple[Hit, ...]] = OrderedDict()
        recognizers = self._stock.registry.recognizers
        self.entities: tuple[str, ...] = tuple(sorted({e for r in recognizers for e in r.get_supported_entities()}))
        """Every kind it can find."""
        self.recognizers: int = len(recognizers)
        """How many recognisers look."""
        self.context_words = frozenset(word.lower() for r in recognizers for word in r.context or ())
        """Words that raise a score where they stand nearby."""
        self.context_of: dict[str, frozenset[str]] = {
            entity: frozenset(
                w.lower() for r in recognizers if entity in r.get_supported_entities() for w in r.context or ()
            )
            for entity in self.entities
        }
        """The same, by kind."""
        self.uses_re2: bool = self._fast.uses_re2

    def __reduce__(self) -> tuple[Any, ...]:
        # Wherever it is sent it is made anew, once in each process, from what is installed there.
        return detector, (self.countries, self.also)

    def scan(self, texts: Sequence[str], context: Sequence[str] = (), mode: Mode = "fast") -> DetectedHits:
        """The raw hits of texts.

        Parameters
        ----------
        texts
            Of any length.
        context
            Words that stand for the surroundings of every text, e.g. those of the column's name.
        mode
            `stock`: presidio's own engine. `fast`: the same findings, sooner (`fast.FastAnalyzer`).

        Raises
        ------
        EvidenceError
            If a recogniser fails; says how long the text was, and nothing it holds.
        """
        words = tuple(context)
        windowed = sum(len(text) > LONG for text in texts)
        with self._lock, _quiet() as given_up, self._memory():
            hits = tuple(self._remember(text, words, mode) for text in texts)
        return DetectedHits(hits, given_up.count, windowed)

    def _memory(self) -> Any:
        # spaCy keeps every word it has seen for good, unless told that they are wanted for a while only (3.8 and later).
        zone = getattr(self._nlp, "memory_zone", None)
        return zone() if zone is not None else nullcontext()

    def _remember(self, text: str, context: tuple[str, ...], mode: Mode) -> tuple[Hit, ...]:
        if mode == "stock" or len(text) > _REMEMBERED_LENGTH:
            return self._scan(text, context, mode)
        key = (text, context)
        known = self._remembered.get(key)
        if known is None:
            known = self._remembered[key] = self._scan(text, context, mode)
            if len(self._remembered) > _REMEMBERED_TEXTS:
                self._remembered.popitem(last=False)
        else:
            self._remembered.move_to_end(key)
        return known

    def _scan(self, text: str, context: tuple[str, ...], mode: Mode) -> tuple[Hit, ...]:
        if not text.strip():
            return ()
        folded, places = fold(_LONE_SURROGATE.sub("\ufffd", text))
        hits = self._places(folded, context, mode)
        if places is not None:
            hits = {Hit(hit.entity, *unfolded(hit.start, hit.end, places), hit.score) for hit in hits}
        return tuple(sorted(hits))

    def _places(self, text: str, context: tuple[str, ...], mode: Mode) -> set[Hit]:
        """What is found in a text that patterns can read."""
        if len(text) <= LONG:
            return set(self._analyze(text, context, mode))
        hits: set[Hit] = set()
        for start, end in windows(text):
            base = max(0, start - OVERLAP)
            for hit in self._analyze(text[base : end + OVERLAP], context, mode):
                if start <= base + hit.start < end:
                    hits.add(Hit(hit.entity, base + hit.start, base + hit.end, hit.score))
        return hits

    def _analyze(self, text: str, context: tuple[str, ...], mode: Mode) -> list[Hit]:
        try:
            if mode == "fast":
                results = self._fast.analyze(text, context)
            else:
                results = self._stock.analyze(text, language="en", context=list(context))
        except Exception as exc:  # noqa: BLE001  messages of presidio quote the text ("Did not find word …"); only the type may go on
            raise EvidenceError(
                f"the detector of personal data failed ({type(exc).__name__}) on a text of {len(text)} characters",
                do="Report it to the library presidio-analyzer; the plan can leave the column out with `columns`.",
            ) from None
        return [Hit(result.entity_type, result.start, result.end, float(result.score)) for result in results]


def windows(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of at most `LONG` characters that cover a text, cut at a line's end or a blank where there is one near."""
    start = 0
    while start < len(text):
        end = min(start + LONG, len(text))
        if end < len(text):
            near = max(text.rfind("\n", end - OVERLAP, end), text.rfind(" ", end - OVERLAP, end))
            end = near + 1 if near > 0 else end
        yield start, end
        start = end


class _GivenUp(logging.Filter):
    """Keeps every message of the detector from the log, and counts those that say a pattern was given up."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        # presidio logs texts it failed to validate, and at debug level the words around each match.
        self.count += "timed out" in str(record.msg)
        return False


@contextmanager
def _quiet() -> Iterator[_GivenUp]:
    given_up = _GivenUp()
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(given_up)
    try:
        yield given_up
    finally:
        for logger in loggers:
            logger.removeFilter(given_up)


_detectors: dict[tuple[str, ...] | None, Detector] = {}
_detectors_also: dict[tuple[str, ...], Detector] = {}
_making = threading.Lock()


def detector(countries: Sequence[str] | None = None, also: tuple[str, ...] = ()) -> Detector:
    """The process's detector for a choice of countries; the first call takes seconds.

    Parameters
    ----------
    countries
        Codes of the countries whose own numbers are looked for (`us`, `uk`, `de` …); None is presidio's choice for English
        (`us`, the British NHS number), an empty list is none.
    also
        If no countries are chosen: those that the language of the texts brings beside presidio's choice.

    Raises
    ------
    MissingExtraError
        If presidio-analyzer or spaCy is not installed.
    UsageError
        If there is no recogniser for a country.
    """
    try:
        from cardwright.evaluators.pii import presidio
    except ImportError as exc:
        library = {"spacy": "spacy", "tldextract": "tldextract"}.get(
            (exc.name or "").split(".")[0], "presidio-analyzer"
        )
        raise MissingExtraError(library, "text", "looking for personal data") from exc
    chosen = None if countries is None else presidio.country_codes(countries)
    with _making:
        if chosen is None and also:
            if also not in _detectors_also:
                with _quiet():
                    _detectors_also[also] = Detector(None, also)
            return _detectors_also[also]
        if chosen not in _detectors:
            with _quiet():
                _detectors[chosen] = Detector(chosen)
        return _detectors[chosen]


def versions() -> dict[str, str]:
    """The libraries that decide what is found, and their versions."""
    installed = {}
    for package in ("presidio-analyzer", "spacy", "phonenumbers", "tldextract", "google-re2"):
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            installed[package] = "not installed"
    return installed
