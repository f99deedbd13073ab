"""Every evaluation of a plan gives a result or says why not; one that fails takes no other with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.small_plan import PLAN, write_plan

from cardwright.dossier.contents import policy_of
from cardwright.errors import MissingExtraError, UsageError
from cardwright.plan.assessment import load
from cardwright.record import canonical
from cardwright.run import evaluating
from cardwright.run.prepare import prepare

TWO = PLAN.replace("evaluate:\n", "  other: {predictions: data.csv, label: approved, score: p, threshold: 0.5, favourable: 1,"
                   " sensitive: [sex], unit: application}\nevaluate:\n").replace("fairness: {source: test}", "fairness: {source: other}")  # fmt: skip


class Broken:
    """A source that raises whatever is asked of it, with a value from the data in the message."""

    def __getattribute__(self, name):
        raise RuntimeError("Ada Lovelace, 4 St James's Square")


@pytest.fixture
def prepared(tmp_path):
    """A plan of two evaluations, each of a source of its own."""
    return prepare(load(write_plan(tmp_path, TWO)), policy_of("research"))


def broken(prepared, name="other"):
    return replace(prepared, sources={**prepared.sources, name: Broken()})


def test_every_evaluation_of_the_plan_has_a_result_in_the_plans_order(prepared):
    evaluated = evaluating.evaluate(prepared, workers=1)
    assert [one.id for one in evaluated.evaluations] == ["performance", "fairness"] == list(evaluated.seconds)
    assert evaluated.gaps == ()


def test_one_that_raises_is_an_error_that_names_type_and_line_but_no_data_and_the_other_stands(prepared):
    evaluated = evaluating.evaluate(broken(prepared), workers=1)
    assert [one.id for one in evaluated.evaluations] == ["performance"]
    (gap,) = evaluated.gaps
    assert (gap.id, gap.code) == ("fairness", "error")
    assert gap.reason.startswith("fairness raised RuntimeError in test_evaluating.py, line ")
    assert "Lovelace" not in gap.reason + gap.remedy
    assert gap.remedy.endswith("--only fairness")


def test_with_debug_its_error_comes_through(prepared):
    with pytest.raises(RuntimeError, match="Lovelace"):
        evaluating.evaluate(broken(prepared), workers=1, debug=True)


def test_one_whose_source_needs_a_library_that_is_not_installed_is_missing_with_what_installs_it(prepared):
    absent = MissingExtraError("torch", "torch", "This model")
    outcome = evaluating.evaluate_one(
        replace(prepared, unavailable={"other": absent}), prepared.assessment.steps[1], workers=1
    )
    assert (outcome.code, outcome.reason, outcome.remedy) == ("missing", absent.what, absent.do)
    assert "torch" in outcome.remedy


def test_one_that_stands_is_not_run(prepared):
    before = evaluating.evaluate(prepared, workers=1).evaluations[1]
    evaluated = evaluating.evaluate(broken(prepared), standing={"fairness": before}, workers=1)
    assert evaluated.evaluations[1] is before
    assert list(evaluated.seconds) == ["performance"]


def test_one_that_was_left_out_is_missing(prepared):
    evaluated = evaluating.evaluate(prepared, only=("fairness",), workers=1)
    assert [one.id for one in evaluated.evaluations] == ["fairness"]
    assert [(gap.id, gap.code) for gap in evaluated.gaps] == [("performance", "missing")]


def test_an_unknown_id_is_refused_with_the_nearest(prepared):
    with pytest.raises(UsageError, match='no evaluation "fairnes"') as caught:
        evaluating.evaluate(prepared, only=("fairnes",))
    assert "fairness" in caught.value.do


def test_each_is_handed_on_as_it_is_finished(prepared):
    handed = []
    evaluating.evaluate(prepared, workers=1, finished=lambda step, one: handed.append((step.id, one.id)))
    assert handed == [("performance", "performance"), ("fairness", "fairness")]


def test_a_label_that_holds_personal_data_is_masked_and_the_rest_of_the_result_stands(prepared):
    number, address = "+44 7911 123456", "jo.public@example.org"
    evaluation = evaluating.evaluate(prepared, workers=1).evaluations[1]
    first = next(m for m in evaluation.measurements if m.slice)
    spoilt = [first.model_copy(update={"slice": {"sex": text}}) for text in (number, "+44 7911 654321", address)]
    kept = evaluating.without_personal_data(
        evaluation.model_copy(update={"measurements": (*evaluation.measurements, *spoilt), "method": f"Ask {address}."})
    )
    text = canonical.dumps(kept).decode()
    assert not [raw for raw in (number, "7911", address) if raw in text]
    assert [m.slice["sex"] for m in kept.measurements[-3:]] == [
        "<PHONE_NUMBER>",
        "<PHONE_NUMBER> (2)",
        "<EMAIL_ADDRESS>",
    ]
    assert kept.measurements[:-3] == evaluation.measurements
    (finding,) = [f for f in kept.findings if f.key == "masked"]
    assert "PHONE_NUMBER in measurements.slice" in finding.explanation
    assert evaluating.without_personal_data(evaluation) is evaluation
