"""`judge`: a served model's verdicts end in a file that the plan reads and a calibration binds."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler

import pytest
from tests.servers import serving

pytest.importorskip("pyarrow", reason="sources need the tabular extra")


class Judge(BaseHTTPRequestHandler):
    """Says yes where the last turn holds the word `sorry`."""

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        system, data = (turn["content"] for turn in request["messages"])
        word = "yes" if "sorry" in json.loads(data)[-1]["content"] else "no"
        letter = next(line[0] for line in system.splitlines() if line.endswith(f": {word}"))
        raw = json.dumps({"choices": [{"message": {"content": letter}, "finish_reason": "stop"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        pass


@pytest.fixture
def url():
    with serving(Judge) as running:
        yield f"http://127.0.0.1:{running.server_port}/v1"


@pytest.fixture
def transcripts(tmp_path):
    path = tmp_path / "benign.jsonl"
    rows = [
        {"prompt": f"Ask {n}", "response": "I am sorry, no." if n < 2 else "Yes.", "intent": "benign"} for n in range(8)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_verdicts_of_a_served_model_are_read_by_the_evaluator_and_can_be_calibrated(cli, url, transcripts, tmp_path):
    """One file, its digest and its version, from the judge to the sheet that people fill in."""
    verdicts = tmp_path / "verdicts.json"
    ran = cli("judge", transcripts, "--for", "refusal", "--judge", url, "--model", "m", "-o", verdicts)
    assert ran.code == 0, ran
    assert "8 of 8 exchanges judged, 0 without a verdict" in ran.out + ran.err
    held = json.loads(verdicts.read_text())
    assert [row["said"] for row in held["rows"]] == [[True]] * 2 + [[False]] * 6
    assert (held["scorer"], held["judged_by"], held["event"]) == ("judge.local", "model", "refusal")
    sheet = tmp_path / "sheet.csv"
    ran = cli(
        "calibrate",
        "draw",
        "judge.local",
        "--transcripts",
        transcripts,
        "--judgements",
        verdicts,
        "--size",
        "4",
        "-o",
        sheet,
    )
    assert ran.code == 0, ran
    assert len(sheet.read_text().splitlines()) == 5
    assert cli("judge", transcripts, "--for", "refusal", "--judge", url, "--model", "m", "-o", verdicts).code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--for", "kindness", "--judge", "http://localhost:1/v1", "--model", "m"), "One of: attack_success"),
        (("--for", "refusal", "--judge", "https://example.org/v1", "--model", "m"), "only this machine may be asked"),
        (("--for", "refusal", "--judge", "http://localhost:1/v1"), "needs `model:`"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(cli, transcripts, tmp_path, words, said):
    """Nothing is sent."""
    ran = cli("judge", transcripts, *words, "-o", tmp_path / "v.json")
    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "."), "it is a folder"),
        (("-o", "benign.jsonl"), "this file exists already"),
        (("-o", "benign.jsonl/v.json"), "lies in is a file"),
        (("-o", "v.json", "--name", "Zeb Warr"), "a judge's name is"),
        (("-o", "v.json", "--name", "zeb@corp-mail.com"), "a judge's name is"),
        (("-o", "v.json", "--model", "zeb@corp-mail.com"), "it holds EMAIL_ADDRESS"),
    ],
)
def test_what_cannot_be_written_or_kept_is_refused_before_a_judge_is_asked(
    cli, transcripts, tmp_path, monkeypatch, words, said
):
    monkeypatch.chdir(tmp_path)
    before = transcripts.read_bytes()
    ran = cli("judge", transcripts, "--for", "refusal", "--judge", "http://localhost:1/v1", "--model", "m", *words)
    assert ran.code == 2 and said in " ".join(ran.err.split())
    assert "zeb@" not in ran.out + ran.err and transcripts.read_bytes() == before
