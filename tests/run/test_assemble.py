"""A record holds everything planned; the same evaluations give the same bytes, and what cannot repeat is beside it."""

from __future__ import annotations

import platform

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.small_plan import write_plan

from cardwright.dossier.contents import policy_of
from cardwright.plan.assessment import load
from cardwright.record import canonical
from cardwright.run import assemble
from cardwright.run.evaluating import evaluate
from cardwright.run.prepare import prepare


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = write_plan(tmp_path_factory.mktemp("plan"))
    prepared = prepare(load(folder), policy_of("research"))
    return prepared, evaluate(prepared, workers=1)


def test_the_same_evaluations_give_the_same_bytes(made):
    prepared, evaluated = made
    first, second = (assemble.record(prepared, evaluated.evaluations, evaluated.gaps) for _ in range(2))
    assert canonical.dumps(first) == canonical.dumps(second)


def test_every_number_resolves_to_a_run_a_plan_a_dataset_and_the_code(made):
    prepared, evaluated = made
    provenance = assemble.record(prepared, evaluated.evaluations, evaluated.gaps).provenance
    assert provenance.plan_sha256 == prepared.lock.sha256
    assert [one.sha256 for one in provenance.datasets] == [prepared.sources["test"].ref.sha256]
    assert {one.name for one in provenance.code} >= {"cardwright"}
    assert provenance.packages["python"] == platform.python_version()


def test_an_evaluation_that_is_neither_done_nor_a_gap_makes_no_record(made):
    prepared, evaluated = made
    with pytest.raises(ValueError, match="not all accounted for"):
        assemble.record(prepared, evaluated.evaluations[:1], ())


def test_a_record_names_the_one_it_follows(made):
    prepared, evaluated = made
    alone = assemble.record(prepared, evaluated.evaluations, ())
    after = assemble.record(prepared, evaluated.evaluations, (), previous_sha256="a" * 64)
    assert after.provenance.previous_sha256 == "a" * 64
    assert after.sha256 != alone.sha256
    assert after.provenance.run_id == alone.provenance.run_id


@pytest.mark.parametrize("repeatable", [True, False])
def test_what_no_second_run_could_repeat_is_left_out_if_the_moment_was_given(made, repeatable):
    prepared, evaluated = made
    record = assemble.record(prepared, evaluated.evaluations, ())
    moment = "2026-11-20T08:00:00Z"
    facts = assemble.facts(record, started=moment, finished=moment, seconds={"fairness": 0.5}, earlier={}, refused=(),
                           repeatable=repeatable)  # fmt: skip
    assert (facts.seconds, facts.platform) == (({}, "") if repeatable else ({"fairness": 0.5}, platform.platform()))
    assert facts.record_sha256 == record.sha256
