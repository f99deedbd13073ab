"""A table of copies is found by every attack, one drawn anew from the population by none."""

import numpy as np
import pytest
from tests.evaluators.leakage.support import keys, look, one

from cardwright.errors import UsageError
from cardwright.evaluators.leakage.synthetic import ATTACKS
from cardwright.record import Measured, Unmeasured

SETTING = {"attacks": 300}


def drawn(n, seed):
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 12, n)
    return {
        "age": age,
        "income": 1000 + 30 * age + rng.normal(0, 300, n),
        "height": rng.normal(170, 10, n),
        "town": rng.choice(["north", "south", "east", "west"], n),
    }


def test_copies_are_found_by_every_attack():
    training = drawn(600, 1)
    seen = look({**SETTING, "secrets": ["income"]}, synthetic=training, training=training, holdout=drawn(600, 2))
    copies = one(seen, "exact_copy_rate")
    assert (copies.numerator, copies.denominator) == (600, 600)
    assert one(seen, "holdout_exact_copy_rate").numerator == 0
    assert one(seen, "closer_to_training_rate").value == 1.0
    risks = {m.slice["attack"]: m for m in seen.find("synthetic_attack_risk")}
    assert set(risks) == set(ATTACKS)
    assert all(m.interval.lower > 0.1 for name, m in risks.items() if name != "singling_out_univariate")
    assert risks["singling_out_univariate"].interval.lower > 0
    assert {"exact_copies", "closer_to_training", "synthetic_attack"} <= set(keys(seen))


def test_rows_drawn_anew_give_nobody_away():
    seen = look(
        {**SETTING, "secrets": ["town"]}, synthetic=drawn(600, 13), training=drawn(600, 11), holdout=drawn(600, 12)
    )
    assert one(seen, "exact_copy_rate").numerator == 0
    closer = one(seen, "closer_to_training_rate")
    assert closer.interval.lower < 0.5 < closer.interval.upper
    for m in seen.find("synthetic_attack_risk"):
        assert isinstance(m, Measured)
        assert m.interval.lower == 0.0, m.slice
    (largest,) = seen.find("largest_synthetic_attack_risk")
    assert largest.interval.upper == max(m.interval.upper for m in seen.find("synthetic_attack_risk"))
    assert seen.findings == ()


def test_chance_copies_of_coarse_columns_are_told_from_copying():
    def coarse(seed):
        rng = np.random.default_rng(seed)
        return {"a": rng.integers(0, 3, 300), "b": rng.choice(["x", "y"], 300)}

    seen = look(SETTING, synthetic=coarse(1), training=coarse(2), holdout=coarse(3))
    assert one(seen, "exact_copy_rate").value == 1.0
    assert keys(seen)["exact_copies"].severity == "low"
    assert isinstance(one(seen, "closer_to_training_rate"), Unmeasured)


def test_missing_values_agree_with_each_other_and_are_far_from_others():
    training = {"a": [None, 1.0, 2.0] * 100, "b": ["x", None, "y"] * 100}
    seen = look({**SETTING, "secrets": ["b"]}, synthetic=training, training=training, holdout=training)
    assert one(seen, "exact_copy_rate").value == 1.0


def test_few_rows_are_not_judged_but_copies_are_counted():
    seen = look(SETTING, synthetic=drawn(30, 1), training=drawn(30, 1), holdout=drawn(30, 2))
    assert one(seen, "exact_copy_rate").numerator == 30
    assert one(seen, "synthetic_attack_risk", attack="linkability").code == "too_few_samples"


def test_tables_above_the_limit_are_sampled_and_the_record_says_so():
    seen = look({**SETTING, "rows": 200}, synthetic=drawn(400, 1), training=drawn(400, 2), holdout=drawn(400, 3))
    assert seen.completeness == "sampled"
    assert {(s.scanned, s.total) for s in seen.coverage.scanned} == {(200, 400)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"inputs": ["none"]}, "in all three"),
        ({"secrets": ["none"]}, "in all three"),
        ({"linked_columns": [["age"]]}, "two lists"),
    ],
)
def test_misuse_is_said(change, said):
    with pytest.raises(UsageError, match=said):
        look({**SETTING, **change}, synthetic=drawn(200, 1), training=drawn(200, 2), holdout=drawn(200, 3))


def test_a_missing_holdout_and_foreign_columns_are_said():
    with pytest.raises(UsageError, match="`holdout`"):
        look(SETTING, synthetic=drawn(200, 1), training=drawn(200, 2))
    with pytest.raises(UsageError, match="no column in common"):
        look(SETTING, synthetic={"z": [1, 2]}, training=drawn(200, 2), holdout=drawn(200, 3))
