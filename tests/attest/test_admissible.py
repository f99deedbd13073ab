"""What may be signed: the signer's key, name and role are known, and a claim is about something that is there."""

from dataclasses import replace

import pytest
from tests.attest.signers import DAYS, EMPTY, ROLES, Book, ended
from tests.policy.test_gate import P
from tests.strategies import NOW, good_case

from cardwright.attest import admissible, claims, keys, trust
from cardwright.attest.under_review import DossierUnderReview
from cardwright.errors import UsageError
from cardwright.policy.gate import decide
from cardwright.record.claim import Attest, SignOff, Waive, WaiveRequest, Withdraw

CASE = good_case()
REVIEW = decide(CASE, P, NOW, "review")
"""The policy `p` asks for a checklist of its own, `rai`; `identity` is not waivable, and `risk_head` approves waivers."""
TERMS = {"outcome": "failed", "reason": "r", "controls": "c", "expires": "2026-12-20"}


def under_review(signed=(), chain=EMPTY, release=None):
    return DossierUnderReview(
        case=CASE, manifest_sha256="7" * 64, review=REVIEW, chain=chain, signed=signed, release=release
    )


def said(people, name, kind, **more):
    key = keys.fingerprint(people[0][name].public_key())
    return kind(**{"person": name, "key": key, "role": ROLES[name], "at": DAYS[20], **more})


def holder(people, name):
    return people[1].holder(keys.fingerprint(people[0][name].public_key()))


def refused(people, claim, dossier=None):
    """Why a claim is not admissible; empty where it is."""
    try:
        admissible.check(claim, dossier or under_review(), people[1], holder(people, claim.person))
    except UsageError as exc:
        return str(exc)
    return ""


# ------------------------------------------------------------------------------------------------ who signs


@pytest.mark.parametrize("word", ["Ada", "ada"])
def test_a_person_signs_under_their_name_or_their_id(people, word):
    private, known = people
    found = admissible.signer(known, keys.fingerprint(private["Ada"].public_key()), word, "owner", DAYS[4])
    assert found.person.id == "ada"


@pytest.mark.parametrize(
    ("word", "role", "now", "says"),
    [
        ("Ben", "owner", DAYS[4], "Take that person's own key."),
        ("Donald Duck", "owner", DAYS[4], "Sign as Ada."),
        ("Ada", "king", DAYS[4], "Ada may not sign as king. Roles of Ada: owner."),
        ("Ada", "owner", "2026-10-31T23:59:59Z", "the key of Ada is not valid on 2026-10-31"),
    ],
)
def test_nobody_signs_as_somebody_else_in_a_role_of_others_or_before_their_key_counts(people, word, role, now, says):
    private, known = people
    with pytest.raises(UsageError) as stopped:
        admissible.signer(known, keys.fingerprint(private["Ada"].public_key()), word, role, now)
    assert says in str(stopped.value)


def test_a_key_that_nobody_enrolled_signs_nothing_and_the_way_to_enrol_it_is_said():
    with pytest.raises(UsageError, match=r"the key aaaaaaaaaaaa is not in the trust file.*cardwright keys enrol"):
        admissible.signer(trust.empty(), "a" * 64, "Ada", "owner", DAYS[4])


def test_a_revoked_key_signs_nothing_more_and_nobody_is_sent_for_evidence(people):
    private, known = people
    after = ended(known, "Ada", revoked_on="2026-11-20")
    with pytest.raises(UsageError) as stopped:
        admissible.signer(after, keys.fingerprint(private["Ada"].public_key()), "Ada", "owner", DAYS[24])
    assert str(stopped.value) == "the key of Ada was revoked on 2026-11-20. Sign with a key that is valid."


# ------------------------------------------------------------------------------------------------ checklist items


ITEM = {"answer": "met", "statement": "Looked at.", "record_sha256": CASE.record.sha256}


@pytest.mark.parametrize(
    ("checklist", "item", "says"),
    [
        ("responsible_ai_minimum", "told", ""),
        ("responsible_ai_minimum", "tould", 'responsible_ai_minimum has no item "tould". Did you mean "told"?'),
        ("responsible_ai_minimun", "told", 'Did you mean "responsible_ai_minimum"?'),
        ("no_such_list", "told", 'no checklist is called "no_such_list"'),
        ("rai", "anything", ""),
    ],
    ids=["of a packaged list", "misspelt item", "misspelt list", "no list", "of the policy's own list"],
)
def test_an_answer_is_to_an_item_that_is_asked(people, checklist, item, says):
    answer = refused(people, said(people, "Ada", Attest, checklist=checklist, item=item, **ITEM))
    assert answer == "" if not says else says in answer


def test_an_item_that_is_asked_of_other_subjects_is_not_answered_for_this_one(people):
    from cardwright.dossier import contents
    from cardwright.files import packaged

    foreign = [
        (name, item)
        for name in packaged.names("checklists")
        for item in contents.checklist_of(name).items
        if "model" not in item.kinds
    ]
    assert foreign, "no packaged item is for systems or datasets alone"
    for name, item in foreign:
        answer = refused(people, said(people, "Ada", Attest, checklist=name, item=item.id, **ITEM))
        assert answer.startswith(f"{item.id} is asked of a "), item.id
        assert f"; this is a model. Items of {name}: cardwright checklist show {name}" in answer


# ------------------------------------------------------------------------------------------------ waivers


@pytest.mark.parametrize(
    ("requirement", "says"),
    [
        ("gap", ""),
        ("gapp", 'the policy has no requirement "gapp". Did you mean "gap"?'),
        ("identity", "identity cannot be waived under p"),
        ("signed", 'the policy has no requirement "signed"'),
    ],
    ids=["waivable", "misspelt", "not waivable", "a sign-off, which the review leaves open"],
)
def test_what_a_waiver_is_asked_for_is_a_requirement_that_can_be_waived(people, requirement, says):
    answer = refused(people, said(people, "Ada", WaiveRequest, requirement=requirement, **TERMS))
    assert answer == "" if not says else says in answer


def test_a_waiver_is_approved_in_a_role_that_the_policy_names(people):
    terms = {"requirement": "gap", "request": "a" * 64, **TERMS}
    assert refused(people, said(people, "Ben", Waive, **terms)) == ""
    assert refused(people, said(people, "Ada", Waive, **terms)) == (
        "owner may not approve waivers under p. May approve: risk_head."
    )


def test_where_the_policy_names_no_role_nobody_approves(people):
    nobody = replace(
        under_review(),
        review=REVIEW.model_copy(update={"policy": REVIEW.policy.model_copy(update={"waiver_roles": ()})}),
    )
    answer = refused(people, said(people, "Ben", Waive, requirement="gap", request="a" * 64, **TERMS), nobody)
    assert answer.endswith("May approve: nobody.")


# ------------------------------------------------------------------------------------------------ withdrawals and answers


@pytest.fixture
def book(people):
    """Ada approved, then Ben rejected."""
    made = Book(people[0])
    made.approved = made.sign("Ada", DAYS[4])
    made.rejected = made.sign("Ben", DAYS[5], decision="reject")
    return made


def on_desk(book):
    return under_review(signed=claims.read(book.lines), chain=book.chain)


@pytest.mark.parametrize(("name", "target", "ok"), [
    ("Ada", "approved", True), ("Ben", "approved", False), ("Ben", "rejected", True), ("Ada", "rejected", False),
])  # fmt: skip
def test_a_claim_is_withdrawn_by_whoever_said_it(people, book, name, target, ok):
    claim = said(people, name, Withdraw, claim=getattr(book, target), reason="r")
    assert (refused(people, claim, on_desk(book)) == "") == ok


def test_a_claim_that_is_not_here_is_not_withdrawn(people, book):
    answer = refused(people, said(people, "Ada", Withdraw, claim="f" * 64, reason="r"), on_desk(book))
    assert "names no claim" in answer
    assert book.approved[:12] in answer  # the claims that are here are listed


def test_what_nobody_released_has_no_releaser_who_could_withdraw_it(people, book):
    answer = refused(people, said(people, "Cy", Withdraw, reason="r"), on_desk(book))
    assert "may not withdraw a release: its releaser may" in answer
    assert answer.endswith("Ask whoever may.")


def test_a_decision_answers_an_earlier_one_of_its_own_role(people, book):
    decision = {"decision": "approve", "meaning": "approval", "manifest_sha256": "7" * 64}
    own = said(people, "Ben", SignOff, answers=book.rejected, **decision)
    others = said(people, "Ben", SignOff, answers=book.approved, **decision)
    assert refused(people, own, on_desk(book)) == ""
    assert refused(people, others, on_desk(book)) == (
        "--answers names no decision of the role risk_head. A role answers its own."
    )
