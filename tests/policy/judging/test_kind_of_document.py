"""A new kind is no way around the gate: what its definition asks, and what every work says, is asked under every policy."""

import pytest
import yaml
from tests import kind_folders as made
from tests.strategies import NOW

from cardwright.errors import NothingToCheckError, PolicyError
from cardwright.files import kinds
from cardwright.policy.gate import decide
from cardwright.policy.judging import kind_of_document
from cardwright.policy.policy import read_policy
from cardwright.record import canonical
from cardwright.record.case import Case
from cardwright.record.kind import KindDefinition
from cardwright.record.record import Record

POLICY = {
    "schema": "cardwright/policy/1", "policy": "lax", "version": "1", "title": "Lax", "kinds": ["work"], "for_production": False,
    "set_by": "us", "set_on": "2026-11-01",
    "requirements": [{"id": "text", "title": "t", "why": "w", "origin": "internal", "identity": {}}],
}  # fmt: skip


def policy(**update):
    return read_policy(yaml.safe_dump(POLICY | update).encode(), where="lax.yaml", find=lambda *_: (b"", ""))


@pytest.fixture
def note(tmp_path):
    return made.definition(tmp_path)


def judged(of, **answers):
    plan = made.lock(of, **answers)
    record = made.of_lock(plan, of, **answers)
    verdict = decide(Case(record=record, plan=plan, run=made.facts(record)), policy(), NOW)
    return verdict, {o.requirement: o.status for o in verdict.outcomes}


def test_a_work_that_says_what_its_kind_asks_passes_without_any_evaluation(note):
    verdict, outcomes = judged(note)
    assert verdict.allowed, outcomes
    assert verdict.headline == "ALLOWED; NOT FOR PRODUCTION"
    assert outcomes == dict.fromkeys(
        [
            "cardwright.plan",
            "cardwright.ran",
            "cardwright.kind",
            "cardwright.document",
            "cardwright.minimum.document",
            "text",
        ],
        "passed",
    )


@pytest.mark.parametrize(
    ("left_out", "requirement"),
    [
        ("decision", "cardwright.document"),
        ("harms", "cardwright.minimum.document"),
        ("owners", "cardwright.minimum.document"),
        ("people_concerned", "cardwright.minimum.document"),
    ],
)
def test_what_its_kind_or_every_work_says_is_missed_under_the_laxest_policy(note, left_out, requirement):
    verdict, outcomes = judged(note, **{left_out: None})
    assert not verdict.allowed
    assert outcomes[requirement] == "missing"


def test_a_kind_cannot_leave_out_what_every_work_says(tmp_path):
    """Its minimum is its own; who answers for it and whom it could affect is asked whatever it states."""
    trivial = made.definition(tmp_path, made.NOTE.replace("fields: [harms], why", "fields: [decision], why"))
    assert kind_of_document.minimum_fields_of(trivial) == ("owners", "people_concerned", "decision")


def test_a_placeholder_is_no_answer_and_an_answer_that_another_asks_for_is_missed(note):
    assert judged(note, people_concerned="TBD")[1]["cardwright.minimum.document"] == "missing"
    assert judged(note, decision="stop")[1]["cardwright.document"] == "missing"
    assert judged(note, decision="stop", reason="It came from one seed alone.")[0].allowed


def test_a_definition_under_a_packaged_name_is_an_impostor():
    """A receiver has the packaged kind: a record that brings another of that name is not judged as one."""
    lax = canonical.plain(kinds.find("experiment_plan").definition)
    lax |= {"fields": lax["fields"][:1], "minimum": {**lax["minimum"], "fields": ["question"]}}
    of = KindDefinition.model_validate(lax)
    verdict, outcomes = judged(of, question="Does history help at all?")
    assert not verdict.allowed
    assert outcomes["cardwright.kind"] == "mismatched"


def test_a_plan_of_another_kind_beside_the_record_is_noticed(note, tmp_path):
    other = made.definition(tmp_path / "other", made.NOTE.replace("version: 1.0.0", "version: 2.0.0"))
    record = made.work(note)
    plan = made.lock(other)
    forged = record.model_copy(update={"provenance": record.provenance.model_copy(update={"plan_sha256": plan.sha256})})
    verdict = decide(Case(record=forged, plan=plan, run=made.facts(forged)), policy(), NOW)
    assert next(o.status for o in verdict.outcomes if o.requirement == "cardwright.plan") == "mismatched"


def test_a_work_is_not_judged_by_a_policy_of_models_nor_by_that_of_another_kind(note):
    record = made.work(note)
    case = Case(record=record, plan=made.lock(note), run=made.facts(record))
    with pytest.raises(NothingToCheckError, match="note is a work"):
        decide(case, policy(kinds=["model"]), NOW)
    with pytest.raises(NothingToCheckError, match="note is a house_note"):
        decide(case, policy(documents=["experiment_plan"]), NOW)


def test_no_policy_lets_a_document_into_production():
    with pytest.raises(PolicyError, match="may go into production"):
        policy(for_production=True)


def test_a_tightened_policy_is_for_no_other_kind_of_document():
    base = policy(documents=["experiment_plan"])
    text = yaml.safe_dump(POLICY | {"extends": "lax", "documents": ["house_note"]}).encode()
    written = yaml.safe_dump(POLICY | {"documents": ["experiment_plan"]}).encode()
    with pytest.raises(PolicyError, match="kinds of document that the policy it extends is not for"):
        read_policy(text, where="b.yaml", find=lambda *_: (written, "a.yaml"))
    assert base.sha256 != policy().sha256


def test_what_a_kind_rests_on_has_to_be_linked_and_evaluated(tmp_path):
    text = made.NOTE.replace(
        "minimum:",
        "links: [{role: plan, kind: experiment_plan, required: true, why: It names its plan.}]\nevaluates: [runs]\nminimum:",
    )
    record = made.work(made.definition(tmp_path, text))
    assert kind_of_document.unlinked(record) == ("plan",)
    assert kind_of_document.unevaluated(record) == ("runs",)
    assert (
        judged(record.document.definition)[1] | {"cardwright.ran": "missing", "cardwright.document": "missing"}
        == judged(record.document.definition)[1]
    )


def test_a_field_that_counts_its_entries_has_that_many(tmp_path):
    text = made.NOTE.replace("people: [group]", "exactly: 1")
    of = made.definition(tmp_path, text)
    two = [{"group": "A", "harm": "b"}, {"group": "C", "harm": "d"}]
    assert kind_of_document.unanswered(made.work(of)) == ()
    assert kind_of_document.unanswered(made.work(of, harms=two)) == ("harms",)


def test_a_record_of_no_kind_is_asked_nothing_of_this(note):
    plain = Record.model_construct(document=None)
    assert (kind_of_document.impostor(plain), kind_of_document.unanswered(plain)) == (None, ())
