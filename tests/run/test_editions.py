"""What a receiver sees beyond the steps: documents made again from the record, and what a signer had not seen."""

import io
import json
from dataclasses import replace

import pikepdf
import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.support import countersign, release, sign, signed_by_all, verify, waive

from cardwright import documents
from cardwright.attest import release_statement
from cardwright.attest.reproduction import Reproduction
from cardwright.documents import toolchain
from cardwright.dossier import layout, store
from cardwright.run import editions


def files_of(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_release_is_made_again_byte_for_byte_and_status_knows_where_it_stands(cli, desk, pdfs_made_anew):
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
    sign(cli, desk, "Ada", "owner", "approve", "authorship")
    sign(cli, desk, "Ada", "owner", "approve", "responsibility")
    countersign(cli, desk, "Ben")
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
    assert "model_card.html: changed: made again, the bytes differ" in ran.out


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
    made = editions.rerender(files, where="two")
    assert not made.changed
    assert not made.elsewhere
    assert "audit_report.pdf" in made.same


OTHER = {**toolchain.facts(), "pango": "1.56.3", "harfbuzz": "10.2.0"}


@pytest.fixture(scope="module")
def made_elsewhere(refused_once):
    """The dossier as another toolchain would have written it, its manifest with it."""
    files = files_of(refused_once / "out")
    edition = editions.of_files(files, where="out")
    report = documents.render(edition, document="audit_report", format="pdf", made_with=OTHER)
    files = {**files, "audit_report.pdf": report}
    return {**files, layout.MANIFEST: layout.to_json(layout.manifest_of(files))}


def test_nobody_signs_here_for_documents_made_with_other_libraries(cli, desk, made_elsewhere):
    store.write_dossier(desk / "out", made_elsewhere)
    ran = sign(cli, desk, "Ben", "risk_head", "approve", "approval")
    assert ran.code == 1
    assert "audit_report.pdf: not reproduced here: made with other libraries" in ran.err
    assert release(cli, desk).code == 1
    assert not (desk / "out" / "claims.jsonl").exists()


def test_documents_made_with_other_libraries_are_not_reproduced_here_and_help_no_exit_code(
    cli, desk, made_elsewhere, monkeypatch
):
    """Signed and released where they were made, and verified here."""
    store.write_dossier(desk / "out", made_elsewhere)

    def made_there(files, where, claims):
        return Reproduction(same=("audit_report.pdf",))

    with monkeypatch.context() as there:
        there.setattr("cardwright.cli.people.rerender", made_there)
        there.setattr("cardwright.cli.releasing.rerender", made_there)
        waive(cli, desk)
        signed_by_all(cli, desk)
        assert release(cli, desk).code == 0
    assert verify(cli, desk, "--trust", desk / "trust.yaml").code == 0
    ran = verify(cli, desk, "--trust", desk / "trust.yaml", "--rerender")
    assert ran.code == 1
    assert "made with other libraries: text and structure compared, equal" in ran.out
    assert "12 rerender    not judged audit_report.pdf: not reproduced here" in ran.out
    assert "pango 1.56.3, here" in ran.out
    assert "INTACT, not proven at step 12" in ran.out
    assert ": changed" not in ran.out
    assert "VERIFIED" not in ran.out


def test_on_the_toolchain_that_made_them_the_same_documents_are_made_byte_for_byte(made_elsewhere):
    made = editions.rerender(made_elsewhere, where="out", here=OTHER)
    assert {*made.same} == {name for name in made_elsewhere if name.endswith((".md", ".html", ".pdf"))}


def test_a_changed_document_that_claims_other_libraries_is_changed_all_the_same(refused_once):
    files = files_of(refused_once / "out")
    other = editions.of_files(files, where="out")
    forged = documents.render(replace(other, state="approved"), document="audit_report", format="pdf", made_with=OTHER)
    made = editions.rerender({**files, "audit_report.pdf": forged}, where="out")
    assert not made.elsewhere
    (name, why), *rest = made.changed
    assert (name, rest) == ("audit_report.pdf", [])
    assert "what stands in the margins differs" in why or "the text differs" in why
    assert "made with other libraries (harfbuzz 10.2.0" in why


def test_other_bytes_by_the_same_libraries_are_changed_though_they_read_the_same(refused_once):
    files = files_of(refused_once / "out")
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(files["audit_report.pdf"])) as pdf:
        pdf.save(out, deterministic_id=True, compress_streams=False)
    made = editions.rerender({**files, "audit_report.pdf": out.getvalue()}, where="out")
    assert made.changed == (("audit_report.pdf", "made again, the bytes differ"),)


def test_a_script_in_a_pdf_made_elsewhere_is_no_document_of_ours(made_elsewhere):
    files = made_elsewhere
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(files["audit_report.pdf"])) as pdf:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        pdf.save(out, deterministic_id=True)
    made = editions.rerender({**files, "audit_report.pdf": out.getvalue()}, where="out")
    assert [why.partition(";")[0] for _, why in made.changed] == ["not PDF/A-3b"]


def test_a_released_edition_says_who_released_it_and_what_every_line_of_the_ledger_is(released):
    files = files_of(released / "out")
    edition, _ = editions.as_it_stands(files, where="out", now="2026-11-29T10:00:00Z")
    said = release_statement.read(files[layout.RELEASE]).release
    assert (edition.released_by.person, edition.released_by.key) == (said.person, said.key)
    events = [json.loads(line)["event"] for line in files[layout.LEDGER].splitlines()]
    covered = next(claim.length for claim in edition.claims if claim.kind == "countersign")
    lines = edition.ledger
    assert lines.length == covered < len(events)
    assert (lines.signed + lines.other_signed, lines.runs, lines.decisions, lines.releases) == tuple(
        events[:covered].count(event) for event in ("claim", "run", "decision", "release")
    )
    assert lines.signed == sum(claim.kind != "countersign" for claim in edition.claims)
    assert edition.earlier_runs == 0


def test_lines_of_a_ledger_that_an_edition_does_not_print_are_counted_apart(released):
    files = files_of(released / "out")
    edition, _ = editions.as_it_stands(files, where="out", now="2026-11-29T10:00:00Z")
    fewer = replace(
        edition, claims=tuple(claim for claim in edition.claims if claim.kind in ("sign_off", "countersign"))
    )
    lines = editions._with_ledger(fewer, files, where="out").ledger
    signatures = sum(claim.kind == "sign_off" for claim in edition.claims)
    assert (lines.signed, lines.other_signed) == (signatures, edition.ledger.signed - signatures)
    assert lines.length == edition.ledger.length
