"""Which documents there are, and an edition that is refused before anything is made of it."""

import pytest
from tests.strategies import good_case

from cardwright.documents import interface
from cardwright.errors import UsageError
from cardwright.files import packaged
from cardwright.record import Subject

RECORD = good_case().record


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"page_size": "A5"}, 'no page is called "A5"'),
        ({"audience": "publik"}, 'no audience is called "publik". Did you mean "public"?'),
        ({"language": "it"}, '"it"'),
    ],
)
def test_an_edition_for_a_page_a_reader_or_a_language_that_is_not_there_is_refused(said, message):
    with pytest.raises(UsageError) as stopped:
        interface.Edition(record=RECORD, **said)
    assert message in str(stopped.value)


@pytest.mark.parametrize("audience", interface.AUDIENCES)
@pytest.mark.parametrize("size", interface.PAGE_SIZES)
def test_every_reader_and_every_page_has_an_edition(audience, size):
    made = interface.Edition(record=RECORD, audience=audience, page_size=size)
    assert (made.audience, made.page_size, made.state, made.claims) == (audience, size, "draft", ())


@pytest.mark.parametrize("document", interface.DOCUMENTS.values(), ids=lambda one: one.name)
def test_every_document_is_found_in_its_formats_and_has_its_templates(document):
    for format, template in document.templates.items():
        assert interface.find(document.name, format) is document
        assert (packaged.folder("card_templates") / template).is_file()
    assert ("pdf" in document.templates) == ("html" in document.templates)


def test_a_document_or_a_format_that_is_not_there_is_said():
    with pytest.raises(UsageError, match=r'no document is called "model_kard". Did you mean "model_card"\?'):
        interface.find("model_kard", "html")
    with pytest.raises(UsageError, match=r"audit_report is not written as markdown. Known: html, pdf\."):
        interface.find("audit_report", "markdown")


@pytest.mark.parametrize(("kind", "card"), [("model", True), ("system", True), ("dataset", False)])
def test_a_dossier_holds_a_model_card_unless_its_subject_is_a_dataset(kind, card):
    subject = Subject.model_validate({**RECORD.subject.model_dump(), "kind": kind})
    listed = interface.standard(RECORD.model_copy(update={"subject": subject}))
    assert ("model_card.md" in [path for path, _, _ in listed]) == card
    assert {path for path, _, _ in listed} >= {"dataset_card.md", "audit_report.html", "audit_report.pdf"}
    for _, name, format in listed:
        assert format in interface.DOCUMENTS[name].templates
