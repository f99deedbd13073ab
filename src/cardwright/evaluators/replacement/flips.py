"""Rows by whether each of two models is right, overall and by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from cardwright.evaluators.rows.exact_sums import IntArray
from cardwright.evaluators.rows.paired import Pairs, Switched
from cardwright.evaluators.rows.tally import decode


@dataclass(frozen=True)
class Flips(Switched):
    """Some rows by whether the challenger and the champion are right."""

    slice: Mapping[str, str | None] = field(default_factory=dict)
    """Their group; empty for all rows."""

    @property
    def fixed(self) -> int:
        """Rows of which only the challenger is right."""
        return self.only_first

    @property
    def broken(self) -> int:
        """Rows of which only the champion was."""
        return self.only_second


def flips(pairs: Pairs) -> tuple[Flips, ...]:
    """All rows first, then every group of each attribute that is expected, and rows of unknown membership."""
    layout = pairs.layout
    cells = np.array(sorted(pairs.decisions), np.int64)
    right = {cell: _right(pairs.decisions[cell], binary=layout.kind == "binary") for cell in pairs.decisions}
    found = [_sum({}, [right[cell] for cell in cells.tolist()])]
    codes = decode(cells, layout.sizes) if len(cells) else [np.zeros(0, np.int64) for _ in layout.attributes]
    for attribute, code in zip(layout.attributes, codes, strict=True):
        for place, name in enumerate([*attribute.groups, None]):
            chosen = cells[code == place] if name is not None else cells[code >= len(attribute.groups)]
            found.append(_sum({attribute.name: name}, [right[cell] for cell in chosen.tolist()]))
    return tuple(found)


def _right(table: IntArray, *, binary: bool) -> IntArray:
    """Rows by whether the first and the second decision are right; of several classes the table says so already."""
    return np.asarray(table[0][::-1, ::-1] + table[1] if binary else table[0])


def _sum(slice_: Mapping[str, str | None], tables: list[IntArray]) -> Flips:
    total = sum(tables, np.zeros((2, 2), np.int64))
    return replace(Flips.of(total), slice=slice_)
