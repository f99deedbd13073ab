"""Which rows of one side have a near duplicate on the other: Jaccard similarity of their sets of tokens at or above a threshold.

One side is held, the other is read once and may be larger than memory. Up to `EXACT_PAIRS` pairs every pair is compared; above,
MinHash with banding (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4) proposes pairs, and
each proposed pair is compared by its sets. What is found is therefore always a near duplicate; what is missed is bounded by
`miss_probability`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from cardwright.errors import MissingExtraError

EXACT_PAIRS = 25_000_000
"""Pairs up to which every pair is compared: a few seconds of sparse products."""

PERMUTATIONS = 128
"""Hash functions of a MinHash signature: datasketch's default."""

MISSED_AT_THRESHOLD = 0.01
"""Probability with which a pair of exactly the threshold's similarity may be missed, at most."""

_BLOCK = 4_000_000
"""Cells of one sparse product, at most."""

Tokens = tuple[int, ...]
"""A row as its set of hashed tokens, sorted, each once."""


@dataclass(frozen=True)
class NearestRows:
    """The nearest rows of the other side for one row; only those at or above the threshold count."""

    similarity: float = 0.0
    """Jaccard similarity of the nearest; 0 where none reaches the threshold."""
    labels: tuple[tuple[str, int], ...] = ()
    """How often each label stands beside the nearest rows, the commonest first; rows without a label are left out."""
    identical: int = 0
    """Rows of the other side with the same set."""
    others: bool = False
    """Whether a row with another set reaches the threshold."""

    @property
    def label(self) -> str | None:
        """The label that most of the nearest rows have; None where none has one or two are as common."""
        if not self.labels or (len(self.labels) > 1 and self.labels[0][1] == self.labels[1][1]):
            return None
        return self.labels[0][0]


@dataclass(frozen=True)
class Banding:
    """How a signature is cut into bands: a pair is proposed where one band agrees in all its rows."""

    bands: int
    rows: int

    def miss_probability(self, similarity: float) -> float:
        """With which probability a pair of this Jaccard similarity is not proposed: (1 - s^r)^b.

        >>> Banding(21, 6).miss_probability(1.0)
        0.0
        """
        return float((1.0 - similarity**self.rows) ** self.bands)


def banding(threshold: float) -> Banding:
    """The longest bands that miss a pair at the threshold with probability `MISSED_AT_THRESHOLD` at most.

    >>> banding(0.8)
    Banding(bands=21, rows=6)
    """
    fitting = [Banding(PERMUTATIONS // rows, rows) for rows in range(1, PERMUTATIONS + 1)]
    return max(
        (b for b in fitting if b.miss_probability(threshold) <= MISSED_AT_THRESHOLD),
        key=lambda b: b.rows,
        default=fitting[0],
    )


def token(*parts: object) -> int:
    """A token as 64 bits, the same on every machine: two different ones agree once in 10^19.

    >>> token("a", 1) == token("a", "1"), token("a", 1) == token("a1")
    (True, False)
    """
    said = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def shingles(words: Sequence[str], size: int) -> Iterator[str]:
    """Runs of `size` words; a shorter text is one run.

    >>> list(shingles(["a", "b", "c", "d"], 3)), list(shingles(["a"], 3))
    (['a b c', 'b c d'], ['a'])
    """
    if len(words) <= size:
        yield " ".join(words)
        return
    for start in range(len(words) - size + 1):
        yield " ".join(words[start : start + size])


def nearest_rows(
    held: Sequence[Tokens],
    read: Iterable[tuple[Tokens, str | None]],
    count: int,
    threshold: float,
    *,
    seed: int = 0,
    exact_pairs: int = EXACT_PAIRS,
    chunk: int = 50_000,
) -> tuple[list[NearestRows], Banding | None]:
    """For each held row its nearest rows among those that are read.

    Parameters
    ----------
    held
        Rows of one side, shape (n,), each as its set of tokens.
    read
        Rows of the other side, each with its label or None; iterated once.
    count
        How many rows `read` gives; decides whether every pair is compared.
    threshold
        Jaccard similarity in (0, 1] from which two rows are near duplicates.
    seed
        Of MinHash's hash functions.
    exact_pairs
        Pairs up to which every pair is compared.
    chunk
        Rows of the side that is read whose equal sets are counted before they are compared.

    Returns
    -------
    list, Banding
        One value for each held row, in their order, and the banding that proposed pairs; None if every pair was compared.

    Raises
    ------
    MissingExtraError
        If MinHash is needed and datasketch is not installed.
    """
    distinct = list(dict.fromkeys(held))
    compare: _AllPairs | _Proposed
    compare = (
        _AllPairs(distinct, threshold)
        if len(distinct) * count <= exact_pairs
        else _Proposed(distinct, threshold, banding(threshold), seed)
    )
    best = [0.0] * len(distinct)
    votes: list[Counter[str]] = [Counter() for _ in distinct]
    identical, others = [0] * len(distinct), [False] * len(distinct)
    for grouped in _grouped(read, chunk):
        sets = list(grouped)
        for here, there, similarity in compare(sets):
            labels = grouped[sets[there]]
            if similarity == 1.0:
                identical[here] += sum(labels.values())
            else:
                others[here] = True
            if similarity > best[here]:
                best[here], votes[here] = similarity, Counter()
            if similarity == best[here]:
                votes[here].update({name: n for name, n in labels.items() if name is not None})
    found = {
        tokens: NearestRows(
            best[at], tuple(sorted(votes[at].items(), key=lambda v: (-v[1], v[0]))), identical[at], others[at]
        )
        for at, tokens in enumerate(distinct)
    }
    return [found[tokens] for tokens in held], compare.banding


def _grouped(read: Iterable[tuple[Tokens, str | None]], chunk: int) -> Iterator[Mapping[Tokens, Counter[str | None]]]:
    """Equal sets counted once, a bounded number of rows at a time."""
    grouped: dict[Tokens, Counter[str | None]] = {}
    rows = 0
    for tokens, label in read:
        grouped.setdefault(tokens, Counter())[label] += 1
        rows += 1
        if rows >= chunk:
            yield grouped
            grouped, rows = {}, 0
    if grouped:
        yield grouped


Found = Iterator[tuple[int, int, float]]


class _AllPairs:
    """Every pair, by products of sparse matrices of sets and tokens."""

    banding: Banding | None = None

    def __init__(self, held: Sequence[Tokens], threshold: float) -> None:
        self.threshold = threshold
        self.held = held
        self.places = {one: at for at, one in enumerate(sorted({one for tokens in held for one in tokens}))}
        self.matrix = self._matrix(held)

    def _matrix(self, sets: Sequence[Tokens]) -> Any:
        import numpy as np
        from scipy.sparse import csr_array

        columns = [[self.places[one] for one in tokens if one in self.places] for tokens in sets]
        starts = np.cumsum([0, *map(len, columns)])
        flat = np.fromiter((at for row in columns for at in row), dtype=np.int64, count=int(starts[-1]))
        return csr_array(
            (np.ones(len(flat), dtype=np.int32), flat, starts), shape=(len(sets), max(len(self.places), 1))
        )

    def __call__(self, sets: Sequence[Tokens]) -> Found:
        import numpy as np

        sizes = np.asarray([len(tokens) for tokens in self.held], dtype=np.int64)
        step = max(_BLOCK // max(len(self.held), 1), 1)
        for start in range(0, len(sets), step):
            block = sets[start : start + step]
            shared = (self.matrix @ self._matrix(block).T).tocoo()
            lengths = np.asarray([len(tokens) for tokens in block], dtype=np.int64)
            union = sizes[shared.coords[0]] + lengths[shared.coords[1]] - shared.data
            # Whole numbers on both sides but for the threshold: 8 of 10 reaches 0.8 in floating point too.
            kept = np.flatnonzero(shared.data >= self.threshold * union - 1e-9)
            for at in kept.tolist():
                here, there = int(shared.coords[0][at]), int(shared.coords[1][at])
                yield here, start + there, float(shared.data[at] / union[at])


class _Proposed:
    """Pairs that MinHash proposes, each compared by its sets."""

    def __init__(self, held: Sequence[Tokens], threshold: float, cut: Banding, seed: int) -> None:
        try:
            from datasketch import MinHash, MinHashLSH
        except ImportError as exc:
            raise MissingExtraError("datasketch", "duplicates", "Looking for near duplicates in many rows") from exc
        self.threshold = threshold
        self.banding: Banding | None = cut
        self.held = [frozenset(tokens) for tokens in held]
        self.settings: dict[str, Any] = {
            "num_perm": cut.bands * cut.rows,
            "seed": seed % 2**32,
            "scheme": "affine32",
            "hashfunc": _low_bits,
        }
        self.signatures = MinHash.generator
        self.index: Any = MinHashLSH(num_perm=cut.bands * cut.rows, params=(cut.bands, cut.rows))
        for at, signature in enumerate(self.signatures(held, **self.settings)):
            self.index.insert(at, signature)

    def __call__(self, sets: Sequence[Tokens]) -> Found:
        for there, signature in enumerate(self.signatures(sets, **self.settings)):
            other = sets[there]
            for here in sorted(self.index.query(signature)):
                mine = self.held[here]
                shared = len(mine.intersection(other))
                union = len(mine) + len(other) - shared
                if union and shared >= self.threshold * union - 1e-9:
                    yield here, there, shared / union


def _low_bits(hashed: int) -> int:
    """What MinHash permutes of a token that is hashed already."""
    return hashed & 0xFFFFFFFF


__all__ = ["Banding", "NearestRows", "Tokens", "banding", "nearest_rows", "shingles", "token"]
