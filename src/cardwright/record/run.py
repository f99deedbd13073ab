"""One training run as the tool that tracked it has kept it: what was set, on which code and data, and what came out.

What a store does not say is `null`, and what it says in a way that cannot be used is `null` with the reason under `gaps`.
Nothing is inferred from a file's time or the order of rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictFloat, StrictInt, model_validator

from cardwright.record import canonical
from cardwright.record.base import MAX_INTEGER, Count, Flag, Identifier, Label, Number, Sha256, Timestamp, Value
from cardwright.record.measurement import Direction, Measured, Sampling, Unmeasured

Purpose = Literal["baseline", "candidate", "ablation", "search", "reproduction", "debug"]
"""What a run was for; `debug` is kept and enters no claim."""
PURPOSES: tuple[Purpose, ...] = ("baseline", "candidate", "ablation", "search", "reproduction", "debug")

RunStatus = Literal["finished", "failed", "killed", "running", "not_stated"]
"""How it ended. `running`: the store says that it has not, so it still runs or was cut off."""

CostKind = Literal[
    "seconds", "gpu_hours", "cpu_hours", "money", "energy_kwh", "co2_kg", "latency_p50_ms", "latency_p95_ms", "peak_memory_mb",
]  # fmt: skip
"""What a run took. `seconds` is from its own two times; the others are what it logged under such a name."""

Setting = StrictBool | StrictInt | StrictFloat | Label | None
"""A value of a configuration, of the type that the store keeps: MLflow keeps text alone."""

TRACEABLE = ("commit", "config", "data", "seed")
"""What a number needs to be traced: a run, a commit, a configuration, a data version; and a seed, if it is to be had again."""


class RunMetric(Value):
    """A number that a run logged, the last one if there are several; or the reason why there is none."""

    value: Number | None = None
    """The number, unrounded; `null` if it is not finite."""
    n: Annotated[Count | None, Field(exclude_if=lambda value: value is None)] = None
    """How many cases it is over, if the run logged that."""
    step: Annotated[Count | None, Field(exclude_if=lambda value: value is None)] = None
    """At which step it was logged."""
    why: Annotated[Label | None, Field(exclude_if=lambda value: value is None)] = None
    """Why there is no number."""

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.value is None) == (self.why is None):
            raise ValueError("a metric has a value, or says why it has none")
        return self

    def measured(self, metric: str, *, direction: Direction = "neither", unit: str = "value") -> Measured | Unmeasured:
        """The number as a measurement."""
        if self.value is None:
            return Unmeasured(metric=metric, code="undefined", reason=f"The run logged no number: {self.why}.")
        sampling = None if self.n is None else Sampling(unit="case", units=self.n, observations=self.n)
        return Measured(
            metric=metric, value=self.value, unit=unit, direction=direction, denominator=self.n, sampling=sampling
        )


class Artefact(Value):
    """A file that a run left."""

    path: Label
    """Its path among the run's artefacts."""
    sha256: Sha256 | None = None
    """Digest of its bytes; `null` if the store does not hold it."""
    md5: Annotated[str | None, Field(pattern=r"^[0-9a-f]{32}$", exclude_if=lambda value: value is None)] = None
    """The digest by which DVC and W&B know it. It tells files apart and proves nothing."""
    size: Count | None = None
    """Its size in bytes."""


class Run(Value):
    """A run, whichever tool tracked it. People who ran it are not read."""

    id: Annotated[Label, Field(min_length=1)]
    """Its id in the store."""
    tool: Identifier
    """The reader: `mlflow`, `wandb` …"""
    tool_version: Label | None = None
    """The version of the tool that wrote it."""
    store_sha256: Sha256
    """Digest of the store as it was read."""
    name: Label | None = None
    """What people call it."""
    group: Label | None = None
    """The experiment, project or sweep that it belongs to."""
    purpose: Purpose | None = None
    """What it was for, if somebody said so."""
    status: RunStatus
    """How it ended."""
    started: Timestamp | None = None
    """By the clock of the machine that ran it."""
    finished: Timestamp | None = None
    """By the same clock; `null` also where it lies before the start."""
    commit: Label | None = None
    """The commit of its code."""
    dirty: Flag | None = None
    """Whether the working tree differed from that commit."""
    config: dict[Label, Setting] | None
    """What was set, nested keys joined by dots, without the seed and the data version; `null` if the store keeps none."""
    config_sha256: Sha256 | None
    """Digest of `config` in canonical JSON: equal for runs that differ in seed alone."""
    seed: Annotated[int, Field(strict=True, ge=-MAX_INTEGER, le=MAX_INTEGER)] | None = None
    """The seed."""
    data: dict[Label, Label] = {}
    """Versions or digests of the data, by name."""
    environment: dict[Label, Label] = {}
    """Python, libraries, hardware, container image; never a host's or a person's name."""
    metrics: dict[Label, RunMetric] = {}
    """What was measured."""
    cost: dict[CostKind, Number] = {}
    """What it took."""
    parent: Label | None = None
    """The run that started it, of a sweep."""
    artefacts: tuple[Artefact, ...] = ()
    """What it left."""
    gaps: dict[Identifier, Label] = {}
    """By field: what the store says and why it cannot be used."""

    @model_validator(mode="after")
    def _digest(self) -> Self:
        if self.config_sha256 != config_sha256(self.config):
            raise ValueError("`config_sha256` is not the digest of `config`")
        return self

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of commit, configuration, data and seed nobody can tell."""
        return tuple(
            name
            for name in TRACEABLE
            if getattr(self, name) is None
            or (name == "data" and not self.data)
            or (name == "config" and not self.config)
        )

    def metric(self, name: str) -> RunMetric:
        """A metric, or the reason why there is none."""
        return self.metrics.get(name) or RunMetric(value=None, why="it was not logged")


class Unread(Value):
    """A run, or a part of a store, that could not be read: counted and named, so that it is not dropped in silence."""

    unread: Label
    """Where: a folder, a line, a row."""
    why: Label
    """Why, in words that hold no data."""


class RunStore(Value):
    """The first line of a file of runs: which store they are from."""

    schema_: Annotated[Literal["cardwright/runs/1"], Field(alias="schema")] = "cardwright/runs/1"
    """The format of this file."""
    tool: Identifier
    """The reader that read it."""
    store_sha256: Sha256
    """Digest of the store."""
    cardwright: Label
    """The version that wrote this file."""


class RunsEnd(Value):
    """The last line of a file of runs: how many there are, so that a file that was cut off is noticed."""

    runs: Count
    """How many runs stand above."""
    unread: Count
    """How many could not be read."""


def config_sha256(config: Mapping[str, bool | int | float | str | None] | None) -> str | None:
    """Digest of a configuration in canonical JSON; None if there is none."""
    if config is None:
        return None
    return _digest(tuple(sorted((key, type(value).__name__, value) for key, value in config.items())))


@lru_cache(maxsize=4096)
def _digest(entries: tuple[tuple[str, str, bool | int | float | str | None], ...]) -> str:
    # The types are part of the key because 1, 1.0 and True are equal to Python; many runs of a search share a configuration.
    if all(kind != "float" and key.isascii() for key, kind, _ in entries):
        # Canonical JSON differs from Python's in floats and in the order of keys beyond ASCII (RFC 8785, 3.2.2.3 and 3.2.3).
        text = json.dumps({key: value for key, _, value in entries}, separators=(",", ":"), ensure_ascii=False)
        return canonical.digest(text.encode("utf-8"))
    return canonical.sha256({key: value for key, _, value in entries})


def seconds_between(started: str, finished: str) -> float:
    """Seconds from one moment to another; negative where the second lies before the first.

    >>> seconds_between("2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z")
    90.0
    """
    first, last = (datetime.fromisoformat(moment) for moment in (started, finished))
    return (last - first).total_seconds()


def spelled(value: bool | int | float | str | None) -> tuple[str, object]:
    """What a setting says whatever its type: the text `0.10`, the text `1e-1` and the number 0.1 are one.

    MLflow keeps every parameter as text and W&B keeps its type, so that a difference of types alone is none of the experiment.
    What differs in type alone is said beside the comparison.

    >>> spelled("0.10") == spelled(0.1), spelled("True") == spelled(True), spelled(1) == spelled(True)
    (True, True, False)
    >>> spelled("None") == spelled(None), spelled("adam") == spelled("Adam")
    (True, False)
    """
    if isinstance(value, bool):
        return ("truth", value)
    if isinstance(value, int | float):
        return ("number", value)
    if value is None:
        return ("nothing", None)
    words = {"true": ("truth", True), "false": ("truth", False), "none": ("nothing", None), "null": ("nothing", None)}
    known = words.get(value.strip().casefold())
    if known is not None:
        return known
    if not _NUMBER.fullmatch(value.strip()):
        return ("text", value)
    number = int(value) if _INTEGER.fullmatch(value.strip()) else float(value)
    return ("number", number) if abs(number) != float("inf") else ("text", value)


_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,300}\.?[0-9]{0,300}|\.[0-9]{1,300})(?:[eE][+-]?[0-9]{1,4})?")


__all__ = [
    "PURPOSES", "TRACEABLE", "Artefact", "CostKind", "Purpose", "Run", "RunMetric", "RunStatus", "RunStore", "RunsEnd", "Setting",
    "Unread", "config_sha256", "seconds_between", "spelled",
]  # fmt: skip
