"""inspect_ai's logs: both forms say the same, attachments are put back, letters are verdicts."""

import json
import zipfile

import pytest
from tests.sources.results.support import opened, value, verdicts

from cardwright.errors import SourceError

HEADER = {"version": 2, "status": "success", "eval": {"task": "t", "packages": {"inspect_ai": "0.3.100"}}, "plan": {}}
CALL = {"id": "c1", "function": "search", "arguments": {"q": "x"}, "type": "function"}


def sample(**more):
    return {
        "id": 1, "epoch": 1, "input": "Find x", "target": "y",
        "messages": [
            {"id": "m1", "role": "user", "content": "attachment://abc", "source": "input"},
            {"role": "assistant", "content": [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "Looking"}],
             "tool_calls": [CALL], "source": "generate", "model": "m/1"},
            {"role": "tool", "content": "", "tool_call_id": "c1", "function": "search",
             "error": {"type": "timeout", "message": "too slow"}},
            {"role": "assistant", "content": "Nothing found", "source": "generate"},
        ],
        "attachments": {"abc": "Find x, please"},
        "scores": {"match": {"value": "I", "answer": "n"}, "includes": {"value": "C"}, "grade": {"value": 0.4}},
        **more,
    }  # fmt: skip


def zipped(path, samples, header=HEADER):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as held:
        held.writestr("header.json", json.dumps(header))
        for one in samples:
            held.writestr(f"samples/{one['id']}_epoch_{one['epoch']}.json", json.dumps(one))
    return path


def test_both_forms_of_a_log_give_the_same_exchange(tmp_path):
    """Calls, results, reasoning and the error of a tool are read, and the attached text stands where it was."""
    (one,) = opened(value(tmp_path / "log.json", {**HEADER, "samples": [sample()]}), "inspect-ai", intent="observed")
    (other,) = opened(zipped(tmp_path / "log.eval", [sample()]), "inspect-ai", intent="observed")
    assert one == other
    assert [m.role for m in one.messages] == ["user", "assistant", "tool", "assistant"]
    assert one.messages[0].content == "Find x, please"
    assert one.messages[1].reasoning == "hm"
    assert one.tool_calls == ({"name": "search", "arguments": {"q": "x"}},)
    assert one.messages[2].content == "too slow"
    assert one.unscored is None
    assert verdicts(one) == {"inspect-ai.match": False, "inspect-ai.includes": True, "inspect-ai.grade": None}
    assert one.judgements[0].version == "0.3.100"


def test_an_attachment_that_is_missing_makes_the_row_unscored(tmp_path):
    """A digest is no word that anybody said."""
    (found,) = opened(
        value(tmp_path / "l.json", {**HEADER, "samples": [sample(attachments={})]}), "inspect-ai", intent="observed"
    )
    assert found.unscored == "an attachment of a message is not in the log"


def test_a_sample_that_ended_in_an_error_is_an_error(tmp_path):
    """Of the run, not a failed attack."""
    broken = sample(messages=[], error={"message": "boom"}, scores=None)
    (found,) = opened(value(tmp_path / "l.json", {**HEADER, "samples": [broken]}), "inspect-ai", intent="attack")
    assert (found.prompt, found.error is not None, found.judgements) == ("Find x", True, ())


@pytest.mark.parametrize("version", [1, 3])
def test_another_version_of_the_log_format_is_refused(tmp_path, version):
    """In both forms."""
    header = {**HEADER, "version": version}
    for path in (
        value(tmp_path / "l.json", {**header, "samples": [sample()]}),
        zipped(tmp_path / "l.eval", [sample()], header),
    ):
        with pytest.raises(SourceError, match=f"the version of the format is {version}"):
            opened(path, "inspect-ai", intent="observed")


def test_a_damaged_log_is_an_error_with_what_to_do(tmp_path):
    """Copied in part."""
    path = zipped(tmp_path / "l.eval", [sample()])
    path.write_bytes(path.read_bytes()[:-30])
    from cardwright.sources.load import load
    from cardwright.sources.spec import parse_source

    with pytest.raises(SourceError, match="the zip is damaged"):
        load(parse_source({"interactions": "l.eval", "format": "inspect-ai", "intent": "observed"}), "x", tmp_path)
