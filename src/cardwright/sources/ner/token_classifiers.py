"""Token classifiers of Hugging Face's transformers: a folder with `config.json`, a tokenizer and weights in safetensors."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cardwright.errors import MissingExtraError, SourceError, UnsafeError
from cardwright.sources.interface import NamedSpan
from cardwright.sources.json_text import decode
from cardwright.sources.models.transformers_folders import require_trained
from cardwright.sources.ner.interface import NerRequest, OpenedNer
from cardwright.sources.ner.labels import NONE, bare, kind_of
from cardwright.sources.ner.windows import trimmed

_AT_A_TIME = 16
"""Windows that go through the network together: what bounds memory."""
_LONGEST = 512
"""Tokens of a window where the model does not say how many it reads."""
_SHARE_OF_OVERLAP = 4
"""A quarter of a window is seen by its neighbour too."""
_BEGINS, _ENDS = ("B", "S", "U"), ("E", "L", "S", "U")
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


def is_folder(folder: Path) -> bool:
    """Whether a folder is one of transformers."""
    return (folder / "config.json").is_file()


def require_safetensors(folder: Path, where: str) -> None:
    """Refuse a folder whose weights would run code when they are loaded, or that has none.

    Raises
    ------
    UnsafeError
        If there are pickled weights and no others.
    SourceError
        If there are no weights.
    """
    names = {file.name for file in folder.iterdir() if file.is_file()}
    if any(name.endswith(".safetensors") for name in names):
        return
    if any(name.endswith(PICKLED) for name in names):
        raise UnsafeError(
            "the weights are pickled, and loading them runs whatever code they hold",
            where=where,
            do="Save the model with `model.save_pretrained(folder)`, which writes safetensors.",
        )
    raise SourceError(
        "the folder holds no weights (`*.safetensors`)", where=where, do="Copy all files that `save_pretrained` wrote."
    )


def load(request: NerRequest) -> OpenedNer:
    """The token classifier in a folder.

    Raises
    ------
    MissingExtraError
        If transformers or torch is not installed.
    UnsafeError
        If its weights are pickled, or it needs code of its own.
    SourceError
        If a part is missing or does not fit, or it is not a token classifier.
    """
    where, folder = request.where, request.folder
    config = _config(folder, where)
    require_safetensors(folder, where)
    try:
        import torch
        import transformers
    except ImportError as exc:
        library = "transformers" if "transformers" in str(exc) else "torch"
        raise MissingExtraError(library, "ner-transformers", f"loading {where}") from exc
    told, bars = transformers.logging.get_verbosity(), transformers.utils.logging.is_progress_bar_enabled()
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    try:
        tokenizer, native = _parts(transformers, folder, where)
    finally:
        transformers.logging.set_verbosity(told)
        if bars:
            transformers.utils.logging.enable_progress_bar()
    labels = tuple(str(native.config.id2label[index]) for index in range(int(native.config.num_labels)))
    named = [label for label in labels if label != NONE]
    if not named or all(label.startswith("LABEL_") for label in named):
        raise SourceError(
            "the model's labels have no names (LABEL_0, LABEL_1 …), so nobody can tell what it finds",
            where=where,
            do="Write `id2label` in its config.json.",
        )
    longest = min(
        int(tokenizer.model_max_length), int(getattr(native.config, "max_position_embeddings", _LONGEST)), 4096
    )
    if str(config.get("model_type", "")) in ("roberta", "xlm-roberta", "camembert", "longformer"):
        longest -= 2  # these count positions from 2
    classifier = _Classifier(torch, tokenizer, native, labels, dict(request.own), longest, where)
    return OpenedNer(
        library="transformers",
        library_version=str(transformers.__version__),
        name=str(config.get("_name_or_path") or folder.name).rstrip("/").rpartition("/")[2] or folder.name,
        version=str(config.get("version", "")),
        language=None,
        labels=tuple(sorted({bare(label) for label in named})),
        find=classifier.find,
    )


def _config(folder: Path, where: str) -> Mapping[str, Any]:
    try:
        config = decode((folder / "config.json").read_bytes())
    except ValueError as exc:
        raise SourceError("`config.json` is not JSON", where=where, do="Save the model again.") from exc
    kinds = [str(kind) for kind in config.get("architectures") or ()] if isinstance(config, dict) else []
    if not any(kind.endswith("ForTokenClassification") for kind in kinds):
        raise SourceError(
            "the model is not a token classifier",
            where=where,
            do="Name a model whose `architectures` end with ForTokenClassification.",
        )
    assert isinstance(config, dict)
    if config.get("auto_map"):
        raise UnsafeError(
            "the model needs code that comes with it, and that code is not run",
            where=where,
            do="Name a model of an architecture that transformers has itself.",
        )
    return config


def _parts(transformers: Any, folder: Path, where: str) -> tuple[Any, Any]:
    try:
        native, told = transformers.AutoModelForTokenClassification.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, output_loading_info=True
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as exc:  # the library raises what its parts raise
        raise SourceError(
            f"transformers {transformers.__version__} cannot load the model or its tokenizer ({type(exc).__name__})",
            where=where,
            do="Check that model and tokenizer are both there, whole, and of a version that this one reads.",
        ) from exc
    require_trained(told, "to find names", where)
    if not getattr(tokenizer, "is_fast", False):
        raise SourceError(
            "the tokenizer does not say where in the text its tokens stand",
            where=where,
            do="Save it as a fast tokenizer (`tokenizer.json`).",
        )
    return tokenizer, native.to("cpu").eval()


@dataclass(frozen=True)
class _Word:
    """A word of the text, as the model labels it by its first token."""

    start: int
    end: int
    label: str
    score: float
    from_edge: int
    """Tokens between it and the nearer edge of its window: of two windows, the one that sees more around it counts."""


@dataclass(frozen=True)
class _Classifier:
    """Names that a token classifier finds."""

    torch: Any
    tokenizer: Any
    native: Any
    labels: tuple[str, ...]
    own: Mapping[str, str | None]
    longest: int
    where: str
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, texts: Sequence[str]) -> tuple[tuple[NamedSpan, ...], ...]:
        """See `NerModel.find`."""
        with self.lock:  # a fast tokenizer keeps how it cuts, and two threads would change it under each other
            words = self._words(texts)
        return tuple(
            tuple(spans_of(text, [one[position] for position in sorted(one)], self.own))
            for text, one in zip(texts, words, strict=True)
        )

    def _words(self, texts: Sequence[str]) -> list[dict[int, _Word]]:
        """The words of each text by where they begin."""
        words_of: list[dict[int, _Word]] = [{} for _ in texts]
        numbered = [number for number, text in enumerate(texts) if text.strip()]
        if not numbered:
            return words_of
        try:
            cut = self.tokenizer(
                [texts[number] for number in numbered],
                truncation=True,
                max_length=self.longest,
                stride=max(self.longest // _SHARE_OF_OVERLAP, 1),
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
            )
            owner = [numbered[text_index] for text_index in cut["overflow_to_sample_mapping"]]
            order = sorted(range(len(owner)), key=lambda window: (len(cut["input_ids"][window]), window))
            for start in range(0, len(order), _AT_A_TIME):
                batch = order[start : start + _AT_A_TIME]
                fields = {key: [cut[key][window] for window in batch] for key in ("input_ids", "attention_mask")}
                padded = self.tokenizer.pad(fields, return_tensors="pt")
                with self.torch.no_grad():
                    shares = self.native(**padded).logits.float().softmax(-1)
                scores, places = (one.tolist() for one in shares.max(-1))
                for row, window in enumerate(batch):
                    for word in self._of_window(cut, window, scores[row], places[row]):
                        other = words_of[owner[window]].get(word.start)
                        if other is None or other.from_edge < word.from_edge:
                            words_of[owner[window]][word.start] = word
        except Exception as exc:  # noqa: BLE001  a message could quote the text
            raise SourceError(
                f"the model cannot read these texts ({type(exc).__name__})",
                where=self.where,
                do="Check that the tokenizer in the folder is the model's own.",
            ) from None
        return words_of

    def _of_window(self, cut: Any, window: int, scores: Sequence[float], places: Sequence[int]) -> Iterator[_Word]:
        offsets, ids = cut["offset_mapping"][window], cut.word_ids(window)
        first: int | None = None
        for token, word in enumerate([*ids, None]):
            if first is not None and word != ids[first]:
                yield _Word(
                    int(offsets[first][0]),
                    int(offsets[token - 1][1]),
                    self.labels[places[first]],
                    float(scores[first]),
                    min(first, len(ids) - token),
                )
                first = None
            if first is None and word is not None:
                first = token


def spans_of(text: str, words: Sequence[_Word], own: Mapping[str, str | None]) -> Iterator[NamedSpan]:
    """Words of one label in a row as one name, whose score is the mean of theirs.

    BIO, BIOES, BILOU and labels without marks are read. A word marked as inside a name after one of another label begins a name.
    """
    name: list[_Word] = []
    for word in [*words, None]:
        mark = word.label[0] if word is not None and word.label[1:2] in ("-", "_") else ""
        if name and (
            word is None
            or bare(word.label) != bare(name[0].label)
            or mark in _BEGINS
            or (name[-1].label[0] in _ENDS and name[-1].label[1:2] in ("-", "_"))
        ):
            kind = kind_of(name[0].label, own)
            start, end = trimmed(text, name[0].start, name[-1].end)
            if kind is not None and start < end:
                yield NamedSpan(start, end, kind, sum(one.score for one in name) / len(name))
            name = []
        if word is not None and word.label != NONE:
            name.append(word)


__all__ = ["PICKLED", "is_folder", "load", "require_safetensors", "spans_of"]
