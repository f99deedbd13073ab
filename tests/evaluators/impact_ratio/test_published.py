"""Published tables of impact ratios: rounding is no mistake, and a mistake that rounding cannot explain is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright import metrics
from cardwright.errors import UsageError
from cardwright.evaluators.impact_ratio.published import check_impact_ratio_table, check_impact_ratio_tables

EXAMPLES = json.loads(
    (Path(__file__).parents[2] / "data" / "impact_ratio" / "ll144_examples.json").read_text(encoding="utf-8")
)


def example(name, above):
    """The rule's example as published: three tables."""
    return {
        part: [
            {
                "group": row["group"] if part == "intersectional" else next(iter(row["group"].values())),
                "applicants": row["n"],
                "selected": row[above],
                "rate": row.get("published_rate"),
                "ratio": row["published_ratio"],
            }
            for row in rows
        ]
        for part, rows in EXAMPLES[name].items()
        if part != "unknown"
    }


def kinds(found):
    return [(d.kind, d.table, d.group) for d in found]


def test_the_selection_example_of_the_rule_does_not_add_up():
    """6 RCNY 5-301(b): 408 Hispanic applicants of whom 204 were selected by race, 395 and 172 by sex and race."""
    found = check_impact_ratio_tables(example("ll144_selection", "selected"))
    assert kinds(found) == [
        ("margin", "race", "Hispanic or Latino"),
        ("margin", "race", "Hispanic or Latino"),
        ("total", "race", ""),
        ("total", "race", ""),
    ]
    assert [(d.published, d.expected) for d in found] == [
        ("408 applicants", "395 applicants"),
        ("204 selected", "172 selected"),
        ("2584 applicants", "2571 applicants"),
        ("1254 selected", "1222 selected"),
    ]
    assert "205 + 190 = 395 applicants, 13 fewer" in found[0].explanation
    assert "90 + 82 = 172 selected, 32 fewer" in found[1].explanation


def test_each_table_of_the_selection_example_adds_up_by_itself():
    """All 23 published rates and ratios follow from the counts beside them."""
    for name, rows in example("ll144_selection", "selected").items():
        assert check_impact_ratio_table(rows, table=name) == ()


def test_the_scoring_example_adds_up_but_for_a_rate_that_was_cut_off():
    """6 RCNY 5-301(c): 18 of 28 is 64.286 %, printed as 64.2 %."""
    tables = example("ll144_scoring", "above")
    assert check_impact_ratio_tables(tables) == ()
    tables["race"][0]["rate"] = "64.2%"
    (found,) = check_impact_ratio_tables(tables)
    assert (found.kind, found.group, found.published, found.expected) == (
        "rate_truncated",
        "Hispanic or Latino",
        "64.2%",
        "64.3%",
    )


# Tables of published audits: what their counts give, and what they print.
def test_a_published_audit_whose_ratios_follow_from_its_counts():
    """Beamery, 2024, scoring rates by sex and by race."""
    sex = [
        {"group": "Female", "applicants": 2828, "selected": 1424, "ratio": "1"},
        {"group": "Male", "applicants": 2632, "selected": 1306, "ratio": "0.99"},
    ]
    race = [
        {"group": "Asian", "applicants": 1312, "selected": 653, "ratio": "0.97"},
        {"group": "Black", "applicants": 1284, "selected": 662, "ratio": "1"},
        {"group": "Hispanic", "applicants": 1324, "selected": 667, "ratio": "0.98"},
        {"group": "White", "applicants": 1540, "selected": 748, "ratio": "0.94"},
    ]
    assert check_impact_ratio_tables({"sex": sex, "race": race}) == ()


def test_a_published_audit_whose_rates_are_not_those_of_its_counts():
    """NYU Langone, 2023: rates 0.63 and 0.65 and a ratio of 0.97 over counts that give 0.6251, 0.7137 and 0.8758."""
    found = check_impact_ratio_table(
        [
            {"group": "Female", "applicants": 26731, "selected": 16709, "rate": "0.63", "ratio": "0.97"},
            {"group": "Male", "applicants": 61117, "selected": 43621, "rate": "0.65", "ratio": "1"},
        ]
    )
    assert [(d.kind, d.group, d.published, d.expected) for d in found] == [
        ("rate", "Male", "0.65", "0.71"),
        ("ratio", "Female", "0.97", "0.88"),
    ]


def test_a_published_rate_that_is_not_that_of_its_counts():
    """Covey, 2023: 29 of 107, printed as 0.19."""
    (found,) = check_impact_ratio_table([{"group": "Black Male", "applicants": 107, "selected": 29, "rate": "0.19"}])
    assert (found.kind, found.expected) == ("rate", "0.27")


def test_without_counts_a_ratio_is_held_against_the_printed_rates():
    """ "52%" stands for 51.5 to 52.5 %, so a ratio is wrong only where no such rates give it."""
    rows = [{"group": "a", "rate": "52%", "ratio": "1.00"}, {"group": "b", "rate": "48%", "ratio": "0.94"}]
    assert check_impact_ratio_table(rows) == ()
    rows[1]["ratio"] = "0.95"
    (found,) = check_impact_ratio_table(rows)
    assert (found.kind, found.expected) == ("ratio", "0.90 to 0.94")


def test_a_comparison_with_another_than_the_highest_rate_is_found():
    rows = [
        {"group": "a", "applicants": 100, "selected": 50, "ratio": "1.00"},
        {"group": "b", "applicants": 100, "selected": 60, "ratio": "1.20"},
        {"group": "c", "applicants": 100, "selected": 25, "ratio": "0.50"},
    ]
    assert kinds(check_impact_ratio_table(rows)) == [
        ("ratio_above_one", "table", "b"),
        ("ratio", "table", "a"),
        ("ratio", "table", "c"),
    ]


def test_a_table_without_a_ratio_of_one_has_no_reference():
    rows = [{"group": "a", "ratio": "0.90"}, {"group": "b", "ratio": "0.80"}]
    assert kinds(check_impact_ratio_table(rows)) == [("no_reference", "table", "")]


def test_a_category_of_less_than_two_percent_may_have_no_ratio_and_others_may_not():
    rows = [
        {"group": "a", "applicants": 960, "selected": 480, "ratio": "1.00"},
        {"group": "b", "applicants": 21, "selected": 20, "ratio": "N/A"},
        {"group": "c", "applicants": 19, "selected": 19, "ratio": None},
    ]
    assert kinds(check_impact_ratio_table(rows)) == [("left_out", "table", "b")]


def test_more_selected_than_applicants_is_found():
    found = check_impact_ratio_table([{"group": "a", "applicants": "1,000", "selected": 1001, "rate": "100%"}])
    assert kinds(found) == [("count", "table", "a")]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"grup": "a"}], 'a row has no "grup". Did you mean "group"'),
        ([{"applicants": 3}], "names no group"),
        ([{"group": "a", "applicants": -1}], "`applicants` is a count"),
        ([{"group": "a", "applicants": 1.5}], "`applicants` is a count"),
        ([{"group": "a", "selected": "many"}], "`selected` is a count"),
        ([{"group": "a", "rate": "high"}], "`rate` is a number or a percentage"),
        ([{"group": "a", "rate": float("nan")}], "`rate` is a number or a percentage"),
        ([{"group": "a", "ratio": "."}], "`ratio` is a number or a percentage"),
        ([{"group": "a", "ratio": True}], "`ratio` is a number or a percentage"),
        ([{"group": {"sex": "f"}}, {"group": "a"}], "not all of the same attributes"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(rows, said):
    with pytest.raises(UsageError) as caught:
        check_impact_ratio_table(rows, table="sex")
    assert said in str(caught.value)
    assert str(caught.value).startswith("sex")


COUNTS = st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1)), min_size=2, max_size=7)


@given(COUNTS, st.integers(1, 4), st.integers(1, 4))
def test_a_table_that_is_right_is_never_flagged_however_it_is_rounded(counts, rate_digits, ratio_digits):
    rows = [{"group": str(i), "applicants": n, "selected": int(n * share)} for i, (n, share) in enumerate(counts)]
    highest = max(row["selected"] / row["applicants"] for row in rows)
    for row in rows:
        rate = row["selected"] / row["applicants"]
        row["rate"] = f"{rate * 100:.{rate_digits}f}%"
        row["ratio"] = f"{rate / highest:.{ratio_digits}f}" if highest else None
    assert [d for d in check_impact_ratio_table(rows) if d.kind != "left_out"] == []
    for row in rows:
        row["applicants"] = row["selected"] = None
    assert check_impact_ratio_table(rows) == ()


@given(COUNTS, st.data())
def test_a_ratio_that_is_off_by_more_than_rounding_is_always_flagged(counts, data):
    rows = [
        {"group": str(i), "applicants": n, "selected": max(1, int(n * share))} for i, (n, share) in enumerate(counts)
    ]
    highest = max(row["selected"] / row["applicants"] for row in rows)
    for row in rows:
        row["ratio"] = row["selected"] / row["applicants"] / highest
    changed = data.draw(st.sampled_from(rows))
    changed["ratio"] *= data.draw(st.sampled_from([0.9, 0.99, 0.999]))
    assert changed["group"] in {d.group for d in check_impact_ratio_table(rows)}


def test_a_notebook_finds_the_check_beside_the_metrics():
    assert metrics.check_impact_ratio_table is check_impact_ratio_table
    assert metrics.check_impact_ratio_tables is check_impact_ratio_tables
