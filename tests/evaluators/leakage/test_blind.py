"""The blind baseline sees what members and non-members differ in, and nothing where both come from one population."""

import random
from dataclasses import replace

import pytest
from tests.support import memory_predictions, memory_table

from cardwright.errors import UsageError
from cardwright.evaluators.leakage import blind
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.sources.models.memory import model_from_callable

WORDS = ("river", "bridge", "winter", "garden", "letter", "music", "stone", "window", "market", "harbour")


def table(seed, rows=300, *, shift=0.0, opening=""):
    rng = random.Random(seed)
    return {
        "x": [rng.gauss(shift, 1) for _ in range(rows)],
        "kind": [rng.choice("abc") for _ in range(rows)],
        "text": [opening + " ".join(rng.choice(WORDS) for _ in range(12)) + f" {i}" for i in range(rows)],
        "l": [rng.random() for _ in range(rows)],
    }


def told(members, non_members, model=None, **options):
    sides = (one if not isinstance(one, dict) else memory_table(one) for one in (members, non_members))
    return blind.look(*sides, LeakageOptions(loss="l", **options), model, 4, "leak")


def test_rows_of_one_population_are_not_told_apart():
    found = told(table(1), table(2))
    assert not found.differ
    assert found.columns == ("x", "kind", "text")
    assert found.area is not None
    assert found.area.bounds.lower <= 0.5 <= found.area.bounds.upper


def test_a_shifted_number_is_seen_by_the_reader_of_columns():
    found = told(table(1), table(2, shift=1.5))
    assert (found.differ, found.reader) == (True, "columns")


def test_texts_that_open_otherwise_are_seen_by_the_reader_of_words():
    found = told(table(1), table(2, opening="in 2024 "), inputs=["text"])
    assert (found.differ, found.reader) == (True, "words")


def test_losses_are_never_read():
    both = table(1), {**table(2), "l": [9.0] * 300}
    assert "l" not in told(*both).columns
    assert not told(*both).differ


def test_the_models_features_and_the_outcome_are_what_is_read():
    rows = [{**table(seed), "y": [0, 1] * 150, "s": [0.5] * 300} for seed in (1, 2)]
    sides = [memory_predictions(one, score="s", threshold=0.5) for one in rows]
    model = model_from_callable(lambda frame: frame["x"], ["x"], task="binary")
    assert told(*sides, model).columns == ("x", "y")


def test_rows_of_one_person_stay_in_one_fold():
    """Each person's rows are alike: with the rows of one person in two folds members would be known again by them."""
    rng = random.Random(3)

    def people(first):
        own = {who: rng.random() for who in range(first, first + 60)}
        return memory_table(
            {"who": [w for w in own for _ in range(5)], "x": [own[w] for w in own for _ in range(5)], "l": [0.0] * 300}
        )

    sides = people(0), people(1000)
    apart = [
        blind.look(
            *(s if grouped else _without_person(s) for s in _as_persons(sides)),
            LeakageOptions(loss="l", inputs=["x"]),
            None,
            4,
            "leak",
        )
        for grouped in (True, False)
    ]
    assert not apart[0].differ
    assert apart[1].differ


def _as_persons(sides):
    return [replace(one, person="who") for one in sides]


def _without_person(one):
    return replace(one, person=None)


def test_too_few_rows_and_no_inputs_are_reasons():
    few = told(table(1, 30), table(2, 30))
    assert few.area is None
    assert "30 rows" in (few.why or "")
    none = told({"l": [0.1] * 200}, {"l": [0.2] * 200})
    assert none.why == "no column of inputs is known, so nobody can tell whether they differ"


def test_a_named_input_that_is_not_in_both_is_refused():
    with pytest.raises(UsageError, match="in both sources"):
        told(table(1), {"x": [1.0], "l": [0.1]}, inputs=["kind"])
