"""An explanation of texts that holds is told from one that does not."""

from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="integrated gradients need the torch extra")
pytest.importorskip("captum", reason="integrated gradients need the torch extra")
pytest.importorskip("shap", reason="SHAP's masker needs the tabular extra")

from tests.evaluators.attributions import text_models

from cardwright.evaluators.attributions.budget import TimeBudget
from cardwright.evaluators.attributions.evidence import METRICS
from cardwright.evaluators.attributions.text_evidence import text_evidence
from cardwright.evaluators.attributions.texts import explain_texts, text_rows


def measured(model, change=lambda values: values, budget=None, n=30):
    texts = text_rows(model, text_models.rows_of(text_models.texts(n)))
    explained = explain_texts(model, texts, method="auto", column=1, steps=8)
    explained = replace(explained, values=tuple(change(values) for values in explained.values))
    found = text_evidence(
        model,
        explained,
        texts,
        column=1,
        level=0.95,
        unit="text",
        seed=3,
        steps=8,
        probability=False,
        budget=budget or TimeBudget(),
    )
    assert [m.metric for m in found] == [*METRICS]
    return {m.metric: m for m in found}


def test_words_with_the_right_weights_beat_chance_and_foresee_every_movement():
    found = measured(text_models.network())
    assert found["deletion_gain"].interval.lower > 0
    assert found["insertion_gain"].interval.lower > 0
    assert found["infidelity"].value == pytest.approx(0, abs=1e-9)
    assert found["method_agreement"].value == pytest.approx(1, abs=1e-6)
    assert found["sensitivity_max"].code == "not_applicable"


def test_weights_that_were_given_to_the_wrong_words_foresee_little():
    found = measured(text_models.network(), change=lambda values: values[::-1].copy())
    assert found["infidelity"].value > 0.5
    assert found["deletion_gain"].interval.upper < measured(text_models.network())["deletion_gain"].interval.lower


def test_the_network_itself_keeps_its_weights_when_they_are_shuffled():
    model = text_models.network()
    before = model.native.weight.detach().clone()
    similarity = measured(model)["randomisation_similarity"]
    assert similarity.value < 0.9
    assert (model.native.weight == before).all()


def test_a_model_whose_inside_is_unknown_is_compared_with_leaving_out_one_word():
    found = measured(text_models.function(), n=12)
    assert found["method_agreement"].value > 0.7
    assert found["randomisation_similarity"].code == "not_applicable"


def test_what_there_is_no_time_or_no_text_for_is_named():
    late = measured(text_models.network(), budget=TimeBudget.of(0.0, lambda: 1.0))
    assert {late[metric].code for metric in METRICS[:5]} == {"error"}
    model = text_models.network()
    one = explain_texts(model, [("broken",)], method="auto", column=1, steps=8)
    found = text_evidence(
        model,
        one,
        [("broken",)],
        column=1,
        level=0.95,
        unit="text",
        seed=0,
        steps=8,
        probability=False,
        budget=TimeBudget(),
    )
    assert {m.code for m in found} == {"too_few_samples"}
