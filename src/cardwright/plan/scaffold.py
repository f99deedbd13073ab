"""`cardwright init`: looks at a file, proposes what each column is and why, and writes a plan that runs.

It guesses from names and values, says so, and asks. A guess that nobody confirmed is written as `?`, which `run` refuses by name:
a wrong label makes every number wrong, and looks the same.
"""

from __future__ import annotations

import csv
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from cardwright.dossier import contents, store
from cardwright.errors import PlanError, SourceError, StoreError, UsageError, did_you_mean, nearest
from cardwright.files import disk, yamltext
from cardwright.plan import guesses
from cardwright.plan.assessment import AssessmentFile
from cardwright.plan.editor_hints import hint
from cardwright.plan.guesses import Guess
from cardwright.plan.looking import ColumnSeen, look
from cardwright.policy.policy import Policy
from cardwright.record.details import FIELDS
from cardwright.sources import databases, network
from cardwright.sources.database_address import PORTS, is_database, parse_address
from cardwright.sources.files import open_rows, sha256_of_path
from cardwright.sources.refusals import column_hint, refuse_data_as_names, require_favourable
from cardwright.sources.results import Reader, recognised
from cardwright.sources.scratch import scratch
from cardwright.sources.spec import Design, IntentName, band_names

Ask = Callable[[str, str | None], str | None]
"""Asks a person a question with a proposal; None if nobody can be asked."""

KINDS = ("tabular", "llm", "dataset", "ranking")
"""What `init` writes plans for."""


@dataclass
class Done:
    """What `init` has written."""

    plan: Path
    written: list[Path] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Evidence:
    """The file that the plan will name."""

    path: str
    """As the plan names it; `?` if there is none."""
    lines: tuple[str, ...] = ()
    """What else the plan says of it: the digest of one that is not copied."""
    reader: Reader | None = None
    """The tool whose results it holds."""
    source: Path | None = None


def init(
    directory: Path,
    source: Path | None,
    kind: str | None,
    given: Mapping[str, str],
    ask: Ask,
    *,
    yes: bool = False,
    force: bool = False,
    at: str | None = None,
) -> Done:
    """Write `assessment.yaml` and `details.yaml` into a folder, and put the evidence beside them.

    A file, or a folder of files, of up to `store.COPIED` bytes is copied. A larger one stays where it is: a symbolic link below
    `data/` points to it, and the plan names its digest, so that `run` refuses another.

    Parameters
    ----------
    given:
        Answers by question, e.g. `{"label": "approved"}`.
    yes:
        Take the guesses that are sure without asking.
    at:
        A database, whose table `source` then names; its rows are looked at and stay where they are.

    Raises
    ------
    UsageError
        If an answer fits no question, names a missing column, or is impossible.
    SourceError
        If the file cannot be read, or its first line is data.
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
    reader: Reader | None = None
    digest: str | None = None
    done = Done(plan=plan)
    where = _InDatabase.of(at, source) if at is not None else None
    if where is not None:
        columns, source = where.looked_at(directory), None
        done.notes.append(f"looked at the rows of {where.table}, which stay in their database")
    if source is not None:
        if not source.exists():
            raise SourceError("no such file", where=str(source), do="Check the path after --from.")
        reader = recognised(source)
        if reader is None:
            rows = open_rows(source)
            refuse_data_as_names(rows.schema.names, str(source))
            digest = rows.sha256
            columns = look(rows, rows.num_rows)
        elif kind not in (None, "llm"):
            raise UsageError(
                f"these are results of {reader.title}, which hold exchanges with an assistant",
                where=str(source),
                do="Leave --kind out, or write --kind llm.",
            )
        else:
            kind = "llm"
    if kind is None:
        guess = _kind_asked(given) or guesses.guess_kind(columns)
        kind = guess.value
        rest = ", ".join(other for other in KINDS if other != kind)
        said = f"kind: {_KIND_WORDS[kind]} ({guess.why})"
        done.notes.append(f"taken  {said}" if guess.sure else f"guess  {said}; if it is not, say --kind: {rest}")
    known = (*_QUESTIONS[kind], *_SUBJECT_FIELDS, *_PLAN_FIELDS)
    unknown = [key for key in given if key not in known]
    if unknown:
        others = [other for other in KINDS if unknown[0] in _QUESTIONS[other]]
        raise UsageError(
            f'init asks no question "{unknown[0]}" for a {kind} assessment',
            do=f"Say --kind {' or '.join(others)} if it is one." if others else did_you_mean(unknown[0], known),
        )
    if where is not None and kind == "dataset":
        raise UsageError(
            "a dataset is told from another by its files, and a table has none",
            where="--at",
            do="Write its rows to a Parquet file, and name that with --from; or say --kind tabular if they are predictions.",
        )
    answers = _Answers(columns, given, ask, yes, done)
    target = None if source is None else directory / "data" / _file_name(source)
    large = source is not None and store.size_of(source) > store.COPIED
    if large and digest is None and source is not None:
        digest = sha256_of_path(source)
    evidence = _Evidence(
        path="?" if target is None else f"data/{target.name}",
        lines=(f"sha256: {digest}",) if large else (),
        reader=reader,
        source=source,
    )
    if where is not None:
        evidence = _Evidence(path=where.table, lines=(f"at: {_quote(where.at)}",))
    text, policy = _WRITERS[kind](answers, evidence, directory)
    if where is not None and where.opened:
        text += f"network:\n  allow: [{_quote(where.opened)}]\n"
    unused = [key for key in given if key not in answers.used]
    if unused:
        raise UsageError(
            "this plan has no place for it beside the other answers and what the file holds",
            where=f"answer to {unused[0]}",
            do="Leave it out, or look at what was taken: run init without it.",
        )
    if not done.open:
        _check(text, plan)
    details = details_scaffold(contents.policy_of(policy), kind)
    if source is not None and target is not None:
        linked = large and store.link(source, target, force=force)
        if not linked:
            store.copy(source, target, force=force)
        done.written.append(target)
        if linked:
            done.notes.append(
                f"linked {target}: a file of {store.size_of(source) / 1e6:.0f} MB is not copied; the plan names its digest"
            )
    hinted = {plan: f"{hint('assessment')}\n{text}", directory / "details.yaml": f"{hint('details')}\n{details}"}
    for path, content in hinted.items():
        if path.name == "details.yaml" and path.exists():
            continue  # a person's words are never overwritten
        disk.write_file(path, content.encode("utf-8"))
        done.written.append(path)
    return done


@dataclass(frozen=True)
class _InDatabase:
    """A table that the plan will name."""

    at: str
    table: str
    server: tuple[str, int] | None
    """Host and port beyond this machine; whoever names them here opens them."""

    @classmethod
    def of(cls, at: str, table: Path | None) -> _InDatabase:
        if table is None:
            raise UsageError("which table is not said", where="--at", do="Name it: --from public.loans.")
        if not is_database(at):
            raise UsageError(
                "only databases are looked at where they are",
                where="--at",
                do="Fetch the file, and name it with --from; `at` can be written in the plan afterwards.",
            )
        try:
            address = parse_address(at)
        except ValueError as exc:
            raise UsageError(f"{exc}".replace("`at`", "the address"), where="--at") from None
        port = address.port or PORTS.get(address.dialect)
        near = address.is_file or address.is_socket or not address.host or network.is_loopback(address.host)
        return cls(at, str(table), None if near or port is None else (address.host, port))

    @property
    def opened(self) -> str:
        """What the plan has to allow."""
        if self.server is None:
            return ""
        host, port = self.server
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def looked_at(self, directory: Path) -> list[ColumnSeen]:
        """Its columns; the rows are copied to a private folder for it, which is gone then."""
        allowed = [self.server] if self.server is not None else []
        with scratch() as folder:
            read = databases.read(self.at, self.table, None, folder, name="test", base=directory, allowed=allowed)
            refuse_data_as_names(read.rows.schema.names, self.table)
            return look(read.rows, read.rows.num_rows)


def _kind_asked(given: Mapping[str, str]) -> Guess | None:
    """The only kind of plan that has a place for an answer that was given."""
    for kind, keys in {
        "ranking": ("query", "relevance", "rank"),
        "tabular": ("score", "prediction", "threshold", "score_scale"),
        "llm": ("provider", "intent"),
    }.items():
        for key in keys:
            if key in given:
                return Guess(kind, f"{key} was answered", True)
    return None


def _file_name(source: Path) -> str:
    """The name of the evidence in the plan's folder: that of the file, without what a plan cannot name."""
    name = re.sub(r"[^\w.=+-]+", "-", source.absolute().name).strip("-.")
    return name or "rows" + source.suffix.lower()


def _check(text: str, plan: Path) -> None:
    """Refuse answers with which the plan would not be one, before anything is written.

    Raises
    ------
    UsageError
    """
    try:
        yamltext.to_model(AssessmentFile, yamltext.parse(text.encode("utf-8"), where=str(plan)))
    except PlanError as exc:
        raise UsageError(f"the plan would not be valid: {exc.what}", where="the answers", do=exc.do) from exc


# --- questions and answers ----------------------------------------------------------------------------------------------


class _Answers:
    """Asks each question once: what was given, else what a person says, else the guess where it is sure, else `?`."""

    def __init__(
        self, columns: Sequence[ColumnSeen], given: Mapping[str, str], ask: Ask, yes: bool, done: Done
    ) -> None:
        self.columns = {column.name: column for column in columns}
        self.given = given
        self.ask = ask
        self.yes = yes
        self.done = done
        self.used = {"version", "author"}

    def answer(
        self,
        key: str,
        question: str,
        guess: Guess | None,
        *,
        optional: bool = False,
        accepted: Sequence[str] = (),
    ) -> str | None:
        """The answer; None if an optional question has none."""
        text = self.given.get(key)
        self.used.add(key)
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
        if optional and text is not None and text.lower() in ("none", "") and text not in self.columns:
            return None
        if text is None or text == "?":
            self.done.open.append(key)
            return "?"
        if accepted and text not in accepted:
            near = nearest(text, accepted)
            raise UsageError(
                f'"{text}" is not accepted',
                where=f"answer to {key}",
                do=(f'Did you mean "{near}"? ' if near is not None else "") + f"Accepted: {', '.join(accepted)}.",
            )
        return text

    def column(self, key: str, question: str, guess: Guess | None, *, optional: bool = False) -> str | None:
        """The name of one column, as the file has it."""
        text = self.answer(key, question, guess, optional=optional)
        return text if text is None or text == "?" else self._named(key, text)

    def several(self, key: str, question: str, guess: Guess | None, *, optional: bool = True) -> list[str] | None:
        """Names of columns; None if there are none, `["?"]` if nobody said."""
        text = self.answer(key, question, guess, optional=optional)
        if text is None or text == "?":
            return text if text is None else ["?"]
        if self._find(text) is not None:
            return [self._named(key, text)]
        names = next(csv.reader([text], skipinitialspace=True), [])
        return list(dict.fromkeys(self._named(key, name) for name in names))

    def number(self, key: str, question: str, guess: Guess | None) -> str:
        """A number, as it was written."""
        text = self.answer(key, question, guess) or "?"
        if text != "?" and _number(text) is None:
            raise UsageError(f'"{text}" is not a number', where=f"answer to {key}", do="Write one, such as 0.5.")
        return text

    def _find(self, text: str) -> str | None:
        """The column that a text names: exactly, or but for blanks around it and case, if only one is."""
        if not self.columns or text in self.columns:
            return text
        bare = text.strip()
        same = [name for name in self.columns if name.strip() == bare]
        same = same or [name for name in self.columns if name.strip().casefold() == bare.casefold()]
        return same[0] if len(same) == 1 else None

    def _named(self, key: str, text: str) -> str:
        found = self._find(text)
        if found is None:
            raise UsageError(
                f'no column is called "{text.strip()}"',
                where=f"answer to {key}",
                do=column_hint(text, list(self.columns)),
            )
        return found


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if found - found == 0 else None


def _columns_hint(columns: Sequence[ColumnSeen]) -> str:
    return ", ".join(c.name for c in columns[:14]) + (" …" if len(columns) > 14 else "")


# --- YAML ---------------------------------------------------------------------------------------------------------------


def _quote(text: str) -> str:
    if text == "?":
        return text
    return (
        text
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./-]*", text)
        and text.lower() not in ("yes", "no", "null", "true", "false", "on", "off", "y", "n")
        else '"' + "".join(map(_escaped, text)) + '"'
    )


def _escaped(character: str) -> str:
    """A character between double quotes in YAML, which folds lines at more characters than JSON, and has no surrogates."""
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _listed(names: Sequence[str]) -> str:
    return "?" if list(names) == ["?"] else "[" + ", ".join(map(_quote, names)) + "]"


def _line(key: str, value: str, comment: str = "", *, to_delete: str = "") -> str:
    """A line of a source; one that is open says what it asks, and when the right answer is to delete it."""
    if value == "?" and to_delete:
        comment = f"{comment}; delete this line if {to_delete}" if comment else f"delete this line if {to_delete}"
    return f"    {key}: {value}" + (f"      # {comment}" if comment else "") + "\n"


_HEAD = """\
# The plan: what is judged, on which evidence, by which policy. Every key is explained by `cardwright schema assessment`.
schema: cardwright/assessment/1
"""


def _subject(answers: _Answers, directory: Path, kind: str, extra: str) -> tuple[str, str]:
    """The subject's lines, and its name."""
    folder = re.sub(r"[^a-z0-9_.-]+", "-", directory.absolute().name.lower()).strip("-._")[:80] or "model"
    name = answers.answer("name", "What is it called", Guess(folder, "the folder's name", True)) or "?"
    version = answers.given.get("version", "0.1.0")
    lines = [f"  kind: {kind}\n", f"  name: {_quote(name)}\n", f"  version: {_quote(version)}\n"]
    for key, (accepted, many) in _SUBJECT_FIELDS.items():
        if key in answers.given:
            said = answers.answer(key, f"What is `{key}`?", None, accepted=accepted) or "?"
            bare = accepted == ("true", "false")
            lines.append(f"  {key}: {said if bare else _listed(_split(said)) if many else _quote(said)}\n")
    top = "".join(
        f"{key}: {_quote(answers.given[key]) if key == 'author' else answers.number(key, '', None)}\n"
        for key in _PLAN_FIELDS
        if key in answers.given
    )
    return f"{top}subject:\n{''.join(lines)}{extra.replace('NAME', _quote(name))}details: details.yaml\n", name


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _policy(answers: _Answers, proposal: str, why: str) -> tuple[str, str]:
    """The policy as the plan names it, and the one whose questions are asked."""
    said = answers.answer("policy", "By which policy?", Guess(proposal, why, True)) or proposal
    return said, proposal if said == "?" else said


# --- parts of the sources of rows ---------------------------------------------------------------------------------------


def _sensitive(answers: _Answers, columns: Sequence[ColumnSeen], *, optional: bool) -> tuple[str, list[str]]:
    """The lines of the sensitive attributes, and the attributes: none, `?`, or columns and bands of columns."""
    names = answers.several(
        "sensitive",
        "Which columns are sensitive attributes (comma-separated; none if no row is about a person)?",
        guesses.guess_sensitive(columns),
        optional=True,
    )
    if names is None and not optional and "sensitive" not in answers.given:
        answers.done.open.append("sensitive")
        names = ["?"]
    if names is None:
        return "", []
    if names == ["?"]:
        comment = "columns of groups of people, e.g. [sex, age_band]"
        without = "no row is about a person, and the evaluation `fairness` with it"
        return _line("sensitive", "?", comment, to_delete=without), ["?"]
    to_band = [name for name in names if _needs_bands(answers, name)]
    if (
        not to_band and "bands" in answers.given
    ):  # few numbers make groups as they are, unless somebody wants bands of them
        numbers = [name for name in names if name in answers.columns and answers.columns[name].number]
        to_band = numbers if len(numbers) == 1 else []
    banded = {name: _bands(answers, answers.columns[name]) for name in to_band}
    if not banded:
        return _line("sensitive", _listed(names)), names
    lines = ["    sensitive:\n"]
    attributes = []
    for name in names:
        if name not in banded:
            lines.append(f"      {_quote(name)}: {{}}\n")
            attributes.append(name)
            continue
        own = next(
            n for n in (f"{name.strip()}_band{more}" for more in ("", *range(2, 99))) if n not in answers.columns
        )
        lines.append(f"      {_quote(own)}:\n        column: {_quote(name)}\n        bands: {banded[name]}\n")
        attributes.append(own)
    return "".join(lines), attributes


def _needs_bands(answers: _Answers, name: str) -> bool:
    seen = answers.columns.get(name)
    if seen is None:
        return False
    if not seen.number and seen.distinct > _MOST_GROUPS:
        raise UsageError(
            f'"{name}" has more than {_MOST_GROUPS} different values, which are not groups',
            where="answer to sensitive",
            do="Put its values into groups first (places into regions), or name another column.",
        )
    return seen.number and (guesses.is_age(seen) or seen.distinct > (30 if seen.whole else 10))


_MOST_GROUPS = 200


def _bands(answers: _Answers, seen: ColumnSeen) -> str:
    """Where the bands of a column begin, as a list, or `?`."""
    edges = guesses.guess_bands(seen)
    age = guesses.is_age(seen)
    why = (
        f"{'decades of age' if age else 'quartiles'} of {seen.name} with enough rows each: {', '.join(band_names(edges))}"
        if edges
        else ""
    )
    guess = Guess(", ".join(f"{edge:g}" for edge in edges), why, age) if edges else None
    said = answers.answer("bands", f"Where do bands of {seen.name} begin (numbers, comma-separated)?", guess) or "?"
    if said == "?":
        return "?      # where each band begins, e.g. [30, 50]"
    numbers = [_number(part) for part in re.split(r"[,/;\s]+", said.strip("[] "))]
    if None in numbers or numbers != sorted({n for n in numbers if n is not None}):
        raise UsageError(
            f'"{said}" is not a list of rising numbers',
            where="answer to bands",
            do="Write --set bands=30,50, for example.",
        )
    return "[" + ", ".join(f"{number:g}" for number in numbers) + "]"


def _favourable(answers: _Answers, label: ColumnSeen | None, question: str, *, optional: bool = False) -> str | None:
    said = answers.answer("favourable", question, guesses.guess_favourable(label), optional=optional)
    if said not in (None, "?") and label is not None and 0 < label.distinct <= len(label.values):
        try:
            require_favourable(said, label.name, dict.fromkeys(label.values, 1), "")
        except SourceError as exc:
            raise UsageError(exc.what, where="answer to favourable", do=exc.do) from exc
    return said


def _rest(answers: _Answers, columns: Sequence[ColumnSeen], keys: Sequence[str]) -> str:
    """Lines of the fields that are written if somebody answers them; persons and weights are asked about where columns say so."""
    found: list[str] = []
    for key in keys:
        guess = None
        if key == "person":
            guess = guesses.guess_person(columns)
        elif key == "weight":
            guess = guesses.guess_weight(columns)
        if guess is None and key not in answers.given:
            continue
        question, comment, without = _FIELD_WORDS.get(key, (f"Which column is `{key}`?", "", ""))
        if key in ("strata", "features"):
            names = answers.several(key, question, None)
            value = None if names is None else _listed(names)
        elif key in ("person", "weight"):
            name = answers.column(key, question, guess, optional=True)
            value = None if name is None else _quote(name)
        else:
            said = answers.answer(key, question, None, optional=True, accepted=_ACCEPTED.get(key, ()))
            value = None if said is None else _quote(said)
        if value is not None:
            found.append(_line(key, value, comment if value == "?" else "", to_delete=without))
    return "".join(found)


_FIELD_WORDS = {
    "person": (
        "Whose rows belong together: which column names the person (none if every row is its own)?",
        "the column that names the person whose rows belong together",
        "every row is a case of its own",
    ),
    "weight": (
        "Which column weighs the rows, as a survey does (none if rows count alike)?",
        "the column of sample weights",
        "rows count alike",
    ),
}
_ACCEPTED: Mapping[str, tuple[str, ...]] = {"design": get_args(Design)}


def _unit(answers: _Answers) -> str:
    said = answers.answer(
        "unit", "What is one row: an application, a person, a visit?", Guess("row", "one row, one case", True)
    )
    return _line("unit", _quote(said or "row"))


def _fairness(answers: _Answers, source: str, attributes: Sequence[str]) -> str:
    """The entry of the fairness evaluation, with the groups that others are compared with."""
    if not attributes:
        return ""
    if "reference" not in answers.given:
        return f"  - fairness: {{source: {source}}}\n"
    answers.used.add("reference")
    chosen: dict[str, str] = {}
    for part in _split(answers.given["reference"]):
        attribute, equals, group = (side.strip() for side in part.partition("="))
        if not equals or not group:
            raise UsageError(
                f'"{part}" names no group of an attribute',
                where="answer to reference",
                do="Write --set reference=race=white.",
            )
        if attributes != ["?"] and attribute not in attributes:
            raise UsageError(
                f'"{attribute}" is not a sensitive attribute of this plan',
                where="answer to reference",
                do=did_you_mean(attribute, attributes),
            )
        seen = answers.columns.get(attribute)
        if seen is not None and 0 < seen.distinct <= len(seen.values) and group not in seen.values:
            raise UsageError(
                f'"{attribute}" has no group "{group}"',
                where="answer to reference",
                do=did_you_mean(group, seen.values),
            )
        chosen[attribute] = group
    pairs = ", ".join(f"{_quote(attribute)}: {_quote(group)}" for attribute, group in chosen.items())
    return f"  - fairness: {{source: {source}, reference: {{{pairs}}}}}\n"


def _evidence_lines(answers: _Answers, kind: str, evidence: _Evidence) -> str:
    if evidence.path == "?":
        answers.done.open.append(kind)
    return _line(kind, _quote(evidence.path)) + "".join(f"    {line}\n" for line in evidence.lines)


_BY_REFERENCE = """  # Nobody can tell later what was judged without the model's bytes. Put its file here in place of `reference`:
  # files: [model.skops]
  reference: {provider: not stated, model_id: NAME}
"""
"""What a plan says of a model whose file was not named."""


# --- the kinds of plans -------------------------------------------------------------------------------------------------


def _tabular(answers: _Answers, evidence: _Evidence, directory: Path) -> tuple[str, str]:
    columns = list(answers.columns.values())
    subject, _ = _subject(
        answers,
        directory,
        "model",
        _BY_REFERENCE,
    )
    label = (
        answers.column(
            "label", f"Which column is the true outcome? {_columns_hint(columns)}", guesses.guess_label(columns)
        )
        or "?"
    )
    seen = answers.columns.get(label)
    said, task = _said(answers, columns, seen)
    favourable = ""
    if task == "binary":
        chosen = _favourable(answers, seen, "Which outcome is good for the person?") or "?"
        favourable = _line("favourable", _quote(chosen), "the outcome that is good for the person")
    rest = [c for c in columns if c.name != label]
    sensitive, attributes = _sensitive(answers, rest, optional=False)
    unit = _unit(answers)
    keys = ("person", "weight", "strata", "features", "design", "role", "split", "filter", "threshold_selected_on")
    more = _rest(answers, rest, keys)
    policy, chosen_policy = _policy(answers, "production", "the stricter of research and production")
    written = _line("task", task, "multiclass or regression" if task == "?" else "") if task != "binary" else ""
    lines = _line("label", _quote(label), "the true outcome") + said + favourable + written + sensitive + unit + more
    fairness = _fairness(answers, "test", attributes)
    if not attributes:
        answers.done.notes.append(
            "note   no groups are compared; a policy that asks for fairness is met only with `persons: none` and its reason"
        )
    return (
        f"""{_HEAD}{subject}sources:
  test:
{_evidence_lines(answers, "predictions", evidence)}{lines}evaluate:
  - performance: {{source: test}}
{fairness}  - pii: {{source: test}}
  - data_profile: {{source: test}}
policy: {_quote(policy)}
""",
        chosen_policy,
    )


TASKS = ("binary", "multiclass", "regression")


def _said(answers: _Answers, columns: Sequence[ColumnSeen], label: ColumnSeen | None) -> tuple[str, str]:
    """The lines of what the model said, and the task."""
    score, prediction = guesses.guess_score(columns, label), guesses.guess_prediction(columns, label)
    task, amounts = _task(answers, label, prediction)
    asked = [key for key in ("prediction", "score") if key in answers.given]
    if amounts and "score" in asked:
        raise UsageError(
            "a score is the probability of one of two outcomes, and these are not two",
            where="answer to score",
            do="Say --set prediction=COLUMN, or --set task=binary.",
        )
    if amounts:
        asked = ["prediction"]
    elif not asked:
        decides = any(p.how == "decision" and (label is None or p.truth == label) for p in guesses.pairs(columns))
        asked = ["prediction"] if prediction is not None and (score is None or decides) else []
        asked += ["score"] if score is not None or not asked else []
    lines = ""
    if "prediction" in asked:
        question = "Which column is the model's decision, or the value it predicted?"
        name = answers.column("prediction", question, prediction) or "?"
        lines += _line("prediction", _quote(name), "what the model decided or predicted")
    if "score" in asked:
        guess = score or guesses.guess_unnamed_score([c for c in columns if c is not label])
        name = answers.column("score", "Which column is the model's score (a probability)?", guess) or "?"
        scale = _score_scale(answers)
        lines += _line("score", _quote(name), "" if scale else "probability of the favourable outcome") + scale
    if "score" in asked and ("prediction" not in asked or "threshold" in answers.given):
        usual = Guess("0.5", "usual", True) if "score_scale" not in answers.given else None
        at = answers.number("threshold", "From which score on is the decision favourable?", usual)
        lines += _line("threshold", at, "favourable if score >= threshold")
    return lines, task


SCALES = tuple(f"{unit}{of}" for unit in ("percent", "log_odds", "deciles") for of in ("", " of other"))
"""Scales of a score that are a word; one with ends or points of its own is written into the plan by hand."""


def _score_scale(answers: _Answers) -> str:
    """The line of a score's scale; none if nobody says one."""
    if "score_scale" not in answers.given:
        return ""
    said = answers.answer("score_scale", "Which scale has the score?", None, accepted=SCALES) or "?"
    unit, _, of = said.partition(" of ")
    return _line("score_scale", f"{{unit: {unit}{f', of: {of}' if of else ''}}}", "mapped to numbers between 0 and 1")


def _task(answers: _Answers, label: ColumnSeen | None, prediction: Guess | None) -> tuple[str, bool]:
    """The task, `?` if nobody knows, and whether it is another than to tell two outcomes apart."""
    guess = guesses.guess_task(label, None if prediction is None else answers.columns.get(prediction.value))
    if "score" in answers.given and "prediction" not in answers.given:
        guess = Guess("binary", "a score is the probability of one of two outcomes", True)
    if label is not None and label.distinct > 20 and not label.number:
        answers.done.notes.append(
            f"note   {label.name} holds text of more than 20 different values; amounts are written plainly: 12.5, not 12.5 EUR"
        )
    if "task" in answers.given or (guess is not None and not guess.sure):
        question = "Is it binary, multiclass or regression?"
        said = answers.answer("task", question, guess, accepted=TASKS) or "?"
        if said == "regression" and label is not None and label.distinct and not label.number:
            raise UsageError(
                f'"{label.name}" holds text, and a regression predicts numbers',
                where="answer to task",
                do="Write its numbers plainly: a decimal point, no blanks, no units.",
            )
    else:
        said = "binary" if guess is None else guess.value
    return said, (said if said != "?" or guess is None else guess.value) not in ("binary", "?")


def _dataset(answers: _Answers, evidence: _Evidence, directory: Path) -> tuple[str, str]:
    columns = list(answers.columns.values())
    subject, _ = _subject(answers, directory, "dataset", f"  files: [{_quote(evidence.path)}]\n")
    label = answers.column(
        "label",
        f"Which column is the label, if any? {_columns_hint(columns)}",
        guesses.guess_label(columns),
        optional=True,
    )
    favourable = None
    seen = answers.columns.get(label or "")
    if label is not None and (seen is None or seen.distinct == 2 or "favourable" in answers.given):
        favourable = _favourable(answers, seen, "Which label is good for the person?", optional=True)
    rest = [c for c in columns if c.name != label]
    sensitive, attributes = _sensitive(answers, rest, optional=True)
    lines = _evidence_lines(answers, "table", evidence)
    if label is not None:
        lines += _line("label", _quote(label), "the outcome" if label == "?" else "", to_delete="there is none")
    if favourable is not None:
        lines += _line(
            "favourable",
            _quote(favourable),
            "the label that is good for the person" if favourable == "?" else "",
            to_delete="none is",
        )
    lines += sensitive + _unit(answers)
    lines += _rest(answers, rest, ("person", "weight", "design", "role", "split", "filter"))
    fairness = _fairness(answers, "data", attributes) if label is not None and favourable is not None else ""
    policy, chosen = _policy(answers, "dataset", "the one for datasets")
    return (
        f"""{_HEAD}{subject}sources:
  data:
{lines}evaluate:
  - data_profile: {{source: data}}
{fairness}  - pii: {{source: data}}
policy: {_quote(policy)}
""",
        chosen,
    )


def _ranking(answers: _Answers, evidence: _Evidence, directory: Path) -> tuple[str, str]:
    columns = list(answers.columns.values())
    subject, _ = _subject(
        answers,
        directory,
        "model",
        "  task: ranking\n" + _BY_REFERENCE,
    )
    found = guesses.guess_ranking(columns)

    def proposed(name: str | None) -> Guess | None:
        return None if name is None else Guess(name, "its name and values", True)

    query = answers.column("query", "Which column names the query?", proposed(found.query if found else None)) or "?"
    relevance = (
        answers.column(
            "relevance", "Which column says how relevant a candidate is?", proposed(found.relevance if found else None)
        )
        or "?"
    )
    by_rank = "rank" in answers.given or (found is not None and found.ranked and "score" not in answers.given)
    key = "rank" if by_rank else "score"
    question = (
        "Which column is the rank (1 is first)?" if by_rank else "Which column is the score (the highest is first)?"
    )
    order = answers.column(key, question, proposed(found.order if found else None)) or "?"
    rest = [c for c in columns if c.name not in (query, relevance, order)]
    sensitive, _ = _sensitive(answers, rest, optional=True)
    more = _rest(answers, [], ("design", "role", "split", "filter"))
    k = f", k: {answers.number('k', '', None)}" if "k" in answers.given else ""
    policy, chosen = _policy(answers, "production", "the stricter of research and production")
    roles = f"    label: {_quote(relevance)}   # how relevant a candidate is\n    query: {_quote(query)}\n"
    roles += f"    {key}: {_quote(order)}\n"
    return (
        f"""{_HEAD}{subject}sources:
  test:
{_evidence_lines(answers, "predictions", evidence)}{roles}    task: ranking
{sensitive}{more}evaluate:
  - ranking: {{source: test{k}}}
  - pii: {{source: test}}
  - data_profile: {{source: test}}
policy: {_quote(policy)}
""",
        chosen,
    )


def _llm(answers: _Answers, evidence: _Evidence, directory: Path) -> tuple[str, str]:
    reader = evidence.reader
    provider = (
        answers.answer("provider", "Who hosts the model?", Guess("self-hosted", "nothing else is known", False)) or "?"
    )
    subject, _ = _subject(
        answers,
        directory,
        "system",
        f"""  # For a system whose prompt and tools are files, name them: components: [{{role: prompt, path: prompt.txt}}]
  reference: {{provider: {_quote(provider)}, model_id: NAME}}
""",
    )
    if reader is not None:
        answers.done.notes.append(f"read   {reader.title}, versions {reader.versions}")
    has_intent = "intent" in answers.columns if reader is None else _says_intent(reader, evidence.source)
    intent = None
    if not has_intent:
        intent = (
            answers.answer(
                "intent",
                "What are these exchanges: attack, benign or observed?",
                Guess("observed", "recorded in use", False),
                accepted=get_args(IntentName),
            )
            or "?"
        )
    policy, chosen = _policy(answers, "assistant", "the one for assistants")
    role = {"attack": "attacks", "benign": "benign", "observed": "observed"}.get(
        intent or "", "attacks" if has_intent else "observed"
    )
    said = f"    format: {reader.name}\n" if reader is not None else ""
    said += f"    intent: {_quote(intent)}\n" if intent is not None else ""
    return (
        f"""{_HEAD}{subject}sources:
  {role}:
{_evidence_lines(answers, "interactions", evidence)}{said}evaluate:
  - safety: {{source: {role}}}
  - pii: {{source: {role}}}
policy: {_quote(policy)}
""",
        chosen,
    )


def _says_intent(reader: Reader, source: Path | None) -> bool:
    """Whether the tool's rows say themselves what they are for, as an attack tool's do."""
    assert source is not None
    first = next(reader.read(source, source.name), None)
    return first is not None and "intent" in first.row


_WRITERS: dict[str, Callable[[_Answers, _Evidence, Path], tuple[str, str]]] = {
    "tabular": _tabular,
    "dataset": _dataset,
    "llm": _llm,
    "ranking": _ranking,
}
_KIND_WORDS = {
    "tabular": "tabular, a model's predictions",
    "dataset": "dataset, data without a model's word on it",
    "llm": "llm, exchanges with an assistant",
    "ranking": "ranking, candidates in an order for each query",
}
_OF_ROWS = (
    "label",
    "favourable",
    "sensitive",
    "bands",
    "reference",
    "unit",
    "person",
    "weight",
    "design",
    "role",
    "split",
    "filter",
)
_QUESTIONS: dict[str, tuple[str, ...]] = {
    "tabular": (
        "name", "version", *_OF_ROWS, "score", "score_scale", "prediction", "threshold", "threshold_selected_on", "task",
        "strata", "features", "policy",
    ),
    "dataset": ("name", "version", *_OF_ROWS, "policy"),
    "llm": ("name", "version", "intent", "provider", "policy"),
    "ranking": (
        "name", "version", "query", "relevance", "score", "rank", "k", "sensitive", "bands", "design", "role", "split", "filter",
        "policy",
    ),
}  # fmt: skip
"""What can be answered; of these at most eight questions are asked, and others where the file raises them."""
_SUBJECT_FIELDS: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "title": ((), False),
    "supplier": ((), False),
    "licence": ((), False),
    "summary": ((), False),
    "risk_tier": ((), False),
    "jurisdictions": ((), True),
    "production_intended": (("true", "false"), False),
    "persons": (("none",), False),
    "persons_reason": ((), False),
}
"""Fields of the subject that are written if somebody answers them: accepted answers, and whether there can be several."""
_PLAN_FIELDS = ("author", "seed", "small_cell")


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
