"""Deletion requests that were not honoured and rows kept too long are counted, and nobody is named."""

from datetime import date

import pytest
from tests.evaluators.leakage.support import keys, look, one

from cardwright.errors import UsageError
from cardwright.record import canonical

TRAINING = {"id": ["ada1", "bo2", "bo2", "cy3", None], "x": [1, 2, 3, 4, 5]}


def test_a_person_who_asked_to_be_deleted_and_is_still_there_is_a_finding():
    seen = look({"entity": "id"}, training=TRAINING, deletions={"id": ["bo2", "zed9", None]})
    found = one(seen, "unhonoured_deletion_rate")
    assert (found.numerator, found.denominator, found.interval) == (1, 2, None)
    assert keys(seen)["deletion_not_honoured"].severity == "high"
    assert "with 2 rows" in keys(seen)["deletion_not_honoured"].explanation
    assert keys(seen)["deletion_without_id"].count == 1
    assert b"bo2" not in canonical.dumps(seen)


def test_honoured_requests_are_no_finding_and_numbers_are_the_same_however_stored():
    seen = look({"entity": "id"}, training={"id": [1.0, 2.0]}, deletions={"id": [3, 4]})
    assert one(seen, "unhonoured_deletion_rate").numerator == 0
    assert seen.findings == ()
    assert (
        one(look({"entity": "id"}, training={"id": [1.0]}, deletions={"id": [1]}), "unhonoured_deletion_rate").numerator
        == 1
    )


def test_rows_kept_beyond_their_day_and_rows_without_a_day_are_counted():
    training = {"x": [1, 2, 3, 4], "until": ["2026-01-01", "2026-11-23", "2027-01-01T00:00:00", "soon"]}
    seen = look({"retain_until": "until", "as_of": "2026-11-23"}, training=training)
    assert one(seen, "retention_passed_rate").numerator == 1
    assert one(seen, "retention_undated_rate").numerator == 1
    assert keys(seen)["retention_passed"].severity == "high"
    assert keys(seen)["retention_undated"].severity == "medium"
    typed = look(
        {"retain_until": "until", "as_of": "2026-11-23"}, training={"until": [date(2026, 1, 1), date(2027, 1, 1)]}
    )
    assert one(typed, "retention_passed_rate").numerator == 1


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"entity": "none"}, "there is no column"),
        ({}, "which column names a person"),
        ({"entity": "id", "retain_until": "x"}, "`as_of`"),
    ],
)
def test_misuse_is_said(parameters, said):
    with pytest.raises(UsageError, match=said):
        look(parameters, training=TRAINING, deletions={"id": ["a"]})


def test_without_training_rows_nothing_can_be_looked_for():
    with pytest.raises(UsageError, match="looked for in `training`"):
        look({"entity": "id"}, deletions={"id": ["a"]})
