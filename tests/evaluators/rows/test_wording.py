"""Numbers in the sentences of findings: nothing reads as none that is not none, and nothing stands in powers of ten."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import cardwright.evaluators
from cardwright.evaluators.rows.wording import agree, counted, figure, p_value, part_of, percent


@given(st.floats(-1e9, 1e9))
@example(3.6e-05)
@example(12790.4)
def test_a_figure_is_near_its_value_and_has_no_power_of_ten(value):
    text = figure(value)
    assert "e" not in text
    if text[0] not in "<>":
        assert float(text.replace(",", "")) == pytest.approx(value, rel=5e-3, abs=5e-4)


@given(st.floats(0, 1))
def test_a_p_value_that_is_called_small_is_small(p):
    assert (p_value(p) == "p < 0.001") == (p < 0.001)


@given(st.floats(0, 1))
@example(0.0004)
@example(1e-9)
@example(0.9999)
def test_only_none_reads_as_none_and_only_all_as_all(share):
    assert (percent(share) == "0%") == (share == 0)
    assert (percent(share) == "100%") == (share == 1)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_one_thing_is_in_the_singular_and_any_other_number_in_the_plural(count, total):
    assert counted(count, "query", "queries").endswith("query") == (count == 1)
    assert part_of(count, total, "row") == f"{count:,} of {counted(total, 'row')}"
    assert agree(count, "is", "are") == ("is" if count == 1 else "are")


def test_no_sentence_of_an_evaluator_rounds_a_share_by_itself_so_that_some_can_read_as_none():
    """`{share:.1%}` prints 0.0% for 1 of 5,000; `percent` and `part_of` do not. What a plan sets is printed as it is."""
    folder = Path(cardwright.evaluators.__file__).parent
    rounding = {
        f"{path.relative_to(folder)}: {match}"
        for path in sorted(folder.rglob("*.py"))
        for match in re.findall(r"\{([^{}]*):\.\d%\}", path.read_text(encoding="utf-8"))
        if path.name != "wording.py"
    }
    told_by_options = (
        "MOST_SHARED",
        "TOLERANCE",
        "miss_probability",
        "coverage",
        "found / one.marked",
        "lower",
        "upper",
    )
    assert {one for one in rounding if not any(name in one for name in told_by_options)} == set()
