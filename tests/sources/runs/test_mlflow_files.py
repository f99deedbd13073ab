"""MLflow's folder of files."""

from tests.sources.runs.support import STORES, copied, is_the_study, runs, unread


def one(folder, name):
    (found,) = [path.parent.parent for path in folder.rglob("mlflow.runName") if path.read_text() == name]
    return found


def test_runs_are_read_with_settings_data_and_model():
    found = runs(STORES / "mlruns" / "mlruns")
    is_the_study(found)
    run = found["cand-1"]
    assert (run.commit, run.group) == ("1f" * 20, "churn")
    assert [*run.data] == ["train"]
    assert [(file.path, file.size) for file in run.artefacts] == [("model.txt", 7)]


def test_the_oldest_version_that_is_accepted_is_read_alike():
    found, newest = runs(STORES / "oldest" / "mlruns" / "mlruns"), runs(STORES / "mlruns" / "mlruns")
    is_the_study(found)
    for name, run in found.items():
        other = newest[name]
        assert (run.config_sha256, run.seed, run.data, run.metrics) == (
            other.config_sha256, other.seed, other.data, other.metrics,
        )  # fmt: skip


def test_a_run_that_is_half_written_is_named_and_the_others_are_read(tmp_path):
    folder = copied("mlruns/mlruns", tmp_path)
    (one(folder, "cand-1") / "meta.yaml").write_text("run_id: x\n")
    ((place, why),) = unread(folder)
    assert place.startswith("store/")
    assert why == "meta.yaml is not what MLflow 2 and 3 write"
    assert len(runs(folder)) == 4


def test_a_metric_whose_last_line_is_cut_off_has_no_number(tmp_path):
    folder = copied("mlruns/mlruns", tmp_path)
    metric = one(folder, "cand-1") / "metrics" / "accuracy"
    metric.write_text(metric.read_text().rstrip("\n")[:-3])
    run = runs(folder)["cand-1"]
    assert run.metrics["accuracy"].value is None
    assert "cut off" in run.gaps["metrics"]


def test_a_link_that_leads_out_of_the_store_is_named_and_not_followed(tmp_path):
    folder = copied("mlruns/mlruns", tmp_path)
    (tmp_path / "secret").write_text("a secret")
    (one(folder, "cand-1") / "params" / "leak").symlink_to(tmp_path / "secret")
    ((place, why),) = unread(folder)
    assert place.endswith("params/leak")
    assert "leads out of the store" in why
    assert "leak" not in runs(folder)["cand-1"].config


def test_settings_that_refer_to_themselves_are_not_unfolded(tmp_path):
    folder = copied("mlruns/mlruns", tmp_path)
    meta = one(folder, "cand-1") / "meta.yaml"
    meta.write_text(meta.read_text() + "a: &a [1]\nb: *a\n")
    ((_, why),) = unread(folder)
    assert "refers to parts of itself" in why
