"""Carries an example from its plan to a release, and verifies it as the receiving team does.

It works in a temporary copy, in a git repository of its own, with keys that it makes on the spot, and needs no network. Every
exit code is checked: one line a step, and OK at the end. The people are invented.

    python examples/release.py assistant
    python examples/release.py census_extract
    python examples/release.py club
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desk import Desk, blockers, carried, expect

EXAMPLES = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Answer:
    """What somebody says of one item of a checklist."""

    person: str
    checklist: str
    item: str
    statement: str


@dataclass(frozen=True)
class Waived:
    """A requirement that the evidence does not meet, why that is accepted for a time, and what is done instead."""

    requirement: str
    status: str
    reason: str
    controls: str
    asks: str
    approves: str
    approves_as: str


@dataclass(frozen=True)
class Release:
    """An example, who signs for it, and what they say."""

    plan: str
    people: dict[str, str]
    """Name to roles: who makes it and takes responsibility, who approves, who releases."""
    answers: tuple[Answer, ...]
    open_ones: tuple[str, ...]
    """The requirements that wait for people after the run."""
    changed: str
    """A file that the receiving team would find changed."""
    approves_as: str
    """The role that the policy wants the approval of."""
    waived: tuple[Waived, ...] = ()
    """Requirements that the evidence does not meet, and that are accepted for a time."""
    sampled: tuple[str, ...] = ()
    """Transcripts from which the refusal scorer's sample is drawn before the plan is signed; none if no scorer is calibrated."""


RELEASES = {
    "assistant": Release(
        plan="assessment.hardened.yaml",
        people={"R. Lindqvist": "owner", "M. Abara": "security, risk_head", "T. Weiss": "release"},
        answers=(
            Answer("M. Abara", "owasp_llm_2025", "llm05", "The app shows answers as plain text; links go to our own host alone."),
            Answer("M. Abara", "owasp_llm_2025", "llm06", "tools.json lists what it may call; none of them moves money."),
            Answer("M. Abara", "owasp_llm_2025", "llm07-secrets", "A code is in the prompt; without a badge it opens nothing."),
            Answer("M. Abara", "owasp_llm_2025", "llm10", "Thirty questions an hour for each traveller, and a monthly limit."),
            Answer("R. Lindqvist", "responsible_ai_minimum", "told", "The chat's first line says that a machine answers."),
            Answer("R. Lindqvist", "responsible_ai_minimum", "recourse", "Each page of the chat offers a person."),
        ),
        open_ones=("approval", "people", "preregistered", "responsibility", "safeguards"),
        changed="prompt.hardened.md",
        approves_as="risk_head",
        sampled=("data_hardened/attacks.jsonl", "data_hardened/benign.jsonl"),
        waived=(
            Waived(
                "over-refusal",
                "inconclusive",
                "The refusal scorer is not calibrated: a program gave the labels. It flagged one of 64 harmless questions.",
                "Travellers reach a person from every page; refused questions are read each week, and people label a sample.",
                asks="R. Lindqvist",
                approves="M. Abara",
                approves_as="risk_head",
            ),
        ),
    ),
    "census_extract": Release(
        plan="assessment.yaml",
        people={"P. Ruiz": "data_owner", "K. Novak": "privacy", "T. Weiss": "release"},
        answers=(
            Answer("K. Novak", "handoff_readiness", "rights", "Public microdata; the package that holds the table is under MIT."),
            Answer("P. Ruiz", "secure_development", "data-write", "prepare.py makes the file; a test compares every value."),
            Answer("P. Ruiz", "secure_development", "access-d", "It changes by a reviewed commit alone."),
            Answer("K. Novak", "handoff_readiness", "minimisation", "Each column of details.yaml was read beside its purpose."),
        ),
        open_ones=("approval", "integrity", "personal-data", "preregistered", "responsibility", "rights"),
        changed="data/extract.parquet",
        approves_as="privacy",
        waived=(
            Waived(
                "re-identification",
                "failed",
                "Ages, schooling and origin of both single out couples; the Census Bureau published these rows in 1991.",
                "No name, place or date is in the table; nobody joins it with other records of people.",
                asks="K. Novak",
                approves="P. Ruiz",
                approves_as="data_owner",
            ),
        ),
    ),
    "club": Release(
        plan="assessment.yaml",
        people={"L. Haddad": "data_owner", "S. Brandt": "privacy", "T. Weiss": "release"},
        answers=(
            Answer("S. Brandt", "handoff_readiness", "minimisation", "Names, e-mail, telephone, day of birth, postcode left."),
            Answer("S. Brandt", "handoff_readiness", "rights", "The members are invented; nobody's rights are touched."),
            Answer("L. Haddad", "secure_development", "data-write", "prepare.py makes the file; a test compares every byte."),
            Answer("L. Haddad", "secure_development", "access-d", "It changes by a reviewed commit alone."),
        ),
        open_ones=("approval", "integrity", "personal-data", "preregistered", "responsibility", "rights"),
        changed="data/members_in_bands.csv",
        approves_as="privacy",
    ),
}  # fmt: skip


def calibrate(desk: Desk, example: Release) -> None:
    """The owner commits the rows, another person draws, and a program labels, which the calibration says."""
    owner, approver, releaser = example.people
    chain, sheet, labels = (desk.place / name for name in ("chain.json", "sheet.csv", "labels.csv"))
    rows = [word for name in example.sampled for word in ("--transcripts", desk.files / name)]
    expires = datetime.now(UTC).date() + timedelta(days=365)
    said = ("--source", "Invented transcripts; labels of a program", "--language", "en", "--expires", expires)
    desk.signed("calibrate", "commit", "refusal", *rows, "--size", 120, "--labellers", 1, *said, "-o", chain, by=owner)
    desk.signed("calibrate", "nonce", chain, by=approver)
    desk.cardwright("calibrate", "draw", "refusal", *rows, "--chain", chain, "-o", sheet)
    subprocess.run([sys.executable, "label.py", sheet, labels], cwd=desk.files, env=desk.env, check=True)
    desk.signed("calibrate", "label", labels, chain, "--labelled-by", "program", by=releaser)
    made = desk.files / "calibration" / "calibration.json"
    made.unlink()
    desk.cardwright("calibrate", "score", "refusal", *rows, "--chain", chain, "-o", made)
    desk.commit()
    desk.done(f"{owner} commits the transcripts' rows, {approver} draws 120 of them by a nonce, a program labels them")


def carry(desk: Desk) -> None:
    example = RELEASES[desk.example.name]
    owner, approver, releaser = example.people
    dossier = desk.place / "dossier"
    trusted = ("--trust", desk.trust)

    desk.copy()
    desk.done("copied into a git repository of its own, and committed")

    desk.enrol()
    desk.done("keys made and enrolled, the policy accepted in the trust file")

    if example.sampled:
        calibrate(desk, example)

    plan = ("--plan", desk.files / example.plan, "-o", dossier, "--policy", desk.policy)
    desk.signed("attest", *plan, "--as-author", by=owner)
    desk.signed("attest", *plan, by=approver)
    expect(not dossier.exists(), "signing a plan evaluates nothing")
    desk.done(
        f"{owner} signs the plan as its author, {approver} agrees ({desk.roles(approver)[0]}), before anything is evaluated"
    )

    desk.cardwright("run", desk.files / example.plan, "-o", dossier, "--policy", desk.policy, code=1)
    found = blockers(dossier)
    awaited = {**dict.fromkeys(example.open_ones, "missing"), **{w.requirement: w.status for w in example.waived}}
    expect(found == awaited, f"in the way: {found}")
    desk.done(
        f"run: the evidence is there, nothing that people say is judged yet; refused for {', '.join(sorted(found))}"
    )

    desk.release(dossier, by=releaser, code=1)
    found = blockers(dossier)
    expect(
        found == {name: status for name, status in awaited.items() if name != "preregistered"}, f"in the way: {found}"
    )
    desk.done("release: refused; of what people say, the signatures of the plan alone are there")

    for said in example.answers:
        words = ("attest", dossier, said.checklist, said.item, "--statement", said.statement)
        desk.signed(*words, by=said.person)
    items = ", ".join(f"{said.item} ({desk.roles(said.person)[0]})" for said in example.answers)
    desk.done(f"{len(example.answers)} items of checklists answered: {items}")

    expires = datetime.now(UTC).date() + timedelta(days=30)
    for one in example.waived:
        words = ("--reason", one.reason, "--controls", one.controls, "--expires", expires)
        asked = desk.signed("waive", "request", dossier, one.requirement, *words, by=one.asks)
        desk.signed("waive", "approve", dossier, asked, by=one.approves, role=one.approves_as)
        desk.done(
            f"{one.requirement}: {one.status}; {one.asks} asks for a waiver, and {one.approves} approves it ({one.approves_as})"
        )

    desk.made(dossier, by=owner)
    desk.signed("sign-off", dossier, "--decision", "approve", "--meaning", "responsibility", by=owner)
    said = desk.release(dossier, by=releaser, code=1)
    expect(blockers(dossier) == {"approval": "missing"}, f"in the way: {blockers(dossier)} {said}")
    desk.done(
        f"{owner} takes responsibility ({desk.roles(owner)[0]}); release: refused, the other person has not signed"
    )

    approval = ("--decision", "approve", "--meaning", "approval")
    desk.signed("sign-off", dossier, *approval, by=approver, role=example.approves_as)
    desk.signed("countersign", dossier, by=owner)
    said = desk.release(dossier, by=releaser, code=0)
    expect("\nALLOWED" in said and ("WAIVER" in said) == bool(example.waived), said)
    with_waivers = f"with {len(example.waived)} waiver" if example.waived else "without a waiver"
    desk.done(
        f"{approver} approves ({example.approves_as}), {owner} countersigns; "
        f"{releaser} signs the release: ALLOWED, {with_waivers}"
    )

    said = desk.verify(dossier, *trusted, code=0)
    expect("VERIFIED" in said, said)
    said = desk.verify(dossier, code=1)
    expect("approval not judged" in said, said)
    desk.done("verify: passes with the trust file; without it approval is not judged, and it refuses")

    said = desk.verify(dossier, *trusted, code=3, files=desk.changed(example.changed))
    expect(f"{example.changed} is not the file that was evaluated" in said, said)
    desk.done(f"one byte of {example.changed} changed, in a copy; verify: refused")


def main(words: list[str]) -> int:
    if len(words) != 1 or words[0] not in RELEASES:
        print(f"usage: python examples/release.py {' | '.join(RELEASES)}", file=sys.stderr)
        return 2
    return carried(carry, EXAMPLES / words[0], RELEASES[words[0]].people)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
