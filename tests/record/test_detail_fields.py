"""The fields that people answer are a table anybody can edit; what does not fit it is refused."""

from typing import get_args

import pytest

from cardwright.record.base import is_placeholder
from cardwright.record.detail_fields import FIELDS, FieldSpec, Who, read_fields

FIELD = b"""
purpose:
  section: Use
  title: Purpose
  question: "What is it for?"
  good: "To order the queue."
  bad: "Credit"
  who: product
"""


def test_a_field_of_the_table_is_a_value():
    assert read_fields(FIELD) == {
        "purpose": FieldSpec("purpose", "Use", "Purpose", "What is it for?", "To order the queue.", "Credit", "product")
    }


def test_a_field_with_columns_takes_entries_and_one_without_takes_prose():
    entries = read_fields(FIELD + b"  columns: [name, role]\n  optional: [role]\n")["purpose"]
    assert (entries.shape, entries.columns, entries.optional) == ("entries", ("name", "role"), ("role",))
    assert read_fields(FIELD)["purpose"].shape == "text"


@pytest.mark.parametrize("change", [(b"  who: product\n", b""), (b"  who:", b"  whom: product\n  who:")])
def test_a_field_with_a_key_too_few_or_too_many_is_refused(change):
    with pytest.raises(TypeError):
        read_fields(FIELD.replace(*change))


@pytest.mark.parametrize("spec", FIELDS.values(), ids=FIELDS)
def test_every_packaged_field_asks_somebody_something_with_a_good_and_a_bad_answer(spec):
    texts = (spec.section, spec.title, spec.question, spec.good, spec.bad)
    assert all(isinstance(text, str) and text.strip() for text in texts)  # a bare Yes in YAML is no text
    assert spec.question.endswith("?")
    assert not is_placeholder(spec.good, spec.question, spec.bad, spec.title)
    assert spec.who in get_args(Who)
    assert spec.kinds and set(spec.kinds) <= {"model", "dataset", "system", "work"}
    assert set(spec.optional) <= set(spec.columns)


def test_the_twenty_properties_of_croissant_rai_are_each_filled_by_one_field():
    named = [spec.croissant for spec in FIELDS.values() if spec.croissant]
    assert len(named) == len(set(named)) == 20
