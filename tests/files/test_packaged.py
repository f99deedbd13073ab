"""What ships with the package is found by its name, a person's own templates first, and a wrong name told the nearest."""

import pytest
import yaml

from cardwright.errors import UsageError
from cardwright.files import packaged


@pytest.mark.parametrize("kind", ["policies", "checklists"])
def test_every_file_is_listed_once_in_the_order_of_names_and_can_be_read(kind):
    names = packaged.names(kind)
    assert names
    assert [*names] == sorted({*names})
    for name in names:
        data, where = packaged.read(kind, name)
        assert where == f"{kind}/{name}.yaml"
        assert isinstance(yaml.safe_load(data), dict)


@pytest.mark.parametrize("name", ["productoin", "../policies/production", "production.yaml", ""])
def test_a_name_that_is_none_is_refused_and_no_path_is_one(name):
    with pytest.raises(UsageError, match="in policies"):
        packaged.read("policies", name)


def test_the_nearest_name_is_said():
    with pytest.raises(UsageError, match='Did you mean "production"'):
        packaged.read("policies", "productoin")


def test_a_persons_own_templates_are_looked_for_first(tmp_path):
    assert packaged.template_folders() == [packaged.folder("card_templates")]
    assert packaged.template_folders(tmp_path) == [tmp_path, packaged.folder("card_templates")]
    with pytest.raises(UsageError, match="no such folder of templates"):
        packaged.template_folders(tmp_path / "none")


def test_a_catalogue_of_ones_own_comes_after_ours_so_that_its_words_win(tmp_path):
    (tmp_path / "words.de.yaml").write_bytes(b"Model: Modell\n")
    *ours, (own, name) = packaged.catalogues("de", tmp_path)
    assert (own, name) == (b"Model: Modell\n", "words.de.yaml")
    assert packaged.catalogues("de") == ours
    assert packaged.catalogues("xx") == []


def test_a_changed_template_has_another_digest_and_other_files_have_none(tmp_path):
    ours = packaged.template_digests()
    assert {name.partition("/")[0] for name in ours} == {"0"}
    (tmp_path / "a.j2").write_text("x")
    (tmp_path / "notes.txt").write_text("x")
    before = packaged.template_digests(tmp_path)
    assert {*before} - {*ours} == {"1/a.j2"}
    (tmp_path / "a.j2").write_text("y")
    assert packaged.template_digests(tmp_path)["1/a.j2"] != before["1/a.j2"]


def test_every_font_that_a_style_names_is_one():
    fonts = packaged.fonts()
    assert {*fonts} == {*packaged.FONT_STYLES}
    assert {data[:4] for data in fonts.values()} == {b"\x00\x01\x00\x00"}  # TrueType


def test_a_style_sheet_and_a_published_schema_are_text():
    sheets = [path.name for path in packaged.folder("card_templates").glob("*.css")]
    assert sheets
    assert all("{" in packaged.stylesheet(name) for name in sheets)


def test_another_kind_of_document_changes_the_toolchain_of_no_other():
    assert not [path for path in packaged.template_digests() if "kinds/" in path]
    assert "0/kind.html.j2" in packaged.template_digests()
