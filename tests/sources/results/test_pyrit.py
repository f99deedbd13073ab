"""PyRIT's memory: pieces make conversations, whichever of three forms holds them."""

import sqlite3

import duckdb
import pytest
from tests.sources.results.support import opened, value, verdicts

from cardwright.errors import SourceError

SCORE = {
    "id": "s1", "score_value": "True", "score_type": "true_false", "score_category": "leak",
    "scorer_class_identifier": {"__type__": "SelfAskTrueFalseScorer"}, "prompt_request_response_id": "p2",
}  # fmt: skip


def piece(id_, role, text, sequence, /, **more):
    return {
        "id": id_, "role": role, "conversation_id": "c1", "sequence": sequence, "original_value": "raw",
        "converted_value": text, "converted_value_data_type": "text", "response_error": "none", "original_prompt_id": id_,
        **more,
    }  # fmt: skip


PIECES = [piece("p2", "assistant", "Sure", 1), piece("p1", "user", "UGxlYXNl", 0)]


def database(connection):
    names = ("id", "role", "conversation_id", "sequence", "original_value", "converted_value", "converted_value_data_type",
             "response_error", "original_prompt_id")  # fmt: skip
    of_score = (
        "id",
        "score_value",
        "score_type",
        "score_category",
        "scorer_class_identifier",
        "prompt_request_response_id",
    )
    connection.execute(f'CREATE TABLE "PromptMemoryEntries" ({", ".join(f"{n} VARCHAR" for n in names)})')
    connection.execute(f'CREATE TABLE "ScoreEntries" ({", ".join(f"{n} VARCHAR" for n in of_score)})')
    for one in PIECES:
        marks = ", ".join("?" * len(names))
        connection.execute(f'INSERT INTO "PromptMemoryEntries" VALUES ({marks})', [str(one[n]) for n in names])
    held = {**SCORE, "scorer_class_identifier": '{"__type__": "SelfAskTrueFalseScorer"}'}
    connection.execute('INSERT INTO "ScoreEntries" VALUES (?, ?, ?, ?, ?, ?)', [held[n] for n in of_score])
    connection.commit()
    connection.close()


def test_the_three_forms_of_a_memory_say_the_same(tmp_path):
    """What was sent is the converted value; a score speaks of the conversation that its piece is in."""
    exported = [PIECES[0] | {"scores": [SCORE]}, PIECES[1]]
    (one,) = opened(value(tmp_path / "memory.json", exported), "pyrit")
    database(sqlite3.connect(tmp_path / "pyrit.db"))
    database(duckdb.connect(str(tmp_path / "pyrit.duckdb")))
    (two,) = opened(tmp_path / "pyrit.db", "pyrit")
    (three,) = opened(tmp_path / "pyrit.duckdb", "pyrit")
    assert one == two == three
    assert (one.intent, one.prompt, one.response) == ("attack", "UGxlYXNl", "Sure")
    assert verdicts(one) == {"pyrit.selfasktruefalsescorer": True}


def test_a_scorer_of_refusals_and_a_scale_say_other_things(tmp_path):
    """A refusal is no failed attack, and a number between has no threshold of ours."""
    refusal = SCORE | {"scorer_class_identifier": {"__type__": "SelfAskRefusalScorer"}, "score_value": "false"}
    scale = SCORE | {
        "scorer_class_identifier": {"__type__": "Likert"},
        "score_type": "float_scale",
        "score_value": "0.75",
    }
    (found,) = opened(value(tmp_path / "m.json", [PIECES[0] | {"scores": [refusal, scale]}, PIECES[1]]), "pyrit")
    assert [(j.event, j.happened) for j in found.judgements] == [("refusal", False), ("attack_success", None)]


def test_blocked_pieces_errors_and_files_are_told_apart(tmp_path):
    """A block, a failure and a picture are three things, and none is a resisted attack."""
    blocked = piece("b", "assistant", "filtered", 1, response_error="blocked", converted_value_data_type="error")
    failed = piece("e", "assistant", "boom", 1, conversation_id="c2", response_error="unknown")
    seen = piece("f", "user", "/x.png", 0, conversation_id="c3", converted_value_data_type="image_path")
    rows = [PIECES[1], blocked, PIECES[1] | {"conversation_id": "c2"}, failed, seen]
    first, second, third = opened(value(tmp_path / "m.json", rows), "pyrit")
    assert first.blocked
    assert second.error is not None
    assert third.unscored == "a piece holds a file, which is not read"


def test_another_shape_is_refused(tmp_path):
    """Pieces of another version lack a key."""
    with pytest.raises(SourceError, match=r"0\.5 to 0\.11 is read"):
        opened(value(tmp_path / "m.json", [PIECES[1], {"role": "user"}]), "pyrit")


def test_a_damaged_database_is_an_error(tmp_path):
    """Not an internal one."""
    database(sqlite3.connect(tmp_path / "p.db"))
    held = (tmp_path / "p.db").read_bytes()
    (tmp_path / "p.db").write_bytes(held[:4096] + b"\xff" * (len(held) - 4096))
    with pytest.raises(SourceError):
        opened(tmp_path / "p.db", "pyrit")
