"""What is not seen is told from what looks, and names stay on the list whatever looks."""

import pytest

pytest.importorskip("presidio_analyzer")

from tests.evaluators.pii.support import name_model

from cardwright.evaluators.pii.unseen import NO_MODEL, unseen

PERSONS = name_model({"Ada": "PERSON"})


def test_without_a_model_the_reason_is_that_none_is_named():
    assert [one.what for one in unseen(()) if one.why == NO_MODEL] == [
        "names of people (PERSON)",
        "places and postal addresses (LOCATION, STREET_ADDRESS)",
        "organisations, and nationality, religion or politics (ORGANIZATION, NRP)",
    ]


def test_with_a_model_what_it_misses_and_what_it_has_no_label_for_are_told_apart():
    said = {one.what: one.why for one in unseen([PERSONS])}
    assert "names of people that the named models do not find (PERSON)" in said
    assert said["places and postal addresses (LOCATION, STREET_ADDRESS)"] == "no named model has a label for them"
    assert NO_MODEL not in said.values()


def test_a_language_that_no_model_was_trained_for_is_named():
    assert any(
        one.what == "names in texts in other languages than the models' (en): de" for one in unseen([PERSONS], ["de"])
    )
    german = name_model({"Ada": "PERSON"}, language="de")
    assert not [one for one in unseen([PERSONS, german], ["de"]) if "other languages than the models'" in one.what]
