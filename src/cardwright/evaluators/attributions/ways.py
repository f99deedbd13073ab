"""What every way to explain a model gives: attributions of rows, the output they belong to, and what they are counted from."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cardwright.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy
    import pyarrow


@dataclass(frozen=True)
class Way:
    """One way to explain a model on rows that it has been made for."""

    method: str
    """`linear`, `tree`, `exact`, `permutation` or `integrated_gradients`."""
    output: str
    """What is explained: `log_odds`, `probability`, `margin` or `value`."""
    of: Callable[[pyarrow.RecordBatch], numpy.ndarray[Any, Any]]
    """That output of any rows, shape (rows,)."""
    attribute: Callable[[int, int], tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]]
    """Of the rows from a start to a stop: attributions, shape (rows, features), and what they are counted from, shape (rows,)."""


@dataclass(frozen=True)
class Explained:
    """Attributions of some rows."""

    method: str
    """See `Way`."""
    output: str
    """See `Way`."""
    values: numpy.ndarray[Any, Any]
    """Shape (rows, features)."""
    base: numpy.ndarray[Any, Any]
    """The output that attributions are counted from, shape (rows,)."""
    outputs: numpy.ndarray[Any, Any]
    """The model's output, shape (rows,)."""
    of: Callable[[pyarrow.RecordBatch], numpy.ndarray[Any, Any]]
    """The same output of any rows, shape (rows,)."""
    passed_over: tuple[str, ...] = ()
    """Why each way that comes before this one was not taken."""

    @property
    def residuals(self) -> numpy.ndarray[Any, Any]:
        """|output - base - sum of attributions|, shape (rows,)."""
        import numpy as np

        return np.asarray(np.abs(self.outputs - self.base - self.values.sum(axis=1)))


@contextmanager
def without_names() -> Iterator[None]:
    """The last step gets an array, as it does inside its pipeline; the columns are in the order it was fitted with."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        yield


def shap_library() -> Any:
    """The library shap.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        with warnings.catch_warnings():
            # numba and IPython, which shap imports, warn about their own future.
            warnings.simplefilter("ignore")
            import shap
    except ImportError as exc:
        raise MissingExtraError("shap", "tabular", "Explaining a model") from exc
    return shap


__all__ = ["Explained", "Way", "shap_library", "without_names"]
