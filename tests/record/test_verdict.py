"""A verdict follows from its outcomes, counts each of them once, and prints in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.policy.test_gate import P
from tests.strategies import NOW, good_case

from cardwright.policy.gate import decide
from cardwright.record import canonical
from cardwright.record.verdict import STATUSES, Blank, NextAction, Outcome, Verdict, Waived

ALLOWED = decide(good_case(), P, NOW)
WAIVED = Waived(claim="1" * 64, approved_by="D", requested_by="A", reason="r", controls="c", expires="2026-12-20")


def outcome(number, status, *, level="block", waived=None):
    return ALLOWED.outcomes[0].model_copy(
        update={
            "requirement": f"r{number}",
            "number": number,
            "status": status,
            "level": level,
            "waived": waived,
            "clause": "c" if status == "not_applicable" else None,
        }
    )


outcomes = st.lists(
    st.tuples(st.sampled_from(STATUSES), st.sampled_from(["block", "advise"]), st.booleans()), min_size=1, max_size=9
).map(
    lambda rows: tuple(
        outcome(n, status, level=level, waived=WAIVED if waived else None)
        for n, (status, level, waived) in enumerate(rows, 1)
    )
)


def verdict(made, decision):
    written = ALLOWED.model_copy(update={"outcomes": made, "decision": decision}).model_dump()
    return Verdict.model_validate(written)


@given(outcomes)
def test_a_decision_that_does_not_follow_from_the_outcomes_cannot_be_written(made):
    follows, other = ("allowed", "refused") if all(o.releases for o in made) else ("refused", "allowed")
    assert verdict(made, follows).allowed == (follows == "allowed")
    with pytest.raises(ValidationError, match="does not follow"):
        verdict(made, other)


@given(outcomes)
def test_every_outcome_is_counted_once_and_what_blocks_is_listed_worst_first(made):
    decided = verdict(made, "allowed" if all(o.releases for o in made) else "refused")
    assert sum(decided.counts.values()) == len(made)
    assert decided.counts.get("waived", 0) == sum(o.waived is not None for o in made)
    order = [(STATUSES.index(o.status), o.number) for o in decided.blocking]
    assert order == sorted(order)
    assert {o.requirement for o in decided.blocking} == {o.requirement for o in made if not o.releases}


@pytest.mark.parametrize("status", STATUSES)
def test_a_requirement_that_blocks_releases_only_where_it_passed_does_not_apply_or_is_waived(status):
    assert outcome(1, status).releases == (status in ("passed", "not_applicable"))
    assert outcome(1, status, level="advise").releases
    assert outcome(1, status, waived=WAIVED).releases


def test_a_verdict_without_outcomes_decides_nothing():
    with pytest.raises(ValidationError, match="decides nothing"):
        verdict((), "allowed")


def test_a_verdict_survives_the_round_trip_and_keeps_its_digest():
    again = canonical.parse(Verdict, canonical.dumps(ALLOWED), where="verdict.json")
    assert again == ALLOWED
    assert again.sha256 == ALLOWED.sha256 == canonical.sha256(again)


def test_a_verdict_prints_in_one_line_with_its_counts():
    line = repr(ALLOWED)
    assert "\n" not in line
    assert len(line) < 200
    assert "allowed by p 1.0.0" in line


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "command"},
        {"kind": "command", "argv": ("a",), "file": "f"},
        {"kind": "command", "argv": ("a",), "fields": ("f",)},
        {"kind": "edit", "file": "f"},
        {"kind": "edit", "fields": ("f",)},
        {"kind": "edit", "file": "f", "fields": ("f",), "argv": ("a",)},
    ],
)
def test_a_next_action_is_a_command_or_an_edit_and_never_half_of_each(wrong):
    with pytest.raises(ValidationError):
        NextAction.model_validate(wrong)


def test_a_word_that_the_gate_cannot_know_is_a_blank_and_no_text():
    action = NextAction(kind="command", argv=("cardwright", "run", Blank(blank="plan")))
    assert canonical.parse(NextAction, canonical.dumps(action), where="a.json") == action


def test_an_outcome_is_named_by_its_number():
    assert [outcome(n, "passed").label for n in (1, 12, 120)] == ["R-01", "R-12", "R-120"]
    with pytest.raises(ValidationError):
        Outcome.model_validate({**outcome(1, "passed").model_dump(), "number": 0})
