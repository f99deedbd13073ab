"""`open_risks`: passes only if risks are stated and no more of them, and of the controls, are open than the policy accepts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.test_gate import POLICY, outcome, policy_of, with_record
from tests.strategies import NOW, good_case, waiver

from cardwright.policy.gate import decide
from cardwright.policy.judging.case_under_review import review_of
from cardwright.policy.rules.open_risks import OpenRisksRule
from cardwright.record import Answer, Attest, Withdraw

ASKED = policy_of(POLICY + b"  - {id: risks, title: t, why: w, origin: internal, open_risks: {at_most: 0}}\n")
ATTESTED = next(claim for claim in good_case().claims if isinstance(claim, Attest))


def with_risks(case, *accepted_by, **update):
    """The case of a record whose details state a risk for each who accepts it."""
    entries = tuple(
        {
            "risk": f"Risk {number} of a wrong refusal",
            "evaluated": "Fairness on the test set",
            "mitigation": "The threshold is reviewed",
            "residual": "A gap of up to 0.1",
            "decision": "Pilot of three months",
            "accepted_by": who,
            **update,
        }
        for number, who in enumerate(accepted_by, start=1)
    )
    answer = Answer(entries=entries, stated_by="A", stated_on="2026-11-23")
    answers = {**case.record.details.answers, "risks": answer}
    details = case.record.details.model_copy(update={"answers": answers})
    return with_record(case, case.record.model_copy(update={"details": details}))


def denying(case, *items, checklist="security", **update):
    """The case in which somebody says that items of a checklist are not met."""
    said = tuple(
        ATTESTED.model_copy(
            update={
                "id": f"{number:064x}",
                "key": "e" * 64,
                "checklist": checklist,
                "item": item,
                "answer": "not_met",
                "record_sha256": case.record.sha256,
                **update,
            }
        )
        for number, item in enumerate(items, start=0xF00)
    )
    return replace(case, claims=(*case.claims, *said))


def judged(case, at_most=0):
    return OpenRisksRule(at_most=at_most).judge(review_of(case, NOW))


ACCEPTED = with_risks(good_case(), "Head of Risk", "Head of Security")


def test_risks_that_somebody_accepted_pass():
    assert judged(ACCEPTED).status == "passed"


@pytest.mark.parametrize("at_most", [0, 1, 100])
def test_risks_that_nobody_stated_are_missing_however_many_may_be_open(at_most):
    assert judged(good_case(), at_most).status == "missing"
    assert judged(with_risks(good_case(), "Head of Risk", mitigation="TBD"), at_most).status == "missing"


@pytest.mark.parametrize(
    "case",
    [
        with_risks(good_case(), "Head of Risk", "nobody"),
        with_risks(good_case(), "Head of Risk", decision="Not accepted for any use"),
        denying(ACCEPTED, "firewall"),
        denying(good_case(), "firewall"),
    ],
    ids=["nobody accepts", "a refusal", "a control", "a control, no risks stated"],
)
def test_one_that_is_open_fails(case):
    assert judged(case).status == "failed"


def test_what_is_open_is_named_without_the_words_of_the_decision_or_who_said_it():
    """A public edition prints the explanation and withholds people."""
    case = denying(with_risks(good_case(), "nobody", decision="B. Lind has not looked"), "firewall", person="N. Oketch")
    told = judged(case).explanation
    assert told.startswith(
        "1 risk is not accepted and 1 control is not in place: Risk 1 of a wrong refusal; security firewall."
    )
    assert "Lind" not in told
    assert "Oketch" not in told


def test_each_control_has_the_command_that_closes_it():
    said = judged(denying(ACCEPTED, "firewall", "backup", role="security"))
    assert said.closed_by == "signature"
    assert [action.argv[3:5] for action in said.next] == [("security", "firewall"), ("security", "backup")]
    assert {action.role for action in said.next} == {"security"}


def test_a_control_counts_until_whoever_denied_it_answers_again_or_takes_it_back():
    open_one = denying(ACCEPTED, "firewall")
    denial = open_one.claims[-1]
    of_another = denial.model_copy(update={"id": "9" * 64, "key": "8" * 64, "answer": "met"})
    assert judged(replace(open_one, claims=(*open_one.claims, of_another))).status == "failed"
    again = denial.model_copy(update={"id": "9" * 64, "answer": "met"})
    assert judged(replace(open_one, claims=(*open_one.claims, again))).status == "passed"
    back = Withdraw(claim=denial.id, reason="r", person="A", key=denial.key, role="risk", at="2026-11-22T10:00:00Z")
    assert judged(replace(open_one, claims=(*open_one.claims, back))).status == "passed"


def test_a_denial_of_an_earlier_record_still_counts():
    assert judged(denying(ACCEPTED, "firewall", record_sha256="e" * 64)).status == "failed"


@given(st.integers(0, 4), st.integers(1, 4), st.integers(0, 3), st.integers(0, 12))
def test_it_passes_exactly_if_no_more_are_open_than_accepted(unaccepted, accepted, controls, at_most):
    case = with_risks(good_case(), *["Head of Risk"] * accepted, *["nobody so far"] * unaccepted)
    case = denying(case, *(f"item-{number}" for number in range(controls)))
    said = judged(case, at_most)
    assert said.status == ("passed" if unaccepted + controls <= at_most else "failed")


def test_accepting_fewer_is_stricter_and_accepting_more_is_not():
    assert OpenRisksRule(at_most=0).loosens(OpenRisksRule(at_most=2)) is None
    assert OpenRisksRule(at_most=2).loosens(OpenRisksRule(at_most=0)) == "at_most changed from 0 to 2"


def test_a_verdict_is_refused_on_an_open_risk_and_allowed_without():
    assert decide(ACCEPTED, ASKED, NOW).allowed
    assert not decide(with_risks(good_case(), "nobody"), ASKED, NOW).allowed
    assert not decide(good_case(), ASKED, NOW).allowed


def waived(seen, other, **update):
    """Whether a waiver of what is open in one case is in force in another."""
    found = outcome(decide(seen, ASKED, NOW), "risks")
    terms = {"evidence_sha256": found.evidence_sha256, "record_sha256": None, **update}
    plan = {"plan_sha256": seen.record.provenance.plan_sha256}
    claims = tuple(
        claim.model_copy(update=terms) for claim in waiver(seen.record, ASKED.sha256, "risks", "failed", **plan)
    )
    judged_again = outcome(decide(replace(other, claims=(*other.claims, *claims)), ASKED, NOW), "risks")
    return judged_again.waived is not None


def test_a_waiver_is_for_the_open_ones_that_were_seen_and_no_others():
    firewall, backup = denying(ACCEPTED, "firewall"), denying(ACCEPTED, "backup")
    assert waived(firewall, firewall)
    assert not waived(firewall, backup), "as many, and yet nobody has seen it"
    assert not waived(firewall, denying(firewall, "backup", id="9" * 64))
    assert not waived(
        with_risks(good_case(), "nobody"), with_risks(good_case(), "nobody", residual="A gap of up to 0.9")
    )


def test_a_waiver_that_names_the_record_and_not_what_is_open_is_not_in_force():
    """Controls are no part of the record: another one can be denied later."""
    firewall = denying(ACCEPTED, "firewall")
    assert not waived(firewall, firewall, evidence_sha256=None, record_sha256=firewall.record.sha256)
