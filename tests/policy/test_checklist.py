"""A checklist says what supports an item, and never that it is satisfied."""

import pytest
from tests.policy.test_gate import changed
from tests.strategies import good_record

from cardwright import resources
from cardwright.errors import PolicyError
from cardwright.policy import checklist
from cardwright.record import Attest


def packaged(name):
    data, where = resources.read("checklists", name)
    return checklist.read(data, where=where)


@pytest.mark.parametrize("name", resources.names("checklists"))
def test_every_packaged_checklist_is_valid_and_adds_up(name):
    found = checklist.coverage(packaged(name), good_record())
    assert sum(found.counts.values()) == len(packaged(name).items) == len(found.items)


def answers(record=None, claims=()):
    found = checklist.coverage(packaged("responsible_ai_minimum"), record or good_record(), claims)
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
    text = checklist.as_text(checklist.coverage(packaged("handoff_readiness"), good_record()))
    assert "10 items:" in text
    assert "%" not in text
    assert "satisf" not in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_an_unknown_key_is_refused_with_its_line():
    with pytest.raises(PolicyError, match="line 2"):
        checklist.read(b"schema: cardwright/checklist/1\nchecklst: a\n", where="a.yaml")
