"""The JSON Schema of each file format, exported from the values that read it."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import textwrap
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from cardwright.plan.editor_hints import FOLDER

if TYPE_CHECKING:
    from cardwright.record.detail_fields import FieldSpec

FORMATS: dict[str, str] = {
    "assessment": "cardwright.plan.assessment:AssessmentFile",
    "calibration": "cardwright.record.calibration:Calibration",
    "checklist": "cardwright.policy.checklist:Checklist",
    "desk-notices": "cardwright.desk.settings:NoticeSettings",
    "desk-oidc": "cardwright.desk.settings:OidcSettings",
    "detector-calibration": "cardwright.record.detector_calibration:DetectorCalibration",
    "details": "cardwright.record.details:Details",
    "judgements": "cardwright.record.judgements:Judgements",
    "manifest": "cardwright.dossier.store:Manifest",
    "model-registry": "cardwright.integrations.mlflow.settings:RegistryFile",
    "passkey-enrolment": "cardwright.attest.passkeys:PasskeyEnrolment",
    "plan-lock": "cardwright.record.record:PlanLock",
    "policy": "cardwright.policy.policy:PolicyFile",
    "receipt": "cardwright.attest.witness.receipts:Receipt",
    "record": "cardwright.record.record:Record",
    "release": "cardwright.attest.release_statement:Release",
    "sample": "cardwright.record.drawn_sample:SampleChain",
    "retention": "cardwright.desk.settings:RetentionRules",
    "run": "cardwright.record.provenance:RunFacts",
    "status": "cardwright.attest.status_statement:Status",
    "revocations": "cardwright.attest.revocation_list:RevocationList",
    "timestamp": "cardwright.attest.timestamps:StampedHead",
    "trust": "cardwright.attest.trust:Trust",
    "verdict": "cardwright.record.verdict:Verdict",
}
"""Every file format by name, and the value that it is read into."""


def of(name: str) -> bytes:
    """The JSON Schema (draft 2020-12) of a file format, indented, with a final newline."""
    model = model_of(name)
    schema: dict[str, Any] = _details() if name == "details" else model.model_json_schema(mode="validation")
    _describe(schema, model)
    named = schema["properties"]["schema"]["const"]  # the version is the format's own: a trust file is at its second
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": named, **schema}
    return _written(schema)


def beside(plan: Path, fields: Iterable[FieldSpec] = ()) -> dict[Path, bytes]:
    """The schemas that an editor checks a plan and its details by, and where they are written.

    Parameters
    ----------
    plan
        The folder of the plan.
    fields
        The questions of its kind of document.
    """
    details = json.loads(of("details"))
    details["properties"] |= {spec.name: _question(spec) for spec in fields}
    texts = {"assessment": of("assessment"), "details": _written(details)}
    return {plan / FOLDER / f"{name}.schema.json": data for name, data in texts.items()}


def _written(schema: dict[str, Any]) -> bytes:
    return (json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8")


def model_of(name: str) -> type[BaseModel]:
    """The value that a file format is read into."""
    module, _, attribute = FORMATS[name].partition(":")
    model: type[BaseModel] = getattr(import_module(module), attribute)
    return model


def _describe(schema: dict[str, Any], top: type[BaseModel]) -> None:
    """Put the docstring that follows each field into the schema.

    pydantic can do this itself (`use_attribute_docstrings`), but it parses every module's source on import for it, which would
    cost `gate` half a second.
    """
    models = reached(top)
    for title, definition in ((None, schema), *schema.get("$defs", {}).items()):
        model = top if title is None else models.get(title)
        for cls in reversed(model.__mro__) if model is not None else ():
            if not (issubclass(cls, BaseModel) and cls.__module__.startswith("cardwright")):
                continue
            for name, text in _docstrings(cls).items():
                field = cls.model_fields.get(name)
                key = (field.alias if field is not None else None) or name
                if key in definition.get("properties", {}):
                    definition["properties"][key].setdefault("description", text)


def _docstrings(cls: type[BaseModel]) -> dict[str, str]:
    if getattr(import_module(cls.__module__), cls.__qualname__, None) is not cls:
        return {}  # made from a table, so it has no source: its fields bring their descriptions, or its base has them
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for statement, following in itertools.pairwise(body.body):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
            and isinstance(following.value.value, str)
        ):
            found[statement.target.id] = inspect.cleandoc(following.value.value)
    return found


def reached(top: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Our models by name, those that a model's fields reach: another module may have a class of the same name."""
    found: dict[str, type[BaseModel]] = {}

    def visit(annotation: Any) -> None:
        for inner in get_args(annotation):
            visit(inner)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation.__name__ not in found:
            found[annotation.__name__] = annotation
            for field in annotation.model_fields.values():
                visit(field.annotation)

    visit(top)
    return found


def _details() -> dict[str, object]:
    """`details.yaml` as a person writes it: the head, then a key per field."""
    from cardwright.record.details import FIELDS

    properties: dict[str, object] = {
        "schema": {"const": "cardwright/details/1", "description": "The format of this file."},
        "stated_by": {"type": "string", "description": "Who answers, where an answer does not say so itself."},
        "stated_on": {"type": "string", "format": "date", "description": "When."},
    }
    properties |= {name: _question(spec) for name, spec in FIELDS.items()}
    return {
        "title": "Details",
        "type": "object",
        "properties": properties,
        "required": ["schema"],
        "additionalProperties": False,
    }


def _question(spec: FieldSpec) -> dict[str, object]:
    """One field of `details.yaml`: its answer, or the answer with who gave it."""
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
    return {
        "title": spec.title,
        "description": f"{spec.question} Good: {spec.good} Not helpful: {spec.bad}",
        "anyOf": [content, signed, {"type": "null"}],
    }
