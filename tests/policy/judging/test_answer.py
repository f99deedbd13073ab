"""What a rule answers: what stands in the way, and which evaluations it rests on."""

import pytest
from tests.strategies import good_record

from cardwright.policy.judging.answer import RuleAnswer, missing
from cardwright.policy.judging.next_actions import RUN
from cardwright.record import canonical
from cardwright.record.verdict import STATUSES

FAIRNESS, PII = good_record().evaluations


@pytest.mark.parametrize("status", STATUSES)
def test_everything_but_passed_and_not_applicable_stands_in_the_way(status):
    assert RuleAnswer(status, "e").is_open == (status not in {"passed", "not_applicable"})


def test_what_is_missing_is_closed_by_a_command():
    answer = missing("no evaluation was made", "Run it.", RUN)
    assert (answer.status, answer.closed_by, answer.next, answer.is_open) == ("missing", "command", (RUN,), True)


def test_an_answer_that_rests_on_no_evaluation_has_no_digest_of_one():
    assert RuleAnswer("passed", "e").evidence_sha256 is None


def test_the_digest_is_over_each_evaluations_content_by_its_id():
    answer = RuleAnswer("failed", "e", evaluations=(FAIRNESS, PII))
    assert answer.evidence_sha256 == canonical.sha256({"fairness": FAIRNESS.content_sha256, "pii": PII.content_sha256})


def test_the_order_in_which_evaluations_were_looked_at_changes_no_digest():
    one, other = ((FAIRNESS, PII), (PII, FAIRNESS))
    assert RuleAnswer("failed", "e", evaluations=one).evidence_sha256 == (
        RuleAnswer("failed", "another sentence", evaluations=other).evidence_sha256
    )


def test_other_numbers_or_fewer_evaluations_are_other_evidence():
    first = FAIRNESS.measurements[0]
    moved = FAIRNESS.model_copy(
        update={"measurements": (first.model_copy(update={"value": 0.5 * first.value}), *FAIRNESS.measurements[1:])}
    )
    digests = [
        RuleAnswer("failed", "e", evaluations=rests).evidence_sha256
        for rests in ((FAIRNESS, PII), (moved, PII), (FAIRNESS,), (PII,))
    ]
    assert len({*digests}) == 4
