"""Days are counted as a calendar counts them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.evaluators.kpis.period import Period, business_days, days_between, quarter

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@given(DAYS, st.integers(0, 400))
def test_business_days_are_the_weekdays_after_the_first_day_up_to_the_last(first, length):
    last = first + timedelta(length)
    expected = sum((first + timedelta(n)).weekday() < 5 for n in range(1, length + 1))
    assert business_days(f"{first}T00:00:00Z", f"{last}T23:59:59Z") == expected


def test_a_moment_on_the_last_day_is_inside_and_one_without_a_date_is_not_known():
    period = Period("2026-10-01", "2026-12-31")
    assert [period.holds(at) for at in ("2026-09-30T23:59:59Z", "2026-10-01T00:00:00Z", "2026-12-31T23:59:59Z", None)] == [
        False, True, True, None,
    ]  # fmt: skip
    assert Period().holds(None) is True
    assert [
        Period(since="2026-10-01").holds("2030-01-01T00:00:00Z"),
        Period(until="2026-10-01").holds("2026-10-02"),
    ] == [True, False]


@pytest.mark.parametrize(("period", "moments", "weeks"), [
    (Period("2026-11-02", "2026-11-15"), [], 2.0), (Period(), ["2026-11-02T00:00:00Z", "2026-11-22T00:00:00Z"], 3.0),
    (Period("2026-11-02"), ["2026-11-08T10:00:00Z"], 1.0), (Period(), ["2026-11-02T00:00:00Z"], 1.0), (Period(), [], None),
])  # fmt: skip
def test_a_period_lasts_at_least_a_week_and_takes_an_open_end_from_what_happened(period, moments, weeks):
    assert period.weeks(moments) == (None if weeks is None else pytest.approx(weeks))


def test_quarters_and_days_between():
    assert [quarter(f"2026-{month:02}-15") for month in (1, 3, 4, 6, 7, 9, 10, 12)] == [
        f"2026-Q{n}" for n in (1, 1, 2, 2, 3, 3, 4, 4)
    ]
    assert days_between("2026-02-28T23:00:00Z", "2026-03-01T01:00:00Z") == 1
