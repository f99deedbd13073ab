"""`gate` and `todo`: what a dossier is worth and what it lacks; the dossier is not changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.small_plan import case_of, change, files_of

from cardwright.attest import trust as trusting
from cardwright.dossier import layout, store
from cardwright.record import canonical


def test_gate_judges_a_dossier_by_another_policy_and_writes_nothing(cli, small):
    before = {p: p.read_bytes() for p in (small / "out").rglob("*") if p.is_file()}
    ran = cli("gate", small / "out", "--policy", "production", "--artifact", small / "files")
    assert ran.code == 1
    assert "REFUSED" in ran.out
    assert before == {p: p.read_bytes() for p in (small / "out").rglob("*") if p.is_file()}


def test_gate_prints_json_that_another_program_reads(cli, small_once):
    ran = cli("gate", small_once / "out", "--format", "json")
    verdict = json.loads(ran.out)
    assert verdict["schema"] == "cardwright/verdict/1"
    assert {outcome["status"] for outcome in verdict["outcomes"]} <= {"passed", "missing", "not_applicable"}


def test_without_a_policy_of_the_receiver_the_answer_is_headed_so_and_permits_nothing(cli, small_once):
    header = "Judged by the dossier's own policy, research; name yours: --policy"
    own = cli("gate", small_once / "out")
    assert (own.code, own.out.splitlines()[0]) == (1, header)
    assert "ALLOWED" in own.out
    chosen = cli("gate", small_once / "out", "--own-policy")
    assert (chosen.code, chosen.out.splitlines()[0]) == (0, header)
    named = cli("gate", small_once / "out", "--policy", "research")
    assert (named.code, header in named.out) == (0, False)


def test_json_without_a_policy_stays_json_and_says_on_stderr_whose_policy_it_was(cli, small_once):
    ran = cli("gate", small_once / "out", "--format", "json")
    assert json.loads(ran.out)["decision"] == "allowed"
    assert (ran.code, "the dossier's own policy" in ran.err) == (1, True)


LENIENT = """\
schema: cardwright/policy/1
policy: {name}
version: 1.0.0
title: Anything passes
kinds: [model]
for_production: false
set_by: whoever
set_on: 2026-11-01
requirements:
  - {{id: any, title: It was measured, why: w, origin: internal, evaluated: {{evaluator: performance}}}}
"""


@pytest.mark.parametrize("name", ["evil", "evil.yaml"])
@pytest.mark.parametrize("words", [(), ("--own-policy",)], ids=["no policy", "own policy"])
def test_a_dossier_s_own_policy_is_never_a_file_of_the_working_directory(cli, folder, monkeypatch, name, words):
    (folder / "evil.yaml").write_text(LENIENT.format(name="evil"))
    (folder / "evil").write_text(LENIENT.format(name="evil"))
    files = files_of(case_of(folder, str(folder / "evil.yaml")), str(folder / "evil.yaml"))
    review = json.loads(files[layout.REVIEW])
    review["policy"]["name"] = name
    files[layout.REVIEW] = canonical.dumps(review)
    files[layout.MANIFEST] = layout.to_json(layout.manifest_of(files))
    store.write_dossier(folder / "out", files)
    monkeypatch.chdir(folder)
    ran = cli("gate", "out", *words)
    assert ran.code == 2
    assert f'the dossier names the policy "{name}", which is not packaged' in ran.err
    assert ran.out == ""
    assert cli("gate", "out", "--policy", "./evil.yaml").code == 0, "a file is for its receiver to name"


def test_gate_on_a_released_dossier_counts_its_claims_and_says_which_it_could_not_trust(cli, released, monkeypatch):
    monkeypatch.delenv("CARDWRIGHT_TRUST")
    words = ("gate", released / "out", "--policy", released / "files" / "pilot.yaml", "--artifact", released / "files")
    believed = cli(*words, "--trust", released / "trust.yaml")
    assert believed.code == 0, believed
    assert "not believed" not in believed.err
    nobody = cli(*words)
    assert nobody.code == 1
    count = (released / "out" / layout.CLAIMS).read_bytes().count(b"\n")
    assert f"{count} claims not counted: no trust file says whom to believe (--trust)" in nobody.err
    trust = trusting.read((released / "trust.yaml").read_bytes(), where="trust.yaml")
    without_ben = trust.model_copy(update={"people": tuple(p for p in trust.people if p.name != "Ben")})
    (released / "other.yaml").write_bytes(trusting.to_yaml(without_ben))
    some = cli(*words, "--trust", released / "other.yaml")
    assert some.code == 1
    doubts = [line for line in some.err.splitlines() if line.startswith("not believed: ")]
    assert doubts
    assert all(" by Ben: " in line for line in doubts), "the others are believed"


RELATIVE = """\
schema: cardwright/policy/1
policy: no_worse
version: 1.0.0
title: No worse than before
kinds: [model]
for_production: false
set_by: us
set_on: 2026-11-01
requirements:
  - id: no-worse
    title: As often right as before
    measurement: {evaluator: performance, metric: accuracy, at_least: 0, on: value, relative_to_baseline: true}
    why: What got worse is not handed over.
    origin: internal
"""


def test_a_requirement_relative_to_a_baseline_is_met_by_naming_the_baseline(cli, small):
    (small / "no_worse.yaml").write_text(RELATIVE)
    asked = ("gate", small / "out", "--policy", small / "no_worse.yaml")
    assert cli(*asked).code == 1
    assert cli(*asked, "--baseline", small / "out").code == 0
    assert cli(*asked, "--baseline", small / "files").code != 0


def test_gate_sees_that_the_model_has_changed(cli, small):
    (small / "files" / "model.bin").write_bytes(b"other weights")
    ran = cli("gate", small / "out", "--policy", "production", "--artifact", small / "files", "--all")
    assert "MISMATCHED" in ran.out


def test_a_changed_record_is_refused_with_exit_code_3(cli, small):
    record = small / "out" / "record.json"
    record.write_bytes(record.read_bytes().replace(b'"loans"', b'"loanz"', 1))
    ran = cli("gate", small / "out")
    assert ran.code == 3
    assert "record.json" in ran.err


def test_a_dossier_that_is_not_there_ends_with_3(cli, tmp_path):
    assert cli("gate", tmp_path / "nothing").code == 3


def test_todo_shows_five_and_their_next_commands(cli, folder):
    (folder / "details.yaml").write_text("schema: cardwright/details/1\n")
    store.write_dossier(folder / "out", files_of(case_of(folder, "production"), "production"))
    ran = cli("todo", folder / "out")
    assert ran.code == 1
    assert ran.out.count("\n  R-") == 5
    assert "See the others with --all." in ran.out
    assert max(len(line) for line in ran.out.splitlines()) <= 80


def test_todo_names_the_plan_that_was_run_and_its_details_as_they_are_called(cli, folder, monkeypatch):
    """A plan with another name, and a space in it, in the folder below: what is printed can be copied into the shell."""
    (folder / "details.yaml").rename(folder / "facts.yaml")
    (folder / "facts.yaml").write_text("schema: cardwright/details/1\n")
    change(folder / "assessment.yaml", "details: details.yaml", "details: facts.yaml")
    (folder / "assessment.yaml").rename(folder / "my loans.yaml")
    monkeypatch.chdir(folder)
    store.write_dossier(Path("out"), files_of(case_of(Path("my loans.yaml"), now=None)))
    ran = cli("todo", "out", "--all")
    assert "$ cardwright run 'my loans.yaml'\n" in ran.out
    assert "edit facts.yaml: " in ran.out
    assert "assessment.yaml" not in ran.out


def test_todo_names_no_plan_that_is_not_there_and_the_one_it_is_told(cli, folder, monkeypatch):
    (folder / "details.yaml").write_text("schema: cardwright/details/1\n")
    store.write_dossier(folder / "out", files_of(case_of(folder, now=None)))
    assert "$ cardwright run PLAN\n" in cli("todo", folder / "out", "--all").out
    named = cli("todo", folder / "out", "--all", "--plan", folder).out
    assert f"$ cardwright run {folder / 'assessment.yaml'}\n" in named


def test_the_baseline_that_the_plan_names_is_kept_and_judged_again_without_naming_it(cli, small):
    """At review, at the release and by the receiver: the dossier holds what it was compared with."""
    plan = small / "files" / "assessment.yaml"
    change(plan, "policy: research", "policy: no_worse.yaml\nbaseline: ../out")
    (small / "files" / "no_worse.yaml").write_text(RELATIVE)
    assert cli("run", small / "files", "-o", small / "next").code == 0
    kept = (small / "next" / layout.BASELINE).read_bytes()
    assert kept == (small / "out" / layout.RECORD).read_bytes()
    (small / "out").rename(small / "gone")
    assert cli("gate", small / "next", "--policy", small / "files" / "no_worse.yaml").code == 0
    verdict = json.loads((small / "next" / layout.VERDICT).read_bytes())
    assert verdict["inputs"]["baseline_sha256"] == canonical.digest(kept)
    again = cli("run", small / "files", "-o", small / "again")
    assert (again.code, "../out" in again.err) == (3, True)


def test_an_attestation_is_written_after_an_allowance_and_none_is_left_by_a_refusal(cli, small_once, tmp_path):
    words = ("gate", small_once / "out", "--artifact", small_once / "files", "--attestation", tmp_path / "a")
    assert cli(*words, "--policy", "research").code == 0
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"predicate.json", "subjects.sha256"}
    predicate = json.loads((tmp_path / "a" / "predicate.json").read_bytes())
    assert predicate["policy"]["uri"] == "urn:cardwright:policy:research:1.0.0"
    assert cli(*words, "--policy", "production").code == 1
    assert [*(tmp_path / "a").iterdir()] == []


def test_no_attestation_is_of_files_that_were_not_judged(cli, small, tmp_path):
    words = (
        "gate",
        small / "out",
        "--artifact",
        small / "files",
        "--attestation",
        tmp_path / "a",
        "--policy",
        "research",
    )
    assert cli(*words).code == 0
    (small / "files" / "model.bin").write_bytes(b"other weights")
    ran = cli(*words)
    assert ran.code in (1, 3)  # refused where the policy asks for the identity, and else an error
    assert [*(tmp_path / "a").iterdir()] == []


@pytest.mark.parametrize("left_out", ["--artifact", "--policy"])
def test_an_attestation_needs_the_files_and_a_policy_of_whoever_attests(cli, small_once, tmp_path, left_out):
    options = {"--artifact": small_once / "files", "--policy": "research"}
    words = [word for name, value in options.items() if name != left_out for word in (name, value)]
    ran = cli("gate", small_once / "out", "--attestation", tmp_path / "a", *words)
    assert (ran.code, "--artifact and --policy" in ran.err) == (2, True)
    assert not (tmp_path / "a").exists()
