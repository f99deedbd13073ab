"""Binding: does the model at hand reproduce what was supplied?"""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from cardwright.errors import EvidenceError, SourceError, UsageError
from cardwright.record import Binding
from cardwright.sources.binding import bind, supplied
from cardwright.sources.frames import predictions_from
from cardwright.sources.models import model_from_callable, model_from_estimator, model_from_module

RNG = np.random.default_rng(0)
ROWS = 40_000
FRAME = pd.DataFrame({"a": RNG.normal(size=ROWS), "b": RNG.normal(size=ROWS)})
Y = np.where(FRAME["a"] + FRAME["b"] + RNG.normal(size=ROWS) > 0, "yes", "no")
BINARY = LogisticRegression().fit(FRAME, Y)
SCORES = BINARY.predict_proba(FRAME)[:, 1]
MODEL = model_from_estimator(BINARY, favourable="yes")


def predictions(score=SCORES, **said):
    frame = FRAME.assign(y=Y, p=score)
    return predictions_from(frame, **{"label": "y", "score": "p", "favourable": "yes", "threshold": 0.5, **said})


def test_a_model_that_made_the_predictions_reproduces_all_of_them():
    """Every row is predicted again, in batches, and agrees: the predictions are bound to the model."""
    seen = []
    found = bind(predictions(), MODEL, progress=lambda done, total: seen.append((done, total)))
    assert found.complete
    assert found.binding() == Binding(
        kind="recomputed", agreed=ROWS, compared=ROWS, tolerance=1e-6, model_sha256=MODEL.ref.sha256
    )
    assert seen[-1] == (ROWS, ROWS)
    assert len(seen) > 1


def test_predictions_of_another_model_are_not_bound():
    """Predictions that the model does not reproduce are an error of the evidence that says how many it does."""
    changed = SCORES.copy()
    changed[:3] = 1 - changed[:3]
    found = bind(predictions(changed), MODEL)
    assert (found.agreed, found.compared, found.complete) == (ROWS - 3, ROWS, False)
    with pytest.raises(SourceError, match=f"reproduces only {ROWS - 3} of {ROWS} supplied predictions") as caught:
        found.binding()
    assert isinstance(caught.value, EvidenceError)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(("off", "agreed"), [(0.9e-6, ROWS), (1.1e-6, ROWS - 1)])
def test_scores_may_differ_by_the_tolerance(off, agreed):
    """A score agrees up to the tolerance and no further; the largest difference is told."""
    place = int(np.argmin(np.abs(SCORES - 0.3)))
    changed = SCORES.copy()
    changed[place] += off
    found = bind(predictions(changed), MODEL)
    assert found.agreed == agreed
    assert found.largest == pytest.approx(off, rel=1e-3)


def test_decisions_are_compared_at_the_threshold_or_as_the_model_decides():
    """Decisions are those at the predictions' threshold, else the model's own; scores are not needed."""
    strict = np.where(SCORES >= 0.8, "yes", "no")
    at = {"score": "p", "threshold": 0.8, "prediction": "d"}
    frame = FRAME.assign(y=Y, p=SCORES, d=strict, own=BINARY.predict(FRAME))
    assert bind(predictions_from(frame, label="y", favourable="yes", **at), MODEL).complete
    own = predictions_from(frame, label="y", favourable="yes", prediction="own")
    assert bind(own, MODEL).complete
    assert bind(own, MODEL).largest == 0
    other = bind(predictions_from(frame, label="y", favourable="yes", prediction="d"), MODEL)
    assert other.agreed == int(np.sum(strict == BINARY.predict(FRAME)))


def test_a_callable_decides_at_one_half():
    """A model that is no estimator decides at 0.5 where the predictions have no threshold."""
    model = model_from_callable(lambda frame: BINARY.predict_proba(frame)[:, 1], ["a", "b"])
    frame = FRAME.assign(y=Y, d=np.where(SCORES >= 0.5, "yes", "no"))
    assert bind(predictions_from(frame, label="y", favourable="yes", prediction="d"), model).complete


def test_several_classes():
    """Of several classes the most probable one is compared."""
    three = np.where(FRAME["a"] > 1, "c", Y)
    native = LogisticRegression(max_iter=500).fit(FRAME, three)
    frame = FRAME.assign(y=three, d=native.predict(FRAME))
    source = predictions_from(frame, label="y", prediction="d")
    assert bind(source, model_from_estimator(native)).complete
    with pytest.raises(UsageError, match="a multiclass outcome"):
        bind(source, MODEL)


def test_a_regression_is_compared_relative_to_large_values():
    """Values of a regression agree up to the tolerance relative to values above 1."""
    target = 1e6 * FRAME["a"] + FRAME["b"]
    native = LinearRegression().fit(FRAME, target)
    values = native.predict(FRAME)
    model = model_from_estimator(native)
    assert bind(
        predictions_from(FRAME.assign(y=target, d=values * (1 + 5e-7)), label="y", prediction="d"), model
    ).complete
    off = bind(predictions_from(FRAME.assign(y=target, d=values * (1 + 2e-6) + 1e-5), label="y", prediction="d"), model)
    assert off.agreed == 0


def test_a_torch_model_in_single_precision_reproduces_itself():
    """A torch model in single precision reproduces its own scores within the tolerance, whatever the batches."""
    torch = pytest.importorskip("torch", reason="torch models need the torch extra")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1), torch.nn.Sigmoid())
    with torch.no_grad():
        scores = net(torch.from_numpy(FRAME.to_numpy("float32", copy=True)))[:, 0].numpy()
    model = model_from_module(net, ["a", "b"], task="binary")
    assert bind(predictions(scores.astype(float)), model).complete


def test_a_feature_that_is_not_there_is_named():
    """A feature of the model that is no column of the predictions is refused with the nearest name."""
    model = model_from_callable(lambda frame: frame["aa"], ["aa"])
    with pytest.raises(SourceError, match='there is no column "aa"'):
        bind(predictions(), model)


def test_a_model_cannot_agree_with_a_missing_value():
    """A missing predicted value agrees with nothing."""
    source = predictions()
    table = pa.Table.from_batches(source.rows.batches()).slice(0, 2)
    gone = table.set_column(3, "p", pa.array([None, float(SCORES[1])]))

    class Rows:
        schema = gone.schema

        def batches(self, columns=None):
            yield from gone.select(list(columns)).to_batches()

    from dataclasses import replace

    assert bind(replace(source, rows=Rows()), MODEL).agreed == 1


def test_what_was_not_recomputed_says_why():
    """Predictions read from a file without a model are supplied, with the reason."""
    assert supplied("no model file was given").kind == "supplied"


def ranking(scores=SCORES, **said):
    from dataclasses import replace

    return replace(
        predictions(scores), task="ranking", score=None, prediction="p", threshold=None, favourable=None, **said
    )


def test_a_ranking_is_tied_to_the_model_whose_scores_it_is_ordered_by():
    """The scores of a ranking are recomputed as numbers, on whatever scale."""
    assert bind(ranking(query="a"), MODEL).complete
    assert not bind(ranking(SCORES * 0.9, query="a"), MODEL).complete


def test_ranks_cannot_be_recomputed_and_the_error_says_what_to_name():
    """A model gives scores and no ranks."""
    with pytest.raises(UsageError, match="the source names ranks"):
        bind(ranking(query="a", by_rank=True), MODEL)
