"""Signed notes and checkpoints are read and written as other tools do, and nothing of one is believed without a pinned key."""

import re
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from cardwright.attest.witness import merkle, notes
from cardwright.errors import IntegrityError, PolicyError, UsageError

# The example in the documentation of Go's golang.org/x/mod/sumdb/note.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
""".encode()
KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
NAME = "log.example.org"
PUBLIC = notes.key_of(NAME, KEY.public_key(), where="key")
COSIGNER = notes.key_of("witness.example.net/w1", OTHER.public_key(), notes.COSIGNATURE, where="key")
HEAD = notes.Checkpoint(NAME, 7, merkle.leaf(b"x"))
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def cosigned():
    note = notes.signed(HEAD, KEY)
    return note.with_lines(notes.cosignature(note, OTHER, COSIGNER.name, AT))


def test_a_note_that_gos_own_library_signed_is_verified():
    assert notes.read(GO, where="note").of(notes.parse_vkey(NEUMANN)) is not None


def test_one_changed_byte_of_the_text_refuses_the_note():
    changed = notes.read(GO.replace(b"answer", b"anSwer"), where="note")
    with pytest.raises(IntegrityError, match="PeterNeumann does not hold"):
        changed.of(notes.parse_vkey(NEUMANN))


def test_a_key_is_written_as_it_is_read():
    assert notes.parse_vkey(NEUMANN).vkey == NEUMANN
    assert notes.parse_vkey(COSIGNER.vkey) == COSIGNER


@pytest.mark.parametrize(
    "text",
    ["", "a+b", NEUMANN.replace("c74f20a3", "c74f20a4"), NEUMANN.replace("+A", "+B"), NEUMANN + "=", "a b+" + NEUMANN],
)
def test_what_is_no_key_is_refused(text):
    with pytest.raises(UsageError, match="not a log's key"):
        notes.parse_vkey(text)


def test_a_checkpoint_survives_the_round_trip_and_its_log_has_signed_it():
    note = notes.read(notes.signed(HEAD, KEY).to_bytes(), where="checkpoint")
    assert notes.checkpoint_of(note) == HEAD
    assert note.of(PUBLIC) is not None


def test_a_signature_of_another_key_under_the_same_name_is_none_of_the_logs():
    note = notes.signed(HEAD, OTHER)
    assert note.of(PUBLIC) is None


def test_a_cosignature_says_when_and_covers_the_text():
    note = notes.read(cosigned().to_bytes(), where="checkpoint")
    assert note.cosigned_at(COSIGNER) == AT
    assert note.cosigned_at(notes.key_of("another", OTHER.public_key(), notes.COSIGNATURE, where="key")) is None
    moved = notes.Note(note.text.replace("7", "8"), note.signatures)
    with pytest.raises(IntegrityError, match="witness"):
        moved.cosigned_at(COSIGNER)


def test_a_cosignature_with_another_time_does_not_hold():
    note = cosigned()
    name, data = note.signatures[1]
    later = data[:4] + (int.from_bytes(data[4:12], "big") + 1).to_bytes(8, "big") + data[12:]
    with pytest.raises(IntegrityError, match="does not hold"):
        notes.Note(note.text, (note.signatures[0], (name, later))).cosigned_at(COSIGNER)


def test_a_logs_signature_is_no_cosignature_and_the_other_way_round():
    note = cosigned()
    as_cosigner = notes.key_of(NAME, KEY.public_key(), notes.COSIGNATURE, where="key")
    assert note.cosigned_at(as_cosigner) is None
    assert note.of(notes.key_of(COSIGNER.name, OTHER.public_key(), where="key")) is None


def test_the_same_line_is_put_under_a_note_once():
    note = cosigned()
    line = note.to_bytes().splitlines(keepends=True)[-1]
    assert note.with_lines(line) == note


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a note without signatures\n",
        GO.rstrip(b"\n"),
        GO.replace(b"problem", b"prob\tlem"),
        GO.replace("— ".encode(), b"- "),
        GO.replace(b"nAM=", b"nAM"),
        GO.replace(b"PeterNeumann x08go", b"Peter+Neumann x08go"),
        b"x" * (notes.MOST + 1),
        b"\xff\n\n",
        b"text\n\n\xe2\x80\x94 a AAAA\n",
    ],
)
def test_what_is_no_note_is_refused(data):
    with pytest.raises(IntegrityError, match="not a signed note"):
        notes.read(data, where="note")


@pytest.mark.parametrize(
    "text",
    [
        "log\n7\n",
        "log\n07\n" + HEAD.text.split("\n")[2] + "\n",
        HEAD.text + "more\n",
        re.sub(r"\n[A-Za-z0-9+/]{43}=", "\n" + "A" * 42 + "B=", HEAD.text),
    ],
)
def test_a_note_that_is_no_checkpoint_in_its_one_form_is_refused(text):
    with pytest.raises(IntegrityError, match="not a checkpoint"):
        notes.checkpoint_of(notes.Note(text, ()))


def test_checkpoints_are_signed_with_ed25519_under_a_name_that_a_line_can_hold():
    with pytest.raises(PolicyError, match="not Ed25519"):
        notes.signed(HEAD, ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(PolicyError, match="not a name of a log"):
        notes.key_of("two words", KEY.public_key(), where="key")
