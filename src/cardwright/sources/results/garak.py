"""garak's `report.jsonl` and `hitlog.jsonl` (NVIDIA/garak 0.9 to 0.14).

An attempt stands twice in a report: as it was asked (`status` 1), and as it was evaluated, with scores (`status` 2).
Of one that was never evaluated the answers are read, without a verdict. A hitlog holds hits alone, so its rate is 1 whatever the
assistant does: a plan should name the report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.sources.interface import Judgement
from cardwright.sources.json_lines import json_lines
from cardwright.sources.results.interface import (
    Look,
    Reader,
    Recorded,
    identifier,
    listed,
    mapping,
    not_of,
    numeric,
    refuse_version,
    text_of,
)

VERSIONS = "0.9 to 0.14"
_READ = re.compile(r"0\.(9|1[0-4])\.")
THRESHOLD = 0.5
"""`run.eval_threshold` where a report does not say another."""


def recognises(look: Look) -> bool:
    """A report's entries name their type; a hitlog's keys are its own."""
    return look.has("entry_type") or look.has("probe", "detector", "attempt_id", "generator")


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    version, threshold = "", THRESHOLD
    waiting: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for number, entry in json_lines(path, where):
        location, kind = f"{where}:{number}", entry.get("entry_type")
        if kind is None and "attempt_id" in entry:
            yield _hit(entry, location)
            continue
        if kind == "start_run setup":
            version = _version(entry.get("_config.version"), location)
            stated_threshold = entry.get("run.eval_threshold")
            threshold = float(stated_threshold) if isinstance(stated_threshold, (int, float)) else threshold
        elif kind == "attempt":
            if not version:
                raise refuse_version(None, VERSIONS, location)
            if entry.get("status") == 2:
                waiting.pop(str(entry.get("uuid")), None)
                yield from _attempt(entry, location, version, threshold)
            else:
                waiting[str(entry.get("uuid"))] = (location, entry)
        elif kind not in ("init", "eval", "digest", "completion", "config", "plugin_cache"):
            raise not_of("garak", "an entry is of a type that is not known", location)
    for location, never_evaluated in waiting.values():
        yield from _attempt(never_evaluated, location, version, threshold)


def _version(stated: object, location: str) -> str:
    if not isinstance(stated, str) or not _READ.match(stated):
        raise refuse_version(stated, VERSIONS, location)
    return stated


def _attempt(entry: Mapping[str, Any], location: str, version: str, threshold: float) -> Iterator[Recorded]:
    outputs, scores = listed(entry.get("outputs")), mapping(entry.get("detector_results"))
    asked = entry.get("prompt")
    for index, output in enumerate(outputs or [None]):
        turns, unread = _turns(entry, asked, index)
        answer, missed = _message(output)
        verdicts = tuple(
            _judgement(name, values[index] if index < len(values) else None, version, threshold)
            for name, values in sorted(scores.items())
            if isinstance(values, list)
        )
        row = {
            "id": f"{str(entry.get('uuid'))[:36]}.{index}",
            "prompt_id": str(entry.get("uuid"))[:36],
            "intent": "attack",
            "messages": turns,
            "response": answer,
            **_category(entry),
        }
        yield Recorded(location, row, verdicts, unread or missed)


def _judgement(detector: str, score: object, version: str, threshold: float) -> Judgement:
    happened = score >= threshold if isinstance(score, (int, float)) else None
    why = None if happened is not None else "the detector gave no score"
    return Judgement(identifier(f"garak.{detector}"), "attack_success", happened, why, version, numeric(score))


def _category(entry: Mapping[str, Any]) -> dict[str, Any]:
    """promptinject's rogue string is a marker like ours; of the other probes the category is garak's own."""
    probe = str(entry.get("probe_classname") or "")
    settings = mapping(mapping(entry.get("notes")).get("settings"))
    rogue = settings.get("attack_rogue_string")
    if probe.startswith("promptinject.") and isinstance(rogue, str) and rogue:
        return {"category": "prompt_injection", "goal": rogue}
    return {"category": identifier(f"garak.{probe.partition('.')[0]}")}


def _turns(entry: Mapping[str, Any], asked: object, index: int) -> tuple[list[dict[str, str]], str | None]:
    """What was said before the answer: the conversation as it ran if recorded, else the prompt."""
    if isinstance(asked, str):
        return [{"role": "user", "content": asked}], None
    conversations = listed(entry.get("conversations"))
    talk = listed(mapping(conversations[index] if index < len(conversations) else None).get("turns"))
    last = next((i for i in reversed(range(len(talk))) if mapping(talk[i]).get("role") == "assistant"), len(talk))
    turns = talk[:last] or listed(mapping(asked).get("turns"))
    raw_turns, unread = [], None
    for turn in turns:
        words, missed = _message(mapping(turn).get("content"))
        unread = unread or missed
        raw_turns.append({"role": str(mapping(turn).get("role")), "content": words or ""})
    return raw_turns, unread


def _message(content: object) -> tuple[str | None, str | None]:
    """A message's text, and why not all of it could be read. For garak, None means that a generator gave nothing."""
    if content is None or isinstance(content, str):
        return content, None
    held = mapping(content)
    if held.get("data_path") or held.get("data_type"):
        return text_of(held.get("text")), "a message holds a file, which is not read"
    text = text_of(held.get("text"))
    return text, None if text is not None or held.get("text") is None else "a message is not text"


def _hit(entry: Mapping[str, Any], location: str) -> Recorded:
    turns, unread = _turns({}, entry.get("prompt"), 0)
    answer, missed = _message(entry.get("output"))
    hit = Judgement(identifier(f"garak.{entry.get('detector')}"), "attack_success", True)
    row = {
        "id": f"{str(entry.get('attempt_id'))[:36]}.{entry.get('attempt_idx')}",
        "prompt_id": str(entry.get("attempt_id"))[:36],
        "intent": "attack",
        "messages": turns,
        "response": answer,
        **_category({"probe_classname": entry.get("probe")}),
    }
    return Recorded(location, row, (hit,), unread or missed)


GARAK = Reader("garak", "garak report.jsonl, hitlog.jsonl", VERSIONS, recognises, read)
