"""The indicators at the desk are those of `cardwright kpis` over the same dossiers, for insiders, never by person, within bounds."""

import csv
import io
import re

import pytest

pytest.importorskip("scipy", reason="indicators need the tabular extra")

from starlette.testclient import TestClient
from tests.conftest import command
from tests.desk.support import NOW, ORIGIN
from tests.desk.test_review_pages import another_run

from cardwright.desk import accounts, database, indicator_pages, registry, web
from cardwright.desk.indicator_pages import Computations, IndicatorQuery
from cardwright.errors import StoreError, UsageError
from cardwright.record import canonical


def test_the_csv_is_that_of_the_command_over_the_same_dossier(ben, arrived, refused_once):
    at_desk = ben.get("/indicators.csv?min_cases=1")
    assert at_desk.status_code == 200
    assert at_desk.headers["Content-Type"] == "text/csv; charset=utf-8"
    done = command("kpis", refused_once / "out", "--min-cases", 1, "--trust", arrived.settings.trust, "--format", "csv")
    assert done.code == 0, done
    assert list(csv.DictReader(io.StringIO(at_desk.text))) == list(csv.DictReader(io.StringIO(done.out)))


def test_the_page_has_numerator_denominator_interval_or_why_not_and_caveats_without_a_script(ben):
    page = ben.get("/indicators?min_cases=1").text
    gate = page[page.index("Quality-gate pass rate") : page.index("</section>", page.index("Quality-gate pass rate"))]
    assert "<td>0</td><td>0</td><td>1</td><td>0 to 0.7935 (95%)</td><td></td>" in gate
    assert "Caveat: A rate near 1 can mean good work, or a gate that asks little." in gate
    assert "Signatures count as a trust file believes them." in page
    assert "The desk holds no runs" in page
    assert "<script" not in page
    assert '<a href="/indicators">Indicators</a>' in ben.get("/").text
    few = ben.get("/indicators").text
    assert "0 to 0.7935" not in few


def test_whoever_is_limited_to_an_audience_or_not_logged_in_has_no_such_page(browser, arrived):
    assert browser.get("/indicators").headers["location"] == "/login"
    secret = accounts.invite(arrived, "ada", web.clock(), audience="regulator")
    assert browser.answered(f"/join/{secret}") == "/login"
    assert browser.answered("/login") == "/"
    for path in ("/indicators", "/indicators.csv"):
        assert browser.get(path).status_code == 404
    assert "Indicators" not in browser.get("/").text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("by=owners", "never grouped by person"),
        ("by=author", "never grouped by person"),
        ("by=colour", "nothing can be grouped by it"),
        ("from=yesterday", "is no day"),
        ("from=2026-11-02&to=2026-11-01", "ends before it begins"),
        ("min_cases=0", "at least 1"),
        ("min_cases=many", "whole number"),
        ("workstream=nobody", "no workstream is called"),
    ],
)
def test_what_cannot_be_computed_is_refused_and_the_form_stays(ben, query, said):
    page = ben.get(f"/indicators?{query}")
    assert page.status_code == 400
    assert said in page.text
    assert 'action="/indicators"' in page.text
    assert ben.get(f"/indicators.csv?{query}").status_code == 400


def test_a_dossier_of_which_nothing_arrived_within_the_period_is_not_read_and_counted_as_such(ben):
    page = ben.get("/indicators?from=2999-01-01").text
    assert "Counted from 0 dossiers here; 1 that arrived before the period was not read" in page
    assert "2999" in page


def test_more_dossiers_than_a_page_reads_are_refused_and_never_a_part_of_them_counted(arrived):
    with pytest.raises(UsageError, match="1 dossiers would be read, and this page reads 0 at most"):
        indicator_pages.computed(arrived, IndicatorQuery(), Computations(most=0), NOW)


def test_where_a_period_can_begin_is_shown_by_month_with_links_to_what_is_read(
    arrived_pages, arrived, refused_once, tmp_path
):
    other = another_run(refused_once, tmp_path)
    registry.arrive(arrived, other, by="pipeline", now="2027-02-03T00:00:00Z")
    assert [(one.month, one.arrived, one.since, one.read) for one in indicator_pages.beginnings(arrived, 1)] == [
        ("2027-02", 1, 1, True),
        (NOW[:7], 1, 2, False),
    ]
    page = arrived_pages.get("/indicators?min_cases=1")
    assert page.status_code == 400
    assert "2 dossiers would be read, and this page reads 1 at most" in page.text
    assert "<td>2, too many</td>" in page.text
    link = re.search(r'href="(/indicators\?from=2027-02-01[^"]*)"', page.text)[1].replace("&amp;", "&")
    shown = arrived_pages.get(link)
    assert shown.status_code == 200
    assert "1 that arrived before the period was not read" in shown.text


@pytest.fixture
def arrived_pages(arrived, ben):
    """Ben's browser before the same desk, whose page reads one dossier."""

    def routes(desk, pages_):
        return indicator_pages.routes(desk, pages_, most=1)

    with TestClient(web.application(arrived, routes), base_url=ORIGIN) as client:
        client.cookies.update(ben.client.cookies)
        yield client


def test_what_was_computed_is_kept_until_a_state_the_trust_file_or_the_day_changes(arrived, manifest, monkeypatch):
    opened = []
    read = registry.dossier
    monkeypatch.setattr(registry, "dossier", lambda desk, name: opened.append(name) or read(desk, name))
    kept = Computations()

    def look(now=NOW, **asked):
        return indicator_pages.computed(arrived, IndicatorQuery(**asked), kept, now).evaluation

    first = look()
    assert look() is first
    assert look(workstream="another view of the same") is first
    assert opened == [manifest]
    look(now="2026-11-30T12:00:00Z")
    assert len(opened) == 2
    trust = arrived.settings.trust
    trust.write_bytes(trust.read_bytes() + b"\n# a word\n")
    assert look() is not first
    assert len(opened) == 3


def test_only_so_many_answers_are_kept(arrived):
    kept = Computations()
    for n in range(1, indicator_pages.KEPT + 4):
        indicator_pages.computed(arrived, IndicatorQuery(min_cases=str(n)), kept, NOW)
    assert len(kept.found) == indicator_pages.KEPT


def test_while_others_are_computed_for_long_whoever_asks_is_told_to_come_back(monkeypatch):
    monkeypatch.setattr(indicator_pages, "WAIT", 0.01)
    kept = Computations()
    with kept.busy, pytest.raises(StoreError, match="other indicators are being computed"):
        kept.of("a", dict)


def test_a_dossier_that_cannot_be_read_is_named_and_not_counted(ben, arrived, manifest):
    with database.writing(arrived.engine) as connection:
        connection.execute(database.STATES.update().values(files={"record.json": canonical.digest(b"another")}))
    page = ben.get("/indicators").text
    assert "Counted from 0 dossiers" in page
    assert f"<li>{manifest[:12]}: " in page


def test_who_has_read_them_is_written_down(ben, arrived):
    ben.get("/indicators")
    assert [one.who for one in registry.told_of(arrived, "indicators")] == ["ben"]
