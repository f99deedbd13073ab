"""Merkle trees of RFC 6962: root, inclusion proof, consistency proof, and how each is checked. Pure functions of bytes.

A tree is known by a function that gives the hash of a complete subtree, by its level (0 for leaves) and its place in that level.
A proof takes as many of them as the tree is high, so that one in a log of ten million entries needs about two dozen.

Proofs are checked by the algorithms of RFC 9162, 2.1.3.2 and 2.1.4.2, which are written for receivers and share nothing with the
functions that make them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

Node = Callable[[int, int], bytes]
"""Hash of a complete subtree: (level, place in the level) to 32 bytes."""

EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf(entry: bytes) -> bytes:
    """Hash of a leaf (RFC 6962, 2.1). The first byte keeps a leaf from passing for an inner node."""
    return sha256(b"\x00" + entry).digest()


def inner(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def complete(hashes: Sequence[bytes]) -> bytes:
    """Root over a number of hashes that is a power of two."""
    level = list(hashes)
    while len(level) > 1:
        level = [inner(level[n], level[n + 1]) for n in range(0, len(level), 2)]
    return level[0]


def of_leaves(leaves: Sequence[bytes]) -> Node:
    """A tree of leaf hashes that are all at hand, for small trees and tests."""
    return lambda level, place: complete(leaves[place << level : (place + 1) << level])


def _split(size: int) -> int:
    """The largest power of two smaller than a size."""
    return 1 << (size - 1).bit_length() - 1


def _hash(node: Node, start: int, end: int) -> bytes:
    """MTH(D[start:end]), where start is a multiple of every power of two that the range is split at."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(size)
    return inner(_hash(node, start, middle), _hash(node, middle, end))


def root(node: Node, size: int) -> bytes:
    """Root of a tree of this size.

    >>> root(of_leaves([leaf(b"")]), 1).hex()[:16]
    '6e340b9cffb37a98'
    """
    return _hash(node, 0, size) if size else EMPTY


# ---------------------------------------------------------------------------------------------------- proving


def inclusion(node: Node, index: int, size: int) -> tuple[bytes, ...]:
    """PATH(index, D[size]): what shows that an entry is in the tree, from its sibling to the root's child (RFC 6962, 2.1.1).

    Raises
    ------
    ValueError
        If there is no such entry.
    """
    if not 0 <= index < size:
        raise ValueError("no such entry")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_hash(node, middle, end))
            end = middle
        else:
            path.append(_hash(node, start, middle))
            start = middle
    return tuple(reversed(path))


def consistency(node: Node, old: int, size: int) -> tuple[bytes, ...]:
    """PROOF(old, D[size]): what shows that the tree of the old size is the beginning of this one (RFC 6962, 2.1.2).

    Raises
    ------
    ValueError
        If the old tree was larger.
    """
    if not 0 <= old <= size:
        raise ValueError("no such tree")
    if old in (0, size):
        return ()
    path: list[bytes] = []
    start, end, whole = 0, size, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_hash(node, middle, end))
            end = middle
        else:
            path.append(_hash(node, start, middle))
            start, whole = middle, False
    # A receiver knows the old root already; where that is the subtree reached here, it is left out.
    return (*(() if whole else (_hash(node, start, end),)), *reversed(path))


# ---------------------------------------------------------------------------------------------------- checking


def includes(root_: bytes, size: int, index: int, leaf_: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that a leaf is in the tree with this root and size, at this place (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    sides = _sides(index, size - 1, len(proof))
    if sides is None:
        return False
    found = leaf_
    for sibling, on_the_left in zip(proof, sides, strict=True):
        found = inner(sibling, found) if on_the_left else inner(found, sibling)
    return found == root_


def extends(root_: bytes, size: int, old_root: bytes, old: int, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that a tree begins with an older one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= size:
        return False
    if old == size:
        return not proof and old_root == root_
    if old == 0:
        return not proof and old_root == EMPTY
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    sides = _sides(place, last, len(path) - 1)
    if sides is None:
        return False
    before = now = path[0]
    for sibling, on_the_left in zip(path[1:], sides, strict=True):
        if on_the_left:
            before, now = inner(sibling, before), inner(sibling, now)
        else:
            now = inner(now, sibling)
    return before == old_root and now == root_


def _sides(place: int, last: int, steps: int) -> list[bool] | None:
    """For each step from a node up to the root, whether its sibling is on the left; None if the way is not of so many steps.

    `place` counts the nodes of a level from the left, `last` is the last of them (RFC 9162, 2.1.3.2 and 2.1.4.2).
    """
    sides: list[bool] = []
    for _ in range(steps):
        if last == 0:
            return None
        on_the_left = bool(place & 1) or place == last
        sides.append(on_the_left)
        while on_the_left and place and not place & 1:  # a node without a sibling is carried up as it is
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    return sides if last == 0 else None
