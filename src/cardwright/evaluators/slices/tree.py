"""A shallow tree of errors: which simple rules pick out rows with more errors, found on one half and to be judged on the other.

The idea is that of error analysis by a surrogate tree (Nushi, Kamar and Horvitz 2018, HCOMP). Categories are put in the order of
their mean loss in the finding half, which for a two-way split loses nothing (Breiman et al. 1984, theorem 4.5). A missing value
stands below every other one, so that the tree can give it a branch of its own. The tree sees ranks; a cut lies between two values
of the finding half, with as few digits as keep it there, and all rows are assigned by the rule that is printed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cardwright.evaluators.rows.encoding import encode, numbers
from cardwright.evaluators.rows.exact_sums import FloatArray
from cardwright.evaluators.rows.slice_sample import MAX_VALUES, BoolArray, Sample, is_number, rounded
from cardwright.record.base import label as as_label
from cardwright.statistics.contrast import Losses

OTHER = "any other value"


@dataclass(frozen=True)
class Feature:
    """A column as the tree sees it."""

    column: str
    values: FloatArray
    """One per row; missing ones stand below all others."""
    steps: FloatArray
    """The different values of the finding half, rising; the first is the missing ones' where there are any."""
    names: tuple[str, ...] = ()
    """Of a category: what stands at 0, 1, 2 …; empty for numbers."""

    @property
    def missing(self) -> float:
        """Where missing values stand."""
        return -1.0 if self.names else -math.inf

    def ranks(self) -> FloatArray:
        """The values as the tree takes them: their place among the steps, which single precision holds."""
        return np.searchsorted(self.steps, self.values).astype(np.float64)

    def cut(self, threshold: float) -> float:
        """A cut between two ranks as one between two values."""
        place = math.floor(threshold)
        low, high = float(self.steps[place]), float(self.steps[place + 1])
        if self.names or low == self.missing:
            return low
        return rounded(low / 2 + high / 2, low, high)


@dataclass(frozen=True)
class FeatureRange:
    """Of one feature in a rule: above `low`, and up to `high`."""

    low: float | None = None
    """`None` where there is no lower bound, so that missing values are in."""
    high: float = math.inf


@dataclass(frozen=True)
class Leaf:
    """A rule, and the rows it picks."""

    rule: str
    rows: BoolArray


@dataclass(frozen=True)
class FoundSlices:
    """What the tree found."""

    leaves: tuple[Leaf, ...]
    """Every leaf, in the tree's order from left to right."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Columns that could not be used, and why."""


def features(
    sample: Sample, columns: Sequence[str], finding: BoolArray, losses: Losses, rare: int
) -> tuple[list[Feature], dict[str, str]]:
    """Columns as numbers; categories in the order of their mean loss in the finding half, those under `rare` rows as one."""
    found: list[Feature] = []
    left_out: dict[str, str] = {}
    for column in columns:
        if is_number(sample.batch, column):
            values = numbers(sample.batch.column(column), where=sample.layout.where, what=f'column "{column}"')
            values = np.where(np.isfinite(values), values, -math.inf)
            steps = np.unique(values[finding])
            if len(steps) < 2:
                left_out[column] = "it has one value"
                continue
            found.append(Feature(column, values, steps))
            continue
        column_values = _category(sample, column, finding, losses, rare)
        if isinstance(column_values, str):
            left_out[column] = column_values
        else:
            found.append(column_values)
    return found, left_out


def _category(sample: Sample, column: str, finding: BoolArray, losses: Losses, rare: int) -> Feature | str:
    array = sample.batch.column(column)
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (
        pa.types.is_boolean(array.type)
        or pa.types.is_string(array.type)
        or pa.types.is_large_string(array.type)
        or pa.types.is_dictionary(array.type)
    ):
        return f"it holds {array.type}, which is neither a number nor a category"
    if len(pc.unique(array)) > MAX_VALUES + 1:
        return f"it has more than {MAX_VALUES} different values"
    encoded = encode(array, limit=MAX_VALUES + 1, blank=True, where=sample.layout.where, what=f'column "{column}"')
    labels = sorted({name for name in encoded.labels if name is not None})
    place = {name: number for number, name in enumerate(labels)}
    codes = encoded.map(lambda name: -1 if name is None else place[name])
    weight = losses.weights()
    kept: list[tuple[float, str, int]] = []
    for number, name in enumerate(labels):
        here = finding & (codes == number)
        if here.sum() >= rare and weight[here].sum() > 0:
            kept.append((float((weight * losses.loss)[here].sum() / weight[here].sum()), name, number))
    if not kept:
        return f"no value has {rare} rows in the finding half"
    total = weight[finding].sum()
    middle = float((weight * losses.loss)[finding].sum() / total) if total > 0 else 0.0
    alone = {number for _, _, number in kept}
    rest = (codes >= 0) & ~np.isin(codes, sorted(alone))
    order = sorted([*kept, (middle, OTHER, -2)] if rest.any() else kept)
    values = np.full(len(codes), -1.0)
    for rank, (_, _, number) in enumerate(order):
        values[rest if number == -2 else codes == number] = rank
    if len(np.unique(values[finding])) < 2:
        return "it has one value"
    return Feature(column, values, np.unique(values[finding]), tuple(name for _, name, _ in order))


def grow(
    sample: Sample,
    columns: Sequence[str],
    finding: BoolArray,
    losses: Losses,
    *,
    max_depth: int,
    min_leaf: int,
    seed: int,
) -> FoundSlices:
    """Grow the tree on the finding half, and give the rows of both halves that each leaf's rule picks."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    usable, left_out = features(sample, columns, finding, losses, min_leaf)
    if not usable or finding.sum() < 2 * min_leaf:
        return FoundSlices((), left_out)
    matrix = np.column_stack([feature.values for feature in usable])
    kind = DecisionTreeClassifier if losses.binary else DecisionTreeRegressor
    tree: Any = kind(max_depth=max_depth, min_samples_leaf=min_leaf, random_state=seed)
    ranks = np.column_stack([feature.ranks() for feature in usable])
    tree.fit(
        ranks[finding], losses.loss[finding], sample_weight=None if losses.weight is None else losses.weight[finding]
    )
    leaves: list[Leaf] = []
    _walk(tree.tree_, 0, {}, usable, matrix, leaves)
    return FoundSlices(tuple(leaves), left_out)


def _walk(
    nodes: Any, node: int, rule: dict[int, FeatureRange], usable: list[Feature], matrix: FloatArray, leaves: list[Leaf]
) -> None:
    left, right = int(nodes.children_left[node]), int(nodes.children_right[node])
    if left == right:
        if rule:
            leaves.append(Leaf(words(rule, usable), picks(rule, matrix)))
        return
    index = int(nodes.feature[node])
    cut = usable[index].cut(float(nodes.threshold[node]))
    before = rule.get(index, FeatureRange())
    _walk(nodes, left, {**rule, index: FeatureRange(before.low, min(before.high, cut))}, usable, matrix, leaves)
    _walk(
        nodes,
        right,
        {**rule, index: FeatureRange(cut if before.low is None else max(before.low, cut), before.high)},
        usable,
        matrix,
        leaves,
    )


def picks(rule: dict[int, FeatureRange], matrix: FloatArray) -> BoolArray:
    """The rows that a rule picks."""
    rows = np.ones(len(matrix), bool)
    for index, bounds in rule.items():
        rows &= matrix[:, index] <= bounds.high
        if bounds.low is not None:
            rows &= matrix[:, index] > bounds.low
    return rows


def words(rule: dict[int, FeatureRange], usable: list[Feature]) -> str:
    """A rule as people read it, e.g. `debt_ratio > 36.2 and race is black or hispanic`."""
    return " and ".join(_condition(usable[index], bounds) for index, bounds in sorted(rule.items()))


def _condition(feature: Feature, bounds: FeatureRange) -> str:
    name, low, high = as_label(feature.column), bounds.low, bounds.high
    missing = low is None and bool((feature.values == feature.missing).any())
    if feature.names:
        held = [word for rank, word in enumerate(feature.names) if (low is None or low < rank) and rank <= high]
        listed = sorted(held, key=lambda word: (word == OTHER, word)) + (["missing"] if missing else [])
        return f"{name} is {' or '.join(listed)}"
    if high == feature.missing:
        return f"{name} is missing"
    least = None if low is None or low == feature.missing else as_label(low)
    if math.isinf(high):
        return f"{name} > {least}" if least is not None else f"{name} is not missing"
    text = f"{name} ≤ {as_label(high)}" if least is None else f"{least} < {name} ≤ {as_label(high)}"
    return f"({text} or missing)" if missing else text
