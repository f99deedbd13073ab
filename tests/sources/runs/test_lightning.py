"""Lightning's folders of its CSV logger."""

from tests.sources.runs.support import read, unread


def version(
    root,
    number,
    settings="lr: 0.1\nseed: 1\n",
    numbers="epoch,step,val_loss,train_loss\n0,10,0.9,\n1,20,0.5,\n1,25,,0.4\n",
):
    folder = root / "lightning_logs" / f"version_{number}"
    folder.mkdir(parents=True)
    (folder / "hparams.yaml").write_text(settings)
    (folder / "metrics.csv").write_text(numbers)
    return folder


def test_each_version_is_a_run_with_the_last_number_of_each_column(tmp_path):
    folder = version(tmp_path, 0)
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints" / "last.ckpt").write_bytes(b"weights")
    (run,) = read(tmp_path)
    assert (run.id, run.group, run.seed, run.config) == ("lightning_logs/version_0", "lightning_logs", 1, {"lr": 0.1})
    assert {name: (one.value, one.step) for name, one in run.metrics.items()} == {
        "train_loss": (0.4, 25),
        "val_loss": (0.5, 20),
    }
    assert [(one.path, one.size) for one in run.artefacts] == [("checkpoints/last.ckpt", 7)]


def test_a_version_without_settings_was_set_to_nothing_and_a_broken_one_is_named(tmp_path):
    version(tmp_path, 0, settings="")
    version(tmp_path, 1, settings="!!python/object/apply:os.system [id]\n")
    assert [run.config for run in read(tmp_path) if hasattr(run, "config")] == [{}]
    assert unread(tmp_path) == [("store/lightning_logs/version_1", "its settings or its numbers cannot be read")]
