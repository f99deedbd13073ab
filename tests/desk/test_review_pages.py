"""The pages of a dossier: every number can be linked and commented, two dossiers compared, and questions are read before approval."""

import re

import pytest
from tests.desk.support import NOW

from cardwright.attest import under_review
from cardwright.desk import registry
from cardwright.dossier import store

APPROVE = {"kind": "sign_off", "role": "risk_head", "decision": "approve", "meaning": "approval"}


def signed(desk, manifest):
    return under_review.read(registry.dossier(desk, manifest).files, where="dossier").signed


def test_every_number_has_a_row_a_link_and_its_comments(ben, manifest):
    page = ben.get(f"/dossiers/{manifest}/numbers").text
    assert page.count('<tr id="M-') > 10
    assert f'href="/dossiers/{manifest}?about=M-003#comment"' in page
    assert 'name="anchor" list="places" required value="M-003"' in ben.get(f"/dossiers/{manifest}?about=M-003").text
    made = ben.post(f"/dossiers/{manifest}/comments", {"anchor": "M-003", "text": "Of how many?"})
    assert made.headers["location"] == f"/dossiers/{manifest}#thread-1"
    assert "<strong>1 open</strong>" in ben.get(f"/dossiers/{manifest}/numbers").text
    assert 'id="thread-1"' in ben.get(f"/dossiers/{manifest}").text
    assert ben.post(f"/dossiers/{manifest}/comments", {"anchor": "M-9999", "text": "x"}).status_code == 400


def test_what_is_in_an_address_is_text(ben, manifest):
    for name in ("about", "requirement", "item", "checklist", "answers"):
        page = ben.get(f'/dossiers/{manifest}?{name}="><script>alert(1)</script>').text
        assert "<script>alert" not in page, name


def test_an_approval_over_open_questions_is_confirmed_and_anything_else_is_not_held_up(ben, arrived, manifest):
    page = f"/dossiers/{manifest}"
    ben.post(f"{page}/comments", {"anchor": "ranking", "text": "Why so low?"})
    asked = ben.post(f"{page}/claims", APPROVE)
    assert "Questions are open" in asked.text
    assert "Why so low?" in asked.text
    assert "data-passkey" not in asked.text
    token = re.search(r'name="confirmed" value="([0-9a-f]{64})"', asked.text)[1]
    assert "Questions are open" in ben.post(f"{page}/claims", {**APPROVE, "confirmed": token}).text
    assert "Questions are open" in ben.post(f"{page}/claims", {**APPROVE, "confirmed": "0" * 64, "despite": "yes"}).text
    assert "data-passkey" in ben.post(f"{page}/claims", {**APPROVE, "decision": "reject"}).text
    done = ben.say(manifest, {**APPROVE, "confirmed": token, "despite": "yes"})
    assert done.status_code == 200, done.text
    assert len(signed(arrived, manifest)) == 1
    # Another word in the thread, and what was confirmed is not what is there.
    ben.post(f"{page}/comments", {"thread": "1", "text": "And now?"})
    assert "Questions are open" in ben.post(f"{page}/claims", {**APPROVE, "confirmed": token, "despite": "yes"}).text


def test_a_comment_made_while_somebody_signs_is_read_first(ben, arrived, manifest):
    secret, options, _ = ben.prepared(manifest, APPROVE)
    ben.post(f"/dossiers/{manifest}/comments", {"anchor": "ranking", "text": "Wait."})
    late = ben.send("/signatures", {"secret": secret, "credential": ben.signing.sign(options)})
    assert late.status_code == 409
    assert "commented meanwhile" in late.json()["error"]
    assert signed(arrived, manifest) == ()


def test_an_answer_and_its_resolution_can_be_one_step(ben, manifest):
    page = f"/dossiers/{manifest}"
    ben.post(f"{page}/comments", {"anchor": "ranking", "text": "Why so low?"})
    ben.post(f"{page}/comments", {"thread": "1", "text": "Ten files.", "resolve": "1"})
    shown = ben.get(page).text
    assert "Ten files." in shown
    assert "resolved by ben" in shown


def test_requested_changes_stand_on_the_page_until_the_role_decides_anew(ben, manifest):
    page = f"/dossiers/{manifest}"
    form = {**APPROVE, "decision": "request_changes", "meaning": "review", "comment": "Who reads the files?"}
    assert ben.say(manifest, form).status_code == 200
    shown = ben.get(page).text
    assert "Changes are wanted" in shown
    assert "Since you signed" in shown
    answers = re.search(r'href="\?answers=([0-9a-f]{12})#sign"', shown)[1]
    assert f'name="answers" value="{answers}"' in ben.get(f"{page}?answers={answers}").text
    assert ben.say(manifest, {**APPROVE, "answers": answers}).status_code == 200
    assert "Changes are wanted" not in ben.get(page).text


def test_two_dossiers_are_compared_and_one_is_not_compared_with_itself(ben, arrived, manifest, refused_once, tmp_path):
    assert ben.get(f"/compare?old={manifest}&new={manifest}").status_code == 400
    assert ben.get(f"/compare?old={manifest}&new={'0' * 64}").status_code == 404
    assert ben.get("/compare").status_code == 404
    other = another_run(refused_once, tmp_path)
    new = registry.arrive(arrived, other, by="pipeline", now="2026-11-29T13:00:00Z").manifest
    assert new != manifest
    page = ben.get(f"/compare?old={manifest}&new={new}")
    assert page.status_code == 200
    assert "What becomes of the earlier evaluations" in page.text
    shown = ben.get(f"/dossiers/{new}").text
    assert f"/compare?old={manifest}&amp;new={new}" in shown
    assert f"compare with {manifest[:12]}" in ben.get(f"/dossiers/{new}/history").text


def another_run(made, folder):
    """The same plan, run again: another record."""
    import shutil

    from tests.conftest import command

    shutil.copytree(made / "files", folder / "files")
    assert command("run", folder / "files", "-o", folder / "again").code == 1
    return store.read_dossier(folder / "again")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"kind": "waive_request", "requirement": "nothing"}, "no requirement"),
        ({"kind": "waive_request", "requirement": "performance"}, "nothing to waive"),
        (
            {"kind": "waive_request", "requirement": "ranking", "controls": "c", "reason": "r", "expires": "soon"},
            "not a day",
        ),
        (
            {"kind": "waive_request", "requirement": "ranking", "controls": "", "reason": "r", "expires": "2099-01-01"},
            "--controls",
        ),
        ({"kind": "waive", "request": "abcdef12"}, "names no claim"),
        ({"kind": "waive", "request": ""}, "names no claim"),
    ],
)
def test_a_waiver_that_would_count_for_nothing_is_not_signed(ben, arrived, manifest, form, said):
    answer = ben.post(f"/dossiers/{manifest}/claims", {"role": "risk_head", **form})
    assert answer.status_code == 400
    assert said in answer.text
    assert signed(arrived, manifest) == ()


def test_a_dossier_that_was_pushed_twice_or_changed_meanwhile_is_not_written_over(arrived, manifest, files):
    from cardwright.errors import StoreError

    again = registry.arrive(arrived, files, by="pipeline", now=NOW)
    assert not again.news
    assert len(registry.states(arrived, manifest)) == 1
    with pytest.raises(StoreError, match="meanwhile"):
        registry.arrive(arrived, files, by="ben", now=NOW, after="0" * 64)


def test_a_session_that_was_stolen_signs_nothing_without_the_passkey(ben, arrived, manifest):
    secret, options, _ = ben.prepared(manifest, APPROVE)
    thief = type(ben)(arrived, ben.client)  # the cookie and the form's secret, and a passkey of their own
    answer = thief.send("/signatures", {"secret": secret, "credential": thief.signing.sign(options)})
    assert answer.status_code == 422
    assert signed(arrived, manifest) == ()
