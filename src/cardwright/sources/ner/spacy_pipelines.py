"""spaCy pipelines: a folder that `nlp.to_disk` has written, or an installed package that holds one."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from cardwright.errors import MissingExtraError, SourceError
from cardwright.privacy.showing import shortened
from cardwright.sources.interface import NamedSpan
from cardwright.sources.json_text import decode
from cardwright.sources.ner.interface import NerRequest, OpenedNer
from cardwright.sources.ner.labels import kind_of
from cardwright.sources.ner.windows import pieces, together, trimmed

_SIZE, _OVERLAP = 50_000, 500
_AT_A_TIME = 64
_NOT_FOR_NAMES = (
    "attribute_ruler", "entity_linker", "lemmatizer", "morphologizer", "parser", "senter", "tagger", "textcat",
    "textcat_multilabel", "trainable_lemmatizer",
)  # fmt: skip
"""Parts of a pipeline that do not find names; without the parser, a name may reach across the end of a sentence."""
SCORE = 0.85
"""spaCy gives no score with an entity; presidio's `SpacyRecognizer` says this one, and so do we."""


def is_pipeline(folder: Path) -> bool:
    """Whether a folder is a pipeline."""
    return (folder / "config.cfg").is_file() and (folder / "meta.json").is_file()


def in_package(folder: Path) -> Path | None:
    """The pipeline in the folder of an installed package; None if it holds none.

    A package of spaCy's holds it in a folder `en_core_web_sm-3.8.0`. The package itself, which is code, is not run.
    """
    if is_pipeline(folder):
        return folder
    held = sorted(one for one in folder.iterdir() if one.is_dir() and is_pipeline(one)) if folder.is_dir() else []
    return held[-1] if held else None


class _Pipeline:
    """Names that a pipeline finds; one thread at a time, as spaCy keeps words."""

    def __init__(self, native: Any, own: Mapping[str, str | None]) -> None:
        self._native = native
        self._own = own
        self._lock = threading.Lock()

    def find(self, texts: Sequence[str]) -> tuple[tuple[NamedSpan, ...], ...]:
        """See `NerModel.find`."""
        cut = [
            (number, start, piece)
            for number, text in enumerate(texts)
            for start, piece in pieces(text, _SIZE, _OVERLAP)
        ]
        spans_of: list[list[NamedSpan]] = [[] for _ in texts]
        zone = getattr(self._native, "memory_zone", nullcontext)  # spaCy 3.8 and later keeps words for good without it
        with self._lock, zone():
            read = self._native.pipe((piece for _, _, piece in cut), batch_size=_AT_A_TIME)
            for (number, start, piece), doc in zip(cut, read, strict=True):
                for one in doc.ents:
                    kind = kind_of(one.label_, self._own)
                    first, last = trimmed(piece, one.start_char, one.end_char)
                    if kind is not None and first < last:
                        spans_of[number].append(NamedSpan(start + first, start + last, kind, SCORE))
        return tuple(together(one) for one in spans_of)


def load(request: NerRequest) -> OpenedNer:
    """The pipeline in a folder.

    Raises
    ------
    MissingExtraError
        If spaCy is not installed.
    SourceError
        If spaCy cannot load it, or none of its parts finds names.
    """
    try:
        import spacy
    except ImportError as exc:
        raise MissingExtraError("spacy", "ner-spacy", f"loading {request.where}") from exc
    meta = decode((request.folder / "meta.json").read_bytes())
    meta = meta if isinstance(meta, dict) else {}
    try:
        native = spacy.util.load_model_from_path(request.folder, exclude=list(_NOT_FOR_NAMES))
    except Exception as exc:  # spaCy raises what its parts raise
        raise SourceError(
            f"spaCy {spacy.__version__} cannot load the pipeline ({type(exc).__name__}); "
            f"it was made for spaCy {shortened(str(meta.get('spacy_version', 'of an unstated version')), 40)}",
            where=request.where,
            do="Install a version of the pipeline for this spaCy, and what its parts need.",
        ) from exc
    labels = tuple(sorted({label for name in native.pipe_names for label in native.pipe_labels.get(name, ())}))
    if not labels:
        raise SourceError(
            "no part of the pipeline finds names",
            where=request.where,
            do="Name a pipeline with a part `ner`, `entity_ruler` or `span_ruler`.",
        )
    name = f"{meta.get('lang', '')}_{meta.get('name', '')}".strip("_") or request.where
    return OpenedNer(
        library="spacy",
        library_version=spacy.__version__,
        name=name,
        version=str(meta.get("version", "")),
        language=str(meta.get("lang", "")) or None,
        labels=labels,
        find=_Pipeline(native, request.own).find,
    )


__all__ = ["SCORE", "in_package", "is_pipeline", "load"]
