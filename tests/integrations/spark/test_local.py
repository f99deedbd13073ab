"""Spark in this process: the bytes of a record are those of a run without it, and what goes wrong is said in words."""

import operator
import socket
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.engines.plans import gathered, write

pyspark = pytest.importorskip("pyspark", reason="Spark has an environment of its own: .ci/run integrations")

from cardwright import engines
from cardwright.dossier import layout
from cardwright.engines.spark import Spark, refusal
from cardwright.errors import EngineError, SourceError
from cardwright.sources.shape import PLACE


@pytest.fixture(scope="module")
def spark():
    """Spark, started once; runs in this module find its session there."""
    pyspark.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    with Spark("local[2]").running() as running:
        yield running


def places_of(batch):
    return batch.column(PLACE).to_pylist()


def reach(batch):
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    except OSError:
        return batch.num_rows
    return 0


def test_a_record_has_the_same_bytes_as_without_spark(plan, here, spark):
    said = []
    there = gathered(plan, engines.named("spark"), say=said.append)
    assert layout.to_json(there.record) == layout.to_json(here.record)
    assert (there.run.engine.name, there.run.engine.version, there.run.engine.master) == (
        "spark",
        pyspark.__version__,
        "local[2]",
    )
    assert "127.0.0.1" in said[0] and "All of it runs on this machine." in said[0]
    assert said[1:] == ["Every evaluation is counted by executors."]


def test_rows_keep_their_places_in_the_order_of_the_files_whatever_their_names(plan, spark):
    rows = spark.open_rows(plan.parent / "rows", "rows")
    assert sorted(rows.carry(places_of, ["y"], places=True)) == [*range(rows.num_rows)]
    whole = dict(
        zip(
            rows.carry(places_of, ["year"], places=True),
            rows.carry(operator.methodcaller("to_pylist"), ["year"]),
            strict=True,
        )
    )
    local = [value for batch in rows.batches(["year"]) for value in batch.column(0).to_pylist()]
    assert [whole[place]["year"] for place in sorted(whole)] == local


def test_what_an_executor_tries_to_reach_is_refused_and_stands_in_the_record_of_the_run(plan, spark):
    rows = spark.open_rows(plan.parent / "one.parquet", "one.parquet")
    assert rows.carry(reach, ["y"]) == rows.num_rows
    assert spark.facts.refused_connections == ("192.0.2.1",)


def test_a_fault_of_the_code_in_an_executor_is_named_by_its_kind_without_a_word_of_the_data(plan, spark):
    rows = spark.open_rows(plan.parent / "one.parquet", "one.parquet")
    with pytest.raises(EngineError, match=r"the work raised AttributeError in .*, in an executor"):
        rows.carry(operator.attrgetter("nothing"), ["y"])


def test_a_file_that_changes_between_two_passes_is_refused(tmp_path, spark):
    write(tmp_path)
    rows = spark.open_rows(tmp_path / "one.parquet", "one.parquet")
    (tmp_path / "one.parquet").write_bytes((tmp_path / "rows" / "year=2000" / "a b.parquet").read_bytes())
    with pytest.raises(SourceError, match="has changed since its digest was taken"):
        rows.carry(places_of, ["y"], places=True)


def test_a_file_that_an_executor_does_not_see_is_refused_by_its_name(tmp_path, spark):
    with pytest.raises(EngineError, match=r"gone\.parquet: an executor cannot read this file"):
        spark.cluster.digests([tmp_path / "gone.parquet"])


def test_executors_with_other_packages_are_refused_before_anything_is_counted(spark):
    with pytest.raises(EngineError, match="other code of Cardwright"):
        spark.cluster.require_identity(" ".join(["0" * 64, *engines.executors.identity().split()[1:]]))


def test_what_spark_says_of_a_failure_is_not_repeated():
    said = str(refusal(RuntimeError("SparkException: value Jane Doe, 555-0100 has no type"), "x.parquet"))
    assert "Jane" not in said and said.startswith("x.parquet: a job of Spark has failed (RuntimeError).")


def test_partitions_of_other_columns_or_types_are_refused_by_the_name_of_the_file(tmp_path, spark):
    for folder, other in (("types", {"a": ["x"]}), ("columns", {"b": [1]})):
        (tmp_path / folder).mkdir()
        pq.write_table(pa.table({"a": [1]}), tmp_path / folder / "1.parquet")
        pq.write_table(pa.table(other), tmp_path / folder / "2.parquet")
        with pytest.raises(SourceError, match=rf"{folder}/2\.parquet: "):
            spark.open_rows(tmp_path / folder, folder)


TEXTS = """\
schema: cardwright/assessment/1
subject: {kind: dataset, name: letters, version: "1", files: [letters.parquet]}
sources:
  table: {table: letters.parquet}
  letters: {texts: letters.parquet, columns: [text]}
evaluate:
  - pii: {id: cells, source: table}
  - pii: {id: words, source: letters}
policy: research
"""


def test_executors_find_the_personal_data_that_this_machine_finds(tmp_path, spark):
    """In texts and in a table, a partition of which holds nothing."""
    kinds = (
        "Write to ada{}@example.org.",
        "Call +49 30 901820{:02d} today.",
        "Nothing {} here.",
        "IBAN DE8937040044053201300{}",
    )
    text = [kinds[n % 4].format(n % 10) if n % 9 else None for n in range(400)]
    pq.write_table(pa.table({"id": range(400), "text": text}), tmp_path / "letters.parquet", row_group_size=150)
    (tmp_path / "assessment.yaml").write_text(TEXTS)
    here, there = gathered(tmp_path / "assessment.yaml"), gathered(tmp_path / "assessment.yaml", engines.named("spark"))
    assert layout.to_json(there.record) == layout.to_json(here.record)
    assert not here.record.not_evaluated and all(one.findings for one in here.record.evaluations)
    assert there.run.engine.on_this_machine == {}
    assert "ada1@example.org" not in layout.to_json(there.record).decode()
