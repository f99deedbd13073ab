"""A risk that nobody accepted, and a control that is not there, are found, and one that somebody accepted is not."""

import pytest

from cardwright.record import Answer, Details, open_risks
from cardwright.record.claim import Attest, Withdraw

KEY = "a" * 64


def details(accepted_by, decision="accepted for the pilot"):
    entry = {"risk": "a gap", "evaluated": "e", "threshold": "t", "mitigation": "m", "residual": "r"}
    entry |= {"decision": decision, "accepted_by": accepted_by}
    return Details(answers={"risks": Answer(entries=(entry,), stated_by="A", stated_on="2026-11-20")})


@pytest.mark.parametrize(
    "nobody", ["nobody", "Nobody yet", "No one", "none", "-", "—", "", "not yet accepted", "niemand", "TBD"]
)
def test_a_risk_that_nobody_accepted_is_open(nobody):
    (risk,) = open_risks.of(details(nobody))
    assert (risk.what, risk.control) == ("a gap", False)


@pytest.mark.parametrize(
    "decision", ["not accepted for any use", "rejected by the board", "decision pending", "unaccepted"]
)
def test_a_risk_whose_decision_is_a_refusal_is_open_whoever_is_named(decision):
    assert len(open_risks.of(details("Head of Risk", decision))) == 1


def test_a_risk_that_somebody_accepted_is_not_open():
    assert open_risks.of(details("Head of Risk")) == ()
    assert open_risks.of(Details()) == ()


def attest(answer, **update):
    said = {"person": "B", "key": KEY, "role": "security", "at": "2026-11-21T10:00:00Z", "id": "b" * 64, **update}
    return Attest(checklist="c", item="i", answer=answer, statement="There is none.", **said)


def test_a_control_that_is_said_not_to_be_there_is_open_until_that_is_withdrawn():
    (control,) = open_risks.of(Details(), (attest("not_met"),))
    assert (control.what, control.decision, control.control) == ("c i", "There is none.", True)
    assert open_risks.of(Details(), (attest("met"),)) == ()
    back = Withdraw(claim="b" * 64, reason="r", person="B", key=KEY, role="security", at="2026-11-22T10:00:00Z")
    assert open_risks.of(Details(), (attest("not_met"), back)) == ()


def test_the_last_word_of_whoever_denied_a_control_counts_and_nobody_else_outvotes_it():
    again = attest("met", id="c" * 64)
    assert open_risks.of(Details(), (attest("not_met"), again)) == ()
    assert len(open_risks.of(Details(), (again, attest("not_met")))) == 1
    other = attest("met", id="c" * 64, key="d" * 64)
    assert open_risks.denied((attest("not_met"), other)) == (attest("not_met"),)
