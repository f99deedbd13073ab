"""Evaluations that stand are not run again, say so, and get no younger; what people said is never taken over."""

from __future__ import annotations

import json
import shutil

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from dataclasses import replace

from tests import small_plan
from tests.attest.support import enrol
from tests.small_plan import PLAN, case_of, files_of, rows, write_csv, write_plan

from cardwright.dossier import layout, store
from cardwright.dossier.contents import policy_of
from cardwright.errors import PlanError
from cardwright.policy.gate import decide
from cardwright.record import Record, RunFacts, canonical
from cardwright.run import reuse

FIRST = "2026-10-01T08:00:00Z"
SECOND = "2026-11-20T08:00:00Z"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A plan whose first release is in `one`, and that names a second version."""
    folder = write_plan(tmp_path_factory.mktemp("first"))
    store.write_dossier(folder / "one", files_of(run(folder, FIRST)))
    (folder / "assessment.yaml").write_text(PLAN.replace("1.0.0", "2.0.0"))
    return folder


@pytest.fixture
def folder(first, tmp_path):
    """A copy of it that a test may change."""
    return shutil.copytree(first, tmp_path, dirs_exist_ok=True)


def run(folder, now, **more):
    """The evidence of a run, without its documents."""
    return case_of(folder, now=now, **more)


def previous(folder):
    return reuse.previous_of(store.read_dossier(folder / "one"), where="one", subject="loans")


def change(folder, old, new, file="assessment.yaml"):
    small_plan.change(folder / file, old, new)


def test_an_unchanged_evaluation_is_taken_and_the_record_says_from_which_record(folder):
    before = previous(folder)
    result = run(folder, SECOND, previous=before)
    assert result.record.provenance.previous_sha256 == before.record.sha256
    assert {e.id: e.reused_from for e in result.record.evaluations} == {
        "performance": before.record.sha256,
        "fairness": before.record.sha256,
    }
    assert result.run.earlier == {"performance": FIRST, "fairness": FIRST}
    fresh = run(folder, SECOND)
    for taken, made in zip(result.record.evaluations, fresh.record.evaluations, strict=True):
        assert taken.model_copy(update={"reused_from": None}) == made  # what would have been found again
    files = files_of(result)
    assert canonical.parse(Record, files[layout.RECORD], where="r") == result.record
    assert canonical.parse(RunFacts, files[layout.RUN], where="r") == result.run


def test_a_record_of_no_second_release_has_none_of_this_in_its_bytes(folder):
    files = files_of(run(folder, SECOND))
    assert b"reused_from" not in files[layout.RECORD]
    assert b"previous_sha256" not in files[layout.RECORD]
    assert b"earlier" not in files[layout.RUN]


def test_a_third_release_names_the_record_that_an_evaluation_was_made_for(folder):
    first = previous(folder)
    second = run(folder, SECOND, previous=first)
    again = reuse.Previous(record=second.record, plan=second.plan, run=second.run)
    third = run(folder, "2026-11-22T08:00:00Z", previous=again)
    assert {e.reused_from for e in third.record.evaluations} == {first.record.sha256}
    assert third.record.provenance.previous_sha256 == second.record.sha256
    assert set(third.run.earlier.values()) == {FIRST}


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("threshold: 0.5", "threshold: 0.6", {"performance", "fairness"}),
        ("favourable: 1", "favourable: 0", {"performance", "fairness"}),
        ("- fairness: {source: test}", "- fairness: {source: test, min_denominator: 40}", {"fairness"}),
        ("policy: research", "policy: research\nseed: 7", {"performance", "fairness"}),
        ("- fairness: {source: test}", "- fairness: {source: test, id: parity}", {"parity"}),
    ],
)
def test_what_changes_in_the_plan_is_run_again(folder, old, new, again):
    change(folder, old, new)
    result = run(folder, SECOND, previous=previous(folder))
    assert {e.id for e in result.record.evaluations if e.reused_from is None} == again
    assert set(result.run.earlier) == {e.id for e in result.record.evaluations} - again


def test_one_changed_row_is_another_input(folder):
    write_csv(folder / "data.csv", rows(seed=2))
    result = run(folder, SECOND, previous=previous(folder))
    assert result.run.earlier == {}
    assert all(e.reused_from is None for e in result.record.evaluations)


def test_another_library_or_tool_runs_all_again(folder):
    before = previous(folder)
    for update in ({"tool": "cardwright 0.0.1"}, {"packages": {**before.record.provenance.packages, "numpy": "1.0"}}):
        provenance = before.record.provenance.model_copy(update=update)
        record = before.record.model_copy(update={"provenance": provenance})
        facts = before.run.model_copy(update={"record_sha256": record.sha256})
        other = reuse.Previous(record=record, plan=before.plan, run=facts)
        assert run(folder, SECOND, previous=other).run.earlier == {}


@pytest.mark.parametrize("lost", [layout.PLAN, layout.RUN])
def test_without_its_plan_or_its_time_nothing_of_a_release_is_taken(folder, lost):
    files = dict(store.read_dossier(folder / "one"))
    files.pop(lost)
    before = reuse.previous_of(files, where="one", subject="loans")
    assert run(folder, SECOND, previous=before).run.earlier == {}


def test_a_release_of_another_subject_is_refused(folder):
    with pytest.raises(PlanError, match="not of mortgages"):
        reuse.previous_of(store.read_dossier(folder / "one"), where="one", subject="mortgages")


def aged(folder, days):
    """A policy that asks for evidence no older than so many days."""
    (folder / "aged.yaml").write_text(
        "schema: cardwright/policy/1\npolicy: aged\nversion: 1.0.0\ntitle: Aged\nkinds: [model]\nfor_production: false\nset_by: us\n"
        "set_on: 2026-11-01\nrequirements:\n"
        f"  - {{id: young, title: Young, why: w, origin: internal, age: {{max_days: {days}}}}}\n"
    )
    return policy_of("aged.yaml", beside=folder)


def test_evidence_gets_no_younger_by_being_used_again(folder):
    reused = decide(run(folder, SECOND, previous=previous(folder)), aged(folder, 30), SECOND)
    fresh = decide(run(folder, SECOND), aged(folder, 30), SECOND)
    status = {
        name: {o.requirement: o.status for o in v.outcomes}["young"]
        for name, v in (("reused", reused), ("fresh", fresh))
    }
    assert status == {"reused": "stale", "fresh": "passed"}
    later = decide(run(folder, SECOND, previous=previous(folder)), aged(folder, 60), SECOND)
    assert (later.allowed, later.valid_until) == (True, "2026-11-30")


def test_a_reused_evaluation_whose_time_was_taken_out_is_not_young(folder):
    case = run(folder, SECOND, previous=previous(folder))
    hidden = replace(case, run=case.run.model_copy(update={"earlier": {}}))
    verdict = decide(hidden, aged(folder, 30), SECOND)
    assert {o.requirement: o.status for o in verdict.outcomes}["young"] == "missing"


# ---------------------------------------------------------------------------------------------------- the command


def test_the_plan_names_the_previous_release_and_claims_are_not_carried(cli, folder, monkeypatch):
    monkeypatch.setenv("CARDWRIGHT_PASSPHRASE", "correct horse battery staple")
    monkeypatch.setenv("CARDWRIGHT_TRUST", str(folder / "trust.yaml"))
    enrol(cli, folder, "Ada", ("owner",))
    words = [
        "--decision",
        "reject",
        "--role",
        "owner",
        "--meaning",
        "approval",
        "--key",
        folder / "Ada.key",
        "--as",
        "Ada",
    ]
    assert cli("sign-off", folder / "one", *words).code == 0
    change(folder, "policy: research", "policy: research\nprevious: one")
    ran = cli("run", folder, "-o", folder / "two")
    assert ran.code == 0, ran
    said = "Not run again, since nothing that they rest on has changed after 2026-10-01T08:00:00Z:\n  fairness, performance\n"
    assert said in ran.out
    assert not (folder / "two" / "claims.jsonl").exists()
    record = json.loads((folder / "two" / "record.json").read_bytes())
    assert record["provenance"]["previous_sha256"] == canonical.digest((folder / "one" / "record.json").read_bytes())
    told = cli("diff", folder / "one", folder / "two")
    assert "sign-off (reject) by Ada as owner" in told.out
    assert "Stands: nothing that it rests on has changed\n  performance\n  fairness" in told.out


def test_a_changed_or_missing_previous_release_is_refused_before_anything_is_run(cli, folder):
    change(folder, "policy: research", "policy: research\nprevious: one")
    record = folder / "one" / "record.json"
    record.write_bytes(record.read_bytes().replace(b'"loans"', b'"loanz"', 1))
    assert cli("run", folder, "-o", folder / "two").code == 3
    change(folder, "previous: one", "previous: ../gone")
    assert cli("run", folder, "-o", folder / "two").code == 3
    assert not (folder / "two").exists()


def interrupted(folder):
    """A run that is cut off after its first evaluation: what it kept stays beside the dossier."""

    class CutOff(Exception):
        pass

    def keep(id_, data):
        store.keep(folder / "two", id_, data)
        raise CutOff

    with pytest.raises(CutOff):
        run(folder, FIRST, keep=keep)


def test_a_run_that_was_cut_off_is_resumed_and_gives_the_same_record(cli, folder, monkeypatch):
    interrupted(folder)
    assert list(store.kept(folder / "two")) == ["performance"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795161600")
    ran = cli("run", folder, "-o", folder / "two", "--resume")
    assert ran.code == 0, ran
    assert f"has changed after {FIRST}:\n  performance\n" in ran.out
    assert store.kept(folder / "two") == {}
    assert (folder / "two" / "record.json").read_bytes() == files_of(run(folder, SECOND))[layout.RECORD]
    facts = json.loads((folder / "two" / "evidence" / "run.json").read_bytes())
    assert facts["earlier"] == {"performance": FIRST}


def test_without_resume_all_is_run_and_the_rest_is_named(cli, folder):
    interrupted(folder)
    ran = cli("run", folder, "-o", folder / "two")
    assert ran.code == 0
    assert "has left performance; --resume takes over" in ran.out
    assert "Not run again" not in ran.out


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[: len(data) // 2], lambda data: data.replace(b'"value":0.', b'"value":1.'), lambda data: b"{}"],
)
def test_what_was_kept_and_is_damaged_is_run_again(folder, damage):
    interrupted(folder)
    kept = {id_: damage(data) for id_, data in store.kept(folder / "two").items()}
    result = run(folder, SECOND, kept=kept)
    assert result.record == run(folder, SECOND).record


def test_what_was_kept_of_other_data_is_run_again(folder):
    interrupted(folder)
    write_csv(folder / "data.csv", rows(seed=3))
    assert run(folder, SECOND, kept=store.kept(folder / "two")).run.earlier == {}


# ------------------------------------------------------------------------------------------------ under a trust file


def next_version(desk):
    """The plan of a second version that names the dossier as its previous release."""
    plan = desk / "files" / "assessment.yaml"
    plan.write_text(plan.read_text().replace("version: 1.0.0", "version: 2.0.0") + "previous: ../out\n")


def second(cli, desk, *more):
    ran = cli("run", desk / "files", "-o", desk / "second", *more)
    assert ran.code == 1, ran  # nobody has signed the second
    return ran, json.loads((desk / "second" / "evidence" / "run.json").read_bytes()).get("earlier", {})


def test_a_previous_release_that_verifies_under_the_trust_file_is_reused(cli, released):
    next_version(released)
    ran, earlier = second(cli, released, "--trust", released / "trust.yaml")
    assert sorted(earlier) == ["fairness", "performance"]
    assert "does not verify" not in ran.err


def test_nothing_is_reused_of_a_previous_dossier_that_nobody_has_released(cli, desk):
    next_version(desk)
    ran, earlier = second(cli, desk, "--trust", desk / "trust.yaml")
    assert earlier == {}
    assert "Nothing is reused of" in ran.err
    assert "which does not verify: step" in ran.err


def test_nothing_is_reused_of_a_previous_dossier_that_was_changed_and_sealed_anew(cli, released):
    next_version(released)
    out = released / "out"
    facts = json.loads((out / layout.RUN).read_bytes())
    (out / layout.RUN).write_bytes(canonical.dumps({**facts, "started": "2026-01-01T00:00:00Z"}))
    files = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    (out / layout.MANIFEST).write_bytes(layout.to_json(layout.manifest_of(files)))
    ran, earlier = second(cli, released, "--trust", released / "trust.yaml")
    assert earlier == {}
    assert "it releases a manifest other" in ran.err


def test_nothing_is_reused_of_a_release_by_people_whom_the_trust_file_does_not_know(cli, released):
    next_version(released)
    (released / "stranger.yaml").write_text("schema: cardwright/trust/2\npeople: []\npolicies: []\n")
    ran, earlier = second(cli, released, "--trust", released / "stranger.yaml")
    assert earlier == {}
    assert "is not in the trust file" in ran.err


@pytest.fixture(scope="module")
def with_names(tmp_path_factory):
    """A plan whose release `one` looked for names with a spaCy pipeline beside the plan."""
    spacy = pytest.importorskip("spacy", reason="comes with the text extra")
    folder = write_plan(tmp_path_factory.mktemp("names"))
    write_pipeline(spacy, folder / "names", "0.1.0")
    (folder / "notes.csv").write_text("note\nAda Lovelace has paid\nnothing\n")
    plan = folder / "assessment.yaml"
    plan.write_text(
        plan.read_text()
        .replace("evaluate:\n", "evaluate:\n  - pii: {source: notes, ner_model: names}\n")
        .replace("sources:\n", "sources:\n  notes: {texts: notes.csv}\n")
    )
    store.write_dossier(folder / "one", files_of(run(folder, FIRST)))
    plan.write_text(plan.read_text().replace("1.0.0", "2.0.0"))
    return folder


def write_pipeline(spacy, folder, version, name="Ada Lovelace"):
    native = spacy.blank("en")
    native.meta.update(name="names", version=version)
    native.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": name}])
    native.to_disk(folder)


def test_what_a_model_of_names_found_stands_as_long_as_its_files_do(with_names):
    before = previous(with_names)
    result = run(with_names, SECOND, previous=before)
    (taken,) = [e for e in result.record.evaluations if e.id == "pii"]
    assert taken.reused_from == before.record.sha256
    assert any(f.key == "entity.person" for f in taken.findings)
    assert result.record.provenance.packages["spacy"]


def test_a_changed_file_of_a_model_of_names_lets_nothing_of_it_stand(with_names, tmp_path):
    import spacy

    folder = shutil.copytree(with_names, tmp_path, dirs_exist_ok=True)
    write_pipeline(spacy, folder / "names", "0.1.0", name="Grace Hopper")
    result = run(folder, SECOND, previous=previous(folder))
    (made,) = [e for e in result.record.evaluations if e.id == "pii"]
    assert made.reused_from is None
    assert not any(f.key == "entity.person" for f in made.findings)
