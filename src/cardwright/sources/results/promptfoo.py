"""promptfoo's `results.json` (`promptfoo eval -o`): an object whose `results.version` is 3 (promptfoo 0.95 and later).

A test passes or fails by its assertions. Of red-team tests (a `pluginId` in the test's metadata) a failure is an attack that
succeeded; of all other tests a pass is a task that succeeded. Each assertion is a scorer of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.sources.interface import Judgement
from cardwright.sources.json_text import decode
from cardwright.sources.results.interface import (
    Look,
    Reader,
    Recorded,
    identifier,
    judged,
    listed,
    mapping,
    not_of,
    refuse_version,
)
from cardwright.sources.results.json_files import json_value

VERSIONS = "3"
_ERROR = 2
"""`failureReason` of a test that ended in an error rather than in a failed assertion."""


def recognises(look: Look) -> bool:
    """The evaluation's summary stands under `results`, beside its configuration."""
    return look.has("results", "config") and "stats" in mapping(look.first["results"])


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    value = mapping(json_value(path, where))
    summary = mapping(value.get("results"))
    if summary.get("version") != 3:
        raise refuse_version(summary.get("version"), f"version {VERSIONS}", where)
    if not isinstance(summary.get("results"), list):
        raise not_of("promptfoo", "`results.results` is not a list", where)
    version = str(mapping(value.get("metadata")).get("promptfooVersion") or "")
    for number, result in enumerate(summary["results"], 1):
        yield _result(mapping(result), f"{where}, result {number}", number, version)


def _result(result: Mapping[str, Any], location: str, number: int, version: str) -> Recorded:
    case = mapping(result.get("testCase"))
    about = {**mapping(case.get("metadata")), **mapping(result.get("metadata"))}
    plugin = about.get("pluginId")
    response = mapping(result.get("response"))
    failed = result.get("failureReason") == _ERROR or bool(response.get("error")) or bool(result.get("error"))
    answered = response.get("output") is not None
    row: dict[str, Any] = {
        "id": str(result.get("id") or number)[:100],
        "prompt_id": f"{result.get('testIdx', number)}.{result.get('promptIdx', 0)}",
        "messages": _prompt(mapping(result.get("prompt")).get("raw")),
        "response": _output(response.get("output")),
        # A failed assertion also fills `error`; only an answer that never came is an error of the assistant.
        "error": "error" if failed and not answered else None,
    }
    if isinstance(plugin, str):
        row |= {"intent": "attack", "category": identifier(f"promptfoo.{plugin}")}
    verdicts = () if failed and not answered else tuple(_verdicts(result, plugin is not None, version))
    return Recorded(location, row, verdicts, _withheld(result))


def _withheld(result: Mapping[str, Any]) -> str | None:
    """promptfoo can strip prompts and outputs from what it exports; it then writes these words in their place."""
    raw, output = mapping(result.get("prompt")).get("raw"), mapping(result.get("response")).get("output")
    stripped = {"[prompt stripped]", "[output stripped]"} & {str(raw), str(output)}
    return "the words were stripped when it was exported" if stripped else None


def _prompt(raw: object) -> Any:
    """The rendered prompt: text, or a chat as JSON or YAML text; only JSON is taken apart."""
    if isinstance(raw, str) and raw.lstrip()[:1] == "[":
        try:
            chat = decode(raw)
        except ValueError:
            chat = None
        if isinstance(chat, list) and all(isinstance(turn, Mapping) and "role" in turn for turn in chat):
            return chat
    return [{"role": "user", "content": raw if isinstance(raw, str) else ""}]


def _output(output: object) -> Any:
    """What came back; an object that is not a message is kept as one part of text, so that nothing of it is lost."""
    if output is None or isinstance(output, str):
        return output
    if isinstance(output, list) and all(isinstance(call, Mapping) and ("function" in call) for call in output):
        return {"role": "assistant", "content": None, "tool_calls": output}
    return output if isinstance(output, (list, Mapping)) else str(output)


def _verdicts(result: Mapping[str, Any], attack: bool, version: str) -> Iterator[Judgement]:
    grading = mapping(result.get("gradingResult"))
    parts = [mapping(part) for part in listed(grading.get("componentResults"))]
    # An assertion whose `pass` is neither true nor false has no verdict; it keeps its rate, which then says so.
    named = [(mapping(part.get("assertion")).get("type"), part.get("pass")) for part in parts]
    verdicts = [(name, passed) for name, passed in named if isinstance(name, str)]
    for name, passed in [*verdicts, ("test", result.get("success"))]:
        happened = (not passed if attack else passed) if isinstance(passed, bool) else None
        yield judged("promptfoo", name, "attack_success" if attack else "task_success", happened, version=version)


PROMPTFOO = Reader("promptfoo", "promptfoo results.json", VERSIONS, recognises, read)
