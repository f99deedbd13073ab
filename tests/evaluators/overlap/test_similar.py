"""Near duplicates of mixed rows and of texts are found among rows larger than a comparison of all pairs allows, and named with their error."""

import random

import pytest
from tests.support import memory_predictions, memory_table

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.overlap import Overlap

WORDS = [
    "river",
    "bridge",
    "winter",
    "garden",
    "letter",
    "music",
    "stone",
    "window",
    "market",
    "harbour",
    "forest",
    "silver",
    "candle",
    "thunder",
    "meadow",
    "lantern",
]


def row(rng):
    return {f"n{i}": round(rng.random() * 1000, 3) for i in range(8)} | {
        "city": rng.choice(WORDS),
        "note": rng.choice(WORDS),
    }


def columns(rows, label):
    return {name: [r[name] for r in rows] for name in rows[0]} | {"y": label}


def one(evaluation, metric):
    (found,) = evaluation.find(metric, slice={})
    return found


def look(test, training, seed=0, **parameters):
    sources = {
        "source": memory_table(test, label="y", name="test"),
        "training": memory_table(training, label="y", name="training"),
    }
    return Overlap(**parameters).evaluate(Inputs(id="overlap", sources=sources, parameters=parameters, seed=seed))


@pytest.fixture(scope="module")
def planted():
    """300 test rows, of which 60 are training rows with one of ten columns changed."""
    rng = random.Random(3)
    training = [row(rng) for _ in range(500)]
    test = [{**training[i], "n3": training[i]["n3"] + 50} for i in range(60)] + [row(rng) for _ in range(240)]
    return columns(test, [1] * 60 + [0, 1] * 120), columns(training, [1] * 100 + [0] * 400)


def test_rows_with_one_of_ten_columns_changed_are_near_duplicates_and_tell_their_label(planted):
    seen = look(*planted)
    assert one(seen, "exact_overlap_rate").numerator == one(seen, "near_overlap_rate").numerator == 0
    assert (one(seen, "similar_overlap_rate").numerator, one(seen, "similar_overlap_rate").denominator) == (60, 300)
    assert one(seen, "duplicate_label_rate").numerator == 60
    assert one(seen, "similar_training_rate").numerator == 0
    (finding,) = [f for f in seen.findings if f.key == "similar_overlap"]
    assert (finding.severity, finding.count) == ("medium", 60)
    assert "Every pair was compared" in seen.method


def test_a_stricter_threshold_does_not_find_them(planted):
    assert one(look(*planted, similar=0.95), "similar_overlap_rate").numerator == 0


def test_texts_with_a_sentence_changed_are_near_duplicates():
    rng = random.Random(4)
    texts = [" ".join(rng.choice(WORDS) + str(rng.randint(0, 99)) for _ in range(60)) for _ in range(50)]
    changed = [f"{text} and so it ended." for text in texts[:20]]
    fresh = [" ".join(rng.choice(WORDS) + str(rng.randint(100, 199)) for _ in range(60)) for _ in range(20)]
    seen = look({"t": changed + fresh, "y": [0, 1] * 20}, {"t": texts, "y": [0, 1] * 25})
    assert one(seen, "near_overlap_rate").numerator == 0
    assert one(seen, "similar_overlap_rate").numerator == 20


def test_repeated_cases_of_training_make_the_finding_a_low_one():
    """Two columns of three values: nearly every row is a near duplicate of others in its own table, too."""
    rng = random.Random(2)
    tables = [
        {"a": [rng.choice("abc") for _ in range(200)], "b": [rng.choice("abc") for _ in range(200)], "y": [0, 1] * 100}
        for _ in "12"
    ]
    seen = look(*tables)
    assert one(seen, "similar_training_rate").value > 0.9
    assert all(f.severity == "low" for f in seen.findings if f.key in ("exact_overlap", "similar_overlap"))


def test_a_sample_of_test_rows_is_seeded_and_counted(planted):
    first, again = (look(*planted, similar_rows=100, seed=1) for _ in range(2))
    other = look(*planted, similar_rows=100, seed=2)
    assert one(first, "similar_overlap_rate") == one(again, "similar_overlap_rate")
    assert one(first, "similar_overlap_rate").denominator == 100
    assert one(first, "similar_overlap_rate").numerator != one(other, "similar_overlap_rate").numerator
    assert first.completeness == "sampled"


def test_planted_rows_are_found_whatever_the_scores_of_other_models_say():
    """100 training rows among the test rows, with two scores that were shifted in between, were reported as 0."""
    rng = random.Random(8)
    training = [{**row(rng), "score_a": rng.random(), "score_b": rng.random()} for _ in range(400)]
    test = [{**training[i], "score_a": rng.random(), "score_b": rng.random()} for i in range(100)]
    sides = columns(test, [0, 1] * 50), columns(training, [0, 1] * 200)
    assert one(look(*sides), "exact_overlap_rate").numerator == 100
    named = memory_predictions(sides[0], score="score_a", threshold=0.5, features=tuple(row(rng)))
    plain = memory_table(sides[1], label="y", name="training")
    seen = Overlap().evaluate(Inputs(id="overlap", sources={"source": named, "training": plain}))
    assert one(seen, "exact_overlap_rate").numerator == 100
    assert "what the model reads" in seen.method


def test_above_the_pairs_that_are_all_compared_the_method_states_what_is_missed():
    rng = random.Random(5)
    training = [row(rng) for _ in range(5000)]
    test = [{**training[i], "n3": -1.0} for i in range(200)] + [row(rng) for _ in range(5300)]
    seen = look(columns(test, [0, 1] * 2750), columns(training, [0, 1] * 2500))
    assert "is missed with a probability of 0.1" in seen.method
    assert 198 <= one(seen, "similar_overlap_rate").numerator <= 200
