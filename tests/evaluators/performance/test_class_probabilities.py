"""Probabilities of several classes: each against the rest, as scikit-learn and the binary task count it."""

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
from tests.support import inputs_of, memory_predictions

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.performance import Performance

N = 1500
CLASSES = ("cat", "dog", "owl")
COLUMNS = {name: f"p_{name}" for name in CLASSES}


def data(sharp=1.0, seed=3):
    """Classes drawn from their probabilities; with `sharp` above 1 the model says more than it knows."""
    rng = np.random.default_rng(seed)
    true = rng.dirichlet([1.5, 1.0, 2.0], N)
    outcome = (true.cumsum(axis=1) < rng.random(N)[:, None]).sum(axis=1)
    said = true**sharp
    said /= said.sum(axis=1, keepdims=True)
    columns = {"y": [CLASSES[one] for one in outcome], "d": [CLASSES[one] for one in said.argmax(axis=1)]}
    return columns | {COLUMNS[name]: said[:, code] for code, name in enumerate(CLASSES)}


def assess(columns, probabilities=COLUMNS, **more):
    source = memory_predictions(columns, prediction="d", task="multiclass", classes=CLASSES, **more)
    return Performance(probabilities=probabilities).evaluate(inputs_of(source))


def of(evaluation, metric, name=None):
    (found,) = [m for m in evaluation.measurements if m.metric == metric and m.of_class == name]
    return found


@pytest.mark.parametrize("name", CLASSES)
def test_the_brier_score_and_the_calibration_error_of_a_class_are_those_of_the_class_against_the_rest(name):
    columns = data()
    evaluation = assess(columns)
    true, said = np.asarray([y == name for y in columns["y"]], int), columns[COLUMNS[name]]
    assert of(evaluation, "brier_score", name).value == pytest.approx(sk.brier_score_loss(true, said))
    alone = memory_predictions({"y": true, "p": said}, score="p", favourable="1", classes=("0", "1"))
    (binary,) = Performance().evaluate(inputs_of(alone)).find("expected_calibration_error")
    assert of(evaluation, "expected_calibration_error", name).value == pytest.approx(binary.value)


def test_the_log_loss_is_scikit_learns():
    columns = data()
    said = np.stack([columns[COLUMNS[name]] for name in CLASSES], axis=1)
    assert of(assess(columns), "log_loss").value == pytest.approx(sk.log_loss(columns["y"], said, labels=list(CLASSES)))


def test_the_curve_of_each_class_is_scikit_learns():
    columns = data()
    curves = {series.title: series.points for series in assess(columns).series}
    for name in CLASSES:
        true = np.asarray([y == name for y in columns["y"]], int)
        observed, predicted = calibration_curve(true, columns[COLUMNS[name]], n_bins=10)
        np.testing.assert_allclose(curves[f"Calibration: {name}"], np.c_[predicted, observed])


def test_a_model_that_is_too_sure_has_a_large_error_and_an_honest_one_a_small_interval():
    honest, sure = (of(assess(data(sharp)), "largest_class_calibration_error") for sharp in (1.0, 4.0))
    assert honest.interval.lower == 0
    assert sure.interval.lower > 0.05
    assert sure.interval.lower <= sure.value <= sure.interval.upper


def test_weighted_rows_count_by_their_weight_and_have_no_interval_of_the_calibration_error():
    columns = data()
    weight = np.where(np.arange(N) < 500, 0.0, 2.0)
    found = assess({**columns, "w": weight}, weight="w")
    part = assess({name: values[500:] for name, values in columns.items()})
    ece = of(found, "expected_calibration_error", "cat")
    assert ece.value == pytest.approx(of(part, "expected_calibration_error", "cat").value)
    assert ece.interval is None
    assert of(found, "brier_score", "cat").value == pytest.approx(of(part, "brier_score", "cat").value)


def test_without_columns_of_probabilities_calibration_is_said_to_be_not_tested():
    def left(evaluation):
        return {one.what for one in evaluation.coverage.not_tested}

    assert "Calibration" in left(assess(data(), None))
    assert "Calibration" not in left(assess(data()))


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (
            lambda c: c | {"p_cat": np.where(np.arange(N) == 4, np.nan, c["p_cat"])},
            SourceError,
            "1 rows have a probability",
        ),
        (lambda c: c | {"p_cat": c["p_cat"] + 0.2}, SourceError, "outside|add up"),
        (lambda c: c | {"p_cat": c["p_cat"] * 0.5}, SourceError, "do not add up to 1"),
    ],
)
def test_numbers_that_are_no_probabilities_are_refused(change, error, said):
    with pytest.raises(error, match=said):
        assess(change(data()))


def test_every_class_has_a_column_that_is_there():
    with pytest.raises(UsageError, match='the class "owl" has no column'):
        assess(data(), {name: COLUMNS[name] for name in CLASSES[:2]})
    with pytest.raises(UsageError, match="no column is called"):
        assess(data(), COLUMNS | {"owl": "p_eagle"})


def test_a_class_that_no_row_has_still_belongs_to_the_sum():
    columns = data()
    shares = {COLUMNS[name]: columns[COLUMNS[name]] * 0.9 for name in CLASSES}
    found = assess({**columns, **shares, "p_elk": np.full(N, 0.1)}, COLUMNS | {"elk": "p_elk"})
    assert of(found, "brier_score", "elk").value == pytest.approx(0.01)


def test_only_several_classes_have_columns_of_probabilities():
    source = memory_predictions({"y": [0, 1] * 20, "d": [0, 1] * 20}, prediction="d", classes=("0", "1"))
    with pytest.raises(UsageError, match="several classes"):
        Performance(probabilities={"0": "d"}).evaluate(inputs_of(source))
