"""What counts, and which of two that overlap."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cardwright.evaluators.pii.entities import ENTITIES, entity, priority
from cardwright.evaluators.pii.thresholds import counted, is_written_as_phone
from cardwright.privacy.patterns import Hit
from cardwright.privacy.secret_forms import forms


def test_a_web_address_inside_an_email_address_is_not_counted():
    text = "jane@example.com"
    hits = [Hit("URL", 5, 16, 0.5), Hit("EMAIL_ADDRESS", 0, 16, 1.0), Hit("URL", 0, 4, 0.5)]
    assert counted(text, hits) == (Hit("EMAIL_ADDRESS", 0, 16, 1.0),)


def test_where_score_and_place_are_equal_the_graver_kind_stays():
    hits = [Hit("UUID", 0, 8, 0.6), Hit("US_SSN", 0, 8, 0.6), Hit("XX_NEW", 0, 8, 0.6)]
    assert counted("x" * 8, hits) == (Hit("US_SSN", 0, 8, 0.6),)


def test_where_scores_are_equal_the_longer_stays():
    hits = [Hit("PRIVATE_KEY", 0, 4, 0.6), Hit("UUID", 0, 8, 0.6)]
    assert counted("x" * 8, hits) == (Hit("UUID", 0, 8, 0.6),)


def test_digits_in_a_row_are_a_telephone_number_only_near_a_word_that_says_so():
    assert counted("2125552368", [Hit("PHONE_NUMBER", 0, 10, 0.4)]) == ()
    assert counted("2125552368", [Hit("PHONE_NUMBER", 0, 10, 0.75)]) == (Hit("PHONE_NUMBER", 0, 10, 0.75),)
    assert counted("212-555-2368", [Hit("PHONE_NUMBER", 0, 12, 0.4)]) == (Hit("PHONE_NUMBER", 0, 12, 0.4),)


def test_a_threshold_of_the_plan_is_obeyed_to_the_letter():
    hits = [Hit("PHONE_NUMBER", 0, 12, 0.4), Hit("DATE_TIME", 13, 23, 0.6)]
    text = "212-555-2368 2026-11-23"
    assert counted(text, hits, {"PHONE_NUMBER": 0.5, "DATE_TIME": 0.7}) == ()
    assert counted(text, hits, {"PHONE_NUMBER": 0.4}) == tuple(hits)


def test_a_number_is_written_as_a_telephone_number():
    assert [is_written_as_phone(t) for t in ("+1 2", "(0)30", "0171/234567", "30-12-34", "12345", "12 345")] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]


def test_every_secret_has_a_weight_and_an_unknown_kind_weighs_high():
    assert {form.entity for form in forms()} <= set(ENTITIES)
    assert entity("DE_TAX_ID").severity == "high"
    assert priority("DE_TAX_ID") > priority("DATE_TIME")
    assert all(e.why and e.title for e in ENTITIES.values())


def test_a_number_stays_one_whatever_a_name_covers_and_a_name_comes_before_a_date():
    text = "call 212-555-0123 born 1815-12-10 at example.org"
    phone, date, url = Hit("PHONE_NUMBER", 5, 17, 0.75), Hit("DATE_TIME", 23, 33, 0.6), Hit("URL", 37, 48, 0.5)
    meant = [Hit("PERSON", 0, 17, 0.99), Hit("DATE_OF_BIRTH", 18, 33, 0.7), Hit("ORGANIZATION", 34, 48, 0.99)]
    assert counted(text, [phone, date, url]) == (phone, date, url)
    assert counted(text, [phone, date, url, *meant]) == (phone, meant[1], url)


KINDS = st.sampled_from(("PERSON", "URL", "US_SSN", "LOCATION", "DATE_TIME"))


@given(st.lists(st.tuples(KINDS, st.integers(0, 40), st.integers(1, 9))))
def test_what_counts_never_overlaps_and_keeps_the_order_of_the_text(spans):
    kept = counted("x" * 60, [Hit(kind, start, start + length, 0.9) for kind, start, length in spans])
    assert all(first.end <= second.start for first, second in pairwise(kept))
