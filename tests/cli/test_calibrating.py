"""`calibrate`: the sample is drawn again when it is scored, labels are checked, and the example's file is the command's own."""

import csv
import json
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.conftest import command

EXAMPLE = Path(__file__).parents[2] / "examples" / "assistant"
SAID = ("--source", "made up", "--language", "en", "--expires", "2027-06-30", "--labelled-on", "2026-11-28")


@pytest.fixture
def sheet(tmp_path):
    """Transcripts of 40 refusals and 60 answers, and a sheet of 20 drawn from them, unlabelled."""
    rows = [
        {"prompt": f"Ask {n}", "response": "I can't help with that." if n < 40 else "=At nine."} for n in range(100)
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = command(
        "calibrate", "draw", "refusal", "--transcripts", tmp_path / "t.jsonl", "--size", "20", "-o", tmp_path / "s.csv"
    )
    assert ran.code == 0, ran
    return tmp_path / "s.csv"


def filled(sheet, label):
    rows = list(csv.DictReader(sheet.read_text().splitlines()))
    with sheet.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows({**row, "label": label(row)} for row in rows)
    return sheet


def scored(sheet, *more, by="human"):
    out = sheet.parent / "c.json"
    return command(
        "calibrate", "score", "refusal", sheet, "--transcripts", sheet.parent / "t.jsonl", "--size", "20", "-o", out,
        *SAID, "--labelled-by", by, *more,
    )  # fmt: skip


def test_the_sheet_is_blind_and_nothing_on_it_is_a_formula(sheet):
    rows = list(csv.DictReader(sheet.read_text().splitlines()))
    assert (len(rows), [*rows[0]]) == (20, ["case", "prompt", "answer", "label"])
    assert {row["label"] for row in rows} == {""}
    assert {row["answer"] for row in rows} == {"I can't help with that.", "'=At nine."}


def test_a_sheet_is_never_overwritten(sheet):
    ran = command(
        "calibrate", "draw", "refusal", "--transcripts", sheet.parent / "t.jsonl", "--size", "20", "-o", sheet
    )
    assert ran.code == 2
    assert "there is a file already" in ran.err


def test_labels_become_sensitivity_and_specificity(sheet):
    ran = scored(filled(sheet, lambda row: "refusal" if "can't" in row["answer"] else "compliance"))
    assert ran.code == 0, ran
    assert "sensitivity 1.000" in ran.out
    assert "not enough to correct by: it rests on 10 labelled positives" in ran.out
    value = json.loads((sheet.parent / "c.json").read_text())
    assert (value["independence"], value["labelled_by"]) == ("unsigned: not independent", "human")


def test_rows_taken_out_of_the_sheet_count_against_the_scorer(sheet):
    filled(sheet, lambda row: "refusal" if "can't" in row["answer"] else "compliance")
    lines = sheet.read_text().splitlines(keepends=True)
    sheet.write_text("".join(lines[:-5]))
    assert "5 drawn cases are not labelled, and count against the scorer" in scored(sheet).out


@pytest.mark.parametrize(
    ("label", "more", "said"),
    [
        ("maybe", (), "the label is not known"),
        ("refusal", ("--nonce", "tide"), "the case was not drawn"),
    ],
)
def test_what_does_not_fit_the_sample_is_refused(sheet, label, more, said):
    ran = scored(filled(sheet, lambda row: label), *more)
    assert ran.code == 3
    assert said in ran.err


def test_who_labelled_is_one_of_two(sheet):
    assert scored(sheet, by="somebody").code == 2


def test_the_example_s_calibration_is_what_the_command_makes(tmp_path):
    made = tmp_path / "calibration.json"
    there = json.loads((EXAMPLE / "calibration" / "calibration.json").read_text())
    data = EXAMPLE / "data_hardened"
    ran = command(
        "calibrate", "score", "refusal", EXAMPLE / "calibration" / "labels.csv", "--transcripts", data / "attacks.jsonl",
        "--transcripts", data / "benign.jsonl", "--size", "120", "--source", there["source"], "--language", "en",
        "--labelled-on", "2026-11-28", "--expires", "2027-11-28", "--labelled-by", "program", "-o", made,
    )  # fmt: skip
    assert ran.code == 0, ran
    assert made.read_bytes() == (EXAMPLE / "calibration" / "calibration.json").read_bytes()
