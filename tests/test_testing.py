"""The conformance suite: each promise of an evaluator is checked, and one that is broken is named."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from tests.support import memory_table

from cardwright.evaluators.interface import Inputs, Need
from cardwright.record import Evaluation, Finding, Measured
from cardwright.record.evaluation import Coverage, NotTested, count_severities
from cardwright.sources.interface import Table
from cardwright.testing import ConformanceError, check_evaluator


def said(asked, **more):
    findings = more.get("findings", ())
    return Evaluation(
        **{
            "id": asked.id, "evaluator": "counting", "evaluator_version": "1", "inputs": asked.recorded(),
            "parameters": dict(asked.parameters), "question": "How many rows?", "method": "They are counted.", "limits": ("l",),
            "measurements": (Measured(metric="rows", value=2.0, unit="count", direction="neither"),),
            "findings": findings, "severities": count_severities(findings), "coverage": Coverage(not_tested=(NotTested(what="a", why="b"),)),
            "completeness": "complete", **more,
        }
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Counting:
    """It keeps every promise."""

    name: ClassVar[str] = "counting"
    version: ClassVar[str] = "1"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (Need("source", (Table,), "The rows."),)

    least: int = 1

    def evaluate(self, inputs):
        """The number of rows."""
        return said(inputs)


INPUTS = Inputs("e", {"source": memory_table({"n": [1, 2]})})


def broken(**parts):
    return dataclass(frozen=True, kw_only=True)(type("Broken", (Counting,), parts))


def saying(**more):
    return broken(evaluate=lambda self, inputs: said(inputs, **more))


def rate(numerator, denominator):
    return Measured(
        metric="rate", value=0.5, unit="proportion", direction="neither", numerator=numerator, denominator=denominator
    )


def test_one_that_keeps_its_promises_gives_its_evaluation_and_without_inputs_none():
    assert check_evaluator(Counting, INPUTS) == said(INPUTS, parameters={"least": 1})
    assert check_evaluator(Counting) is None


def needs_a_value(self, least):
    """It has a parameter without a default."""


def stores_more(self, least=1):
    """It keeps something besides its parameters."""
    self.least = least
    self.cache = {}


class Remembers:
    """It keeps something on itself while it evaluates."""

    name, version, extra, needs = Counting.name, Counting.version, Counting.extra, Counting.needs

    def __init__(self, least=1):
        self.least = least

    def evaluate(self, inputs):
        """The number of rows."""
        self.least += 1
        return said(inputs)


class Restless:
    """It says something else every time."""

    name, version, extra, needs = Counting.name, Counting.version, Counting.extra, Counting.needs
    times: ClassVar[list] = []

    def __init__(self):
        """Nothing to store."""

    def evaluate(self, inputs):
        """The number of times it was asked."""
        self.times.append(1)
        return said(inputs, method=f"Asked {len(self.times)} times.")


@pytest.mark.parametrize(
    ("evaluator", "promise"),
    [
        (broken(name="Counting Rows"), "1: a lower-case name"),
        (broken(version=""), "1: a version"),
        (broken(needs=()), "1: at least one need"),
        (broken(needs=("source",)), "1: at least one need"),
        (broken(extra=None), "1: the extra"),
        (type("Needs", (Counting,), {"__init__": needs_a_value}), "2: every parameter has a default"),
        (type("Stores", (Remembers,), {"__init__": stores_more}), "2: `__init__` stores its parameters and nothing else"),
        (broken(evaluate=lambda self, inputs: None), "4: an Evaluation"),
        (saying(id="other"), "4: the id and name that were asked for"),
        (saying(inputs=()), "4: all inputs listed"),
        (Restless, "4: the same input gives the same bytes"),
        (Remembers, "5: nothing is kept on self"),
        (saying(coverage=Coverage(not_tested=())), "6: it says what it did not test"),
        (saying(method="The model is unbiased."), "6: cautious words, not 'unbiased'"),
        (saying(findings=(Finding(severity="low", key="k", explanation="It is compliant."),)), "6: cautious words, not 'compliant'"),
        (saying(measurements=(rate(3.0, None),)), "7: rate has its denominator"),
        (saying(measurements=(rate(3.0, 2.0),)), "7: rate is at most 1"),
    ],
)  # fmt: skip
def test_a_broken_promise_is_named(evaluator, promise):
    with pytest.raises(ConformanceError) as stopped:
        check_evaluator(evaluator, INPUTS)
    assert str(stopped.value).startswith(promise)


def test_a_module_that_imports_a_heavy_library_when_it_is_loaded_is_named(tmp_path, monkeypatch):
    (tmp_path / "heavy_one.py").write_text(
        "import numpy\nfrom tests.test_testing import Counting\n\n\nclass Heavy(Counting):\n    '''Heavy.'''\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import heavy_one

    with pytest.raises(ConformanceError, match="3: the module imports numpy when it is loaded"):
        check_evaluator(heavy_one.Heavy, INPUTS)
