"""Runs of a small study in memory, and what the evaluator says of them."""

import hashlib
import json

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.runs import Runs
from cardwright.record.provenance import DatasetRef
from cardwright.record.run import Artefact, Run, RunMetric, config_sha256
from cardwright.sources.interface import Model, TrackedRuns

BASE = {"model": "logistic", "lr": 0.1, "layers": 0}
CLAIM = {"model": "mlp", "lr": 0.1, "layers": 2}
NOISE = (0.00, 0.01, -0.01, 0.005, -0.004)


def run(id_, config, value=None, *, seed=None, purpose=None, metrics=None, **said):
    found = {name: RunMetric(value=one) for name, one in (metrics or {}).items()}
    if value is not None:
        found["accuracy"] = RunMetric(value=value)
    return Run(
        **{
            "id": id_, "tool": "csv", "store_sha256": "0" * 64, "status": "finished", "config": config,
            "config_sha256": config_sha256(config), "seed": seed, "purpose": purpose, "commit": "abcdef1",
            "data": {"train": "v3"}, "metrics": found, **said,
        }
    )  # fmt: skip


def several(name, config, mean, purpose, seeds=5, **said):
    return [
        run(f"{name}-{seed}", config, mean + NOISE[seed], seed=seed, purpose=purpose, **said) for seed in range(seeds)
    ]


def study():
    """A baseline, a candidate, two ablations of it, a search run that failed, and one for debugging."""
    return [
        *several("base", BASE, 0.80, "baseline"),
        *several("claim", CLAIM, 0.86, "candidate"),
        *[run(f"a-{s}", {**CLAIM, "layers": 1}, 0.82 + NOISE[s] * 0.9, seed=s, purpose="ablation") for s in range(5)],
        *[run(f"b-{s}", {**CLAIM, "lr": 0.2}, 0.86 - NOISE[s], seed=s, purpose="ablation") for s in range(5)],
        run("bad", {**CLAIM, "lr": 10.0}, seed=1, purpose="search", status="failed"),
        run("try", CLAIM, 0.99, seed=9, purpose="debug"),
    ]


def tracked(folder, model_file):
    """A file of runs beside a model: a baseline, the claimed configuration, whose first run left the model, and an ablation."""
    digest = hashlib.sha256((folder / model_file).read_bytes()).hexdigest()
    rows = [
        {
            "id": f"{purpose}-{seed}", "purpose": purpose, "status": "finished", "seed": seed, "commit": "abcdef1",
            "started": f"2026-11-01T0{1 + seed}:00:00Z", "finished": f"2026-11-01T0{1 + seed}:40:00Z", "config": config, "data": {"train": "v3"},
            "metrics": {"quality": {"value": mean + (seed - 1) * slope, "n": 400}, "recall": mean + (seed - 1) * slope / 2},
            "artefacts": {model_file: digest} if purpose == "candidate" and seed == 0 else {},
        }
        for purpose, config, mean, slope in (
            ("baseline", BASE, 0.7, 0.01), ("candidate", CLAIM, 0.8, 0.012), ("ablation", {**CLAIM, "layers": 1}, 0.72, 0.011),
        )
        for seed in range(3)
    ]  # fmt: skip
    (folder / "runs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def source(runs):
    ref = DatasetRef(name="runs", role="runs", kind="runs", format="csv", sha256="0" * 64)
    return TrackedRuns(ref, lambda: iter(runs))


def model(sha256):
    ref = DatasetRef(name="model", role="model", kind="model", format="skops", sha256=sha256)
    return Model(ref, "sklearn", None, (), lambda batch: None)


def look(runs, *, more=None, **parameters):
    parameters = {"metric": "accuracy", **parameters}
    sources = {"source": source(runs), **(more or {})}
    return Runs(**parameters).evaluate(Inputs(id="runs", sources=sources, parameters=parameters))


def one(evaluation, metric, **slice_):
    (found,) = evaluation.find(metric, slice=slice_)
    return found


def keys(evaluation):
    return {finding.key for finding in evaluation.findings}


def left(sha256, path="model.skops"):
    return (Artefact(path=path, sha256=sha256, size=3),)


__all__ = [
    "BASE",
    "CLAIM",
    "NOISE",
    "keys",
    "left",
    "look",
    "model",
    "one",
    "run",
    "several",
    "source",
    "study",
    "tracked",
]
