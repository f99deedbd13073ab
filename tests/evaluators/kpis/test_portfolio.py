"""Each dossier is counted once, in its workstream and period; what is left out is named."""

import pytest
from tests.evaluators.kpis.support import approved, counted, decided, look, one, rows, run, sign_off, written

from cardwright.errors import UsageError
from cardwright.record.run import Unread


def counts(found):
    return one(found, "dossiers_counted").value, one(found, "dossiers_left_out").value


def test_a_record_in_two_folders_is_counted_once_where_most_was_said_over_it():
    bare = written()
    signed = counted(bare.record, claims=approved())
    found = look(bare, signed)
    assert counts(found) == (1, 1)
    assert one(found, "collaboration_responsiveness").value == 1
    assert rows(found, "left_out")[0]["why"] == "the same record lies in another folder, and is counted once"


def test_of_several_rounds_of_one_subject_the_last_is_counted():
    first = decided("loans-model", allowed=False, at="2026-11-01T00:00:00Z")
    last = counted(
        first.record.model_copy(update={"title": "Again"}),
        verdict=decided("x-1", allowed=True, at="2026-11-08T00:00:00Z").verdict,
    )
    for order in ((first, last), (last, first)):
        found = look(*order, min_cases=1)
        assert counts(found) == (1, 1)
        assert one(found, "quality_gate_pass_rate").value == 1.0
        assert rows(found, "left_out")[0]["why"].startswith("a later round")


def test_a_dossier_that_does_not_verify_is_named_and_makes_the_count_partial():
    found = look(decided("model-1", allowed=True), refused=[("out/broken", "the manifest is another")])
    assert {"what": "out/broken", "why": "the manifest is another"} in rows(found, "left_out")
    assert found.completeness == "partial"
    (finding,) = [each for each in found.findings if each.key == "not_verified"]
    assert (finding.severity, finding.count) == ("high", 1)


def test_a_period_takes_dossiers_by_their_decision_and_runs_by_their_start():
    early, late = (
        decided("model-1", True, at="2026-09-30T10:00:00Z"),
        decided("model-2", True, at="2026-10-01T10:00:00Z"),
    )
    runs = [run("a", day="2026-09-30"), run("b", day="2026-10-02"), run("c", started=None, finished=None)]
    found = look(early, late, runs=runs, since="2026-10-01", until="2026-12-31")
    assert counts(found) == (1, 1)
    assert (one(found, "runs_counted").value, one(found, "runs_left_out").value) == (1, 2)
    assert {row["why"] for row in rows(found, "left_out")} == {
        "it was decided outside the period", "outside the period", "no start or end",
    }  # fmt: skip


def test_workstreams_are_what_dossiers_are_about_and_what_runs_are_grouped_by():
    found = look(
        written(), written("research_memo", name="memo", about="search"), runs=[run("a"), run("b", group=None)]
    )
    assert {m.slice.get("workstream") for m in found.measurements} >= {None, "loans", "search", "not stated"}
    assert one(found, "experiment_throughput", workstream="loans").numerator == 1
    named = look(written(), runs=[run("a"), run("b", group=None)], runs_workstream="loans")
    assert one(named, "experiment_throughput").numerator == 2
    assert not named.find("experiment_throughput", slice={"workstream": "loans"})  # one workstream is all there is


def test_a_field_of_details_names_the_workstream():
    first, second = written(question="Thin files"), written(name="other", question="Search")
    found = look(first, second, workstream_from="question")
    assert {"Thin files", "Search"} <= {m.slice.get("workstream") for m in found.measurements}
    whole = look(first, second, workstream_from="whole")
    assert {m.slice.get("workstream") for m in whole.measurements} == {None}


@pytest.mark.parametrize("name", ["A. Okafor", "a.  okafor", "Ben"])
def test_a_field_whose_answer_is_somebody_of_the_dossier_is_refused(name):
    dossier = written(question=name, claims=[sign_off("Ben", "2026-11-02T09:00:00Z")])
    with pytest.raises(UsageError, match="never grouped by person"):
        look(dossier, workstream_from="question")


def test_runs_in_a_group_that_is_called_after_a_person_are_refused():
    with pytest.raises(UsageError, match="never grouped by person"):
        look(written(), runs=[run("a", group="A. Okafor")])


def test_a_field_of_entries_and_one_that_nobody_answers_are_refused():
    with pytest.raises(UsageError, match="a list of entries"):
        look(written(estimate=[{"what": "a", "amount": "b", "limit": "c"}]), workstream_from="estimate")
    with pytest.raises(UsageError, match='Did you mean "question"'):
        look(written(question="Thin files"), workstream_from="questio")


def test_what_of_a_store_could_not_be_read_is_counted_and_named():
    found = look(written(), runs=[run("a"), Unread(unread="runs/b", why="it is cut off")])
    assert {"what": "runs/b", "why": "it is cut off"} in rows(found, "left_out")
    assert found.completeness == "partial"
    assert [each.key for each in found.findings if each.severity == "medium"] == ["unread"]
