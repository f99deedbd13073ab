"""Models of names find beside the patterns; a model is a stand-in that obeys `NerModel`."""

import pytest

pytest.importorskip("presidio_analyzer")
pytest.importorskip("pyarrow")

from tests.evaluators.pii.support import name_model, named

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.pii import Pii
from cardwright.evaluators.pii.names import kinds_of, named_hits
from cardwright.privacy.patterns import Hit
from cardwright.record import canonical
from cardwright.record.measurement import Measured
from cardwright.sources.frames import interactions_from, table_from, texts_from

TEXTS = ["Ada Lovelace wrote to ada@example.com", "nothing here", "2125552368", None, "Ada Lovelace of Porto"]
MODEL = name_model({"Ada Lovelace": "PERSON", "Porto": "LOCATION"})


def evaluate(source, *models, **parameters):
    inputs = Inputs("pii", {"source": source, **({"ner_model": named(*models)} if models else {})})
    return Pii(**parameters).evaluate(inputs)


def value(evaluation, metric, **slice):
    (found,) = evaluation.find(metric, slice=slice)
    assert isinstance(found, Measured), found
    return found.value


def test_names_are_counted_beside_forms_and_masked_like_them():
    result = evaluate(texts_from({"note": TEXTS}), MODEL)
    assert value(result, "pii_hits", entity="PERSON") == 2
    assert value(result, "pii_hits", entity="LOCATION") == 1
    assert value(result, "pii_hits", entity="EMAIL_ADDRESS") == 1
    found = {f.key: f for f in result.findings}
    assert (found["entity.person"].severity, found["entity.person"].count) == ("high", 2)
    assert found["entity.person"].examples == ("PERSON *** *** (11 to 20 characters)",)
    assert "Lovelace" not in canonical.dumps(result).decode()


def test_the_record_says_which_model_looked_by_digest_version_and_language():
    result = evaluate(texts_from({"note": TEXTS}), MODEL)
    (table,) = [one for one in result.tables if one.id == "ner_models"]
    assert table.rows == (
        ("stand-in", "1.2", "spacy 3.8", "en", "a" * 64, "LOCATION, PERSON", "DATE"),
    )  # fmt: skip
    assert "stand-in 1.2 (spacy 3.8, language en" in result.method
    assert [(one.need, one.sha256) for one in result.inputs if one.need == "ner_model"] == [("ner_model", "b" * 64)]


def test_without_a_model_no_name_is_measured_and_the_gap_is_said():
    result = evaluate(texts_from({"note": TEXTS}))
    (rate,) = result.find("pii_row_rate", slice={"entity": "PERSON"})
    assert rate.value == 0 and rate.scorer.name == "announced"
    assert any("names none under `ner_model`" in one.why for one in result.coverage.not_tested)


def test_several_models_find_together_and_the_same_place_counts_once():
    other = name_model({"Ada Lovelace of Porto": "PERSON", "example.com": "ORGANIZATION"}, name="other", score=0.6)
    result = evaluate(texts_from({"note": TEXTS}), MODEL, other)
    assert value(result, "pii_raw_hits", entity="PERSON") == 3
    assert value(result, "pii_hits", entity="PERSON") == 2
    assert (
        value(result, "pii_hits", entity="EMAIL_ADDRESS") == 1
    )  # a form stays what it is, whatever a model calls its parts
    assert value(result, "pii_hits", entity="ORGANIZATION") == 0


def test_a_threshold_of_the_plan_holds_for_names_too():
    unsure = name_model({"Ada Lovelace": "PERSON"}, score=0.6)
    assert value(evaluate(texts_from({"note": TEXTS}), unsure), "pii_hits", entity="PERSON") == 2
    strict = evaluate(texts_from({"note": TEXTS}), unsure, thresholds={"PERSON": 0.7})
    assert value(strict, "pii_hits", entity="PERSON") == 0
    assert value(strict, "pii_raw_hits", entity="PERSON") == 2


def test_kinds_of_a_model_can_be_chosen_like_others():
    result = evaluate(texts_from({"note": TEXTS}), MODEL, entities=["LOCATION"])
    assert {one.slice["entity"] for one in result.find("pii_hits") if "entity" in one.slice} == {"LOCATION"}


def test_tables_and_interactions_are_read_by_models_too():
    assert (
        value(evaluate(table_from({"note": TEXTS, "n": [1, 2, 3, 4, 5]}), MODEL), "pii_row_rate", entity="PERSON")
        == 2 / 5
    )
    turns = [{"role": "user", "content": "who?"}, {"role": "assistant", "content": "Ada Lovelace"}]
    result = evaluate(interactions_from([{"messages": turns}], intent="observed"), MODEL)
    assert value(result, "pii_new_in_response_rate", entity="PERSON") == 1


def test_a_text_is_read_once_and_one_without_letters_not_at_all():
    read = []
    model = name_model({"Ada": "PERSON"}, read=read)
    assert named_hits(["Ada", "12", "Ada", ""], [model]) == [
        (Hit("PERSON", 0, 3, 0.85),), (), (Hit("PERSON", 0, 3, 0.85),), (),
    ]  # fmt: skip
    assert read == [["Ada"]]
    assert named_hits(["12"], [model]) == [()] and len(read) == 1
    assert kinds_of([model, MODEL]) == ("LOCATION", "PERSON")
