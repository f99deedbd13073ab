"""What an evaluator is: named inputs in, one `Evaluation` out.

An evaluator declares what it `needs`; its `__init__` only stores its parameters, which are keyword arguments with defaults;
nothing is kept on `self` during `evaluate`. Thin data gives `Unmeasured`; only misuse raises. Ours and third parties' come in by
the same entry-point group, `cardwright.evaluators`; `cardwright.testing.check_evaluator` says whether one keeps these promises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, runtime_checkable

from pydantic import JsonValue

from cardwright.errors import UsageError
from cardwright.record.display import Shown
from cardwright.record.evaluation import Binding, Evaluation, Input
from cardwright.sources.interface import Source
from cardwright.sources.shape import summed

if TYPE_CHECKING:
    import pyarrow

S = TypeVar("S")


@dataclass(frozen=True)
class Need(Shown):
    """One input that an evaluator asks for by name."""

    name: str
    """The key in the plan, e.g. `source`, `model`, `baseline`."""
    types: tuple[type, ...]
    """Kinds of source it takes."""
    help: str
    """One sentence: what it is used for."""
    optional: bool = False


def no_progress(done: int, total: int | None) -> None:
    """A progress callback that shows nothing."""


@dataclass(frozen=True)
class Inputs(Shown):
    """What one evaluation reads, and how it is set."""

    id: str
    """The evaluation's id in the plan."""
    sources: Mapping[str, Source]
    """By the names of the evaluator's needs."""
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    """All parameters, defaults included, as the record states them."""
    binding: Binding | None = None
    """How the predictions are tied to the model, found before evaluators run."""
    seed: int = 0
    """Derive every random choice from it: `numpy.random.default_rng([seed, …])`."""
    workers: int = 1
    """How many threads or processes may be used."""
    small_cell: int = 5
    """The plan's `small_cell`: no value of the data in fewer rows is shown."""
    progress: Callable[[int, int | None], None] = no_progress
    """Call with rows done and rows in all (None where unknown)."""

    def get(self, need: str, kind: type[S]) -> S:
        """The source that stands for a need, of the kind asked for.

        Raises
        ------
        UsageError
            If it is of another kind.
        """
        source = self.sources[need]
        if not isinstance(source, kind):
            raise UsageError(
                f"`{need}` is a {type(source).__name__}, and this evaluation takes a {kind.__name__}",
                where=self.id,
                do="Name another source.",
            )
        return source

    def recorded(self) -> tuple[Input, ...]:
        """The inputs as the record lists them."""
        return tuple(
            Input(
                need=need,
                name=source.ref.name,
                role=source.ref.role,
                split=source.ref.split,
                sha256=source.ref.sha256,
                rows=source.ref.rows,
            )
            for need, source in sorted(self.sources.items())
        )


@runtime_checkable
class Evaluator(Protocol):
    """One way to look at a model or a dataset."""

    name: ClassVar[str]
    """Its name in plans and records."""
    version: ClassVar[str]
    """Changes whenever a number could change."""
    needs: ClassVar[tuple[Need, ...]]
    """The inputs it asks for."""
    extra: ClassVar[str]
    """The extra that installs what it imports, e.g. `tabular`."""

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """Look at the inputs and say what was found, how, and what was not looked at.

        Raises
        ------
        MissingExtraError
            Where a library of its extra is not installed; the evaluation is then *missing* in the record.
        UsageError
            Where a parameter makes no sense for this input.
        """


@dataclass(frozen=True, kw_only=True)
class Options:
    """How one of our evaluators is set: a frozen value that its modules hand on, without knowing the class that people name.

    A subclass adds the parameters, each with a default; the evaluator is a subclass of that, and sets `name` and `version`.
    """

    name: ClassVar[str]
    """See `Evaluator`."""
    version: ClassVar[str]
    """See `Evaluator`."""

    def check(self, where: str) -> None:
        """Refuse values that mean nothing, as the plan is read and before any evidence is.

        Raises
        ------
        UsageError
            Names the value.
        """


T = TypeVar("T", bound="Tally")


class Tally(Protocol):
    """Sums over rows that add up exactly, in any order: integers, fixed-point sums, fixed histograms, bottom-k samples."""

    def __add__(self: T, other: T) -> T: ...


class TallyEvaluator(Evaluator, Protocol[T]):
    """An evaluator over rows or texts that streams in constant space and maps over workers and partitions.

    One that also has `coded_columns(inputs)` takes the columns named there, whose strings are few, as dictionary arrays too. One
    that also has `reads_here(inputs)` says what of it an engine does not count; see `reads_here`.
    """

    def columns(self, inputs: Inputs) -> tuple[str, ...]:
        """The columns it reads."""

    def tally(self, inputs: Inputs, batch: pyarrow.RecordBatch) -> T:
        """The sums over one batch."""

    def conclude(self, inputs: Inputs, tally: T) -> Evaluation:
        """What the sums over all batches say."""


def run_tally(evaluator: TallyEvaluator[Any], inputs: Inputs, need: str = "source", *, here: bool = False) -> Any:
    """The tally over every batch of a need: streamed on `inputs.workers` threads, or counted by the engine that holds the rows.

    At most a few batches are in memory at a time. With `here`, this machine counts although an engine holds the rows.
    """
    import pyarrow  # noqa: F401  a missing library must be said before the first batch

    source = inputs.sources[need]
    total = source.ref.rows
    coded = getattr(evaluator, "coded_columns", None)
    return summed(
        source.rows,  # type: ignore[union-attr]
        partial(_tallied, evaluator, replace(inputs, progress=no_progress)),
        evaluator.columns(inputs),
        () if coded is None else coded(inputs),
        workers=inputs.workers,
        here=here,
        seen=lambda done: inputs.progress(done, total),
    )


def _tallied(evaluator: TallyEvaluator[Any], inputs: Inputs, batch: pyarrow.RecordBatch) -> Any:
    return evaluator.tally(inputs, batch)


def reads_here(evaluator: Evaluator, inputs: Inputs) -> tuple[str, ...]:
    """What of an evaluation reads rows in their order on this machine although an engine holds them; a reason each.

    An evaluator that does not say (`reads_here(inputs)`) reads all of its rows here: nobody else knows.
    """
    said = getattr(evaluator, "reads_here", None)
    if said is None:
        return ("it takes its rows one after another, or together with others",)
    return tuple(said(inputs))
