"""What is counted of a dossier: how it is named, when it was decided, what it is about."""

from tests import kind_folders as made
from tests.strategies import NOW, good_record

from cardwright.record.counted_dossier import CountedDossier


def test_a_model_is_about_itself_and_a_work_about_what_it_says(tmp_path):
    model = CountedDossier(record=good_record())
    assert model.about == good_record().subject.name
    definition = made.definition(tmp_path)
    assert CountedDossier(record=made.work(definition, about="loans")).about == "loans"
    assert CountedDossier(record=made.work(definition)).about is None


def test_it_is_named_by_subject_version_and_digest():
    record = good_record()
    assert CountedDossier(record=record).id == f"m 1 ({record.sha256[:12]})"


def test_without_a_decision_the_end_of_its_run_is_its_moment_and_without_either_there_is_none(tmp_path):
    record = made.work(made.definition(tmp_path))
    assert CountedDossier(record=record, run=made.facts(record)).decided_at == NOW
    assert CountedDossier(record=record).decided_at is None
