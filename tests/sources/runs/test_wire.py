"""Messages without their library."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.sources.runs.wire import WireError, double, fields, first, text


def varint(number):
    out = b""
    while True:
        number, low = number >> 7, number & 0x7F
        out += bytes([low | 0x80 if number else low])
        if not number:
            return out


@given(st.lists(st.tuples(st.integers(1, 2**20), st.one_of(st.integers(0, 2**63), st.binary(max_size=300)))))
def test_what_is_written_by_the_rules_is_read(entries):
    data = b"".join(
        varint(number << 3) + varint(value)
        if isinstance(value, int)
        else varint(number << 3 | 2) + varint(len(value)) + value
        for number, value in entries
    )
    assert list(fields(data)) == entries


@given(st.binary(max_size=60))
def test_other_bytes_are_read_or_refused_and_nothing_else(data):
    with contextlib.suppress(WireError):
        assert all(number >= 0 for number, _ in fields(data))


def test_a_field_longer_than_the_message_is_refused():
    with pytest.raises(WireError, match="longer than the message"):
        list(fields(b"\x12\x05hi"))


def test_the_last_of_several_values_counts_and_a_path_leads_into_messages():
    inner = b"\x08\x01\x08\x02"
    assert first(b"\x12" + bytes([len(inner)]) + inner, 2, 1) == 2
    assert first(b"\x08\x01", 2) is None
    assert first(b"\x08\x01", 1, 1) is None
    assert (text(b"hi"), text(b""), text(3)) == ("hi", None, None)
    assert double(int.from_bytes(b"\0\0\0\0\0\0\xf0\x3f", "little")) == 1.0
