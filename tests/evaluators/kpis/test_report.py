"""Tables of the indicators: every number with its parts, every gap with its reason, every source by its id."""

from tests.evaluators.kpis.support import PLANNED, approved, decided, look, rows, run, table, written

from cardwright.evaluators.kpis.indicators import INDICATORS


def everything(**parameters):
    return look(
        written(claims=approved(), **PLANNED), *(decided(f"model-{n}", n != 1) for n in range(6)),
        runs=[run("a"), run("b", status="failed")], **parameters,
    )  # fmt: skip


def test_each_indicator_is_a_number_or_a_reason_in_every_workstream():
    found = everything()
    said = {
        (row["indicator"].split(":")[0], row["workstream"])
        for name in ("indicators", "no_number")
        for row in rows(found, name)
    }
    for workstream in ("all", "loans", "model-1"):
        assert {one.title for one in INDICATORS} <= {title for title, place in said if place == workstream}


def test_the_caveat_of_each_is_printed():
    assert [row["indicator"] for row in rows(everything(), "how_counted")] == [one.title for one in INDICATORS]


def test_the_sources_name_what_was_counted():
    found = everything()
    of_gate = {row["from"] for row in rows(found, "sources") if row["indicator"] == "Quality-gate pass rate"}
    assert of_gate == {decided(f"model-{n}", n != 1).id for n in range(6)}
    assert {row["from"] for row in rows(found, "sources") if row["indicator"] == "Experiment throughput"} == {"a"}


def test_decisions_say_what_stands_in_the_way_and_runs_how_they_ended():
    found = everything()
    states = {row["dossier"].split()[0]: (row["state"], bool(row["blocking"])) for row in rows(found, "decisions")}
    assert states["model-1"] == ("refused", True)
    assert states["note"] == ("not decided", False)
    (tried,) = [row for row in rows(found, "runs_tried") if row["workstream"] == "loans"]
    assert (tried["purpose"], tried["runs"], tried["results"], tried["others"], tried["hours"]) == (
        "candidate",
        2,
        1,
        "failed 1",
        2,
    )


def test_no_person_is_named_in_any_table():
    text = str([row for one in everything().tables for row in one.rows])
    assert not [name for name in ("Ada", "Ben", "Okafor") if name in text]


def test_a_table_without_rows_is_left_out():
    assert table(look(decided("model-1", True)), "estimates") is None


def test_many_sources_are_counted_and_the_first_are_listed():
    found = look(written(), runs=[run(f"r{n}") for n in range(45)])
    listed = [row["from"] for row in rows(found, "sources") if row["indicator"] == "Experiment throughput"]
    assert (len(listed), listed[-1]) == (21, "and 25 more")
