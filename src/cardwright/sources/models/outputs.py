"""From what a model puts out to scores: tasks, classes, the favourable column, probabilities; checked alike for every format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cardwright.errors import SourceError, UsageError
from cardwright.privacy.showing import hint, quoted
from cardwright.sources.interface import Task
from cardwright.sources.models.interface import Output

if TYPE_CHECKING:
    import numpy

NAME_CLASSES = "Write `classes: [first, second, …]` beside `model:`, in the order of its output."


def task_of(task: Task | None, classes: Sequence[str], where: str) -> Task:
    """The task that the classes say, which has to be the plan's if it names one.

    Raises
    ------
    SourceError
    """
    if len(classes) == 1:
        raise SourceError(
            "the model knows one class, so it tells nothing apart", where=where, do="Train it on rows of two outcomes."
        )
    found: Task = "regression" if not classes else "binary" if len(classes) == 2 else "multiclass"
    if task is None:
        return found
    if (task == "regression") != (found == "regression") or (task == "binary" and found != "binary"):
        kind = f"tells {len(classes)} classes apart" if classes else "predicts a number"
        raise SourceError(f"the model {kind}, and the task is {task}", where=where, do="Correct `task:` or `model:`.")
    return task


def favourable_column(classes: Sequence[str], favourable: str | None, where: str, do: str | None = None) -> int:
    """The column of the favourable outcome; of two classes the second, if nobody has named it.

    Raises
    ------
    SourceError
        If it is not among the classes; `do` says what to do, instead of the nearest name.
    """
    if favourable is None:
        return 1  # the second of two classes is the positive one in every library that is read here
    if favourable not in classes:
        raise SourceError(
            f"the favourable outcome {quoted(favourable, 'that the plan names')} is not among the classes of the model",
            where=where,
            do=do or hint(favourable, classes) or None,
        )
    return list(classes).index(favourable)


def numbered_classes(count: int, named: Sequence[str], where: str) -> tuple[str, ...]:
    """The classes of a format that numbers them from 0: the plan's labels in that order, else the numbers.

    Raises
    ------
    SourceError
        If the plan names another number of classes.
    """
    if named and len(named) != count:
        raise SourceError(
            f"the model tells {count} classes apart, and `classes:` names {len(named)}", where=where, do=NAME_CLASSES
        )
    return tuple(named) or tuple(str(number) for number in range(count))


def scores_of(
    found: numpy.ndarray[Any, Any],
    rows: int,
    *,
    task: Task,
    classes: Sequence[str],
    favourable: str | None,
    output: Output,
    where: str,
) -> numpy.ndarray[Any, Any]:
    """Scores as `Model.predict` gives them, from what the native model put out.

    Parameters
    ----------
    found
        Shape (rows,), (rows, 1) or (rows, classes). One column is the value, or says how much speaks for the second class.
    output
        What the numbers are. Logits become probabilities: by the logistic function if there is one column, else by softmax.

    Raises
    ------
    SourceError
        If the shape does not fit the task, or a number is not finite or no probability.
    UsageError
        If there is a column per class and nobody has said which is the favourable one.
    """
    import numpy as np

    found = np.asarray(found, dtype=np.float64)
    if found.shape[:1] != (rows,) or found.ndim > 2:
        raise SourceError(
            "the model does not put out one row of numbers for each row of features",
            where=where,
            do="Wrap it so that it takes (rows, features) and gives (rows,) or (rows, classes).",
        )
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    wide = found.ndim == 2
    if wide and task == "regression":
        raise SourceError("the model puts out several numbers for each row, and the task is regression", where=where)
    if wide and classes and found.shape[1] != len(classes):
        raise SourceError(f"the model puts out {found.shape[1]} classes, and {len(classes)} are named", where=where)
    if task == "multiclass" and not wide:
        raise SourceError("the model puts out one number for each row, and the task is multiclass", where=where)
    if output == "logit":
        found = softmax(found) if wide else logistic(found)
    if task == "binary" and wide:
        if not classes or favourable is None:
            raise UsageError(
                "the model puts out a column for each class, and nobody has said which is the favourable one",
                where=where,
                do="Write `classes: [first, second]` beside `model:`, in the order of its output, and `favourable:`.",
            )
        found = found[:, list(classes).index(favourable)]
    elif task == "binary" and classes and favourable == classes[0]:
        found = 1.0 - found  # one column is the probability of the second class
    return checked(found, task, where)


def checked(scores: numpy.ndarray[Any, Any], task: Task, where: str) -> numpy.ndarray[Any, Any]:
    """Scores that are finite and, for classes, probabilities.

    Raises
    ------
    SourceError
    """
    import numpy as np

    wrong = int(np.count_nonzero(~np.isfinite(scores)))
    if wrong:
        raise SourceError(
            f"the model puts out {wrong} numbers that are not finite",
            where=where,
            do="Check that its features have no missing values that it cannot read.",
        )
    if task != "regression" and scores.size and (scores.min() < 0 or scores.max() > 1):
        raise SourceError(
            "the model puts out numbers outside [0, 1] where probabilities are expected",
            where=where,
            do="Write `output: logit` for a model of logits.",
        )
    return scores


@contextmanager
def rows_refused(
    library: str, failures: tuple[type[Exception], ...], where: str, *, cannot: str = "predict"
) -> Iterator[None]:
    """Say in our words what a library raises of rows that it cannot read: its own words quote them.

    Raises
    ------
    SourceError
        If one of `failures` is raised inside.
    """
    try:
        yield
    except failures as exc:
        raise SourceError(
            f"{library} cannot {cannot} these rows ({type(exc).__name__})",
            where=where,
            do="Check that the columns hold what the model was trained on.",
        ) from exc


def logistic(values: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """1 / (1 + exp(-x)), which does not overflow."""
    import numpy as np

    small = np.exp(-np.abs(values))
    return np.asarray(np.where(values >= 0, 1.0, small) / (1.0 + small))


def softmax(values: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """exp(x) over its sum in each row, which does not overflow."""
    import numpy as np

    raised = np.exp(values - values.max(axis=1, keepdims=True)) if values.size else values
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


__all__ = [
    "NAME_CLASSES",
    "checked",
    "favourable_column",
    "logistic",
    "numbered_classes",
    "rows_refused",
    "scores_of",
    "softmax",
    "task_of",
]
