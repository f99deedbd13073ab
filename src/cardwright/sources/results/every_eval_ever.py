"""Every Eval Ever, instance level (evaleval/every_eval_ever, schema 0.2): one result of one sample a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.sources.results.interface import Look, Reader, Recorded, judged, listed, mapping, refuse_version
from cardwright.sources.results.json_files import json_objects

VERSIONS = "0.2"
_READ = re.compile(r"(instance_level_eval_)?0\.2(\.\d+)?$")


def recognises(look: Look) -> bool:
    """The keys that the schema requires and no other format has."""
    return look.has("schema_version", "evaluation_id", "interaction_type", "answer_attribution")


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    for location, sample in json_objects(path, where):
        version = str(sample.get("schema_version"))
        if not _READ.match(version):
            raise refuse_version(sample.get("schema_version"), VERSIONS, location)
        yield from _sample(sample, location, version)


def _sample(sample: Mapping[str, Any], location: str, version: str) -> Iterator[Recorded]:
    asked, name = mapping(sample.get("input")), str(sample.get("sample_id"))
    is_correct = mapping(sample.get("evaluation")).get("is_correct")
    verdict = judged("every-eval-ever", sample.get("evaluation_name"), "task_success", is_correct, version=version)
    failed = "error" if sample.get("error") else None
    if sample.get("interaction_type") != "single_turn":
        turns = [_turn(mapping(turn)) for turn in listed(sample.get("messages"))]
        yield Recorded(location, {"id": name, "prompt_id": name, "messages": turns, "error": failed}, (verdict,))
        return
    answers = listed(mapping(sample.get("output")).get("raw"))
    reasoning = listed(mapping(sample.get("output")).get("reasoning_trace"))
    prompt = asked.get("formatted") or asked.get("raw")
    for index, answer in enumerate(answers or [None]):
        thought = reasoning[index] if index < len(reasoning) else None
        turns = [{"role": "user", "content": prompt}]
        if answer is not None:
            turns.append({"role": "assistant", "content": answer, "reasoning_content": thought})
        row = {"id": f"{name}.{index}", "prompt_id": name, "messages": turns, "error": failed}
        yield Recorded(location, row, (verdict,) if len(answers) <= 1 else ())


def _turn(turn: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "role": turn.get("role"),
        "content": turn.get("content"),
        "reasoning_content": turn.get("reasoning_trace"),
        "tool_calls": turn.get("tool_calls"),
    }


EVERY_EVAL_EVER = Reader("every-eval-ever", "Every Eval Ever, instance level", VERSIONS, recognises, read)
