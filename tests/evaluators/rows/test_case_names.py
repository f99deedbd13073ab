"""Which names of columns speak of persons or other cases with several rows."""

import pytest

from cardwright.evaluators.rows.case_names import case_name, could_name_cases


@pytest.mark.parametrize(
    "name",
    ["person_id", "patient", "Patient", "PatientID", "patientId", "customer_no", "subject", "household", "HH_ID", "session_id",
     "claimant number", "test_subject_id", "user-key", "pid",  "subj_idx", "students"],
)  # fmt: skip
def test_a_name_of_persons_is_one_however_it_is_written(name):
    assert case_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "row_id",
        "id",
        "user_type",
        "account_balance",
        "patient_age",
        "subjective",
        "sessions_per_week",
        "rapid",
        "household_size",
    ],
)
def test_a_name_of_something_else_is_none(name):
    assert not case_name(name)


def test_few_values_are_cases_only_if_the_name_speaks_of_keys():
    assert [could_name_cases("customer", n) for n in (2, 9, 10)] == [False, False, True]
    assert [could_name_cases("customer_id", n) for n in (1, 2)] == [False, True]
    assert could_name_cases("colour", 500) is False
