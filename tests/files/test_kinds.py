"""The registry of kinds: packaged folders and a house's own. What is no kind never becomes a path."""

import pytest
from tests import kind_folders as made

from cardwright.errors import PlanError, SourceError, UsageError
from cardwright.files import kinds


def test_a_house_s_kind_stands_beside_the_packaged_ones(tmp_path):
    own = made.folder(
        tmp_path, template__html__j2='{% extends "kind.html.j2" %}', words__de__yaml='"Decision": "Beschluss"'
    )
    assert {"house_note", *kinds.names()} == set(kinds.names(own))
    found = kinds.find("house_note", own)
    assert not found.packaged
    assert sorted(found.document.templates) == ["template.html.j2", "words.de.yaml"]


@pytest.mark.parametrize("name", kinds.names())
def test_every_packaged_kind_can_be_read_and_is_accepted_as_itself(name):
    found = kinds.find(name)
    assert found.packaged
    assert found.definition.sha256 in kinds.accepted(name)


def test_a_kind_that_declares_no_minimum_is_refused_with_its_line(tmp_path):
    text = made.NOTE[: made.NOTE.index("minimum:")]
    with pytest.raises(PlanError, match=r"states no responsible-AI minimum.*people_concerned"):
        kinds.find("house_note", made.folder(tmp_path, text))


def test_a_minimum_without_a_field_is_none(tmp_path):
    text = made.NOTE.replace("{fields: [harms], why", "{fields: [], why")
    with pytest.raises(PlanError, match=r"minimum\.fields"):
        kinds.find("house_note", made.folder(tmp_path, text))


def test_a_kind_named_like_a_packaged_one_is_refused(tmp_path):
    text = made.NOTE.replace("kind: house_note", "kind: experiment_plan")
    with pytest.raises(PlanError, match="comes with Cardwright"):
        kinds.find("experiment_plan", made.folder(tmp_path, text, "experiment_plan"))


@pytest.mark.parametrize("name", ["model_card", "audit_report", "model"])
def test_a_kind_is_not_called_as_something_else_in_every_dossier(tmp_path, name):
    text = made.NOTE.replace("kind: house_note", f"kind: {name}")
    with pytest.raises(PlanError, match="is the name of something else"):
        kinds.find(name, made.folder(tmp_path, text, name))
    assert kinds.accepted(name) == ()


@pytest.mark.parametrize("name", ["../house_note", "a/b", "..", "/etc", "House", "", "a.b", "house_note/../house_note"])
def test_a_name_that_is_a_path_finds_nothing(tmp_path, name):
    own = made.folder(tmp_path / "kinds")
    with pytest.raises(UsageError, match="no kind of document is called"):
        kinds.find(name, own)
    assert kinds.accepted(name) is None


def test_a_folder_whose_kind_has_another_name_is_refused(tmp_path):
    with pytest.raises(PlanError, match='called "house_note", and its folder "other"'):
        kinds.find("other", made.folder(tmp_path, made.NOTE, "other"))


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "secret").write_text("AKIA", encoding="utf-8")
    own = made.folder(tmp_path / "kinds")
    (own / "house_note" / "template.md.j2").symlink_to(tmp_path / "secret")
    with pytest.raises(PlanError, match="leads out of the folder"):
        kinds.find("house_note", own)


def test_a_file_that_nobody_wrote_by_hand_is_refused(tmp_path):
    with pytest.raises(SourceError, match="larger than"):
        kinds.find("house_note", made.folder(tmp_path, template__md__j2="x" * 300_000))


def test_an_unknown_key_is_named_with_its_line(tmp_path):
    with pytest.raises(PlanError, match=r"kind\.yaml, line 5.*sumary"):
        kinds.find(
            "house_note",
            made.folder(
                tmp_path,
                made.NOTE.replace("summary:", "sumary:").replace(
                    "title: House note\nsumary", "title: House note\nsumary"
                ),
            ),
        )


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(UsageError, match="no such folder of kinds"):
        kinds.names(tmp_path / "none")


@pytest.mark.parametrize("name", kinds.names())
def test_every_packaged_kind_has_a_filled_in_example(name):
    assert {"assessment.yaml", "details.yaml"} <= kinds.example(kinds.find(name)).keys()


def test_an_example_holds_nothing_from_outside_its_folder(tmp_path):
    own = made.folder(tmp_path)
    assert kinds.example(kinds.find("house_note", own)) == {}
    (tmp_path / "secret.yaml").write_text("a: 1\n")
    (own / "house_note" / "example").mkdir()
    (own / "house_note" / "example" / "assessment.yaml").symlink_to(tmp_path / "secret.yaml")
    with pytest.raises(PlanError, match="leads out of the folder"):
        kinds.example(kinds.find("house_note", own))
