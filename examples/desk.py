"""What the scripts of the examples share: a temporary copy, keys made on the spot, and commands whose exit codes are held.

No network is needed. The people are invented, and so are their reasons; nothing here makes anything fit for use.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

POLICY = "release_policy.yaml"
ADDED = ("Signed: ", "Requested: ", "Approved: ", "Withdrawn: ")


class Unexpected(Exception):
    """A step did not end as it should."""


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise Unexpected(what)


class Desk:
    """A temporary folder with an example in a git repository of its own, the keys, the trust file and the dossiers."""

    def __init__(self, place: Path, example: Path, people: dict[str, str]) -> None:
        self.place = place
        self.example = example
        self.people = people
        self.files = place / "repository" / example.name
        self.trust = place / "trust.yaml"
        self.policy = self.files / POLICY
        self.passphrases = {name: secrets.token_urlsafe(24) for name in people}
        # The clock decides when a waiver ends, so no fixed time of a reproducible build stands in for it.
        left_out = ("SOURCE_DATE_EPOCH", "CARDWRIGHT_PASSPHRASE")
        self.env = {k: v for k, v in os.environ.items() if k not in left_out} | {"CARDWRIGHT_TRUST": str(self.trust)}
        self.steps = 0

    def roles(self, name: str) -> tuple[str, ...]:
        """What a person may sign as; the first is what they sign as if nothing else is said."""
        return tuple(self.people[name].split(", "))

    def key(self, name: str) -> Path:
        return self.place / f"{self.roles(name)[0]}.key"

    def cardwright(self, *words: object, code: int = 0, by: str | None = None) -> str:
        """Runs a command, holds its exit code against `code`, and gives what it printed."""
        env = self.env | ({"CARDWRIGHT_PASSPHRASE": self.passphrases[by]} if by else {})
        command = [sys.executable, "-m", "cardwright.cli.main", *map(str, words)]
        ran = subprocess.run(command, env=env, cwd=self.place, capture_output=True, encoding="utf-8", check=False)
        said = f"cardwright {' '.join(map(str, words))}\nended with {ran.returncode}, not {code}:\n{ran.stdout}{ran.stderr}"
        expect(ran.returncode == code, said)
        return ran.stdout

    def signed(self, *words: object, by: str, role: str | None = None) -> str:
        """Signs something with the person's own key and role, and gives the id of what was added."""
        said = self.cardwright(*words, "--key", self.key(by), "--as", by, "--role", role or self.roles(by)[0], by=by)
        lines = [s for s in said.splitlines() if s.startswith(ADDED)]
        return lines[0].split(": ")[1].split()[0] if lines else said

    def copy(self) -> None:
        """Copies the example and commits it, so that every number resolves to a commit."""
        shutil.copytree(self.example, self.files, ignore=shutil.ignore_patterns("__pycache__"))
        self.commit()

    def commit(self) -> None:
        who = ["-c", "user.name=Example", "-c", "user.email=example@example.com", "-c", "commit.gpgsign=false"]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Example"]):
            subprocess.run(["git", *who, *words], cwd=self.files.parent, env=self.env, check=True, capture_output=True)

    def enrol(self) -> None:
        """Makes a key for everybody, and a trust file that knows them and accepts the policy."""
        for name in self.people:
            asked = [word for role in self.roles(name) for word in ("--role", role)]
            said = self.cardwright("keys", "new", self.key(name), "--as", name, *asked, by=name)
            # Here the one who made the key reads the fingerprint out; in earnest the two compare it by another way.
            fingerprint = said.split("Fingerprint: ")[1].split()[0]
            request = self.key(name).with_suffix(".enrol.json")
            self.cardwright("keys", "enrol", request, *asked, "--fingerprint", fingerprint)
        self.cardwright("keys", "accept", self.policy, "--trust", self.trust)

    def withdraws(self, role: str) -> None:
        """Lets a role withdraw what others have said, a release among it."""
        text = self.trust.read_text(encoding="utf-8")
        self.trust.write_text(text.replace("people:", f"withdraws: [{role}]\npeople:", 1), encoding="utf-8")

    def made(self, dossier: Path, by: str) -> None:
        """Signs for having made the dossier, so that others are known to be others."""
        self.signed("sign-off", dossier, "--decision", "approve", "--meaning", "authorship", by=by)

    def release(self, dossier: Path, *, by: str, code: int) -> str:
        words = ("--artifact", self.files, "--policy", self.policy, "--key", self.key(by), "--as", by)
        return self.cardwright("release", dossier, *words, code=code, by=by)

    def verify(self, dossier: Path, *words: object, code: int, files: Path | None = None) -> str:
        place = ("--artifact", files or self.files, "--policy", self.policy)
        return self.cardwright("verify", dossier, *place, *words, code=code)

    def changed(self, name: str) -> Path:
        """A copy of the files in which one byte of one of them is another."""
        received = self.place / "received"
        shutil.copytree(self.files, received)
        data = bytearray((received / name).read_bytes())
        data[len(data) // 2] ^= 1
        (received / name).write_bytes(bytes(data))
        return received

    def done(self, what: str) -> None:
        self.steps += 1
        print(f"{self.steps:2} {what}", flush=True)


def blockers(dossier: Path, name: str = "verdict.json") -> dict[str, str]:
    """What is in the way, by requirement."""
    verdict = json.loads((dossier / name).read_bytes())
    return {
        o["requirement"]: o["status"]
        for o in verdict["outcomes"]
        if o["status"] not in ("passed", "not_applicable") and o.get("waived") is None
    }


def carried(carry: Callable[[Desk], None], example: Path, people: dict[str, str]) -> int:
    """Carries an example through in a temporary folder: exit code 0 where every step ended as it should, else 1."""
    with tempfile.TemporaryDirectory(prefix="cardwright-example-") as place:
        try:
            carry(Desk(Path(place).resolve(), example, people))
        except Unexpected as exc:
            print(f"NOT AS IT SHOULD BE: {exc}", file=sys.stderr)
            return 1
    print("OK")
    return 0
