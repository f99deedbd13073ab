"""A finding above the severity that is accepted fails; a personal column passes by words and a signature, and by nothing less."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import POLICY, changed, outcome, policy_of, with_record
from tests.strategies import NOW, good_case, good_record

from cardwright.policy.gate import decide
from cardwright.record import Record
from cardwright.record.claim import Attest
from cardwright.record.details import Answer
from cardwright.record.evaluation import Binding, Coverage, Finding, NotTested, count_severities
from cardwright.record.measurement import Measured

BY_WORDS = policy_of(
    POLICY.replace(
        b"findings: {evaluator: pii, at_most: low, not_applicable: true}",
        b"findings: {evaluator: pii, at_most: medium, not_applicable: true, "
        b"justified_columns: {checklist: hr, item: min, roles: [privacy]}}",
    )
)
GROUNDS = {"purpose": "to write to them", "legal_basis": "consent, Art. 6(1)(a)", "retention": "deleted after a year"}
OPEN = (
    Finding(severity="high", key="heading.direct_identifier.email", explanation="e", where="mail"),
    Finding(severity="low", key="heading.quasi_identifier.age", explanation="e", where="age"),
    Finding(severity="high", key="entity.email_address", explanation="e", where="mail", count=9),
)
COUNTED = Measured(
    metric="personal_column_count", value=2.0, unit="count", direction="lower_is_better", denominator=None
)


def judged(findings, justified, *, attested=True, role="privacy", policy=BY_WORDS):
    record = changed(
        good_record(),
        "pii",
        findings=tuple(findings),
        severities=count_severities(findings),
        measurements=(COUNTED,),
        not_applicable=None,
        coverage=Coverage(not_tested=(NotTested(what="names of people (PERSON)", why="no model"),)),
    )
    if justified:
        said = Answer(
            entries=tuple({"column": column, **grounds} for column, grounds in justified.items()),
            stated_by="A",
            stated_on="2026-11-23",
        )
        details = record.details.model_copy(update={"answers": {**record.details.answers, "personal_columns": said}})
        record = Record.model_validate(record.model_copy(update={"details": details}).model_dump())
    case = with_record(good_case(), record)
    (one,) = [claim for claim in case.claims if isinstance(claim, Attest)]
    more = one.model_copy(update={"id": "9" * 64, "checklist": "hr", "item": "min", "role": role})
    if attested:
        case = replace(case, claims=(*case.claims, more.model_copy(update={"record_sha256": case.record.sha256})))
    return outcome(decide(case, policy, NOW), "pii")


EVERY = {"mail": GROUNDS, "age": GROUNDS}


def test_a_finding_above_the_severity_fails():
    text = POLICY.replace(b"at_most: low}}", b"at_most: info}}", 1)
    assert outcome(decide(good_case(), policy_of(text), NOW), "findings").status == "failed"


def test_an_openly_personal_table_passes_if_every_column_is_justified_and_somebody_attests_it():
    found = judged(OPEN, EVERY)
    assert found.status == "passed"
    assert "justified and attested" in found.explanation


def test_without_the_words_of_the_policy_no_justification_helps():
    assert judged(OPEN, EVERY, policy=policy_of(POLICY)).status == "failed"


@pytest.mark.parametrize(
    ("justified", "attested", "role", "status"),
    [
        ({}, True, "privacy", "failed"),
        ({"mail": GROUNDS}, True, "privacy", "failed"),
        ({"age": GROUNDS}, True, "privacy", "failed"),
        ({**EVERY, "mail": {**GROUNDS, "retention": "TBD"}}, True, "privacy", "failed"),
        ({**EVERY, "mail": {"purpose": "to write to them"}}, True, "privacy", "failed"),
        (EVERY, False, "privacy", "missing"),
        (EVERY, True, "owner", "missing"),
    ],
)
def test_leaving_out_a_column_a_ground_or_the_signature_never_passes(justified, attested, role, status):
    assert judged(OPEN, justified, attested=attested, role=role).status == status


@pytest.mark.parametrize("key", ["heading.secret.password", "entity.credit_card"])
def test_no_words_justify_a_critical_finding(key):
    grave = Finding(severity="critical", key=key, explanation="e", where="mail")
    assert judged((*OPEN, grave), EVERY).status == "failed"


def test_what_stands_in_another_column_is_not_covered():
    other = Finding(severity="high", key="entity.phone_number", explanation="e", where="notes", count=1)
    assert judged((*OPEN, other), EVERY).status == "failed"


def test_a_table_with_nothing_above_the_limit_needs_no_words_and_its_line_says_what_cannot_be_seen():
    found = judged(OPEN[1:2], {}, attested=False)
    assert found.status == "passed"
    assert "Not tested: names of people (PERSON)." in found.explanation


@pytest.mark.parametrize(
    ("severity", "status"), [("critical", "failed"), ("high", "inconclusive"), (None, "inconclusive")]
)
def test_a_critical_finding_fails_whoever_computed_the_numbers(severity, status):
    """A score that is turned round is no doubt about where the numbers come from; a lesser finding waits until that is known."""
    policy = policy_of(POLICY.replace(b"at_most: low, not_applicable: true", b"at_most: low, binding: recomputed"))
    finding = Finding(severity=severity or "info", key="score_reversed", explanation="The score ranks the other way.")
    record = changed(
        good_record(),
        "pii",
        binding=Binding(kind="supplied"),
        findings=(finding,),
        severities=count_severities((finding,)),
        not_applicable=None,
        measurements=(COUNTED,),
    )
    found = outcome(decide(with_record(good_case(), record), policy, NOW), "pii")
    assert found.status == status
    assert ("The score ranks the other way." in found.explanation) == (status == "failed")


def test_without_a_finding_nothing_is_said_of_how_grave_it_is():
    assert judged((), {}).explanation.startswith("No findings in pii. ")


def test_a_refusal_names_every_personal_column_that_is_not_justified_also_those_that_only_people_name():
    unsaid = {"purpose": "to write to them"}
    found = judged(OPEN, {"s1": unsaid, "s2": unsaid, "age": GROUNDS})
    assert found.status == "failed"
    assert found.explanation.endswith(
        "In all, 3 personal columns, of which people alone name 2, are not justified: mail, s1, s2."
    )
    alone = judged(OPEN, {"age": GROUNDS})
    assert "In all" not in alone.explanation
