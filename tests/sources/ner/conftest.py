"""Tiny models of names, made once for all tests of this folder."""

import pytest
from tests.sources.ner.support import train_spacy, train_token_classifier


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory):
    """The folder of a spaCy pipeline."""
    pytest.importorskip("spacy", reason="comes with the text extra")
    return train_spacy(tmp_path_factory.mktemp("spacy") / "names")


@pytest.fixture(scope="session")
def classifier(tmp_path_factory):
    """The folder of a token classifier."""
    pytest.importorskip("torch", reason="transformers need torch")
    pytest.importorskip("transformers", reason="comes with the extra ner-transformers")
    return train_token_classifier(tmp_path_factory.mktemp("transformers") / "names")
