"""Model Card Toolkit 0.0.2, compared with its own schema, which is packaged (Apache-2.0, from model-card-toolkit 2.0.0)."""

from __future__ import annotations

import json
from typing import Any

from cardwright.documents.exports.words import entries, exact, measured, rows_of, said, without_a_place
from cardwright.documents.interface import Edition
from cardwright.errors import MissingExtraError
from cardwright.files import packaged
from cardwright.record.details import FIELDS

_PLACED = frozenset(
    {
        "owners", "summary", "citation", "users", "limitations", "recommendations", "intended_use", "out_of_scope", "risks",
        "training_data", "evaluation_data", "architecture",
    }
)  # fmt: skip
"""Answers that have an element of the card."""


def make(edition: Edition) -> dict[str, Any]:
    """The card. Values are strings there; numbers are written so that they read back as the same."""
    record = edition.record
    subject = record.subject
    owners = [
        {k: v for k, v in (("name", o.get("name")), ("contact", o.get("contact"))) if v}
        for o in entries(record, "owners")
    ]
    details: dict[str, Any] = {
        "name": record.title,
        "version": {"name": subject.version, **({"date": subject.released} if subject.released else {})},
    }
    if overview := said(record, "summary") or subject.summary:
        details["overview"] = overview
    if owners:
        details["owners"] = owners
    if subject.licence is not None:
        details["licenses"] = [{"identifier": subject.licence}]
    if citation := said(record, "citation"):
        details["citations"] = [{"citation": citation}]
    others = [f"{FIELDS[name].title}: {text}" for name, text in without_a_place(record, _PLACED)]
    details["documentation"] = "\n\n".join((f"Made from record sha256 {record.sha256}.", *others))
    considerations: dict[str, Any] = {}
    for key, name in (("users", "users"), ("limitations", "limitations"), ("tradeoffs", "recommendations")):
        if text := said(record, name):
            considerations[key] = [{"description": text}]
    uses = [text for name in ("intended_use", "out_of_scope") if (text := said(record, name))]
    if uses:
        considerations["use_cases"] = [{"description": text} for text in uses]
    risks = [
        {"name": r.get("risk", ""), **({"mitigation_strategy": r["mitigation"]} if r.get("mitigation") else {})}
        for r in entries(record, "risks")
    ]
    if risks:
        considerations["ethical_considerations"] = risks
    metrics = []
    for evaluation, m in measured(record):
        metric: dict[str, Any] = {
            "type": f"{evaluation.id}: {m.metric}",
            "value": exact(m.value),
            "slice": rows_of(m),
        }
        if m.interval is not None:
            metric["confidence_interval"] = {
                "lower_bound": exact(m.interval.lower),
                "upper_bound": exact(m.interval.upper),
            }
        metrics.append(metric)
    card: dict[str, Any] = {"schema_version": "0.0.2", "model_details": details}
    data = [
        {"name": name, "description": text}
        for name, text in (("training", said(record, "training_data")), ("evaluation", said(record, "evaluation_data")))
        if text
    ]
    parameters: dict[str, Any] = {"data": data} if data else {}
    if architecture := said(record, "architecture"):
        parameters["model_architecture"] = architecture
    if parameters:
        card["model_parameters"] = parameters
    if metrics:
        card["quantitative_analysis"] = {"performance_metrics": metrics}
    if considerations:
        card["considerations"] = considerations
    return card


def problem(data: bytes) -> str | None:
    """What does not fit the official schema; None where everything does."""
    try:
        import jsonschema
    except ImportError as exc:
        raise MissingExtraError("jsonschema", "exports", "Checking a Model Card Toolkit export") from exc
    schema = json.loads(packaged.export_schema("model_card_toolkit_0.0.2.schema.json"))
    first = next(iter(jsonschema.Draft7Validator(schema).iter_errors(json.loads(data))), None)
    return None if first is None else f"{'.'.join(map(str, first.path)) or '(top)'}: {first.message[:200]}"
