"""The counting core: codes, counts and sums that add up exactly, in any order, over any batches."""

from __future__ import annotations

import functools
import operator
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import inputs_of, memory_predictions, memory_table

from cardwright.errors import SourceError
from cardwright.evaluators.fairness import Fairness
from cardwright.evaluators.performance import Performance
from cardwright.evaluators.rows.counting import count
from cardwright.evaluators.rows.encoding import encode, person_hashes
from cardwright.evaluators.rows.exact_sums import CALIBRATION_BINS, MAX_SCORES, Sums, _calibration_bin
from cardwright.evaluators.rows.layout import Layout
from cardwright.evaluators.rows.refusals import refuse
from cardwright.evaluators.rows.score_metrics import score_cells
from cardwright.evaluators.rows.tally import decode
from cardwright.statistics.calibration import equal_width_bins
from cardwright.statistics.ranking import auc


def tally(source, *, whole=False, groups=True):
    layout = Layout.of(source, whole=whole, groups=groups)
    parts = [count(layout, batch) for batch in source.rows.batches(layout.columns)]
    return functools.reduce(operator.add, parts)


@st.composite
def tables(draw):
    """Columns of a small source of predictions, with missing groups, ties in scores, weights and persons."""
    size = draw(st.integers(1, 40))

    def column(values):
        return draw(st.lists(values, min_size=size, max_size=size))

    return {
        "y": column(st.sampled_from([0, 1])),
        "s": column(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1)),
        "race": column(st.sampled_from(["asian", "black", "white", None])),
        "sex": column(st.sampled_from(["f", "m", None])),
        "stratum": column(st.sampled_from(["x", "y", None])),
        "w": column(st.floats(0.01, 100)),
        "p": column(st.integers(0, 9)),
    }


@st.composite
def cut(draw):
    return draw(st.lists(st.integers(1, 39), max_size=4))


SETTINGS = (
    {},
    {"strata": ("stratum",)},
    {"weight": "w"},
    {"person": "p"},
    {"weight": "w", "person": "p"},
)


def predictions(data, **options):
    typed = {
        name: pa.array(
            values, pa.float64() if name in ("s", "w") else pa.int64() if name in ("y", "p") else pa.string()
        )
        for name, values in data.items()
    }
    sensitive = {"race": ("asian", "black", "white"), "sex": ("f", "m")}
    options = {"score": "s", "threshold": 0.5, "classes": ("0", "1"), "sensitive": sensitive, **options}
    return memory_predictions(typed, **options)


def numbers(evaluation):
    return evaluation.model_dump_json(exclude={"inputs"})


def content(tally):
    """Everything that a conclusion can be drawn from, in a form that `==` compares."""

    def exact(sums):
        return None if sums is None else [sums.exact([cell]) for cell in range(sums.limbs.shape[1])]

    def array(values):
        return None if values is None else np.asarray(values).tolist()

    return {
        "rows": tally.rows,
        "labels": dict(tally.labels),
        "strata": tally.strata,
        "keys": array(tally.keys),
        "counts": array(tally.counts),
        "weights": exact(tally.weights),
        "squared_weights": exact(tally.squared_weights),
        "persons": None if tally.persons is None else [array(part) for part in tally.persons.table],
        "scores": [
            [array(s.values), array(s.counts), exact(s.weights), array(s.rows)]
            + [exact(sums) for sums in (s.predicted, s.mass, s.fourths, s.score_squares, s.losses, s.loss_squares)]
            for s in tally.scores
        ],
    }


@settings(max_examples=30, deadline=None)
@given(tables(), cut(), st.sampled_from(SETTINGS), st.booleans())
def test_cutting_the_rows_into_batches_changes_no_count_and_no_sum(data, cuts, options, whole):
    """The same rows in other batches add up to the same tally, with weights, persons and strata."""
    one, parts = (tally(predictions(data, cuts=c, **options), whole=whole) for c in ((), cuts))
    assert content(one) == content(parts)


@settings(max_examples=30, deadline=None)
@given(tables(), cut(), st.sampled_from(SETTINGS), st.randoms(use_true_random=False))
def test_tallies_add_up_in_any_order(data, cuts, options, random):
    """Adding the tallies of batches in another order, and grouped otherwise, gives the same tally."""
    source = predictions(data, cuts=cuts, **options)
    layout = Layout.of(source, whole=True)
    parts = [count(layout, batch) for batch in source.rows.batches(layout.columns)]
    straight = functools.reduce(operator.add, parts)
    while len(parts) > 1:
        random.shuffle(parts)
        parts = [parts[0] + parts[1], *parts[2:]]
    assert content(straight) == content(parts[0])


@settings(max_examples=30, deadline=None)
@given(tables(), st.randoms(use_true_random=False), st.sampled_from(SETTINGS))
def test_the_order_of_rows_changes_no_count_and_no_sum(data, random, options):
    """Rows in another order add up to the same tally."""
    order = list(range(len(data["y"])))
    random.shuffle(order)
    shuffled = {name: [values[i] for i in order] for name, values in data.items()}
    first, second = (tally(predictions(d, **options), whole=True) for d in (data, shuffled))
    assert content(first) == content(second)


@pytest.mark.parametrize("options", SETTINGS, ids=str)
def test_batches_and_the_order_of_rows_change_no_byte_of_an_evaluation(options):
    """Shuffled rows in other batches give the same evaluations, byte for byte."""
    rng = np.random.default_rng(4)
    size = 300
    data = {
        "y": rng.integers(0, 2, size).tolist(),
        "s": rng.random(size).tolist(),
        "race": rng.choice(np.array(["asian", "black", "white", None]), size).tolist(),
        "sex": rng.choice(np.array(["f", "m", None]), size).tolist(),
        "stratum": rng.choice(np.array(["x", "y", None]), size).tolist(),
        "w": rng.uniform(0.01, 100, size).tolist(),
        "p": rng.integers(0, 120, size).tolist(),
    }
    order = rng.permutation(size).tolist()
    shuffled = {name: [values[i] for i in order] for name, values in data.items()}
    for evaluator in (Fairness(), Performance()):
        first = evaluator.evaluate(inputs_of(predictions(data, **options)))
        second = evaluator.evaluate(inputs_of(predictions(shuffled, cuts=[50, 51, 200], **options)))
        assert numbers(first) == numbers(second)


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_regressions_add_up_in_any_order_too(data):
    """Numbers of wildly different sizes give the same means and errors, whichever batch they come in."""
    size = data.draw(st.integers(4, 30))
    values = st.floats(-1e9, 1e9).map(lambda x: x + 0.0) | st.floats(-1e-3, 1e-3)
    columns = {
        "y": data.draw(st.lists(values, min_size=size, max_size=size)),
        "f": data.draw(st.lists(values, min_size=size, max_size=size)),
        "g": data.draw(st.lists(st.sampled_from("ab"), min_size=size, max_size=size)),
        "p": data.draw(st.lists(st.integers(0, 5), min_size=size, max_size=size)),
    }
    order = data.draw(st.permutations(range(size)))
    shuffled = {name: [column[i] for i in order] for name, column in columns.items()}
    for person in (None, "p"):
        results = []
        for table, cuts in ((columns, ()), (shuffled, data.draw(cut()))):
            source = memory_predictions(
                table, prediction="f", task="regression", sensitive={"g": ("a", "b")}, person=person, cuts=cuts
            )
            results.append(
                [numbers(e.evaluate(inputs_of(source))) for e in (Fairness(min_denominator=2), Performance())]
            )
        assert results[0] == results[1]


def test_threads_give_the_same_bytes_as_one_thread():
    """Two workers give the same evaluation as one."""
    rng = np.random.default_rng(0)
    data = {"y": rng.integers(0, 2, 4000), "s": rng.random(4000), "g": rng.choice(["a", "b"], 4000)}
    source = memory_predictions(data, score="s", threshold=0.5, sensitive=["g"], cuts=range(500, 4000, 500))
    one, two = (Fairness().evaluate(inputs_of(source, workers=workers)) for workers in (1, 2))
    assert numbers(one) == numbers(two)


# --- sums -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 2**40) | st.floats(0, 1)), max_size=50))
def test_fixed_point_sums_are_exact_to_the_last_limb(pairs):
    """Each value counts to within 2^-52, and what is kept of it is added without rounding."""
    codes = np.array([code for code, _ in pairs], np.int64)
    values = np.array([value for _, value in pairs], np.float64)
    sums = Sums.of(codes, values, 4)
    for code in range(4):
        mine = values[codes == code].tolist()
        kept = sum((Fraction(int(Fraction(v) * 2**52), 2**52) for v in mine), Fraction(0))
        assert sums.exact([code]) == kept
        assert abs(sums.values[code] - float(sum(map(Fraction, mine)))) <= len(mine) * 2**-52 + 1e-15 * float(kept)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.lists(st.integers(0, 10), max_size=5))
def test_calibration_bins_are_those_of_statistics(scores, edges):
    """The bin by arithmetic is the bin by search, at edges too."""
    scores = np.array([*scores, *(edge / CALIBRATION_BINS for edge in edges)])
    beside = np.concatenate([scores, np.nextafter(scores, 0), np.clip(np.nextafter(scores, 2), 0, 1)])
    assert _calibration_bin(beside).tolist() == equal_width_bins(beside, CALIBRATION_BINS).tolist()


def test_many_different_scores_are_binned_and_the_auc_stays_within_its_bracket():
    """Beyond `MAX_SCORES` different scores the AUC is that of bins, and single scores lie within the bracket."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 3 * MAX_SCORES)
    s = np.clip(rng.normal(0.4 + 0.1 * y, 0.1), 0, 1)
    found = tally(memory_predictions({"y": y, "s": s}, score="s", threshold=0.5), groups=False)
    assert found.scores[0].values is None
    (cell,) = score_cells(found, found.view(()))
    binned = auc(cell.positives, cell.negatives)
    values = np.unique(s)
    exact = auc(*(np.bincount(np.searchsorted(values, s[y == side]), minlength=len(values)) for side in (1, 0)))
    assert binned.lowest <= exact.estimate <= binned.highest
    assert binned.estimate == pytest.approx(exact.estimate, abs=1e-5)


def test_whether_scores_are_binned_does_not_depend_on_the_batches():
    """Two batches that are each exact are binned together where their union has too many scores."""
    rng = np.random.default_rng(2)
    size = 2 * MAX_SCORES
    data = {"y": rng.integers(0, 2, size), "s": rng.random(size)}
    one = tally(memory_predictions(data, score="s", threshold=0.5))
    halves = tally(memory_predictions(data, score="s", threshold=0.5, cuts=[MAX_SCORES - 5]))
    assert one.scores[0].values is None and halves.scores[0].values is None
    assert np.array_equal(one.scores[0].counts, halves.scores[0].counts)


# --- codes ------------------------------------------------------------------------------------------------------------


def test_one_value_is_one_group_however_it_is_written():
    """1, 1.0 and "1" are one group; true is not 1."""
    data = {"y": [1, 0, 1, 0], "d": [1, 1, 0, 0], "g": pa.array([1.0, 1.0, 2.0, None])}
    found = tally(memory_predictions(data, prediction="d", sensitive=["g"]))
    assert found.view((0,)).slices == ({"g": "1"}, {"g": "2"}, {"g": None})


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", "b", None, "a", ""]),
        pa.array(["a", "b", None, "a", "  "]).dictionary_encode(),
        pa.array(["a", "b", None, "a", "not known"], pa.large_string()),
    ],
)
def test_missing_blank_and_declared_unknown_membership_are_one_disclosed_group(column):
    """They are counted, under the membership `None`."""
    source = memory_predictions(
        {"y": [1, 0, 1, 0, 1], "d": [1, 1, 0, 0, 1], "g": column},
        prediction="d",
        sensitive={"g": ("a", "b")},
        unknown=["not known"],
    )
    view = tally(source).view((0,))
    assert view.slices == ({"g": "a"}, {"g": "b"}, {"g": None})
    assert view.counts.sum(axis=(1, 2)).tolist() == [2, 1, 2]


def test_whole_numbers_and_truth_values_take_the_short_way_to_the_same_codes():
    """Small whole numbers are codes already, and get the labels that the long way gives."""
    for values in ([3, 5, 3], [True, False, True], [-2, 0, 7]):
        short = encode(pa.array(values), limit=100, blank=True, where="", what="")
        long = encode(pa.array(values).dictionary_encode(), limit=100, blank=True, where="", what="")
        assert [short.labels[code] for code in short.codes] == [long.labels[code] for code in long.codes]
        assert short.seen() == long.seen()


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
def test_cells_decode_to_the_codes_they_were_made_of(sizes, data):
    """Mixed radix there and back."""
    codes = [data.draw(st.integers(0, size - 1)) for size in sizes]
    cell = 0
    for size, code in zip(sizes, codes, strict=True):
        cell = cell * size + code
    assert [int(part[0]) for part in decode(np.array([cell]), sizes)] == codes


def test_persons_are_told_apart_and_told_alike_across_batches():
    """Equal ids have equal hashes in any batch and encoding; 100,000 different ones differ; the key matters."""
    names = [f"applicant-{number:07d}" for number in range(100_000)]
    whole = person_hashes(pa.array(names), b"k")
    assert len(np.unique(whole)) == len(names)
    assert person_hashes(pa.array(names[500:510]), b"k").tolist() == whole[500:510].tolist()
    assert person_hashes(pa.array(names[500:510]).dictionary_encode(), b"k").tolist() == whole[500:510].tolist()
    assert person_hashes(pa.array(names).slice(7, 3), b"k").tolist() == whole[7:10].tolist()
    assert person_hashes(pa.array(names[:3]), b"other").tolist() != whole[:3].tolist()
    odd = person_hashes(pa.array(["", "a", "a\0", "a" * 8, "a" * 9, "a" * 300, None, "ä"]), b"k")
    assert len(set(odd.tolist())) == 8 and odd[6] == 0
    assert person_hashes(pa.array([5, 5, None]), b"k").tolist()[2] == 0


# --- what is refused --------------------------------------------------------------------------------------------------

GOOD = {"y": [1, 0, 1, 0], "d": [1, 1, 0, 0], "s": [0.9, 0.8, 0.2, 0.1], "g": ["a", "a", "b", "b"], "w": [1.0] * 4}


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({"y": [1, 0, None, 0]}, {}, "1 of 4 rows have no outcome"),
        ({"d": [None, 0, None, 0]}, {}, "2 of 4 rows have no prediction"),
        ({"s": [0.5, None, float("nan"), 0.1]}, {"score": "s"}, "2 of 4 rows have no score"),
        ({"s": [0.5, 1.2, -0.1, 0.1]}, {"score": "s"}, "2 of 4 rows have a score outside [0, 1]"),
        ({"s": [0.5, float("inf"), 0.1, 0.1]}, {"score": "s"}, "1 of 4 rows have a score outside [0, 1]"),
        ({"w": [1.0, -1.0, None, 2.0]}, {"weight": "w"}, "1 of 4 rows have no weight"),
        ({"w": [1.0, -1.0, 1e9, 2.0]}, {"weight": "w"}, "2 of 4 rows have a weight below 0 or above"),
        ({"p": ["x", None, "x", "y"]}, {"person": "p"}, "1 of 4 rows name no person"),
        ({"g": ["a", "c", "b", "c"]}, {}, '2 of 4 rows hold, in column "g", a value that is declared neither'),
        ({"y": [2, 0, 2, 0], "d": [2, 0, 2, 0]}, {}, 'favourable outcome "1" is not among the 2 values of column "y"'),
        ({"y": ["1", "0", "1.", "0"], "d": ["1", "0", "1", "0"]}, {}, 'by a dot, a blank or case alone: "1."'),
        ({"y": ["1", "0", " 1 ", "0"], "d": ["1", "0", "1", "0"]}, {}, "by a dot, a blank or case alone"),
        ({"y": [1, 0, 2, 0]}, {}, "have 3 different outcomes, and a binary task has two"),
        ({"s": ["high", "low", "low", "low"]}, {"score": "s"}, "holds string, and numbers are needed"),
    ],
)
@pytest.mark.parametrize("cuts", [(), (1, 3)])
def test_rows_that_no_number_should_be_made_from_are_one_error_with_their_count(change, options, said, cuts):
    """The count is over all batches, and no value of a row is shown but an outcome's label."""
    data = {**GOOD, **change}
    source = memory_predictions(data, prediction="d", sensitive={"g": ("a", "b")}, cuts=cuts, **options)
    for evaluator in (Fairness(), Performance()):
        if "group" in said or ("neither" in said and isinstance(evaluator, Performance)):
            continue
        with pytest.raises(SourceError) as caught:
            evaluator.evaluate(inputs_of(source))
        assert said in str(caught.value)
        assert caught.value.do


def test_a_favourable_outcome_that_is_written_otherwise_names_the_nearest():
    """yes. for yes is refused with the label that stands in the data."""
    data = {"y": ["yes.", "no", "yes."], "d": ["yes.", "no", "no"]}
    with pytest.raises(SourceError, match=r'The nearest is "yes\."'):
        Performance().evaluate(inputs_of(memory_predictions(data, prediction="d", favourable="yes")))


def test_ten_thousand_values_are_no_groups():
    """A sensitive column with more than 200 values is refused, from its declaration and from its rows."""
    values = [f"name {number}" for number in range(10_000)]
    data = {"y": [0, 1] * 5000, "d": [1, 0] * 5000, "g": values}
    for groups in (values, ["name 1"]):
        source = memory_predictions(data, prediction="d", sensitive={"g": groups})
        with pytest.raises(SourceError, match=r"more than 200[ ,].*Put them into groups first") as caught:
            Fairness().evaluate(inputs_of(source))
        assert "name" not in str(caught.value).replace("name another column", "")


def test_too_many_strata_are_refused():
    """Strata of single rows compare nobody."""
    size = 3000
    data = {"y": [0, 1] * (size // 2), "d": [1, 0] * (size // 2), "g": ["a", "b"] * (size // 2), "z": list(range(size))}
    source = memory_predictions(data, prediction="d", sensitive=["g"], strata=("z",), cuts=range(400, size, 400))
    with pytest.raises(SourceError, match="more than 500"):
        Fairness().evaluate(inputs_of(source))


def test_missing_labels_of_a_table_are_left_out_and_counted():
    """A table's rows without a label are no error: they are counted, and a finding says so."""
    source = memory_table({"y": [1, 0, None, 1], "g": ["a", "a", "b", "b"]}, label="y", favourable="1", sensitive=["g"])
    found = tally(source)
    refuse(found)
    assert (found.rows, int(found.counts.sum()), found.problems) == (4, 3, {"label_missing": 1})


def test_counts_do_not_grow_with_rows():
    """A tally of many rows is as large as one of few, without persons."""
    rng = np.random.default_rng(3)

    def size(rows):
        data = {"y": rng.integers(0, 2, rows), "d": rng.integers(0, 2, rows), "g": rng.choice(["a", "b", "c"], rows)}
        return len(tally(memory_predictions(data, prediction="d", sensitive=["g"])).keys)

    assert size(100) == size(100_000) == 3
