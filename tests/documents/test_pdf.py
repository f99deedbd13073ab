"""The PDF is PDF/A-3b, tagged, holds the record, fetches nothing, and is the same bytes each time."""

import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from html import escape
from pathlib import Path

import pikepdf
import pytest
from pydantic import BaseModel
from tests.documents.test_documents import GOLDEN, ROOT, edition, rich_record
from tests.policy.test_gate import with_record
from tests.strategies import NOW, good_case, good_record

from cardwright import documents
from cardwright.documents import pdf, pdfa, tagged_text, toolchain
from cardwright.errors import RenderError
from cardwright.files import packaged
from cardwright.record import Finding, Measured, Record, canonical
from cardwright.record.evaluation import count_severities


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


def test_a_text_that_fills_its_line_is_not_broken_after_its_first_word():
    """Set at each width about that of the text: only the space before the inline element may not fit."""
    text = "<p>In the slice race = black the error rate is 0.280 above that of the rest. <em>count 33</em></p>"
    html = pdf.with_spaces_apart(f"<style>p {{ margin: 0; font: 9pt sans-serif }}</style>{text}")
    for width in range(320, 520, 2):
        pages = (
            toolchain.engine()
            .HTML(string=f"<style>@page {{ size: {width}px 400px; margin: 0 }}</style>{html}")
            .render()
        )
        first = next(box for box in pages.pages[0]._page_box.descendants() if type(box).__name__ == "LineBox")
        assert len("".join(box.text for box in first.descendants() if hasattr(box, "text"))) > 30, width


@pytest.mark.parametrize("within", ["<div>{}</div>", "{}"])
def test_an_answer_begins_beside_its_own_name_also_after_a_name_of_several_lines(within):
    """Names are longer in French than in English: what stood beside the wrong one said something else."""
    pairs = [("A name that takes two lines or three of them", "an answer of one line"), ("A name", "an answer")] * 2
    rows = "".join(within.format(f"<dt>{name}</dt><dd>{answer}</dd>") for name, answer in pairs)
    style = f"{packaged.stylesheet('base.css')}{packaged.stylesheet('print.css')}"
    html = f'<style>{style}</style><dl class="facts">{rows}</dl>'
    boxes = list(toolchain.engine().HTML(string=html).render().pages[0]._page_box.descendants())
    begins = {
        tag: list(dict.fromkeys(b.position_y for b in boxes if b.element_tag == tag and type(b).__name__ == "BlockBox"))
        for tag in ("dt", "dd")
    }
    assert len(begins["dt"]) == len(begins["dd"]) == len(pairs)
    assert [abs(name - answer) < 2 for name, answer in zip(begins["dt"], begins["dd"], strict=True)] == [True] * len(
        pairs
    )


def test_a_character_that_no_font_holds_is_written_out():
    assert pdf.unprintable("<p>a\U0001f600b</p>") == {"\U0001f600": 1}
    assert "[U+1F600]" in pdf.replace_unprintable("<p>\U0001f600</p>")


# ------------------------------------------------------------------------------------------------ very little, and very much


KEPT = ("files", "slice", "across", "status", "measurements", "evaluations", "planned", "datasets")
"""Optional by their type, and yet what makes a record: what is judged, its numbers, and what they are about."""


def bare(value, name=""):
    """The same value with every optional field absent."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        update = {
            field: bare(getattr(value, field), field)
            if info.is_required() or field in KEPT
            else info.get_default(call_default_factory=True)
            for field, info in fields.items()
        }
        return value.model_copy(update=update)
    return tuple(bare(one, name) for one in value) if isinstance(value, tuple) else value


def text_and_pages(data):
    read = tagged_text.read(data, where="report", leave_out="")
    return read.text, len(read.pages)


@pytest.fixture(scope="module")
def bare_report():
    record = Record.model_validate(bare(good_record()).model_dump())
    case = replace(with_record(good_case(), record), run=None)
    one = replace(edition(case), run=None, claims=(), coverage=())
    return documents.render(one, document="audit_report", format="pdf")


def test_with_every_optional_field_absent_a_report_says_so_and_invents_nothing(bare_report):
    text, _ = text_and_pages(bare_report)
    for told in (
        "Intended use not provided",
        "Affected groups: not provided",
        "Nobody has stated any risk, so nobody has accepted one.",
        "none, as the plan is not under version control, so whether the tree was clean cannot be known",
        "not stated; nobody has attested one",
        "not countersigned",
        "when the evaluations ran is not known",
        "The plan names no previous record",
    ):
        assert "".join(told.split()) in text, told
    assert not re.search(r"None|nan\b", text)


@pytest.fixture(scope="module")
def large_report():
    """500 groups, 200 findings."""
    record = good_record()
    first = record.evaluations[0]
    rate = next(m for m in first.measurements if m.metric == "true_positive_rate")
    names = [f"group {number:03d}" for number in range(500)]
    findings = tuple(
        Finding(severity=("low", "medium")[n % 2], key=f"k{n}", explanation=f"Something of {names[n]} to look at.")
        for n in range(200)
    )
    update = {
        "measurements": (
            *first.measurements,
            *(
                rate.model_copy(update={"metric": "selection_rate", "slice": {"race": name}, "value": n / 500})
                for n, name in enumerate(names)
            ),
        ),
        "findings": findings,
        "severities": count_severities(findings),
    }
    kept = first.model_copy(update=update)
    record = record.model_copy(update={"evaluations": (kept, *record.evaluations[1:])})
    one = edition(with_record(good_case(), Record.model_validate(record.model_dump())))
    return one, documents.render(one, document="audit_report", format="pdf")


def test_500_groups_and_200_findings_take_few_pages_and_nothing_of_them_is_lost(large_report):
    one, data = large_report
    text, pages = text_and_pages(data)
    assert pages <= 9
    with pikepdf.open(io.BytesIO(data)) as pdf:
        attached = {name: spec.get_file().read_bytes().decode() for name, spec in pdf.attachments.items()}
    assert [n for n in range(500) if f"group {n:03d}" not in attached["measurements.csv"]] == []
    assert [n for n in range(200) if f"Something of group {n:03d}" not in attached["findings.csv"]] == []
    count = sum(isinstance(m, Measured) for m in one.record.evaluations[0].measurements)
    assert f"{count}numbersinmeasurements.csv" in text
    assert "160morearein" in text, "the 40 gravest findings are printed, and the others are counted"
