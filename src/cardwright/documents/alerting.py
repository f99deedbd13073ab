"""A release's limits as rules for Prometheus and as a dashboard for Grafana, with what its people wrote about monitoring.

`cardwright watch check` writes the metrics that both read (`cardwright.run.watching`). Whoever computes numbers online exports
them as `cardwright_online_value` and `cardwright_online_cases` with the same labels, and the release's limits apply to them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cardwright.documents.exports.words import said
from cardwright.documents.language import words
from cardwright.documents.monitoring import FALSE_ALARMS, AlarmLimit, AlarmLimits, WatchedNumber, alarm_limits, to_watch
from cardwright.record.comparison import rows_of
from cardwright.record.measurement import Measured
from cardwright.record.record import Record

NOTICE_DAYS = 30
"""How long before a release expires that is told."""


def limits_of(record: Record, *, rate: float = FALSE_ALARMS, groups: bool = False) -> AlarmLimits[WatchedNumber]:
    """The limits of the numbers of a release that are watched.

    Raises
    ------
    UsageError
        See `cardwright.documents.monitoring.to_watch`.
    """
    found = alarm_limits(((number, number.m) for number in to_watch(record, rate=rate, groups=groups)), rate)
    assert found is not None  # each number that is watched carries an interval
    return found


def labels_of(number: WatchedNumber, record: Record) -> dict[str, str]:
    """What tells the number in a metric's labels."""
    return {
        "subject": record.subject.name,
        "version": record.subject.version,
        "record": record.sha256[:16],
        "measurement": number.id,
        "evaluation": number.evaluation,
        "metric": number.m.metric,
        "rows": rows_of(number.m),
    }


def cases_of(m: Measured) -> float | None:
    """How many independent cases a number rests on; None if it does not say."""
    if m.denominator is not None:
        return m.denominator
    return float(m.sampling.units) if m.sampling is not None else None


def rules(record: Record, *, rate: float = FALSE_ALARMS, groups: bool = False, most_days: int = 7) -> dict[str, Any]:
    """Alerting rules in Prometheus's own form.

    Parameters
    ----------
    most_days
        After so many days without a check its silence is an alert.
    """
    limits = limits_of(record, rate=rate, groups=groups)
    record_label = f'record="{record.sha256[:16]}"'
    name = f"{record.subject.name} {record.subject.version}"
    people = _said_by_people(record)
    common = {"subject": record.subject.name, "record": record.sha256[:16]}
    stamp = f"cardwright_watch_timestamp_seconds{{{record_label}}}"
    alerts: list[dict[str, Any]] = [
        {
            "alert": "CardwrightNumberMoved",
            "expr": f"cardwright_watch_alarm{{{record_label}}} == 1",
            "labels": {**common, "severity": "critical"},
            "annotations": {
                "summary": _plain(
                    f"{name}: a number of the release has moved beyond chance, or was not measured again"
                ),
                "description": "{{ $labels.metric }} ({{ $labels.rows }}). "
                + _plain(
                    f"Any of {len(limits.rows)} numbers alarms falsely in at most {limits.together:.0%} of checks."
                ),
                **people,
            },
        },
        {
            "alert": "CardwrightNotMeasured",
            "expr": f"absent({stamp}) or time() - {stamp} > {most_days * 86400}",
            "labels": {**common, "severity": "warning"},
            "annotations": {"summary": _plain(f"{name}: nothing was measured for {most_days} days"), **people},
        },
        {
            "alert": "CardwrightReleaseExpires",
            "expr": f"cardwright_release_valid_until_timestamp_seconds{{{record_label}}} - time() < {NOTICE_DAYS * 86400}",
            "labels": {**common, "severity": "warning"},
            "annotations": {"summary": _plain(f"{name}: the release expires within {NOTICE_DAYS} days")},
        },
    ]
    alerts += [alert for limit in limits.rows for alert in _online(limit, record, name, common, people)]
    return {"groups": [{"name": f"cardwright {name}", "rules": alerts}]}


def _online(
    limit: AlarmLimit[WatchedNumber],
    record: Record,
    name: str,
    common: Mapping[str, str],
    people: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The limits of one number that somebody else computes online, on at least as many cases as at the release; none if these are
    not known."""
    number = limit.row
    cases = cases_of(number.m)
    if cases is None:
        return []  # limits are for as many cases as at the release, and nobody knows how many these were
    selector = f'record="{record.sha256[:16]}", measurement="{number.id}"'
    enough = f"cardwright_online_cases{{{selector}}} >= {cases:.0f}"
    named = f"{words(number.m.metric)} ({rows_of(number.m)})"
    found = []
    for side, sign, bound in (("Below", "<", limit.below), ("Above", ">", limit.above)):
        if bound is not None:
            found.append(
                {
                    "alert": f"CardwrightOnline{side}Limit",
                    "expr": f"cardwright_online_value{{{selector}}} {sign} {bound!r} and {enough}",
                    "labels": {**common, "measurement": number.id, "severity": "critical"},
                    "annotations": {
                        "summary": _plain(
                            f"{name}: {named} is {side.lower()} {bound:.4g}; it was {number.m.value:.4g}"
                        ),
                        **people,
                    },
                }
            )
    return found


def _said_by_people(record: Record) -> dict[str, str]:
    """What people wrote about watching it and switching it off."""
    return {field: _plain(text) for field in ("monitoring", "rollback") if (text := said(record, field))}


def _plain(text: str) -> str:
    """Text in an annotation, where Prometheus runs what stands in double braces as a template.

    >>> _plain("{{ $labels.x }}")
    '{{ "{{" }} $labels.x }}'
    """
    return text.replace("{{", '{{ "{{" }}')


# --- Grafana ----------------------------------------------------------------------------------------------------------


def dashboard(record: Record, *, rate: float = FALSE_ALARMS, groups: bool = False) -> dict[str, Any]:
    """A dashboard: alarms, the age of the last check, the release's validity, and each number between its limits.

    It is in the model of Grafana's dashboard JSON (schema version 39), with the data source as an input that is asked for on
    import.
    """
    limits = limits_of(record, rate=rate, groups=groups)
    selector = f'record="{record.sha256[:16]}"'
    name = f"{record.subject.name} {record.subject.version}"
    panels: list[dict[str, Any]] = [
        _stat(1, "Numbers that have moved", f"sum(cardwright_watch_alarm{{{selector}}})", "none", 0, (0, 1)),
        _stat(
            2,
            "Since the last check",
            f"time() - max(cardwright_watch_timestamp_seconds{{{selector}}})",
            "s",
            6,
            (0, 604800),
        ),
        _stat(
            3,
            "The release holds for",
            f"min(cardwright_release_valid_until_timestamp_seconds{{{selector}}}) - time()",
            "s",
            12,
            None,
        ),
        {
            "id": 4,
            "type": "text",
            "title": "What its people wrote",
            "gridPos": {"h": 4, "w": 6, "x": 18, "y": 0},
            "options": {"mode": "code", "code": {"language": "plaintext"}, "content": _people_text(record)},
        },
    ]
    for place, limit in enumerate(limits.rows):
        panels.append(_series(5 + place, limit, selector, place))
    return {
        "__inputs": [
            {
                "name": "DS_PROMETHEUS",
                "label": "Prometheus",
                "type": "datasource",
                "pluginId": "prometheus",
                "pluginName": "Prometheus",
            }
        ],
        "uid": record.sha256[:16],
        "title": f"Cardwright: {name}",
        "tags": ["cardwright", record.subject.name],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "time": {"from": "now-90d", "to": "now"},
        "timezone": "utc",
        "templating": {"list": []},
        "annotations": {"list": []},
        "panels": panels,
    }


_SOURCE = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}


def _people_text(record: Record) -> str:
    found = [f"{field.capitalize()}: {text}" for field in ("monitoring", "rollback") if (text := said(record, field))]
    return "\n\n".join(found) or "Nothing about monitoring was written."


def _stat(id_: int, title: str, expr: str, unit: str, x: int, steps: tuple[float, float] | None) -> dict[str, Any]:
    thresholds: list[dict[str, Any]] = [{"color": "text", "value": None}]
    if steps is not None:
        thresholds = [{"color": "green", "value": None}, {"color": "red", "value": steps[1]}]
    return {
        "id": id_,
        "type": "stat",
        "title": title,
        "datasource": _SOURCE,
        "gridPos": {"h": 4, "w": 6, "x": x, "y": 0},
        "targets": [{"refId": "A", "expr": expr, "datasource": _SOURCE}],
        "fieldConfig": {
            "defaults": {"unit": unit, "thresholds": {"mode": "absolute", "steps": thresholds}},
            "overrides": [],
        },
        "options": {"reduceOptions": {"calcs": ["lastNotNull"]}},
    }


def _series(id_: int, limit: AlarmLimit[WatchedNumber], selector: str, place: int) -> dict[str, Any]:
    number = limit.row
    one = f'{selector}, measurement="{number.id}"'
    steps: list[dict[str, Any]] = [{"color": "red" if limit.below is not None else "transparent", "value": None}]
    if limit.below is not None:
        steps.append({"color": "transparent", "value": limit.below})
    if limit.above is not None:
        steps.append({"color": "red", "value": limit.above})
    return {
        "id": id_,
        "type": "timeseries",
        "title": f"{number.id} {words(number.m.metric)} ({rows_of(number.m)})",
        "description": f"At the release {number.m.value:.6g}. Beyond the shaded limits, on as many cases, it is an alarm.",
        "datasource": _SOURCE,
        "gridPos": {"h": 8, "w": 12, "x": 12 * (place % 2), "y": 4 + 8 * (place // 2)},
        "targets": [
            {"refId": "A", "expr": f"cardwright_watch_value{{{one}}}", "legendFormat": "now", "datasource": _SOURCE},
            {
                "refId": "B",
                "expr": f"cardwright_watch_release_value{{{one}}}",
                "legendFormat": "release",
                "datasource": _SOURCE,
            },
        ],
        "fieldConfig": {
            "defaults": {
                "unit": "percentunit" if number.m.unit == "proportion" else "short",
                "custom": {"thresholdsStyle": {"mode": "area"}, "spanNulls": True},
                "thresholds": {"mode": "absolute", "steps": steps},
            },
            "overrides": [],
        },
    }


def as_json(value: Mapping[str, Any]) -> bytes:
    """A dashboard as bytes."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


__all__ = ["as_json", "cases_of", "dashboard", "labels_of", "limits_of", "rules"]
