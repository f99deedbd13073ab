"""`persons: none` removes a demand only where nothing in the evidence speaks of a person and somebody independent attests it."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("sklearn", reason="evaluators need the tabular extra")
pytest.importorskip("skops", reason="a model file needs the tabular extra")
pytest.importorskip("presidio_analyzer", reason="personal data are looked for with the text extra")

from tests.policy.test_honest_cases import made, nobody, outcome

from cardwright.dossier.contents import checklist_of
from cardwright.files import packaged
from cardwright.record.case import Case
from cardwright.record.record import ExpectedGroups


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"person": "Ada", "key": f"{sum(b'Ada'):064x}"}, "missing"),
        ({"person": "ada "}, "missing"),
        ({"role": "owner"}, "missing"),
        ({"item": "other"}, "missing"),
        ({"record_sha256": "f" * 64}, "missing"),
        ({"expires": "2026-11-21"}, "missing"),
        ({"answer": "not_met"}, "failed"),
        ({"answer": "not_applicable"}, "failed"),
    ],
)
def test_who_does_not_independently_attest_it_removes_no_demand(changes, status):
    case = nobody(**changes)
    assert outcome(case, "cardwright.no_persons").status == status
    assert outcome(case, "equalized-odds").status == "missing"


def test_nobody_is_independent_of_an_author_who_is_not_known():
    case = nobody()
    unsigned = tuple(c for c in case.claims if getattr(c, "meaning", None) != "authorship")
    found = outcome(replace(case, claims=unsigned), "cardwright.no_persons")
    assert (found.status, "nobody is known to be independent" in found.explanation) == ("missing", True)


def test_without_the_authors_word_an_attestation_removes_nothing():
    context = made("regression", people=False).record.context.model_copy(
        update={"persons": None, "persons_reason": None}
    )
    case = nobody()
    silent = replace(case, record=case.record.model_copy(update={"context": context}))
    assert outcome(silent, "equalized-odds").status == "missing"


def with_plan_sources(case: Case, **more) -> Case:
    sources = {**case.plan.sources, "test": {**case.plan.sources["test"], **more}}
    return replace(case, plan=case.plan.model_copy(update={"sources": sources}))


@pytest.mark.parametrize("trace", [{"person": "machine"}, {"sensitive": {"site": {}}}])
def test_a_column_of_persons_or_a_sensitive_attribute_contradicts_it(trace):
    case = with_plan_sources(nobody(), **trace)
    assert outcome(case, "cardwright.no_persons").status == "failed"
    assert outcome(case, "equalized-odds").status == "missing"


@pytest.mark.parametrize("name", ["customer_id", "applicantSex", "Patient no", "birthdate"])
def test_a_column_whose_name_speaks_of_a_person_contradicts_it(name):
    case = nobody()
    provenance = case.record.provenance
    first, *rest = provenance.datasets
    column = first.columns[0].model_copy(update={"name": name})
    datasets = (first.model_copy(update={"columns": (*first.columns, column)}), *rest)
    record = case.record.model_copy(update={"provenance": provenance.model_copy(update={"datasets": datasets})})
    found = outcome(replace(case, record=record), "cardwright.no_persons")
    assert found.status == "failed"
    assert name not in found.explanation


def test_a_source_that_nobody_looked_at_for_personal_data_leaves_it_open():
    case = nobody()
    kept = tuple(e for e in case.record.evaluations if e.id != "pii-test")
    record = case.record.model_copy(update={"evaluations": kept})
    found = outcome(replace(case, record=record), "cardwright.no_persons")
    assert (found.status, "in test" in found.explanation) == ("missing", True)


def test_a_hit_of_the_detector_contradicts_it():
    case = nobody()

    def hit(evaluation):
        first, *rest = evaluation.measurements
        found = next((m for m in (first, *rest) if m.metric.startswith("pii_") and hasattr(m, "value")), None)
        assert found is not None
        changed = tuple(m.model_copy(update={"value": 0.25}) if m is found else m for m in (first, *rest))
        return evaluation.model_copy(update={"measurements": changed})

    evaluations = tuple(hit(e) if e.id == "pii-test" else e for e in case.record.evaluations)
    record = case.record.model_copy(update={"evaluations": evaluations})
    assert outcome(replace(case, record=record), "cardwright.no_persons").status == "failed"


def test_what_the_detector_finds_on_marked_texts_contradicts_nothing():
    case = nobody()
    before = outcome(case, "cardwright.no_persons").status

    def calibrated(evaluation):
        rate = next(m for m in evaluation.measurements if m.metric.startswith("pii_") and hasattr(m, "value"))
        recall = rate.model_copy(update={"metric": "pii_recall", "value": 0.9, "slice": {"entity": "PERSON"}})
        return evaluation.model_copy(update={"measurements": (*evaluation.measurements, recall)})

    evaluations = tuple(calibrated(e) if e.id == "pii-test" else e for e in case.record.evaluations)
    record = case.record.model_copy(update={"evaluations": evaluations})
    assert outcome(replace(case, record=record), "cardwright.no_persons").status != "failed"
    assert before != "failed"


def test_the_item_that_is_attested_is_one_of_a_packaged_checklist():
    assert "no_persons" in packaged.names("checklists")
    assert [item.id for item in checklist_of("no_persons").items] == ["none"]


def test_an_evaluation_planned_for_groups_contradicts_it_even_before_it_has_run():
    case = nobody()
    first, *rest = case.record.planned
    grouped = first.model_copy(update={"groups": (ExpectedGroups(attribute="site", groups=("a", "b"), declared=True),)})
    found = outcome(
        replace(case, record=case.record.model_copy(update={"planned": (grouped, *rest)})), "cardwright.no_persons"
    )
    assert (found.status, "planned for groups of site" in found.explanation) == ("failed", True)


def test_without_the_plan_nobody_can_tell_what_the_sources_hold():
    found = outcome(replace(nobody(), plan=None), "cardwright.no_persons")
    assert (found.status, "plan" in found.explanation) == ("missing", True)
