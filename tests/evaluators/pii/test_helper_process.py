"""The other process answers line by line, and never with a word of a text that it failed on."""

import io
import json

import pytest

pytest.importorskip("presidio_analyzer", reason="needs the text extra")

from cardwright.evaluators.pii import engine, helper_process

FIRST = {"countries": None, "also": []}


def answers(*lines):
    told = io.BytesIO()
    asked = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    helper_process.serve(io.BytesIO(asked), told)
    return [json.loads(line) for line in told.getvalue().splitlines()]


def test_it_says_that_it_is_ready_and_then_what_the_detector_says():
    asked = ["write to owner@example.com", "nothing", "lone \udc80 surrogate 4111111111111111"]
    ready, answer = answers(FIRST, {"texts": asked, "context": [], "mode": "fast"})
    assert ready == {"ready": True}
    found = engine.detector(None, ()).scan(asked)
    assert answer == {"hits": [[[*hit] for hit in hits] for hits in found.hits], "timed_out": 0}


def test_a_text_that_it_cannot_read_is_an_answer_without_its_words():
    said = answers(FIRST, {"texts": [None, "Ada Secret"], "context": [], "mode": "fast"})
    assert said == [{"ready": True}, {"failed": True}]
