"""`kpis` on dossiers as they lie on the disk: what verifies is counted, what does not is named."""

import json
import shutil
import sys

import pytest

pytest.importorskip("pyarrow", reason="the small plan needs the tabular extra")


@pytest.fixture
def house(small, tmp_path):
    """Two folders of one dossier, and a store of runs."""
    shutil.copytree(small, tmp_path / "out" / "first")
    shutil.copytree(small, tmp_path / "out" / "copy")
    store = tmp_path / "runs.csv"
    store.write_text("id,status,metrics.m,started,finished\na,finished,0.5,2026-11-02T10:00:00Z,2026-11-02T11:00:00Z\n")
    return tmp_path / "out", store


def number(printed, metric):
    found = [m for m in json.loads(printed)["measurements"] if m["metric"] == metric and not m.get("slice")]
    return found[0]


def test_a_dossier_in_two_folders_is_counted_once_and_runs_have_the_workstream_that_is_named(cli, house):
    out, store = house
    ran = cli("kpis", out, "--runs", f"thin files={store}", "--min-cases", 1, "--format", "json")
    assert ran.code == 0, ran
    assert number(ran.out, "dossiers_counted")["value"] == 1
    assert number(ran.out, "experiment_throughput")["value"] == 1
    assert number(ran.out, "quality_gate_pass_rate")["denominator"] == 1
    assert "thin files" in ran.out


def test_a_dossier_that_was_changed_is_named_not_counted_and_makes_exit_code_3(cli, house):
    out, _ = house
    (record,) = (out / "copy").rglob("record.json")
    record.write_bytes(record.read_bytes().replace(b'"title":"', b'"title":"X', 1))
    ran = cli("kpis", out)
    assert ran.code == 3
    said = " ".join(ran.out.split())
    assert "One dossier does not verify and is not counted." in said
    assert f"what{record.parent.as_posix()},why" in "".join(said.split())
    assert "of 1 (decision of the gate)" in said


def test_csv_has_a_heading_and_a_line_for_each_indicator(cli, house):
    ran = cli("kpis", house[0], "--format", "csv")
    assert ran.code == 0
    assert ran.out.startswith("indicator,title,workstream,")
    assert ran.out.count("\n") > 17


@pytest.mark.parametrize("field", ["author", "owners", "person"])
def test_grouping_by_person_is_refused_with_the_reason(cli, house, field):
    ran = cli("kpis", house[0], "--workstream-from", field)
    assert ran.code == 2
    assert "never grouped by person" in ran.err
    assert "not how people do" in ran.err


def test_a_folder_without_dossiers_and_a_day_that_is_none_are_refused(cli, tmp_path, house):
    (tmp_path / "empty").mkdir()
    assert cli("kpis", tmp_path / "empty").code == 5
    ran = cli("kpis", house[0], "--from", "last week")
    assert (ran.code, "no day" in ran.err) == (2, True)
    assert cli("kpis", house[0], "--runs", "x=nowhere.db").code == 3


def test_without_the_tabular_extra_it_says_what_to_install(cli, house, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    ran = cli("kpis", house[0])
    assert ran.code == 3
    assert "tabular" in ran.err
