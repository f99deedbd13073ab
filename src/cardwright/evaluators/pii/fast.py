"""The findings of presidio's engine, sooner: recognisers run where their pattern can match, tokens are made where context counts.

Nothing that decides is done anew. Each recogniser that may find something runs as it is, and so does presidio's removal of
duplicates; what is left out cannot change a finding:

1. One pass of RE2 over all patterns at once, each widened to what it surely contains (`relax`), says which recognisers may match.
   Without RE2 the characters of the text say it, less sharply. Beyond ASCII all run.
2. Telephone numbers are looked for once, not once for each region (`phones`).
3. Context raises a score only if a context word of the recogniser is in the text or in the name of the column; only
   then is the text cut into tokens. Exact as the lemma of a token is the token, lower-cased.
4. The token of a match is found by bisection, where presidio walks through all of them for every match.
5. Short texts are matched without a time limit and without an explanation of each match: the limit takes ten times as long as the
   match itself, and no explanation is read.
"""

from __future__ import annotations

import bisect
import copy
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from cardwright.evaluators.pii import light_import  # noqa: F401  isort: skip  before presidio

import regex
from presidio_analyzer import EntityRecognizer, PatternRecognizer, RecognizerResult
from presidio_analyzer import predefined_recognizers as predefined

from cardwright.evaluators.pii import announced, phones, re2_patterns

try:
    import re2
except ImportError:  # optional: the characters of the text decide then
    re2 = None

SHORT = 256
"""Texts up to this many characters are matched without a time limit."""

_DIGITS = str.maketrans("", "", "0123456789")
# Recognisers whose `analyze` runs their `patterns` over the text as it is, and nothing else.
_RUNS_PATTERNS = (PatternRecognizer.analyze, predefined.IbanRecognizer.analyze, announced.AnnouncedRecognizer.analyze)
_RE2_MEMORY = 64 * 1024 * 1024
_RE2_SETS = 6


class FastAnalyzer:
    """`analyze` gives what `AnalyzerEngine.analyze` gives for the same recognisers; see the module.

    Parameters
    ----------
    stock
        The engine whose findings count as right.
    use_re2
        Whether RE2 sorts the texts, where it is installed.
    """

    def __init__(self, stock: Any, *, use_re2: bool = True) -> None:
        self._language = stock.nlp_engine
        self._enhancer = stock.context_aware_enhancer
        self._recognizers: list[Any] = stock.registry.get_recognizers(language="en", all_fields=True)
        self._entities: list[str] = sorted({e for r in self._recognizers for e in r.get_supported_entities()})
        self._context = {r.id: tuple(word.lower() for word in r.context or ()) for r in self._recognizers}
        self._phones = {
            r.id: finder
            for r in self._recognizers
            if type(r) is predefined.PhoneRecognizer and r.leniency == 1 and (finder := phones.finder(r)) is not None
        }
        # Recognisers of one country's telephone numbers take from presidio's matcher what is theirs: where it finds none, they
        # find none either.
        self._phones_of = {
            r.id: made
            for r in self._recognizers
            if isinstance(r, predefined.PhoneRecognizer)
            and type(r) is not predefined.PhoneRecognizer
            and r.leniency == 1
            if (made := _finder_of(tuple(r.supported_regions))) is not None
        }
        self._parts: dict[tuple[str, tuple[int, ...]], Any] = {}
        gated = [r for r in self._recognizers if self._is_gated(r)]
        self._always = [r for r in self._recognizers if r.id not in {g.id for g in gated}]
        self._gate = _re2_gate(gated) if use_re2 and re2 is not None else _character_gate(gated)
        self.uses_re2 = bool(use_re2 and re2 is not None)
        # presidio keeps lemmas that are neither common nor punctuation; the same few words come again and again.
        self._pieces = lru_cache(maxsize=50_000)(self._keyword_pieces)

    def _is_gated(self, recognizer: Any) -> bool:
        return (
            isinstance(recognizer, PatternRecognizer)
            and type(recognizer).analyze in _RUNS_PATTERNS
            and all(
                re2_patterns.to_re2(p.regex, recognizer.global_regex_flags) is not None for p in recognizer.patterns
            )
            and all(re2_patterns.needs(p.regex, recognizer.global_regex_flags) is not None for p in recognizer.patterns)
        )

    def analyze(self, text: str, context: Sequence[str] = ()) -> list[Any]:
        """See `presidio_analyzer.AnalyzerEngine.analyze`; `language` is English."""
        results: list[Any] = []
        if text.isascii():
            digits = len(text) - len(text.translate(_DIGITS))
            running = [*self._always, *(self._part(owner, places) for owner, places in self._gate(text, digits))]
        else:
            digits = sum(character.isdigit() for character in text)
            running = self._recognizers
        looked: dict[phones.PhoneFinder, bool] = {}
        for recognizer in running:
            of_country = self._phones_of.get(recognizer.id)
            if of_country is not None:
                if of_country not in looked:
                    looked[of_country] = digits >= of_country.least and of_country.find(text) != set()
                if not looked[of_country]:
                    continue
            results.extend(self._run(recognizer, text, digits))
        if not results:
            return results
        self._enhance(text, results, context)
        return _without_duplicates(results)

    def _part(self, recognizer: Any, places: tuple[int, ...]) -> Any:
        """A recogniser with those of its patterns alone that may match: the others would find nothing."""
        if len(places) == len(recognizer.patterns):
            return recognizer
        key = (recognizer.id, places)
        if key not in self._parts:
            part = copy.copy(recognizer)
            part.patterns = [recognizer.patterns[index] for index in places]
            self._parts[key] = part
        return self._parts[key]

    def _run(self, recognizer: Any, text: str, digits: int) -> list[Any]:
        finder = self._phones.get(recognizer.id)
        if finder is None:
            if len(text) <= SHORT and type(recognizer).analyze is PatternRecognizer.analyze:
                return _matches(recognizer, text)
            return recognizer.analyze(text, self._entities, None) or []
        if digits < finder.least:
            return []
        spans = finder.find(text)
        if spans is None:
            return recognizer.analyze(text, self._entities, None) or []
        entity = recognizer.supported_entities[0]
        metadata = {
            RecognizerResult.RECOGNIZER_NAME_KEY: recognizer.name,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id,
        }
        results = [
            RecognizerResult(entity, start, end, recognizer.SCORE, None, metadata) for start, end in sorted(spans)
        ]
        return _without_duplicates(results)

    def _enhance(self, text: str, results: list[Any], context: Sequence[str]) -> None:
        """`LemmaContextAwareEnhancer.enhance_using_context`, in place."""
        outside = [word.lower() for word in context]
        lowered = text.lower()
        open_to_context = []
        for result in results:
            words = self._context[result.recognition_metadata[RecognizerResult.RECOGNIZER_IDENTIFIER_KEY]]
            if any(word in keyword for word in words for keyword in outside):
                self._raise(result)  # whatever the text holds
            elif any(word in lowered for word in words):
                open_to_context.append((result, words))
        if not open_to_context:
            return
        doc = self._language.nlp(text)
        lemmas = [token.lower_ for token in doc]
        ends = [token.idx + len(token) for token in doc]
        keywords = {piece for lemma in lemmas for piece in self._pieces(lemma)}
        places = [index for index, lemma in enumerate(lemmas) if lemma in keywords]
        enhancer = self._enhancer
        for result, words in open_to_context:
            token = bisect.bisect_right(ends, result.start)
            before = bisect.bisect_right(places, token)
            after = bisect.bisect_left(places, token)
            around = places[max(0, before - enhancer.context_prefix_count - 1) : before]
            around += places[after : after + enhancer.context_suffix_count + 1]
            surrounding = {lemmas[index] for index in around}
            if any(word in keyword for word in words for keyword in surrounding):
                self._raise(result)

    def _raise(self, result: Any) -> None:
        """What a word of its context adds to a score."""
        enhancer = self._enhancer
        score = max(result.score + enhancer.context_similarity_factor, enhancer.min_score_with_context_similarity)
        result.score = min(score, enhancer.MAX_SCORE)

    def _keyword_pieces(self, lemma: str) -> tuple[str, ...]:
        """See `presidio_analyzer.nlp_engine.NlpArtifacts.set_keywords`."""
        if lemma in ("-PRON-", "be") or self._language.is_stopword(lemma, "en") or self._language.is_punct(lemma, "en"):
            return ()
        return tuple(lemma.lower().split(":"))


def _matches(recognizer: Any, text: str) -> list[Any]:
    """`PatternRecognizer.analyze` of a short text, without a time limit, a log line and an explanation of each match."""
    flags = recognizer.global_regex_flags
    matches: list[Any] = []
    for pattern in recognizer.patterns:
        if not pattern.compiled_regex or pattern.compiled_with_flags != flags:
            pattern.compiled_with_flags = flags
            pattern.compiled_regex = regex.compile(pattern.regex, flags=flags)
        for match in pattern.compiled_regex.finditer(text):
            start, end = match.span()
            if start == end:
                continue
            part = text[start:end]
            score = pattern.score
            valid = recognizer.validate_result(part)
            if valid is not None:
                score = EntityRecognizer.MAX_SCORE if valid else EntityRecognizer.MIN_SCORE
            if recognizer.invalidate_result(part):
                score = EntityRecognizer.MIN_SCORE
            if score > EntityRecognizer.MIN_SCORE:
                metadata = {
                    RecognizerResult.RECOGNIZER_NAME_KEY: recognizer.name,
                    RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id,
                }
                matches.append(RecognizerResult(recognizer.supported_entities[0], start, end, score, None, metadata))
    return _without_duplicates(matches)


def _without_duplicates(results: list[Any]) -> list[Any]:
    """`EntityRecognizer.remove_duplicates`, which compares results of one kind alone and sorts them by kind."""
    if len({one.entity_type for one in results}) == len(results):
        return sorted((one for one in results if one.score != 0), key=lambda one: str(one.entity_type))
    return EntityRecognizer.remove_duplicates(results)  # type: ignore[no-any-return]


@cache
def _finder_of(regions: tuple[str, ...]) -> phones.PhoneFinder | None:
    return phones.finder(predefined.PhoneRecognizer(supported_language="en", supported_regions=regions))


def _least_digits(recognizer: Any) -> int:
    """Every text in which a recogniser finds something has at least this many digits."""
    wanted = [re2_patterns.needs(p.regex, recognizer.global_regex_flags) for p in recognizer.patterns]
    return min((need.digits if need is not None else 0 for need in wanted), default=0)


def _re2_gate(recognizers: list[Any]) -> Any:
    # One automaton over all patterns has as many states as they have combinations; a few smaller ones are made sooner. Those
    # that ask for many digits are together, so that a text with fewer passes them by.
    ordered = sorted(recognizers, key=_least_digits)
    size = max(-(-len(ordered) // _RE2_SETS), 1)
    chunks = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    sets = [(_least_digits(chunk[0]), *_re2_set(chunk)) for chunk in chunks]

    def gate(text: str, digits: int) -> list[tuple[Any, tuple[int, ...]]]:
        return [
            owner
            for least, patterns, owners in sets
            if digits >= least
            for owner in _owners(patterns.Match(text), owners)
        ]

    return gate


def _owners(matched: list[int] | None, owners: list[tuple[Any, int]]) -> list[tuple[Any, tuple[int, ...]]]:
    """The recognisers of some patterns, each with the places of its own."""
    if not matched:
        return []
    owners_of: dict[str, tuple[Any, list[int]]] = {}
    for number in sorted(matched or ()):
        owner, owner_index = owners[number]
        owners_of.setdefault(owner.id, (owner, []))[1].append(owner_index)
    return [(owner, tuple(places)) for owner, places in owners_of.values()]


def _re2_set(recognizers: list[Any]) -> tuple[Any, list[tuple[Any, int]]]:
    options = re2.Options()
    options.max_mem = _RE2_MEMORY
    options.log_errors = False
    patterns = re2.Set.SearchSet(options)
    owners = []
    for recognizer in recognizers:
        for index, pattern in enumerate(recognizer.patterns):
            patterns.Add(re2_patterns.to_re2(pattern.regex, recognizer.global_regex_flags))
            owners.append((recognizer, index))
    patterns.Compile()
    return patterns, owners


def _character_gate(recognizers: list[Any]) -> Any:
    wanted = [
        (r, tuple(n for p in r.patterns if (n := re2_patterns.needs(p.regex, r.global_regex_flags)) is not None))
        for r in recognizers
    ]

    def gate(text: str, digits: int) -> list[tuple[Any, tuple[int, ...]]]:
        characters = frozenset(text)
        may = [
            (r, tuple(index for index, need in enumerate(needs) if need.met(characters, digits))) for r, needs in wanted
        ]
        return [(r, places) for r, places in may if places]

    return gate
