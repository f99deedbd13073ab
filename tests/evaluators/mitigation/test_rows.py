"""Rows are held once, apart from those that the mitigation learns from, and with the attribute that is asked for."""

import numpy as np
import pytest
from tests.evaluators.mitigation.support import look, rows, source

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.mitigation.rows import attribute_of, hold, joint_counts


def test_counts_are_those_of_the_rows():
    held = rows(400)
    seen = hold(source(held, "test"), source(held, "test").sensitive[0], ())
    sex, truth = np.array(held["sex"], object), np.array(held["y"])
    assert seen.counts().tolist() == [[int(((sex == g) & (truth == y)).sum()) for y in (0, 1)] for g in "fm"]
    assert seen.decision.tolist() == [int(score >= 0.5) for score in held["s"]]


def test_joint_counts_add_up_and_unknown_membership_stands_last():
    rng = np.random.default_rng(1)
    groups, outcome, first, second = (rng.integers(0, size, 500) for size in (3, 2, 2, 2))
    joint = joint_counts(groups, 2, outcome, first, second)
    assert joint.shape == (3, 2, 2, 2)
    assert joint[2, 1, 0, 1] == ((groups == 2) & (outcome == 1) & (first == 0) & (second == 1)).sum()


def test_rows_that_it_learnt_from_judge_nothing():
    with pytest.raises(SourceError, match=r"are the same rows.*looks better than it is"):
        look(rows(), rows())


def test_rows_shared_by_key_are_refused_with_their_number():
    first, second = ({**rows(200, seed), "id": list(range(start, start + 200))} for seed, start in ((3, 0), (4, 150)))
    with pytest.raises(SourceError, match="50 rows have the key of a row of"):
        look(first, second, more={"key": "id"})


def test_rows_without_an_outcome_are_refused():
    held = rows(200)
    held["y"][3] = None
    with pytest.raises(SourceError, match="1 rows cannot be compared"):
        look(held)


def test_the_attribute_is_named_where_there_are_several():
    held = source({**rows(50), "age": ["old"] * 50}, "test", sensitive={"sex": ["f", "m"], "age": ["old"]})
    with pytest.raises(UsageError, match="the sensitive attributes sex, age"):
        attribute_of(held, None, "mitigation")
    with pytest.raises(UsageError, match='"colour" is not one of them'):
        attribute_of(held, "colour", "mitigation")
    assert attribute_of(held, "age", "mitigation").name == "age"
