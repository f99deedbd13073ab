"""Makes the example's data and model again: handwritten digits that scikit-learn ships, looked up by their likeness.

    python examples/lookup/prepare.py [--out FOLDER]

A query is an image of a digit; its candidates are twenty other images, of which those of the same digit are relevant: 2 if they
are among the nearer half, pixel by pixel, else 1. A ranker (LightGBM, LambdaRank) orders them by how far the ink of their rows
and columns is from the query's. No image is a candidate or a query on both sides of the split. The digits: Alpaydin and Kaynak
1998, UCI, CC BY 4.0.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

HERE = Path(__file__).parent
SIDE, CANDIDATES, QUERIES, TRAINED = 8, 20, 150, 300
FEATURES = [f"{part}_{number}" for part in ("row", "column") for number in range(SIDE)]


def ink(images: np.ndarray) -> np.ndarray:
    """The ink in each row and each column of images, shape (n, 16)."""
    return np.concatenate([images.sum(axis=2), images.sum(axis=1)], axis=1)


def looked_up(images: np.ndarray, labels: np.ndarray, queries: int, seed: int, name: str) -> pd.DataFrame:
    """Candidates for so many queries: who asks, how relevant each candidate is, and how far its ink is from the query's."""
    rng = np.random.default_rng(seed)
    parts = []
    inks = ink(images)
    for number, place in enumerate(rng.choice(len(images), queries, replace=False)):
        same = np.flatnonzero((labels == labels[place]) & (np.arange(len(labels)) != place))
        others = np.flatnonzero(labels != labels[place])
        wanted = int(rng.integers(2, 7))
        chosen = np.concatenate(
            [rng.choice(same, wanted, replace=False), rng.choice(others, CANDIDATES - wanted, replace=False)]
        )
        apart = np.abs(inks[chosen] - inks[place])
        near = np.argsort(np.linalg.norm(images[chosen] - images[place], axis=(1, 2)))[: CANDIDATES // 2]
        alike = labels[chosen] == labels[place]
        relevance = alike.astype(int) + (alike & np.isin(np.arange(CANDIDATES), near))
        part = pd.DataFrame(apart.astype(int), columns=FEATURES)
        part.insert(0, "relevance", relevance)
        part.insert(0, "lookup", f"{name}-{number:03d}")
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def main(words: list[str] | None = None) -> None:
    """Write data and model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    out = parser.parse_args(words).out
    (out / "data").mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    held, shown = order[:700], order[700:]
    test = looked_up(digits.images[held], digits.target[held], QUERIES, 1, "t")
    train = looked_up(digits.images[shown], digits.target[shown], TRAINED, 2, "r")
    ranker = lightgbm.LGBMRanker(
        n_estimators=60, num_leaves=8, learning_rate=0.1, deterministic=True, num_threads=1, verbose=-1
    ).fit(train[FEATURES], train["relevance"], group=[CANDIDATES] * TRAINED)
    test.insert(2, "score", ranker.predict(test[FEATURES]).round(6))
    baseline = test[["lookup", "relevance"]].assign(score=-test[FEATURES].sum(axis=1))
    for name, part in (("test", test), ("training", train), ("baseline", baseline)):
        part.to_csv(out / "data" / f"{name}.csv", index=False, lineterminator="\n")
    ranker.booster_.save_model(out / "ranker.txt")


if __name__ == "__main__":
    main()
