"""Files of imported runs: what was read is read again, and a line that is missing is noticed."""

import pytest
from tests.sources.runs.support import STORES, read

from cardwright.errors import SourceError
from cardwright.record.run import Run, RunStore, Unread
from cardwright.sources.runs import open_store
from cardwright.sources.runs.kept_runs import as_lines


def kept(tmp_path, *more):
    store = open_store(STORES / "wandb", "wandb")
    head = RunStore(tool="wandb", store_sha256=store.sha256, cardwright="0.0.0")
    lines = list(as_lines(head, [*store.read(), *more]))
    file = tmp_path / "runs.jsonl"
    file.write_bytes(b"".join(lines))
    return file, lines


def test_what_was_read_of_a_store_comes_back_as_it_was(tmp_path):
    gap = Unread(unread="store/x", why="it is cut off")
    file, _ = kept(tmp_path, gap)
    assert read(file) == [*read(STORES / "wandb"), gap]
    assert open_store(file, "runs").reader.name == "cardwright"


def test_a_null_setting_comes_back_as_null(tmp_path):
    (run, *_) = read(STORES / "wandb")
    from cardwright.record.run import config_sha256

    config = {**run.config, "dropout": None}
    changed = run.model_copy(update={"id": "null", "config": config, "config_sha256": config_sha256(config)})
    file, _ = kept(tmp_path, changed)
    assert [one for one in read(file) if isinstance(one, Run) and one.id == "null"] == [changed]


@pytest.mark.parametrize("taken", [1, 3, -1])
def test_a_line_that_was_taken_out_is_noticed(tmp_path, taken):
    file, lines = kept(tmp_path)
    del lines[taken]
    file.write_bytes(b"".join(lines))
    with pytest.raises(SourceError, match="cut off, or a line was taken out"):
        read(file)


def test_a_line_that_was_changed_against_its_digest_is_refused(tmp_path):
    file, lines = kept(tmp_path)
    file.write_bytes(b"".join(line.replace(b'"layers":1', b'"layers":7') for line in lines))
    with pytest.raises(SourceError, match="this line is not what `cardwright runs import` writes"):
        read(file)


def test_a_line_behind_the_last_one_is_refused(tmp_path):
    file, lines = kept(tmp_path)
    file.write_bytes(b"".join([*lines, lines[1]]))
    with pytest.raises(SourceError, match="a line stands behind the last one"):
        read(file)
