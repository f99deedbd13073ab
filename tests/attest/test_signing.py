"""From a refusal to a release and its withdrawal, with keys made on the spot, as the command line does it."""

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.authenticator import Authenticator, request_file
from tests.attest.support import SECRET, by, countersign, in_days, release, sign, verify, waive

from cardwright.attest import signing, under_review
from cardwright.attest import trust as trusting
from cardwright.cli.console import clock
from cardwright.dossier import store
from cardwright.errors import IntegrityError, StoreError
from cardwright.record.claim import SignOff


def test_refused_waived_rejected_signed_released_verified_withdrawn(cli, desk):
    assert release(cli, desk).code == 1
    assert waive(cli, desk).code == 0
    rejected = sign(cli, desk, "Ben", "risk_head", "reject", "approval", "--comment", "Who reads the files?")
    assert rejected.code == 0
    assert sign(cli, desk, "Ada", "owner", "approve", "authorship").code == 0
    assert sign(cli, desk, "Ada", "owner", "approve", "responsibility").code == 0
    assert sign(cli, desk, "Ben", "risk_head", "approve", "approval").code == 0
    assert release(cli, desk).code == 1  # the rejection stands until a decision names it
    id = rejected.out.split("Signed: ")[1].split()[0]
    assert sign(cli, desk, "Ben", "risk_head", "approve", "approval", "--answers", id[:12]).code == 0
    waiting = release(cli, desk)
    assert waiting.code == 1
    assert "NOT RELEASED: Ada (owner) has not countersigned" in waiting.out
    assert countersign(cli, desk, "Ada").code == 0
    done = release(cli, desk)
    assert done.code == 0, done
    assert "ALLOWED WITH 1 WAIVER" in done.out
    assert "You sign over:" in done.out
    assert (desk / "out" / "final" / "audit_report.pdf").read_bytes().startswith(b"%PDF")
    card = (desk / "out" / "final" / "model_card.md").read_text()
    assert "REFUSED" not in card
    assert "draft" not in card.lower()

    trusted = verify(cli, desk, "--trust", desk / "trust.yaml")
    assert trusted.code == 0, trusted
    assert "VERIFIED" in trusted.out
    assert "cannot be known here" in trusted.out
    untrusted = verify(cli, desk)
    assert untrusted.code == 1
    assert "approval not judged" in untrusted.out
    late = verify(cli, desk, "--trust", desk / "trust.yaml", "--as-of", f"{in_days(31)}T00:00:00Z")
    assert late.code == 1  # the waiver has expired

    (desk / "files" / "model.bin").write_bytes(b"weightz")
    assert verify(cli, desk, "--trust", desk / "trust.yaml").code != 0
    (desk / "files" / "model.bin").write_bytes(b"weights")

    gone = cli("withdraw", desk / "out", "--reason", "It failed in the pilot.", *by(desk, "Ben"))
    assert gone.code == 0, gone
    refused = verify(cli, desk, "--trust", desk / "trust.yaml")
    assert refused.code != 0
    assert "withdrawn by Ben" in refused.out


@pytest.mark.parametrize(
    "name",
    [
        "claims.jsonl",
        "ledger.jsonl",
        "verdict.json",
        "record.json",
        "audit_report.pdf",
        "review.json",
        "release.json",
        "final/audit_report.pdf",
    ],
)
def test_a_changed_byte_of_a_released_dossier_is_refused(cli, released, name):
    path = released / "out" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    assert verify(cli, released, "--trust", released / "trust.yaml").code != 0


def test_a_signed_dossier_is_superseded_and_not_overwritten(cli, desk):
    sign(cli, desk, "Ada", "owner", "approve", "responsibility")
    assert cli("run", desk / "files", "-o", desk / "out").code == 4
    assert cli("run", desk / "files", "-o", desk / "out", "--supersede").code == 1
    assert [p.name for p in desk.iterdir() if p.name.startswith("out.superseded")]
    assert not (desk / "out" / "claims.jsonl").exists()
    assert (desk / "out" / "ledger.jsonl").read_bytes().count(
        b"\n"
    ) == 3  # two runs and the signature: the ledger goes on


def test_twenty_who_sign_at_once_wait_for_each_other_and_twenty_claims_are_written(released):
    """Each waits for its turn, within bounds; every claim that was said to be signed is there, and in the ledger."""
    from concurrent.futures import ThreadPoolExecutor

    from cardwright.attest import keys, signing, under_review
    from cardwright.attest import trust as trusting
    from cardwright.dossier import store
    from cardwright.record.claim import Attest

    folder = released / "out"
    private = keys.open_private(released / "Ada.key", SECRET)
    trust = trusting.read((released / "trust.yaml").read_bytes(), where="trust.yaml")
    before = under_review.read(store.read_dossier(folder), where="out")
    at = before.chain.entries[-1].at

    def answer(number):
        def make(reviewed, holder):
            return Attest(
                person=holder.person.name, key=keys.fingerprint(private.public_key()), role="owner", at=at,
                record_sha256=reviewed.case.record.sha256, checklist="responsible_ai_minimum", item="told", answer="met",
                statement=f"Sentence {number}.",
            )  # fmt: skip

        return signing.say(folder, private, at, make, trust=trust, person="Ada", role="owner")

    with ThreadPoolExecutor(20) as pool:
        told = [*pool.map(answer, range(20))]
    read = under_review.read(store.read_dossier(folder), where="out")
    assert sorted(told) == sorted(one.sealed.id for one in read.signed[-20:])
    assert len(read.signed) == len(before.signed) + 20


def test_two_processes_that_sign_at_once_lose_nothing(desk):
    import os
    import subprocess
    import sys

    env = {**os.environ, "CARDWRIGHT_PASSPHRASE": SECRET, "CARDWRIGHT_TRUST": str(desk / "trust.yaml")}
    running = []
    for name, meaning in (("Ada", "responsibility"), ("Ben", "approval")):
        words = ["sign-off", desk / "out", "--decision", "reject", "--meaning", meaning, *by(desk, name)]
        command = [sys.executable, "-m", "cardwright.cli.main", *map(str, words)]
        running.append(subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    told = [child.communicate() for child in running]
    assert [child.returncode for child in running] == [0, 0], told


def with_passkey(cli, desk, one, roles=("risk_head",)):
    """Enrol a passkey as a further key of Ben's."""
    asked = request_file(desk / "passkey.json", one.request("Ben", roles, "2026-11-01T00:00:00Z"))
    words = ["--trust", desk / "trust.yaml", "--fingerprint", one.fingerprint, "--further"]
    done = cli("keys", "enrol", asked, *words)
    assert done.code == 0, done
    assert f"passkey of {one.rp_id}, at {one.origin}" in done.out


def approve_at_desk(desk, one, *, before=None, **otherwise):
    """Ben approves as a desk has him do it: a claim is prepared, his passkey signs its challenge, and the line is added."""
    known = trusting.read((desk / "trust.yaml").read_bytes(), where="trust.yaml")
    holder = known.holder(one.fingerprint)
    dossier = under_review.read(store.read_dossier(desk / "out"), where="out")
    said = {
        "person": "Ben",
        "key": one.fingerprint,
        "role": "risk_head",
        "at": clock(),
        "decision": "approve",
        "meaning": "approval",
    }
    asked = signing.prepared(
        dossier,
        lambda d, h: SignOff(**said, manifest_sha256=d.manifest_sha256, record_sha256=d.case.record.sha256),
        known,
        holder,
    )
    line = signing.with_passkey(asked.payload, one.answer(asked.challenge, **otherwise), holder)
    if before is not None:
        before()
    store.amend(desk / "out", lambda files: signing.added(files, line, where="out"))


def test_an_approval_with_a_passkey_is_verified_offline_like_any_other(cli, desk):
    one = Authenticator()
    with_passkey(cli, desk, one)
    assert waive(cli, desk).code == 0
    for meaning in ("authorship", "responsibility"):
        assert sign(cli, desk, "Ada", "owner", "approve", meaning).code == 0
    approve_at_desk(desk, one)
    assert countersign(cli, desk, "Ada").code == 0
    done = release(cli, desk)
    assert done.code == 0, done
    trusted = verify(cli, desk, "--trust", desk / "trust.yaml")
    assert trusted.code == 0, trusted
    path = desk / "trust.yaml"
    path.write_text(path.read_text().replace(one.origin, "https://another.desk.example.org"))
    moved = verify(cli, desk, "--trust", path)
    assert moved.code == 1
    assert "it was given at another origin than https://another.desk.example.org" in moved.out


def test_what_a_passkey_signs_is_added_only_if_nobody_has_signed_meanwhile(cli, desk):
    one = Authenticator()
    with_passkey(cli, desk, one)
    ledger = (desk / "out" / "ledger.jsonl").read_bytes()
    with pytest.raises(IntegrityError, match="another origin"):
        approve_at_desk(desk, one, origin="https://desk.example.net")
    assert (desk / "out" / "ledger.jsonl").read_bytes() == ledger
    with pytest.raises(StoreError, match="somebody else has signed meanwhile"):
        approve_at_desk(desk, one, before=lambda: sign(cli, desk, "Ada", "owner", "approve", "authorship"))
