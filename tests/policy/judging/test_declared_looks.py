"""Seeds and looks of a signed plan: the evaluation of the runs has those, or the difference is named."""

import pytest
from tests import kind_folders as made
from tests.evaluators.kpis.support import evaluation

from cardwright.policy.judging.declared_looks import difference
from cardwright.record.measurement import Measured

PLAN = made.NOTE.replace(
    "minimum:",
    """  - field: looks
    section: Design
    title: Looks
    question: How often is it looked at?
    good: "{seeds: '6', looks: '0.5, 1'}"
    bad: Often
    who: researcher
    columns: [seeds, looks, spending, pause]
    optional: [seeds, looks, spending, pause]
minimum:""",
)
TWO = {"seeds": "6", "looks": "0.5, 1", "spending": "obrien-fleming"}
TOLD = {"looks": [0.5, 1], "seeds_planned": 6, "spending": "obrien-fleming", "metric": "accuracy"}


@pytest.fixture
def compare(tmp_path):
    of_plan, of_record = made.definition(tmp_path / "a", PLAN), made.definition(tmp_path / "b")

    def compared(declared, *told, seeds=None):
        plan = made.work(of_plan, looks=declared)
        found = (
            ()
            if seeds is None
            else (Measured(metric="seeds_of_claim", value=seeds, unit="count", direction="neither"),)
        )
        runs = tuple(evaluation("runs", found, id_=f"runs-{n}", parameters=one) for n, one in enumerate(told))
        record = made.work(of_record).model_copy(update={"evaluations": runs})
        return difference(record, plan)

    return compared


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ([TWO], TOLD),
        ([TWO | {"looks": " 0.50;1.0 "}], TOLD),
        ([{"seeds": "6", "looks": "0.5 1"}], {"looks": [0.5, 1], "seeds_planned": 6}),
        ([{"seeds": "6"}], {"seeds_planned": 6}),
        ([{"seeds": "6", "looks": "1", "spending": "none"}], {"looks": [1], "seeds_planned": 6, "spending": "pocock"}),
        (None, {"seeds_planned": 7}),
        (None, {"pause": 5}),
        ([{"seeds": "6", "pause": "90"}], {"seeds_planned": 6, "pause": 90}),
        (None, {}),
    ],
)
def test_the_same_seeds_looks_and_spending_are_no_difference(compare, declared, told):
    assert compare(declared, told) is None


@pytest.mark.parametrize(
    ("declared", "told", "words"),
    [
        (
            [TWO],
            TOLD | {"looks": [0.25, 0.5, 1]},
            "declares 6 seeds, 2 looks, at 0.5, 1 (obrien-fleming); the evaluation of the runs has 6 seeds, 3 looks",
        ),
        ([TWO], TOLD | {"looks": [0.4, 1]}, "at 0.4, 1"),
        ([TWO], TOLD | {"spending": "pocock"}, "(pocock)"),
        ([TWO], TOLD | {"seeds_planned": 12}, "12 seeds"),
        ([TWO], TOLD | {"looks": []}, "has 6 seeds, one look, at the end"),
        (None, TOLD, "declares one look, at the end; "),
        (
            [TWO],
            TOLD | {"pause": 6000},
            "a look is a pause of more than 60 minutes; the evaluation of the runs counts only",
        ),
        ([{"seeds": "6", "pause": "90"}], {"seeds_planned": 6, "pause": 91}, "more than 90 minutes"),
        (None, {"pause": "all night"}, "more than inf"),
    ],
)
def test_other_looks_seeds_or_spending_than_the_plan_declares_fail(compare, declared, told, words):
    status, said = compare(declared, told)
    assert status == "failed"
    assert words in said


def test_where_nobody_told_how_many_seeds_were_planned_those_that_were_found_count(compare):
    assert compare([{"seeds": "5"}], {}, seeds=5.0) is None
    assert compare([{"seeds": "5"}], {}, seeds=4.0)[0] == "failed"
    assert compare([{"seeds": "5"}], {})[0] == "inconclusive"


def test_each_evaluation_of_runs_has_to_agree_and_without_one_nothing_is_known(compare):
    assert compare([TWO], TOLD, TOLD | {"looks": [0.1, 1]})[0] == "failed"
    assert compare([TWO])[0] == "inconclusive"


@pytest.mark.parametrize(
    "entry",
    [
        {"seeds": "several"}, {"seeds": "0"}, {"seeds": "-6"}, {"looks": "0.5, 1"}, TWO | {"looks": "half, all"},
        TWO | {"looks": "1, 0.5"}, TWO | {"looks": "0.5"}, TWO | {"looks": "nan, 1"}, TWO | {"looks": "0, 1"},
        TWO | {"spending": "ada@example.com"},
    ],
)  # fmt: skip
def test_a_declaration_that_cannot_be_read_passes_nothing_and_is_not_repeated(compare, entry):
    status, said = compare([entry], TOLD)
    assert status == "inconclusive"
    assert "ada@example.com" not in said


def test_two_declarations_are_none(compare):
    assert compare([TWO, TWO], TOLD)[0] == "inconclusive"
