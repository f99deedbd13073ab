"""What each column about a person is, what it is for and on which legal basis; and that nobody has said so, where nobody has."""

from tests.documents.test_documents import edition

from cardwright.documents import personal_data
from cardwright.record import Finding
from cardwright.record.details import Answer
from cardwright.record.evaluation import count_severities


def record(entries=(), found=()):
    """A record of which people say this of columns, and in which these headings were found."""
    case = edition()
    first = case.record.evaluations[0]
    findings = tuple(
        Finding(severity="high", key=f"heading.{kind}.{concept}", explanation="By the heading.", where=where)
        for where, kind, concept in found
    )
    answers = dict(case.record.details.answers)
    if entries:
        answers["personal_columns"] = Answer(entries=entries, stated_by="A", stated_on="2026-11-23")
    return case.record.model_copy(
        update={
            "evaluations": (
                first.model_copy(update={"findings": findings, "severities": count_severities(findings)}),
                *case.record.evaluations[1:],
            ),
            "details": case.record.details.model_copy(update={"answers": answers}),
        }
    )


def by_name(record):
    return {name: (kind, one) for one in personal_data.of(record) for kind in one.kinds for name in kind.names}


def test_a_protected_attribute_of_which_nobody_says_anything_is_shown_without_purpose_and_basis():
    kind, one = by_name(record())["race"]
    assert (kind.protected, kind.category, one.purpose, one.legal_basis) == (True, None, None, None)


def test_a_heading_says_that_a_column_is_of_a_special_category_and_people_say_it_where_the_heading_is_a_code():
    entry = {"column": "s1", "category": "health data", "purpose": "input", "retention": "a year"}
    columns = by_name(record(entries=(entry,), found=(("bmi", "special_category", "health"),)))
    kind, _ = columns["bmi"]
    assert (kind.special, kind.headings, kind.category) == (True, ("health",), None)
    kind, one = columns["s1"]
    assert (kind.special, kind.category, one.purpose, one.legal_basis) == (False, "health data", "input", None)


def test_a_placeholder_says_nothing():
    entry = {"column": "race", "purpose": "TBD", "legal_basis": "?", "retention": "a year"}
    _, one = by_name(record(entries=(entry,)))["race"]
    assert (one.purpose, one.legal_basis, one.retention) == (None, None, "a year")


def test_columns_of_which_the_same_is_said_stand_together():
    entries = tuple(
        {"column": name, "category": "health data", "purpose": "input", "legal_basis": "consent", "retention": "a year"}
        for name in ("s1", "s2")
    )
    kinds = [kind.names for one in personal_data.of(record(entries=entries)) for kind in one.kinds]
    assert ("s1", "s2") in kinds
