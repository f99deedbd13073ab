"""A plan is signed before it is run, by somebody other than its author; a release can rest on it, and a late signature counts for nothing."""

import json
from datetime import UTC, datetime

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.support import PEOPLE, enrol
from tests.small_plan import DETAILS, PLAN, rows, write_csv

from cardwright.attest import claims, keys, ledger, preregistration
from cardwright.dossier import store
from cardwright.record.claim import Preregister

POLICY = """\
schema: cardwright/policy/1
policy: signed_first
version: 1.0.0
title: A plan signed first
kinds: [model]
for_production: false
set_by: us
set_on: 2026-11-01
requirements:
  - {id: performance, title: Performance is measured, why: w, origin: internal, evaluated: {evaluator: performance}}
  - {id: first, title: The plan was signed first, why: w, origin: internal, preregistered: {roles: [risk_head]}}
  - {id: owner, title: The owner signs, why: w, origin: internal, sign_off: {role: owner, meaning: responsibility}}
  - {id: risk, title: Risk approves, why: w, origin: internal, sign_off: {role: risk_head, meaning: approval}}
"""


@pytest.fixture
def desk(cli, tmp_path, monkeypatch):
    """A plan that nobody has run, two enrolled people, and a trust file that accepts the policy."""
    monkeypatch.setenv("CARDWRIGHT_PASSPHRASE", "correct horse battery staple")
    files = tmp_path / "files"
    files.mkdir()
    plan = PLAN.replace("policy: research", "policy: first.yaml\nauthor: Ada")
    (files / "assessment.yaml").write_text(plan)
    (files / "first.yaml").write_text(POLICY)
    (files / "details.yaml").write_text(DETAILS)
    (files / "model.bin").write_bytes(b"weights")
    write_csv(files / "data.csv", rows())
    monkeypatch.setenv("CARDWRIGHT_TRUST", str(tmp_path / "trust.yaml"))
    for name, roles in PEOPLE.items():
        enrol(cli, tmp_path, name, roles)
    assert cli("keys", "accept", files / "first.yaml", "--trust", tmp_path / "trust.yaml").code == 0
    return tmp_path


def sign_plan(cli, desk, name="Ben", role="risk_head", *more):
    words = ["--key", desk / f"{name}.key", "--as", name, "--role", role, *more]
    return cli("attest", "--plan", desk / "files" / "assessment.yaml", "-o", desk / "out", *words)


def run(cli, desk, *more):
    return cli("run", desk / "files", "-o", desk / "out", *more)


def release(cli, desk):
    """The owner signs for having made it, risk approves, and everything is decided; what is in the way."""
    for name, role, meaning in (
        ("Ada", "owner", "authorship"),
        ("Ada", "owner", "responsibility"),
        ("Ben", "risk_head", "approval"),
    ):
        words = ["--decision", "approve", "--role", role, "--meaning", meaning, "--as", name]
        assert cli("sign-off", desk / "out", *words, "--key", desk / f"{name}.key").code == 0
    assert cli("countersign", desk / "out", "--role", "owner", "--as", "Ada", "--key", desk / "Ada.key").code == 0
    place = ["--artifact", desk / "files", "--policy", desk / "files" / "first.yaml"]
    ran = cli("release", desk / "out", *place, "--as", "Cy", "--key", desk / "Cy.key")
    outcomes = json.loads((desk / "out" / "verdict.json").read_bytes())["outcomes"]
    return ran, {o["requirement"] for o in outcomes if o["status"] not in ("passed", "not_applicable")}


def verify(cli, desk):
    place = ["--artifact", desk / "files", "--policy", desk / "files" / "first.yaml"]
    return cli("verify", desk / "out", "--trust", desk / "trust.yaml", *place)


def test_a_plan_that_another_person_signed_before_it_ran_is_released_and_verified(cli, desk):
    assert sign_plan(cli, desk).code == 0
    assert not (desk / "out").exists(), "nothing is evaluated by signing"
    assert run(cli, desk).code == 1
    ran, blocking = release(cli, desk)
    assert (ran.code, blocking) == (0, set()), ran
    assert verify(cli, desk).code == 0
    events = [(e.event, e.kind) for e in ledger.read((desk / "out" / "ledger.jsonl").read_bytes(), "loans").entries]
    assert events[:2] == [("claim", "preregister"), ("run", "record")]


def test_a_plan_that_its_author_alone_signed_is_self_declared(cli, desk):
    assert sign_plan(cli, desk, "Ada", "owner").code == 0
    run(cli, desk)
    ran, blocking = release(cli, desk)
    assert (ran.code, blocking) == (1, {"first"})


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("assessment.yaml", lambda text: text.replace("threshold: 0.5", "threshold: 0.6")),
        ("first.yaml", lambda text: text.replace("roles: [risk_head]", "roles: [risk_head, owner]")),
    ],
)
def test_a_changed_plan_or_policy_is_another_plan_and_its_signature_is_left_out(cli, desk, name, changed):
    assert sign_plan(cli, desk).code == 0
    path = desk / "files" / name
    path.write_text(changed(path.read_text()))
    assert sign_plan(cli, desk).code == 0
    said = store.plan_signatures(desk / "out")
    before, after = (one.claim.plan_sha256 for one in claims.read(said))
    assert before != after
    taken = preregistration.taken(said, b"", "loans", after)
    assert (taken.lines, taken.others) == (said.splitlines(keepends=True)[1], 1)
    assert [entry.kind for entry in taken.chain.entries] == ["preregister"]


def test_a_signature_after_the_run_is_not_believed_whatever_date_it_bears(cli, desk):
    """Somebody with a key and write access puts it into the dossier by hand."""
    run(cli, desk)
    private = keys.open_private(desk / "Ben.key", "correct horse battery staple")
    lock = json.loads((desk / "out" / "record.json").read_bytes())["provenance"]["plan_sha256"]
    chain = ledger.read((desk / "out" / "ledger.jsonl").read_bytes(), "loans")
    claim = Preregister(
        person="Ben",
        key=keys.fingerprint(private.public_key()),
        role="risk_head",
        at=f"{datetime.now(UTC).date()}T00:00:00Z",
        plan_sha256=lock,
    )
    line = claims.make(claim, private, chain.head_at(0))
    (signed,) = claims.read(line + b"\n")
    late = chain.append("claim", "preregister", signed.sealed.id, claim.at)
    (desk / "out" / "claims.jsonl").write_bytes(line + b"\n")
    (desk / "out" / "ledger.jsonl").write_bytes(late.to_bytes())
    ran, blocking = release(cli, desk)
    assert (ran.code, "first" in blocking) == (1, True)
    assert "the plan had been run when this was signed" in ran.out + ran.err


def test_a_dossier_that_takes_the_place_of_a_signed_one_is_released_and_verified_too(cli, desk):
    sign_plan(cli, desk)
    run(cli, desk)
    assert release(cli, desk)[0].code == 0
    assert run(cli, desk, "--supersede").code == 1
    assert verify(cli, desk).code != 0, "no sign-off is carried over"
    ran, blocking = release(cli, desk)
    assert (ran.code, blocking) == (0, set()), ran
    assert verify(cli, desk).code == 0
    assert cli("status", desk).code == 0
    chain = ledger.read((desk / "out" / "ledger.jsonl").read_bytes(), "loans")
    assert chain.runs == 2, "every run is counted"


def test_signatures_of_several_people_stand_in_the_order_in_which_they_were_made(cli, desk):
    sign_plan(cli, desk)
    sign_plan(cli, desk, "Ada", "owner")
    said = claims.read(store.plan_signatures(desk / "out"))
    assert [one.claim.person for one in said] == ["Ben", "Ada"]
