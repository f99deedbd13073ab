"""A plan whose rows lie in a database, from the command to the dossier."""

import hashlib
import json

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")
pytest.importorskip("duckdb", reason="DuckDB files need the tabular extra")

import duckdb
from tests.conftest import command
from tests.small_plan import PLAN, rows, write_csv, write_plan

from cardwright.errors import SourceError
from cardwright.sources import databases

FAR = "192.0.2.1"  # TEST-NET-1 of RFC 5737: nobody's
SECRET = "s3cr3t"
SQL = "SELECT id, approved, p, sex FROM everything WHERE p >= 0"


def planned(folder, at, table="loans", sql=None, network=""):
    """A folder with a plan that asks a database; the same rows lie in a DuckDB file."""
    folder.mkdir()
    asked = f"{table}\n    at: {at}" + (f"\n    sql: {sql}" if sql else "")
    write_plan(folder, PLAN.replace("data.csv", asked) + network)
    (folder / "data.csv").unlink(missing_ok=True)
    write_csv(folder.parent / "rows.csv", rows(400))
    (folder / "data").mkdir()
    with duckdb.connect(str(folder / "data" / "loans.duckdb")) as store:
        store.execute(f"CREATE TABLE loans AS SELECT * FROM read_csv('{folder.parent / 'rows.csv'}')")
        store.execute("CREATE TABLE everything AS SELECT *, [1] AS list FROM loans ORDER BY p")
    return folder


@pytest.fixture
def repeatable(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")


def dataset(out):
    return json.loads((out / "record.json").read_bytes())["provenance"]["datasets"][0]


def everything_under(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_record_says_what_was_asked_and_the_same_rows_have_the_same_digest(tmp_path, repeatable):
    whole = planned(tmp_path / "whole", "duckdb:///data/loans.duckdb", "main.loans")
    some = planned(tmp_path / "some", "duckdb:///data/loans.duckdb", sql=SQL)
    ran = [command("run", folder, "-o", tmp_path / f"out-{folder.name}") for folder in (whole, some)]
    assert [one.code for one in ran] == [0, 0], ran
    one, other = dataset(tmp_path / "out-whole"), dataset(tmp_path / "out-some")
    assert one["sha256"] == other["sha256"]
    assert (one["statement"], other["statement"]) == ('SELECT * FROM "main"."loans"', SQL)
    assert other["statement_sha256"] == hashlib.sha256(SQL.encode()).hexdigest()
    assert (one["digest_of"], one["format"], one["path"], one["rows"]) == ("rows", "sql", "main.loans", 400)
    (queried,) = json.loads((tmp_path / "out-some" / "evidence" / "run.json").read_bytes())["queried"]
    assert queried["place"] == "duckdb:///data/loans.duckdb"
    assert queried["sha256"] == one["sha256"]
    assert "SELECT id, approved" in (tmp_path / "out-some" / "audit_report.html").read_text()


def test_the_record_does_not_depend_on_the_order_or_the_place_of_the_rows(tmp_path, repeatable):
    folders = [planned(tmp_path / name, "duckdb:///data/loans.duckdb", "loans") for name in ("one", "other")]
    with duckdb.connect(str(folders[1] / "data" / "loans.duckdb")) as store:
        store.execute("CREATE OR REPLACE TABLE loans AS SELECT * FROM loans ORDER BY hash(id)")
    (folders[1] / "data" / "loans.duckdb").rename(folders[1] / "data" / "moved.duckdb")
    plan = folders[1] / "assessment.yaml"
    plan.write_text(plan.read_text().replace("loans.duckdb", "moved.duckdb"))
    for folder in folders:
        assert command("run", folder, "-o", tmp_path / f"out-{folder.name}").code == 0
    records = [(tmp_path / f"out-{name}" / "record.json").read_bytes() for name in ("one", "other")]
    assert records[0] == records[1]


def test_other_rows_than_the_plan_names_are_refused(tmp_path):
    folder = planned(tmp_path / "plan", "duckdb:///data/loans.duckdb")
    plan = folder / "assessment.yaml"
    plan.write_text(plan.read_text().replace("label: approved", f"label: approved\n    sha256: {'0' * 64}"))
    ran = command("run", folder, "-o", tmp_path / "out")
    assert ran.code == 3
    assert "these are not the rows that the plan was made for" in ran.err


@pytest.mark.parametrize(
    ("at", "network", "code", "why"),
    [
        (f"postgresql://a:{SECRET}@db.example.org/d", "", 2, "`at` holds a password; leave it out"),
        (f"postgresql://db.example.org/d?password={SECRET}", "", 2, "can be a credential or lead elsewhere"),
        (f"postgresql://{FAR}/d", "", 3, f"the plan opens no way to {FAR}:5432"),
        (
            f"mysql+pymysql://{FAR}/d",
            'network: {allow: ["192.0.2.1:3307"]}\n',
            3,
            f"the plan opens no way to {FAR}:3306",
        ),
        ("duckdb:///data/nosuch.duckdb", "", 3, "there is no such file"),
        ("loans://x/y", "", 2, "or of a database: postgresql, duckdb, sqlite"),
    ],
)
def test_a_plan_that_cannot_be_read_as_it_stands_is_refused_without_a_secret(tmp_path, at, network, code, why):
    if code == 3 and "://1" in at:
        pytest.importorskip("adbc_driver_postgresql", reason="PostgreSQL needs the extra postgresql")
        pytest.importorskip("sqlalchemy", reason="other databases need the extra sql")
    ran = command("run", planned(tmp_path / "plan", at, network=network), "-o", tmp_path / "out")
    assert (ran.code, why in " ".join(ran.err.split())) == (code, True), ran.err
    assert SECRET not in ran.err + ran.out


def test_a_statement_without_a_database_is_refused(tmp_path):
    folder = planned(tmp_path / "plan", "duckdb:///data/loans.duckdb", sql=SQL)
    plan = folder / "assessment.yaml"
    plan.write_text(plan.read_text().replace("    at: duckdb:///data/loans.duckdb\n", ""))
    ran = command("run", folder, "-o", tmp_path / "out")
    assert ran.code == 2
    assert "`sql` of test asks a database: name it under `at:`" in " ".join(ran.err.split())


def test_personal_data_in_a_statement_are_refused_like_any_in_a_plan(tmp_path):
    folder = planned(
        tmp_path / "plan", "duckdb:///data/loans.duckdb", sql="SELECT * FROM loans WHERE sex <> 'jo.public@example.org'"
    )
    ran = command("run", folder, "-o", tmp_path / "out")
    assert ran.code == 3
    assert "jo.public" not in ran.err + ran.out


def test_of_postgresql_the_record_and_every_file_beside_it_hold_no_credential(
    tmp_path, server, database, monkeypatch, repeatable
):
    from tests.sources.conftest import PASSWORD

    write_csv(tmp_path / "rows.csv", rows(400))
    server.run(database, "CREATE TABLE loans (id int, approved int, p numeric(9,6), sex text)")
    for row in rows(400):
        server.run(database, f"INSERT INTO loans VALUES ({row['id']}, {row['approved']}, {row['p']}, '{row['sex']}')")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    folder = planned(tmp_path / "plan", server.at(database, user="guarded"))
    ran = command("run", folder, "-o", tmp_path / "out")
    assert ran.code == 0, ran.err
    beside = planned(tmp_path / "beside", "duckdb:///data/loans.duckdb")
    assert command("run", beside, "-o", tmp_path / "out-beside").code == 0
    assert dataset(tmp_path / "out")["sha256"] == dataset(tmp_path / "out-beside")["sha256"]
    held = [
        name
        for name, data in everything_under(tmp_path / "out").items()
        if PASSWORD.encode() in data or b"guarded" in data
    ]
    assert not held
    assert PASSWORD not in ran.out + ran.err


def test_the_place_of_a_refused_connection_is_told_when_a_driver_goes_elsewhere(tmp_path, monkeypatch):
    import socket

    def elsewhere(batches, folder, where):
        try:
            socket.create_connection((FAR, 443), timeout=1)
        except OSError:
            raise SourceError("the driver is at a loss", where=where) from None

    folder = planned(tmp_path / "plan", "duckdb:///data/loans.duckdb")
    monkeypatch.setattr(databases, "copy_rows", elsewhere)
    with pytest.raises(SourceError, match=r"the plan opens no way to 192\.0\.2\.1"):
        databases.read("duckdb:///data/loans.duckdb", "loans", None, tmp_path, name="test", base=folder)
