"""A document of a kind, from its questions to a release that others refer to, on the command line."""

import json

import pytest
import yaml
from tests import kind_folders as made
from tests.attest.support import SECRET, enrol

from cardwright.errors import HandoffRefusedError
from cardwright.files import kinds as registry
from cardwright.run.require import require

PEOPLE = {"Ada": ("researcher", "owner"), "Ben": ("research_lead",), "Cy": ("release",)}
MEMO = made.NOTE.replace("kind: house_note", "kind: house_memo").replace(
    "minimum:", "links: [{role: plan, kind: experiment_plan, required: true, why: What was planned.}]\nminimum:"
)
POLICY = """\
schema: cardwright/policy/1
policy: house_memo
version: 1.0.0
title: House memo
kinds: [work]
documents: [house_memo]
for_production: false
set_by: us
set_on: 2026-11-01
requirements:
  - id: plan
    title: It names its plan
    refers: {kind: experiment_plan, role: plan, state: released, same: [subject]}
    why: w
    origin: internal
  - {id: lead, title: The lead approves, why: w, origin: internal, sign_off: {role: research_lead, meaning: approval}}
"""
KEPT = '{% extends "kind.html.j2" %}{% block lead %}<h2>{{ t("Decision") }}</h2>{% endblock %}'


def sign(cli, dossier, name, meaning):
    words = ["--decision", "approve", "--meaning", meaning, "--role", PEOPLE[name][0]]
    return cli("sign-off", dossier, *words, "--as", name, "--key", dossier.parent / f"{name}.key", "--yes")


@pytest.fixture
def desk(cli, tmp_path, monkeypatch):
    """People with keys, and a plan that was run."""
    monkeypatch.setenv("CARDWRIGHT_PASSPHRASE", SECRET)
    monkeypatch.setenv("CARDWRIGHT_TRUST", str(tmp_path / "trust.yaml"))
    monkeypatch.chdir(tmp_path)
    for name, roles in PEOPLE.items():
        enrol(cli, tmp_path, name, roles)
    example = registry.find("experiment_plan").path / "example"
    (tmp_path / "plan-files").mkdir()
    for file in example.iterdir():
        (tmp_path / "plan-files" / file.name).write_bytes(file.read_bytes())
    assert cli("keys", "accept", "experiment_plan", "--trust", tmp_path / "trust.yaml").code == 0
    ran = cli("run", "plan-files", "-o", tmp_path / "plan")
    assert ran.code == 1, ran
    assert "1 missing" in ran.out
    return tmp_path


def released(cli, desk, name, *more):
    for who, meaning in (("Ada", "authorship"), ("Ben", "approval")):
        done = sign(cli, desk / name, who, meaning)
        assert done.code == 0, done
    return cli("release", desk / name, "--as", "Cy", "--key", desk / "Cy.key", *more)


def memo(cli, desk):
    own = made.folder(desk / "kinds", MEMO, "house_memo", policy__yaml=POLICY, template__html__j2=KEPT)
    assert cli("new", "house_memo", desk / "memo-files", "--kinds", own).code == 0
    plan = yaml.safe_load((desk / "memo-files" / "assessment.yaml").read_text().replace("?", "null"))
    plan["subject"]["about"] = "home-loan-model"
    plan |= {"author": "A. Okafor", "links": {"plan": "../plan"}}
    (desk / "memo-files" / "assessment.yaml").write_text(yaml.safe_dump(plan))
    (desk / "memo-files" / "details.yaml").write_text(yaml.safe_dump(made.ANSWERS))
    return plan


def test_a_plan_is_released_without_artefacts_and_a_memo_rests_on_it(cli, desk):
    done = released(cli, desk, "plan")
    assert done.code == 0, done
    assert sorted(path.name for path in (desk / "plan" / "final").iterdir()) == [
        "experiment_plan.html", "experiment_plan.md", "experiment_plan.pdf",
    ]  # fmt: skip
    verified = cli("verify", desk / "plan", "--trust", desk / "trust.yaml")
    assert (verified.code, "identified by its own text" in verified.out) == (0, True), verified

    # The release of a plan lets no model through: whoever names files asks about files.
    (desk / "model").mkdir()
    (desk / "model" / "model.bin").write_bytes(b"a model that nobody judged")
    asked = cli("verify", desk / "plan", "--trust", desk / "trust.yaml", "--artifact", desk / "model")
    assert (asked.code, "a work, which judges no file" in " ".join(asked.out.split())) == (1, True), asked
    with pytest.raises(HandoffRefusedError, match="judges no file"):
        require(desk / "plan", trust_file=desk / "trust.yaml", artifact=desk / "model")

    plan = memo(cli, desk)
    assert (plan["policy"], plan["kinds"]) == ("../kinds/house_memo/policy.yaml", "../kinds")
    ran = cli("run", desk / "memo-files", "-o", desk / "memo")
    assert "No release of experiment_plan employment-history-plan 1 is believed here" in " ".join(ran.out.split())
    policy = desk / "kinds" / "house_memo" / "policy.yaml"
    judged = cli("gate", desk / "memo", "--policy", policy, "--trust", desk / "trust.yaml")
    assert "REFUSED: 1 requirement in the way (1 missing)" in judged.out, (
        "nobody has signed the memo, and the plan's count"
    )
    assert cli("keys", "accept", policy, "--trust", desk / "trust.yaml").code == 0
    done = released(cli, desk, "memo", "--policy", policy)
    assert done.code == 0, done

    # Whoever receives it has neither the folder of the kind nor the plan's dossier.
    (desk / "kinds" / "house_memo").rename(desk / "kinds" / "gone")
    (desk / "plan").rename(desk / "gone")
    policy = desk / "kinds" / "gone" / "policy.yaml"
    verified = cli("verify", desk / "memo", "--policy", policy, "--rerender", "--trust", desk / "trust.yaml")
    assert verified.code == 0, verified
    lone = cli("verify", desk / "memo" / "final" / "house_memo.pdf", "--policy", policy, "--trust", desk / "trust.yaml")
    assert lone.code == 0, lone

    # One changed byte of what is kept of the plan is noticed.
    (kept,) = (desk / "memo" / "evidence" / "links").glob("*/release.json")
    kept.write_bytes(kept.read_bytes().replace(b"payload", b"Payload"))
    assert cli("verify", desk / "memo", "--policy", policy).code == 3


def test_what_the_plan_s_author_alone_signed_carries_no_memo(cli, desk):
    assert sign(cli, desk / "plan", "Ada", "authorship").code == 0
    memo(cli, desk)
    cli("run", desk / "memo-files", "-o", desk / "memo")
    done = released(cli, desk, "memo", "--policy", desk / "kinds" / "house_memo" / "policy.yaml")
    assert done.code == 1, done
    assert not (desk / "memo" / "release.json").exists()


def test_a_plan_that_was_changed_after_it_was_signed_is_another_one(cli, desk):
    words = ["--role", "research_lead", "--as", "Ben", "--key", desk / "Ben.key"]
    signed = cli("attest", "--plan", desk / "plan-files", "-o", desk / "second", *words)
    assert signed.code == 0, signed
    details = desk / "plan-files" / "details.yaml"
    details.write_text(details.read_text().replace('smallest_effect: "0.02"', 'smallest_effect: "0.01"'))
    assert cli("run", "plan-files", "-o", desk / "second").code == 1
    assert not (desk / "second" / "claims.jsonl").exists(), "the signature is of the plan as it was"


def test_a_kind_folder_changed_after_signing_makes_another_plan_and_leaves_the_signed_one(cli, desk):
    memo(cli, desk)
    cli("run", desk / "memo-files", "-o", desk / "memo")
    before = (desk / "memo" / "house_memo.html").read_bytes()
    assert sign(cli, desk / "memo", "Ada", "authorship").code == 0
    kind = desk / "kinds" / "house_memo"
    (kind / "kind.yaml").write_text(MEMO.replace("required: always", "required: never"))
    (kind / "template.html.j2").write_text(KEPT.replace("Decision", "Adopted"))
    # What is signed is made again from what it holds; the folder has no say any more.
    assert sign(cli, desk / "memo", "Ben", "approval").code == 0
    assert (desk / "memo" / "house_memo.html").read_bytes() == before
    again = cli("run", desk / "memo-files", "-o", desk / "memo-2")
    assert again.code == 1
    old, new = (json.loads((desk / name / "plan.lock.json").read_text()) for name in ("memo", "memo-2"))
    assert old["document"]["sha256"] != new["document"]["sha256"]


def test_kinds_are_listed_and_shown_and_new_overwrites_nothing(cli, tmp_path):
    own = made.folder(tmp_path / "kinds", policy__yaml=POLICY)
    listed = cli("kinds", "--kinds", own)
    assert listed.code == 0
    assert "experiment_plan 1.1.0 (work)" in listed.out
    assert f"house_note 1.0.0 (work, from {own / 'house_note'})" in listed.out
    shown = cli("kinds", "house_note", "--kinds", own)
    assert "decision (required), research_lead: What was decided?" in shown.out
    assert "Its minimum: harms. Whom it could harm is said before it is done." in shown.out
    as_json = json.loads(cli("kinds", "experiment_plan", "--format", "json").out)
    assert as_json["sha256"] == registry.find("experiment_plan").definition.sha256
    assert len(json.loads(cli("kinds", "--format", "json").out)) == len(registry.names())

    assert cli("new", "house_note", tmp_path / "note", "--kinds", own).code == 0
    again = cli("new", "house_note", tmp_path / "note", "--kinds", own)
    assert (again.code, "not overwritten" in again.err) == (2, True)
    other = cli("new", "hose_note", tmp_path / "other", "--kinds", own)
    assert (other.code, 'Did you mean "house_note"?' in other.err) == (2, True)
    assert cli("new", "../house_note", tmp_path / "other", "--kinds", own).code == 2
    assert not (tmp_path / "other").exists()


def test_a_plan_of_a_work_without_a_kind_or_of_another_subject_is_refused_with_its_line(cli, desk):
    plan = desk / "plan-files" / "assessment.yaml"
    text = plan.read_text()
    for change, why in (
        (("document: experiment_plan\n", ""), "a work is of some kind"),
        (("document: experiment_plan", "document: experimental_plan"), 'Did you mean "experiment_plan"?'),
        (("kind: work", "kind: model"), "is about a work, and the subject is a model"),
        (("  about: home-loan-model", "  files: [details.yaml]"), "a work has no files"),
    ):
        plan.write_text(text.replace(*change).replace("kind: model\n", "kind: model\n  files: [details.yaml]\n"))
        ran = cli("run", "plan-files", "-o", desk / "third")
        assert ran.code == 2, ran
        assert why in ran.err or "sources" in ran.err, (why, ran.err)


def test_the_example_of_a_kind_runs_as_it_is_printed(cli, tmp_path):
    written = cli("new", "data_card", tmp_path / "demo", "--example")
    assert written.code == 0
    lines = [line.split() for line in written.out.splitlines() if line.startswith("  cardwright ")]
    assert [line[2].rpartition("demo/")[2] for line in lines] == ["labelling_guideline/example", "data_card/example"]
    for line in lines:
        ran = cli(*line[1:])
        assert (ran.code, "1 missing" in ran.out) == (1, True), ran
    page = (tmp_path / "demo" / "data_card" / "example" / "dossier" / "data_card.html").read_text("utf-8")
    assert 'Labels of machines</h3><p class="soft">not required, as Labelled is by people</p>' in page
    again = cli("new", "data_card", tmp_path / "demo", "--example")
    assert (again.code, "not overwritten" in again.err) == (2, True)
