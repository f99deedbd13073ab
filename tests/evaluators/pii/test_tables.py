"""Tables of a scan: columns that were not read stand with their reason, and what is cut is counted."""

from cardwright.evaluators.pii import tables
from cardwright.evaluators.pii.columns import Plan
from cardwright.sources.interface import NerModel


def plan(skipped):
    return Plan(read=(), skipped=tuple(skipped), context={})


def test_a_column_that_was_not_read_stands_with_its_type_and_why():
    (made,) = tables.unread_table(plan([("x", "bool", "it holds truth values")]), {"x": "column 1 (name withheld)"})
    assert made.rows == (("column 1 (name withheld)", "bool", "it holds truth values"),)
    assert made.title == "Columns that were not read"
    assert [*tables.unread_table(plan([]), {})] == []


def test_more_columns_than_a_table_lists_are_counted_in_its_title():
    names = {f"c{n}": f"c{n}" for n in range(501)}
    (made,) = tables.unread_table(plan([(name, "bool", "w") for name in names]), names)
    assert made.title == "Columns that were not read (the first 500 of 501)"
    assert len(made.rows) == 500
    assert tables.first_rows(500) == ""


def test_titles_have_a_unit_only_where_one_is_given():
    made = tables.columns_shown(kind="Kind", rows=("Rows", "count"))
    assert [(one.name, one.title, one.unit) for one in made] == [("kind", "Kind", None), ("rows", "Rows", "count")]


def model(**more):
    return NerModel(
        **{
            "name": "names", "version": "", "library": "spacy", "library_version": "3.8", "language": None,
            "sha256": "a" * 64, "entities": ("PERSON",), "other_labels": ("MISC",), "find": lambda texts: (), **more,
        }
    )  # fmt: skip


def test_a_model_stands_with_its_digest_and_what_it_does_not_state_is_said():
    assert [*tables.models_table(())] == []
    (made,) = tables.models_table((model(),))
    assert made.rows == (("names", "not stated", "spacy 3.8", "not stated", "a" * 64, "PERSON", "MISC"),)
