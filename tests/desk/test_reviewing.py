"""What somebody says at the desk is prepared for the passkey that the trust file pins for this desk, and for no other."""

import pytest
from tests.attest.authenticator import Authenticator
from tests.desk.support import NOW

from cardwright.attest import trust as trusting
from cardwright.desk import registry, reviewing
from cardwright.errors import SourceError, UsageError


def with_passkey(desk, one):
    path = desk.settings.trust
    known = trusting.read(path.read_bytes(), where="trust.yaml")
    asked = one.request("Ben", ("risk_head",), NOW)
    after = trusting.enrol(known, asked, "2026-11-01", where="request", roles=(), id="ben", further=True)
    path.write_bytes(trusting.to_yaml(after))
    return after


def test_the_passkey_of_this_desk_is_taken_and_a_file_key_or_another_desks_is_not(desk):
    assert reviewing.passkey_of(desk, reviewing.trust_of(desk), "ben") is None
    elsewhere = Authenticator(rp_id="desk.example.net", origin="https://desk.example.net")
    assert reviewing.passkey_of(desk, with_passkey(desk, elsewhere), "ben") is None
    here = Authenticator(credential=b"here")
    known = with_passkey(desk, here)
    assert reviewing.passkey_of(desk, known, "ben").key.fingerprint == here.fingerprint
    assert reviewing.passkey_of(desk, known, "nobody") is None


def test_a_passkey_that_is_revoked_signs_nothing_more(arrived, manifest):
    one = Authenticator(credential=b"later")
    known = with_passkey(arrived, one)
    gone = trusting.revoke(known, one.fingerprint, "2026-11-02", "lost", where="trust.yaml")
    arrived.settings.trust.write_bytes(trusting.to_yaml(gone))
    said = {"kind": "countersign", "role": "risk_head"}
    with pytest.raises(UsageError, match="revoked"):
        reviewing.prepare(arrived, registry.dossier(arrived, manifest), "ben", said, NOW)


def test_a_trust_file_that_is_gone_lets_nobody_sign(arrived, manifest):
    arrived.settings.trust.unlink()
    with pytest.raises(SourceError):
        reviewing.prepare(arrived, registry.dossier(arrived, manifest), "ben", {"kind": "countersign"}, NOW)


@pytest.mark.parametrize("given", [{}, {"id": "x"}, {"id": "x", "response": None}, {"id": "?", "response": {}}])
def test_what_is_no_answer_of_a_passkey_is_refused(given):
    with pytest.raises(UsageError, match="not an answer"):
        reviewing.assertion_of(given)
