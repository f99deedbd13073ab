"""A canary that the model remembers stands out, one that it never saw does not, and nothing of either is shown."""

import math

import numpy as np
import pytest
from tests.evaluators.leakage.support import keys, look, one

from cardwright.errors import SourceError, UsageError
from cardwright.record import Unmeasured, canonical


def planted(canaries, references=500, seed=0):
    """References with normal losses, and canaries as (insertions, loss)."""
    losses = np.random.default_rng(seed).normal(20, 2, references)
    return {
        "insertions": [*([0] * references), *(n for n, _ in canaries)],
        "nll": [*losses, *(loss for _, loss in canaries)],
    }


def test_exposure_grows_with_how_often_a_canary_was_planted():
    seen = look({"loss": "nll", "canary_space": 1e6}, canaries=planted([(1, 20.0), (1, 21.0), (4, 17.0), (16, 5.0)]))
    by_count = [one(seen, "canary_exposure", insertions=n).value for n in ("1", "4", "16")]
    assert by_count == sorted(by_count)
    assert by_count[0] < 2
    assert by_count[-1] == pytest.approx(math.log2(501))
    (largest,) = seen.find("largest_canary_exposure")
    assert largest.value == by_count[-1]
    assert largest.interval.upper == pytest.approx(math.log2(1e6))
    assert keys(seen)["memorised_canary"].severity == "high"
    assert "put in is 16" in keys(seen)["memorised_canary"].explanation
    assert seen.tables[0].rows[-1][6] == pytest.approx(math.log2(1e6))  # extrapolated, cut at the space


def test_canaries_that_the_model_does_not_remember_are_no_finding():
    rng = np.random.default_rng(3)
    seen = look({"loss": "nll"}, canaries=planted([(1, loss) for loss in rng.normal(20, 2, 20)]))
    assert seen.findings == ()
    assert one(seen, "canary_exposure", insertions="1").value == pytest.approx(1, abs=0.7)


def test_log_probabilities_are_losses_with_the_other_sign():
    table = planted([(2, 10.0)])
    negated = {"insertions": table["insertions"], "lp": [-loss for loss in table["nll"]]}
    first = one(look({"loss": "nll"}, canaries=table), "canary_exposure", insertions="2")
    assert one(look({"log_prob": "lp"}, canaries=negated), "canary_exposure", insertions="2") == first


def test_known_ranks_need_no_references():
    table = {"insertions": [1, 8], "rank": [500, 1]}
    seen = look({"rank": "rank", "canary_space": 1000.0}, canaries=table)
    assert one(seen, "canary_exposure", insertions="1").value == 1.0
    assert one(seen, "largest_canary_exposure").value == pytest.approx(math.log2(1000))
    with pytest.raises(SourceError, match="between 1"):
        look({"rank": "rank", "canary_space": 100.0}, canaries=table)
    with pytest.raises(UsageError, match="canary_space"):
        look({"rank": "rank"}, canaries=table)


def test_a_canary_is_compared_with_references_of_its_own_form():
    table = planted([(1, 0.0)])
    table["form"] = [*(["long"] * 500), "short"]
    seen = look({"loss": "nll", "canary_form": "form"}, canaries=table)
    found = one(seen, "largest_canary_exposure")
    assert isinstance(found, Unmeasured)
    assert found.code == "too_few_samples"


def test_a_table_without_canaries_or_with_holes_is_said():
    assert isinstance(one(look({"loss": "nll"}, canaries=planted([])), "largest_canary_exposure"), Unmeasured)
    for bad in ([(1.5, 3.0)], [(1, math.nan)], [(-1, 3.0)]):
        with pytest.raises(SourceError, match="1 of 501 rows"):
            look({"loss": "nll"}, canaries=planted(bad))
    with pytest.raises(UsageError, match="nothing says how likely"):
        look({}, canaries=planted([(1, 3.0)]))
    with pytest.raises(UsageError, match="there is no column"):
        look({"loss": "other"}, canaries=planted([(1, 3.0)]))


def test_no_canary_is_shown():
    table = planted([(8, 0.0)])
    table["secret"] = [f"my code is {n}-hidden" for n in range(501)]
    assert b"hidden" not in canonical.dumps(look({"loss": "nll"}, canaries=table))
