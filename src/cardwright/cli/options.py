"""Options that more than one command takes, and the words they accept."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cardwright.policy.policy import Policy


class TextOrJson(StrEnum):
    """How a verdict is printed."""

    TEXT = "text"
    JSON = "json"


class ReportFormat(StrEnum):
    """How what the gate or `verify` says is printed; the last three are for build servers."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"


class DocumentFormat(StrEnum):
    """How a document is written."""

    MARKDOWN = "markdown"
    HTML = "html"
    PDF = "pdf"


class ReaderGroup(StrEnum):
    """Who a document is for."""

    INTERNAL = "internal"
    REGULATOR = "regulator"
    DOWNSTREAM = "downstream"
    PUBLIC = "public"


class SubjectKind(StrEnum):
    """What `init` scaffolds."""

    TABULAR = "tabular"
    LLM = "llm"
    DATASET = "dataset"


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the result only.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the whole traceback of an error.")]
Out = Annotated[Path | None, typer.Option("--output", "-o", help="Where to write.")]
ReportOption = Annotated[ReportFormat, typer.Option("--format", help="How to print it.")]
ReportOut = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write it into this file, and print the result in a line.")
]
SummaryOption = Annotated[
    Path | None, typer.Option("--summary", help="Also add it as Markdown to this file, e.g. a job summary.")
]
PolicyOption = Annotated[str | None, typer.Option("--policy", help="A policy by name or path, in place of the plan's.")]
OnlyOption = Annotated[list[str] | None, typer.Option("--only", help="Run this evaluation alone (repeat for more).")]
WorkersOption = Annotated[int, typer.Option("--workers", min=1, max=64, help="Threads to count with.")]


def policy_named(name: str, beside: Path | None = None) -> Policy:
    """The policy that a person names, by name or path; a relative path starts beside the plan."""
    from cardwright.dossier import contents

    return contents.policy_of(name, beside=beside)
