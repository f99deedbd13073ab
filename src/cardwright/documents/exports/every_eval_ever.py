"""Every Eval Ever 0.3.0: results of a model or a system, compared with the coalition's own schema.

The schema is packaged (MIT, from every-eval-ever 0.3.0).

Every result there is a score that a lower or a higher value is better for. A number of no direction (a selection rate, a count)
would be ranked as if it had one, so it is not written as a score; like what was not measured, it stands in the source's details,
with its reason or its value. Nobody's name is written.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from cardwright.documents.exports.words import (
    as_it_was_measured,
    exact,
    measured,
    moment_of,
    only_in_record,
    rows_of,
    unmeasured,
)
from cardwright.documents.interface import Edition
from cardwright.errors import MissingExtraError, UsageError
from cardwright.files import packaged
from cardwright.record import canonical
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured
from cardwright.record.record import Record

VERSION = "0.3.0"
UNKNOWN = "unknown"
"""The format's own word for what it asks for and nobody knows."""
_HELD = {"measured", "not_measured", "not_evaluated", "files"}
_BOUNDS = {"proportion": (0, 1)}
"""Units whose values have bounds by definition."""


def make(edition: Edition) -> dict[str, Any]:
    """The results of one model.

    Raises
    ------
    UsageError
        For a dataset or a work: the format describes results of models.
    """
    record = edition.record
    if record.subject.kind not in ("model", "system"):
        raise UsageError(
            f"Every Eval Ever holds results of models, and this record is of a {record.subject.kind}",
            do="Export it as croissant, openlineage or spdx.",
        )
    moment = moment_of(edition)
    seconds = str(int(datetime.fromisoformat(moment).timestamp())) if moment is not None else UNKNOWN
    model = _model(record)
    made: dict[str, Any] = {
        "schema_version": VERSION,
        "evaluation_id": f"{record.sha256}/{model['id']}/{seconds}",
        "retrieved_timestamp": seconds,
        "source_metadata": _source(edition),
        "model_info": model,
        "eval_library": {"name": "cardwright", "version": record.provenance.tool.split()[-1]},
        "evaluation_results": [_result(e, m) for e, m in measured(record) if m.direction != "neither"],
    }
    if edition.run is not None:
        made["evaluation_timestamp"] = edition.run.finished
    return made


def _source(edition: Edition) -> dict[str, Any]:
    record = edition.record
    details: dict[str, Any] = {
        "record_sha256": record.sha256,
        "identity_sha256": record.subject.identity,
        "only_in_record": only_in_record(edition, _HELD),
        "of_no_direction": [as_it_was_measured(e, m) for e, m in measured(record) if m.direction == "neither"],
        "not_measured": [as_it_was_measured(e, m) for e, m in unmeasured(record)],
        "not_evaluated": [gap.model_dump(mode="json") for gap in record.not_evaluated],
    }
    return {
        # Scores alone, no answers to single prompts: whatever wrote them, the format calls that documentation.
        "source_type": "documentation",
        "source_name": record.title,
        "source_organization_name": record.subject.supplier or UNKNOWN,
        "evaluator_relationship": "other",  # the record says who supplies the model, and not who they are to its evaluator
        "additional_details": {name: _text(value) for name, value in details.items() if value},
    }


def _text(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return exact(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, allow_nan=False)


def _model(record: Record) -> dict[str, Any]:
    subject, reference = record.subject, record.subject.reference
    developer = re.sub(r"[^a-z0-9]+", "-", (subject.supplier or "").lower()).strip("-")
    id = reference.model_id if reference is not None else "/".join(part for part in (developer, subject.name) if part)
    details = {
        "deployment_type": "externally_managed" if reference is not None else UNKNOWN,
        "model_availability": UNKNOWN,
        "version": subject.version,
        **{f"file_sha256:{file.path}": file.sha256 for file in subject.files},
    }
    made: dict[str, Any] = {"name": subject.name, "id": id, "additional_details": details}
    if subject.supplier is not None:
        made["developer"] = subject.supplier
    if reference is not None:
        made["inference_platform"] = reference.provider
        details |= {"revision": reference.revision} if reference.revision is not None else {}
        details |= {f"setting:{name}": _text(value) for name, value in reference.settings.items() if value is not None}
    return made


def _result(evaluation: Evaluation, m: Measured) -> dict[str, Any]:
    metric: dict[str, Any] = {
        "metric_id": m.metric,
        "metric_unit": m.unit,
        "lower_is_better": m.direction == "lower_is_better",
        "evaluation_description": evaluation.question,
        "additional_details": {"rows": rows_of(m)},
    }
    if m.at:
        metric["metric_parameters"] = dict(m.at)
    if m.unit in _BOUNDS:
        low, high = _BOUNDS[m.unit]
        metric |= {"score_type": "continuous", "min_score": low, "max_score": high}
    whole = as_it_was_measured(evaluation, m)
    placed = {"evaluation", "metric", "status", "value", "unit", "direction", "at"}
    score: dict[str, Any] = {
        "score": m.value,
        "details": {
            name: _text(value) for name, value in whole.items() if name not in placed and value not in ({}, [])
        },
    }
    if m.interval is not None:
        interval = {"lower": m.interval.lower, "upper": m.interval.upper, "confidence_level": m.interval.level}
        score["uncertainty"] = {"confidence_interval": {**interval, "method": m.interval.method}}
        if m.sampling is not None:
            score["uncertainty"]["num_samples"] = m.sampling.units
    named = canonical.digest(repr(m.key).encode("utf-8"))[:16]
    return {
        "evaluation_result_id": f"{evaluation.id}:{m.metric}:{named}",
        "evaluation_name": evaluation.id,
        "source_data": {
            "dataset_name": ", ".join(dict.fromkeys(one.name for one in evaluation.inputs)) or UNKNOWN,
            "source_type": "other",
            "additional_details": {
                f"{one.need}:{key}": value
                for one in evaluation.inputs
                for key, value in (
                    ("name", one.name), ("role", one.role), ("split", one.split), ("sha256", one.sha256),
                    ("rows", exact(one.rows) if one.rows is not None else None),
                )
                if value is not None
            },
        },
        "metric_config": metric,
        "score_details": score,
    }  # fmt: skip


def problem(data: bytes) -> str | None:
    """What does not fit the official schema; None where everything does."""
    try:
        import jsonschema
    except ImportError as exc:
        raise MissingExtraError("jsonschema", "exports", "Checking an Every Eval Ever export") from exc
    schema = json.loads(packaged.export_schema(f"every_eval_ever_{VERSION}.schema.json"))
    first = next(iter(jsonschema.Draft7Validator(schema).iter_errors(json.loads(data))), None)
    return None if first is None else f"{'.'.join(map(str, first.path)) or '(top)'}: {first.message[:200]}"
