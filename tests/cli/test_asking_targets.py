"""`ask`: the probe set's transcripts, which an interrupted run continues and a plan reads."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler

import pytest
from tests.servers import serving

from cardwright.cli.asking_targets import _rates

pytest.importorskip("pyarrow", reason="sources need the tabular extra")


class Assistant(BaseHTTPRequestHandler):
    """Obeys the harmless rule, looks things up, and fails for good on the requests that the test names."""

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        turns = request["messages"]
        self.server.asked += 1
        if self.server.breaks and self.server.asked % self.server.breaks_each == 0:
            self.send_error(400)
            return
        message = {"role": "assistant", "content": "The lift is out of order."}
        if turns[-1]["content"] == "ping":
            message["content"] = turns[0]["content"].split("answer with the word ")[1].split()[0]
        elif request.get("tools") and turns[-1]["role"] == "user":
            function = {"name": request["tools"][0]["function"]["name"], "arguments": '{"query": "news"}'}
            message |= {"content": None, "tool_calls": [{"id": "x", "type": "function", "function": function}]}
        raw = json.dumps(
            {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"total_tokens": 3}}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with serving(Assistant, asked=0, breaks=False, breaks_each=3) as running:
        yield running


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_interrupted_run_goes_on_with_what_is_missing_alone(cli, server, tmp_path):
    """What was answered is not asked again, and both halves are one file in the probe set's order."""
    words = ("ask", "--target", f"http://127.0.0.1:{server.server_port}/v1", "--model", "m", "-o", tmp_path / "t.jsonl")
    server.breaks = True
    ran = cli(*words)
    assert ran.code == 0, ran
    first = {row["id"]: row for row in rows(tmp_path / "t.jsonl")}
    lost = {id_ for id_, row in first.items() if row["error"]}
    assert lost
    assert cli(*words).code == 2
    server.breaks, server.asked = False, 0
    ran = cli(*words, "--resume")
    assert ran.code == 0, ran
    second = {row["id"]: row for row in rows(tmp_path / "t.jsonl")}
    assert not any(row["error"] for row in second.values())
    assert len(second) == 222
    assert all(second[id_]["messages"] == row["messages"] for id_, row in first.items() if id_ not in lost)
    assert server.asked < len(lost) * 5 + 10
    assert cli(*words, "--resume", "--seed", "9").code == 3


def test_a_run_that_was_stopped_in_the_middle_of_a_line_goes_on(cli, server, tmp_path):
    """The half line is asked again."""
    path = tmp_path / "t.jsonl"
    words = ("ask", "--target", f"http://127.0.0.1:{server.server_port}/v1", "--model", "m", "-o", path)
    assert cli(*words).code == 0
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert cli(*words, "--resume").code == 0
    assert path.read_bytes() == whole


def test_the_transcripts_are_what_a_plan_evaluates(cli, server, tmp_path):
    """Tools that were called, secrets that were planted, and a rate for each category."""
    path = tmp_path / "t.jsonl"
    assert cli("ask", "--target", f"http://127.0.0.1:{server.server_port}/v1", "--model", "m", "-o", path).code == 0
    from cardwright.evaluators.interface import Inputs
    from cardwright.evaluators.safety import Safety
    from cardwright.sources.load import load
    from cardwright.sources.spec import parse_source

    source = load(parse_source({"interactions": path.name}), "attacks", tmp_path)
    evaluation = Safety().evaluate(Inputs("safety", {"source": source}))
    (overall,) = evaluation.find("attack_success_rate", slice={})
    (benign,) = evaluation.find("over_refusal_rate", slice={})
    assert (overall.denominator, benign.denominator) == (180, 42)
    (unscored,) = evaluation.find("unscored_rate", slice={})
    assert unscored.value == 0


def test_a_budget_leaves_the_rest_for_later(cli, server, tmp_path):
    """And says so."""
    path = tmp_path / "t.jsonl"
    url = f"http://127.0.0.1:{server.server_port}/v1"
    ran = cli("ask", "--target", url, "--model", "m", "-o", path, "--budget-tokens", "60", "--concurrency", "1")
    assert ran.code == 0, ran
    assert "the budget of the run was spent" in ran.out + ran.err
    assert 0 < len(rows(path)) < 222


def test_what_was_spent_is_said(cli, server, tmp_path):
    """Three tokens an answer, as the server says, and what they cost."""
    url = f"http://127.0.0.1:{server.server_port}/v1"
    ran = cli("ask", "--target", url, "--model", "m", "-o", tmp_path / "t.jsonl", "--cost-per-million", "1000")
    assert ran.code == 0, ran
    tokens = int(re.search(r"(\d+) tokens, cost", ran.out)[1])
    assert tokens % 3 == 0
    assert tokens >= 3 * 222
    assert f"{tokens} tokens, cost {tokens / 1000:.4f}." in ran.out


def test_rates_and_cost_stand_beside_the_bar_as_far_as_they_are_known():
    spent = {"conversations": 30, "tokens": 2000}
    assert _rates(spent, 10.0, 5.0) == ["3.0 a second", "2000 tokens, cost 0.0100"]
    assert _rates(spent, 10.0, None) == ["3.0 a second", "2000 tokens"]
    assert _rates({"conversations": 30}, 10.0, 5.0) == ["3.0 a second"]
    assert _rates({}, 0.0, 5.0) == []


def test_templates_are_asked_for_each_group_and_a_plan_pairs_the_answers(cli, server, tmp_path):
    """Nothing of our probe set is asked."""
    row = {
        "template": "lift",
        "prompt": "What does {group} need to know?",
        "groups": {"old": "a pensioner", "young": "a pupil"},
    }
    (tmp_path / "templates.jsonl").write_text(json.dumps(row) + "\n")
    url = f"http://127.0.0.1:{server.server_port}/v1"
    said = [
        "ask",
        "--target",
        url,
        "--model",
        "m",
        "--pairs",
        tmp_path / "templates.jsonl",
        "-o",
        tmp_path / "pairs.jsonl",
    ]
    assert cli(*said).code == 0
    rows = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert [(one["pair_id"], one["group"], one["template"]) for one in rows] == [
        ("lift.1", "old", "lift"),
        ("lift.1", "young", "lift"),
    ]
    assert server.asked == 2


def test_a_file_that_is_no_transcript_loses_nothing_by_resume(cli, server, tmp_path):
    """A last line without an end is cut off only if it is the beginning of one that was being written."""
    path = tmp_path / "notes.txt"
    path.write_text("what nobody wants to lose")
    words = ("ask", "--target", f"http://127.0.0.1:{server.server_port}/v1", "--model", "m", "--resume", "-o")
    ran = cli(*words, path)
    assert ran.code == 3 and path.read_text() == "what nobody wants to lose"
    for output, said in ((tmp_path, "it is a folder"), (path / "t.jsonl", "lies in is a file")):
        ran = cli(*words, output)
        assert ran.code == 2 and said in " ".join(ran.err.split())
    assert server.asked == 0


@pytest.mark.parametrize("pairs", [False, True])
def test_a_target_that_answers_nothing_is_an_error_even_when_quiet(cli, server, tmp_path, pairs):
    """Transcripts without an answer are kept, and a script that asks the exit code learns of it."""
    server.breaks, server.breaks_each = True, 1
    row = {
        "template": "lift",
        "prompt": "What does {group} need?",
        "groups": {"old": "a pensioner", "young": "a pupil"},
    }
    (tmp_path / "templates.jsonl").write_text(json.dumps(row) + "\n")
    url, path = f"http://127.0.0.1:{server.server_port}/v1", tmp_path / "t.jsonl"
    more = ["--pairs", tmp_path / "templates.jsonl"] if pairs else []
    ran = cli("ask", "--target", url, "--model", "m", "-o", path, "--quiet", *more)
    assert ran.code == 5, ran
    assert re.search(r"none of \d+\s+conversations\s+was\s+answered", ran.err)
    assert path.exists()
