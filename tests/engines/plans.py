"""A plan that has rows of every kind: weights, persons, strata, bands, another scale, classes, numbers, words, and files of several."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from cardwright import handoff
from cardwright.dossier.contents import policy_of
from cardwright.engines import LOCAL
from cardwright.plan.assessment import load

NOW = "2026-11-29T12:00:00Z"

PLAN = """\
schema: cardwright/assessment/1
subject: {kind: model, name: scattered, version: "1", files: [model.bin], task: binary_classification}
seed: 7
sources:
  plain: {predictions: rows, label: y, score: p, threshold: 0.5, favourable: 1, sensitive: [sex, area], strata: [band], split: test}
  weighted: {predictions: one.parquet, label: y, prediction: d, favourable: 1, sensitive: [sex], weight: w}
  persons: {predictions: one.parquet, label: y, score: p, threshold: 0.4, favourable: 1, sensitive: [sex], person: who}
  scaled:
    predictions: some.csv
    label: y
    score: percent
    score_scale: {unit: percent}
    threshold: 50
    favourable: 1
    sensitive: {age_band: {column: age, bands: [30, 60]}}
  numbers: {predictions: one.parquet, label: amount, prediction: guess, task: regression, sensitive: [sex]}
  scored: {predictions: one.parquet, label: y, score: p, favourable: 1, sensitive: [sex, area]}
  classes: {predictions: one.parquet, label: colour, prediction: said, task: multiclass, sensitive: [sex]}
evaluate:
  - performance: {source: plain}
  - performance: {source: persons}
  - performance: {source: scaled}
  - performance: {source: numbers}
  - performance: {source: classes}
  - fairness: {source: plain}
  - fairness: {source: weighted}
  - fairness: {source: persons}
  - fairness: {source: scaled}
  - fairness: {source: numbers}
  - impact_ratio: {source: plain, attributes: [sex]}
  - fairness: {source: scored}
  - impact_ratio: {source: scored, rates: scoring, attributes: [sex], median_of: known}
  - slices: {source: plain, columns: [sex, band], rows: 700, find: true, search: [age]}
  - slices: {source: numbers, columns: [sex, area]}
policy: research
"""

FEWER = "".join(
    line
    for line in PLAN.splitlines(keepends=True)
    if not any(
        word in line
        for word in ("weighted", "classes", "source: numbers", "source: scaled", "performance: {source: persons")
    )
)
"""The same with fewer evaluations, one of each kind, for a cluster that takes seconds for each job."""


def table(size=2400, seed=3):
    """Rows of chance, with missing cells, a column of repeated cases, and words beyond ASCII."""
    rng = np.random.default_rng(seed)
    p = rng.random(size).round(3)
    sex = rng.choice(["f", "m", "divers", None], size, p=[0.5, 0.4, 0.05, 0.05])
    y = (rng.random(size) < p * np.where(sex == "f", 0.8, 1.0)).astype(np.int64)
    return pa.table(
        {
            "y": y,
            "p": p,
            "d": (p > 0.45).astype(np.int64),
            "percent": (p * 100).round(1),
            "sex": pa.array(sex.tolist()),
            "area": rng.choice(["Köln", "Nord – Süd", "x`y"], size),
            "band": rng.choice(["low", "high"], size),
            "age": rng.integers(18, 90, size),
            "w": rng.random(size).round(4) + 0.01,
            "who": [f"k{n}" for n in rng.integers(0, size // 3, size)],
            "case_id": [f"c{n}" for n in rng.integers(0, size // 2, size)],
            "amount": rng.normal(100, 30, size),
            "guess": rng.normal(100, 40, size),
            "colour": rng.choice(["red", "green", "blue"], size),
            "said": rng.choice(["red", "green", "blue"], size),
        }
    )


def write(folder, plan=PLAN, rows=None):
    """The plan and its files: a folder of three Parquet files below folders that name a column, one file, and one of CSV."""
    rows = table() if rows is None else rows
    size = rows.num_rows
    for part, (low, high) in {"a b": (0, 5), "[c]": (5, size // 2), "d": (size // 2, size)}.items():
        place = folder / "rows" / f"year={2000 + low}"
        place.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows.slice(low, high - low), place / f"{part}.parquet", row_group_size=400)
    (folder / "rows" / "_SUCCESS").write_text("")
    pq.write_table(rows, folder / "one.parquet", row_group_size=500)
    pyarrow.csv.write_csv(rows.select(["y", "percent", "age", "case_id"]), folder / "some.csv")
    (folder / "model.bin").write_bytes(b"weights")
    (folder / "assessment.yaml").write_text(plan)
    return folder / "assessment.yaml"


def gathered(plan, engine=LOCAL, **options):
    """The case that a run on an engine gathers."""
    assessment = load(plan)
    return handoff.gather(assessment, policy_of(assessment.file.policy), now=NOW, engine=engine, **options)
