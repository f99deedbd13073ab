"""`watch`: a release measured again on fresh rows, and what is written for those who watch it."""

import json
import re
import shutil

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

import yaml
from tests.small_plan import rows, write_csv, write_plan

from cardwright.attest import release_statement


@pytest.fixture
def window(tmp_path):
    """The small plan over other rows of the same kind."""
    folder = tmp_path / "window"
    folder.mkdir()
    write_plan(folder)
    write_csv(folder / "data.csv", rows(300, seed=7))
    return folder


def worse(folder):
    """Outcomes that no longer follow the scores."""
    table = [{**row, "approved": 1 - row["approved"]} for row in rows(300, seed=7)]
    write_csv(folder / "data.csv", table)


def test_nothing_has_moved_on_other_rows_of_the_same_kind(cli, small_once, window):
    ran = cli("watch", "check", small_once / "out", window)
    assert (ran.code, ran.out.splitlines()[0][:8]) == (0, "None of ")
    assert max(len(line) for line in ran.out.splitlines()) <= 80


def test_a_model_that_no_longer_holds_alarms_and_drafts_an_incident_that_runs(cli, small_once, window, tmp_path):
    worse(window)
    draft = tmp_path / "incident"
    ran = cli("watch", "check", small_once / "out", window, "--incident", draft, "--metrics", tmp_path / "m.prom")
    assert ran.code == 1
    assert "ALARM" in ran.out
    answers = yaml.safe_load((draft / "details.yaml").read_text())
    assert answers["status"] == "open"
    assert "accuracy" in answers["what_happened"]
    (named,) = re.findall(r"^  release: (\S+)$", (draft / "assessment.yaml").read_text(), re.M)
    assert (draft / named).resolve() == (small_once / "out").resolve()
    assert b"cardwright_watch_alarm" in (tmp_path / "m.prom").read_bytes()


def test_json_holds_every_number_and_the_rates(cli, small_once, window):
    ran = cli("watch", "check", small_once / "out", window, "--groups", "--format", "json")
    found = json.loads(ran.out)
    assert found["alarms"] == sum(number["alarm"] for number in found["numbers"]) == 0
    assert found["false_alarms"]["together"] == 0.05
    assert {"sex=f, at threshold 0.5", "sex=m, at threshold 0.5"} <= {number["rows"] for number in found["numbers"]}


def test_the_rows_of_the_release_are_refused_and_so_is_another_model(cli, small_once, window):
    ran = cli("watch", "check", small_once / "out", small_once / "out")
    assert (ran.code, "the rows of the release" in ran.err) == (2, True)
    (window / "model.bin").write_bytes(b"others")
    ran = cli("watch", "check", small_once / "out", window)
    assert (ran.code, "another model than the release" in ran.err) == (2, True)


def test_an_incident_never_overwrites_a_folder(cli, small_once, window):
    ran = cli("watch", "check", small_once / "out", window, "--incident", window)
    assert ran.code in (2, 4)
    assert (window / "assessment.yaml").read_text().startswith("schema: cardwright/assessment/1")


def test_rules_and_dashboard_are_written_from_the_release(cli, small_once, tmp_path):
    assert cli("watch", "rules", small_once / "out", "-o", tmp_path / "r.yaml").code == 0
    made = yaml.safe_load((tmp_path / "r.yaml").read_text())
    assert made["groups"][0]["name"] == "cardwright loans 1.0.0"
    assert cli("watch", "dashboard", small_once / "out", "-o", tmp_path / "d.json").code == 0
    assert json.loads((tmp_path / "d.json").read_text())["title"] == "Cardwright: loans 1.0.0"
    assert cli("watch", "rules", small_once / "out", "-o", tmp_path / "x.yaml", "--rate", "2").code == 2


def test_a_folder_without_a_record_is_nothing_to_watch(cli, tmp_path, small_once):
    (tmp_path / "empty").mkdir()
    assert cli("watch", "rules", tmp_path / "empty").code != 0
    shutil.copy(small_once / "out" / "record.json", tmp_path / "record.json")
    assert cli("watch", "rules", tmp_path / "record.json", "-o", tmp_path / "r.yaml").code == 0


def test_the_day_a_release_expires_goes_to_prometheus(cli, released, tmp_path):
    window = tmp_path / "window"
    shutil.copytree(released / "files", window)
    write_csv(window / "data.csv", rows(300, seed=7))
    ran = cli("watch", "check", released / "out", window, "--metrics", tmp_path / "m.prom")
    assert "has not been released" not in ran.err
    text = (tmp_path / "m.prom").read_text()
    until = release_statement.read((released / "out" / "release.json").read_bytes()).release.valid_until
    assert ("cardwright_release_valid_until_timestamp_seconds{" in text) == (until is not None)
