"""What a document shows of a record, before any template sees it."""

from tests.documents.test_documents import edition

from cardwright import documents
from cardwright.documents import view


def test_a_dataset_card_of_a_model_speaks_of_its_data_alone():
    seen = view.make(documents.DOCUMENTS["dataset_card"], edition())
    assert seen.data_only
    assert not seen.evaluations  # both read predictions


def test_a_formula_stays_text_in_the_attached_csv():
    assert view._cell("=1+1") == "'=1+1"
    assert view._cell(-1.5) == "-1.5"
