"""The matrix of risk, evaluation and outcome: who looked is shown, and that nobody looked is shown too."""

import re
from dataclasses import replace

from tests.documents.test_documents import ROOT, edition
from tests.policy.test_gate import FAILED, with_gap

from cardwright.documents import topics
from cardwright.documents.language import ENGLISH
from cardwright.record import Measured


def matrix(case, record=None):
    record = record or case.record
    names = {e.id: f"E-{n}" for n, e in enumerate(record.evaluations, 1)}
    return {one.topic: one for one in topics.covered(record, case.verdict, names, ENGLISH)}


def test_a_topic_names_the_evaluations_that_measured_it_and_the_requirements_that_judged_it():
    case = edition(with_gap(FAILED))
    row = matrix(case)["Groups of people treated differently"]
    assert row.evaluations
    assert row.measured > 0
    assert "failed" in {o.status for o in row.outcomes}


def test_a_topic_nobody_measured_stays_in_the_matrix_with_nobody():
    row = matrix(edition())["Training data given away by the model"]
    assert (row.evaluations, row.measured, row.outcomes, row.worst) == ((), 0, (), None)


def test_what_does_not_arise_for_rows_is_asked_only_if_somebody_measured_it():
    case = edition()
    name = "Attacks on instructions, secrets and tools"
    assert name not in matrix(case)
    first = case.record.evaluations[0]
    attack = Measured(metric="attack_success_rate", value=0.1, unit="proportion", direction="lower_is_better")
    record = case.record.model_copy(
        update={
            "evaluations": (
                first.model_copy(update={"measurements": (*first.measurements, attack)}),
                *case.record.evaluations[1:],
            )
        }
    )
    assert matrix(case, record)[name].evaluations == ("E-1",)


def test_a_dataset_is_asked_about_its_data_alone():
    case = edition()
    subject = case.record.subject.model_copy(update={"kind": "dataset"})
    record = case.record.model_copy(update={"subject": subject, "evaluations": ()})
    asked = {topic.name for topic in topics.topics(ENGLISH) if topic.applies == "data"}
    assert set(matrix(case, record)) == asked


def test_names_of_metrics_may_stand_for_all_that_begin_so():
    topic = topics.Topic("t", "data", ("seed_*", "accuracy"))
    assert [topic.has(name) for name in ("seed_sd", "accuracy", "accuracy_change", "a_seed_x")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_limit_on_a_number_that_no_topic_names_stands_in_the_matrix_all_the_same():
    case = edition(with_gap(FAILED))
    outcome = next(o for o in case.verdict.outcomes if o.status == "failed" and o.limit is not None)
    seen = tuple(s.model_copy(update={"metric": "a_number_of_somebody_else"}) for s in outcome.observations)
    outcomes = tuple(o.model_copy(update={"observations": seen}) if o is outcome else o for o in case.verdict.outcomes)
    verdict = case.verdict.model_copy(update={"outcomes": outcomes})
    row = matrix(replace(case, verdict=verdict))["Other numbers with a limit"]
    assert [o.requirement for o in row.outcomes] == [outcome.requirement]
    assert row.evaluations == ("E-1",)


def test_every_metric_that_a_packaged_policy_limits_belongs_to_a_topic():
    """Of models and systems; what plans and runs are asked is told in their own documents."""
    limited = {
        name
        for path in sorted((ROOT / "policies").glob("*.yaml"))
        for name in re.findall(r"metric: ([a-z_0-9]+)", path.read_text(encoding="utf-8"))
    }
    of_runs = {
        "looks_undeclared",
        "untraceable_runs",
        "training_run_resolved",
        "same_data",
        "seeds_of_claim",
        "seeds_of_baseline",
    }
    every = topics.topics(ENGLISH)
    assert sorted(name for name in limited - of_runs if not any(topic.has(name) for topic in every)) == []


def test_a_model_that_predicts_a_quantity_is_not_asked_about_probabilities():
    case = edition()
    first = case.record.evaluations[0]
    number = Measured(metric="r_squared", value=0.5, unit="proportion", direction="higher_is_better")
    record = case.record.model_copy(update={"evaluations": (first.model_copy(update={"measurements": (number,)}),)})
    assert "Probabilities that do not come true" in matrix(case)
    assert "Probabilities that do not come true" not in matrix(case, record)
