"""`run` and `evaluate`: one clear error, the right exit code, no traceback, and the former dossier untouched."""

from __future__ import annotations

import base64
import json
import pickle

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.support import by
from tests.conftest import MOMENT, command
from tests.small_plan import DETAILS, case_of, change, files_of, rows, write_csv

from cardwright.dossier import layout
from cardwright.record import canonical


def files_in(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def again(small_once, tmp_path_factory):
    """The shared run once more, with `--quiet`: where it wrote, and what it printed."""
    out = tmp_path_factory.mktemp("again") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", MOMENT)
        return out, command("run", small_once / "files", "-o", out, "--quiet")


def test_a_run_leaves_a_dossier_and_says_what_the_verdict_is(small_once):
    assert "ALLOWED" in (small_once / "out.txt").read_text()
    names = {path.name for path in (small_once / "out").iterdir()}
    assert {
        "record.json",
        "verdict.json",
        "review.json",
        "manifest.json",
        "plan.lock.json",
        "model_card.md",
        "model_card.html",
    } <= names
    assert (small_once / "out" / "audit_report.pdf").read_bytes().startswith(b"%PDF")


def test_the_same_input_at_the_same_moment_gives_the_same_bytes(small_once, again):
    out, ran = again
    assert ran.code == 0, ran
    assert files_in(out) == files_in(small_once / "out")


def test_quiet_prints_one_line(again):
    _, ran = again
    assert len(ran.out.strip().splitlines()) == 1
    assert ran.err == ""


def test_a_group_with_one_member_and_unknown_membership_are_disclosed(cli, folder):
    table = list(rows())
    table[0]["sex"] = "x"
    for i in range(1, 9):
        table[i]["sex"] = None
    write_csv(folder / "data.csv", table)
    assert cli("evaluate", folder, "-o", folder / "record.json").code == 0
    record = json.loads((folder / "record.json").read_bytes())
    fairness = next(e for e in record["evaluations"] if e["id"] == "fairness")
    slices = [m["slice"] for m in fairness["measurements"] if m["metric"] == "selection_rate"]
    assert {"sex": None} in slices
    assert {"sex": "x"} in slices
    gap = next(
        m for m in fairness["measurements"] if m["metric"] == "demographic_parity_difference" and m["across"] == ["sex"]
    )
    assert (gap["groups"]["compared"], gap["groups"]["expected"], gap["groups"]["unknown"]) == (2, 3, 8)


def test_a_sensitive_column_that_is_all_missing_is_not_a_pass(folder):
    write_csv(folder / "data.csv", ({**row, "sex": None} for row in rows()))
    verdict = json.loads(files_of(case_of(folder, "production"), "production")[layout.VERDICT])
    assert verdict["decision"] == "refused"
    parity = next(o for o in verdict["outcomes"] if o["requirement"] == "demographic-parity-ratio")
    assert parity["status"] in ("inconclusive", "missing")


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
    assert "its values are personal data or secrets" in ran.err
    assert "@example" not in ran.err + ran.out
    assert not (folder / "out").exists()


# ------------------------------------------------------------------------------------------------ bad input


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


def test_what_a_receiver_found_is_signed_in_the_dossier_and_counted_and_other_files_are_not(cli, desk, tmp_path):
    words = ("reproduce", desk / "out", "--data", desk / "files")
    who = (*by(desk, "Ben", "risk_head"), "--trust", desk / "trust.yaml")
    assert cli(*words, "--key", desk / "Ben.key").code == 2
    assert cli(*words, *who, "--only", "performance").code == 2
    ran = cli(*words, *who, "-o", tmp_path / "again.json")
    assert ran.code == 0, ran
    assert "Signed (met)" in ran.out + ran.err
    claims = (desk / "out" / "claims.jsonl").read_text()
    assert canonical.digest((tmp_path / "again.json").read_bytes()) in signed_words(claims)
    counted = cli("kpis", desk / "out", "--trust", desk / "trust.yaml")
    assert "Dossiers reproduced" in counted.out, counted
    (desk / "files" / "data.csv").write_text("id\n1\n")
    ran = cli(*words, *who)
    assert (ran.code, "Nothing was signed" in ran.out + ran.err) == (3, True), ran
    assert (desk / "out" / "claims.jsonl").read_text() == claims


def signed_words(claims):
    return "".join(
        base64.b64decode(json.loads(line)["dsseEnvelope"]["payload"]).decode() if "dsseEnvelope" in line else line
        for line in claims.splitlines()
    )
