"""A receiver runs a dossier's evaluations again on their own files: what is the same, what differs and by how much, what cannot be run."""

from __future__ import annotations

import json
import shutil

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests import small_plan
from tests.small_plan import PLAN, case_of, files_of, rows, write_csv, write_plan

from cardwright.dossier import layout, store
from cardwright.errors import IntegrityError, NothingToCheckError, PlanError, UsageError
from cardwright.record import Record, canonical
from cardwright.record.evaluation import Finding, count_severities
from cardwright.record.record import Redaction
from cardwright.run.reproducing import Difference, compare, reproduce


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The receiver's copy of the files in a folder, and the dossier's files."""
    folder = write_plan(tmp_path_factory.mktemp("made"))
    return folder, files_of(case_of(folder))


@pytest.fixture
def data(made, tmp_path):
    """A copy that a test may change."""
    return shutil.copytree(made[0], tmp_path / "data")


def record_of(files):
    return canonical.parse(Record, files[layout.RECORD], where=layout.RECORD)


def with_record(files, record):
    """The dossier with another record, sealed anew as whoever controls the machine can."""
    changed = {**files, layout.RECORD: layout.to_json(record)}
    return {**changed, layout.MANIFEST: layout.to_json(layout.manifest_of(changed))}


def again(made, data, **more):
    return reproduce(made, where="dossier", data=data, workers=1, **more)


def test_a_dossier_on_the_same_files_is_reproduced_byte_for_byte(made, data):
    done = again(made[1], data)
    assert [(one.id, one.outcome, one.exact) for one in done.reruns] == [
        ("performance", "reproduced", True),
        ("fairness", "reproduced", True),
    ]
    assert (done.exit_code, done.headline) == (0, "REPRODUCED: 2 of 2 evaluations")


def test_a_number_that_somebody_wrote_into_the_record_is_found_with_what_it_should_be(made, data):
    record = record_of(made[1])
    told = record.evaluations[0]
    number = next(n for n, m in enumerate(told.measurements) if m.metric == "roc_auc" and not m.slice)
    honest = told.measurements[number]
    better = honest.model_copy(update={"value": honest.value + 0.05, "interval": None})
    measurements = (*told.measurements[:number], better, *told.measurements[number + 1 :])
    forged = record.model_copy(
        update={"evaluations": (told.model_copy(update={"measurements": measurements}), *record.evaluations[1:])}
    )
    done = again(with_record(made[1], forged), data)
    assert done.exit_code == 1
    assert [one.outcome for one in done.reruns] == ["differs", "reproduced"]
    found = next(one for one in done.reruns[0].differences if one.what == "roc_auc (all)")
    assert (found.told, found.found) == (better.value, honest.value)
    assert found.by == pytest.approx(-0.05)
    assert "NOT REPRODUCED: 1 of 2 evaluations are; 1 differ" in done.headline


def test_a_finding_that_this_data_does_not_give_is_named(made, data):
    record = record_of(made[1])
    told = record.evaluations[1]
    finding = Finding(severity="high", key="made_up", explanation="Nobody found this.", count=1)
    more = told.model_copy(update={"findings": (finding,), "severities": count_severities((finding,))})
    done = again(with_record(made[1], record.model_copy(update={"evaluations": (record.evaluations[0], more)})), data)
    assert [one.outcome for one in done.reruns] == ["reproduced", "differs"]
    assert any(one.what == "findings" and "0 entries here, 1" in one.why for one in done.reruns[1].differences)


def test_a_group_that_the_plan_does_not_tell_of_is_found_in_the_data(made, data):
    files = dict(made[1])
    plan = canonical.loads(files[layout.PLAN])
    for one in plan["planned"]:
        for groups in one["groups"]:
            groups["groups"] = groups["groups"][:1]
    files[layout.PLAN] = canonical.dumps(plan)
    record = canonical.loads(files[layout.RECORD])
    record["planned"] = plan["planned"]
    record["provenance"]["plan_sha256"] = canonical.digest(files[layout.PLAN])
    done = again(with_record(files, Record.model_validate(record)), data)
    assert done.exit_code == 1
    told = [str(difference) for one in done.reruns for difference in one.differences]
    assert any("the groups that it must cover" in one for one in told), told


def test_other_data_is_not_called_a_reproduction(made, data):
    write_csv(data / "data.csv", rows(seed=2))
    done = again(made[1], data)
    assert {one.outcome for one in done.reruns} == {"not run"}
    assert "data.csv is not the file that was evaluated" in done.reruns[0].why
    assert done.exit_code == 3


def test_what_the_receiver_does_not_have_is_not_run_and_proves_nothing(made, data):
    (data / "data.csv").unlink()
    done = again(made[1], data)
    assert {one.outcome for one in done.reruns} == {"not run"}
    assert done.exit_code == 1


def test_a_live_assistant_is_never_asked_again(made, data):
    done = again(with_source(made[1], {"target": "assistant:answer", "trust": True}), data)
    assert {one.why for one in done.reruns} == {"test is a live assistant, which may answer otherwise today"}
    assert done.exit_code == 1


def test_no_code_that_a_dossier_names_is_run_unless_it_is_allowed(made, data):
    (data / "evil.py").write_text(f"open({str(data / 'ran')!r}, 'w').close()\nclass Net: ...\n")
    files = with_source(made[1], {"model": "model.bin", "module": "evil:Net", "trust": True})
    done = again(files, data)
    assert not (data / "ran").exists()
    assert "evil:Net" in done.reruns[0].why
    assert "--allow-code" in done.reruns[0].why
    trusting = with_source(made[1], {"model": "model.bin", "trusted": ["os.system"]})
    assert "os.system" in again(trusting, data).reruns[0].why


def with_source(files, said):
    """The dossier of a plan that says something else of its source."""
    plan = canonical.loads(files[layout.PLAN])
    plan["sources"]["test"] = said
    changed = {**files, layout.PLAN: canonical.dumps(plan)}
    record = canonical.loads(files[layout.RECORD])
    record["provenance"]["plan_sha256"] = canonical.digest(changed[layout.PLAN])
    return with_record(changed, Record.model_validate(record))


def test_a_plan_that_the_record_was_not_made_from_is_refused(made, data):
    plan = canonical.loads(made[1][layout.PLAN])
    plan["seed"] = 7
    with pytest.raises(IntegrityError, match="not the one that the record was made from"):
        again({**made[1], layout.PLAN: canonical.dumps(plan)}, data)


def test_an_edition_that_leaves_things_out_is_refused(made, data):
    record = record_of(made[1])
    redaction = Redaction(audience="public", of_sha256=record.sha256, withheld=("details",))
    with pytest.raises(PlanError, match="leaves things out"):
        again(with_record(made[1], record.model_copy(update={"redaction": redaction})), data)


def test_a_folder_without_a_record_is_nothing_to_check(data):
    with pytest.raises(NothingToCheckError):
        again({}, data)


def test_an_id_that_the_plan_does_not_have_is_refused_with_the_nearest(made, data):
    with pytest.raises(UsageError, match="fairness"):
        again(made[1], data, only=("fairnes",))


def test_only_the_evaluations_asked_for_are_run(made, data):
    assert [one.id for one in again(made[1], data, only=("fairness",)).reruns] == ["fairness"]


def test_other_libraries_are_named(made, data):
    record = canonical.loads(made[1][layout.RECORD])
    record["provenance"]["packages"]["numpy"] = "1.0"
    done = again(with_record(made[1], Record.model_validate(record)), data)
    assert any("numpy 1.0 there" in note for note in done.notes)


# ------------------------------------------------------------------------------------------------ comparing


def test_numbers_within_the_tolerance_are_the_same_and_no_others(made):
    told = record_of(made[1]).evaluations[0]
    moved = told.model_copy(
        update={"measurements": tuple(m.model_copy(update={"value": m.value * (1 + 1e-9)}) for m in told.measurements)}
    )
    assert compare(told, moved, tolerance=1e-6) == ()
    assert compare(told, moved, tolerance=1e-12) != ()
    assert compare(told, moved) != ()


def test_a_measurement_that_is_gone_or_new_differs(made):
    told = record_of(made[1]).evaluations[0]
    less = told.model_copy(update={"measurements": told.measurements[1:]})
    (gone,) = compare(told, less)
    (new,) = compare(less, told)
    assert gone.why == "it is missing here"
    assert new.why == "it is missing in the dossier"


def test_words_alone_and_the_order_of_a_tables_rows_are_no_difference(made):
    told = record_of(made[1]).evaluations[1]
    assert any(len(table.rows) > 1 for table in told.tables)
    tables = tuple(table.model_copy(update={"rows": table.rows[::-1]}) for table in told.tables)
    assert compare(told, told.model_copy(update={"method": "In other words.", "tables": tables})) == ()


def test_a_difference_says_what_by_how_much():
    assert str(Difference("accuracy (all)", 0.5, 0.75)) == "accuracy (all): 0.75 here, 0.5 in the dossier (+0.25)"
    assert str(Difference("coverage", None, None, "it says something else")) == "coverage: it says something else"


# ------------------------------------------------------------------------------------------------ the command


def test_the_command_compares_and_ends_with_the_right_code(cli, made, data, tmp_path):
    store.write_dossier(tmp_path / "out", made[1])
    ran = cli("reproduce", tmp_path / "out", "--data", data)
    assert ran.code == 0, ran
    assert ran.out.splitlines()[-1] == "REPRODUCED: 2 of 2 evaluations"
    said = json.loads(cli("reproduce", tmp_path / "out", "--data", data, "--format", "json", "--quiet").out)
    assert (said["reproduced"], [one["exact"] for one in said["evaluations"]]) == (True, [True, True])
    small_plan.change(data / "data.csv", "0.", "0.1")
    assert cli("reproduce", tmp_path / "out", "--data", data).code == 3
    assert cli("reproduce", tmp_path / "out", "--data", tmp_path / "nowhere").code == 2


def test_the_plan_that_is_run_is_the_locked_one_and_not_one_in_the_receivers_folder(made, data):
    (data / "assessment.yaml").write_text(PLAN.replace("threshold: 0.5", "threshold: 0.9"))
    assert again(made[1], data).exit_code == 0


def test_rows_of_a_database_are_reproduced_from_a_file_with_the_same_rows_in_any_order(tmp_path):
    duckdb = pytest.importorskip("duckdb", reason="DuckDB files need the tabular extra")
    folder, data = tmp_path / "made", tmp_path / "data"
    folder.mkdir()
    data.mkdir()
    write_plan(folder, PLAN.replace("data.csv", "main.loans\n    at: duckdb:///loans.duckdb"))
    write_csv(tmp_path / "rows.csv", rows())
    with duckdb.connect(str(folder / "loans.duckdb")) as store_:
        store_.execute(f"CREATE TABLE loans AS SELECT * FROM read_csv('{tmp_path / 'rows.csv'}')")
        shuffled = f"COPY (SELECT sex, p, approved, id FROM loans ORDER BY hash(id)) TO '{data / 'main.loans.parquet'}'"
        store_.execute(shuffled)
    files = files_of(case_of(folder))
    done = again(files, data)
    assert [(one.outcome, one.exact) for one in done.reruns] == [("reproduced", True), ("reproduced", True)]
    with duckdb.connect(str(folder / "loans.duckdb")) as store_:
        store_.execute(shuffled.replace("FROM loans", "FROM loans WHERE id > 0"))
    other = again(files, data)
    assert {one.outcome for one in other.reruns} == {"not run"}
    assert "is not the file that was evaluated" in str(other.reruns[0].why)
    (data / "main.loans.parquet").unlink()
    assert "write its rows to main.loans.parquet" in str(again(files, data).reruns[0].why)
