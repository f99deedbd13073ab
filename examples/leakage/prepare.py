"""Makes the example's data and models again: two classifiers and two character language models, in seconds and byte for byte.

    python examples/leakage/prepare.py [--out FOLDER]

Every customer, note and code is invented.
"""

from __future__ import annotations

import argparse
import csv
import math
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FEATURES = ("age", "income", "balance", "visits", "distance", "tenure")
CODES, PLANTED = 1500, {1: 10, 4: 10, 64: 5}
"""References without a plant; and by how often each was planted, how many canaries there are."""


def customers(n: int, seed: int) -> dict[str, np.ndarray]:
    """Invented customers, and whether each stayed: half a matter of chance."""
    rng = np.random.default_rng(seed)
    rows = {name: rng.normal(0, 1, n).round(4) for name in FEATURES}
    rows["stayed"] = (rows["income"] + rows["tenure"] + rng.normal(0, 2, n) > 0).astype(int)
    return rows


def classifiers(out: Path) -> None:
    """A forest that knows its customers by heart, and a regression that cannot."""
    import pandas as pd
    import skops.io
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    training, test = customers(600, 1), customers(600, 2)
    frames = {"train": pd.DataFrame(training), "test": pd.DataFrame(test)}
    columns = list(FEATURES)
    models = {
        "overfit": RandomForestClassifier(12, min_samples_leaf=2, random_state=0),
        "regularised": LogisticRegression(C=0.1),
    }
    for name, model in models.items():
        model.fit(frames["train"][columns], training["stayed"])
        skops.io.dump(model, out / f"{name}.skops", compression=zipfile.ZIP_DEFLATED, compresslevel=9)
        for frame in frames.values():
            frame[f"p_{name}"] = model.predict_proba(frame[columns])[:, 1].round(12)
    for name, frame in frames.items():
        frame.to_csv(out / "data" / f"{name}.csv", index=False, lineterminator="\n")


# ------------------------------------------------------------------------------------------------ a character language model


class CharacterModel:
    """An interpolated n-gram model of characters: counts of what follows the last few characters, longest context first."""

    def __init__(self, texts: Iterable[str], order: int, trust: float) -> None:
        self.order, self.trust = order, trust
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            line = "\n" * order + text + "\n"
            for place in range(order, len(line)):
                for length in range(order + 1):
                    self.counts[line[place - length : place]][line[place]] += 1
        self.letters = sorted(self.counts[""])

    def probability(self, context: str, letter: str) -> float:
        """How likely a letter is after a context; each longer context counts the more, the more it was seen."""
        found = 1.0 / (len(self.letters) + 1)
        for length in range(self.order + 1):
            seen = self.counts.get(context[len(context) - length :] if length else "")
            if not seen:
                break
            total = sum(seen.values())
            weight = total / (total + self.trust)
            found = weight * seen[letter] / total + (1 - weight) * found
        return found

    def loss(self, text: str) -> float:
        """-log of the probability of a text."""
        line = "\n" * self.order + text
        return -sum(
            math.log(self.probability(line[place - self.order : place], line[place]))
            for place in range(self.order, len(line))
        )

    def continued(self, text: str, letters: int) -> str:
        """How it goes on, always by the likeliest letter."""
        line = "\n" * self.order + text
        for _ in range(letters):
            context = line[-self.order :]
            line += max(self.letters, key=lambda letter: self.probability(context, letter))
            if line[-1] == "\n":
                break
        return line[self.order + len(text) :].rstrip("\n")


NOUNS = ("order", "parcel", "invoice", "refund", "delivery", "account", "ticket", "return", "voucher", "contract")
VERBS = ("arrived", "is late", "was lost", "was paid", "is open", "was closed", "is on hold", "was sent back")
PLACES = ("in the north depot", "at the harbour", "in the old town", "by the station", "near the mill", "on the hill")
ENDS = ("and the customer was told", "and nobody has called yet", "so a colleague looks into it", "and all is well")


def notes(n: int, seed: int) -> list[str]:
    """Invented notes of a service desk."""
    rng = np.random.default_rng(seed)

    def pick(words: Sequence[str]) -> str:
        return words[int(rng.integers(len(words)))]

    return [f"the {pick(NOUNS)} {rng.integers(100, 1000)} {pick(VERBS)} {pick(PLACES)} {pick(ENDS)}" for _ in range(n)]


def codes(seed: int) -> tuple[list[str], list[tuple[str, int]]]:
    """Codes of six digits: references that nobody plants, and canaries with how often each is planted."""
    rng = np.random.default_rng(seed)
    drawn = [f"the code is {n:06d}" for n in rng.choice(10**6, CODES + sum(PLANTED.values()), replace=False)]
    planted = [times for times, canaries in PLANTED.items() for _ in range(canaries)]
    return drawn[: -len(planted)], list(zip(drawn[-len(planted) :], planted, strict=True))


def masked(text: str) -> str:
    """A text without its digits."""
    return "".join("#" if letter.isdigit() else letter for letter in text)


def language_models(out: Path) -> None:
    """One model that has read every repetition, and one that has read each line once, without digits, by short contexts."""
    training, unseen = notes(300, 3), notes(300, 4)
    references, canaries = codes(5)
    read = [*training, *(text for text, times in canaries for _ in range(times))]
    models = {
        "memorising": CharacterModel(read, order=24, trust=0.5),
        "mended": CharacterModel([masked(text) for text in dict.fromkeys(read)], order=3, trust=50.0),
    }
    for name, model in models.items():
        rows = [(0, model.loss(text)) for text in references] + [(n, model.loss(text)) for text, n in canaries]
        write(out / "data" / f"canaries_{name}.csv", ("insertions", "nll"), [(n, f"{loss:.9f}") for n, loss in rows])
        for side, texts in (("corpus", training), ("unseen", unseen)):
            said = [(text, model.continued(text[:20], 30)) for text in texts]
            write(out / "data" / f"{side}_{name}.csv", ("text", "wrote"), said)


def write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE, help="where to write (default: this folder)")
    out = parser.parse_args(words).out
    (out / "data").mkdir(parents=True, exist_ok=True)
    classifiers(out)
    language_models(out)


if __name__ == "__main__":
    main()
