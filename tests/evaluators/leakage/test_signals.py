"""One loss for each row, from whichever of columns, models and texts gives it; what gives none is said."""

import math

import numpy as np
import pytest
from tests.support import memory_predictions, memory_table

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.evaluators.leakage.signals import outcome_of, side, tokens_of
from cardwright.record.provenance import DatasetRef
from cardwright.sources.interface import LanguageModel
from cardwright.sources.models.memory import model_from_callable

REF = DatasetRef(name="lm", role="model", kind="model", format="memory", sha256="0" * 64)


def letters(texts):
    """A stand-in: each letter but the first costs its place in the alphabet."""
    return [[-float(ord(letter) - 96) for letter in text[1:]] for text in texts]


LM = LanguageModel(REF, letters)


def lost(source, model=None, **options):
    return side(source, LeakageOptions(**options), outcome_of(source, source), model, "leak")


def test_a_column_of_losses_and_one_of_log_probabilities_differ_by_their_sign():
    table = memory_table({"l": [0.5, 2.0], "p": [-0.5, -2.0]})
    assert lost(table, loss="l").loss.tolist() == lost(table, log_prob="p").loss.tolist() == [0.5, 2.0]
    with pytest.raises(UsageError, match="both name the loss"):
        lost(table, loss="l", log_prob="p")


def test_scores_decisions_and_values_become_losses():
    scored = memory_predictions({"y": [1, 0], "s": [0.9, 0.25]}, score="s", threshold=0.5)
    np.testing.assert_allclose(lost(scored).loss, [-math.log(0.9), -math.log(0.75)])
    assert lost(scored).cross_entropy
    decided = memory_predictions({"y": [1, 0], "d": [1, 1]}, prediction="d")
    assert lost(decided).loss.tolist() == [0.0, 1.0]
    valued = memory_predictions({"y": [1.0, 3.0], "d": [2.0, 5.0]}, prediction="d", task="regression")
    assert lost(valued).loss.tolist() == [1.0, 4.0]
    assert not lost(valued).cross_entropy


def test_a_loaded_model_is_asked_rather_than_its_supplied_scores():
    rows = memory_predictions({"y": [1, 0], "x": [0.8, 0.4], "s": [0.1, 0.1]}, score="s", threshold=0.5)
    model = model_from_callable(lambda frame: frame["x"], ["x"], task="binary")
    found = lost(rows, model)
    np.testing.assert_allclose(found.loss, [-math.log(0.8), -math.log(0.6)])
    assert found.how == "what the loaded model says"


def test_a_language_model_scores_the_texts_token_by_token():
    found = lost(memory_table({"t": ["xab", "xbb"]}), LM, text="t")
    assert found.loss.tolist() == [1.5, 2.0]
    assert found.tokens is not None
    assert found.tokens.tolist() == [2.0, 2.0]
    assert found.least_likely is not None
    assert found.least_likely.tolist() == [2.0, 2.0]
    assert found.bits is not None
    assert "loaded language model" in found.how


def test_a_column_of_token_log_probabilities_says_the_same_as_the_model():
    table = memory_table({"t": ["xab", "xbc"], "tokens": [[-1.0, -2.0], [-2.0, -3.0]]})
    by_column, by_model = lost(table, token_log_probs="tokens"), lost(table, LM, text="t")
    assert by_column.loss.tolist() == by_model.loss.tolist()
    assert by_column.least_likely is not None
    assert by_column.least_likely.tolist() == by_model.least_likely.tolist()


def test_a_text_that_has_no_scored_token_is_an_error_and_no_loss_of_0():
    with pytest.raises(SourceError, match="1 of 2 rows have no finite loss"):
        lost(memory_table({"t": ["x", "xab"]}), LM, text="t")


@pytest.mark.parametrize("named", ["loss", "log_prob", "token_log_probs"])
def test_a_language_model_beside_columns_that_say_the_same_is_refused(named):
    with pytest.raises(UsageError, match=f"`{named}` names a column, and the language model computes the same"):
        tokens_of(LeakageOptions(text="t", **{named: "c"}), LM, "leak")


def test_a_language_model_needs_to_know_which_column_holds_the_texts():
    with pytest.raises(UsageError, match="which column holds the texts"):
        tokens_of(LeakageOptions(), LM, "leak")


def test_a_table_that_says_nothing_of_the_model_is_refused_with_what_to_name():
    with pytest.raises(UsageError) as caught:
        lost(memory_table({"x": [1.0]}))
    assert "language model" in (caught.value.do or "")


def test_shadow_losses_in_lists_are_rows_by_models_and_missing_where_one_has_none():
    table = memory_table({"l": [1.0, 2.0], "out": [[0.5], [0.25, 0.75]], "more": [3.0, None]})
    found = lost(table, loss="l", shadow_out=["out", "more"])
    assert found.shadow_out is not None
    np.testing.assert_array_equal(found.shadow_out, [[0.5, np.nan, 3.0], [0.25, 0.75, np.nan]])


def test_a_missing_column_is_named_with_the_nearest():
    with pytest.raises(UsageError, match='no column "los"') as caught:
        lost(memory_table({"loss": [1.0]}), loss="los")
    assert "loss" in (caught.value.do or "")
