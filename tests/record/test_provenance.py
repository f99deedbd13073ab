"""Provenance: what a record always says of where its numbers come from, and what it leaves out of its bytes where nobody said it."""

import json

import pytest
from pydantic import ValidationError
from tests.strategies import good_case, good_record

from cardwright.record import DatasetRef, RunFacts, canonical
from cardwright.record.provenance import CodeDigest, Provenance

LATER = {"code", "previous_sha256"}
"""Fields of provenance that came after the first format."""


def test_a_field_that_came_later_is_left_out_where_nobody_said_it_so_that_old_digests_stay():
    written = json.loads(canonical.dumps(good_record().provenance))
    assert not LATER & written.keys()
    assert {"commit", "dirty", "author"} <= written.keys(), "a field of the first format is written even if it is null"
    (dataset,) = written["datasets"]
    assert "task" not in dataset
    run = json.loads(canonical.dumps(good_case().run))
    assert not {"earlier", "plan"} & run.keys()


def test_what_somebody_said_is_written_and_read_back():
    code = (CodeDigest(name="cardwright", version="1", sha256="1" * 64, evaluators=("fairness",)),)
    provenance = good_record().provenance.model_copy(update={"code": code, "previous_sha256": "2" * 64})
    again = canonical.parse(Provenance, canonical.dumps(provenance), where="p.json")
    assert (again.code, again.previous_sha256) == (code, "2" * 64)
    dataset = good_record().provenance.datasets[0].model_copy(update={"task": "regression"})
    assert canonical.parse(DatasetRef, canonical.dumps(dataset), where="d.json").task == "regression"


@pytest.mark.parametrize(
    ("field", "value"),
    [("sha256", "0" * 63), ("sha256", "G" * 64), ("rows", -1), ("path", "/etc/passwd"), ("path", "../x"), ("task", "ranks"),
     ("kind", "folder")],
)  # fmt: skip
def test_a_source_that_is_not_known_by_its_bytes_or_points_outside_is_refused(field, value):
    with pytest.raises(ValidationError):
        DatasetRef.model_validate({**good_record().provenance.datasets[0].model_dump(), field: value})


@pytest.mark.parametrize("moment", ["2026-11-20", "2026-11-20T00:00:00", "2026-11-20T00:00:00+01:00", "yesterday"])
def test_a_run_is_dated_in_utc_to_the_second(moment):
    with pytest.raises(ValidationError):
        RunFacts.model_validate({**good_case().run.model_dump(), "started": moment})


def test_the_clock_of_a_run_is_not_in_the_record():
    """So that the same input gives the same bytes."""
    written = canonical.dumps(good_record()).decode("utf-8")
    assert good_case().run.started not in written
    assert good_case().run.platform != "" and '"platform"' not in written
