"""`init`: from a file to a plan that runs, with what nobody confirmed left open."""

from __future__ import annotations

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.small_plan import DETAILS


def test_init_and_run_lead_to_a_draft_pdf_in_two_commands(cli, folder, tmp_path):
    new = tmp_path / "new"
    ran = cli("init", new, "--from", folder / "data.csv", "--yes", "--set", "favourable=1", "--set", "label=approved")
    assert ran.code == 0, ran
    assert cli("run", new / "assessment.yaml", "-o", new / "out").code == 1
    assert (new / "out" / "audit_report.pdf").read_bytes().startswith(b"%PDF")


def test_what_nobody_confirmed_is_refused_by_name(cli, folder, tmp_path):
    new = tmp_path / "new"
    cli("init", new, "--from", folder / "data.csv")
    ran = cli("run", new / "assessment.yaml")
    assert ran.code == 2
    assert "sources.test.label" in ran.err


def test_init_never_overwrites_a_plan_or_a_persons_words(cli, folder):
    before = (folder / "assessment.yaml").read_text()
    assert cli("init", folder, "--from", folder / "data.csv", "--yes").code == 4
    assert (folder / "assessment.yaml").read_text() == before
    cli("init", folder, "--from", folder / "data.csv", "--yes", "--force")
    assert (folder / "details.yaml").read_text() == DETAILS


def test_the_scaffold_of_details_asks_at_most_fifteen_questions_with_help(cli, folder, tmp_path):
    new = tmp_path / "new"
    cli("init", new, "--from", folder / "data.csv", "--yes")
    text = (new / "details.yaml").read_text()
    fields = [
        line
        for line in text.splitlines()
        if line and not line.startswith("#") and not line.startswith(("schema", "stated"))
    ]
    assert 1 <= len(fields) <= 15
    assert text.count("Good: ") == text.count("Not helpful: ") == len(fields)


def test_an_answer_to_no_question_is_refused_with_the_nearest(cli, folder, tmp_path):
    ran = cli("init", tmp_path / "new", "--from", folder / "data.csv", "--set", "lable=approved")
    assert ran.code == 2
    assert '"label"' in ran.err
