"""An archive gives back the files that were put in, and a hostile one is refused before it has cost anything."""

import io
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.desk import uploads
from cardwright.desk.settings import UploadLimits
from cardwright.errors import IntegrityError, UsageError

LIMITS = UploadLimits(packed=100_000, unpacked=50_000, files=5)
PATHS = st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=3).map("/".join)


def archive(entries, *, change=lambda info: info):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries:
            file.writestr(change(zipfile.ZipInfo(name)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@given(st.dictionaries(PATHS, st.binary(max_size=500), max_size=5))
def test_what_is_packed_is_unpacked_and_the_same_files_give_the_same_bytes(files):
    packed = uploads.packed(files)
    assert uploads.unpacked(packed, LIMITS) == files
    assert uploads.packed(dict(reversed(files.items()))) == packed


def test_a_bomb_is_stopped_when_there_is_no_more_room():
    with pytest.raises(UsageError, match="more than is taken"):
        uploads.unpacked(archive([("bomb", bytes(10_000_000))]), LIMITS)
    with pytest.raises(UsageError, match="more than is taken"):
        uploads.unpacked(archive([(f"{n}", bytes(20_000)) for n in range(3)]), LIMITS)


def test_a_header_that_lies_about_the_size_is_not_believed():
    data = archive([("bomb", bytes(10_000_000))])
    size = (10_000_000).to_bytes(4, "little")
    with pytest.raises((UsageError, IntegrityError)):
        uploads.unpacked(data.replace(size, (10).to_bytes(4, "little")), LIMITS)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../b", "a\\b", "a//b", "./a", "a\x01b", "x" * 500, "a/"])
def test_a_path_that_leads_elsewhere_is_refused(name):
    with pytest.raises(IntegrityError):
        uploads.unpacked(archive([(name, b"")]), LIMITS)


def test_the_same_path_twice_a_link_and_too_many_files_are_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = archive([("a", b"1"), ("a", b"2")])
    with pytest.raises(IntegrityError, match="twice"):
        uploads.unpacked(twice, LIMITS)

    def link(info):
        info.external_attr = 0o120777 << 16
        return info

    with pytest.raises(IntegrityError, match="a link"):
        uploads.unpacked(archive([("a", b"/etc/passwd")], change=link), LIMITS)
    with pytest.raises(UsageError, match="more than 5 files"):
        uploads.unpacked(archive([(f"{n}", b"") for n in range(6)]), LIMITS)


@pytest.mark.parametrize("data", [b"", b"no archive", zlib.compress(b"x"), archive([("a", b"x")])[:-10]])
def test_what_is_no_archive_is_refused(data):
    with pytest.raises(IntegrityError, match="not an archive"):
        uploads.unpacked(data, LIMITS)


def test_an_upload_that_is_too_long_is_refused_unopened():
    with pytest.raises(UsageError, match="larger"):
        uploads.unpacked(bytes(LIMITS.packed + 1), LIMITS)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_attack_an_archive_packed_by_a_method_that_asks_for_memory_is_refused_before_it_is_opened(method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("record.json", b"{}")
    with pytest.raises(IntegrityError, match="a method that is not taken"):
        uploads.unpacked(out.getvalue(), UploadLimits())
