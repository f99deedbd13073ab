"""People ask each other to do something until a day; the desk shows what is due, and decides nothing by it."""

import pytest
from tests.desk.support import NOW

from cardwright.desk import assignments, registry
from cardwright.errors import NothingToCheckError, UsageError

ROLES = ("owner", "risk_head", "release")


def asked(desk, manifest, **otherwise):
    given = {
        "role": "owner",
        "person": None,
        "due": "2026-12-31",
        "task": "Answer thread 1.",
        "roles": ROLES,
        "by": "ben",
    }
    return assignments.assign(desk, manifest, now=NOW, **{**given, **otherwise})


def test_a_role_or_one_person_of_it_is_asked_and_sees_it_the_earliest_first(arrived, manifest):
    late = asked(arrived, manifest)
    soon = asked(arrived, manifest, due="2026-12-01", task="Sign.")
    named = asked(arrived, manifest, person="ada", due="2026-12-24")
    assert [one.id for one in assignments.of_person(arrived, "ada", ("owner",))] == [soon, named, late]
    assert [one.id for one in assignments.of_person(arrived, "eve", ("owner",))] == [soon, late]
    assert assignments.of_person(arrived, "ben", ("risk_head",)) == ()
    first = assignments.of_person(arrived, "ada", ("owner",))[0]
    assert not first.overdue("2026-12-01")
    assert first.overdue("2026-12-02")


def test_what_is_closed_is_nobodys_work_and_stays_visible(arrived, manifest):
    number = asked(arrived, manifest)
    assignments.close(arrived, manifest, number, by="ada", now=NOW)
    assert assignments.of_person(arrived, "ada", ("owner",)) == ()
    (one,) = assignments.of_dossier(arrived, manifest)
    assert one.closed_by == "ada"
    assert not one.overdue("2030-01-01")
    with pytest.raises(NothingToCheckError):
        assignments.close(arrived, manifest, number, by="ada", now=NOW)
    with pytest.raises(NothingToCheckError):
        assignments.close(arrived, "0" * 64, number, by="ada", now=NOW)


@pytest.mark.parametrize(
    ("otherwise", "said"),
    [
        ({"role": "king"}, "holds no role"),
        ({"due": "tomorrow"}, "not a day"),
        ({"due": "2026-02-30"}, "not a day"),
        ({"due": "2026-11-28"}, "has passed"),
        ({"task": " "}, "a task has"),
        ({"task": "a\u202eb"}, "task"),
    ],
)
def test_what_nobody_could_do_is_not_asked(arrived, manifest, otherwise, said):
    with pytest.raises(UsageError, match=said):
        asked(arrived, manifest, **otherwise)
    assert assignments.of_dossier(arrived, manifest) == ()


def test_a_dossier_waits_for_roles_until_they_have_signed(ben, arrived, manifest):
    def waiting():
        return [(one.role, one.manifest) for one in assignments.awaited_of(arrived, ("owner", "risk_head"))]

    assert waiting() == [("owner", manifest), ("risk_head", manifest)]
    form = {"kind": "sign_off", "role": "risk_head", "decision": "reject", "meaning": "approval"}
    assert ben.say(manifest, form).status_code == 200
    assert ("risk_head", manifest) in waiting()  # a rejection is no approval
    assert ben.say(manifest, {**form, "decision": "approve"}).status_code == 200
    assert waiting() == [("owner", manifest)]
    assert assignments.awaited_of(arrived, ()) == ()


def test_assignments_are_made_and_closed_on_the_page_and_listed_as_ones_own_work(ben, arrived, manifest):
    page = f"/dossiers/{manifest}"
    form = {"role": "risk_head", "person": "", "due": "2099-12-31", "task": "Read <b>all</b> of it."}
    assert ben.post(f"{page}/assignments", form).status_code == 303
    work = ben.get("/work").text
    assert "Read &lt;b&gt;all&lt;/b&gt; of it." in work
    assert "Waiting for a signature in your roles" in work
    refused = ben.post(f"{page}/assignments", {**form, "person": "ada"})
    assert refused.status_code == 400
    assert "holds no role risk_head" in refused.text
    (one,) = assignments.of_dossier(arrived, manifest)
    assert ben.post(f"{page}/assignments", {"close": str(one.id)}).status_code == 303
    assert ben.post(f"{page}/assignments", {"close": "x"}).status_code == 404
    assert "Nobody has asked you" in ben.get("/work").text
    assert registry.told_of(arrived, manifest)[0].what == "closed an assignment"
