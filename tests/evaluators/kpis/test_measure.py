"""From dossiers and runs to one evaluation, the same for the same input in any order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.kpis.support import PLANNED, approved, decided, look, one, run, source, tracked, written
from tests.strategies import FEW

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.kpis import Kpis
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured

PARTS = (written(claims=approved(), **PLANNED), *(decided(f"model-{n}", n != 1) for n in range(6)))


@FEW
@given(st.permutations(range(len(PARTS))))
def test_the_order_of_dossiers_changes_nothing(order):
    assert look(*(PARTS[n] for n in order)).content_sha256 == look(*PARTS).content_sha256


def test_it_is_a_valid_evaluation_and_names_what_it_read():
    found = look(*PARTS, runs=[run("a")])
    assert Evaluation.model_validate(found.model_dump()) == found
    assert [(each.need, each.name) for each in found.inputs] == [("runs", "runs"), ("source", "work")]
    assert found.completeness == "complete"
    assert "not quotas" in found.limits[0]


def test_signatures_that_no_trust_file_judged_are_said_to_be_that():
    unjudged = look(*PARTS)
    assert [finding.key for finding in unjudged.findings] == ["signatures_unjudged"]
    inputs = Inputs(id="kpis", sources={"source": source(*PARTS, believed=True)})
    judged = Kpis().evaluate(inputs)
    assert judged.findings == ()
    assert "as a trust file believes" in judged.limits[-1]


def test_no_number_is_negative_or_above_its_whole():
    for m in look(*PARTS, runs=[run("a")]).measurements:
        if isinstance(m, Measured) and m.unit == "proportion":
            assert 0 <= m.interval.lower <= m.value <= m.interval.upper <= 1
            assert m.numerator <= m.denominator


def test_another_source_is_refused():
    with pytest.raises(UsageError, match="takes a Dossiers"):
        Kpis().evaluate(Inputs(id="kpis", sources={"source": tracked(run("a"))}))


def test_without_dossiers_every_indicator_says_why_there_is_none():
    found = look()
    assert one(found, "dossiers_counted").value == 0
    assert one(found, "quality_gate_pass_rate").reason == "There is no decision of the gate."
