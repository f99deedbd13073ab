"""Text classifiers in Hugging Face folders that say whether something is in a text, such as toxicity.

A long text is read in overlapping stretches, and the highest score counts: what a network does not read it cannot see, and the
end of a text is where somebody would hide something. A stretch is measured in bytes of UTF-8, of which no tokenizer makes more
tokens than there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError
from cardwright.privacy.showing import quoted
from cardwright.record.base import label as as_label
from cardwright.sources.interface import TextClassifier
from cardwright.sources.models.interface import ModelRequest
from cardwright.sources.models.outputs import logistic, softmax
from cardwright.sources.models.transformers_folders import (
    checked_config,
    libraries,
    parts,
    reading_texts,
    require_classifier,
)

_AT_A_TIME = 32
"""Stretches that go through the network together: what bounds memory."""
_LONGEST = 400
"""Bytes of a stretch, of a network that reads as many tokens and those that begin and end a text."""
_ENDS = 8
"""Tokens that may begin and end a text."""

_YES = frozenset({
    "toxic", "toxicity", "severe_toxic", "severe_toxicity", "obscene", "threat", "insult", "identity_hate", "identity_attack",
    "sexual_explicit", "hate", "hateful", "offensive", "abusive", "profanity", "harassment", "offensive_language", "hate_speech",
})  # fmt: skip
_NO = frozenset({
    "non_toxic", "nontoxic", "not_toxic", "neutral", "clean", "normal", "none", "safe", "not_hate", "nothate", "non_hate",
    "not_offensive", "non_offensive", "neither", "ok", "acceptable",
})  # fmt: skip
"""How classifiers of toxicity that are published name their labels, in small letters and with `_`."""


def load(
    path: Path,
    positive: Sequence[str] = (),
    threshold: float = 0.5,
    *,
    name: str = "classifier",
    role: str = "classifier",
    where: str | None = None,
) -> TextClassifier:
    """The text classifier in a folder with `config.json`, a tokenizer and weights in safetensors.

    Parameters
    ----------
    positive
        Its labels that mean yes; if empty, those that the table of usual labels knows, which has to know all.
    threshold
        The score from which on it says yes.

    Raises
    ------
    UnsafeError
        If its weights are pickled, or it needs code of its own.
    SourceError
        If a part is missing or does not fit, or nobody has said which labels mean yes.
    MissingExtraError
        If transformers or torch is not installed.
    """
    where = where or path.name
    if not path.is_dir():
        raise SourceError(
            "there is no such folder", where=where, do="Name a folder that `model.save_pretrained` has written."
        )
    request = ModelRequest(path=path, where=where, name=name, role=role)
    config = checked_config(path, {file.name for file in path.iterdir() if file.is_file()}, where)
    require_classifier(config, where)
    torch, transformers = libraries(where)
    tokenizer, native = parts(transformers, "AutoModelForSequenceClassification", path, where, "to classify")
    labels = [as_label(native.config.id2label[place]) for place in range(int(native.config.num_labels))]
    several = len(labels) == 1 or native.config.problem_type == "multi_label_classification"
    columns = _columns(labels, positive, several, where)
    ref = request.ref("transformers").model_copy(update={"kind": "classifier"})
    return TextClassifier(
        ref=ref,
        positive=tuple(labels[column] for column in columns),
        threshold=threshold,
        scores=partial(_scores, torch, tokenizer, native, columns, several, where),
    )


def _columns(labels: Sequence[str], positive: Sequence[str], several: bool, where: str) -> list[int]:
    """Where the labels stand that mean yes."""
    told = f"Write `positive:` with those of its labels that mean yes: {', '.join(labels[:20])}."
    if positive:
        unknown = next((name for name in positive if name not in labels), None)
        if unknown is not None:
            raise SourceError(f"the classifier has no label {quoted(unknown)}", where=where, do=told)
        found = [number for number, name in enumerate(labels) if name in positive]
        if len(found) == len(labels) and not several:
            raise SourceError(
                "every label of the classifier means yes, so it says it of any text", where=where, do=told
            )
        return found
    plain = [_plain(name) for name in labels]
    found = [number for number, name in enumerate(plain) if name in _YES]
    if not found or any(name not in _YES | _NO for name in plain):
        raise SourceError("the classifier's labels do not say which of them mean yes", where=where, do=told)
    return found


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def stretches(text: str, size: int) -> Iterator[str]:
    """A text in stretches of at most so many bytes, each of which begins in the last third of the one before.

    >>> list(stretches("abcdefgh", 6))
    ['abcdef', 'efgh']
    """
    ends = [0]
    for character in text:
        ends.append(ends[-1] + len(character.encode("utf-8", "surrogatepass")))
    start = 0
    while True:
        end = start
        while end < len(text) and ends[end + 1] - ends[start] <= size:
            end += 1
        end = max(end, min(start + 1, len(text)))
        yield text[start:end]
        if end >= len(text):
            return
        overlap = end
        while overlap > start + 1 and ends[end] - ends[overlap - 1] <= size // 3:
            overlap -= 1
        start = max(overlap, start + 1)


def _scores(
    torch: Any, tokenizer: Any, native: Any, columns: Sequence[int], several: bool, where: str, texts: Sequence[str]
) -> list[float]:
    longest = min(int(tokenizer.model_max_length), int(getattr(native.config, "max_position_embeddings", 512)))
    size = max(16, min(_LONGEST, longest - _ENDS))
    pieces = [(number, piece) for number, text in enumerate(texts) for piece in stretches(text, size)]
    found = [0.0] * len(texts)
    for start in range(0, len(pieces), _AT_A_TIME):
        batch = pieces[start : start + _AT_A_TIME]
        with reading_texts("classifier", where), torch.no_grad():
            tokens = tokenizer(
                [piece for _, piece in batch], truncation=True, max_length=longest, padding=True, return_tensors="pt"
            )
            logits = native(**tokens).logits.double().numpy()
        shares = (logistic(logits) if several else softmax(logits))[:, list(columns)]
        scores = shares.max(axis=1) if several else shares.sum(axis=1).clip(max=1.0)
        for (number, _), score in zip(batch, scores, strict=True):
            if not float(score) >= 0.0:
                raise SourceError("the classifier puts out numbers that are not finite", where=where)
            found[number] = max(found[number], float(score))
    return found


__all__ = ["load", "stretches"]
