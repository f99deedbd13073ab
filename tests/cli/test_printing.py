"""How a verdict reaches a person or a build server: in the format asked for, and a report is left even if nothing was judged."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.policy.test_gate import FAILED, P, with_gap
from tests.strategies import NOW, good_case

from cardwright.cli import printing
from cardwright.cli.console import Console
from cardwright.cli.options import ReportFormat
from cardwright.cli.reports import of_verdict
from cardwright.errors import IntegrityError
from cardwright.policy.gate import decide

ALLOWED, REFUSED = (decide(case, P, NOW) for case in (good_case(), with_gap(FAILED)))


def reported(verdict, format, output=None, summary=None):
    checks = of_verdict(verdict, subject="m 1", where="out")
    printing.report_checks(checks, lambda: "in words", lambda: '{"as": "json"}', format, output, summary)


@pytest.mark.parametrize("verdict", [ALLOWED, REFUSED], ids=lambda verdict: verdict.decision)
def test_quiet_prints_the_first_line_alone(verdict, capsys):
    printing.print_verdict(verdict, Console(quiet=True))
    (line,) = capsys.readouterr().out.splitlines()
    printing.print_verdict(verdict, Console())
    whole = capsys.readouterr().out.splitlines()
    assert whole[0] == line
    assert len(whole) > 1
    assert verdict.decision.upper() in line


def test_text_and_json_are_what_they_were_made(capsys):
    reported(REFUSED, ReportFormat.TEXT)
    assert capsys.readouterr().out == "in words\n"
    reported(REFUSED, ReportFormat.JSON)
    assert json.loads(capsys.readouterr().out) == {"as": "json"}


def test_each_other_format_is_its_own(capsys):
    reported(REFUSED, ReportFormat.JUNIT)
    assert ET.fromstring(capsys.readouterr().out).tag == "testsuites"
    reported(REFUSED, ReportFormat.SARIF)
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"
    reported(REFUSED, ReportFormat.GITHUB)
    out = capsys.readouterr().out
    assert out.startswith("::error ")
    assert out.endswith("in words\n")


@pytest.mark.parametrize("format", ReportFormat)
def test_in_a_file_the_report_stands_and_on_the_terminal_its_result(format, tmp_path, capsys):
    reported(REFUSED, format, output=tmp_path / "report")
    assert capsys.readouterr().out.strip() == REFUSED.headline
    assert (tmp_path / "report").stat().st_size > 0


def test_a_summary_is_added_to_what_other_steps_wrote(tmp_path, capsys):
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    reported(REFUSED, ReportFormat.TEXT, summary=path)
    assert path.read_text().startswith("before\n## cardwright gate")


def broken(format, output=None, summary=None):
    with printing.reporting("gate", Path("out"), format, output, summary):
        raise IntegrityError("a digest is wrong", where="out/record.json", do="Look.")


@pytest.mark.parametrize("format", [ReportFormat.JUNIT, ReportFormat.SARIF, ReportFormat.GITHUB])
def test_what_could_not_be_judged_leaves_a_failing_report_and_stays_an_error(format, capsys):
    with pytest.raises(IntegrityError):
        broken(format)
    assert "a digest is wrong" in capsys.readouterr().out.replace("\\n", " ")


@pytest.mark.parametrize("format", [ReportFormat.TEXT, ReportFormat.JSON])
def test_a_person_is_told_once_by_the_error_itself(format, capsys, tmp_path):
    with pytest.raises(IntegrityError):
        broken(format)
    assert capsys.readouterr().out == ""
    with pytest.raises(IntegrityError):
        broken(format, output=tmp_path / "report")
    assert (tmp_path / "report").read_bytes()


def test_a_file_of_json_says_what_where_and_the_exit_code(tmp_path, capsys):
    with pytest.raises(IntegrityError):
        broken(ReportFormat.JSON, output=tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text()) == {
        "error": "a digest is wrong", "where": "out/record.json", "do": "Look.", "exit_code": 3,
    }  # fmt: skip


def test_what_is_judged_is_not_touched():
    with printing.reporting("gate", Path("out"), ReportFormat.JUNIT, None, None):
        pass
    with pytest.raises(ZeroDivisionError), printing.reporting("gate", Path("out"), ReportFormat.JUNIT, None, None):
        raise ZeroDivisionError


def test_without_pango_the_step_is_not_judged(monkeypatch):
    from cardwright import documents
    from cardwright.run import editions

    def missing(files, where, claims, lone):
        raise documents.MissingPangoError("Pango is not installed")

    monkeypatch.setattr(editions, "rerender", missing)
    assert printing.rerender({}, "out", ()) is None
