"""What the new model fixes and breaks, for whom, with intervals."""

import pytest
from statsmodels.stats.contingency_tables import mcnemar as peer
from tests.evaluators.replacement.support import look, one, rows, sources

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.replacement import Replacement
from cardwright.record import Unmeasured
from cardwright.statistics.intervals import wilson
from cardwright.testing import check_evaluator


def test_flip_rates_are_over_all_rows_and_their_difference_is_the_change_of_accuracy():
    held = rows()
    seen = look(held)
    right = [a == b for a, b in zip(held["p"], held["y"], strict=True)]
    was = [a == b for a, b in zip(held["q"], held["y"], strict=True)]
    broken = sum(w and not r for r, w in zip(right, was, strict=True))
    negative, positive, change = (
        one(seen, name) for name in ("negative_flip_rate", "positive_flip_rate", "accuracy_change")
    )
    assert (negative.numerator, negative.denominator) == (broken, 600)
    assert (
        change.value == pytest.approx(positive.value - negative.value) == pytest.approx((sum(right) - sum(was)) / 600)
    )
    assert negative.interval.upper == pytest.approx(wilson(broken, 600, 0.95).upper)
    fixed = int(positive.numerator)
    table = [[sum(r and w for r, w in zip(right, was, strict=True)), fixed], [broken, 0]]
    assert change.test.p_value == pytest.approx(peer(table, exact=False, correction=False).pvalue)


def test_groups_hold_together_and_a_harmed_one_is_a_finding():
    seen = look(rows())
    women, men = (one(seen, "accuracy_change", sex=name) for name in "fm")
    assert women.interval.level == pytest.approx(1 - 0.05 / 2)
    assert (women.value < 0, men.value > 0) == (True, True)
    assert women.test.adjusted_p_value >= women.test.p_value
    (finding,) = [finding for finding in seen.findings if finding.key == "breaks_more_than_it_fixes"]
    assert (finding.where, finding.severity) == ("sex: f", "high")


def test_a_small_group_is_unmeasured_and_still_there():
    found = one(look(rows(), min_denominator=20), "negative_flip_rate", sex="x")
    assert isinstance(found, Unmeasured)
    assert found.code == "too_few_samples"


def test_the_table_lists_every_group_that_has_rows():
    (table,) = look(rows()).tables
    assert [row[1] for row in table.rows] == [None, "f", "m", "x"]
    assert sum(row[2] for row in table.rows[1:]) == table.rows[0][2] == 600


def test_weighted_or_clustered_rows_are_not_paired_and_pass_nothing():
    held = rows()
    from tests.support import memory_predictions

    weights = {"w": [1.0, 2.0] * 300}
    first, second = (
        memory_predictions(
            {"y": held["y"], "p": held[name], "sex": held["sex"], **weights},
            label="y",
            prediction="p",
            favourable="1",
            weight="w",
        )
        for name in ("p", "q")
    )
    seen = Replacement().evaluate(Inputs(id="r", sources={"source": first, "champion": second}))
    assert {m.code for m in seen.measurements} == {"not_applicable"}


def test_other_rows_and_numbers_are_refused():
    held = rows()
    changed = {**held, "y": [1 - value for value in held["y"]]}
    with pytest.raises(SourceError, match="another outcome"):
        Replacement().evaluate(
            Inputs(id="r", sources={"source": sources(held)["source"], "champion": sources(changed)["champion"]})
        )
    with pytest.raises(UsageError, match="a regression is neither right nor wrong"):
        look(held, more={"favourable": None, "task": "regression"})


def test_it_keeps_an_evaluators_promises():
    check_evaluator(Replacement, Inputs(id="replacement", sources=sources(rows())))
