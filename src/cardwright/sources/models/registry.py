"""Every format of models, one reader each; the first that claims a path reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cardwright.errors import SourceError, UnsafeError, UsageError
from cardwright.record.base import label as as_label
from cardwright.sources.digests import require_file
from cardwright.sources.interface import Model, Task
from cardwright.sources.models import (
    catboost_files,
    lightgbm_files,
    onnx_files,
    skops_files,
    torch_models,
    torch_text_folders,
    transformers_folders,
    xgboost_files,
)
from cardwright.sources.models.interface import ModelReader, ModelRequest, ModelToSave, Output, SavedModel

READERS: tuple[ModelReader, ...] = (
    # Before transformers, which claims every folder.
    torch_text_folders.READER,
    transformers_folders.READER,
    xgboost_files.READER,
    lightgbm_files.READER,
    catboost_files.READER,
    onnx_files.READER,
    torch_models.READER,
    # Last: anything with `fit` is saved by it, and the libraries above have a format of their own.
    skops_files.READER,
)

PICKLES = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle")

_ELSEWHERE = {
    ".model": "Save an XGBoost model as `.ubj` or `.json`; its old binary format is not read.",
    ".h5": "Export it to ONNX (tf2onnx), or record its predictions.",
    ".keras": "Export it to ONNX (tf2onnx), or record its predictions.",
    ".tflite": "Export it to ONNX (tf2onnx), or record its predictions.",
    ".pb": "Export it to ONNX (tf2onnx), or record its predictions.",
    ".pmml": "Save the model in its own library's format, or record its predictions.",
    ".safetensors": "Name the folder that holds it with `config.json` and the tokenizer.",
}


def load_model(
    path: Path,
    features: Sequence[str] = (),
    trusted: Sequence[str] = (),
    *,
    name: str = "model",
    role: str = "model",
    where: str | None = None,
    task: Task | None = None,
    favourable: str | None = None,
    classes: Sequence[str] | None = None,
    output: Output | None = None,
    module: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    trust: bool = False,
    base: Path | None = None,
    columns: Sequence[str] = (),
    raw: bytes | None = None,
) -> Model:
    """Load a model from a file or a folder, running no code that nobody has looked at.

    Parameters
    ----------
    path
        `.skops` (scikit-learn), `.ubj` or `.json` (XGBoost), `.txt` (LightGBM), `.cbm` (CatBoost), `.onnx`, a torch file (`.pt2`,
        `.pt`, `.pth`, `.ts`), or a folder of Hugging Face's transformers.
    features
        Columns it reads; if omitted, those it was trained with, for a format that keeps them.
    trusted
        Types in a skops file that a person trusts.
    name, role, where
        How the record and errors name it.
    task, favourable
        What it predicts, and the outcome whose probability its score is.
    classes, output
        For a format that does not keep them: class labels in the order of its output, and whether it puts out probabilities,
        logits or values.
    module, arguments, trust, base
        For a state dict: its class, with what it is made, whether its code may run, and the folder to import it from.
    columns
        Names of the columns that it will be given, if known: LightGBM writes `_` for a blank, and finds its own among them.
    raw
        The file's bytes, if they are in memory (`SavedModel.data`); `path` is then its name.

    Raises
    ------
    UnsafeError
        If loading would run code.
    SourceError
        If the file is missing, cut off, or does not fit the features or the task.
    MissingExtraError
        If its library is not installed.
    """
    where = where or path.name
    suffix = path.suffix.lower()
    if suffix in PICKLES:
        raise UnsafeError(
            "this is a pickle, and loading it runs whatever code it holds",
            where=where,
            do="Save the model with `skops.io.dump(model, 'model.skops')` (scikit-learn), in its library's own format "
            "(XGBoost, LightGBM, CatBoost), or with torch.export.save (torch).",
        )
    request = ModelRequest(
        path=path,
        where=where,
        name=name,
        role=role,
        features=tuple(features),
        columns=tuple(columns),
        trusted=tuple(trusted),
        task=task,
        favourable=favourable,
        classes=tuple(classes or ()),
        output=output,
        module=module,
        arguments=arguments or {},
        trust=trust,
        base=base,
        raw=raw,
    )
    reader = next((reader for reader in READERS if reader.claims(path)), None)
    if reader is None:
        require_file(path, where)
        raise SourceError(
            f'no reader of models takes the ending "{as_label(suffix)}"',
            where=where,
            do=_ELSEWHERE.get(suffix) or f"Models are read from {'; '.join(one.what for one in READERS)}.",
        )
    return reader.load(request)


def save_model(
    estimator: Any,
    *,
    trusted: Sequence[str] = (),
    features: Sequence[str] = (),
    classes: Sequence[str] = (),
    output: Output | None = None,
    where: str = "model",
) -> SavedModel:
    """A fitted object in memory as a file that `load_model` reads without running code.

    scikit-learn estimators and pipelines become skops files; XGBoost, LightGBM and CatBoost write their own formats, whether it
    is the library's own object or its scikit-learn wrapper; a torch module is exported. What the file cannot keep (labels,
    names of features) comes back beside it, and goes into the model's entry in the plan: see `SavedModel`.

    Parameters
    ----------
    estimator
        A fitted estimator, booster or module.
    trusted
        Types of the caller's own in a scikit-learn estimator, as skops names them. Those of scikit-learn, numpy and scipy need no
        naming.
    features
        The columns it reads, in its order. A torch module and models fitted on arrays know none.
    classes, output
        For a torch module: labels in the order of its output, and what it puts out.
    where
        How errors name it.

    Raises
    ------
    UnsafeError
        If it holds types that nobody has trusted.
    UsageError
        If it is not fitted, or cannot be saved without running code when it is read.
    MissingExtraError
        If its library, or skops, is not installed.
    """
    saving = ModelToSave(estimator, where, tuple(trusted), tuple(features), tuple(classes), output)
    for reader in READERS:
        if reader.save is not None and reader.takes(estimator):
            return reader.save(saving)
    raise UsageError(
        f"a {type(estimator).__name__} is not a fitted model that can be saved",
        where=where,
        do="Pass a fitted estimator, the path of a model file, or a function of a frame.",
    )


__all__ = ["PICKLES", "READERS", "load_model", "save_model"]
