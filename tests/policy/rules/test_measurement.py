"""A number passes on its bound, fails wholly outside the limit, and is else inconclusive; a thin one never passes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.test_gate import POLICY, P, changed, outcome, policy_of, with_gap, with_record
from tests.samples import calibration_of, chain_of
from tests.strategies import NOW, gap, good_case, good_record

from cardwright.errors import PolicyError
from cardwright.evaluators.pii.entities import MEANT
from cardwright.policy.gate import decide
from cardwright.policy.rules import measurement
from cardwright.record.evaluation import Input
from cardwright.record.measurement import Interval, Measured, Resolution, ScorerError, Unmeasured


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


HELD = calibration_of(chain_of("Ann", "Bob"))
CALIBRATED = {
    "name": "refusal",
    "calibration": HELD.file_sha256,
    "corrected": {"level": 0.95, "lower": 0.0, "upper": 0.09, "method": "rogan_gladen"},
    "expires": "2100-01-01",
}


@pytest.mark.parametrize(
    ("scorer", "status", "said"),
    [
        (None, "passed", "inside"),
        (CALIBRATED, "passed", "inside"),
        ({"name": "refusal", "why": "nobody labelled"}, "inconclusive", "is not known (nobody labelled)"),
        ({**CALIBRATED, "corrected": {**CALIBRATED["corrected"], "upper": 0.2}}, "inconclusive", "lies inside"),
        ({**CALIBRATED, "expires": "2020-01-01"}, "inconclusive", "expired on 2020-01-01"),
    ],
)
def test_a_scorer_of_unknown_error_never_passes_and_the_worse_bound_decides(scorer, status, said):
    m = gap("demographic_parity_difference", 0.05, 0.0, 0.08)
    judged = m.model_copy(update={"scorer": ScorerError.model_validate(scorer) if scorer else None})
    found = resting_on(judged, HELD)
    assert (found.status, said in found.explanation) == (status, True), found.explanation


def resting_on(m, *held, now=NOW, **more):
    """What the gate says of a gap whose evaluation holds these calibrations."""
    case = with_record(good_case(), changed(good_record(), "fairness", measurements=(m,), calibrations=held, **more))
    return outcome(decide(case, P, now), "gap")


def flagged(held, **more):
    """A gap well inside its limit, of what the scorer flagged, corrected by a calibration."""
    scorer = ScorerError.model_validate({**CALIBRATED, "calibration": held.file_sha256, **more})
    return gap("demographic_parity_difference", 0.05, 0.0, 0.08).model_copy(update={"scorer": scorer})


@pytest.mark.parametrize(
    ("now", "status"), [("2027-10-31T12:00:00Z", "passed"), ("2027-11-01T12:00:00Z", "inconclusive")]
)
def test_a_number_that_says_it_expires_later_than_its_calibration_expires_with_it(now, status):
    assert resting_on(flagged(HELD, expires="2100-01-01"), HELD, now=now).status == status


def test_a_number_without_an_expiry_expires_with_its_calibration():
    found = resting_on(flagged(HELD, expires=None), HELD, now="2027-11-02T12:00:00Z")
    assert (found.status, "expired on 2027-11-01" in found.explanation) == ("inconclusive", True)


def test_no_calibration_says_anything_later_than_400_days_after_its_labels():
    """Whatever those who took part signed."""
    long = calibration_of(chain_of("Ann", "Bob", expires="2099-01-01"))
    found = [resting_on(flagged(long), long, now=f"2027-12-{day}T12:00:00Z") for day in (24, 25)]
    assert [one.status for one in found] == ["passed", "inconclusive"]
    assert "expired on 2027-12-25" in found[1].explanation


def test_a_calibration_that_is_taken_out_of_the_record_corrects_nothing():
    found = resting_on(flagged(HELD))
    assert (found.status, "is not in the record" in found.explanation) == ("inconclusive", True)


@pytest.mark.parametrize("need", ["judgements", "calibration"])
def test_verdicts_of_people_are_a_source_and_a_calibration_that_is_one_has_to_be_held(need):
    of = (*good_record().evaluations[0].inputs, Input(need=need, name="v", role="v", sha256="6" * 64))
    m = flagged(HELD, calibration="6" * 64)
    assert resting_on(m, inputs=of).status == ("passed" if need == "judgements" else "inconclusive")


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (chain_of("Ann", "Bob", by="program"), "count as nobody's"),
        (chain_of("Ann", "Bob", transcripts=("9" * 64,)), "drawn from other transcripts"),
        (chain_of("Ann", "Bob", size=50), "it rests on 25 labelled positives, fewer than 30"),
        (chain_of("Ann", "Bob", scorer="canary_leak"), "of the scorer canary_leak"),
    ],
)
def test_what_a_calibration_cannot_say_it_does_not_say_though_the_number_is_corrected(held, said):
    value = calibration_of(held)
    found = resting_on(flagged(value), value)
    assert (found.status, said in found.explanation) == ("inconclusive", True), found.explanation


def test_labels_that_are_still_to_come_say_nothing():
    later = HELD.model_copy(update={"chain": None, "positive_label": None, "labelled_on": "2026-12-24"})
    found = resting_on(flagged(later), later)
    assert (found.status, "labelled on 2026-12-24, which is still to come" in found.explanation) == (
        "inconclusive",
        True,
    )


def test_a_scorer_of_unknown_error_still_fails():
    m = gap("demographic_parity_difference", 0.2, 0.15, 0.3)
    judged = m.model_copy(update={"scorer": ScorerError(name="refusal", why="nobody labelled")})
    assert outcome(decide(with_gap(judged), P, NOW), "gap").status == "failed"


def test_a_rate_sliced_by_who_said_it_passes_nothing_without_that_scorer():
    """Leaving the scorer out of a record is no advantage."""
    text = POLICY.replace(b"slices: every_group", b"slices: [{scorer: x}]")
    record = good_record()
    rate = next(m for m in record.evaluations[0].measurements if m.metric == "true_positive_rate")
    rates = (rate.model_copy(update={"slice": {"scorer": "x"}}),)
    case = with_record(good_case(), changed(record, "fairness", measurements=rates))
    found = outcome(decide(case, policy_of(text), NOW), "tpr")
    assert (found.status, "does not state the error of its scorer" in found.explanation) == ("inconclusive", True)


def test_an_open_gap_names_the_difference_that_any_two_groups_would_have_shown_and_no_lower_end():
    """Between larger groups a smaller difference is found as often, so nothing smaller is called invisible."""
    gaps = pytest.importorskip(
        "cardwright.statistics.gaps", reason="statistics need the tabular extra", exc_type=ImportError
    )
    shown = gaps.detectable_gap(0.5, [60, 60, 2000, 2000])
    between_the_large = gaps.detectable_gap(0.5, [2000, 2000, 2000, 2000])
    assert between_the_large < shown / 4
    m = gap("demographic_parity_difference", 0.05, 0.0, 0.2)
    open_ = m.model_copy(update={"resolution": Resolution(detectable=shown, needed=9000)})
    explanation = outcome(decide(with_gap(open_), P, NOW), "gap").explanation
    assert f"a difference in rates of {shown:.3g} would have been found with 80 % power" in explanation
    assert "a smaller one could be missed" in explanation
    assert "no smaller" not in explanation
    assert "About 9,000 cases like these would settle it if the value stays the same." in explanation


@pytest.mark.parametrize(
    ("metric", "unit", "value", "said"),
    [
        ("equalized_odds_difference", "difference", 0.6 - 0.4, "false positive rate: lowest a 0.400, highest b 0.600"),
        ("equal_opportunity_ratio", "ratio", 0.7 / 0.8, "true positive rate: lowest a 0.700, highest b 0.800"),
        (
            "standardized_selection_rate_difference",
            "difference",
            0.37,
            "selection rate: lowest a 0.500, highest b 0.550",
        ),
        ("equalized_odds_difference", "difference", 0.3, "lowest a, highest b"),
    ],
)
def test_a_gap_names_the_rate_that_it_is_of_and_both_values_where_the_evaluation_tells(metric, unit, value, said):
    rates = {
        "selection_rate": (0.5, 0.55),
        "true_positive_rate": (0.7, 0.8),
        "false_positive_rate": (0.4, 0.6),
        "true_negative_rate": (0.6, 0.4),
    }
    by_group = tuple(
        Measured(metric=name, slice={"race": group}, value=one, unit="proportion", direction="neither")
        for name, values in rates.items()
        for group, one in zip("ab", values, strict=True)
    )
    m = gap(metric, value, max(0.0, value - 0.1), value + 0.1)
    groups = m.groups.model_copy(update={"lowest": {"race": "a"}, "highest": {"race": "b"}})
    named = m.model_copy(update={"groups": groups, "unit": unit})
    case = with_record(good_case(), changed(good_record(), "fairness", measurements=(named, *by_group)))
    text = POLICY.replace(b"demographic_parity_difference", metric.encode())
    assert f"; {said})" in outcome(decide(case, policy_of(text), NOW), "gap").explanation


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


@given(st.sampled_from([0.0, 0.03, 0.08, 0.1, 0.12, 0.3]), st.sampled_from([0.01, 0.05, 0.1, 0.2]))
def test_a_stricter_limit_never_allows_more(high, limit):
    case = with_gap(gap("demographic_parity_difference", high / 2, 0.0, high))
    decisions = [
        decide(case, policy_of(POLICY.replace(b"at_most: 0.1,", f"at_most: {value},".encode())), NOW).allowed
        for value in (limit, limit / 2)
    ]
    assert decisions != [False, True]


@pytest.mark.parametrize(
    ("smallest", "status"), [(60.0, "passed"), (50.0, "passed"), (49.0, "inconclusive"), (None, "inconclusive")]
)
def test_a_gap_passes_only_where_its_smallest_group_has_the_cases_the_policy_asks_for(smallest, status):
    policy = policy_of(POLICY.replace(b"max_unknown_share: 0.05", b"max_unknown_share: 0.05, min_denominator: 50"))
    measured = gap("demographic_parity_difference", 0.05, 0.02, 0.08)
    measured = measured.model_copy(update={"groups": measured.groups.model_copy(update={"smallest": smallest})})
    assert outcome(decide(with_gap(measured), policy, NOW), "gap").status == status


RELATIVE = policy_of(POLICY.replace(b"at_least: 0.6,", b"at_least: -0.05, on: value, relative_to_baseline: true,"))


def compared_with(rate: float, **inputs):
    """The good case, whose rates are 0.8, compared with a baseline of another rate."""
    record = good_record()
    of_before = record.evaluations[0]
    rates = [m if m.across else m.model_copy(update={"value": rate}) for m in of_before.measurements]
    read = tuple(one.model_copy(update=inputs) for one in of_before.inputs)
    before = changed(record, "fairness", measurements=tuple(rates), inputs=read)
    return outcome(decide(replace(good_case(), baseline=before), RELATIVE, NOW), "tpr")


@pytest.mark.parametrize(("rate", "status"), [(0.7, "passed"), (0.84, "passed"), (0.86, "failed")])
def test_a_limit_relative_to_a_baseline_is_on_the_difference_of_the_two_records(rate, status):
    assert compared_with(rate).status == status


def test_a_baseline_that_read_another_file_is_about_other_rows_as_far_as_anybody_can_tell():
    found = compared_with(0.7, sha256="9" * 64)
    assert found.status == "inconclusive"
    assert "another file" in found.explanation


def test_without_a_baseline_what_is_relative_to_one_is_missing():
    assert outcome(decide(good_case(), RELATIVE, NOW), "tpr").status == "missing"


@pytest.mark.parametrize(
    ("entity", "status"), [("PERSON", "inconclusive"), ("STREET_ADDRESS", "inconclusive"), ("US_SSN", "passed")]
)
def test_that_no_name_is_found_passes_nothing_also_if_the_record_leaves_out_who_looked(entity, status):
    asked = (
        (b"metric: true_positive_rate", b"metric: pii_row_rate"),
        (b"slices: every_group", b"slices: [{entity: %s}]" % entity.encode()),
        (b"at_least: 0.6", b"at_most: 0.1"),
    )
    text = POLICY
    for old, new in asked:
        assert old in text
        text = text.replace(old, new)
    record = good_record()
    rate = next(m for m in record.evaluations[0].measurements if m.metric == "true_positive_rate")
    none = {"metric": "pii_row_rate", "slice": {"entity": entity}, "direction": "lower_is_better"}
    low = {"value": 0.0, "interval": Interval(level=0.95, lower=0.0, upper=0.01, method="wilson")}
    case = with_record(
        good_case(), changed(record, "fairness", measurements=(rate.model_copy(update={**none, **low}),))
    )
    assert outcome(decide(case, policy_of(text), NOW), "tpr").status == status


def test_the_kinds_that_no_form_tells_are_those_of_the_evaluator():
    assert measurement._NAMED_KINDS == MEANT


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (b"at_least: 0.6, at_most: 0.9", "say at_least or at_most"),
        (b"on: value", "say at_least or at_most"),
        (b"at_least: 0.6, intersections: true", "intersections goes with"),
        (b"at_least: 0.6, across: [race]", "say across or slices, not both"),
        (b"at_least: 0.6, slices: overall, attributes: {race: [a]}", "attributes goes with"),
    ],
)
def test_a_question_that_contradicts_itself_is_refused(asked, why):
    text = POLICY.replace(b"at_least: 0.6,", asked + b",")
    if b"slices: overall" in asked:
        text = text.replace(b", slices: every_group", b"")
    with pytest.raises(PolicyError, match=why):
        policy_of(text)


def test_a_difference_of_two_records_has_no_interval_to_pass_on():
    """Only a policy that asks for the value itself gets an answer; on a bound nothing is known."""
    on_bound = policy_of(POLICY.replace(b"at_least: 0.6,", b"at_least: -0.05, relative_to_baseline: true,"))
    before = good_record()
    found = outcome(decide(replace(good_case(), baseline=before), on_bound, NOW), "tpr")
    assert (found.status, "has no interval" in found.explanation) == ("inconclusive", True)


@pytest.mark.parametrize(
    "before",
    [
        {"evaluator": "performance"},
        {
            "measurements": (
                Unmeasured(metric="true_positive_rate", slice={"race": "a"}, code="undefined", reason="no row"),
            )
        },
    ],
)
def test_a_baseline_without_the_same_number_compares_with_nothing(before):
    baseline = changed(good_record(), "fairness", **before)
    found = outcome(decide(replace(good_case(), baseline=baseline), RELATIVE, NOW), "tpr")
    assert (found.status, "no counterpart" in found.explanation) == ("missing", True)


def test_slices_that_the_policy_lists_are_all_asked_for_and_no_others():
    """A group that the policy names and the record lacks is missing; one that it does not name is not its concern."""
    named = policy_of(POLICY.replace(b"slices: every_group", b"slices: [{race: a}]"))
    assert outcome(decide(good_case(), named, NOW), "tpr").status == "passed"
    absent = policy_of(POLICY.replace(b"slices: every_group", b"slices: [{race: a}, {race: nobody}]"))
    found = outcome(decide(good_case(), absent, NOW), "tpr")
    assert (found.status, "race = nobody" in found.explanation) == ("missing", True)


def test_a_class_and_a_stratum_are_part_of_what_is_asked_and_are_named_in_the_answer():
    """The same rate of all classes, or of all strata together, is another number."""
    for more, words in ((b"of_class: refused", "of class refused"), (b"given: [income]", "given income")):
        asked = policy_of(POLICY.replace(b"slices: every_group", more + b", slices: every_group"))
        found = outcome(decide(good_case(), asked, NOW), "tpr")
        assert (found.status, words in found.explanation) == ("missing", True)


@pytest.mark.parametrize(
    ("accepted", "code", "passes"),
    [
        (b"not_applicable: true, ", "not_applicable", True),
        (b"", "not_applicable", False),
        (b"not_applicable: true, ", "undefined", False),
        (b"not_applicable: true, ", "suppressed", False),
    ],
)
def test_a_number_that_cannot_arise_is_accepted_only_where_the_policy_says_so_and_one_that_is_unknown_never(
    accepted, code, passes
):
    record = good_record()
    first, *rest = record.evaluations[0].measurements
    none = Unmeasured(metric=first.metric, slice=first.slice, code=code, reason="no positive case can be")
    case = with_record(good_case(), changed(record, "fairness", measurements=(none, *rest)))
    asked = policy_of(
        POLICY.replace(b"slices: every_group", accepted + b"slices: [{race: " + first.slice["race"].encode() + b"}]")
    )
    verdict = decide(case, asked, NOW)
    found = outcome(verdict, "tpr")
    assert (found.status == "not_applicable", found.releases) == (passes, passes)


@pytest.mark.parametrize(
    ("level", "status"), [(0.95, "passed"), (0.9, "passed"), (0.89, "inconclusive"), (0.01, "inconclusive")]
)
def test_an_interval_of_a_low_level_passes_nothing(level, status):
    """Whoever writes the plan chooses the level: at one percent every interval is narrow."""
    m = gap("demographic_parity_difference", 0.05, 0.0, 0.08)
    found = outcome(
        decide(with_gap(m.model_copy(update={"interval": m.interval.model_copy(update={"level": level})})), P, NOW),
        "gap",
    )
    assert (found.status, (f"one of {level * 100:g} %" in found.explanation)) == (status, status != "passed")


def test_a_correction_of_a_low_level_passes_nothing():
    low = {**CALIBRATED["corrected"], "level": 0.5}
    found = resting_on(flagged(HELD, corrected=low), HELD)
    assert (found.status, "one of 50 %" in found.explanation) == ("inconclusive", True)


def test_an_interval_of_a_low_level_fails_all_the_same():
    m = gap("demographic_parity_difference", 0.2, 0.15, 0.3)
    low = m.model_copy(update={"interval": m.interval.model_copy(update={"level": 0.5})})
    assert outcome(decide(with_gap(low), P, NOW), "gap").status == "failed"
