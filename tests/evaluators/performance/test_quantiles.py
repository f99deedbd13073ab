"""Predicted quantiles: coverage by hand, over all rows and in each group, weighted, clustered and crossed."""

import numpy as np
import pytest
from scipy import stats
from tests.support import inputs_of, memory_predictions

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.performance import Performance
from cardwright.record.measurement import Measured

N = 2000
QUANTILES = {0.1: "low", 0.5: "mid", 0.9: "high"}


def data(scale=1.0, seed=2):
    """Outcomes about a mean with the spread 1; the model believes in `scale`, and group b is a whole unit higher than it knows."""
    rng = np.random.default_rng(seed)
    mean, g = rng.normal(size=N), rng.choice(["a", "b"], N)
    columns = {"y": mean + rng.normal(size=N) + (g == "b"), "p": mean, "g": g}
    return columns | {name: mean + scale * stats.norm.ppf(tau) for tau, name in QUANTILES.items()}


def assess(columns, quantiles=QUANTILES, **more):
    source = memory_predictions(columns, prediction="p", task="regression", sensitive=["g"], **more)
    return Performance(quantiles=quantiles).evaluate(inputs_of(source))


def coverage(evaluation, tau, metric="quantile_coverage", name="quantile", **slice):
    (found,) = [m for m in evaluation.find(metric, slice=slice) if m.at == {name: tau}]
    return found


@pytest.mark.parametrize("tau", QUANTILES)
def test_the_coverage_of_a_quantile_is_the_share_of_outcomes_at_or_below_it(tau):
    columns = data()
    evaluation = assess(columns)
    below = columns["y"] <= columns[QUANTILES[tau]]
    assert coverage(evaluation, tau).value == below.mean()
    for group in ("a", "b"):
        found = coverage(evaluation, tau, g=group)
        assert found.value == below[columns["g"] == group].mean()
        assert found.interval.lower < found.value < found.interval.upper
    assert coverage(evaluation, tau, g="a").interval.lower < tau < coverage(evaluation, tau, g="a").interval.upper
    assert coverage(evaluation, tau, g="b").interval.upper < tau


def test_a_pair_of_quantiles_is_an_interval_and_its_coverage_is_measured():
    columns = data()
    evaluation = assess(columns)
    within = (columns["y"] >= columns["low"]) & (columns["y"] <= columns["high"])
    assert coverage(evaluation, 0.8, "interval_coverage", "level").value == within.mean()
    assert coverage(evaluation, 0.8, "interval_coverage", "level", g="a").value == within[columns["g"] == "a"].mean()
    assert not assess(columns, {0.1: "low", 0.8: "high"}).find("interval_coverage")


def test_the_largest_distance_holds_for_all_quantiles_at_once_and_shows_a_model_too_sure_of_itself():
    def of_a(scale):
        columns = data(scale)
        kept = {name: values[columns["g"] == "a"] for name, values in columns.items()}
        (found,) = assess(kept).find("largest_quantile_coverage_error")
        return found

    honest, sure = of_a(1.0), of_a(0.4)
    assert honest.interval.lower == 0
    assert honest.interval.upper < 0.06
    assert sure.interval.lower > 0.1
    assert sure.interval.lower <= sure.value <= sure.interval.upper


def test_rows_of_weight_0_are_in_no_coverage_and_persons_are_one_case():
    columns = data()
    weight = np.where(np.arange(N) < 500, 0.0, 1.0)
    weighted = assess({**columns, "w": weight}, weight="w")
    (found,) = [m for m in weighted.find("quantile_coverage") if m.at == {"quantile": 0.5} and not m.slice]
    assert found.value == pytest.approx((columns["y"] <= columns["mid"])[500:].mean())
    assert found.sampling.observations == 1500
    doubled = {name: np.repeat(values, 2) for name, values in columns.items()}
    persons = assess({**doubled, "who": np.repeat(np.arange(N), 2)}, person="who")
    plain = coverage(assess(columns), 0.5)
    clustered = coverage(persons, 0.5)
    assert clustered.value == plain.value
    wide, narrow = (m.interval.upper - m.interval.lower for m in (clustered, plain))
    assert wide == pytest.approx(narrow, rel=0.02), "rows that are copies of a person add nothing"


def test_quantiles_that_cross_are_a_finding():
    columns = data()
    crossed = columns["high"].copy()
    crossed[:100] = columns["low"][:100] - 1
    (finding,) = [f for f in assess({**columns, "high": crossed}).findings if f.key == "quantiles_cross"]
    assert (finding.severity, finding.count) == ("medium", 100)
    assert not [f for f in assess(columns).findings if f.key == "quantiles_cross"]


@pytest.mark.parametrize(
    ("quantiles", "said"),
    [({0.0: "low"}, "between 0 and 1"), ({"half": "low"}, "between 0 and 1"), ({0.5: "nobody"}, "no column")],
)
def test_quantiles_that_make_no_sense_are_refused(quantiles, said):
    with pytest.raises(UsageError, match=said):
        assess(data(), quantiles)


def test_a_quantile_that_is_missing_is_refused():
    columns = data()
    columns["low"][5] = np.nan
    with pytest.raises(SourceError, match=r"1 rows have no finite number as the quantile 0\.1"):
        assess(columns)


def test_only_a_regression_has_quantiles():
    source = memory_predictions(
        {"y": [0, 1] * 20, "d": [0, 1] * 20, "q": [0.5] * 40}, prediction="d", classes=("0", "1")
    )
    with pytest.raises(UsageError, match="regression"):
        Performance(quantiles={0.5: "q"}).evaluate(inputs_of(source))


def test_without_quantiles_none_is_measured():
    assert not [m for m in assess(data(), None).measurements if isinstance(m, Measured) and "coverage" in m.metric]
