"""`cardwright init`: looks at a file, proposes what each column is and why, and writes a plan that runs.

It guesses from names and values, says so, and asks. A guess that nobody confirmed is written as `?`, which `run` refuses by name:
a wrong label makes every number wrong, and looks the same.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cardwright.dossier import contents, store
from cardwright.errors import SourceError, StoreError, UsageError, did_you_mean
from cardwright.files import disk
from cardwright.policy.policy import Policy
from cardwright.record.base import label as as_label
from cardwright.record.details import FIELDS
from cardwright.sources.files import FileRows, open_rows
from cardwright.sources.results import Reader, recognised

Ask = Callable[[str, str | None], str | None]
"""Asks a person a question with a proposal; None if nobody can be asked."""

LOOKED_AT = 200_000
"""How many rows are looked at for a guess."""

_LABEL = re.compile(
    r"^(y|label|target|outcome|class|y_true|ground_?truth|truth|actual|response)$|label|target|outcome|approv|hired|default|churn|fraud|admit|readmi|income|survived",
    re.I,
)
_SCORE = re.compile(r"score|prob|^p_|^p$|_p$|proba|risk|confidence|likelihood|y_hat|yhat", re.I)
_PREDICTION = re.compile(r"pred|decision|y_pred|yhat|y_hat|classified|predicted", re.I)
_SENSITIVE = re.compile(
    r"race|ethnic|sex|gender|age_?(band|group|range|cat)|nationalit|religio|disab|marital|pregnan|veteran|orientation|caste",
    re.I,
)
_ID = re.compile(
    r"(^|_)(id|uuid|key|index|application|applicant|customer|person|patient|user|case|row)(_?(id|no|nr|number))?$", re.I
)
_TURNED = re.compile(r"default|risk|fraud|den(?:y|ied|ial)|churn|reject|fail|readmi|delinq|recid", re.I)
"""Words of a column whose probability may be that of the bad outcome: which way it points is a question to a person."""
_PERSON = re.compile(
    r"(^|_)(person|patient|customer|subject|applicant|client|user|member)s?(_?(id|no|nr|number|key))?$", re.I
)
_NEAR_KEY = 0.2
"""From this share of different values on, a column that repeats some may name persons."""
_GOOD = re.compile(r"approv|hired|accept|admit|grant|pass|success|survived|paid|select|eligible", re.I)
_BAD = re.compile(r"reject|default|churn|fraud|denied|deny|refus|fail|readmi|delinq|recid", re.I)
_TEXT_COLUMNS = {"prompt", "response", "messages", "completion", "answer", "question"}


@dataclass(frozen=True)
class ColumnSeen:
    """What a look at a column shows."""

    name: str
    type: str
    values: tuple[str, ...]
    """Its values, at most 25 of them; more are counted in `distinct`."""
    distinct: int
    missing: int
    least: float | None
    greatest: float | None
    counted: int = 0
    """How many of its cells were counted; more rows are not, once it has shown more than 2,000 values."""

    @property
    def fraction(self) -> bool:
        """Whether it holds numbers that need not be whole."""
        return self.type.startswith(("double", "float"))

    @property
    def number(self) -> bool:
        """Whether it holds numbers."""
        return self.type.startswith(("int", "uint", "double", "float"))

    @property
    def unit_interval(self) -> bool:
        """Whether its values are numbers between 0 and 1, and more than a few."""
        return (
            self.number
            and self.least is not None
            and self.least >= 0
            and (self.greatest or 0) <= 1
            and self.distinct > 10
        )


@dataclass(frozen=True)
class Guess:
    """What a column is taken for, and why."""

    value: str
    why: str
    sure: bool


@dataclass
class Done:
    """What `init` has written."""

    plan: Path
    written: list[Path] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def look(rows: FileRows) -> list[ColumnSeen]:
    """A look at every column of the first rows."""
    counters: dict[str, Counter[str]] = {name: Counter() for name in rows.schema.names}
    missing: Counter[str] = Counter()
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    seen = 0
    for batch in rows.batches():
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            values = column.drop_null()
            missing[name] += column.null_count
            if len(counters[name]) <= 2000:
                counts = values.value_counts()
                for value, count in zip(counts.field(0).to_pylist(), counts.field(1).to_pylist(), strict=True):
                    if isinstance(value, str | int | float | bool):
                        counters[name][as_label(value)] += count
            if len(values) and str(column.type).startswith(("int", "uint", "double", "float")):
                import pyarrow.compute as pc

                ends = pc.min_max(values).as_py()
                if ends["min"] is not None:
                    low[name] = min(low.get(name, ends["min"]), ends["min"])
                    high[name] = max(high.get(name, ends["max"]), ends["max"])
        seen += batch.num_rows
        if seen >= LOOKED_AT:
            break
    return [
        ColumnSeen(
            name=name,
            type=str(rows.schema.field(name).type),
            values=tuple(
                value for value, _ in sorted(counters[name].items(), key=lambda item: (-item[1], item[0]))[:25]
            ),
            distinct=len(counters[name]),
            missing=missing[name],
            least=low.get(name),
            greatest=high.get(name),
            counted=sum(counters[name].values()),
        )
        for name in rows.schema.names
    ]


def init(
    directory: Path,
    source: Path | None,
    kind: str | None,
    given: Mapping[str, str],
    ask: Ask,
    *,
    yes: bool = False,
    force: bool = False,
) -> Done:
    """Write `assessment.yaml` and `details.yaml` into a folder, and copy the evidence beside them.

    Parameters
    ----------
    given:
        Answers by question, e.g. `{"label": "approved"}`.
    yes:
        Take the guesses that are sure without asking.

    Raises
    ------
    UsageError
        If an answer answers no question or names a missing column.
    StoreError
        If the folder holds a plan already.
    """
    plan = directory / "assessment.yaml"
    if plan.exists() and not force:
        raise StoreError(
            "there is a plan already, and it is not overwritten",
            where=str(plan),
            do="Name another folder, or add --force.",
        )
    columns: list[ColumnSeen] = []
    if source is not None:
        if not source.exists():
            raise SourceError("no such file", where=str(source), do="Check the path after --from.")
        reader = recognised(source)
        if reader is None:
            columns = look(open_rows(source))
        elif kind not in (None, "llm"):
            raise UsageError(
                f"these are results of {reader.title}, which hold exchanges with an assistant",
                where=str(source),
                do="Leave --kind out, or write --kind llm.",
            )
        else:
            kind = "llm"
    kind = kind or _kind(columns)
    questions = _QUESTIONS[kind]
    unknown = [key for key in given if key not in questions]
    if unknown:
        raise UsageError(
            f'init asks no question "{unknown[0]}" for a {kind} assessment', do=did_you_mean(unknown[0], questions)
        )
    done = Done(plan=plan)
    answers = _Answers(columns, given, ask, yes, done)
    text, policy = _WRITERS[kind](answers, source, directory)
    files = {plan: text, directory / "details.yaml": details_scaffold(contents.policy_of(policy), kind)}
    if source is not None:
        store.copy(source, directory / "data" / source.name, force=force)
        done.written.append(directory / "data" / source.name)
    for path, content in files.items():
        if path.name == "details.yaml" and path.exists():
            continue  # a person's words are never overwritten
        disk.write_file(path, content.encode("utf-8"))
        done.written.append(path)
    return done


def _kind(columns: list[ColumnSeen]) -> str:
    names = {column.name.lower() for column in columns}
    if "messages" in names or len(names & _TEXT_COLUMNS) >= 2:
        return "llm"
    predicted = any(c.unit_interval and _SCORE.search(c.name) for c in columns) or any(
        _PREDICTION.search(c.name) for c in columns
    )
    return "tabular" if predicted or not columns else "dataset"


class _Answers:
    """Asks each question once: what was given, else what a person says, else the guess where it is sure, else `?`."""

    def __init__(self, columns: list[ColumnSeen], given: Mapping[str, str], ask: Ask, yes: bool, done: Done) -> None:
        self.columns = {column.name: column for column in columns}
        self.given = given
        self.ask = ask
        self.yes = yes
        self.done = done

    def answer(
        self, key: str, question: str, guess: Guess | None, *, column: bool = False, optional: bool = False
    ) -> str | None:
        """The answer; None if an optional question has none."""
        text = self.given.get(key)
        if text is None:
            said = self.ask(
                question + (f" ({guess.why})" if guess else ""),
                guess.value if guess else ("none" if optional else None),
            )
            text = said.strip() if said is not None else None
        if text is None and guess is not None:
            note = f"{key}: {guess.value} ({guess.why})"
            if self.yes and guess.sure:
                self.done.notes.append(f"taken  {note}")
                text = guess.value
            else:
                self.done.notes.append(f"guess  {note}")
        if text is None and optional and guess is None:
            return None
        if optional and text is not None and text.lower() in ("none", ""):
            return None
        if text is None or text == "?":
            self.done.open.append(key)
            return "?"
        if column:
            for name in re.split(r"\s*,\s*", text):
                if self.columns and name not in self.columns:
                    raise UsageError(
                        f'no column is called "{name}"', where=f"answer to {key}", do=did_you_mean(name, self.columns)
                    )
        return text


def _first(columns: list[ColumnSeen], test: Callable[[ColumnSeen], bool], why: str, sure: bool) -> Guess | None:
    candidates = [column for column in columns if test(column)]
    return Guess(candidates[0].name, why, sure and len(candidates) == 1) if candidates else None


def _guess_label(columns: list[ColumnSeen]) -> Guess | None:
    few = [
        c
        for c in columns
        if 2 <= c.distinct <= 20
        and not _SENSITIVE.search(c.name)
        and not _PREDICTION.search(c.name)
        and not _ID.search(c.name)
    ]
    named = [c for c in few if _LABEL.search(c.name)]
    exact = [c for c in named if c.distinct == 2] or named
    if exact:
        return Guess(exact[0].name, f"its name, and {exact[0].distinct} values", len(exact) == 1)
    two = [c for c in few if c.distinct == 2]
    return Guess(two[0].name, "it has two values", False) if two else None


def _guess_score(columns: list[ColumnSeen]) -> Guess | None:
    guess = _named_score(columns)
    if guess is not None and _TURNED.search(guess.value):
        return Guess(
            guess.value, f"{guess.why}; it may be the probability of the bad outcome: then store 1 - it first", False
        )
    return guess


def _guess_person(columns: list[ColumnSeen]) -> Guess | None:
    """The column whose equal values are one person: one with a person's name, or a near-key, that repeats."""
    repeated = [c for c in columns if 20 < c.distinct < c.counted and not c.fraction]
    named = [c for c in repeated if _PERSON.search(c.name)]
    keys = [c for c in repeated if _ID.search(c.name) and c.distinct >= _NEAR_KEY * c.counted]
    found = named or keys
    return Guess(found[0].name, "its values repeat, so rows of one may not be independent", False) if found else None


def _named_score(columns: list[ColumnSeen]) -> Guess | None:
    return _first(
        columns,
        lambda c: c.unit_interval and bool(_SCORE.search(c.name)),
        "numbers between 0 and 1, and its name",
        True,
    ) or _first(columns, lambda c: c.unit_interval, "numbers between 0 and 1", False)


def guess_favourable(seen: ColumnSeen | None) -> Guess | None:
    """Which of two outcomes is good for the person, by the column's name and its values; None if nothing says."""
    if seen is None or seen.distinct != 2:
        return None
    values = set(seen.values)
    if values == {"0", "1"}:
        if _GOOD.search(seen.name):
            return Guess("1", f"1 reads as the good outcome of {seen.name}", True)
        if _BAD.search(seen.name) or _TURNED.search(seen.name):
            # Never sure: a wrong guess turns the sign of every gap, and looks the same.
            return Guess("0", f"1 reads as the bad outcome of {seen.name}", False)
        return Guess("1", "1 is often the good outcome", False)
    good = [value for value in seen.values if _GOOD.search(value) or value.lower() in ("yes", "true", "good")]
    return Guess(good[0], "it reads as the good outcome", len(good) == 1) if good else None


def _guess_sensitive(columns: list[ColumnSeen]) -> Guess | None:
    names = [c.name for c in columns if _SENSITIVE.search(c.name) and 2 <= c.distinct <= 30]
    return Guess(", ".join(names), "by their names", True) if names else None


def _columns_hint(columns: list[ColumnSeen]) -> str:
    return ", ".join(c.name for c in columns[:14]) + (" …" if len(columns) > 14 else "")


def _quote(text: str) -> str:
    if text == "?":
        return text
    return (
        text
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./-]*", text)
        and text.lower() not in ("yes", "no", "null", "true", "false", "on", "off", "y", "n")
        else json.dumps(text, ensure_ascii=False)
    )


def _listed(text: str) -> str:
    return text if text == "?" else "[" + ", ".join(_quote(name) for name in re.split(r"\s*,\s*", text)) + "]"


def _name(answers: _Answers, directory: Path) -> tuple[str, str]:
    folder = re.sub(r"[^a-z0-9_.-]+", "-", directory.absolute().name.lower()).strip("-._") or "model"
    name = answers.answer("name", "What is it called", Guess(folder, "the folder's name", True)) or "?"
    version = answers.given.get("version", "0.1.0")
    return name, version


_HEAD = """\
# The plan: what is judged, on which evidence, by which policy. Every key is explained by `cardwright schema assessment`.
schema: cardwright/assessment/1
"""


def _tabular(answers: _Answers, source: Path | None, directory: Path) -> tuple[str, str]:
    columns = list(answers.columns.values())
    name, version = _name(answers, directory)
    label = (
        answers.answer(
            "label", f"Which column is the true outcome? {_columns_hint(columns)}", _guess_label(columns), column=True
        )
        or "?"
    )
    guess = _guess_score([c for c in columns if c.name != label])
    if guess is None and any(_PREDICTION.search(c.name) for c in columns):
        prediction = answers.answer(
            "prediction",
            "Which column is the model's decision?",
            _first(columns, lambda c: bool(_PREDICTION.search(c.name)), "its name", True),
            column=True,
        )
        said = f"    prediction: {_quote(prediction or '?')}      # the model's decision\n"
    elif "prediction" in answers.given:
        prediction = answers.answer("prediction", "Which column is the model's decision?", None, column=True)
        said = f"    prediction: {_quote(prediction or '?')}      # the model's decision\n"
    else:
        score = answers.answer("score", "Which column is the model's score (a probability)?", guess, column=True) or "?"
        threshold = (
            answers.answer("threshold", "From which score on is the decision favourable?", Guess("0.5", "usual", True))
            or "?"
        )
        said = f"    score: {_quote(score)}      # probability of the favourable outcome\n"
        said += f"    threshold: {threshold}      # favourable if score >= threshold\n"
    favourable = (
        answers.answer(
            "favourable", "Which outcome is good for the person?", guess_favourable(answers.columns.get(label))
        )
        or "?"
    )
    sensitive = (
        answers.answer(
            "sensitive",
            "Which columns are sensitive attributes (comma-separated)?",
            _guess_sensitive(columns),
            column=True,
            optional=False,
        )
        or "?"
    )
    unit = (
        answers.answer(
            "unit", "What is one row: an application, a person, a visit?", Guess("row", "one row, one case", True)
        )
        or "row"
    )
    rest = _rest(answers, columns)
    policy = (
        answers.answer("policy", "By which policy: research or production?", Guess("production", "the stricter", True))
        or "production"
    )
    file = f"data/{source.name}" if source is not None else "?"
    if source is None:
        answers.done.open.append("predictions")
    return (
        f"""{_HEAD}subject:
  kind: model
  name: {_quote(name)}
  version: {_quote(version)}
  # Nobody can tell later what was judged without the model's bytes. Put its file here in place of `reference`:
  # files: [model.skops]
  reference: {{provider: not stated, model_id: {_quote(name)}}}
details: details.yaml
sources:
  test:
    predictions: {_quote(file)}
    label: {_quote(label)}      # the true outcome
{said}    favourable: {_quote(favourable)}      # the outcome that is good for the person
    sensitive: {_listed(sensitive)}
    unit: {_quote(unit)}
{rest}evaluate:
  - performance: {{source: test}}
  - fairness: {{source: test}}
  - pii: {{source: test}}
  - data_profile: {{source: test}}
policy: {_quote(policy)}
""",
        policy if policy != "?" else "production",
    )


def _rest(answers: _Answers, columns: list[ColumnSeen]) -> str:
    """Lines of the fields that are written if somebody answers them; persons are asked about where a column repeats."""
    guess = _guess_person(columns)
    found = {}
    if guess is not None or "person" in answers.given:
        found["person"] = answers.answer(
            "person",
            "Whose rows belong together: which column names the person (none if every row is its own)?",
            guess,
            column=True,
            optional=True,
        )
    for key in ("weight", "strata", "features"):
        if key in answers.given:
            found[key] = answers.answer(key, f"Which column is `{key}`?", None, column=True, optional=True)
    lines = [
        f"    {key}: {_listed(said) if key in ('strata', 'features') else _quote(said)}\n"
        for key, said in found.items()
        if said is not None
    ]
    return "".join(lines)


def _dataset(answers: _Answers, source: Path | None, directory: Path) -> tuple[str, str]:
    columns = list(answers.columns.values())
    name, version = _name(answers, directory)
    label = answers.answer(
        "label",
        f"Which column is the label, if any? {_columns_hint(columns)}",
        _guess_label(columns),
        column=True,
        optional=True,
    )
    favourable = None
    if label is not None:
        favourable = answers.answer(
            "favourable",
            "Which label is good for the person?",
            guess_favourable(answers.columns.get(label)),
            optional=True,
        )
    sensitive = answers.answer(
        "sensitive",
        "Which columns are sensitive attributes (comma-separated)?",
        _guess_sensitive(columns),
        column=True,
        optional=True,
    )
    unit = answers.answer("unit", "What is one row?", Guess("row", "one row, one case", True)) or "row"
    policy = answers.answer("policy", "By which policy?", Guess("dataset", "the one for datasets", True)) or "dataset"
    file = f"data/{source.name}" if source is not None else "?"
    if source is None:
        answers.done.open.append("table")
    lines = [f"    table: {_quote(file)}"]
    if label is not None:
        lines.append(f"    label: {_quote(label)}")
    if favourable is not None:
        lines.append(f"    favourable: {_quote(favourable)}")
    if sensitive is not None:
        lines.append(f"    sensitive: {_listed(sensitive)}")
    lines.append(f"    unit: {_quote(unit)}")
    evaluate = ["  - data_profile: {source: data}"]
    if label is not None and sensitive is not None and favourable is not None:
        evaluate.append("  - fairness: {source: data}")
    evaluate.append("  - pii: {source: data}")
    return (
        f"""{_HEAD}subject:
  kind: dataset
  name: {_quote(name)}
  version: {_quote(version)}
  files: [{_quote(file)}]
details: details.yaml
sources:
  data:
{chr(10).join(lines)}
evaluate:
{chr(10).join(evaluate)}
policy: {_quote(policy)}
""",
        policy if policy != "?" else "dataset",
    )


def _llm(answers: _Answers, source: Path | None, directory: Path) -> tuple[str, str]:
    name, version = _name(answers, directory)
    reader = recognised(source) if source is not None else None
    if reader is not None:
        answers.done.notes.append(f"read   {reader.title}, versions {reader.versions}")
    has_intent = "intent" in answers.columns if reader is None else _says_intent(reader, source)
    intent = None
    if not has_intent:
        intent = (
            answers.answer(
                "intent",
                "What are these exchanges: attack, benign or observed?",
                Guess("observed", "recorded in use", False),
            )
            or "?"
        )
    provider = (
        answers.answer("provider", "Who hosts the model?", Guess("self-hosted", "nothing else is known", False)) or "?"
    )
    policy = (
        answers.answer("policy", "By which policy?", Guess("assistant", "the one for assistants", True)) or "assistant"
    )
    file = f"data/{source.name}" if source is not None else "?"
    if source is None:
        answers.done.open.append("interactions")
    role = {"attack": "attacks", "benign": "benign", "observed": "observed"}.get(
        intent or "", "attacks" if has_intent else "observed"
    )
    said = f"\n    format: {reader.name}" if reader is not None else ""
    said += f"\n    intent: {_quote(intent)}" if intent is not None else ""
    return (
        f"""{_HEAD}subject:
  kind: system
  name: {_quote(name)}
  version: {_quote(version)}
  # For a system whose prompt and tools are files, name them: components: [{{role: prompt, path: prompt.txt}}]
  reference: {{provider: {_quote(provider)}, model_id: {_quote(name)}}}
details: details.yaml
sources:
  {role}:
    interactions: {_quote(file)}{said}
evaluate:
  - safety: {{source: {role}}}
  - pii: {{source: {role}}}
policy: {_quote(policy)}
""",
        policy if policy != "?" else "assistant",
    )


def _says_intent(reader: Reader, source: Path | None) -> bool:
    """Whether the tool's rows say themselves what they are for, as an attack tool's do."""
    assert source is not None
    first = next(reader.read(source, source.name), None)
    return first is not None and "intent" in first.row


_WRITERS: dict[str, Callable[[_Answers, Path | None, Path], tuple[str, str]]] = {
    "tabular": _tabular,
    "dataset": _dataset,
    "llm": _llm,
}
_QUESTIONS: dict[str, tuple[str, ...]] = {
    "tabular": (
        "name",
        "version",
        "label",
        "score",
        "prediction",
        "threshold",
        "favourable",
        "sensitive",
        "unit",
        "person",
        "weight",
        "strata",
        "features",
        "policy",
    ),
    "dataset": ("name", "version", "label", "favourable", "sensitive", "unit", "policy"),
    "llm": ("name", "version", "intent", "provider", "policy"),
}
"""What can be answered; of `score` + `threshold` and `prediction` one is asked, so that there are at most eight questions."""


def details_scaffold(policy: Policy, kind: str) -> str:
    """`details.yaml` with the fields that the policy needs, each with its question, a good and a bad answer, and who answers."""
    lines = [
        "# What only people can say. Fill in what you know; an empty field is printed as *not provided*.",
        f"# These are the fields that the policy {policy.name} needs; `cardwright schema details` lists all.",
        "schema: cardwright/details/1",
        "stated_by:            # your name and role, e.g. A. Okafor, model owner",
        "stated_on:            # the day, e.g. 2026-11-23",
    ]
    for name in policy.needed_details():
        spec = FIELDS[name]
        lines += [
            "",
            *textwrap.wrap(
                f"{spec.title} ({spec.who.replace('_', ' ')}): {spec.question}",
                100,
                initial_indent="# ",
                subsequent_indent="# ",
            ),
        ]
        lines += textwrap.wrap(
            f"Good: {spec.good}", 100, initial_indent="#   ", subsequent_indent="#     ", break_long_words=False
        )
        lines += textwrap.wrap(f"Not helpful: {spec.bad}", 100, initial_indent="#   ", subsequent_indent="#     ")
        lines.append(f"{name}:")
    return "\n".join(lines) + "\n"
