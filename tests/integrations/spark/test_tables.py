"""Tables of Delta and Iceberg, and what queries give: their rows have no order, and the record does not depend on one."""

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.engines.plans import gathered, table

pytest.importorskip("pyspark", reason="Spark has an environment of its own: .ci/run integrations")
deltalake = pytest.importorskip("deltalake", reason="so has the extra `lake`")
pytest.importorskip("pyiceberg", reason="so has the extra `lake`")
from pyiceberg.catalog.sql import SqlCatalog

from cardwright import engines
from cardwright.dossier import layout
from cardwright.engines.spark import Spark
from cardwright.errors import EngineError, SourceError, UnsafeError
from cardwright.sources.copied_rows import open_any

PLAN = """\
schema: cardwright/assessment/1
subject: {{kind: model, name: lent, version: "1", files: [model.bin], task: binary_classification}}
seed: 7
sources:
  test: {{predictions: {path}, label: y, score: p, threshold: 0.5, favourable: 1, sensitive: [sex, area]{more}}}
evaluate:
  - performance: {{source: test}}
  - fairness: {{source: test}}
  - slices: {{source: test, columns: [sex, band], rows: 700, find: true, search: [age]}}
policy: research
"""


@pytest.fixture(scope="module")
def spark():
    with Spark("local[2]").running() as running:
        yield running


def assessed(folder, path, more=""):
    (folder / "model.bin").write_bytes(b"weights")
    (folder / "assessment.yaml").write_text(PLAN.format(path=path, more=more))
    return folder / "assessment.yaml"


def ref(run):
    (found,) = run.record.provenance.datasets
    return found


def numbers(run):
    """The evaluations without the version that the source had."""
    return [one.model_copy(update={"inputs": ()}).model_dump(mode="json") for one in run.record.evaluations]


@pytest.fixture
def rows():
    return table(size=1200)


@pytest.fixture
def lake(tmp_path, rows):
    """A Delta table with rows of an earlier version among its files."""
    deltalake.write_deltalake(tmp_path / "loans", rows.slice(0, 900), partition_by=["band"])
    deltalake.write_deltalake(tmp_path / "loans", rows.slice(900), mode="append")
    return tmp_path


def iceberg(folder, rows):
    catalog = SqlCatalog("c", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
    catalog.create_namespace("db")
    made = catalog.create_table("db.loans", schema=rows.schema)
    made.append(rows)
    return made


def test_a_delta_table_gives_the_same_record_on_spark_and_after_it_was_compacted(lake, spark):
    plan = assessed(lake, "loans")
    here, there = gathered(plan), gathered(plan, engines.named("spark"))
    assert layout.to_json(there.record) == layout.to_json(here.record)
    assert not here.record.not_evaluated
    assert (ref(here).format, ref(here).version, ref(here).digest_of) == ("delta", "1", "rows")
    deltalake.DeltaTable(lake / "loans").optimize.compact()
    later = gathered(plan)
    assert (ref(later).version, ref(later).sha256) == ("2", ref(here).sha256)
    assert numbers(later) == numbers(here)


def test_rows_that_were_deleted_do_not_count_and_an_earlier_version_is_read_as_it_was(lake, rows):
    before = open_any(lake / "loans", where="loans")
    deltalake.DeltaTable(lake / "loans").delete("sex = 'f'")
    after = open_any(lake / "loans", where="loans")
    kept = rows.filter(pc.fill_null(pc.not_equal(rows["sex"], "f"), True))
    assert (before.num_rows, after.num_rows) == (rows.num_rows, kept.num_rows)
    earlier = open_any(lake / "loans", where="loans", version="1")
    assert (earlier.sha256, earlier.num_rows) == (before.sha256, before.num_rows)
    plan = assessed(lake, "loans", ", version: 0")
    assert (ref(gathered(plan)).rows, ref(gathered(plan)).version) == (900, "0")


def test_a_table_that_changes_after_it_was_opened_gives_the_numbers_of_its_digest(lake):
    found = open_any(lake / "loans", where="loans")
    shutil.rmtree(lake / "loans")
    assert sum(batch.num_rows for batch in found.batches(["y"])) == found.num_rows == 1200


def test_what_is_read_is_gone_with_the_last_who_holds_it(lake):
    found = open_any(lake / "loans", where="loans")
    kept = found.path.parent
    assert kept.is_dir() and kept.stat().st_mode & 0o777 == 0o700
    del found
    assert not kept.exists()


@pytest.mark.parametrize(
    "place", ["file://{}/elsewhere.parquet", "{}/elsewhere.parquet", "../elsewhere.parquet", "%2e%2e/elsewhere.parquet"]
)
def test_a_delta_table_that_names_files_elsewhere_is_refused(tmp_path, rows, place):
    """Its library reads them: a plan would read any file of the machine."""
    deltalake.write_deltalake(tmp_path / "loans", rows)
    log = tmp_path / "loans" / "_delta_log" / "00000000000000000000.json"
    (file,) = (tmp_path / "loans").glob("*.parquet")
    shutil.move(file, tmp_path / "elsewhere.parquet")
    log.write_text(log.read_text().replace(file.name, place.format(tmp_path)))
    with pytest.raises(SourceError, match="its log names files outside its folder"):
        open_any(tmp_path / "loans", where="loans")


def test_a_delta_table_without_one_of_its_files_is_refused(lake):
    next((lake / "loans").rglob("*.parquet")).unlink()
    with pytest.raises(SourceError, match="loans: this Delta table cannot be read"):
        open_any(lake / "loans", where="loans")


def test_an_iceberg_table_has_the_digest_of_the_same_rows_in_delta_wherever_its_folder_was_moved(tmp_path, rows):
    made = iceberg(tmp_path, rows)
    first = made.current_snapshot().snapshot_id
    made.append(rows.slice(0, 10))
    deltalake.write_deltalake(tmp_path / "delta", pa.concat_tables([rows.slice(0, 10), rows]))
    shutil.move(tmp_path / "db" / "loans", tmp_path / "moved")
    found = open_any(tmp_path / "moved", where="loans")
    assert (found.format, found.num_rows) == ("iceberg", 1210)
    assert found.sha256 == open_any(tmp_path / "delta", where="loans").sha256
    assert open_any(tmp_path / "moved", where="loans", version=str(first)).num_rows == 1200
    newest = max((tmp_path / "moved" / "metadata").glob("*.metadata.json"))
    assert open_any(newest, where="loans").sha256 == found.sha256
    with pytest.raises(SourceError, match="the table has no snapshot 1"):
        open_any(tmp_path / "moved", where="moved", version="1")


def test_an_iceberg_table_in_a_store_is_not_reached_for(tmp_path, rows):
    made = iceberg(tmp_path, rows)
    newest = Path(made.metadata_location.removeprefix("file://"))
    newest.write_text(newest.read_text().replace(f"file://{tmp_path}/db/loans/metadata/snap", "s3://bucket/snap"))
    with pytest.raises(SourceError, match="its log names files outside its folder"):
        open_any(tmp_path / "db" / "loans", where="loans")


def test_what_a_query_gives_is_the_same_record_however_its_files_are_cut(tmp_path, rows, spark):
    plan = assessed(tmp_path, "test.sql")
    (tmp_path / "test.sql").write_text(f"SELECT * FROM parquet.`{tmp_path}/data`;\n")
    (tmp_path / "data").mkdir()
    pq.write_table(rows, tmp_path / "data" / "all.parquet")
    one = gathered(plan, engines.named("spark"))
    assert not one.record.not_evaluated
    assert ref(one).format == "sql" and ref(one).statement == (tmp_path / "test.sql").read_text().strip()
    (tmp_path / "data" / "all.parquet").unlink()
    mixed = rows.take(pa.array([*range(600, 1200), *range(600)][::-1]))
    # A partition of zero rows, one of nearly everything, and one of a row.
    for name, low, high in (("a", 0, 0), ("b", 0, 1199), ("c", 1199, 1200)):
        pq.write_table(mixed.slice(low, high - low), tmp_path / "data" / f"{name}.parquet")
    other = gathered(plan, engines.named("spark"))
    assert layout.to_json(other.record) == layout.to_json(one.record)
    deltalake.write_deltalake(tmp_path / "same", rows)
    assert open_any(tmp_path / "same", where="loans").sha256 == ref(one).sha256
    assert numbers(gathered(assessed(tmp_path, "same"))) == numbers(one)


def query(folder, spark, text):
    (folder / "q.sql").write_text(text.format(folder))
    return spark.open_rows(folder / "q.sql", "q.sql")


def test_rows_that_are_all_alike_are_counted_as_often_as_they_stand(tmp_path, spark):
    found = query(tmp_path, spark, "SELECT 1 AS a, 'x' AS b FROM range(5000)")
    assert (found.num_rows, found.carry(len, ["a"])) == (5000, 5000)


def test_moments_are_the_same_whatever_the_session_s_time_zone_was(tmp_path, spark):
    rows = "SELECT timestamp'2026-03-29 02:30:00 Europe/Berlin' AS t, date'2026-03-29' AS d FROM range(3)"
    one = query(tmp_path, spark, rows)
    zone = spark.cluster.session.conf.get("spark.sql.session.timeZone")
    assert zone == "UTC" and one.schema.field("t").type == pa.timestamp("us", "UTC")
    assert query(tmp_path, spark, rows.replace("02:30:00 Europe/Berlin", "03:30:00+02:00")).sha256 == one.sha256


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("DROP TABLE loans", SourceError, "does not read it as a query"),
        ("INSERT INTO loans SELECT 1", SourceError, "does not read it as a query"),
        ("SELECT 1 AS a; DROP TABLE loans", SourceError, "does not read it as a query"),
        ("SELECT reflect('java.lang.System', 'getenv', 'HOME')", UnsafeError, "a program or a method of Java"),
        ("SELECT IDENTIFIER('java_' || 'method')('java.lang.System', 'getenv', 'HOME')", UnsafeError, "a method of Java"),
        ("SELECT TRANSFORM(id) USING 'cat' AS (b) FROM range(3)", UnsafeError, "a program or a method of Java"),
        ("SELECT * FROM nothere", SourceError, "a table or view that is not there"),
        ("SELECT * FROM parquet.`/nothere`", SourceError, "a path that is not there"),
        ("SELECT nothere FROM range(3)", SourceError, "a column that is not there"),
        ("SELECT 1 AS a WHERE false", SourceError, "there are no rows, only columns"),
        ("SELECT 1 AS a, 2 AS a", SourceError, 'columns 1 and 2 have one name: "a"'),
        ("SELECT interval 3 months AS m", SourceError, "a type that only Spark has"),
        ("SELECT cast('Jane Doe' AS int) AS a FROM range(2)", SourceError, "Spark refuses the query .CAST_INVALID_INPUT"),
        ("SELECT cast(concat('Jane Doe ', id) AS int) AS a FROM range(2)", EngineError, "q.sql: a value is not of the type"),
    ],
)  # fmt: skip
def test_a_query_that_does_not_read_rows_is_refused_without_a_value_of_the_data(
    tmp_path, spark, text, kind, said, capfd
):
    with pytest.raises(kind, match=said) as caught:
        query(tmp_path, spark, text)
    seen = capfd.readouterr()
    assert "Jane" not in f"{caught.value}{seen.out}{seen.err}" and "nothere" not in seen.err


def test_a_table_that_changes_while_a_query_reads_it_is_refused(tmp_path, rows, spark):
    pq.write_table(rows, tmp_path / "a.parquet")

    class Meanwhile:
        """A cluster on which somebody writes to the table as soon as it was read."""

        session = spark.cluster.session
        require_identity = staticmethod(spark.cluster.require_identity)

        def watched(self, job, seen=None, where=""):
            found = spark.cluster.watched(job, where=where)
            os.utime(tmp_path / "a.parquet", ns=(1, 1))
            return found

    (tmp_path / "q.sql").write_text(f"SELECT * FROM parquet.`{tmp_path}/a.parquet`")
    (tmp_path / "out").mkdir()
    with pytest.raises(SourceError, match="a table changed while the query ran"):
        engines.spark_queries.rows_of(Meanwhile(), tmp_path / "q.sql", tmp_path / "out", "q.sql")


def test_a_query_has_no_version(tmp_path, spark):
    (tmp_path / "q.sql").write_text("SELECT 1 AS a")
    with pytest.raises(SourceError, match="a query has no `version`"):
        spark.open_rows(tmp_path / "q.sql", "q.sql", "3")
