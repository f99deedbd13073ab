"""Langfuse's exports of observations (JSON, JSON Lines, or one trace with its observations and scores; Langfuse 2 to 4).

Observations of type GENERATION are calls of a model; spans, tools and events around them are not exchanges. Scores of a trace are
read from the download of that trace, each a scorer of its own; a score that is a number has no threshold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.sources.interface import Judgement
from cardwright.sources.json_text import decode
from cardwright.sources.results.interface import Look, Reader, Recorded, judged, listed, mapping, not_of
from cardwright.sources.results.json_files import json_objects

VERSIONS = "2 to 4"


def recognises(look: Look) -> bool:
    """An observation names its trace and its type; a trace holds observations; a page of the API holds `data`."""
    first = look.first[0] if isinstance(look.first, list) and look.first else look.first
    return isinstance(first, Mapping) and ("observations" in first or _is_observation(first))


def _is_observation(entry: Mapping[str, Any]) -> bool:
    return ("traceId" in entry or "trace_id" in entry) and "type" in entry and "input" in entry and "output" in entry


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    count = 0
    for location, entry in json_objects(path, where):
        observations = [mapping(one) for one in listed(entry.get("observations"))] or [entry]
        scores = [mapping(score) for score in listed(entry.get("scores"))]
        for observation in observations:
            if not _is_observation(observation) and "observations" not in entry:
                raise not_of("Langfuse", "an entry is not an observation", location)
            if str(observation.get("type")).upper() != "GENERATION":
                continue
            count += 1
            own = [s for s in scores if _names(s, "observationId", "observation_id") in (None, observation.get("id"))]
            yield _generation(observation, own, f"{location}, generation {count}", count)
    if not count:
        raise not_of("Langfuse", "no observation is of type GENERATION", where)


def _names(score: Mapping[str, Any], *keys: str) -> Any:
    return next((score[key] for key in keys if score.get(key) is not None), None)


def _generation(entry: Mapping[str, Any], scores: list[Mapping[str, Any]], location: str, number: int) -> Recorded:
    asked, answered = _value(entry.get("input")), _value(entry.get("output"))
    turns = _turns(asked)
    row = {
        "id": str(entry.get("id") or number)[:100],
        "messages": turns if turns is not None else [],
        "response": answered if answered is None or isinstance(answered, (str, list, Mapping)) else str(answered),
        "error": "error" if str(entry.get("level")).upper() == "ERROR" and answered is None else None,
    }
    unread = "the input is neither text nor turns" if turns is None else None
    return Recorded(location, row, tuple(_judgement(score) for score in scores), unread)


def _turns(asked: object) -> list[Any] | None:
    """What the model was asked: text, turns, or a request's body with its turns and tools."""
    if isinstance(asked, str):
        return [{"role": "user", "content": asked}]
    if isinstance(asked, Mapping):
        for key in ("messages", "contents", "input"):
            if isinstance(asked.get(key), list):
                system = asked.get("system") or asked.get("instructions")
                return [*([{"role": "system", "content": system}] if system else []), *asked[key]]
        return [asked] if "role" in asked else None
    return list(asked) if isinstance(asked, list) else None


def _value(raw: object) -> Any:
    """Blob exports write objects as JSON text."""
    if isinstance(raw, str) and raw.lstrip()[:1] in ("[", "{"):
        try:
            value = decode(raw)
        except ValueError:
            return raw
        turns = value if isinstance(value, list) else [value]
        chat = all(isinstance(turn, Mapping) and ({"role", "messages", "content"} & turn.keys()) for turn in turns)
        return value if turns and chat else raw
    return raw


def _judgement(score: Mapping[str, Any]) -> Judgement:
    kind = str(score.get("dataType") or score.get("data_type") or "").upper()
    return judged("langfuse", score.get("name"), "task_success", score.get("value") if kind == "BOOLEAN" else None)


LANGFUSE = Reader("langfuse", "Langfuse observations and traces", VERSIONS, recognises, read)
