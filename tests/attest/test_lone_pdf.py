"""A released PDF verifies by itself; one that was changed is refused, and one without a statement proves nobody's approval."""

import io
import json

import pikepdf
import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.support import by, verify

from cardwright.dossier import enclosure, layout


@pytest.fixture
def mailed(released):
    """The final PDF of a released dossier, alone in a folder of its own."""
    pdf = released / "mail" / "report.pdf"
    pdf.parent.mkdir()
    pdf.write_bytes((released / "out" / "final" / "audit_report.pdf").read_bytes())
    return pdf


def alone(cli, desk, pdf, *more):
    words = ["--artifact", desk / "files", "--policy", desk / "files" / "pilot.yaml"]
    return cli("verify", pdf, *words, *more)


def test_a_released_pdf_is_verified_by_itself_and_so_is_its_dossier(cli, released, mailed):
    ran = alone(cli, released, mailed, "--trust", released / "trust.yaml")
    assert ran.code == 0, ran
    assert "VERIFIED" in ran.out
    assert "listed files are in it, manifest" in ran.out
    assert " 8 replay      passed" in ran.out
    assert "11 release     passed" in ran.out
    assert "cannot be known here" in ran.out
    assert verify(cli, released, "--trust", released / "trust.yaml").code == 0
    untrusted = alone(cli, released, mailed)
    assert untrusted.code == 1
    assert "VERIFIED" not in untrusted.out
    # Nobody whom the receiver trusts has signed.
    (released / "other.yaml").write_text("schema: cardwright/trust/2\npeople: []\npolicies: []\n")
    assert alone(cli, released, mailed, "--trust", released / "other.yaml").code == 1


def test_the_statement_names_the_pdf_as_it_was_before_anything_was_enclosed(released, mailed):
    taken = enclosure.opened(mailed.read_bytes(), where="report.pdf")
    here = {name: (released / "out" / name).read_bytes() for name in taken.files}
    assert taken.files == here
    assert {layout.RELEASE, layout.CLAIMS, layout.LEDGER, layout.VERDICT, layout.MANIFEST, layout.RUN} <= {*here}


def test_made_again_it_has_the_bytes_that_the_statement_names(cli, released, mailed):
    ran = alone(cli, released, mailed, "--trust", released / "trust.yaml", "--rerender")
    assert ran.code == 0, ran
    assert "12 rerender    passed     1 documents made again, byte for byte" in ran.out


def resaved(pdf, change):
    out = io.BytesIO()
    with pikepdf.open(pdf) as file:
        change(file)
        file.save(out)
    pdf.write_bytes(out.getvalue())


def test_a_pdf_with_a_page_deleted_is_refused(cli, released, mailed):
    resaved(mailed, lambda file: file.pages.__delitem__(1))
    ran = alone(cli, released, mailed, "--trust", released / "trust.yaml")
    assert ran.code == 3
    assert "not the file that was released" in ran.err + ran.out


def test_any_byte_changed_is_refused(cli, released, mailed):
    data = mailed.read_bytes()
    for at in (200, len(data) // 3, data.index(b"%cardwright/enclosure/1") + 2, len(data) - 300):
        mailed.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        ran = alone(cli, released, mailed, "--trust", released / "trust.yaml")
        assert ran.code == 3, (at, ran)
    mailed.write_bytes(data + b"%more\n")
    assert alone(cli, released, mailed, "--trust", released / "trust.yaml").code == 3


def test_a_pdf_without_its_enclosure_proves_nobodys_approval(cli, released, mailed):
    mailed.write_bytes(enclosure.opened(mailed.read_bytes(), where="report.pdf").document)
    for words in ((), ("--trust", released / "trust.yaml")):
        ran = alone(cli, released, mailed, *words)
        assert ran.code == 1, ran
        assert "proves nobody's approval" in ran.out
        assert " 4 documents   passed" in ran.out
        assert "printed on every page" in ran.out


def test_the_reviewed_edition_is_no_release_though_its_dossier_is_released(cli, released, mailed):
    ran = alone(cli, released, released / "out" / "audit_report.pdf", "--trust", released / "trust.yaml")
    assert ran.code == 1
    assert "proves nobody's approval" in ran.out


def test_the_enclosure_of_one_release_in_another_pdf_is_refused(cli, released, mailed):
    taken = enclosure.opened(mailed.read_bytes(), where="report.pdf")
    other = (released / "out" / "audit_report.pdf").read_bytes()
    mailed.write_bytes(enclosure.enclose(other, taken.files))
    ran = alone(cli, released, mailed, "--trust", released / "trust.yaml")
    assert ran.code == 3
    assert "not the document that its release statement names" in ran.err + ran.out


def test_a_verdict_or_claims_taken_out_of_the_enclosure_are_refused(cli, released, mailed):
    taken = enclosure.opened(mailed.read_bytes(), where="report.pdf")
    for missing in (layout.VERDICT, layout.CLAIMS, layout.LEDGER, layout.MANIFEST, layout.RUN):
        files = {name: data for name, data in taken.files.items() if name != missing}
        mailed.write_bytes(enclosure.enclose(taken.document, files))
        assert alone(cli, released, mailed, "--trust", released / "trust.yaml").code != 0, missing


def test_what_is_withdrawn_afterwards_is_known_by_the_dossier_and_the_pdf_says_until_when_it_knows(
    cli, released, mailed
):
    assert cli("withdraw", released / "out", "--reason", "r", *by(released, "Ben")).code == 0
    assert verify(cli, released, "--trust", released / "trust.yaml").code == 1
    ran = alone(cli, released, mailed, "--trust", released / "trust.yaml", "--format", "json")
    assert ran.code == 0
    assert any("cannot be known here" in note for note in json.loads(ran.out)["notes"])


def test_what_is_no_pdf_is_refused(cli, released, mailed):
    mailed.write_bytes(b"%PDF-1.7 nothing")
    assert alone(cli, released, mailed, "--trust", released / "trust.yaml").code == 3
