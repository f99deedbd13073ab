"""Hydra's output folders."""

from tests.sources.runs.support import read, unread


def job(root, name, config, numbers=None):
    folder = root / name / ".hydra"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(config)
    (folder / "hydra.yaml").write_text("hydra:\n  job: {name: train, num: 0}\n  runtime: {version: 1.3.2}\n")
    if numbers:
        (root / name / "metrics.json").write_text(numbers)


def test_each_job_is_a_run_with_its_settings_and_the_numbers_beside_them(tmp_path):
    job(tmp_path, "multirun/0", "model: {lr: 0.1}\nseed: 3\n", '{"test": {"accuracy": 0.8}}')
    job(tmp_path, "multirun/1", "model: {lr: 0.2}\nseed: 3\n")
    one, other = read(tmp_path)
    assert (one.id, one.seed, one.config, one.metrics["test.accuracy"].value) == (
        "multirun/0",
        3,
        {"model.lr": 0.1},
        0.8,
    )
    assert (one.name, one.group, one.tool_version, one.status) == ("train", "multirun", "1.3.2", "not_stated")
    assert other.metrics == {}


def test_a_job_whose_settings_cannot_be_read_is_named(tmp_path):
    job(tmp_path, "multirun/0", "model: {lr: 0.1\n")
    assert unread(tmp_path) == [("store/multirun/0", "its settings or its numbers cannot be read")]
