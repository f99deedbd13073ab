"""A card that was made from a record comes back as the answers that it was made from, whatever they hold and in every language."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import good_record

from cardwright import documents
from cardwright.files import kinds
from cardwright.plan import own_card
from cardwright.plan.assessment import load_details
from cardwright.plan.card_import import import_card
from cardwright.record.details import FIELDS, read_details

HARD = "1. A *star*, a_b, <b>, &amp;, `code` | pipe\n- http://x.example and \\* a backslash\n## no heading\n\nnot provided, in part"


def edition(answers, *, kind="model", language="en"):
    said = {"schema": "cardwright/details/1", "stated_by": "A. Okafor", "stated_on": "2026-11-20", **answers}
    record = good_record()
    subject = record.subject.model_copy(update={"kind": kind})
    return documents.Edition(
        record=record.model_copy(update={"details": read_details(said), "subject": subject}), language=language
    )


def every(kind):
    return {
        name: [{column: f"{column} of {name}: {HARD.splitlines()[0]}" for column in spec.columns}]
        if spec.columns
        else f"Of {name}: {HARD}"
        for name, spec in FIELDS.items()
        if kind in spec.kinds
    }


def back(card, name="README.md"):
    found = import_card(card, name=name, today="2026-11-29")
    answers = yaml.safe_load(found.details)
    return {key: said for key, said in answers.items() if key in FIELDS}, found


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
@pytest.mark.parametrize(("kind", "document"), [("model", "model_card"), ("dataset", "dataset_card")])
def test_every_answer_of_a_card_comes_back_to_its_own_question(kind, document, language):
    told = every(kind)
    card = documents.render(edition(told, kind=kind, language=language), document=document, format="markdown")
    answers, found = back(card)
    assert answers == told
    assert "section Provenance" in found.left or language != "en"
    assert "A. Okafor, 2026-11-20" in found.details.decode(), "who said so is kept as a remark"


def test_what_nobody_answered_stays_unanswered():
    card = documents.render(edition({"summary": "Scores loans."}), document="model_card", format="markdown")
    assert back(card)[0] == {"summary": "Scores loans."}


def test_what_somebody_added_to_such_a_card_is_kept():
    card = documents.render(edition({"summary": "Scores loans."}), document="model_card", format="markdown")
    answers, found = back(card + b"\n## Thanks\n\nTo the branch in Lyon.\n")
    assert answers == {"summary": "Scores loans."}
    assert "To the branch in Lyon." in found.details.decode()
    assert "section Thanks" in found.left


def test_the_short_card_gives_back_what_it_says_whole():
    from cardwright.documents import exports

    files = exports.files(edition({"intended_use": "Orders the queue.", "limitations": "One city. " * 80}), "hf-short")
    answers, _ = back(next(iter(files.values())))
    assert answers == {"intended_use": "Orders the queue."}


def test_a_card_of_somebody_else_is_no_card_of_ours():
    assert not own_card.is_own({"cardwright": "yes"})
    assert not own_card.is_own({"license": "mit"})


@settings(max_examples=40)
@given(st.text(alphabet=st.sampled_from("ab *_`#|<>&;\\.-+=~!$[](){}1\n:/w"), min_size=1, max_size=40))
def test_any_prose_comes_back_as_it_was_written_but_for_blanks(text):
    said = f"Said{text}end"
    card = documents.render(edition({"summary": said}), document="model_card", format="markdown")
    answers, _ = back(card)
    assert ["".join(str(answers.get("summary", "")).split())] == ["".join(said.split())]


@pytest.mark.parametrize("name", ["data_card", "research_memo"])
def test_the_answers_of_a_document_of_a_kind_come_back_too(name, tmp_path):
    example = kinds.find(name).path / "example"
    kind = kinds.find(name).document
    told = load_details(example / "details.yaml", kind)
    record = good_record().model_copy(update={"document": kind, "details": told})
    subject = record.subject.model_copy(update={"kind": "work"})
    card = documents.render(
        documents.Edition(record=record.model_copy(update={"subject": subject})), document=name, format="markdown"
    )
    found = yaml.safe_load(import_card(card, name="README.md", today="2026-11-29").details)
    for field, answer in told.answers.items():
        said = answer.text if answer.text is not None else [dict(entry) for entry in answer.entries]
        assert found[field] == said, field
    assert found.keys() & {field.field for field in kind.definition.fields} <= told.answers.keys(), "nothing is made up"
