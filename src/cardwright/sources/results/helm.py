"""HELM's `scenario_state.json` (crfm-helm 0.2 to 0.5): requests and what came back, with the annotators' scores.

Multiple choice is judged by HELM through `output_mapping`: the reference that the answer names, and whether it is tagged correct.
Numbers of `per_instance_stats.json` are made of the whole run by metrics with no threshold, and are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.sources.interface import Judgement
from cardwright.sources.results.interface import Look, Reader, Recorded, judged, listed, mapping, not_of, refuse_version
from cardwright.sources.results.json_files import files_below, json_value

VERSIONS = "scenario states of 0.2 to 0.5"


def recognises(look: Look) -> bool:
    """The two keys that every scenario state has."""
    return look.has("adapter_spec", "request_states")


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    files = [
        one for one in files_below(path, where, ".json") if not path.is_dir() or one[0].name == "scenario_state.json"
    ]
    for file, location in files:
        state = mapping(json_value(file, location))
        if not isinstance(state.get("request_states"), list):
            raise not_of("HELM", "there is no list of `request_states`", location)
        for number, one in enumerate(state["request_states"], 1):
            request_state = mapping(one)
            if "request" not in request_state or "instance" not in request_state:
                raise refuse_version(None, VERSIONS, location)
            yield from _request(request_state, f"{location}, request {number}", number)


def _request(state: Mapping[str, Any], location: str, number: int) -> Iterator[Recorded]:
    instance, request, result = (mapping(state.get(key)) for key in ("instance", "request", "result"))
    turns = listed(request.get("messages")) or [{"role": "user", "content": request.get("prompt") or ""}]
    unread = "the request holds media, which are not read" if request.get("multimodal_prompt") else None
    name = str(instance.get("id") or number)
    completions = [mapping(one) for one in listed(result.get("completions"))]
    for index, completion in enumerate(completions or [{}]):
        row = {
            "id": f"{name}.{state.get('train_trial_index', 0)}.{index}",
            "prompt_id": name,
            "messages": turns,
            "response": completion.get("text"),
            "error": "error" if result.get("success") is not True else None,
        }
        reason = mapping(completion.get("finish_reason")).get("reason")
        if isinstance(reason, str):
            row["finish_reason"] = reason
        first = index == 0
        yield Recorded(location, row, tuple(_verdicts(state, completion)) if first else (), unread)


def _verdicts(state: Mapping[str, Any], completion: Mapping[str, Any]) -> Iterator[Judgement]:
    for annotator, annotation in sorted(mapping(state.get("annotations")).items()):
        for name, value in sorted(mapping(annotation).items()):
            if isinstance(value, (bool, int, float)):
                yield judged("helm", f"{annotator}.{name}", "task_success", value)
    choices, text = mapping(state.get("output_mapping")), completion.get("text")
    if choices and isinstance(text, str):
        chosen = choices.get(text.strip())
        references = [mapping(one) for one in listed(mapping(state.get("instance")).get("references"))]
        right = {
            str(mapping(one.get("output")).get("text")) for one in references if "correct" in listed(one.get("tags"))
        }
        yield judged("helm", "multiple_choice", "task_success", chosen in right if chosen is not None else False)


HELM = Reader("helm", "HELM scenario_state.json", VERSIONS, recognises, read)
