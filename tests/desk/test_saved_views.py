"""Filters are kept under a name, for oneself or for everybody."""

import pytest
from tests.desk.support import NOW

from cardwright.desk import database, saved_views
from cardwright.errors import NothingToCheckError, UsageError


def test_a_view_is_ones_own_unless_it_is_shared(desk):
    saved_views.save(desk, "ada", "Mine", "state=draft", shared=False, now=NOW)
    saved_views.save(desk, "ada", "Ours", "expiring=1", shared=True, now=NOW)
    assert [one.name for one in saved_views.of_person(desk, "ada")] == ["Mine", "Ours"]
    assert [one.name for one in saved_views.of_person(desk, "ben")] == ["Ours"]


def test_a_view_of_the_same_name_is_replaced(desk):
    for query in ("state=draft", "state=released"):
        saved_views.save(desk, "ada", "  My   view ", query, shared=False, now=NOW)
    (one,) = saved_views.of_person(desk, "ada")
    assert (one.name, one.query) == ("My view", "state=released")


def test_nobody_deletes_what_is_somebody_elses(desk):
    saved_views.save(desk, "ada", "Ours", "", shared=True, now=NOW)
    (one,) = saved_views.of_person(desk, "ben")
    with pytest.raises(NothingToCheckError):
        saved_views.delete(desk, "ben", one.id)
    saved_views.delete(desk, "ada", one.id)
    assert saved_views.of_person(desk, "ada") == ()


@pytest.mark.parametrize(
    ("name", "query"), [("", "q=x"), ("x" * 81, "q=x"), ("a\u202eb", "q=x"), ("long", "q=" + "x" * 1000)]
)
def test_what_cannot_be_shown_or_is_too_long_is_not_kept(desk, name, query):
    with pytest.raises(UsageError):
        saved_views.save(desk, "ada", name, query, shared=False, now=NOW)
    assert saved_views.of_person(desk, "ada") == ()


def test_one_person_fills_no_database(desk):
    for number in range(saved_views.MOST):
        saved_views.save(desk, "ada", str(number), "", shared=True, now=NOW)
    with pytest.raises(UsageError, match="already"):
        saved_views.save(desk, "ada", "one more", "", shared=True, now=NOW)
    saved_views.save(desk, "ada", "7", "state=draft", shared=False, now=NOW)  # one that is there can be changed


def test_a_view_is_saved_opened_and_deleted_on_the_page_and_keeps_filters_alone(ben, arrived):
    saved = ben.post(
        "/views", {"name": "Drafts", "query": "state=draft&page=3&next=https://evil.example&tier=", "shared": "1"}
    )
    assert (saved.status_code, saved.headers["location"]) == (303, "/?state=draft")
    (one,) = saved_views.of_person(arrived, "ada")
    assert '<a href="/?state=draft">Drafts</a>' in ben.get("/").text
    assert ben.post("/views", {"delete": "999"}).status_code == 404
    assert ben.post("/views", {"delete": str(one.id)}).status_code == 303
    assert "Drafts" not in ben.get("/").text


def test_attack_views_that_insiders_share_are_not_shown_to_others_and_others_share_none(ben, arrived):
    saved_views.save(arrived, "cy", "Project Falcon", "q=falcon", shared=True, now=NOW)
    assert "Project Falcon" in ben.get("/").text
    assert [one.name for one in saved_views.of_person(arrived, "ben", inside=False)] == []
    with database.writing(arrived.engine) as connection:
        connection.execute(database.ACCOUNTS.update().values(audience="public"))
    page = ben.get("/").text
    assert "Project Falcon" not in page
    assert "for everybody at this desk" not in page
    assert ben.post("/views", {"name": "Read me", "query": "", "shared": "1"}).status_code == 303
    assert [one.shared for one in saved_views.of_person(arrived, "ben", inside=False)] == [False]
