"""Errors of forecasts by horizon: as other libraries define them, with series as cases; what is undefined says so."""

import numpy as np
import pytest
from sklearn import metrics as sk
from tests.support import inputs_of, memory_predictions

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.performance import Performance
from cardwright.record.measurement import Unmeasured

SERIES, STEPS = 60, 4


def data(seed=1, spread=1.0, shared=0.0):
    """Forecasts whose error grows with the horizon; a part of it is shared by all steps of a series."""
    rng = np.random.default_rng(seed)
    series, step = np.repeat(np.arange(SERIES), STEPS), np.tile(np.arange(1, STEPS + 1), SERIES)
    y = rng.normal(20, 5, SERIES * STEPS)
    noise = spread * np.sqrt(step) * rng.normal(size=len(y)) + shared * np.repeat(rng.normal(size=SERIES), STEPS)
    f = y + noise
    naive = np.repeat(rng.uniform(1, 3, SERIES), STEPS)
    return {"y": y, "p": f, "h": step, "s": [f"s{one}" for one in series], "naive": naive, "hi": f + 1.5}


def assess(columns, **parameters):
    parameters = {"horizon": "h", "series": "s", **parameters}
    source = memory_predictions(columns, prediction="p", task="regression")
    return Performance(**parameters).evaluate(inputs_of(source))


def at(evaluation, metric, step, quantile=None):
    found = [m for m in evaluation.find(metric, slice={"h": str(step)}) if (m.at or {}).get("quantile") == quantile]
    (one,) = found
    return one


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_each_horizon_has_the_errors_that_scikit_learn_gives_its_rows(step):
    columns = data()
    evaluation = assess(columns, naive_error="naive", quantiles={0.9: "hi"})
    here = columns["h"] == step
    y, f = columns["y"][here], columns["p"][here]
    assert at(evaluation, "mean_absolute_error", step).value == pytest.approx(sk.mean_absolute_error(y, f))
    assert at(evaluation, "root_mean_squared_error", step).value == pytest.approx(sk.root_mean_squared_error(y, f))
    pinball = at(evaluation, "pinball_loss", step, 0.9)
    assert pinball.value == pytest.approx(sk.mean_pinball_loss(y, columns["hi"][here], alpha=0.9))
    smape = np.mean(2 * np.abs(y - f) / (np.abs(y) + np.abs(f)))
    assert at(evaluation, "symmetric_mean_absolute_percentage_error", step).value == pytest.approx(smape)
    mase = np.mean(np.abs(y - f) / columns["naive"][here])
    assert at(evaluation, "mean_absolute_scaled_error", step).value == pytest.approx(mase)


def test_a_series_is_one_case_however_many_rows_it_has_at_a_horizon():
    columns = data(shared=2.0)
    many = {name: np.concatenate([values, values, values]) for name, values in columns.items()}
    few, three = assess(columns), assess(many)
    one, other = (at(found, "mean_absolute_error", 2) for found in (few, three))
    assert (one.sampling.units, other.sampling.units) == (SERIES, SERIES)
    assert other.value == pytest.approx(one.value)
    widths = [m.interval.upper - m.interval.lower for m in (one, other)]
    assert widths[1] == pytest.approx(widths[0], rel=0.02), "copies of a series say nothing new"


def test_the_interval_of_clustered_series_holds_the_mean_of_a_large_population():
    truth = np.sqrt(2 / np.pi)
    held = 0
    for seed in range(40):
        found = at(assess(data(seed=seed)), "mean_absolute_error", 1)
        held += found.interval.lower <= truth <= found.interval.upper
    assert held >= 34


def test_errors_that_are_undefined_are_unmeasured_or_left_out_of_their_denominator():
    columns = data()
    first = columns["h"] == 1
    columns["y"] = np.where(first, 0.0, columns["y"])
    columns["p"] = np.where(first, 0.0, columns["p"])
    columns["naive"] = np.where(columns["h"] == 2, 0.0, columns["naive"])
    evaluation = assess(columns, naive_error="naive")
    assert isinstance(at(evaluation, "symmetric_mean_absolute_percentage_error", 1), Unmeasured)
    assert isinstance(at(evaluation, "mean_absolute_scaled_error", 2), Unmeasured)
    assert at(evaluation, "mean_absolute_error", 1).value == 0
    columns["p"][np.flatnonzero(first)[0]] = 1.0
    found = at(assess(columns), "symmetric_mean_absolute_percentage_error", 1)
    assert (found.value, found.denominator) == (2.0, 1.0)


def test_one_series_alone_has_no_interval_at_a_horizon():
    columns = {name: values[:STEPS] for name, values in data().items()}
    found = at(assess(columns), "mean_absolute_error", 1)
    assert found.interval is None


def test_horizons_are_stated_in_the_order_of_their_numbers():
    columns = data()
    columns["h"] = np.where(columns["h"] == 4, 12, columns["h"])
    found = [m.slice["h"] for m in assess(columns).measurements if m.metric == "mean_absolute_error" and m.slice]
    assert found == ["1", "2", "3", "12"]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"horizon": None}, "goes with `horizon`"),
        ({"horizon": "step"}, "no column"),
        ({"series": "who"}, "no column"),
        ({"naive_error": "nobody"}, "no column"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters, said):
    with pytest.raises(UsageError, match=said):
        assess(data(), **parameters)


def test_dates_are_no_horizons_and_a_missing_horizon_is_refused():
    columns = data()
    with pytest.raises(SourceError, match="1 rows name no horizon"):
        assess({**columns, "h": [None, *columns["h"][1:].tolist()]})
    many = {"y": np.arange(500.0), "p": np.arange(500.0) + 0.5, "h": np.arange(500), "s": ["a"] * 500}
    with pytest.raises(SourceError, match="500 horizons"):
        assess(many)


def test_only_a_regression_has_horizons():
    source = memory_predictions(
        {"y": [0, 1] * 20, "d": [0, 1] * 20, "h": [1, 2] * 20}, prediction="d", classes=("0", "1")
    )
    with pytest.raises(UsageError, match="regression"):
        Performance(horizon="h").evaluate(inputs_of(source))
