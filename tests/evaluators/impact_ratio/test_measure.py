"""Impact ratios: both examples that New York City's rule prints, and what the rule says at its edges."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from tests.evaluators.impact_ratio.support import DECIDED, SMALL, TABLES, applicants, assess, decided, rate
from tests.support import inputs_of, memory_predictions, memory_table

from cardwright.errors import UsageError
from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.impact_ratio import ImpactRatio
from cardwright.record import canonical
from cardwright.record.measurement import Measured, Unmeasured
from cardwright.statistics.intervals import wilson
from cardwright.testing import check_evaluator

EXAMPLES = json.loads(
    (Path(__file__).parents[2] / "data" / "impact_ratio" / "ll144_examples.json").read_text(encoding="utf-8")
)
SELECTION, SCORING = EXAMPLES["ll144_selection"], EXAMPLES["ll144_scoring"]


def crossed(example, above):
    """The counts of a published table of both attributes crossed."""
    counts = {}
    for row in example["intersectional"]:
        sex, race = row["group"]["sex"], row["group"]["race"]
        counts[sex, race, 1], counts[sex, race, 0] = row[above], row["n"] - row[above]
    return counts


def single(rows, name, above):
    """The counts of a published table of one attribute."""
    return {
        key: n
        for row in rows
        for key, n in (((row["group"][name], 1), row[above]), ((row["group"][name], 0), row["n"] - row[above]))
    }


def printed(value, text):
    """A number, printed with as many digits as a text has."""
    percent = text.endswith("%")
    digits = len(text.rstrip("%").partition(".")[2])
    return f"{value * 100 if percent else value:.{digits}f}{'%' if percent else ''}"


# --- the rule's own examples --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["sex", "race"])
def test_every_published_rate_and_ratio_of_the_selection_example_by_one_attribute(part):
    """6 RCNY 5-301(b): the two tables count different applicants, so each is made of its own counts."""
    found = assess(decided(single(SELECTION[part], part, "selected"), attributes=(part,)))
    for row in SELECTION[part]:
        selected, ratio = rate(found, row["group"]), rate(found, row["group"], "impact_ratio")
        assert (selected.numerator, selected.denominator) == (row["selected"], row["n"])
        assert selected.value == pytest.approx(row["rate"], abs=1e-15)
        assert ratio.value == pytest.approx(row["impact_ratio"], abs=1e-15)
        assert printed(selected.value, row["published_rate"]) == row["published_rate"]
        assert printed(ratio.value, row["published_ratio"]) == row["published_ratio"]


def test_every_published_rate_and_ratio_of_the_crossed_selection_example():
    counts = {**crossed(SELECTION, "selected"), (None, None, 1): 120, (None, None, 0): SELECTION["unknown"] - 120}
    found = assess(decided(counts))
    for row in SELECTION["intersectional"]:
        selected, ratio = rate(found, row["group"]), rate(found, row["group"], "impact_ratio")
        assert selected.value == pytest.approx(row["rate"], abs=1e-15)
        assert ratio.value == pytest.approx(row["impact_ratio"], abs=1e-15)
        assert printed(selected.value, row["published_rate"]) == row["published_rate"]
        assert printed(ratio.value, row["published_ratio"]) == row["published_ratio"]
        assert ratio.reference == "Male × White"
    for attributes in (("sex",), ("race",), ("sex", "race")):
        (unknown,) = found.find("unknown_category_count", across=attributes)
        assert unknown.value == SELECTION["unknown"]


def scored_example():
    """The scoring example's 168 known applicants, 84 of them above 0.5, and 15 of unknown category, one of them at it."""
    columns = {"sex": [], "race": [], "s": [], "y": []}
    high, low = (itertools.cycle(values) for values in ((0.6, 0.7, 0.9), (0.1, 0.2, 0.45)))
    for (sex, race, above), times in crossed(SCORING, "above").items():
        for _ in range(times):
            columns["sex"].append(sex)
            columns["race"].append(race)
            columns["s"].append(next(high) if above else next(low))
    for position in range(SCORING["unknown"]):
        columns["sex"].append(None)
        columns["race"].append(None)
        columns["s"].append(0.5 if position == 0 else (0.3, 0.8)[position % 2])
    columns["y"] = [1] * len(columns["s"])
    return memory_predictions(columns, score="s", classes=("0", "1"), sensitive=["sex", "race"])


def test_every_published_ratio_of_the_scoring_example():
    """6 RCNY 5-301(c), with the median over the full sample, applicants of unknown category included."""
    found = assess(scored_example())
    (median,) = found.find("median_score")
    assert median.value == 0.5
    for row in (*SCORING["sex"], *SCORING["race"], *SCORING["intersectional"]):
        above, ratio = rate(found, row["group"], "scoring_rate"), rate(found, row["group"], "impact_ratio")
        assert (above.numerator, above.denominator) == (row["above"], row["n"])
        assert above.value == pytest.approx(row["rate"], abs=1e-15)
        assert ratio.value == pytest.approx(row["impact_ratio"], abs=1e-15)
        assert printed(ratio.value, row["published_ratio"]) == row["published_ratio"]
    (unknown,) = found.find("unknown_category_count", across=("sex", "race"))
    assert unknown.value == 15


# --- what the rule says at its edges ------------------------------------------------------------------------------------


@pytest.mark.parametrize("exclude", ["under_two_percent", [{"g": "c"}]])
def test_a_small_category_is_left_out_before_the_reference_is_chosen(exclude):
    """Its number and rate are still stated, with the justification (5-301(d))."""
    found = assess(decided(SMALL, attributes=("g",)), exclude=exclude, justification="Five applicants decide nothing.")
    assert rate(found, {"g": "a"}, "impact_ratio").value == pytest.approx(0.4 / (400 / 900))
    assert rate(found, {"g": "b"}, "impact_ratio").value == 1
    out = rate(found, {"g": "c"}, "impact_ratio")
    assert isinstance(out, Unmeasured)
    assert out.code == "not_applicable"
    assert "5 of 1,005 applicants, less than 2 %" in out.reason
    assert "Five applicants decide nothing." in out.reason
    assert rate(found, {"g": "c"}).value == 1
    (unknown,) = found.find("unknown_category_count")
    assert (unknown.groups.compared, unknown.groups.expected) == (2, 3)
    (table,) = [table for table in found.tables if table.id == "selection_1"]
    assert table.rows[2] == ("c", 5.0, 5.0, 1.0, None, None, None, "left out, less than 2 %")
    assert "Five applicants decide nothing." in found.method


def test_a_category_of_two_percent_or_more_cannot_be_left_out():
    """Exactly 2 % is not less than 2 %."""
    counts = {("a", 1): 490, ("a", 0): 490, ("b", 1): 20}
    with pytest.raises(UsageError, match="has 2 % of the applicants or more"):
        assess(decided(counts, attributes=("g",)), exclude=[{"g": "b"}], justification="Too few to say anything.")
    kept = assess(decided(counts, attributes=("g",)), exclude="under_two_percent", justification="Too few to say much.")
    assert rate(kept, {"g": "a"}, "impact_ratio").value == 0.5


def test_a_declared_category_without_applicants_is_undefined_and_stays_in_the_table():
    found = assess(
        memory_predictions(
            {"g": ["a", "b"] * 5, "d": [1, 0] * 5, "y": [1] * 10}, prediction="d", sensitive={"g": ["a", "b", "c"]}
        )
    )
    for metric in ("selection_rate", "impact_ratio"):
        assert (rate(found, {"g": "c"}, metric).status, rate(found, {"g": "c"}, metric).code) == (
            "unmeasured",
            "undefined",
        )
    assert found.tables[0].rows[2][-1] == "no applicants"


def test_a_ratio_to_a_highest_rate_of_0_is_undefined():
    found = assess(decided({("a", 0): 10, ("b", 0): 10}, attributes=("g",)))
    assert {rate(found, {"g": g}, "impact_ratio").code for g in "ab"} == {"undefined"}


def test_a_ratio_has_another_interval_here_than_as_a_gap_and_the_method_says_why():
    """A gap leaves out groups with few cases, and its interval is for the lowest ratio, whichever groups have it."""
    counts = {("a", 1): 60, ("a", 0): 40, ("b", 1): 85, ("b", 0): 15, ("c", 1): 7, ("c", 0): 3}
    source = decided(counts, attributes=("g",))
    audit = assess(source)
    here = rate(audit, {"g": "a"}, "impact_ratio")

    def there(least):
        found = Fairness(min_denominator=least).evaluate(inputs_of(source, id="fair"))
        (gap,) = found.find("demographic_parity_ratio", slice={}, across=("g",))
        return gap

    left_out, all_three = there(20), there(5)
    assert here.value == left_out.value == all_three.value
    assert all_three.interval.lower < here.interval.lower < left_out.interval.lower
    assert "The same ratio can have another interval in the fairness evaluation" in audit.method


def test_each_class_of_a_tool_that_classifies_has_its_tables():
    """6 RCNY 5-301(b)(4): a tool that puts applicants into groups, such as leadership styles."""
    columns = {"g": ["a"] * 4 + ["b"] * 4, "d": ["x", "x", "y", "z", "x", "y", "y", "z"], "y": ["x"] * 8}
    source = memory_predictions(columns, prediction="d", task="multiclass", classes=("x", "y", "z"), sensitive=["g"])
    found = assess(source)
    ratios = {(m.of_class, m.slice["g"]): m.value for m in found.find("impact_ratio")}
    assert ratios == {("x", "a"): 1, ("x", "b"): 0.5, ("y", "a"): 0.5, ("y", "b"): 1, ("z", "a"): 1, ("z", "b"): 1}


def test_a_table_of_past_applicants_gives_the_same_tables():
    """Historical data say who was selected, and know no outcome beside it."""
    columns = applicants(crossed(SELECTION, "selected"))
    del columns["y"]
    table = memory_table(columns, label="d", favourable="1", classes=("0", "1"), sensitive=["sex", "race"])
    predictions = assess(decided(crossed(SELECTION, "selected")))
    assert assess(table).measurements == predictions.measurements
    assert assess(table).tables == predictions.tables
    check_evaluator(ImpactRatio, inputs_of(table, id="audit"))


def test_where_no_category_is_known_only_their_number_is_said():
    columns = {"g": [None] * 6, "d": [1, 0] * 3, "y": [1] * 6}
    found = assess(memory_predictions(columns, prediction="d", sensitive={"g": ["a", "b"]}))
    assert {m.status for m in found.find("impact_ratio")} == {"unmeasured"}
    (unknown,) = found.find("unknown_category_count")
    assert (unknown.value, unknown.groups.compared, unknown.groups.expected) == (6, 0, 2)


def test_one_category_is_its_own_reference():
    found = assess(decided({("a", 1): 3, ("a", 0): 4}, attributes=("g",)))
    (ratio,) = found.find("impact_ratio")
    assert (ratio.value, ratio.interval, ratio.reference) == (1, None, "a")


def test_a_category_may_be_called_anything():
    """Blanks, signs and other scripts: names are labels, and no key of a table is made of them."""
    names = ["a × b", "", " ", "日本", "=1+1", "x" * 300]
    counts = {(name, selected): 5 for name in names for selected in (0, 1)}
    found = assess(decided(counts, attributes=("g",)))
    assert len(found.find("impact_ratio")) >= 4
    assert canonical.dumps(found)


# --- misuse -------------------------------------------------------------------------------------------------------------


# --- properties ---------------------------------------------------------------------------------------------------------


@given(TABLES)
def test_every_ratio_is_the_rate_over_the_highest_of_its_table(counts):
    found = assess(
        memory_predictions(
            applicants(counts),
            prediction="d",
            classes=("0", "1"),
            sensitive={"sex": ["f", "m"], "race": ["x", "y", "z"]},
        )
    )
    for attributes in ({"sex"}, {"race"}, {"sex", "race"}):
        rates = {tuple(m.slice.values()): m for m in found.find("selection_rate") if set(m.slice) == attributes}
        ratios = {tuple(m.slice.values()): m for m in found.find("impact_ratio") if set(m.slice) == attributes}
        assert rates.keys() == ratios.keys()
        measured = [m for m in rates.values() if isinstance(m, Measured)]
        highest = max((m.value for m in measured), default=0)
        for key, m in rates.items():
            if isinstance(m, Measured) and highest:
                assert ratios[key].value == m.value / highest
                assert m.interval.lower == wilson(m.numerator, m.denominator, 0.95).lower
                interval = ratios[key].interval
                assert interval is None or interval.lower <= ratios[key].value <= interval.upper
            else:
                assert isinstance(ratios[key], Unmeasured)


def test_it_keeps_the_promises_of_an_evaluator():
    found = check_evaluator(ImpactRatio, inputs_of(DECIDED, id="audit"))
    assert found is not None
    check_evaluator(ImpactRatio, inputs_of(scored_example(), id="scores"))


def test_several_rows_of_one_person_widen_intervals_and_leave_counts():
    columns = {"g": ["a"] * 60 + ["b"] * 60, "d": ([1] * 3 + [0] * 3) * 20, "y": [1] * 120}
    plain = assess(memory_predictions(columns, prediction="d", sensitive=["g"]))
    persons = {**columns, "p": [i // 3 for i in range(120)]}
    clustered = assess(memory_predictions(persons, prediction="d", sensitive=["g"], person="p"))
    a, b = (rate(found, {"g": "a"}) for found in (plain, clustered))
    assert (a.value, a.denominator) == (b.value, b.denominator) == (0.5, 60)
    assert b.interval.upper - b.interval.lower > a.interval.upper - a.interval.lower
    assert math.isclose(b.sampling.units, 20)
