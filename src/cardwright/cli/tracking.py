"""`runs`: training runs out of the store of the tool that tracked them: imported, listed, shown, compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardwright.cli.console import Console, echo, echo_json
from cardwright.cli.options import Debug, Quiet, TextOrJson, require_new_file
from cardwright.errors import NothingToCheckError, UsageError

if TYPE_CHECKING:
    from cardwright.record.run import Run, Unread
    from cardwright.sources.runs import OpenStore

StoreArgument = Annotated[Path, typer.Argument(metavar="STORE", help="A store of runs, or a file of imported ones.")]
ReaderOption = Annotated[
    str | None, typer.Option("--reader", help="The store's reader, e.g. mlflow; if omitted, the first that knows it.")
]
_FACTS = (
    "id", "name", "group", "tool", "tool_version", "purpose", "status", "started", "finished", "commit", "dirty", "seed",
    "parent",
)  # fmt: skip
FormatOption = Annotated[TextOrJson, typer.Option("--format", help="text or json.")]


def import_runs(
    ctx: typer.Context,
    store: StoreArgument,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file of runs to write, e.g. runs.jsonl.")
    ] = None,
    reader: ReaderOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Read the runs of a store and write them as one file."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright import __version__
    from cardwright.files import disk
    from cardwright.record.base import label
    from cardwright.record.run import RunStore
    from cardwright.sources.runs import open_store
    from cardwright.sources.runs.kept_runs import as_lines, recognises

    if output is not None:
        require_new_file(output, read=[store], replaces=recognises)
    opened = open_store(store, str(store), reader)
    counted = _Counted()
    head = RunStore(tool=opened.reader.name, store_sha256=opened.sha256, cardwright=label(__version__))
    lines = as_lines(head, counted.through(opened.read()))
    if output is not None:
        data = b"".join(lines)
        _require_some(counted, store)
        disk.write_file(output, data)
    else:
        for _ in lines:
            pass
        _require_some(counted, store)
    echo(f"{counted.runs} runs of {opened.reader.title}, store {opened.sha256[:12]}")
    for line in counted.lines():
        echo(line)
    for line in counted.untested():
        console.say(line)
    if output is not None:
        console.say(f"{output}: name it in the plan, `runs:` under `sources:`.")


def list_runs(
    ctx: typer.Context,
    store: StoreArgument,
    purpose: Annotated[str | None, typer.Option("--purpose", help="Only runs of this purpose.")] = None,
    metric: Annotated[list[str] | None, typer.Option("--metric", help="A metric to show; once for each.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many are shown; the others are counted.")] = 50,
    reader: ReaderOption = None,
    format: FormatOption = TextOrJson.TEXT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List the runs of a store, with what they lack."""
    Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.cli.options import require_known
    from cardwright.record.run import PURPOSES, Run
    from cardwright.sources.runs import open_store

    if purpose is not None:
        require_known("purpose", purpose, PURPOSES)
    shown: list[Run] = []
    counted = _Counted()
    more = 0
    measured: set[str] = set()
    for one in counted.through(open_store(store, str(store), reader).read()):
        if not isinstance(one, Run):
            continue
        measured.update(one.metrics)
        if purpose is not None and one.purpose != purpose:
            continue
        if len(shown) < limit:
            shown.append(one)
        else:
            more += 1
    _require_some(counted, store)
    for name in metric or ():
        _require_measured(name, measured, store)
    if format is TextOrJson.JSON:
        echo_json(json.dumps([run.model_dump(mode="json") for run in shown], ensure_ascii=False, indent=1))
        return
    rows = [
        (
            run.id,
            run.purpose or "-",
            run.status,
            run.started or "-",
            (run.commit or "-")[:10],
            "-" if run.seed is None else str(run.seed),
            *(_number(run, name) for name in metric or ()),
            ", ".join(run.missing) or "-",
        )
        for run in shown
    ]
    for line in _columns([("id", "purpose", "status", "started", "commit", "seed", *(metric or ()), "missing"), *rows]):
        echo(line)
    if more:
        echo(f"and {more} more; --limit shows them")
    for line in counted.lines(unread_only=True):
        echo(line)


def _require_measured(name: str, measured: set[str], store: Path) -> None:
    """Refuse a metric that no run has: a column of "unmeasured" would look as if runs lacked it."""
    if name in measured:
        return
    from difflib import get_close_matches

    there = sorted(measured)
    near = [*get_close_matches(name, there, n=3), *there]
    some = list(dict.fromkeys(near))[:12]
    more = f" and {len(there) - len(some)} more" if len(there) > len(some) else ""
    raise UsageError(
        f'no run has a metric "{name}"',
        where=str(store),
        do=f"There are: {', '.join(some)}{more}." if there else "No run in it has any metric.",
    )


def show_run(
    ctx: typer.Context,
    store: StoreArgument,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or the beginning of it.")],
    reader: ReaderOption = None,
    format: FormatOption = TextOrJson.TEXT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show everything that a store says of one run."""
    Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.sources.runs import open_store

    (found,) = _found(open_store(store, str(store), reader), [run], store)
    if format is TextOrJson.JSON:
        echo_json(found.model_dump_json(indent=1))
        return
    for name in _FACTS:
        value = getattr(found, name)
        echo(f"{name}: {'not recorded' if value is None else str(value).lower() if isinstance(value, bool) else value}")
    _block("data", found.data)
    _block("config", found.config or {})
    if found.config_sha256:
        echo(f"config sha256: {found.config_sha256}")
    _block("metrics", {name: _number(found, name, n=True) for name in found.metrics})
    _block("cost", found.cost)
    _block("environment", found.environment)
    _block(
        "artefacts", {one.path: one.sha256 or (f"md5 {one.md5}" if one.md5 else "no digest") for one in found.artefacts}
    )
    _block("cannot be used", found.gaps)
    if found.missing:
        echo(f"not traceable: it lacks {', '.join(found.missing)}")


def compare_runs(
    ctx: typer.Context,
    store: StoreArgument,
    first: Annotated[str, typer.Argument(metavar="A", help="A run's id, or the beginning of it.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another's.")],
    reader: ReaderOption = None,
    format: FormatOption = TextOrJson.TEXT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compare two runs: settings, code, data, numbers."""
    Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.record.run_comparison import compared
    from cardwright.sources.runs import open_store

    a, b = _found(open_store(store, str(store), reader), [first, second], store)
    difference = compared(a, b)
    if format is TextOrJson.JSON:
        echo_json(difference.model_dump_json(indent=1))
        return
    echo(f"{a.id} and {b.id}: {difference.summary}")
    for line in difference.lines():
        echo(f"  {line}")


def _found(opened: OpenStore, words: Sequence[str], store: Path) -> list[Run]:
    """The runs that some words name: an id, or the beginning of one alone."""
    from cardwright.record.run import Run

    exact: dict[str, Run] = {}
    begins: dict[str, list[Run]] = {word: [] for word in words}
    for one in opened.read():
        if not isinstance(one, Run):
            continue
        for word in words:
            if one.id == word:
                exact[word] = one
            elif one.id.startswith(word) and len(begins[word]) < 2:
                begins[word].append(one)
    found: list[Run] = []
    for word in words:
        candidates = [exact[word]] if word in exact else begins[word]
        if len(candidates) != 1:
            raise UsageError(
                f'{"no run has" if not candidates else "several runs have"} an id that begins with "{word}"',
                where=str(store),
                do="`cardwright runs list` shows the ids.",
            )
        found += candidates
    return found


class _Counted:
    """What went by: how many runs of each kind, and what could not be read."""

    def __init__(self) -> None:
        self.runs = 0
        self.unread: list[str] = []
        self.more_unread = 0
        self.by: dict[str, Counter[str]] = {"status": Counter(), "purpose": Counter(), "missing": Counter()}
        self.gaps: Counter[str] = Counter()
        self.versions: Counter[tuple[str, str]] = Counter()

    def through(self, runs: Iterable[Run | Unread]) -> Iterator[Run | Unread]:
        from cardwright.record.run import Unread

        for one in runs:
            if isinstance(one, Unread):
                if len(self.unread) < 10:
                    self.unread.append(f"not read: {one.unread}: {one.why}")
                else:
                    self.more_unread += 1
            else:
                self.runs += 1
                if one.tool_version is not None:
                    self.versions[one.tool, one.tool_version] += 1
                self.by["status"][one.status] += 1
                self.by["purpose"][one.purpose or "not stated"] += 1
                self.by["missing"].update(one.missing)
                self.gaps.update(f"{field}: {why}" for field, why in one.gaps.items())
            yield one

    def untested(self) -> list[str]:
        """Accepted versions of which no test has read a store."""
        from cardwright.sources.runs.interface import untested

        return [
            f"{count} {'run' if count == 1 else 'runs'} of {tool} {version}: {why}"
            for (tool, version), count in sorted(self.versions.items())
            if (why := untested(tool, version)) is not None
        ]

    def lines(self, *, unread_only: bool = False) -> list[str]:
        """What is said of them."""
        found: list[str] = []
        if not unread_only:
            found += [_counts("by status", self.by["status"]), _counts("by purpose", self.by["purpose"])]
            if self.by["missing"]:
                found.append(_counts("not recorded", self.by["missing"]))
            found += [
                f"cannot be used in {count} {'run' if count == 1 else 'runs'}: {gap}"
                for gap, count in sorted(self.gaps.items())[:20]
            ]
            if len(self.gaps) > 20:
                found.append(f"and {len(self.gaps) - 20} more reasons, which stand at the runs")
        found += self.unread
        if self.more_unread:
            found.append(f"and {self.more_unread} more that were not read")
        return found


def _require_some(counted: _Counted, store: Path) -> None:
    if not counted.runs:
        reasons = "; ".join(counted.unread[:3])
        raise NothingToCheckError(
            f"there is no run that can be read{f' ({reasons})' if reasons else ''}",
            where=str(store),
            do="Name the store in which runs were tracked.",
        )


def _counts(what: str, counts: Counter[str]) -> str:
    return f"{what}: {', '.join(f'{name} {count}' for name, count in sorted(counts.items()))}"


def _number(run: Run, name: str, *, n: bool = False) -> str:
    found = run.metric(name)
    if found.value is None:
        return "unmeasured" if not n else f"unmeasured ({found.why})"
    return f"{found.value:.6g}" + (f" (n {found.n})" if n and found.n is not None else "")


def _block(title: str, values: Any) -> None:
    if not values:
        echo(f"{title}: not recorded" if title != "cannot be used" else "cannot be used: nothing")
        return
    echo(f"{title}:")
    for key, value in values.items():
        echo(f"  {key} = {json.dumps(value, ensure_ascii=False) if title == 'config' else value}")


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
