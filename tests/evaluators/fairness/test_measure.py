"""The evaluation of a whole tally: weights, persons, codes, and the same bytes for the same input."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.evaluators.fairness.support import TWO, assess, one, random_rows, rows_of
from tests.support import inputs_of, memory_predictions

from cardwright.evaluators.fairness import Fairness
from cardwright.record import canonical
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured
from cardwright.sources.load import load
from cardwright.sources.spec import PredictionsSpec


@dataclasses.dataclass(frozen=True)
class Strings:
    """Rows that hand out strings only."""

    rows: Any

    @property
    def schema(self):
        return self.rows.schema

    def batches(self, columns=None):
        return self.rows.batches(columns)


def test_weights_of_1_equal_no_weights():
    """The same values and the same bounds; nothing is shuffled, and the record says so."""
    data = rows_of(TWO)
    plain = assess(memory_predictions(data, prediction="d", sensitive=["g"]))
    weighted = assess(
        memory_predictions({**data, "w": [1.0] * len(data["y"])}, prediction="d", sensitive=["g"], weight="w")
    )
    for metric in (
        "selection_rate",
        "true_positive_rate",
        "demographic_parity_difference",
        "equalized_odds_ratio",
        "f1",
    ):
        for before in plain.find(metric):
            (after,) = [m for m in weighted.find(metric) if m.key == before.key]
            assert after.value == pytest.approx(before.value, abs=1e-15)
            assert after.interval.lower == pytest.approx(before.interval.lower, abs=1e-12)
            assert after.interval.upper == pytest.approx(before.interval.upper, abs=1e-12)
    assert one(plain, "demographic_parity_difference", across=["g"]).test is not None
    assert all(
        m.test is None or m.test.method != "permutation" for m in weighted.measurements if isinstance(m, Measured)
    )


def test_rows_of_one_person_are_one_case():
    """Tripling every row under the same person changes no value and narrows no interval."""
    data = rows_of(TWO)
    size = len(data["y"])
    tripled = {name: np.repeat(values, 3) for name, values in data.items()}
    plain = assess(memory_predictions(data, prediction="d", sensitive=["g"]))
    once = assess(
        memory_predictions({**tripled, "p": np.repeat(np.arange(size), 3)}, prediction="d", sensitive=["g"], person="p")
    )
    naive = assess(memory_predictions(tripled, prediction="d", sensitive=["g"]))

    def width(evaluation, metric, **key):
        found = one(evaluation, metric, **key)
        return found.interval.upper - found.interval.lower

    for metric, key in (
        ("selection_rate", {"slice": {"g": "a"}}),
        ("demographic_parity_difference", {"across": ["g"]}),
    ):
        assert width(once, metric, **key) == pytest.approx(width(plain, metric, **key), rel=0.05)
        assert width(naive, metric, **key) < 0.7 * width(once, metric, **key)
    rate = one(once, "selection_rate", slice={"g": "a"})
    assert (rate.sampling.units, rate.sampling.observations, rate.sampling.cluster) == (100, 300, "p")
    assert one(once, "demographic_parity_difference", across=["g"]).test is None


def test_persons_decide_whether_a_group_has_enough_cases():
    """Forty rows of five persons are five cases."""
    data = {
        "y": [1, 0] * 60,
        "d": [1, 1, 0] * 40,
        "g": ["a"] * 80 + ["b"] * 40,
        "p": [*range(80), *(100 + i % 5 for i in range(40))],
    }
    gap = one(
        assess(memory_predictions(data, prediction="d", sensitive=["g"], person="p")),
        "demographic_parity_difference",
        across=["g"],
    )
    assert gap.code == "too_few_samples" and "of 5 persons" in gap.groups.excluded[0].reason


def test_the_same_input_and_seed_give_the_same_bytes_and_an_evaluation_that_reads_back():
    """Full precision survives JSON, and nothing but the seed decides about chance."""
    _, data = random_rows(15, 500)
    source = memory_predictions(data, score="s", threshold=0.5, sensitive=["g", "h"])
    first, second = assess(source), assess(source)
    text = first.model_dump_json()
    assert text == second.model_dump_json()
    assert Evaluation.model_validate_json(text) == first
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} in a record"))


def test_categories_that_come_as_codes_change_no_byte(tmp_path):
    """A Parquet file keeps repeated strings as codes; counted as codes or as strings, the evaluation is the same."""
    rng = np.random.default_rng(5)
    size = 3_000
    pq.write_table(
        pa.table(
            {
                "g": pa.array([["a", "b", "c", None, "unknown"][i] for i in rng.integers(0, 5, size)]),
                "h": pa.array([["x", "y"][i] for i in rng.integers(0, 2, size)]),
                "y": pa.array([["no", "yes"][i] for i in rng.integers(0, 2, size)]),
                "d": pa.array([["no", "yes"][i] for i in rng.integers(0, 2, size)]),
                "s": pa.array([["p", "q", None][i] for i in rng.integers(0, 3, size)]),
            }
        ),
        tmp_path / "rows.parquet",
        row_group_size=1_000,
    )
    spec = PredictionsSpec(
        predictions="rows.parquet",
        label="y",
        prediction="d",
        favourable="yes",
        sensitive=["g", "h"],
        strata=["s"],
        unit="row",
    )
    source = load(spec, "test", tmp_path)
    strings = dataclasses.replace(source, rows=Strings(source.rows))
    made = {
        canonical.dumps(Fairness().evaluate(inputs_of(rows, workers=workers)))
        for rows in (source, strings)
        for workers in (1, 2, 3)
    }
    assert len(made) == 1
    assert {str(b.column("g").type) for b in source.rows.coded(["g"], ["g"])} != {"string"}
