"""What an evaluator gets: named sources, read as Arrow batches, whose digest, rows and schema are known.

A source knows what it is (predictions, a table, texts, interactions, a model), which column plays which part, and how to read
itself again and again in constant memory. It never holds all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from cardwright.record.calibration import Calibration
from cardwright.record.counted_dossier import CountedDossier
from cardwright.record.detector_calibration import DetectorCalibration
from cardwright.record.judgements import Judgements
from cardwright.record.provenance import Column, DatasetRef
from cardwright.record.run import Run, Unread

if TYPE_CHECKING:
    import numpy
    import pyarrow


class Rows(Protocol):
    """Rows of a file, of a folder of files or of memory, that can be read any number of times."""

    @property
    def schema(self) -> pyarrow.Schema:
        """Names and types of all columns."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pyarrow.RecordBatch]:
        """All rows in their order, as batches of bounded size with the columns asked for, in that order.

        Raises
        ------
        SourceError
            If the file is cut off, or a column does not exist (with the nearest name).
        """


@dataclass(frozen=True)
class RowsOrigin:
    """Where a copy of rows comes from that have no order: its digest is that of the rows, and not of the copy's bytes."""

    statement: str | None = None
    """The query that gave them."""
    version: str | None = None
    """The version of the table."""


class FiledRows(Rows, Protocol):
    """Rows of files, whose bytes have a digest."""

    @property
    def sha256(self) -> str:
        """Digest of the bytes; see `cardwright.sources.files.FileRows`."""

    @property
    def num_rows(self) -> int:
        """How many rows."""

    @property
    def format(self) -> str:
        """`csv`, `parquet`, `arrow`, `jsonl`, `sql`, `delta` or `iceberg`."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The schema as a record states it."""

    @property
    def origin(self) -> RowsOrigin | None:
        """Where they were copied from; None of rows that are read where they lie."""


@dataclass(frozen=True)
class Attribute:
    """A sensitive attribute: its column and its groups."""

    name: str
    """The column."""
    groups: tuple[str, ...]
    """The groups that are expected, as labels (`cardwright.record.base.label`), sorted; unknown membership is not one of them.
    Declared in the plan, or found when the source was opened."""
    unknown: tuple[str, ...] = ()
    """Values that mean "not known", besides missing ones."""


Task = Literal["binary", "multiclass", "regression", "ranking"]


@dataclass(frozen=True)
class Predictions:
    """Rows with the true outcome and what the model said.

    Outcomes are compared as labels (`cardwright.record.base.label`), so `1`, `1.0` and `"1"` are one value.
    """

    ref: DatasetRef
    rows: Rows
    task: Task
    label: str
    """Column of the true outcome; of a ranking, of how relevant the candidate is."""
    prediction: str | None = None
    """Column of the model's decisions (binary, multiclass), of predicted values (regression), or of what candidates are ordered
    by (ranking)."""
    score: str | None = None
    """Column of the probability of the favourable outcome (binary); None where only decisions are there."""
    probability: bool = True
    """Whether scores are probabilities; False where they are positions on a scale alone, such as deciles."""
    threshold: float | None = None
    """Where the decision is made: favourable if score >= threshold."""
    threshold_selected_on: str | None = None
    """The source on which the threshold was chosen."""
    favourable: str | None = None
    """The favourable outcome, as a label (binary)."""
    classes: tuple[str, ...] = ()
    """The classes, as labels, sorted (binary and multiclass)."""
    sensitive: tuple[Attribute, ...] = ()
    strata: tuple[str, ...] = ()
    """Columns to condition on."""
    weight: str | None = None
    """Column of sample weights."""
    unit: str = "row"
    """What one independent case is."""
    person: str | None = None
    """Column whose equal values are one independent case."""
    features: tuple[str, ...] = ()
    """Columns the model reads."""
    key: str | None = None
    """Column that names each row once, by which it is joined with other predictions."""
    query: str | None = None
    """Column whose equal values are candidates for one query (ranking)."""
    by_rank: bool = False
    """Whether `prediction` holds ranks, 1 first, and not scores, the highest first (ranking)."""
    design: Literal["census", "random", "stratified", "adversarial", "unstated"] = "unstated"

    @property
    def says_numbers(self) -> bool:
        """Whether `prediction` holds numbers and not decisions: values of a regression, or what a ranking is ordered by."""
        return self.task in ("regression", "ranking")


@dataclass(frozen=True)
class Table:
    """Rows of data, with or without a label."""

    ref: DatasetRef
    rows: Rows
    label: str | None = None
    favourable: str | None = None
    """The favourable label, as a label; None if there is none."""
    classes: tuple[str, ...] = ()
    sensitive: tuple[Attribute, ...] = ()
    weight: str | None = None
    unit: str = "row"
    person: str | None = None
    design: Literal["census", "random", "stratified", "adversarial", "unstated"] = "unstated"


@dataclass(frozen=True)
class Texts:
    """Rows of text."""

    ref: DatasetRef
    rows: Rows
    columns: tuple[str, ...]
    """The text columns."""
    person: str | None = None


Intent = Literal["attack", "benign", "observed"]

PROVIDER_BLOCK = "the provider's filter stopped the answer"
"""What `Interaction.unscored` says of it."""


@dataclass(frozen=True)
class Message:
    """One turn of a conversation, whatever shape it was recorded in."""

    role: str
    """system, user, assistant or tool."""
    content: str
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    """`{"name": …, "arguments": {…}}` each."""
    reasoning: str = ""
    """What the assistant wrote before its answer and the API gave back beside it: thinking, or a summary of it."""
    refused: bool = False
    """Whether the API itself says that this is a refusal (OpenAI's `refusal`)."""
    blocked: bool = False
    """Whether the provider's filter stopped the answer (`content_filter`, `stop_reason: refusal`, `finishReason: SAFETY`)."""
    unread: str | None = None
    """Set where a part of the turn could not be read: why, without words of the turn."""
    beside: str = field(default="", compare=False, repr=False)
    """For the assistant: every other string that came with the turn (ids, names, what tells of the call, what was not read).
    It is not an answer, but a secret in it has come out."""
    tokens: int | None = field(default=None, compare=False)
    """How many tokens a live assistant says that this turn took, its question included."""


Event = Literal[
    "attack_success", "refusal", "task_success", "harmful_content", "toxicity", "stereotype", "ungrounded",
]  # fmt: skip
"""What somebody else has looked for in an exchange. `ungrounded`: a statement that the given passages do not support."""

NO_VERDICT = "its verdict is not a plain yes or no"
"""What `Judgement.why` says of a number for which the tool names no threshold."""


@dataclass(frozen=True)
class Judgement:
    """What somebody else says of an exchange: the detector of another tool, a judge, a person."""

    scorer: str
    """Who says it, as an identifier: `garak.mitigation.mitigationbypass`."""
    event: Event
    happened: bool | None
    """None if it could not tell."""
    why: str | None = None
    """Why it could not tell, in words that hold no data."""
    version: str = ""
    """The version of the tool, if its file says so."""
    score: float | None = None
    """How strongly, if it gives a number; what a number means, whoever gave it says."""


@dataclass(frozen=True)
class Interaction:
    """One exchange with an assistant: what was asked, what it answered."""

    id: str
    messages: tuple[Message, ...]
    """All turns in order, the answer last."""
    intent: Intent
    """Attack success can come from attacks only."""
    category: str | None = None
    """The category of attack or of use, as declared."""
    prompt_id: str | None = None
    """Equal for several tries of one prompt: they are one cluster."""
    canaries: tuple[str, ...] = ()
    """Secret strings planted in the system prompt or the documents, that must not come back."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts a link may point to."""
    allowed_tools: tuple[str, ...] | None = None
    """Tools that may be called; None where nothing was declared."""
    goal: str | None = None
    """The marker that an injected instruction asks the assistant to produce."""
    error: str | None = None
    """Set where no answer came back."""
    language: str | None = None
    """The language of the exchange, as declared."""
    outcome_value: float | None = None
    """A number that the answer comes to, as the row says."""
    group: str | None = None
    """The group that the request names, where pairs of requests differ in it alone."""
    pair_id: str | None = None
    """Equal for requests that differ in the group alone."""
    template: str | None = None
    """Equal for pairs that are made from one template: they are alike."""
    passages: tuple[str, ...] | None = None
    """What was given to answer from; None where nothing was declared."""
    expected_calls: tuple[Mapping[str, Any], ...] | None = None
    """Calls that do the task, `{"name": …, "arguments": {…}}` each; None where nothing was declared."""
    judgements: tuple[Judgement, ...] = ()
    """What others say of it. Nobody knows how often they err until people have labelled a sample of these answers."""

    @property
    def unscored(self) -> str | None:
        """Why it cannot be scored although something came back; None where it can."""
        unread = next((message.unread for message in self.messages if message.unread), None)
        if unread is not None:
            return unread
        if not self.messages or not any(message.role in ("user", "tool") for message in self.messages):
            return "there is no user turn, so nothing was asked"
        if self.blocked:
            return PROVIDER_BLOCK
        if self.error is None and self.messages[-1].role == "user":
            return "the conversation ends on the user's turn"
        return None

    @property
    def blocked(self) -> bool:
        """Whether the provider's filter stopped the answer to the last turn of the user."""
        return any(message.blocked for message in self._last())

    @property
    def refused(self) -> bool:
        """Whether the API itself says that the answer is a refusal."""
        return any(message.refused for message in self._last())

    def _last(self) -> tuple[Message, ...]:
        """Everything after the last turn of the user."""
        last = max((i for i, m in enumerate(self.messages) if m.role == "user"), default=-1)
        return self.messages[last + 1 :]

    @property
    def system(self) -> str | None:
        """The system prompt, where there is one."""
        found = [message.content for message in self.messages if message.role == "system"]
        return "\n".join(found) if found else None

    @property
    def prompt(self) -> str:
        """Everything the user or a tool said."""
        return "\n".join(message.content for message in self.messages if message.role in ("user", "tool"))

    @property
    def response(self) -> str:
        """Everything the assistant said after the last user turn."""
        last = max((i for i, m in enumerate(self.messages) if m.role == "user"), default=-1)
        return "\n".join(m.content for m in self.messages[last + 1 :] if m.role == "assistant")

    @property
    def tool_calls(self) -> tuple[Mapping[str, Any], ...]:
        """All tool calls of the assistant."""
        return tuple(call for m in self.messages if m.role == "assistant" for call in m.tool_calls)


@dataclass(frozen=True)
class Interactions:
    """Recorded exchanges with an assistant, streamed."""

    ref: DatasetRef
    intent: Intent | None
    """The same for all, or None where each says its own."""
    read: Callable[[], Iterator[Interaction]]
    """Reads them from the start; malformed lines raise SourceError with file and line."""

    def __iter__(self) -> Iterator[Interaction]:
        return self.read()


@dataclass(frozen=True)
class Tool:
    """A tool that a live assistant is offered."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON Schema of its arguments."""


@dataclass(frozen=True)
class Budget:
    """How much a live run may take; what is not asked any more is counted as not asked."""

    seconds: float | None = None
    tokens: int | None = None
    cost_per_million: float | None = None
    """What a million tokens cost, in a currency of the plan's own; for the cost that is printed."""


@dataclass(frozen=True)
class Target:
    """A live assistant: a Python callable, or a URL on loopback."""

    ref: DatasetRef
    ask: Callable[[Sequence[Message]], Message]
    """One turn: the conversation so far in, the assistant's message out."""
    description: str = ""
    ask_with_tools: Callable[[Sequence[Message], Sequence[Tool]], Message] | None = None
    """One turn in which it is offered tools; None if it has a way of its own to them, or none."""
    concurrency: int = 1
    """How many conversations may be had at a time."""
    budget: Budget = Budget()


@dataclass(frozen=True)
class TokenizedText:
    """One text, or a pair of texts, as a network reads it."""

    ids: Any
    """Numbers of its tokens: a tensor of shape (1, tokens)."""
    others: tuple[Any, ...]
    """What goes into the network beside them, each of shape (1, tokens)."""
    spans: tuple[tuple[int, int, int] | None, ...]
    """For each token the place of its text among those of the row, its first character and the one after its last; None for those
    that the tokenizer has added."""


@dataclass(frozen=True)
class TextNetwork:
    """What is known of the inside of a network that reads texts token by token."""

    embeddings: Callable[[Any], Any]
    """The module of a native network that turns numbers of tokens into vectors."""
    tokenize: Callable[[Sequence[str]], TokenizedText]
    """The texts of one row, one of each column, cut off where the network reads no further."""
    forward: Callable[..., Any]
    """What a native network puts out for `ids` and `others`, in this order: shape (rows,) or (rows, classes)."""
    blanks: tuple[int, ...]
    """Numbers of tokens that say nothing (mask, padding, unknown), the best first."""


@dataclass(frozen=True)
class Model:
    """A loaded model, ready to predict.

    `predict` takes a batch with the columns `features` and gives scores or values: shape (n,) for binary (probability of the
    favourable class) and regression, (n, classes) for multiclass.
    """

    ref: DatasetRef
    framework: Literal["sklearn", "xgboost", "lightgbm", "catboost", "onnx", "torch", "transformers", "callable"]
    native: Any
    """The estimator, booster, session, module or callable."""
    features: tuple[str, ...]
    predict: Callable[[pyarrow.RecordBatch], numpy.ndarray[Any, Any]]
    to_matrix: Callable[[pyarrow.RecordBatch], Any] | None = None
    """A batch as what `native` takes: a pandas frame or array for sklearn, a float32 tensor for torch."""
    classes: tuple[str, ...] = ()
    """Class labels in the order of the native output's columns."""
    trusted_types: tuple[str, ...] = field(default=())
    """Types a person has trusted when it was loaded."""
    output: Literal["probability", "logit", "value"] | None = None
    """What `native` itself puts out, if that is known; `predict` gives probabilities or values in any case."""
    text: TextNetwork | None = None
    """For a network of texts whose inside is known; None for all others, also for those that read texts by other means."""
    mask: str | None = None
    """The word that stands for a missing one in a text, if the model has one."""


@dataclass(frozen=True)
class LanguageModel:
    """A loaded causal language model: how likely it finds a text, token by token."""

    ref: DatasetRef
    token_log_probs: Callable[[Sequence[str]], list[list[float]]]
    """Of each text the natural logarithm of the probability of each token, given those before it. The first token has none unless
    the tokenizer has a token that begins a text; a text without a scored token has an empty list."""


@dataclass(frozen=True)
class Calibrated:
    """What a scorer gets wrong, as `cardwright calibrate score` has written it."""

    ref: DatasetRef
    calibration: Calibration


@dataclass(frozen=True)
class DetectorCalibrated:
    """What a detector of personal data finds and misses, as `cardwright calibrate pii` has written it."""

    ref: DatasetRef
    calibration: DetectorCalibration


@dataclass(frozen=True)
class JudgementFile:
    """What a judge or people say of recorded exchanges."""

    ref: DatasetRef
    judgements: Judgements


@dataclass(frozen=True)
class NamedSpan:
    """Where a text names something, as a model says."""

    start: int
    end: int
    """The first character after it."""
    entity: str
    """The kind of personal data, as `pii` calls it: `PERSON`, `LOCATION` …"""
    score: float
    """How sure the model is, from 0 to 1; of a library that gives no score, a constant."""


@dataclass(frozen=True)
class NerModel:
    """A loaded model that finds names in texts."""

    name: str
    """As its own files call it."""
    version: str
    """As its own files say; empty if they say none."""
    library: Literal["spacy", "transformers", "gliner"]
    library_version: str
    sha256: str
    """Digest of its files."""
    language: str | None
    """The language that it was trained for, as the plan or its files say; None if neither does."""
    entities: tuple[str, ...]
    """The kinds of personal data that its labels stand for, sorted."""
    other_labels: tuple[str, ...]
    """Its labels that stand for no kind, so that what it marks with them is not counted."""
    find: Callable[[Sequence[str]], tuple[tuple[NamedSpan, ...], ...]]
    """What is in each of some texts, in the order of its characters; any number of texts, of any length."""


@dataclass(frozen=True)
class NerModels:
    """Models that look through the same texts."""

    ref: DatasetRef
    """Its digest is that of the model's files; of several models, of the sorted (digest, name) pairs."""
    models: tuple[NerModel, ...]


@dataclass(frozen=True)
class TextClassifier:
    """A model that says of a text whether something is in it."""

    ref: DatasetRef
    positive: tuple[str, ...]
    """Its labels that mean yes."""
    threshold: float
    """The score from which on it says yes."""
    scores: Callable[[Sequence[str]], list[float]]
    """Of each text, from 0 to 1: the highest of its stretches, each as long as the model reads."""


@dataclass(frozen=True)
class TrackedRuns:
    """Training runs as a tool has tracked them, streamed."""

    ref: DatasetRef
    read: Callable[[], Iterator[Run | Unread]]
    """Reads them from the start, each id once, and what could not be read among them."""


@dataclass(frozen=True)
class Dossiers:
    """Other dossiers, whose numbers, decisions and signatures are counted."""

    ref: DatasetRef
    counted: tuple[CountedDossier, ...]
    """Those that were read; one may be there twice."""
    refused: tuple[tuple[str, str], ...] = ()
    """Those that do not verify and are not counted, each with its place and why."""
    believed: bool = False
    """Whether a trust file said whose signatures count; if not, every signature that is there does."""


Source = (
    Predictions
    | Table
    | Texts
    | Interactions
    | Target
    | Model
    | LanguageModel
    | Calibrated
    | DetectorCalibrated
    | JudgementFile
    | NerModels
    | TextClassifier
    | TrackedRuns
    | Dossiers
)
