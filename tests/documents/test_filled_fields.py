"""What a template shows of a linked record: numbers, answers and facts, each from the dossier that it is of."""

from tests import kind_folders as made
from tests.record.test_filling import kind_with, link_to, made_of, rate, record_with

from cardwright.documents import filled_fields
from cardwright.record import filling
from cardwright.record.filled import Fact
from cardwright.record.record import Record

EVERY = "[{facts: [subject, datasets, evaluations, not_tested, findings, software], metrics: [accuracy], answers: [summary]}]"


def shown(tmp_path, record):
    of = kind_with(tmp_path, EVERY)
    work = made.work(of, links=(link_to(record),))
    filled = filling.filled(work.document, work.links, {record.sha256: record})
    return filled_fields.of(made_of(work, filled=filled), "decision")


def test_each_linked_dossier_has_its_numbers_its_answers_and_its_facts(tmp_path):
    record = record_with(rate(0.8125))
    (view,) = shown(tmp_path, record)
    assert view.link.record_sha256 == record.sha256
    assert [entry.measurement.value for entry in view.numbers] == [0.8125]
    assert [(one.spec.title, one.answer.text) for one in view.answers] == [("Summary", "Scores applications.")]
    assert view.stated == ("A", "2026-11-23")
    assert [table.name for table in view.facts] == ["subject", "datasets", "evaluations", "not_tested", "software"]


def test_a_table_of_facts_has_its_columns_in_the_order_of_a_reader(tmp_path):
    (view,) = shown(tmp_path, record_with(rate(0.8125)))
    tables = {table.name: table for table in view.facts}
    assert tables["datasets"].columns == ("name", "role", "rows", "sha256")
    assert tables["datasets"].rows == (("test", "test", 1000, "0" * 64),)
    assert tables["subject"].columns == ()
    assert tables["subject"].rows[:2] == (("name", "m"), ("version", "1"))


def test_there_is_a_table_for_every_sort_of_fact():
    assert set(filled_fields.COLUMNS) == set(Fact.__args__)
    assert all(sum(widths.values()) in (0, 100) for widths in filled_fields.COLUMNS.values())


def test_a_field_that_no_linked_record_speaks_of_shows_nothing(tmp_path):
    assert filled_fields.of(Record.model_validate(made.work(made.definition(tmp_path))), "decision") == ()
