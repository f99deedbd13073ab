"""The command line: one clear error, the right exit code, no traceback, and the former dossier untouched."""

from __future__ import annotations

import json
import pickle
import random

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

PLAN = """\
schema: cardwright/assessment/1
subject: {kind: model, name: loans, version: 1.0.0, files: [model.bin]}
details: details.yaml
sources:
  test:
    predictions: data.csv
    label: approved
    score: p
    threshold: 0.5
    favourable: 1
    sensitive: [sex]
    unit: application
evaluate:
  - performance: {source: test}
  - fairness: {source: test}
policy: research
"""
DETAILS = """\
schema: cardwright/details/1
stated_by: A. Okafor, model owner
stated_on: 2026-11-20
owners: [{name: A. Okafor, role: model owner, contact: models@example.com}]
summary: Scores loan applications.
intended_use: Orders the queue of applications.
out_of_scope: Setting of interest rates was never evaluated.
limitations: One city, one year.
training_data: Two thousand applications of one lender.
"""


def rows(n=400, seed=1):
    rng = random.Random(seed)
    for i in range(n):
        sex = "f" if i % 2 else "m"
        p = rng.random()
        yield {"id": i, "approved": int(rng.random() < p), "p": f"{p:.6f}", "sex": sex}


def write_csv(path, table):
    table = list(table)
    lines = [",".join(table[0]) if table else "id,approved,p,sex"]
    lines += [",".join("" if v is None else str(v) for v in row.values()) for row in table]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "assessment.yaml").write_text(PLAN)
    (tmp_path / "details.yaml").write_text(DETAILS)
    (tmp_path / "model.bin").write_bytes(b"weights")
    write_csv(tmp_path / "data.csv", rows())
    return tmp_path


def test_a_run_leaves_a_dossier_and_says_what_the_verdict_is(cli, folder):
    ran = cli("run", folder / "assessment.yaml", "-o", folder / "out")
    assert ran.code == 0, ran
    assert "ALLOWED" in ran.out
    names = {path.name for path in (folder / "out").iterdir()}
    assert {
        "record.json",
        "verdict.json",
        "review.json",
        "manifest.json",
        "plan.lock.json",
        "model_card.md",
        "model_card.html",
    } <= names
    assert (folder / "out" / "audit_report.pdf").read_bytes().startswith(b"%PDF")


def test_the_same_input_at_the_same_moment_gives_the_same_bytes(cli, folder, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")
    for out in ("one", "two"):
        assert cli("run", folder, "-o", folder / out).code == 0
    one, two = (
        {p.relative_to(folder / o): p.read_bytes() for p in sorted((folder / o).rglob("*")) if p.is_file()}
        for o in ("one", "two")
    )
    assert one == two


def test_gate_judges_a_dossier_by_another_policy_and_writes_nothing(cli, folder):
    cli("run", folder, "-o", folder / "out")
    before = {p: p.read_bytes() for p in (folder / "out").rglob("*") if p.is_file()}
    ran = cli("gate", folder / "out", "--policy", "production", "--artifact", folder)
    assert ran.code == 1
    assert "REFUSED" in ran.out
    assert before == {p: p.read_bytes() for p in (folder / "out").rglob("*") if p.is_file()}


def test_gate_prints_json_that_another_program_reads(cli, folder):
    cli("run", folder, "-o", folder / "out")
    ran = cli("gate", folder / "out", "--format", "json")
    verdict = json.loads(ran.out)
    assert verdict["schema"] == "cardwright/verdict/1"
    assert {outcome["status"] for outcome in verdict["outcomes"]} <= {"passed", "missing", "not_applicable"}


def test_gate_sees_that_the_model_has_changed(cli, folder):
    cli("run", folder, "-o", folder / "out", "--policy", "production")
    (folder / "model.bin").write_bytes(b"other weights")
    ran = cli("gate", folder / "out", "--policy", "production", "--artifact", folder, "--all")
    assert "MISMATCHED" in ran.out


def test_todo_shows_five_and_their_next_commands(cli, folder):
    (folder / "details.yaml").write_text("schema: cardwright/details/1\n")
    cli("run", folder, "-o", folder / "out", "--policy", "production")
    ran = cli("todo", folder / "out")
    assert ran.code == 1
    assert ran.out.count("\n  R-") == 5
    assert "See the others with --all." in ran.out
    assert max(len(line) for line in ran.out.splitlines()) <= 80


def test_a_changed_record_is_refused_with_exit_code_3(cli, folder):
    cli("run", folder, "-o", folder / "out")
    record = folder / "out" / "record.json"
    record.write_bytes(record.read_bytes().replace(b'"loans"', b'"loanz"', 1))
    ran = cli("gate", folder / "out")
    assert ran.code == 3
    assert "record.json" in ran.err


# ------------------------------------------------------------------------------------------------ bad input


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def missing_file(folder):
    (folder / "data.csv").rename(folder / "date.csv")


def missing_column(folder):
    change(folder / "assessment.yaml", "label: approved", "label: aproved")


def empty_file(folder):
    (folder / "data.csv").write_text("")


def header_only(folder):
    write_csv(folder / "data.csv", [])


def cut_off(folder):
    import pyarrow.csv
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.csv.read_csv(folder / "data.csv"), folder / "data.parquet")
    data = (folder / "data.parquet").read_bytes()
    (folder / "data.parquet").write_bytes(data[: len(data) // 2])
    change(folder / "assessment.yaml", "data.csv", "data.parquet")


def never_favourable(folder):
    change(folder / "assessment.yaml", "favourable: 1", "favourable: approved")


def stray_dot(folder):
    table = list(rows())
    table[3]["approved"] = "1."
    write_csv(folder / "data.csv", table)


def many_groups(folder):
    write_csv(folder / "data.csv", ({**row, "sex": f"g{row['id']}"} for row in rows(10_000)))


def bad_scores(folder):
    write_csv(folder / "data.csv", ({**row, "p": float(row["p"]) * 3} for row in rows()))


def unknown_key(folder):
    change(folder / "assessment.yaml", "threshold:", "treshold:")


def unknown_evaluator(folder):
    change(folder / "assessment.yaml", "- fairness", "- fairnes")


def unknown_option(folder):
    change(folder / "assessment.yaml", "- fairness: {source: test}", "- fairness: {source: test, dept: 2}")


def unknown_source(folder):
    change(folder / "assessment.yaml", "- fairness: {source: test}", "- fairness: {source: tets}")


def open_question(folder):
    change(folder / "assessment.yaml", "favourable: 1", "favourable: ?")


def bomb(folder):
    change(folder / "assessment.yaml", "policy: research", "a: &a [x]\nb: *a")


def unknown_policy(folder):
    change(folder / "assessment.yaml", "policy: research", "policy: reserch")


def unknown_detail(folder):
    change(folder / "details.yaml", "limitations:", "limitation:")


def pickled_model(folder):
    (folder / "model.pkl").write_bytes(pickle.dumps({"a": 1}))
    change(folder / "assessment.yaml", "policy:", "  - attributions: {source: test, model: model.pkl}\npolicy:")


def missing_model(folder):
    (folder / "model.bin").unlink()


@pytest.mark.parametrize(
    ("spoil", "code", "says"),
    [
        (missing_file, 3, "date.csv"),
        (missing_column, 3, '"approved"'),
        (empty_file, 3, "empty"),
        (header_only, 3, "no rows"),
        (cut_off, 3, "data.parquet"),
        (never_favourable, 3, "favourable"),
        (stray_dot, 3, "approved"),
        (many_groups, 3, "sex"),
        (bad_scores, 3, "0"),
        (unknown_key, 2, '"threshold"'),
        (unknown_evaluator, 2, '"fairness"'),
        (unknown_option, 2, '"depth"'),
        (unknown_source, 2, '"test"'),
        (open_question, 2, "sources.test.favourable"),
        (bomb, 2, "aliases"),
        (unknown_policy, 2, '"research"'),
        (unknown_detail, 2, '"limitations"'),
        (pickled_model, 3, "skops"),
        (missing_model, 3, "model.bin"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_bad_input_gives_one_clear_error_and_leaves_the_former_dossier(cli, folder, spoil, code, says):
    out = folder / "out"
    out.mkdir()
    from cardwright.dossier import layout

    files = {"record.json": b"{}"}
    former = {**files, layout.MANIFEST: layout.to_json(layout.manifest_of(files))}
    for name, data in former.items():
        (out / name).write_bytes(data)
    spoil(folder)
    ran = cli("run", folder / "assessment.yaml", "-o", out, "--quiet")
    assert ran.code == code, ran
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert ran.err.startswith("cardwright: ")
    assert len(ran.err.strip().splitlines()) == 1
    assert {path.name: path.read_bytes() for path in out.iterdir()} == former


def test_a_group_with_one_member_and_unknown_membership_are_disclosed(cli, folder):
    table = list(rows())
    table[0]["sex"] = "x"
    for i in range(1, 9):
        table[i]["sex"] = None
    write_csv(folder / "data.csv", table)
    assert cli("run", folder, "-o", folder / "out").code == 0
    record = json.loads((folder / "out" / "record.json").read_bytes())
    fairness = next(e for e in record["evaluations"] if e["id"] == "fairness")
    slices = [m["slice"] for m in fairness["measurements"] if m["metric"] == "selection_rate"]
    assert {"sex": None} in slices
    assert {"sex": "x"} in slices
    gap = next(
        m for m in fairness["measurements"] if m["metric"] == "demographic_parity_difference" and m["across"] == ["sex"]
    )
    assert (gap["groups"]["compared"], gap["groups"]["expected"], gap["groups"]["unknown"]) == (2, 3, 8)


def test_a_sensitive_column_that_is_all_missing_is_not_a_pass(cli, folder):
    write_csv(folder / "data.csv", ({**row, "sex": None} for row in rows()))
    ran = cli("run", folder, "-o", folder / "out", "--policy", "production")
    assert ran.code == 1
    verdict = json.loads((folder / "out" / "verdict.json").read_bytes())
    parity = next(o for o in verdict["outcomes"] if o["requirement"] == "demographic-parity-ratio")
    assert parity["status"] in ("inconclusive", "missing")


def test_words_that_are_no_command_end_with_2(cli):
    assert cli("rnu").code == 2
    assert cli("gate").code == 2


def test_a_dossier_that_is_not_there_ends_with_3(cli, tmp_path):
    assert cli("gate", tmp_path / "nothing").code == 3


def test_quiet_prints_one_line(cli, folder):
    ran = cli("run", folder, "-o", folder / "out", "--quiet")
    assert len(ran.out.strip().splitlines()) == 1
    assert ran.err == ""


# ------------------------------------------------------------------------------------------------ init


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


def test_personal_data_in_an_answer_or_in_a_group_stops_before_anything_is_written(cli, folder):
    (folder / "details.yaml").write_text(DETAILS + "monitoring: Tell jo.public@example.org at once.\n")
    ran = cli("run", folder, "-o", folder / "out")
    assert ran.code == 3
    assert "EMAIL_ADDRESS in answers.monitoring.text" in ran.err
    assert "jo.public" not in ran.err + ran.out
    (folder / "details.yaml").write_text(DETAILS)
    write_csv(folder / "data.csv", ({**row, "sex": f"{row['sex']}@example.org"} for row in rows()))
    ran = cli("run", folder, "-o", folder / "out")
    assert ran.code == 3
    assert "EMAIL_ADDRESS" in ran.err
    assert "@example" not in ran.err + ran.out
    assert not (folder / "out").exists()


def test_todo_names_the_plan_that_was_run_and_its_details_as_they_are_called(cli, folder, monkeypatch):
    """A plan with another name, and a space in it, in the folder below: what is printed can be copied into the shell."""
    (folder / "details.yaml").rename(folder / "facts.yaml")
    (folder / "facts.yaml").write_text("schema: cardwright/details/1\n")
    change(folder / "assessment.yaml", "details: details.yaml", "details: facts.yaml")
    (folder / "assessment.yaml").rename(folder / "my loans.yaml")
    monkeypatch.chdir(folder)
    cli("run", "my loans.yaml", "-o", "out")
    ran = cli("todo", "out", "--all")
    assert "$ cardwright run 'my loans.yaml'\n" in ran.out
    assert "edit facts.yaml: " in ran.out
    assert "assessment.yaml" not in ran.out


def test_todo_names_no_plan_that_is_not_there_and_the_one_it_is_told(cli, folder, monkeypatch):
    (folder / "details.yaml").write_text("schema: cardwright/details/1\n")
    cli("run", folder, "-o", folder / "out")
    assert "$ cardwright run PLAN\n" in cli("todo", folder / "out", "--all").out
    named = cli("todo", folder / "out", "--all", "--plan", folder).out
    assert f"$ cardwright run {folder / 'assessment.yaml'}\n" in named
