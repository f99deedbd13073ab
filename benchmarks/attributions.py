"""What attributions cost beside the library that makes them: the same function, rows and background, in one run.

    python benchmarks/attributions.py [--rows 40] [--repeats 3]

The target: at most 1.1 times SHAP's permutation explainer alone. Both are timed in turn, several times, by the processor's clock,
and the medians compared; the others say what they cost. A ratio of permutation above the target, or a largest difference of
attributions above 1e-6 of the output's range, and it exits 1.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shap

from cardwright.evaluators.attributions.explain import explain
from cardwright.evaluators.attributions.texts import explain_texts
from cardwright.sources.models import model_from_callable, model_from_estimator, model_from_module

TARGET = 1.1
FEATURES = 12
NAMES = [f"f{i}" for i in range(FEATURES)]


def main() -> int:
    warnings.simplefilter("ignore")  # what shap and captum import warns of its own future
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=40, help="explained rows (default 40)")
    parser.add_argument("--repeats", type=int, default=3, help="times of each, in turn (default 3)")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(1000, FEATURES))
    labels = (matrix[:, 0] - matrix[:, 1] + rng.normal(size=1000) > 0).astype(int)
    rows, behind = matrix[: arguments.rows], matrix[500:600]
    cases = [permutation(matrix, labels), exact(matrix, labels), trees(matrix, labels), gradients()]
    print(
        f"{arguments.rows} rows of {FEATURES} features against 100, the medians of {arguments.repeats} runs in turn\n"
    )
    print(
        "| explainer | ours, processor s | alone, processor s | ratio (target of permutation: 1.1) "
        "| largest difference, of the output's range |"
    )
    print("| --- | ---: | ---: | ---: | ---: |")
    wrong = sum(line(name, *make(rows, behind), arguments.repeats) for name, make in cases)
    wrong += line("integrated gradients of texts", *texts(), arguments.repeats)
    print(f"\n{wrong} of {len(cases) + 1} outside of a target.")
    return 1 if wrong else 0


Pair = tuple[Callable[[], tuple[Any, float]], Callable[[], Any]]
"""Ours, which gives attributions and the range of the output; and the library alone, which gives attributions."""


def batch(matrix: Any) -> pa.RecordBatch:
    return pa.RecordBatch.from_pandas(pd.DataFrame(matrix, columns=NAMES), preserve_index=False)


def ours(model: Any, method: str, rows: Any, behind: Any, steps: int = 32) -> tuple[Any, float]:
    found = explain(model, batch(rows), batch(behind), method=method, column=1, steps=steps, seed=0)
    return found.values, float(np.ptp(found.outputs))


def chance(native: Any, frame: Any) -> Any:
    """The function of a frame that both sides explain."""
    return native.predict_proba(frame)[:, 1]


def permutation(matrix: Any, labels: Any) -> tuple[str, Callable[[Any, Any], Pair]]:
    from sklearn.ensemble import HistGradientBoostingClassifier

    native = HistGradientBoostingClassifier(max_iter=30).fit(pd.DataFrame(matrix, columns=NAMES), labels)

    def make(rows: Any, behind: Any) -> Pair:
        model = model_from_callable(lambda frame: chance(native, frame), NAMES, sha256="0" * 64)

        def alone() -> Any:
            explainer = shap.PermutationExplainer(
                lambda m: chance(native, pd.DataFrame(m, columns=NAMES)),
                shap.maskers.Independent(behind, max_samples=len(behind)),
                seed=0,
            )
            return explainer(rows, max_evals=10 * (2 * FEATURES + 1), silent=True).values

        return lambda: ours(model, "permutation", rows, behind), alone

    return "permutation, boosted trees as a function", make


def exact(matrix: Any, labels: Any) -> tuple[str, Callable[[Any, Any], Pair]]:
    from sklearn.linear_model import LogisticRegression

    native = LogisticRegression().fit(pd.DataFrame(matrix, columns=NAMES), labels)

    def make(rows: Any, behind: Any) -> Pair:
        rows, behind = rows[:10], behind[:20]
        model = model_from_callable(lambda frame: chance(native, frame), NAMES, sha256="0" * 64)

        def alone() -> Any:
            masker = shap.maskers.Independent(behind, max_samples=len(behind))
            explainer = shap.ExactExplainer(lambda m: chance(native, pd.DataFrame(m, columns=NAMES)), masker)
            return explainer(rows, max_evals=2**FEATURES, silent=True).values

        return lambda: ours(model, "exact", rows, behind), alone

    return "exact, 10 rows against 20", make


def trees(matrix: Any, labels: Any) -> tuple[str, Callable[[Any, Any], Pair]]:
    from sklearn.ensemble import RandomForestClassifier

    native = RandomForestClassifier(n_estimators=100, max_depth=8, random_state=0).fit(matrix, labels)

    def make(rows: Any, behind: Any) -> Pair:
        model = model_from_estimator(native, NAMES, favourable=1)

        def alone() -> Any:
            explainer = shap.TreeExplainer(native, data=behind, feature_perturbation="interventional")
            return explainer.shap_values(rows, check_additivity=False)[:, :, 1]

        return lambda: ours(model, "tree", rows, behind), alone

    return "trees, a forest of 100", make


def gradients() -> tuple[str, Callable[[Any, Any], Pair]]:
    import torch
    from captum.attr import IntegratedGradients

    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(FEATURES, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1)).eval()

    def make(rows: Any, behind: Any) -> Pair:
        model = model_from_module(network, NAMES, task="binary", favourable=1, classes=(0, 1), output="logit")

        def alone() -> Any:
            x, b = (torch.from_numpy(m.astype("float32")) for m in (rows, behind))
            baseline = b.mean(dim=0, keepdim=True).expand_as(x)
            return IntegratedGradients(network).attribute(x, baselines=baseline, n_steps=32, target=0).numpy()

        return lambda: ours(model, "integrated_gradients", rows, behind), alone

    return "integrated gradients, a network of rows", make


def texts() -> Pair:
    """The transformer of the example `messages`: 20 of its texts, one at a time on both sides."""
    from pathlib import Path

    import torch
    from captum.attr import LayerIntegratedGradients

    from cardwright.sources.models import load_model

    here = Path(__file__).parent.parent / "examples" / "messages"
    model = load_model(here / "model", ["text"], classes=["0", "1"], favourable="1")
    said = [(text,) for text in pd.read_csv(here / "data" / "test.csv")["text"][:20]]
    inside = model.text
    assert inside is not None
    read = [inside.tokenize(row) for row in said]

    def alone() -> Any:
        def log_odds(ids: Any, *others: Any) -> Any:
            out = inside.forward(model.native, ids, *others)
            return out[:, 1] - out[:, 0]

        explainer = LayerIntegratedGradients(log_odds, inside.embeddings(model.native))
        found = []
        for one in read:
            inner = torch.tensor([[span is not None for span in one.spans]])
            reference = torch.where(inner, torch.full_like(one.ids, inside.blanks[0]), one.ids)
            by_token = explainer.attribute(one.ids, baselines=reference, additional_forward_args=one.others, n_steps=32)
            found.append(by_token.detach().sum(dim=-1).reshape(-1).numpy()[inner.reshape(-1).numpy()])
        return np.concatenate(found)

    def mine() -> tuple[Any, float]:
        found = explain_texts(model, said, method="auto", column=1, steps=32)
        return np.concatenate(found.token_values), float(np.ptp(found.outputs))

    return mine, alone


def line(name: str, mine: Callable[[], tuple[Any, float]], alone: Callable[[], Any], repeats: int) -> int:
    """One row of the table; 1 if it is outside of a target."""
    (values, spread), theirs = mine(), alone()
    difference = float(np.abs(values - theirs).max()) / spread
    seconds: list[tuple[float, float]] = []
    for _ in range(repeats):
        seconds.append((timed(mine), timed(alone)))
    own, other = (statistics.median(side) for side in zip(*seconds, strict=True))
    print(f"| {name} | {own:.2f} | {other:.2f} | {own / other:.2f} | {difference:.1e} |")
    return int(difference > 1e-6 or (name.startswith("permutation") and own / other > TARGET))


def timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main())
