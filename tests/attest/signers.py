"""People with keys of different kinds, what they sign, and a trust file that knows them."""

import pytest

from cardwright.attest import claims, keys, ledger, trust
from cardwright.record import SignOff

AT = "2026-11-23T12:00:00Z"
SECRET = "correct horse battery staple"
EMPTY = ledger.Ledger(subject="m")
START = "2026-11-01T00:00:00Z"
DAYS = [f"2026-11-{day:02}T12:00:00Z" for day in range(1, 29)]


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


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """Ada the owner, Ben of risk, Cy who releases: private keys, and a trust file."""
    folder = tmp_path_factory.mktemp("keys")
    known, private = trust.empty(), {}
    for name, role in (("Ada", "owner"), ("Ben", "risk_head"), ("Cy", "release")):
        encrypted, request = keys.new(name, (role,), SECRET, START)
        keys.save(folder / f"{name}.key", encrypted)
        private[name] = keys.open_private(folder / f"{name}.key", SECRET)
        known = trust.enrol(known, request, "2026-11-01", where="request", roles=(role,))
    return private, known


ROLES = {"Ada": "owner", "Ben": "risk_head", "Cy": "release"}


class Book:
    """Claims, and the ledger that tells of them, as they are written one after the other."""

    def __init__(self, private):
        self.private = private
        self.chain = ledger.Ledger(subject="m").append("run", "record", "0" * 64, START)
        self.lines = b""

    def add(self, name, at, make, **said):
        key = self.private[name]
        who = {"person": name, "key": keys.fingerprint(key.public_key()), "role": ROLES[name], "at": at}
        claim = make(**{**who, **said})
        line = claims.make(claim, key, self.chain.head) + b"\n"
        (signed,) = claims.read(line)
        self.chain = self.chain.append("claim", claim.kind, signed.sealed.id, at)
        self.lines += line
        return signed.sealed.id

    def sign(self, name, at, **said):
        return self.add(
            name, at, SignOff, **{"decision": "approve", "meaning": "approval", "manifest_sha256": "a" * 64, **said}
        )

    def judged(self, known, now=DAYS[-1], **more):
        return claims.believe(claims.read(self.lines), known, self.chain, now, **more)


def ended(known, name, **end):
    """The trust file with a person's only key ended."""
    people = tuple(
        person.model_copy(update={"keys": (person.keys[0].model_copy(update=end),)}) if person.name == name else person
        for person in known.people
    )
    return trust.changed(known, where="trust.yaml", people=people)
