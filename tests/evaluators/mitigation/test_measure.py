"""What a mitigation would change, overall and for each group, with intervals; and what cannot be said."""

import pytest
from tests.evaluators.mitigation.support import look, one, rows, source

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.mitigation import Mitigation
from cardwright.record import Unmeasured
from cardwright.testing import check_evaluator


def test_changes_of_rates_are_counted_row_by_row():
    seen = look()
    by_group = {row[0]: row for row in seen.tables[1].rows}
    for name in "fm":
        change = one(seen, "selection_rate_change", sex=name)
        _, total, granted, _, denied, _ = by_group[name]
        assert (change.numerator, change.denominator) == (granted - denied, total)
        assert change.interval.level == pytest.approx(1 - 0.05 / 2)
        assert change.test.adjusted_p_value >= change.test.p_value
    whole = one(seen, "selection_rate_change")
    assert whole.numerator == sum(row[2] - row[4] for row in by_group.values())
    assert whole.reference == "test"


def test_the_gap_itself_has_no_interval_and_its_change_has_one():
    seen = look()
    assert one(seen, "equalized_odds_difference").interval is None
    assert one(seen, "equalized_odds_difference_change").interval.method == "bootstrap_percentile"


def test_where_there_is_no_gap_the_change_is_not_claimed():
    seen = look(rows(2000, lean=0), rows(2000, seed=4, lean=0), constraint="demographic_parity")
    assert one(seen, "demographic_parity_difference_change").interval.upper >= 0
    assert "gap_not_reduced" in {finding.key for finding in seen.findings}


def test_a_group_with_too_few_rows_keeps_its_decisions_and_is_named():
    held, fitted = rows(1500), rows(1500, seed=4)
    for one_source in (held, fitted):
        one_source["sex"][:30] = ["x"] * 30
    seen = look(held, fitted, more={"sensitive": {"sex": ["f", "m", "x"]}})
    lost = one(seen, "accuracy_change", sex="x")
    assert isinstance(lost, Unmeasured)
    assert lost.code == "too_few_samples"
    gap = one(seen, "equalized_odds_difference")
    assert (gap.groups.compared, gap.groups.expected) == (2, 3)
    assert gap.groups.excluded[0].slice == {"sex": "x"}
    assert [row[0] for row in seen.tables[1].rows] == ["f", "m"]


def test_rows_of_unknown_membership_keep_their_decisions():
    held = rows(1500)
    held["sex"][:100] = [None] * 100
    seen = look(held)
    assert one(seen, "equalized_odds_difference").groups.unknown == 100
    assert any("100 rows of unknown sex" in note.what for note in seen.coverage.not_tested)
    assert one(seen, "selection_rate_change").denominator == 1500


def test_one_group_alone_has_no_gap_and_nothing_passes():
    held = rows(1000)
    held["sex"] = ["f"] * 1000
    seen = look(held)
    assert {m.code for m in seen.measurements} == {"too_few_samples"}
    assert (seen.completeness, seen.tables) == ("partial", ())


def test_weighted_rows_are_not_paired_and_pass_nothing():
    held, fitted = ({**rows(400, seed), "w": [1.0, 2.0] * 200} for seed in (3, 4))
    seen = look(held, fitted, more={"weight": "w"})
    assert {m.code for m in seen.measurements} == {"not_applicable"}


def test_another_outcome_or_no_decision_is_refused():
    first, second = source(rows(300), "test"), source(rows(300, seed=4), "validation", favourable="0")
    with pytest.raises(SourceError, match="predicts another outcome"):
        Mitigation().evaluate(Inputs(id="m", sources={"source": first, "fit": second}))
    with pytest.raises(UsageError, match="no decisions between two outcomes"):
        look(rows(300), rows(300, seed=4), more={"threshold": None})


def test_another_seed_draws_other_decisions_and_the_same_seed_the_same():
    first, again, other = look(seed=1), look(seed=1), look(seed=2)
    assert first == again
    assert first.measurements != other.measurements


def test_it_keeps_the_promises_of_an_evaluator():
    sources = {"source": source(rows(400), "test"), "fit": source(rows(400, seed=4), "validation")}
    check_evaluator(Mitigation, Inputs(id="mitigation", sources=sources))


def test_a_change_of_a_gap_covers_the_truth_about_as_often_as_it_says():
    # Reweighing is deterministic given `fit`; over new rows the interval should cover the change on very many rows.
    fitted = rows(800, seed=99)
    truth = one(look(rows(60_000, seed=1000), fitted, method="reweighing"), "equalized_odds_difference_change").value
    covered = 0
    for seed in range(40):
        interval = one(
            look(rows(1500, seed=seed), fitted, method="reweighing"), "equalized_odds_difference_change"
        ).interval
        covered += interval.lower <= truth <= interval.upper
    assert covered >= 33
