"""A post-release check: a release's numbers measured again on fresh rows, what has moved, and the incident that it opens.

The comparison is `cardwright.documents.monitoring.shifts`, whose rate of false alarms is stated. Here is what surrounds it: that
the same model was measured on other rows, the metrics for Prometheus, and the draft of an incident.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from cardwright.documents.alerting import cases_of, labels_of
from cardwright.documents.language import words
from cardwright.documents.monitoring import Shift, Shifts, of_the_subject, shifts
from cardwright.errors import UsageError
from cardwright.record.comparison import rows_of
from cardwright.record.record import Record


@dataclass(frozen=True)
class ReleaseCheck:
    """What a post-release check has found."""

    release: Record
    fresh: Record
    found: Shifts
    rows: int | None
    """Rows that were measured now, if that is known."""

    @property
    def alarms(self) -> tuple[Shift, ...]:
        """Numbers that have moved beyond chance or were not measured again."""
        return self.found.alarms


def check(release: Record, fresh: Record, *, rate: float, groups: bool = False) -> ReleaseCheck:
    """Compare fresh rows with a release.

    Raises
    ------
    UsageError
        If another model was measured, the same rows again, or nothing that could be compared.
    """
    if release.redaction is not None or fresh.redaction is not None:
        raise UsageError(
            "an edition that leaves things out cannot be compared", do="Name the whole dossier, or its record.json."
        )
    if (release.subject.digests, release.subject.reference) != (fresh.subject.digests, fresh.subject.reference):
        raise UsageError(
            "the fresh numbers are of another model than the release",
            do="Evaluate the files (or the hosted version) that were released; compare two models with `cardwright diff`.",
        )
    before, now = _sources(release), _sources(fresh)
    if before and before == now:
        raise UsageError(
            "these are the rows of the release, so nothing new was measured",
            do="Write a plan over the rows of the new window, with the same evaluations.",
        )
    found = shifts(release, fresh, rate=rate, groups=groups)
    rows = [dataset.rows for dataset in fresh.provenance.datasets if dataset.sha256 in now and dataset.rows is not None]
    return ReleaseCheck(release, fresh, found, max(rows) if rows else None)


def _sources(record: Record) -> frozenset[str]:
    return frozenset(i.sha256 for e in of_the_subject(record) for i in e.inputs if i.need == "source" and i.sha256)


# --- metrics ----------------------------------------------------------------------------------------------------------


def metrics(found: ReleaseCheck, *, at: datetime, valid_until: str | None = None) -> bytes:
    """The check as a file in Prometheus's text format, for the node exporter's textfile collector or a push gateway.

    A number that was not measured again has no value here, and its alarm is 1.
    """
    lines: list[str] = []
    record = found.release
    families: dict[str, tuple[str, list[tuple[dict[str, str], float]]]] = {
        "cardwright_watch_value": ("The number now.", []),
        "cardwright_watch_release_value": ("The number of the release.", []),
        "cardwright_watch_p_value": ("P-value of the difference, by the normal approximation.", []),
        "cardwright_watch_alarm": ("1 if the number has moved beyond chance or was not measured again.", []),
        "cardwright_watch_cases": ("Cases below the line of the number now.", []),
        "cardwright_watch_timestamp_seconds": ("When the check was made.", []),
        "cardwright_release_valid_until_timestamp_seconds": ("The day on which the release expires.", []),
    }
    for row in found.found.rows:
        labels = labels_of(row.number, record)
        families["cardwright_watch_release_value"][1].append((labels, row.number.m.value))
        families["cardwright_watch_alarm"][1].append((labels, float(row.alarm)))
        if row.now is not None and row.p_value is not None:
            families["cardwright_watch_value"][1].append((labels, row.now.value))
            families["cardwright_watch_p_value"][1].append((labels, row.p_value))
            cases = cases_of(row.now)
            if cases is not None:
                families["cardwright_watch_cases"][1].append((labels, float(cases)))
    whole = {"subject": record.subject.name, "version": record.subject.version, "record": record.sha256[:16]}
    families["cardwright_watch_timestamp_seconds"][1].append((whole, at.timestamp()))
    if valid_until is not None:
        day = datetime.fromisoformat(valid_until).replace(tzinfo=UTC)
        families["cardwright_release_valid_until_timestamp_seconds"][1].append((whole, day.timestamp()))
    for name, (said, samples) in families.items():
        if samples:
            lines += [f"# HELP {name} {said}", f"# TYPE {name} gauge"]
            lines += [f"{name}{{{_labels(labels)}}} {value!r}" for labels, value in samples]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _labels(labels: dict[str, str]) -> str:
    """Labels with the three characters escaped that the format escapes.

    Source: Prometheus, Exposition formats, text-based format 0.0.4.
    """
    escaped = {
        name: value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"') for name, value in labels.items()
    }
    return ",".join(f'{name}="{value}"' for name, value in escaped.items())


# --- what people read -------------------------------------------------------------------------------------------------


def lines(found: ReleaseCheck) -> Iterator[str]:
    """The check in lines of text, the worst first."""
    moved = found.alarms
    total = len(found.found.rows)
    yield (
        f"{len(moved)} of {total} numbers have moved beyond chance or were not measured again."
        if moved
        else f"None of {total} numbers has moved beyond chance."
    )
    rows = sorted(found.found.rows, key=lambda row: (not row.alarm, row.p_value is not None, row.p_value or 0.0))
    for row in rows:
        yield f"  {'ALARM' if row.alarm else 'ok   '} {told(row)}"
    yield (
        f"If nothing has changed, any of the {total} numbers alarms in at most {found.found.together:.1%} of checks, and one in "
        f"about {found.found.each:.2%}."
    )


def told(row: Shift) -> str:
    """One number in a line."""
    number = row.number
    name = f"{number.id} {words(number.m.metric)} ({rows_of(number.m)})"
    if row.now is None or row.p_value is None:
        return f"{name}: {number.m.value:.4g} at the release, not measured now. {row.why}"
    return f"{name}: {number.m.value:.4g} at the release, {row.now.value:.4g} now (p {_p(row.p_value)})"


def _p(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def incident_answers(found: ReleaseCheck, *, at: datetime) -> dict[str, str]:
    """What the check knows of an incident, as answers for its draft; everything else people have to say.

    Raises
    ------
    UsageError
        If nothing has moved: there is no incident to draft.
    """
    if not found.alarms:
        raise UsageError("nothing has moved, so there is no incident to draft", do="Leave --incident out.")
    subject = found.release.subject
    moved = "; ".join(told(row) for row in found.alarms)
    return {
        "noticed": f"By a post-release check on {at.date().isoformat()}; when it began has still to be found out.",
        "what_happened": textwrap.shorten(
            f"Numbers of {subject.name} {subject.version} moved beyond chance, or were not measured again: {moved}",
            width=3800,
            placeholder=" …",
        ),
        "status": "open",
    }


__all__ = ["ReleaseCheck", "check", "incident_answers", "lines", "metrics", "told"]
