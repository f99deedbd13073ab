"""Who signed and how independently, until when and why, and what was known before, as the claims and the verdict have it."""

import re
from dataclasses import replace

import pytest
from tests.documents.test_documents import edition
from tests.strategies import good_case

from cardwright import documents
from cardwright.documents import audience, decision
from cardwright.record import Measured
from cardwright.record.claim import Attest, Countersign, Preregister, Releaser, SignOff
from cardwright.record.details import Answer
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
    assert [(one.evaluation, one.slice, one.reasons) for one in told.left_out] == [("E-1", {"race": "c"}, ("few",))]


def share(metric, count, of, **slice_):
    return Measured(
        metric=metric,
        slice=slice_,
        value=count / of,
        unit="proportion",
        direction="lower_is_better",
        numerator=count,
        denominator=of,
    )


def test_what_was_asked_and_is_in_no_rate_is_told_once_for_each_kind_of_interaction():
    """Those of a category are among all; another evaluator's error rate is of decisions, which are all in its rates."""
    case = edition(good_case())
    first, second = case.record.evaluations[:2]
    measured = (
        share("unscored_rate", 1, 83), share("error_rate", 2, 83), share("unscored_rate", 1, 1, category="persuasion"),
        share("unscored_rate", 0, 64, intent="benign"), share("error_rate", 0, 64, intent="benign"),
    )  # fmt: skip
    asked = first.model_copy(update={"measurements": measured})
    other = second.model_copy(update={"measurements": (share("error_rate", 9, 90),)})
    record = case.record.model_copy(update={"evaluations": (asked, other)})
    told = decision.of(replace(case, record=record), {first.id: "E-1", second.id: "E-2"})
    (one,) = told.unscored
    assert (one.evaluation, one.slice, one.unscored, one.errors, one.total) == ("E-1", {}, 1, 2, 83)
    assert not told.gaps
    page = documents.render(replace(case, record=record), document="audit_report", format="html").decode()
    text = " ".join(re.sub("<[^>]+>", "", page).split())
    assert "No gap between groups was measured. Interactions that are in no rate: E-1 1 of 83 not scored, 2 ended" in (
        text.replace("2 ended in an error", "2 ended")
    )
    assert "leaves out a row" not in text


def gap_without(metric, *slices, across=("race",)):
    excluded = tuple(Excluded(slice=one, reason=f"{metric} of few") for one in slices)
    groups = Groups(compared=2, expected=3, rows=100, excluded=excluded)
    return Measured(
        metric=metric, across=across, value=0.1, unit="difference", direction="lower_is_better", groups=groups
    )


def test_which_gaps_leave_a_group_out_is_counted_over_the_same_attributes_and_judged_ones_come_first():
    case = edition(good_case())
    outcome, seen = next((o, s) for o in case.verdict.outcomes for s in o.observations if s.across)
    hidden, shown = {seen.across[0]: "c"}, {seen.across[0]: "d"}
    gaps = (
        gap_without("odd_gap", hidden, across=("other",)),
        gap_without("another_gap", hidden, shown, across=seen.across),
        gap_without("third_gap", across=seen.across),
        gap_without(seen.metric, hidden, across=seen.across),
    )
    changed = tuple(
        e.model_copy(update={"measurements": gaps if e.id == seen.evaluation else ()}) for e in case.record.evaluations
    )
    record = case.record.model_copy(update={"evaluations": changed})
    told = decision.of(replace(case, record=record), {seen.evaluation: "E-9"}).left_out
    first = told[0]
    assert (first.evaluation, first.slice, first.gaps, first.of) == ("E-9", hidden, (seen.metric, "another_gap"), 3)
    assert first.reasons == (f"{seen.metric} of few", "another_gap of few")
    assert outcome.label in first.labels
    assert [(one.across, one.slice, len(one.gaps), one.labels) for one in told[1:]] == [
        (seen.across, shown, 1, ()),
        (("other",), hidden, 1, ()),
    ]


def test_a_perturbation_is_no_group():
    case = edition(good_case())
    first, *others = case.record.evaluations
    gaps = (gap_without("largest_drop", {"perturbation": "missing 0.1"}, across=()), gap_without("gap", {"race": "c"}))
    record = case.record.model_copy(update={"evaluations": (first.model_copy(update={"measurements": gaps}), *others)})
    told = decision.of(replace(case, record=record), {first.id: "E-1"}).left_out
    assert [(one.slice, one.is_group) for one in told] == [
        ({"race": "c"}, True),
        ({"perturbation": "missing 0.1"}, False),
    ]


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


def test_everybody_who_signed_is_told_with_every_role_in_which_they_did():
    answers = [Attest(checklist="c", item=i, answer="met", statement="s", **by("Ben", "security")) for i in "ij"]
    said = (*answers, sign("Ada"), sign("Ben", role="risk_head"))
    releaser = Releaser(person="Ada", key=KEYS["Ada"], at="2026-11-22T10:00:00Z")
    told = decision.of(replace(edition(good_case()), claims=said, released_by=releaser), {}).signers
    assert {one.name: {r.role: r.kinds for r in one.roles} for one in told} == {
        "Ben": {"security": (("attest", 2),), "risk_head": (("sign_off", 1),)},
        "Ada": {"owner": (("sign_off", 1),), "release": (("release", 1),)},
    }


def test_in_a_public_edition_signers_without_names_stay_apart():
    public = replace(edition(good_case()), claims=(sign("Ada"), sign("Ben")), audience="public")
    shown = audience.edition_for(public)
    told = decision.of(shown, {})
    assert [one.name for one in told.signers] == [audience.NOBODY] * 2
    assert (told.several_parts, told.accepted_by_another) == ((), ())


@pytest.mark.parametrize(("what", "objected"), [("approve", False), ("reject", True), ("request_changes", True)])
def test_an_objection_counts_as_one_whatever_was_said_afterwards(what, objected):
    first, second = sign("Ben", what, id="1" * 64), sign("Ben", answers="1" * 64, id="2" * 64)
    assert decision.of(replace(edition(good_case()), claims=(first, second)), {}).objected is objected


def accepting(*accepted, stated_by="Ada, owner"):
    entries = tuple({"risk": f"risk {n}", "accepted_by": name} for n, name in enumerate(accepted))
    answer = Answer(entries=entries, stated_by=stated_by, stated_on="2026-11-01")
    case = edition(good_case())
    details = case.record.details.model_copy(update={"answers": {"risks": answer}})
    return replace(case, record=case.record.model_copy(update={"details": details}))


def test_an_acceptance_that_somebody_else_states_is_told_and_whether_its_owner_approved_the_dossier():
    stated = accepting("Ada", "Ben, risk head", "Ben, risk head", "nobody yet")
    (told,) = decision.of(stated, {}).accepted_by_another
    assert (told.accepted_by, told.stated_by, told.risks, told.approved) == (
        "Ben, risk head", "Ada, owner", ("risk 1", "risk 2"), None,
    )  # fmt: skip
    approval = sign("Ben", id="1" * 64)
    (told,) = decision.of(replace(stated, claims=(approval, sign("Ada"))), {}).accepted_by_another
    assert told.approved == approval
    (told,) = decision.of(replace(stated, claims=(sign("Ben", "reject"),)), {}).accepted_by_another
    assert told.approved is None


def test_a_name_with_a_function_behind_it_is_that_persons_and_two_functions_are_not_one_person():
    case = accepting("Ada", stated_by="Ada, owner")
    provenance = case.record.provenance.model_copy(update={"author": "Ada"})
    told = decision.of(replace(case, record=case.record.model_copy(update={"provenance": provenance})), {})
    assert ("plan and run", "statements", "acceptance of risks") in [one.parts for one in told.several_parts]
    two = decision.of(accepting("Doe, Jo", stated_by="Doe, Al"), {})
    assert [one.accepted_by for one in two.accepted_by_another] == ["Doe, Jo"]


def test_who_accepted_some_of_the_risks_is_not_said_to_have_accepted_all():
    case = accepting("Ada", "Ben, risk head", stated_by="Ada, owner")
    (told,) = [one for one in decision.of(case, {}).several_parts if one.name == "Ada, owner"]
    assert told.parts == ("statements", "acceptance of some risks")


def test_whether_the_signed_plan_covers_the_thresholds_is_told_by_the_policy_that_it_names():
    case = edition(good_case())
    policy = case.verdict.policy.sha256
    for named, covered in ((policy, True), ("d" * 64, False), (None, None)):
        told = decision.of(replace(case, plan_policy_sha256=named, earlier_runs=2), {}).thresholds
        assert (told.policy_signed, told.earlier_runs) == (covered, 2)


def test_evaluations_that_were_taken_over_are_told_where_thresholds_are():
    case = edition(good_case())
    first, *others = case.record.evaluations
    again = (first.model_copy(update={"reused_from": "e" * 64}), *others)
    record = case.record.model_copy(update={"evaluations": again})
    names = {one.id: f"E-{n}" for n, one in enumerate(again, 1)}
    assert decision.of(replace(case, record=record), names).thresholds.reused == ("E-1",)
