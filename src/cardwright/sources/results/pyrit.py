"""PyRIT's memory: its JSON export, and its database in SQLite or DuckDB (PyRIT 0.5 to 0.11).

A memory is a list of pieces of prompts, put together to conversations by `conversation_id` and `sequence`. What was sent
is the *converted* value. Scores hang on the piece that they speak of, and count for the conversation that it is in.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from cardwright.errors import MissingExtraError, SourceError
from cardwright.sources.interface import NO_VERDICT, Event, Judgement
from cardwright.sources.json_text import decode
from cardwright.sources.results.interface import (
    Look,
    Reader,
    Recorded,
    identifier,
    listed,
    mapping,
    not_of,
    numeric,
    refuse_version,
)
from cardwright.sources.results.json_files import json_value

VERSIONS = "0.5 to 0.11"
_PIECE = ("conversation_id", "sequence", "role", "converted_value", "converted_value_data_type")
_SQLITE = b"SQLite format 3\x00"
_DUCKDB = slice(8, 12)
"""Where DuckDB writes `DUCK` into the head of a file."""


def recognises(look: Look) -> bool:
    """A list of pieces, or a database with PyRIT's table."""
    if look.head.startswith(_SQLITE) or look.head[_DUCKDB] == b"DUCK":
        return b"PromptMemoryEntries" in look.path.read_bytes() if look.head.startswith(_SQLITE) else True
    first = look.first[0] if isinstance(look.first, list) and look.first else None
    return isinstance(first, Mapping) and all(key in first for key in _PIECE)


def read(path: Path, where: str) -> Iterator[Recorded]:
    """See `Reader.read`."""
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(_SQLITE):
        pieces, scores = _sqlite(path, where)
    elif head[_DUCKDB] == b"DUCK":
        pieces, scores = _duckdb(path, where)
    else:
        pieces, scores = [mapping(piece) for piece in listed(json_value(path, where))], []
    if not pieces:
        raise not_of("PyRIT", "there is no list of pieces", where)
    of_piece: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for score in scores:
        of_piece[str(score.get("prompt_request_response_id"))].append(score)
    talks: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for number, piece in enumerate(pieces, 1):
        if not all(key in piece for key in _PIECE):
            raise refuse_version(None, VERSIONS, f"{where}, piece {number}")
        talks[str(piece["conversation_id"])].append(piece)
    for name, talk in talks.items():
        yield _conversation(name, sorted(talk, key=lambda piece: int(piece["sequence"])), of_piece, where)


def _conversation(
    name: str, talk: list[Mapping[str, Any]], scores: Mapping[str, list[Mapping[str, Any]]], where: str
) -> Recorded:
    turns: list[dict[str, Any]] = []
    verdicts: list[Judgement] = []
    unread, failed = None, None
    for piece in talk:
        kind, error = piece.get("converted_value_data_type"), piece.get("response_error")
        original = str(piece.get("original_prompt_id") or piece.get("id"))
        verdicts += [_judgement(mapping(score)) for score in (*listed(piece.get("scores")), *scores.get(original, ()))]
        if error == "blocked":
            turns.append({"role": "assistant", "content": "", "finish_reason": "content_filter"})
            continue
        if kind == "error" or error not in (None, "none"):
            failed = "error"
            continue
        if kind not in ("text", "reasoning", "function_call", "tool_call", "function_call_output"):
            unread = unread or "a piece holds a file, which is not read"
        turns.append(_turn(piece, str(kind)))
    row = {"id": name[:200], "messages": turns, "intent": "attack", "error": failed}
    return Recorded(f"{where}, conversation {name[:36]}", row, tuple(dict.fromkeys(verdicts)), unread)


def _turn(piece: Mapping[str, Any], kind: str) -> dict[str, Any]:
    role = {"simulated_assistant": "assistant"}.get(str(piece["role"]), piece["role"])
    value = piece["converted_value"]
    if kind in ("function_call", "tool_call", "function_call_output"):
        try:
            return dict(mapping(decode(str(value))))
        except ValueError:
            return {"role": role, "content": None, "unreadable": str(value)}
    return {"role": role, "reasoning_content" if kind == "reasoning" else "content": value}


def _judgement(score: Mapping[str, Any]) -> Judgement:
    """A true_false score is a verdict; a float_scale has no threshold of its own. A scorer of refusals says another thing."""
    who = mapping(score.get("scorer_class_identifier") or score.get("scorer_identifier"))
    name = str(who.get("__type__") or who.get("class_name") or "scorer")
    event: Event = "refusal" if "refusal" in name.lower() else "attack_success"
    stated = str(score.get("score_value")).strip().lower()
    happened = {"true": True, "false": False}.get(stated) if score.get("score_type") == "true_false" else None
    why = None if happened is not None else NO_VERDICT
    return Judgement(identifier(f"pyrit.{name}"), event, happened, why, score=_scale(score, stated))


def _scale(score: Mapping[str, Any], said: str) -> float | None:
    if score.get("score_type") != "float_scale":
        return None
    try:
        return numeric(float(said))
    except ValueError:
        return None


def _sqlite(path: Path, where: str) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
            base.row_factory = sqlite3.Row

            def rows(table: str) -> list[Mapping[str, Any]]:
                return [_row(dict(row)) for row in base.execute(f'SELECT * FROM "{table}"')]  # noqa: S608  two fixed names

            return rows("PromptMemoryEntries"), rows("ScoreEntries")
    except sqlite3.Error:
        raise not_of("PyRIT", "the database does not have its tables, or is damaged", where) from None


def _duckdb(path: Path, where: str) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    try:
        import duckdb
    except ImportError as exc:
        raise MissingExtraError("duckdb", "tabular", f"reading {where}") from exc
    try:
        # A database of somebody else's: it is opened to be read, and may load and reach nothing.
        with closing(duckdb.connect(":memory:", config={"autoload_known_extensions": "false"})) as base:
            base.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS memory_ (READ_ONLY)")

            def rows(table: str) -> list[Mapping[str, Any]]:
                cursor = base.execute(f'SELECT * FROM memory_."{table}"')  # noqa: S608  two fixed names
                names = [column[0] for column in cursor.description or ()]
                return [_row(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]

            return rows("PromptMemoryEntries"), rows("ScoreEntries")
    except duckdb.Error:
        raise SourceError(
            "the DuckDB database cannot be read, or does not have PyRIT's tables", where=where,
            do="Export the memory as JSON, or open it once with the DuckDB that is installed.",
        ) from None  # fmt: skip


def _row(row: dict[str, Any]) -> Mapping[str, Any]:
    """A row whose JSON columns are values; ids are text in one database and UUIDs in another."""
    for key in ("scorer_class_identifier", "scorer_identifier"):
        if isinstance(row.get(key), str):
            try:
                row[key] = decode(row[key])
            except ValueError:
                row[key] = {}
    return row


PYRIT = Reader("pyrit", "PyRIT memory: JSON export, SQLite, DuckDB", VERSIONS, recognises, read)
