"""The guide on adding a kind of document adds one in a copy of the project, and no line of Python."""

from tests.guides import support

from cardwright.dossier import contents, store


def test_the_guide_adds_a_kind_without_python(tmp_path):
    project = support.follow("kind", tmp_path)
    record = contents.case_of(store.read_dossier(project / "dossier"), where="dossier").record
    assert (record.kind, record.subject.kind) == ("dataset_request", "work")
    assert not list((project / "house").rglob("*.py"))
    assert sorted(path.name for path in (project / "dossier").glob("dataset_request.*")) == [
        "dataset_request.html", "dataset_request.md", "dataset_request.pdf",
    ]  # fmt: skip
    assert not list((project / "dossier").glob("*card*")), "a request leaves no model card"
