"""How a model is asked for, and how a format says that a file or an object is its own."""

import hashlib
from pathlib import Path

import pytest

from cardwright.errors import SourceError
from cardwright.sources.models.interface import ModelRequest, by_ending, made_by


def test_bytes_in_memory_are_read_as_they_are_and_a_file_otherwise(tmp_path):
    (tmp_path / "m.bin").write_bytes(b"file")
    assert ModelRequest(path=tmp_path / "m.bin", where="m").read() == b"file"
    assert ModelRequest(path=tmp_path / "m.bin", where="m", raw=b"memory").read() == b"memory"
    with pytest.raises(SourceError, match=r"^none.bin: there is no such file"):
        ModelRequest(path=tmp_path / "none.bin", where="none.bin").read()


def test_a_record_names_it_by_its_digest_and_its_path_in_the_folder(tmp_path):
    (tmp_path / "m.bin").write_bytes(b"file")
    made = ModelRequest(path=tmp_path / "m.bin", where="models/m.bin", name="scorer").ref("skops", b"file")
    assert (made.name, made.role, made.kind, made.format, made.path) == (
        "scorer",
        "model",
        "model",
        "skops",
        "models/m.bin",
    )
    assert made.sha256 == hashlib.sha256(b"file").hexdigest()
    assert ModelRequest(path=tmp_path / "m.bin", where="x").ref("skops").sha256 == made.sha256


@pytest.mark.parametrize("where", ["/models/m.bin", "../m.bin"])
def test_a_path_outside_of_the_folder_is_not_written_down(tmp_path, where):
    assert ModelRequest(path=tmp_path, where=where).ref("skops", b"").path is None


@pytest.mark.parametrize(
    ("name", "ours"), [("m.skops", True), ("m.SKOPS", True), ("m.skops.zip", False), ("skops", False)]
)
def test_a_file_is_told_by_its_ending_whatever_its_case(name, ours):
    assert by_ending(".skops")(Path(name)) == ours


def test_an_object_is_told_by_the_packages_of_its_classes_and_of_what_they_derive_from():
    class Own(type(Path())):
        """Derives from a class of pathlib."""

    assert made_by("pathlib")(Path())
    assert made_by("pathlib")(Own.__new__(Own))
    assert not made_by("pathlib")("x")
    assert not made_by()(Path())
