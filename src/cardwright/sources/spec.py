"""What the plan says about each source under `sources:`.

Which key names the file tells what the source is: `predictions:`, `table:`, `texts:`, `interactions:`, `target:` or `model:`.
Exactly one of them. Nothing heavy is imported here, and no file is touched.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Discriminator, Field, JsonValue, Tag, TypeAdapter, model_validator

from cardwright.record.base import Day, Flag, FreeText, Identifier, Label, Number, RelativePath, Sha256, Value, label
from cardwright.sources.database_address import is_database, parse_address
from cardwright.sources.network import is_loopback

Design = Literal["census", "random", "stratified", "adversarial", "unstated"]
IntentName = Literal["attack", "benign", "observed"]


def _as_label(value: object) -> object:
    """YAML reads `1`, `true` and `2026-01-01` as something other than text; the data's labels are text."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)  # as `label` writes values of the data
    return value if value is None or isinstance(value, (dict, list)) else label(value)


# What a person writes is more than what is read: an editor goes by the schema of the former.
DataLabel = Annotated[Label, BeforeValidator(_as_label, json_schema_input_type=Label | int | float | bool)]
"""A value as it is in the data; `1`, `1.0` and `"1"` are one label."""


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Columns = Annotated[tuple[Label, ...], BeforeValidator(_as_tuple, json_schema_input_type=Label | tuple[Label, ...])]
"""Names of columns; one name may stand alone."""


class SensitiveSpec(Value):
    """A sensitive attribute as the plan declares it."""

    groups: tuple[DataLabel, ...] | None = None
    """The groups that are expected; found in the data where they are not declared."""
    unknown: tuple[DataLabel, ...] = ()
    """Values that mean "not known", besides missing ones."""
    column: Label | None = None
    """Column of numbers that the bands are made of; goes with `bands`."""
    bands: Annotated[tuple[Number, ...], Field(min_length=1, max_length=50)] | None = None
    """Where bands of numbers begin: `[30, 50]` makes "under 30", "30 to under 50" and "50 and over"; goes with `column`."""

    @property
    def expected(self) -> tuple[str, ...] | None:
        """The groups that the plan declares; None if they are found in the data."""
        return band_names(self.bands) if self.bands else self.groups

    @model_validator(mode="after")
    def _banded(self) -> Self:
        if (self.column is None) != (self.bands is None):
            raise ValueError("`bands` and `column`, the column of numbers they are made of, go together")
        if self.bands and (self.groups is not None or self.unknown):
            raise ValueError("bands are the groups; leave `groups` and `unknown` out")
        if self.bands and any(low >= high for low, high in itertools.pairwise(self.bands)):
            raise ValueError("write `bands` in rising order, each number once")
        return self

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.groups is not None:
            if not self.groups:
                raise ValueError("no groups are declared; leave `groups` out to have them found in the data")
            if len(set(self.groups)) != len(self.groups):
                raise ValueError("a group is declared twice")
            both = sorted(set(self.groups) & set(self.unknown))
            if both:
                raise ValueError(f'"{both[0]}" is declared both as a group and as unknown')
        return self


def band_names(edges: Sequence[float]) -> tuple[str, ...]:
    """The groups that edges cut numbers into, in their order.

    >>> band_names([30, 50])
    ('under 30', '30 to under 50', '50 and over')
    """
    at = [label(edge) for edge in edges]
    between = [f"{low} to under {high}" for low, high in itertools.pairwise(at)]
    return (f"under {at[0]}", *between, f"{at[-1]} and over")


def _as_sensitive(value: object) -> object:
    """`[race, sex]`, `{race: [a, b]}` and `{race: {groups: [a, b], unknown: [u]}}` say the same with more or less detail;
    `{age_band: {column: age, bands: [30, 50]}}` makes groups of a column of numbers."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, (list, tuple)):
        names = [name for name in value if isinstance(name, str)]
        if len(names) != len(value):
            return value
        if len(set(names)) != len(names):
            raise ValueError("a column is listed twice")
        return {name: {} for name in names}
    if isinstance(value, Mapping):
        return {
            name: {"groups": said} if isinstance(said, (list, tuple)) else {} if said is None else said
            for name, said in value.items()
        }
    return value


Sensitive = Annotated[
    dict[Label, SensitiveSpec],
    BeforeValidator(
        _as_sensitive,
        json_schema_input_type=Label | tuple[Label, ...] | dict[Label, SensitiveSpec | tuple[DataLabel, ...] | None],
    ),
]
"""Sensitive attributes by their columns."""


class _Common(Value):
    role: Identifier | None = None
    """What it serves as; if omitted, the source's own key."""
    split: Label | None = None
    """Which part of a larger dataset it is."""
    filter: FreeText | None = None
    """Which rows were left out before, in words."""
    subject_version: Annotated[Label | None, Field(exclude_if=lambda value: value is None)] = None
    """Of which version of the subject it is, where that is not the one that is judged: a former release, a challenger."""
    released: Annotated[Day | None, Field(exclude_if=lambda value: value is None)] = None
    """When that version was released; documents name it beside what is compared with it."""


class _File(_Common):
    sha256: Sha256 | None = None
    """The digest that the file, or the folder, must have; if omitted, any. `init` writes it for a file that it does not copy."""

    at: Annotated[Label | None, Field(exclude=True)] = None
    """The folder that the path starts from, if that is not the plan's own: `s3://bucket/folder/`, also `gs`, `abfs`, `hdfs`,
    `http` and `https`; or a database, whose table is then named in place of a file: `postgresql://user@host:5432/database`,
    `duckdb:///data/loans.duckdb`, `sqlite:///data/loans.sqlite`, or any address of SQLAlchemy's. It holds no credentials. Where
    the same bytes or rows lie changes neither the plan's digest nor the record."""

    @property
    def in_database(self) -> bool:
        """Whether `at` is that of a database."""
        return self.at is not None and is_database(self.at)

    @model_validator(mode="after")
    def _at_a_place(self) -> Self:
        if self.at is not None:
            _require_place(self.at)
        return self


PLACES = ("s3", "gs", "abfs", "abfss", "az", "hdfs", "webhdfs", "http", "https")
"""Where a file may lie, besides the plan's folder."""


def _require_place(at: str) -> None:
    if is_database(at):
        parse_address(at)
        return
    try:
        parts = urlsplit(at)
        known = parts.scheme in PLACES and bool(parts.hostname)
    except ValueError:
        known = False
    if not known:
        raise ValueError(
            f"`at` is the address of a folder, by one of: {', '.join(PLACES)}; or of a database: postgresql, duckdb, sqlite, or "
            "another of SQLAlchemy's, as dialect+driver"
        )
    if parts.password is not None or (parts.username is not None and not parts.scheme.startswith("abfs")):
        raise ValueError("`at` holds credentials; they belong in the environment")
    if parts.query or parts.fragment:
        raise ValueError("`at` holds a query, which can be a signature; give the environment's credentials instead")
    if ".." in parts.path.split("/"):
        raise ValueError("`at` leads out of itself")


class _Rows(_File):
    """Rows of a file, or of a database."""

    sql: Annotated[FreeText | None, Field(exclude_if=lambda value: value is None)] = None
    """What a database is asked in place of a whole table: one SELECT. The name in the place of the table is then what its rows
    are called. It stands in the record with its digest."""

    @model_validator(mode="after")
    def _asked(self) -> Self:
        if self.sql is not None and not self.sql.strip(" \t\n;"):
            raise ValueError("`sql` is empty; leave it out to read the whole table")
        if self.sql is not None and self.at is not None and not self.in_database:
            raise ValueError("`sql` asks a database, and `at` names a folder of files")
        return self


class _RowsFile(_Rows):
    version: Annotated[Label, BeforeValidator(_as_label, json_schema_input_type=Label | int)] | None = None
    """Of a table of a lake: the version of a Delta table, or the snapshot of an Iceberg table; if omitted, the current one."""

    @model_validator(mode="after")
    def _of_a_lake(self) -> Self:
        if self.version is not None and self.in_database:
            raise ValueError(
                "`version` belongs to a table of a lake; a database is read as it is, and `sql` can name a moment"
            )
        return self


class RowsOptions(_Common):
    """What rows of predictions and of tables have in common."""

    label: Label | None = None
    """Column of the true outcome."""
    favourable: DataLabel | None = None
    """The favourable outcome, as it is in the data."""
    sensitive: Sensitive = {}  # noqa: RUF012  pydantic copies defaults
    """Columns of sensitive attributes: a list, or a mapping to their groups, or to the column of numbers they are bands of."""
    weight: Label | None = None
    """Column of sample weights."""
    unit: Label = "row"
    """What one independent case is: an application, a person."""
    person: Label | None = None
    """Column whose equal values are one independent case."""
    design: Design = "unstated"
    """How the rows were chosen."""

    @model_validator(mode="after")
    def _parts_apart(self) -> Self:
        parts = {"label": self.label, "weight": self.weight, "person": self.person}
        for part, column in parts.items():
            banded = {said.column for said in self.sensitive.values() if said.column is not None}
            if column is not None and column in {*self.sensitive, *banded}:
                raise ValueError(
                    f'column "{column}" is named both as `{part}` and as `sensitive`; it can be one of them'
                )
        _distinct(parts)
        return self


def _distinct(parts: Mapping[str, str | None]) -> None:
    taken: dict[str, str] = {}
    for part, column in parts.items():
        if column is None:
            continue
        if column in taken:
            raise ValueError(
                f'column "{column}" is named both as `{taken[column]}` and as `{part}`; it can be one of them'
            )
        taken[column] = part


class ScoreScale(Value):
    """The scale of a column of scores, and how it is mapped to numbers between 0 and 1: strictly rising, or falling."""

    unit: Literal["percent", "log_odds", "deciles", "range", "points"]
    """What the column holds: `percent`, `log_odds`, `deciles` (whole numbers from 1 to 10), numbers of a `range`, or of a scale
    that `points` describe."""
    of: Literal["favourable", "other"] = "favourable"
    """The outcome that a higher score makes more likely. Of `other` a decision is favourable if score <= threshold."""
    least: Number | None = None
    """The lower end of a `range`."""
    greatest: Number | None = None
    """Its upper end."""
    points: Annotated[tuple[tuple[Number, Number], ...], Field(max_length=1000)] = ()
    """Of `points`: scores in rising order with the probability at each, `[[300, 0.02], [850, 0.98]]`; straight lines between."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.unit == "range") != (self.least is not None and self.greatest is not None):
            raise ValueError(
                "`unit: range` goes with `least` and `greatest`, its two ends, and no other scale has them"
            )
        if self.unit == "range" and self.edges[0] >= self.edges[1]:
            raise ValueError("`least` must lie below `greatest`")
        if (self.unit == "points") != (len(self.points) >= 2):
            raise ValueError("`unit: points` goes with two `points` or more, and no other scale has them")
        at, says = [one for one, _ in self.points], [other for _, other in self.points]
        if any(low >= high for low, high in itertools.pairwise(at)):
            raise ValueError("write `points` in rising order of the score, each once")
        if any(low >= high for low, high in itertools.pairwise(says)) or any(not 0 <= p <= 1 for p in says):
            raise ValueError(
                "the probabilities of `points` rise with the score and lie between 0 and 1; see `of: other`"
            )
        return self

    @property
    def edges(self) -> tuple[float, float]:
        """The two ends of a range."""
        assert self.least is not None and self.greatest is not None
        return self.least, self.greatest

    @property
    def probability(self) -> bool:
        """Whether what is read is a probability, and not a position on a scale alone."""
        return self.unit in ("percent", "log_odds", "points")


class PredictionsOptions(RowsOptions):
    """How to read predictions, wherever they are."""

    label: Label
    """Column of the true outcome."""
    prediction: Label | None = None
    """Column of the model's decisions, or of predicted values."""
    score: Label | None = None
    """Column of the probability of the favourable outcome; of a ranking, of what candidates are ordered by, the highest first."""
    query: Label | None = None
    """Of a ranking: column whose equal values are candidates for one query. The label is then how relevant a candidate is."""
    rank: Label | None = None
    """Of a ranking: column of the position, 1 first, in place of `score`."""
    score_scale: ScoreScale | None = None
    """The scale of the score, if it is no probability of the favourable outcome: `{unit: deciles, of: other}`."""
    threshold: Number | None = None
    """Where the decision is made: favourable if score >= threshold; on the scale of the column."""
    threshold_selected_on: Identifier | None = None
    """The source on which the threshold was chosen."""
    task: Literal["binary", "multiclass", "regression", "ranking"] | None = None
    """If omitted, told from the columns; an error if it cannot be told."""
    strata: Columns = ()
    """Columns to condition on."""
    features: Columns = ()
    """Columns the model reads."""
    key: Label | None = None
    """Column that names each row once; two sources that both have one are compared by it, whatever their order and rows."""

    @model_validator(mode="after")
    def _predicted(self) -> Self:
        if self.task == "ranking" or self.query is not None:
            return self._ranked()
        if self.rank is not None:
            raise ValueError("`rank` belongs to a ranking, which needs `query:`, the column that names the query")
        if self.prediction is None and self.score is None:
            raise ValueError(
                "name what the model said: `score:` (a column of probabilities) or `prediction:` (of decisions)"
            )
        _distinct(
            {
                "label": self.label,
                "prediction": self.prediction,
                "score": self.score,
                "weight": self.weight,
                "person": self.person,
            }
        )
        if self.threshold is not None and self.score is None:
            raise ValueError("a `threshold` needs the column it is applied to: `score:`")
        if self.score_scale is not None and self.score is None:
            raise ValueError("a `score_scale` needs the column that it is the scale of: `score:`")
        if self.threshold_selected_on is not None and self.threshold is None:
            raise ValueError("`threshold_selected_on` needs a `threshold`")
        if self.task == "binary" and self.favourable is None:
            raise ValueError("a binary task needs `favourable:`, the outcome that is good for the person")
        if self.task in ("multiclass", "regression") and (self.favourable is not None or self.score is not None):
            raise ValueError(f"`favourable` and `score` belong to a binary task, and the task is {self.task}")
        if self.score is not None and self.favourable is None:
            raise ValueError("a `score` needs `favourable:`, the outcome whose probability it is")
        return self._features_apart()

    def _ranked(self) -> Self:
        """A ranking says of each candidate for which query it is, how relevant it is, and where it stands."""
        if self.task not in (None, "ranking"):
            raise ValueError(f"`query` belongs to a ranking, and the task is {self.task}")
        if self.query is None:
            raise ValueError("a ranking needs `query:`, the column whose equal values are candidates for one query")
        if (self.score is None) == (self.rank is None):
            raise ValueError("a ranking needs `score:` (the highest is first) or `rank:` (1 is first), one of them")
        beside = ("prediction", "favourable", "threshold", "threshold_selected_on", "score_scale", "weight", "person")
        strange = next((part for part in beside if getattr(self, part) is not None), None)
        if strange is not None:
            why = "a query is one case" if strange in ("weight", "person") else "a ranking decides nothing"
            raise ValueError(f"`{strange}` does not belong to a ranking: {why}")
        _distinct({"label": self.label, "query": self.query, "score": self.score, "rank": self.rank})
        return self._features_apart()

    def _features_apart(self) -> Self:
        for part in ("label", "prediction", "score", "rank", "weight"):
            if getattr(self, part) in self.features:
                raise ValueError(f'column "{getattr(self, part)}" is the {part}, so it cannot be one of the `features`')
        for name, columns in (("strata", self.strata), ("features", self.features)):
            if len(set(columns)) != len(columns):
                raise ValueError(f"`{name}` lists a column twice")
        return self


class PredictionsSpec(PredictionsOptions, _RowsFile):
    """Rows with the true outcome and what the model said."""

    predictions: RelativePath
    """The file, a folder of Parquet files, a Delta or Iceberg table, or a query for Spark (`.sql`); of a database, the table."""


class TableOptions(RowsOptions):
    """How to read a table, wherever it is."""

    @model_validator(mode="after")
    def _labelled(self) -> Self:
        if self.favourable is not None and self.label is None:
            raise ValueError("`favourable` needs the column it is a value of: `label:`")
        return self


class TableSpec(TableOptions, _RowsFile):
    """Rows of data, with or without a label."""

    table: RelativePath
    """The file, a folder of Parquet files, a Delta or Iceberg table, or a query for Spark (`.sql`); of a database, the table."""


class TextsOptions(_Common):
    """How to read texts, wherever they are."""

    columns: Columns = ()
    """The columns that hold text; all columns of strings where they are not named."""
    person: Label | None = None
    """Column whose equal values are one person."""


class TextsSpec(TextsOptions, _RowsFile):
    """Rows of text."""

    texts: RelativePath
    """The file, a folder of Parquet files, a Delta or Iceberg table, or a query for Spark (`.sql`); of a database, the table."""


class InteractionColumns(Value):
    """Where the parts of an interaction stand, if not under their own names."""

    id: Label = "id"
    """Its own name; if omitted, the line number."""
    prompt: Label = "prompt"
    """What the user asked."""
    system: Label = "system"
    """The system prompt."""
    response: Label = "response"
    """What the assistant answered: text, or the whole response of an API."""
    messages: Label = "messages"
    """All turns in any shape that is read, instead of the three above; `contents` and `conversations` are found too."""
    tool_calls: Label = "tool_calls"
    """Tools the answer calls, in any shape that is read."""
    intent: Label = "intent"
    """attack, benign or observed, row by row."""
    category: Label = "category"
    """The category of attack or of use."""
    prompt_id: Label = "prompt_id"
    """Equal for several tries of one prompt."""
    canaries: Label = "canaries"
    """Secret strings planted for this exchange."""
    allowed_hosts: Label = "allowed_hosts"
    """Hosts a link may point to in this exchange."""
    allowed_tools: Label = "allowed_tools"
    """Tools that may be called in this exchange."""
    goal: Label = "goal"
    """The marker that an injected instruction asks for."""
    error: Label = "error"
    """Set where no answer came back."""
    group: Label = "group"
    """The group that the request names, where requests differ in it alone."""
    pair_id: Label = "pair_id"
    """Equal for requests that differ in the group alone."""
    template: Label = "template"
    """Equal for pairs that are made from one template."""
    passages: Label = "passages"
    """What was given to answer from: a text, or a list of texts."""
    expected_calls: Label = "expected_calls"
    """Calls that do the task: a list of `{"name": …, "arguments": {…}}`."""
    outcome_value: Label = "outcome_value"
    """A number that the answer comes to, an amount or a grade; requests that differ in a group alone are compared by it."""
    language: Label = "language"
    """The language of the exchange, e.g. `en`; what was not tested is told by it."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        _distinct({part: getattr(self, part) for part in type(self).model_fields})
        return self


class InteractionsOptions(_Common):
    """How to read interactions, wherever they are."""

    intent: IntentName | None = None
    """attack, benign or observed; if omitted, each row says it. Attack success can come from attacks only."""
    columns: InteractionColumns = InteractionColumns()
    """Names of columns that differ from the usual ones, e.g. `{prompt: question, response: answer}`."""
    canaries: Columns = ()
    """Secret strings planted in the system prompt or the documents, that must not come back."""
    allowed_hosts: Columns = ()
    """Hosts a link may point to."""
    allowed_tools: Columns | None = None
    """Tools that may be called; leave it out where nothing was declared, `[]` is none."""
    keep: Literal["redacted", "none"] | None = None
    """What the dossier keeps of them: a `redacted` copy, in which only common words are left, which is also done if it is
    omitted, or `none`. Their digest is in the record in any case."""


ResultFormat = Literal[
    "garak", "promptfoo", "pyrit", "inspect-ai", "lm-eval", "helm", "every-eval-ever", "jailbreakbench", "agentdojo",
    "tau-bench", "opentelemetry", "phoenix", "langfuse",
]  # fmt: skip
"""Other tools whose results are read; `sources/results/` has a reader for each."""


class InteractionsSpec(InteractionsOptions, _Rows):
    """Recorded exchanges with an assistant."""

    interactions: RelativePath
    """JSON Lines, CSV or Parquet; with `format`, the file or folder that the tool has written; of a database, the table."""
    format: ResultFormat | None = None
    """The tool whose results these are; omit it for rows of your own."""

    @model_validator(mode="after")
    def _read_by_the_tool(self) -> Self:
        if self.format is not None and self.columns != InteractionColumns():
            raise ValueError("`columns` belong to rows of your own; with `format` the tool's own names are read")
        if self.format is not None and self.in_database:
            raise ValueError("`format` belongs to what a tool has written, and a database gives rows; leave it out")
        return self


class CalibrationSpec(_Common):
    """What a scorer or a detector gets wrong, by people's labels."""

    calibration: RelativePath
    """What `cardwright calibrate score` or `cardwright calibrate pii` has written."""


class JudgementsSpec(_Common):
    """What a judge or people say of recorded exchanges."""

    judgements: RelativePath
    """What `cardwright judge` has written, or people's labels in the same form."""


class RunsSpec(_File):
    """Training runs, as the tool that tracked them keeps them."""

    runs: RelativePath
    """What `cardwright runs import` has written, or a store itself, e.g. of MLflow or W&B."""
    format: Identifier | None = None
    """Which tool's it is (`docs/runs.md`); if omitted, the first whose store it is."""

    @model_validator(mode="after")
    def _of_files(self) -> Self:
        if self.in_database:
            raise ValueError("`runs` are read from files; `cardwright runs import` writes them from a store")
        return self


def _paths(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class LinksSpec(_Common):
    """Other dossiers that the plan refers to, to be counted."""

    links: Annotated[
        tuple[Identifier, ...],
        Field(min_length=1),
        BeforeValidator(
            _paths, json_schema_input_type=Identifier | Annotated[tuple[Identifier, ...], Field(min_length=1)]
        ),
    ]
    """Roles under `links:` of the plan."""


_CALLABLE = re.compile(r"^[A-Za-z_][\w]*(\.[A-Za-z_][\w]*)*:[A-Za-z_][\w]*(\.[A-Za-z_][\w]*)*$")


def _import_path(text: str) -> str:
    if not _CALLABLE.match(text):
        raise ValueError("write it as `package.module:Name`")
    return text


ImportPath = Annotated[Label, BeforeValidator(lambda v: _import_path(v) if isinstance(v, str) else v)]
"""`package.module:Name`."""


def is_loopback_url(url: str) -> bool:
    """Whether a URL points to this machine: `localhost`, `127.0.0.0/8` or `::1`, over http or https.

    >>> is_loopback_url("http://localhost:8080/v1"), is_loopback_url("http://localhost.example.org/v1")
    (True, False)
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or parts.username is not None or parts.password is not None:
        return False
    return is_loopback(host)


def _target(text: object) -> object:
    if not isinstance(text, str):
        return text
    if "://" in text:
        if not is_loopback_url(text):
            raise ValueError(
                "only this machine may be asked: a URL on localhost, 127.0.0.1 or [::1], without a password; "
                "serve the assistant there, or record its answers and name them with `interactions:`"
            )
        return text
    return _import_path(text)


class TargetSpec(_Common):
    """A live assistant."""

    target: Annotated[str, Field(max_length=400), BeforeValidator(_target)]
    """`module:function` beside the plan or installed, or a URL on this machine."""
    trust: Flag = False
    """Whether code named by `module:function` may be imported and run. Only code that you have read."""
    model: Label | None = None
    """The model's name at the URL."""
    temperature: Annotated[Number, Field(ge=0, le=2)] = 0.0
    """Sampling temperature asked for at the URL."""
    timeout: Annotated[Number, Field(gt=0, le=3600)] = 60.0
    """Seconds to wait for one answer of the URL."""
    wire: Literal["openai", "anthropic"] = "openai"
    """The shape of the URL's requests and answers: chat completions, or Anthropic's messages."""
    stream: Flag = False
    """Whether the answer is asked for as a stream."""
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] = 4096
    """The longest answer asked for; Anthropic's shape requires one."""
    retries: Annotated[int, Field(ge=0, le=20)] = 6
    """How often a request is tried again when the server is busy (429), failing (5xx) or gone."""
    concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    """How many conversations are had at a time with the URL."""
    budget_seconds: Annotated[Number, Field(gt=0)] | None = None
    """No conversation begins after this many seconds; those left are counted as not asked."""
    budget_tokens: Annotated[int, Field(ge=1)] | None = None
    """No conversation begins after this many tokens."""
    cost_per_million: Annotated[Number, Field(ge=0)] | None = None
    """What a million tokens cost, for the cost that is printed."""

    @property
    def is_url(self) -> bool:
        """Whether it is a URL and not Python."""
        return "://" in self.target

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.is_url and self.model is None:
            raise ValueError("a URL needs `model:`, the model's name there")
        if not self.is_url and self.model is not None:
            raise ValueError("`model` belongs to a URL, and this target is Python code")
        fields = type(self).model_fields
        of_a_url = ("concurrency", "max_tokens", "retries", "stream", "wire")
        said = next((name for name in of_a_url if getattr(self, name) != fields[name].default), None)
        if not self.is_url and said is not None:
            raise ValueError(f"`{said}` belongs to a URL, and this target is Python code")
        return self


class ModelSpec(_Common):
    """A model that can be loaded."""

    model: RelativePath
    """`.skops` (scikit-learn), `.ubj` or `.json` (XGBoost), `.txt` (LightGBM), `.cbm` (CatBoost), `.onnx`, `.pt2` (torch.export),
    `.pt` or `.ts` (TorchScript), a state dict with `module:`, a folder of transformers (text classification), or a folder with a
    torch network of texts and its `tokenizer.json`."""
    trusted: tuple[Label, ...] = ()
    """Types in a skops file that a person has looked at and trusts; `run --trust-type` adds to them."""
    features: Columns = ()
    """Columns the model reads; if omitted, those that its file names, else those of the predictions. Of a text classifier, the
    column of texts, or two as a pair."""
    favourable: DataLabel | None = None
    """The favourable outcome; if omitted, that of the predictions."""
    classes: tuple[DataLabel, ...] = ()
    """Class labels in the order of the output, for a file that keeps none: XGBoost, LightGBM, torch, some ONNX graphs and
    transformers."""
    task: Literal["binary", "multiclass", "regression"] | None = None
    """What it predicts; if omitted, what the predictions are."""
    output: Literal["probability", "logit", "value"] | None = None
    """What a torch or ONNX model puts out; if omitted, probabilities for classes and values for regression."""
    module: ImportPath | None = None
    """For a state dict: `package.module:Class`."""
    arguments: dict[str, JsonValue] = {}  # noqa: RUF012  pydantic copies defaults
    """For a state dict: the arguments of that class."""
    trust: Flag = False
    """Whether the code of `module` may be imported and run. Only code that you have read."""

    @model_validator(mode="after")
    def _module(self) -> Self:
        if self.arguments and self.module is None:
            raise ValueError("`arguments` are those of the class that `module:` names")
        return self


class NerModelSpec(_Common):
    """Models that find names of people, places and organisations in texts."""

    ner_model: Annotated[
        tuple[RelativePath, ...],
        Field(min_length=1, max_length=8),
        BeforeValidator(_paths, json_schema_input_type=RelativePath | tuple[RelativePath, ...]),
    ]
    """A folder (a spaCy pipeline, a token classifier of transformers in safetensors, a GLiNER model), or the name of an installed
    package that holds a spaCy pipeline; several in a list. Nothing is downloaded."""
    language: Label | None = None
    """The language that they were trained for; if omitted, what their files say."""
    entities: dict[Label, Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,39}$")] | None] = {}  # noqa: RUF012  pydantic copies defaults
    """From a label of theirs to a kind of `pii`, if the table of usual labels does not say it; `null`: left out."""
    labels: Columns = ()
    """What a GLiNER model is asked for, in words; if omitted, persons, addresses, places, organisations, dates of birth,
    nationality and religion."""


class ClassifierSpec(_Common):
    """A model that says of a text whether something is in it, such as toxicity."""

    classifier: RelativePath
    """A folder of transformers (text classification, one label or several at once) in safetensors. Nothing is downloaded."""
    positive: tuple[DataLabel, ...] = ()
    """Its labels that mean yes; if omitted, those that the table of usual labels knows, if it knows all."""
    threshold: Annotated[Number, Field(gt=0, lt=1)] = 0.5
    """The score from which on it says yes."""


KINDS = (
    "predictions", "table", "texts", "interactions", "target", "model", "calibration", "judgements", "ner_model", "classifier",
    "runs", "links",
)  # fmt: skip
"""The keys that name the file, and so tell what a source is."""


def _kind(value: Any) -> str | None:
    if isinstance(value, Value):
        return next((kind for kind, model in _MODELS.items() if isinstance(value, model)), None)
    if not isinstance(value, Mapping):
        return None
    named = [kind for kind in KINDS if kind in value]
    if named == ["target", "model"]:
        return "target"  # a URL names its model
    return named[0] if len(named) == 1 else None


_MODELS: dict[str, type[Value]] = {
    "predictions": PredictionsSpec,
    "table": TableSpec,
    "texts": TextsSpec,
    "interactions": InteractionsSpec,
    "target": TargetSpec,
    "model": ModelSpec,
    "calibration": CalibrationSpec,
    "judgements": JudgementsSpec,
    "ner_model": NerModelSpec,
    "classifier": ClassifierSpec,
    "runs": RunsSpec,
    "links": LinksSpec,
}

SourceSpec = Annotated[
    Annotated[PredictionsSpec, Tag("predictions")]
    | Annotated[TableSpec, Tag("table")]
    | Annotated[TextsSpec, Tag("texts")]
    | Annotated[InteractionsSpec, Tag("interactions")]
    | Annotated[TargetSpec, Tag("target")]
    | Annotated[ModelSpec, Tag("model")]
    | Annotated[CalibrationSpec, Tag("calibration")]
    | Annotated[JudgementsSpec, Tag("judgements")]
    | Annotated[NerModelSpec, Tag("ner_model")]
    | Annotated[ClassifierSpec, Tag("classifier")]
    | Annotated[RunsSpec, Tag("runs")]
    | Annotated[LinksSpec, Tag("links")],
    Discriminator(
        _kind,
        custom_error_type="source_kind",
        custom_error_message=(
            "names its file under exactly one of `predictions`, `table`, `texts`, `interactions`, `target`, `model`, "
            "`calibration`, `judgements`, `ner_model`, `classifier`, `runs`, `links`"
        ),
    ),
]
"""One source of the plan."""

_ADAPTER: TypeAdapter[Any] = TypeAdapter(SourceSpec)


AnySpec = (
    PredictionsSpec
    | TableSpec
    | TextsSpec
    | InteractionsSpec
    | TargetSpec
    | ModelSpec
    | CalibrationSpec
    | JudgementsSpec
    | NerModelSpec
    | ClassifierSpec
    | RunsSpec
    | LinksSpec
)
"""What a plan says about one source, of whatever kind."""


def parse_source(said: Mapping[str, Any]) -> AnySpec:
    """What a mapping says about a source.

    Raises
    ------
    pydantic.ValidationError
        If a key is unknown, missing or wrong. In a plan, the error names file and line.
    """
    spec: AnySpec = _ADAPTER.validate_python(said)
    return spec
