"""The conformance suite for evaluators, shipped so that third parties can run it: `check_evaluator(MyEvaluator, inputs)`."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from typing import Any

from cardwright.evaluators import registry
from cardwright.evaluators.interface import Evaluator, Inputs, Need
from cardwright.record import canonical
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured

_WORDS = re.compile(r"\b(debias\w*|unbiased|compliant|guarantees? fairness|is fair)\b", re.IGNORECASE)


class ConformanceError(AssertionError):
    """An evaluator breaks a promise that every evaluator makes; says which."""


def _require(holds: bool, promise: str) -> None:
    if not holds:
        raise ConformanceError(promise)


def check_evaluator(evaluator: type[Evaluator], inputs: Inputs | None = None) -> Evaluation | None:
    """Check that an evaluator keeps its promises; with inputs, also what it gives for them.

    1. It has a name, a version, needs and an extra, of the right types.
    2. `__init__` takes keyword arguments with defaults and only stores them.
    3. Importing it imports no heavy library.
    4. `evaluate` gives an `Evaluation` under the id and the inputs asked for, and twice the same bytes.
    5. Nothing is kept on `self`.
    6. It says what it did not test, and its words are cautious.
    7. Every rate has its denominator, and no numerator is above it.

    Raises
    ------
    ConformanceError
        With the promise that is broken.
    """
    _require(
        isinstance(evaluator.name, str) and re.fullmatch(r"[a-z][a-z0-9_]*", evaluator.name) is not None,
        "1: a lower-case name",
    )
    _require(isinstance(evaluator.version, str) and evaluator.version != "", "1: a version")
    _require(all(isinstance(need, Need) for need in evaluator.needs) and bool(evaluator.needs), "1: at least one need")
    _require(isinstance(evaluator.extra, str), "1: the extra that installs what it imports")
    parameters = registry.parameters(evaluator)
    _require(
        all(p.default is not inspect.Parameter.empty for p in parameters.values()), "2: every parameter has a default"
    )
    made: Any = evaluator()
    stored = dict(vars(made))
    _require(
        stored == {name: p.default for name, p in parameters.items()},
        "2: `__init__` stores its parameters and nothing else",
    )
    heavy = _heavy_imports(evaluator)
    _require(not heavy, f"3: the module imports {', '.join(sorted(heavy))} when it is loaded")
    if inputs is None:
        return None
    made, values = registry.configured(evaluator, inputs.parameters, where="check_evaluator")
    inputs = Inputs(**{**{f: getattr(inputs, f) for f in inputs.__dataclass_fields__}, "parameters": values})
    before = dict(vars(made))
    first: Evaluation = made.evaluate(inputs)
    _require(isinstance(first, Evaluation), "4: an Evaluation")
    _require((first.id, first.evaluator) == (inputs.id, evaluator.name), "4: the id and name that were asked for")
    _require({i.need for i in first.inputs} == set(inputs.sources), "4: all inputs listed")
    _require(canonical.dumps(made.evaluate(inputs)) == canonical.dumps(first), "4: the same input gives the same bytes")
    _require(dict(vars(made)) == before, "5: nothing is kept on self")
    _require(bool(first.coverage.not_tested), "6: it says what it did not test")
    words = " ".join([first.question, first.method, *first.limits, *(f.explanation for f in first.findings)])
    found = _WORDS.search(words)
    _require(found is None, f"6: cautious words, not {found.group(0)!r}" if found else "")
    for measurement in first.measurements:
        if isinstance(measurement, Measured) and measurement.unit == "proportion" and measurement.numerator is not None:
            _require(measurement.denominator is not None, f"7: {measurement.metric} has its denominator")
            _require(measurement.numerator <= (measurement.denominator or 0), f"7: {measurement.metric} is at most 1")
    return first


_HEAVY = {
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "sklearn",
    "shap",
    "torch",
    "captum",
    "presidio_analyzer",
    "fairlearn",
    "duckdb",
    "matplotlib",
}


def _heavy_imports(evaluator: type[Evaluator]) -> set[str]:
    module = sys.modules[evaluator.__module__]
    tree = ast.parse(textwrap.dedent(inspect.getsource(module)))
    names: set[str] = set()
    for node in tree.body:  # the module's own body: what runs when it is loaded
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module.split(".")[0])
    return names & _HEAVY
