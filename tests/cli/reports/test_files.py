"""The files that build servers read: they name commands and options that are there, and no input becomes a script."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml
from tests.conftest import ROOT
from tests.test_core_alone import dossier

from cardwright.cli import main as command_line
from cardwright.cli.reports import attested
from cardwright.record import canonical

HOOKS, ACTION = ROOT / ".pre-commit-hooks.yaml", ROOT / "action.yml"
pytestmark = pytest.mark.skipif(not ACTION.is_file(), reason="the wheel's tests have no checkout")


def known():
    """Every command, with its options."""
    commands = typer.main.get_command(command_line.app()).commands
    return {name: {option for p in command.params for option in p.opts} for name, command in commands.items()}


def test_every_hook_names_a_command_and_options_that_are_there():
    hooks = yaml.safe_load(HOOKS.read_text())
    assert {hook["id"] for hook in hooks} == {"cardwright-gate", "cardwright-status", "cardwright-migrate"}
    for hook in hooks:
        program, command, *words = hook["entry"].split()
        assert (program, hook["language"], hook["pass_filenames"]) == ("cardwright", "python", False)
        assert {word for word in words if word.startswith("--")} <= known()[command]
        assert {"id", "name", "description", "entry", "files", "stages"} <= set(hook)
        re.compile(hook["files"])


def test_the_hook_refuses_what_was_changed_by_hand(cli, tmp_path):
    (hook,) = (h for h in yaml.safe_load(HOOKS.read_text()) if h["id"] == "cardwright-status")
    folder = dossier(tmp_path / "governance" / "m")
    words = [*hook["entry"].split()[1:], tmp_path / "governance"]
    assert cli(*words).code == 0
    (Path(folder) / "record.json").write_bytes(b"{}")
    assert cli(*words).code == 3


def test_the_gate_s_hook_says_in_its_example_by_which_policy_and_passes_with_one_alone(cli, small_once):
    (hook,) = (h for h in yaml.safe_load(HOOKS.read_text()) if h["id"] == "cardwright-gate")
    folder, *words = yaml.safe_load(re.search(r"args: (\[.*?\])", hook["description"])[1])
    assert folder.startswith("governance/")
    assert words == ["--policy", "production"]
    entry = hook["entry"].split()[1:]
    assert cli(*entry, small_once / "out", "--policy", "research").code == 0
    assert cli(*entry, small_once / "out").code == 1


def steps():
    """The steps of the action that are scripts."""
    return [step for step in yaml.safe_load(ACTION.read_text())["runs"]["steps"] if "run" in step]


def others():
    """The steps that are actions of others, by name."""
    return {s["name"]: s for s in yaml.safe_load(ACTION.read_text())["runs"]["steps"] if "uses" in s}


def test_actions_of_others_are_named_by_commit_and_run_only_where_somebody_asks():
    assert {*others()} == {"Upload SARIF", "Attest"}
    for step in others().values():
        assert re.fullmatch(r"[a-z-]+/[a-z-]+(/[a-z-]+)?@[0-9a-f]{40}", step["uses"])
        assert re.search(rf"{step['uses']} # v\d+\.\d+\.\d+$", ACTION.read_text(), re.M)
        assert re.search(r"inputs\.(upload-sarif|attest) == 'true'", step["if"])


def test_an_attestation_is_made_after_an_allowance_alone_and_of_the_files_that_were_judged():
    step = others()["Attest"]
    assert "success()" in step["if"]
    assert "steps.judge.outputs.exit-code == '0'" in step["if"]
    assert step["with"]["predicate-type"] == attested.PREDICATE_TYPE
    folder = "${{ runner.temp }}/cardwright/attestation/"
    assert step["with"]["subject-checksums"] == folder + attested.SUBJECTS
    assert step["with"]["predicate-path"] == folder + attested.PREDICATE
    assert 'words+=("--attestation=$RUNNER_TEMP/cardwright/attestation")' in steps()[1]["run"]


def test_no_script_of_the_action_interpolates_anything():
    action = yaml.safe_load(ACTION.read_text())
    assert action["runs"]["using"] == "composite"
    for step in steps():
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
        for value in step["env"].values():
            assert re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value)[1] in action["inputs"]
    for name, said in action["inputs"].items():
        assert said["description"], name
        assert said.get("required") or "default" in said


def test_the_action_names_options_that_are_there():
    script = steps()[1]["run"]
    for command in ("gate", "verify"):
        of_the_other = {"--status"} if command == "gate" else {"--attestation"}
        wanted = set(re.findall(r"(--[a-z-]+)=", script)) - of_the_other
        assert wanted <= known()[command]


@pytest.fixture
def judge(tmp_path):
    """Runs the action's script with our own cardwright, as the runner does: inputs in the environment."""
    if shutil.which("bash") is None:
        pytest.skip("the runner's shell is bash")
    home = tmp_path / "runner" / "cardwright" / "bin"
    home.mkdir(parents=True)
    program = home / "cardwright"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cardwright.cli.main "$@"\n')
    program.chmod(0o755)
    out, summary = tmp_path / "output", tmp_path / "summary"

    def run(**inputs):
        env = {
            **dict.fromkeys(steps()[1]["env"], ""),
            "COMMAND": "gate",
            "PATH": os.environ["PATH"],
            "RUNNER_TEMP": str(tmp_path / "runner"),
            "GITHUB_OUTPUT": str(out),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_ACTIONS": "true",
            **inputs,
        }
        done = subprocess.run(
            ["bash", "-c", steps()[1]["run"]], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, out.read_text() if out.exists() else ""

    return run


def test_the_action_refuses_and_leaves_every_report(judge, tmp_path):
    dossier(tmp_path / "d")
    code, log, told = judge(DOSSIER="d", POLICY="production", JUNIT="gate.xml", SARIF="gate.sarif")
    assert code == 1
    assert log.startswith("::error ")
    assert told == "exit-code=1\n"
    assert (tmp_path / "gate.xml").read_text().startswith("<?xml")
    assert (tmp_path / "gate.sarif").read_text().startswith("{")
    assert "cardwright gate: REFUSED" in (tmp_path / "summary").read_text()


def test_the_action_attests_exactly_the_files_that_were_judged(judge, small_once, tmp_path):
    words = {
        "DOSSIER": str(small_once / "out"),
        "ARTIFACT": str(small_once / "files"),
        "POLICY": "research",
        "ATTEST": "true",
    }
    code, _, told = judge(**words)
    assert (code, told) == (0, "exit-code=0\n")
    written = tmp_path / "runner" / "cardwright" / "attestation"
    sha256 = canonical.digest((small_once / "files" / "model.bin").read_bytes())
    assert (written / attested.SUBJECTS).read_text() == f"{sha256}  model.bin\n"
    assert json.loads((written / attested.PREDICATE).read_bytes())["verificationResult"] == "PASSED"
    code, _, _ = judge(**words | {"POLICY": "production"})
    assert code == 1
    assert [*written.iterdir()] == []


@pytest.mark.parametrize("inputs", [{"COMMAND": "verify", "TRUST": "t.yaml"}, {"ARTIFACT": ""}])
def test_the_action_attests_nothing_without_the_files_or_by_another_command(judge, small_once, tmp_path, inputs):
    words = {
        "DOSSIER": str(small_once / "out"),
        "ARTIFACT": str(small_once / "files"),
        "POLICY": "research",
        "ATTEST": "true",
    }
    code, log, _ = judge(**words | inputs)
    assert (code, "attest needs" in log) == (2, True)
    assert not (tmp_path / "runner" / "cardwright" / "attestation").exists()


@pytest.mark.parametrize(
    "inputs",
    [
        {"DOSSIER": "$(touch pwned)"},
        {"DOSSIER": '"; touch pwned; "'},
        {"DOSSIER": "--help"},
        {"DOSSIER": "d", "POLICY": "--help"},
        {"DOSSIER": "d", "COMMAND": "gate; touch pwned"},
        {"DOSSIER": "d", "COMMAND": "status"},
        {"DOSSIER": "d", "COMMAND": "verify"},
        {"DOSSIER": ""},
    ],
)
def test_no_input_runs_anything_or_turns_the_check_off(judge, tmp_path, inputs):
    dossier(tmp_path / "d")
    code, _, _ = judge(**inputs)
    assert code != 0
    assert not (tmp_path / "pwned").exists()
