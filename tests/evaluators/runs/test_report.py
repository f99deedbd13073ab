"""What documents print of runs."""

from tests.evaluators.runs.support import BASE, CLAIM, keys, look, run, several, study


def test_configurations_are_listed_best_first_with_what_they_differ_in():
    (table,) = [table for table in look(study()).tables if table.id == "configurations"]
    assert [row[1] for row in table.rows] == ["claimed", None, None, "baseline"]
    assert table.rows[-1][7] == "layers, model"
    means = [row[3] for row in table.rows]
    assert means == sorted(means, reverse=True)


def test_more_configurations_than_are_listed_are_counted():
    many = [run(f"s{n}", {**CLAIM, "n": n}, n / 1000, seed=1, purpose="search") for n in range(150)]
    (table,) = [table for table in look([*study(), *many]).tables if table.id == "configurations"]
    assert len(table.rows) == 100
    assert table.title.endswith("54 more are not listed")


def test_ablations_have_a_table_with_adjusted_p_values():
    (table,) = [table for table in look(study()).tables if table.id == "ablations"]
    assert [(row[0], row[1], row[5]) for row in table.rows] == [("layers", "1", 5.0), ("lr", "0.2", 5.0)]


def test_a_clean_study_has_no_finding_beyond_low():
    clean = [one for one in study() if one.id not in ("bad", "try")]
    assert {finding.severity for finding in look(clean).findings} <= {"low"}


def test_what_runs_say_badly_is_summed_up():
    runs = [*study(), *several("odd", {**CLAIM, "x": 1}, 0.8, "search", gaps={"finished": "it lies before the start"})]
    (finding,) = [finding for finding in look(runs).findings if finding.key == "gaps"]
    assert finding.count == 5
    assert "it lies before the start (5)" in finding.explanation
    assert "gaps" not in keys(look(study()))


def test_the_first_start_of_each_purpose_counts_what_was_dropped_and_what_says_no_time():
    """A plan's signature is compared with it: a failed run was tried, too."""
    runs = [
        run("a", BASE, 0.8, purpose="baseline", started="2026-11-02T00:00:00Z"),
        run("b", CLAIM, purpose="candidate", status="failed", started="2026-11-01T00:00:00Z"),
        run("c", CLAIM, 0.9, purpose="candidate", started="2026-11-03T00:00:00Z"),
        run("d", CLAIM, 0.9, purpose="candidate"),
        run("e", CLAIM, 0.9),
    ]
    (table,) = [table for table in look(runs).tables if table.id == "starts"]
    assert table.rows == (
        ("baseline", 1.0, "2026-11-02T00:00:00Z", 0.0),
        ("candidate", 3.0, "2026-11-01T00:00:00Z", 1.0),
        ("not stated", 1.0, None, 1.0),
    )
