"""The gate refuses what is missing, failed, stale, mismatched or unsure, and nothing that is left out helps."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import NOW, gap, good_case, good_record, waiver

from cardwright.errors import NothingToCheckError
from cardwright.policy.gate import decide
from cardwright.policy.policy import Policy, read_policy
from cardwright.record import Case, Measured, NotEvaluated, PlanLock, Record, Waive, WaiveRequest

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


def test_leaving_out_any_part_that_the_policy_asks_for_refuses():
    """What this policy does not rest on is named here, so that a part nobody asks about shows."""
    harmless = {
        *(f"fairness measurement {i} numerator" for i in range(3)),
        "pii measurement 0",  # the question does not arise, and the evaluation says so itself
        "expected groups of pii",
    }
    allowed = {name for name, less in leavings(good_case()) if decide(less(), P, NOW).allowed}
    assert allowed == harmless


# ------------------------------------------------------------------------------------------------ numbers and limits


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0.05, 0.0, 0.1, "passed"),
        (0.05, 0.0, 0.1000001, "inconclusive"),
        (0.2, 0.11, 0.3, "failed"),
        (0.2, 0.1, 0.3, "inconclusive"),
    ],
)
def test_a_number_passes_on_its_bound_fails_wholly_outside_and_else_is_inconclusive(value, low, high, expected):
    verdict = decide(with_gap(gap("demographic_parity_difference", value, low, high)), P, NOW)
    assert outcome(verdict, "gap").status == expected
    assert verdict.allowed == (expected == "passed")


def test_numbers_are_compared_unrounded():
    """0.79996 is below 0.8, and a sentence about it shows as many digits as it takes to see so."""
    text = POLICY.replace(b"at_least: 0.6,", b"at_least: 0.8, on: value,")
    record = good_record()
    rates = [m.model_copy(update={"value": 0.79996}) if not m.across else m for m in record.evaluations[0].measurements]
    case = with_record(good_case(), changed(record, "fairness", measurements=tuple(rates)))
    found = outcome(decide(case, policy_of(text), NOW), "tpr")
    assert found.status == "failed"
    assert "is 0.79996 (" in found.explanation


def test_a_limit_of_zero_is_a_limit():
    text = POLICY.replace(b"at_most: 0.1,", b"at_most: 0.0,")
    assert outcome(decide(good_case(), policy_of(text), NOW), "gap").status == "inconclusive"


def test_a_gap_over_fewer_groups_than_expected_never_passes():
    found = outcome(decide(with_gap(gap("demographic_parity_difference", 0.0, 0.0, 0.01, compared=2)), P, NOW), "gap")
    assert found.status == "inconclusive"
    assert "2 of 3 groups" in found.explanation


def test_a_gap_with_more_unknown_membership_than_allowed_never_passes():
    found = outcome(decide(with_gap(gap("demographic_parity_difference", 0.0, 0.0, 0.01, unknown=51)), P, NOW), "gap")
    assert found.status == "inconclusive"
    assert "51 of 1000" in found.explanation


def test_a_number_on_too_few_cases_is_inconclusive():
    record = good_record()
    rates = [
        m.model_copy(update={"denominator": 49.0}) if not m.across else m for m in record.evaluations[0].measurements
    ]
    case = with_record(good_case(), changed(record, "fairness", measurements=tuple(rates)))
    assert outcome(decide(case, P, NOW), "tpr").status == "inconclusive"


# ------------------------------------------------------------------------------------------------ absence


def test_an_evaluation_that_raised_is_an_error_and_blocks():
    record = good_record()
    broken = record.model_copy(
        update={
            "evaluations": record.evaluations[1:],
            "not_evaluated": (NotEvaluated(id="fairness", code="error", reason="it raised", remedy="mend it"),),
        }
    )
    verdict = decide(with_record(good_case(), broken), P, NOW)
    assert {outcome(verdict, name).status for name in ("gap", "tpr", "findings", "cardwright.ran")} == {"error"}


def test_an_evaluation_whose_extra_is_missing_blocks_under_every_policy():
    """Installing an extra never flips a verdict to allowed by removing a check: planned and not run is missing."""
    record = good_record()
    text = POLICY.replace(b"findings: {evaluator: pii, at_most: low, not_applicable: true}", b"provenance: {}")
    broken = record.model_copy(
        update={
            "evaluations": record.evaluations[:1],
            "not_evaluated": (NotEvaluated(id="pii", code="missing", reason="not installed", remedy="pip install"),),
        }
    )
    verdict = decide(with_record(good_case(), broken), policy_of(text), NOW)
    assert [o.requirement for o in verdict.blocking] == ["cardwright.ran"]


def test_a_sampled_evaluation_does_not_pass_where_a_complete_one_is_asked_for():
    case = with_record(good_case(), changed(good_record(), "fairness", completeness="truncated"))
    assert outcome(decide(case, P, NOW), "gap").status == "inconclusive"


def test_supplied_predictions_do_not_pass_where_recomputed_ones_are_asked_for():
    from cardwright.record import Binding

    case = with_record(good_case(), changed(good_record(), "fairness", binding=Binding(kind="supplied")))
    assert outcome(decide(case, P, NOW), "gap").status == "inconclusive"
    assert outcome(decide(case, P, NOW), "tpr").status == "passed"


def test_a_finding_above_the_severity_fails():
    text = POLICY.replace(b"at_most: low}}", b"at_most: info}}", 1)
    assert outcome(decide(good_case(), policy_of(text), NOW), "findings").status == "failed"


def test_a_placeholder_is_not_an_answer():
    record = good_record()
    answers = {
        **record.details.answers,
        "summary": record.details.answers["summary"].model_copy(update={"text": "TBD"}),
    }
    case = with_record(
        good_case(), record.model_copy(update={"details": record.details.model_copy(update={"answers": answers})})
    )
    assert outcome(decide(case, P, NOW), "details").status == "missing"


# ------------------------------------------------------------------------------------------------ time and identity


def test_evidence_goes_stale_on_the_day_after_its_last():
    assert outcome(decide(good_case(), P, "2026-12-20T23:59:59Z"), "fresh").status == "passed"
    assert outcome(decide(good_case(), P, "2026-12-21T00:00:00Z"), "fresh").status == "stale"


def test_evidence_from_the_future_is_refused():
    assert outcome(decide(good_case(), P, "2026-11-18T00:00:00Z"), "fresh").status == "mismatched"


def test_another_model_file_is_mismatched():
    case = replace(good_case(), artefacts={"model.skops": "b" * 64})
    assert outcome(decide(case, P, NOW), "identity").status == "mismatched"


def test_another_plan_is_mismatched():
    case = good_case()
    other = case.plan.model_copy(update={"seed": 1})
    verdict = decide(replace(case, plan=PlanLock.model_validate(other.model_dump())), P, NOW)
    assert outcome(verdict, "cardwright.plan").status == "mismatched"


def test_the_facts_of_another_run_are_mismatched():
    case = good_case()
    run = case.run.model_copy(update={"record_sha256": "f" * 64})
    assert outcome(decide(replace(case, run=run), P, NOW), "fresh").status == "mismatched"


# ------------------------------------------------------------------------------------------------ applies_when


@pytest.mark.parametrize(
    ("context", "expected"),
    [({}, "missing"), ({"risk_tier": "high"}, "missing"), ({"risk_tier": "low"}, "not_applicable")],
)
def test_what_cannot_be_determined_applies(context, expected):
    text = POLICY + (
        b"  - {id: extra, title: t, why: w, origin: law, applies_when: {risk_tier: [high]}, evaluated: {evaluator: safety}}\n"
    )
    record = good_record()
    changed_context = record.context.model_copy(update=context)
    case = good_case()
    case = replace(case, plan=case.plan.model_copy(update={"context": changed_context}))
    case = with_record(case, record.model_copy(update={"context": changed_context}))
    found = outcome(decide(case, policy_of(text), NOW), "extra")
    assert found.status == expected
    assert (found.clause is not None) == (expected == "not_applicable")


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


# ------------------------------------------------------------------------------------------------ waivers


FAILED = gap("demographic_parity_difference", 0.15, 0.11, 0.19)


def waived_case(approval=(), both=()):
    """A failed gap with a waiver, of which the approval alone or both halves are changed."""
    case = with_gap(FAILED)
    request, waive = waiver(case.record, P.sha256, "gap", "failed", bound=0.16)
    request = request.model_copy(update=dict(both))
    waive = waive.model_copy(update={**dict(both), **dict(approval)})
    return replace(case, claims=(request, waive, *case.claims))


def test_a_waiver_lets_one_outcome_pass_and_keeps_it_visible():
    verdict = decide(waived_case(), P, NOW)
    found = outcome(verdict, "gap")
    assert verdict.allowed
    assert (found.status, found.waived.expires) == ("failed", "2026-12-20")
    assert verdict.headline.startswith("ALLOWED WITH 1 WAIVER until 2026-12-20")
    assert verdict.valid_until <= "2026-12-20"
    assert verdict.counts["waived"] == 1


@pytest.mark.parametrize(
    ("what", "approval", "both"),
    [
        ("expired yesterday", {}, {"expires": "2026-11-22"}),
        ("longer than the cap", {}, {"expires": "2027-06-01"}),
        ("by a role that may not", {"role": "owner"}, {}),
        ("of oneself, by key", {"key": "2" * 64}, {}),
        ("of oneself, by name", {"person": "A"}, {}),
        ("of a request that nobody made", {"request": "e" * 64}, {}),
        ("on other terms than were asked for", {"bound": 0.2}, {}),
        ("of another outcome", {}, {"outcome": "missing"}),
        ("of an unknown requirement", {}, {"requirement": "nothing"}),
        ("under another policy", {}, {"policy_sha256": "e" * 64}),
        ("of another record", {}, {"record_sha256": "e" * 64}),
        ("down to a stricter bound", {}, {"bound": 0.14}),
        ("without a bound", {}, {"bound": None}),
        ("signed in the future", {"at": "2026-11-24T00:00:00Z"}, {}),
    ],
)
def test_a_waiver_that_does_not_fit_is_not_in_force(what, approval, both):
    assert not decide(waived_case(approval, both), P, NOW).allowed, what


def test_a_waiver_holds_through_its_last_day():
    case = waived_case(both={"expires": "2026-11-23"})
    assert decide(case, P, "2026-11-23T23:59:59Z").allowed
    assert not decide(case, P, "2026-11-24T00:00:00Z").allowed


def in_order(case, *order):
    """The case with its claims in another order of signing: by kind of claim."""
    return replace(case, claims=tuple(sorted(case.claims, key=lambda claim: order.index(claim.kind))))


ORDER = ("attest", "preregister", "waive_request")


def test_a_waiver_that_a_signer_had_not_seen_needs_that_signer_again():
    late = in_order(waived_case(), *ORDER, "sign_off", "waive")
    verdict = decide(late, P, NOW)
    (signed,) = verdict.blocking
    assert (signed.kind, signed.status, signed.closed_by) == ("sign_off", "stale", "signature")
    assert "C (owner) signed before the waiver of gap was approved" in signed.explanation
    (sign_off,) = (claim for claim in late.claims if claim.kind == "sign_off")
    again = sign_off.model_copy(update={"id": "f" * 64})
    assert decide(replace(late, claims=(*late.claims, again)), P, NOW).allowed


def test_a_waiver_that_the_signer_approved_was_seen_by_the_signer():
    case = in_order(waived_case(), *ORDER, "sign_off", "waive")
    (approver,) = (claim.key for claim in case.claims if claim.kind == "waive")
    claims = tuple(
        claim.model_copy(update={"key": approver}) if claim.kind == "sign_off" else claim for claim in case.claims
    )
    assert decide(replace(case, claims=claims), P, NOW).allowed


def test_a_waiver_that_waives_nothing_needs_nobody_again():
    case = good_case()
    unused = waiver(case.record, P.sha256, "gap", "failed", bound=0.16)
    assert decide(replace(case, claims=(*case.claims, *unused)), P, NOW).allowed


def test_what_is_not_waivable_is_not_waived():
    case = replace(good_case(), artefacts={"model.skops": "b" * 64})
    claims = (*waiver(case.record, P.sha256, "identity", "failed"), *case.claims)
    assert not decide(replace(case, claims=claims), P, NOW).allowed


def test_no_more_waivers_hold_than_the_policy_allows():
    case = with_gap(FAILED)
    text = POLICY.replace(b"max_active: 2", b"max_active: 0")
    policy = policy_of(text)
    claims = (*waiver(case.record, policy.sha256, "gap", "failed", bound=0.16), *case.claims)
    assert not decide(replace(case, claims=claims), policy, NOW).allowed


# ------------------------------------------------------------------------------------------------ stages and replay


def test_at_review_sign_offs_are_outstanding_and_not_judged():
    case = replace(good_case(), claims=good_case().claims[:2])
    review, release = decide(case, P, NOW, "review"), decide(case, P, NOW, "release")
    assert review.allowed
    assert [item.role for item in review.outstanding] == ["owner"]
    assert not release.allowed


def test_a_rejection_refuses():
    case = good_case()
    rejected = case.claims[2].model_copy(update={"decision": "reject", "id": "a" * 64})
    assert not decide(replace(case, claims=(*case.claims, rejected)), P, NOW).allowed


def test_a_rejection_stands_until_a_later_decision_names_it():
    case = good_case()
    rejection = case.claims[2].model_copy(update={"decision": "reject", "id": "a" * 64})
    later = case.claims[2].model_copy(update={"id": "b" * 64, "at": "2026-11-23T00:00:00Z"})
    claims = (*case.claims[:2], rejection, later)
    assert not decide(replace(case, claims=claims), P, NOW).allowed
    named = (*case.claims[:2], rejection, later.model_copy(update={"answers": "a" * 64}))
    assert decide(replace(case, claims=named), P, NOW).allowed


def test_a_signature_over_another_manifest_is_stale():
    case = replace(good_case(), manifest_sha256="0" * 64)
    assert outcome(decide(case, P, NOW), "signed").status == "stale"


def test_the_same_case_gives_the_same_verdict_byte_for_byte():
    first, second = (decide(good_case(), P, NOW) for _ in range(2))
    assert first.sha256 == second.sha256


@given(st.sampled_from([0.0, 0.03, 0.08, 0.1, 0.12, 0.3]), st.sampled_from([0.01, 0.05, 0.1, 0.2]))
def test_a_stricter_limit_never_allows_more(high, limit):
    case = with_gap(gap("demographic_parity_difference", high / 2, 0.0, high))
    decisions = [
        decide(case, policy_of(POLICY.replace(b"at_most: 0.1,", f"at_most: {value},".encode())), NOW).allowed
        for value in (limit, limit / 2)
    ]
    assert decisions != [False, True]


def test_every_outcome_is_listed_and_numbered():
    verdict = decide(good_case(), P, NOW)
    assert [o.label for o in verdict.outcomes] == [f"R-{i:02d}" for i in range(1, len(verdict.outcomes) + 1)]
    assert all(o.why and o.set_by and o.set_on for o in verdict.outcomes)
    assert not any(a.requirement == b.requirement for a, b in itertools.combinations(verdict.outcomes, 2))
