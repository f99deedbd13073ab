"""The YAML at the top of a card, as the Hugging Face Hub reads it: licence, tags, and the numbers as `model-index`."""

from __future__ import annotations

import re
from typing import Any

import yaml

from cardwright.documents.interface import Edition
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured
from cardwright.record.record import Record
from cardwright.record.subject import Subject

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
    (10_000_000_000, "1B<n<10B"),
    (100_000_000_000, "10B<n<100B"),
    (1_000_000_000_000, "100B<n<1T"),
)
"""The Hub's fixed bins; above them is `n>1T`."""
_LICENCES = frozenset(
    {
        "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bigcode-openrail-m", "bigscience-bloom-rail-1.0",
        "bigscience-openrail-m", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "bsl-1.0", "c-uda", "cc",
        "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0",
        "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0",
        "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "cdla-sharing-1.0",
        "creativeml-openrail-m", "deepfloyd-if-license", "ecl-2.0", "epl-1.0", "epl-2.0", "etalab-2.0", "eupl-1.1", "gemma",
        "gfdl", "gpl", "gpl-2.0", "gpl-3.0", "isc", "lgpl", "lgpl-2.1", "lgpl-3.0", "lgpl-lr", "llama2", "lppl-1.3c", "mit",
        "mpl-2.0", "ms-pl", "ncsa", "odbl", "odc-by", "ofl-1.1", "openrail", "openrail++", "osl-3.0", "pddl", "postgresql",
        "unknown", "unlicense", "wtfpl", "zlib",
    }
)  # fmt: skip
"""The Hub's names of licences (hub-docs, `repositories-licenses`). A card with another one is refused there."""
_SPDX = {"c-uda-1.0": "c-uda", "odbl-1.0": "odbl", "odc-by-1.0": "odc-by", "pddl-1.0": "pddl"}
"""The SPDX names that the Hub shortens."""
_LANGUAGES = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_HUB_MODEL = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


_TASKS = {
    "binary": "tabular-classification",
    "multiclass": "tabular-classification",
    "regression": "tabular-regression",
}
"""The Hub's tasks (huggingface.js, `tasks`) for predictions over tables. Of a model of texts they begin with `text`."""
_MOST_RESULTS, _MOST_METRICS = 4, 6
_OF_MODELS = ("performance", "ranking", "safety", "robustness", "fairness", "slices", "impact_ratio")
"""Evaluators whose numbers are a model's results; personal data, overlap and attributions are none that the Hub could rank."""
_LIBRARIES = {
    ".skops": "sklearn",
    ".ubj": "xgboost",
    ".cbm": "catboost",
    ".onnx": "onnx",
    ".pt": "pytorch",
    ".pt2": "pytorch",
    ".pth": "pytorch",
}
"""The Hub's names of libraries by the ending of a model's file, where the ending belongs to one library."""


def make(edition: Edition, *, dataset: bool, short: bool = False) -> str:
    """The front matter of a card, as YAML without its fences; a short one has the few numbers that the Hub shows, a line each."""
    record, subject = edition.record, edition.record.subject
    metadata: dict[str, Any] = {}
    if languages := _listed(record, "languages", _LANGUAGES):
        metadata["language"] = languages
    if subject.licence is not None:
        metadata |= _licence(subject.licence)
    metadata["tags"] = ["cardwright", subject.kind]
    if dataset:
        metadata["pretty_name"] = record.title
        rows = max((d.rows for d in record.provenance.datasets if d.rows is not None), default=None)
        if rows is not None:
            metadata["size_categories"] = [next((name for limit, name in _SIZES if rows < limit), "n>1T")]
    else:
        if bases := list(subject.parents) or _listed(record, "base_model", _HUB_MODEL):
            metadata["base_model"] = bases
        if (library := _library(subject)) is not None:
            metadata["library_name"] = library
        if (task := _task_of_subject(edition)) is not None:
            metadata["pipeline_tag"] = task
        mine = {file.sha256 for file in subject.files} | set(subject.folders.values())
        results = [
            entry
            for evaluation in record.evaluations
            if evaluation.evaluator in _OF_MODELS
            and not _of_another(evaluation, mine)
            and (entry := _results(evaluation, _task(edition, evaluation))) is not None
        ]
        if short:
            results = [{**entry, "metrics": entry["metrics"][:_MOST_METRICS]} for entry in results[:_MOST_RESULTS]]
        if results:
            metadata["model-index"] = [{"name": subject.name, "results": _merged(results)}]
    metadata["cardwright"] = {
        "record_sha256": record.sha256,
        "state": edition.state,
        **({"decision": edition.verdict.decision, "policy": edition.verdict.policy.name} if edition.verdict else {}),
    }
    text: str = yaml.safe_dump(
        metadata, sort_keys=False, allow_unicode=True, width=1000, default_flow_style=None if short else False
    )
    return text


def _licence(licence: str) -> dict[str, str]:
    """A licence by the Hub's name, else `other` with its own name as an identifier.

    `GPL-3.0-or-later` is `other`: the Hub's `gpl-3.0` would take the later versions away.
    """
    lower = licence.lower()
    named = _SPDX.get(lower, lower.removesuffix("-only"))
    if named in _LICENCES:
        return {"license": named}
    return {"license": "other", "license_name": re.sub(r"[^a-z0-9.+]+", "-", lower).strip("-")}


def _listed(record: Record, name: str, one: re.Pattern[str]) -> list[str]:
    """An answer that is nothing but a list of the Hub's names; of a sentence nothing is guessed, the card's text holds it."""
    answer = record.details.answers.get(name)
    if answer is None or answer.text is None or not record.details.provided(name):
        return []
    parts = [part for part in re.split(r"[,;\s]+", answer.text.strip()) if part]
    return parts if all(one.fullmatch(part) for part in parts) else []


def _library(subject: Subject) -> str | None:
    """The library that reads the subject's files, if all that say so say the same."""
    paths = [file.path for file in subject.files]
    if any(path.endswith("config.json") for path in paths) and any(path.endswith(".safetensors") for path in paths):
        return "transformers"
    libraries = {library for path in paths for ending, library in _LIBRARIES.items() if path.endswith(ending)}
    return libraries.pop() if len(libraries) == 1 else None


def _task(edition: Edition, evaluation: Evaluation) -> str:
    """The Hub's task of an evaluation: of its source, else `other`, which the Hub knows too."""
    if evaluation.evaluator == "safety":
        return "text-generation"
    if evaluation.evaluator == "ranking":
        return "text-ranking" if _library(edition.record.subject) == "transformers" else "other"
    source = next((i.sha256 for i in evaluation.inputs if i.need == "source"), None)
    task = next((d.task for d in edition.record.provenance.datasets if d.sha256 == source and d.task is not None), None)
    named = _TASKS.get(task or _kind_of(edition.record.context.task), "other")
    return (
        "text-classification"
        if named.endswith("classification") and _library(edition.record.subject) == "transformers"
        else named
    )


def _kind_of(task: str | None) -> str:
    """What a plan calls a task, as records of predictions do: `binary_classification` is `binary`."""
    return (task or "").removesuffix("_classification")


def _task_of_subject(edition: Edition) -> str | None:
    """The one task of all results, if there is one."""
    tasks = {
        _task(edition, evaluation)
        for evaluation in edition.record.evaluations
        if evaluation.evaluator in ("performance", "ranking", "safety")
    } - {"other"}
    return tasks.pop() if len(tasks) == 1 else None


def _of_another(evaluation: Evaluation, mine: set[str]) -> bool:
    """Whether the numbers are a baseline's or another model's: the Hub shows results as those of the model of the card."""
    model = evaluation.binding.model_sha256 if evaluation.binding is not None else None
    source = next((i for i in evaluation.inputs if i.need == "source"), None)
    return (source is not None and source.role == "baseline") or (
        model is not None and bool(mine) and model not in mine
    )


def _results(evaluation: Evaluation, task: str) -> dict[str, Any] | None:
    """The numbers over all rows of an evaluation; those by group stand in the card."""
    metrics = [
        {"type": m.metric, "name": _name(m), "value": m.value}
        for m in evaluation.measurements
        if isinstance(m, Measured) and not m.slice and not m.given and m.of_class is None and len(m.across) <= 1
    ]
    source = next((i for i in evaluation.inputs if i.need == "source"), None)
    if not metrics or source is None or all(str(metric["type"]).startswith("base_rate") for metric in metrics):
        return None  # base rates alone are those of the data, whatever model it is
    metrics = metrics[:16]  # the Hub shows a handful; the card below holds all
    return {
        "task": {"type": task, "name": task.replace("-", " ").title()},
        "dataset": {"type": source.role, "name": source.name, "revision": source.sha256},
        "metrics": metrics,
    }


def _merged(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The numbers of one task on one dataset in one result, each once, whichever evaluations they are from."""
    results: dict[tuple[str, ...], dict[str, Any]] = {}
    for entry in entries:
        key = (entry["task"]["type"], *map(str, entry["dataset"].values()))
        metrics = results.setdefault(key, {**entry, "metrics": []})["metrics"]
        metrics += [metric for metric in entry["metrics"] if metric not in metrics]
    return list(results.values())


def _name(m: Measured) -> str:
    """A metric's name, with what tells it from the same metric across another attribute or at another threshold."""
    across = f" across {m.across[0]}" if m.across else ""
    at = "".join(f", {key} {value:g}" for key, value in (m.at or {}).items())
    return f"{m.metric.replace('_', ' ')}{across}{at}"
