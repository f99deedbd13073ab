"""A log in memory, its keys and its cosigner, for the tests of everything that reads logs."""

import contextlib
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ed25519

from cardwright.attest import keys
from cardwright.attest.trust import Log, LogCosigner
from cardwright.attest.witness import log, notes

KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
NAME = "log.example.org"
COSIGNER = "witness.example.net"
PUBLIC = notes.key_of(NAME, KEY.public_key(), where="key")
NOW = "2026-11-23T12:00:00Z"
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
PEM, OTHER_PEM = keys.public_pem(KEY.public_key()), keys.public_pem(OTHER.public_key())
PINNED = Log(name=NAME, public_key=PEM, cosigners=(LogCosigner(name=COSIGNER, public_key=OTHER_PEM),))


class Memory:
    """Files in memory."""

    def __init__(self, files=None):
        self.files = dict(files or {})

    def read(self, name):
        return self.files.get(name)

    def write(self, name, data):
        self.files[name] = data

    def remove(self, name):
        self.files.pop(name, None)

    def locked(self):
        return contextlib.nullcontext()


def made(entries=(), key=KEY):
    files = Memory()
    log.create(files, key, NAME)
    if entries:
        log.append(files, key, NAME, entries)
    return files
