"""A timestamp authority dates the ledger: what a key signed before it ended stands for whoever pins that authority.

The authorities are made on the spot; one of them is OpenSSL's.
"""

import base64
import datetime
import subprocess

import pytest

pytest.importorskip("pyhanko", reason="timestamps need the pades extra")
pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.attest.authorities import CLOCK, CLOCK_ROOT, certificate, clock, pem, stamper
from tests.attest.signers import DAYS, Book, ended
from tests.attest.support import verify

from cardwright.attest import timestamps, trust
from cardwright.attest.trust import TimestampAuthority
from cardwright.dossier import layout, store
from cardwright.errors import CardwrightError, IntegrityError, PolicyError, UsageError
from cardwright.record import canonical

__all__ = ["clock"]

NOW = DAYS[-1]
OTHER_ROOT = certificate("Root of another clock", authority=True)
STAMPED = datetime.datetime(2026, 11, 10, 12, 0, 0, tzinfo=datetime.UTC)


def pinned(known, *roots):
    authorities = tuple(TimestampAuthority(name=f"tsa-{n}", certificate=pem(root)) for n, root in enumerate(roots))
    return trust.changed(known, where="trust.yaml", timestamp_authorities=authorities)


def stamped(chain, at=STAMPED, of=None, **more):
    """A line with a token for where a ledger stands; with `of`, a line that says it is for another head."""
    from asn1crypto import tsp

    question = tsp.TimeStampReq.load(timestamps.query(chain.head))
    reply = stamper(at=at, **more).request_tsa_response(question).dump()
    (line,) = timestamps.read(timestamps.answered(reply, chain, where="reply"))
    return line if of is None else line.model_copy(update={"ledger": of})


@pytest.fixture(scope="module")
def signed(people):
    """Ada signs on the 5th; her key is revoked on the 20th."""
    private, known = people
    book = Book(private)
    book.sign("Ada", DAYS[4])
    return book, ended(known, "Ada", revoked_on="2026-11-20")


def believed(book, known, *lines, now=NOW):
    evidence = timestamps.evidence(lines, book.chain, known, now)
    return [one.believed for one in book.judged(known, now, evidence=evidence)]


def test_what_a_key_signed_before_it_was_revoked_stands_if_a_pinned_authority_dates_it(signed):
    book, known = signed
    line = stamped(book.chain)
    assert believed(book, pinned(known, CLOCK_ROOT)) == [False]
    assert believed(book, pinned(known, CLOCK_ROOT), line) == [True]
    assert believed(book, pinned(known, OTHER_ROOT, CLOCK_ROOT), line) == [True]


def test_what_a_key_signed_before_it_expired_stands_in_the_same_way(people):
    private, known = people
    book = Book(private)
    book.sign("Ada", DAYS[4])
    known = pinned(ended(known, "Ada", valid_until="2026-11-12"), CLOCK_ROOT)
    assert believed(book, known) == [False]
    assert believed(book, known, stamped(book.chain)) == [True]


def test_an_authority_that_nobody_pins_dates_nothing(signed):
    book, known = signed
    line = stamped(book.chain)
    assert believed(book, pinned(known, OTHER_ROOT), line) == [False]
    assert believed(book, known, line) == [False]


def test_a_token_of_after_the_end_helps_nobody(signed):
    book, known = signed
    late = stamped(book.chain, at=datetime.datetime(2026, 11, 20, 0, 0, 1, tzinfo=datetime.UTC))
    assert believed(book, pinned(known, CLOCK_ROOT), late) == [False]


def test_a_claim_that_came_after_the_stamped_line_is_not_dated_by_it(people):
    private, known = people
    book = Book(private)
    book.sign("Ben", DAYS[3])
    line = stamped(book.chain)
    book.sign("Ada", DAYS[4])  # backdated: the token has seen no such line
    known = pinned(ended(known, "Ada", revoked_on="2026-11-20"), CLOCK_ROOT)
    assert believed(book, known, line) == [True, False]


def test_a_token_of_the_future_dates_nothing(signed):
    book, known = signed
    assert believed(book, pinned(known, CLOCK_ROOT), stamped(book.chain), now=DAYS[7]) == [False]


def test_an_authority_whose_certificate_has_expired_dates_nothing(signed):
    book, known = signed
    assert timestamps.dated([stamped(book.chain)], book.chain, pinned(known, CLOCK_ROOT), "2040-01-01T00:00:00Z") == ()


def test_a_certificate_that_is_for_no_timestamps_dates_nothing(signed):
    book, known = signed
    line = stamped(book.chain, pair=certificate("No clock", CLOCK_ROOT))
    assert believed(book, pinned(known, CLOCK_ROOT), line) == [False]


def test_a_token_moved_to_another_line_of_the_ledger_is_refused(people):
    private, known = people
    book = Book(private)
    book.sign("Ben", DAYS[3])
    before = book.chain
    book.sign("Ada", DAYS[4])
    moved = stamped(before, of=book.chain.head)
    known = pinned(ended(known, "Ada", revoked_on="2026-11-20"), CLOCK_ROOT)
    with pytest.raises(IntegrityError, match="does not hold for this line"):
        timestamps.dated([moved], book.chain, known, NOW)


def test_a_timestamp_of_another_ledger_is_refused(signed, people):
    book, _ = signed
    other = Book(people[0])
    other.sign("Ben", DAYS[3])
    with pytest.raises(IntegrityError, match="it dates another ledger"):
        timestamps.must_be_of([stamped(other.chain)], book.chain)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_changed_byte_makes_a_token_say_another_time(signed, data):
    book, known = signed
    line = stamped(book.chain)
    token = bytearray(base64.b64decode(line.token))
    place = data.draw(st.integers(0, len(token) - 1))
    token[place] ^= data.draw(st.integers(1, 255))
    changed = line.model_copy(update={"token": base64.b64encode(bytes(token)).decode()})
    try:
        found = timestamps.dated([changed], book.chain, pinned(known, CLOCK_ROOT), NOW)
    except CardwrightError:
        return
    assert [one.at for one in found] in ([], ["2026-11-10T12:00:00Z"])


def test_while_no_key_has_an_end_nothing_has_to_be_dated(signed, people):
    book, _ = signed
    assert timestamps.dated([stamped(book.chain)], book.chain, pinned(people[1], CLOCK_ROOT), NOW) == ()


def test_a_pinned_certificate_that_is_none_is_said(signed):
    book, known = signed
    broken = TimestampAuthority(name="tsa", certificate="no certificate")
    broken_trust = trust.changed(known, where="trust.yaml", timestamp_authorities=(broken,))
    with pytest.raises(PolicyError, match="timestamp authority tsa cannot be read"):
        timestamps.dated([stamped(book.chain)], book.chain, broken_trust, NOW)


@pytest.mark.parametrize("reply", [b"", b"no answer", b"\x30\x03\x02\x01\x00"])
def test_what_is_no_answer_of_an_authority_is_refused(signed, reply):
    with pytest.raises(UsageError, match="answer"):
        timestamps.answered(reply, signed[0].chain, where="reply")


def test_a_damaged_line_is_refused(signed):
    line = canonical.dumps(stamped(signed[0].chain)) + b"\n"
    assert len(timestamps.read(line + line)) == 2
    for damaged in (line[:-1], line.replace(b":", b": ", 1), b"{}\n", b"\n"):
        with pytest.raises(IntegrityError):
            timestamps.read(damaged)


# ------------------------------------------------------------------------------------------------ openssl, and the command


@pytest.fixture
def openssl(tmp_path):
    """OpenSSL as a timestamp authority: from a question in a file to its answer in another, off by two seconds at most."""
    folder = tmp_path / "tsa"
    folder.mkdir()
    (folder / "key.pem").write_bytes(
        CLOCK[0].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    (folder / "cert.pem").write_text(pem(CLOCK))
    (folder / "root.pem").write_text(pem(CLOCK_ROOT))
    (folder / "serial").write_text("01")
    (folder / "tsa.cnf").write_text(
        f"[tsa]\ndefault_tsa = t\n[t]\nserial = {folder}/serial\ncrypto_device = builtin\nsigner_cert = {folder}/cert.pem\n"
        f"certs = {folder}/root.pem\nsigner_key = {folder}/key.pem\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\n"
        "digests = sha256\naccuracy = secs:1, millisecs:500\nordering = no\ntsa_name = no\ness_cert_id_chain = no\n"
    )

    def answer(query, reply):
        words = ["openssl", "ts", "-reply", "-config", folder / "tsa.cnf", "-queryfile", query, "-out", reply]
        subprocess.run([str(word) for word in words], check=True, capture_output=True)

    return answer


def revoked(desk, name):
    """Somebody's key revoked from tomorrow on, and the authority pinned."""
    path = desk / "trust.yaml"
    known = trust.read(path.read_bytes(), where="trust.yaml")
    tomorrow = (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1)).isoformat()
    path.write_bytes(trust.to_yaml(pinned(ended(known, name, revoked_on=tomorrow), CLOCK_ROOT)))


def test_a_release_by_a_key_that_was_revoked_later_stands_if_an_authority_dates_it(cli, released, openssl, tmp_path):
    out = released / "out"
    revoked(released, "Cy")
    words = ["--trust", released / "trust.yaml"]
    ran = verify(cli, released, *words)
    assert ran.code == 1, ran
    assert "was revoked on" in ran.out
    asked = cli("timestamp", out, "--query", tmp_path / "q.tsq")
    assert asked.code == 0, asked
    openssl(tmp_path / "q.tsq", tmp_path / "a.tsr")
    done = cli("timestamp", out, "--reply", tmp_path / "a.tsr")
    assert done.code == 0, done
    ran = verify(cli, released, *words)
    assert ran.code == 0, ran
    (line,) = timestamps.read((out / layout.TIMESTAMPS).read_bytes())
    from asn1crypto import cms

    said = cms.ContentInfo.load(base64.b64decode(line.token))["content"]["encap_content_info"]["content"].parsed
    known = trust.read((released / "trust.yaml").read_bytes(), where="trust.yaml")
    chain = timestamps_chain(store.read_dossier(out))
    (dated,) = timestamps.dated([line], chain, known, said["gen_time"].native.strftime("%Y-%m-%dT%H:%M:%SZ"))
    told = said["gen_time"].native + datetime.timedelta(seconds=2)  # as much as it may be off
    assert dated.at == told.strftime("%Y-%m-%dT%H:%M:%SZ")


def timestamps_chain(files):
    from cardwright.attest import under_review

    return under_review.read(files, where="out").chain


def test_an_authority_is_asked_at_its_address_and_told_a_digest_alone(cli, released, clock):
    done = cli("timestamp", released / "out", "--authority", clock)
    assert done.code == 0, done
    revoked(released, "Cy")
    assert verify(cli, released, "--trust", released / "trust.yaml").code == 0


def test_a_timestamp_that_is_taken_away_helps_nobody(cli, released, clock):
    assert cli("timestamp", released / "out", "--authority", clock).code == 0
    revoked(released, "Cy")
    (released / "out" / layout.TIMESTAMPS).unlink()
    assert verify(cli, released, "--trust", released / "trust.yaml").code == 1


def test_an_answer_about_another_ledger_is_refused(cli, released, openssl, tmp_path, people):
    other = Book(people[0])
    other.sign("Ben", DAYS[3])
    (tmp_path / "q.tsq").write_bytes(timestamps.query(other.chain.head))
    openssl(tmp_path / "q.tsq", tmp_path / "a.tsr")
    ran = cli("timestamp", released / "out", "--reply", tmp_path / "a.tsr")
    assert ran.code == 2
    assert "something other than this ledger" in ran.err
