"""Ablations are derived from the runs."""

import pytest
from scipy import stats
from tests.evaluators.runs.support import CLAIM, NOISE, look, one, run, several, study

from cardwright.record import Unmeasured


def test_a_configuration_that_differs_in_one_setting_is_an_ablation_and_others_are_none():
    seen = look(study())
    assert one(seen, "ablations").value == 2
    assert {(m.slice["setting"], m.slice["value"]) for m in seen.find("ablation_effect")} == {
        ("layers", "1"),
        ("lr", "0.2"),
    }


def test_its_effect_is_paired_by_seed_and_adjusted_by_holm():
    seen = look(study())
    layers, lr = (
        one(seen, "ablation_effect", setting="layers", value="1"),
        one(seen, "ablation_effect", setting="lr", value="0.2"),
    )
    differences = [0.04 + NOISE[s] * 0.1 for s in range(5)]
    assert layers.value == pytest.approx(sum(differences) / 5)
    assert layers.test.p_value == pytest.approx(stats.ttest_1samp(differences, 0).pvalue)
    assert (layers.test.adjustment, layers.test.adjusted_p_value) == ("holm", pytest.approx(2 * layers.test.p_value))
    assert lr.test.adjusted_p_value > 0.05
    assert one(seen, "ablations_supporting").value == 1


def test_a_setting_that_harms_supports_no_claim():
    worse = [run(f"w{s}", {**CLAIM, "extra": True}, 0.9 + NOISE[s] * 0.9, seed=s, purpose="ablation") for s in range(5)]
    seen = look([*several("claim", CLAIM, 0.86, "candidate"), *worse])
    assert one(seen, "ablation_effect", setting="extra", value="true").value < 0
    assert one(seen, "ablations_supporting").value == 0


def test_a_setting_that_is_left_out_is_one_too():
    without = {key: value for key, value in CLAIM.items() if key != "layers"}
    seen = look([*several("claim", CLAIM, 0.86, "candidate"), *several("w", without, 0.8, "ablation", seeds=3)])
    assert {m.slice["value"] for m in seen.find("ablation_effect")} == {"not set"}


def test_on_other_data_nothing_is_an_ablation():
    other = several("w", {**CLAIM, "layers": 1}, 0.8, "ablation", data={"train": "v4"})
    assert one(look([*several("claim", CLAIM, 0.86, "candidate"), *other]), "ablations").value == 0


def test_without_a_claim_nothing_is_derived():
    assert isinstance(one(look(several("base", CLAIM, 0.8, "baseline")), "ablations_supporting"), Unmeasured)
