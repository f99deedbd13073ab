"""What runs in an executor counts its partition, says who it is, and reaches nothing."""

import operator
import pickle
import socket

import pyarrow as pa
import pytest

from cardwright.engines.executors import Count, add, differences, digest_of, identity, path_of
from cardwright.errors import SourceError
from cardwright.sources.shape import BATCH_ROWS, PLACE

SCHEMA = pa.schema([("a", pa.int64()), ("b", pa.string())])


def batch(low, high):
    return pa.RecordBatch.from_pydict({"a": range(low, high), "b": [str(n) for n in range(low, high)]}, schema=SCHEMA)


def results(count, *batches):
    return [one for found in count(iter(batches)) for one in found.to_pylist()]


def test_the_sum_of_a_partition_comes_back_once_with_its_rows():
    (one,) = results(Count(operator.attrgetter("num_rows"), SCHEMA, ("a",)), batch(0, 3), batch(3, 3), batch(3, 10))
    assert (one["kind"], pickle.loads(one["body"]), one["rows"], one["identity"]) == ("counted", 10, 10, identity())


def test_a_partition_of_no_rows_gives_nothing():
    count = Count(operator.attrgetter("num_rows"), SCHEMA, ("a",))
    assert results(count) == results(count, batch(0, 0)) == []


def test_work_gets_the_columns_it_asked_for_in_their_order_and_of_the_types_of_the_source():
    seen = []

    def work(one):
        seen.append(one.schema)
        return 1

    wide = batch(0, 4).cast(pa.schema([("a", pa.int32()), ("b", pa.large_string())]))
    results(Count(work, SCHEMA, ("b", "a", "b")), wide)
    assert seen == [pa.schema([("b", pa.string()), ("a", pa.int64()), ("b", pa.string())])]


def test_a_batch_is_never_larger_than_one_of_a_file():
    sizes = results(Count(lambda one: [one.num_rows], SCHEMA, ("a",)), batch(0, BATCH_ROWS + 1))
    assert max(pickle.loads(sizes[0]["body"])) <= BATCH_ROWS


def test_places_are_those_of_the_files_in_their_order():
    columns = [
        *batch(0, 4).columns,
        pa.array(["file:///x/b%20c", "file:/x/a", "file:/x/a", "file:///x/b%20c"]),
        pa.array([0, 4, 1, 2]),
    ]
    given = pa.RecordBatch.from_arrays(columns, names=["a", "b", "f", "r"])
    count = Count(lambda one: one.column(PLACE).to_pylist(), SCHEMA, ("a",), {"/x/a": 0, "/x/b c": 5})
    assert pickle.loads(results(count, given)[0]["body"]) == [5, 4, 1, 7]


def refuse(one):
    raise SourceError("it cannot be counted", where="x.parquet", do="Mend it.")


def test_a_refusal_comes_back_as_one_and_a_fault_of_the_code_by_its_kind_alone():
    (refused,) = results(Count(refuse, SCHEMA, ("a",)), batch(0, 2))
    assert pickle.loads(refused["body"]) == (SourceError, "it cannot be counted", "x.parquet", "Mend it.")
    (failed,) = results(Count(lambda one: {}[one.column("b")[0].as_py()], SCHEMA, ("b",)), batch(7, 8))
    assert (
        pickle.loads(failed["body"])[0] == "KeyError"
        and b"7" not in failed["body"].replace(b"line 7", b"").split(b"test_")[0]
    )


def reach(one):
    with pytest.raises(OSError, match="only this machine"):
        socket.create_connection(("192.0.2.1", 80))
    return 1


def test_nothing_beyond_the_machine_of_an_executor_is_reached_and_the_attempt_is_told():
    (one,) = results(Count(reach, SCHEMA, ("a",)), batch(0, 2))
    assert one["refused"] == "192.0.2.1"


def test_results_are_added_up_and_one_of_other_code_goes_through_as_it_is():
    parts = [*Count(operator.attrgetter("num_rows"), SCHEMA, ("a",))(iter([batch(0, 3)]))] * 2
    stranger = parts[0].set_column(4, "identity", pa.array(["other"]))
    found = [one for made in add(iter([parts[0], stranger, parts[1]])) for one in made.to_pylist()]
    assert [(one["identity"] == identity(), one["rows"]) for one in found] == [(False, 3), (True, 6)]


def test_executors_differ_by_code_and_by_each_library():
    assert differences(identity(), identity()) == ()
    assert differences("a python=3.11 numpy=2", "a python=3.12 numpy=2") == ("python 3.12 and not 3.11",)


def test_a_file_that_cannot_be_read_has_no_digest(tmp_path):
    assert digest_of(str(tmp_path / "none")) == ("", identity())
    (tmp_path / "empty").write_bytes(b"")
    assert digest_of(str(tmp_path / "empty"))[0].startswith("e3b0c442")


def test_a_path_is_read_out_of_what_spark_calls_it():
    assert path_of("file:/data/%5Bc%5D.parquet") == "/data/[c].parquet"
