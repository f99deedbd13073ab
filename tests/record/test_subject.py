"""A subject is known by its bytes."""

from tests.strategies import good_case


def test_a_renamed_file_is_another_subject():
    subject = good_case().record.subject
    renamed = subject.model_copy(update={"files": (subject.files[0].model_copy(update={"path": "other.skops"}),)})
    assert type(subject).model_validate(renamed.model_dump()).identity != subject.identity
