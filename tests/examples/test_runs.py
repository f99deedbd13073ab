"""Every example runs as its README says, from a clean commit, and ends with the verdict it promises."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="examples need the extras")

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def committed(folder: Path, name: str) -> Path:
    """A copy of an example, committed, so that its numbers resolve to a commit."""
    shutil.copytree(EXAMPLES / name, folder / name)
    git = [
        "git",
        "-C",
        str(folder),
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "-c",
        "commit.gpgsign=false",
    ]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "example"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    return folder / name


def statuses(verdict: bytes | str) -> dict[str, str]:
    return {
        o["requirement"]: o["status"]
        for o in json.loads(verdict)["outcomes"]
        if o["status"] not in ("passed", "not_applicable")
    }


@pytest.mark.parametrize(
    ("name", "plan", "open_ones"),
    [
        (
            "assistant",
            "assessment.yaml",
            {"attack-success": "failed", "over-refusal": "inconclusive", "personal-data": "failed"},
        ),
        ("census_extract", "assessment.yaml", {"personal-data": "missing", "re-identification": "failed"}),
        (
            "census_extract",
            "assessment.with_notes.yaml",
            {"personal-data": "failed", "re-identification": "failed"},
        ),
    ],
)
def test_an_example_ends_as_it_says_and_waits_for_somebodys_approval(cli, tmp_path, name, plan, open_ones):
    folder = committed(tmp_path, name)
    ran = cli("run", folder / plan, "-o", tmp_path / "out", "--quiet")
    assert ran.code == 1, ran
    assert statuses((tmp_path / "out" / "verdict.json").read_bytes()) == {**open_ones, "approval": "missing"}
    assert (tmp_path / "out" / "audit_report.pdf").is_file()


def test_the_hardened_assistant_waits_for_approval_and_for_labels_that_people_gave(hardened_once):
    found = statuses((hardened_once / "out" / "verdict.json").read_bytes())
    assert found == {"approval": "missing", "over-refusal": "inconclusive"}
    assert (hardened_once / "out" / "audit_report.pdf").is_file()


def test_the_mortgage_model_is_refused_for_what_the_data_cannot_show(cli, mortgage_once):
    dossier, folder = mortgage_once / "out" / "mortgage", mortgage_once / "examples" / "mortgage"
    ran = cli("gate", dossier, "--policy", "production", "--artifact", folder, "--format", "json")
    assert ran.code == 1, ran
    assert statuses(ran.out) == {
        "demographic-parity-ratio": "inconclusive",
        "equalized-odds": "inconclusive",
        "personal-data": "missing",
        "approval": "missing",
    }
    record = json.loads((dossier / "record.json").read_bytes())
    assert all(
        e["binding"]["kind"] == "recomputed"
        for e in record["evaluations"]
        if e["id"] in ("performance-test", "fairness")
    )
    (gap,) = [
        m
        for e in record["evaluations"]
        if e["id"] == "label-rates"
        for m in e["measurements"]
        if m["metric"] == "base_rate" and m["slice"] == {"race": "white"}
    ]
    assert (gap["numerator"], gap["denominator"]) == (1527, 1681)
    assert cli("gate", dossier, "--policy", "research").code == 0
    assert "inconclusive" in cli("todo", dossier).out


def test_the_mortgage_documents_print_what_an_examiner_looks_for(mortgage_once):
    """The table that Local Law 144 shapes, the gap with its simultaneous interval, the gap within strata, and the baseline."""
    record = json.loads((mortgage_once / "out" / "mortgage" / "record.json").read_bytes())
    found = {e["id"]: {t["id"]: t for t in e["tables"]} for e in record["evaluations"]}
    (black,) = [row for row in found["impact-ratio"]["selection_2"]["rows"] if row[0] == "black"]
    assert black[1:3] == [118, 81]
    assert black[4] == pytest.approx((81 / 118) / (909 / 1009), abs=1e-15)
    assert [row[2] for row in found["impact-ratio"]["unknown"]["rows"]] == [11, 0, 11]
    assert [row[:2] for row in found["fairness"]["gaps"]["rows"][:2]] == [
        ["demographic parity difference", "race"],
        ["demographic parity ratio", "race"],
    ]
    within = {tuple(row[:2]): row for row in found["fairness"]["gaps_within_strata"]["rows"]}
    row = within["demographic parity difference given debt_ratio_band, credit_history", "race"]
    assert 0 < row[3] < row[2] < row[4] < found["fairness"]["gaps"]["rows"][0][2]
    assert ["demographic parity difference change", "race"] in [row[:2] for row in found["fairness"]["changes"]["rows"]]
    changes = [m for e in record["evaluations"] if e["id"] == "performance-test" for m in e["measurements"]]
    assert {"mcnemar"} <= {m["test"]["method"].split("_")[0] for m in changes if m.get("test")}


def test_the_demo_s_dossier_has_every_file_that_the_readme_promises(mortgage_once):
    """`make demo` ends with an error if one is missing, and only a bare machine ran it before."""
    promised = EXAMPLES.parent / ".ci" / "promised"
    dossier = mortgage_once / "out" / "mortgage"
    ran = subprocess.run([promised, dossier], capture_output=True, encoding="utf-8", check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_promised_file_that_is_missing_is_named(mortgage_once, tmp_path):
    promised = EXAMPLES.parent / ".ci" / "promised"
    dossier = shutil.copytree(mortgage_once / "out" / "mortgage", tmp_path / "dossier")
    (dossier / "audit_report.pdf").unlink()
    ran = subprocess.run([promised, dossier], capture_output=True, encoding="utf-8", check=False)
    assert (ran.returncode, ran.stderr) == (1, f"missing: {dossier}/audit_report.pdf\n")
