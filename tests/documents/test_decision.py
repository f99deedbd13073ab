"""Who signed and how independently, until when and why, and what was known before, as the claims and the verdict have it."""

from dataclasses import replace

import pytest
from tests.documents.test_documents import edition
from tests.strategies import good_case

from cardwright.documents import decision
from cardwright.record import Measured
from cardwright.record.claim import Attest, Countersign, Preregister, SignOff
from cardwright.record.measurement import Excluded, Groups, Interval, Resolution

KEYS = {"Ada": "a" * 64, "Ben": "b" * 64}
MANIFEST = "c" * 64


def by(person, role="owner", at="2026-11-20T10:00:00Z", id=None):
    return {"person": person, "key": KEYS[person], "role": role, "at": at, "id": id}


def sign(person, what="approve", meaning="approval", **more):
    return SignOff(decision=what, meaning=meaning, manifest_sha256=MANIFEST, **{**by(person), **more})


def signed(*claims):
    return decision.signatures(replace(edition(good_case()), claims=claims, manifest_sha256=MANIFEST))


def test_a_rejection_stays_beside_the_decision_that_answers_it():
    first = sign("Ben", "reject", id="1" * 64, comment="Too few cases.")
    second = sign("Ben", answers="1" * 64, id="2" * 64, at="2026-11-21T10:00:00Z")
    told = signed(first, second)
    assert [one.claim.decision for one in told] == ["reject", "approve"]
    assert [one.answers for one in told] == [None, first]


def test_who_made_what_is_judged_is_told_from_who_did_not():
    told = signed(sign("Ada", meaning="authorship"), sign("Ada", meaning="responsibility"), sign("Ben"))
    assert [one.independence for one in told] == ["made it", "made it", "did not make it"]
    assert [one.independence for one in signed(sign("Ben"))] == ["unknown"]


def dated(day, **claims):
    case = edition(good_case(), **claims)
    return replace(case, verdict=case.verdict.model_copy(update={"valid_until": day}))


def test_why_the_decision_ends_is_told_by_what_ends_on_that_day():
    answer = Attest(checklist="c", item="i", answer="met", statement="s", expires="2027-01-31", **by("Ada"))
    until = decision.validity(dated("2027-01-31", claims=(answer,)))
    assert (until.day, until.answers, until.waivers, until.ages) == ("2027-01-31", (answer,), (), ())
    aged = decision.validity(dated("2027-02-28"))
    assert {o.kind for o in aged.ages} <= {"age"}
    assert decision.validity(dated(None)) is None


@pytest.mark.parametrize(("started", "counted"), [("2026-01-01", "after"), ("2027-01-01", "before")])
def test_thresholds_are_counted_before_and_after_the_run(started, counted):
    case = edition(good_case())
    run = case.run.model_copy(update={"started": f"{started}T10:00:00Z"})
    told = decision.of(replace(case, run=run), {}).thresholds
    total = len(case.verdict.outcomes)
    assert (told.before, len(told.after)) == ((total, 0) if counted == "before" else (0, total))
    assert decision.of(replace(case, run=None), {}).thresholds.run_on is None


def test_the_plan_counts_as_signed_before_the_run_only_by_an_earlier_signature_of_it():
    case = edition(good_case())
    plan = case.record.provenance.plan_sha256
    early = Preregister(plan_sha256=plan, **by("Ben", at="2020-01-01T00:00:00Z"))
    late = Preregister(plan_sha256=plan, **by("Ben", at="2099-01-01T00:00:00Z"))
    other = Preregister(plan_sha256="d" * 64, **by("Ben", at="2020-01-01T00:00:00Z"))
    assert decision.of(replace(case, claims=(early, late, other)), {}).thresholds.preregistered == (early,)


def test_the_ledger_is_where_the_longest_countersignature_says():
    short, long = (Countersign(manifest_sha256=MANIFEST, head="e" * 64, length=n, **by("Ada")) for n in (3, 9))
    assert decision.of(replace(edition(good_case()), claims=(long, short)), {}).ledger == long


def test_rows_and_groups_that_gaps_leave_out_are_told_once_for_the_evaluations_that_share_them():
    case = edition(good_case())
    groups = Groups(
        compared=2, expected=3, unknown=4, rows=100, excluded=(Excluded(slice={"race": "c"}, reason="few"),)
    )
    gap = Measured(
        metric="gap", across=("race",), value=0.1, unit="difference", direction="lower_is_better", groups=groups
    )
    both = tuple(e.model_copy(update={"measurements": (gap,)}) for e in case.record.evaluations)
    record = case.record.model_copy(update={"evaluations": both})
    (told,) = decision.of(replace(case, record=record), {e.id: e.id for e in both}).uncovered
    assert told.evaluations == tuple(e.id for e in both)
    assert (told.unknown, told.rows, [e.slice for e in told.excluded]) == (4, 100, [{"race": "c"}])


def test_evaluations_with_as_many_unknown_rows_are_told_together_whatever_else_they_leave_out():
    case = edition(good_case())
    first, second = case.record.evaluations[:2]
    few = Excluded(slice={"race": "c"}, reason="few")

    def leaving_out(evaluation, *excluded):
        groups = Groups(compared=2, expected=3, unknown=4, rows=100, excluded=excluded)
        gap = Measured(
            metric="gap", across=("race",), value=0.1, unit="difference", direction="lower_is_better", groups=groups
        )
        return evaluation.model_copy(update={"measurements": (gap,)})

    record = case.record.model_copy(update={"evaluations": (leaving_out(first, few), leaving_out(second))})
    told = decision.of(replace(case, record=record), {first.id: "E-1", second.id: "E-2"})
    assert [(one.evaluations, one.unknown, one.rows) for one in told.unknown_rows] == [(("E-1", "E-2"), 4, 100)]
    assert [(one.evaluations, one.excluded) for one in told.left_out] == [(("E-1",), (few,))]


def test_what_a_judged_gap_could_have_missed_is_told_with_its_requirement():
    case = edition(good_case())
    seen = next((o, s) for o in case.verdict.outcomes for s in o.observations if s.across)
    outcome, observation = seen
    evaluations = tuple(
        e.model_copy(
            update={
                "measurements": tuple(
                    m.model_copy(update={"resolution": Resolution(detectable=0.07)})
                    if (m.metric, m.across) == (observation.metric, observation.across)
                    else m
                    for m in e.measurements
                )
            }
        )
        for e in case.record.evaluations
    )
    told = decision.of(
        replace(case, record=case.record.model_copy(update={"evaluations": evaluations})), {}
    ).undetectable
    assert (outcome.label, 0.07) in {(one.label, one.m.resolution.detectable) for one in told}


def test_every_method_of_an_interval_is_told_with_the_requirements_that_rest_on_it():
    case = edition(good_case())
    told = {one.method: one.labels for one in decision.of(case, {}).methods}
    for outcome in case.verdict.outcomes:
        for seen in outcome.observations:
            if outcome.limit is not None and seen.interval is not None:
                assert outcome.label in told[seen.interval.method]
    assert told


def test_who_has_several_parts_in_what_is_judged_is_named_with_all_of_them():
    case = edition(good_case())
    verdict = case.verdict.model_copy(
        update={"outcomes": tuple(o.model_copy(update={"set_by": "Ada"}) for o in case.verdict.outcomes)}
    )
    record = case.record.model_copy(
        update={
            "subject": case.record.subject.model_copy(update={"supplier": "Ada"}),
            "provenance": case.record.provenance.model_copy(update={"author": "Ben"}),
            "details": case.record.details.model_copy(update={"answers": {}}),
        }
    )
    told = decision.of(replace(case, record=record, verdict=verdict), {}).several_parts
    assert [(one.name, one.parts) for one in told] == [("Ada", ("supplier", "choice of thresholds"))]


def only(case, **seen):
    """The edition with one outcome, whose one observation is changed."""
    outcome = next(o for o in case.verdict.outcomes if o.limit is not None and o.limit.operator == "at_most")
    changed = outcome.model_copy(
        update={"observations": (outcome.observations[0].model_copy(update={**seen, "status": "passed"}),)}
    )
    return replace(case, verdict=case.verdict.model_copy(update={"outcomes": (changed,)}))


def test_how_far_its_interval_lets_a_number_be_is_told_where_nothing_says_what_its_cases_could_have_shown():
    case = edition(good_case())
    bounds = Interval(level=0.95, lower=0.0, upper=0.026, method="wilson")
    rate = decision.of(only(case, metric="attack_success_rate", across=(), interval=bounds), {})
    gap = decision.of(only(case, metric="standardized_mean_error_difference", interval=bounds), {})
    for told in (rate, gap):
        assert [(one.bound, one.unit) for one in told.reaches] == [(0.026, "ratio")]
    assert (rate.adjusted, rate.tested) == (False, False)


def test_a_method_that_adjusts_for_other_numbers_is_known_by_its_name():
    case = edition(good_case())
    for method, adjusted in (("wilson", False), ("wilson_bonferroni", True), ("tukey_newcombe", True)):
        bounds = Interval(level=0.95, lower=0.0, upper=0.026, method=method)
        assert decision.of(only(case, interval=bounds), {}).adjusted is adjusted
