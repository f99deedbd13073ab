"""lm-evaluation-harness' `samples_*.jsonl` (lm-eval 0.4, `--log_samples`).

The files state no version; the keys of 0.4 are required. A document occurs once for each filter, and each is a scorer of its own.
Where the harness compared likelihoods nothing was answered: those rows are read as unscored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cardwright.sources.json_lines import json_lines
from cardwright.sources.json_text import decode
from cardwright.sources.results.interface import Look, Reader, Recorded, judged, listed, mapping, not_of, refuse_version

VERSIONS = "0.4"
_KEYS = ("doc_id", "arguments", "resps", "filtered_resps")


def recognises(look: Look) -> bool:
    """The keys that the harness writes for each document."""
    return look.has(*_KEYS)


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    for number, sample in json_lines(path, where):
        location = f"{where}:{number}"
        if not all(key in sample for key in _KEYS):
            raise not_of("lm-eval", "a line does not have the keys of `--log_samples`", location)
        if "metrics" not in sample and "doc_hash" not in sample:
            raise refuse_version(None, VERSIONS, location)
        yield from _sample(sample, location)


def _sample(sample: Mapping[str, Any], location: str) -> Iterator[Recorded]:
    contexts, responses = _contexts(sample.get("arguments")), listed(sample.get("resps"))
    filter_ = str(sample.get("filter") or "none")
    metrics = [name for name in listed(sample.get("metrics")) if isinstance(name, str)]
    # A metric can be a list, of which the mean over all documents is made elsewhere.
    verdicts = tuple(judged("lm-eval", f"{name}.{filter_}", "task_success", sample.get(name)) for name in metrics)
    answers = [answer for response in responses for answer in (response if isinstance(response, list) else [response])]
    texts = [answer for answer in answers if isinstance(answer, str)]
    doc = sample.get("doc_id")
    if not texts or len(texts) != len(answers):
        row = {"id": f"{doc}.{filter_}", "prompt_id": str(doc), "messages": _turns(contexts[0] if contexts else "")}
        yield Recorded(location, row, verdicts, "likelihoods were compared, and nothing was answered")
        return
    for index, answer in enumerate(texts):
        turns = _turns(contexts[0] if contexts else "")
        # The metric is over all answers of the document together: only one answer can be what it speaks of.
        own = verdicts if len(texts) == 1 else ()
        row = {"id": f"{doc}.{filter_}.{index}", "prompt_id": str(doc), "messages": turns, "response": answer}
        yield Recorded(location, row, own)


def _contexts(arguments: object) -> list[str]:
    """The prompts: a list of argument lists, or since 0.4.4 an object of objects."""
    if isinstance(arguments, Mapping):
        firsts = [mapping(inner).get("arg_0") for inner in arguments.values()]
    else:
        firsts = [inner[0] if isinstance(inner, list) and inner else None for inner in listed(arguments)]
    return [text for text in firsts if isinstance(text, str)]


def _turns(context: str) -> Any:
    """With a chat template by API, the prompt is a chat as JSON text."""
    if context.lstrip()[:1] == "[":
        try:
            chat = decode(context)
        except ValueError:
            chat = None
        if isinstance(chat, list) and chat and all(isinstance(turn, Mapping) and "role" in turn for turn in chat):
            return [{key: value for key, value in turn.items() if key in ("role", "content")} for turn in chat]
    return [{"role": "user", "content": context}]


LM_EVAL = Reader("lm-eval", "lm-eval samples_*.jsonl", VERSIONS, recognises, read)
