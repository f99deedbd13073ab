"""An engine counts rows where they lie, and the record has the same bytes as without one."""

import pytest
from tests.engines.plans import gathered, table, write
from tests.engines.scattered import Scattered

from cardwright.dossier import layout
from cardwright.engines.interface import LOCAL


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return write(tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def here(plan):
    return gathered(plan)


def test_this_machine_says_nothing_of_itself_and_reaches_nothing():
    with LOCAL.running() as running:
        assert (running.facts, running.reaches) == (None, ())


def test_every_evaluation_of_the_plan_has_a_result_without_an_engine(here):
    assert here.record.not_evaluated == ()
    assert len(here.record.evaluations) == 15


@pytest.mark.parametrize("seed", [0, 1])
def test_a_record_has_the_same_bytes_however_rows_are_cut_into_partitions_and_whichever_comes_first(plan, here, seed):
    there = gathered(plan, Scattered(seed))
    assert layout.to_json(there.record) == layout.to_json(here.record)


def test_what_counted_stands_beside_the_record_and_not_in_it(plan, here):
    said = []
    engine = Scattered()
    there = gathered(plan, engine, say=said.append)
    assert here.run.engine is None
    assert there.run.engine.name == "scattered"
    assert said == ["Nothing is reached.", "Every evaluation is counted by executors."]
    assert sorted(set(engine.asked)) == ["one.parquet", "rows", "some.csv"]


def test_what_a_tally_refuses_is_refused_by_an_engine_in_the_same_words(tmp_path):
    rows = table(60)
    broken = rows.set_column(1, "p", [[7.5, *rows["p"].to_pylist()[1:]]])
    plan = write(tmp_path, rows=broken)
    refusals = []
    for engine in (LOCAL, Scattered()):
        with pytest.raises(Exception, match="outside") as caught:
            gathered(plan, engine)
        refusals.append((type(caught.value), caught.value.what, caught.value.do))
    assert refusals[0] == refusals[1]
