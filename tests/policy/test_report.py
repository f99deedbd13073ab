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
from cardwright.record.verdict import Blank, NextAction, Outstanding, Standing, Waived

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


def waived_verdict():
    """A refused verdict with a waiver in force, an advised requirement that failed, and a sign-off to come."""
    judged = verdict_without_details()
    first, second, *others = judged.outcomes
    waiver = Waived(
        claim="c" * 64, approved_by="B. Lind", requested_by="A. Okafor", reason="r", controls="c", expires="2026-12-31"
    )
    advised = second.model_copy(update={"level": "advise", "status": "failed", "explanation": "It is low."})
    return judged.model_copy(
        update={
            "outcomes": (first.model_copy(update={"status": "failed", "waived": waiver}), advised, *others),
            "outstanding": (Outstanding(role="owner", meaning="approval", requirement="sign"),),
            "valid_until": "2027-01-01",
            "advisory": True,
        }
    )


def test_the_decision_comes_first_then_what_blocks_with_what_closes_it():
    judged = verdict_without_details()
    lines = report.as_text(judged).splitlines()
    assert lines[0] == judged.headline
    assert lines[1] == f"policy p 1.0.0 ({judged.policy.sha256[:12]}), chosen by the plan"
    assert lines[2].startswith(f"{len(judged.outcomes)} requirements: ")
    shown = [line.split()[0] for line in lines if line.startswith("R-")]
    assert shown == [outcome.label for outcome in judged.blocking]
    assert "      → Fill in details.yaml: summary, intended_use." in "\n".join(lines)
    assert all(len(line) <= 60 for line in report.as_text(judged, width=60).splitlines()[3:])


def test_with_everything_each_requirement_is_shown_once():
    judged = verdict_without_details()
    lines = report.as_text(judged, everything=True).splitlines()
    shown = sorted(line.split()[0] for line in lines if line.startswith("R-"))
    assert shown == sorted(outcome.label for outcome in judged.outcomes)
    assert "The others:" in lines


def test_a_waiver_advice_an_expiry_and_what_is_outstanding_are_said():
    text = " ".join(report.as_text(waived_verdict(), width=200).split())
    assert "valid until 2027-01-01" in text
    assert "ADVISORY: asked for advice only" in text
    assert "Advice, which does not block: R-02 FAILED" in text
    assert "R-01 waived: failed (" in text
    assert "until 2026-12-31, by B. Lind" in text
    assert text.endswith("outstanding: owner signs for approval")


def test_where_a_source_stands_is_printed_with_its_citation():
    judged = verdict_without_details()
    standing = Standing(status="in_force", as_of="2026-10-07")
    outcomes = tuple(
        outcome.model_copy(update={"standing": standing, "citation": "Act 1", "origin": "law"})
        for outcome in judged.outcomes
    )
    text = report.as_text(judged.model_copy(update={"outcomes": outcomes}))
    assert "      Act 1 [law; in force (as of 2026-10-07)]" in text
    uncited = tuple(outcome.model_copy(update={"citation": None}) for outcome in outcomes)
    assert "      [law; in force" in report.as_text(judged.model_copy(update={"outcomes": uncited}))


def test_a_verdict_as_json_is_one_line_that_reads_back():
    judged = verdict_without_details()
    text = report.as_json(judged)
    assert "\n" not in text
    assert canonical.parse(Verdict, text.encode(), where="v") == judged


def test_todo_shows_the_first_few_counts_the_others_and_keeps_to_who_closes_them():
    judged = waived_verdict()
    blocking = len(judged.blocking)
    assert report.todo(judged, most=1).splitlines()[0] == f"{blocking + 1} open; the first 1:"
    assert report.todo(judged, most=1).endswith("See the others with --all.")
    everything = report.todo(judged, most=50)
    assert everything.splitlines()[0] == f"{blocking + 1} open:"
    assert "owner signs for approval" in everything
    assert "--all" not in everything
    words = report.todo(judged, closed_by="words")
    assert "A person's words close these" in words
    assert "owner signs" not in words
    assert report.todo(judged, closed_by="nobody") == "Nothing is open for nobody."
    assert "A person's words close these (1 more)" in report.todo(judged, most=1)


def test_nothing_open_is_said():
    assert report.todo(decide(good_case(), P, NOW)) == "Nothing is open."
