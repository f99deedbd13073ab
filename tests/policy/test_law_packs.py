"""Law and practice as dated data: each pack is valid, says where its source stands, and judges as its source describes."""

import pytest

pytest.importorskip("numpy", reason="metrics of arrays need the tabular extra")

from tests.policy.test_gate import NOW, changed
from tests.strategies import good_record

from cardwright import metrics
from cardwright.errors import PolicyError
from cardwright.files import packaged
from cardwright.policy import checklist, policy, report
from cardwright.policy.gate import decide
from cardwright.record import Case, canonical
from cardwright.record.measurement import Groups, Interval, Measured
from cardwright.record.verdict import Standing


def packaged_one(name):
    data, where = packaged.read("policies", name)
    return policy.read_policy(data, where=where, find=lambda *_: packaged.read("policies", name))


LAW = ("employment_us", "lending_us")


@pytest.mark.parametrize("name", LAW)
def test_every_threshold_says_where_it_comes_from(name):
    """Law, guidance and practice are cited; a limit on a number is never presented as law."""
    for requirement in packaged_one(name).requirements:
        assert requirement.origin in ("internal", "practice") or requirement.citation
        if requirement.measurement is not None:
            assert requirement.origin != "law"


@pytest.mark.parametrize("name", LAW)
def test_law_and_guidance_say_where_they_stand(name):
    for requirement in packaged_one(name).requirements:
        if requirement.origin in ("law", "guidance"):
            assert requirement.standing is not None and requirement.standing.effective is not None


def ratio(value, lower, upper, metric="demographic_parity_ratio"):
    """A gap over race that covers all expected groups."""
    return Measured(
        metric=metric,
        across=("race",),
        value=value,
        unit="ratio",
        direction="higher_is_better",
        interval=Interval(level=0.95, lower=lower, upper=upper, method="tukey_donner_zou"),
        groups=Groups(compared=3, expected=3, rows=2000),
    )


def judged(name, requirement, measurement):
    record = changed(good_record(), "fairness", measurements=(measurement,))
    (test,) = record.provenance.datasets
    provenance = record.provenance.model_copy(update={"datasets": (test.model_copy(update={"task": "binary"}),)})
    record = record.model_copy(update={"provenance": provenance})
    verdict = decide(Case(record=record), packaged_one(name), NOW, "review")
    (outcome,) = [o for o in verdict.outcomes if o.requirement == requirement]
    return outcome


@pytest.mark.parametrize(
    ("value", "lower", "upper", "status"),
    [
        (0.95, 0.85, 1.0, "passed"),
        (0.79, 0.70, 0.88, "inconclusive"),
        (0.60, 0.50, 0.70, "failed"),
        (0.85, 0.75, 0.96, "inconclusive"),
    ],
)
@pytest.mark.parametrize(
    ("name", "requirement"), [("employment_us", "four-fifths"), ("lending_us", "adverse-impact-ratio")]
)
def test_four_fifths_is_decided_by_the_bound_and_not_by_the_point(name, requirement, value, lower, upper, status):
    """A ratio of 0.79 that chance could explain neither passes nor fails, nor does one of 0.85 from few rows."""
    assert judged(name, requirement, ratio(value, lower, upper)).status == status


def test_a_shift_of_scores_is_held_against_its_upper_bound():
    metric = "largest_standardized_mean_difference"
    assert judged("lending_us", "score-shift", ratio(0.1, 0.0, 0.25, metric)).status == "passed"
    assert judged("lending_us", "score-shift", ratio(0.2, 0.1, 0.35, metric)).status == "inconclusive"
    assert judged("lending_us", "score-shift", ratio(0.5, 0.4, 0.6, metric)).status == "failed"


def test_the_gates_report_prints_citation_and_standing():
    record = changed(good_record(), "fairness", measurements=(ratio(0.6, 0.5, 0.7),))
    text = " ".join(report.as_text(decide(Case(record=record), packaged_one("employment_us"), NOW, "review")).split())
    assert (
        "29 CFR 1607.4(D), Uniform Guidelines on Employee Selection Procedures (1978) [guidance; in force since" in text
    )
    assert "its rescission proposed (as of 2026-10-07): rescission under way as RIN 3046-AB43" in text


def test_a_policy_that_says_nothing_of_standing_keeps_its_digest():
    """The field is left out of the bytes where nobody said it, so that policies accepted by digest stay accepted."""
    found = packaged_one("employment_us")
    silent = found.model_copy(
        update={"requirements": tuple(r.model_copy(update={"standing": None}) for r in found.requirements)}
    )
    assert b"standing" not in canonical.dumps(silent)
    assert b"standing" in canonical.dumps(found)
    assert policy.Policy.model_validate(canonical.loads(canonical.dumps(found))) == found


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"status": "in_force", "effective": "2023-07-05"}, "in force since 2023-07-05 (as of 2026-10-07)"),
        (
            {"status": "superseded", "effective": "1994-04-15", "superseded": "2026-07-21", "note": "FR 2026-07804"},
            "superseded on 2026-07-21, effective from 1994-04-15 (as of 2026-10-07): FR 2026-07804",
        ),
        ({"status": "in_force", "superseded": "2027-01-01"}, "in force, until 2027-01-01 (as of 2026-10-07)"),
        (
            {"status": "proposed", "effective": "2027-01-01"},
            "proposed, to be effective from 2027-01-01 (as of 2026-10-07)",
        ),
        ({"status": "voluntary"}, "voluntary (as of 2026-10-07)"),
    ],
)
def test_standing_in_words(said, words):
    assert Standing(as_of="2026-10-07", **said).words == words


@pytest.mark.parametrize(
    "said",
    [
        {"status": "superseded"},
        {"status": "in_force", "effective": "2026-01-02", "superseded": "2026-01-01"},
        {"status": "repealed"},
    ],
)
def test_a_standing_that_makes_no_sense_is_refused(said):
    with pytest.raises(ValueError, match="superseded"):
        Standing(as_of="2026-10-07", **said)


# --- the checklist of Local Law 144 -------------------------------------------------------------------------------------


def local_law_144():
    data, where = packaged.read("checklists", "nyc_ll144")
    return checklist.read(data, where=where)


def with_impact_ratios(*more):
    record = good_record()
    fairness = record.evaluations[0]
    measurements = (
        Measured(metric="impact_ratio", slice={"sex": "female"}, value=0.9, unit="ratio", direction="neither"),
        Measured(metric="unknown_category_count", across=("sex",), value=3, unit="count", direction="neither"),
    )
    swapped = fairness.model_copy(update={"evaluator": "impact_ratio", "measurements": (*measurements, *more)})
    return record.model_copy(update={"evaluations": (swapped, *record.evaluations[1:])})


def test_tables_of_impact_ratios_support_their_clauses_and_people_the_others():
    without = {i.item: i.answered for i in checklist.coverage(local_law_144(), good_record()).items}
    found = {i.item: i.answered for i in checklist.coverage(local_law_144(), with_impact_ratios()).items}
    for item in ("rates", "ratios", "unknown"):
        assert (without[f"ll144.301.{item}"], found[f"ll144.301.{item}"]) == ("missing", "evidence")
    for item in ("ll144.301.small", "ll144.300.auditor", "ll144.303.summary", "ll144.304.notice"):
        assert found[item] == "missing"


def test_ratios_by_sex_alone_do_not_support_ratios_by_both_attributes_together():
    crossed = Measured(
        metric="impact_ratio", slice={"race": "a", "sex": "female"}, value=0.8, unit="ratio", direction="neither"
    )
    found = [
        {i.item: i.answered for i in checklist.coverage(local_law_144(), record).items}["ll144.301.tables"]
        for record in (with_impact_ratios(), with_impact_ratios(crossed))
    ]
    assert found == ["missing", "evidence"]


def test_no_item_of_local_law_144_asks_for_a_ratio():
    """The rule has no pass mark."""
    assert not any("0.8" in item.requirement or "four fifths" in item.requirement for item in local_law_144().items)


def test_what_is_superseded_says_from_which_day():
    data, where = packaged.read("checklists", "nyc_ll144")
    dated = data.replace(b"status: in_force", b"status: superseded\nsuperseded: 2027-01-01")
    assert checklist.read(dated, where=where).superseded == "2027-01-01"
    for bad in (
        data.replace(b"status: in_force", b"status: superseded"),
        data.replace(b"version: 2.0.0", b"version: 2.0.0\nsuperseded: 2027-01-01"),
    ):
        with pytest.raises(PolicyError, match="superseded"):
            checklist.read(bad, where=where)


# --- the Guidelines' own examples ---------------------------------------------------------------------------------------


def hired(*groups):
    """The ratio of selection rates of groups, each with its applicants and those hired."""
    g = [name for name, applicants, _ in groups for _ in range(applicants)]
    d = [int(i < selected) for _, applicants, selected in groups for i in range(applicants)]
    found = metrics.demographic_parity_ratio([1] * len(d), d, sensitive_features=g, min_denominator=5)
    assert isinstance(found, Measured)
    return found


def test_thirty_percent_against_sixty_is_adverse_impact():
    """Questions and answers on the Guidelines, 12: 48 of 80 and 12 of 40 are hired, a ratio of one half, and significant."""
    found = hired(("white", 80, 48), ("black", 40, 12))
    assert found.value == 0.5
    assert found.test is not None and found.test.p_value < 0.01
    assert (
        judged("employment_us", "four-fifths", ratio(found.value, found.interval.lower, found.interval.upper)).status
        == "failed"
    )


def test_one_of_ten_against_three_of_twenty_shows_nothing():
    """Questions and answers on the Guidelines, 21: two thirds is under four fifths, and the numbers are too small to infer from."""
    found = hired(("men", 20, 3), ("women", 10, 1))
    assert found.value == pytest.approx(2 / 3)
    assert found.test is not None and found.test.p_value > 0.5
    judged_so = judged("employment_us", "four-fifths", ratio(found.value, found.interval.lower, found.interval.upper))
    assert judged_so.status == "inconclusive"
