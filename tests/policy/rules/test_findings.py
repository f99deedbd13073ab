"""A finding above the severity that is accepted fails."""

from tests.policy.test_gate import POLICY, outcome, policy_of
from tests.strategies import NOW, good_case

from cardwright.policy.gate import decide


def test_a_finding_above_the_severity_fails():
    text = POLICY.replace(b"at_most: low}}", b"at_most: info}}", 1)
    assert outcome(decide(good_case(), policy_of(text), NOW), "findings").status == "failed"
