"""W&B's offline folders."""

import pytest
from tests.sources.runs.support import STORES, copied, is_the_study, read, runs, unread

from cardwright.errors import SourceError
from cardwright.sources.runs.wandb_offline import _version, records


def log(folder, name):
    return folder / f"offline-run-{name}" / f"run-{name}.wandb"


def test_runs_are_read_with_settings_of_their_types_and_what_they_left():
    found = runs(STORES / "wandb")
    is_the_study(found)
    run = found["cand-1"]
    assert (run.tool_version, run.commit, run.config["lr"], run.data) == (
        "0.31.0",
        "1f" * 20,
        0.01,
        {"data_version": "v3"},
    )
    assert [(one.path, one.md5) for one in run.artefacts] == [("model/model.txt", "0711b11171ab2c15c7106fb10e71cbeb")]
    assert run.missing == ()


def test_the_oldest_version_that_is_accepted_is_read_alike():
    found, newest = runs(STORES / "oldest" / "wandb"), runs(STORES / "wandb")
    is_the_study(found)
    assert {run.tool_version for run in found.values()} == {"0.19.0"}
    for name, run in found.items():
        other = newest[name]
        assert (run.config, run.seed, run.data, run.commit, run.cost.keys()) == (
            other.config, other.seed, other.data, other.commit, other.cost.keys(),
        )  # fmt: skip
        assert [file.md5 for file in run.artefacts] == [file.md5 for file in other.artefacts]


@pytest.mark.parametrize("minor", ["18.9", "32.0"])
def test_the_versions_beside_those_that_a_test_has_read_are_refused(tmp_path, minor):
    with pytest.raises(SourceError, match=rf"0\.{minor}"):
        _version(f"0.{minor}", "store")


def test_the_host_is_not_read():
    assert not [run for run in read(STORES / "wandb") if '"host"' in run.model_dump_json()]


def test_another_format_and_another_wandb_are_refused(tmp_path):
    folder = copied("wandb", tmp_path)
    file = log(folder, "base-1")
    whole = file.read_bytes()
    file.write_bytes(whole[:6] + b"\x01" + whole[7:])
    with pytest.raises(SourceError, match="the version of this W&B store is 1,"):
        read(folder)


def test_a_run_that_was_stopped_keeps_what_it_had_logged_and_says_so(tmp_path):
    folder = copied("wandb", tmp_path)
    file = log(folder, "base-1")
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    run = runs(folder)["base-1"]
    assert run.status == "running"
    assert "later numbers are missing" in run.gaps["store"]
    assert run.config["model"] == "logistic"


def test_a_log_without_its_beginning_is_named(tmp_path):
    folder = copied("wandb", tmp_path)
    log(folder, "base-1").write_bytes(log(folder, "base-1").read_bytes()[:40])
    assert unread(folder) == [("store/offline-run-base-1/run-base-1.wandb", "the log ends inside a record")]
    assert len(runs(folder)) == 4


def test_a_changed_byte_is_noticed(tmp_path):
    folder = copied("wandb", tmp_path)
    file = log(folder, "base-1")
    whole = bytearray(file.read_bytes())
    whole[100] ^= 1
    file.write_bytes(whole)
    ((_, why),) = unread(folder)
    assert "checksum" in why


def test_a_run_that_was_resumed_in_a_second_folder_is_refused_by_its_id(tmp_path):
    folder = copied("wandb", tmp_path)
    other = folder / "offline-run-later" / "run-base-1.wandb"
    other.parent.mkdir()
    other.write_bytes(log(folder, "base-1").read_bytes())
    with pytest.raises(SourceError, match='two runs have the id "base-1"'):
        read(folder)


def test_records_that_span_blocks_are_put_together(tmp_path):
    import struct
    import zlib

    data = bytes(range(256)) * 200  # more than a block of 32 KiB
    first = 32_768 - 7 - 7
    parts = [(2, data[:first]), (4, data[first:])]
    log_ = b":W&B\xe1\xbe\0"
    for kind, part in parts:
        log_ += struct.pack("<IHB", zlib.crc32(part, zlib.crc32(bytes([kind]))), len(part), kind) + part
    (tmp_path / "x.wandb").write_bytes(log_)
    assert list(records(tmp_path / "x.wandb", "x")) == [data]
