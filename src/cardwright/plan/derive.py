"""From objects in Python to a plan and its evidence in a folder, so that a notebook and the command line run the same plan.

What is derived is written as a person would write it: `assessment.yaml`, `details.yaml`, the rows as Parquet, the model in a
format that runs no code when it is read. What nobody said is taken from the objects and listed; what cannot be told is asked for.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cardwright.errors import UsageError, did_you_mean
from cardwright.files import disk
from cardwright.plan.guesses import guess_favourable
from cardwright.plan.looking import ColumnSeen
from cardwright.record.base import label as as_label
from cardwright.record.details import FIELDS
from cardwright.sources.frames import rows_from, same_index
from cardwright.sources.interface import Model, Task

if TYPE_CHECKING:
    import pyarrow

TASKS: Mapping[Task, str] = {
    "binary": "binary_classification",
    "multiclass": "multiclass_classification",
    "regression": "regression",
    "ranking": "ranking",
}
"""What the plan calls a task."""

_PARTS = ("label", "score", "prediction", "weight", "person", "query", "rank")
"""Options that name one column each, beside the model's features."""


@dataclass(frozen=True)
class PlanOptions:
    """What the caller said, under the names that a plan uses. See `cardwright.assess`."""

    name: str = "model"
    version: str = "0.1.0"
    title: str | None = None
    author: str | None = None
    policy: str = "production"
    label: Any = None
    score: str | None = None
    prediction: str | None = None
    query: str | None = None
    rank: str | None = None
    score_scale: Mapping[str, Any] | None = None
    threshold: float | None = None
    favourable: object = None
    sensitive: Sequence[str] | Mapping[str, Any] = ()
    strata: Sequence[str] = ()
    features: Sequence[str] = ()
    weight: str | None = None
    person: str | None = None
    unit: str = "row"
    design: str = "unstated"
    task: Task | None = None
    risk_tier: str | None = None
    jurisdictions: Sequence[str] | None = None
    production_intended: bool | None = None
    seed: int = 0
    trusted: Sequence[str] = ()
    evaluate: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class DerivedPlan:
    """A plan on disk that was made from objects."""

    plan: Path
    """`assessment.yaml`."""
    taken: tuple[str, ...] = field(default=())
    """What nobody said and was taken from the objects, a sentence each."""


def derive(
    folder: Path,
    asked: PlanOptions,
    *,
    model: Any = None,
    data: Any,
    training: Any = None,
    details: Mapping[str, Any] | Path | None = None,
) -> DerivedPlan:
    """Write a plan, and the evidence it names, into a folder.

    Parameters
    ----------
    folder
        Where to write; an existing plan is replaced.
    asked
        What the caller said.
    model
        A fitted estimator, a torch module, a function of a frame of features, or the path of a model file. None where `data`
        holds what the model said, or where the data themselves are assessed.
    data
        The rows it is tested on: a pandas or polars frame, an Arrow table, a mapping of names to arrays, or a matrix, whose
        columns are then `features`, or x0, x1 and so on. A label or a sensitive attribute may be an array beside them.
    training
        The rows it was trained on, in the same forms.
    details
        What only people can say: a mapping of fields, or the path of a `details.yaml`.

    Raises
    ------
    UsageError
        If something cannot be told and nobody said it, or a name is not that of a column.
    SourceError
        If the data or the model cannot be read.
    """
    asked, columns = _gathered(asked, data)
    table = rows_from(columns, where="data").table
    rows = None if training is None else rows_from(_named_columns(training, asked), where="training").table
    _require_columns(asked, table)
    taken: list[str] = []
    files: dict[str, bytes] = {}
    if model is None and asked.score is None and asked.prediction is None and asked.rank is None:
        plan = _dataset_plan(asked, table, taken)
    else:
        plan, table, saved = _model_plan(asked, model, table, rows is not None, taken)
        files |= saved
        files["data/test.parquet"] = _parquet(table)
    if "data" in plan["sources"]:
        files["data/data.parquet"] = _parquet(table)
    if rows is not None:
        files["data/training.parquet"] = _parquet(rows)
        plan["sources"]["training"] = _training(asked, rows, plan)
    files["details.yaml"] = _details(details)
    files["assessment.yaml"] = _yaml(plan)
    for path, content in files.items():
        disk.write_file(folder / path, content)
    return DerivedPlan(plan=folder / "assessment.yaml", taken=tuple(taken))


# --- a model and its predictions ----------------------------------------------------------------------------------------


def _model_plan(
    asked: PlanOptions, model: Any, table: pyarrow.Table, trained: bool, taken: list[str]
) -> tuple[dict[str, Any], pyarrow.Table, dict[str, bytes]]:
    """The plan of a model, the rows with what it said, and the model's file."""
    if asked.label is None:
        raise UsageError(
            "the true outcome of each row is not named", where="label", do=f"One of: {', '.join(table.column_names)}."
        )
    if asked.task == "ranking" or asked.query is not None:
        return _ranking_plan(asked, model, table, trained, taken)
    asked, guess = _with_favourable(asked, table)
    opened = None if model is None else _opened(asked, model, table)
    task = asked.task or (opened.task if opened is not None else _task_of(table, asked))
    source: dict[str, Any] = {"predictions": "data/test.parquet", "label": asked.label}
    if task == "binary":
        source["favourable"] = _required_favourable(asked, guess, taken)
    if opened is not None:
        table = _with_predictions(asked, opened, table, source, task, taken)
    else:
        source |= {part: getattr(asked, part) for part in ("score", "prediction") if getattr(asked, part) is not None}
        if asked.score_scale is not None:
            source["score_scale"] = dict(asked.score_scale)
        if asked.threshold is not None:
            source["threshold"] = asked.threshold
    source["task"] = task
    source |= _rows_options(asked)
    if opened is not None and opened.features:
        source["features"] = list(opened.features)
    evaluate: list[dict[str, Any]] = [{"performance": {"source": "test"}}]
    if asked.sensitive:
        evaluate.append({"fairness": {"source": "test"}})
    plan, files = _around(asked, opened, source, task, evaluate, trained, taken)
    return plan, table, files


def _ranking_plan(
    asked: PlanOptions, model: Any, table: pyarrow.Table, trained: bool, taken: list[str]
) -> tuple[dict[str, Any], pyarrow.Table, dict[str, bytes]]:
    """The plan of a model that orders candidates for queries: it gives each a number, the highest first."""
    import numpy as np
    import pyarrow as pa

    if asked.query is None:
        raise UsageError(
            "which rows are candidates for one query is not named",
            where="query",
            do=f"Say `query=…`, one of: {', '.join(table.column_names)}.",
        )
    source: dict[str, Any] = {
        "predictions": "data/test.parquet",
        "label": asked.label,
        "query": asked.query,
        "task": "ranking",
    }
    opened = None
    if model is None:
        source |= {part: getattr(asked, part) for part in ("score", "rank") if getattr(asked, part) is not None}
    else:
        if getattr(model, "classes_", None) is not None:
            raise UsageError(
                "a model that ranks gives each candidate a number, and this one tells classes apart",
                where="model",
                do='Assess it as what it is, and add `evaluate=[{"ranking": {"source": "test", "query": …, "score": "score"}}]`.',
            )
        opened = _opened(replace(asked, task="regression"), model, table)
        said = np.concatenate([np.asarray(opened.model.predict(batch)) for batch in _wanted(opened, table)])
        source["score"] = _free("score", table)
        table = table.append_column(source["score"], pa.array(said, type=pa.float64()))
    source |= _rows_options(asked)
    if opened is not None and opened.features:
        source["features"] = list(opened.features)
    plan, files = _around(asked, opened, source, "ranking", [{"ranking": {"source": "test"}}], trained, taken)
    return plan, table, files


def _around(
    asked: PlanOptions,
    opened: _Opened | None,
    source: dict[str, Any],
    task: Task,
    evaluate: list[dict[str, Any]],
    trained: bool,
    taken: list[str],
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The plan around a source of predictions: the subject, its model, and what is evaluated besides; and the model's file."""
    subject: dict[str, Any] = {"kind": "model", **_subject(asked), "task": TASKS[task]}
    sources: dict[str, Any] = {"test": source}
    files: dict[str, bytes] = {}
    if opened is not None and opened.file is not None:
        files[opened.file] = opened.bytes
        subject["files"] = [opened.file]
        sources["model"] = {"model": opened.file, **opened.options}
        evaluate += [{name: {"source": "test", "model": "model"}} for name in ("robustness", "attributions")]
    else:
        subject["reference"] = {"provider": "not stated", "model_id": asked.name}
        if opened is not None:
            subject["reference"] |= {"provider": "held in memory", "revision": opened.model.ref.sha256}
            taken.append(
                "model: a function has no file to hash, so its predictions are supplied and nobody can recompute them"
            )
    if trained:
        evaluate += [
            {"data_profile": {"source": "training"}},
            {"overlap": {"source": "test", "training": "training"}},
            {"pii": {"source": "training"}},
        ]
    else:
        evaluate += [{"data_profile": {"source": "test"}}, {"pii": {"source": "test"}}]
    return _plan(asked, subject, sources, evaluate), files


@dataclass(frozen=True)
class _Opened:
    """A model that the caller handed over, and how it is kept."""

    model: Model
    task: Task
    features: tuple[str, ...]
    file: str | None = None
    bytes: bytes = b""
    options: Mapping[str, Any] = field(default_factory=dict)


def _opened(asked: PlanOptions, model: Any, table: pyarrow.Table) -> _Opened:
    if isinstance(model, (str, Path)):
        return _of_file(asked, Path(model), table)
    from cardwright.sources.models.torch_models import is_module

    if is_module(model):
        return _of_module(asked, model, table)
    if hasattr(model, "predict"):
        return _of_estimator(asked, model, table)
    if callable(model):
        return _of_function(asked, model, table)
    raise UsageError(
        f"a {type(model).__name__} is not a model: it neither has `predict` nor can be called",
        where="model",
        do="Pass a fitted estimator, a torch module, a function of a frame, or the path of a model file.",
    )


def _of_estimator(asked: PlanOptions, estimator: Any, table: pyarrow.Table) -> _Opened:
    from cardwright.sources.models import load_model, model_from_estimator, save_model

    known = getattr(estimator, "feature_names_in_", None)
    names = () if known is not None else _features(asked, table, getattr(estimator, "n_features_in_", None))
    kept = save_model(estimator, trusted=asked.trusted, features=names)
    if kept.name.endswith(".skops"):
        opened = model_from_estimator(estimator, names, task=asked.task, favourable=_among(estimator, asked.favourable))
    else:
        # A library with a format of its own: what is assessed is what `run` reads from the kept file.
        favourable = _among(estimator, asked.favourable)
        opened = load_model(
            Path(kept.name),
            kept.features,
            task=asked.task,
            favourable=None if favourable is None else as_label(favourable),
            classes=kept.classes,
            output=kept.output,
            columns=table.schema.names,
            raw=kept.data,
        )
    said = {
        "trusted": list(kept.trusted),
        "features": list(names),
        "classes": list(kept.classes),
        "output": kept.output,
    }
    return _Opened(
        opened,
        _task_of_model(opened, asked),
        opened.features,
        file=kept.name,
        bytes=kept.data,
        options={key: value for key, value in said.items() if value},
    )


def _among(estimator: Any, favourable: object) -> object:
    """The favourable outcome if the estimator tells classes apart: a regressor of two values has none."""
    return favourable if getattr(estimator, "classes_", None) is not None else None


def _of_file(asked: PlanOptions, path: Path, table: pyarrow.Table) -> _Opened:
    from cardwright.sources.models import load_model

    raw = disk.read_file(path, what="model file")
    features = tuple(asked.features)
    options: dict[str, Any] = {}
    if asked.trusted:
        options["trusted"] = list(asked.trusted)
    if path.suffix != ".skops":
        features = features or _features(asked, table, None)
        options["features"] = list(features)
        if asked.task is not None:
            options["task"] = asked.task
    favourable = None if asked.favourable is None else as_label(asked.favourable)
    opened = load_model(path, features, asked.trusted, task=asked.task, favourable=favourable, where=path.name)
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", path.name)
    return _Opened(opened, _task_of_model(opened, asked), opened.features, file=name, bytes=raw, options=options)


def _of_module(asked: PlanOptions, module: Any, table: pyarrow.Table) -> _Opened:
    from cardwright.sources.models import model_from_module, save_model

    features = _features(asked, table, None)
    task = asked.task or _task_of(table, asked)
    classes = _classes(table, asked) if task != "regression" else ()
    favourable = asked.favourable if task == "binary" else None
    opened = model_from_module(module, features, task=task, favourable=favourable, classes=classes)
    kept = save_model(module, features=features)
    options = {"features": list(features), "task": task, **({"classes": list(classes)} if classes else {})}
    return _Opened(opened, task, tuple(features), file=kept.name, bytes=kept.data, options=options)


def _of_function(asked: PlanOptions, function: Callable[[Any], Any], table: pyarrow.Table) -> _Opened:
    from cardwright.sources.models import model_from_callable

    task = asked.task or _task_of(table, asked)
    classes = _classes(table, asked) if task == "multiclass" else ()
    opened = model_from_callable(function, _features(asked, table, None), task=task, classes=classes)
    return _Opened(opened, task, opened.features)


def _task_of_model(model: Model, asked: PlanOptions) -> Task:
    if asked.task is not None:
        return asked.task
    return "regression" if not model.classes else "binary" if len(model.classes) == 2 else "multiclass"


def _features(asked: PlanOptions, table: pyarrow.Table, count: int | None) -> tuple[str, ...]:
    """The columns that a model reads which does not know their names: those named, else every number that plays no other part."""
    if asked.features:
        return tuple(asked.features)
    taken = {getattr(asked, part) for part in _PARTS} | set(asked.sensitive) | set(asked.strata)
    import pyarrow as pa

    left = tuple(
        name
        for name, kind in zip(table.schema.names, table.schema.types, strict=True)
        if name not in taken and (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))
    )
    if count is None or len(left) == count:
        return left
    raise UsageError(
        f"the model reads {count} columns whose names it does not know, and {len(left)} columns of numbers play no other part",
        where="features",
        do="Name the columns it reads, in its order: `features=[…]`.",
    )


def _with_predictions(
    asked: PlanOptions, opened: _Opened, table: pyarrow.Table, source: dict[str, Any], task: Task, taken: list[str]
) -> pyarrow.Table:
    """The rows with what the model says of each, in a column of its own."""
    import numpy as np
    import pyarrow as pa

    wanted = _wanted(opened, table)
    said = np.concatenate([np.asarray(opened.model.predict(batch)) for batch in wanted])
    probabilities = opened.model.framework != "sklearn" or hasattr(opened.model.native, "predict_proba")
    if task == "binary" and probabilities:
        name = _free("score", table)
        source |= {"score": name, "threshold": 0.5 if asked.threshold is None else asked.threshold}
        if asked.threshold is None:
            taken.append("threshold: 0.5 (favourable where score >= 0.5)")
        return table.append_column(name, pa.array(said, type=pa.float64()))
    name = _free("predicted", table)
    source["prediction"] = name
    if task == "regression":
        return table.append_column(name, pa.array(said, type=pa.float64()))
    if task == "binary":
        decided = [as_label(v) for v in _decided(opened, wanted)]
    else:
        decided = [opened.model.classes[index] for index in said.argmax(axis=1)]
    return table.append_column(name, pa.array(decided, type=pa.string()))


def _wanted(opened: _Opened, table: pyarrow.Table) -> list[pyarrow.RecordBatch]:
    """The columns that the model reads.

    Raises
    ------
    UsageError
        If the data do not have one of them.
    """
    missing = [name for name in opened.features if name not in table.column_names]
    if missing:
        raise UsageError(
            f"the model reads {len(missing)} columns that the data do not have, e.g. {as_label(missing[0])}",
            where="data",
            do=did_you_mean(missing[0], table.column_names),
        )
    batches: list[pyarrow.RecordBatch] = table.select(list(opened.features)).combine_chunks().to_batches()
    return batches


def _decided(opened: _Opened, batches: Sequence[pyarrow.RecordBatch]) -> list[Any]:
    """What an estimator without probabilities decides."""
    assert opened.model.to_matrix is not None
    return [v for batch in batches for v in opened.model.native.predict(opened.model.to_matrix(batch)).tolist()]


def _free(name: str, table: pyarrow.Table) -> str:
    """A column's name that the rows do not use yet."""
    while name in table.column_names:
        name = f"model_{name}"
    return name


# --- what the objects say -----------------------------------------------------------------------------------------------


def _classes(table: pyarrow.Table, asked: PlanOptions) -> tuple[str, ...]:
    return tuple(sorted({as_label(v) for v in table.column(asked.label).drop_null().unique().to_pylist()}))


def _task_of(table: pyarrow.Table, asked: PlanOptions) -> Task:
    """The task, from the labels: two are binary; words or few whole numbers are classes; other numbers are values."""
    import pyarrow as pa

    kind = table.schema.field(asked.label).type
    found = table.column(asked.label).drop_null().unique()
    if len(found) == 2:
        return "binary"
    if pa.types.is_floating(kind):
        return "regression"
    if pa.types.is_string(kind) or pa.types.is_boolean(kind):
        return "multiclass"
    raise UsageError(
        f"{len(found)} whole numbers may be classes or values",
        where="task",
        do='Say task="multiclass" or "regression".',
    )


def _with_favourable(asked: PlanOptions, table: pyarrow.Table) -> tuple[PlanOptions, str]:
    """What was asked with the favourable outcome, and why it is taken to be that one; empty if somebody said it."""
    if asked.favourable is not None or asked.task not in (None, "binary"):
        return asked, ""
    classes = _classes(table, asked)
    if len(classes) != 2:
        return asked, ""
    seen = ColumnSeen(asked.label, "", values=classes, distinct=2, missing=0, least=None, greatest=None)
    guess = guess_favourable(seen)
    if guess is None or not guess.sure:
        return asked, ""
    return replace(asked, favourable=guess.value), guess.why


def _required_favourable(asked: PlanOptions, why: str, taken: list[str]) -> str:
    if asked.favourable is None:
        raise UsageError(
            f"nobody has said which outcome of {as_label(asked.label)} is good for the person",
            where="favourable",
            do="Say `favourable=…`, with the value as it is in the data. A wrong one turns every group result round.",
        )
    if why:
        taken.append(f"favourable: {as_label(asked.favourable)} ({why})")
    return as_label(asked.favourable)


def _gathered(asked: PlanOptions, data: Any) -> tuple[PlanOptions, Any]:
    """The rows as columns with names, arrays beside them included, and what was asked by these names.

    Raises
    ------
    UsageError
        If arrays are not equally long, or pandas objects have different indices.
    """
    data = _named_columns(data, asked)
    beside: dict[str, Any] = {}
    label: Any = asked.label
    if _is_array(label):
        label = str(getattr(label, "name", None) or "label")
        beside[label] = asked.label
    sensitive: Any = asked.sensitive
    if isinstance(sensitive, Mapping):
        beside |= {str(name): said for name, said in sensitive.items() if _is_array(said)}
        sensitive = {str(name): None if _is_array(said) else said for name, said in sensitive.items()}
    elif isinstance(sensitive, str):
        sensitive = [sensitive]
    elif _is_array(sensitive):
        name = str(getattr(sensitive, "name", None) or "sensitive")
        beside[name], sensitive = sensitive, [name]
    asked = replace(asked, label=label, sensitive=sensitive)
    if not beside:
        return asked, data
    same_index("data", data=data, **beside)
    table = rows_from(data, where="data").table
    clash = [name for name in beside if name in table.column_names]
    if clash:
        raise UsageError(
            f'an array beside the data is called "{as_label(clash[0])}", like one of their columns',
            where="data",
            do="Rename it, or name the column.",
        )
    return asked, {**{name: table.column(name) for name in table.column_names}, **beside}


def _is_array(value: Any) -> bool:
    return hasattr(value, "__array__") or type(value).__module__.startswith(("pandas", "polars", "pyarrow"))


def _named_columns(data: Any, asked: PlanOptions) -> Any:
    """A matrix as columns with names; anything else as it is."""
    if getattr(data, "ndim", None) != 2 or hasattr(data, "columns"):
        return data
    names = list(asked.features) or [f"x{number}" for number in range(data.shape[1])]
    if len(names) != data.shape[1]:
        raise UsageError(f"the matrix has {data.shape[1]} columns, and {len(names)} features are named", where="data")
    return {name: data[:, number] for number, name in enumerate(names)}


def _require_columns(asked: PlanOptions, table: pyarrow.Table) -> None:
    named = {part: getattr(asked, part) for part in _PARTS}
    attributes = asked.sensitive
    if isinstance(attributes, Mapping):
        attributes = [_column_of(name, said) for name, said in attributes.items()]
    several = {"sensitive": list(attributes), "strata": list(asked.strata), "features": list(asked.features)}
    for part, columns in {**{p: [c] for p, c in named.items() if c is not None}, **several}.items():
        for column in columns:
            if column not in table.column_names:
                raise UsageError(
                    f'no column is called "{as_label(column)}"', where=part, do=did_you_mean(column, table.column_names)
                )


# --- the files ----------------------------------------------------------------------------------------------------------


def _dataset_plan(asked: PlanOptions, table: pyarrow.Table, taken: list[str]) -> dict[str, Any]:
    source: dict[str, Any] = {"table": "data/data.parquet"}
    evaluate: list[dict[str, Any]] = [{"data_profile": {"source": "data"}}, {"pii": {"source": "data"}}]
    if asked.label is not None:
        source["label"] = asked.label
        if len(_classes(table, asked)) == 2 and asked.sensitive:
            asked, why = _with_favourable(asked, table)
            source["favourable"] = _required_favourable(asked, why, taken)
            evaluate.insert(1, {"fairness": {"source": "data"}})
    source |= _rows_options(asked, strata=False)
    subject = {"kind": "dataset", **_subject(asked), "files": ["data/data.parquet"]}
    return _plan(asked, subject, {"data": source}, evaluate)


def _training(asked: PlanOptions, rows: pyarrow.Table, plan: Mapping[str, Any]) -> dict[str, Any]:
    """The training rows as a source: what is said of the tested rows holds of them as far as they have the columns."""
    source: dict[str, Any] = {"table": "data/training.parquet"}
    if asked.label in rows.column_names:
        source["label"] = asked.label
        favourable = plan["sources"].get("test", {}).get("favourable")
        if favourable is not None:
            source["favourable"] = favourable
    options = _rows_options(asked, strata=False)
    options["sensitive"] = _narrowed(options.get("sensitive", []), rows.column_names)
    return source | {
        key: value
        for key, value in options.items()
        if value and (key not in ("weight", "person") or value in rows.column_names)
    }


def _column_of(name: str, said: Any) -> str:
    """The column of the data that a sensitive attribute is made of: for bands the one that they cut, else its own."""
    return str(said["column"]) if isinstance(said, Mapping) and "column" in said else name


def _narrowed(sensitive: Any, names: Sequence[str]) -> Any:
    if isinstance(sensitive, Mapping):
        return {name: said for name, said in sensitive.items() if _column_of(name, said) in names}
    return [name for name in sensitive if name in names]


def _rows_options(asked: PlanOptions, *, strata: bool = True) -> dict[str, Any]:
    sensitive = asked.sensitive
    options: dict[str, Any] = {
        "sensitive": dict(sensitive) if isinstance(sensitive, Mapping) else list(sensitive),
        "strata": list(asked.strata) if strata else [],
        "weight": asked.weight,
        "person": asked.person,
    }
    options = {key: value for key, value in options.items() if value}
    return options | {"unit": asked.unit, "design": asked.design}


def _subject(asked: PlanOptions) -> dict[str, Any]:
    said = {
        "name": asked.name,
        "version": asked.version,
        "title": asked.title,
        "risk_tier": asked.risk_tier,
        "jurisdictions": list(asked.jurisdictions) if asked.jurisdictions is not None else None,
        "production_intended": asked.production_intended,
    }
    return {key: value for key, value in said.items() if value is not None}


def _plan(
    asked: PlanOptions, subject: dict[str, Any], sources: dict[str, Any], evaluate: list[dict[str, Any]]
) -> dict[str, Any]:
    plan: dict[str, Any] = {"schema": "cardwright/assessment/1", "subject": subject}
    if asked.author is not None:
        plan["author"] = asked.author
    plan |= {"details": "details.yaml", "sources": sources}
    plan["evaluate"] = [*evaluate, *(dict(one) for one in asked.evaluate)]
    return plan | {"policy": asked.policy, "seed": asked.seed}


def _details(details: Mapping[str, Any] | Path | None) -> bytes:
    if isinstance(details, (str, Path)):
        return disk.read_file(Path(details), what="details file")
    said = dict(details or {})
    unknown = [key for key in said if key not in FIELDS and key not in ("schema", "stated_by", "stated_on")]
    if unknown:
        raise UsageError(
            f'no details field is called "{as_label(unknown[0])}"', where="details", do=did_you_mean(unknown[0], FIELDS)
        )
    return _yaml({"schema": "cardwright/details/1"} | said)


class _Written(yaml.SafeDumper):
    """YAML as plans are read: a value that occurs twice is written twice, never as an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(document: Mapping[str, Any]) -> bytes:
    text = yaml.dump(
        dict(document), Dumper=_Written, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120
    )
    return str(text).encode("utf-8")


def _parquet(table: pyarrow.Table) -> bytes:
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()
