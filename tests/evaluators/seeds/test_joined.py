"""Runs in files of their own give the numbers of runs in columns, on the rows that all of them have."""

import numpy as np
import pytest
from tests.evaluators.seeds.support import RUNS, one, table
from tests.support import memory_predictions

from cardwright.errors import SourceError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.seeds import Seeds
from cardwright.testing import check_evaluator

KNOWN = {"label": "y", "score": "p", "threshold": 0.5, "favourable": "1"}


def keyed(rows):
    return rows | {"id": [f"row {place}" for place in range(len(rows["y"]))]}


def run(rows, name, **more):
    """One run alone in its file."""
    said = {column: rows[column] for column in ("y", "id") if column in rows} | {"p": rows[name]}
    return memory_predictions(said, name=f"of_{name}", **KNOWN | more)


def look(first, *others):
    sources = {"source": first} | {f"run{place}": other for place, other in enumerate(others, start=2)}
    return check_evaluator(Seeds, Inputs(id="seeds", sources=sources))


def shuffled(rows, seed=0):
    order = np.random.default_rng(seed).permutation(len(rows["y"]))
    return {name: [values[place] for place in order] for name, values in rows.items()}


def test_runs_in_files_are_the_runs_in_columns_whatever_the_order_of_their_rows():
    rows = keyed(table())
    columns = memory_predictions(rows, **KNOWN)
    together = check_evaluator(Seeds, Inputs(id="seeds", sources={"source": columns}, parameters={"runs": RUNS}))
    apart = look(run(rows, "p", key="id"), *(run(shuffled(rows, n), name, key="id") for n, name in enumerate(RUNS)))
    assert apart.measurements == together.measurements
    by_place = look(run(rows, "p"), *(run(rows, name) for name in RUNS))
    assert by_place.measurements == together.measurements
    assert [row[0] for row in apart.tables[0].rows] == ["p", "of_p1", "of_p2", "of_p3"]


def test_runs_are_compared_on_the_rows_that_all_have_and_the_others_are_counted():
    rows = keyed(table())
    part = {name: values[:200] for name, values in rows.items()}
    late = {name: values[50:] for name, values in rows.items()}
    late["id"] = [*late["id"][:-10], *(f"other {n}" for n in range(10))]
    found = look(run(rows, "p", key="id"), run(part, "p1", key="id"), run(late, "p2", key="id"))
    (matched,) = [s for s in found.coverage.scanned if s.what == "rows that all runs have, joined by key"]
    assert (matched.scanned, matched.total) == (150, 300)
    left = {one.what for one in found.coverage.not_tested}
    assert {"150 rows of the first run", "10 rows of of_p2"} <= left
    assert one(found, "prediction_churn").denominator == 150


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: run({**rows, "y": [1 - y for y in rows["y"]]}, "p1"), "300 rows have another outcome"),
        (lambda rows: run({name: values[:10] for name, values in rows.items()}, "p1"), "it has 10 rows"),
        (lambda rows: run(rows, "p1", favourable="0"), "another outcome than"),
        (lambda rows: run(rows, "p1", score=None, threshold=None, prediction="p"), "one run has scores"),
        (lambda rows: run({**rows, "p1": [None, *rows["p1"][1:]]}, "p1"), "1 rows have no value"),
    ],
)
def test_a_file_that_is_no_run_of_the_same_training_is_refused(change, said):
    rows = keyed(table())
    with pytest.raises(SourceError, match=said):
        look(run(rows, "p"), change(rows))


def test_keys_that_repeat_or_never_meet_are_refused():
    rows = keyed(table())
    twice = {**rows, "id": ["same"] * 300}
    with pytest.raises(SourceError, match="299 have one that an earlier row has"):
        look(run(rows, "p", key="id"), run(twice, "p1", key="id"))
    strangers = {**rows, "id": [f"x{n}" for n in range(300)]}
    with pytest.raises(SourceError, match="no row is in all runs"):
        look(run(rows, "p", key="id"), run(strangers, "p1", key="id"))
