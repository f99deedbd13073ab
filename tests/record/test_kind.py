"""A kind's definition travels in the record, and what is said in it is what the kind asks."""

import pytest
from pydantic import ValidationError
from tests import kind_folders as made

from cardwright.record import canonical
from cardwright.record.kind import KindDefinition, RecordLink, released_by, required_fields
from cardwright.record.record import Record
from cardwright.record.subject import Subject

OTHER = RecordLink(role="plan", kind="experiment_plan", name="p", version="1", record_sha256="a" * 64)


@pytest.fixture
def note(tmp_path):
    return made.definition(tmp_path)


def test_a_record_carries_the_definition_so_that_a_receiver_needs_no_folder(note):
    record = made.work(note)
    again = canonical.parse(Record, canonical.dumps(record), where="record.json")
    assert again == record
    assert again.document.definition == note
    assert [again.fields[name].question for name in ("decision", "owners")] == [
        "What was decided?",
        record.fields["owners"].question,
    ]


def test_a_record_whose_embedded_definition_differs_from_its_digest_is_refused(note):
    written = canonical.plain(made.work(note))
    written["document"]["definition"]["minimum"]["fields"] = ["decision"]
    with pytest.raises(ValidationError, match="not the one with this digest"):
        Record.model_validate(written)


def test_a_work_is_identified_by_its_own_text(note):
    first, second = made.work(note), made.work(note, decision="stop", reason="The gain vanished with the second seed.")
    assert first.subject.identity != second.subject.identity
    assert made.work(note, links=(OTHER,)).subject.identity != first.subject.identity
    written = canonical.plain(first)
    written["details"]["answers"]["decision"]["text"] = "stop"
    with pytest.raises(ValidationError, match="not the one that it is identified by"):
        Record.model_validate(written)


@pytest.mark.parametrize(
    ("update", "why"),
    [
        ({"files": [{"path": "model.skops", "sha256": "a" * 64, "size": 1}]}, "it has no files"),
        ({"reference": {"provider": "p", "model_id": "m"}}, "it has no files"),
        ({"text_sha256": None}, "it has none"),
    ],
)
def test_no_model_hides_in_a_work(update, why):
    with pytest.raises(ValidationError, match=why):
        Subject.model_validate({"kind": "work", "name": "w", "version": "1", "text_sha256": "b" * 64, **update})


def test_only_a_work_has_a_text_for_an_identity():
    with pytest.raises(ValidationError, match="those of a work"):
        Subject.model_validate({"kind": "model", "name": "m", "version": "1", "text_sha256": "b" * 64})


def test_a_work_of_no_kind_is_refused(note):
    written = canonical.plain(made.work(note))
    del written["document"]
    del written["details"]
    with pytest.raises(ValidationError, match="names none"):
        Record.model_validate(written)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"decison": {"text": "adopt"}}, "no details field is called"),
        ({"decision": {"text": "perhaps"}}, "decision is one of adopt, stop"),
        ({"decision": {"entries": [{"a": "b"}]}}, "is prose, not a list"),
        ({"harms": {"text": "None"}}, "is a list of entries with group, harm"),
        ({"harms": {"entries": [{"groop": "x"}]}}, 'has no "groop"'),
    ],
)
def test_an_answer_is_one_to_what_the_kind_asks(note, answers, why):
    written = canonical.plain(made.work(note))
    said = {name: {**answer, "stated_by": "A", "stated_on": "2026-11-20"} for name, answer in answers.items()}
    written["details"]["answers"] |= said
    with pytest.raises(ValidationError, match=why):
        Record.model_validate(written)


def test_a_field_that_another_answer_asks_for_is_required_with_it(note):
    assert required_fields(note, made.work(note).details) == ("decision", "harms")
    stopped = made.work(note, decision="stop")
    assert required_fields(note, stopped.details) == ("decision", "reason", "harms")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("field: reason", "field: decision"), 'the field "decision" is there twice'),
        (("field: reason", "field: owners"), "is a shared field"),
        (("fields: [harms], why", "fields: [harm], why"), 'no field is called "harm"'),
        (("people: [group]", "people: [grup]"), "none of its columns"),
        (("{decision: [stop]}", "{decision: [halt]}"), "does not offer"),
        (("columns: [group, harm]", "choices: [a]\n    columns: [group, harm]"), "it has both"),
        (("required: always", "exactly: 2"), "has no columns"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(change, why):
    import yaml

    with pytest.raises(ValidationError, match=why):
        KindDefinition.model_validate(yaml.safe_load(made.NOTE.replace(*change)))


def test_records_of_before_have_the_digest_that_they_had(note):
    """Neither of the new fields stands in a record that does not use it."""
    written = canonical.plain(made.work(note))
    assert "links" not in written
    assert (
        not {"document", "links"}
        & canonical.plain(made.of_lock(made.lock(note), note).model_copy(update={"document": None})).keys()
    )


def test_a_question_that_the_answers_do_not_ask_for_is_released_by_them_and_an_open_one_by_nothing(note):
    adopted, stopped = made.work(note).details, made.work(note, decision="stop").details
    assert released_by(note, "reason", adopted) == {"decision": "adopt"}
    assert released_by(note, "reason", stopped) == {}
    open_ = adopted.model_copy(update={"answers": {k: v for k, v in adopted.answers.items() if k != "decision"}})
    assert released_by(note, "reason", open_) == {}
    assert released_by(note, "harms", adopted) == {}
