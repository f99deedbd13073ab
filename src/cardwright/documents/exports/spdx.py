"""SPDX 3.0.1 as JSON-LD: the subject as an AI or dataset package, its files, the data it was assessed on, and what was found.

Metrics are strings in SPDX, so numbers are written as they read back. What has no property of its own is an annotation of the
package: every measurement with its interval and denominator and every missing one, the gate's answers, and what is only in the
record. Nobody's name is written.

Source: SPDX Specification 3.0.1, profiles Core, Software, AI, Dataset and SimpleLicensing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from cardwright.documents.exports.words import (
    as_it_was_measured,
    exact,
    measured,
    moment_of,
    only_in_record,
    rows_of,
    said,
    unmeasured,
    without_people,
)
from cardwright.documents.interface import Edition
from cardwright.errors import MissingExtraError
from cardwright.record.details import FIELDS
from cardwright.record.provenance import DatasetRef
from cardwright.record.record import Record

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_TERMS = "https://spdx.org/rdf/3.0.1/terms/"
"""Under which SPDX names individuals of its own, as one that asserts no licence."""
_CREATION = "_:creationinfo"
_NO_LICENCE = "expandedlicensing_NoAssertionLicense"
_EPOCH = "1980-01-01T00:00:00Z"
_PURPOSES = {"model": "model", "dataset": "data", "system": "application", "work": "documentation"}
_DATA = {
    "predictions": "structured", "table": "structured", "texts": "text", "interactions": "text", "calibration": "other",
    "judgements": "other", "runs": "other",
}  # fmt: skip
"""Sources that are data, and what SPDX calls them."""
_ONE_TEXT: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "model": {
        "ai_limitation": ("limitations",),
        "ai_informationAboutTraining": ("training_data", "training_procedure"),
        "ai_informationAboutApplication": ("intended_use",),
    },
    "dataset": {
        "dataset_dataCollectionProcess": ("collection",),
        "dataset_datasetUpdateMechanism": ("dataset_maintenance",),
        "dataset_intendedUse": ("dataset_uses",),
    },
}
"""Properties that take one text, and the answers that they are made of. `ai_standardCompliance` is none of them: a standard that
people name is no evidence that it is complied with."""
_SEVERAL_TEXTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "model": {
        "ai_typeOfModel": ("architecture",),
        "ai_modelDataPreprocessing": ("preprocessing",),
    },
    "dataset": {"dataset_dataPreprocessing": ("preprocessing",), "dataset_knownBias": ("data_biases",)},
}
_HELD = {"measured", "not_measured", "not_evaluated", "answers", "files", "components", "parents", "requirements"}
"""Parts of an edition that the export holds whole; `words.only_in_record` counts the others."""
_NEVER = ("owners",)
"""Answers that are nothing but people."""


def make(edition: Edition) -> dict[str, Any]:
    """The document: one element for each thing, and relationships between them."""
    graph = [_creation(edition), *_elements(edition)]
    return {"@context": CONTEXT, "@graph": graph}


def _id(record: Record, name: str) -> str:
    return f"urn:cardwright:{record.sha256}#{name}"


def _element(record: Record, kind: str, id: str, /, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "spdxId": _id(record, id), "creationInfo": _CREATION, **properties}


def _creation(edition: Edition) -> dict[str, Any]:
    record = edition.record
    return {
        "type": "CreationInfo",
        "@id": _CREATION,
        "specVersion": "3.0.1",
        "created": moment_of(edition) or _EPOCH,
        "createdBy": [_id(record, "cardwright")],
    }


def _elements(edition: Edition) -> Iterator[dict[str, Any]]:
    record = edition.record
    subject = record.subject
    agent = _element(record, "SoftwareAgent", "cardwright", name=record.provenance.tool)
    supplier = (
        [_element(record, "Organization", "supplier", name=subject.supplier)] if subject.supplier is not None else []
    )
    package = _package(record)
    files = [
        _element(record, "software_File", f"file-{number}", name=file.path, verifiedUsing=[_hash(file.sha256)])
        for number, file in enumerate(subject.files)
    ]
    parts = [
        _element(
            record, "software_File", f"component-{number}", name=part.name, summary=part.role, verifiedUsing=[_hash(part.sha256)]
        )
        for number, part in enumerate(subject.components)
    ]  # fmt: skip
    data = [_dataset(record, one) for one in _data(record)]
    licence = _licence(record)
    relations = [*_relations(record, package, files, parts, data, licence)]
    notes = [*_annotations(edition, package)]
    inside = [agent, *supplier, package, *files, *parts, *data, *licence, *relations, *notes]
    bom = _element(
        record,
        "software_Sbom",
        "bom",
        name=f"{subject.name} {subject.version}",
        rootElement=[package["spdxId"]],
        element=[one["spdxId"] for one in inside],
        profileConformance=_profiles(record),
    )
    document = _element(
        record,
        "SpdxDocument",
        "document",
        name=f"{subject.name} {subject.version}",
        rootElement=[bom["spdxId"]],
        element=[one["spdxId"] for one in (*inside, bom)],
        profileConformance=_profiles(record),
    )
    yield from (document, bom, *inside)


def _hash(sha256: str) -> dict[str, Any]:
    return {"type": "Hash", "algorithm": "sha256", "hashValue": sha256}


def _package(record: Record) -> dict[str, Any]:
    subject = record.subject
    kind = {"dataset": "dataset_DatasetPackage", "work": "software_Package"}.get(subject.kind, "ai_AIPackage")
    package = _element(
        record,
        kind,
        "subject",
        name=subject.name,
        software_packageVersion=subject.version,
        software_primaryPurpose=_PURPOSES[subject.kind],
        externalIdentifier=[
            {"type": "ExternalIdentifier", "externalIdentifierType": "other", "identifier": f"sha256:{value}", "comment": of}
            for value, of in ((subject.identity, "the subject's identity"), (record.sha256, "the record"))
        ],
    )  # fmt: skip
    if description := without_people(record, "summary") or subject.summary:
        package["description"] = description
    if subject.supplier is not None:
        package["suppliedBy"] = _id(record, "supplier")
    if subject.released is not None:
        package["releaseTime"] = f"{subject.released}T00:00:00Z"
    if len(subject.files) == 1:
        package["verifiedUsing"] = [_hash(subject.files[0].sha256)]
    if kind == "ai_AIPackage":
        package |= _said(record, "model")
        package |= _measures(record)
    elif kind == "dataset_DatasetPackage":
        package |= _said(record, "dataset")
        kinds = {_DATA.get(d.kind, "noAssertion") for d in record.provenance.datasets} or {"noAssertion"}
        package["dataset_datasetType"] = sorted(kinds)
        if subject.files:
            package["dataset_datasetSize"] = sum(file.size for file in subject.files)  # in bytes, never rows
    return package


def _placed(record: Record) -> set[str]:
    """Answers that have a property of the package."""
    kind = "dataset" if record.subject.kind == "dataset" else "model" if record.subject.kind != "work" else None
    tables = (*_ONE_TEXT[kind].values(), *_SEVERAL_TEXTS[kind].values()) if kind is not None else ()
    return {"summary", *_NEVER, *(name for names in tables for name in names)}


def _said(record: Record, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for property, names in _ONE_TEXT[kind].items():
        texts = [text for name in names if (text := without_people(record, name)) is not None]
        if texts:
            found[property] = "\n\n".join(texts)
    for property, names in _SEVERAL_TEXTS[kind].items():
        texts = [text for name in names if (text := without_people(record, name)) is not None]
        if texts:
            found[property] = texts
    return found


def _measures(record: Record) -> dict[str, Any]:
    metrics, thresholds = [], []
    for evaluation, m in measured(record):
        key = f"{evaluation.id}: {m.metric}: {rows_of(m)}"
        metrics.append(_entry(key, exact(m.value)))
        if m.at is not None and "threshold" in m.at:
            thresholds.append(_entry(key, exact(m.at["threshold"])))
    found = {"ai_metric": metrics, "ai_metricDecisionThreshold": thresholds}
    return {property: entries for property, entries in found.items() if entries}


def _entry(key: str, value: str) -> dict[str, Any]:
    return {"type": "DictionaryEntry", "key": key, "value": value}


def _data(record: Record) -> list[DatasetRef]:
    """The data that were read, apart from the subject's own files."""
    return [d for d in record.provenance.datasets if d.kind in _DATA and d.sha256 not in record.subject.digests]


def _dataset(record: Record, d: DatasetRef) -> dict[str, Any]:
    return _element(
        record,
        "dataset_DatasetPackage",
        f"dataset-{d.name}",
        name=d.name,
        summary=", ".join([d.role, *([d.split] if d.split is not None else []), *_rows(d)]),
        software_primaryPurpose="data",
        verifiedUsing=[_hash(d.sha256) | ({"comment": "of the rows, in no order"} if d.digest_of == "rows" else {})],
        dataset_datasetType=[_DATA[d.kind]],
    )


def _rows(d: DatasetRef) -> list[str]:
    return [f"{d.rows} rows"] if d.rows is not None else []


def _licence(record: Record) -> list[dict[str, Any]]:
    """The licence as an expression where it is one of SPDX; else as a text, which claims no more than it says."""
    licence = record.subject.licence
    if licence is None:
        return []
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        known = canonicalize_license_expression(licence)
    except InvalidLicenseExpression:
        text = {"simplelicensing_licenseText": licence}
        return [_element(record, "simplelicensing_SimpleLicensingText", "licence", **text)]
    expression = {"simplelicensing_licenseExpression": str(known)}
    return [_element(record, "simplelicensing_LicenseExpression", "licence", **expression)]


def _relations(
    record: Record,
    package: dict[str, Any],
    files: list[dict[str, Any]],
    parts: list[dict[str, Any]],
    data: list[dict[str, Any]],
    licence: list[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    read = _data(record)
    model = record.subject.kind in ("model", "system")
    ends: list[tuple[str, str, list[str]]] = [
        ("files", "contains", [one["spdxId"] for one in files]),
        ("components", "dependsOn", [one["spdxId"] for one in parts]),
        ("declared-licence", "hasDeclaredLicense", [one["spdxId"] for one in licence] or [_NO_LICENCE]),
        # Nobody here has looked into the files for licences.
        ("concluded-licence", "hasConcludedLicense", [_NO_LICENCE]),
    ]
    for kind in ("trainedOn", "testedOn", "other"):
        # A baseline's predictions or a population were read beside the model, which was neither trained nor tested on them.
        found = [
            one["spdxId"] for one, d in zip(data, read, strict=True) if kind == (_used(d.role) if model else "other")
        ]
        ends.append((f"data-{kind}", kind, found))
    for name, kind, to in ends:
        if to:
            about = {"from": package["spdxId"], "to": to, "relationshipType": kind}
            yield _element(record, "Relationship", f"relation-{name}", **about)


def _used(role: str) -> str:
    return "trainedOn" if role.startswith("train") else "testedOn" if role.startswith("test") else "other"


def _annotations(edition: Edition, package: dict[str, Any]) -> Iterator[dict[str, Any]]:
    record, verdict = edition.record, edition.verdict
    subject = record.subject

    def note(name: str, statement: Any, of: str = "other") -> dict[str, Any]:
        text = statement if isinstance(statement, str) else json.dumps(statement, ensure_ascii=False, allow_nan=False)
        media = "text/plain" if isinstance(statement, str) else "application/json"
        about = {"annotationType": of, "subject": package["spdxId"], "contentType": media, "statement": text}
        return _element(record, "Annotation", f"note-{name}", **about)

    yield note("measurements", {"measurements": [as_it_was_measured(e, m) for e, m in measured(record)]})
    yield note("not-measured", {"not_measured": [as_it_was_measured(e, m) for e, m in unmeasured(record)]})
    if record.not_evaluated:
        yield note("not-evaluated", {"not_evaluated": [gap.model_dump(mode="json") for gap in record.not_evaluated]})
    if subject.parents:
        yield note("parents", {"parents": list(subject.parents)})
    if subject.reference is not None:
        # A hosted model is declared, not hashed.
        yield note("reference", {"declared_not_hashed": subject.reference.model_dump(mode="json", exclude_none=True)})
    placed = _placed(record)
    for name, field in FIELDS.items():
        if name not in placed and (text := without_people(record, name)) is not None:
            yield note(f"answer-{name}", f"{field.title}: {text}")
    if verdict is not None:
        answers = [
            {"requirement": o.requirement, "title": o.title, "level": o.level, "status": o.status,
             **({"waived_until": o.waived.expires} if o.waived is not None else {})}
            for o in verdict.outcomes
        ]  # fmt: skip
        by = {
            "policy": verdict.policy.name,
            "policy_sha256": verdict.policy.sha256,
            "evaluated_at": verdict.evaluated_at,
        }
        yield note("verdict", {"decision": verdict.decision, **by, "requirements": answers}, of="review")
    missing = {profile: lacking for profile, lacking in _lacking(record).items() if lacking}
    if missing:
        yield note("profiles", {"not_provided": missing})
    if left := {**only_in_record(edition, {*_HELD, "sources"}), **_left(record)}:
        yield note("only-in-record", {"record_sha256": record.sha256, "only_in_record": left})


def _left(record: Record) -> dict[str, int]:
    """Of what is held otherwise: sources that are neither data nor the subject itself, and answers that are people alone."""
    held = record.subject.digests
    counts = {
        "sources": sum(1 for d in record.provenance.datasets if d.kind not in _DATA and d.sha256 not in held),
        "answers": sum(1 for name in _NEVER if said(record, name) is not None),
    }
    return {name: count for name, count in counts.items() if count}


def _lacking(record: Record) -> dict[str, list[str]]:
    """What the profiles ask of a package and the record does not have: where the package is loaded from is in no record."""
    subject = record.subject
    of_subject = {
        "suppliedBy": subject.supplier is None,
        "releaseTime": subject.released is None,
        "downloadLocation": True,
    }
    of_data = {"originatedBy": True, "builtTime": True, "releaseTime": True, "downloadLocation": True}
    found: dict[str, list[str]] = {}
    if subject.kind in ("model", "system"):
        found["ai"] = [name for name, lacks in of_subject.items() if lacks]
    if subject.kind == "dataset" or _data(record):
        found["dataset"] = [name for name, lacks in of_data.items() if lacks]
    return found


def _profiles(record: Record) -> list[str]:
    """The profiles that it conforms to: `ai` and `dataset` are used, and not claimed while something that they ask is missing."""
    return ["core", "software", "simpleLicensing", *(name for name, lacking in _lacking(record).items() if not lacking)]


def problem(data: bytes) -> str | None:
    """What `spdx-python-model`, the classes that SPDX generates from its own SHACL shapes, says of it; None if it says nothing.

    Every property is checked for its type, its values and how often it may stand, and every reference has to lead to an element.
    """
    try:
        from spdx_python_model.bindings.v3_0_1 import model as spdx
    except ImportError as exc:
        raise MissingExtraError("spdx-python-model", "exports", "Checking an SPDX export") from exc
    objects = spdx.SHACLObjectSet()
    try:
        spdx.JSONLDDeserializer().read(BytesIO(data), objects)
        # Required properties are looked for when an object is written.
        spdx.JSONLDSerializer().write(objects, BytesIO())
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        return str(exc)[:300]
    ids = [element["spdxId"] for element in json.loads(data)["@graph"] if "spdxId" in element]
    if len(set(ids)) != len(ids):  # the classes take the second for the first
        return f"the id {next(id for id in ids if ids.count(id) > 1)} stands twice"
    unknown = sorted(one for one in objects.link() if not one.startswith(_TERMS))
    return f"{unknown[0]} is no element of the document" if unknown else None
