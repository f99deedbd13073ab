"""The matrix of risk, evaluation and outcome: who looked is shown, and that nobody looked is shown too."""

import re
from dataclasses import replace
from pathlib import Path

from tests.documents.test_documents import ROOT, edition
from tests.policy.test_gate import FAILED, with_gap

from cardwright.documents import topics
from cardwright.documents.language import ENGLISH
from cardwright.record import Finding, Measured
from cardwright.record.evaluation import Input, count_severities
from cardwright.record.measurement import Sampling


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
    assert [by.id for by in matrix(case, record)[name].evaluations] == ["E-1"]


def holding(case, measurements, findings=(), **update):
    """The case's record with one evaluation alone, which holds these."""
    first = case.record.evaluations[0]
    held = {"measurements": measurements, "findings": findings, "severities": count_severities(findings), **update}
    return case.record.model_copy(update={"evaluations": (first.model_copy(update=held),)})


def rate(metric, denominator):
    return Measured(
        metric=metric, value=0.1, unit="proportion", direction="lower_is_better", numerator=0.0, denominator=denominator
    )


def test_who_counted_how_many_could_be_scored_or_measured_no_case_did_not_look_at_attacks():
    case, name = edition(), "Attacks on instructions, secrets and tools"
    assert name not in matrix(case, holding(case, (rate("unscored_rate", 104.0), rate("attack_success_rate", 0.0))))
    looked = matrix(case, holding(case, (rate("unscored_rate", 104.0), rate("attack_success_rate", 72.0))))[name]
    assert looked.evaluations == (topics.Looked("E-1", 72.0),)


def test_a_risk_names_the_most_cases_that_a_number_about_it_rests_on_and_else_the_rows_read():
    case = edition()
    rates = (rate("pii_row_rate", 20.0), rate("pii_row_rate", 1000.0), rate("missing_rate", 5000.0))
    assert matrix(case, holding(case, rates))["Personal data and secrets in data"].evaluations[0].cases == 1000.0
    by_group = rate("impact_ratio", 60.0).model_copy(update={"slice": {"race": "a"}})
    of_groups = matrix(case, holding(case, (by_group, rate("selection_rate", 100.0))))
    assert of_groups["Groups of people treated differently"].evaluations[0].cases == 100.0
    of_rows = Measured(metric="k_anonymity", value=2.0, unit="rows", direction="higher_is_better")
    read = (Input(need="data", name="data", role="test", sha256="0" * 64, rows=77),)
    by = matrix(case, holding(case, (of_rows,), inputs=read))["People told apart in data"].evaluations
    assert by == (topics.Looked("E-1", 77),)


def test_the_largest_difference_of_a_slice_was_looked_for_among_all_cases_and_not_among_those_of_that_slice():
    case = edition()
    sampling = Sampling(unit="row", units=1194, observations=1194)
    largest = rate("largest_slice_difference", 233.0).model_copy(update={"sampling": sampling})
    looked = matrix(case, holding(case, (largest,)))["Weak spots, named or found"]
    assert looked.evaluations == (topics.Looked("E-1", 1194),)


def test_a_finding_is_the_gravest_of_the_risk_it_is_about_and_of_no_other_that_its_evaluation_measured():
    case = edition()
    found = (
        Finding(severity="medium", key="k_anonymity", explanation="One row stands alone."),
        Finding(severity="low", key="duplicates", explanation="Two rows are the same."),
    )
    rows = matrix(case, holding(case, (rate("unique_row_share", 9.0), rate("duplicate_row_rate", 9.0)), found))
    assert rows["People told apart in data"].worst == "medium"
    assert rows["Incomplete or repeated data"].worst == "low"


def test_a_finding_of_a_key_that_nobody_knows_stays_with_what_its_evaluation_is_mainly_about():
    case = edition()
    found = (Finding(severity="high", key="something_else", explanation="Something else."),)
    rows = matrix(case, holding(case, (rate("pii_row_rate", 9.0),), found))
    assert {name for name, row in rows.items() if row.worst == "high"} == {"Personal data and secrets in data"}


def test_what_is_about_another_model_looked_at_no_risk_of_the_subject():
    case, name = edition(), "Wrong decisions and answers"
    of_baseline = (Input(need="baseline", name="baseline", role="baseline", sha256="0" * 64, rows=77),)
    own, other = (holding(case, (rate("accuracy", 9.0),), inputs=read) for read in ((), of_baseline))
    other = other.model_copy(update={"evaluations": (other.evaluations[0].model_copy(update={"binding": None}),)})
    assert [by.id for by in matrix(case, own)[name].evaluations] == ["E-1"]
    assert matrix(case, other)[name].evaluations == ()


def test_every_finding_of_the_packaged_evaluators_belongs_to_a_risk_by_its_key_or_by_its_evaluation():
    """A pattern that no evaluator's finding matches is a word that was renamed."""
    installed = Path(topics.__file__).parent.parent  # not the checkout: a wheel is tested away from it
    written = "\n".join(path.read_text(encoding="utf-8") for path in (installed / "evaluators").rglob("*.py"))
    assert written
    patterns = {pattern for topic in topics.topics(ENGLISH) for pattern in topic.findings}
    assert {pattern for pattern in patterns if pattern.strip("*").strip("._").split(".")[0] not in written} == set()


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
    assert [by.id for by in row.evaluations] == ["E-1"]


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
    assert sorted(name for name in limited - of_runs if not any(topic.is_judged_by(name) for topic in every)) == []


def test_a_model_that_predicts_a_quantity_is_not_asked_about_probabilities():
    case = edition()
    first = case.record.evaluations[0]
    number = Measured(metric="r_squared", value=0.5, unit="proportion", direction="higher_is_better")
    record = case.record.model_copy(update={"evaluations": (first.model_copy(update={"measurements": (number,)}),)})
    assert "Probabilities that do not come true" in matrix(case)
    assert "Probabilities that do not come true" not in matrix(case, record)
