"""What is printed of texts: words that many use, with their signed effect and interval; never a word that may be a name."""

import itertools

import numpy as np
import pytest

pytest.importorskip("torch", reason="integrated gradients need the torch extra")
pytest.importorskip("captum", reason="integrated gradients need the torch extra")
pytest.importorskip("shap", reason="SHAP's masker needs the tabular extra")

from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.attributions import text_models
from tests.evaluators.attributions.text_models import WEIGHTS, inputs, network
from tests.support import memory_predictions

from cardwright.errors import UsageError
from cardwright.evaluators.attributions import Attributions
from cardwright.evaluators.attributions.measure import assess
from cardwright.evaluators.attributions.text_measure import effects_of
from cardwright.evaluators.attributions.texts import words_of
from cardwright.testing import check_evaluator


def evaluated(model=None, predictions=None, small_cell=5, **said):
    return Attributions(steps=8, **said).evaluate(inputs(model or network(), predictions, small_cell=small_cell))


def effects(texts, values=None, least=3, **said):
    rows = [(text,) for text in texts]
    parts = [words_of(row) for row in rows]
    return effects_of(rows, parts, values or [np.ones(len(part)) for part in parts], least, **said)


def test_the_mean_effect_of_a_word_has_its_sign_its_number_of_texts_and_an_interval():
    evaluation = evaluated()
    found = {m.slice["word"]: m for m in evaluation.find("mean_attribution")}
    for word in ("broken", "thank", "wheelchair"):
        assert found[word].value == pytest.approx(WEIGHTS[word], abs=1e-5)
        using = sum(word in text for text in text_models.texts()["text"])
        assert found[word].sampling.units == using
        assert found[word].interval.lower <= found[word].value <= found[word].interval.upper
    (table,) = [t for t in evaluation.tables if t.id == "top_words"]
    assert table.rows[0][0] in ("broken", "thank")


def test_no_name_of_anybody_is_printed_and_what_is_not_printed_is_counted():
    evaluation = evaluated()
    said = evaluation.model_dump_json()
    assert "smith" not in said.casefold()
    assert '"ann"' not in said.casefold()
    (why,) = [n for n in evaluation.coverage.not_tested if "another form of a name" in n.what]
    assert why.what.startswith("26 words in fewer than 5 texts, and 1 with capitals")
    assert 0.9 < evaluation.find("printed_words_attribution_share")[0].value <= 1


def test_a_word_of_few_texts_of_digits_of_capitals_or_of_a_detector_is_not_shown():
    texts = ["the lift code4 Oslo ann@example.org late"] * 3 + ["once the"]
    found = effects(texts)
    assert {one.word for one in found.shown} >= {"the", "lift", "late"}
    assert not {"code4", "oslo", "once"} & {one.word for one in found.shown}
    assert found.rare == 1


@given(
    st.lists(
        st.lists(st.sampled_from(["red", "Red", "blue", "Ann", "x9"]), min_size=1, max_size=5), min_size=1, max_size=12
    ),
    st.integers(1, 5),
)
def test_every_shown_word_is_used_in_lower_case_by_enough_texts(rows, least):
    texts = [" ".join(words) for words in rows]
    capitals = any(c.isupper() for text in texts for c in text)
    for one in effects(texts, least=least).shown:
        using = sum(one.word in words for words in rows)
        assert using >= (least if capitals else 4 * least)
        assert one.word in ("red", "blue")


def test_in_texts_without_capitals_a_name_looks_like_a_word_so_that_more_have_to_use_it():
    few, many = ["my neighbour ann is ill"] * 5, ["my neighbour ann is ill"] * 20
    assert effects(few, least=5).shown == ()
    assert "neighbour" in {one.word for one in effects(many, least=5).shown}


def test_twenty_texts_of_one_person_are_one_person():
    texts = ["The moth came back"] * 20
    assert effects(texts, persons=["w1"] * 20).shown == ()
    assert {one.word for one in effects(texts, persons=list(range(20))).shown} == {"moth", "came", "back"}


def test_a_plan_that_asks_for_larger_cells_prints_fewer_words():
    few, many = (
        {m.slice["word"] for m in evaluated(small_cell=least, top=50).find("mean_attribution")} for least in (35, 5)
    )
    assert few < many
    assert "wheelchair" in many - few


def test_a_word_that_goes_with_a_sensitive_attribute_is_a_finding_with_an_interval():
    evaluation = evaluated()
    found = {m.slice["word"]: m for m in evaluation.find("proxy_association")}
    assert found["wheelchair"].interval.lower > 0.5 > found["broken"].interval.lower
    assert evaluation.find("proxy_attribution_share")[0].value > 0
    (proxy,) = [f for f in evaluation.findings if f.key == "proxy_words"]
    assert "wheelchair with g" in proxy.explanation


def test_the_evaluation_of_texts_keeps_its_promises():
    check_evaluator(Attributions, inputs(network(), parameters={"rows": 12, "steps": 8}))


def test_a_budget_that_ends_leaves_a_partial_evaluation():
    ticks = itertools.count()
    evaluation = assess(Attributions(steps=8, seconds=12.0), inputs(network()), lambda: float(next(ticks)))
    (scanned,) = evaluation.coverage.scanned
    assert evaluation.completeness == "partial"
    assert scanned.scanned < 60
    assert f"{60 - scanned.scanned} of 60 texts" in {n.what for n in evaluation.coverage.not_tested}


def test_blank_tokens_that_mean_the_same_rank_words_alike():
    assert evaluated().find("attribution_rank_stability")[0].value == pytest.approx(1)
    assert evaluated(seeds=1).find("attribution_rank_stability")[0].code == "too_few_samples"


def test_pieces_of_words_have_a_table_of_their_own_of_printed_words_alone():
    from dataclasses import replace

    from cardwright.sources.interface import TokenizedText

    model = network()

    def halves(row):
        whole = model.text.tokenize(row)
        import torch

        spans, ids = [], []
        for span, number in zip(whole.spans, whole.ids[0].tolist(), strict=True):
            if span is not None and span[2] - span[1] > 3:
                spans += [(0, span[1], span[1] + 3), (0, span[1] + 3, span[2])]
                ids += [number, 1]
            else:
                spans.append(span)
                ids.append(number)
        return TokenizedText(torch.tensor([ids]), (), tuple(spans))

    evaluation = evaluated(replace(model, text=replace(model.text, tokenize=halves)))
    (tokens,) = [t for t in evaluation.tables if t.id == "top_tokens"]
    assert {"bro", "tha"} <= {row[0] for row in tokens.rows}
    assert not {"smi", "ann"} & {row[0] for row in tokens.rows}


def test_a_model_that_reads_no_word_has_no_shares():
    columns = text_models.texts(12)
    model = network()
    from dataclasses import replace

    import torch

    with torch.no_grad():
        model.native.weight.zero_()

    flat = replace(model, predict=lambda batch: np.full(batch.num_rows, 0.5))
    evaluation = evaluated(flat, text_models.source(columns))
    assert evaluation.find("printed_words_attribution_share")[0].code == "undefined"
    assert evaluation.find("additivity_residual_max")[0].code == "undefined"


def test_one_of_several_classes_is_named_and_a_method_of_tables_is_refused():
    with pytest.raises(UsageError, match="explains tables, and the model reads texts"):
        evaluated(method="tree")


def test_a_source_that_names_persons_counts_them():
    columns = text_models.texts() | {"who": ["w1"] * 60}
    predictions = memory_predictions(
        columns, score="p", threshold=0.5, sensitive=["g"], features=("text",), classes=("0", "1"), person="who"
    )
    assert evaluated(predictions=predictions).find("mean_attribution") == ()
