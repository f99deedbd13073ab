"""tau-bench's results (a list of trajectories with rewards) and tau2-bench's (simulations of one file).

A reward of 1 is a task that was done, and 0 one that was not. In tau2-bench the user can have tools too; what the user's tools
return is said by the user's side and no tool of the assistant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.sources.results.interface import Look, Reader, Recorded, judged, listed, mapping, not_of
from cardwright.sources.results.json_files import json_value

VERSIONS = "tau-bench 1 (task_id, reward, traj), tau2-bench 0.1 to 1 (simulations)"


def recognises(look: Look) -> bool:
    """A list of trajectories, or an object of simulations."""
    first = look.first[0] if isinstance(look.first, list) and look.first else None
    one = isinstance(first, Mapping) and all(key in first for key in ("task_id", "reward", "traj"))
    return one or look.has("tasks", "simulations")


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    value = json_value(path, where)
    if isinstance(value, list):
        for number, one in enumerate(value, 1):
            run, location = mapping(one), f"{where}, trajectory {number}"
            if "traj" not in run:
                raise not_of("tau-bench", "a trajectory has no `traj`", location)
            yield _recorded(run, listed(run["traj"]), run.get("reward"), location)
        return
    if not isinstance(mapping(value).get("simulations"), list):
        raise not_of("tau-bench", "there is neither a list of trajectories nor one of `simulations`", where)
    for number, one in enumerate(value["simulations"], 1):
        run = mapping(one)
        reward = mapping(run.get("reward_info")).get("reward")
        turns = [turn for message in listed(run.get("messages")) for turn in _flat(mapping(message))]
        yield _recorded(run, [_second(turn) for turn in turns], reward, f"{where}, simulation {number}")


def _recorded(run: Mapping[str, Any], turns: list[Any], reward: object, location: str) -> Recorded:
    task, trial = run.get("task_id"), run.get("trial", 0)
    row = {
        "id": f"{task}.{trial}",
        "prompt_id": str(task),
        # The simulated user ends a conversation with a word of its own, which is not a question.
        "messages": _to_the_answer([_first(mapping(turn)) for turn in turns]),
    }
    return Recorded(location, row, (judged("tau-bench", "reward", "task_success", reward),))


_STOPS = ("###STOP###", "###TRANSFER###", "###OUT-OF-SCOPE###")


def _to_the_answer(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    last = turns[-1] if turns else {}
    stopped = last.get("role") == "user" and str(last.get("content") or "").strip() in _STOPS
    return turns[:-1] if stopped else turns


def _first(turn: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("role", "content", "tool_calls", "function_call", "reasoning_content", "refusal", "finish_reason")
    return {key: turn[key] for key in kept if turn.get(key) is not None}


def _flat(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Several results of tools in one message are one turn each."""
    several = [mapping(inner) for inner in listed(message.get("tool_messages"))]
    return several or [message]


def _second(turn: Mapping[str, Any]) -> dict[str, Any]:
    role = turn.get("role")
    if turn.get("is_audio"):
        return {"role": role, "content": [{"type": "audio", "data": turn.get("content")}]}
    # A tool of the user's own side answers the user: to the assistant it is a word of the user's.
    seen = "user" if role == "tool" and turn.get("requestor") == "user" else role
    shown_turn: dict[str, Any] = {"role": seen, "content": turn.get("content")}
    calls = [
        {"name": mapping(call).get("name"), "arguments": mapping(call).get("arguments")}
        for call in listed(turn.get("tool_calls"))
        if mapping(call).get("requestor", "assistant") == "assistant"
    ]
    return {**shown_turn, "tool_calls": calls} if calls else shown_turn


TAU_BENCH = Reader("tau-bench", "tau-bench and tau2-bench results", VERSIONS, recognises, read)
