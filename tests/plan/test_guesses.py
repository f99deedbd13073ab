"""What `init` takes columns for: pairs by name and values, kinds of files, and what is never sure."""

import numpy as np
import pytest
from tests.support import list_rows

from cardwright.plan import guesses
from cardwright.plan.looking import look

N = 200
RNG = np.random.default_rng(3)
ZERO_ONE = RNG.integers(0, 2, N).tolist()
P = RNG.random(N).tolist()
AMOUNT = RNG.normal(50, 9, N).tolist()
WORDS = RNG.choice(["yes", "no"], N).tolist()


def columns(**named):
    """A look at columns; names with blanks and the like go in as a mapping under `_`."""
    named |= named.pop("_", {})
    return look(list_rows(named))


@pytest.mark.parametrize(
    ("truth", "said", "values", "other", "how"),
    [
        ("churn", "predicted_churn", ZERO_ONE, ZERO_ONE[::-1], "decision"),
        ("churn", "p_churn", ZERO_ONE, P, "score"),
        ("churn", "churn_p", ZERO_ONE, P, "score"),
        ("churn", "churn_pred", ZERO_ONE, ZERO_ONE[::-1], "decision"),
        ("churn", "prob_churn", ZERO_ONE, P, "score"),
        ("Churn", "ChurnProba", ZERO_ONE, P, "score"),
        ("y_true", "y_pred", ZERO_ONE, ZERO_ONE[::-1], "decision"),
        ("y", "yhat", AMOUNT, AMOUNT[::-1], "value"),
        ("target", "prediction", AMOUNT, AMOUNT[::-1], "value"),
        ("label_value", "score", ZERO_ONE, ZERO_ONE[::-1], "decision"),
        ("actual", "forecast", AMOUNT, AMOUNT[::-1], "value"),
        (" income", " predicted_income", WORDS, WORDS[::-1], "decision"),
    ],
)  # fmt: skip
def test_a_column_and_a_models_word_on_it_are_a_pair(truth, said, values, other, how):
    look_at = columns(_={said: other, "x": AMOUNT, truth: values})
    (pair,) = guesses.pairs(look_at)
    assert (pair.truth.name, pair.said.name, pair.how) == (truth, said, how)
    label = guesses.guess_label(look_at)
    assert (label.value, label.sure) == (truth, True)
    assert guesses.guess_kind(look_at).value == "tabular"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"credit": WORDS}, {"credit_score": [300 + n for n in range(N)]}),
        ({"y": ZERO_ONE}, {"y_pred": AMOUNT}),
        ({"pressure": AMOUNT}, {"p": WORDS}),
    ],
)
def test_a_name_alone_makes_no_pair_if_the_values_cannot_be_one(first, second):
    assert guesses.pairs(columns(**first, **second)) == []


def test_integers_called_prediction_are_decisions_and_no_chemistry_is_a_score():
    """Wine: a column of acid between 0 and 1 is not what a model said where a column is called so."""
    grade = RNG.integers(3, 9, N).tolist()
    look_at = columns(citric_acid=P, sulphates=AMOUNT, target=grade, prediction=grade[::-1])
    label = look_at[2]
    assert guesses.guess_score(look_at, label) is None
    assert guesses.guess_prediction(look_at, label).value == "prediction"
    assert guesses.guess_task(label, look_at[3]) == guesses.Guess(
        "multiclass", "a few whole numbers, which may be classes or amounts", False
    )


def test_an_audits_table_is_predictions_and_its_kind_is_said():
    """`score` of 0 and 1 beside `label_value`, as Aequitas lays tables out."""
    look_at = columns(entity_id=list(range(N)), score=ZERO_ONE, label_value=ZERO_ONE[::-1], race=WORDS, sex=WORDS)
    kind = guesses.guess_kind(look_at)
    assert (kind.value, kind.why) == ("tabular", "score is a model's word on label_value")
    assert guesses.guess_prediction(look_at, look_at[2]).value == "score"
    assert guesses.guess_sensitive(look_at).value == "race, sex"


def test_a_table_without_a_models_word_is_a_dataset_and_that_is_not_sure():
    guess = guesses.guess_kind(
        columns(sex=WORDS, two_year_recid=ZERO_ONE, decile_score=RNG.integers(1, 11, N).tolist())
    )
    assert (guess.value, guess.sure) == ("dataset", False)
    assert "decile_score is not a probability, since it goes from 1 to 10" in guess.why


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({"query_id": 0, "relevance": 1, "score": 2}, ("query_id", "relevance", "score", False)),
        ({"qid": 0, "rel": 1, "rank": 3}, ("qid", "rel", "rank", True)),
        ({"user_id": 0, "relevance": 1, "y_hat": 2}, ("user_id", "relevance", "y_hat", False)),
        ({"user_id": 0, "label": 1, "score": 2}, None),
        ({"query_id": 0, "score": 2}, None),
        ({"query_id": 0, "relevance": 1}, None),
    ],
)
def test_a_ranking_is_known_by_query_relevance_and_an_order(named, found):
    values = [[n // 10 for n in range(N)], RNG.integers(0, 4, N).tolist(), AMOUNT, [n % 10 + 1 for n in range(N)]]
    look_at = columns(**{name: values[place] for name, place in named.items()})
    ranking = guesses.guess_ranking(look_at)
    assert ranking == (None if found is None else guesses.RankingColumns(*found))
    assert (guesses.guess_kind(look_at).value == "ranking") == (found is not None)


@pytest.mark.parametrize("name", ["p_default", "risk", "fraud_score", "p_churn", "prob_denied", "p_bad"])
def test_a_probability_of_something_bad_is_never_sure(name):
    label = {"y": ZERO_ONE} if "churn" not in name else {"churn": ZERO_ONE}
    look_at = columns(**{name: P}, **label)
    guess = guesses.guess_score(look_at, look_at[1])
    assert (guess.value, guess.sure) == (name, False)
    assert "store 1 - it first" in guess.why


def test_columns_of_persons_and_of_codes_that_repeat_are_asked_about():
    codes = [f"k{n % 90}-x" for n in range(N)]
    assert guesses.guess_person(columns(patient=[n // 2 for n in range(N)])).value == "patient"
    assert guesses.guess_person(columns(ref=codes)).value == "ref"
    assert guesses.guess_person(columns(case=[n // 8 for n in range(N)])).value == "case"
    assert guesses.guess_person(columns(patient=list(range(N)), colour=WORDS, age=[n % 60 for n in range(N)])) is None
    assert guesses.guess_person(columns(patient=[n // 2 for n in range(N)])).sure is False


def test_ages_are_groups_by_decades_with_enough_rows_each():
    ages = columns(age=[20 + n % 30 for n in range(N)], stage=[20 + n % 30 for n in range(N)])
    assert guesses.guess_sensitive(ages).value == "age"
    assert guesses.guess_bands(ages[0]) == (25.0, 35.0, 45.0)
    assert guesses.guess_bands(columns(age=[70 + n % 20 for n in range(N)])[0]) == (75.0,)
    assert guesses.guess_bands(columns(income=list(range(N)))[0]) == (50.0, 100.0, 150.0)
    assert guesses.guess_bands(columns(x=["a"] * N)[0]) == ()


def test_weights_are_guessed_by_names_that_can_be_nothing_else():
    assert guesses.guess_weight(columns(_={" fnlwgt": AMOUNT, "weight": AMOUNT})).value == " fnlwgt"
    assert guesses.guess_weight(columns(weight=AMOUNT)) is None


def test_targets_of_a_regression_are_found_and_amounts_are_no_classes():
    look_at = columns(x=AMOUNT, target=AMOUNT)
    assert guesses.guess_label(look_at).value == "target"
    assert guesses.guess_task(look_at[1]).value == "regression"
    assert guesses.guess_task(columns(y=WORDS)[0]).value == "binary"
    assert guesses.guess_label(columns(value=AMOUNT)) is None


def test_names_are_listed_so_that_each_is_read_back():
    assert guesses.listed(["sex", 'a "b"', "age, years", " race"]) == 'sex, "a ""b""", "age, years", " race"'
