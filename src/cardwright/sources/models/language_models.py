"""Causal language models in Hugging Face folders: the log-probability of each token of a text, offline, without foreign code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from cardwright.sources.interface import LanguageModel
from cardwright.sources.json_text import decode
from cardwright.sources.models.interface import ModelRequest
from cardwright.sources.models.transformers_folders import (
    architectures,
    checked_config,
    libraries,
    parts,
    reading_texts,
)

_CELLS = 2**26
"""Logits that are computed at a time: texts × tokens × vocabulary; what bounds memory (256 MB of single precision)."""

_LONGEST = 1024
"""Tokens of one window, if the configuration does not say how many the network reads."""

Window = tuple[int, list[int], int]
"""Which text it is of, its tokens, and how many of them at the start are context alone."""


def claims(path: Path) -> bool:
    """Whether a folder says that it holds a causal language model."""
    try:
        config = decode((path / "config.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and any(kind.endswith("ForCausalLM") or kind == "GPT2LMHeadModel"
                                            for kind in architectures(config))  # fmt: skip


def load(path: Path, *, name: str = "model", role: str = "model", where: str | None = None) -> LanguageModel:
    """The language model in a folder with `config.json`, a tokenizer and weights in safetensors.

    Raises
    ------
    UnsafeError
        If its weights are pickled, or it needs code of its own.
    SourceError
        If a part is missing or does not fit.
    MissingExtraError
        If transformers or torch is not installed.
    """
    where = where or path.name
    request = ModelRequest(path=path, where=where, name=name, role=role)
    checked_config(path, {file.name for file in path.iterdir() if file.is_file()}, where)
    torch, transformers = libraries(where)
    tokenizer, native = parts(transformers, "AutoModelForCausalLM", path, where, "to continue texts")
    return LanguageModel(request.ref("transformers"), partial(_token_log_probs, torch, tokenizer, native, where))


def _token_log_probs(torch: Any, tokenizer: Any, native: Any, where: str, texts: Sequence[str]) -> list[list[float]]:
    found: list[list[float]] = [[] for _ in texts]
    longest = _longest(native.config)
    with reading_texts("language model", where):
        windows = list(_windows(_tokens(tokenizer, texts), longest))
        # Windows of like length go together, so that little is padded.
        order = sorted(range(len(windows)), key=lambda at: len(windows[at][1]))
        windows_by_length = [windows[at] for at in order]
        scored: list[tuple[int, list[float]]] = []
        for batch in _batches(windows_by_length, int(native.config.vocab_size)):
            scored += _scored(torch, native, batch)
    for _, (text, values) in sorted(zip(order, scored, strict=True)):
        found[text] += values
    return found


def _longest(config: Any) -> int:
    """How many tokens the network reads at once."""
    for name in ("max_position_embeddings", "n_positions"):
        value = getattr(config, name, None)
        if isinstance(value, int) and value > 1:
            return min(value, _LONGEST)
    return _LONGEST


def _tokens(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Each text as tokens, with the token before it that begins a text, if the tokenizer has one."""
    begins = tokenizer.bos_token_id
    found: list[list[int]] = []
    for text in texts:
        ids = list(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
        found.append(ids if begins is None else [int(begins), *ids])
    return found


def _windows(texts: Sequence[Sequence[int]], longest: int) -> Iterator[Window]:
    """A long text in windows that overlap by half, so that each token is scored once, with at least half a window before it."""
    step = max(longest // 2, 1)
    for number, ids in enumerate(texts):
        done = 1  # the first token has nothing before it
        start = 0
        while done < len(ids):
            end = min(start + longest, len(ids))
            yield number, list(ids[start:end]), done - start
            done, start = end, end - step


def _batches(windows: Sequence[Window], vocabulary: int) -> Iterator[list[Window]]:
    batch: list[Window] = []
    for window in windows:
        if batch and (len(batch) + 1) * len(window[1]) * vocabulary > _CELLS:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _scored(torch: Any, native: Any, batch: Sequence[Window]) -> list[tuple[int, list[float]]]:
    width = max(len(ids) for _, ids, _ in batch)
    tokens = torch.zeros((len(batch), width), dtype=torch.long)
    there = torch.zeros((len(batch), width), dtype=torch.long)
    for row, (_, ids, _) in enumerate(batch):
        tokens[row, : len(ids)] = torch.tensor(ids)
        there[row, : len(ids)] = 1
    with torch.no_grad():
        logits = native(input_ids=tokens, attention_mask=there).logits[:, :-1].float()
        chosen = logits.gather(2, tokens[:, 1:, None])[..., 0] - torch.logsumexp(logits, dim=2)
    values = chosen.double()
    return [(text, values[row, context - 1 : len(ids) - 1].tolist()) for row, (text, ids, context) in enumerate(batch)]


__all__ = ["claims", "load"]
