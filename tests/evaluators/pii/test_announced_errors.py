"""What is printed of the words' errors adds up, and is what the benchmark measured."""

import json

import pytest
from tests.conftest import ROOT

from cardwright.evaluators.pii.announced_errors import MEASURED, said
from cardwright.evaluators.pii.entities import MEANT

RESULTS = ROOT / "benchmarks" / "results.json"


def test_shares_lie_in_their_intervals_and_parts_in_their_wholes():
    for kind, one in MEASURED.items():
        assert kind == one.entity and kind in MEANT
        assert 0 <= one.found <= one.marked and 0 <= one.right <= one.reported
        assert one.recall[0] <= one.found / one.marked <= one.recall[1]


def test_a_kind_is_said_with_counts_and_interval_and_an_unmeasured_one_so():
    assert said("PERSON") == "PERSON: 36 of 271 found (13%, 95 % interval 10% to 18%), 36 of 36 reports right"
    assert said("DATE_OF_BIRTH") == "DATE_OF_BIRTH: not measured"


@pytest.mark.skipif(not RESULTS.is_file(), reason="the wheel's tests have no benchmarks")
@pytest.mark.parametrize("kind", MEASURED)
def test_the_benchmark_has_measured_what_is_printed(kind):
    parts = json.loads(RESULTS.read_text(encoding="utf-8"))["names.py"]["parts"]
    without_a_model = next(part for part in parts if "rows" in part)
    row = next(row for row in without_a_model["rows"] if row[0] == kind)
    one = MEASURED[kind]
    assert row[1] == one.marked and row[4] == one.reported
    assert row[2] == f"{one.found / one.marked:.2f} [{one.recall[0]:.2f}, {one.recall[1]:.2f}]"
    assert row[5].split(" ")[0] == f"{one.right / one.reported:.2f}"
