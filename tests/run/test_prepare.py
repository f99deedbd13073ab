"""Before anything is evaluated, sources are open, the subject is hashed, and what each evaluation must cover is fixed."""

from __future__ import annotations

import hashlib

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests import small_plan

from cardwright.dossier.contents import policy_of
from cardwright.errors import EvidenceError, PersonalDataError, SourceError
from cardwright.plan.assessment import load
from cardwright.run.evaluating import evaluate
from cardwright.run.prepare import prepare


def prepared(folder, policy="research"):
    return prepare(load(folder), policy_of(policy))


def change(folder, old, new, file="assessment.yaml"):
    small_plan.change(folder / file, old, new)


def test_the_subject_is_known_by_the_bytes_of_its_files(folder):
    (file,) = prepared(folder).subject.files
    assert (file.path, file.sha256, file.size) == ("model.bin", hashlib.sha256(b"weights").hexdigest(), 7)


def test_a_folder_of_the_subject_is_every_file_in_it(folder):
    (folder / "net" / "inner").mkdir(parents=True)
    (folder / "net" / "inner" / "b.json").write_bytes(b"b")
    (folder / "net" / "a.safetensors").write_bytes(b"aa")
    change(folder, "path: model.bin", "path: net")
    found = prepared(folder).subject.files
    assert [(file.path, file.size, file.role) for file in found] == [
        ("net/a.safetensors", 2, "weights"),
        ("net/inner/b.json", 1, "weights"),
    ]
    for file in found:
        (folder / file.path).unlink()
    with pytest.raises(SourceError, match="the folder is empty"):
        prepared(folder)


def test_the_groups_an_evaluation_must_cover_are_those_of_the_data_unless_the_plan_declares_them(folder):
    (found,) = prepared(folder).lock.planned[1].groups
    assert (found.attribute, found.declared) == ("sex", False)
    change(folder, "sensitive: [sex]", "sensitive: {sex: {groups: [f, m, x]}}")
    (declared,) = prepared(folder).lock.planned[1].groups
    assert (declared.groups, declared.declared) == (("f", "m", "x"), True)


def test_the_plan_is_locked_with_the_policy_that_it_will_be_judged_by(folder):
    lock = prepared(folder).lock
    assert (lock.policy, lock.policy_sha256) == ("research", policy_of("research").sha256)
    change(folder, "policy: research", "policy: research\nseed: 7")
    assert prepared(folder).lock.sha256 != lock.sha256


def test_predictions_that_no_evaluation_ties_to_a_model_are_only_supplied(folder):
    assert {name: one.kind for name, one in prepared(folder).bindings.items()} == {"test": "supplied"}


def test_a_model_named_beside_members_is_tied_to_whichever_side_has_predictions(tmp_path):
    """The training data is a table and the test data predictions; from these the model takes its features and its outcome."""
    skops = pytest.importorskip("skops.io", reason="a model file needs the tabular extra")
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    sides = {}
    for name in ("training", "test"):
        frame = pd.DataFrame(rng.normal(0, 1, (300, 2)), columns=["a", "b"])
        frame["y"] = (frame["a"] + rng.normal(0, 1, 300) > 0).astype(int)
        sides[name] = frame
    model = LogisticRegression().fit(sides["training"][["a", "b"]], sides["training"]["y"])
    sides["test"]["p"] = model.predict_proba(sides["test"][["a", "b"]])[:, 1]
    for name, frame in sides.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    skops.dump(model, tmp_path / "model.skops")
    (tmp_path / "assessment.yaml").write_text("""\
schema: cardwright/assessment/1
subject: {kind: model, name: loans, version: 1.0.0, files: [model.skops]}
sources:
  training: {table: training.csv, label: y}
  test: {predictions: test.csv, label: y, score: p, favourable: 1, features: [a, b]}
  loans: {model: model.skops}
evaluate:
  - leakage: {members: training, non_members: test, model: loans}
policy: research
""")
    ready = prepared(tmp_path)
    assert ready.bindings["test"].kind == "recomputed"
    (evaluation,) = evaluate(ready, workers=1).evaluations
    (area,) = evaluation.find("membership_inference_auc")
    assert area.status == "measured"
    assert evaluation.binding.kind == "recomputed"


def test_a_missing_file_of_the_subject_stops_before_any_evaluation(folder):
    (folder / "model.bin").unlink()
    with pytest.raises(EvidenceError, match=r"model\.bin"):
        prepared(folder)


def test_a_subject_of_no_files_is_refused_because_nobody_could_say_later_what_was_judged(folder):
    change(folder, ", files: [{path: model.bin, role: weights}]", "")
    with pytest.raises(SourceError, match="no files"):
        prepared(folder)


def test_personal_data_in_what_people_wrote_stops_before_any_evaluation(folder):
    change(folder, "One city, one year.", "Ask ada@example.com.", "details.yaml")
    with pytest.raises(PersonalDataError, match="EMAIL_ADDRESS") as caught:
        prepared(folder)
    assert "ada@" not in str(caught.value)


def test_a_model_that_an_evaluation_reads_beside_its_sources_is_opened_as_it_is(tmp_path):
    """One of natural language inference predicts nothing of the exchanges, so that nothing of them says what it predicts."""
    torch = pytest.importorskip("torch", reason="needs the transformers extra")
    transformers = pytest.importorskip("transformers", reason="needs the transformers extra")
    torch.manual_seed(1)
    labels = ("entailment", "neutral", "contradiction")
    config = transformers.BertConfig(
        vocab_size=8, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=32, id2label=dict(enumerate(labels)), label2id={name: n for n, name in enumerate(labels)},
    )  # fmt: skip
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "pool", "opens"]
    transformers.BertForSequenceClassification(config).save_pretrained(tmp_path / "nli")
    transformers.BertTokenizer(vocab={word: n for n, word in enumerate(words)}).save_pretrained(tmp_path / "nli")
    (tmp_path / "runs.jsonl").write_text(
        '{"prompt": "When?", "response": "The pool opens at nine.", "passages": ["The pool opens at nine."]}\n'
    )
    (tmp_path / "assessment.yaml").write_text(
        "schema: cardwright/assessment/1\n"
        "subject: {kind: system, name: pool, version: '1', reference: {provider: local, model_id: m}}\n"
        "sources:\n"
        "  runs: {interactions: runs.jsonl, intent: observed}\n"
        "  inference: {model: nli, features: [premise, hypothesis], task: multiclass}\n"
        "evaluate: [{safety: {source: runs, nli: inference}}]\n"
        "policy: research\n"
    )
    (found,) = evaluate(prepared(tmp_path), workers=1).evaluations
    (rate,) = found.find("ungrounded_answer_rate")
    assert (rate.denominator, {one.need for one in found.inputs}) == (1, {"source", "nli"})
