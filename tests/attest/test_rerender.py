"""What a receiver sees beyond the steps: documents made again from the record, and what a signer had not seen."""

import json

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest import test_signing
from tests.attest.test_signing import release, sign, verify, waive

from cardwright.dossier import layout, store
from cardwright.run import editions

desk = test_signing.desk


def files_of(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_release_is_made_again_byte_for_byte_and_status_knows_where_it_stands(cli, desk):
    def state():
        return json.loads(cli("status", desk / "out", "--format", "json").out)["dossiers"][0]["state"]

    assert state() == "draft"
    sign(cli, desk, "Ada", "owner", "approve", "responsibility")
    assert state() == "in review"
    rejected = sign(cli, desk, "Ben", "risk_head", "request-changes", "approval")
    assert state() == "changes requested"
    waive(cli, desk)
    id = rejected.out.split("Signed: ")[1].split()[0]
    sign(cli, desk, "Ben", "risk_head", "approve", "approval", "--answers", id[:12])
    # Ada's signature did not know of the waiver that Ben approved; her own request she had seen.
    unseen = verify(cli, desk).out
    assert "not seen by Ada (owner): waive of ranking by Ben" in unseen
    assert "waive request" not in unseen
    sign(cli, desk, "Ada", "owner", "approve", "responsibility")
    assert release(cli, desk).code == 0
    assert state() == "released"
    ran = verify(cli, desk, "--trust", desk / "trust.yaml", "--rerender")
    assert ran.code == 0, ran
    assert "12 rerender    passed" in ran.out
    assert "made again, byte for byte" in ran.out
    assert "not seen" not in ran.out
    words = ["--reason", "r", "--key", desk / "Ben.key", "--as", "Ben", "--role", "risk_head"]
    assert cli("withdraw", desk / "out", *words).code == 0
    assert state() == "withdrawn"


def test_a_document_that_was_rewritten_with_its_manifest_is_not_what_the_record_gives(cli, desk):
    files = files_of(desk / "out")
    files["model_card.html"] = files["model_card.html"].replace(b"Limitations", b"Strengths", 1)
    files[layout.MANIFEST] = layout.to_json(layout.manifest_of(files))
    store.write_dossier(desk / "out", files)
    assert " 4 documents   passed" in verify(cli, desk).out
    ran = verify(cli, desk, "--rerender")
    assert ran.code == 1
    assert "model_card.html: made again" in ran.out


def test_a_comparison_that_is_none_is_refused(cli, desk):
    files = files_of(desk / "out")
    files[editions.COMPARISON] = b'{"regressions":0}'
    files[layout.MANIFEST] = layout.to_json(layout.manifest_of(files))
    store.write_dossier(desk / "out", files)
    ran = verify(cli, desk, "--rerender")
    assert ran.code == 3
    assert "not a comparison" in ran.out


def test_the_documents_of_a_second_release_are_made_again_without_the_first(cli, desk):
    plan = desk / "files" / "assessment.yaml"
    plan.write_text(
        plan.read_text().replace("1.0.0", "2.0.0").replace("policy: pilot.yaml", "policy: pilot.yaml\nprevious: ../out")
    )
    assert cli("run", desk / "files", "-o", desk / "two").code == 1
    files = files_of(desk / "two")
    assert files[editions.COMPARISON]
    for path in sorted((desk / "out").rglob("*"), reverse=True):
        if path.is_file():
            path.unlink()
    same, other = editions.rerender(files, where="two")
    assert other == []
    assert "audit_report.pdf" in same
