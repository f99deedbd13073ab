"""A distribution goes by the bytes of its files, wherever and however it is installed."""

from __future__ import annotations

from importlib.metadata import Distribution
from pathlib import Path

import pytest

from cardwright.files import distributions
from cardwright.record import canonical


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A package of two files, importable."""
    folder = tmp_path / "lib" / "site"
    (folder / "counted" / "__pycache__").mkdir(parents=True)
    (folder / "counted" / "__init__.py").write_bytes(b"A = 1\n")
    (folder / "counted" / "words.txt").write_bytes(b"one\n")
    (folder / "counted" / "__pycache__" / "x.pyc").write_bytes(b"compiled")
    monkeypatch.syspath_prepend(str(folder))
    return folder


def installed(site, *lines):
    """The distribution whose installer has listed these files."""
    info = site / "counted-1.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: counted\nVersion: 1\n")
    (info / "RECORD").write_text("".join(f"{line},,\n" for line in (*lines, "counted-1.dist-info/RECORD")))
    return Distribution.at(info)


EXPECTED = {"counted/__init__.py": canonical.digest(b"A = 1\n"), "counted/words.txt": canonical.digest(b"one\n")}


def test_the_digest_is_that_of_the_object_of_paths_and_digests(site):
    listed = installed(
        site, "counted/__init__.py", "counted/words.txt", "counted/__pycache__/x.pyc", "../../bin/counted"
    )
    assert distributions.sha256_of(listed, "counted") == canonical.sha256(EXPECTED)


def test_a_package_that_is_not_in_the_list_of_files_is_read_where_it_is_imported_from(site):
    editable = installed(site, "__editable__.counted-1.pth")
    assert distributions.sha256_of(editable, "counted.deeper") == canonical.sha256(EXPECTED)
    assert distributions.sha256_of(None, "counted") == canonical.sha256(EXPECTED)


def test_one_changed_byte_is_another_digest(site):
    listed = installed(site, "counted/__init__.py", "counted/words.txt")
    before = distributions.sha256_of(listed, "counted")
    (site / "counted" / "words.txt").write_bytes(b"two\n")
    assert distributions.sha256_of(listed, "counted") != before


def test_a_module_of_one_file_has_a_digest_too(site):
    (site / "alone.py").write_bytes(b"B = 2\n")
    assert distributions.sha256_of(None, "alone") == canonical.sha256({"alone.py": canonical.digest(b"B = 2\n")})


def test_our_own_wheel_and_our_own_checkout_have_one_digest(tmp_path, monkeypatch):
    source = Path(distributions.__file__).parent.parent
    names = [
        path.relative_to(source.parent).as_posix()
        for path in sorted(source.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    ]
    info = tmp_path / "cardwright-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cardwright\nVersion: 1\n")
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in [*names, "cardwright/policies/research.yaml"]))
    for name in [*names, "cardwright/policies/research.yaml"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((source.parent / name).read_bytes() if name in names else b"a policy\n")
    assert distributions.sha256_of(Distribution.at(info), "cardwright") == distributions.sha256_of(None, "cardwright")
