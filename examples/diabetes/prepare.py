"""Makes the example's data and models again: the diabetes data that scikit-learn ships, and two regressions on them.

    python examples/diabetes/prepare.py [--out FOLDER]

442 patients and how far their disease had gone a year later (Efron, Hastie, Johnstone and Tibshirani 2004, Least Angle
Regression, Annals of Statistics 32:407). Half are kept for the test. Nothing is downloaded.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import skops.io
from sklearn.datasets import load_diabetes
from sklearn.linear_model import QuantileRegressor, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
FEATURES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]


def main(words: list[str] | None = None) -> None:
    """Write data and models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    out = parser.parse_args(words).out
    (out / "data").mkdir(parents=True, exist_ok=True)
    frame = load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": "progression"})
    frame["sex"] = frame["sex"].astype(int)
    order = np.random.default_rng(0).permutation(len(frame))
    train, test = (frame.iloc[part].reset_index(drop=True) for part in (order[221:], order[:221]))
    model = make_pipeline(StandardScaler(), Ridge(alpha=10.0)).fit(train[FEATURES], train["progression"])
    simple = make_pipeline(StandardScaler(), Ridge(alpha=10.0)).fit(train[["bmi"]], train["progression"])
    test["predicted"] = model.predict(test[FEATURES])
    for name, level in (("low", 0.1), ("high", 0.9)):
        quantile = make_pipeline(StandardScaler(), QuantileRegressor(quantile=level, alpha=0.01, solver="highs"))
        test[name] = quantile.fit(train[FEATURES], train["progression"]).predict(test[FEATURES])
    baseline = test[["progression"]].assign(predicted=simple.predict(test[["bmi"]]))
    for name, part in (("test", test), ("training", train), ("baseline", baseline)):
        part.round(6).to_csv(out / "data" / f"{name}.csv", index=False, lineterminator="\n")
    skops.io.dump(model, out / "model.skops")


if __name__ == "__main__":
    main()
