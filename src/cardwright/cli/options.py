"""Options that more than one command takes, and the words they accept.

Words that come from a registry (documents, exports, policies, checklists …) are asked of it when they are needed, so that whoever
adds one edits nothing here, and `--help` of another command does not import it.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

import typer
from typer.core import TyperCommand

from cardwright.cli.console import width
from cardwright.errors import UsageError, nearest

if TYPE_CHECKING:
    from cardwright.engines import Engine
    from cardwright.plan.assessment import Assessment
    from cardwright.policy.policy import Policy


@dataclass(frozen=True)
class OneOf:
    """Reads a word that must be one of those known; another is refused, with the nearest and all that are accepted."""

    what: str
    """What the word names, as an error says it: `format`, `policy`."""
    known: Callable[[], Iterable[str]]
    """The words, asked for when one is read or help is shown."""
    or_path: bool = False
    """Whether a path to a YAML file is accepted as well."""
    listed: bool = True
    """Whether help lists the words; an error always does."""
    more: str = ""
    """What else is accepted, as help says it; then the command itself refuses what is nothing of that."""
    make: Callable[[str], Any] = str
    """What the word becomes."""

    @property
    def __name__(self) -> str:
        """Typer asks for the name of whatever reads an option."""
        return self.what

    def __call__(self, word: str) -> Any:
        """The word, if it is known.

        Raises
        ------
        UsageError
            If it is not.
        """
        if not self.more and not (self.or_path and _is_path(word)):
            require_known(self.what, word, self.known())
        return self.make(word)

    def accepted(self) -> str:
        """What help says of it; nothing if the words are not listed."""
        if not self.listed:
            return ""
        return f"One of: {', '.join(self.known())}" + (", or a path." if self.or_path else f".{self.more}")


def require_known(what: str, word: str, known: Iterable[str]) -> None:
    """Refuse a word that is not known.

    Raises
    ------
    UsageError
        With the nearest and all that are accepted.
    """
    words = list(known)
    if word not in words:
        raise UsageError(f'no {what} is called "{word}"', do=nearest_and_all(word, words))


def require_new_file(
    output: Path, *, read: Iterable[Path] = (), option: str = "--output", replaces: Callable[[Path], bool] | None = None
) -> None:
    """Refuse, before anything is read or asked, a file that cannot be written or holds what is not ours to overwrite.

    Raises
    ------
    UsageError
        If it is a folder or lies in a file, is one of the files that are read, or is there already and not of the kind that
        `replaces` knows; without `replaces` nothing is overwritten.
    """
    where = f"{option} {output}"
    if any(path.exists() and output.exists() and output.samefile(path) for path in read):
        raise UsageError("it would overwrite a file that is read", where=where, do="Name another.")
    if output.is_dir():
        raise UsageError("it is a folder", where=where, do="Name a file in it.")
    above = next(folder for folder in output.absolute().parents if folder.exists())
    if not above.is_dir():
        raise UsageError("the folder that it lies in is a file", where=where, do="Name a file in a folder.")
    if output.exists() and not (replaces is not None and output.is_file() and replaces(output)):
        raise UsageError("this file exists already, and is not overwritten", where=where, do="Name another.")


def require_nothing_personal(**said: str | None) -> None:
    """Refuse words that a file will keep if the light detector finds something in them.

    Raises
    ------
    UsageError
        Names the option and what was found, never the words.
    """
    from cardwright.privacy.showing import kinds

    for option, words in said.items():
        if words is not None and (found := kinds(words)):
            raise UsageError(
                f"it holds {', '.join(sorted(found))}, and the file would keep it",
                where=f"--{option.replace('_', '-')}",
                do="Say it without.",
            )


def nearest_and_all(word: str, known: Iterable[str], more: Iterable[str] = ()) -> str:
    """A hint to end an error with: the nearest word, if one is near, and all that are known.

    `more` are accepted, too, and are too many to be listed.

    >>> nearest_and_all("htlm", ["html", "pdf"])
    'Did you mean "html"? Known: html, pdf.'
    """
    words = list(known)
    match = nearest(word, [*words, *more])
    hint = f'Did you mean "{match}"? ' if match else ""
    return f"{hint}Known: {', '.join(words) or 'none'}."


def _is_path(word: str) -> bool:
    return word.endswith((".yaml", ".yml")) or "/" in word


class Command(TyperCommand):
    """A command whose help ends each option that takes one of several words with those words."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """See `TyperCommand.format_help`."""
        for param in self.params:
            reads = self._readers().get(str(param.name))
            if reads is not None:
                vars(param)["help"] = f"{getattr(param, 'help', '') or ''} {reads.accepted()}".strip()
        super().format_help(ctx, formatter)

    def _readers(self) -> dict[str, OneOf]:
        """What reads each parameter, as the signature of the command's function says."""
        signature = inspect.unwrap(self.callback) if self.callback is not None else None
        hints = get_type_hints(signature, include_extras=True) if signature is not None else {}
        readers = {name: getattr(extra, "parser", None) for name, hint in hints.items() for extra in get_args(hint)[1:]}
        return {name: reader for name, reader in readers.items() if isinstance(reader, OneOf)}


def _packaged(kind: Any) -> Callable[[], Iterable[str]]:
    def names() -> Iterable[str]:
        from cardwright.files import packaged

        return packaged.names(kind)

    return names


def documents_known() -> Iterable[str]:
    """The kinds of documents."""
    from cardwright import documents

    return documents.DOCUMENTS


def documents_listed() -> str:
    """The standard documents and those of the packaged kinds, each with what it is for."""
    from cardwright import documents
    from cardwright.files import kinds

    every = {name: (document.purpose, document.templates) for name, document in documents.DOCUMENTS.items()}
    lines = ["Of every dossier:", *(line for name, said in every.items() for line in _document_line(name, *said))]
    lines += ["", "Of a dossier of that kind (`cardwright new KIND DIR` writes its plan):"]
    for name in kinds.names():
        lines += _document_line(name, kinds.find(name).definition.summary, documents.GENERAL)
    return "\n".join(lines)


def _document_line(name: str, purpose: str, formats: Iterable[str]) -> list[str]:
    said = f"{purpose} ({', '.join(formats)})"
    return [f"  {name}", *textwrap.wrap(said, width() - 2, initial_indent="      ", subsequent_indent="      ")]


def document_formats() -> Iterable[str]:
    """The formats that any document is written in."""
    from cardwright import documents

    return dict.fromkeys(format for document in documents.DOCUMENTS.values() for format in document.templates)


SIGSTORE = "sigstore"
"""The export that is of a release and not of a record: its signed statement, as cosign takes it."""


def exports_known() -> Iterable[str]:
    """Other systems' formats."""
    from cardwright.documents import exports

    return (*exports.known(), SIGSTORE)


def audiences() -> Iterable[str]:
    """Who a document can be for."""
    from cardwright.documents.interface import AUDIENCES

    return AUDIENCES


def languages() -> Iterable[str]:
    """The languages that documents are written in."""
    from cardwright.documents.language import LANGUAGES

    return LANGUAGES


def page_sizes() -> Iterable[str]:
    """The sizes of a page."""
    from cardwright.documents.interface import PAGE_SIZES

    return PAGE_SIZES


def choice(what: str, kind: type[StrEnum]) -> OneOf:
    """Reads a member of an enumeration."""
    return OneOf(what, lambda: [member.value for member in kind], make=kind)


class TextOrJson(StrEnum):
    """How an answer is printed."""

    TEXT = "text"
    JSON = "json"


class ReportFormat(StrEnum):
    """How the answer of `gate` or `verify` is printed; the last four are for build servers."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the result.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where an error was raised, and its causes.")]
Out = Annotated[Path | None, typer.Option("--output", "-o", help="The file to write.")]
ReportOption = Annotated[
    ReportFormat,
    typer.Option("--format", parser=choice("format", ReportFormat), metavar="FORMAT", help="How to print the result."),
]
ReportOut = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write it to this file, and print the result in one line.")
]
SummaryOption = Annotated[
    Path | None, typer.Option("--summary", help="Also append it as Markdown to this file, e.g. a job summary.")
]
CHECKLIST = OneOf("checklist", _packaged("checklists"), or_path=True)
POLICY = OneOf("policy", _packaged("policies"), or_path=True, listed=False)
PolicyOption = Annotated[
    str | None,
    typer.Option(
        "--policy",
        parser=POLICY,
        metavar="POLICY",
        help="The policy to judge by, by name or path; if omitted, the plan's.",
    ),
]
WhoseAnswersOption = Annotated[
    Path | None,
    typer.Option("--trust", envvar="CARDWRIGHT_TRUST", help="A trust file; without it, nobody's answer counts."),
]
AudienceOption = Annotated[
    str,
    typer.Option(
        "--audience",
        parser=OneOf("audience", audiences),
        metavar="AUDIENCE",
        help="Who reads it; what they may not see is left out of the embedded record too.",
    ),
]
AnswerFormat = Annotated[
    TextOrJson,
    typer.Option("--format", parser=choice("format", TextOrJson), metavar="FORMAT", help="How to print the result."),
]
TrustTypeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--trust-type",
        metavar="TYPE",
        help="Trust this type in a model saved by skops (may be repeated). Only a type that you have looked at.",
    ),
]
KindsOption = Annotated[
    Path | None,
    typer.Option(
        "--kinds",
        metavar="DIR",
        help="A folder of your own kinds of documents; if omitted, the one that the plan names.",
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="ID", help="Run only this evaluation of the plan (may be repeated)."),
]
WorkersOption = Annotated[int, typer.Option("--workers", min=1, max=64, help="How many threads count rows.")]

EngineOption = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="WHERE",
        help="Where rows are counted: local, local[2] (Spark here), spark://HOST:PORT …; if omitted, as the plan says.",
    ),
]


def engine_named(word: str | None, plan: Assessment) -> Engine:
    """The engine that a person names on the command line, else the plan's, else this machine."""
    from cardwright import engines

    return (
        engines.named(word) if word is not None else engines.named(plan.file.engine, where=f"{plan.path.name}: engine")
    )


def policy_named(name: str, beside: Path | None = None) -> Policy:
    """The policy that a person names, by name or path; a relative path starts beside the plan.

    On the command line a path has a slash in it. A bare file name could be meant as the name of a packaged policy, and whoever
    can write into the working directory must not choose by which policy something is judged.
    """
    from cardwright.dossier import contents

    if beside is None and "/" not in name and name.endswith((".yaml", ".yml")):
        raise UsageError(
            f'"{name}" is neither the name of a policy nor a path', do=f"For the file here write ./{name}."
        )
    return contents.policy_of(name, beside=beside)


def policy_of_dossier(stated: str, given: str | None) -> Policy:
    """The policy that a person names, or else the packaged one that a dossier states. No dossier names a file."""
    from cardwright.dossier import contents

    return policy_named(given) if given is not None else contents.packaged_policy(stated)
