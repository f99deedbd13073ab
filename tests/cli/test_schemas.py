"""The exported JSON Schemas are current."""

import json
from pathlib import Path

import pytest

from cardwright.cli import schemas

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", sorted(schemas.FORMATS))
def test_the_exported_schema_is_current(name):
    assert (FOLDER / f"{name}.schema.json").read_bytes() == schemas.of(name), "run `make schemas`"


@pytest.mark.parametrize("name", sorted(schemas.FORMATS))
def test_a_schema_is_called_as_the_files_that_it_describes_name_their_format(name):
    schema = json.loads(schemas.of(name))
    assert schema["$id"] == schema["properties"]["schema"]["const"]


def test_no_other_schema_stands_beside_them():
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.schema.json" for name in schemas.FORMATS}


def test_free_text_labels_and_examples_are_marked_in_the_schema():
    text = schemas.of("record").decode()
    for mark in ("free_text", "label", "example"):
        assert f'"x-cardwright": "{mark}"' in text
