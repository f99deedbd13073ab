"""An organisation's signature of a released PDF: valid in PDF viewers' terms, over the whole file, and nothing but a signature.

The authorities are made on the spot: a root, a certificate under it, and a timestamp authority that answers on this machine.
"""

import io

import pytest

pytest.importorskip("pyhanko", reason="signing a PDF needs the pades extra")
pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from tests.attest.authorities import CLOCK_ROOT, certificate, clock, pem
from tests.attest.support import release, signed_by_all, verify, waive
from tests.documents.test_documents import edition

from cardwright import documents
from cardwright.attest import pades
from cardwright.attest.trust import PdfSignatures, TimestampAuthority, Trust, changed, read, to_yaml
from cardwright.dossier.enclosure import enclose, opened
from cardwright.errors import IntegrityError, UsageError

__all__ = ["clock"]

NOW = "2026-11-28T12:00:00Z"
SECRET = b"four words of somebody"


ROOT = certificate("Root of Example AG", authority=True)
SEAL = certificate("Example AG", ROOT)
OTHER = certificate("Root of somebody else", authority=True)
P12 = pkcs12.serialize_key_and_certificates(
    b"seal", SEAL[0], SEAL[1], [ROOT[1]], serialization.BestAvailableEncryption(SECRET)
)


@pytest.fixture(scope="module")
def enclosed():
    made = documents.render(edition(), document="audit_report", format="pdf")
    return enclose(made, {"release.json": b"{}", "claims.jsonl": b"", "evidence/run.json": b"{}"})


@pytest.fixture(scope="module")
def sealed(enclosed):
    return pades.sign(enclosed, P12, SECRET)


def check(data, root=ROOT, clocks=(), **more):
    return pades.check(
        data,
        roots=[pem(root)] if root else [],
        authorities=[pem(each) for each in clocks],
        now=NOW,
        where="r.pdf",
        **more,
    )


def test_a_seal_is_valid_and_covers_everything_with_what_is_enclosed(enclosed, sealed):
    answer = check(sealed)
    assert answer.subject == "Common Name: Example AG"
    assert not answer.timestamped
    assert sealed.startswith(enclosed)
    assert opened(sealed, where="r.pdf").after == sealed[len(enclosed) :]
    assert opened(sealed, where="r.pdf").document == opened(enclosed, where="r.pdf").document


def test_the_maintained_validator_of_pdf_signatures_finds_it_valid(sealed):
    from asn1crypto import x509 as asn1
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    (signature,) = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    root = asn1.Certificate.load(ROOT[1].public_bytes(serialization.Encoding.DER))
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=[root], allow_fetching=False))
    assert status.bottom_line
    assert status.coverage.name == "ENTIRE_FILE"
    assert str(signature.sig_object["/SubFilter"]) == "/ETSI.CAdES.detached"


@pytest.mark.parametrize("root", [OTHER, None], ids=["of somebody else", "none"])
def test_a_certificate_under_no_pinned_root_does_not_count(sealed, root):
    assert "not under any root" in check(sealed, root).why


def test_a_pdf_without_a_seal_bears_none(enclosed):
    assert check(enclosed) == pades.Doubt("it bears no signature")


@pytest.mark.parametrize("where", [0.2, 0.6, 0.86])
def test_a_byte_changed_after_sealing_breaks_it(sealed, where):
    at = int(len(sealed) * where)
    with pytest.raises(IntegrityError):
        check(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])


def test_something_added_after_sealing_is_not_covered(sealed):
    with pytest.raises(IntegrityError, match=r"does not hold|cannot be read"):
        check(sealed + b"\n1 0 obj\n<<>>\nendobj\n" + sealed[sealed.rindex(b"startxref") :])


def test_a_seal_adds_only_a_signature_and_a_page_painted_over_before_sealing_is_more(enclosed, sealed):
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    assert pades.adds_only_a_signature(enclosed, sealed)
    assert not pades.adds_only_a_signature(enclosed, enclosed)
    writer = IncrementalPdfFileWriter(io.BytesIO(enclosed))
    ink = writer.add_object(generic.StreamObject(stream_data=b"0 0 500 700 re f"))
    writer.add_stream_to_page(0, ink)
    painted = io.BytesIO()
    writer.write(painted)
    forged = pades.sign(painted.getvalue(), P12, SECRET)
    assert isinstance(check(forged), pades.Seal), "its signature is valid all the same"
    assert not pades.adds_only_a_signature(enclosed, forged)


def test_a_timestamp_counts_only_under_a_pinned_authority(enclosed, clock):
    stamped = pades.sign(enclosed, P12, SECRET, timestamps=clock)
    assert pades.adds_only_a_signature(enclosed, stamped)
    assert check(stamped, clocks=[CLOCK_ROOT], timestamp=True).timestamped
    for clocks in ((), (OTHER,)):
        assert not check(stamped, clocks=clocks).timestamped
        assert "no timestamp authority" in check(stamped, clocks=clocks, timestamp=True).why


def test_an_unstamped_seal_is_refused_if_a_timestamp_is_demanded(sealed):
    assert "no timestamp authority" in check(sealed, clocks=[CLOCK_ROOT], timestamp=True).why


def test_an_authority_that_does_not_answer_and_a_wrong_passphrase_are_named(enclosed):
    with pytest.raises(UsageError, match="no timestamp"):
        pades.sign(enclosed, P12, SECRET, timestamps="http://127.0.0.1:9")
    with pytest.raises(UsageError, match="cannot be opened"):
        pades.can_sign(P12, b"wrong")
    with pytest.raises(UsageError, match="cannot be opened"):
        pades.can_sign(b"no certificate", SECRET)
    pades.can_sign(P12, SECRET)


def test_a_trust_file_keeps_the_roots_that_it_pins():
    trust = Trust(
        pdf_signatures=PdfSignatures(roots=(pem(ROOT), pem(OTHER)), required=True),
        timestamp_authorities=(TimestampAuthority(name="clock", certificate=pem(CLOCK_ROOT)),),
    )
    again = read(to_yaml(trust), where="trust.yaml")
    assert [root.strip() for root in again.pdf_signatures.roots] == [pem(ROOT).strip(), pem(OTHER).strip()]
    assert (again.pdf_signatures.required, again.pdf_signatures.timestamp) == (True, False)
    assert "pdf_signatures" not in to_yaml(Trust()).decode()


def pins(desk, root, **more):
    """A receiver's trust file that pins a root for signatures of PDFs, beside the one that pins none."""
    path = desk / "pinned.yaml"
    trust = read((desk / "trust.yaml").read_bytes(), where="trust.yaml")
    path.write_bytes(to_yaml(changed(trust, where="t", pdf_signatures=PdfSignatures(roots=(pem(root),), **more))))
    return path


def test_a_sealed_release_is_judged_by_the_roots_that_the_receiver_pins(cli, desk, monkeypatch, tmp_path):
    assert waive(cli, desk).code == 0
    signed_by_all(cli, desk)
    (desk / "seal.p12").write_bytes(P12)
    monkeypatch.setenv(pades.PASSPHRASE, "wrong")
    wrong = release(cli, desk, "--pades-cert", desk / "seal.p12")
    assert wrong.code == 2
    assert not (desk / "out" / "release.json").exists()
    monkeypatch.setenv(pades.PASSPHRASE, SECRET.decode())
    done = release(cli, desk, "--pades-cert", desk / "seal.p12")
    assert done.code == 0, done
    # Whoever pins no root does not judge whose it is; that it holds, and is a signature and nothing else, is seen in any case.
    plain = verify(cli, desk, "--trust", desk / "trust.yaml")
    assert plain.code == 0, plain
    assert "15 seal        passed     it holds; whose it is was not judged" in plain.out
    pdf = desk / "out" / "final" / "audit_report.pdf"
    words = ["--artifact", desk / "files", "--policy", desk / "files" / "pilot.yaml"]
    for ran in (
        verify(cli, desk, "--trust", pins(desk, ROOT, required=True)),
        cli("verify", pdf, *words, "--trust", pins(desk, ROOT, required=True)),
    ):
        assert ran.code == 0, ran
        assert "15 seal        passed     Common Name: Example AG" in ran.out
    other = verify(cli, desk, "--trust", pins(desk, OTHER))
    assert other.code == 1
    assert "not under any root" in other.out
    undated = verify(cli, desk, "--trust", pins(desk, ROOT, timestamp=True))
    assert undated.code == 1
    pdf.write_bytes(pdf.read_bytes() + b"%\n")
    assert verify(cli, desk, "--trust", desk / "trust.yaml").code == 3


def test_a_release_without_a_seal_is_refused_only_if_one_is_required(cli, released):
    assert verify(cli, released, "--trust", pins(released, ROOT)).code == 0
    assert "15 seal" not in verify(cli, released, "--trust", released / "trust.yaml").out
    ran = verify(cli, released, "--trust", pins(released, ROOT, required=True))
    assert ran.code == 1
    assert "it bears none" in ran.out
