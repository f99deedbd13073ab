"""What the benchmarks measured, kept as data: `results.json`, and the page `RESULTS.md` that is made from it.

    python benchmarks/results.py                  makes RESULTS.md from results.json
    python benchmarks/results.py startup gate     runs these benchmarks, keeps what they print, and makes RESULTS.md
    python benchmarks/results.py --all            runs every one

A benchmark prints Markdown tables, each a heading row of figures with their units and targets, and sentences between them. Both
are kept as they are printed, numbers as numbers. With each run go its day, commit, cores, load and Python.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE / "RESULTS.md"
HEAD = """# Results

Made from `results.json` by `python benchmarks/results.py`; `make benchmarks` measures everything again. Each table is what the
script printed. Times are of a shared machine: compare figures of one run, not those of different days.
"""


def tables(text: str) -> list[dict[str, Any]]:
    """The parts of what a benchmark printed, in order: tables with columns, alignments and rows, and paragraphs between them."""
    parts: list[dict[str, Any]] = []
    for chunk in re.split(r"\n\s*\n", text.strip()):
        lines = chunk.strip().splitlines()
        start = next(
            (i for i in range(len(lines) - 1) if lines[i].startswith("|") and re.match(r"\|[\s:|-]+$", lines[i + 1])),
            None,
        )
        if start is None:
            parts.append({"text": chunk.strip()})
            continue
        if start:
            parts.append({"text": "\n".join(lines[:start])})
        end = next((i for i in range(start, len(lines)) if not lines[i].startswith("|")), len(lines))
        parts.append(
            {
                "columns": _cells(lines[start]),
                "numbers": [cell.endswith(":") for cell in _cells(lines[start + 1])],
                "rows": [[_value(cell) for cell in _cells(line)] for line in lines[start + 2 : end]],
            }
        )
        if lines[end:]:
            parts.append({"text": "\n".join(lines[end:])})
    return parts


def page(results: dict[str, Any]) -> str:
    """The page that results make."""
    lines = [HEAD]
    for name, run in results.items():
        measured = run["measured"]
        said = [f"Measured on {measured['date']}", f"commit {measured['commit']}", f"{measured['cores']} shared cores"]
        if measured.get("load") is not None:
            said.append(f"load {measured['load']}")
        said.append(f"Python {measured['python']}")
        lines += [f"## `{name}`: {run['title']}" if run["title"] else f"## `{name}`", "", ", ".join(said) + ".", ""]
        for part in run["parts"]:
            lines += [part["text"]] if "text" in part else _table(part)
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def record(name: str, title: str, printed: str, measured: dict[str, Any]) -> dict[str, Any]:
    """The kept results, with those of one benchmark in place of its former ones."""
    kept: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    return {**kept, name: {"title": title, "measured": measured, "parts": tables(printed)}}


def now() -> dict[str, Any]:
    """The circumstances of a run that begins now."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short=7", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip() or "unknown",
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))]


def _value(cell: str) -> object:
    """A number where the cell is one, with its digits where writing it again would lose them; else the text."""
    if not re.fullmatch(r"-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?", cell):
        return cell
    plain = cell.replace(",", "")
    number: int | float = float(plain) if "." in plain else int(plain)
    return number if _shown(number) == cell else {"number": number, "shown": cell}


def _shown(value: Any) -> str:
    return str(value["shown"] if isinstance(value, dict) else value)


def _table(part: dict[str, Any]) -> list[str]:
    rule = ["---:" if number else "---" for number in part["numbers"]]
    return [
        "| " + " | ".join(row) + " |"
        for row in (part["columns"], rule, *([_shown(cell) for cell in row] for row in part["rows"]))
    ]


def main() -> int:
    """Run what is named, and make the page."""
    words = sys.argv[1:]
    every = sorted(path.stem for path in HERE.glob("*.py") if path.stem != "results")
    ended = 0
    for stem in every if words == ["--all"] else words:
        measured = now()
        done = subprocess.run(
            [sys.executable, str(HERE / f"{stem}.py")], stdout=subprocess.PIPE, text=True, check=False
        )
        print(f"== {stem}.py\n{done.stdout}", flush=True)
        ended = max(ended, done.returncode)
        if "|" not in done.stdout:
            continue  # it broke off before it had measured anything; what is kept stays
        kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
        title = kept.get(f"{stem}.py", {}).get("title", "")
        results = record(f"{stem}.py", title, done.stdout, measured)
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")
    return ended


if __name__ == "__main__":
    sys.exit(main())
