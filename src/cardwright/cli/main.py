"""The command line: words in, exit code out. Only `cli/` prints or exits.

Exit codes: 0 allowed · 1 refused or unproven · 2 usage, plan or policy invalid · 3 evidence unreadable, or a digest, signature or
chain is wrong · 4 internal error · 5 nothing to check.
"""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Annotated, NoReturn

import typer

# pydantic looks through all installed packages for plug-ins of its own when it is imported; no record needs one.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from cardwright import __version__
from cardwright.cli.console import Console, echo, stop_writing, write
from cardwright.cli.options import Command, Debug, Quiet
from cardwright.errors import CardwrightError

# A command makes many objects that stay, and few that are garbage: looking for it often costs a tenth of a short command,
# and looking once more at the end, when all of it goes anyway, another twentieth.
gc.set_threshold(300_000)
atexit.register(gc.freeze)

COMMANDS: Mapping[str, str] = {
    "run": "evaluating:run",
    "evaluate": "evaluating:evaluate",
    "gate": "judging:gate",
    "render": "rendering:render",
    "preview": "previewing:preview",
    "todo": "judging:todo",
    "status": "dossiers:status",
    "kpis": "indicators:kpis",
    "diff": "dossiers:diff",
    "attest": "people:attest",
    "sign-off": "people:sign_off",
    "countersign": "people:countersign",
    "withdraw": "people:withdraw",
    "release": "releasing:release",
    "status-statement": "releasing:status_statement",
    "timestamp": "releasing:timestamp",
    "verify": "judging:verify",
    "reproduce": "evaluating:reproduce",
    "init": "dossiers:init",
    "new": "kinds:new",
    "kinds": "kinds:kinds",
    "schema": "dossiers:schema",
    "export": "rendering:export",
    "import-card": "rendering:import_card",
    "migrate": "dossiers:migrate",
    "doctor": "dossiers:doctor",
    "monitor": "witnessing:monitor",
    "desk serve": "desking:desk_serve",
    "desk push": "desking:desk_push",
    "desk pull": "desking:desk_pull",
    "desk status": "desking:desk_status",
    "desk revocations": "desking:desk_revocations",
    "desk invite": "desking:desk_invite",
    "desk token": "desking:desk_token",
    "desk backup": "desk_operations:desk_backup",
    "desk restore": "desk_operations:desk_restore",
    "desk rebuild": "desk_operations:desk_rebuild",
    "desk migrate": "desk_operations:desk_migrate",
    "desk hold": "desk_operations:desk_hold",
    "desk prune": "desk_operations:desk_prune",
    "keys new": "keyring:keys_new",
    "keys rotate": "keyring:keys_rotate",
    "keys enrol": "keyring:keys_enrol",
    "keys revoke": "keyring:keys_revoke",
    "keys accept": "keyring:keys_accept",
    "trust show": "keyring:trust_show",
    "trust diff": "keyring:trust_diff",
    "trust sign": "keyring:trust_sign",
    "trust revocations": "keyring:trust_revocations",
    "witness new": "witnessing:witness_new",
    "witness add": "witnessing:witness_add",
    "witness cosign": "witnessing:witness_cosign",
    "waive request": "people:waive_request",
    "waive approve": "people:waive_approve",
    "calibrate commit": "calibrating:commit",
    "calibrate nonce": "calibrating:nonce",
    "calibrate draw": "calibrating:draw",
    "calibrate label": "calibrating:label",
    "calibrate score": "calibrating:score",
    "calibrate pii": "calibrating_detectors:pii",
    "judge": "judging_transcripts:judge",
    "ask": "asking_targets:ask",
    "runs import": "tracking:import_runs",
    "runs list": "tracking:list_runs",
    "runs show": "tracking:show_run",
    "runs compare": "tracking:compare_runs",
    "power": "planning_power:power",
    "watch check": "watching_releases:watch_check",
    "watch rules": "watching_releases:watch_rules",
    "watch dashboard": "watching_releases:watch_dashboard",
    "log mlflow": "logging_dossiers:log_mlflow",
    "log wandb": "logging_dossiers:log_wandb",
    "push hub": "publishing:push_hub",
    "checklist list": "rendering:checklist_list",
    "checklist show": "rendering:checklist_show",
    "checklist coverage": "rendering:checklist_coverage",
}
"""Every command in the order of `--help`, and the function in `cli/` that is it: its module is imported when it is asked for."""

GROUPS: Mapping[str, str] = {
    "desk": "Review dossiers in a browser, and sign with passkeys.",
    "keys": "Make keys, enrol, replace and revoke them.",
    "trust": "Show, compare and sign versions of a trust file.",
    "witness": "Keep a log of releases, and cosign others' logs.",
    "waive": "Request and approve waivers; it takes two people.",
    "calibrate": "Measure the errors of scorers and detectors.",
    "runs": "Read the training runs that another tool has tracked.",
    "watch": "Measure a release again, once it is in operation.",
    "log": "Send a dossier to the tool that tracks the model.",
    "push": "Publish the card of a release.",
    "checklist": "Show checklists, and a record's evidence for them.",
}
"""The first words of commands of two words, and what their help says."""


def _version(value: bool) -> None:
    if value:
        write(f"cardwright {__version__}")
        raise typer.Exit


def _root(
    ctx: typer.Context,
    quiet: Quiet = False,
    debug: Debug = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Turns evidence about a model or a dataset into the documents a governance review reads, and refuses the handoff when
    required evidence is missing.
    """
    ctx.obj = Console(quiet=quiet, debug=debug)


def app(first: str = "") -> typer.Typer:
    """The command line, with the one command or group that its first word asks for, or all of them.

    Reading the options of all commands would take 60 ms.
    """
    root = typer.Typer(
        name="cardwright",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    root.callback()(_root)
    asked = {name: place for name, place in COMMANDS.items() if name.split()[0] == first} or COMMANDS
    groups: dict[str, typer.Typer] = {}
    for name, place in asked.items():
        group, _, command = name.rpartition(" ")
        if group and group not in groups:
            groups[group] = typer.Typer(help=GROUPS[group], no_args_is_help=True, rich_markup_mode=None)
            root.add_typer(groups[group], name=group)
        function = _function(place)
        (groups[group] if group else root).command(command, cls=Command)(
            _listed(function) if first in HELP else function
        )
    return root


HELP = ("-h", "--help")
"""First words after which commands are listed and none is run, whatever follows."""


def _listed(function: Callable[..., None]) -> Callable[[], None]:
    """A command as the list of all shows it, by its first sentence: reading everybody's options is half the time of that list."""

    def listed() -> None:
        """Never run."""

    listed.__doc__ = function.__doc__
    return listed


def _function(place: str) -> Callable[..., None]:
    module, _, name = place.partition(":")
    function: Callable[..., None] = getattr(import_module(f"cardwright.cli.{module}"), name)
    return function


def main(words: list[str] | None = None) -> None:
    """The entry point: runs a command, and turns errors into one clear line and an exit code."""
    words = sys.argv[1:] if words is None else words
    debug = "--debug" in words
    try:
        code = app(words[0] if words else "--help")(args=words, prog_name="cardwright", standalone_mode=False)
    except CardwrightError as exc:
        if debug:
            _print_trace(exc)
        echo(f"cardwright: {exc}", err=True)
        sys.exit(exc.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        write("cardwright: stopped", err=True)
        sys.exit(130)
    except OSError as exc:  # of the option parser, printing help: commands print with `console.write`
        if debug:
            _print_trace(exc)
        if exc.filename is not None or exc.errno not in (errno.EPIPE, errno.ENOSPC):
            _internal_error(exc)
        stop_writing()
        if exc.errno == errno.EPIPE:
            sys.exit(141)  # what a shell reports of a program whose reader has left
        write("cardwright: the output cannot be written. Make room, or write it elsewhere.", err=True)
        sys.exit(4)
    except Exception as exc:  # noqa: BLE001  # told as an internal error, without its message
        if hasattr(exc, "format_message") and hasattr(exc, "exit_code"):  # a usage error of the option parser
            said = exc.format_message()
            write(
                said if said.startswith("Usage: ") else f"cardwright: {said}", err=True
            )  # the former if no command is named
            sys.exit(2)
        if debug:
            _print_trace(exc)
        _internal_error(exc)
    sys.exit(code if isinstance(code, int) else 0)


def _internal_error(exc: Exception) -> NoReturn:
    """End with what nobody foresaw. The message could hold a value from the data, so only the type is printed."""
    write(f"cardwright: internal error ({type(exc).__name__}). Please report it; --debug shows where.", err=True)
    sys.exit(4)


def _print_trace(exc: BaseException) -> None:
    """Print where an error and its causes were raised: files, lines and types, and of messages only our own.

    A library's message may repeat a cell (pyarrow does), and a name in it has no form that a detector could know.
    """
    import traceback

    cause = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)
    if cause is not None:
        _print_trace(cause)
    said = f": {exc}" if isinstance(exc, CardwrightError) else " (its message may hold data and is not shown)"
    trace = "".join(traceback.format_tb(exc.__traceback__))
    echo(f"{trace}{type(exc).__name__}{said}", err=True)


def process() -> None:
    """The command of a process: `main`, and an end without taking the interpreter apart.

    Libraries speak up there (DuckDB lists what it leaks, as if it were an error), and it takes a tenth of a short command.
    """
    code: object = 0
    try:
        main()
    except SystemExit as exc:
        code = exc.code
    except BaseException as exc:  # noqa: BLE001  # nothing that `main` lets through may print what it holds
        _print_trace(exc)
        code = 1
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # None where the process was started without it
            stream.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    process()
