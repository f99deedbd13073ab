"""Shapley values of any model from its predictions alone: exactly for few features, by permutations for more."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cardwright.evaluators.attributions.ways import Way, shap_library
from cardwright.sources.interface import Model

if TYPE_CHECKING:
    import numpy
    import pyarrow

EXACT_FEATURES = 16
"""With more features the exact values ask for more sets of features (65,536 for 16) than anybody waits for."""
EXACT_PREDICTIONS = 2**23
"""So many predictions for all rows together are made for exact values before permutations are taken: what these would take."""
PERMUTATIONS = 10
"""So many orders of the features are walked through for each row, forth and back."""


def asked_of_exact(rows: int, background: int, features: int) -> int:
    """How many predictions exact values take: each set of features, with each row of the background, for each row."""
    return rows * background * int(2**features)


@dataclass(frozen=True)
class CodedFeatures:
    """Rows and background as numbers, words as places in a book of their own, and the model's output of such numbers."""

    x: numpy.ndarray[Any, Any]
    b: numpy.ndarray[Any, Any]
    predict: Callable[[Any], numpy.ndarray[Any, Any]]
    of: Callable[[pyarrow.RecordBatch], numpy.ndarray[Any, Any]]
    output: str


def coded_features(
    model: Model, rows: pyarrow.RecordBatch, background: pyarrow.RecordBatch, column: int | None
) -> CodedFeatures:
    """What SHAP's explainers of any function take: they know numbers alone."""
    import numpy as np
    import pyarrow as pa

    pool = pa.concat_batches([rows, background])
    codes, books = [], []
    for name in model.features:
        values = pool.column(name)
        if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
            codes.append(np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float))
            books.append((values.type, None))
        else:
            encoded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
            codes.append(np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=float))
            books.append((values.type, encoded.dictionary))
    coded = np.column_stack(codes)

    def of(batch: pyarrow.RecordBatch) -> Any:
        out = np.asarray(model.predict(batch), dtype=float)
        return out if out.ndim == 1 or column is None else out[:, column]

    names, doubles = list(model.features), pa.float64()

    def predict(numbers: Any) -> Any:
        # Column by column, as Arrow holds them: one copy of all rather than one of each, and none for what is a double already.
        numbers = np.asfortranarray(numbers)
        columns = []
        for index, (kind, book) in enumerate(books):
            if book is None:
                plain = pa.array(numbers[:, index], from_pandas=True)
                columns.append(plain if kind == doubles else plain.cast(kind, safe=False))
            else:
                places = numbers[:, index].astype(int)
                columns.append(book.take(pa.array(places, mask=places < 0)))
        return of(pa.RecordBatch.from_arrays(columns, names=names))

    name = "value" if column is None and not model.classes else "probability"
    return CodedFeatures(coded[: rows.num_rows], coded[rows.num_rows :], predict, of, name)


def by_permutation(
    model: Model, rows: pyarrow.RecordBatch, background: pyarrow.RecordBatch, column: int | None, seed: int
) -> Way:
    """Shapley values by permutations of the features themselves, words included: exact in additivity for every row."""
    import numpy as np

    shap = shap_library()
    coded = coded_features(model, rows, background, column)
    explainer = shap.PermutationExplainer(
        coded.predict, shap.maskers.Independent(coded.b, max_samples=len(coded.b)), seed=seed
    )
    evaluations = PERMUTATIONS * (2 * coded.x.shape[1] + 1)

    def attribute(start: int, stop: int) -> tuple[Any, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy's own notice of missing values in a masked mean
            found = explainer(coded.x[start:stop], max_evals=evaluations, silent=True)
        base = np.broadcast_to(np.asarray(found.base_values, dtype=float), (stop - start,)).copy()
        return np.asarray(found.values, dtype=float), base

    return Way("permutation", coded.output, coded.of, attribute)


def exactly(model: Model, rows: pyarrow.RecordBatch, background: pyarrow.RecordBatch, column: int | None) -> Way | str:
    """Shapley values over every set of features; without error of sampling, for at most `EXACT_FEATURES` features."""
    import numpy as np

    if len(model.features) > EXACT_FEATURES:
        return f"it reads {len(model.features)} features, and exact values are computed for at most {EXACT_FEATURES}"
    shap = shap_library()
    coded = coded_features(model, rows, background, column)
    explainer = shap.ExactExplainer(coded.predict, shap.maskers.Independent(coded.b, max_samples=len(coded.b)))
    sets = int(2 ** len(model.features))

    def attribute(start: int, stop: int) -> tuple[Any, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as above
            found = explainer(coded.x[start:stop], max_evals=sets, silent=True)
        base = np.broadcast_to(np.asarray(found.base_values, dtype=float), (stop - start,)).copy()
        values = np.asarray(found.values, dtype=float).reshape(stop - start, -1)
        # What is left of a feature that does nothing after so many sums is their rounding.
        rounding = np.finfo(float).eps * sets * np.maximum(np.abs(base), np.abs(values).max(axis=1))
        return np.where(np.abs(values) <= rounding[:, None], 0.0, values), base

    return Way("exact", coded.output, coded.of, attribute)


__all__ = ["EXACT_FEATURES", "EXACT_PREDICTIONS", "asked_of_exact", "by_permutation", "exactly"]
