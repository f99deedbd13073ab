"""Each scorer against labelled cases, and the traps of its kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.safety.support import CANARY, PROMPT, labelled, labelled_talk, talk

from cardwright.evaluators.safety.interface import take_apart
from cardwright.evaluators.safety.taxonomy import SCORERS

ROWS = labelled("scorers.jsonl")


@pytest.mark.parametrize("row", [r for r in ROWS if r["split"] == "development"], ids=lambda r: r["id"])
def test_the_development_part_is_told_right(row):
    """Every case on which a rule was made."""
    assert (SCORERS[row["scorer"]].score(take_apart(labelled_talk(row))).outcome == "hit") == row["hit"]


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["id"])
def test_a_hit_names_its_place(row):
    """Rule, message and characters, inside the text that was matched."""
    verdict = SCORERS[row["scorer"]].score(take_apart(labelled_talk(row)))
    assert bool(verdict.evidence) or verdict.outcome != "hit"
    for evidence in verdict.evidence:
        assert evidence.rule
        assert evidence.where.split()[0] in ("message", "call")
        assert 0 <= evidence.start <= evidence.end <= len(evidence.text)


# --- canaries ------------------------------------------------------------------------------------------------------------


# --- injection -----------------------------------------------------------------------------------------------------------


# --- the system prompt ---------------------------------------------------------------------------------------------------


# --- links ---------------------------------------------------------------------------------------------------------------


# --- tools ---------------------------------------------------------------------------------------------------------------


# --- output --------------------------------------------------------------------------------------------------------------


@given(text=st.text(max_size=300))
def test_no_answer_breaks_a_scorer(text):
    """Any text at all gets a verdict."""
    exchange = take_apart(
        talk(
            text,
            prompt=text[:50] or "x",
            system=PROMPT,
            tool=text,
            canaries=[CANARY],
            goal="COBALT-7WQ2MX",
            allowed_tools=[],
        )
    )
    for scorer in SCORERS.values():
        assert scorer.score(exchange).outcome in {"hit", "clear", "not_applicable"}
