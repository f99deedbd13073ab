"""Findings about how well attributions hold, and the tables of features and proxies."""

import numpy as np
import pyarrow as pa
import pytest
from tests.evaluators.attributions.support import inputs, linear

from cardwright.evaluators.attributions import Attributions, report
from cardwright.evaluators.attributions.association import Association
from cardwright.evaluators.attributions.options import AttributionsOptions
from cardwright.record import Measured, Unmeasured
from cardwright.record.measurement import Interval


def test_the_same_background_again_is_no_evidence_of_stability():
    evaluation = Attributions(rows=10, background_rows=1000).evaluate(inputs(linear()))
    for metric in ("attribution_rank_stability", "attribution_top_k_overlap"):
        (found,) = evaluation.find(metric)
        assert isinstance(found, Unmeasured)
        assert "240 rows" in found.reason


# --- parts of it -----------------------------------------------------------------------------------------------------------


def number(metric, value, **more):
    return Measured(metric=metric, value=value, unit="ratio", direction="neither", **more)


@pytest.mark.parametrize(
    ("metric", "value", "key"),
    [
        ("attribution_rank_stability", 0.79, "unstable_ranking"),
        ("attribution_rank_stability", 0.8, None),
        ("additivity_residual_p99", 0.011, "additivity"),
        ("additivity_residual_p99", 0.01, None),
    ],
)
def test_a_ranking_that_changes_or_a_sum_that_does_not_add_up_is_a_finding(metric, value, key):
    assert [finding.key for finding in report.quality_findings([number(metric, value)])] == ([key] if key else [])


def test_what_is_not_measured_or_is_of_one_feature_is_no_finding():
    absent = Unmeasured(metric="attribution_rank_stability", code="undefined", reason="r")
    assert report.quality_findings([absent, number("additivity_residual_p99", 0.5, slice={"feature": "a"})]) == []


class Known:
    """A model of three features."""

    features = ("a", "b", "c")


class Explanation:
    """Four rows: `c` matters most, `a` not at all."""

    values = np.array([[0.0, 1.0, -2.0], [0.0, -1.0, 2.0], [0.0, 1.0, 4.0], [0.0, 1.0, -4.0]])
    output = "log_odds"


ROWS = pa.record_batch({"a": [1, 2, 3, 4], "b": ["u", "v", "u", "u"], "c": [2.0, 3.0, 4.0, 1.0]})


def test_features_stand_by_their_share_as_many_as_were_asked_for():
    options = AttributionsOptions(top=2)
    (table,) = report.feature_tables(options, Known, Explanation, ROWS, [2, 1, 0], [])
    assert [row[:3] for row in table.rows] == [("c", 3.0, 0.75), ("b", 1.0, 0.25)]
    assert table.rows[1][3:] == (1.0, 1.0, 0.5, None), "words have no direction"
    assert table.rows[0][5:] == (0.0, 1.0), "the higher, the further up"
    assert "log odds" in table.columns[1].title


def test_a_model_that_reads_nothing_has_no_shares_to_print():
    class Nothing(Explanation):
        values = np.zeros((4, 3))

    (table,) = report.feature_tables(AttributionsOptions(), Known, Nothing, ROWS, [0, 1, 2], [])
    assert [row[2] for row in table.rows] == [None, None, None]


def test_proxies_have_a_table_only_if_there_are_any():
    proxy = ("c", "sex", Association(0.5, 0.25, 0.75))
    _, table = report.feature_tables(AttributionsOptions(), Known, Explanation, ROWS, [2], [proxy])
    assert (table.id, table.rows) == ("proxies", (("c", "sex", 0.5, 0.25, 0.75),))


@pytest.mark.parametrize(
    ("values", "attributions", "expected"),
    [
        ([1.0, 2.0, 3.0], [5.0, 4.0, 1.0], -1.0),
        ([1, 2, None, 3], [0.0, 1.0, -9.0, 7.0], 1.0),
        ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], None),
        ([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], None),
        (["a", "b", "c"], [1.0, 2.0, 3.0], None),
    ],
)
def test_a_direction_is_that_of_numbers_that_vary(values, attributions, expected):
    assert report.direction(pa.array(values), np.array(attributions)) == expected


@pytest.mark.parametrize(
    ("metric", "bounds", "key"),
    [
        ("deletion_gain", (-0.2, -0.1), "no_better_than_chance"),
        ("insertion_gain", (-0.2, 0.1), None),
        ("randomisation_similarity", (0.91, 0.99), "explains_no_learning"),
        ("randomisation_similarity", (0.5, 0.99), None),
    ],
)
def test_an_explanation_that_does_not_hold_is_a_finding_where_the_interval_says_so(metric, bounds, key):
    interval = Interval(level=0.95, lower=bounds[0], upper=bounds[1], method="student_t")
    found = report.quality_findings([number(metric, sum(bounds) / 2, interval=interval)])
    assert [finding.key for finding in found] == ([key] if key else [])


def test_decisions_that_change_with_a_sensitive_attribute_alone_are_a_finding_that_names_it():
    rate = number("counterfactual_flip_rate", 0.125, slice={"feature": "sex"}, denominator=40)
    (finding,) = report.quality_findings([rate])
    assert (finding.key, finding.severity) == ("decision_flips", "high")
    assert "5 of 40 rows (12.5%)" in finding.explanation
    assert "sex" in finding.explanation
