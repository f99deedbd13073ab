"""Sacred's file storage."""

from tests.sources.runs.support import STORES, STUDY, copied, read, runs, unread


def test_runs_are_read_with_settings_numbers_libraries_and_model():
    found = runs(STORES / "sacred")
    assert {*found} == {"1", "2", "3", "4", "5"}
    for run, (purpose, seed, accuracy) in zip(found.values(), STUDY.values(), strict=False):
        assert (run.purpose, run.seed, run.metrics["accuracy"].value) == (purpose, seed, accuracy)
    assert found["5"].status == "failed"
    assert found["3"].environment["numpy"] == "2.4.6"
    assert found["3"].artefacts[0].size == 7
    assert not [run for run in read(STORES / "sacred") if "hostname" in run.model_dump_json()]


def test_a_run_whose_file_is_cut_off_is_named(tmp_path):
    folder = copied("sacred", tmp_path)
    file = folder / "3" / "run.json"
    file.write_text(file.read_text()[:200])
    assert unread(folder) == [("store/3", "one of its files is not whole JSON of Sacred's")]
    assert len(runs(folder)) == 4
