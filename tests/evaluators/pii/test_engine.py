"""The process's detector: silent, shared, and exact over long and odd texts."""

from __future__ import annotations

import logging
import random
import traceback

import pytest

pytest.importorskip("presidio_analyzer")

from tests.evaluators.pii.support import document

from cardwright.errors import EvidenceError
from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.text import scan_text


@pytest.fixture(scope="module")
def detector():
    return engine.detector()


def test_there_is_one_for_each_choice_of_countries(detector):
    assert engine.detector() is detector
    assert engine.detector(["us"]) is engine.detector(["US"])


def test_both_modes_find_the_same(detector):
    rng = random.Random(21)
    texts = [document(rng) for _ in range(60)]
    assert detector.scan(texts, ["phone"], "fast") == detector.scan(texts, ["phone"], "stock")


def test_a_text_seen_before_gives_the_same_hits(detector):
    first = detector.scan(["mail a@example.com"])
    assert detector.scan(["mail a@example.com"]) == first
    assert detector.scan(["mail a@example.com"], ["email"]).hits[0][0].entity == "EMAIL_ADDRESS"


def test_context_is_part_of_what_was_seen_before(detector):
    scores = [
        max(h.score for h in detector.scan(["2125552368"], c).hits[0] if h.entity == "PHONE_NUMBER")
        for c in ((), ("phone",), ())
    ]
    assert scores == [0.4, 0.75, 0.4]


def test_what_lies_across_a_cut_of_a_long_text_is_found_whole(detector):
    address = "jane.doe@example.com"
    for shift in (0, 5, len(address) - 1, len(address)):
        text = "x" * (engine.LONG - len(address) + shift - 1) + " " + address + " " + "y" * engine.LONG
        found = detector.scan([text])
        spans = [(h.start, h.end) for h in found.hits[0] if h.entity == "EMAIL_ADDRESS"]
        start = text.index(address)
        assert spans == [(start, start + len(address))]
        assert found.windowed == 1


def test_windows_cover_a_text_once():
    for text in ("a b\n" * 90_000, "x" * 250_001, "short"):
        stretches = list(engine.windows(text))
        assert "".join(text[start:end] for start, end in stretches) == text
        assert all(0 < end - start <= engine.LONG for start, end in stretches)


def test_a_long_document_has_the_findings_of_its_parts(detector):
    rng = random.Random(22)
    lines = [document(rng, 4).replace("\n", " ") for _ in range(120)]
    text = f"\n{'and so on ' * 120}\n".join(lines)
    assert len(text) > engine.LONG
    found = sum(h.entity in ("UUID", "MAC_ADDRESS") for h in detector.scan([text]).hits[0])
    assert found == sum(h.entity in ("UUID", "MAC_ADDRESS") for hits in detector.scan(lines).hits for h in hits) > 0


def test_lone_surrogates_and_control_characters_do_no_harm(detector):
    text = "\ud800 jane@example.com \x00\udfff"
    assert [(h.start, h.end) for h in scan_text(text)] == [(2, 18)]


def test_nothing_is_logged_whatever_the_level(detector, caplog):
    """presidio logs the words around a match at debug level, and texts that it could not validate."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("presidio-analyzer").setLevel(logging.DEBUG)
    try:
        detector.scan(["his secret phone is 212-555-2368, wallet zebra"], ["phone"], "stock")
        detector.scan(["his secret phone is 212-555-2369, wallet zebra"], ["phone"], "fast")
    finally:
        logging.getLogger("presidio-analyzer").setLevel(logging.NOTSET)
    assert caplog.records == []


def test_the_log_of_others_is_left_alone(detector, caplog):
    detector.scan(["a"])
    with caplog.at_level(logging.WARNING):
        logging.getLogger("presidio-analyzer").warning("of somebody else")
    assert [record.getMessage() for record in caplog.records] == ["of somebody else"]


class Failing:
    """An engine that quotes the text in its error, as presidio's does."""

    def analyze(self, text, *rest, **more):
        raise ValueError(f"Did not find word '{text}'")


def test_an_error_of_the_detector_quotes_nothing(detector):
    broken = object.__new__(engine.Detector)
    broken.__dict__.update(
        detector.__dict__, _fast=Failing(), _stock=Failing(), _remembered=type(detector._remembered)()
    )
    text = "jane@example.com"
    for mode in ("fast", "stock"):
        with pytest.raises(EvidenceError) as raised:
            broken.scan([text], (), mode)
        shown = "".join(traceback.format_exception(raised.value))
        assert "jane" not in shown
        assert "16 characters" in str(raised.value)
        assert "ValueError" in str(raised.value)


class GivingUp:
    """An engine in which a pattern takes too long."""

    def analyze(self, text, *rest, **more):
        logging.getLogger("presidio-analyzer").warning(
            "Regex pattern '%s' timed out after %s seconds, skipping.", "p", 60
        )
        return []


def test_a_pattern_that_was_given_up_is_counted(detector):
    slow = object.__new__(engine.Detector)
    slow.__dict__.update(detector.__dict__, _fast=GivingUp(), _remembered=type(detector._remembered)())
    assert slow.scan(["a", "b"]).timed_out == 2


def test_the_libraries_are_named_with_their_versions():
    assert set(engine.versions()) == {"presidio-analyzer", "spacy", "phonenumbers", "tldextract", "google-re2"}


def test_words_are_not_kept_by_the_tokeniser(detector):
    """spaCy keeps each word for good unless it is told otherwise; they are personal data."""
    detector.scan(["call phone 2125552368 zebrafinchberry"])
    strings = detector._nlp.vocab.strings
    assert "zebrafinchberry" not in strings
