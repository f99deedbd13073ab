"""What a person should look at: rows, entities and times in common, and columns that give the label away."""

import random

from tests.evaluators.overlap.support import keys, look, one

from cardwright.record import canonical


def test_the_same_person_in_both_is_a_high_finding_without_a_name():
    test = {"a": [7, 8], "who": ["Ada Secret", "Bo Secret"], "y": [0, 1]}
    training = {"a": [1, 2], "who": ["Ada Secret", "Cy Secret"], "y": [0, 1]}
    seen = look(test, training, entity="who")
    assert (one(seen, "entity_overlap_rate").numerator, one(seen, "entity_overlap_rate").denominator) == (1, 2)
    assert keys(seen)["entity_overlap"].severity == "high"
    assert "Secret" not in canonical.dumps(seen).decode()


def test_a_column_that_gives_the_label_away_is_a_high_finding():
    rng = random.Random(1)
    y = [rng.randint(0, 1) for _ in range(400)]
    rows = {
        "leak": [10.0 * v + rng.random() for v in y],
        "noise": [rng.random() for _ in y],
        "id": [f"p{i}" for i in range(400)],
        "y": y,
    }
    seen = look(rows, rows, columns=["leak", "noise", "id"])
    assert one(seen, "goodman_kruskal_lambda", column="leak").value > 0.95
    assert one(seen, "goodman_kruskal_lambda", column="noise").value < 0.3
    assert one(seen, "goodman_kruskal_lambda", column="id").code == "not_applicable"
    assert [f.where for f in seen.findings if f.key == "target_leakage"] == ["leak"]


def test_what_chance_alone_brings_is_a_low_finding():
    """Two columns of three values: nearly every row agrees with another one of its own table, too."""
    rng = random.Random(2)
    table = {c: [rng.choice("abc") for _ in range(300)] for c in ("a", "b")} | {
        "y": [rng.choice([0, 1]) for _ in range(300)]
    }
    assert keys(look(table, table))["exact_overlap"].severity == "low"


def test_what_training_rows_do_among_themselves_is_what_chance_would_bring():
    none = keys(look({"a": [7, 8], "y": [0, 1]}, {"a": [7, 2, 3], "y": [0, 1, 1]}, columns=["a"]))["exact_overlap"]
    assert "0 of 3 training rows equal another training row: chance alone would bring hardly any." in none.explanation
    some = keys(look({"a": [7, 8], "y": [0, 1]}, {"a": [7, 2, 2], "y": [0, 1, 1]}, columns=["a"]))["exact_overlap"]
    assert (
        "2 of 3 training rows equal another training row: chance alone would bring about that share."
        in some.explanation
    )
