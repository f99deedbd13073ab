"""What a released PDF encloses comes out as it went in, and no byte of the file is free."""

import io

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.documents.test_documents import edition

from cardwright import documents
from cardwright.documents import pdfa
from cardwright.dossier import enclosure
from cardwright.dossier.enclosure import enclose, opened
from cardwright.errors import IntegrityError

FILES = {
    "release.json": b'{"a":1}',
    "claims.jsonl": b"",
    "ledger.jsonl": b"{}\n%%EOF\nendstream\n",
    "evidence/run.json": b"{}",
}


@pytest.fixture(scope="module")
def document():
    return documents.render(edition(), document="audit_report", format="pdf")


@pytest.fixture(scope="module")
def released(document):
    return enclose(document, FILES)


def test_what_was_enclosed_comes_out_with_the_pdf_as_it_was(document, released):
    taken = opened(released, where="report.pdf")
    assert taken.document == document
    assert taken.files == FILES
    assert taken.after == b""
    assert opened(document, where="report.pdf") is None


def test_the_released_pdf_is_still_pdf_a_3b_with_everything_attached_once(document, released):
    assert pdfa.first_finding(released) is None
    with pikepdf.open(io.BytesIO(released)) as pdf, pikepdf.open(io.BytesIO(document)) as before:
        assert pdf.check_pdf_syntax() == []
        assert {*pdf.attachments} == {*before.attachments, *FILES}
        assert len(pdf.Root.AF) == len(before.Root.AF) + len(FILES)
        assert len(pdf.pages) == len(before.pages)
        assert pdf.attachments["evidence/run.json"].filename == "run.json"
        with pdf.open_outline() as outline:
            assert outline.root


def test_the_bytes_before_stay_and_the_same_files_give_the_same_bytes(document, released):
    assert released.startswith(document)
    assert enclose(document, dict(reversed(FILES.items()))) == released
    assert enclose(document, {**FILES, "release.json": b'{"a":2}'}) != released


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_byte_can_be_changed_added_or_taken_out_without_its_showing(document, released, data):
    # Half of the attacks are on the enclosure itself, a twentieth of the file.
    start = data.draw(st.sampled_from([0, len(document) - 40]))
    at = data.draw(st.integers(start, len(released) - 1))
    change = data.draw(
        st.sampled_from(
            [
                lambda: released[:at] + bytes([released[at] ^ data.draw(st.integers(1, 255))]) + released[at + 1 :],
                lambda: released[:at] + released[at + 1 :],
                lambda: released[:at] + data.draw(st.binary(min_size=1, max_size=9)) + released[at:],
                lambda: released[:at],
                lambda: released + released[at:],
            ]
        )
    )()
    if change == released:
        return
    try:
        taken = opened(change, where="report.pdf")
    except IntegrityError:
        return
    assert taken is None or (taken.document, taken.files, taken.after) != (document, FILES, b"")


def test_pages_deleted_with_a_tool_are_refused_though_everything_is_still_attached(released):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(released)) as pdf:
        del pdf.pages[1]
        assert "release.json" in pdf.attachments
        pdf.save(out)
    with pytest.raises(IntegrityError, match="not the file that was released"):
        opened(out.getvalue(), where="report.pdf")


def test_a_page_laid_over_by_a_further_update_stands_behind_the_enclosure(released):
    assert opened(released + b"7 0 obj\n<</Type /Page>>\nendobj\n", where="report.pdf").after.startswith(b"7 0 obj")


def test_another_file_slipped_into_the_update_is_refused(document, released):
    other = enclose(document, {**FILES, "release.json": b'{"a":9}'})
    tail = other[len(document) :]
    with pytest.raises(IntegrityError, match="was changed"):
        opened(document + tail.replace(b'{"a":9}', b'{"a":8}'), where="report.pdf")


def test_nothing_is_enclosed_twice_nor_in_what_is_no_pdf(document, released):
    with pytest.raises(IntegrityError, match="already"):
        enclose(released, FILES)
    for data in (b"", b"%PDF-1.7\n", document[:-30]):
        with pytest.raises(IntegrityError, match="not a PDF"):
            enclose(data, FILES)


def test_numbers_that_follow_each_other_are_one_run():
    assert enclosure._runs([3, 7, 8, 9, 11]) == [(3, 1), (7, 3), (11, 1)]
