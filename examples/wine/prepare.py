"""Makes the example's data and model again: the wine data that scikit-learn ships, and a LightGBM model of three cultivars.

    python examples/wine/prepare.py [--out FOLDER]

178 wines of three cultivars and what a chemical analysis found in them (Aeberhard and Forina 1992, UCI Machine Learning
Repository, CC BY 4.0). Half are kept for the test. Nothing is downloaded.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import lightgbm
import numpy as np
from sklearn.datasets import load_wine

HERE = Path(__file__).parent
CULTIVARS = ("barbera", "barolo", "grignolino")
"""The cultivars of the original data, in the order of their names; scikit-learn numbers them 2, 0 and 1."""
NUMBERED = {0: "barolo", 1: "grignolino", 2: "barbera"}


def main(words: list[str] | None = None) -> None:
    """Write data and model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    out = parser.parse_args(words).out
    (out / "data").mkdir(parents=True, exist_ok=True)
    frame = load_wine(as_frame=True).frame
    features = [name for name in frame.columns if name != "target"]
    names = frame.pop("target").map(NUMBERED)
    frame.columns = features = [name.replace("/", "_") for name in features]
    frame.insert(0, "cultivar", names)
    order = np.random.default_rng(0).permutation(len(frame))
    train, test = (frame.iloc[part].reset_index(drop=True) for part in (order[89:], order[:89]))
    model = lightgbm.LGBMClassifier(
        n_estimators=30,
        num_leaves=4,
        learning_rate=0.1,
        min_child_samples=10,
        deterministic=True,
        num_threads=1,
        verbose=-1,
    ).fit(train[features], train["cultivar"])
    said = model.predict_proba(test[features])
    assert tuple(model.classes_) == CULTIVARS
    test.insert(1, "predicted", [CULTIVARS[place] for place in said.argmax(axis=1)])
    for place, name in enumerate(CULTIVARS):
        test[f"p_{name}"] = said[:, place].round(10)
    test.to_csv(out / "data" / "test.csv", index=False, lineterminator="\n")
    train.to_csv(out / "data" / "training.csv", index=False, lineterminator="\n")
    model.booster_.save_model(out / "model.txt")


if __name__ == "__main__":
    main()
