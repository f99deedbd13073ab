"""The templates for build servers: the judging script of each is run, and what installs names a commit by its digest."""

import json
import os
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
import yaml
from tests.conftest import ROOT

FOLDER = ROOT / "examples" / "ci"
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the scripts are for bash")


def scripts(name):
    """The installing and the judging script of a template."""
    text = (FOLDER / name).read_text()
    if name == "Jenkinsfile":
        return tuple(re.findall(r"sh '''(.*?)'''", text, re.S))
    found = yaml.safe_load(text)
    if name == "azure-pipelines.yml":
        return tuple(step["bash"] for step in found["jobs"][0]["steps"] if "bash" in step)
    job = found["cardwright"]
    (before,), (script,) = job["before_script"], job["script"]
    return before, script


TEMPLATES = ("cardwright.gitlab-ci.yml", "azure-pipelines.yml", "Jenkinsfile")


@pytest.fixture
def judge(tmp_path):
    """Runs a template's judging script with our own cardwright, inputs in the environment."""
    home = tmp_path / "cardwright-env" / "bin"
    home.mkdir(parents=True)
    program = home / "cardwright"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cardwright.cli.main "$@"\n')
    program.chmod(0o755)

    def run(name, **inputs):
        (_, script) = scripts(name)
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **inputs}
        if "PYTHONPATH" in os.environ:
            env["PYTHONPATH"] = os.environ["PYTHONPATH"]
        return subprocess.run(
            ["bash", "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_judging_script_refuses_and_leaves_its_reports(name, judge, small_once, tmp_path):
    done = judge(name, CARDWRIGHT_DOSSIER=str(small_once / "out"), CARDWRIGHT_POLICY="production")
    assert done.returncode == 1, done
    assert "REFUSED" in done.stdout
    assert int(ET.parse(tmp_path / "cardwright.xml").getroot().get("failures")) > 0
    if "gitlab" in name:
        entries = json.loads((tmp_path / "gl-code-quality-report.json").read_text())
        assert {"critical"} <= {entry["severity"] for entry in entries}


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_judging_script_allows_what_the_policy_allows(name, judge, small_once):
    done = judge(name, CARDWRIGHT_DOSSIER=str(small_once / "out"), CARDWRIGHT_POLICY="research")
    assert done.returncode == 0, done


@pytest.mark.parametrize("name", TEMPLATES)
def test_without_a_policy_or_with_a_hostile_name_nothing_passes(name, judge, small_once, tmp_path):
    done = judge(name, CARDWRIGHT_DOSSIER=str(small_once / "out"))
    assert (done.returncode, "does not choose" in done.stderr) == (2, True)
    done = judge(name, CARDWRIGHT_DOSSIER="x; touch owned", CARDWRIGHT_POLICY="$(touch owned)")
    assert done.returncode != 0
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_is_installed_is_the_commit_that_somebody_looked_at(name):
    install, _ = scripts(name)
    assert 'rev-parse HEAD)" = "$CARDWRIGHT_COMMIT"' in install
    assert "requirements/install" in install
    assert subprocess.run(["bash", "-n", "-c", install], check=False).returncode == 0


def test_gitlab_keeps_the_reports_of_a_job_that_fails():
    artifacts = yaml.safe_load((FOLDER / "cardwright.gitlab-ci.yml").read_text())["cardwright"]["artifacts"]
    assert artifacts["when"] == "always"
    assert artifacts["reports"] == {"junit": "cardwright.xml", "codequality": "gl-code-quality-report.json"}
