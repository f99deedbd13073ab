"""A model's numbers resolve to the run that made its file, or it is said that they do not."""

import pytest
from tests.evaluators.runs.support import CLAIM, keys, left, look, model, one, run, several

from cardwright.record import Unmeasured

DIGEST = "ab" * 32


def looked(*runs):
    return look([*several("claim", CLAIM, 0.86, "candidate"), *runs], more={"model": model(DIGEST)})


def made(**said):
    return run("made", CLAIM, 0.86, **{"seed": 7, "purpose": "candidate", "artefacts": left(DIGEST), **said})


def test_the_run_that_left_the_models_file_is_its_training_run():
    seen = looked(made())
    assert one(seen, "training_run_resolved").value == 1
    (table,) = [table for table in seen.tables if table.id == "training_run"]
    assert table.rows[0][:3] == ("model", "made", "abcdef1")
    assert "training_run" not in keys(seen)


@pytest.mark.parametrize(("runs", "says"), [
    ([made(commit=None)], "lacks commit"), ([made(seed=None)], "lacks seed"),
    ([made(), run("again", CLAIM, 0.86, seed=8, artefacts=left(DIGEST))], "2 runs left a file"),
    ([run("other", {"model": "other"}, 0.9, seed=7, artefacts=left(DIGEST))], "none of the claimed"),
])  # fmt: skip
def test_one_that_cannot_be_traced_does_not_resolve(runs, says):
    seen = looked(*runs)
    assert one(seen, "training_run_resolved").value == 0
    (finding,) = [finding for finding in seen.findings if finding.key == "training_run"]
    assert (finding.severity, says in finding.explanation) == ("high", True)


def test_a_model_that_no_run_left_is_unmeasured_and_printed_so():
    seen = looked()
    assert isinstance(one(seen, "training_run_resolved"), Unmeasured)
    (table,) = [table for table in seen.tables if table.id == "training_run"]
    assert table.rows[0][:2] == ("model", "resolves to no run")


def test_without_a_model_nothing_is_asked():
    assert look(several("claim", CLAIM, 0.86, "candidate")).find("training_run_resolved") == ()
