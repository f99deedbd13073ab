"""The YAML at the top of a card, as the Hugging Face Hub reads it: licence, tags, and the numbers as `model-index`."""

from __future__ import annotations

from typing import Any

import yaml

from cardwright.documents.interface import Edition
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
"""The Hub's fixed bins."""


def make(edition: Edition, *, dataset: bool) -> str:
    """The front matter of a card, as YAML without its fences."""
    record, subject = edition.record, edition.record.subject
    metadata: dict[str, Any] = {}
    if subject.licence is not None:
        metadata["license"] = subject.licence.lower()
    metadata["tags"] = ["cardwright", subject.kind]
    if dataset:
        metadata["pretty_name"] = record.title
        rows = max((d.rows for d in record.provenance.datasets if d.rows is not None), default=None)
        if rows is not None:
            metadata["size_categories"] = [next((name for limit, name in _SIZES if rows < limit), "n>10M")]
    else:
        if subject.parents:
            metadata["base_model"] = list(subject.parents)
        mine = {file.sha256 for file in subject.files}
        results = [
            entry
            for evaluation in record.evaluations
            if not _of_another(evaluation, mine) and (entry := _results(evaluation)) is not None
        ]
        if results:
            metadata["model-index"] = [{"name": subject.name, "results": results}]
    metadata["cardwright"] = {
        "record_sha256": record.sha256,
        "state": edition.state,
        **({"decision": edition.verdict.decision, "policy": edition.verdict.policy.name} if edition.verdict else {}),
    }
    text: str = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True, width=1000)
    return text


def _of_another(evaluation: Evaluation, mine: set[str]) -> bool:
    """Whether the numbers are a baseline's or another model's: the Hub shows results as those of the model of the card."""
    model = evaluation.binding.model_sha256 if evaluation.binding is not None else None
    source = next((i for i in evaluation.inputs if i.need == "source"), None)
    return (source is not None and source.role == "baseline") or (
        model is not None and bool(mine) and model not in mine
    )


def _results(evaluation: Evaluation) -> dict[str, Any] | None:
    """The numbers over all rows of an evaluation; those by group stand in the card."""
    metrics = [
        {"type": m.metric, "name": m.metric.replace("_", " "), "value": m.value}
        for m in evaluation.measurements
        if isinstance(m, Measured) and not m.slice and not m.given and m.of_class is None and len(m.across) <= 1
    ]
    source = next((i for i in evaluation.inputs if i.need == "source"), None)
    if not metrics or source is None:
        return None
    metrics = metrics[:16]  # the Hub shows a handful; the card below holds all
    return {
        "task": {"type": evaluation.evaluator.replace("_", "-")},
        "dataset": {"type": source.role, "name": source.name, "revision": source.sha256},
        "metrics": metrics,
    }
