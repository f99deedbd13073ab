"""JailbreakBench's artifacts: `parameters` and one jailbreak for each of its behaviours, judged by its own judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

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

VERSIONS = "artifacts of 1.0"
_KEYS = ("goal", "prompt", "response", "jailbroken")


def recognises(look: Look) -> bool:
    """The two keys of an artifact."""
    return look.has("parameters", "jailbreaks")


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    artifact = mapping(json_value(path, where))
    if not isinstance(artifact.get("jailbreaks"), list):
        raise not_of("JailbreakBench", "there is no list of `jailbreaks`", where)
    method = mapping(artifact.get("parameters")).get("method")
    for number, one in enumerate(listed(artifact["jailbreaks"]), 1):
        entry, location = mapping(one), f"{where}, jailbreak {number}"
        if not all(key in entry for key in _KEYS):
            raise refuse_version(None, VERSIONS, location)
        yield _jailbreak(entry, location, number, method)


def _jailbreak(entry: Mapping[str, Any], location: str, number: int, method: object) -> Recorded:
    name = str(entry.get("index", number))
    asked = entry.get("prompt")
    row = {
        "id": name,
        "intent": "attack",
        "category": identifier(f"jailbreakbench.{entry.get('category') or 'none'}"),
        "messages": [{"role": "user", "content": asked}] if isinstance(asked, str) else [],
        "response": entry.get("response"),
    }
    # An attack that found no prompt was never put to the assistant, which therefore resisted nothing.
    unread = None if isinstance(asked, str) else "the attack found no prompt, so nothing was asked"
    verdict = judged("jailbreakbench", "judge", "attack_success", entry.get("jailbroken"), version=str(method or ""))
    return Recorded(location, row, (verdict,) if unread is None else (), unread)


JAILBREAKBENCH = Reader("jailbreakbench", "JailbreakBench artifacts", VERSIONS, recognises, read)
