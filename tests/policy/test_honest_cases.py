"""An honest case of every task passes every packaged policy of its kind, at every strength; nobody is asked for what a task lacks."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="evaluators need the tabular extra")
pytest.importorskip("shap", reason="attributions need the tabular extra")
pytest.importorskip("skops", reason="a model file needs the tabular extra")
pytest.importorskip("presidio_analyzer", reason="personal data are looked for with the text extra")

from tests.evaluators.runs.support import tracked
from tests.policy.satisfying import link_to, linked_work
from tests.strategies import NOW

from cardwright.dossier.contents import policy_of
from cardwright.policy.gate import decide
from cardwright.record import Attest, Preregister, SignOff
from cardwright.record.case import Case

TASKS = ("binary", "multiclass", "regression", "ranking")
MODEL_POLICIES = (
    "research", "production", "high_risk", "lending_us", "stage_baseline", "stage_prototype", "stage_validation",
    "stage_handoff", "stage_online", "claim_win", "startup", "growth", "enterprise", "regulated",
)  # fmt: skip
DATASET_POLICIES = ("dataset_research", "dataset", "dataset_high_risk")
COMMON = "label: y, sensitive: [sex], unit: row, features: [load, speed, heat]"
ROWS = {
    "binary": f"{{%s, score: p, threshold: 0.5, favourable: 1, {COMMON}}}",
    "multiclass": f"{{%s, prediction: p, task: multiclass, {COMMON}}}",
    "regression": f"{{%s, prediction: p, task: regression, {COMMON}}}",
    "ranking": f"{{%s, query: q, score: p, {COMMON}}}",
}
METRIC = {
    "binary": "balanced_accuracy",
    "multiclass": "balanced_accuracy",
    "regression": "standardized_mean_absolute_error",
    "ranking": "ndcg",
}
MODEL = """\
schema: cardwright/assessment/1
subject: {{kind: model, name: bearings, version: 1.0.0, files: [model.skops], production_intended: true, jurisdictions: []{persons}}}
author: Ada
details: details.yaml
sources:
  test: {test}
  baseline: {baseline}
  training: {{table: training.parquet, unit: row}}
  pipeline: {{model: model.skops}}
  study: {{runs: runs.jsonl}}
evaluate:
  - runs: {{source: study, metric: quality, guardrails: {{recall: 0.01}}, model: pipeline}}
  - {quality}: {{source: test, baseline: baseline}}
{fairness}  - slices: {{source: test, columns: [site], find: false}}
  - robustness: {{source: test, model: pipeline, metric: {metric}, noise: [0.05], missing: [], shuffled: [], unseen: []}}
  - attributions: {{source: test, model: pipeline}}
  - overlap: {{source: test, training: training}}
  - seeds: {{source: test, runs: [r1, r2, r3]}}
  - pii: {{source: training}}
  - data_profile: {{id: profile-training, source: training{told_apart}}}
{looked}policy: production
"""


PEOPLE = """\
  - fairness: {source: test}
  - leakage: {members: training, non_members: test, model: pipeline}
"""
"""What is asked only where persons are concerned."""
EACH = 10
"""Candidates for each query of the ranking."""


def table(task: str, rows: int, seed: int):
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.normal(size=rows) for name in ("load", "speed", "heat")})
    frame["site"] = rng.choice(["north", "south"], rows)
    frame["sex"] = rng.choice(["f", "m"], rows)
    signal = 2.5 * frame["load"] - 1.5 * frame["speed"] + rng.normal(0, 0.5, rows)
    frame["y"] = {
        "binary": (signal > 0).astype("int64"),
        "multiclass": np.select([signal < -1.3, signal < 1.3], ["low", "mid"], "high"),
        "regression": signal,
        "ranking": np.clip(np.round(signal / 1.5 + 2), 0, 4),
    }[task]
    if task == "ranking":
        frame["q"] = [f"q{row // EACH}" for row in range(rows)]
    return frame


def write(task: str, folder: Path, *, people: bool = True) -> None:
    import skops.io
    from sklearn.linear_model import LinearRegression, LogisticRegression

    features = ["load", "speed", "heat"]
    training, test = table(task, 3000, 1), table(task, 3000, 2)
    made = LinearRegression if task in ("regression", "ranking") else LogisticRegression

    def said(model, frame, columns):
        if task == "binary":
            return model.predict_proba(frame[columns])[:, 1]
        return model.predict(frame[columns])

    model = made().fit(training[features], training["y"])
    test["p"] = said(model, test, features)
    skops.io.dump(model, folder / "model.skops")
    tracked(folder, "model.skops")
    if not people:
        training, test = training.drop(columns="sex"), test.drop(columns="sex")
    for number in (1, 2, 3):
        part = training.sample(2500, random_state=number)
        test[f"r{number}"] = said(made().fit(part[features], part["y"]), test, features)
    test.to_parquet(folder / "test.parquet")
    training.to_parquet(folder / "training.parquet")
    weak = made().fit(training[["heat"]], training["y"])
    test.assign(p=said(weak, test, ["heat"])).to_parquet(folder / "baseline.parquet")


DETAILS = "schema: cardwright/details/1\nstated_by: A. Okafor, model owner\nstated_on: 2026-11-20\n"


def details() -> str:
    """Every field that a packaged policy of models asks for, answered."""
    import yaml

    from cardwright.record.details import FIELDS

    answers: dict[str, object] = {}
    for name in {n for policy in (*MODEL_POLICIES, *DATASET_POLICIES) for n in policy_of(policy).needed_details()}:
        spec = FIELDS[name]
        text = f"The team wrote down how it stands with {name.replace('_', ' ')} at the plant."
        answers[name] = [dict.fromkeys(spec.columns, text)] if spec.columns else text
    return DETAILS + yaml.safe_dump(answers)


@cache
def made(task: str, people: bool = True) -> Case:
    import tempfile

    from cardwright import handoff
    from cardwright.plan.assessment import load

    rows = {name: ROWS[task] % f"predictions: {name}.parquet" for name in ("test", "baseline")}
    if not people:
        rows = {name: text.replace("sensitive: [sex], ", "") for name, text in rows.items()}
    plan = MODEL.format(
        metric=METRIC[task],
        quality="ranking" if task == "ranking" else "performance",
        fairness=PEOPLE if people and task != "ranking" else "",
        told_apart="" if people else ", quasi_identifiers: []",
        looked="" if people else "".join(f"  - pii: {{id: pii-{n}, source: {n}}}\n" for n in rows),
        persons=""
        if people
        else ", persons: none, persons_reason: It predicts the wear of bearings from load and speed",
        **rows,
    )
    with tempfile.TemporaryDirectory(prefix="honest-") as place:
        folder = Path(place)
        write(task, folder, people=people)
        (folder / "assessment.yaml").write_text(plan)
        (folder / "details.yaml").write_text(details())
        case = handoff.gather(load(folder), policy_of("production"), now="2026-11-22T00:00:00Z", workers=2)
    provenance = case.record.provenance.model_copy(update={"commit": "c" * 40, "dirty": False})
    return with_run_of(replace(case, record=case.record.model_copy(update={"provenance": provenance})))


def with_run_of(case: Case) -> Case:
    """The case with a run of its record."""
    return replace(case, run=case.run.model_copy(update={"record_sha256": case.record.sha256}))


def signed(case: Case, policy) -> Case:
    """Everything that people sign under a policy, each by somebody else: the author, a second reader, and one for each role."""
    plan, manifest = case.record.provenance.plan_sha256, "7" * 64
    number = iter(range(1, 1000))

    def head(person: str, role: str) -> dict[str, object]:
        return {
            "id": f"{next(number):064x}",
            "person": person,
            "key": f"{sum(person.encode()):064x}",
            "role": role,
            "at": "2026-11-21T00:00:00Z",
        }

    claims: list[object] = [
        Preregister(**head("Ada", "author"), meaning="authorship", plan_sha256=plan),
        Preregister(**head("Ben", "responsible_ai"), meaning="review", plan_sha256=plan),
    ]
    for requirement in policy.requirements:
        rule = requirement.rule
        if requirement.kind == "sign_off":
            claims.append(
                SignOff(
                    **head(f"Signer {rule.role}", rule.role),
                    decision="approve",
                    meaning=rule.meaning,
                    manifest_sha256=manifest,
                )
            )
        if requirement.kind == "preregistered":
            claims.append(Preregister(**head(f"Reader {rule.roles[0]}", rule.roles[0]), plan_sha256=plan))
        if requirement.kind == "checklist":
            role = (*rule.roles, "owner")[0]
            claims += [
                Attest(
                    **head(f"Attests {role}", role),
                    checklist=rule.checklist,
                    item=item,
                    answer="met",
                    statement="Looked at on site.",
                    record_sha256=case.record.sha256,
                )
                for item in rule.items
            ]
    artefacts = {file.path: file.sha256 for file in case.record.subject.files}
    return replace(case, claims=tuple(claims), manifest_sha256=manifest, artefacts=artefacts)


def referring(case: Case, policy) -> Case:
    """The case of a plan that names the documents which a policy asks for."""
    required = [requirement.rule for requirement in policy.requirements if requirement.kind == "refers"]
    rules = [rule for rule in required if rule.at_least]
    linked = [linked_work(rule.kind, rule.roles[0], about="bearings") for rule in rules]
    if not linked:
        return case
    links = tuple(link_to(one, "about") for one in linked)
    plan = case.plan.model_copy(update={"links": links})
    provenance = case.record.provenance.model_copy(update={"plan_sha256": plan.sha256})
    record = case.record.model_copy(update={"links": links, "provenance": provenance})
    by_digest = {one.record.sha256: one for one in linked}
    return with_run_of(replace(case, plan=plan, record=record, linked=by_digest))


def in_the_way(case: Case, policy) -> list[tuple[str, str, str]]:
    verdict = decide(signed(case, policy), policy, NOW)
    return [(o.requirement, o.status, o.explanation) for o in verdict.blocking]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", MODEL_POLICIES)
def test_an_honest_model_of_each_task_passes_each_policy(task, name):
    assert in_the_way(referring(made(task), policy_of(name)), policy_of(name)) == []


@pytest.mark.parametrize("task", TASKS)
def test_the_record_says_which_task_the_outcomes_show(task):
    assert {d.task for d in made(task).record.provenance.datasets if d.kind == "predictions"} == {task}


@pytest.mark.parametrize("task", ["multiclass", "regression", "ranking"])
def test_nobody_is_told_to_add_what_the_task_does_not_have(task):
    verdict = decide(signed(made(task), policy_of("high_risk")), policy_of("high_risk"), NOW)
    of_binary = ("ROC AUC", "selection rate", "probabilities")
    for outcome in verdict.outcomes:
        if outcome.status != "not_applicable":
            assert not any(word in f"{outcome.title} {outcome.explanation}" for word in of_binary), outcome
    assert any(o.status == "not_applicable" and task in o.explanation for o in verdict.outcomes)


def in_doubt(case: Case) -> Case:
    """The case of outcomes that leave a doubt about the task."""
    provenance = case.record.provenance
    datasets = tuple(d.model_copy(update={"task": None}) for d in provenance.datasets)
    record = case.record.model_copy(update={"provenance": provenance.model_copy(update={"datasets": datasets})})
    return with_run_of(replace(case, record=record))


@pytest.mark.parametrize("task", TASKS)
def test_a_task_that_the_outcomes_leave_in_doubt_is_asked_everything_and_passes_nothing_by_it(task):
    blocked = {one[0] for one in in_the_way(in_doubt(made(task)), policy_of("production"))}
    assert "ranking" in blocked


# ------------------------------------------------------------------------------------------------ nobody is concerned


def attested(case: Case, **changes) -> Case:
    said = {
        "id": "e" * 64,
        "person": "Eve",
        "key": "d" * 64,
        "role": "responsible_ai",
        "at": "2026-11-21T00:00:00Z",
        "checklist": "no_persons",
        "item": "none",
        "answer": "met",
        "statement": "Bearings of six machines; no operator stands in the data.",
        "record_sha256": case.record.sha256,
    }
    return replace(case, claims=(*case.claims, Attest(**{**said, **changes})))


def nobody(**changes) -> Case:
    return attested(signed(made("regression", people=False), policy_of("production")), **changes)


def outcome(case: Case, requirement: str, policy: str = "production"):
    return next(o for o in decide(case, policy_of(policy), NOW).outcomes if o.requirement == requirement)


def test_a_model_without_persons_passes_production():
    verdict = decide(nobody(), policy_of("production"), NOW)
    assert [(o.requirement, o.explanation) for o in verdict.blocking] == []
    assert outcome(nobody(), "cardwright.no_persons").status == "passed"
    assert {o.requirement for o in verdict.outcomes if "since no person is concerned" in o.explanation} == {
        "demographic-parity-ratio", "equalized-odds", "fairness-findings", "re-identification", "leakage",
    }  # fmt: skip
