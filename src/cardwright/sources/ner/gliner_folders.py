"""GLiNER models: a folder that `model.save_pretrained` has written. They find what they are asked for, in words."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cardwright.errors import MissingExtraError, SourceError, UnsafeError
from cardwright.sources.interface import NamedSpan
from cardwright.sources.json_text import decode
from cardwright.sources.ner.interface import NerRequest, OpenedNer
from cardwright.sources.ner.labels import kind_of
from cardwright.sources.ner.token_classifiers import require_safetensors
from cardwright.sources.ner.windows import in_batches, pieces, together, trimmed

ASKED = ("person", "street address", "location", "organization", "date of birth", "nationality", "religion")
"""What a model is asked for if the plan does not say it."""
LEAST = 0.3
"""Names that the model is less sure of are not taken over at all; `thresholds` of the plan decide among the others."""
_SIZE, _OVERLAP, _AT_A_TIME = 1_200, 200, 8
"""GLiNER reads 384 words at once."""


def is_folder(folder: Path) -> bool:
    """Whether a folder is a GLiNER model."""
    return (folder / "gliner_config.json").is_file()


def load(request: NerRequest) -> OpenedNer:
    """The GLiNER model in a folder.

    Raises
    ------
    MissingExtraError
        If gliner is not installed.
    UnsafeError
        If its weights are pickled, or it needs code of its own.
    SourceError
        If the folder does not hold all of it, so that the library would ask a model hub.
    """
    where, folder = request.where, request.folder
    _config(folder, where)
    require_safetensors(folder, where)
    try:
        from gliner import GLiNER
    except ImportError as exc:
        raise MissingExtraError("gliner", "ner-gliner", f"loading {where}") from exc
    try:
        native = GLiNER.from_pretrained(str(folder), local_files_only=True, map_location="cpu", strict=True)
    except Exception as exc:  # the library raises what its parts raise
        raise SourceError(
            f"gliner cannot load the model ({type(exc).__name__})",
            where=where,
            do="Check that the files are whole and of a version that this one reads.",
        ) from exc
    asked = request.asked or ASKED
    native.eval()
    return OpenedNer(
        library="gliner",
        library_version=_version(),
        name=folder.name,
        version="",
        language=None,
        labels=asked,
        find=_Asked(native, asked, request.own, where).find,
    )


def _config(folder: Path, where: str) -> None:
    try:
        config = decode((folder / "gliner_config.json").read_bytes())
    except ValueError as exc:
        raise SourceError("`gliner_config.json` is not JSON", where=where, do="Save the model again.") from exc
    if '"auto_map"' in json.dumps(config):
        # gliner makes the encoder with `trust_remote_code=True`.
        raise UnsafeError(
            "the model's encoder needs code that comes with it, and that code is not run",
            where=where,
            do="Name a model whose encoder transformers has itself.",
        )
    encoder = config.get("encoder_config") if isinstance(config, dict) else None
    if not encoder or not (folder / "tokenizer_config.json").is_file():
        raise SourceError(
            "the folder lacks the encoder's configuration or the tokenizer, which the library would look for at a model hub",
            where=where,
            do="Save it whole where they are at hand: `model.save_pretrained(folder, safe_serialization=True)`.",
        )


def _version() -> str:
    try:
        return version("gliner")
    except PackageNotFoundError:  # a checkout that is on the path
        return "unknown"


@dataclass(frozen=True)
class _Asked:
    """Names that a GLiNER model finds."""

    native: Any
    asked: tuple[str, ...]
    own: Mapping[str, str | None]
    where: str
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, texts: Sequence[str]) -> tuple[tuple[NamedSpan, ...], ...]:
        """See `NerModel.find`."""
        cut = [
            (number, start, piece)
            for number, text in enumerate(texts)
            for start, piece in pieces(text, _SIZE, _OVERLAP)
            if piece.strip()
        ]
        spans_of: list[list[NamedSpan]] = [[] for _ in texts]
        for batch in in_batches(cut, _AT_A_TIME):
            try:
                with self.lock:
                    inferred = self.native.inference(
                        [piece for _, _, piece in batch], list(self.asked), threshold=LEAST, batch_size=_AT_A_TIME
                    )
            except Exception as exc:  # noqa: BLE001  a message could quote the text
                raise SourceError(
                    f"the model cannot read these texts ({type(exc).__name__})",
                    where=self.where,
                    do="Try it on one text.",
                ) from None
            for (number, start, piece), names in zip(batch, inferred, strict=True):
                for one in names:
                    kind = kind_of(str(one["label"]), self.own)
                    first, last = trimmed(piece, int(one["start"]), int(one["end"]))
                    if kind is not None and first < last:
                        spans_of[number].append(NamedSpan(start + first, start + last, kind, float(one["score"])))
        return tuple(together(one) for one in spans_of)


__all__ = ["ASKED", "is_folder", "load"]
