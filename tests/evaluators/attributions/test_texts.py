"""Attributions of texts are those of closed forms, by word and by token, from a network's inside or by leaving words out."""

import itertools

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("torch", reason="integrated gradients need the torch extra")
pytest.importorskip("captum", reason="integrated gradients need the torch extra")
pytest.importorskip("shap", reason="SHAP's masker needs the tabular extra")

from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.attributions import text_models
from tests.evaluators.attributions.text_models import WEIGHTS, weight_of

from cardwright.errors import UsageError
from cardwright.evaluators.attributions.budget import TimeBudget
from cardwright.evaluators.attributions.texts import (
    explain_texts,
    output_of,
    reads_texts,
    text_rows,
    without,
    words_of,
)
from cardwright.sources.models import model_from_callable

ROWS = [("Please, the lift is broken",), ("thank you",), ("",), ("broken broken",)]


def explained(model, rows=ROWS, method="auto", column=1, **said):
    return explain_texts(model, rows, method=method, column=column, steps=16, **said)


def spoken(rows, found):
    return [
        [row[place][start:stop] for place, start, stop in words] for row, words in zip(rows, found.words, strict=True)
    ]


@pytest.mark.parametrize("column", [0, 1])
def test_each_word_of_a_network_that_sums_its_words_has_its_weight_for_either_class(column):
    found = explained(text_models.network(), column=column)
    sign = 1 if column == 1 else -1
    assert (found.method, found.output, found.passed_over) == ("integrated_gradients", "log_odds", ())
    for words, values in zip(spoken(ROWS, found), found.values, strict=True):
        np.testing.assert_allclose(values, [sign * weight_of(word) for word in words], atol=1e-6)
    assert found.residuals.max() < 1e-6
    assert [len(tokens) for tokens in found.tokens] == [6, 2, 0, 2]


def test_words_that_are_left_out_have_their_weight_too_as_owens_values_of_a_sum_are_its_terms():
    """In log odds, which a network of logits puts out; SHAP's masker knows no inside."""
    found = explained(text_models.network(), method="text_masker")
    assert (found.method, found.output) == ("text_masker", "log_odds")
    for words, values in zip(spoken(ROWS, found), found.values, strict=True):
        np.testing.assert_allclose(values, [weight_of(word) for word in words], atol=1e-6)
    assert found.residuals.max() < 1e-6


def test_a_model_whose_inside_is_unknown_is_masked_in_probability_and_the_reason_is_kept():
    found = explained(text_models.function())
    assert (found.method, found.output) == ("text_masker", "probability")
    assert found.passed_over == ("integrated_gradients: its tokens or embeddings are not known",)
    assert found.residuals.max() < 1e-9
    assert found.values[1][0] < 0 < found.values[3][0]


@pytest.mark.parametrize("column", [0, 1])
def test_a_networks_probability_is_explained_on_request(column):
    found = explained(text_models.network(), column=column, probability=True)
    chance = 1 / (1 + np.exp(-np.array([text_models.margin(text) for (text,) in ROWS])))
    assert found.output == "probability"
    np.testing.assert_allclose(found.outputs, chance if column == 1 else 1 - chance, atol=1e-6)
    assert found.residuals.max() < 1e-3


def test_tokens_are_added_up_to_the_word_that_they_are_part_of():
    """A tokenizer that cuts words after three letters: a word's number is the sum of its pieces."""
    from dataclasses import replace

    import torch

    from cardwright.sources.interface import TokenizedText

    model = text_models.network()

    def cut(row):
        spans = [(0, i, min(i + 3, stop)) for _, start, stop in words_of(row) for i in range(start, stop, 3)]
        return TokenizedText(torch.tensor([[2] * len(spans)]), (), tuple(spans))

    found = explained(replace(model, text=replace(model.text, tokenize=cut)), rows=[("broken lift at 5.",)])
    assert found.values[0].tolist() == [4.0, 4.0, 2.0, 2.0, 2.0]
    assert found.token_values[0].tolist() == [2.0] * 7


def test_what_the_network_reads_no_more_is_no_word_of_it():
    from dataclasses import replace

    model = text_models.network()

    def first_two(row):
        whole = model.text.tokenize(row)
        return replace(whole, ids=whole.ids[:, :3], spans=whole.spans[:3])

    found = explained(
        replace(model, text=replace(model.text, tokenize=first_two)), rows=[("broken lift please",), ("lift",)]
    )
    assert spoken([("broken lift please",), ("lift",)], found) == [["broken", "lift"], ["lift"]]
    assert found.cut == (True, False)


def test_a_budget_ends_after_the_texts_for_which_there_was_time():
    ticks = itertools.count()
    budget = TimeBudget.of(8.0, lambda: float(next(ticks)))
    found = explained(text_models.network(), rows=ROWS * 10, budget=budget)
    assert 1 <= len(found.values) < 40
    assert len(found.outputs) == len(found.words) == len(found.values)


def test_methods_of_tables_and_of_what_is_not_known_are_refused():
    with pytest.raises(UsageError, match='no method for texts is called "tree"'):
        explained(text_models.network(), method="tree")
    with pytest.raises(UsageError, match="not known"):
        explained(text_models.function(), method="integrated_gradients")


def test_a_column_of_categories_is_no_text():
    model = text_models.function()
    assert reads_texts(model, pa.record_batch({"text": ["the lift is broken", "thank you very much"]}))
    assert not reads_texts(model, pa.record_batch({"text": ["New York", "Oslo", None]}))
    numbers = model_from_callable(lambda frame: frame["n"].to_numpy() * 1.0, ("n",), task="regression")
    assert not reads_texts(numbers, pa.record_batch({"n": [1, 2]}))


@given(st.text(alphabet="abc '.é\n", max_size=40), st.data())
def test_what_is_left_out_is_what_was_taken_and_nothing_else(text, data):
    words = words_of([text])
    taken = data.draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    (left,) = without([text], words, taken, "")
    kept = [text[start:stop] for (_, start, stop), gone in zip(words, taken, strict=True) if not gone]
    assert "".join(left.split()) == "".join("".join(kept).split())
    assert without([text], words, [False] * len(words), "[MASK]") == (text,)


def test_the_output_that_is_asked_for_is_that_of_the_class():
    name, of = output_of(text_models.network(), 1, False)
    assert name == "log_odds"
    np.testing.assert_allclose(of(ROWS), [WEIGHTS["please"] + 2.5, -2.5, 0.0, 4.0], atol=1e-9)
    assert text_rows(text_models.network(), pa.record_batch({"text": ["a", None]})) == [("a",), ("",)]
