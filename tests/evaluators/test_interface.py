"""What an evaluator is handed, and how tallies over batches are added up."""

from dataclasses import dataclass

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import memory_predictions, memory_table

from cardwright.errors import UsageError
from cardwright.evaluators import registry
from cardwright.evaluators.interface import Evaluator, Inputs, Need, Options, run_tally
from cardwright.sources.interface import Predictions, Table


@dataclass(frozen=True)
class Seen:
    """The numbers of the batches, in the order in which they were added up."""

    numbers: tuple[int, ...]

    def __add__(self, other):
        return Seen(self.numbers + other.numbers)


class Listing:
    """Tallies the numbers themselves."""

    def columns(self, inputs):
        return ("n",)

    def tally(self, inputs, batch):
        assert batch.schema.names == ["n"]
        return Seen(tuple(batch.column("n").to_pylist()))


def rows_of(count, cuts=()):
    return memory_table({"n": list(range(count)), "unread": [0] * count}, cuts=cuts)


@given(st.integers(1, 40), st.lists(st.integers(1, 39), max_size=8), st.integers(1, 3))
def test_tallies_are_added_up_in_the_order_of_the_batches_whatever_the_number_of_threads(count, cuts, workers):
    told = []
    inputs = Inputs(
        "e", {"source": rows_of(count, cuts)}, workers=workers, progress=lambda done, of: told.append((done, of))
    )
    assert run_tally(Listing(), inputs).numbers == tuple(range(count))
    assert told[-1] == (count, count)
    assert told == sorted(told)


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_in_a_batch_is_raised_and_not_counted_as_nothing(workers):
    class Breaks(Listing):
        def tally(self, inputs, batch):
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        run_tally(Breaks(), Inputs("e", {"source": rows_of(9, (3, 6))}, workers=workers))


def test_columns_that_may_come_as_codes_are_those_that_the_evaluator_names():
    class Coded(Listing):
        def coded_columns(self, inputs):
            return ("n",)

    class Rows:
        schema = pa.schema([pa.field("n", pa.int64())])

        def batches(self, columns):
            raise AssertionError("codes were asked for")

        def coded(self, columns, categories):
            assert (tuple(columns), tuple(categories)) == (("n",), ("n",))
            yield pa.RecordBatch.from_pydict({"n": [1, 2]})

    source = rows_of(2)
    held = type(source)(ref=source.ref, rows=Rows())
    assert run_tally(Coded(), Inputs("e", {"source": held})).numbers == (1, 2)


def test_no_batches_are_no_tally():
    class Nothing:
        def batches(self, columns):
            return iter(())

    source = rows_of(1)
    assert run_tally(Listing(), Inputs("e", {"source": type(source)(ref=source.ref, rows=Nothing())})) is None


def test_a_source_of_another_kind_than_the_need_takes_is_named():
    inputs = Inputs("gaps", {"source": rows_of(1)})
    assert isinstance(inputs.get("source", Table), Table)
    with pytest.raises(UsageError, match="gaps: `source` is a Table, and this evaluation takes a Predictions"):
        inputs.get("source", Predictions)


def test_inputs_are_recorded_in_the_order_of_the_needs_names_with_their_digests():
    first, second = (
        memory_table({"n": [1]}, name="b"),
        memory_predictions({"y": [1], "d": [1]}, prediction="d", name="a"),
    )
    listed = Inputs("e", {"z": first, "a": second}).recorded()
    assert [(one.need, one.name, one.sha256, one.rows) for one in listed] == [
        ("a", "a", second.ref.sha256, 1),
        ("z", "b", first.ref.sha256, 1),
    ]


OURS = [registry.find(name) for name, point in registry.available().items() if point.value.startswith("cardwright.")]


@pytest.mark.parametrize("evaluator", OURS, ids=lambda one: one.name)
def test_each_of_ours_keeps_the_interface(evaluator):
    made = evaluator()
    assert isinstance(made, Evaluator)
    assert isinstance(made, Options)
    names = [need.name for need in evaluator.needs]
    assert len({*names}) == len(names)
    assert all(isinstance(need, Need) and need.types and need.help.strip() for need in evaluator.needs)
