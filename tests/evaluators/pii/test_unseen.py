"""What is not seen is told from what looks, and names stay on the list whatever looks."""

import pytest

pytest.importorskip("presidio_analyzer")

from tests.evaluators.pii.support import name_model

from cardwright.evaluators.pii.entities import ENTITIES, MEANT
from cardwright.evaluators.pii.unseen import NO_MODEL, unseen, who_says

PERSONS = name_model({"Ada": "PERSON"})


def test_without_a_model_the_reason_is_that_none_is_named():
    listed = [one for one in unseen(()) if one.why.startswith(NO_MODEL)]
    assert [one.what for one in listed] == [
        "names of people that no word beside them announces (PERSON)",
        "places and postal addresses that no word beside them announces (LOCATION, STREET_ADDRESS)",
        "organisations, and nationality, religion or politics that no word beside them announces (ORGANIZATION, NRP)",
    ]
    assert "PERSON: 36 of 271 found (13%, 95 % interval 10% to 18%), 36 of 36 reports right" in listed[0].why


def test_with_a_model_what_it_misses_and_what_it_has_no_label_for_are_told_apart():
    said = {one.what: one.why for one in unseen([PERSONS])}
    assert "names of people that the named models do not find (PERSON)" in said
    places = said["places and postal addresses that no word beside them announces (LOCATION, STREET_ADDRESS)"]
    assert places.startswith("no named model has a label for them; words announce few of them")
    assert not [why for why in said.values() if NO_MODEL in why]


def test_a_language_that_no_model_was_trained_for_is_named():
    assert any(
        one.what == "names in texts in other languages than the models' (en): de" for one in unseen([PERSONS], ["de"])
    )
    german = name_model({"Ada": "PERSON"}, language="de")
    assert not [one for one in unseen([PERSONS, german], ["de"]) if "other languages than the models'" in one.what]


def test_a_number_of_a_kind_without_a_form_names_who_says_it_and_one_of_a_form_names_nobody():
    assert {kind for kind in ENTITIES if who_says(kind, ()) is not None} == MEANT
    assert who_says("PERSON", ()).name == "announced" and "36 of 271" in who_says("PERSON", ()).why
    assert who_says("PERSON", [PERSONS]).name == "ner_model"
    assert who_says("LOCATION", [PERSONS]).name == "announced"
    assert who_says(None, ()) is None
