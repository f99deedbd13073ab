"""A key that is revoked after a release is seen outside by a signed list, which can refuse and brings nothing back."""

import shutil

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.support import by, enrol
from tests.attest.support import verify as verified

from cardwright.attest import revocation_list, status_statement
from cardwright.attest import trust as trusting
from cardwright.cli.console import clock
from cardwright.errors import IntegrityError


@pytest.fixture
def theirs(cli, released):
    """The desk's trust file, in which Cy's key has been revoked since, and Dee, who may say so in both."""
    enrol(cli, released, "Dee", ("status",))
    shutil.copy(released / "trust.yaml", released / "theirs.yaml")
    return released / "theirs.yaml"


def verify(cli, released, *more):
    return verified(cli, released, "--trust", released / "trust.yaml", *more)


def revoke(path, name, day="2026-01-01"):
    known = trusting.read(path.read_bytes(), where="trust.yaml")
    print_ = known.named(name).keys[-1].fingerprint
    path.write_bytes(trusting.to_yaml(trusting.revoke(known, print_, day, "the laptop was stolen", where="trust.yaml")))


def listed(cli, released, theirs, name="Dee", *more):
    out = released / "revoked.json"
    made = cli("trust", "revocations", "-o", out, *by(released, name, "status"), "--trust", theirs, *more)
    return made, out


def test_a_released_dossier_holds_until_a_list_says_that_the_releasers_key_was_revoked(cli, released, theirs):
    assert verify(cli, released).code == 0
    made, out = listed(cli, released, theirs)
    assert "0 keys are revoked" in made.err + made.out
    assert verify(cli, released, "--revocations", out).code == 0
    revoke(theirs, "Cy")
    assert verify(cli, released).code == 0  # nothing in the dossier tells of it
    made, out = listed(cli, released, theirs)
    assert made.code == 0, made
    done = verify(cli, released, "--revocations", out)
    assert done.code == 1, done
    assert "the key of Cy was revoked on 2026-01-01" in done.out
    assert "18 revocations passed" in " ".join(done.out.split())
    assert "1 keys are revoked" in done.out


def test_a_status_statement_by_whoever_knows_of_it_does_not_vouch_for_the_release(cli, released, theirs):
    revoke(theirs, "Cy")
    out = released / "s.json"
    assert (
        cli("status-statement", released / "out", "-o", out, *by(released, "Dee", "status"), "--trust", theirs).code
        == 0
    )
    said = status_statement.read(out.read_bytes(), where="s").status
    assert (said.state, "the key of Cy was revoked" in said.reason) == ("withdrawn", True)
    done = verify(cli, released, "--status", out)
    assert (done.code, "the key of Cy was revoked on 2026-01-01" in done.out) == (1, True), done


def test_a_list_that_nobody_may_sign_or_that_is_changed_or_old_refuses_and_is_never_passed_over(cli, released, theirs):
    _, out = listed(cli, released, theirs)
    data = out.read_bytes()
    out.write_bytes(data.replace(b'"sig":"', b'"sig":"AAAA', 1))
    assert verify(cli, released, "--revocations", out).code in (1, 3)
    out.write_bytes(b"{}")
    assert verify(cli, released, "--revocations", out).code == 3
    refused = listed(cli, released, theirs, "Ben")[0]
    assert refused.code == 2, refused
    signed = revocation_list.read(data, where="list")
    known = trusting.read(theirs.read_bytes(), where="trust.yaml")
    assert revocation_list.doubt(signed, known, clock()) is None
    assert "valid until" in revocation_list.doubt(signed, known, "2099-01-01T00:00:00Z")
    assert "not in the trust file" in revocation_list.doubt(signed, trusting.empty(), clock())
    with pytest.raises(IntegrityError, match="list"):
        revocation_list.read(b"[]", where="list")


def test_attack_a_list_does_not_bring_back_what_somebody_withdrew_whose_key_it_lists(cli, released, theirs):
    enrol(cli, released, "Eve", ("risk_head",))
    shutil.copy(released / "trust.yaml", theirs)
    withdrawn = cli("withdraw", released / "out", "--reason", "Wrong.", *by(released, "Eve", "risk_head"))
    assert withdrawn.code == 0, withdrawn
    assert verify(cli, released).code == 1
    revoke(theirs, "Eve")
    _, out = listed(cli, released, theirs)
    done = verify(cli, released, "--revocations", out)
    assert (done.code, "withdrawn by Eve" in done.out) == (1, True), done


def test_a_day_of_the_receivers_own_that_is_earlier_stays_and_an_unknown_key_is_nothing(released, theirs):
    known = trusting.read((released / "trust.yaml").read_bytes(), where="trust.yaml")
    cy = known.named("Cy").keys[-1].fingerprint
    early = trusting.revoke(known, cy, "2026-01-01", "lost", where="t")

    def ended(trust, day, key=cy):
        one = revocation_list.RevokedKey(key=key, revoked_on=day)
        said = revocation_list.RevocationList(
            trust_sha256="0" * 64, keys=(one,), issued_at="2026-11-01T00:00:00Z", valid_until="2026-12-01T00:00:00Z",
            person="Dee", key="1" * 64, role="status",
        )  # fmt: skip
        return revocation_list.applied(trust, said)

    assert ended(early, "2026-02-01") == early
    assert ended(early, "2025-12-01").named("Cy").keys[-1].revoked_on == "2025-12-01"
    assert ended(known, "2026-02-01", "2" * 64) == known
