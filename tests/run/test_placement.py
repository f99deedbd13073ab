"""What an engine does not count is said before it starts, with the reason."""

import pytest
from tests.engines.plans import write
from tests.engines.scattered import Scattered

from cardwright.dossier.contents import policy_of
from cardwright.plan.assessment import load
from cardwright.run.placement import on_this_machine, sentences
from cardwright.run.prepare import prepare

PLAN = """\
schema: cardwright/assessment/1
subject: {kind: model, name: placed, version: "1", files: [model.bin]}
sources:
  test: {predictions: one.parquet, label: y, score: p, threshold: 0.5, favourable: 1, sensitive: [sex]}
  scored: {predictions: one.parquet, label: y, score: p, favourable: 1, sensitive: [sex]}
  rows: {table: one.parquet, label: y, favourable: 1}
evaluate:
  - performance: {id: alone, source: test}
  - performance: {id: beside, source: test, baseline: scored}
  - fairness: {id: median, source: scored}
  - impact_ratio: {id: scoring, source: scored, rates: scoring, attributes: [sex]}
  - data_profile: {id: profile, source: rows}
  - pii: {id: sampled, source: rows, sample: 10}
policy: research
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return load(write(tmp_path_factory.mktemp("plan"), PLAN))


def prepared(plan, **options):
    return prepare(plan, policy_of("research"), **options)


def test_each_evaluation_that_reads_rows_here_has_its_reasons(plan):
    found = on_this_machine(prepared(plan, opening=Scattered().open_rows))
    assert {id_: len(reasons) for id_, reasons in found.items()} == {
        "beside": 1,
        "profile": 1,
        "sampled": 1,
    }
    assert "baseline" in found["beside"][0]
    assert on_this_machine(prepared(plan, opening=Scattered().open_rows), only=["alone"]) == {}


def test_what_no_engine_holds_is_said_too(plan):
    """Interactions, say, or files that were fetched to this machine."""
    assert {*on_this_machine(prepared(plan)).values()} == {
        ("executors hold nothing of what it reads: no rows of predictions, a table or texts",)
    }


def test_sentences_name_each_evaluation_on_a_line_of_its_own():
    assert sentences({}) == ("Every evaluation is counted by executors.",)
    assert sentences({"a": ("x", "y"), "b": ("z",)})[1:] == ("  a: x; y.", "  b: z.")
