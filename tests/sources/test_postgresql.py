"""PostgreSQL as a source: exact types, one snapshot, no way to write, no way to another server, and no word of what it answers."""

import datetime

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")
pytest.importorskip("adbc_driver_postgresql", reason="PostgreSQL needs the extra postgresql")
pytest.importorskip("duckdb", reason="the copy is sorted by the tabular extra")

import pyarrow as pa
import pyarrow.parquet as pq
from tests.sources.conftest import PASSWORD

from cardwright.errors import SourceError
from cardwright.sources import databases
from cardwright.sources.databases import read
from cardwright.sources.files import open_rows
from cardwright.sources.postgresql import said_of_state
from cardwright.sources.rows_digest import rows_sha256

LOANS = """CREATE TABLE loans AS SELECT g AS id, g % 2 AS approved, (g * 7919 % 1000 / 1000.0)::numeric(6,3) AS p,
    CASE g % 3 WHEN 0 THEN 'f' WHEN 1 THEN 'm' END AS sex, timestamptz '2026-03-29 01:30+01' + g * interval '1 hour' AS at
    FROM generate_series(1, 900) AS g"""


@pytest.fixture
def reading(server, database, tmp_path_factory):
    """Reads of a table, or of a statement, of a new database with a table of loans."""
    server.run(database, LOANS)

    def read_it(table, sql=None, at=None, **words):
        folder = tmp_path_factory.mktemp("private")
        return read(at or server.at(database), table, sql, folder, name="test", base=folder, **words)

    return read_it


def cells(found):
    return pa.Table.from_batches(found.rows.batches()).to_pydict()


def test_rows_have_the_digest_of_a_file_that_holds_the_same_in_any_order(reading, tmp_path):
    found = reading("loans", "SELECT * FROM loans ORDER BY sex, id DESC")
    start = datetime.datetime(2026, 3, 29, 0, 30, tzinfo=datetime.UTC)
    rows = [
        {"at": start + datetime.timedelta(hours=g), "sex": {0: "f", 1: "m"}.get(g % 3), "p": g * 7919 % 1000 / 1000, "id": float(g),
         "approved": g % 2}
        for g in range(1, 901)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "loans.parquet")
    assert found.rows.sha256 == rows_sha256(open_rows(tmp_path / "loans.parquet"))
    assert (found.queried.rows, found.queried.reading) == (900, "repeatable read, read only")
    assert found.queried.server.startswith("PostgreSQL ")


def test_a_socket_and_a_port_lead_to_the_same_rows(reading, server, database):
    by_socket = reading("public.loans", at=server.by_socket(database))
    assert by_socket.rows.sha256 == reading("loans").rows.sha256
    assert by_socket.rows.origin.statement == 'SELECT * FROM "public"."loans"'
    assert "desk@" not in by_socket.queried.place


def test_types_are_mapped_exactly(reading):
    sql = """SELECT 1::int2 AS a, 2::int8 AS b, 3::numeric(20,0) AS c, 0.1::numeric AS d, 1.5::float4 AS e, NULL::text AS f,
        'x'::char(3) AS g, '00000000-0000-0000-0000-00000000000a'::uuid AS h, '{"k": 1}'::jsonb AS i, '\\x00ff'::bytea AS j,
        timestamp '2026-01-02 03:04:05.000006' AS k, timestamptz '2026-07-01 00:00+02' AS l, date '0001-01-01' AS m,
        time '23:59:59.999999' AS n, 'NaN'::numeric AS o, true AS p, 'é'::varchar(9) AS q, 1e30::numeric(40,5) AS r"""
    row = {name: column[0] for name, column in cells(reading("types", sql)).items()}
    assert row.pop("o") != row.pop("o", None)
    assert row == {
        "a": 1, "b": 2, "c": 3, "d": 0.1, "e": 1.5, "f": None, "g": "x", "h": "00000000-0000-0000-0000-00000000000a",
        "i": '{"k": 1}', "j": b"\x00\xff", "k": datetime.datetime(2026, 1, 2, 3, 4, 5, 6),
        "l": datetime.datetime(2026, 6, 30, 22, tzinfo=datetime.UTC), "m": datetime.date(1, 1, 1),
        "n": datetime.time(23, 59, 59, 999999), "p": True, "q": "é", "r": 1e30,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("ARRAY[1]", "arrays or structures"),
        ("5::money", "amounts with a currency"),
        ("interval '1 day'", "intervals"),
        ("timetz '12:00+01'", "times of day with a zone"),
        ("5::oid", "internal numbers"),
        ("inet '192.0.2.1'", "values of PostgreSQL's type inet"),
        ("point(1, 2)", "values of PostgreSQL's type point"),
        ("'infinity'::timestamptz", "outside the years 1 to 9999"),
        ("'-infinity'::date", "outside the years 1 to 9999"),
        ("12345678901234567890::numeric(20,0)", "more than 64 bits"),
        ("12345678901234567890::numeric", "more than 64 bits"),
        ("'NaN'::numeric(9,0)", "NaN among whole numbers"),
        ("repeat('x', 70000000)", "a value of 70,000,000 bytes"),
    ],
)
def test_what_has_no_exact_counterpart_is_refused_by_the_name_of_its_column(reading, value, why):
    with pytest.raises(SourceError, match=f'^types: "amount" .*{why}'):
        reading("types", f"SELECT {value} AS amount")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM loans RETURNING *",
        "WITH gone AS (DELETE FROM loans RETURNING *) SELECT * FROM gone",
        "SELECT 1; DELETE FROM loans",
        "SELECT 1) AS one; DELETE FROM loans; --",
        "COPY loans TO PROGRAM 'cat'",
        "SELECT * FROM loans FOR UPDATE",
        "SELECT * INTO other FROM loans",
        "SELECT set_config('transaction_read_only', 'off', true)",
        "SELECT nextval('numbers')",
        "SELECT lo_create(0)",
        "SET TRANSACTION READ WRITE",
    ],
)
def test_a_statement_that_writes_is_refused_and_writes_nothing(reading, server, database, sql):
    server.run(database, "CREATE SEQUENCE numbers")
    before = reading("loans").rows.sha256
    with pytest.raises(SourceError):
        reading("q", sql)
    assert reading("loans").rows.sha256 == before
    assert cells(reading("q", "SELECT last_value, is_called FROM numbers")) == {"last_value": [1], "is_called": [False]}


@pytest.mark.parametrize(
    ("table", "sql", "why"),
    [
        ("loanz", None, "there is no such table"),
        ("nosuch.loans", None, "there is no such table"),
        ("q", "SELECT nosuch FROM loans", "`sql` names a column that does not exist"),
        (
            "q",
            "SELECT 1 / (id - 1) FROM loans",
            r"`sql` fails on a value of the data \(SQLSTATE 22012\)|fails while its rows",
        ),
        ("q", "SELECT id FROM loans WHERE id < 0", "there are no rows"),
        ("q", "SELECT id, id FROM loans", 'columns 1 and 2 have one name: "id"'),
        ("q", "SELECT sum(id), sex FROM loans", "`sql` groups by some columns"),
        ("q", "SELECT nosuch(id) FROM loans", "calls a function that does not exist"),
    ],
)
def test_what_cannot_be_answered_is_said_in_our_own_words(reading, table, sql, why):
    with pytest.raises(SourceError, match=why) as refused:
        reading(table, sql)
    assert "LINE 1" not in str(refused.value)


def test_a_value_of_the_data_is_never_repeated(reading, server, database):
    server.run(database, "CREATE TABLE people AS SELECT 'jo.public@example.org' AS mail")
    with pytest.raises(SourceError, match=r"fails on a value of the data|fails while its rows are read") as refused:
        reading("q", "SELECT mail::int FROM people")
    assert "jo.public" not in str(refused.value)


def test_an_account_without_rights_is_told_to_ask_for_them(reading, server, database):
    with pytest.raises(SourceError, match=r"refuses to let it be read\. Grant SELECT"):
        reading("loans", at=server.at(database, user="reader"))


@pytest.mark.parametrize("way", ["PGPASSWORD", "pgpass", "service"])
def test_a_password_comes_from_the_environment_alone(reading, server, database, tmp_path, monkeypatch, way):
    at = server.at(database, user="guarded")
    if way == "PGPASSWORD":
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
    elif way == "pgpass":
        (tmp_path / "pgpass").write_text(f"127.0.0.1:{server.port}:*:guarded:{PASSWORD}\n")
        (tmp_path / "pgpass").chmod(0o600)
        monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    else:
        said = f"[credit]\nhost=127.0.0.1\nport={server.port}\ndbname={database}\nuser=guarded\npassword={PASSWORD}\n"
        (tmp_path / "services").write_text(said)
        monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
        at = "postgresql:///?service=credit"
    found = reading("loans", at=at)
    assert found.queried.rows == 900
    assert PASSWORD not in repr(found)


def test_a_wrong_password_and_a_missing_one_are_told_alike_and_not_repeated(reading, server, database, monkeypatch):
    monkeypatch.setenv("PGPASSFILE", "/nowhere")
    for password in (None, "another s3cr3t"):
        if password is not None:
            monkeypatch.setenv("PGPASSWORD", password)
        with pytest.raises(SourceError, match=r"does not let this account in.*~/\.pgpass") as refused:
            reading("loans", at=server.at(database, user="guarded"))
        assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize(
    ("at", "allowed", "why"),
    [
        ("postgresql://desk@192.0.2.1/d", (), r"the plan opens no way to 192\.0\.2\.1:5432"),
        ("postgresql://desk@192.0.2.1:6000/d", (("192.0.2.1", 5432),), r"the plan opens no way to 192\.0\.2\.1:6000"),
        ("postgresql://desk@db.invalid/d", (), r"the plan opens no way to db\.invalid:5432"),
        ("postgresql://desk@db.invalid/d", (("db.invalid", 5432),), "no server has this name"),
        ("postgresql:///?service=nosuch", (), "there is no service of that name"),
        ("postgresql://desk@127.0.0.1:1/d", (), "no database answers there"),
        ("postgresql:///d?host=/nowhere", (), "no database answers there"),
    ],
)
def test_only_the_server_that_the_plan_opens_is_reached(reading, at, allowed, why):
    with pytest.raises(SourceError, match=why):
        reading("loans", at=at, allowed=allowed)


def test_no_variable_of_the_environment_leads_to_another_server(reading, server, database, monkeypatch, tmp_path):
    for name, value in {
        "PGHOST": "192.0.2.1",
        "PGHOSTADDR": "192.0.2.1",
        "PGPORT": "1",
        "PGDATABASE": "postgres",
    }.items():
        monkeypatch.setenv(name, value)
    assert reading("loans").queried.rows == 900
    assert reading("loans", at=server.by_socket(database)).queried.rows == 900
    with pytest.raises(SourceError, match=r"the plan opens no way to 192\.0\.2\.1:1"):
        reading("loans", at=f"postgresql:///{database}")
    (tmp_path / "services").write_text("[far]\nhost=127.0.0.1\nhostaddr=192.0.2.1\nuser=desk\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    monkeypatch.setenv("PGSERVICE", "far")
    assert reading("loans").queried.rows == 900


def test_a_missing_database_and_an_unknown_account_are_told(reading, server):
    with pytest.raises(SourceError, match="there is no such database"):
        reading("loans", at=server.at("nosuch"))
    with pytest.raises(SourceError, match="does not let this account in"):
        reading("loans", at=server.at("postgres", user="nobody"))


def test_all_rows_are_of_one_moment_whatever_is_written_while_they_are_read(reading, server, database, monkeypatch):
    copy, before = databases.copy_rows, reading("loans").rows.sha256

    def while_written(batches, folder, where):
        server.run(database, "DELETE FROM loans WHERE id > 10", "INSERT INTO loans (id) SELECT 5")
        return copy(batches, folder, where)

    monkeypatch.setattr(databases, "copy_rows", while_written)
    assert reading("loans").rows.sha256 == before
    monkeypatch.undo()
    assert reading("loans").queried.rows == 11


def test_a_server_that_goes_away_in_the_middle_leaves_no_copy(server, database, tmp_path):
    server.run(database, "CREATE TABLE long AS SELECT g, repeat('x', 2000) AS s FROM generate_series(1, 40000) AS g")
    sql = "SELECT g, s, CASE WHEN g = 30000 THEN pg_terminate_backend(pg_backend_pid()) END AS gone FROM long"
    with pytest.raises(SourceError, match="the server went away while its rows were read"):
        read(server.at(database), "long", sql, tmp_path, name="test", base=tmp_path)
    assert not list(tmp_path.glob("*.parquet"))
    assert not list(tmp_path.glob("*.arrows"))


def test_a_column_that_changes_its_type_is_another_digest(reading, server, database):
    before = reading("loans").rows.sha256
    server.run(database, "ALTER TABLE loans ALTER COLUMN id TYPE bigint")
    assert reading("loans").rows.sha256 == before, "the same numbers"
    server.run(database, "ALTER TABLE loans ALTER COLUMN id TYPE text")
    assert reading("loans").rows.sha256 != before


def test_codes_that_nobody_has_words_for_are_left_to_the_caller():
    assert said_of_state("XX000") is None
    assert said_of_state("28P01") == said_of_state("28000")
