"""From rows to counts: who is counted, and who was selected or scored above the median."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.impact_ratio.support import TABLES, applicants, assess, rate
from tests.support import memory_predictions

from cardwright.record import canonical
from cardwright.record.measurement import Unmeasured


def test_a_score_at_the_median_is_not_above_it():
    columns = {"g": ["a"] * 5 + ["b"] * 5, "s": [0.1, 0.5, 0.5, 0.5, 0.9] * 2, "y": [1] * 10}
    found = assess(memory_predictions(columns, score="s", sensitive=["g"]))
    assert rate(found, {"g": "a"}, "scoring_rate").numerator == 1
    (at,) = found.find("score_at_median_count")
    assert at.value == 6
    assert "the 6 applicants with exactly that score are not above it" in found.method


def test_the_median_is_of_the_full_sample_unless_the_known_are_asked_for():
    columns = {"g": ["a"] * 4 + ["b"] * 4 + [None] * 6, "s": [0.1, 0.2, 0.3, 0.4] * 2 + [0.9] * 6, "y": [1] * 14}
    source = memory_predictions(columns, score="s", sensitive=["g"])
    full, known = assess(source), assess(source, median_of="known")
    assert full.find("median_score")[0].value == np.median(columns["s"])
    assert known.find("median_score")[0].value == np.median(columns["s"][:8])
    assert rate(full, {"g": "a"}, "scoring_rate").value == 0
    assert rate(known, {"g": "a"}, "scoring_rate").value == 0.5


def test_outcomes_play_no_part():
    """Nobody knows how an applicant who was turned down would have done; a missing outcome is no error here."""
    source = memory_predictions(
        {"g": ["a", "b"] * 5, "d": [1, 0] * 5, "y": [None] * 10}, prediction="d", sensitive=["g"], classes=("0", "1")
    )
    assert rate(assess(source), {"g": "a"}).value == 1


@given(TABLES, st.randoms(use_true_random=False))
def test_the_order_and_the_pieces_of_rows_change_no_byte(counts, random):
    columns = applicants(counts)
    order = list(range(len(columns["d"])))
    random.shuffle(order)
    shuffled = {name: [values[i] for i in order] for name, values in columns.items()}
    groups = {"sex": ["f", "m"], "race": ["x", "y", "z"]}

    def made(data, cuts):
        source = memory_predictions(data, prediction="d", classes=("0", "1"), sensitive=groups, cuts=cuts)
        found = assess(source)
        return canonical.dumps(found.model_copy(update={"inputs": ()}))

    assert made(columns, ()) == made(shuffled, (1, 5, len(order) // 2))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(1, 7))
def test_scoring_rates_are_those_of_the_plain_definition(scores, cut):
    groups = [("a", "b", None)[i % 3] for i in range(len(scores))]
    source = memory_predictions(
        {"g": groups, "s": scores, "y": [1] * len(scores)}, score="s", sensitive={"g": ["a", "b"]}, cuts=(cut,)
    )
    found = assess(source)
    median = float(np.median(scores))
    assert found.find("median_score")[0].value == median
    for group in "ab":
        chosen = [s > median for s, g in zip(scores, groups, strict=True) if g == group]
        m = rate(found, {"g": group}, "scoring_rate")
        if chosen:
            assert m.value == sum(chosen) / len(chosen)
        else:
            assert isinstance(m, Unmeasured)
