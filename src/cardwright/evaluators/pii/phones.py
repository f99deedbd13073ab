"""Telephone numbers as presidio finds them, with the text searched once instead of once for each region.

libphonenumber's matcher looks for candidates in the same way for every region; only parsing differs. So candidates are found
once, checks that do not depend on the region run once, and what a region makes of a part is remembered.

This uses names that the library `phonenumbers` keeps private. They are checked when the finder is made: without them, or
where it and the stock recogniser disagree on any of the samples, there is no finder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_ATTEMPTS = 60_000
"""The stock matcher gives up after 65,535 parts that are not numbers; texts that come near go to it."""

_SAMPLES = (
    "call +1 (212) 555-2368 or 0171/2345678 ext. 12", "2125552368", "020 7946 0958; 030-901820", "abc8005001234 8005001234def",
    "+49 30 901820, +33 1 42 68 53 00", "2012-01-02 08:00 on 12/10/2011 pp. 12-15 (2003)", "91 98765 43210/022-26592222",
    "650 253 0000 / 650 253 0001", "+972 3-684-0000, 03-6840000", "1 2 3 4 5 6 7 8 9 0", "192.168.10.120 10.1.2.3:8080",
    "++1 202 456 1111", "(11) 2345-6789", "0800 1111", "x 555 0123 x", "ID 123-45-6789 code 00491701234567",
    "415-555-2671x123 12 345 6789 0123", "4111 1111 1111 1111",
)  # fmt: skip


_NOWHERE = "ZZ"
"""libphonenumber's name for no region: only numbers with their country code are read."""


@dataclass(frozen=True)
class _Candidate:
    """A stretch of text that may be a number or hold one, and where the search goes on after it."""

    end: int
    whole: tuple[tuple[str, int], ...]
    """The stretch and its place, where nothing around it speaks against a number."""
    inside: tuple[tuple[str, int], ...]
    """Parts of it, and their places, in the order in which they are tried."""
    attempts: int
    """How many parts the stock matcher would try at most."""


@dataclass(frozen=True)
class _NationalForm:
    """What the digits of every number of a region look like that is written without a plus sign.

    Reading takes off a prefix at most, so that what is left is the end of the digits, and a valid number has the general form of
    some region with the same country code.
    """

    abroad: re.Pattern[str]
    """How a number begins that is dialled abroad; it may be any country's."""
    ends: re.Pattern[str]
    """Digits whose end has the general form of a number."""

    def may_match(self, part: str) -> bool:
        """Whether a part may be a number of the region."""
        digits = part.translate(_WITHOUT_MARKS)
        if not (digits.isascii() and digits.isdigit()) or self.abroad.match(digits):
            return True  # an extension, letters, digits of another script: the library decides
        return self.ends.fullmatch(digits) is not None


class PhoneFinder:
    """Finds the spans that presidio's `PhoneRecognizer` finds; see the module."""

    def __init__(self, regions: tuple[str, ...]) -> None:
        import phonenumbers
        from phonenumbers import phonenumbermatcher as matcher

        self._library: Any = phonenumbers
        self._matcher: Any = matcher
        self._leniency = matcher.Leniency.VALID
        self._regions = tuple(dict.fromkeys(regions))
        self.least = min(self._least_digits(region) for region in self._regions)
        """A text with fewer digits holds no number."""
        self._valid = lru_cache(maxsize=50_000)(self._is_valid)
        self._valid_somewhere = lru_cache(maxsize=50_000)(self._is_valid_somewhere)
        self._may_be = {region: self._form_of(region) for region in self._regions}

    def _least_digits(self, region: str) -> int:
        library = self._library
        shared = library.COUNTRY_CODE_TO_REGION_CODE[library.country_code_for_region(region)]
        lengths = [
            length
            for other in shared
            for length in library.PhoneMetadata.metadata_for_region(other).general_desc.possible_length
        ]
        # With a plus sign or an international prefix it may be any country's, but has its country code before at least three.
        return int(min(4, *lengths))

    def _form_of(self, region: str) -> _NationalForm | None:
        """The form of a region's numbers; None where its numbers are rewritten when they are read."""
        library = self._library
        own = library.PhoneMetadata.metadata_for_region(region)
        if own.national_prefix_transform_rule or not own.international_prefix:
            return None
        shared = library.COUNTRY_CODE_TO_REGION_CODE[library.country_code_for_region(region)]
        every = (library.PhoneMetadata.metadata_for_region(other).general_desc for other in shared)
        patterns = sorted({desc.national_number_pattern for desc in every})
        return _NationalForm(
            re.compile(own.international_prefix), re.compile(f"[0-9]*?(?:{'|'.join(f'(?:{p})' for p in patterns)})")
        )

    def find(self, text: str) -> set[tuple[int, int]] | None:
        """Spans of numbers that are valid in any of the regions; None where the stock recogniser has to look."""
        seen: dict[int, _Candidate | None] = {}
        attempts = 0
        usual: list[
            _Candidate
        ] = []  # the candidates a region comes by that finds none inside of them, if they may be any
        index = 0
        while (candidate := self._seen(seen, text, index)) is not None:
            if candidate.whole or candidate.inside:
                usual.append(candidate)
            index = candidate.end
            attempts += candidate.attempts
            if attempts > MAX_ATTEMPTS:
                return None
        spans: set[tuple[int, int]] = set()
        for region in self._regions if any(map(self._is_somewhere, usual)) else ():
            for candidate in usual:
                span = self._match(candidate, region)
                if span is not None:
                    spans.add(span)
                    if span[1] != candidate.end:
                        spans |= self._from(seen, text, span[1], region)
                        break
        attempts = sum(candidate.attempts for candidate in seen.values() if candidate is not None)
        return spans if attempts <= MAX_ATTEMPTS else None

    def _from(self, seen: dict[int, _Candidate | None], text: str, index: int, region: str) -> set[tuple[int, int]]:
        """Spans of numbers of a region from a place on, where its search has left the way of the others."""
        spans = set()
        while (candidate := self._seen(seen, text, index)) is not None:
            span = self._match(candidate, region)
            if span is not None:
                spans.add(span)
            index = candidate.end if span is None else span[1]
        return spans

    def _seen(self, seen: dict[int, _Candidate | None], text: str, index: int) -> _Candidate | None:
        if index not in seen:
            seen[index] = self._candidate(text, index)
        return seen[index]

    def _candidate(self, text: str, index: int) -> _Candidate | None:
        """The next candidate on or after a place, with everything about it that does not depend on the region."""
        m = self._matcher
        match = m._PATTERN.search(text, index)
        if match is None:
            return None
        start, whole = match.start(), match.group()
        second = m._SECOND_NUMBER_START_PATTERN.search(whole)
        if second:
            whole = whole[: second.start()]
        end = start + len(whole)
        if _digits(whole) < self.least:
            return _Candidate(end, (), (), 1 + len(whole))  # no part of it has more digits than it has
        dated = m._SLASH_SEPARATED_DATES.search(whole) or (
            m._TIME_STAMPS.search(whole) and m._TIME_STAMPS_SUFFIX.match(text[end:])
        )
        if dated:
            return _Candidate(end, (), (), 1)
        first = ((whole, start),) if self._may_be_number(text, whole, start) else ()
        parts = list(self._inside(whole, start))
        inside = tuple((part, part_index) for part, part_index in parts if self._may_be_number(text, part, part_index))
        return _Candidate(end, first, inside, 1 + len(parts))

    def _inside(self, candidate: str, offset: int) -> Iterator[tuple[str, int]]:
        """Parts of a candidate that may be numbers, in the order of `PhoneNumberMatcher._extract_inner_match`."""
        m = self._matcher
        for pattern in m._INNER_MATCHES:
            match = pattern.search(candidate)
            if match:
                yield self._trimmed(candidate[: match.start()]), offset
            while match:
                yield self._trimmed(match.group(1)), offset + match.start(1)
                match = pattern.search(candidate, match.start() + 1)

    def _trimmed(self, part: str) -> str:
        unwanted = self._matcher._UNWANTED_END_CHAR_PATTERN.search(part)
        return part[: unwanted.start()] if unwanted else part

    def _match(self, candidate: _Candidate, region: str) -> tuple[int, int] | None:
        """The first part of a candidate that is a number in a region, the whole before what is inside."""
        for part, start in (*candidate.whole, *candidate.inside):
            if self._valid(part, region):
                return start, start + len(part)
        return None

    def _is_somewhere(self, candidate: _Candidate) -> bool:
        return any(self._valid_somewhere(part) for part, _ in (*candidate.whole, *candidate.inside))

    def _is_valid_somewhere(self, part: str) -> bool:
        return any(self._valid(part, region) for region in self._regions)

    def _may_be_number(self, text: str, part: str, start: int) -> bool:
        """The checks of `PhoneNumberMatcher._parse_and_verify` that do not depend on the region."""
        m = self._matcher
        if _digits(part) < self.least:
            return False
        if not m.fullmatch(m._MATCHING_BRACKETS, part) or m._PUB_PAGES.search(part):
            return False
        if start > 0 and not m._LEAD_PATTERN.match(part) and self._joins(text[start - 1]):
            return False
        end = start + len(part)
        return not (end < len(text) and self._joins(text[end]))

    def _joins(self, character: str) -> bool:
        if character in " \n,;:.":
            return False
        matcher = self._matcher.PhoneNumberMatcher
        return bool(matcher._is_invalid_punctuation_symbol(character) or matcher._is_latin_letter(character))

    def _is_valid(self, part: str, region: str) -> bool:
        if region != _NOWHERE and "+" in part and self._valid(part, _NOWHERE):
            return True  # a number with its country code reads alike from every region
        form = self._may_be.get(region)
        if form is not None and not form.may_match(part):
            return False
        m = self._matcher
        try:
            number = m.parse(part, region, keep_raw_input=True)
        except self._library.NumberParseException:
            return False
        return bool(m._verify(self._leniency, number, part, None))


def _digits(text: str) -> int:
    if text.isascii():
        return len(text) - len(text.translate(_WITHOUT_DIGITS))
    return sum(character.isdigit() for character in text)


_WITHOUT_MARKS = str.maketrans("", "", " ()[]-./")
_WITHOUT_DIGITS = str.maketrans("", "", "0123456789")


def finder(recognizer: Any) -> PhoneFinder | None:
    """A finder that agrees with a `PhoneRecognizer` of presidio on every sample; None if there is none."""
    try:
        made = PhoneFinder(tuple(recognizer.supported_regions))
        for text in _SAMPLES:
            spans = made.find(text)
            stock = {(result.start, result.end) for result in recognizer.analyze(text, recognizer.supported_entities)}
            if spans is not None and remaining(recognizer, spans) != stock:
                return None
    except (AttributeError, ImportError, TypeError, KeyError):  # another version of phonenumbers
        return None
    return made


def remaining(recognizer: Any, spans: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """The spans that are not inside another, as presidio's `remove_duplicates` leaves them."""
    return {
        span
        for span in spans
        if not any(other != span and other[0] <= span[0] and span[1] <= other[1] for other in spans)
    }
