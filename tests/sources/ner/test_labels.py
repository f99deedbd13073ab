"""A label means what its publishers mean by it, whatever marks and case it is written with."""

import pytest

from cardwright.sources.ner.labels import bare, kind_of


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("PER", "PERSON"), ("B-PER", "PERSON"), ("I-person", "PERSON"), ("S-GIVENNAME", "PERSON"), ("FIRSTNAME", "PERSON"),
        ("GPE", "LOCATION"), ("E-LOC", "LOCATION"), ("street address", "STREET_ADDRESS"), ("U-ORG", "ORGANIZATION"),
        ("NORP", "NRP"), ("date of birth", "DATE_OF_BIRTH"), ("I-EMAIL", "EMAIL_ADDRESS"), ("DATE", None), ("MONEY", None), ("O", None),
    ],
)  # fmt: skip
def test_usual_labels_stand_for_kinds(label, kind):
    assert kind_of(label, {}) == kind


def test_the_plan_has_the_last_word_and_can_leave_a_label_out():
    own = {"prod": "PERSON", "B-GPE": None}
    assert (kind_of("PROD", own), kind_of("I-GPE", own), kind_of("PER", own)) == ("PERSON", None, "PERSON")


def test_a_mark_is_taken_off_and_a_name_that_looks_like_one_is_kept():
    assert (bare("B-ORG"), bare("B_ORG"), bare("EVENT"), bare("S-")) == ("ORG", "ORG", "EVENT", "S")
