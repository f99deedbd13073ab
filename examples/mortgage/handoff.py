"""Carries the example from a refusal to a release, its verification, a second release and the withdrawal.

It works in a temporary copy, in a git repository of its own, with keys that it makes on the spot, and needs no network. Every
exit code is checked: one line a step, and OK at the end. The people are invented, and so are their reasons; nothing here makes
the model fit for use.

    python examples/mortgage/handoff.py
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent
POLICY = "release_policy.yaml"
PEOPLE = {"A. Okafor": "owner", "B. Lind": "risk_head"}
INCONCLUSIVE = ("demographic-parity-ratio", "equalized-odds")
SIGNED = ("approval", "responsibility")
ADDED = ("Signed: ", "Requested: ", "Approved: ", "Withdrawn: ")


class Unexpected(Exception):
    """A step did not end as it should."""


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise Unexpected(what)


class Desk:
    """A temporary folder with the example, the keys, the trust file and the dossiers."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.files = place / "repository" / "mortgage"
        self.trust = place / "trust.yaml"
        self.policy = self.files / POLICY
        self.passphrases = {name: secrets.token_urlsafe(24) for name in PEOPLE}
        # The clock decides when a waiver ends, so no fixed time of a reproducible build stands in for it.
        self.env = {k: v for k, v in os.environ.items() if k not in ("SOURCE_DATE_EPOCH", "CARDWRIGHT_PASSPHRASE")}
        self.steps = 0

    def key(self, name: str) -> Path:
        return self.place / f"{PEOPLE[name]}.key"

    def cardwright(self, *words: object, code: int = 0, by: str | None = None) -> str:
        """Runs a command, holds its exit code against `code`, and gives what it printed."""
        env = self.env | ({"CARDWRIGHT_PASSPHRASE": self.passphrases[by]} if by else {})
        command = [sys.executable, "-m", "cardwright.cli", *map(str, words)]
        ran = subprocess.run(command, env=env, cwd=self.place, capture_output=True, encoding="utf-8", check=False)
        said = f"cardwright {' '.join(map(str, words))}\nended with {ran.returncode}, not {code}:\n{ran.stdout}{ran.stderr}"
        expect(ran.returncode == code, said)
        return ran.stdout

    def signed(self, *words: object, by: str) -> str:
        """Signs something with the person's own key and role, and gives the id of what was added."""
        said = self.cardwright(*words, "--key", self.key(by), "--as", by, "--role", PEOPLE[by], by=by)
        (line,) = [s for s in said.splitlines() if s.startswith(ADDED)]
        return line.split(": ")[1].split()[0]

    def commit(self) -> None:
        who = ["-c", "user.name=Example", "-c", "user.email=example@example.com", "-c", "commit.gpgsign=false"]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Mortgage example"]):
            subprocess.run(["git", *who, *words], cwd=self.files.parent, env=self.env, check=True, capture_output=True)

    def release(self, dossier: Path, *, code: int) -> str:
        words = ("--trust", self.trust, "--artifact", self.files, "--policy", self.policy)
        return self.cardwright("release", dossier, *words, code=code)

    def verify(self, dossier: Path, *words: object, code: int, files: Path | None = None) -> str:
        return self.cardwright(
            "verify", dossier, "--artifact", files or self.files, "--policy", self.policy, *words, code=code
        )

    def done(self, what: str) -> None:
        self.steps += 1
        print(f"{self.steps:2} {what}", flush=True)


def blockers(dossier: Path, name: str = "verdict.json") -> dict[str, str]:
    """What is in the way, by requirement."""
    verdict = json.loads((dossier / name).read_bytes())
    return {
        o["requirement"]: o["status"]
        for o in verdict["outcomes"]
        if o["status"] not in ("passed", "not_applicable", "waived")
    }


def carry(desk: Desk) -> None:
    owner, risk = PEOPLE
    expires = datetime.now(UTC).date() + timedelta(days=30)
    first, second = desk.place / "dossier-1.0.0", desk.place / "dossier-1.1.0"
    trusted = ("--trust", desk.trust)

    shutil.copytree(EXAMPLE, desk.files, ignore=shutil.ignore_patterns("__pycache__"))
    desk.commit()
    desk.done("copied into a git repository of its own, and committed")

    desk.cardwright("run", desk.files, "-o", first, "--policy", desk.policy, code=1)
    found = blockers(first)
    expect({r for r in found if r not in SIGNED} == set(INCONCLUSIVE), f"in the way: {found}")
    expect({found[r] for r in INCONCLUSIVE} == {"inconclusive"}, f"in the way: {found}")
    desk.done(f"run: refused; {' and '.join(INCONCLUSIVE)} are inconclusive, nobody has signed")

    for name, role in PEOPLE.items():
        desk.cardwright("keys", "new", desk.key(name), "--as", name, "--role", role, by=name)
        request = desk.key(name).with_suffix(".enrol.json")
        desk.cardwright("keys", "enrol", request, *trusted, "--yes")
    desk.cardwright("keys", "accept", desk.policy, *trusted)
    desk.release(first, code=1)
    desk.done("keys made and enrolled, the policy accepted in the trust file; release: refused")

    for requirement in INCONCLUSIVE:
        reason = "118 applications of Black and 67 of Hispanic applicants are too few to decide; a pilot collects more."
        controls = "A loan officer reads every application and decides; refusals by group are counted each week."
        asked = desk.signed(
            "waive", "request", first, requirement, "--reason", reason, "--controls", controls, "--expires", expires, by=owner
        )  # fmt: skip
        desk.signed("waive", "approve", first, asked, by=risk)
    desk.done(f"waivers requested by {owner} and approved by {risk}, until {expires}")

    rejected = desk.signed(
        "sign-off", first, "--decision", "reject", "--meaning", "approval", "--comment", "Who counts the refusals?", by=risk
    )  # fmt: skip
    desk.signed("sign-off", first, "--decision", "approve", "--meaning", "responsibility", by=owner)
    said = desk.release(first, code=1)
    expect("1 requirement in the way" in said and f"{risk} (risk_head) has decided: reject" in said, said)
    desk.done(f"{owner} approves, {risk} rejects; release: refused")

    desk.signed("sign-off", first, "--decision", "approve", "--meaning", "approval", by=risk)
    said = desk.release(first, code=1)
    expect("1 requirement in the way" in said and f"{risk} (risk_head) has decided: reject" in said, said)
    desk.done(f"{risk} approves without naming the rejection; release: refused, the rejection stands")

    desk.signed(
        "sign-off", first, "--decision", "approve", "--meaning", "approval", "--answers", rejected,
        "--comment", "The owner counts them.", by=risk,
    )  # fmt: skip
    said = desk.release(first, code=0)
    expect("ALLOWED WITH 2 WAIVERS" in said and str(expires) in said, said)
    desk.done(f"{risk} approves and names the rejection; release: ALLOWED WITH 2 WAIVERS until {expires}")

    said = desk.verify(first, *trusted, code=0)
    expect("VERIFIED" in said, said)
    said = desk.verify(first, code=1)
    expect("approval not judged" in said, said)
    desk.done("verify: passes with the trust file; without it approval is not judged, and it refuses")

    later = f"{expires + timedelta(days=1)}T00:00:00Z"
    desk.verify(first, *trusted, "--as-of", later, code=1)
    desk.done(f"verify --as-of {later}: refused, the waivers have ended")

    received = desk.place / "received"
    shutil.copytree(desk.files, received)
    data = bytearray((received / "model.skops").read_bytes())
    data[len(data) // 2] ^= 1
    (received / "model.skops").write_bytes(bytes(data))
    said = desk.verify(first, *trusted, code=1, files=received)
    expect("model.skops is not the file that was evaluated" in said, said)
    desk.done("one byte of the model file changed, in a copy; verify: refused")

    plan = (desk.files / "assessment.yaml").read_text(encoding="utf-8")
    lines = {"  version: 1.0.0\n": "  version: 1.1.0\n", "policy: production\n": f"policy: {POLICY}\n"}
    for old, new in lines.items():
        expect(plan.count(old) == 1, f"the plan has not one line {old!r}")
        plan = plan.replace(old, new)
    plan += f"previous: ../../{first.name}\n"
    (desk.files / "assessment-1.1.0.yaml").write_text(plan, encoding="utf-8")
    desk.commit()
    said = desk.cardwright("run", desk.files / "assessment-1.1.0.yaml", "-o", second, code=1)
    record, before = (json.loads((d / "record.json").read_bytes()) for d in (second, first))
    reused = [e["id"] for e in record["evaluations"] if "reused_from" in e]
    expect(len(reused) == len(before["evaluations"]) and "Not run again" in said, f"reused: {reused}\n{said}")
    expect(not (second / "claims.jsonl").exists(), "a claim was carried over")
    desk.release(second, code=1)
    found = blockers(second)
    expect(set(found) == {*INCONCLUSIVE, *SIGNED}, f"in the way: {found}")
    desk.done(f"second release: {len(reused)} evaluations reused, no waiver and no sign-off carried; release: refused")

    desk.signed("withdraw", first, "--reason", "Refusals in the pilot differ by more than expected.", by=risk)
    said = desk.verify(first, *trusted, code=1)
    expect(f"withdrawn by {risk}" in said, said)
    desk.done(f"{risk} withdraws the first release; verify: refused")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="cardwright-handoff-") as place:
        try:
            carry(Desk(Path(place).resolve()))
        except Unexpected as exc:
            print(f"NOT AS IT SHOULD BE: {exc}", file=sys.stderr)
            return 1
    print("OK")
    return 0


if __name__ == "__main__":
    sys.exit(main())
