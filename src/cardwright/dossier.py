"""What a dossier on disk holds, as values: the case that is judged, the policy it is judged by. Light: `gate` starts here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cardwright import resources, store
from cardwright.errors import PolicyError, did_you_mean
from cardwright.policy.policy import Policy, read_policy
from cardwright.record import canonical
from cardwright.record.case import Case
from cardwright.record.provenance import RunFacts
from cardwright.record.record import PlanLock, Record


def case_of(files: Mapping[str, bytes], *, where: str, artefacts: Mapping[str, str] | None = None) -> Case:
    """The case that a dossier holds."""
    record = canonical.parse(Record, files[store.RECORD], where=f"{where}/{store.RECORD}")
    plan = canonical.parse(PlanLock, files[store.PLAN], where=f"{where}/{store.PLAN}") if store.PLAN in files else None
    facts = canonical.parse(RunFacts, files[store.RUN], where=f"{where}/{store.RUN}") if store.RUN in files else None
    return Case(record=record, plan=plan, run=facts, artefacts=dict(artefacts) if artefacts is not None else None)


def policy_of(name: str, *, beside: Path | None = None) -> Policy:
    """A policy by the name of one that is packaged, or by a path; a relative path starts beside the plan.

    Raises
    ------
    PolicyError
        Where it is not valid, or there is none of that name.
    """

    def find(name: str, asked_from: str) -> tuple[bytes, str]:
        if name.endswith((".yaml", ".yml")) or "/" in name:
            start = Path(asked_from).parent if asked_from else beside or Path()
            path = start / name
            return store.read_file(path, what="policy"), str(path)
        if name not in resources.names("policies"):
            raise PolicyError(f'no policy is called "{name}"', do=did_you_mean(name, resources.names("policies")))
        return resources.read("policies", name)

    data, where = find(name, "")
    return read_policy(data, where=where, find=find)
