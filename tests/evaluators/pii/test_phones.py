"""Telephone numbers are those that presidio's recogniser finds, of any region and however they are written."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("presidio_analyzer", reason="needs the text extra")
from cardwright.evaluators.pii import light_import  # noqa: F401  isort: skip  before presidio

import phonenumbers
from presidio_analyzer.predefined_recognizers import PhoneRecognizer

from cardwright.evaluators.pii.phones import finder, remaining

WORLD = tuple(sorted(phonenumbers.SUPPORTED_REGIONS))
DEFAULT = PhoneRecognizer(supported_language="en")
OTHERS = PhoneRecognizer(
    supported_language="en", supported_regions=("AR", "AU", "BS", "CN", "IT", "JP", "MX", "SG", "US")
)
FINDERS = {recognizer.id: finder(recognizer) for recognizer in (DEFAULT, OTHERS)}


def stock(recognizer, text):
    return {(found.start, found.end) for found in recognizer.analyze(text, recognizer.supported_entities)}


def agree(recognizer, text):
    spans = FINDERS[recognizer.id].find(text)
    assert spans is not None
    assert remaining(recognizer, spans) == stock(recognizer, text), text


@settings(max_examples=150, deadline=None)
@given(st.text("0123456789", min_size=3, max_size=16), st.sampled_from(["", "+", "00", "0", "011", "(", "1-"]))
def test_digits_in_a_row_are_numbers_where_presidio_says_so(digits, begins):
    agree(DEFAULT, f"{begins}{digits}")
    agree(OTHERS, f"{begins}{digits}")


@settings(max_examples=100, deadline=None)
@given(st.text("0123456789 -./()+x,#;", min_size=5, max_size=30))
def test_digits_among_marks_are_numbers_where_presidio_says_so(text):
    agree(DEFAULT, text)


def test_an_example_of_every_region_and_way_of_writing_is_found_as_presidio_finds_it():
    written = phonenumbers.PhoneNumberFormat
    rng = random.Random(4)
    for region in rng.sample(WORLD, 60):
        number = phonenumbers.example_number(region)
        for form in (written.NATIONAL, written.INTERNATIONAL, written.E164, written.RFC3966):
            agree(DEFAULT, f"call {phonenumbers.format_number(number, form)} today")
    for region in ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR", "AR", "IT"):
        text = phonenumbers.format_number(phonenumbers.example_number(region), written.NATIONAL)
        for recognizer in (DEFAULT, OTHERS):
            agree(recognizer, text)
            agree(recognizer, "".join(filter(str.isdigit, text)))


def test_a_text_without_enough_digits_holds_none():
    found = FINDERS[DEFAULT.id]
    assert found.find("no digits at all") == set()
    assert found.least <= 4
