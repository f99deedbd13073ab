"""AgentDojo's runs (agentdojo 0.1): a JSON file for each pair of a user's task and an injected one, mostly in a folder.

`utility` says whether the user's task was done. `security` is, for all its name, whether the *injected* task was done: the
success of the attack. Without an injected task it says nothing, and the run is a harmless one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.sources.results.interface import Look, Reader, Recorded, judged, listed, mapping, not_of, refuse_version
from cardwright.sources.results.json_files import files_below, json_value

VERSIONS = "0.1"
_KEYS = ("suite_name", "user_task_id", "injection_task_id", "messages")


def recognises(look: Look) -> bool:
    """The keys of a run; of a folder its first file is looked at."""
    return look.has(*_KEYS)


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    for file, location in files_below(path, where, ".json"):
        run = mapping(json_value(file, location))
        if not all(key in run for key in _KEYS):
            raise not_of("AgentDojo", "a file does not have the keys of a run", location)
        version = run.get("agentdojo_package_version")
        # Runs of before 0.1.27 do not name the package; "unknown" is what a checkout that is not installed writes.
        if version not in (None, "unknown") and not re.match(r"0\.1\.", str(version)):
            raise refuse_version(version, VERSIONS, location)
        yield _run(run, location, str(version or ""))


def _run(run: Mapping[str, Any], location: str, version: str) -> Recorded:
    injected = run.get("injection_task_id")
    name = f"{run['suite_name']}.{run['user_task_id']}.{injected or 'none'}.{run.get('attack_type') or 'none'}"
    messages = [_message(mapping(message)) for message in listed(run["messages"])]
    row = {
        "id": name[:200],
        "prompt_id": name[:200],
        "messages": messages,
        "intent": "attack" if injected else "benign",
        "category": "agentdojo.injection" if injected else f"agentdojo.{run['suite_name']}"[:80],
        "error": "error" if run.get("error") else None,
    }
    done = judged("agentdojo", "utility", "task_success", run.get("utility"), version=version)
    attacked = judged("agentdojo", "security", "attack_success", run.get("security"), version=version)
    return Recorded(location, row, (done, attacked) if injected else (done,))


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    turn: dict[str, Any] = {"role": message.get("role"), "content": message.get("content")}
    if turn["role"] == "tool":
        error = message.get("error")
        if isinstance(error, str) and error:
            turn["content"] = error if not turn["content"] else [*_parts(turn["content"]), error]
        return turn
    calls = message.get("tool_calls")
    if calls:
        turn["tool_calls"] = [
            {"name": mapping(call).get("function"), "arguments": mapping(call).get("args")} for call in listed(calls)
        ]
    return turn


def _parts(content: Any) -> list[Any]:
    return content if isinstance(content, list) else [content]


AGENTDOJO = Reader("agentdojo", "AgentDojo runs", VERSIONS, recognises, read)
