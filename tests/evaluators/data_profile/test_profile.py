"""Counts and shares of rows, groups, labels and classes of rows that agree."""

import pytest
from tests.evaluators.data_profile.support import one, profile, table

from cardwright.evaluators.data_profile import DataProfile
from cardwright.evaluators.interface import Inputs
from cardwright.record import Unmeasured, canonical


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_plain_counting(seed):
    columns = table(seed=seed)
    evaluation = profile(columns)
    n = len(columns["id"])
    assert one(evaluation, "row_count").value == n
    assert one(evaluation, "missing_rate", slice={"column": "income"}).numerator == columns["income"].count(None)
    assert one(evaluation, "group_share", slice={"sex": "f"}).numerator == columns["sex"].count("f")
    assert one(evaluation, "group_share", slice={"sex": None}).numerator == columns["sex"].count(None)
    both = sum(s == "f" and r == "a" for s, r in zip(columns["sex"], columns["race"], strict=True))
    assert one(evaluation, "group_share", slice={"sex": "f", "race": "a"}).numerator == both
    assert one(evaluation, "label_rate", of_class="1").numerator == columns["y"].count(1)


def test_k_anonymity_is_the_smallest_class():
    columns = {"a": ["x", "x", "x", "z", "z", None], "b": [1, 1, 1, 1, 1, 1], "y": [0, 1, 1, 0, 0, 1]}
    evaluation = profile(columns, sensitive=(), quasi_identifiers=["a", "b"])
    assert one(evaluation, "k_anonymity").value == 1
    assert one(evaluation, "unique_row_share").numerator == 1
    assert one(evaluation, "l_diversity").value == 1


def test_equal_rows_are_duplicates():
    evaluation = profile({"a": [1, 1, 2, 2, 2], "y": [0, 0, 1, 1, 1]}, sensitive=())
    assert one(evaluation, "duplicate_row_rate").numerator == 3
    assert "duplicates" in {f.key for f in evaluation.findings}


def test_without_quasi_identifiers_nobody_can_say_who_could_be_told_apart():
    things = {"size": [1, 2, 3], "y": [0, 1, 0]}
    silent = one(profile(things, sensitive=()), "k_anonymity")
    said = one(profile(things, sensitive=(), quasi_identifiers=[]), "k_anonymity")
    assert isinstance(silent, Unmeasured)
    assert isinstance(said, Unmeasured)
    assert (silent.code, said.code) == ("undefined", "not_applicable")


def test_nan_is_missing():
    evaluation = profile({"x": [float("nan")] * 8 + [float(i) for i in range(12)], "y": [0, 1] * 10}, sensitive=())
    assert one(evaluation, "missing_rate", slice={"column": "x"}).numerator == 8
    assert "nan" not in canonical.dumps(evaluation).decode()


def test_a_table_without_rows_has_no_rates():
    import pyarrow as pa

    evaluation = profile(pa.table({"x": pa.array([], pa.int64()), "y": pa.array([], pa.int64())}), sensitive=["x"])
    assert one(evaluation, "row_count").value == 0
    for metric in ("k_anonymity", "unique_row_share", "duplicate_row_rate"):
        assert isinstance(one(evaluation, metric), Unmeasured)
    assert evaluation.findings == ()


def test_a_predicted_number_has_no_rate_per_value():
    from tests.support import memory_predictions

    source = memory_predictions({"y": [10.5, 11.5, 99.25], "p": [1.0, 2.0, 3.0]}, task="regression", prediction="p")
    evaluation = DataProfile().evaluate(Inputs(id="profile", sources={"source": source}))
    assert "label_rate" not in {m.metric for m in evaluation.measurements}
    assert "99.25" not in canonical.dumps(evaluation).decode()
