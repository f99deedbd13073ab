"""What a PDF carries beside its pages: everything that the pages leave out, and nothing that a spreadsheet would run."""

import csv
import io

import pytest
from tests.documents.test_documents import edition, rich_record
from tests.policy.test_gate import with_record
from tests.strategies import good_case

from cardwright import documents
from cardwright.documents import attachments, view


@pytest.fixture(scope="module")
def made():
    one = edition(with_record(good_case(), rich_record()))
    return one, attachments.of(view.make(documents.DOCUMENTS["audit_report"], one, printed=True))


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_every_measurement_stands_in_the_table_unrounded(made):
    one, files = made
    every = [m for e in one.record.evaluations for m in e.measurements]
    told = rows(files[attachments.MEASUREMENTS])
    assert len(told) == len(every)
    assert [row["value"] for row in told] == [repr(m.value) if m.status == "measured" else "" for m in every]


def test_every_requirement_and_every_finding_is_told_whole(made):
    one, files = made
    told = rows(files[attachments.REQUIREMENTS])
    assert {(row["id"], row["explanation"], row["why"]) for row in told} == {
        (o.label, o.explanation, o.why) for o in one.verdict.outcomes
    }
    found = [f for e in one.record.evaluations for f in e.findings]
    assert sorted(row["explanation"] for row in rows(files[attachments.FINDINGS])) == sorted(
        f.explanation for f in found
    )


def test_every_table_is_attached_whether_it_is_printed_or_not(made):
    one, files = made
    for e in one.record.evaluations:
        for table in e.tables:
            assert len(rows(files[f"T-{e.id}-{table.id}.csv"])) == len(table.rows)


def test_methods_limits_and_what_was_not_tested_are_told_with_their_reasons(made):
    one, files = made
    text = files[attachments.METHODS].decode()
    for e in one.record.evaluations:
        assert f"Method: {e.method}" in text
        assert all(f"Limit: {limit}" in text for limit in e.limits)
        assert all(f"Not tested: {gap.what}: {gap.why}" in text for gap in e.coverage.not_tested)


def test_what_people_say_is_told_with_who_says_it(made):
    one, files = made
    text = files[attachments.STATEMENTS].decode()
    for answer in one.record.details.answers.values():
        assert f"({answer.stated_by}, {answer.stated_on})" in text
        assert answer.text is None or answer.text in text


def test_a_formula_stays_text():
    assert attachments.cell("=1+1") == "'=1+1"
    assert attachments.cell(-1.5) == "-1.5"
