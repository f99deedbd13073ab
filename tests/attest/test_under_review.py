"""What a release lacks beside the gate's decision."""

import pytest
from tests.attest.authenticator import Authenticator
from tests.attest.signers import AT, sign_off
from tests.attest.support import countersign, release, sign, signed_by_all, verdict_of, waive
from tests.attest.test_attacks import rechained, rewrite

from cardwright.attest import trust, under_review
from cardwright.dossier import layout, store
from cardwright.record.claim import SignOff


def test_a_policy_that_asks_for_no_sign_off_allows_and_is_not_released(cli, desk):
    path = desk / "files" / "pilot.yaml"
    asked = [
        line
        for line in path.read_text().splitlines(keepends=True)
        if "{id: ranking" not in line and "at_least" not in line
    ]
    text = "".join(line for line in asked if "sign_off" not in line).replace("policy: pilot", "policy: unsigned")
    (desk / "files" / "unsigned.yaml").write_text(text)
    judged = cli("gate", desk / "out", "--policy", desk / "files" / "unsigned.yaml", "--artifact", desk / "files")
    assert judged.code == 0, judged
    ran = release(cli, desk, policy="unsigned.yaml")
    assert ran.code == 1, ran
    assert "unsigned asks for nobody's approval" in ran.out + ran.err
    assert not (desk / "out" / layout.RELEASE).exists()
    assert not list((desk / "out").glob("final/*"))


def test_an_approval_without_anybody_who_signed_for_having_made_it_is_not_released(cli, desk):
    assert waive(cli, desk).code == 0
    assert sign(cli, desk, "Ada", "owner", "approve", "responsibility").code == 0
    assert sign(cli, desk, "Ben", "risk_head", "approve", "approval").code == 0
    assert countersign(cli, desk, "Ada").code == 0
    ran = release(cli, desk)
    assert ran.code == 1, ran
    assert not (desk / "out" / layout.RELEASE).exists()


@pytest.fixture
def rejected(cli, desk):
    """Approved by everybody, then rejected by Ben, which Ada has countersigned."""
    assert waive(cli, desk).code == 0
    signed_by_all(cli, desk)
    assert sign(cli, desk, "Ben", "risk_head", "reject", "approval").code == 0
    assert countersign(cli, desk, "Ada").code == 0
    assert release(cli, desk).code == 1
    assert verdict_of(desk)["decision"] == "refused"
    return desk


def rejection_of(files):
    reviewed = under_review.read(files, where="out")
    (found,) = (one for one in reviewed.signed if isinstance(one.claim, SignOff) and one.claim.decision == "reject")
    return next(entry.seq for entry in reviewed.chain.entries if entry.digest == found.sealed.id)


@pytest.mark.parametrize("command", ["release", "sign-off", "countersign", "gate"])
def test_a_rejection_that_is_dropped_after_others_countersigned_it_is_refused(cli, rejected, command):
    files = store.read_dossier(rejected / "out")
    seq = rejection_of(files)
    rewrite(rejected, rechained(files, lambda entry: entry.seq != seq))
    before = store.read_dossier(rejected / "out")
    ran = {
        "release": lambda: release(cli, rejected),
        "sign-off": lambda: sign(cli, rejected, "Ben", "risk_head", "approve", "approval"),
        "countersign": lambda: countersign(cli, rejected, "Ben"),
        "gate": lambda: gate(cli, rejected),
    }[command]()
    assert ran.code == 3, ran
    assert "it is not the ledger that Ada signed" in ran.err
    assert store.read_dossier(rejected / "out") == before


def gate(cli, desk):
    words = ["--policy", desk / "files" / "pilot.yaml", "--artifact", desk / "files", "--trust", desk / "trust.yaml"]
    return cli("gate", desk / "out", *words)


def test_who_holds_the_only_copy_can_still_go_back_to_before_a_rejection(cli, rejected):
    """Everything from the rejection on is cut off, signatures over it included: what is left was countersigned as it stands.

    No format shows this without a log; `docs/threat-model.md` says so.
    """
    files = store.read_dossier(rejected / "out")
    seq = rejection_of(files)
    rewrite(rejected, rechained(files, lambda entry: entry.seq < seq))
    assert release(cli, rejected).code == 0


def test_an_approval_that_one_desk_alone_has_shown_is_told_from_one_with_a_file_key_or_a_second_desk(signers):
    first = Authenticator()
    second = Authenticator(rp_id="desk.example.net", origin="https://desk.example.net")
    again = Authenticator(credential=b"credential 2")
    known = trust.enrol(trust.empty(), signers["Ada"][1], "2026-11-01", where="request", roles=("owner",))
    for one in (first, second, again):
        asked = one.request("Ada", ("owner",), AT)
        known = trust.enrol(known, asked, "2026-11-01", where="request", roles=(), further=True)

    def shown_by_one(*keys_):
        approvals = [sign_off("Ada", signers["Ada"][0]).model_copy(update={"key": one}) for one in keys_]
        return under_review._shown_by_one_desk(approvals, known)

    file_key = next(print_ for print_, holder in known.holders().items() if holder.key.passkey is None)
    assert shown_by_one(first.fingerprint)
    assert shown_by_one(first.fingerprint, again.fingerprint)
    assert not shown_by_one(first.fingerprint, second.fingerprint)
    assert not shown_by_one(first.fingerprint, file_key)
    assert not shown_by_one(file_key)
