"""A spaCy pipeline finds names from its folder or from an installed package, without running the package's code."""

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

spacy = pytest.importorskip("spacy", reason="comes with the text extra")

from cardwright.errors import SourceError
from cardwright.sources.ner import ner_models
from cardwright.sources.ner.spacy_pipelines import in_package, is_pipeline

TEXT = "my name is Ada Lovelace"


def seen(text, spans):
    return [(text[one.start : one.end], one.entity) for one in spans]


def test_a_folder_finds_names_and_says_who_it_is(pipeline):
    (model,) = ner_models(str(pipeline)).models
    assert (model.name, model.version, model.library, model.language) == ("en_tiny_names", "0.1.0", "spacy", "en")
    assert model.entities == ("LOCATION", "PERSON")
    found = model.find([TEXT, "", "we moved to Leiden last year", "the invoice is paid"])
    assert [seen(t, s) for t, s in zip([TEXT, "", "we moved to Leiden last year", ""], found, strict=True)] == [
        [("Ada Lovelace", "PERSON")],
        [],
        [("Leiden", "LOCATION")],
        [],
    ]


def test_a_long_text_is_read_in_windows_and_nothing_is_found_twice(pipeline):
    (model,) = ner_models(str(pipeline)).models
    text = "the invoice is paid\n" * 4000 + "please call Grace Hopper back\n" + "the office is open\n" * 3000
    (found,) = model.find([text])
    assert seen(text, found).count(("Grace Hopper", "PERSON")) == 1
    starts = [one.start for one in found]
    assert starts == sorted(set(starts))


def test_threads_that_ask_at_once_get_what_one_alone_gets(pipeline):
    (model,) = ner_models(str(pipeline)).models
    texts = [TEXT, "she lives in Porto"] * 20
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: model.find(texts), range(8)))) == 1


def test_an_installed_package_is_found_by_name_and_its_code_is_not_run(pipeline, tmp_path, monkeypatch):
    package = tmp_path / "xx_names_package"
    shutil.copytree(pipeline, package / "xx_names_package-0.1.0")
    (package / "__init__.py").write_text("raise RuntimeError('code of the package ran')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    one, other = ner_models("xx_names_package"), ner_models("xx-names-package")
    assert one.ref.sha256 == other.ref.sha256 == ner_models(str(pipeline)).ref.sha256
    assert one.ref.path is None
    assert "xx_names_package" not in sys.modules
    assert in_package(package) == package / "xx_names_package-0.1.0"
    assert is_pipeline(pipeline) and not is_pipeline(package)


def test_a_pipeline_without_a_part_that_finds_names_is_refused(tmp_path):
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(SourceError, match="no part of the pipeline finds names"):
        ner_models(str(tmp_path / "blank"))


def test_a_damaged_pipeline_is_refused_with_the_version_it_was_made_for(pipeline, tmp_path):
    shutil.copytree(pipeline, tmp_path / "damaged")
    (tmp_path / "damaged" / "ner" / "model").write_bytes(b"no model")
    with pytest.raises(SourceError, match=r"spaCy 3\..* cannot load the pipeline .* made for spaCy >=3"):
        ner_models(str(tmp_path / "damaged"))
