"""What a gate measures: its decision, every status, distances that were measured and no others, and nobody's name."""

from dataclasses import replace

import pytest
from tests.policy.test_gate import FAILED, P, with_gap
from tests.strategies import NOW, good_case

from cardwright.errors import IntegrityError, UsageError
from cardwright.integrations import gate_metrics
from cardwright.policy.gate import decide
from cardwright.record.verdict import STATUSES


def verdict_of(case=None):
    return decide(case or with_gap(FAILED), P, NOW, "review")


def points_of(verdict, exit_code=1):
    return gate_metrics.of_verdict(verdict, "loans 1.0.0", exit_code=exit_code, seconds=0.25)


def named(points, name):
    return [point for point in points if point.name == name]


def test_a_decision_is_counted_once_with_what_the_command_ends_with():
    (decision,) = named(points_of(verdict_of()), "cardwright.gate.decisions")
    assert decision.value == 1
    assert decision.attributes == {
        "cardwright.subject.name": "loans",
        "cardwright.subject.version": "1.0.0",
        "cardwright.policy.name": P.name,
        "cardwright.gate.decision": "refused",
        "cardwright.gate.exit_code": 1,
    }


def test_every_status_has_its_count_and_they_add_up_to_the_requirements():
    verdict = verdict_of()
    counts = {
        point.attributes["cardwright.requirement.status"]: point.value
        for point in named(points_of(verdict), "cardwright.gate.requirements")
    }
    assert {*counts} == {*STATUSES, "waived"}
    assert sum(counts.values()) == len(verdict.outcomes)
    assert counts["failed"] == 1


def test_the_worst_distance_of_each_requirement_is_told_and_a_missing_one_is_not_zero():
    verdict = verdict_of()
    told = {
        point.attributes["cardwright.requirement.id"]: point.value
        for point in named(points_of(verdict), "cardwright.gate.requirement.distance")
    }
    measured = {o.requirement: [s.distance for s in o.observations if s.distance is not None] for o in verdict.outcomes}
    assert told == {requirement: min(found) for requirement, found in measured.items() if found}
    assert {*told} < {*measured}
    failed = next(o for o in verdict.outcomes if o.status == "failed")
    assert told[failed.requirement] < 0


def test_an_allowance_ends_after_the_day_on_which_it_expires():
    verdict = verdict_of(good_case()).model_copy(update={"valid_until": "2026-12-31"})
    (end,) = named(points_of(verdict, 0), "cardwright.gate.valid_until")
    assert end.value == 1798761600  # 2027-01-01T00:00:00Z
    assert not named(points_of(verdict.model_copy(update={"valid_until": None}), 0), "cardwright.gate.valid_until")


def test_nobody_s_name_and_no_reason_is_an_attribute():
    case = good_case()
    claims = tuple(claim.model_copy(update={"person": "Ines Okafor"}) for claim in case.claims)
    points = points_of(verdict_of(replace(case, claims=claims)), 0)
    known = {
        "cardwright.subject.name", "cardwright.subject.version", "cardwright.policy.name", "cardwright.gate.decision",
        "cardwright.gate.exit_code", "cardwright.requirement.status", "cardwright.requirement.id", "cardwright.requirement.level",
    }  # fmt: skip
    assert {name for point in points for name in point.attributes} == known
    assert "Okafor" not in str(points)


def test_what_could_not_be_judged_is_a_decision_of_its_own():
    decision, duration = gate_metrics.of_error(IntegrityError("record.json was changed"), seconds=0.5)
    assert decision.attributes == {
        "cardwright.gate.decision": "error",
        "cardwright.gate.exit_code": 3,
        "error.type": "IntegrityError",
    }
    assert duration.value == 0.5


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("http://127.0.0.1:4318", ("http://127.0.0.1:4318/v1/metrics", "127.0.0.1", 4318)),
        ("https://otel.example.org/", ("https://otel.example.org/v1/metrics", "otel.example.org", 443)),
        ("http://[::1]/custom/path", ("http://[::1]/custom/path", "::1", 80)),
        ("metrics.jsonl", None),
        ("C:/metrics.jsonl", None),
        ("http:metrics", None),
    ],
)
def test_an_address_is_one_of_http_and_everything_else_a_file(place, found):
    assert gate_metrics.endpoint_of(place) == found


def test_a_password_in_an_address_is_refused():
    with pytest.raises(UsageError, match="password") as refused:
        gate_metrics.endpoint_of("https://me:secret@otel.example.org")
    assert "secret" not in str(refused.value)
