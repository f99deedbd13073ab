"""Members given as non-members, whole, in part or the wrong way round, never make a model look safe."""

import numpy as np
import pytest
from tests.evaluators.leakage.support import keys, look, one
from tests.support import memory_table

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.leakage import Leakage, blind
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.evaluators.leakage.shared import MOST_SHARED, SharedRows, shared_rows
from cardwright.evaluators.leakage.signals import side
from cardwright.record import Measured, Unmeasured
from cardwright.statistics.intervals import Bounds
from cardwright.statistics.membership import FoldedAuc

METRICS = ("membership_inference_auc", "membership_inference_tpr", "largest_membership_inference_auc")


def drawn(seed, rows=600, scale=1.0):
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(0, 1, rows), "y": rng.integers(0, 2, rows), "nll": rng.gamma(2, scale, rows)}


def joined(*parts):
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def some(rows, chosen):
    return {name: values[chosen] for name, values in rows.items()}


def judged(members, non_members, **parameters):
    return look({"loss": "nll", **parameters}, members=members, non_members=non_members)


def assert_nothing_is_measured(seen, key, said):
    found = [m for metric in METRICS for m in seen.find(metric)]
    assert {m.metric for m in found} == {*METRICS}
    assert all(isinstance(m, Unmeasured) and said in m.reason for m in found)
    assert keys(seen)[key].severity == "high"
    assert seen.series == ()


def test_the_same_source_on_both_sides_is_not_measured():
    rows = memory_table(drawn(1), name="rows")
    assert_nothing_is_measured(judged(rows, rows), "members_are_non_members", "are the same data, all 600 cases")


def test_the_same_bytes_under_two_names_are_not_measured():
    sides = [memory_table(drawn(1), name=name) for name in ("train", "test")]
    assert_nothing_is_measured(judged(*sides), "members_are_non_members", "are the same data")


def test_one_file_of_which_each_side_takes_other_rows_is_measured():
    sides = []
    for name, rows in (("train", drawn(1)), ("test", drawn(2))):
        table = memory_table(rows, name=name)
        sides.append(
            table.__class__(**{**vars(table), "ref": table.ref.model_copy(update={"sha256": "0" * 64, "filter": name})})
        )
    assert isinstance(one(judged(*sides), "largest_membership_inference_auc"), Measured)


def test_the_same_rows_written_again_in_another_order_and_number_are_not_measured():
    rows = drawn(1)
    again = some(joined(rows, rows), np.random.default_rng(0).permutation(1200))
    seen = judged(rows, again)
    assert_nothing_is_measured(seen, "members_among_non_members", "1,200 of 1,200 non-members")
    assert keys(seen)["members_among_non_members"].count == 1200


def test_non_members_of_which_most_are_members_are_not_measured():
    members = drawn(1, scale=0.2)
    others = joined(some(members, slice(0, 540)), drawn(2, 60, scale=3.0))
    assert_nothing_is_measured(judged(members, others), "members_among_non_members", "540 of 600 non-members")


def test_a_few_rows_written_as_text_elsewhere_are_known_again():
    members = {name: [f"{value}" for value in values] for name, values in drawn(1).items()}
    members["nll"] = drawn(1)["nll"]
    others = joined(some(drawn(1), slice(0, 30)), drawn(2, 570))
    sides = [side(memory_table(rows), LeakageOptions(loss="nll"), None, None, "leak") for rows in (members, others)]
    found = shared_rows(*sides, ["x", "y"])
    assert (found.members, found.non_members, found.too_many) == (30, 30, True)


def test_a_small_share_is_counted_and_the_rest_is_measured():
    members = drawn(1)
    others = joined(some(members, slice(0, 3)), drawn(2, 597))
    seen = judged(members, others)
    assert isinstance(one(seen, "largest_membership_inference_auc"), Measured)
    finding = keys(seen)["members_among_non_members"]
    assert (finding.severity, finding.count) == ("low", 3)
    assert "3 of 600 non-members" in finding.explanation


def test_rows_that_agree_in_their_loss_alone_are_not_shared():
    others = {**drawn(2), "nll": drawn(1)["nll"]}
    assert isinstance(one(judged(drawn(1), others), "largest_membership_inference_auc"), Measured)


@pytest.mark.parametrize(
    ("counts", "share"), [((0, 0, 0, 0), 0.0), ((1, 100, 1, 1000), 0.01), ((1, 1000, 50, 100), 0.5)]
)
def test_the_side_with_the_larger_share_decides(counts, share):
    found = SharedRows(*counts)
    assert found.share == share
    assert found.too_many == (share > MOST_SHARED)


def test_swapped_sides_are_not_measured():
    members, others = drawn(1, scale=0.5), drawn(2, scale=2.0)
    assert one(judged(members, others), "largest_membership_inference_auc").value > 0.8
    seen = judged(others, members)
    assert_nothing_is_measured(seen, "members_and_non_members_may_be_swapped", "an attacker turns the sign round")


def test_log_probabilities_given_as_losses_are_taken_for_swapped_sides():
    sides = [{**rows, "nll": -rows["nll"]} for rows in (drawn(1, scale=0.5), drawn(2, scale=2.0))]
    assert_nothing_is_measured(judged(*sides), "members_and_non_members_may_be_swapped", "may be swapped")


def test_a_constant_loss_is_not_measured():
    sides = [{**drawn(seed), "nll": np.ones(600)} for seed in (1, 2)]
    found = one(judged(*sides), "largest_membership_inference_auc")
    assert isinstance(found, Unmeasured)
    assert "the same for all 1200 cases" in found.reason
    assert keys(judged(*sides)).keys() == {"membership_not_judged"}


def test_a_blind_baseline_that_is_always_wrong_tells_the_sides_apart(monkeypatch):
    wrong = FoldedAuc(0.2, Bounds(0.1, 0.3, 0.95, "delong_folds"), 5)
    monkeypatch.setattr(blind, "folded_auc", lambda folds, level: wrong)
    seen = judged(drawn(1), drawn(2))
    measured = one(seen, "blind_baseline_auc")
    assert (measured.value, measured.interval.lower, measured.interval.upper) == pytest.approx((0.8, 0.7, 0.9))
    assert "members_and_non_members_differ" in keys(seen)
    assert isinstance(one(seen, "largest_membership_inference_auc"), Unmeasured)


def test_a_blind_baseline_a_little_below_chance_is_left_as_it_is(monkeypatch):
    unlucky = FoldedAuc(0.46, Bounds(0.43, 0.49, 0.95, "delong_folds"), 5)
    monkeypatch.setattr(blind, "folded_auc", lambda folds, level: unlucky)
    seen = judged(drawn(1), drawn(2))
    assert one(seen, "blind_baseline_auc").value == 0.46
    assert isinstance(one(seen, "largest_membership_inference_auc"), Measured)


def test_the_method_says_how_many_rows_are_shared():
    seen = Leakage(loss="nll").evaluate(
        Inputs(id="leak", sources={"members": memory_table(drawn(1)), "non_members": memory_table(drawn(2))})
    )
    assert "0 of 600 non-members are also among the members" in seen.method
