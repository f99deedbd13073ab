"""Where a number comes from: a run, a commit, a configuration and a dataset version."""

from typing import Annotated, Literal

from pydantic import Field

from cardwright.record.base import (
    Count,
    Day,
    Flag,
    FreeText,
    Identifier,
    Label,
    Number,
    RelativePath,
    Sha256,
    Term,
    Timestamp,
    Value,
)

Task = Literal["binary", "multiclass", "regression", "ranking"]
"""What predictions decide: one of two outcomes, one of several, a number, or the order of candidates for a query."""

SourceKind = Literal[
    "predictions",
    "table",
    "texts",
    "interactions",
    "model",
    "calibration",
    "judgements",
    "ner_model",
    "classifier",
    "runs",
    "dossiers",
]


class Column(Value):
    """A column of a source."""

    name: Label
    """Its name."""
    type: Label
    """Its Arrow type."""


class DatasetRef(Value):
    """A source as it was read: digest, rows and schema are taken in the same pass."""

    name: Identifier
    """Its name in the plan."""
    role: Identifier
    """What it serves as: `test`, `training`, `population`, `attacks` …"""
    split: Label | None = None
    """Which part of a larger dataset it is."""
    kind: SourceKind
    """What it is."""
    path: RelativePath | None = None
    """Where it was, inside the assessment's folder; `null` if it was handed over in memory."""
    format: Identifier
    """`csv`, `parquet`, `arrow`, `jsonl`, `sql`, `delta`, `iceberg`, `skops`, `torch`, `memory` …"""
    sha256: Sha256
    """Digest of its bytes; for a folder, of the sorted (path, digest) pairs; in memory, of its Arrow stream; see `digest_of`."""
    digest_of: Annotated[Literal["rows"] | None, Field(exclude_if=lambda value: value is None)] = None
    """`rows` if `sha256` is that of the rows in no order, because a database, a query or a table of a lake gave them; absent if
    it is that of bytes."""
    statement: Annotated[FreeText | None, Field(exclude_if=lambda value: value is None)] = None
    """What a database, or Spark, was asked, as SQL."""
    statement_sha256: Annotated[Sha256 | None, Field(exclude_if=lambda value: value is None)] = None
    """Digest of the UTF-8 bytes of `statement`."""
    version: Annotated[Label | None, Field(exclude_if=lambda value: value is None)] = None
    """Of a table of a lake: the version of a Delta table, the snapshot of an Iceberg table."""
    rows: Count | None = None
    """Rows; `null` for a model."""
    columns: tuple[Column, ...] = ()
    """Its schema."""
    filter: FreeText | None = None
    """Which rows were left out before, as the plan says."""
    subject_version: Annotated[Label | None, Field(exclude_if=lambda value: value is None)] = None
    """Of which version of the subject it is, as the plan says, where that is not the one that is judged."""
    released: Annotated[Day | None, Field(exclude_if=lambda value: value is None)] = None
    """When that version was released, as the plan says."""
    task: Annotated[Task | None, Field(exclude_if=lambda value: value is None)] = None
    """Of predictions: what they decide, as the outcomes show; absent where these leave a doubt, whatever the plan says."""

    score_scale: Annotated[FreeText | None, Field(exclude_if=lambda value: value is None)] = None
    """Of predictions whose scores are on another scale than probabilities: how they were read."""


class CodeDigest(Value):
    """An installed distribution that brings evaluators, by its files: a version alone does not say that they are unchanged."""

    name: Label
    """The distribution's name."""
    version: Label
    """Its version."""
    sha256: Sha256
    """Digest of the canonical JSON object of its files, path to digest; compiled caches and metadata are left out."""
    evaluators: tuple[Label, ...]
    """The evaluators it brings, by name."""


class Provenance(Value):
    """How the record was made. Clock, host and duration are in `evidence/run.json`, apart, so that bytes repeat."""

    run_id: Term
    """Derived from plan, data, code and versions: the same run has the same id."""
    commit: Label | None = None
    """The commit of the assessment's repository; `null` if it is in none."""
    dirty: Flag | None = None
    """Whether the working tree differed from that commit."""
    plan_sha256: Sha256
    """Digest of the plan as it was resolved (`plan.lock.json`)."""
    datasets: tuple[DatasetRef, ...]
    """Every source."""
    seed: Count
    """The seed that every random choice derives from."""
    packages: dict[Label, Label]
    """Versions of the libraries that could have touched a number: all that the evaluators require, directly or indirectly."""
    code: Annotated[tuple[CodeDigest, ...], Field(exclude_if=lambda value: not value)] = ()
    """Every installed distribution that brings an evaluator, Cardwright among them; empty if the record is older than this."""
    tool: Label
    """`cardwright` and its version."""
    author: Label | None = None
    """Who ran it, as the plan says."""
    previous_sha256: Annotated[Sha256 | None, Field(exclude_if=lambda value: value is None)] = None
    """The record of the previous release, if the plan names one."""


class CrossCheck(Value):
    """Numbers of an evaluation that another library computed as well."""

    evaluation: Identifier
    """Whose numbers."""
    library: Label
    """The other library."""
    version: Label
    """Its version."""
    compared: Count
    """Numbers that both have."""
    equal: Count
    """How many of them agree to 1e-9."""
    largest_difference: Number
    """The largest absolute difference."""


class EngineFacts(Value):
    """The engine that counted rows, if it was not this machine: the same rows give the same record on each."""

    name: Identifier
    """Its name, e.g. `spark`."""
    version: Label
    """Its version."""
    master: Label
    """What was asked to count, as Spark names it: `local[2]`, `spark://HOST:PORT`."""
    code: Sha256
    """Digest of the Cardwright code that every executor ran; it is that of the process that started them."""
    packages: dict[Label, Label]
    """Versions of Python and of the libraries that counted, the same in every executor."""
    on_this_machine: Annotated[dict[Identifier, tuple[FreeText, ...]], Field(exclude_if=lambda value: not value)] = {}
    """Evaluations of which a part read rows in their order, here and not in executors; why."""
    refused_connections: tuple[Label, ...] = ()
    """What executors tried to reach beyond their own machine, all refused."""


class FetchedObject(Value):
    """A file that a source was read from, if it lay in an object store or on a web server."""

    source: Identifier
    """The source."""
    place: Label
    """Where it was, without credentials."""
    sha256: Sha256
    """Digest of its bytes."""
    size: Count
    """How many."""
    etag: Annotated[Label | None, Field(exclude_if=lambda value: value is None)] = None
    """What its server told it from a later one by."""
    version: Annotated[Label | None, Field(exclude_if=lambda value: value is None)] = None
    """Its version, in a store that keeps versions."""


class QueriedRows(Value):
    """Rows that a source was read from, if a database held them."""

    source: Identifier
    """The source."""
    place: Label
    """Which database, without user and password."""
    server: Label
    """What answered, with its version."""
    reading: Label
    """How it was held still while the rows were read, e.g. `repeatable read, read only`."""
    rows: Count
    """How many rows it gave."""
    sha256: Sha256
    """Digest of the rows in no order."""


class RunFacts(Value):
    """`evidence/run.json`: what differs between two runs of the same input."""

    schema_: Annotated[Literal["cardwright/run/1"], Field(alias="schema")] = "cardwright/run/1"
    """The format of this file."""
    run_id: Term
    """The run it belongs to."""
    record_sha256: Sha256
    """The record it produced."""
    started: Timestamp
    """When evaluation began."""
    finished: Timestamp
    """When it ended."""
    seconds: dict[Identifier, float]
    """Seconds spent on each evaluation."""
    platform: Label
    """Operating system and processor."""
    python: Label
    """Python's version."""
    network: Literal["refused", "loopback"] = "loopback"
    """What the socket guard let through."""
    earlier: Annotated[dict[Identifier, Timestamp], Field(exclude_if=lambda value: not value)] = {}
    """Evaluations that were not run again, and when the run that made them began."""
    plan: Annotated[RelativePath | None, Field(exclude_if=lambda value: value is None)] = None
    """The plan's path as `run` was given it, so that `todo` can name it; left out unless it lies below the working folder."""
    cross_checks: Annotated[tuple[CrossCheck, ...], Field(exclude_if=lambda value: not value)] = ()
    """Numbers that another library computed as well."""
    fetched: Annotated[tuple[FetchedObject, ...], Field(exclude_if=lambda value: not value)] = ()
    """Files that were fetched before anything was evaluated."""
    queried: Annotated[tuple[QueriedRows, ...], Field(exclude_if=lambda value: not value)] = ()
    """Rows that databases gave before anything was evaluated."""
    opened_to: Annotated[tuple[Label, ...], Field(exclude_if=lambda value: not value)] = ()
    """Hosts and ports beyond this machine that the plan opened for that."""
    refused_connections: tuple[Label, ...] = ()
    """Attempts to reach anything beyond this machine, all refused."""
    engine: Annotated[EngineFacts | None, Field(exclude_if=lambda value: value is None)] = None
    """The engine that counted rows; left out where this machine did."""
