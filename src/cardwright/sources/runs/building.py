"""From what a store keeps to a `Run`: one set of conventions for all readers.

What counts as the seed, the data version or a cost is a closed list of names, documented in `docs/runs.md`. Two keys that say
different things are a gap, never a choice.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, TypeVar

from cardwright.privacy.showing import kinds, masked
from cardwright.record.base import MAX_INTEGER, Value, label
from cardwright.record.run import (
    PURPOSES,
    Artefact,
    CostKind,
    Purpose,
    Run,
    RunMetric,
    RunStatus,
    Setting,
    Unread,
    config_sha256,
    seconds_between,
)

SEEDS = frozenset({"seed", "random_seed", "random_state", "global_seed", "rng_seed"})
"""The last part of a key that is the seed."""
DATA = frozenset({
    "data_version", "dataset_version", "data_sha256", "dataset_sha256", "data_digest", "dataset_digest", "data_md5", "data_hash",
    "dataset_hash", "dataset_revision", "data_revision",
})  # fmt: skip
"""The last part of a key that is the version or digest of the data."""
PURPOSE_KEYS = ("purpose", "cardwright.purpose", "run_purpose")
"""Tags, settings or columns that say what a run was for."""
COMMITS = frozenset({"commit", "git_commit", "git_sha", "commit_sha", "git_hash"})
"""Settings that are the commit, where the tool keeps none itself."""
COSTS: Mapping[str, CostKind] = {
    "gpu_hours": "gpu_hours",
    "cpu_hours": "cpu_hours",
    "cost_money": "money",
    "cost_usd": "money",
    "cost_eur": "money",
    "energy_kwh": "energy_kwh",
    "energy_consumed": "energy_kwh",  # CodeCarbon
    "emissions": "co2_kg",  # CodeCarbon
    "co2_kg": "co2_kg",
    "latency_p50_ms": "latency_p50_ms",
    "latency_p95_ms": "latency_p95_ms",
    "peak_memory_mb": "peak_memory_mb",
}
"""Metrics that are costs, by the name under which they are logged."""
MAX_ENTRIES = 5000
"""More settings or metrics than this in one run are not read."""
MAX_DEPTH = 40
"""Deeper settings are not read."""

_COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")
_PLAIN = re.compile(r"[A-Za-z0-9_.:/+\- ]{0,12}|-?[0-9.eE+-]{1,20}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class StoredRun:
    """What a store keeps of one run, in the store's own types."""

    id: str
    status: RunStatus
    tool_version: str | None = None
    name: str | None = None
    group: str | None = None
    purpose: str | None = None
    started: float | str | None = None
    """Seconds since 1970, or a moment in ISO 8601 (UTC if it names no zone)."""
    finished: float | str | None = None
    commit: str | None = None
    dirty: bool | None = None
    config: Mapping[str, Any] | None = None
    """Possibly nested."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Further words by which a purpose or a data version may be said."""
    data: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, object] = field(default_factory=dict)
    """Numbers, or (number, step)."""
    cost: Mapping[CostKind, float] = field(default_factory=dict)
    parent: str | None = None
    artefacts: tuple[Artefact, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)


def run_of(kept: StoredRun, *, tool: str, store_sha256: str, where: str) -> Run | Unread:
    """The run, masked; or why it cannot be kept. Words in it that are personal data or secrets are replaced by their kind."""
    if not kept.id.strip():
        return Unread(unread=label(where), why="it has no id")
    try:
        run = _built(kept, tool, store_sha256)
    except TooManyError as exc:
        return Unread(unread=label(where), why=str(exc))
    return masked_run(run)


def masked_run(run: Run) -> Run:
    """The run with personal data and secrets replaced by their kind, and a gap that says so."""
    if not _may_be_personal(run):
        return run
    hits = sorted({kind for word in _words(run) for kind in kinds(word)})
    config = None if run.config is None else dict(sorted(_masked_mapping(run.config).items()))
    return run.model_copy(
        update={
            **{name: None if (word := getattr(run, name)) is None else _masked(word) for name in _NAMES},
            "config": config,
            "config_sha256": config_sha256(config),
            "data": _masked_mapping(run.data),
            "environment": _masked_mapping(run.environment),
            "metrics": _masked_mapping(run.metrics),
            "artefacts": tuple(one.model_copy(update={"path": _masked(one.path)}) for one in run.artefacts),
            "gaps": {**run.gaps, "masked": label(f"personal data or secrets were masked: {', '.join(hits)}")},
        }
    )


_NAMES = ("id", "name", "group", "parent", "tool_version")
_Held = TypeVar("_Held")


def _masked(word: str) -> str:
    return label(masked(word))


def _masked_mapping(values: Mapping[str, _Held]) -> dict[str, _Held]:
    """Keys and texts masked; two keys that would read alike get a number, so that neither is lost."""
    found: dict[str, _Held] = {}
    for key, value in values.items():
        plain = _masked(key)
        name = next(one for n in itertools.count(1) if (one := plain if n == 1 else f"{plain} ({n})") not in found)
        found[name] = _masked(value) if isinstance(value, str) else value  # type: ignore[assignment]
    return found


def _words(run: Run) -> list[str]:
    """Every word of a run that somebody chose."""
    return [
        *(word for name in _NAMES if (word := getattr(run, name)) is not None),
        *(run.config or ()), *run.data, *run.data.values(),
        *run.metrics, *run.environment, *run.environment.values(), *(one.path for one in run.artefacts),
        *(value for value in (run.config or {}).values() if isinstance(value, str)),
    ]  # fmt: skip


def _may_be_personal(run: Run) -> bool:
    """Whether a detector finds something in any word that is not plainly harmless."""
    return not all(map(_harmless, _words(run)))


@lru_cache(maxsize=65_536)
def _harmless(word: str) -> bool:
    """Whether a word cannot hold anything, or the detector finds nothing in it; many runs have the same words."""
    return _PLAIN.fullmatch(word) is not None or not kinds(word)


class TooManyError(ValueError):
    """A run has more settings or metrics than are read."""


def _built(kept: StoredRun, tool: str, store_sha256: str) -> Run:
    gaps = {key: label(why) for key, why in kept.gaps.items()}
    flat = None if kept.config is None else flattened(kept.config)
    apart: dict[str, dict[str, Setting]] = {"seed": {}, "data": {}, "purpose": {}, "commit": {}}
    for key in flat or ():
        part = _part(key)
        if part is not None:
            apart[part][key] = (flat or {})[key]
    seed = _seed(apart["seed"], gaps)
    data = _data(apart["data"], kept, gaps)
    purpose = _purpose(apart["purpose"], kept, gaps)
    commit = _commit(apart["commit"], kept)
    # What could not be told stays where it was said.
    taken = {*apart["data"], *apart["purpose"], *apart["commit"], *(() if "seed" in gaps else apart["seed"])}
    if taken and flat is not None:
        flat = {key: value for key, value in flat.items() if key not in taken}
    metrics, cost = _metrics(kept.metrics)
    started, finished = _moment(kept.started, "started", gaps), _moment(kept.finished, "finished", gaps)
    if started is not None and finished is not None and finished < started:
        gaps["finished"] = "it lies before the start, so one of the two clocks is wrong"
        finished = None
    cost |= {kind: value for kind, value in kept.cost.items() if math.isfinite(value)}
    if started is not None and finished is not None:
        exact = (
            kept.finished - kept.started
            if isinstance(kept.started, float) and isinstance(kept.finished, float)
            else None
        )
        cost.setdefault("seconds", seconds_between(started, finished) if exact is None else exact)
    # Every word has gone through `label`, and every number been looked at: validating them again would take half of the time.
    return _assembled(
        Run, id=label(kept.id), tool=tool, tool_version=_text(kept.tool_version), store_sha256=store_sha256,
        name=_text(kept.name), group=_text(kept.group), purpose=purpose, status=kept.status, started=started,
        finished=finished, commit=commit, dirty=kept.dirty, config=flat, config_sha256=config_sha256(flat), seed=seed, data=data,
        environment={label(key): label(value) for key, value in sorted(kept.environment.items())}, metrics=metrics, cost=cost,
        parent=_text(kept.parent), artefacts=kept.artefacts, gaps=gaps,
    )  # fmt: skip


Made = TypeVar("Made", bound=Value)


def _assembled(model: type[Made], **fields: object) -> Made:
    """A value of fields that hold by construction, all of them given: `model_construct` without its look at each field."""
    made = model.__new__(model)
    for name, held in (
        ("__dict__", fields),
        ("__pydantic_fields_set__", set(fields)),
        ("__pydantic_extra__", None),
        ("__pydantic_private__", None),
    ):
        object.__setattr__(made, name, held)
    return made


@lru_cache(maxsize=65_536)
def _label(text: str) -> str:
    """A text as a label; many runs have the same."""
    return label(text)


def _text(value: str | None) -> str | None:
    return None if value is None or not value.strip() else label(value)


def flattened(config: Mapping[str, Any]) -> dict[str, Setting]:
    """Nested settings with their keys joined by dots; lists as JSON text, since their order is part of what they say.

    >>> flattened({"model": {"lr": 0.1, "layers": [4, 2]}, "name": "mlp"})
    {'model.layers': '[4, 2]', 'model.lr': 0.1, 'name': 'mlp'}

    Raises
    ------
    TooManyError
        If there are more than 5,000 settings, or they are nested more than 40 deep.
    """
    found: dict[str, Setting] = {}
    rest: list[tuple[str, Any, int]] = [("", config, 0)]
    while rest:
        key, value, depth = rest.pop()
        if isinstance(value, Mapping) and (value or not key):
            if depth > MAX_DEPTH:
                raise TooManyError(f"its settings are nested more than {MAX_DEPTH} deep")
            rest += [(f"{key}.{name}" if key else str(name), inner, depth + 1) for name, inner in value.items()]
        else:
            name = _label(key)
            if name in found:
                raise TooManyError("two of its settings have the same key")
            found[name] = setting(value)
        if len(found) + len(rest) > MAX_ENTRIES:
            raise TooManyError(f"it has more than {MAX_ENTRIES} settings")
    return dict(sorted(found.items()))


def setting(value: Any) -> Setting:
    """A value of a configuration; what JSON cannot hold is text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= MAX_INTEGER else str(value)
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return _label(value)
    try:
        return label(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str))
    except (TypeError, ValueError, RecursionError):
        return label(f"a {type(value).__name__} that cannot be written as JSON")


@lru_cache(maxsize=65_536)
def _part(key: str) -> Literal["seed", "data", "purpose", "commit"] | None:
    """What a setting or a tag says by its name, if it says more than a setting; many runs have the same keys."""
    last = re.split(r"[./]", key)[-1].casefold().replace("-", "_")
    if last in SEEDS:
        return "seed"
    if last in DATA:
        return "data"
    if last in COMMITS:
        return "commit"
    return "purpose" if key in PURPOSE_KEYS else None


def _seed(said: Mapping[str, Setting], gaps: dict[str, str]) -> int | None:
    values = {_whole(value) for value in said.values() if value is not None and value not in ("", "None")}
    if not values:
        return None
    if None in values:
        gaps["seed"] = "it is no whole number"
        return None
    if len(values) > 1:
        gaps["seed"] = f"{len(said)} settings could be it, and they differ: {', '.join(sorted(said)[:4])}"[:200]
        return None
    return next(iter(values))


def _whole(value: Setting) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,16}", value.strip()):
        value = int(value)
    return value if isinstance(value, int) and abs(value) <= MAX_INTEGER else None


def _data(said: Mapping[str, Setting], kept: StoredRun, gaps: dict[str, str]) -> dict[str, str]:
    found = {_label(str(name)): _label(str(version)) for name, version in kept.data.items() if str(version).strip()}
    tagged = {key: value for key, value in kept.tags.items() if _part(key) == "data"}
    for key, value in (*said.items(), *tagged.items()):
        if value in (None, ""):
            continue
        name, version = label(key), label(value)
        if found.setdefault(name, version) != version:
            gaps["data"] = "two places say its version, and they differ"
    return dict(sorted(found.items()))


def _purpose(config: Mapping[str, Setting], kept: StoredRun, gaps: dict[str, str]) -> Purpose | None:
    said = (kept.purpose, *(kept.tags.get(key) for key in PURPOSE_KEYS), *config.values())
    words = {str(word).strip().casefold() for word in said if word not in (None, "")}
    known = [purpose for purpose in PURPOSES if purpose in words]
    if len(known) == 1:
        return known[0]
    if words:
        gaps["purpose"] = "two are said" if known else f"it is none of {', '.join(PURPOSES)}"
    return None


def _commit(config: Mapping[str, Setting], kept: StoredRun) -> str | None:
    tagged = (value for key, value in kept.tags.items() if _part(key) == "commit")
    for word in (kept.commit, *tagged, *config.values()):
        if word is not None and _COMMIT.fullmatch(str(word)):
            return str(word).lower()
    return None


def _metrics(metrics: Mapping[str, object]) -> tuple[dict[str, RunMetric], dict[CostKind, float]]:
    """Metrics, and those that are costs."""
    if len(metrics) > MAX_ENTRIES:
        raise TooManyError(f"it has more than {MAX_ENTRIES} metrics")
    pairs = {_label(name): (value if isinstance(value, tuple) else (value, None)) for name, value in metrics.items()}
    found: dict[str, RunMetric] = {}
    cost: dict[CostKind, float] = {}
    for name, (value, step) in sorted(pairs.items()):
        number = _number(value)
        kind = COSTS.get(name.casefold())
        if kind is not None and number is not None:
            cost[kind] = number
            continue
        if name.endswith("_n") and name.removesuffix("_n") in pairs:
            continue  # how many cases another metric is over
        cases = _number(pairs.get(f"{name}_n", (None, None))[0])
        found[name] = _assembled(
            RunMetric,
            value=number,
            n=_count(cases),
            step=step if isinstance(step, int) and 0 <= step <= MAX_INTEGER else None,
            why=None if number is not None else _no_number(value),
        )
    return found, cost


def _count(number: float | None) -> int | None:
    return int(number) if number is not None and 0 <= number <= MAX_INTEGER and number.is_integer() else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number + 0.0 if math.isfinite(number) else None


def _no_number(value: object) -> str:
    if isinstance(value, float):
        return "the last value is not a number" if math.isnan(value) else "the last value is infinite"
    return "what was logged is no number"


def _moment(said: float | str | None, name: str, gaps: dict[str, str]) -> str | None:
    if said is None or said == "":
        return None
    try:
        if not isinstance(said, str):
            whole = time.gmtime(said)
            if not 1990 <= whole.tm_year <= 2200:
                raise ValueError
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", whole)
        moment = datetime.fromisoformat(said)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if not 1990 <= moment.year <= 2200:
            raise ValueError
    except (ValueError, OverflowError, OSError):
        gaps[name] = "it is no moment between 1990 and 2200"
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def numbers_of(values: Iterable[tuple[str, Any]]) -> dict[str, object]:
    """Of named values those that are numbers, nested ones by their keys joined with dots."""
    found: dict[str, object] = {}
    for key, value in values:
        if isinstance(value, Mapping):
            found |= numbers_of((f"{key}.{inner}", one) for inner, one in value.items())
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[key] = value
    return found
