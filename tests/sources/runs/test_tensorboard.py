"""TensorBoard's event files."""

import pytest
from tests.sources.runs.support import STORES, copied, is_the_study, read, runs, unread

from cardwright.errors import SourceError
from cardwright.sources.runs.tensorboard import files, records


def test_scalars_and_settings_of_the_hparams_plugin_are_read():
    found = runs(STORES / "tensorboard")
    is_the_study(found, purposes=False, digits=6)  # scalars are floats of four bytes
    run = found["cand-1"]
    assert (run.started, run.finished, run.cost["seconds"]) == ("2026-11-18T11:06:40Z", "2026-11-18T11:07:40Z", 60.0)
    assert run.missing == ("commit", "data")


def test_a_file_that_is_cut_off_keeps_what_it_had_and_says_so(tmp_path):
    folder = copied("tensorboard", tmp_path)
    (file,) = files(folder / "cand-1")
    whole = file.read_bytes()
    file.write_bytes(whole[:-30])
    run = runs(folder)["cand-1"]
    assert "later numbers are missing" in run.gaps["store"]
    assert run.status == "not_stated"


def test_a_changed_byte_is_noticed(tmp_path):
    folder = copied("tensorboard", tmp_path)
    (file,) = files(folder / "cand-1")
    whole = bytearray(file.read_bytes())
    whole[14] ^= 1
    file.write_bytes(whole)
    assert unread(folder) == [("store/cand-1", "an event file is damaged")]


def test_another_version_of_events_is_refused(tmp_path):
    import struct

    from cardwright.sources.runs.tensorboard import masked_crc32c

    event = b"\x1a\x0dbrain.Event:9"
    size = struct.pack("<Q", len(event))
    data = size + struct.pack("<I", masked_crc32c(size)) + event + struct.pack("<I", masked_crc32c(event))
    (tmp_path / "events.out.tfevents.1").write_bytes(data)
    assert list(records(tmp_path / "events.out.tfevents.1")) == [event]
    with pytest.raises(
        SourceError, match=r"the version of this TensorBoard store is not stated, and brain\.Event:2 is read"
    ):
        read(tmp_path)
