"""What a database is asked, and the way to it."""

from pathlib import Path

import pytest

from cardwright.errors import SourceError
from cardwright.sources.database_address import parse_address
from cardwright.sources.queries import DatabaseQuery, require_open, statement_of, wrapped


def asked(allowed=()):
    return DatabaseQuery(parse_address("postgresql://h/d"), "SELECT 1", "loans", "test", Path(), allowed)


@pytest.mark.parametrize(
    ("table", "sql", "statement"),
    [
        ("loans", None, 'SELECT * FROM "loans"'),
        ("credit.loans", None, 'SELECT * FROM "credit"."loans"'),
        ('lo"ans', None, 'SELECT * FROM "lo""ans"'),
        ("loans", "\n SELECT a\nFROM b ;\n ; ", "SELECT a\nFROM b"),
    ],
)
def test_a_table_is_asked_for_whole_and_a_statement_without_its_end(table, sql, statement):
    assert statement_of(table, sql) == statement


def test_a_comment_at_the_end_of_a_statement_does_not_swallow_what_closes_it():
    assert wrapped("SELECT 1 -- one").splitlines() == ["SELECT * FROM (", "SELECT 1 -- one", ") AS asked"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "DB.example.org."])
def test_this_machine_and_what_the_plan_names_are_open(host):
    require_open(host, 5432, asked([("db.example.org", 5432)]))


@pytest.mark.parametrize(
    ("host", "port", "place"),
    [
        ("db.example.org", 5433, "db.example.org:5433"),
        ("192.0.2.1", 5432, "192.0.2.1:5432"),
        ("2001:db8::1", 5432, "[2001:db8::1]:5432"),
    ],
)
def test_another_host_or_port_is_refused_with_what_to_write(host, port, place):
    with pytest.raises(SourceError) as refused:
        require_open(host, port, asked([("db.example.org", 5432)]))
    assert f"the plan opens no way to {place}" in str(refused.value)
    assert f'network: {{allow: ["{place}"]}}' in str(refused.value)
