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


def test_a_model_of_several_files_is_known_by_the_digest_of_its_folder(tmp_path):
    from cardwright.sources.digests import sha256_of, sha256_of_path

    for name in ("model/config.json", "model/inner/a.txt", "model/weights.safetensors", "notes.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    files = tuple(
        FileDigest(path=path.relative_to(tmp_path).as_posix(), sha256=sha256_of(path), size=path.stat().st_size)
        for path in paths
    )
    subject = Subject(kind="model", name="m", version="1", files=files)
    assert subject.folders["model"] == sha256_of_path(tmp_path / "model")
    assert subject.folders["model/inner"] == sha256_of_path(tmp_path / "model" / "inner")
    assert {sha256_of_path(tmp_path / "model"), *(file.sha256 for file in files)} <= subject.digests
    fewer = Subject(kind="model", name="m", version="1", files=tuple(f for f in files if "inner" not in f.path))
    assert sha256_of_path(tmp_path / "model") not in fewer.digests, "a folder of which a file is not listed is another"


@pytest.mark.parametrize(
    "said", [{"persons": "none"}, {"persons": "none", "persons_reason": " "}, {"persons_reason": "x"}]
)
def test_that_no_person_is_concerned_is_said_with_its_reason_or_not_at_all(said):
    with pytest.raises(ValueError, match="go together"):
        Context(**said)
