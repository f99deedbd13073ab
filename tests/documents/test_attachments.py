"""What a PDF carries beside its pages: everything that the pages leave out, and nothing that a spreadsheet would run."""

import csv
import io
from dataclasses import replace

import pytest
from tests.documents.test_documents import edition, rich_record
from tests.policy.test_gate import with_record
from tests.strategies import good_case

from cardwright import documents
from cardwright.documents import attachments, view
from cardwright.record.measurement import Excluded, Groups, Measured


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


def test_a_gap_is_told_with_every_group_that_it_leaves_out_and_why(made):
    one, _ = made
    few = tuple(Excluded(slice={"race": name, "sex": None}, reason=f"{n} rows") for n, name in ((3, "a"), (4, "b")))
    groups = Groups(compared=2, expected=4, rows=100, excluded=few)
    gap = Measured(
        metric="gap", across=("race",), value=0.1, unit="difference", direction="lower_is_better", groups=groups
    )
    first, *others = one.record.evaluations
    record = one.record.model_copy(update={"evaluations": (first.model_copy(update={"measurements": (gap,)}), *others)})
    files = attachments.of(view.make(documents.DOCUMENTS["audit_report"], replace(one, record=record)))
    told = rows(files[attachments.MEASUREMENTS])[0]
    assert told["excluded"] == "race=a; sex=unknown: 3 rows | race=b; sex=unknown: 4 rows"


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
