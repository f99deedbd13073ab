"""What a PDF says and in which structure is the same however its lines and pages break, and nothing readable can be changed."""

import io
import re

import pikepdf
import pytest

from cardwright.documents import pdf, tagged_text, toolchain
from cardwright.errors import IntegrityError
from cardwright.record import canonical

RECORD = b'{"a":1}'
ROWS = "".join(
    f"<tr><th scope=row>r-{n}</th><td>{n}.5</td><td></td><td>a group of people with a long name, number {n}</td></tr>"
    for n in range(40)
)
BODY = f"""<nav class=contents><ol><li><a href="#one">One</a></li><li><a href="#two">Two</a></li></ol></nav>
<main><section><h1 id=one>One of 2 chapters</h1><p>{"Words that fill a line and go on to the next one. " * 12}</p>
<ul><li>first, with <b>bold</b> words</li><li>second <a href="https://example.org/a">leads away, over more than one line</a></li></ul>
<table><thead><tr><th>Id</th><th>Rate</th><th>None</th><th>Group</th></tr></thead><tbody>{ROWS}</tbody></table>
<figure><svg xmlns="http://www.w3.org/2000/svg" width="90" height="40" viewBox="0 0 90 40"><title>Two bars, 3 and 4</title>
<g opacity="0.5"><rect width="30" height="20"/><text x="2" y="35" font-family="Source Sans Pro">bars</text></g></svg></figure>
</section><section><h2 id=two>Two</h2><p>{"Last words, over more than one page. " * 60}</p></section></main>"""


def html(size, body=BODY, foot="page"):
    return f"""<html lang=en><head><title>T</title><style>{pdf.font_faces()}
body {{ font-family: 'Source Sans Pro' }} tr {{ break-inside: avoid }} thead {{ display: table-header-group }}
nav a::after {{ content: leader(dotted) " " target-counter(attr(href), page) }} table {{ width: 100%; table-layout: fixed }}
@page {{ size: {size}; @top-left {{ content: "Report 7 {canonical.digest(RECORD)[:8]}" }}
@bottom-right {{ content: "{foot} " counter(page) " of " counter(pages) }} }}</style></head><body>{body}
<p>{canonical.digest(RECORD)}</p></body></html>"""


def write(page, tables=None):
    """As `pdf.write` does it, without the check for PDF/A, which takes longer than all the rest."""
    engine = toolchain.engine()
    files = {"record.json": RECORD, "toolchain.json": b"{}", **(tables or {})}
    attached = [engine.Attachment(string=data, name=name) for name, data in files.items()]
    return engine.HTML(string=page, url_fetcher=pdf._fetcher()).write_pdf(pdf_tags=True, attachments=attached)


def read(data):
    return tagged_text.read(data, where="report.pdf", leave_out="toolchain.json")


@pytest.fixture(scope="module")
def a4():
    return write(html("A4"))


@pytest.mark.parametrize("size", ["Letter", "A5 landscape", "11cm 13cm"])
def test_however_pages_break_a_document_says_the_same_in_the_same_structure(a4, size):
    other = write(html(size))
    assert len(pikepdf.open(io.BytesIO(other)).pages) != len(pikepdf.open(io.BytesIO(a4)).pages) or size == "Letter"
    assert tagged_text.difference(read(a4), read(other)) is None


def test_it_reads_text_figures_links_margins_and_attachments(a4):
    seen = read(a4)
    assert "Oneof2chapters" in seen.text
    assert "\x03Twobars,3and4\x03" in seen.text
    assert "bars" in seen.text.split("\x03")[2]
    assert seen.path_at(seen.text.index("firs")) == "L/LI/LBody"
    assert seen.path_at(seen.text.index("leadsaway")) == "L/LI/LBody/Link(/URI https://example.org/a)"
    assert seen.path_at(seen.text.index("r-39")) == "Table/TBody/TR/TH"
    assert seen.links == ("/URI https://example.org/a", "one", "two")
    assert seen.margins == {f"Report7{canonical.digest(RECORD)[:8]}page#of#"}
    assert seen.attached == {"record.json": canonical.digest(RECORD)}
    assert ("bookmark", "One of 2 chapters") in seen.described
    assert seen.pictures == 0
    assert "..." not in seen.text


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("Last words", "Lost words", "the text differs from character"),
        ("<td>7.5</td><td></td>", "<td></td><td>7.5</td>", "the text differs"),
        ("</p></section></main>", "</p><p>And one more.</p></section></main>", "the text differs"),
        ("fill a line and", "fill a line</p><p>and", "an element begins"),
        ("<h2 id=two>Two</h2>", "<h3 id=two>Two</h3>", "stands in H2, and in H3"),
        ("https://example.org/a", "https://example.org/b", "Link"),
        ("Two bars, 3 and 4", "Two bars, 3 and 5", "the text differs"),
        (">bars<", ">bare<", "the text differs"),
        ("<td>7.5</td><td></td>", "<td colspan=2>7.5</td>", "the text differs"),
    ],
)
def test_a_document_that_reads_otherwise_differs_on_any_page_size(a4, old, new, what):
    assert old in BODY
    changed = BODY.replace(old, new, 1)
    assert what in tagged_text.difference(read(a4), read(write(html("A5 landscape", changed))))


def test_another_foot_another_attachment_and_another_title_differ(a4):
    assert (
        tagged_text.difference(read(a4), read(write(html("A4", foot="leaf")))) == "what stands in the margins differs"
    )
    more = write(html("A4"), tables={"t.csv": b"a\n"})
    assert tagged_text.difference(read(a4), read(more)) == "what is attached differs"
    titled = write(html("A4").replace("<title>T<", "<title>U<", 1))
    assert tagged_text.difference(read(a4), read(titled)) == "what it says of itself differs"


def altered(data, change):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as file:
        change(file)
        file.save(out)
    return out.getvalue()


def test_words_drawn_past_the_tags_differ(a4):
    def change(file):
        fonts = file.pages[0].Resources.Font
        name = str(next(iter(fonts.keys())))
        glyph = re.search(r"beginbfchar\s*<(\w{4})>", fonts[name].ToUnicode.read_bytes().decode())[1]
        file.pages[0].contents_add(f"BT {name} 12 Tf <{glyph}> Tj ET".encode(), prepend=False)

    assert tagged_text.difference(read(a4), read(altered(a4, change))) == "what stands in the margins differs"


def test_a_page_that_was_deleted_or_moved_cannot_be_read(a4):
    def delete(file):
        del file.pages[-1]

    for change in (delete, lambda file: file.pages.reverse()):
        with pytest.raises(IntegrityError, match="cannot be read"):
            read(altered(a4, change))


def test_a_link_laid_over_the_page_and_a_picture_differ(a4):
    def link(file):
        action = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String("https://evil.example"))
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 99, 99], A=action, F=4
        )
        file.pages[0].Annots = pikepdf.Array([file.make_indirect(note)])

    def picture(file):
        image = file.make_stream(b"\0", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=1, Height=1)
        image.ColorSpace, image.BitsPerComponent = pikepdf.Name.DeviceGray, 8
        file.pages[0].Resources.XObject[pikepdf.Name("/evil")] = image
        file.pages[0].contents_add(b"q 500 0 0 700 0 0 cm /evil Do Q", prepend=False)

    assert tagged_text.difference(read(a4), read(altered(a4, link))) == "where links lead differs"
    assert tagged_text.difference(read(a4), read(altered(a4, picture))) == "how many pictures it holds differs"


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.7\n%%EOF"])
def test_what_is_no_pdf_cannot_be_read(data):
    with pytest.raises(IntegrityError, match="cannot be read"):
        read(data)


def test_an_untagged_pdf_cannot_be_read(a4):
    def untag(file):
        del file.Root.StructTreeRoot

    with pytest.raises(IntegrityError, match="cannot be read"):
        read(altered(a4, untag))
