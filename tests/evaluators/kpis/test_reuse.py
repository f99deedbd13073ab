"""How often data were looked at, and for how long."""

import pytest
from tests.evaluators.kpis.support import counted, decided, look, one, rows, run

from cardwright.record.provenance import DatasetRef

TEST, TRAIN = "a" * 64, "b" * 64


def judged_on(name, day, *, role="test", sha256=TEST):
    held = decided(name, True)
    ref = DatasetRef(name=role, role=role, kind="predictions", format="csv", sha256=sha256)
    made = held.record.provenance.model_copy(update={"datasets": (ref,)})
    return counted(
        held.record.model_copy(update={"provenance": made}), verdict=held.verdict, finished=f"{day}T00:00:00Z"
    )


def test_uses_are_dossiers_and_runs_and_age_is_from_the_first():
    found = look(
        judged_on("m-1", "2026-01-01"), judged_on("m-2", "2026-03-01"), judged_on("m-3", "2026-03-01", role="training", sha256=TRAIN),
        runs=[run("a", day="2025-12-31", data={"test": TEST}), run("b", data={"test": "v3"})], until="2026-12-31",
    )  # fmt: skip
    name = f"test ({TEST[:12]})"
    assert (one(found, "benchmark_uses").value, one(found, "benchmark_uses", data=name).value) == (3, 3)
    assert one(found, "benchmark_age").value == 365
    (row,) = rows(found, "benchmarks")
    assert (row["dossiers"], row["runs"], row["first"], row["flag"]) == (2, 1, "2025-12-31T10:00:00Z", None)


@pytest.mark.parametrize(("limits", "keys", "flag"), [
    ({"max_uses": 2}, [], None), ({"max_uses": 1}, ["benchmark_worn"], "used often"),
    ({"max_age_days": 10}, ["benchmark_old"], "old"), ({"max_uses": 1, "max_age_days": 10}, ["benchmark_worn", "benchmark_old"], "used often, old"),
])  # fmt: skip
def test_data_that_are_worn_or_old_are_flagged(limits, keys, flag):
    found = look(judged_on("m-1", "2026-01-01"), judged_on("m-2", "2026-03-01"), **limits)
    assert [finding.key for finding in found.findings] == keys
    assert rows(found, "benchmarks")[0]["flag"] == flag


def test_without_data_there_is_no_number():
    held = decided("m-1", True)
    bare = counted(
        held.record.model_copy(update={"provenance": held.record.provenance.model_copy(update={"datasets": ()})})
    )
    assert one(look(bare), "benchmark_uses").code == "not_applicable"
