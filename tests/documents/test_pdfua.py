"""A PDF follows PDF/UA-1 as far as its tags can tell, and what was taken away from it is found missing."""

import io

import pikepdf
import pytest
from tests.documents.test_documents import edition, everything_missing, rich_record
from tests.policy.test_gate import with_record
from tests.strategies import good_case

from cardwright import documents
from cardwright.documents import pdfa, pdfua

RICH = with_record(good_case(), rich_record())


@pytest.fixture(scope="module")
def report():
    return documents.render(edition(RICH), document="audit_report", format="pdf")


@pytest.mark.parametrize("document", sorted(documents.DOCUMENTS))
@pytest.mark.parametrize("case", [RICH, with_record(good_case(), everything_missing())], ids=["rich", "missing"])
def test_no_document_lacks_anything_that_its_tags_can_tell(document, case):
    assert pdfua.findings(documents.render(edition(case), document=document, format="pdf")) == []


def test_every_head_of_a_table_says_what_it_heads(report):
    with pikepdf.open(io.BytesIO(report)) as pdf:
        heads = [(path, element) for element, path in pdfua.elements(pdf) if str(element.S) == "/TH"]
        assert heads
        for path, element in heads:
            assert str(element.A.Scope) == ("/Column" if "THead" in path else "/Row")


def spoilt(data, change):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        change(pdf)
        pdf.save(out)
    return out.getvalue()


def first(pdf, role):
    return next(element for element, _ in pdfua.elements(pdf) if str(element.S) == f"/{role}")


def without_identifier(pdf):
    pdf.Root.Metadata.write(bytes(pdf.Root.Metadata.get_stream_buffer()).replace(b"pdfuaid:part", b"pdfuaid:Part"))


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda pdf: first(pdf, "TH").A.__delitem__("/Scope"), "a head of a table does not say what it heads"),
        (lambda pdf: first(pdf, "Figure").__delitem__("/Alt"), "a figure has no words"),
        (lambda pdf: setattr(first(pdf, "H2"), "S", pikepdf.Name.H4), "a heading of level 4 follows one of level 1"),
        (lambda pdf: setattr(first(pdf, "LI"), "S", pikepdf.Name.P), "a list holds P, which is no item"),
        (lambda pdf: setattr(first(pdf, "TR"), "S", pikepdf.Name.P), "a cell stands in P and not in a row"),
        (lambda pdf: pdf.Root.__delitem__("/Lang"), "no language is stated"),
        (lambda pdf: pdf.Root.__delitem__("/MarkInfo"), "the file is not marked as tagged"),
        (
            lambda pdf: pdf.Root.__delitem__("/ViewerPreferences"),
            "a viewer would show the file's name instead of its title",
        ),
        (
            lambda pdf: pdf.pages[0].obj.__delitem__("/Tabs"),
            "page 1 is not walked through in the order of its structure",
        ),
        (without_identifier, "the metadata do not name PDF/UA-1"),
    ],
)
def test_what_was_taken_away_is_found_missing(report, change, finding):
    assert finding in pdfua.findings(spoilt(report, change))


def test_the_identifier_is_no_fault_of_pdf_a_as_we_write_it_and_is_one_in_any_other_form(report):
    assert pdfa.first_finding(report) is None

    def other(pdf):
        xmp = bytes(pdf.Root.Metadata.get_stream_buffer())
        pdf.Root.Metadata.write(xmp.replace(b"Part of ISO 14289", b"Part of anything"))

    assert "pdfaExtension" in pdfa.first_finding(spoilt(report, other))
