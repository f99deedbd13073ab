"""From a refusal to a release and its withdrawal, with keys made on the spot, as the command line does it."""

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.small_plan import DETAILS, PLAN, rows, write_csv

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


@pytest.fixture
def desk(cli, tmp_path, monkeypatch):
    """A refused dossier, two enrolled people, and a trust file that accepts the policy."""
    monkeypatch.setenv("CARDWRIGHT_PASSPHRASE", "correct horse battery staple")
    files = tmp_path / "files"
    files.mkdir()
    (files / "assessment.yaml").write_text(PLAN.replace("policy: research", "policy: pilot.yaml"))
    (files / "pilot.yaml").write_text(POLICY)
    (files / "details.yaml").write_text(DETAILS)
    (files / "model.bin").write_bytes(b"weights")
    write_csv(files / "data.csv", rows())
    for name, role in (("Ada", "owner"), ("Ben", "risk_head")):
        key = tmp_path / f"{name}.key"
        assert cli("keys", "new", key, "--as", name, "--role", role).code == 0
        assert (
            cli("keys", "enrol", key.with_suffix(".enrol.json"), "--trust", tmp_path / "trust.yaml", "--yes").code == 0
        )
    assert cli("keys", "accept", files / "pilot.yaml", "--trust", tmp_path / "trust.yaml").code == 0
    assert cli("run", files, "-o", tmp_path / "out").code == 1
    return tmp_path


def sign(cli, desk, name, role, decision, meaning, *more):
    words = ["--decision", decision, "--role", role, "--meaning", meaning, "--key", desk / f"{name}.key", "--as", name]
    return cli("sign-off", desk / "out", *words, *more)


def release(cli, desk):
    words = ["--trust", desk / "trust.yaml", "--artifact", desk / "files", "--policy", desk / "files" / "pilot.yaml"]
    return cli("release", desk / "out", *words)


def verify(cli, desk, *more):
    policy = ["--policy", desk / "files" / "pilot.yaml"]
    return cli("verify", desk / "out", "--artifact", desk / "files", *policy, *more)


def waive(cli, desk):
    asked = cli(
        "waive", "request", desk / "out", "ranking", "--reason", "A pilot of ten files.", "--controls", "Each file is read twice.",
        "--expires", _in_days(30), "--key", desk / "Ada.key", "--as", "Ada", "--role", "owner",
    )  # fmt: skip
    assert asked.code == 0, asked
    id = asked.out.split("Requested: ")[1].split()[0]
    own = cli(
        "waive", "approve", desk / "out", id[:12], "--key", desk / "Ada.key", "--as", "Ada", "--role", "risk_head"
    )
    assert own.code == 2  # whoever asks does not approve
    return cli(
        "waive", "approve", desk / "out", id[:12], "--key", desk / "Ben.key", "--as", "Ben", "--role", "risk_head"
    )


def _in_days(days):
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def test_refused_waived_rejected_signed_released_verified_withdrawn(cli, desk):
    assert release(cli, desk).code == 1
    assert waive(cli, desk).code == 0
    rejected = sign(cli, desk, "Ben", "risk_head", "reject", "approval", "--comment", "Who reads the files?")
    assert rejected.code == 0
    assert sign(cli, desk, "Ada", "owner", "approve", "responsibility").code == 0
    again = sign(cli, desk, "Ben", "risk_head", "approve", "approval")
    assert again.code == 0
    assert release(cli, desk).code == 1  # the rejection stands until a decision names it
    id = rejected.out.split("Signed: ")[1].split()[0]
    assert sign(cli, desk, "Ben", "risk_head", "approve", "approval", "--answers", id[:12]).code == 0
    done = release(cli, desk)
    assert done.code == 0, done
    assert "ALLOWED WITH 1 WAIVER" in done.out
    assert (desk / "out" / "audit_report_final.pdf").read_bytes().startswith(b"%PDF")

    trusted = verify(cli, desk, "--trust", desk / "trust.yaml")
    assert trusted.code == 0, trusted
    assert "VERIFIED" in trusted.out
    untrusted = verify(cli, desk)
    assert untrusted.code == 1
    assert "approval not judged" in untrusted.out
    late = verify(cli, desk, "--trust", desk / "trust.yaml", "--as-of", f"{_in_days(31)}T00:00:00Z")
    assert late.code == 1  # the waiver has expired

    (desk / "files" / "model.bin").write_bytes(b"weightz")
    assert verify(cli, desk, "--trust", desk / "trust.yaml").code != 0
    (desk / "files" / "model.bin").write_bytes(b"weights")

    gone = cli(
        "withdraw",
        desk / "out",
        "--reason",
        "It failed in the pilot.",
        "--key",
        desk / "Ben.key",
        "--as",
        "Ben",
        "--role",
        "risk_head",
    )
    assert gone.code == 0
    refused = verify(cli, desk, "--trust", desk / "trust.yaml")
    assert refused.code != 0
    assert "withdrawn by Ben" in refused.out


@pytest.mark.parametrize(
    "name", ["claims.jsonl", "ledger.jsonl", "verdict.json", "record.json", "audit_report.pdf", "review.json"]
)
def test_a_changed_byte_of_a_released_dossier_is_refused(cli, desk, name):
    waive(cli, desk)
    sign(cli, desk, "Ada", "owner", "approve", "responsibility")
    sign(cli, desk, "Ben", "risk_head", "approve", "approval")
    assert release(cli, desk).code == 0
    path = desk / "out" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    assert verify(cli, desk, "--trust", desk / "trust.yaml").code != 0


def test_a_signed_dossier_is_superseded_and_not_overwritten(cli, desk):
    sign(cli, desk, "Ada", "owner", "approve", "responsibility")
    assert cli("run", desk / "files", "-o", desk / "out").code == 4
    assert cli("run", desk / "files", "-o", desk / "out", "--supersede").code == 1
    assert [p.name for p in desk.iterdir() if p.name.startswith("out.superseded")]
    assert not (desk / "out" / "claims.jsonl").exists()
    assert (desk / "out" / "ledger.jsonl").read_bytes().count(
        b"\n"
    ) == 3  # two runs and the signature: the ledger goes on


def test_the_wrong_passphrase_signs_nothing(cli, desk, monkeypatch):
    monkeypatch.setenv("CARDWRIGHT_PASSPHRASE", "another passphrase")
    assert sign(cli, desk, "Ada", "owner", "approve", "responsibility").code == 2
    assert not (desk / "out" / "claims.jsonl").exists()
