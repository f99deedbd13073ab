"""What a person should look at: kinds by column with masked examples, and numbers that chance explains."""

from __future__ import annotations

import random
import re

import pytest

pytest.importorskip("presidio_analyzer")
pytest.importorskip("pyarrow")
from tests.evaluators.pii.support import with_luhn
from tests.evaluators.pii.test_measure import TABLE, evaluate, value

from cardwright.sources.frames import table_from


def test_findings_carry_severity_column_and_masked_examples():
    found = {f.key: f for f in evaluate(table_from(TABLE)).findings}
    assert {key: (f.severity, f.where, f.count) for key, f in found.items()} == {
        "entity.email_address": ("high", "note", 3),
        "entity.phone_number": ("high", "phone", 2),
        "entity.url": ("low", "note", 1),
        "heading.direct_identifier.phone": ("high", "phone", None),
        "heading.quasi_identifier.age": ("low", "age", None),
    }
    assert set(found["entity.email_address"].examples) == {"EMAIL_ADDRESS j***@e***.*** (11 to 20 characters)"}


def test_a_kind_in_two_columns_is_told_by_column_and_what_rates_and_raw_hits_count_is_said():
    """Neither finding can be read as the number of rows with the kind."""
    rows = {"mail": ["jane.doe@example.org", "", ""], "note": ["", "write to jo@example.org", "to al@example.org"]}
    result = evaluate(table_from(rows), entities=["EMAIL_ADDRESS"])
    told = {f.where: f.explanation for f in result.findings if f.key == "entity.email_address"}
    assert told["mail"].startswith("An e-mail address occurs in the column mail of 1 of 3 rows (1 hit).")
    assert told["note"].startswith("An e-mail address occurs in the column note of 2 of 3 rows (2 hits).")
    assert value(result, "pii_row_rate") == 1
    assert any("any kind in any column" in limit and "PII raw hits are all matches" in limit for limit in result.limits)


def test_numbers_that_pass_a_checksum_as_often_as_chance_are_pointed_out_and_not_called_cards():
    rng = random.Random(7)
    arbitrary = [rng.randrange(4 * 10**15, 5 * 10**15) for _ in range(400)]
    cards = [int(with_luhn(str(n // 10))) for n in arbitrary]
    by_chance = evaluate(table_from({"reference": arbitrary}), entities=["CREDIT_CARD"])
    for_real = evaluate(table_from({"reference": cards}), entities=["CREDIT_CARD"])
    named = evaluate(table_from({"credit_card": arbitrary}), entities=["CREDIT_CARD"])
    assert [f.severity for f in by_chance.findings] == ["medium"]
    assert "as arbitrary digits would" in by_chance.findings[0].explanation
    assert re.search(r"of the same shape, about [\d.]+ would be hits\. The column", by_chance.findings[0].explanation)
    in_cells = [f for f in (*for_real.findings, *named.findings) if f.key.startswith("entity.")]
    assert [f.severity for f in in_cells] == ["critical", "critical"]


def test_numbers_that_may_be_telephone_numbers_are_pointed_out():
    numbers = [2125550000 + place for place in range(30)]
    result = evaluate(table_from({"contact": numbers}), entities=["PHONE_NUMBER"])
    assert value(result, "pii_hits") == 0
    assert [(f.key, f.severity, f.count) for f in result.findings] == [("possible.phone_number", "medium", 30)]
