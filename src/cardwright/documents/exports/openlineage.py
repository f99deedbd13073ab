"""OpenLineage run events: what a run read, what it counted of the data, and how every requirement was answered. One event a line.

A run gives two events, START and COMPLETE; a run that ended in a refusal is complete, its tests say what failed. A test fails
unless its requirement passed: what is inconclusive or missing is no pass. Nobody's name is written.

Source: OpenLineage 2-0-2, facets `test`, `dataQualityMetrics`, `dataQualityAssertions`, `schema` and `datasetVersion`.
"""

from __future__ import annotations

import json
import types
import uuid
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from cardwright.documents.exports.words import exact, measured, moment_of, only_in_record
from cardwright.documents.interface import Edition
from cardwright.errors import MissingExtraError, UsageError
from cardwright.record.provenance import DatasetRef
from cardwright.record.record import Record
from cardwright.record.verdict import Outcome

_NAMESPACE = uuid.UUID("b2c0f0a4-5f0e-5d0f-9a51-6f5d1d3c7e10")
_SPEC = "https://openlineage.io/spec"
_HELD = {"sources", "requirements", "not_evaluated"}


def make(edition: Edition) -> list[dict[str, Any]]:
    """The events of one run, in their order.

    Raises
    ------
    UsageError
        For a record alone: an event says when, and a record has no clock.
    """
    record = edition.record
    moment = edition.run.finished if edition.run is not None else moment_of(edition)
    if moment is None:
        raise UsageError("an OpenLineage event says when, and a record alone does not", do="Name the dossier's folder.")
    complete = _event(record, "COMPLETE", moment)
    complete["run"]["facets"] |= _answers(edition)
    complete["inputs"] = [_input(edition, d) for d in record.provenance.datasets]
    complete["outputs"] = [_output(record)]
    if edition.run is None:
        return [complete]
    start = _event(record, "START", edition.run.started)
    start["inputs"] = [{key: value for key, value in one.items() if key != "inputFacets"} for one in complete["inputs"]]
    return [start, complete]


def _producer(record: Record) -> str:
    return f"urn:cardwright:{record.provenance.tool.split()[-1]}"


def _facet(record: Record, schema: str, **properties: Any) -> dict[str, Any]:
    """A facet by the schema that describes it, e.g. `1-0-1/TestRunFacet`."""
    version, name = schema.split("/")
    url = f"{_SPEC}/{'' if name == 'RunFacet' else 'facets/'}{version}/{'OpenLineage' if name == 'RunFacet' else name}.json"
    return {"_producer": _producer(record), "_schemaURL": f"{url}#/$defs/{name}", **properties}


def _event(record: Record, kind: str, moment: str) -> dict[str, Any]:
    subject = record.subject
    engine = _facet(
        record, "1-1-1/ProcessingEngineRunFacet", name="cardwright", version=record.provenance.tool.split()[-1]
    )
    job = {
        "jobType": _facet(
            record, "2-0-4/JobTypeJobFacet", processingType="BATCH", integration="CARDWRIGHT", jobType="ASSESSMENT"
        ),
        "documentation": _facet(record, "1-1-0/DocumentationJobFacet", description=record.title),
    }
    return {
        "eventType": kind,
        "eventTime": moment,
        "producer": _producer(record),
        "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {
            "runId": str(uuid.uuid5(_NAMESPACE, record.sha256)),
            "facets": {"processing_engine": engine},
        },
        "job": {"namespace": "cardwright", "name": f"{subject.name}/{subject.version}", "facets": job},
        "inputs": [],
        "outputs": [],
    }  # fmt: skip


def _answers(edition: Edition) -> dict[str, Any]:
    """The gate's answers as tests, and in a facet of our own what OpenLineage has no place for."""
    record, verdict = edition.record, edition.verdict
    own: dict[str, Any] = {
        "recordSha256": record.sha256,
        "identitySha256": record.subject.identity,
        "runId": record.provenance.run_id,
        "planSha256": record.provenance.plan_sha256,
        "notEvaluated": [
            {"evaluation": gap.id, "code": gap.code, "reason": gap.reason} for gap in record.not_evaluated
        ],
        "onlyInRecord": only_in_record(edition, _HELD),
    }
    if verdict is None:
        return {"cardwright_record": _facet(record, "2-0-2/RunFacet", **own)}
    own |= {"decision": verdict.decision, "policy": verdict.policy.name, "policySha256": verdict.policy.sha256}
    return {
        "cardwright_record": _facet(record, "2-0-2/RunFacet", **own),
        "test": _facet(record, "1-0-1/TestRunFacet", tests=[_test(o) for o in verdict.outcomes]),
    }


def _test(o: Outcome) -> dict[str, Any]:
    status = {"passed": "pass", "not_applicable": "skip"}.get(o.status, "fail")
    params = {"outcome": o.status, **({"waived_until": o.waived.expires} if o.waived is not None else {})}
    about = {"name": o.requirement, "type": o.kind, "description": o.title}
    return {**about, "status": status, "severity": _severity(o), **_numbers(o), "params": params}


def _severity(o: Outcome) -> str:
    return "error" if o.level == "block" else "warn"


def _numbers(o: Outcome) -> dict[str, str]:
    """The limit, and the number that it was compared with, if there is one."""
    found: dict[str, str] = {}
    if o.limit is not None:
        found["expected"] = f"{o.limit.operator.replace('_', ' ')} {exact(o.limit.value)} ({o.limit.on})"
    if o.observations and (value := o.observations[0].value) is not None:
        found["actual"] = exact(value)
    return found


def _named(edition: Edition, d: DatasetRef) -> dict[str, str]:
    """Namespace and name as OpenLineage's naming asks: of the store where a source was fetched from one, else of the file."""
    fetched = (
        next((one for one in edition.run.fetched if one.source == d.name), None) if edition.run is not None else None
    )
    if fetched is not None and edition.audience != "public":
        place = urlsplit(fetched.place)
        return {"namespace": f"{place.scheme}://{place.netloc}", "name": place.path.lstrip("/") or "/"}
    return {"namespace": "file", "name": d.path} if d.path is not None else {"namespace": "cardwright", "name": d.name}


def _input(edition: Edition, d: DatasetRef) -> dict[str, Any]:
    record = edition.record
    facets: dict[str, Any] = {
        "datasetVersion": _facet(record, "1-0-1/DatasetVersionDatasetFacet", datasetVersion=d.sha256),
        "documentation": _facet(
            record, "1-1-0/DocumentationDatasetFacet", description=", ".join(p for p in (d.name, d.role, d.split) if p)
        ),
    }
    if d.columns:
        columns = [{"name": column.name, "type": column.type} for column in d.columns]
        facets["schema"] = _facet(record, "1-2-0/SchemaDatasetFacet", fields=columns)
    of_rows: dict[str, Any] = {}
    if d.rows is not None:
        metrics = {"rowCount": d.rows, "columnMetrics": _columns(record, d)}
        of_rows["dataQualityMetrics"] = _facet(record, "1-0-3/DataQualityMetricsInputDatasetFacet", **metrics)
    if assertions := _assertions(edition, d):
        of_rows["dataQualityAssertions"] = _facet(
            record, "1-1-0/DataQualityAssertionsDatasetFacet", assertions=assertions
        )
    return {**_named(edition, d), "facets": facets, "inputFacets": of_rows}


def _reads(record: Record, id: str, d: DatasetRef) -> bool:
    """Whether an evaluation is of this source's data alone: no model is involved."""
    evaluation = record.evaluation(id)
    return evaluation is not None and evaluation.binding is None and d.name in {one.name for one in evaluation.inputs}


def _columns(record: Record, d: DatasetRef) -> dict[str, Any]:
    """What was counted of each column. A column of which nothing was counted is left out: no count is not zero.

    An edition that does not list the columns has none here either.
    """
    listed = {column.name for column in d.columns}
    return {
        str(m.slice["column"]): {"nullCount": int(m.numerator)}
        for evaluation, m in measured(record)
        if m.metric == "missing_rate" and [*m.slice] == ["column"] and m.numerator is not None
        if m.slice["column"] in listed and _reads(record, evaluation.id, d)
    }


def _assertions(edition: Edition, d: DatasetRef) -> list[dict[str, Any]]:
    """Requirements of the data. One that does not apply asserts nothing; one that did not pass is no success."""
    outcomes = edition.verdict.outcomes if edition.verdict is not None else ()
    columns = {column.name for column in d.columns}
    found = []
    for o in outcomes:
        seen = [one for one in o.observations if _reads(edition.record, one.evaluation, d)]
        if o.status == "not_applicable" or not seen:
            continue
        about = {"assertion": o.kind, "success": o.status == "passed", "name": o.requirement, "severity": _severity(o)}
        column = seen[0].slice.get("column")
        at = {"column": column} if column in columns else {}
        found.append({**about, **at, "description": o.title, **_numbers(o), "params": {"outcome": o.status}})
    return found


def _output(record: Record) -> dict[str, Any]:
    version = _facet(record, "1-0-1/DatasetVersionDatasetFacet", datasetVersion=record.sha256)
    name = f"{record.subject.name}/{record.subject.version}/record.json"
    return {"namespace": "cardwright", "name": name, "facets": {"datasetVersion": version}}


def problem(data: bytes) -> str | None:
    """What does not fit the classes of OpenLineage's own client, which are made from its JSON schemas; None if everything does.

    The client itself writes events and reads none, and its classes hold their fields' types without looking at them. So each
    event is built from the classes, key by key, and every value is compared with the type of its field.
    """
    try:
        from openlineage.client.event_v2 import RunEvent
    except ImportError as exc:
        raise MissingExtraError("openlineage-python", "exports", "Checking an OpenLineage export") from exc
    for number, line in enumerate(data.rstrip(b"\n").split(b"\n"), 1):  # of text, `splitlines` breaks at U+2028, too
        try:
            _built(json.loads(line), RunEvent, f"line {number}")
        except (ValueError, TypeError) as exc:
            return str(exc)[:300]
    return None


def _facet_classes() -> dict[str, dict[str, Any]]:
    """The facets that are written, by the class that they are of and their key."""
    from openlineage.client import facet_v2 as facets

    return {
        "RunFacet": {
            "processing_engine": facets.processing_engine_run.ProcessingEngineRunFacet,
            "test": facets.test_run.TestRunFacet,
        },
        "JobFacet": {
            "jobType": facets.job_type_job.JobTypeJobFacet,
            "documentation": facets.documentation_job.DocumentationJobFacet,
        },
        "DatasetFacet": {
            "datasetVersion": facets.dataset_version_dataset.DatasetVersionDatasetFacet,
            "documentation": facets.documentation_dataset.DocumentationDatasetFacet,
            "schema": facets.schema_dataset.SchemaDatasetFacet,
        },
        "InputDatasetFacet": {
            "dataQualityMetrics": facets.data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet,
            "dataQualityAssertions": facets.data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet,
        },
    }


def _built(value: Any, hint: Any, place: str) -> Any:
    """A value as what a field's type says.

    Raises
    ------
    ValueError
        If it is something else, lacks a field, or has one that is not known.
    """
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        (wanted,) = (one for one in inner if one is not type(None))
        return None if value is None else _built(value, wanted, place)
    if origin is list and isinstance(value, list):
        return [_built(one, inner[0], f"{place}.{number}") for number, one in enumerate(value)]
    if origin is dict and isinstance(value, dict):
        return {name: _built(one, _class_of(inner[1], name), f"{place}.{name}") for name, one in value.items()}
    if hasattr(hint, "__attrs_attrs__") and isinstance(value, dict):
        return _object(value, hint, place)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    numbers = {float: (int, float), int: (int,)}.get(hint, (hint,))
    if origin is None and isinstance(value, numbers) and (hint is bool or not isinstance(value, bool)):
        return value
    raise ValueError(f"{place} is not what its field takes, {getattr(hint, '__name__', hint)}")


def _class_of(hint: Any, name: str) -> Any:
    """The class of a facet by its key; one of our own bears our name and is any facet with its two fields."""
    known = _facet_classes().get(getattr(hint, "__name__", ""))
    if known is None or name.startswith("cardwright_"):
        return hint
    if name not in known:
        raise ValueError(f"{name} is no {hint.__name__} of OpenLineage")
    return known[name]


def _object(value: dict[str, Any], cls: Any, place: str) -> Any:
    from openlineage.client.generated import base

    hints = get_type_hints(cls)
    fields = {field.name: field for field in cls.__attrs_attrs__}
    for name in ("_producer", "_schemaURL"):  # the classes fill them in, and the schema asks for them
        if name in fields and name not in value:
            raise ValueError(f"{place}.{name} is not there")
    unknown = sorted({*value} - {*fields})
    if unknown and cls is not base.RunFacet:
        raise ValueError(f"{place}.{unknown[0]} is no field of {cls.__name__}")
    given = {
        fields[name].alias: _built(one, hints[name], f"{place}.{name}")
        for name, one in value.items()
        if name in fields and fields[name].init
    }
    return cls(**given)
