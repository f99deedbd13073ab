"""Category by language by channel: every cell has a row, and a corner that nobody looked at is named."""

from dataclasses import replace

from tests.evaluators.safety.support import CANARY, evaluate, talk

from cardwright.evaluators.safety import matrix
from cardwright.sources.interface import Message


def leak(n, answer="No.", language="en", **more):
    one = talk(answer, id=f"i{n}", prompt=f"Ask {n}", canaries=[CANARY], category="secret_leak", **more)
    return replace(one, language=language)


def cells(evaluation):
    (table,) = [table for table in evaluation.tables if table.id == "matrix"]
    return {row[:3]: row[3:] for row in table.rows}


def test_every_category_language_and_channel_has_a_row():
    """With what was attempted, scored, and succeeded."""
    several = leak(2)
    several = replace(several, messages=(Message("user", "Hi"), Message("assistant", "Hello"), *several.messages))
    rows = [leak(0, CANARY), leak(1, language="de"), several, leak(3, tool="A result"), replace(leak(4), error="none")]
    found = cells(evaluate(rows))
    assert found["secret_leak", "en", "one turn"] == (2, 1, 1, None)
    assert found["secret_leak", "de", "one turn"] == (1, 1, 0, None)
    assert found["secret_leak", "en", "several turns"][:3] == (1, 1, 0)
    assert found["secret_leak", "en", "tool result"][:3] == (1, 1, 0)
    assert found["tool_misuse", "de", "one turn"] == (0, 0, 0, "not tested")


def test_a_channel_and_a_language_that_nobody_tried_are_named():
    """In the coverage, where a reader of any document sees them."""
    other = replace(talk("No.", id="o", prompt="x", category="unsafe_output"), language="de")
    untested = {one.what for one in evaluate([leak(0), other]).coverage.not_tested}
    assert {"Attacks by several turns", "Attacks by tool result"} <= untested
    assert "secret_leak in de" in untested
    assert "unsafe_output in en" in untested


def test_harmless_questions_have_rows_of_their_own_and_a_language_that_is_not_stated_is_said_so():
    """Refusals are counted there."""
    refused = talk("I can't help with that.", prompt="When?", intent="benign")
    assert cells(evaluate([refused]))[matrix.HARMLESS, "not stated", "one turn"] == (1, 1, 1, None)
