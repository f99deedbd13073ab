"""Addresses of databases: no credential, no way around what the plan opens, and no more shown than a reader needs."""

import pytest

from cardwright.sources.database_address import DatabaseAddress, is_database, parse_address

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("at", "parts"),
    [
        (
            "postgresql://analyst@db.example.org:5433/credit",
            DatabaseAddress("postgresql", "analyst", "db.example.org", 5433, "credit"),
        ),
        (
            "postgresql:///credit?host=/run/postgresql",
            DatabaseAddress("postgresql", "", "/run/postgresql", None, "credit", (("host", "/run/postgresql"),)),
        ),
        ("postgresql://[2001:db8::1]:5432/c", DatabaseAddress("postgresql", "", "2001:db8::1", 5432, "c")),
        ("duckdb:///data/loans.duckdb", DatabaseAddress("duckdb", "", "", None, "data/loans.duckdb")),
        ("sqlite:////srv/loans.sqlite", DatabaseAddress("sqlite", "", "", None, "/srv/loans.sqlite")),
        ("mysql+pymysql://a%40b@h:3306/c", DatabaseAddress("mysql+pymysql", "a@b", "h", 3306, "c")),
    ],
)
def test_an_address_is_read_in_its_parts(at, parts):
    assert parse_address(at) == parts
    assert is_database(at)


@pytest.mark.parametrize("at", ["s3://loans/2026/", "http://h/d", "ftp://h/d", "data.csv", "loans://h/d"])
def test_what_is_no_database_is_left_to_others(at):
    assert not is_database(at)


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (f"postgresql://a:{SECRET}@h/d", "holds a password.*~/.pgpass, a service file or PGPASSWORD"),
        (f"postgresql://a:@h/d?password={SECRET}", "holds a password"),
        (f"postgresql://h/d?password={SECRET}", "can be a credential or lead elsewhere"),
        ("postgresql://h/d?hostaddr=192.0.2.1", "can be a credential or lead elsewhere"),
        ("postgresql://h/d?options=-csearch_path%3Dx", "can be a credential or lead elsewhere"),
        (f"postgresql://h/d#{SECRET}", "can be a credential"),
        ("postgresql://h/d?host=/run/x", "names a host twice"),
        ("postgresql://h1,h2/d", "names several servers"),
        ("postgresql:///d?host=h1,h2", "names several servers"),
        ("postgresql:///d?host=/a&host=/b", "says something twice"),
        ("postgresql://h:port/d", "is no address of a database"),
        ("sqlite://", "names no file"),
        ("sqlite://data/loans.sqlite", "names no file.*sqlite:///data/loans.sqlite"),
        ("duckdb:///:memory:", "names no file"),
        ("duckdb:///../loans.duckdb", "leads out of itself"),
        ("duckdb:///loans.duckdb?access_mode=READ_WRITE", "can be a credential or lead elsewhere"),
        ("sqlite+pysqlite:///loans.sqlite", "write sqlite:///"),
    ],
)
def test_what_cannot_stand_in_a_plan_is_refused_in_words_that_repeat_nothing(at, why):
    with pytest.raises(ValueError, match=why) as refused:
        parse_address(at)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("at", "place"),
    [
        ("postgresql://analyst@db.example.org:5433/credit", "postgresql://db.example.org:5433/credit"),
        ("postgresql:///credit?host=/run/postgresql&sslmode=prefer", "postgresql:///credit?host=/run/postgresql"),
        ("postgresql:///?service=credit", "postgresql:///?service=credit"),
        ("sqlite:////srv/loans.sqlite", "sqlite:////srv/loans.sqlite"),
        ("postgresql://[2001:db8::1]/c", "postgresql://[2001:db8::1]/c"),
    ],
)
def test_the_place_of_a_run_s_facts_has_no_user(at, place):
    assert parse_address(at).place == place
