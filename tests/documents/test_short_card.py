"""The short card fits on a screen, cuts no sentence, and sends the reader to the audit."""

import xml.etree.ElementTree as ET

import pytest
import yaml
from tests.documents.exports.support import edition
from tests.strategies import good_case, good_record

from cardwright import documents
from cardwright.documents import short_card
from cardwright.record.details import read_details

SAID = {"stated_by": "A. Okafor", "stated_on": "2026-11-23"}


def answered(**answers):
    return documents.Edition(record=good_record().model_copy(update={"details": read_details({**SAID, **answers})}))


def card_of(one):
    return documents.publication(one)["README.md"].decode()


def test_it_has_the_decision_and_links_to_the_audit_and_the_whole_card():
    text = card_of(edition(good_case()))
    for link in ("(audit_report.pdf)", "(model_card.html)", "(limits.svg)"):
        assert link in text
    assert good_case().record.sha256 in text
    assert len(text.splitlines()) < 100


def test_its_head_is_short_and_the_hub_reads_it():
    hub = pytest.importorskip("huggingface_hub")
    text = card_of(edition(good_case()))
    head = text.split("---")[1]
    assert len(head.splitlines()) < 60
    assert yaml.safe_load(head)["cardwright"]["record_sha256"] == good_case().record.sha256
    assert hub.ModelCard(text).data.eval_results


def test_the_picture_is_a_whole_file_of_its_own():
    picture = documents.publication(edition(good_case()))["limits.svg"]
    assert ET.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"


def test_without_a_verdict_there_is_no_picture_and_no_link_to_one():
    made = documents.publication(documents.Edition(record=good_record()))
    assert set(made) == {"README.md"}
    assert b"limits.svg" not in made["README.md"]


def test_a_long_answer_ends_with_a_whole_sentence_and_says_that_it_goes_on():
    long = " ".join(f"Sentence {n} says what it says." for n in range(40))
    text = card_of(answered(limitations=long))
    (line,) = [line for line in text.splitlines() if line.startswith("**Limitations.**")]
    assert line.endswith("says what it says. \\[…\\]") or line.endswith("says what it says. […]")
    assert len(line) < 420


def test_a_sentence_that_alone_is_too_long_is_not_cut():
    one = "This is not for " + "any decision about a person in a place that nobody studied, " * 12 + "ever."
    assert "ever" in card_of(answered(out_of_scope=one)).split("**Out-of-scope uses.**")[1]


def test_an_abbreviation_ends_no_sentence():
    first = "It is for pilots, and never for decisions that nobody reads again before they are sent out."
    second = (
        "Not for z. B. Kinder, nor, e.g. Adults without papers, " + "nor for anybody whom nobody asked, " * 9 + "ever."
    )
    (line,) = [
        line
        for line in card_of(answered(out_of_scope=f"{first} {second}")).splitlines()
        if line.startswith("**Out-of-scope uses.**")
    ]
    assert line.endswith(("sent out. […]", "sent out. \\[…\\]"))


def test_hostile_text_is_escaped():
    text = card_of(answered(limitations="<script>alert(1)</script> [x](javascript:1)"))
    assert "<script>" not in text
    assert "](javascript:" not in text


def test_no_field_is_named_that_does_not_exist():
    from cardwright.record.details import FIELDS

    assert set(short_card._FIELDS) <= set(FIELDS)
