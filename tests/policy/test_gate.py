"""The gate refuses what is missing, failed, stale, mismatched or unsure, and nothing that is left out helps."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import NOW, gap, good_case, good_record, waiver

from cardwright.errors import NothingToCheckError
from cardwright.policy.gate import decide
from cardwright.policy.policy import Policy, read_policy
from cardwright.record import (
    Attest,
    Case,
    Finding,
    Measured,
    NotEvaluated,
    PlanLock,
    Record,
    SignOff,
    Waive,
    WaiveRequest,
    Withdraw,
    canonical,
)
from cardwright.record.base import label as as_label
from cardwright.record.claim import digest_of
from cardwright.record.evaluation import count_severities

POLICY = b"""
schema: cardwright/policy/1
policy: p
version: 1.0.0
title: Everything at once
kinds: [model]
set_by: us
set_on: 2026-11-01
waivers: {max_days: 90, approver_roles: [risk_head], max_active: 2}
requirements:
  - {id: gap, title: t, why: w, origin: internal,
     measurement: {evaluator: fairness, role: test, metric: demographic_parity_difference, at_most: 0.1, across: every, max_unknown_share: 0.05, binding: recomputed}}
  - {id: tpr, title: t, why: w, origin: internal,
     measurement: {evaluator: fairness, role: test, metric: true_positive_rate, at_least: 0.6, slices: every_group, min_denominator: 50}}
  - {id: findings, title: t, why: w, origin: internal, findings: {evaluator: fairness, at_most: low}}
  - {id: pii, title: t, why: w, origin: internal, findings: {evaluator: pii, at_most: low, not_applicable: true}}
  - {id: details, title: t, why: w, origin: internal, details: {fields: [summary, intended_use]}}
  - {id: provenance, title: t, why: w, origin: internal, provenance: {}}
  - {id: identity, title: t, why: w, origin: internal, waivable: false, identity: {}}
  - {id: fresh, title: t, why: w, origin: internal, age: {max_days: 30}}
  - {id: checklist, title: t, why: w, origin: internal, checklist: {checklist: rai, items: [one]}}
  - {id: preregistered, title: t, why: w, origin: internal, preregistered: {roles: [risk]}}
  - {id: signed, title: t, why: w, origin: internal, sign_off: {role: owner, meaning: approval}}
"""


def policy_of(text: bytes) -> Policy:
    def find(name: str, where: str) -> tuple[bytes, str]:
        raise AssertionError(name)

    return read_policy(text, where="policy.yaml", find=find)


P = policy_of(POLICY)


def with_record(case: Case, record: Record) -> Case:
    """The case around another record, with everything that names the record's digest brought along.

    A waiver of anything but a failure was given for one record, and stays with it: whoever accepts that evidence is missing
    from a record has seen that record.
    """

    def stays(claim) -> bool:
        return isinstance(claim, WaiveRequest | Waive) and claim.outcome != "failed"

    plan = case.plan.model_copy(update={"planned": record.planned}) if case.plan else None
    if plan is not None:
        provenance = record.provenance.model_copy(
            update={"plan_sha256": PlanLock.model_validate(plan.model_dump()).sha256}
        )
        record = Record.model_validate(record.model_copy(update={"provenance": provenance}).model_dump())
        plan = PlanLock.model_validate(plan.model_dump())
    run = case.run.model_copy(update={"record_sha256": record.sha256}) if case.run else None
    claims = tuple(
        claim.model_copy(
            update={
                "record_sha256": record.sha256 if claim.record_sha256 and not stays(claim) else claim.record_sha256,
                "plan_sha256": record.provenance.plan_sha256 if claim.plan_sha256 else None,
            }
        )
        for claim in case.claims
    )
    return Case(
        record=record, plan=plan, run=run, claims=claims, artefacts=case.artefacts, manifest_sha256=case.manifest_sha256
    )


def with_context(case: Case, **update) -> Case:
    """The case of a plan that says something else of what the subject is meant for."""
    context = case.record.context.model_copy(update=update)
    plan = case.plan.model_copy(update={"context": context}) if case.plan else None
    return with_record(replace(case, plan=plan), case.record.model_copy(update={"context": context}))


def changed(record: Record, id: str, **update) -> Record:
    evaluations = tuple(e.model_copy(update=update) if e.id == id else e for e in record.evaluations)
    return Record.model_validate(record.model_copy(update={"evaluations": evaluations}).model_dump())


def outcome(verdict, requirement):
    return next(o for o in verdict.outcomes if o.requirement == requirement)


def with_gap(measured) -> Case:
    record = good_record()
    rest = tuple(m for m in record.evaluations[0].measurements if not m.across)
    return with_record(good_case(), changed(record, "fairness", measurements=(*rest, measured)))


def test_a_case_with_everything_in_order_is_allowed():
    verdict = decide(good_case(), P, NOW)
    assert [(o.requirement, o.status) for o in verdict.outcomes if o.status not in ("passed", "not_applicable")] == []
    assert verdict.decision == "allowed"
    assert sum(verdict.counts.values()) == len(verdict.outcomes) == len(P.requirements) + 2


# ------------------------------------------------------------------------------------------------ the first test


def leavings(case: Case):
    """Every way of leaving one part of a case out: its name, and what makes the smaller case."""
    record = case.record

    def less(**update):
        return lambda: with_record(case, record.model_copy(update=update))

    def changing(id, **update):
        return lambda: with_record(case, changed(record, id, **update))

    for name in ("plan", "run", "artefacts", "manifest_sha256"):
        yield f"case.{name}", lambda name=name: replace(case, **{name: None})
    for i in range(len(case.claims)):
        kept = case.claims[:i] + case.claims[i + 1 :]
        yield f"claim {i}", lambda kept=kept: replace(case, claims=kept)
    for evaluation in record.evaluations:
        id = evaluation.id
        rest = tuple(e for e in record.evaluations if e is not evaluation)
        gaps = (*record.not_evaluated, NotEvaluated(id=id, code="missing", reason="left out", remedy="run it"))
        yield f"evaluation {id}", less(evaluations=rest, not_evaluated=gaps)
        yield f"planned {id}", less(evaluations=rest, planned=tuple(p for p in record.planned if p.id != id))
        for i, m in enumerate(evaluation.measurements):
            before, after = evaluation.measurements[:i], evaluation.measurements[i + 1 :]
            yield f"{id} measurement {i}", changing(id, measurements=(*before, *after))
            for field in ("interval", "denominator", "groups", "sampling", "numerator", "test", "resolution"):
                if isinstance(m, Measured) and getattr(m, field) is not None:
                    thin = m.model_copy(update={field: None})
                    yield f"{id} measurement {i} {field}", changing(id, measurements=(*before, thin, *after))
        for field in ("binding", "not_applicable"):
            if getattr(evaluation, field) is not None:
                yield f"{id}.{field}", changing(id, **{field: None})
    for i, planned in enumerate(record.planned):
        bare = planned.model_copy(update={"groups": ()})
        yield f"expected groups of {planned.id}", less(planned=(*record.planned[:i], bare, *record.planned[i + 1 :]))
    for name in record.details.answers:
        kept = {k: v for k, v in record.details.answers.items() if k != name}
        yield f"details {name}", less(details=record.details.model_copy(update={"answers": kept}))
    yield "what it is meant for", lambda: with_context(case, production_intended=None)
    yield "commit", less(provenance=record.provenance.model_copy(update={"commit": None, "dirty": None}))
    yield "datasets", less(provenance=record.provenance.model_copy(update={"datasets": ()}))


@st.composite
def cases(draw):
    """Cases on both sides of every limit, with waivers that may or may not hold."""
    low = draw(st.sampled_from([0.0, 0.05, 0.12]))
    high = draw(st.sampled_from([0.09, 0.15, 0.3]))
    low, high = min(low, high), max(low, high)
    measured = gap(
        "demographic_parity_difference",
        draw(st.sampled_from([low, (low + high) / 2, high])),
        low,
        high,
        compared=draw(st.sampled_from([2, 3])),
        unknown=draw(st.sampled_from([0, 100])),
    )
    record = good_record()
    rates = [
        m.model_copy(
            update={
                "denominator": draw(st.sampled_from([100.0, 10.0])),
                "interval": m.interval.model_copy(update={"lower": draw(st.sampled_from([0.7, 0.5]))}),
            }
        )
        for m in record.evaluations[0].measurements
        if not m.across
    ]
    record = changed(record, "fairness", measurements=(*rates, measured))
    case = with_record(good_case(), record)
    waived = draw(
        st.lists(st.sampled_from(["gap", "tpr", "details", "fresh", "checklist", "signed"]), max_size=3, unique=True)
    )
    waivers = tuple(
        claim
        for i, requirement in enumerate(waived)
        for claim in waiver(
            case.record,
            P.sha256,
            requirement,
            draw(st.sampled_from(["failed", "inconclusive", "missing"])),
            id=str(i),
            bound=draw(st.sampled_from([None, 0.2, 0.4])),
            **draw(st.sampled_from([{}, {"record_sha256": None, "plan_sha256": case.record.provenance.plan_sha256}])),
        )
    )
    # Claims stand in the order in which they were signed: a waiver before the sign-offs, or one that they have not seen.
    return replace(case, claims=(*waivers, *case.claims) if draw(st.booleans()) else (*case.claims, *waivers))


@given(cases(), st.data())
def test_leaving_out_a_part_never_turns_a_refusal_into_an_allowance(case, data):
    if decide(case, P, NOW).allowed:
        return
    ways = list(leavings(case))
    name, less = data.draw(st.sampled_from(ways), label="left out")
    assert not decide(less(), P, NOW).allowed, name


MANDATORY = policy_of(
    POLICY.replace(b"across: every,", b"across: every, attributes: {race: [a, b, c]},", 1).replace(
        b"slices: every_group,", b"slices: every_group, attributes: {race: [a, b, c]},", 1
    )
)
"""The policy that names the attribute itself, and its groups, so that a plan cannot leave them out."""


def degradings(case: Case):
    """Every way of making a part of a case worse without leaving it out: its name, and what makes the worse case."""
    record = case.record

    def changing(id, **update):
        return lambda: with_record(case, changed(record, id, **update))

    # Weights: rows that count for nothing, or decide alone, are said by a finding; numbers rest on fewer rows.
    for evaluation in record.evaluations:
        for key in ("weight_zero", "extreme_weights"):
            for severity in ("medium", "high"):
                found = (*evaluation.findings, Finding(severity=severity, key=key, explanation="Weights.", count=60))
                yield (
                    f"{evaluation.id} {key} {severity}",
                    changing(evaluation.id, findings=found, severities=count_severities(found)),
                )
        for i, m in enumerate(evaluation.measurements):
            if not isinstance(m, Measured):
                continue
            before, after = evaluation.measurements[:i], evaluation.measurements[i + 1 :]

            def put(*new, before=before, after=after, id=evaluation.id):
                return changing(id, measurements=(*before, *new, *after))

            if m.denominator:
                yield f"{evaluation.id} {i} fewer rows", put(m.model_copy(update={"denominator": m.denominator / 20}))
            if m.interval is not None:
                wide = m.interval.model_copy(update={"lower": m.interval.lower - 0.2, "upper": m.interval.upper + 0.2})
                yield f"{evaluation.id} {i} wider", put(m.model_copy(update={"interval": wide}))
            if m.groups is not None:
                for update in ({"unknown": m.groups.rows}, {"compared": 1}):
                    yield (
                        f"{evaluation.id} {i} {next(iter(update))}",
                        put(m.model_copy(update={"groups": m.groups.model_copy(update=update)})),
                    )
            # Labels: a group under another spelling is another group, and the expected one is missed.
            for name, value in m.slice.items():
                for spelt in (f"{value}\u200b", f"{value} ".upper(), "\u0430", f"{value}{'x' * 196}"):
                    yield (
                        f"{evaluation.id} {i} spelt {spelt!r}",
                        put(m.model_copy(update={"slice": {name: as_label(spelt)}})),
                    )
    # Attributes: the plan stops naming one as sensitive, and the numbers go with it.
    bare = record.model_copy(
        update={
            "planned": tuple(p.model_copy(update={"groups": ()}) for p in record.planned),
            "evaluations": tuple(
                e.model_copy(
                    update={"measurements": tuple(m for m in e.measurements if not m.across and "race" not in m.slice)}
                )
                for e in record.evaluations
            ),
        }
    )
    yield "race is no longer sensitive", lambda: with_record(case, Record.model_validate(bare.model_dump()))
    # Clocks: evidence that is older, or that nobody has the dates of.
    if case.run is not None:
        for days in (1, 40, 4000):

            def older(days=days):
                def back(moment):
                    then = datetime.fromisoformat(moment.replace("Z", "+00:00")) - timedelta(days=days)
                    return then.strftime("%Y-%m-%dT%H:%M:%SZ")

                run = case.run.model_copy(
                    update={"started": back(case.run.started), "finished": back(case.run.finished)}
                )
                return replace(case, run=run)

            yield f"evidence {days} days older", older
        yield (
            "one evaluation taken from long ago",
            lambda: replace(case, run=case.run.model_copy(update={"earlier": {"fairness": "2020-01-01T00:00:00Z"}})),
        )
    # Claims: withdrawn, expired, in a role that nobody asked for, or of another record.
    for i, claim in enumerate(case.claims):

        def instead(new, i=i):
            return lambda: replace(case, claims=(*case.claims[:i], new, *case.claims[i + 1 :]))

        if claim.id is not None:
            withdrawal = Withdraw(
                id=f"ee{i:062x}", person=claim.person, key=claim.key, role=claim.role, at="2026-11-22T12:00:00Z",
                claim=claim.id, reason="r",
            )  # fmt: skip
            yield f"claim {i} withdrawn", lambda w=withdrawal: replace(case, claims=(*case.claims, w))
        yield f"claim {i} in another role", instead(claim.model_copy(update={"role": "visitor"}))
        if isinstance(claim, Attest):
            yield f"claim {i} expired", instead(claim.model_copy(update={"expires": "2026-11-22"}))
            yield f"claim {i} not met", instead(claim.model_copy(update={"answer": "not_met"}))
        if isinstance(claim, WaiveRequest | Waive):
            yield f"claim {i} expired", instead(claim.model_copy(update={"expires": "2026-11-22"}))
            yield f"claim {i} of less", instead(claim.model_copy(update={"bound": 0.0}))
        if isinstance(claim, SignOff):
            yield f"claim {i} of another manifest", instead(claim.model_copy(update={"manifest_sha256": "0" * 64}))
            yield f"claim {i} rejects", instead(claim.model_copy(update={"decision": "reject"}))


@given(cases(), st.data())
def test_making_a_part_worse_never_turns_a_refusal_into_an_allowance(case, data):
    """Weights, labels, attributes, clocks and claims: whoever prepares a case gains nothing by any of them."""
    policy = data.draw(st.sampled_from([P, MANDATORY]), label="policy")
    if decide(case, policy, NOW).allowed:
        return
    ways = [way for way in degradings(case) if policy is MANDATORY or "sensitive" not in way[0]]
    name, worse = data.draw(st.sampled_from(ways), label="made worse")
    assert not decide(worse(), policy, NOW).allowed, name


def test_making_any_part_worse_that_the_policy_rests_on_refuses():
    """What may be worse without a refusal is named, so that a part nobody asks about shows."""
    harmless = {
        "claim 0 in another role",  # the checklist takes an answer from anybody
        "claim 3 in another role",  # the author is who signs as the author
        "evidence 1 days older",
    }
    allowed = {name for name, worse in degradings(good_case()) if decide(worse(), MANDATORY, NOW).allowed}
    assert allowed == harmless


def test_leaving_out_any_part_that_the_policy_asks_for_refuses():
    """What this policy does not rest on is named here, so that a part nobody asks about shows."""
    harmless = {
        *(f"fairness measurement {i} numerator" for i in range(3)),
        "pii measurement 0",  # the question does not arise, and the evaluation says so itself
        "expected groups of pii",
    }
    allowed = {name for name, less in leavings(good_case()) if decide(less(), P, NOW).allowed}
    assert allowed == harmless


def test_a_policy_of_which_nothing_applies_allows_nothing():
    text = b"""
schema: cardwright/policy/1
policy: p
version: 1.0.0
title: t
kinds: [model]
set_by: us
set_on: 2026-11-01
requirements:
  - {id: a, title: t, why: w, origin: law, applies_when: {kind: [dataset]}, provenance: {}}
"""
    with pytest.raises(NothingToCheckError):
        decide(good_case(), policy_of(text), NOW)


def test_a_policy_for_another_kind_is_refused():
    with pytest.raises(NothingToCheckError, match="dataset"):
        decide(good_case(), policy_of(POLICY.replace(b"kinds: [model]", b"kinds: [dataset]")), NOW)


FAILED = gap("demographic_parity_difference", 0.15, 0.11, 0.19)


def test_at_review_sign_offs_are_outstanding_and_not_judged():
    case = replace(good_case(), claims=tuple(c for c in good_case().claims if not isinstance(c, SignOff)))
    review, release = decide(case, P, NOW, "review"), decide(case, P, NOW, "release")
    assert review.allowed
    assert [item.role for item in review.outstanding] == ["owner"]
    assert not release.allowed


def test_the_same_case_gives_the_same_verdict_byte_for_byte():
    first, second = (decide(good_case(), P, NOW) for _ in range(2))
    assert first.sha256 == second.sha256


def test_every_outcome_is_listed_and_numbered():
    verdict = decide(good_case(), P, NOW)
    assert [o.label for o in verdict.outcomes] == [f"R-{i:02d}" for i in range(1, len(verdict.outcomes) + 1)]
    assert all(o.why and o.set_by and o.set_on for o in verdict.outcomes)
    assert not any(a.requirement == b.requirement for a, b in itertools.combinations(verdict.outcomes, 2))


def test_a_refusal_names_the_role_that_it_goes_to():
    policy = policy_of(POLICY.replace(b"requirements:", b"escalation: {identity: security}\nrequirements:", 1))
    verdict = decide(replace(good_case(), artefacts=None), policy, NOW)
    assert next(o for o in verdict.outcomes if o.requirement == "identity").remedy.endswith(
        "It goes to the role security."
    )
    passed = decide(good_case(), policy, NOW)
    assert next(o for o in passed.outcomes if o.requirement == "identity").remedy is None


# ------------------------------------------------------------------------------------------------ what a verdict says


def test_a_refusal_counts_what_is_in_the_way_by_its_status():
    failed = with_gap(FAILED)
    assert decide(failed, P, NOW).headline == "REFUSED: 1 requirement in the way (1 failed)"
    more = replace(failed, artefacts=None, run=None)
    assert decide(more, P, NOW).headline == "REFUSED: 5 requirements in the way (1 failed, 4 missing)"


def two_waivers(levels=("block", "block")):
    """A case and a policy of which two requirements failed and are waived, until different days."""
    text = POLICY
    for name, level in zip((b"gap", b"tpr"), levels, strict=True):
        text = text.replace(b"{id: %s, title: t," % name, b"{id: %s, level: %s, title: t," % (name, level.encode()))
    policy = policy_of(text)
    record = good_record()
    rates = (m for m in record.evaluations[0].measurements if not m.across)
    low = [
        m.model_copy(
            update={
                "value": 0.5,
                "interval": m.interval.model_copy(update={"lower": 0.45, "upper": 0.55}),
                "numerator": 50,
            }
        )
        for m in rates
    ]
    case = with_record(good_case(), changed(record, "fairness", measurements=(*low, FAILED)))
    first = waiver(case.record, policy.sha256, "gap", "failed", bound=0.16)
    second = waiver(case.record, policy.sha256, "tpr", "failed", id="e", bound=0.4, expires="2026-12-01")
    return replace(case, claims=(*first, *second, *case.claims)), policy


@pytest.mark.parametrize(
    ("levels", "headline"),
    [
        (("block", "block"), "ALLOWED WITH 2 WAIVERS until 2026-12-01"),
        (("block", "advise"), "ALLOWED WITH 1 WAIVER until 2026-12-20"),
        (("advise", "block"), "ALLOWED WITH 1 WAIVER until 2026-12-01"),
        (("advise", "advise"), "ALLOWED"),
    ],
)
def test_an_allowance_names_the_waivers_that_it_rests_on_and_until_when(levels, headline):
    case, policy = two_waivers(levels)
    verdict = decide(case, policy, NOW)
    assert verdict.headline == headline
    assert verdict.valid_until == "2026-12-01", "the earliest, whatever its level"


def test_an_allowance_on_the_evidence_counts_the_signatures_to_come():
    assert decide(good_case(), P, NOW, "review").headline == "ALLOWED on the evidence; 1 sign-off outstanding"
    second = b"  - {id: also, title: t, why: w, origin: internal, sign_off: {role: risk_head, meaning: review}}\n"
    verdict = decide(good_case(), policy_of(POLICY + second), NOW, "review")
    assert verdict.headline == "ALLOWED on the evidence; 2 sign-offs outstanding"
    research = policy_of(POLICY.replace(b"kinds: [model]", b"kinds: [model]\nfor_production: false"))
    assert decide(good_case(), research, NOW).headline == "ALLOWED; NOT FOR PRODUCTION"


def test_a_verdict_names_by_digest_everything_that_it_was_made_from():
    case, baseline, before = good_case(), good_record(), changed(good_record(), "pii", completeness="partial")
    full = replace(case, baseline=baseline, previous=before, trust_sha256="d" * 64, advisory=True)
    verdict = decide(full, P, NOW)
    inputs = verdict.inputs.model_dump()
    assert inputs == {
        "record_sha256": case.record.sha256,
        "plan_sha256": case.plan.sha256,
        "policy_sha256": P.sha256,
        "trust_sha256": "d" * 64,
        "claims_sha256": digest_of(case.claims),
        "baseline_sha256": baseline.sha256,
        "previous_sha256": before.sha256,
        "run_sha256": canonical.sha256(case.run),
        "manifest_sha256": case.manifest_sha256,
        "artefacts_sha256": canonical.sha256(case.artefacts),
    }
    assert verdict.advisory
    bare = decide(replace(case, plan=None, run=None, claims=(), artefacts=None, manifest_sha256=None), P, NOW)
    assert not bare.advisory
    known = {name for name, digest in bare.inputs.model_dump().items() if digest is not None}
    assert known == {"record_sha256", "policy_sha256"}


def test_a_verdict_names_its_policy_and_how_far_that_can_be_waived():
    reference = decide(good_case(), P, NOW, chosen_by="the command line").policy
    assert (reference.name, reference.version, reference.title) == ("p", "1.0.0", "Everything at once")
    assert (reference.chosen_by, reference.sha256) == ("the command line", P.sha256)
    assert (reference.waiver_roles, reference.waiver_days) == (("risk_head",), 90)
    assert reference.checklists == ("rai",)
    nobody = policy_of(POLICY.replace(b"approver_roles: [risk_head]", b"approver_roles: []"))
    assert decide(good_case(), nobody, NOW).policy.waiver_days is None
    never = policy_of(POLICY.replace(b"waivers: {max_days: 90, approver_roles: [risk_head], max_active: 2}", b""))
    assert decide(good_case(), never, NOW).policy.waiver_roles == ()


def test_an_outcome_keeps_its_source_and_names_its_evidence_only_while_it_is_open():
    cited = policy_of(POLICY.replace(b"{id: gap, title: t,", b"{id: gap, title: t, citation: Act 1,"))
    passed, failed = (outcome(decide(case, cited, NOW), "gap") for case in (good_case(), with_gap(FAILED)))
    assert (passed.citation, passed.evidence_sha256) == ("Act 1", None)
    evaluation = with_gap(FAILED).record.evaluations[0]
    assert failed.evidence_sha256 == canonical.sha256({evaluation.id: evaluation.content_sha256})
    assert failed.number == passed.number


def test_a_sign_off_that_had_not_seen_a_waiver_keeps_its_place_and_is_not_waived():
    case, policy = two_waivers()
    signed_first = tuple(sorted(case.claims, key=lambda claim: not isinstance(claim, SignOff)))
    verdict = decide(replace(case, claims=signed_first), policy, NOW)
    stale = outcome(verdict, "signed")
    assert (stale.status, stale.waived) == ("stale", None)
    assert [one.number for one in verdict.outcomes] == list(range(1, len(verdict.outcomes) + 1))
    assert [one.requirement for one in verdict.outcomes if one.waived] == ["gap", "tpr"]


def test_whom_a_refusal_goes_to_is_said_after_what_closes_it():
    sent = policy_of(POLICY.replace(b"requirements:\n", b"escalation: {gap: board, signed: board}\nrequirements:\n"))
    failed = outcome(decide(with_gap(FAILED), sent, NOW), "gap")
    own = outcome(decide(with_gap(FAILED), P, NOW), "gap")
    assert failed.remedy == f"{own.remedy} It goes to the role board."
    assert outcome(decide(good_case(), sent, NOW), "gap").remedy is None
