"""CycloneDX 1.7: an ML-BOM with model card, data, the policy as a standard, and the verdict as attestations.

CycloneDX takes numbers as strings; they are written so that they read back as the same (`repr`). It has no place for a
denominator, a missing number or a severity: those stand as properties, named `cardwright:…`.
"""

from __future__ import annotations

import uuid
from typing import Any

from cardwright.documents.exports.words import entries, exact, measured, rows_of, said, unmeasured, without_a_place
from cardwright.documents.interface import Edition
from cardwright.errors import MissingExtraError
from cardwright.record.record import Record

_NAMESPACE = uuid.UUID("6f1c52b1-43c0-5d0a-9c1e-0d6b1f2a7e55")
_PLACED_IN_CARD = frozenset(
    {
        "summary", "architecture", "users", "intended_use", "limitations", "decision_threshold", "risks", "affected_groups",
        "environmental_impact", "compute",
    }
)  # fmt: skip
"""Answers that have an element of the model card, or of the component. A dataset has a component alone."""
_EPOCH = "1980-01-01T00:00:00Z"


def make(edition: Edition) -> dict[str, Any]:
    """The bill of materials of what was judged."""
    record, verdict = edition.record, edition.verdict
    subject = record.subject
    moment = verdict.evaluated_at if verdict else edition.run.finished if edition.run else _EPOCH
    kind = "data" if subject.kind == "dataset" else "machine-learning-model"
    component: dict[str, Any] = {
        "type": kind,
        "bom-ref": "subject",
        "name": subject.name,
        "version": subject.version,
        "properties": [
            {"name": "cardwright:record_sha256", "value": record.sha256},
            {"name": "cardwright:identity", "value": subject.identity},
            {"name": "cardwright:state", "value": edition.state},
        ],
    }
    component["properties"] += [
        {"name": f"cardwright:details:{name}", "value": text}
        for name, text in without_a_place(record, {"summary"} if kind == "data" else _PLACED_IN_CARD)
    ]
    if description := said(record, "summary") or subject.summary:
        component["description"] = description
    if subject.supplier is not None:
        component["supplier"] = {"name": subject.supplier}
    if subject.licence is not None:
        component["licenses"] = [{"license": {"name": subject.licence}}]  # an `id` would have to be one that SPDX knows
    if len(subject.files) == 1:
        component["hashes"] = [{"alg": "SHA-256", "content": subject.files[0].sha256}]
    # A part of a system stands among its files, too: the same bytes are listed once.
    listed = {file.sha256 for file in subject.files}
    parts = [(file.path, file.sha256) for file in subject.files]
    parts += [(part.name, part.sha256) for part in subject.components if part.sha256 not in listed]
    if len(parts) > 1:
        component["components"] = [
            {"type": "file", "name": name, "hashes": [{"alg": "SHA-256", "content": sha256}]}
            for name, sha256 in dict.fromkeys(parts)
        ]
    if kind == "data":
        component["data"] = [{"type": "dataset", "name": subject.name}]
    else:
        component["modelCard"] = _card(record)
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, record.sha256)}",
        "version": 1,
        "metadata": {
            "timestamp": moment,
            "tools": {
                "components": [
                    {"type": "application", "name": "cardwright", "version": record.provenance.tool.split()[-1]}
                ]
            },
            "component": component,
        },
        "components": _datasets(record),
    }
    if verdict is not None:
        policy = verdict.policy
        document["definitions"] = {
            "standards": [
                {
                    "bom-ref": "policy",
                    "name": policy.name,
                    "version": policy.version,
                    "description": policy.title,
                    "requirements": [
                        {
                            "bom-ref": f"requirement-{o.number}",
                            "identifier": o.requirement,
                            "title": o.title,
                            "text": o.why,
                            "properties": [
                                {"name": "cardwright:origin", "value": o.origin},
                                {"name": "cardwright:level", "value": o.level},
                                *([{"name": "cardwright:citation", "value": o.citation}] if o.citation else []),
                            ],
                        }
                        for o in verdict.outcomes
                    ],
                }
            ]
        }
        document["declarations"] = _declarations(edition)
    return document


def _card(record: Record) -> dict[str, Any]:
    metrics, notes = [], []
    for evaluation, m in measured(record):
        metric: dict[str, Any] = {"type": f"{evaluation.id}: {m.metric}", "value": exact(m.value), "slice": rows_of(m)}
        if m.interval is not None:
            metric["confidenceInterval"] = {
                "lowerBound": exact(m.interval.lower),
                "upperBound": exact(m.interval.upper),
            }
            notes.append((evaluation.id, m, f"level {exact(m.interval.level)}, {m.interval.method}"))
        if m.denominator is not None:
            notes.append((evaluation.id, m, f"denominator {exact(m.denominator)}"))
        metrics.append(metric)
    properties = [{"name": f"cardwright:{e}:{m.metric}", "value": f"{rows_of(m)}: {text}"} for e, m, text in notes]
    properties += [
        {"name": f"cardwright:not_measured:{e.id}:{m.metric}", "value": f"{rows_of(m)}: {m.code}: {m.reason}"}
        for e, m in unmeasured(record)
    ]
    properties += [
        {"name": f"cardwright:no_result:{gap.id}", "value": f"{gap.code}: {gap.reason}"} for gap in record.not_evaluated
    ]
    card: dict[str, Any] = {"bom-ref": "card"}
    parameters: dict[str, Any] = {}
    if record.context.task is not None:
        parameters["task"] = record.context.task
    datasets = [d for d in record.provenance.datasets if d.kind != "model"]
    if architecture := said(record, "architecture"):
        parameters["modelArchitecture"] = architecture
    if datasets:
        parameters["datasets"] = [{"ref": f"dataset-{d.name}"} for d in datasets]
    if parameters:
        card["modelParameters"] = parameters
    if metrics:
        card["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    considerations: dict[str, Any] = {}
    for key, name in (
        ("users", "users"), ("useCases", "intended_use"), ("technicalLimitations", "limitations"),
        ("performanceTradeoffs", "decision_threshold"),
    ):  # fmt: skip
        if text := said(record, name):
            considerations[key] = [text]
    risks = [
        {"name": r["risk"], **({"mitigationStrategy": r["mitigation"]} if r.get("mitigation") else {})}
        for r in entries(record, "risks")
        if r.get("risk")
    ]
    if risks:
        considerations["ethicalConsiderations"] = risks
    groups = [
        {
            there: g[here]
            for there, here in (
                ("groupAtRisk", "group"), ("benefits", "benefit"), ("harms", "harm"), ("mitigationStrategy", "mitigation"),
            )
            if g.get(here)
        }
        for g in entries(record, "affected_groups")
    ]  # fmt: skip
    if groups:
        considerations["fairnessAssessments"] = groups
    # Energy in kilowatt-hours by provider is what the format has fields for; a sentence is a property of the same element.
    spent = [
        {"name": f"cardwright:details:{name}", "value": text}
        for name in ("environmental_impact", "compute")
        if (text := said(record, name))
    ]
    if spent:
        considerations["environmentalConsiderations"] = {"properties": spent}
    if considerations:
        card["considerations"] = considerations
    if properties:
        card["properties"] = properties
    return card


def _datasets(record: Record) -> list[dict[str, Any]]:
    return [
        {
            "type": "data",
            "bom-ref": f"dataset-{d.name}",
            "name": d.name,
            "hashes": [{"alg": "SHA-256", "content": d.sha256}],
            "data": [{"type": "dataset", "name": d.name, "description": f"{d.role}, {d.kind}, {d.format}"}],
            "properties": [
                {"name": "cardwright:role", "value": d.role},
                *([{"name": "cardwright:rows", "value": exact(d.rows)}] if d.rows is not None else []),
                *([{"name": "cardwright:digest_of", "value": d.digest_of}] if d.digest_of is not None else []),
            ],
        }
        for d in record.provenance.datasets
        if d.kind != "model"
    ]


def _declarations(edition: Edition) -> dict[str, Any]:
    verdict = edition.verdict
    assert verdict is not None
    waived = {o.number: f", waived until {o.waived.expires}" for o in verdict.outcomes if o.waived is not None}
    claims = [
        {
            "bom-ref": f"claim-{o.number}",
            "target": "subject",
            "predicate": o.title,
            "reasoning": f"{o.status.replace('_', ' ')}{waived.get(o.number, '')}: {o.explanation}",
        }
        for o in verdict.outcomes
    ]
    attested = [
        {
            "requirement": f"requirement-{o.number}",
            ("claims" if o.status == "passed" else "counterClaims"): [f"claim-{o.number}"],
            "conformance": {
                "score": 1 if o.status == "passed" else 0,
                "rationale": o.explanation,
                **({"mitigationStrategies": [f"claim-{o.number}"]} if o.waived else {}),
            },
        }
        for o in verdict.outcomes
        if o.status != "not_applicable"
    ]
    said_: dict[str, Any] = {
        "assessors": [{"bom-ref": "assessor", "thirdParty": False}],
        "attestations": [{"summary": verdict.headline, "assessor": "assessor", "map": attested}],
        "claims": claims,
    }
    signers = [c for c in edition.claims if c.kind == "sign_off"]
    if signers:
        said_["affirmation"] = {
            "statement": "Sign-offs over the manifest; the signatures stand in claims.jsonl of the dossier.",
            "signatories": [
                {"name": c.person, "role": c.role, "organization": {"name": edition.record.subject.supplier or c.person},
                 "externalReference": {"type": "attestation", "url": f"urn:sha256:{c.id}"}}
                for c in signers
            ],
        }  # fmt: skip
    return said_


def problem(data: bytes) -> str | None:
    """What the strict validator of `cyclonedx-python-lib` says; None if it says nothing."""
    try:
        from cyclonedx.schema import SchemaVersion
        from cyclonedx.validation.json import JsonStrictValidator
    except ImportError as exc:
        raise MissingExtraError("cyclonedx-python-lib", "exports", "Checking a CycloneDX export") from exc
    error = JsonStrictValidator(SchemaVersion.V1_7).validate_str(data.decode("utf-8"))
    if error is None:
        return None
    inner = getattr(error, "data", error)
    return f"{'.'.join(map(str, getattr(inner, 'absolute_path', ()))) or '(top)'}: {str(getattr(inner, 'message', inner))[:200]}"
