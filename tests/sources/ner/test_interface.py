"""What a reader is asked and answers are values."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from cardwright.sources.ner.interface import NerRequest, OpenedNer


def test_a_request_and_its_answer_cannot_be_changed():
    request = NerRequest(Path("m"), "m", {}, ())
    answer = OpenedNer("spacy", "3.8", "m", "", None, ("PER",), lambda texts: tuple(() for _ in texts))
    for value, field in ((request, "where"), (answer, "name")):
        with pytest.raises(FrozenInstanceError):
            setattr(value, field, "other")
    assert answer.find(["a", "b"]) == ((), ())
