"""inspect_ai's logs, `.eval` (a zip of JSON) and `.json`: log format version 2 (inspect_ai 0.3).

Large texts stand apart in a sample's `attachments` and are named by digest in its messages; they are put back. Scores are letters
or numbers: C (correct) and I (incorrect) are yes and no, P (partial) and N (no answer) are neither.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.sources.interface import Judgement
from cardwright.sources.json_text import decode
from cardwright.sources.results.interface import (
    Look,
    Reader,
    Recorded,
    judged,
    listed,
    mapping,
    not_of,
    refuse_version,
)
from cardwright.sources.results.json_files import MAX_FILE, json_value

VERSIONS = "2"
_LETTERS = {"C": 1, "I": 0}
_ATTACHED = "attachment://"
_ZSTANDARD = 93


def recognises(look: Look) -> bool:
    """A zip with `header.json`, or an object with the header's keys."""
    if look.head.startswith(b"PK"):
        try:
            with zipfile.ZipFile(look.path) as held:
                return "header.json" in held.namelist()
        except (zipfile.BadZipFile, OSError):
            return False
    return look.has("version", "eval", "plan") or look.has("version", "eval", "samples")


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    if not zipped:
        log = mapping(json_value(path, where))
        version = _version(log, where)
        for number, sample in enumerate(listed(log.get("samples")), 1):
            yield _sample(mapping(sample), f"{where}, sample {number}", version)
        return
    try:
        with zipfile.ZipFile(path) as held:
            names = held.namelist()
            if "header.json" not in names:
                raise not_of("inspect_ai", "there is no header.json; the run may not have ended", where)
            version = _version(mapping(_inside(held, "header.json", where)), where)
            for name in sorted(name for name in names if name.startswith("samples/") and name.endswith(".json")):
                yield _sample(mapping(_inside(held, name, where)), f"{where}, {name}", version)
    except zipfile.BadZipFile:
        raise SourceError("the zip is damaged", where=where, do="Copy the log again.") from None


def _inside(held: zipfile.ZipFile, name: str, where: str) -> Any:
    info = held.getinfo(name)
    if info.compress_type == _ZSTANDARD:
        raise SourceError(
            "the log is compressed with Zstandard, which is not read", where=where,
            do="Write it as JSON: `inspect log convert --to json`.",
        )  # fmt: skip
    if info.file_size > MAX_FILE:
        raise SourceError("an entry of the log is too large", where=f"{where}, {name}", do="Write fewer samples a log.")
    try:
        # inspect_ai writes NaN for a metric that is none; samples hold it in scores alone.
        return decode(held.read(info))
    except ValueError:
        raise SourceError(
            "an entry of the log is not whole JSON", where=f"{where}, {name}", do="Copy the log again."
        ) from None


def _version(log: Mapping[str, Any], where: str) -> str:
    if log.get("version") != 2:
        raise refuse_version(log.get("version"), f"version {VERSIONS}", where)
    return str(mapping(mapping(log.get("eval")).get("packages")).get("inspect_ai") or "")


def _sample(sample: Mapping[str, Any], location: str, version: str) -> Recorded:
    attached = mapping(sample.get("attachments"))
    messages = [_whole(message, attached) for message in listed(sample.get("messages"))]
    asked = sample.get("input")
    if not messages:
        messages = [{"role": "user", "content": asked}] if isinstance(asked, str) else listed(asked)
    missing = any(_unattached(message) for message in messages)
    row = {
        "id": f"{sample.get('id')}.{sample.get('epoch')}",
        "prompt_id": str(sample.get("id")),
        "messages": [_plain(message) for message in messages],
        "error": "error" if sample.get("error") else None,
    }
    scores = mapping(sample.get("scores")) or ({"score": sample["score"]} if sample.get("score") else {})
    verdicts = tuple(_judgement(name, mapping(score).get("value"), version) for name, score in sorted(scores.items()))
    return Recorded(location, row, verdicts, "an attachment of a message is not in the log" if missing else None)


_BESIDE = ("id", "source", "metadata", "model", "internal", "working_start", "tool_call_from")


def _plain(message: Any) -> Any:
    """A message without inspect's own notes; a call names its function as text, a failed tool's words are its result."""
    if not isinstance(message, Mapping):
        return message
    plain = {key: value for key, value in message.items() if key not in _BESIDE}
    calls = plain.get("tool_calls")
    if isinstance(calls, list):
        plain["tool_calls"] = [
            {"id": call.get("id"), "name": call["function"], "arguments": call.get("arguments")}
            if isinstance(call, Mapping) and isinstance(call.get("function"), str)
            else call
            for call in calls
        ]
    if plain.get("role") == "tool":
        error = mapping(plain.pop("error", None)).get("message")
        plain.pop("function", None)
        if isinstance(error, str):
            plain["content"] = f"{plain.get('content') or ''}\n{error}".strip()
    return plain


def _whole(value: Any, attached: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value.startswith(_ATTACHED):
        return attached.get(value.removeprefix(_ATTACHED), value)
    if isinstance(value, Mapping):
        return {key: _whole(inner, attached) for key, inner in value.items()}
    return [_whole(inner, attached) for inner in value] if isinstance(value, list) else value


def _unattached(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_unattached(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_unattached(inner) for inner in value)
    return isinstance(value, str) and value.startswith(_ATTACHED)


def _judgement(name: str, value: object, version: str) -> Judgement:
    verdict = _LETTERS.get(value, value) if isinstance(value, str) else value
    return judged("inspect-ai", name, "task_success", verdict, version=version)


INSPECT_AI = Reader("inspect-ai", "inspect_ai logs, .eval and .json", VERSIONS, recognises, read)
