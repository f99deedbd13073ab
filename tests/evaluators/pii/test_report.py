"""Rates of a scan with intervals and denominators, and a scan of nothing that could be read."""

from __future__ import annotations

import pytest

pytest.importorskip("presidio_analyzer")
pytest.importorskip("pyarrow")
from tests.evaluators.pii.test_measure import TABLE, evaluate, exchange, value

from cardwright.record.measurement import Measured, Unmeasured
from cardwright.sources.frames import interactions_from, table_from


def test_every_rate_has_its_interval_and_denominator():
    from cardwright.statistics.intervals import wilson

    result = evaluate(table_from(TABLE), level=0.9)
    for rate in result.find("pii_row_rate"):
        assert isinstance(rate, Measured)
        bounds = wilson(rate.numerator, rate.denominator, 0.9)
        assert rate.denominator == 5
        assert (rate.interval.lower, rate.interval.upper) == (bounds.lower, bounds.upper)
        assert rate.direction == "lower_is_better"


def test_personal_data_that_only_the_response_holds_are_counted_apart():
    source = interactions_from(
        [
            exchange(1, "My address is jane@example.com", "Thank you, JANE@example.com is noted."),
            exchange(2, "Who runs it?", "Write to boss@example.com."),
            exchange(3, "Who helps?", "Call +1 (212) 555-2368.", system="Our desk: +1 212 555 2368. Be brief."),
            exchange(4, "Hello", "Hello!"),
        ]
    )
    result = evaluate(source)
    assert value(result, "pii_row_rate", column="response") == 3 / 4
    assert value(result, "pii_row_rate", column="prompt") == 1 / 4
    assert value(result, "pii_row_rate", column="system") == 1 / 4
    assert value(result, "pii_new_in_response_rate") == 2 / 4
    assert value(result, "pii_new_in_response_rate", entity="EMAIL_ADDRESS") == 1 / 4
    table = next(table for table in result.tables if table.id == "responses")
    assert table.rows == (("EMAIL_ADDRESS", 1.0, 0.0, 1.0), ("PHONE_NUMBER", 0.0, 1.0, 0.0))
    assert any("1 in neither" in f.explanation or "and 1 in neither" in f.explanation for f in result.findings)


def test_interactions_without_an_answer_are_not_responses():
    source = interactions_from([exchange(1, "a@example.com", ""), exchange(2, "Hello", "Hi")])
    (rate,) = evaluate(source).find("pii_new_in_response_rate", slice={})
    assert (rate.value, rate.denominator) == (0.0, 1.0)


def test_a_table_without_an_eligible_column_is_not_applicable_and_shows_its_schema():
    result = evaluate(table_from({"units": [31, 42], "ratio": [0.5, 0.25], "flag": [True, False]}))
    assert result.not_applicable is not None
    assert "units (int64: its whole numbers have at most 2 digits" in result.not_applicable
    assert "ratio (double" in result.not_applicable
    assert {m.code for m in result.measurements if isinstance(m, Unmeasured)} == {"not_applicable"}
    assert result.measurements
    assert {m.reason for m in result.measurements if isinstance(m, Unmeasured)} == {
        "No column holds text in which patterns of e-mail or telephone could be searched."
    }
    assert not result.findings
