"""Names of columns, which may be personal data themselves."""

from __future__ import annotations

from collections.abc import Iterator

from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.columns import Plan
from cardwright.evaluators.pii.entities import capitalised, entity
from cardwright.evaluators.pii.mask import mask
from cardwright.evaluators.pii.tally import ScanSettings
from cardwright.evaluators.pii.thresholds import counted
from cardwright.privacy.patterns import Hit
from cardwright.record.base import label
from cardwright.record.evaluation import (
    Finding,
)


def hits_in_names(detector: engine.Detector, plan: Plan) -> dict[str, tuple[Hit, ...]]:
    """What is found in the names of columns, and weighs more than a date or a web address."""
    names = [*(name for name, _ in plan.read), *(name for name, _, _ in plan.skipped)]
    hits_of_names = detector.scan(names).hits
    grave = {
        name: [h for h in counted(name, hits) if entity(h.entity).severity not in ("info", "low")]
        for name, hits in zip(names, hits_of_names, strict=True)
    }
    return {name: tuple(hits) for name, hits in grave.items() if hits}


def shown_names(detector: engine.Detector, plan: Plan) -> dict[str, str]:
    """Names of columns as the record shows them: different ones, and none that is personal data itself."""
    hidden = hits_in_names(detector, plan)
    shown: dict[str, str] = {}
    taken: set[str] = set()
    for number, name in enumerate([*(name for name, _ in plan.read), *(name for name, _, _ in plan.skipped)], 1):
        text = f"column {number} (name withheld)" if name in hidden else label(name)
        shown[name] = text if text not in taken else f"{text[:170]} (column {number})"
        taken.add(shown[name])
    return shown


def names_findings(detector: engine.Detector, settings: ScanSettings, plan: Plan) -> Iterator[Finding]:
    kinds: dict[str, list[str]] = {}
    for name, hits in hits_in_names(detector, plan).items():
        for hit in hits:
            if hit.entity in settings.entities:
                kinds.setdefault(hit.entity, []).append(mask(hit.entity, name[hit.start : hit.end]))
    for kind, masked in sorted(kinds.items()):
        yield Finding(
            severity=entity(kind).severity,
            key=f"column_name.{kind.lower()}",
            explanation=f"{capitalised(entity(kind).title)} is in the name of a column; every report on these data "
            "would repeat it.",
            where="names of columns",
            count=len(masked),
            examples=tuple(dict.fromkeys(masked))[: settings.max_examples],
        )
