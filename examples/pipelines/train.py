"""Trains a classifier on `data.csv` and keeps it, with what it predicts for rows it has not seen in `test.csv`.

    python train.py

`python train.py --data` makes `data.csv` from the samples of breast tissue that scikit-learn ships (Street, Wolberg and
Mangasarian 1993).
"""

import sys
from pathlib import Path

import pandas as pd
import skops.io
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FEATURES = ["mean radius", "mean texture", "mean smoothness", "mean concavity"]


def make_data() -> None:
    """Write `data.csv`."""
    frame = load_breast_cancer(as_frame=True).frame
    frame[[*FEATURES, "target"]].rename(columns={"target": "benign"}).to_csv("data.csv", index=False)


def main() -> None:
    """Write `model.skops` and `test.csv`."""
    frame = pd.read_csv("data.csv")
    train, test = train_test_split(frame, test_size=0.5, random_state=0, stratify=frame["benign"])
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(train[FEATURES], train["benign"])
    skops.io.dump(model, Path("model.skops"))
    test = test.assign(score=model.predict_proba(test[FEATURES])[:, 1].round(6))
    test.to_csv("test.csv", index=False, lineterminator="\n")
    print(f"{len(test)} test cases")


if __name__ == "__main__":
    make_data() if "--data" in sys.argv else main()
