"""What the labels of published models mean: one table from a label to a kind of personal data."""

from __future__ import annotations

import re
from collections.abc import Mapping

_MEANINGS: Mapping[str, str] = {
    "PERSON": "PER PERSON PERSONS NAME FULLNAME FULL_NAME FIRSTNAME FIRST_NAME GIVENNAME GIVEN_NAME MIDDLENAME MIDDLE_NAME "
    "LASTNAME LAST_NAME SURNAME PATIENT STAFF HCW DOCTOR USER PRS PERS",
    "LOCATION": "LOC LOCATION LOCATIONS GPE FAC FACILITY CITY STATE COUNTY COUNTRY PLACE REGION GEO",
    "STREET_ADDRESS": "ADDRESS STREET_ADDRESS STREETADDRESS STREET POSTAL_ADDRESS HOME_ADDRESS "
    "SECONDARYADDRESS BUILDINGNUM BUILDINGNUMBER",
    "ORGANIZATION": "ORG ORGANIZATION ORGANISATION ORGANIZATIONS COMPANY COMPANYNAME COMPANY_NAME HOSP PATORG VENDOR",
    "NRP": "NORP NRP NATIONALITY RELIGION POLITICAL_GROUP ETHNICITY",
    "DATE_OF_BIRTH": "DOB DATEOFBIRTH DATE_OF_BIRTH BIRTHDATE BIRTH_DATE BIRTHDAY",
    "EMAIL_ADDRESS": "EMAIL EMAIL_ADDRESS",
    "PHONE_NUMBER": "PHONE PHONENUMBER PHONE_NUMBER TELEPHONENUM TELEPHONE TELEPHONENUMBER MOBILE_PHONE_NUMBER",
    "US_SSN": "SSN US_SSN SOCIALNUMBER SOCIALNUM SOCIAL_SECURITY_NUMBER",
    "CREDIT_CARD": "CREDITCARD CREDITCARDNUMBER CREDIT_CARD CREDIT_CARD_NUMBER",
    "IBAN_CODE": "IBAN IBAN_CODE",
    "IP_ADDRESS": "IP IPADDRESS IP_ADDRESS IPV4 IPV6",
    "PASSWORD": "PASSWORD",
}  # fmt: skip
_KIND_OF = {label: kind for kind, labels in _MEANINGS.items() for label in labels.split()}
_PREFIX = re.compile(r"^[BILUSEM][-_](?=.)")
NONE = "O"
"""The label of a word that is part of nothing."""


def bare(label: str) -> str:
    """A label without the mark of where in a name a word stands, in capitals, with `_` between words.

    >>> bare("B-per"), bare("date of birth"), bare("I-GIVENNAME")
    ('PER', 'DATE_OF_BIRTH', 'GIVENNAME')
    """
    return re.sub(r"[^A-Z0-9]+", "_", _PREFIX.sub("", label.strip()).upper()).strip("_")


def kind_of(label: str, own: Mapping[str, str | None]) -> str | None:
    """The kind of personal data that a label stands for, the plan's own word first; None if it stands for none.

    Dates, numbers, amounts and works stand for none: a date alone identifies nobody.

    >>> kind_of("B-PER", {}), kind_of("WORK_OF_ART", {}), kind_of("PROD", {"PROD": "PERSON"}), kind_of("GPE", {"GPE": None})
    ('PERSON', None, 'PERSON', None)
    """
    name = bare(label)
    own_kinds = {bare(one): kind for one, kind in own.items()}
    return own_kinds[name] if name in own_kinds else _KIND_OF.get(name)


__all__ = ["NONE", "bare", "kind_of"]
