"""Names of columns that speak of persons, or of other cases that can have several rows. Nothing heavy is imported."""

from __future__ import annotations

import re

FEW = 10
"""With fewer different values, a column called `customer` holds kinds of customers; one called `customer_id` still names them."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CASES = (
    "person|patient|customer|subject|applicant|client|user|member|household|session|student|pupil|employee|borrower|respondent"
    "|participant|claimant|policyholder|cardholder|account|family|defendant|inmate|citizen|resident|worker|donor|subscriber"
)
_CASE = re.compile(
    rf"(^|_)(?P<who>(({_CASES})s?|(hh|subj|cust|pat|pers|hhold|acct)(?=_)))(_?(?P<key>id|idx|no|nr|num|number|key|code|uuid|ref))?$"
)
_BARE_KEY = re.compile(r"^(p|u|c|pt|hh)id$")


def case_name(column: str) -> bool:
    """Whether the name of a column speaks of persons, or of another case that can have several rows.

    >>> [case_name(name) for name in ("person_id", "PatientID", "customer", "hh_id", "session_key", "pid")]
    [True, True, True, True, True, True]
    >>> [case_name(name) for name in ("row_id", "user_type", "account_balance", "age")]
    [False, False, False, False]
    """
    name = plain(column)
    return bool(_CASE.search(name) or _BARE_KEY.search(name))


def could_name_cases(column: str, distinct: int) -> bool:
    """Whether a column with so many different values may say which rows belong to one person.

    >>> could_name_cases("subject", 4), could_name_cases("subject_id", 4), could_name_cases("subject", 18)
    (False, True, True)
    """
    name = plain(column)
    found = _CASE.search(name)
    if found is None:
        return bool(_BARE_KEY.search(name)) and distinct >= FEW  # `pid` is also a party, one of a few
    return distinct > 1 if found["key"] else distinct >= FEW


def plain(column: str) -> str:
    """A name in lower case with its words parted by `_`.

    >>> plain("PatientID"), plain(" Household no. ")
    ('patient_id', 'household_no')
    """
    return re.sub(r"[^a-z0-9]+", "_", _CAMEL.sub("_", column).lower()).strip("_")


__all__ = ["FEW", "case_name", "could_name_cases", "plain"]
