"""Recorded exchanges: every shape into one, malformed lines named, no answer told from an empty one."""

import json

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from cardwright.errors import SourceError
from cardwright.sources.interactions import NO_ANSWER
from cardwright.sources.interface import Message
from cardwright.sources.load import load
from cardwright.sources.spec import parse_source


def opened(tmp_path, rows, name="x.jsonl", /, **said):
    text = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / name).write_text(text)
    return load(parse_source({"interactions": name, **said}), "chats", tmp_path)


def one(tmp_path, row, /, **said):
    (found,) = opened(tmp_path, [row], **{"intent": "observed", **said})
    return found


def refused(tmp_path, rows, /, **said):
    with pytest.raises(SourceError) as caught:
        opened(tmp_path, rows, **said)
    assert caught.value.exit_code == 3
    return str(caught.value)


ROWS = [
    {"id": "a", "system": "Be kind.", "prompt": "Hello", "response": "Hi", "category": "greeting", "prompt_id": "p1"},
    {"id": "b", "system": None, "prompt": "Tell me", "response": None, "category": None, "prompt_id": "p1"},
]


def test_every_format_gives_the_same_interactions(tmp_path):
    """JSON Lines, CSV and Parquet give the same interactions, as often as they are read."""
    table = pa.Table.from_pylist(ROWS)
    pq.write_table(table, tmp_path / "x.parquet")
    pacsv.write_csv(table, tmp_path / "x.csv")
    from_lines = opened(tmp_path, ROWS, intent="attack")
    expected = list(from_lines)
    assert list(from_lines) == expected
    assert (from_lines.ref.kind, from_lines.ref.rows, from_lines.ref.format) == ("interactions", 2, "jsonl")
    for name in ("x.csv", "x.parquet"):
        assert list(load(parse_source({"interactions": name, "intent": "attack"}), "chats", tmp_path)) == expected
    first, second = expected
    assert first.messages == (Message("system", "Be kind."), Message("user", "Hello"), Message("assistant", "Hi"))
    assert (first.system, first.prompt, first.response, first.intent) == ("Be kind.", "Hello", "Hi", "attack")
    assert (first.id, first.category, first.prompt_id, first.error) == ("a", "greeting", "p1", None)
    assert second.error == NO_ANSWER


def test_messages_in_the_openai_shape(tmp_path):
    """All turns of a conversation are kept, roles by their common names, parts of content as their text."""
    found = one(
        tmp_path,
        {
            "messages": [
                {"role": "developer", "content": "Be kind."},
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {}}, "this"],
                },
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"at": "it"}'}},
                        {"name": "mark", "arguments": {"x": 1}},
                        {"name": "wave", "input": {"hand": "left"}},
                        {"name": "broken", "arguments": "{not json"},
                        {"name": "empty", "arguments": ""},
                        {"name": "listed", "arguments": "[1]"},
                    ],
                },
                {"role": "tool", "content": "a cat"},
                {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
            ]
        },
    )
    assert [message.role for message in found.messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert found.prompt == "See\n[image_url]\nthis\na cat"
    assert found.response == "\nNo."
    assert list(found.tool_calls) == [
        {"name": "look", "arguments": {"at": "it"}},
        {"name": "mark", "arguments": {"x": 1}},
        {"name": "wave", "arguments": {"hand": "left"}},
        {"name": "broken", "arguments": {"unparsed": "{not json"}},
        {"name": "empty", "arguments": {}},
        {"name": "listed", "arguments": {"value": [1]}},
    ]
    assert found.error is None


def test_messages_as_json_text_and_as_parquet_lists(tmp_path):
    """Turns come as JSON text in CSV, and as lists of structs in Parquet, with the same result."""
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
    expected = one(tmp_path, {"messages": turns})
    assert one(tmp_path, {"messages": json.dumps(turns)}) == expected
    pq.write_table(pa.table({"messages": [turns]}), tmp_path / "x.parquet")
    said = parse_source({"interactions": "x.parquet", "intent": "observed"})
    assert list(load(said, "chats", tmp_path)) == [expected]


def test_a_response_may_follow_messages(tmp_path):
    """A response beside messages is the last turn, a system prompt beside them the first, tool calls those of the answer."""
    row = {
        "messages": [{"role": "user", "content": "Hi"}],
        "system": "Be kind.",
        "response": "Ho",
        "tool_calls": [{"name": "wave", "arguments": {}}],
    }
    found = one(tmp_path, row)
    assert [message.role for message in found.messages] == ["system", "user", "assistant"]
    assert (found.response, found.tool_calls[0]["name"]) == ("Ho", "wave")
    more = {**row, "messages": [*row["messages"], {"role": "assistant", "content": "Ha"}]}
    assert one(tmp_path, more).response == "Ha\nHo"
    assert one(tmp_path, more).tool_calls[0]["name"] == "wave"


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"prompt": "x", "response": "y"}, None),
        ({"prompt": "x", "response": ""}, None),
        ({"prompt": "x", "response": None, "tool_calls": [{"name": "t"}]}, None),
        ({"prompt": "x", "response": None}, NO_ANSWER),
        ({"prompt": "x", "response": "y", "error": "timeout of jane@example.org"}, NO_ANSWER),
    ],
)
def test_no_answer_is_told_from_an_empty_one(tmp_path, row, error):
    """No answer is an error of the assistant, an empty answer is an answer; the file's own words are not carried on."""
    assert one(tmp_path, row).error == error


def test_canaries_hosts_and_tools_are_those_of_the_plan_and_of_the_row(tmp_path):
    """Canaries and hosts of plan and row add up; a row's tools replace the plan's; nothing declared is None, nothing allowed is ()."""
    row = {"prompt": "x", "response": "y", "canaries": "c2", "allowed_hosts": '["b.org", "a.org"]', "goal": "HACKED"}
    found = one(tmp_path, row, canaries=["c1"], allowed_hosts="a.org")
    assert found.canaries == ("c1", "c2")
    assert found.allowed_hosts == ("a.org", "b.org")
    assert found.allowed_tools is None
    assert found.goal == "HACKED"
    assert one(tmp_path, row, allowed_tools=[]).allowed_tools == ()
    assert one(tmp_path, {**row, "allowed_tools": ["t"]}, allowed_tools=["u"]).allowed_tools == ("t",)


def test_each_row_may_say_its_intent(tmp_path):
    """Without an intent in the plan each row says it; ids are line numbers where there are none."""
    rows = [{"prompt": "x", "response": "y", "intent": intent} for intent in ("attack", "Benign ", "observed")]
    source = opened(tmp_path, rows)
    assert source.intent is None
    assert [(i.id, i.intent) for i in source] == [("1", "attack"), ("2", "benign"), ("3", "observed")]


def test_columns_may_have_other_names(tmp_path):
    """Columns with other names are named in the plan; one that is not there is refused with the nearest."""
    row = {"question": "x", "answer": "y"}
    found = one(tmp_path, row, columns={"prompt": "question", "response": "answer"})
    assert (found.prompt, found.response) == ("x", "y")
    assert 'Did you mean "question"' in refused(tmp_path, [row], columns={"prompt": "questoin"}, intent="attack")
    assert 'neither a column "messages" nor both "prompt" and "response"' in refused(tmp_path, [row], intent="attack")


ASKED = {"role": "user", "content": "x"}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"messages": [ASKED]}, "ends on the user's turn"),
        ({"messages": [ASKED, {"role": "assistant", "content": "y"}, ASKED]}, "ends on the user's turn"),
        ({"messages": 3}, "the messages are not a list"),
        ({"messages": ["hi"]}, "a message is not an object"),
        ({"messages": [{"said": "hi"}]}, "a message is of a shape that is not known"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "the role of a message is not one of"),
        ({"messages": [{"role": "user", "content": 3}]}, "the content of a message is neither"),
        ({"messages": [{"role": "user", "content": [3]}]}, "a part of a message is not an object"),
        ({"messages": [{"role": "user", "content": [{"type": "hologram", "text": "x"}]}]}, "not known (hologram)"),
        ({"messages": [{"role": "user", "content": [{"type": "a secret", "text": "x"}]}]}, "(a key (name withheld))"),
        ({"messages": [{**ASKED, "aside": "and this"}]}, "`aside` of a message is not read"),
        ({"prompt": "x", "response": "y", "tool_calls": [{"arguments": {}}]}, "a tool call has no name"),
    ],
)
def test_a_part_that_cannot_be_read_makes_the_row_unscored(tmp_path, row, why):
    """A row of which a part is not read is unscored, with a reason that holds none of its words; the file is read on."""
    found = one(tmp_path, row)
    assert why in found.unscored
    assert found.error is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"prompt": "x", "response": "y"}, "there is no intent"),
        ({"prompt": "x", "response": "y", "intent": "evil"}, "the intent is not one of attack, benign, observed"),
        ({"prompt": None, "response": "y", "intent": "attack"}, "there is no user turn"),
        ({"prompt": {"a": 1}, "response": "y", "intent": "attack"}, "`prompt` is not text"),
        ({"messages": "nonsense", "intent": "attack"}, "`messages` is not valid JSON"),
        ({"prompt": "x", "response": "y", "canaries": [1], "intent": "attack"}, "`canaries` is not a list of strings"),
    ],
)
def test_a_malformed_row_is_named_by_its_line(tmp_path, row, said):
    """A row that cannot be understood stops the reading with file and line, when the source is opened."""
    good = {"prompt": "x", "response": "y", "messages": [{"role": "user", "content": "x"}], "intent": "attack"}
    found = refused(tmp_path, [good, row])
    assert found.startswith("x.jsonl:2")
    assert said in found


def test_a_row_may_not_contradict_the_plan(tmp_path):
    """A row whose intent is another than the plan's is refused: attack success can come from attacks only."""
    said = refused(tmp_path, [{"prompt": "x", "response": "y", "intent": "benign"}], intent="attack")
    assert "x.jsonl:1: the row says benign and the plan says attack" in said


def test_a_malformed_file_names_line_or_row(tmp_path):
    """A file that is cut off names the line, a bad row of a CSV file its number."""
    assert "x.jsonl:2: the line is not a whole JSON object" in refused(
        tmp_path, '{"prompt": "x", "response": "y"}\n{"prompt": "x', intent="attack"
    )
    (tmp_path / "x.csv").write_text("prompt,response,intent\nx,y,attack\nx,y,evil\n")
    with pytest.raises(SourceError, match=r"x\.csv, row 2: the intent is not one of"):
        load(parse_source({"interactions": "x.csv"}), "chats", tmp_path)


TURNS_ANSWERED = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "No."}]


def test_a_response_beside_turns_that_end_on_an_answer_is_a_turn_of_its_own(tmp_path):
    """What the row says came back is read whatever the turns end on; the same answer twice is one."""
    found = one(tmp_path, {"messages": TURNS_ANSWERED, "response": "KESTREL"})
    assert [m.content for m in found.messages] == ["Hi", "No.", "KESTREL"]
    found = one(tmp_path, {"messages": TURNS_ANSWERED, "response": {"choices": [{"message": {"content": "KESTREL"}}]}})
    assert [m.content for m in found.messages] == ["Hi", "No.", "KESTREL"]
    for same in ("No.", " No.\n", "", None, {"role": "assistant", "content": "No."}):
        assert len(one(tmp_path, {"messages": TURNS_ANSWERED, "response": same}).messages) == 2


@pytest.mark.parametrize(
    "beside",
    [
        {"contents": [{"role": "model", "parts": [{"text": "KESTREL"}]}]},
        {"conversations": '[{"from": "gpt", "value": "KESTREL"}]'},
        {"prompt": "Something else"},
    ],
)
def test_other_turns_or_another_prompt_beside_the_turns_leave_the_row_unscored(tmp_path, beside):
    found = one(tmp_path, {"messages": TURNS_ANSWERED, **beside})
    assert found.unscored == f"the row holds `{next(iter(beside))}` beside its turns, and that says something else"


def test_the_same_turns_by_another_name_are_read_once(tmp_path):
    beside = {
        "prompt": "Hi",
        "conversation": "c-17",
        "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "No."}],
    }
    found = one(tmp_path, {"messages": TURNS_ANSWERED, **beside})
    assert (found.unscored, len(found.messages)) == (None, 2)


@pytest.mark.parametrize(
    ("written", "read"), [(40_000, 40_000.0), (1.5, 1.5), ("2.50", 2.5), (None, None), ("", None)]
)  # fmt: skip
def test_a_number_that_the_answer_comes_to_is_read(tmp_path, written, read):
    assert one(tmp_path, {"prompt": "Pay?", "response": "So much.", "outcome_value": written}).outcome_value == read


def test_it_may_stand_under_another_name_and_in_a_table(tmp_path):
    pacsv.write_csv(
        pa.table({"prompt": ["Pay?", "Pay?"], "response": ["a", "b"], "pay": [1.5, None]}), tmp_path / "t.csv"
    )
    source = load(
        parse_source({"interactions": "t.csv", "intent": "benign", "columns": {"outcome_value": "pay"}}),
        "chats",
        tmp_path,
    )
    assert [found.outcome_value for found in source] == [1.5, None]


@pytest.mark.parametrize("written", ["much", True, [1], "nan", "inf", 1e999])
def test_what_is_no_number_is_no_outcome(tmp_path, written):
    row = {"prompt": "Pay?", "response": "So much.", "outcome_value": written}
    message = refused(tmp_path, [row], intent="benign")
    assert "x.jsonl:1" in message


ASKED = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize("name", ["output", "completion", "generation"])
def test_an_answer_beside_turns_is_read_under_the_names_that_tools_give_it(tmp_path, name):
    for turns, said in ((ASKED, ["Hi", "KESTREL"]), (TURNS_ANSWERED, ["Hi", "No.", "KESTREL"])):
        for written in ("KESTREL", {"role": "assistant", "content": "KESTREL"}):
            found = one(tmp_path, {"messages": turns, name: written})
            assert ([m.content for m in found.messages], found.unscored, found.error) == (said, None, None)
    for same in ("No.", "", None):
        assert len(one(tmp_path, {"messages": TURNS_ANSWERED, name: same}).messages) == 2


def test_an_output_beside_a_response_that_says_something_else_leaves_the_row_unscored(tmp_path):
    found = one(tmp_path, {"messages": ASKED, "response": "No.", "output": "KESTREL"})
    assert found.unscored == "the row holds `output` beside its turns, and that says something else"
    assert one(tmp_path, {"messages": ASKED, "response": "No.", "output": "No."}).unscored is None
    assert one(tmp_path, {"messages": TURNS_ANSWERED, "output": {"verdict": "KESTREL"}}).unscored is not None


def test_a_column_that_the_plan_gives_another_meaning_is_no_answer(tmp_path):
    row = {"messages": TURNS_ANSWERED, "output": "group-a"}
    found = one(tmp_path, row, columns={"group": "output"})
    assert (found.group, len(found.messages), found.unscored) == ("group-a", 2, None)


def test_an_output_in_a_table_is_read_too(tmp_path):
    pq.write_table(pa.table({"messages": [json.dumps(ASKED)], "output": ["KESTREL"]}), tmp_path / "t.parquet")
    (found,) = load(parse_source({"interactions": "t.parquet", "intent": "benign"}), "chats", tmp_path)
    assert [m.content for m in found.messages] == ["Hi", "KESTREL"]
