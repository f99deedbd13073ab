"""People, their keys and a trust file, made on the spot, and the commands that they give."""

import json
from datetime import UTC, datetime, timedelta

from cardwright.dossier import enclosure, layout
from cardwright.errors import IntegrityError

POLICY = """\
schema: cardwright/policy/1
policy: pilot
version: 1.0.0
title: Pilot
kinds: [model]
for_production: false
set_by: us
set_on: 2026-11-01
waivers: {max_days: 60, approver_roles: [risk_head], max_active: 1}
requirements:
  - {id: performance, title: Performance is measured, why: w, origin: internal, evaluated: {evaluator: performance}}
  - {id: ranking, title: It ranks nearly perfectly, why: w, origin: internal,
     measurement: {evaluator: performance, metric: roc_auc, at_least: 0.99}}
  - {id: identity, title: The model at hand is the one, why: w, origin: internal, identity: {}}
  - {id: owner, title: The owner signs, why: w, origin: internal, sign_off: {role: owner, meaning: responsibility}}
  - {id: risk, title: Risk approves, why: w, origin: internal, sign_off: {role: risk_head, meaning: approval, not_same_as: [owner]}}
"""

SECRET = "correct horse battery staple"
PEOPLE = {
    "Ada": ("owner",),
    "Ben": ("risk_head",),
    "Cy": ("release", "status", "administrator"),
}
"""Ada makes the dossier and answers for it, Ben approves, Cy releases."""


def enrol(cli, folder, name, roles, *more):
    """Make a key for somebody and enrol it, the fingerprint compared."""
    key = folder / f"{name}.key"
    asked = [word for role in roles for word in ("--role", role)]
    made = cli("keys", "new", key, "--as", name, *asked)
    assert made.code == 0, made
    fingerprint = made.out.split("Fingerprint: ")[1].split()[0]
    words = ["--trust", folder / "trust.yaml", *asked, "--fingerprint", fingerprint, *more]
    done = cli("keys", "enrol", key.with_suffix(".enrol.json"), *words)
    assert done.code == 0, done
    return fingerprint


def by(folder, name, role=None):
    """Whose words a command is."""
    return ["--key", folder / f"{name}.key", "--as", name, "--role", role or PEOPLE[name][0]]


def sign(cli, desk, name, role, decision, meaning, *more):
    words = ["--decision", decision, "--meaning", meaning, *by(desk, name, role)]
    return cli("sign-off", desk / "out", *words, *more)


def countersign(cli, desk, name, role=None):
    return cli("countersign", desk / "out", *by(desk, name, role))


def release(cli, desk, *more, name="Cy", policy="pilot.yaml"):
    words = ["--key", desk / f"{name}.key", "--as", name, "--artifact", desk / "files"]
    return cli("release", desk / "out", *words, "--policy", desk / "files" / policy, *more)


def verify(cli, desk, *more, policy="pilot.yaml"):
    return cli("verify", desk / "out", "--artifact", desk / "files", "--policy", desk / "files" / policy, *more)


def signed_by_all(cli, desk):
    """Everything that a release of the pilot policy needs beside the waiver."""
    for name, role, meaning in (
        ("Ada", "owner", "authorship"),
        ("Ada", "owner", "responsibility"),
        ("Ben", "risk_head", "approval"),
    ):
        done = sign(cli, desk, name, role, "approve", meaning)
        assert done.code == 0, done
    done = countersign(cli, desk, "Ada")
    assert done.code == 0, done


def withdraws(desk, *roles):
    """Let these roles withdraw other people's claims."""
    path = desk / "trust.yaml"
    path.write_text(path.read_text().replace("people:", f"withdraws: [{', '.join(roles)}]\npeople:", 1))


def verdict_of(desk):
    return json.loads((desk / "out" / "verdict.json").read_bytes())


def waive(cli, desk):
    asked = cli(
        "waive", "request", desk / "out", "ranking", "--reason", "A pilot of ten files.", "--controls", "Each file is read twice.",
        "--expires", in_days(30), *by(desk, "Ada"),
    )  # fmt: skip
    assert asked.code == 0, asked
    id = asked.out.split("Requested: ")[1].split()[0]
    own = cli("waive", "approve", desk / "out", id[:12], *by(desk, "Ada"))
    assert own.code == 2  # whoever asks does not approve
    return cli("waive", "approve", desk / "out", id[:12], *by(desk, "Ben"))


def in_days(days):
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def _taken_apart(data):
    """A PDF taken apart; None if it is none, or nothing is enclosed in it."""
    try:
        return enclosure.opened(data, where="final")
    except IntegrityError:
        return None


def enclosed_anew(files):
    """The files of a dossier with what stands there now enclosed in its final PDF, as a dishonest releaser would do it."""
    path = f"{layout.FINAL}audit_report.pdf"
    taken = _taken_apart(files.get(path, b""))
    if taken is None:
        return files
    here = {name: files[name] for name in enclosure.ENCLOSED if name in files}
    return {**files, path: enclosure.enclose(taken.document, here)}


def as_made(files):
    """The final documents as a release statement names them: the PDF without what is enclosed in it."""
    final = {name: data for name, data in files.items() if name.startswith(layout.FINAL)}
    opened = {name: _taken_apart(data) for name, data in final.items() if name.endswith(".pdf")}
    return {**final, **{name: taken.document for name, taken in opened.items() if taken is not None}}
