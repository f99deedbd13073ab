"""What commands share when they speak: lines for a person, progress, the width of the terminal, the moment."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import typer

from cardwright.errors import StoreError, UsageError

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Console:
    """How a command speaks: what `--quiet` and `--debug` say, before the command or after it."""

    quiet: bool = False
    debug: bool = False

    @classmethod
    def of(cls, ctx: typer.Context, *, quiet: bool, debug: bool) -> Console:
        """The console of a command: its own options and those that stand before it."""
        before = ctx.obj if isinstance(ctx.obj, Console) else cls()
        return cls(quiet=before.quiet or quiet, debug=before.debug or debug)

    def say(self, *parts: str, always: bool = False) -> None:
        """Print a line for a person, unless `--quiet`; see `echo`."""
        if always or not self.quiet:
            echo(*parts)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A progress callback: bars on a terminal, plain lines elsewhere, nothing with `--quiet`."""
        if self.quiet:
            yield _nothing
        elif not sys.stderr.isatty() or os.environ.get("CI"):
            yield _lines()
        else:
            with _bars() as bar:
                yield bar


BESIDE = " · "
"""What stands behind it in what is being done changes while it is done: rates, tokens, cost."""


def _nothing(what: str, done: int, total: int | None) -> None:
    """Show nothing."""


def _lines() -> Progress:
    last: list[str] = []

    def line(what: str, done: int, total: int | None) -> None:
        what = what.partition(BESIDE)[0]
        if last[-1:] != [what]:
            last.append(what)
            write(f"  {what} …", err=True)

    return line


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console as Terminal
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Terminal(stderr=True),
        transient=True,
    ) as bars:
        tasks: dict[str, Any] = {}

        def bar(what: str, done: int, total: int | None) -> None:
            described = masked_text(what)
            what = described.partition(BESIDE)[0]
            for name, task in tasks.items():
                if name != what:
                    bars.update(task, visible=False)
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total, visible=True, description=described)

        yield bar


def on_github() -> bool:
    """Whether this is GitHub's runner, which takes some lines of output for commands."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


class OwnDigest(str):
    """A SHA-256 that was computed here, which is printed whole: one in 3,000 holds digits that have the form of a card number,
    and a fingerprint that is masked cannot be compared by anybody.

    Raises
    ------
    ValueError
        If it is not 64 hexadecimal digits.
    """

    def __new__(cls, digest: str) -> Self:
        """The digest, in lower case as everywhere here."""
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise ValueError("not the digest of anything")
        return super().__new__(cls, digest)


def echo(*parts: str, err: bool = False) -> None:
    """Print text that may hold words of a record, a plan or a path: what the light detector finds in it is masked, and on
    GitHub's runner no line of it is taken for a command. Parts that are an `OwnDigest` are printed as they are.
    """
    text = "".join(part if isinstance(part, OwnDigest) else masked_text(part) for part in parts)
    if on_github():
        from cardwright.cli.reports.github import harmless

        text = harmless(text)
    write(text, err=err)


def masked_text(text: str) -> str:
    """Text for a person, with what the light detector finds replaced by its kind."""
    from cardwright.privacy.showing import masked

    return masked(text)


def write(text: str, *, err: bool = False, end: str = "\n") -> None:
    """Print text as it is.

    A reader who has left (`cardwright gate D | head -1`) reads no more, but the command ends with its own exit code: a refusal
    that nobody reads to the end is still a refusal. If standard error is full or closed, nobody can be told.

    Raises
    ------
    StoreError
        If there is no room for the output.
    """
    if err:  # what goes wrong is told in words of files and libraries that nobody has screened
        text = masked_text(text)
    try:
        typer.echo(text + end, err=err, nl=False)
    except OSError as exc:
        stop_writing()
        if not err and not isinstance(exc, BrokenPipeError):
            raise StoreError("the output cannot be written", do="Make room, or write it elsewhere.") from exc


def stop_writing() -> None:
    """Discard what the buffers hold and what is still to be printed; standard error stays open if it can be written."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def echo_json(text: str) -> None:
    """Print JSON; on GitHub's runner with its brackets escaped where it would take them for a command."""
    write(text.replace("##[", "##\\u005b") if on_github() else text)


def wrapped(words: Iterable[str]) -> list[str]:
    """Words with commas between them, in lines."""
    import textwrap

    return textwrap.wrap(", ".join(words), width(), initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def width() -> int:
    """How many columns a line may take."""
    import shutil

    return max(40, min(100, shutil.get_terminal_size((80, 24)).columns))


def interactive() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def clock() -> str:
    """The present moment. Whatever judges or signs goes by it, and never by a variable that whoever starts it can set."""
    from datetime import UTC, datetime

    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stated_moment() -> str | None:
    """SOURCE_DATE_EPOCH, if it is set: what `run` dates its documents with, so that the same input gives the same bytes."""
    from datetime import UTC, datetime

    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return None
    try:
        moment = datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as exc:
        raise UsageError(
            "SOURCE_DATE_EPOCH is not a number of seconds", do="Unset it, or set it to whole seconds."
        ) from exc
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
