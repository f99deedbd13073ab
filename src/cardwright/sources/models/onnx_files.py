"""ONNX: a graph of known operators on tensors, run by onnxruntime on the CPU; nothing outside of the file is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError, SourceError, UnsafeError, UsageError
from cardwright.privacy.showing import shown
from cardwright.record.base import label as as_label
from cardwright.sources.interface import Model
from cardwright.sources.models.batches import features_of, is_text, matrix
from cardwright.sources.models.interface import ModelReader, ModelRequest, Output, by_ending
from cardwright.sources.models.outputs import NAME_CLASSES, favourable_column, numbered_classes, scores_of, task_of

if TYPE_CHECKING:
    import numpy
    import pyarrow

_NUMBERS = {
    "tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16", "tensor(int64)": "int64",
    "tensor(int32)": "int32", "tensor(int16)": "int16", "tensor(int8)": "int8", "tensor(uint8)": "uint8", "tensor(bool)": "bool",
}  # fmt: skip
_STANDARD = ("", "ai.onnx", "ai.onnx.ml")
_LABELS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")


def load(request: ModelRequest) -> Model:
    """The graph in an ONNX file.

    Raises
    ------
    UnsafeError
        If it keeps weights in other files, whose digest nobody has taken.
    SourceError
        If it is cut off, calls operators that onnxruntime does not have, or does not fit the features or the task.
    """
    where, raw = request.where, request.read()
    try:
        import onnx
        import onnxruntime
    except ImportError as exc:
        raise MissingExtraError("onnxruntime", "onnx", f"loading {where}") from exc
    try:
        proto = onnx.load_model_from_string(raw)
    except Exception as exc:  # protobuf raises whatever its parser meets in a damaged file
        raise SourceError("this is not a whole ONNX file", where=where, do="Export the model again.") from exc
    nodes = [*_nodes(proto.graph), *(node for function in proto.functions for node in function.node)]
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in _tensors(proto)):
        raise UnsafeError(
            "the graph keeps its weights in other files, whose digest nobody has taken",
            where=where,
            do="Save it as one file: `onnx.save(model, path, save_as_external_data=False)`.",
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its own log goes to standard error and names paths
    try:
        native = onnxruntime.InferenceSession(raw, sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # onnxruntime has an error class for every status, without a common public one
        raise _refused(onnx, proto, nodes, onnxruntime.__version__, where) from exc
    known, to_matrix = _inputs(native, request)
    labels = _labels(nodes)
    place, shape, maps = _output(native, request)
    wide = shape[-1] if len(shape) == 2 and isinstance(shape[-1], int) else None
    if labels:
        classes = numbered_classes(len(labels), request.classes, where) if request.classes else labels
    elif request.classes or request.task in ("binary", "multiclass"):
        if not request.classes and request.task == "multiclass" and wide is None:
            raise UsageError("the file does not say which classes it tells apart", where=where, do=NAME_CLASSES)
        classes = numbered_classes(len(request.classes) or (wide if wide and wide > 1 else 2), request.classes, where)
    else:
        classes = ()
    if wide is not None and wide > 1 and not classes and request.task is None:
        raise UsageError("the file does not say which classes its columns are", where=where, do=NAME_CLASSES)
    task = task_of(request.task, classes, where)
    output: Output = request.output or ("value" if task == "regression" else "probability")
    if (output == "value") != (task == "regression"):
        raise UsageError(f"`output: {output}` does not fit the task {task}", where=where)
    if task == "binary":
        named = bool(request.classes or labels)
        favourable_column(classes, request.favourable, where, None if named else NAME_CLASSES)
    favourable = request.favourable or (classes[1] if task == "binary" else None)
    return Model(
        ref=request.ref("onnx", raw),
        framework="onnx",
        native=native,
        features=known,
        predict=partial(
            _predict,
            native,
            to_matrix,
            native.get_outputs()[place].name,
            labels if maps else (),
            partial(scores_of, task=task, classes=classes, favourable=favourable, output=output, where=where),
            where,
        ),
        to_matrix=to_matrix,
        classes=classes,
        output=output,
    )


def _nodes(graph: Any) -> Iterator[Any]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes(attribute.g)
            for inner in attribute.graphs:
                yield from _nodes(inner)


def _tensors(message: Any) -> Iterator[Any]:
    """Every tensor in a message of ONNX, wherever it stands."""
    if message.DESCRIPTOR.name == "TensorProto":
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        inner = [value] if hasattr(value, "DESCRIPTOR") else value
        for one in inner:
            yield from _tensors(one)


def _refused(onnx: Any, proto: Any, nodes: Sequence[Any], version: str, where: str) -> SourceError:
    own = {(function.domain, function.name) for function in proto.functions}
    unknown = sorted(
        {
            f"{node.domain}.{node.op_type}" if node.domain else node.op_type
            for node in nodes
            if (node.domain, node.op_type) not in own
            and (node.domain not in _STANDARD or not onnx.defs.has(node.op_type, node.domain.removeprefix("ai.onnx")
                 if node.domain == "ai.onnx" else node.domain))
        }
    )  # fmt: skip
    if unknown:
        listed = ", ".join(shown(name, "one whose name is not shown") for name in unknown[:5])
        return SourceError(
            f"the graph calls operators that onnxruntime {version} does not have: {listed}",
            where=where,
            do="Export the model with standard operators alone.",
        )
    return SourceError(
        f"onnxruntime {version} cannot load the graph",
        where=where,
        do="Export it again for an operator set that this version reads.",
    )


def _inputs(
    native: Any, request: ModelRequest
) -> tuple[tuple[str, ...], Callable[[pyarrow.RecordBatch], dict[str, Any]]]:
    """The features, and how a batch becomes the graph's inputs: one matrix, or one column for each input."""
    inputs, where = native.get_inputs(), request.where
    if not inputs:
        raise SourceError("the graph takes no input", where=where, do="Export a model that reads features.")
    last = inputs[0].shape[-1] if inputs[0].shape else None
    alone = len(inputs) == 1 and not (len(inputs[0].shape) == 2 and last == 1 and inputs[0].name in request.columns)
    if alone:
        kind = _NUMBERS.get(inputs[0].type)
        if len(inputs[0].shape) != 2 or kind is None:
            raise SourceError(
                f"the graph takes {as_label(inputs[0].type)} of {len(inputs[0].shape)} dimensions, and a table gives rows",
                where=where,
                do="Export it with one input of shape (rows, features), or one of shape (rows, 1) for each column.",
            )
        names = features_of((), last if isinstance(last, int) else None, request)
        return names, partial(_one, names, inputs[0].name, kind, where)
    names = features_of([one.name for one in inputs], len(inputs), request)
    return names, partial(_several, names, tuple((one.name, one.type, len(one.shape)) for one in inputs), where)


def _one(names: tuple[str, ...], own: str, kind: str, where: str, batch: pyarrow.RecordBatch) -> dict[str, Any]:
    return {own: matrix(names, where, batch).astype(kind)}


def _several(
    names: tuple[str, ...], inputs: tuple[tuple[str, str, int], ...], where: str, batch: pyarrow.RecordBatch
) -> dict[str, Any]:
    import numpy as np

    found = {}
    for name, (own, kind, dimensions) in zip(names, inputs, strict=True):
        column = batch.column(name)
        if kind == "tensor(string)":
            if not is_text(column.type):
                raise SourceError(f"the model reads {shown(name, 'a column')} as words", where=where)
            values = np.asarray([value if value is not None else "" for value in column.to_pylist()], dtype=object)
        elif kind in _NUMBERS:
            values = matrix((name,), where, batch)[:, 0]
            if "int" in _NUMBERS[kind] and not np.isfinite(values).all():
                raise SourceError(
                    f"{shown(name, 'a column')} has missing values, and the model reads whole numbers there",
                    where=where,
                )
            values = values.astype(_NUMBERS[kind])
        else:
            raise SourceError(f"the graph takes {as_label(kind)}, which no column gives", where=where)
        found[own] = values.reshape(-1, 1) if dimensions == 2 else values
    return found


def _labels(nodes: Sequence[Any]) -> tuple[str, ...]:
    """The class labels that the last classifier of the graph holds."""
    for node in reversed(nodes):
        for attribute in node.attribute:
            if attribute.name in _LABELS and (attribute.strings or attribute.ints):
                return tuple(as_label(v.decode("utf-8", "replace")) for v in attribute.strings) or tuple(
                    as_label(v) for v in attribute.ints
                )
    return ()


def _output(native: Any, request: ModelRequest) -> tuple[int, list[Any], bool]:
    """The place, the shape and whether it is a list of mappings, of the output that holds scores."""
    scores = [
        (place, list(one.shape or []), one.type.startswith("seq("))
        for place, one in enumerate(native.get_outputs())
        if one.type in ("tensor(float)", "tensor(double)", "tensor(float16)") or one.type.startswith("seq(map(")
    ]
    if len(scores) != 1:
        raise SourceError(
            f"the graph has {len(scores)} outputs of numbers, and one is read",
            where=request.where,
            do="Export it with one output of probabilities, logits or values, beside at most the decided label.",
        )
    return scores[0]


def _predict(
    native: Any,
    to_matrix: Callable[[pyarrow.RecordBatch], dict[str, Any]],
    output: str,
    labels: tuple[str, ...],
    scores: Callable[[Any, int], numpy.ndarray[Any, Any]],
    where: str,
    batch: pyarrow.RecordBatch,
) -> numpy.ndarray[Any, Any]:
    import numpy as np

    rows = to_matrix(batch)
    try:
        (found,) = native.run([output], rows)
    except Exception as exc:  # onnxruntime has an error class for every status, without a common public one
        raise SourceError(
            f"onnxruntime cannot run the graph on these rows ({type(exc).__name__})",
            where=where,
            do="Check that it was exported for any number of rows, and that the columns hold what it was trained on.",
        ) from exc
    if labels:  # one mapping of labels to probabilities for each row
        found = np.asarray([[{as_label(k): v for k, v in row.items()}[name] for name in labels] for row in found])
        found = found.reshape(batch.num_rows, len(labels))
    return scores(found, batch.num_rows)


READER = ModelReader("onnx", ".onnx (ONNX)", by_ending(".onnx"), load)

__all__ = ["READER"]
