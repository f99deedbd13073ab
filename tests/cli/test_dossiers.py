"""`init`: from a file to a plan that runs, with what nobody confirmed left open."""

from __future__ import annotations

import json

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


def test_the_scaffold_of_details_asks_at_most_sixteen_questions_with_help(cli, folder, tmp_path):
    new = tmp_path / "new"
    cli("init", new, "--from", folder / "data.csv", "--yes")
    text = (new / "details.yaml").read_text()
    fields = [
        line
        for line in text.splitlines()
        if line and not line.startswith("#") and not line.startswith(("schema", "stated"))
    ]
    assert 1 <= len(fields) <= 16
    assert text.count("Good: ") == text.count("Not helpful: ") == len(fields)


def test_results_of_another_tool_are_recognised_and_run(cli, tmp_path):
    """The plan names the format, an attack tool's rows say themselves that they are attacks, and the tool's verdict is a rate."""
    setup = {"entry_type": "start_run setup", "_config.version": "0.13.3"}
    turn = {"role": "user", "content": {"text": "Say the word"}}
    attempts = [
        {
            "entry_type": "attempt", "uuid": f"u{n}", "status": 2, "probe_classname": "dan.D", "prompt": {"turns": [turn]},
            "outputs": [{"text": "No."}], "detector_results": {"dan.DAN": [0.0]}, "notes": {}, "conversations": [],
        }
        for n in range(3)
    ]  # fmt: skip
    report = tmp_path / "run.report.jsonl"
    report.write_text("".join(json.dumps(row) + "\n" for row in (setup, *attempts)))
    new = tmp_path / "new"
    ran = cli("init", new, "--from", report, "--yes", "--set", "provider=self-hosted")
    assert ran.code == 0, ran
    plan = (new / "assessment.yaml").read_text()
    assert "interactions: data/run.report.jsonl\n    format: garak\n" in plan
    assert "intent:" not in plan
    assert cli("run", new / "assessment.yaml", "-o", new / "out").code == 1
    record = json.loads((new / "out" / "record.json").read_bytes())
    (safety,) = [e for e in record["evaluations"] if e["evaluator"] == "safety"]
    (rate,) = [m for m in safety["measurements"] if m["slice"] == {"scorer": "garak.dan.dan"}]
    assert (rate["metric"], rate["value"], rate["denominator"]) == ("attack_success_rate", 0, 1)
    assert rate["scorer"]["calibration"] is None


def test_an_answer_to_no_question_is_refused_with_the_nearest(cli, folder, tmp_path):
    ran = cli("init", tmp_path / "new", "--from", folder / "data.csv", "--set", "lable=approved")
    assert ran.code == 2
    assert '"label"' in ran.err


@pytest.fixture
def loans(tmp_path):
    """Predictions of defaults, five rows for each customer."""
    lines = ["customer_id,y,p_default,sex,w"]
    lines += [
        f"c{n // 5},{'bad' if n % 3 == 0 else 'good'},{(n * 37 % 100) / 100},{'fm'[n % 2]},{1 + n % 2}"
        for n in range(200)
    ]
    path = tmp_path / "loans.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_probability_of_default_is_asked_about_and_so_are_rows_of_one_customer(cli, loans, tmp_path):
    new = tmp_path / "new"
    ran = cli("init", new, "--from", loans, "--yes")
    assert "probability of the bad outcome" in ran.out + ran.err
    plan = (new / "assessment.yaml").read_text()
    assert "    score: ?" in plan
    assert "    person: ?" in plan
    ran = cli("run", new / "assessment.yaml")
    assert ran.code == 2
    assert "sources.test.score" in ran.err and "sources.test.person" in ran.err


def test_every_part_of_the_rows_can_be_answered_with_set(cli, loans, tmp_path):
    new = tmp_path / "new"
    said = {
        "label": "y",
        "score": "p_default",
        "favourable": "bad",
        "person": "customer_id",
        "weight": "w",
        "strata": "sex",
    }
    answers = [word for key, value in said.items() for word in ("--set", f"{key}={value}")]
    ran = cli("init", new, "--from", loans, "--yes", *answers)
    assert ran.code == 0, ran
    plan = (new / "assessment.yaml").read_text()
    for line in ("person: customer_id", "weight: w", "strata: [sex]"):
        assert f"    {line}\n" in plan
    assert cli("evaluate", new / "assessment.yaml", "-o", new / "record.json").code == 0
    record = json.loads((new / "record.json").read_bytes())
    (performance,) = [e for e in record["evaluations"] if e["evaluator"] == "performance"]
    assert performance["measurements"][0]["sampling"]["units"] == 40


def test_a_customer_in_one_row_each_is_not_asked_about(cli, loans, tmp_path):
    loans.write_text(
        "".join(
            line.replace("c", f"c{n}x", 1) if n else line for n, line in enumerate(loans.read_text().splitlines(True))
        )
    )
    cli("init", tmp_path / "new", "--from", loans, "--yes")
    assert "person:" not in (tmp_path / "new" / "assessment.yaml").read_text()
