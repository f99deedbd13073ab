"""Near duplicates of mixed rows and texts: rows as sets of tokens, the test side held and the training side read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cardwright.errors import MissingExtraError
from cardwright.evaluators.overlap.pair import TablePair, both_numbers, near_key
from cardwright.evaluators.rows.near_duplicates import Banding, NearestRows, Tokens, nearest_rows, shingles, token

CONTROLS = 1000
"""Training rows that are compared with the rest of training, which is what chance and repeated cases produce."""

_AT_A_TIME = 10_000


@dataclass(frozen=True)
class SimilarRows:
    """What the search for near duplicates has found; or why there was none."""

    nearest: tuple[NearestRows, ...] = ()
    """For each test row that was looked for."""
    labels: tuple[str | None, ...] = ()
    """The folded label of each."""
    controls: int = 0
    """Training rows that were looked for among the other training rows."""
    controls_found: int = 0
    banding: Banding | None = None
    """How pairs were proposed; None where every pair was compared."""
    missing: MissingExtraError | None = None
    """Set where a library is missing, so that nothing was looked for."""


def similar_rows(pair: TablePair, seed: int) -> SimilarRows:
    """For a seeded sample of test rows, or all of them, their nearest training rows."""
    options = pair.options
    if not pair.rows or not pair.trained:
        return SimilarRows()
    chosen = list(_rows(pair, "test", _chosen(pair.rows, options.similar_rows, seed)))
    controls = [tokens for tokens, _ in _rows(pair, "training", _chosen(pair.trained, CONTROLS, seed))]
    both = [tokens for tokens, _ in chosen] + controls
    try:
        nearest, cut = nearest_rows(both, _rows(pair, "training", None), pair.trained, options.similar, seed=seed)
    except MissingExtraError as exc:
        return SimilarRows(missing=exc)
    beside = nearest[len(chosen) :]
    return SimilarRows(
        nearest=tuple(nearest[: len(chosen)]),
        labels=tuple(label for _, label in chosen),
        controls=len(controls),
        # A training row is among those that are read: it must have another one beside itself.
        controls_found=sum(near.identical > 1 or near.others for near in beside),
        banding=cut,
    )


def _chosen(rows: int, count: int, seed: int) -> frozenset[int] | None:
    """Positions of the rows that are looked for; None for all."""
    import numpy as np

    from cardwright.evaluators.rows.sampling import keyed_hash

    if rows <= count:
        return None
    hashes = keyed_hash(np.arange(rows, dtype=np.int64), seed)
    return frozenset(np.argsort(hashes, kind="stable")[:count].tolist())


def _rows(pair: TablePair, table: str, chosen: frozenset[int] | None) -> Iterator[tuple[Tokens, str | None]]:
    """Rows as sets of tokens, each with its folded label, in their order."""
    size = pair.options.shingle
    long = [not both_numbers(pair, column) for column in pair.chosen]
    keys = [f"cast({near_key(pair, column)} as varchar)" for column in pair.chosen]
    keys.append(f"cast({near_key(pair, pair.label)} as varchar)" if pair.label is not None else "null")
    known: dict[tuple[int, str | None], tuple[int, ...]] = {}
    # A cursor of its own: the training rows are read while others are.
    result = pair.store.cursor().execute(f"select {', '.join(keys)} from {table}")
    at = 0
    while batch := result.fetchmany(_AT_A_TIME):
        for row in batch:
            if chosen is None or at in chosen:
                tokens: set[int] = set()
                for number, value in enumerate(row[:-1]):
                    here = known.get((number, value))
                    if here is None:
                        here = _tokens(number, value, size if long[number] else 0)
                        if len(known) < 200_000:
                            known[number, value] = here
                    tokens.update(here)
                yield tuple(sorted(tokens)), row[-1]
            at += 1


def _tokens(column: int, value: str | None, size: int) -> tuple[int, ...]:
    """One token of a number or a short text, the shingles of a longer text; missing is a value of its own."""
    if value is None:
        return (token(column, "missing"),)
    words = value.split() if size else [value]
    return tuple(token(column, "value", run) for run in shingles(words, size or 1))


__all__ = ["CONTROLS", "SimilarRows", "similar_rows"]
