"""A receipt holds under the keys that the receiver pins, for its entry and no other."""

import pytest
from tests.attest.signers import DAYS, Book
from tests.attest.witness.logs import AT, COSIGNER, KEY, NAME, NOW, OTHER, PEM, PINNED, PUBLIC, made

from cardwright.attest import claims
from cardwright.attest.trust import Log
from cardwright.attest.witness import log, notes, receipts
from cardwright.attest.witness.receipts import LogEntry, Receipt
from cardwright.errors import IntegrityError
from cardwright.record import SignOff, Withdraw

RELEASED = LogEntry(kind="release", digest="a" * 64)
GONE = LogEntry(kind="withdrawal", digest="b" * 64, release="a" * 64)


def given(*, cosigned=False):
    """A log with a release and a withdrawal among other entries, and the receipt of the release."""
    files = made([b"before"])
    receipts.witness(files, KEY, NAME, [RELEASED, GONE])
    head = log.head(files, PUBLIC)
    if cosigned:
        head = log.add_lines(files, PUBLIC, head.note, notes.cosignature(head.note, OTHER, COSIGNER, AT))
    return files, receipts.receipt(files, head, RELEASED, 1)


def test_a_receipt_shows_where_its_entry_is_and_who_has_seen_the_log():
    _, one = given(cosigned=True)
    assert receipts.check(one, PINNED, NOW) == receipts.Witnessed(NAME, 1, 3, (COSIGNER,))


def test_a_receipt_that_nobody_cosigned_shows_no_cosigner():
    _, one = given()
    assert receipts.check(one, PINNED, NOW).cosigners == ()


def test_a_cosignature_of_the_future_counts_for_nothing():
    _, one = given(cosigned=True)
    assert receipts.check(one, PINNED, "2026-11-23T11:00:00Z").cosigners == ()


def test_receipts_survive_the_round_trip_and_are_read_by_the_line():
    _, one = given()
    data = receipts.to_bytes([one, one])
    assert receipts.read(data) == (one, one)
    assert receipts.read(b"") == ()
    with pytest.raises(IntegrityError, match="cut off"):
        receipts.read(data[:-1])
    with pytest.raises(IntegrityError, match="canonical"):
        receipts.read(data.replace(b'{"entry"', b'{ "entry"'))


def test_a_receipt_of_another_entry_does_not_hold():
    _, one = given()
    with pytest.raises(IntegrityError, match="does not hold this entry"):
        receipts.check(one.model_copy(update={"entry": GONE}), PINNED, NOW)


def test_a_receipt_under_another_key_than_the_pinned_one_does_not_hold():
    _, one = given()
    stranger = Log(name=NAME, public_key=PINNED.cosigners[0].public_key)
    with pytest.raises(IntegrityError, match="not signed with the key"):
        receipts.check(one, stranger, NOW)
    with pytest.raises(IntegrityError, match="of the log"):
        receipts.check(one, Log(name="another", public_key=PEM), NOW)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("index 1", "index 01"),
        ("index 1", "index 2"),
        ("tlog-proof@v1", "tlog-proof@v2"),
        ("\n\n", "\n"),
        ("index 1\n", "index 1\nAAAA\n"),
        ("\n3\n", "\n2\n"),
    ],
)
def test_a_proof_that_was_changed_does_not_hold(old, new):
    _, one = given()
    assert old in one.proof
    with pytest.raises(IntegrityError):
        receipts.check(one.model_copy(update={"proof": one.proof.replace(old, new, 1)}), PINNED, NOW)


def test_no_receipt_is_given_of_what_the_log_does_not_hold():
    files, _ = given()
    head = log.head(files, PUBLIC)
    with pytest.raises(IntegrityError, match="something else at 2"):
        receipts.receipt(files, head, RELEASED, 2)
    with pytest.raises(IntegrityError, match="something else at 3"):
        receipts.receipt(files, head, RELEASED, 3)


def test_a_log_is_told_of_rejections_and_withdrawals_and_of_nothing_that_opens_a_gate(people):
    private, _ = people
    book = Book(private)
    book.sign("Ada", DAYS[0])
    rejected = book.sign("Ben", DAYS[1], decision="reject")
    withdrawn = book.add("Cy", DAYS[2], Withdraw, reason="r", record_sha256="0" * 64)
    signed = claims.read(book.lines)
    assert isinstance(signed[0].claim, SignOff)
    told = receipts.entries_of(book.chain, signed, None)
    assert [(one.kind, one.digest) for one in told] == [("rejection", rejected), ("withdrawal", withdrawn)]
    assert [one.ledger.length for one in told] == [3, 4]


def test_what_a_log_knows_already_is_not_told_again():
    _, one = given()
    assert receipts.lacking([RELEASED, GONE], [one], NAME) == (GONE,)
    assert receipts.lacking([RELEASED], [one], "another log") == (RELEASED,)


def test_an_entry_holds_digests_and_no_names():
    assert RELEASED.leaf == b'{"digest":"' + b"a" * 64 + b'","kind":"release","schema":"cardwright/log-entry/1"}'
    assert isinstance(given()[1], Receipt)
