"""Every metric that a packaged policy or checklist names is one that its evaluator measures, under the role that is asked for."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="evaluators need the tabular extra")
pytest.importorskip("shap", reason="attributions need the tabular extra")
pytest.importorskip("skops", reason="a model file needs the tabular extra")
pytest.importorskip("presidio_analyzer", reason="personal data are looked for with the text extra")

from tests.evaluators.runs.support import tracked

from cardwright.dossier.contents import checklist_of, policy_of
from cardwright.files import packaged

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
MODEL = """\
schema: cardwright/assessment/1
subject: {kind: model, name: loans, version: 1.0.0, files: [model.skops]}
sources:
  test: {predictions: test.parquet, label: y, score: p, threshold: 0.5, favourable: 1, sensitive: [sex, race], unit: row}
  baseline: {predictions: test.parquet, label: y, score: q, threshold: 0.5, favourable: 1, sensitive: [sex, race], unit: row}
  training: {table: training.parquet, label: y, favourable: 1, sensitive: [sex, race], unit: row}
  pipeline: {model: model.skops}
  canaries: {table: canaries.parquet}
  corpus: {table: corpus.parquet}
  unseen: {table: unseen.parquet}
  gone: {table: gone.parquet}
  study: {runs: runs.jsonl}
evaluate:
  - runs: {source: study, metric: quality, guardrails: {recall: 0.01}, model: pipeline}
  - performance: {source: test, baseline: baseline}
  - fairness: {source: test}
  - impact_ratio: {id: impact-ratio, source: test, attributes: [sex, race]}
  - slices: {source: test, columns: [sex, race]}
  - robustness: {source: test, model: pipeline, metric: balanced_accuracy, noise: [0.1], missing: [0.1], shuffled: [], unseen: []}
  - attributions: {source: test, model: pipeline}
  - data_profile: {source: training}
  - overlap: {source: test, training: training}
  - pii: {source: training}
  - leakage: {id: membership, members: training, non_members: test, model: pipeline, attributes: [owner],
      differential_privacy: {mechanism: DP-SGD, epsilon: 3.0, delta: 1.0e-5, unit: example, noise_multiplier: 1.1,
        sample_rate: 0.01, steps: 100}}
  - leakage: {id: canaries, canaries: canaries, loss: nll}
  - leakage: {id: extraction, training_texts: corpus, control_texts: unseen, text: text, output: wrote, prefix: 2, match: 2,
      run: 2, ngram: 2}
  - leakage: {id: synthetic, synthetic: training, training: training, holdout: test, inputs: [income, debt, race],
      secrets: [race], attacks: 100}
  - leakage: {id: erasure, training: training, deletions: gone, entity: who, retain_until: until, as_of: "2026-11-23"}
policy: research
"""
SYSTEM = """\
schema: cardwright/assessment/1
subject: {kind: system, name: assistant, version: 1.0.0, components: [{role: prompt, path: prompt.hardened.md}]}
sources:
  attacks: {interactions: attacks.jsonl, intent: attack}
  benign: {interactions: benign.jsonl, intent: benign}
  observed: {interactions: observed.jsonl, intent: observed}
evaluate:
  - safety: {source: attacks, benign: benign}
  - pii: {source: observed}
policy: assistant_research
"""


@dataclass(frozen=True)
class Emitted:
    """What one evaluator measured, and on which roles."""

    metrics: frozenset[str]
    slices: frozenset[tuple[tuple[str, str | None], ...]]
    crossed: frozenset[str]
    roles: frozenset[str]


def table(rows: int, seed: int):
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"income": rng.normal(size=rows), "debt": rng.normal(size=rows)})
    frame["sex"] = rng.choice(["f", "m"], rows)
    frame["race"] = rng.choice(["a", "b"], rows)
    frame["owner"] = rng.integers(0, 2, rows)
    frame["who"] = [f"c{seed}x{n}" for n in range(rows)]
    frame["until"] = "2027-01-01"
    frame["y"] = (frame["income"] - frame["debt"] + rng.normal(size=rows) > 0).astype("int64")
    return frame


def write_model(folder: Path) -> None:
    import numpy as np
    import pandas as pd
    import skops.io
    from sklearn.linear_model import LogisticRegression

    training, test = table(400, 1), table(400, 2)
    features = ["income", "debt", "owner"]
    model = LogisticRegression().fit(training[features], training["y"])
    test["p"] = model.predict_proba(test[features])[:, 1]
    test["q"] = LogisticRegression().fit(training[["debt"]], training["y"]).predict_proba(test[["debt"]])[:, 1]
    skops.io.dump(model, folder / "model.skops")
    tracked(folder, "model.skops")
    test.to_parquet(folder / "test.parquet")
    training.to_parquet(folder / "training.parquet")
    training[["who"]].head(1).to_parquet(folder / "gone.parquet")
    losses = np.random.default_rng(3).normal(20, 2, 51)
    pd.DataFrame({"insertions": [0] * 50 + [1], "nll": losses}).to_parquet(folder / "canaries.parquet")
    words = ["river bridge winter path fair", "member spring paint stone light"] * 20
    for name in ("corpus", "unseen"):
        pd.DataFrame({"text": words, "wrote": "winter path"}).to_parquet(folder / f"{name}.parquet")


@pytest.fixture(scope="module")
def emitted(tmp_path_factory) -> dict[str, Emitted]:
    """What each evaluator measures, from small data, by its name."""
    from cardwright import handoff
    from cardwright.plan.assessment import load

    folder = tmp_path_factory.mktemp("plans")
    write_model(folder)
    for name in ("attacks.jsonl", "benign.jsonl", "observed.jsonl"):
        shutil.copy(EXAMPLES / "assistant" / "data_hardened" / name, folder)
    shutil.copy(EXAMPLES / "assistant" / "prompt.hardened.md", folder)
    found: dict[str, list] = {}
    for name, text in (("model.yaml", MODEL), ("system.yaml", SYSTEM)):
        (folder / name).write_text(text, encoding="utf-8")
        plan = load(folder / name)
        done, gaps, _ = handoff.evaluate(handoff.prepare(plan, policy_of(plan.file.policy)))
        assert not gaps, gaps
        for one in done:
            found.setdefault(one.evaluator, []).append(one)
    return {
        evaluator: Emitted(
            metrics=frozenset(m.metric for one in ones for m in one.measurements),
            slices=frozenset(tuple(m.slice.items()) for one in ones for m in one.measurements),
            crossed=frozenset(m.metric for one in ones for m in one.measurements if len(m.slice) > 1),
            roles=frozenset(i.role for one in ones for i in one.inputs),
        )
        for evaluator, ones in found.items()
    }


def rules():
    for name in packaged.names("policies"):
        for requirement in policy_of(name).requirements:
            if getattr(requirement.rule, "evaluator", None) is not None:
                yield name, requirement


def named(rule) -> set[str]:
    one = getattr(rule, "metric", None)
    return set(getattr(rule, "metrics", ())) | ({one} if one else set())


def test_every_metric_of_a_packaged_policy_is_one_that_its_evaluator_measures(emitted):
    asked = [(name, r.id, r.rule.evaluator, metric) for name, r in rules() for metric in sorted(named(r.rule))]
    assert len(asked) > 20
    # `kpis` counts other dossiers, which no plan here has; tests/evaluators/kpis measures what these policies name.
    of_kpis = {metric for _, _, evaluator, metric in asked if evaluator == "kpis"}
    assert of_kpis == {"dossiers_counted"}
    asked = [one for one in asked if one[2] != "kpis"]
    assert [one for one in asked if one[3] not in emitted[one[2]].metrics] == []


def test_every_role_of_a_source_that_a_packaged_policy_names_is_one_that_the_evaluator_reads(emitted):
    roles = {(r.rule.evaluator, r.rule.role) for _, r in rules() if r.rule.role is not None}
    assert ("fairness", "test") in roles
    unknown = {(evaluator, role) for evaluator, role in roles if evaluator in emitted} - {
        (evaluator, role) for evaluator, one in emitted.items() for role in one.roles
    }
    assert unknown == set()


def test_every_metric_of_a_packaged_checklist_is_one_that_its_evaluator_measures_on_those_rows(emitted):
    asked = [
        (name, item.id, item.evidence)
        for name in packaged.names("checklists")
        for item in checklist_of(name).items
        if item.evidence.metrics
    ]
    assert len(asked) > 20
    for name, item, evidence in asked:
        one = emitted[evidence.evaluator]
        assert set(evidence.metrics) <= one.metrics, f"{name}, {item}"
        assert not evidence.slice or tuple(evidence.slice.items()) in one.slices, f"{name}, {item}"
        assert not evidence.crossed or set(evidence.metrics) <= one.crossed, f"{name}, {item}"


def test_a_misspelt_metric_would_be_seen(emitted):
    assert "demographic_parity_ratio" in emitted["fairness"].metrics
    assert "demographic_parity_ration" not in emitted["fairness"].metrics
    assert "largest_balanced_acuracy_drop" not in emitted["robustness"].metrics


def test_gaps_of_policies_are_the_functions_of_the_library():
    from cardwright import metrics

    gaps = {r.rule.metric for _, r in rules() if r.kind == "measurement" and r.rule.across}
    assert {"demographic_parity_ratio", "equalized_odds_difference"} <= gaps
    assert all(callable(getattr(metrics, gap)) for gap in gaps if not gap.endswith("standardized_mean_difference"))
