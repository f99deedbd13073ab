"""Two people with keys of different kinds, what they sign, and a trust file that knows them."""

import pytest

from cardwright.attest import keys, ledger, trust
from cardwright.record import SignOff

AT = "2026-11-23T12:00:00Z"
SECRET = "correct horse battery staple"
EMPTY = ledger.Ledger(subject="m")


@pytest.fixture(scope="session")
def signers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    made = {}
    for name, algorithm in (("Ada", "ecdsa-p256"), ("Ben", "ed25519")):
        encrypted, request = keys.new(name, ("owner",), SECRET, AT, algorithm)
        keys.save(folder / f"{name}.key", encrypted)
        made[name] = (keys.open_private(folder / f"{name}.key", SECRET), request, folder / f"{name}.key")
    return made


def sign_off(name, key, **more):
    said = {
        "person": name, "key": keys.fingerprint(key.public_key()), "role": "owner", "at": AT, "decision": "approve",
        "meaning": "approval", "manifest_sha256": "a" * 64,
    }  # fmt: skip
    return SignOff(**{**said, **more})


def trusting(*requests):
    found = trust.Trust()
    for request in requests:
        found = trust.enrol(found, request, "2026-11-01", where="request", roles=("owner",))
    return found
