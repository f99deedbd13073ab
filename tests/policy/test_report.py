"""A verdict for the terminal: what is open, and what to do next, with the paths that are known here."""

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.test_gate import P, with_record
from tests.strategies import NOW, good_case, good_record

from cardwright.policy import report
from cardwright.policy.gate import decide
from cardwright.policy.judging import next_actions
from cardwright.record import Verdict, canonical
from cardwright.record.verdict import Blank, NextAction

PLACES = {"plan": "my plans/loans.yaml", "dossier": "out/loans", "details": "my plans/facts.yaml"}


def verdict_without_details():
    record = good_record()
    case = with_record(
        good_case(), record.model_copy(update={"details": record.details.model_copy(update={"answers": {}})})
    )
    return decide(replace(case, artefacts=None), P, NOW)


@given(st.lists(st.text(min_size=1, max_size=20).filter(lambda text: "\x00" not in text), min_size=1, max_size=5))
def test_a_command_read_by_the_shell_is_the_words_that_were_meant(words):
    action = NextAction.model_construct(kind="command", argv=tuple(words))
    assert shlex.split(report.in_words(action).removeprefix("$ ")) == words


def test_the_plan_and_the_dossier_are_named_as_they_are_called_and_quoted_for_the_shell():
    assert report.in_words(next_actions.RUN, PLACES) == "$ cardwright run 'my plans/loans.yaml'"
    assert report.in_words(next_actions.sign_off("owner", "approval"), PLACES) == (
        "$ cardwright sign-off out/loans --role owner --decision approve --meaning approval --as NAME --key KEY"
    )


def test_what_nobody_knows_here_stays_a_word_to_fill_in():
    assert report.in_words(next_actions.RUN) == "$ cardwright run PLAN"


def test_what_to_edit_is_no_command():
    text = report.todo(verdict_without_details(), places=PLACES, most=50)
    assert "edit 'my plans/facts.yaml': summary, intended_use" in " ".join(text.split())
    assert "$ edit" not in text


def test_every_command_of_todo_begins_with_a_program_and_stands_on_one_line():
    lines = report.todo(verdict_without_details(), places=PLACES, most=50, width=40).splitlines()
    commands = [shlex.split(line.strip().removeprefix("$ ")) for line in lines if line.strip().startswith("$")]
    assert ["cardwright", "gate", "out/loans", "--artifact", "ARTIFACT"] in commands
    assert {command[0] for command in commands} <= {"cardwright", "git"}


def test_a_verdict_of_0_1_0_is_read_and_its_command_shown_as_the_words_that_it_is():
    written = canonical.loads(canonical.dumps(verdict_without_details()))
    for outcome in written["outcomes"]:
        outcome.pop("next", None)
        outcome["command"] = "edit details.yaml (summary)" if outcome["requirement"] == "details" else None
    old = canonical.parse(Verdict, canonical.dumps(written), where="verdict.json")
    text = report.todo(old, most=50)
    assert "(edit details.yaml (summary))" in text
    assert "$" not in text


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "command"},
        {"kind": "command", "argv": ("a",), "fields": ("b",)},
        {"kind": "edit", "file": Blank(blank="plan")},
        {"kind": "edit", "file": "a", "fields": ("b",), "argv": ("c",)},
    ],
)
def test_an_action_is_a_command_or_an_edit_and_not_both(said):
    with pytest.raises(ValueError, match="fields"):
        NextAction(**said)
