"""Any other database, by SQLAlchemy: the same rows as by PostgreSQL's own protocol, and the same walls."""

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")
pytest.importorskip("sqlalchemy", reason="other databases need the extra sql")
pytest.importorskip("duckdb", reason="the copy is sorted by the tabular extra")

from tests.sources.conftest import PASSWORD

from cardwright.errors import SourceError
from cardwright.sources.databases import read
from cardwright.sources.sqlalchemy_rows import require_reading


@pytest.fixture
def reading(server, database, tmp_path_factory):
    """Reads of a new database by psycopg's dialect, or of another address."""
    server.run(
        database,
        "CREATE TABLE loans AS SELECT g AS id, (g / 8.0)::numeric(9,3) AS p, NULLIF(g % 2, 0)::text AS s, "
        "timestamptz '2026-03-29 01:30+01' + g * interval '1 hour' AS at, g % 2 = 0 AS ok FROM generate_series(1, 20000) AS g",
    )

    def read_it(table, sql=None, at=None, **words):
        folder = tmp_path_factory.mktemp("private")
        at = at or server.at(database, scheme="postgresql+psycopg")
        return read(at, table, sql, folder, name="test", base=folder, **words)

    return read_it


def test_the_digest_is_that_of_the_rows_by_another_driver(reading, server, database):
    by_sqlalchemy, by_own = reading("public.loans"), reading("loans", at=server.at(database))
    assert by_sqlalchemy.rows.sha256 == by_own.rows.sha256
    assert by_sqlalchemy.queried.server == by_own.queried.server.replace("PostgreSQL", "postgresql")
    assert by_sqlalchemy.queried.reading == "repeatable read, read only"


def test_a_percent_sign_is_what_it_is(reading):
    assert reading("q", "SELECT id % 7 AS rest FROM loans WHERE s LIKE '1%'").queried.rows == 10000


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM loans",
        "SELECT 1; SELECT 2",
        "WITH gone AS (DELETE FROM loans RETURNING *) SELECT * FROM gone",
        "SELECT * INTO other FROM loans",
        "/* SELECT */ DROP TABLE loans",
        "EXEC purge",
        "",
    ],
)
def test_what_would_do_more_than_read_is_refused_before_it_is_sent(sql):
    with pytest.raises(SourceError, match="not one statement that reads"):
        require_reading(sql, "loans")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'delete; drop' AS word FROM loans -- update",
        'SELECT "update" FROM loans',
        "with a as (select 1) select * from a",
        "(SELECT 1) UNION (SELECT 2)",
        "SELECT [set] FROM loans",
        "SELECT `load` FROM loans",
        "SELECT updated_at, inserted FROM loans",
    ],
)
def test_words_in_quotes_and_comments_do_nothing(sql):
    require_reading(sql, "loans")


@pytest.mark.parametrize("name", ["CARDWRIGHT_DATABASE_PASSWORD", "CARDWRIGHT_DATABASE_PASSWORD_TEST"])
def test_a_password_comes_from_the_environment_and_is_not_repeated(reading, server, database, monkeypatch, name):
    at = server.at(database, user="guarded", scheme="postgresql+psycopg")
    monkeypatch.setenv("PGPASSFILE", "/nowhere")
    with pytest.raises(SourceError, match="does not answer, or does not let this account in"):
        reading("loans", at=at)
    monkeypatch.setenv(name, PASSWORD)
    found = reading("loans", at=at)
    assert found.queried.rows == 20000
    assert PASSWORD not in repr(found)


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("postgresql+psycopg://a@192.0.2.1/d", r"the plan opens no way to 192\.0\.2\.1:5432"),
        ("postgresql+psycopg:///d", "`at` names no host"),
        ("other+driver://a@127.0.0.1/d", "`at` names no port"),
        ("other+driver://a@127.0.0.1:1/d", "no dialect of SQLAlchemy has the name"),
        (
            "postgresql+nosuch://a@127.0.0.1:1/d",
            "no dialect of SQLAlchemy has the name|driver of this database is not installed",
        ),
        ("oracle+oracledb://a@127.0.0.1:1/d", "the driver of this database is not installed"),
        ("postgresql+psycopg://a@127.0.0.1:1/d", "does not answer"),
        ("snowflake://a@account/d", "the plan opens no way to account:443"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(reading, at, why):
    with pytest.raises(SourceError, match=why):
        reading("loans", at=at)


def test_variables_that_would_lead_its_driver_elsewhere_are_refused(reading, monkeypatch):
    monkeypatch.setenv("PGHOSTADDR", "192.0.2.1")
    with pytest.raises(SourceError, match="lead its driver elsewhere"):
        reading("loans")


@pytest.mark.parametrize(
    ("table", "sql", "why"),
    [
        ("loanz", None, "there is no such table"),
        ("q", "SELECT nosuch FROM loans", "names a column that does not exist"),
        ("q", "SELECT ARRAY[1] AS list", '"list" holds arrays'),
        ("q", "SELECT 1 AS a WHERE false", "there are no rows"),
        (
            "q",
            "SELECT id, pg_terminate_backend(CASE id WHEN 15000 THEN pg_backend_pid() END) FROM loans",
            "the server went away",
        ),
    ],
)
def test_what_cannot_be_answered_is_said_in_our_own_words(reading, table, sql, why):
    with pytest.raises(SourceError, match=why):
        reading(table, sql)
