"""The stores that `tests/data/runs/make_runs.py` made with the tools themselves, and runs of a store by name."""

import shutil
from pathlib import Path

from cardwright.record.run import Run, Unread
from cardwright.sources.runs import open_store

STORES = Path(__file__).parents[2] / "data" / "runs"
STUDY = {
    "base-1": ("baseline", 1, 0.80),
    "base-2": ("baseline", 2, 0.81),
    "cand-1": ("candidate", 1, 0.86),
    "ablate-1": ("ablation", 1, 0.84),
}
"""Of each run that ended well: purpose, seed, accuracy."""


def read(path, reader=None):
    """Everything that a store holds."""
    return list(open_store(Path(path), "store", reader).read())


def runs(path, reader=None):
    """Its runs by name, or by id where they have none."""
    return {one.name or one.id: one for one in read(path, reader) if isinstance(one, Run)}


def unread(path, reader=None):
    """What of it could not be read: place and reason."""
    return [(one.unread, one.why) for one in read(path, reader) if isinstance(one, Unread)]


def copied(name, tmp_path):
    """A copy of a store to spoil."""
    source = STORES / name
    target = tmp_path / source.name
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
    return target


def is_the_study(found, *, purposes=True, digits=12):
    """The study of `make_runs.py`, whichever tool kept it: settings, seeds and the last accuracy, and the run that failed."""
    assert {*found} == {*STUDY, "bad-1"}
    for name, (purpose, seed, accuracy) in STUDY.items():
        run = found[name]
        assert (run.seed, run.status) == (seed, "finished")
        assert run.purpose == (purpose if purposes else None)
        assert round(run.metrics["accuracy"].value - accuracy, digits) == 0
        assert {*run.config} == {"model", "lr", "layers"}
    bad = found["bad-1"]
    assert (bad.status, bad.metrics["accuracy"].value) == ("failed", None)
    assert bad.metrics["accuracy"].why == "the last value is not a number"
    assert found["base-1"].config_sha256 == found["base-2"].config_sha256 != found["cand-1"].config_sha256
