"""`gate --format …` on the command line: the exit code never depends on the format, and an error leaves a failing report."""

import json
from xml.etree import ElementTree as ET

import pytest
from tests.test_core_alone import dossier, imported_by, run_cli


@pytest.fixture
def folder(tmp_path):
    return dossier(tmp_path / "d")


@pytest.mark.parametrize("format", ["text", "json", "junit", "sarif", "github", "gitlab"])
def test_the_exit_code_is_that_of_the_verdict(cli, folder, format):
    ran = cli("gate", folder, "--policy", "production", "--format", format)
    assert ran.code == 1
    assert ran.out


def test_a_report_goes_into_a_file_and_its_result_to_the_terminal(cli, folder, tmp_path):
    ran = cli("gate", folder, "--policy", "production", "--format", "junit", "-o", tmp_path / "gate.xml")
    assert ran.code == 1
    assert ran.out.startswith("REFUSED")
    assert len(ran.out.splitlines()) == 1
    assert ET.parse(tmp_path / "gate.xml").getroot().tag == "testsuites"


def test_a_summary_is_added_to_what_is_there(cli, folder, tmp_path):
    path = tmp_path / "summary.md"
    path.write_text("# Build\n")
    assert cli("gate", folder, "--policy", "production", "--summary", path).code == 1
    assert path.read_text().startswith("# Build\n## cardwright gate: REFUSED")


@pytest.mark.parametrize(
    ("format", "sign"), [("junit", "<error"), ("sarif", '"executionSuccessful": false'), ("github", "::error ")]
)
def test_a_dossier_that_was_changed_leaves_a_failing_report_and_exit_code_3(cli, folder, tmp_path, format, sign):
    record = tmp_path / "d" / "record.json"
    record.write_bytes(record.read_bytes().replace(b"a", b"b", 1))
    out = tmp_path / "report"
    out.write_text("of the build before: all passed")
    ran = cli("gate", folder, "--policy", "production", "--format", format, "-o", out)
    assert ran.code == 3
    assert "its bytes are not those of the manifest" in ran.err
    assert sign in out.read_text()


def test_a_missing_dossier_says_so_in_json_that_another_program_reads(cli, tmp_path):
    ran = cli("gate", tmp_path / "none", "--format", "json", "-o", tmp_path / "gate.json")
    assert ran.code == 3
    assert json.loads((tmp_path / "gate.json").read_text())["exit_code"] == 3


@pytest.mark.parametrize("format", ["text", "json", "junit", "sarif", "github", "gitlab"])
def test_on_github_no_text_of_a_dossier_is_a_command(cli, tmp_path, monkeypatch, format):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    ran = cli("gate", tmp_path / "\n::error::owned ##[add-mask]x", "--format", format)
    assert ran.code == 3
    lines = (ran.out + ran.err).split("\n")
    assert not [line for line in lines if line.lstrip().startswith("::error::owned") or "##[" in line]


def test_verify_says_its_steps_in_each_format_and_what_was_not_judged_fails(cli, folder):
    root = ET.fromstring(cli("verify", folder, "--format", "junit").out)
    (suite,) = root
    assert int(suite.get("failures")) + int(suite.get("errors")) > 0
    assert int(suite.get("skipped")) == 0
    said = json.loads(cli("verify", folder, "--format", "json").out)
    assert said["verified"] is False
    assert said["exit_code"] == cli("verify", folder, "--format", "sarif").code


@pytest.mark.parametrize("format", ["junit", "sarif", "github"])
def test_no_format_imports_a_heavy_library(tmp_path, format):
    code = run_cli("gate", dossier(tmp_path / "d"), "--policy", "production", "--format", format)
    assert (
        imported_by(
            code.replace("import sys", "import sys, io\nout, sys.stdout = sys.stdout, io.StringIO()", 1)
            + "\nsys.stdout = out"
        )
        == set()
    )


@pytest.mark.parametrize("moment", ["tomorrow", "2026-13-01", "2026-1-1T0:0:0Z", "2026-11-23T12:00:00+01:00", ""])
def test_a_moment_that_is_none_is_a_usage_error(cli, folder, moment):
    assert cli("verify", folder, f"--as-of={moment}").code == 2


def test_a_report_that_cannot_be_written_is_an_error_of_its_own(cli, folder, tmp_path):
    ran = cli("gate", folder, "--policy", "production", "--summary", tmp_path / "no" / "summary.md")
    assert ran.code == 4
    assert "cannot be written" in ran.err
    (tmp_path / "a").write_text("")
    assert cli("gate", folder, "--policy", "production", "-o", tmp_path / "a" / "gate.xml").code == 4
