"""OpenLineage: a run is two events, what is no pass fails, no count is not zero, and the client's own classes decide."""

import json
from dataclasses import replace

import pytest

pytest.importorskip("openlineage.client", reason="OpenLineage's own classes come with the exports extra")

from tests.documents.exports.support import edition
from tests.policy.test_gate import FAILED, P, with_gap
from tests.strategies import NOW, good_case, waiver

from cardwright import documents
from cardwright.documents.exports import export, openlineage
from cardwright.errors import UsageError
from cardwright.policy.gate import decide
from cardwright.record import Column, DatasetRef, Evaluation, Input, Measured
from cardwright.record.evaluation import Coverage, NotTested
from cardwright.record.provenance import FetchedObject


def events(one):
    return [json.loads(line) for line in export(one, "openlineage").decode().rstrip("\n").split("\n")]


def answers_of(one):
    return events(one)[-1]["run"]["facets"]["test"]["tests"]


def test_a_run_begins_and_ends_in_two_events_of_one_id():
    start, complete = events(edition(good_case()))
    assert [(one["eventType"], one["eventTime"]) for one in (start, complete)] == [
        ("START", "2026-11-20T00:00:00Z"),
        ("COMPLETE", "2026-11-20T00:01:00Z"),
    ]
    assert start["run"]["runId"] == complete["run"]["runId"]
    assert start["job"] == complete["job"]
    (other,) = {one["run"]["runId"] for one in events(edition(with_gap(FAILED)))}
    assert other != start["run"]["runId"]


def test_a_record_alone_says_not_when_and_is_refused():
    with pytest.raises(UsageError, match="dossier"):
        export(documents.Edition(record=good_case().record), "openlineage")


def test_every_requirement_is_a_test_and_only_what_passed_passes():
    one = edition(with_gap(FAILED))
    told = answers_of(one)
    assert [test["name"] for test in told] == [o.requirement for o in one.verdict.outcomes]
    assert {(o.status, test["status"]) for o, test in zip(one.verdict.outcomes, told, strict=True)} >= {
        ("passed", "pass"),
        ("failed", "fail"),
    }
    for o in one.verdict.outcomes:
        others = [o.model_copy(update={"status": status}) for status in ("inconclusive", "missing", "error", "stale")]
        assert {openlineage._test(other)["status"] for other in others} == {"fail"}
    failed = next(test for test in told if test["status"] == "fail")
    outcome = next(o for o in one.verdict.outcomes if o.requirement == failed["name"])
    assert float(failed["actual"]) == outcome.observations[0].value
    assert failed["severity"] == "error"


def test_a_waived_requirement_still_fails():
    case = with_gap(FAILED)
    outcome = next(o for o in decide(case, P, NOW, "review").outcomes if o.status == "failed")
    claims = waiver(case.record, P.sha256, outcome.requirement, "failed", bound=outcome.observations[0].value)
    test = next(
        t
        for t in answers_of(edition(replace(case, claims=(*case.claims, *claims))))
        if t["name"] == outcome.requirement
    )
    assert (test["status"], test["params"]) == ("fail", {"outcome": "failed", "waived_until": "2026-12-20"})


def profiled(*measurements, policy_kind=None, **source):
    """A record whose one source was profiled, by no model."""
    case = good_case()
    columns = (Column(name="age", type="int64"), Column(name="sex", type="string"))
    read = DatasetRef(
        name="people", role="extract", kind="table", format="csv", sha256="9" * 64, rows=10, columns=columns, path="data/p.csv"
    ).model_copy(update=source)  # fmt: skip
    profile = Evaluation(
        id="data_profile",
        evaluator="data_profile",
        evaluator_version="1",
        inputs=(Input(need="source", name="people", role="extract", sha256="9" * 64, rows=10),),
        parameters={},
        question="q",
        method="m",
        limits=(),
        measurements=measurements,
        coverage=Coverage(not_tested=(NotTested(what="a", why="b"),)),
        completeness="complete",
    )
    provenance = case.record.provenance.model_copy(update={"datasets": (read,)})
    return replace(
        case,
        record=case.record.model_copy(update={"provenance": provenance, "evaluations": (profile,), "planned": (), "not_evaluated": ()}),
    )  # fmt: skip


def missing(column, numerator):
    return Measured(
        metric="missing_rate", slice={"column": column}, value=(numerator or 0) / 10, unit="proportion",
        direction="lower_is_better", numerator=numerator, denominator=10,
    )  # fmt: skip


def test_missing_values_are_counted_by_column_and_a_column_without_a_count_is_left_out():
    case = profiled(missing("age", 3), missing("sex", None))
    one = documents.Edition(record=case.record, run=case.run)
    (read,) = events(one)[-1]["inputs"]
    metrics = read["inputFacets"]["dataQualityMetrics"]
    assert (metrics["rowCount"], metrics["columnMetrics"]) == (10, {"age": {"nullCount": 3}})
    assert [field["name"] for field in read["facets"]["schema"]["fields"]] == ["age", "sex"]
    assert read["facets"]["datasetVersion"]["datasetVersion"] == "9" * 64
    unlisted = profiled(missing("age", 3), columns=())
    (read,) = events(documents.Edition(record=unlisted.record, run=unlisted.run))[-1]["inputs"]
    assert read["inputFacets"]["dataQualityMetrics"]["columnMetrics"] == {}
    without = profiled(missing("age", 3), rows=None)
    (read,) = events(documents.Edition(record=without.record, run=without.run))[-1]["inputs"]
    assert "dataQualityMetrics" not in read["inputFacets"]


def test_what_did_not_pass_of_the_data_is_no_success_and_what_does_not_apply_asserts_nothing():
    one = edition(with_gap(FAILED))
    base = next(o for o in one.verdict.outcomes if o.observations)
    seen = base.observations[0].model_copy(
        update={"evaluation": "data_profile", "slice": {"column": "age"}, "value": 0.3}
    )
    case = profiled(missing("age", 3))
    outcomes = [
        base.model_copy(update={"status": status, "number": number, "observations": (seen,)})
        for number, status in enumerate(("passed", "failed", "inconclusive", "not_applicable"), 1)
    ]
    verdict = one.verdict.model_copy(update={"outcomes": tuple(outcomes)})
    (read,) = events(documents.Edition(record=case.record, run=case.run, verdict=verdict))[-1]["inputs"]
    told = read["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert [(a["success"], a["params"]["outcome"], a["column"]) for a in told] == [
        (True, "passed", "age"),
        (False, "failed", "age"),
        (False, "inconclusive", "age"),
    ]


def test_a_requirement_of_the_model_asserts_nothing_of_the_data():
    (read,) = events(edition(with_gap(FAILED)))[-1]["inputs"]
    assert "dataQualityAssertions" not in read["inputFacets"]


def test_a_source_is_named_where_it_was_read():
    def name(**more):
        case = profiled(**more.pop("source", {}))
        run = case.run.model_copy(update=more)
        (read,) = events(documents.Edition(record=case.record, run=run))[-1]["inputs"]
        return read["namespace"], read["name"]

    assert name() == ("file", "data/p.csv")
    assert name(source={"path": None}) == ("cardwright", "people")
    fetched = FetchedObject(source="people", place="s3://bucket/in/p.csv", sha256="9" * 64, size=3)
    assert name(fetched=(fetched,)) == ("s3://bucket", "in/p.csv")


def test_what_has_no_place_is_counted():
    one = edition(good_case(), claims=good_case().claims)
    own = events(one)[-1]["run"]["facets"]["cardwright_record"]
    measured = sum(isinstance(m, Measured) for e in good_case().record.evaluations for m in e.measurements)
    assert own["onlyInRecord"]["measured"] == measured
    assert own["onlyInRecord"]["signatures"] == len(good_case().claims)
    assert own["recordSha256"] == good_case().record.sha256


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda e: e.update(eventTime="yesterday"), ""),
        (lambda e: e.update(eventType="DONE"), "DONE"),
        (lambda e: e.update(verdict="refused"), "verdict is no field of RunEvent"),
        (lambda e: e["run"].update(runId="1"), "UUID"),
        (lambda e: e["run"]["facets"].update(score={}), "score is no RunFacet"),
        (lambda e: e["run"]["facets"]["test"]["tests"][0].pop("status"), "status"),
        (lambda e: e["run"]["facets"]["test"]["tests"][0].update(status=True), "status"),
        (lambda e: e["run"]["facets"]["cardwright_record"].pop("_producer"), "_producer"),
        (lambda e: e["inputs"][0]["inputFacets"]["dataQualityMetrics"].update(rowCount="3"), "rowCount"),
        (lambda e: e["inputs"][0]["facets"]["documentation"].pop("description"), "description"),
        (lambda e: e["inputs"][0].update(name=None), "name"),
    ],
)
def test_what_does_not_fit_the_classes_of_the_client_is_seen(change, told):
    (_, event) = events(edition(good_case()))
    assert openlineage.problem(json.dumps(event).encode()) is None
    change(event)
    found = openlineage.problem(json.dumps(event).encode())
    assert found is not None
    assert told in found


def test_the_client_writes_our_events_as_they_are():
    """Built from the client's classes and serialised by it, an event holds what it held: nothing was dropped or renamed."""
    from openlineage.client.event_v2 import RunEvent
    from openlineage.client.serde import Serde

    (_, event) = events(edition(good_case()))
    written = Serde.to_dict(openlineage._built(event, RunEvent, "event"))
    own = written["run"]["facets"].pop("cardwright_record")
    assert {"_producer", "_schemaURL"} <= {*own}  # its other fields are not the client's
    event["run"]["facets"].pop("cardwright_record")

    def without_empty(value):
        if isinstance(value, dict):
            return {k: without_empty(v) for k, v in value.items() if v not in ({}, [])}
        return [without_empty(v) for v in value] if isinstance(value, list) else value

    assert without_empty(written) == without_empty(event)
