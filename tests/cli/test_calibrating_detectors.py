"""`calibrate pii` counts what is found and missed, writes the file that a plan names, and repeats no text."""

import json

import pytest

pytest.importorskip("presidio_analyzer", reason="comes with the text extra")
pytest.importorskip("pyarrow")

from tests.conftest import command

from cardwright.record import canonical
from cardwright.record.detector_calibration import DetectorCalibration
from cardwright.sources.interface import DetectorCalibrated
from cardwright.sources.load import load
from cardwright.sources.spec import parse_source

SAID = ("--source", "letters of our own", "--language", "en", "--labelled-by", "human")
ROWS = (
    {"text": "write to ada.lovelace@example.com", "spans": [{"start": 9, "end": 33, "label": "EMAIL"}]},
    {"text": "Dear Grace, thank you", "spans": [{"start": 5, "end": 10, "label": "name"}]},
    {"text": "it was Ada who came", "spans": [{"start": 7, "end": 10, "label": "name"}]},
    {"text": "at noon", "spans": [{"start": 3, "end": 7, "label": "TIME_OF_DAY"}]},
)


@pytest.fixture
def marks(tmp_path):
    path = tmp_path / "marks.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def run(marks, *more):
    return command("calibrate", "pii", "--labels", marks, *SAID, *more)


def test_recall_and_precision_are_printed_by_kind_and_no_text_is(marks, tmp_path):
    ran = run(marks, "-o", tmp_path / "c.json")
    assert ran.code == 0, ran
    assert "PERSON: recall 0.500" in ran.out and "(1 of 2), precision 1.000" in ran.out
    assert "labels that stand for no kind, and were left out: TIME_OF_DAY" in ran.out
    assert "lovelace" not in (ran.out + ran.err).lower() and "Grace" not in ran.out + ran.err


def test_the_file_is_a_source_of_a_plan(marks, tmp_path):
    assert run(marks, "-o", tmp_path / "c.json").code == 0
    value = canonical.parse(DetectorCalibration, (tmp_path / "c.json").read_bytes(), where="c")
    assert (value.texts, value.labelled_by, value.other_labels, value.models) == (4, "human", ("TIME_OF_DAY",), ())
    source = load(parse_source({"calibration": "c.json"}), "errors", tmp_path)
    assert isinstance(source, DetectorCalibrated)
    assert (source.calibration, source.ref.rows, source.ref.kind) == (value, 4, "calibration")


def test_labels_can_be_mapped_and_left_out_and_thresholds_set(marks, tmp_path):
    ran = run(
        marks,
        "--map",
        "TIME_OF_DAY=DATE_TIME",
        "--map",
        "name=",
        "--threshold",
        "EMAIL_ADDRESS=0.9",
        "-o",
        tmp_path / "c.json",
    )
    assert ran.code == 0, ran
    assert "DATE_TIME: recall 0.000 (0 of 1), precision undefined" in ran.out
    assert "PERSON" not in ran.out.split("labels that stand")[0]
    assert canonical.parse(DetectorCalibration, (tmp_path / "c.json").read_bytes(), where="c").thresholds == {
        "EMAIL_ADDRESS": 0.9
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--map", "name"), "NAME=VALUE"),
        (("--map", "NAMES=PERSON"), 'no mark has the label "NAMES"'),
        (("--threshold", "PERSON=2"), "above 0 and at most 1"),
        (("--ner-model", "en_core_web_of_nobody"), "nothing is downloaded"),
        (("--countries", "xx"), "no recognisers for the country"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_do(marks, more, said):
    ran = run(marks, *more)
    assert ran.code != 0
    assert said in " ".join(ran.err.split())


def test_who_marked_is_one_of_three_and_a_file_that_is_damaged_is_no_calibration(marks, tmp_path):
    ran = command("calibrate", "pii", "--labels", marks, *SAID[:-1], "somebody")
    assert ran.code != 0 and "human, generator, program" in ran.err
    assert run(marks, "-o", tmp_path / "c.json").code == 0
    (tmp_path / "c.json").write_bytes((tmp_path / "c.json").read_bytes().replace(b'"texts":4', b'"texts":-4'))
    with pytest.raises(Exception, match="not a calibration of a detector"):
        load(parse_source({"calibration": "c.json"}), "errors", tmp_path)


def test_a_text_that_is_repeated_a_thousand_times_is_one_text(marks, tmp_path):
    row = json.dumps(ROWS[0]) + "\n"
    marks.write_text(row * 1000)
    ran = run(marks, "-o", tmp_path / "c.json")
    assert ran.code == 0, ran
    assert "EMAIL_ADDRESS: recall 1.000 (1 of 1), precision 1.000 (1 of 1)" in ran.out, "no interval from one text"
    assert "1 marked texts, 1 marks" in ran.out and "were left out: 999" in ran.out
    assert canonical.parse(DetectorCalibration, (tmp_path / "c.json").read_bytes(), where="c").texts == 1


def test_a_text_that_is_marked_in_two_ways_is_refused(marks):
    marks.write_text(marks.read_text() + json.dumps({**ROWS[1], "spans": []}) + "\n")
    ran = run(marks)
    assert ran.code == 3 and "texts 2 and 5 are the same and are marked differently" in " ".join(ran.err.split())
    assert "Grace" not in ran.out + ran.err


def test_nothing_but_a_calibration_of_a_detector_is_overwritten(marks, tmp_path):
    before = marks.read_bytes()
    (tmp_path / "link.jsonl").symlink_to(marks)
    (tmp_path / "notes.json").write_text('{"schema": "cardwright/calibration/1"}')
    for output, said in (
        (marks, "overwrite a file that is read"),
        (tmp_path / "link.jsonl", "overwrite a file that is read"),
        (tmp_path / "notes.json", "this file exists already"),
        (tmp_path, "it is a folder"),
        (marks / "c.json", "lies in is a file"),
    ):
        ran = run(marks, "-o", output)
        assert (ran.code, ran.out) == (2, ""), "refused before anything is counted"
        assert said in " ".join(ran.err.split())
    assert marks.read_bytes() == before
    new = tmp_path / "new" / "c.json"
    assert run(marks, "-o", new).code == run(marks, "-o", new).code == 0


@pytest.mark.parametrize("option", ["--source", "--language"])
def test_words_that_the_file_would_keep_hold_nothing_personal(marks, tmp_path, option):
    said = list(SAID)
    said[said.index(option) + 1] = "zeb.warr@corp-mail.com"
    ran = command("calibrate", "pii", "--labels", marks, *said, "-o", tmp_path / "c.json")
    assert ran.code == 2 and f"{option}" in ran.err and "EMAIL_ADDRESS" in ran.err
    assert "zeb.warr" not in ran.out + ran.err and not (tmp_path / "c.json").exists()


def test_a_label_that_holds_an_address_is_kept_and_printed_masked(marks, tmp_path):
    marks.write_text(json.dumps({"text": "at noon", "spans": [{"start": 3, "end": 7, "label": "zeb@corp-mail.com"}]}))
    ran = run(marks, "-o", tmp_path / "c.json")
    assert ran.code == 0, ran
    kept = canonical.parse(DetectorCalibration, (tmp_path / "c.json").read_bytes(), where="c")
    assert kept.other_labels == ("<EMAIL_ADDRESS>",)
    assert "zeb@" not in ran.out + ran.err


@pytest.mark.parametrize("more", [("--countries", "zz,{}"), ("--map", "{}=PERSON"), ("--map", "name={}")])
def test_what_is_refused_is_masked_before_it_is_cut(marks, more):
    ran = run(marks, *(word.format("a-long-name.zeb.warrington.smythe@corp-mail.com") for word in more))
    assert ran.code == 2
    assert "zeb" not in ran.out + ran.err and "a-long" not in ran.out + ran.err


def test_marks_that_are_nested_too_deeply_are_a_fault_of_the_source(marks):
    for written in ("[" * 100_000, '{"text":' * 100_000, json.dumps({"text": "a", "span_labels": "[" * 100_000})):
        marks.write_text(written)
        ran = run(marks)
        assert ran.code == 3 and "not JSON" in ran.err and "nternal error" not in ran.err
