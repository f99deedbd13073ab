"""The blind baseline: can members be told from non-members without the model? Then an attack on the model shows nothing.

Duan et al. (2024), Do Membership Inference Attacks Work on Large Language Models?; Meeus et al. (2025), SoK: Membership Inference
Attacks on LLMs are Rushing Nowhere (and How to Fix It); Das, Zhang and Tramèr (2025), Blind Baselines Beat Membership Inference
Attacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cardwright.errors import UsageError
from cardwright.evaluators.leakage.options import LeakageOptions
from cardwright.evaluators.rows.sampling import choose
from cardwright.privacy.showing import hint, quoted
from cardwright.record.base import label as as_label
from cardwright.sources.interface import Model, Predictions, Table
from cardwright.statistics.membership import FoldedAuc, folded_auc

FEW_VALUES = 200
"""A column of strings with at most this many different values is a category; with more it is read as text."""

FAR_BELOW = 0.45
"""An area wholly below this is reversed. Not 0.5: fits of several folds share training rows, which DeLong's interval leaves
out, so without any difference one area in nine was wholly below 0.5, and none below 0.47 (36 draws of 300 to 2,000 rows each)."""


@dataclass(frozen=True)
class BlindBaseline:
    """What a classifier that never saw the model tells."""

    area: FoldedAuc | None
    """The larger area of the two readers, reversed if it lies far below chance; `None` if nobody could try."""
    reader: str
    """Which reader it is: of columns, or of words."""
    columns: tuple[str, ...]
    """The columns that were read."""
    rows: int
    """Rows of each side that were read at most."""
    why: str | None = None
    """Why nobody could try."""

    @property
    def differ(self) -> bool:
        """Whether members and non-members are told apart by more than chance."""
        return self.area is not None and self.area.bounds.lower > 0.5


def look(
    members: Predictions | Table,
    non_members: Predictions | Table,
    options: LeakageOptions,
    model: Model | None,
    seed: int,
    where: str,
) -> BlindBaseline:
    """Cross-validated areas of classifiers of members by their inputs alone: gradient boosting of columns, and of words logistic
    regression.

    Raises
    ------
    UsageError
        If a column that is named does not exist.
    """
    columns = _columns(members, non_members, options, model, where)
    if not columns:
        return BlindBaseline(None, "", (), 0, "no column of inputs is known, so nobody can tell whether they differ")
    person = members.person if members.person is not None and members.person == non_members.person else None
    more = [] if person is None or person in columns else [person]
    inside, _ = choose(members.rows, [*columns, *more], options.rows, seed)
    outside, _ = choose(non_members.rows, [*columns, *more], options.rows, seed + 1)
    least = min(inside.num_rows, outside.num_rows)
    if least < options.min_denominator:
        why = f"the smaller side has {least} rows, and {options.min_denominator} are needed to tell whether they differ"
        return BlindBaseline(None, "", tuple(columns), least, why)
    truth = np.concatenate((np.ones(inside.num_rows), np.zeros(outside.num_rows))).astype(np.int64)
    groups = None
    if person is not None:
        both = [*inside.column(person).to_pylist(), *outside.column(person).to_pylist()]
        groups = np.unique(np.asarray([as_label(v) for v in both], dtype=object), return_inverse=True)[1]
    matrix, coded, words = _encoded(inside, outside, columns)
    tried: list[tuple[str, FoldedAuc]] = []
    readers = [("columns", matrix, coded)] if matrix is not None else []
    level = 1 - (1 - options.level) / (len(readers) + bool(words)) if readers or words else options.level
    for name, data, categories in readers:
        reader_area = folded_auc(_folds(_boosting(categories, seed), data, truth, groups, options.folds, seed), level)
        if reader_area is not None:
            tried.append((name, reader_area))
    if words:
        reader_area = folded_auc(_folds(_logistic(), _hashed(words), truth, groups, options.folds, seed), level)
        if reader_area is not None:
            tried.append(("words", reader_area))
    if not tried:
        return BlindBaseline(None, "", tuple(columns), least, "none of the inputs can be read by a classifier")
    reader, area = max(((name, _turned(one)) for name, one in tried), key=lambda one: one[1].bounds.lower)
    return BlindBaseline(area, reader, tuple(columns), max(inside.num_rows, outside.num_rows))


def _turned(area: FoldedAuc) -> FoldedAuc:
    """The area of who says the opposite, where the classifier is wrong far more often than chance: it tells them apart too."""
    bounds = area.bounds
    if bounds.upper >= FAR_BELOW:
        return area
    return replace(
        area, estimate=1 - area.estimate, bounds=replace(bounds, lower=1 - bounds.upper, upper=1 - bounds.lower)
    )


def _columns(
    members: Predictions | Table,
    non_members: Predictions | Table,
    options: LeakageOptions,
    model: Model | None,
    where: str,
) -> list[str]:
    here, there = members.rows.schema.names, set(non_members.rows.schema.names)
    if options.inputs is not None:
        for name in options.inputs:
            if name not in here or name not in there:
                raise UsageError(
                    f"no column is called {quoted(name)} in both sources",
                    where=where,
                    do=hint(name, here, columns=True),
                )
        return list(dict.fromkeys(options.inputs))
    features: Sequence[str] = model.features if model is not None else ()
    for source in (members, non_members):
        if not features and isinstance(source, Predictions):
            features = source.features
    if features:
        label = next((one.label for one in (members, non_members) if one.label is not None), None)
        return [c for c in dict.fromkeys([*features, *filter(None, (label, options.text))]) if c in here and c in there]
    of_models = {options.loss, options.log_prob, options.token_log_probs, *options.reference_loss}
    of_models |= {*options.shadow_in, *options.shadow_out}
    for source in (members, non_members):
        of_models |= {source.weight, source.person}
        if isinstance(source, Predictions):
            of_models |= {source.score, source.prediction}
    return [c for c in here if c in there and c not in of_models]


def _encoded(inside: Any, outside: Any, columns: Sequence[str]) -> tuple[Any, list[int], list[str]]:
    """Numbers and categories as a matrix, which of its columns are categories, and the words of each row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts: list[Any] = []
    coded: list[int] = []
    texts: list[list[str]] = []
    for column in columns:
        both = pa.chunked_array([inside.column(column), outside.column(column).cast(inside.column(column).type)])
        both = both.combine_chunks()
        kind = both.type
        if pa.types.is_temporal(kind):
            both = both.cast(pa.int32() if kind.bit_width == 32 else pa.int64())
            kind = both.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
            parts.append(both.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
        elif pa.types.is_string(kind):
            codes = both.dictionary_encode()
            if len(codes.dictionary) <= FEW_VALUES:
                order = np.argsort(np.asarray(codes.dictionary.to_pylist(), dtype=object))
                rank = np.empty(len(order))
                rank[order] = np.arange(len(order))
                index = pc.fill_null(codes.indices, -1).to_numpy(zero_copy_only=False)
                coded.append(len(parts))
                parts.append(np.where(index >= 0, rank[index], np.nan) if len(rank) else np.full(len(index), np.nan))
            else:
                texts.append([str(value or "") for value in both.to_pylist()])
    words = [" ".join(row) for row in zip(*texts, strict=True)] if texts else []
    return (np.column_stack(parts) if parts else None), coded, words


def _boosting(categories: list[int], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.1, early_stopping=False, categorical_features=categories or None, random_state=seed
    )


def _logistic() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1000, C=1.0)


def _hashed(words: list[str]) -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(ngram_range=(1, 2), n_features=2**18, alternate_sign=False).transform(words)


def _folds(classifier: Any, data: Any, truth: Any, groups: Any, folds: int, seed: int) -> list[tuple[Any, Any]]:
    from sklearn.base import clone
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
    from threadpoolctl import threadpool_limits

    splitter: Any = StratifiedKFold if groups is None else StratifiedGroupKFold
    scores: list[tuple[Any, Any]] = []
    for train, test in splitter(folds, shuffle=True, random_state=seed).split(truth, truth, groups):
        with threadpool_limits(
            limits=1
        ):  # sums in one order, and no threads that wait for each other on a busy machine
            probabilities = clone(classifier).fit(data[train], truth[train]).predict_proba(data[test])[:, 1]
        scores.append((probabilities[truth[test] == 1], probabilities[truth[test] == 0]))
    return scores


__all__ = ["BlindBaseline", "look"]
