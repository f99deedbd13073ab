"""An open incident about an earlier release holds the next one, however the next one is named or made."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from tests.policy.satisfying import (
    MANIFEST,
    MODEL,
    approved,
    link_to,
    linked_work,
    of_record,
    referring,
    satisfying,
    signed,
)
from tests.strategies import NOW

from cardwright.dossier.contents import policy_of
from cardwright.policy.gate import decide
from cardwright.policy.incidents import asked_of, concerns, unsettled
from cardwright.policy.judging.case_under_review import review_of
from cardwright.record import Case, Record
from cardwright.record.case import LinkedDossier
from cardwright.record.claim import Attest, SignOff, Waive, WaiveRequest
from cardwright.record.provenance import RunFacts
from cardwright.record.subject import FileDigest

PRODUCTION = policy_of("production")
FORMER = "5" * 64


@cache
def base() -> Case:
    return satisfying(PRODUCTION)


def after_a_release(case: Case | None = None) -> Case:
    """The case of a plan that names the former release."""
    record = (case or base()).record
    provenance = record.provenance.model_copy(update={"previous_sha256": FORMER})
    return of_record(record.model_copy(update={"provenance": provenance}))


def incident(kind="incident_triage", claims=None, **answers) -> LinkedDossier:
    one = linked_work(kind, "risk_head", **answers)
    return one if claims is None else replace(one, claims=claims)


def attests(case: Case, person: str = "Rio", answer: str = "met", role: str = "risk_head") -> Case:
    """Somebody says whether every incident is named."""
    said = Attest(
        id="9" * 64, person=person, key=f"{person.encode().hex():0>64}", role=role, at="2026-11-21T00:00:00Z",
        checklist="handoff_incidents", item="all-named", answer=answer, statement="I read the register of November.",
        record_sha256=case.record.sha256,
    )  # fmt: skip
    return replace(case, claims=(*case.claims, said))


def ready(case: Case, **said) -> Case:
    """Everything is signed, and somebody attests that all incidents are named."""
    return attests(signed(case, PRODUCTION), **said)


def outcome(case: Case, policy=PRODUCTION):
    verdict = decide(case, policy, NOW)
    return next((o for o in verdict.outcomes if o.requirement == "cardwright.incidents"), None), verdict


def stands(case: Case) -> str:
    """The status of the requirement; the verdict refuses unless it passed."""
    found, verdict = outcome(case)
    assert found is not None
    assert verdict.allowed == (found.status == "passed"), verdict.headline
    return found.status


# ------------------------------------------------------------------------------------------------ what is asked


def test_nothing_is_asked_where_neither_an_incident_nor_an_earlier_release_is_known():
    assert not asked_of(review_of(base(), NOW))
    assert outcome(signed(base(), PRODUCTION))[0] is None


def test_a_release_after_another_one_needs_somebody_who_says_that_every_incident_is_named():
    assert stands(signed(after_a_release(), PRODUCTION)) == "missing"
    assert stands(ready(after_a_release())) == "passed"


def test_a_baseline_of_the_same_name_and_one_that_is_not_at_hand_are_earlier_releases():
    record = base().record
    plan = base().plan.model_copy(update={"baseline_sha256": "4" * 64})
    provenance = record.provenance.model_copy(update={"plan_sha256": plan.sha256})
    case = replace(base(), plan=plan, record=record.model_copy(update={"provenance": provenance}))
    assert asked_of(review_of(case, NOW))
    other = record.model_copy(update={"subject": record.subject.model_copy(update={"name": "other"})})
    assert asked_of(review_of(replace(case, baseline=record), NOW))
    assert not asked_of(review_of(replace(case, baseline=other), NOW))


def test_it_holds_under_a_policy_that_does_not_speak_of_incidents_and_not_where_nothing_goes_into_production():
    research = policy_of("research")
    case = referring(satisfying(research), incident(status="open"))
    assert outcome(signed(case, research), research)[0] is None
    meant = case.record.model_copy(
        update={"context": case.record.context.model_copy(update={"production_intended": True})}
    )
    meant_case = replace(of_record(meant), linked=case.linked)
    assert outcome(signed(meant_case, research), research)[0].status == "failed"


# ------------------------------------------------------------------------------------------------ an incident that is named


def test_an_incident_that_is_closed_and_signed_by_somebody_else_lets_the_next_release_go():
    case = referring(after_a_release(), incident(), incident("root_cause_analysis"))
    assert stands(ready(case)) == "passed"
    assert "All 2 incidents and analyses" in outcome(ready(case))[0].explanation


@pytest.mark.parametrize(
    ("one", "status"),
    [
        (incident(status="open"), "failed"),
        (incident("root_cause_analysis", state="open"), "failed"),
        (incident(claims=()), "missing"),  # closed by nobody whom the reader believes
        (incident(claims=approved("Una", "Una", "risk_head")), "missing"),  # closed by its author
        (incident(status=None), "failed"),  # a status that is left out is not closed
        (incident(people_harmed=None), "missing"),
        (incident(closed_because=None), "missing"),
    ],
)
def test_an_incident_that_is_open_or_closed_by_its_author_alone_holds_the_next_release(one, status):
    assert stands(ready(referring(after_a_release(), one))) == status
    # One that is closed beside it compensates for nothing.
    assert stands(ready(referring(after_a_release(), one, incident(noticed="Noticed on 2026-11-06.")))) == status


def test_an_objection_against_closing_it_holds_the_release():
    una, val = approved("Una", "Val", "risk_head")
    no = SignOff(
        id="6" * 64, person="Wim", key="6" * 64, role="risk_head", at="2026-11-19T00:00:00Z", decision="reject",
        meaning="approval", manifest_sha256=MANIFEST,
    )  # fmt: skip
    assert stands(ready(referring(after_a_release(), incident(claims=(una, val, no))))) == "failed"


def test_an_incident_whose_text_is_left_out_of_the_dossier_holds_the_release():
    case = ready(referring(after_a_release(), incident()))
    assert stands(replace(case, linked={})) == "missing"


def test_a_document_under_the_name_of_an_incident_with_another_definition_closes_nothing():
    one = incident()
    document = one.record.document
    looser = document.definition.model_copy(update={"version": "9.9.9"})
    forged = document.model_copy(update={"definition": looser, "sha256": looser.sha256})
    record = one.record.model_copy(update={"document": forged})
    assert stands(ready(referring(after_a_release(), replace(one, record=record)))) == "mismatched"


# ------------------------------------------------------------------------------------------------ who says that all are named


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"person": "Ada"}, "missing"),  # the author of the plan
        ({"person": "ada", "role": "owner"}, "missing"),  # the same key or name in another role
        ({"answer": "not_met"}, "failed"),
    ],
)
def test_the_author_does_not_say_alone_that_all_incidents_are_named(said, status):
    assert stands(ready(after_a_release(), **said)) == status


def test_where_the_author_is_unknown_nobody_is_known_to_be_somebody_else():
    case = ready(after_a_release())
    bare = replace(case, claims=tuple(c for c in case.claims if getattr(c, "meaning", None) != "authorship"))
    assert outcome(bare)[0].status == "missing"


# ------------------------------------------------------------------------------------------------ an incident that is found


def found(one: LinkedDossier, finished: str = "2026-11-10T00:00:00Z", linked=()) -> Case:
    """A document about an incident as it stands in a folder."""
    facts = RunFacts(
        run_id="0" * 16, record_sha256=one.record.sha256, started=finished, finished=finished, seconds={}, platform="p", python="3"
    )  # fmt: skip
    by_digest = {other.record.sha256: other for other in linked}
    return Case(record=one.record, run=facts, claims=one.claims, manifest_sha256=one.manifest_sha256, linked=by_digest)


def test_an_open_incident_that_the_release_does_not_name_refuses_it_whatever_is_attested():
    open_one = incident(status="open")
    case = after_a_release()
    held = unsettled([found(open_one)], case.record)
    assert [one.record.sha256 for one in held] == [open_one.record.sha256]
    refused = replace(ready(case), incidents=held)
    assert stands(refused) == "failed"
    # It refuses a first release, too, and one under a policy that was never told of incidents.
    assert outcome(replace(signed(base(), PRODUCTION), incidents=held))[0].status == "failed"
    assert decide(refused, PRODUCTION, NOW).inputs.incidents_sha256 is not None
    assert decide(ready(case), PRODUCTION, NOW).inputs.incidents_sha256 is None


@pytest.mark.parametrize(
    ("about", "mine"),
    [("m", True), ("M", True), ("M-", True), ("other", False), (None, True)],
)
def test_an_incident_concerns_a_subject_by_its_name_however_it_is_written_and_one_that_says_nothing_concerns_all(
    about, mine
):
    one = incident(status="open", about=about.lower() if about else None)
    assert concerns(found(one), base().record) == mine


def model(name: str, digest: str, **more) -> Record:
    record = base().record
    files = (FileDigest(path="model.skops", sha256=digest, size=3),)
    return record.model_copy(
        update={"subject": record.subject.model_copy(update={"name": name, "files": files, **more})}
    )


def test_a_release_under_another_name_is_still_the_one_after_the_incident():
    former = LinkedDossier(record=model("m", MODEL))
    one = linked_work("incident_triage", "risk_head", about=None, status="open")
    record = one.record.model_copy(update={"links": (link_to(former, "release"),)})
    case = found(replace(one, record=record), linked=[former])
    assert concerns(case, base().record)
    assert concerns(case, model("renamed", MODEL))  # the same file
    assert concerns(case, model("renamed", "1" * 64, parents=("m",)))  # made from it, as it says
    assert not concerns(case, model("renamed", "1" * 64))
    renamed = model("renamed", "1" * 64)
    provenance = renamed.provenance.model_copy(update={"previous_sha256": former.record.sha256})
    assert concerns(case, renamed.model_copy(update={"provenance": provenance}))  # the former release of its plan


def test_a_later_closed_document_settles_an_open_one_only_if_somebody_else_approved_it():
    open_one, closed = incident(status="open"), incident()
    mine = incident(claims=approved("Una", "Una", "risk_head"))
    record = base().record
    early, late = "2026-11-10T00:00:00Z", "2026-11-12T00:00:00Z"
    assert unsettled([found(open_one, early), found(closed, late)], record) == ()
    assert len(unsettled([found(open_one, early), found(mine, late)], record)) == 2
    assert len(unsettled([found(open_one, late), found(closed, early)], record)) == 1  # it was opened again
    root = incident("root_cause_analysis")
    assert len(unsettled([found(open_one, early), found(root, late)], record)) == 1  # an analysis closes no incident


def test_one_that_the_record_names_is_judged_by_its_link_and_one_of_another_kind_is_no_incident():
    open_one = incident(status="open")
    case = referring(base(), open_one)
    assert unsettled([found(open_one)], case.record) == ()
    assert stands(ready(case)) == "failed"
    memo = linked_work("literature_decision", "research_lead")
    assert unsettled([found(memo)], base().record) == ()


def test_attack_an_incident_that_was_opened_again_after_it_was_named_holds_the_release():
    closed = incident()
    case = referring(base(), closed)
    assert unsettled([found(closed)], case.record, {closed.record.sha256: closed}) == ()
    objection = closed.claims[0].model_copy(update={"id": "8" * 64, "decision": "reject", "at": "2026-11-22T00:00:00Z"})
    again = replace(closed, claims=(*closed.claims, objection))
    assert len(unsettled([found(again)], case.record, {closed.record.sha256: closed})) == 1
    # The copy in the folder can be older than the one that was named, which has the approval.
    assert unsettled([found(replace(closed, claims=()))], case.record, {closed.record.sha256: closed}) == ()


# ------------------------------------------------------------------------------------------------ a release that ends one


def test_a_release_that_ends_an_incident_goes_out_by_a_waiver_of_that_incident_and_no_other():
    case = ready(referring(after_a_release(), incident(status="open")))
    refused = outcome(case)[0]
    assert refused.evidence_sha256 is not None
    terms = {
        "requirement": "cardwright.incidents", "outcome": "failed", "reason": "This release ends it.",
        "controls": "Both are watched for a week.", "expires": "2026-12-01", "evidence_sha256": refused.evidence_sha256,
        "record_sha256": case.record.sha256, "policy_sha256": PRODUCTION.sha256, "at": "2026-11-20T12:00:00Z",
    }  # fmt: skip
    asked = WaiveRequest(id="1" * 64, person="Oda", key="1" * 64, role="owner", **terms)
    agreed = Waive(id="2" * 64, person="Pia", key="2" * 64, role="risk_head", request=asked.id, **terms)
    waived = replace(case, claims=(asked, agreed, *case.claims))
    found, verdict = outcome(waived)
    assert (found.status, found.waived is not None, verdict.allowed) == ("failed", True, True)
    more = replace(waived, incidents=(incident(status="open", noticed="Another one of the same week."),))
    assert not outcome(more)[1].allowed
