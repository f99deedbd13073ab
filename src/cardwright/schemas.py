"""The JSON Schema of each file format, exported from the values that read it."""

from __future__ import annotations

import json
from importlib import import_module

FORMATS: dict[str, str] = {
    "assessment": "cardwright.assessment:AssessmentFile",
    "details": "cardwright.record.details:Details",
    "manifest": "cardwright.store:Manifest",
    "plan-lock": "cardwright.record.record:PlanLock",
    "policy": "cardwright.policy.policy:PolicyFile",
    "record": "cardwright.record.record:Record",
    "run": "cardwright.record.provenance:RunFacts",
    "verdict": "cardwright.record.verdict:Verdict",
}
"""Every file format by name, and the value that it is read into."""


def of(name: str) -> bytes:
    """The JSON Schema (draft 2020-12) of a file format, indented, with a final newline."""
    module, _, attribute = FORMATS[name].partition(":")
    schema = getattr(import_module(module), attribute).model_json_schema(mode="validation")
    if name == "details":
        schema = _details()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"cardwright/{name}/1", **schema}
    return (json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8")


def _details() -> dict[str, object]:
    """`details.yaml` as a person writes it: the head, then a key per field."""
    from cardwright.record.details import FIELDS

    properties: dict[str, object] = {
        "schema": {"const": "cardwright/details/1"},
        "stated_by": {"type": "string", "description": "Who answers, where an answer does not say so itself."},
        "stated_on": {"type": "string", "format": "date", "description": "When."},
    }
    for name, spec in FIELDS.items():
        if spec.columns:
            entry = {
                "type": "object",
                "properties": {column: {"type": "string"} for column in spec.columns},
                "additionalProperties": False,
            }
            content: dict[str, object] = {"type": "array", "items": entry}
        else:
            content = {"type": "string"}
        signed = {
            "type": "object",
            "properties": {
                "text" if not spec.columns else "entries": content,
                "stated_by": {"type": "string"},
                "stated_on": {"type": "string", "format": "date"},
            },
            "additionalProperties": False,
        }
        properties[name] = {
            "title": spec.title,
            "description": f"{spec.question} Good: {spec.good} Not helpful: {spec.bad}",
            "anyOf": [content, signed, {"type": "null"}],
        }
    return {
        "title": "Details",
        "type": "object",
        "properties": properties,
        "required": ["schema"],
        "additionalProperties": False,
    }
