"""Exposure of groups of candidates: means by hand, gaps over the groups that have enough queries, intervals over queries."""

import numpy as np
import pytest
from tests.evaluators.ranking.support import assess, one, queries

from cardwright.evaluators.rows.ranked import exposure


def test_the_exposure_of_a_group_is_the_mean_over_its_candidates():
    data = queries(60)
    evaluation = assess(data)
    position = np.empty(len(data["q"]), int)
    for name in np.unique(data["q"]):
        here = np.flatnonzero(data["q"] == name)
        position[here[np.argsort(-data["s"][here])]] = np.arange(len(here))
    for group in ("a", "b"):
        found = one(evaluation, "exposure", g=group)
        assert found.value == pytest.approx(exposure(position)[data["g"] == group].mean())
        assert found.interval.lower < found.value < found.interval.upper


def test_a_ranking_that_puts_one_group_last_has_a_gap_that_chance_does_not_explain():
    data = queries(80)
    fair, unfair = assess(data), assess({**data, "s": data["s"] - 2.0 * (data["g"] == "b")})
    for metric, sign in (("exposure_difference", 1), ("exposure_ratio", -1), ("exposure_per_relevance_ratio", -1)):
        (before,), (after,) = fair.find(metric, across=("g",)), unfair.find(metric, across=("g",))
        assert sign * (after.value - before.value) > 0
        assert after.groups.lowest == {"g": "b"}
    (gap,) = unfair.find("exposure_difference", across=("g",))
    assert gap.interval.lower > 0.05


def test_merit_explains_exposure_where_relevance_differs():
    """Group b is half as relevant and so is shown lower; for each unit of relevance it gets no less."""
    data = queries(200)
    relevance = np.where(data["g"] == "b", data["rel"] * (data["rel"] > 2), data["rel"])
    data = {**data, "rel": relevance, "s": relevance + 1e-3 * data["s"]}
    evaluation = assess(data)
    (plain,) = evaluation.find("exposure_ratio", across=("g",))
    (merited,) = evaluation.find("exposure_per_relevance_ratio", across=("g",))
    assert plain.groups.lowest == {"g": "b"}
    assert merited.groups.highest == {"g": "b"}


def test_a_group_that_few_queries_show_enters_no_gap_and_is_named():
    data = queries(60)
    rare = np.where(data["q"] == data["q"][0], "c", data["g"])
    evaluation = assess({**data, "g": rare}, min_queries=10)
    (gap,) = evaluation.find("exposure_difference", across=("g",))
    assert (gap.groups.compared, gap.groups.expected) == (2, 3)
    assert [e.slice for e in gap.groups.excluded] == [{"g": "c"}]
    assert one(evaluation, "exposure", g="c").code == "too_few_samples"


def test_unknown_membership_is_disclosed_and_in_no_group():
    data = queries(60)
    g = np.array(data["g"], object)
    g[:7] = None
    (gap,) = assess({**data, "g": g}).find("exposure_difference", across=("g",))
    assert gap.groups.unknown == 7
    assert gap.groups.expected == 2


def test_one_group_has_no_gap():
    data = queries(60)
    evaluation = assess({**data, "g": np.full(len(data["q"]), "a")})
    (gap,) = evaluation.find("exposure_ratio", across=("g",))
    assert gap.code == "too_few_samples"
