"""Groups whose names look alike are pointed out alike by every evaluator that tells groups apart, and never merged or cut."""

import numpy as np
import pytest
from tests.support import inputs_of, memory_predictions, memory_table

from cardwright.evaluators.data_profile import DataProfile
from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.impact_ratio import ImpactRatio
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.robustness import Robustness
from cardwright.evaluators.rows.group_names import confusable_groups
from cardwright.evaluators.seeds import Seeds
from cardwright.evaluators.slices import Slices
from cardwright.sources.models import model_from_callable

N = 240
LONG = "x" * 197


def source(names, **more):
    rng = np.random.default_rng(1)
    a, y = rng.normal(size=N), np.arange(N) % 2
    data = {"g": np.array(names, object)[np.arange(N) // 2 % len(names)], "a": a, "y": y, "d": (a > 0).astype(int)}
    data["p"] = 1 / (1 + np.exp(-a))
    data["other"] = data["d"]
    return memory_predictions(
        data, **{"score": "p", "threshold": 0.5, "classes": ("0", "1"), "sensitive": ["g"], "features": ("a",), **more}
    )


MODEL = model_from_callable(
    lambda frame: 1 / (1 + np.exp(-frame["a"].fillna(0).to_numpy(float))),
    features=("a",),
    sha256="0" * 64,
    task="binary",
)


def robustness(names):
    sources = {"source": source(names), "model": MODEL}
    return Robustness(noise=[0.1], missing=[]).evaluate(Inputs("r", sources))


def profiled(names):
    data = {"g": np.array(names, object)[np.arange(N) // 2 % len(names)], "y": np.arange(N) % 2}
    return DataProfile().evaluate(inputs_of(memory_table(data, label="y", favourable="1", sensitive=["g"])))


EVERY = {
    "fairness": lambda names: Fairness().evaluate(inputs_of(source(names))),
    "slices": lambda names: Slices(columns=["g"], find=False).evaluate(inputs_of(source(names))),
    "robustness": robustness,
    "seeds": lambda names: Seeds(runs=["p"]).evaluate(inputs_of(source(names))),
    "impact_ratio": lambda names: ImpactRatio(attributes=["g"]).evaluate(inputs_of(source(names))),
    "data_profile": profiled,
}


@pytest.mark.parametrize("evaluator", EVERY)
@pytest.mark.parametrize(
    "names",
    [("male", "female", "female\u200b"), ("male", "Female", "female"), ("Ada", "\u0410da", "Bo")],
    ids=["zero-width", "case", "cyrillic"],
)
def test_groups_whose_names_look_alike_are_one_finding_of_every_evaluator(evaluator, names):
    found = [f for f in EVERY[evaluator](names).findings if f.key == "confusable_groups"]
    assert [(f.severity, f.where, f.count) for f in found] == [("high", "g", 2)]


@pytest.mark.parametrize("evaluator", EVERY)
def test_composed_and_decomposed_letters_are_one_group_of_every_evaluator(evaluator):
    evaluation = EVERY[evaluator](("caf\u00e9", "cafe\u0301", "tea"))
    assert not [f for f in evaluation.findings if f.key == "confusable_groups"]
    named = {value for m in evaluation.measurements for name, value in m.slice.items() if name == "g"}
    assert named <= {"caf\u00e9", "tea"}


@pytest.mark.parametrize("evaluator", EVERY)
def test_labels_that_differ_only_far_out_stay_two_groups_of_every_evaluator(evaluator):
    first, second = LONG + "long tail one", LONG + "long tail two"
    evaluation = EVERY[evaluator]((first, second, "tea"))
    named = {value for m in evaluation.measurements for name, value in m.slice.items() if name == "g"}
    groups = {
        group
        for m in evaluation.measurements
        if m.groups is not None and m.across == ("g",)
        for slice_ in (m.groups.lowest, m.groups.highest)
        if slice_
        for group in slice_.values()
    }
    assert not named or len(named) == 3
    assert all(len(name) <= 200 for name in named | groups)


def test_names_that_look_apart_are_no_finding():
    assert confusable_groups({"g": ("a", "b"), "h": ("a",)}) == ()


def test_a_name_that_stands_twice_is_one_name():
    assert confusable_groups({"g": ("a", "a")}) == ()
