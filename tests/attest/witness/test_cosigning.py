"""A cosigner signs what continues what it has signed before, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.attest.witness.logs import AT, COSIGNER, KEY, NAME, OTHER, PUBLIC, Memory, made

from cardwright.attest.witness import cosigning, log, notes
from cardwright.errors import IntegrityError

NOTED = notes.key_of(COSIGNER, OTHER.public_key(), notes.COSIGNATURE, where="key")


def entries(count, start=0):
    return [b"%d" % n for n in range(start, start + count)]


def ask(body, kept=None):
    return cosigning.answer(body, [PUBLIC], lambda name: kept, OTHER, COSIGNER, AT)


def asked(files, old):
    return cosigning.request(files, log.head(files, PUBLIC), old)


def test_the_first_checkpoint_of_a_log_is_cosigned_and_kept():
    files = made(entries(5))
    said = ask(asked(files, 0))
    assert said.status == 200
    assert notes.read(said.keep, where="kept").with_lines(said.body).cosigned_at(NOTED) == AT


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 40), st.integers(0, 300))
def test_a_log_that_has_grown_is_cosigned_again(before, more):
    files = made(entries(before))
    kept = ask(asked(files, 0)).keep
    log.append(files, KEY, NAME, entries(more, before))
    assert ask(asked(files, before), kept).status == 200


def test_two_faces_of_one_log_are_never_both_cosigned():
    files = made(entries(5))
    kept = ask(asked(files, 0)).keep
    other = made([*entries(4), b"another"])
    assert ask(asked(other, 5), kept).status == 409
    log.append(other, KEY, NAME, [b"more"])
    assert ask(asked(other, 5), kept).status == 422
    assert ask(asked(other, 0), kept) == cosigning.Cosigned(409, b"5\n")


def test_a_log_that_was_put_back_from_a_backup_is_not_cosigned():
    files = made(entries(5))
    backup = Memory(files.files)
    log.append(files, KEY, NAME, [b"one more"])
    kept = ask(asked(files, 0)).keep
    with pytest.raises(IntegrityError, match="older copy"):
        asked(backup, 6)
    assert ask(asked(backup, 5), kept) == cosigning.Cosigned(409, b"6\n")


def test_a_log_that_nobody_has_listed_or_signed_is_not_cosigned():
    files = made(entries(2))
    assert cosigning.answer(asked(files, 0), [], lambda name: None, OTHER, COSIGNER, AT).status == 404
    forged = made(entries(2), key=OTHER)
    head = log.head(forged, notes.key_of(NAME, OTHER.public_key(), where="key"))
    assert ask(cosigning.request(forged, head, 0)).status == 403


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"",
        lambda body: body.replace(b"old 0", b"old 00"),
        lambda body: body.replace(b"old 0", b"old 9"),
        lambda body: body.replace(b"\n\n", b"\n", 1),
        lambda body: body.replace(b"old 0\n", b"old 0\nAAAA\n"),
        lambda body: body.replace(b"old 0\n", b"old 0\n" + b"A" * 43 + b"=\n" * 1 + (b"A" * 43 + b"=\n") * 63),
        lambda body: body[:-20],
        lambda body: b"\xff" + body,
    ],
)
def test_a_request_of_another_form_is_refused(change):
    body = asked(made(entries(2)), 0)
    assert ask(change(body)).status == 400


def test_a_proof_that_nothing_needs_is_refused():
    files = made(entries(2))
    body = asked(files, 0).replace(b"old 0\n", b"old 0\n" + b"A" * 43 + b"=\n")
    assert ask(body).status == 422
