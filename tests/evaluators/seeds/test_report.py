"""Findings about the number of runs, and a table of each run."""

from tests.evaluators.seeds.support import look, one, table

from cardwright.record import Measured


def test_a_single_run_is_flagged_and_has_no_spread():
    seen = look(table())
    assert [f.key for f in seen.findings] == ["single_seed"]
    assert one(seen, "accuracy_seed_sd").code == "too_few_samples"
    assert isinstance(one(seen, "accuracy_seed_mean"), Measured)
    assert one(seen, "accuracy_seed_mean").interval is None
