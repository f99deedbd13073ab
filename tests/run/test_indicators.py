"""Indicators as text and CSV say what their evaluation says."""

import csv
import io

import pytest

pytest.importorskip("scipy", reason="indicators need the tabular extra")

from tests.evaluators.kpis.support import PLANNED, approved, decided, look, run, source, written

from cardwright.errors import UsageError
from cardwright.evaluators.kpis.indicators import CAVEAT, INDICATORS
from cardwright.run.indicators import as_csv, as_rows, as_text, computed, not_counted, of_workstream, workstreams


@pytest.fixture(scope="module")
def found():
    return look(
        written(claims=approved(), **PLANNED), *(decided(f"model-{n}", n != 1) for n in range(6)), runs=[run("a"), run("b")],
        refused=[("out/broken", "its manifest is another")],
    )  # fmt: skip


@pytest.mark.parametrize("width", [40, 80, 100])
def test_no_line_is_longer_than_the_screen(found, width):
    assert max(map(len, as_text(found, width=width).splitlines())) <= width


def test_each_indicator_is_printed_with_its_caveat_and_the_whole_ends_with_one(found):
    text = " ".join(as_text(found).split())
    for one in INDICATORS:
        assert one.title in text
        assert one.caveat in text
    assert text.endswith(CAVEAT)


def test_numbers_stand_with_their_parts_their_interval_and_their_sources(found):
    lines = as_text(found, width=100).splitlines()
    at = lines.index("Quality-gate pass rate")
    assert lines[at + 1] == "  all: 0.8333 (5 of 6), 95% interval 0.4365 to 0.9699"
    assert any(line.startswith("  from: model-0 1 (") for line in lines[at:])


def test_a_reason_that_holds_for_several_workstreams_is_said_once(found):
    text = " ".join(as_text(found).split())
    assert text.count("No dossier profiled data.") == 1


def test_many_sources_and_data_that_were_used_once_are_counted():
    found = look(written(), runs=[run(f"r{n:02}") for n in range(45)])
    text = " ".join(as_text(found).split())
    assert "r07, and 37 more" in text
    assert "r08" not in text
    few = look(*(decided(f"model-{n}", True) for n in range(3)), runs=[run("a")], max_uses=1)
    assert "(used often)" in as_text(few)


def test_what_is_not_counted_is_named(found):
    assert "what out/broken, why its manifest is another" in as_text(found, width=100)


def test_a_line_of_csv_has_its_number_or_its_reason(found):
    read = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert {row["indicator"] for row in read} >= {one.metric for one in INDICATORS}
    assert all(bool(row["value"]) != bool(row["why"]) for row in read)
    assert all(row["caveat"] for row in read)
    (gate,) = [row for row in read if row["indicator"] == "quality_gate_pass_rate" and row["workstream"] == "all"]
    assert (float(gate["value"]), gate["numerator"], gate["denominator"], gate["method"]) == (
        5 / 6,
        "5.0",
        "6.0",
        "wilson",
    )


def test_a_workstream_that_a_spreadsheet_would_run_is_quoted():
    hostile = look(
        written(question="=HYPERLINK(1)"), written(name="other", question="Search"), workstream_from="question"
    )
    read = list(csv.DictReader(io.StringIO(as_csv(hostile))))
    assert {row["workstream"] for row in read} == {"all", "'=HYPERLINK(1)", "Search"}


def test_rows_of_a_page_have_their_number_with_its_interval_or_the_reason(found):
    by_metric = {one.metric: one for one in as_rows(found)}
    assert list(by_metric) == [one.metric for one in INDICATORS]
    gate = by_metric["quality_gate_pass_rate"].rows[0]
    assert (gate.place, gate.value, gate.numerator, gate.denominator) == ("all", "0.8333", "5", "6")
    assert (gate.interval, gate.why) == ("0.4365 to 0.9699 (95%)", "")
    for one in by_metric.values():
        assert one.caveat
        assert all(row.interval or row.why for row in one.rows)
    assert ("out/broken", "its manifest is another") in not_counted(found)


def test_one_workstream_alone_has_its_own_numbers_and_an_unknown_one_is_refused():
    both = look(written(about="loans"), written(name="other", about="search"))
    assert workstreams(both) == ("loans", "search")
    alone = of_workstream(both, "loans")
    assert {row.place.split(",")[0] for one in as_rows(alone) for row in one.rows} == {"loans"}
    assert {row["workstream"] for row in csv.DictReader(io.StringIO(as_csv(alone)))} == {"loans"}
    with pytest.raises(UsageError, match="no workstream is called"):
        of_workstream(both, "loan")
    one = look(written(about="loans"))
    with pytest.raises(UsageError, match="no workstream is called") as refused:
        of_workstream(one, "search")
    assert "one workstream" in refused.value.do


def test_dossiers_alone_are_computed_as_the_evaluator_does():
    assert as_text(computed(source(written()), {"min_cases": 3})) == as_text(look(written(), min_cases=3))
    with pytest.raises(UsageError, match="never grouped by person"):
        computed(source(written()), {"workstream_from": "owner"})
