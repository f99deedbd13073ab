"""The PDF is PDF/A-3b, tagged, holds the record, fetches nothing, and is the same bytes each time."""

import io
import os
import re
import subprocess
import sys
from html import escape
from pathlib import Path

import pytest
from tests.documents.test_documents import GOLDEN, ROOT, edition, rich_record
from tests.policy.test_gate import with_record
from tests.strategies import NOW, good_case, good_record

from cardwright import documents
from cardwright.documents import pdf, pdfa
from cardwright.errors import RenderError
from cardwright.record import (
    canonical,
)


@pytest.fixture(scope="module")
def report():
    case = with_record(good_case(), rich_record())
    return case, documents.render(edition(case), document="audit_report", format="pdf")


def test_the_pdf_is_pdf_a_3b_tagged_and_holds_the_record(report):
    import pikepdf

    case, data = report
    assert pdfa.first_finding(data) is None
    with pikepdf.open(io.BytesIO(data)) as file:
        assert "/StructTreeRoot" in file.Root
        assert str(file.Root.Lang) == "en"
        inside = file.attachments["record.json"].get_file().read_bytes()
        assert {"record.json", "measurements.csv"} <= set(file.attachments)
        assert file.docinfo["/Title"] == f"Audit report: {case.record.title}"
    assert canonical.digest(inside) == case.record.sha256
    assert inside == canonical.dumps(case.record)


def outline(data: bytes) -> list[str]:
    """Headings, tables, lists and figures of a PDF in the order of its structure tree, figures with their words."""
    import pikepdf

    found: list[str] = []

    def walk(node) -> None:
        if isinstance(node, pikepdf.Array):
            for kid in node:
                walk(kid)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            role = str(node.S)[1:]
            if role in ("H1", "H2", "H3", "H4", "Table", "Caption", "L", "Figure"):
                found.append(f"{role}: {node.Alt}" if "/Alt" in node else role)
            if "/K" in node:
                walk(node.K)

    with pikepdf.open(io.BytesIO(data)) as file:
        walk(file.Root.StructTreeRoot.K)
    return found


def words(data: bytes) -> list[str]:
    """What a PDF says, line by line, without the margins and the numbers of pages."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True)
    margins = re.compile(r"^\s*(M .{1,3}1 .{1,3}record \w{12}\s+DRAFT|record sha256 \w{64}\s+page \d+ of \d+)\s*$")
    text = "\n".join(line for line in done.stdout.decode().replace("\f", "\n").split("\n") if not margins.match(line))
    return re.sub(r"(\s\.)?\.{3,}\s*\d*", " ", text).split()


def test_the_pdf_says_what_the_golden_one_says_in_the_same_structure(report):
    """Page breaks depend on the version of Pango; words, headings, tables and figures do not."""
    if not any((Path(p) / "pdftotext").exists() for p in os.environ["PATH"].split(os.pathsep)):
        pytest.skip("pdftotext is not installed")
    said = words(report[1])
    lines = [" ".join(said[i : i + 16]) for i in range(0, len(said), 16)]
    text = "\n".join(["Structure", *outline(report[1]), "", "Text", *lines, ""])
    path = GOLDEN / "audit_report.pdf.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), "UPDATE_GOLDEN=1 writes it anew; look at the difference"


def test_every_figure_of_the_pdf_has_words(report):
    import pikepdf

    with pikepdf.open(io.BytesIO(report[1])) as file:
        figures = [o for o in file.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"]
        assert figures
        assert all(len(str(figure.get("/Alt", ""))) > 10 for figure in figures)


def test_the_record_digest_is_printed_on_every_page(report):
    """Read from the pages' own text, decoded through the fonts' maps."""
    if not any((Path(p) / "pdftotext").exists() for p in os.environ["PATH"].split(os.pathsep)):
        pytest.skip("pdftotext is not installed")
    case, data = report
    done = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True)
    pages = done.stdout.decode().split("\f")[:-1]
    assert len(pages) > 3
    for page in pages:
        assert case.record.sha256 in re.sub(r"\s", "", page)
        assert "DRAFT" in page
    assert "REFUSED" in pages[0]
    assert f"page 1 of {len(pages)}" in pages[0]


def test_the_same_edition_gives_the_same_bytes_in_every_process():
    script = """
import sys, hashlib
sys.path.insert(0, sys.argv[1])
from tests.documents.test_documents import edition
from cardwright import documents
for document, format in (("audit_report", "pdf"), ("audit_report", "html"), ("model_card", "markdown")):
    print(hashlib.sha256(documents.render(edition(), document=document, format=format)).hexdigest())
"""
    runs = {
        subprocess.run(
            [sys.executable, "-c", script, str(ROOT)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_a_title_that_looks_like_markup_is_printed_and_stops_nothing():
    import pikepdf

    title = "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:x='urn:y'>"
    record = canonical.dumps(good_record())
    html = f"<html lang=en><title>{escape(title)}</title><h1>{escape(title)}</h1><p>{canonical.digest(record)}</p>"
    data = pdf.write(html, record=record, tables={}, moment=NOW, title="t")
    assert pdfa.first_finding(data) is None
    with pikepdf.open(io.BytesIO(data)) as file, file.open_metadata() as metadata:
        assert metadata["dc:title"] == title


def test_a_pdf_whose_record_was_changed_is_refused(report):
    case, data = report
    with pytest.raises(Exception, match="not the record"):
        pdf.check(data, canonical.dumps(case.record).replace(b'"M"', b'"N"', 1))


def test_a_warning_of_the_engine_fails_the_build():
    record = canonical.dumps(good_record())
    html = f"<html lang=en><title>t</title><style>p {{ colour: red }}</style><p>{canonical.digest(record)}</p></html>"
    with pytest.raises(RenderError, match="warns"):
        pdf.write(html, record=record, tables={}, moment=NOW, title="t")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://example.com/a.png", "ftp://example.com/a"])
def test_a_document_fetches_nothing(address):
    record = canonical.dumps(good_record())
    html = f'<html lang=en><title>t</title><p>{canonical.digest(record)}</p><img alt="a" src="{address}"></html>'
    with pytest.raises(RenderError, match="fetch nothing"):
        pdf.write(html, record=record, tables={}, moment=NOW, title="t")


def test_a_character_that_no_font_holds_is_written_out():
    assert pdf.unprintable("<p>a\U0001f600b</p>") == {"\U0001f600": 1}
    assert "[U+1F600]" in pdf.replace_unprintable("<p>\U0001f600</p>")
