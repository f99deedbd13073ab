"""DuckDB and SQLite files: read alone, by one statement, and nothing beside them."""

import sqlite3

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")
pytest.importorskip("duckdb", reason="DuckDB files need the tabular extra")

import duckdb

from cardwright.errors import SourceError
from cardwright.sources.databases import read

ROWS = "SELECT * FROM (VALUES (1, 0.5, 'f', NULL), (2, 1.0, 'm', 'x'), (2, 1.0, 'm', 'x')) AS t"


@pytest.fixture
def base(tmp_path):
    """A folder with the same table in both kinds of file."""
    (tmp_path / "data").mkdir()
    with duckdb.connect(str(tmp_path / "data" / "loans.duckdb")) as store:
        store.execute(f"CREATE TABLE loans AS SELECT * FROM ({ROWS}) AS t(id, p, sex, note)")
        store.execute(
            "CREATE TABLE wide AS SELECT [1] AS list, 'x'::ENUM('x') AS one_of, uuid() AS id, 1.50::DECIMAL(9,2) AS d"
        )
    store = sqlite3.connect(tmp_path / "data" / "loans.sqlite")
    store.execute("CREATE TABLE loans (id INTEGER, p REAL, sex TEXT, note TEXT)")
    store.executemany(
        "INSERT INTO loans VALUES (?, ?, ?, ?)", [(1, 0.5, "f", None), (2, 1.0, "m", "x"), (2, 1.0, "m", "x")]
    )
    store.execute("CREATE TABLE mixed (a)")
    store.executemany("INSERT INTO mixed VALUES (?)", [(1,), ("x",)])
    store.commit()
    store.close()
    return tmp_path


@pytest.fixture
def reading(base, tmp_path_factory):
    """Reads of a file of that folder."""

    def read_it(scheme, table, sql=None):
        at = f"{scheme}:///data/loans.{scheme}"
        return read(at, table, sql, tmp_path_factory.mktemp("private"), name="test", base=base)

    return read_it


def test_both_give_the_same_rows_and_so_the_same_digest(reading):
    found = [
        reading("duckdb", "main.loans"),
        reading("sqlite", "loans"),
        reading("sqlite", "loans", "SELECT * FROM loans ORDER BY p;"),
    ]
    assert len({one.rows.sha256 for one in found}) == 1
    assert found[0].queried.rows == 3
    assert found[1].queried.place == "sqlite:///data/loans.sqlite"
    assert found[2].rows.origin.statement == "SELECT * FROM loans ORDER BY p"


def test_types_of_duckdb_are_mapped_or_refused_by_name(reading):
    types = [str(field.type) for field in reading("duckdb", "w", "SELECT one_of, id, d FROM wide").rows.schema]
    assert types == ["string", "string", "double"]
    with pytest.raises(SourceError, match='"list" holds arrays or structures'):
        reading("duckdb", "wide")


def test_values_of_two_kinds_in_one_column_of_sqlite_are_refused(reading):
    with pytest.raises(SourceError, match="holds values of several kinds: text, whole numbers"):
        reading("sqlite", "mixed")


@pytest.mark.parametrize("scheme", ["duckdb", "sqlite"])
@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM loans",
        "INSERT INTO loans SELECT * FROM loans RETURNING *",
        "SELECT 1; DELETE FROM loans",
        "ATTACH 'other' AS other",
        "CREATE TABLE copied AS SELECT * FROM loans",
        "SELECT * FROM loans) AS one; DELETE FROM loans; --",
        "PRAGMA table_info(loans)",
    ],
)
def test_a_statement_that_does_more_than_read_is_refused(reading, scheme, sql):
    before = reading(scheme, "loans").rows.sha256
    with pytest.raises(SourceError, match=r"not one statement that reads|other than read"):
        reading(scheme, "q", sql)
    assert reading(scheme, "loans").rows.sha256 == before


def test_duckdb_reads_no_other_file(reading, base):
    (base / "secret.csv").write_text("a\n1\n")
    for sql in (f"SELECT * FROM read_csv('{base / 'secret.csv'}')", f"SELECT * FROM '{base / 'secret.csv'}'"):
        with pytest.raises(SourceError, match=r"beside the database's own file|no such table"):
            reading("duckdb", "q", sql)


@pytest.mark.parametrize(
    ("scheme", "table", "sql", "why"),
    [
        ("sqlite", "loanz", None, 'there is no such table. Did you mean "loans"'),
        ("duckdb", "loanz", None, "there is no such table or function"),
        ("sqlite", "q", "SELECT nosuch FROM loans", "names a column that does not exist"),
        ("duckdb", "q", "SELECT nosuch FROM loans", "names a column that does not exist"),
        ("sqlite", "q", "SELECT id FROM loans WHERE id > 9", "there are no rows"),
        ("duckdb", "q", "SELECT CAST(sex AS INT) FROM loans", "cannot answer"),
    ],
)
def test_what_cannot_be_answered_is_said_in_our_own_words(reading, scheme, table, sql, why):
    with pytest.raises(SourceError, match=why):
        reading(scheme, table, sql)


@pytest.mark.parametrize("scheme", ["duckdb", "sqlite"])
def test_a_file_that_is_no_database_or_is_not_there_is_told(reading, base, scheme):
    (base / "data" / f"loans.{scheme}").write_bytes(b"no database " * 1000)
    with pytest.raises(SourceError, match=r"it is no (DuckDB file|SQLite database)"):
        reading(scheme, "loans")
    (base / "data" / f"loans.{scheme}").unlink()
    with pytest.raises(SourceError, match="there is no such file"):
        reading(scheme, "loans")


def test_what_somebody_writes_meanwhile_is_not_read(base, tmp_path_factory, monkeypatch):
    from cardwright.sources import databases

    copy = databases.copy_rows
    writer = sqlite3.connect(base / "data" / "loans.sqlite", isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    asked = []

    def while_written(batches, folder, where):
        first = next(batches)
        writer.execute("INSERT INTO loans VALUES (3, 0.1, 'f', NULL)")
        asked.append(writer.execute("SELECT count(*) FROM loans").fetchone()[0])
        return copy(iter([first, *batches]), folder, where)

    monkeypatch.setattr(databases, "copy_rows", while_written)
    found = read("sqlite:///data/loans.sqlite", "loans", None, tmp_path_factory.mktemp("p"), name="test", base=base)
    writer.close()
    assert (asked, found.queried.rows) == ([4], 3)
