"""From what the plan says of models to models that are ready: found on this machine, hashed, loaded, their labels read."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from cardwright.errors import SourceError
from cardwright.privacy.showing import shown
from cardwright.record.base import label
from cardwright.record.provenance import DatasetRef
from cardwright.sources.digests import folder_digest, sha256_of
from cardwright.sources.interface import NerModel, NerModels
from cardwright.sources.ner import gliner_folders, spacy_pipelines, token_classifiers
from cardwright.sources.ner.interface import NerRequest, OpenedNer
from cardwright.sources.ner.labels import bare, kind_of
from cardwright.sources.spec import NerModelSpec

_PACKAGE = re.compile(r"[A-Za-z_]\w*")


def ner_models(*named: str, base: Path = Path(), name: str = "ner_model", **options: Any) -> NerModels:
    """Models by path or by the name of an installed package, for Python; options as in a plan: `entities`, `labels`, `language`.

    Raises
    ------
    SourceError, UnsafeError, MissingExtraError
        See `open_ner_models`.
    """
    # A path of the caller's own may be absolute, which a plan's may not.
    spec = NerModelSpec.model_construct(
        **{**NerModelSpec(ner_model=("model",), **options).__dict__, "ner_model": named}
    )
    return open_ner_models(spec, name, base)


def open_ner_models(spec: NerModelSpec, name: str, base: Path) -> NerModels:
    """Every model that a source of the plan names, loaded.

    Raises
    ------
    SourceError
        If a model is neither a folder nor an installed package, is of no known kind, or cannot be loaded.
    UnsafeError
        If loading it would run code that comes with it.
    MissingExtraError
        If its library is not installed.
    """
    models = tuple(_opened(named, spec, base) for named in spec.ner_model)
    alone = len(models) == 1
    digest = (
        models[0].sha256
        if alone
        else hashlib.sha256("".join(sorted(f"{one.sha256}  {one.name}\n" for one in models)).encode()).hexdigest()
    )
    path = (
        spec.ner_model[0]
        if alone and (base / spec.ner_model[0]).exists() and not Path(spec.ner_model[0]).is_absolute()
        else None
    )
    ref = DatasetRef(
        name=name,
        role=spec.role or name,
        split=spec.split,
        kind="ner_model",
        path=path,
        format=models[0].library if alone else "several",
        sha256=digest,
    )
    return NerModels(ref, models)


def _opened(named: str, spec: NerModelSpec, base: Path) -> NerModel:
    folder = _folder(named, base)
    own: Mapping[str, str | None] = spec.entities
    one = _loaded(NerRequest(folder, named, own, spec.labels))
    unknown = sorted(label_ for label_ in own if bare(label_) not in {bare(known) for known in one.labels})
    if unknown and len(spec.ner_model) == 1:
        raise SourceError(
            f"the model has no label {shown(unknown[0], 'of that name')}",
            where=f"{named}: entities",
            do=f"Its labels: {', '.join(one.labels[:30])}.",
        )
    meanings = {one_label: kind_of(one_label, own) for one_label in one.labels}
    if not any(meanings.values()):
        raise SourceError(
            f"none of the model's labels stands for a kind of personal data: {', '.join(one.labels[:20])}",
            where=named,
            do="Say what they mean: `entities: {LABEL: PERSON}` beside `ner_model:`.",
        )
    return NerModel(
        name=label(one.name),
        version=label(one.version),
        library=cast(Literal["spacy", "transformers", "gliner"], one.library),
        library_version=one.library_version,
        sha256=_digest(folder),
        language=spec.language or one.language,
        entities=tuple(sorted({kind for kind in meanings.values() if kind is not None})),
        other_labels=tuple(sorted(label(one_label) for one_label, kind in meanings.items() if kind is None)),
        find=one.find,
    )


def _folder(named: str, base: Path) -> Path:
    """The folder that the plan means: one beside the plan, else that of an installed package."""
    folder = base / named
    if folder.is_dir():
        return spacy_pipelines.in_package(folder) or folder
    if folder.is_file():
        raise SourceError(
            "a model that finds names is a folder, and this is a file", where=named, do="Name its folder."
        )
    package = named.replace("-", "_")  # an index writes `en-core-web-sm`
    installed = importlib.util.find_spec(package) if _PACKAGE.fullmatch(package) else None  # imports nothing
    for location in installed.submodule_search_locations or () if installed is not None else ():
        held = spacy_pipelines.in_package(Path(location))
        if held is not None:
            return held
    if installed is not None:
        raise SourceError(
            "the installed package holds no spaCy pipeline", where=named, do="Name a folder, or another package."
        )
    raise SourceError(
        "no folder beside the plan has this name, and no package of it is installed; nothing is downloaded",
        where=named,
        do="Copy the model's folder beside the plan, or install the package that holds it, and name that.",
    )


def _loaded(request: NerRequest) -> OpenedNer:
    for is_one, load in (
        (spacy_pipelines.is_pipeline, spacy_pipelines.load),
        (gliner_folders.is_folder, gliner_folders.load),
        (token_classifiers.is_folder, token_classifiers.load),
    ):
        if is_one(request.folder):
            return load(request)
    raise SourceError(
        "the folder is neither a spaCy pipeline (config.cfg, meta.json) nor a model of transformers (config.json) or GLiNER "
        "(gliner_config.json)",
        where=request.where,
        do="Name the folder that the library's own `save_pretrained` or `to_disk` has written.",
    )


def _digest(folder: Path) -> str:
    """As for any folder, but without the caches of compiled code, which Python writes when it likes."""
    files = sorted(
        (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts),
        key=lambda file: file.relative_to(folder).as_posix(),
    )
    return folder_digest(folder, files, [sha256_of(file) for file in files])


__all__ = ["ner_models", "open_ner_models"]
