"""torch as models of rows: what `sources/torch_files` has loaded safely, and modules in memory."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from cardwright.errors import SourceError, UsageError
from cardwright.record.base import label as as_label
from cardwright.record.provenance import DatasetRef
from cardwright.sources.interface import Model, Task
from cardwright.sources.models.batches import matrix
from cardwright.sources.models.interface import ModelReader, ModelRequest, ModelToSave, Output, SavedModel, by_ending
from cardwright.sources.models.outputs import favourable_column, scores_of

if TYPE_CHECKING:
    import numpy
    import pyarrow

ENDINGS = (".pt2", ".pt", ".pth", ".ts", ".bin")


def load(request: ModelRequest) -> Model:
    """The network in a file of torch: see `cardwright.sources.torch_files.load_torch`.

    Raises
    ------
    UnsafeError
        If loading it would run code that nobody has allowed.
    SourceError, UsageError
    """
    from cardwright.sources.torch_files import load_torch

    raw = request.read()
    network = load_torch(
        raw,
        request.where,
        module=request.module,
        arguments=request.arguments,
        trust=request.trust,
        base=request.base,
    )
    return torch_model(network, request.ref("torch", raw), request)


def torch_model(native: Any, ref: DatasetRef, request: ModelRequest) -> Model:
    """A module in evaluation mode that takes float32 of shape (rows, features), as a model.

    Raises
    ------
    UsageError
        If the features are not named, or what it puts out does not fit the task.
    """
    where, classes, task = request.where, request.classes, request.task
    if not request.features:
        raise UsageError(
            "a torch model does not know the names of its features", where=where, do="Write `features: [column, …]`."
        )
    found: Task = task or ("multiclass" if len(classes) > 2 else "binary" if classes else "regression")
    kind: Output = request.output or ("value" if found == "regression" else "probability")
    if (kind == "value") != (found == "regression"):
        raise UsageError(f"`output: {kind}` does not fit the task {found}", where=where)
    if request.favourable is not None and classes:
        favourable_column(classes, request.favourable, where)
    to_matrix = partial(_tensor, request.features, where)
    scores = partial(scores_of, task=found, classes=classes, favourable=request.favourable, output=kind, where=where)
    return Model(
        ref=ref,
        framework="torch",
        native=native,
        features=request.features,
        predict=partial(_predict, native, to_matrix, scores, where),
        to_matrix=to_matrix,
        classes=classes,
        output=kind,
    )


def _tensor(names: tuple[str, ...], where: str, batch: pyarrow.RecordBatch) -> Any:
    """A batch as a float32 tensor of shape (rows, features)."""
    import torch

    return torch.from_numpy(matrix(names, where, batch).astype("float32"))


def _predict(
    native: Any,
    to_matrix: Callable[[pyarrow.RecordBatch], Any],
    scores: Callable[[Any, int], numpy.ndarray[Any, Any]],
    where: str,
    batch: pyarrow.RecordBatch,
) -> numpy.ndarray[Any, Any]:
    import torch

    rows = to_matrix(batch)
    try:
        with torch.no_grad():
            found = native(rows)
    except Exception as exc:  # a module raises what it likes; torch says RuntimeError of shapes
        from cardwright.sources.torch_files import asks_for_a_gpu, gpu_only

        if asks_for_a_gpu(exc):
            raise gpu_only(where) from exc
        raise SourceError(
            f"the model cannot predict these rows ({type(exc).__name__})",
            where=where,
            do=f"Check that it takes float32 of shape (rows, {rows.shape[1]}), for any number of rows, and that `features:` are "
            "its own; of an image, one column for each pixel of the size it was trained on.",
        ) from exc
    if not isinstance(found, torch.Tensor):
        raise SourceError(
            "the model does not put out one row of numbers for each row of features",
            where=where,
            do="Wrap it in a module that takes (rows, features) and gives (rows,) or (rows, classes).",
        )
    return scores(found.detach().to("cpu", torch.float64).numpy(), batch.num_rows)


def digest_of(module: Any) -> str:
    """Digest of a module in memory: its class's name, its form and its weights."""
    import torch

    digest = hashlib.sha256(f"{type(module).__module__}:{type(module).__qualname__}\n{module}".encode())
    for key, tensor in sorted(module.state_dict().items()):
        digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().to("cpu").contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def is_module(estimator: Any) -> bool:
    """Whether an object is a torch module, told without importing torch."""
    return any(
        (kind.__module__, kind.__name__) == ("torch.nn.modules.module", "Module") for kind in type(estimator).__mro__
    )


def save(saving: ModelToSave) -> SavedModel:
    """A module of shape (rows, features) as an exported program, for any number of rows.

    Raises
    ------
    UsageError
        If the features are not named, or the module cannot be exported.
    """
    import torch

    if not saving.features:
        raise UsageError("a torch module does not know its features", where=saving.where, do="Pass `features=[…]`.")
    example = torch.zeros((2, len(saving.features)), dtype=torch.float32)
    module = saving.estimator.eval()
    out = io.BytesIO()
    try:
        program = torch.export.export(module, (example,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
        torch.export.save(program, out)
    except Exception as exc:  # the exporter raises whatever it meets in a module
        raise UsageError(
            f"torch.export cannot export the {type(module).__name__} ({type(exc).__name__})",
            where=saving.where,
            do="Export it yourself with torch.export.save and pass the file, or pass a function of a frame.",
        ) from exc
    return SavedModel(
        "model.pt2", out.getvalue(), features=saving.features, classes=saving.classes, output=saving.output
    )


def model_from_module(
    module: Any,
    features: Sequence[str],
    *,
    name: str = "model",
    role: str = "model",
    task: Task | None = None,
    favourable: object = None,
    classes: Sequence[object] = (),
    output: Output | None = None,
) -> Model:
    """A torch module; it is put into evaluation mode. Its digest is that of its weights and its class's name.

    Raises
    ------
    UsageError
    """
    from pathlib import Path

    request = ModelRequest(
        path=Path(name),
        where=name,
        name=name,
        role=role,
        features=tuple(features),
        task=task,
        favourable=None if favourable is None else as_label(favourable),
        classes=tuple(as_label(value) for value in classes),
        output=output,
    )
    ref = DatasetRef(name=name, role=role, kind="model", format="memory", sha256=digest_of(module))
    return torch_model(module.eval(), ref, request)


READER = ModelReader("torch", f"{', '.join(ENDINGS)} (torch)", by_ending(*ENDINGS), load, is_module, save)

__all__ = ["ENDINGS", "READER", "digest_of", "is_module", "model_from_module", "torch_model"]
