"""A subject is known by its bytes."""

import pytest
from tests.strategies import good_case

from cardwright.record.subject import Context, FileDigest, Subject


def test_a_renamed_file_is_another_subject():
    subject = good_case().record.subject
    renamed = subject.model_copy(update={"files": (subject.files[0].model_copy(update={"path": "other.skops"}),)})
    assert type(subject).model_validate(renamed.model_dump()).identity != subject.identity


def test_a_subject_is_known_by_something_and_lists_no_file_twice():
    with pytest.raises(ValueError, match="it has none"):
        Subject(kind="model", name="m", version="1")
    file = FileDigest(path="model.skops", sha256="a" * 64, size=3)
    with pytest.raises(ValueError, match="listed twice"):
        Subject(kind="model", name="m", version="1", files=(file, file.model_copy(update={"sha256": "b" * 64})))


@pytest.mark.parametrize(
    "said", [{"persons": "none"}, {"persons": "none", "persons_reason": " "}, {"persons_reason": "x"}]
)
def test_that_no_person_is_concerned_is_said_with_its_reason_or_not_at_all(said):
    with pytest.raises(ValueError, match="go together"):
        Context(**said)
