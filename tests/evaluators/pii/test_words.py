"""What was done, what it cannot show and what was left out, in words."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("presidio_analyzer")
pytest.importorskip("pyarrow")
from tests.evaluators.pii.support import document
from tests.evaluators.pii.test_measure import TABLE, evaluate, exchange, value

from cardwright.record import canonical
from cardwright.sources.frames import interactions_from, table_from


def test_a_sample_is_said_to_be_one_and_is_the_same_each_time():
    source = table_from({"note": [f"user{n}@example.com" if n % 2 else "none" for n in range(200)]})
    first, again, other = (evaluate(source, sample=50, seed=seed) for seed in (1, 1, 2))
    assert first.completeness == "sampled"
    assert first.coverage.scanned[0].scanned == 50
    assert canonical.dumps(first) == canonical.dumps(again)
    assert first.findings[0].examples != other.findings[0].examples or first.measurements != other.measurements
    assert 0.25 < value(first, "pii_row_rate") < 0.75
    assert evaluate(source, sample=500).completeness == "complete"


def test_a_sample_of_interactions():
    source = interactions_from([exchange(n, f"user{n}@example.com", "ok") for n in range(30)])
    result = evaluate(source, sample=10)
    assert (result.completeness, result.coverage.scanned[0].scanned) == ("sampled", 10)


def test_what_is_said_is_no_personal_data_itself():
    """A record's free text and examples are scanned when it is assembled; masked ones must pass."""
    from cardwright.evaluators.pii.text import scan_light, scan_text

    rng = random.Random(9)
    result = evaluate(table_from({"note": [document(rng, 6) for _ in range(150)]}), max_examples=20)
    texts = [
        result.question,
        result.method,
        *result.limits,
        *(t.what + ": " + t.why for t in result.coverage.not_tested),
    ]
    texts += [text for finding in result.findings for text in (finding.explanation, *finding.examples)]
    assert len(texts) > 80
    assert [text for text in texts if scan_light(text)] == []
    assert [text for text in texts if any(hit.entity != "DATE_TIME" for hit in scan_text(text))] == []


def test_what_could_not_be_read_makes_it_partial():
    source = table_from({"note": ["a", "b"], "photo": [b"a", b"b"]})
    result = evaluate(source)
    assert result.completeness == "partial"
    assert any("photo" in missing.what and "bytes" in missing.why for missing in result.coverage.not_tested)


def test_kinds_that_no_detector_sees_are_said():
    words = " ".join(missing.what for missing in evaluate(table_from(TABLE)).coverage.not_tested)
    assert all(kind in words for kind in ("PERSON", "LOCATION", "ORGANIZATION", "images", "other languages"))
