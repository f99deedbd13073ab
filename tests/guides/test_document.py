"""The guide on adding a document adds one, with the files that it names and no others."""

from tests.guides import support
from tests.strategies import good_record

from cardwright.record import canonical


def test_the_guide_adds_a_document(tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "record.json").write_bytes(canonical.dumps(good_record()))
    project = support.follow("document", tmp_path)
    assert (project / "note.pdf").read_bytes().startswith(b"%PDF")
