"""A checklist says what supports an item, and never that it is satisfied."""

import pytest
from tests.policy.test_gate import changed
from tests.strategies import good_record

from cardwright.errors import PolicyError
from cardwright.files import packaged
from cardwright.policy import checklist
from cardwright.record import Attest, Binding, NotEvaluated, Withdraw


def packaged_one(name):
    data, where = packaged.read("checklists", name)
    return checklist.read(data, where=where)


@pytest.mark.parametrize("name", packaged.names("checklists"))
def test_every_packaged_checklist_is_valid_and_adds_up(name):
    found = checklist.coverage(packaged_one(name), good_record())
    assert sum(found.counts.values()) == len(packaged_one(name).items) == len(found.items)


def answers(record=None, claims=()):
    found = checklist.coverage(packaged_one("responsible_ai_minimum"), record or good_record(), claims)
    return {item.item: item.answered for item in found.items}


def test_evidence_fields_and_people_each_support_their_items():
    found = answers()
    assert found["fairness"] == "evidence"
    assert found["privacy"] == "not_applicable"
    assert found["explained"] == found["purpose"] == found["consulted"] == "missing"
    assert found["safety"] == "not_applicable"


def test_a_person_supports_what_only_people_can_say():
    claim = Attest(
        id="1" * 64, person="A", key="2" * 64, role="risk", at="2026-11-21T00:00:00Z",
        checklist="responsible_ai_minimum", item="consulted", answer="met", statement="Two meetings.",
    )  # fmt: skip
    assert answers(claims=(claim,))["consulted"] == "attested"
    assert answers(claims=(claim.model_copy(update={"answer": "not_met"}),))["consulted"] == "missing"


def test_an_evaluation_that_measured_nothing_supports_nothing():
    assert answers(changed(good_record(), "fairness", measurements=()))["fairness"] == "missing"


def test_the_text_gives_parts_and_never_a_verdict():
    text = checklist.as_text(checklist.coverage(packaged_one("handoff_readiness"), good_record()))
    assert "18 items:" in text
    assert "%" not in text
    assert "satisf" not in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_an_unknown_key_is_refused_with_its_line():
    with pytest.raises(PolicyError, match="line 2"):
        checklist.read(b"schema: cardwright/checklist/1\nchecklst: a\n", where="a.yaml")


def claim(key, answer, **more):
    return Attest(
        id=key * 64, person=key.upper(), key=key * 64, role="risk", at="2026-11-21T00:00:00Z",
        checklist="responsible_ai_minimum", item="consulted", answer=answer, statement="Two meetings.", **more,
    )  # fmt: skip


def test_who_says_that_it_is_not_met_is_not_outvoted():
    assert answers(claims=(claim("a", "met"), claim("b", "not_met")))["consulted"] == "missing"


def test_the_last_word_of_a_person_counts():
    assert answers(claims=(claim("a", "not_met"), claim("a", "met")))["consulted"] == "attested"
    assert answers(claims=(claim("a", "met"), claim("a", "not_met")))["consulted"] == "missing"


def test_what_a_person_says_does_not_apply_is_counted_so_with_who_said_it():
    found = checklist.coverage(packaged_one("responsible_ai_minimum"), good_record(), (claim("a", "not_applicable"),))
    (item,) = [item for item in found.items if item.item == "consulted"]
    assert (item.answered, item.note) == ("not_applicable", "does not apply, says A (risk): Two meetings.")


def test_what_was_withdrawn_or_said_of_another_record_supports_nothing():
    withdrawn = Withdraw(
        id="c" * 64,
        person="A",
        key="a" * 64,
        role="risk",
        at="2026-11-22T00:00:00Z",
        claim="a" * 64,
        reason="A mistake.",
    )
    assert answers(claims=(claim("a", "met"), withdrawn))["consulted"] == "missing"
    assert answers(claims=(claim("a", "met", record_sha256="d" * 64),))["consulted"] == "missing"


ONE = """\
schema: cardwright/checklist/1
checklist: one
title: One item
version: 1.0.0
status: voluntary
as_of: 2026-11-23
applies_from: 2026-11-23
source: us
source_mark: V
items:
  - {{id: one, clause: "1", requirement: It is measured., evidence: {evidence}}}
"""


def one_item(evidence):
    return checklist.read(ONE.format(evidence=evidence).encode(), where="one.yaml")


@pytest.mark.parametrize(
    ("more", "answered"),
    [
        ("", "evidence"),
        (", slice: {race: a}", "evidence"),
        (", slice: {race: nobody}", "missing"),
        (", crossed: true", "missing"),
    ],
)
def test_a_number_supports_an_item_only_on_the_rows_that_it_is_about(more, answered):
    asked = one_item(f"{{evaluator: fairness, metrics: [true_positive_rate]{more}}}")
    assert [item.answered for item in checklist.coverage(asked, good_record()).items] == [answered]


@pytest.mark.parametrize(
    "evidence",
    [
        "{fields: [owners], metrics: [roc_auc]}",
        "{attestation: true, binding: recomputed}",
        "{evaluator: fairness, slice: {sex: f}}",
        "{evaluator: fairness, crossed: true}",
        "{evaluator: fairness, metrics: [selection_rate], slice: {sex: f}, crossed: true}",
    ],
)
def test_a_selector_that_would_select_nothing_is_refused(evidence):
    with pytest.raises(PolicyError):
        one_item(evidence)


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        ("{}", "evidence is one of"),
        ("{attestation: true, provenance: true}", "evidence is one of"),
        ("{fields: [ownerz]}", "no details field is called"),
    ],
)
def test_an_item_asks_for_one_kind_of_evidence_that_exists(evidence, why):
    with pytest.raises(PolicyError, match=why):
        one_item(evidence)


def test_provenance_supports_an_item_only_with_a_commit_and_a_clean_tree():
    asked = one_item("{provenance: true}")
    record = good_record()
    answers = []
    for update in ({}, {"commit": None}, {"dirty": True}, {"dirty": None}):
        changed_record = record.model_copy(update={"provenance": record.provenance.model_copy(update=update)})
        answers += [item.answered for item in checklist.coverage(asked, changed_record).items]
    assert answers == ["evidence", "missing", "missing", "missing"]


def test_an_evaluation_without_a_result_supports_nothing_even_beside_one_that_has():
    """One that failed must not hide behind one that ran."""
    record = good_record()
    failed = NotEvaluated(id="second", code="error", reason="it stopped", remedy="run again")
    planned = (*record.planned, record.plan("fairness").model_copy(update={"id": "second"}))
    with_both = record.model_copy(update={"planned": planned, "not_evaluated": (failed,)})
    asked = one_item("{evaluator: fairness}")
    (item,) = checklist.coverage(asked, with_both).items
    assert (item.answered, item.note) == ("missing", "second has no result")
    (item,) = checklist.coverage(one_item("{evaluator: seeds}"), record).items
    assert (item.answered, item.note) == ("missing", "no evaluation by seeds")


def test_predictions_that_nobody_recomputed_do_not_support_an_item_that_asks_for_the_model():
    asked = one_item("{evaluator: fairness, binding: recomputed}")
    record = good_record()
    bound = record.evaluations[0].binding
    answers = [
        checklist.coverage(asked, changed(record, "fairness", binding=binding)).items[0].answered
        for binding in (bound, None, Binding(kind="supplied"))
    ]
    assert answers == ["evidence", "missing", "missing"]


def test_a_checklist_does_not_ask_the_same_item_twice_and_says_since_when_it_is_superseded():
    text = ONE.format(evidence="{attestation: true}")
    item = text[text.index("  - {id: one") :]
    with pytest.raises(PolicyError, match="two items have the same id"):
        checklist.read((text + item).encode(), where="one.yaml")
    with pytest.raises(PolicyError, match="superseded"):
        checklist.read(text.replace("status: voluntary", "status: superseded").encode(), where="one.yaml")


def test_a_file_that_is_no_yaml_is_an_error_with_its_place():
    with pytest.raises(PolicyError, match=r"^mine\.yaml, line"):
        checklist.read(b"items: [", where="mine.yaml")
