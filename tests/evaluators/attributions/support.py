"""Models that are explained, rows and their evaluation."""

import numpy as np
from tests.support import memory_predictions

from cardwright.evaluators.interface import Inputs
from cardwright.sources.models import model_from_estimator

FEATURES = ("a", "b", "c")


def data(n=240, seed=3):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=n), rng.normal(size=n)
    group = np.where(a + 0.3 * rng.normal(size=n) > 0, "x", "z")
    y = (a - 0.5 * b + 0.3 * rng.normal(size=n) > 0).astype(int)
    return {"a": a, "b": b, "c": rng.normal(size=n), "g": group, "y": y, "p": np.full(n, 0.5)}


def source(columns=None, cuts=()):
    return memory_predictions(
        columns or data(), score="p", threshold=0.5, sensitive=["g"], features=FEATURES, classes=("0", "1"), cuts=cuts
    )


def inputs(model, predictions=None, **parameters):
    return Inputs(
        id="attributions", sources={"source": predictions or source(), "model": model}, parameters=parameters, seed=5
    )


def frame(columns, names=FEATURES):
    import pandas as pd

    return pd.DataFrame({name: columns[name] for name in names})


def linear():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    columns = data()
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame(columns), columns["y"])
    return model_from_estimator(pipeline, favourable=1)
