"""Croissant 1.1 with RAI 1.0, as JSON-LD written from the specifications' own property names.

A widely used library writes `dataDataManipulationProtocol` and `dataCollectionTimeFrame`; the specification's names are
`dataManipulationProtocol` and `dataCollectionTimeframe`, and those stand here.
"""

from __future__ import annotations

import json
from typing import Any

from cardwright.documents.exports.words import entries, said
from cardwright.documents.interface import Edition
from cardwright.record.details import FIELDS

RAI = (
    "dataCollection", "dataCollectionType", "dataCollectionMissingData", "dataCollectionRawData", "dataCollectionTimeframe",
    "dataImputationProtocol", "dataManipulationProtocol", "dataPreprocessingProtocol", "dataAnnotationProtocol",
    "dataAnnotationPlatform", "dataAnnotationAnalysis", "annotationsPerItem", "annotatorDemographics",
    "machineAnnotationTools", "dataReleaseMaintenancePlan", "personalSensitiveInformation", "dataSocialImpact", "dataBiases",
    "dataLimitations", "dataUseCases",
)  # fmt: skip
"""The 20 properties of Croissant RAI 1.0."""
CORE = ("@context", "@type", "conformsTo", "description", "license", "name", "url", "creator")
"""What Croissant asks of every dataset, and what words can stand for; it asks for `datePublished` too, where a date is known."""
_TYPES = {"int": "sc:Integer", "uint": "sc:Integer", "float": "sc:Float", "double": "sc:Float", "bool": "sc:Boolean"}
_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/x-parquet",
    "jsonl": "application/jsonlines",
    "sql": "application/sql",
}
UNKNOWN = "not provided"
_OF_ROWS = "Rows of a database. The digest is that of the rows in no order, and not of a file."

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def make(edition: Edition) -> dict[str, Any]:
    """The dataset, or the data of a model, as JSON-LD. What nobody said is `not provided` where the format asks for words."""
    record = edition.record
    subject = record.subject
    tables = [d for d in record.provenance.datasets if d.kind in ("table", "predictions", "texts")]
    people = [{"@type": "Person", "name": o["name"]} for o in entries(record, "owners") if o.get("name")]
    document: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": subject.name,
        "description": said(record, "summary") or subject.summary or UNKNOWN,
        "version": subject.version,
        "license": subject.licence or UNKNOWN,
        "url": f"urn:sha256:{record.sha256}",
        "creator": people or {"@type": "Organization", "name": subject.supplier or UNKNOWN},
        "identifier": subject.identity,
        "citeAs": said(record, "citation") or f"{subject.name}, version {subject.version}, sha256 {subject.identity}",
    }
    published = subject.released or (edition.run.finished[:10] if edition.run is not None else None)
    if published is not None:  # a date or nothing: the format's own library refuses words in its place
        document["datePublished"] = published
    for name, spec in FIELDS.items():
        if spec.croissant is not None and (text := said(record, name)) is not None:
            document[f"rai:{spec.croissant}"] = text
    if tables:
        document["distribution"] = [
            {
                "@type": "cr:FileObject",
                "@id": d.name,
                "name": d.name,
                "contentUrl": d.path or d.name,
                "encodingFormat": _MEDIA.get(d.format, "application/octet-stream"),
                "sha256": d.sha256,
                **({"description": _OF_ROWS} if d.digest_of == "rows" else {}),
            }
            for d in tables
        ]
        record_sets = [
            {
                "@type": "cr:RecordSet",
                "@id": f"{d.name}/rows",
                "name": f"{d.name} rows",
                "field": [
                    {
                        "@type": "cr:Field",
                        "@id": f"{d.name}/rows/{column.name}",
                        "name": column.name,
                        "dataType": next(
                            (kind for word, kind in _TYPES.items() if str(column.type).startswith(word)), "sc:Text"
                        ),
                        "source": {"fileObject": {"@id": d.name}, "extract": {"column": column.name}},
                    }
                    for column in d.columns
                ],
            }
            for d in tables
            if d.columns
        ]
        if record_sets:
            document["recordSet"] = record_sets
    return document


def problem(data: bytes) -> str | None:
    """What does not fit the specification: a core property that is not there, or a RAI property that does not exist."""
    document = json.loads(data)
    missing = [name for name in CORE if name not in document]
    if missing:
        return f"{missing[0]} is not there"
    unknown = [name for name in document if name.startswith("rai:") and name.removeprefix("rai:") not in RAI]
    if unknown:
        return f"{unknown[0]} is no property of RAI 1.0"
    ids = [thing["@id"] for key in ("distribution", "recordSet") for thing in document.get(key, ())]
    return f"the id {ids[0]} stands twice" if len(set(ids)) != len(ids) else None
