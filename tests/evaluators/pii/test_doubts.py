"""What has the form of personal data and is something else does not count; what is personal data still does."""

import hashlib

import pytest

pytest.importorskip("presidio_analyzer")

from cardwright.evaluators.pii.doubts import is_isbn
from cardwright.evaluators.pii.text import scan_text


def kinds(text):
    return {hit.entity for hit in scan_text(text)}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ISBN 0306406152", "UK_NHS"),
        *((f"job done at {second} rc 0", "UK_NHS") for second in range(1_718_000_000, 1_718_000_033)),
        ("built 9434765919", "UK_NHS"),
        ("call +1 212 555 0105", "UK_NHS"),
        ("call +1 (212) 555-0105", "UK_NHS"),
        ("isbn-13: 978-3-16-148410-0, phone", "PHONE_NUMBER"),
        ("ssn of 12345-6789", "US_SSN"),
        ("numpy==1.2.3.4", "IP_ADDRESS"),
        ("version 1.2.3.4", "IP_ADDRESS"),
        ("see file.py and README.md", "URL"),
        ("main.rs, build.sh", "URL"),
        ("git@github.com:org/repo.git", "EMAIL_ADDRESS"),
        ("SSN 900-12-3456", "US_SSN"),
        ("driver license A1", "US_DRIVER_LICENSE"),
        ("std::vector b:: a::b", "IP_ADDRESS"),
        ("self.info of obj.name", "URL"),
        ("mail at company.internal", "URL"),
    ],
)
def test_something_else_does_not_count(text, kind):
    assert kind not in kinds(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("NHS number 943 476 5919", "UK_NHS"),
        ("nhs no. 9434765919", "UK_NHS"),
        ("the patient with 9434765919 was seen", "UK_NHS"),
        ("943 476 5919", "UK_NHS"),
        ("SSN 536-90-4399", "US_SSN"),
        ("host 10.1.2.3 down", "IP_ADDRESS"),
        ("fe80::1 is local", "IP_ADDRESS"),
        ("2001:db8::ff00:42:8329", "IP_ADDRESS"),
        ("see example.org or www.example.py", "URL"),
        ("https://example.org/file.py", "URL"),
        ("digit@github.com", "EMAIL_ADDRESS"),
        ("driver license D1234567", "US_DRIVER_LICENSE"),
        ("DEA BA1234563", "MEDICAL_LICENSE"),
        ("jane@company.internal", "EMAIL_ADDRESS"),
        ("call my mobile 555-0123", "PHONE_NUMBER"),
        ("iban de89370400440532013000", "IBAN_CODE"),
    ],
)
def test_personal_data_count(text, kind):
    assert kind in kinds(text)


def test_no_digest_is_a_registration_of_a_doctor():
    assert not [n for n in range(400) if "MEDICAL_LICENSE" in kinds(hashlib.sha256(str(n).encode()).hexdigest())]


def test_an_isbn_has_a_prefix_and_a_check_digit():
    assert [is_isbn(d) for d in ("9783161484100", "9783161484101", "1234567890128", "978316148410")] == [
        True,
        False,
        False,
        False,
    ]
