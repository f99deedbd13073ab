"""The fast engine finds what the stock engine finds, with and without RE2, on texts made to be awkward."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("presidio_analyzer")

from tests.evaluators.pii.support import document, fuzzed

from cardwright.evaluators.pii import fast, phones, presidio

CONTEXTS = ((), ("phone",), ("ssn", "account"))


@pytest.fixture(scope="module")
def analyzer():
    return presidio.analyzer()


@pytest.fixture(scope="module", params=["re2", "characters"])
def quick(request, analyzer):
    if request.param == "re2":
        pytest.importorskip("re2")
    return fast.FastAnalyzer(analyzer, use_re2=request.param == "re2")


def findings(results) -> list[tuple[str, int, int, float]]:
    return sorted((r.entity_type, r.start, r.end, r.score) for r in results)


def assert_same(quick, analyzer, text: str, context=()) -> None:
    expected = findings(analyzer.analyze(text, language="en", context=list(context)))
    assert findings(quick.analyze(text, context)) == expected


def test_documents(quick, analyzer):
    rng = random.Random(11)
    for number in range(150):
        assert_same(quick, analyzer, document(rng), CONTEXTS[number % 3])


def test_fuzzed_documents_beyond_ascii(quick, analyzer):
    rng = random.Random(12)
    for number in range(150):
        assert_same(quick, analyzer, fuzzed(rng), CONTEXTS[number % 3])


def test_long_documents(quick, analyzer):
    rng = random.Random(13)
    for _ in range(4):
        assert_same(quick, analyzer, document(rng, 120))


alphabet = st.sampled_from(
    [*"0123456789", *"  +-.()/:@_=\n", "a", "Z", "com", "phone ", "www.", "555", "ssn ", "é", "٣"]
)


def test_any_text(quick, analyzer):
    @settings(max_examples=80, deadline=None)
    @given(st.lists(alphabet, max_size=40).map("".join))
    def check(text):
        assert_same(quick, analyzer, text)

    check()


def test_every_recogniser_with_patterns_is_sorted_out_by_them(quick):
    assert [type(r).__name__ for r in quick._always] == ["PhoneRecognizer", "ScreeningRecognizer"]


def test_all_countries_at_once():
    """All of presidio's recognisers; one has a pattern that Python's own parser refuses, and always runs."""
    everywhere = presidio.analyzer(tuple(presidio.by_country()))
    quick = fast.FastAnalyzer(everywhere)
    rng = random.Random(14)
    for _ in range(40):
        assert_same(quick, everywhere, document(rng))
    assert len(quick._always) <= 5


def test_telephone_numbers_are_found_as_the_stock_recogniser_finds_them(analyzer):
    recognizer = next(r for r in analyzer.registry.recognizers if type(r).__name__ == "PhoneRecognizer")
    finder = phones.finder(recognizer)
    assert finder is not None
    rng = random.Random(15)
    for _ in range(250):
        text = "".join(
            rng.choice("0123456789012345678901234567890123456789 -().+/x,;\n") for _ in range(rng.randint(5, 45))
        )
        stock_spans = {(r.start, r.end) for r in recognizer.analyze(text, ["PHONE_NUMBER"])}
        found = finder.find(text)
        assert found is None or phones.remaining(recognizer, found) == stock_spans


def test_a_text_of_too_many_candidates_goes_to_the_stock_recogniser(analyzer):
    recognizer = next(r for r in analyzer.registry.recognizers if type(r).__name__ == "PhoneRecognizer")
    assert phones.finder(recognizer).find("1, " * (phones.MAX_ATTEMPTS + 10)) is None


def test_another_version_of_phonenumbers_has_no_finder():
    class Odd:
        supported_regions = ("US",)
        supported_entities = ("PHONE_NUMBER",)

        def analyze(self, text, entities):
            return []

    assert phones.finder(Odd()) is None
