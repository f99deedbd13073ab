"""What holds of the parameters of each of our evaluators, asked of the evaluator as a plan asks: by the registry."""

import json
import re
from dataclasses import fields, replace

import pytest

from cardwright.errors import PlanError
from cardwright.evaluators import registry

NONSENSE = (True, -1.5, "nonsense", [], {}, None, [["x"]], {"x": {"y": 1}}, float("nan"), 2**60)
"""Values of many types: no parameter takes all of them."""


def set_to(name, **options):
    """The parameters of an evaluator of this name as a record states them."""
    return registry.configured(registry.find(name), options, where="assessment.yaml, line 7")[1]


def defaults_are(name, expected):
    """Left out, the parameters are these and no others, and stated they are the same value."""
    assert set_to(name) == expected
    assert set_to(name, **expected) == expected
    evaluator = registry.find(name)
    assert evaluator() == evaluator(**{field.name: field.default for field in fields(evaluator)})
    assert json.loads(json.dumps(expected)) == expected


def each_is_explained(name):
    """The docstring that people read has an entry for each parameter, and for nothing else."""
    evaluator = registry.find(name)
    said = re.search(
        r"Parameters\n    -+\n(.*?)\n\n    (?:Notes|Examples|Raises|References)\n",
        evaluator.__doc__ + "\n\n    Notes\n",
        re.S,
    )
    listed = [word for line in re.findall(r"^    (\w[\w, ]*)$", said[1], re.M) for word in line.split(", ")]
    assert sorted(listed) == sorted(registry.parameters(evaluator))


def nothing_changes_it(name):
    """It is a value."""
    held = registry.find(name)()
    with pytest.raises(AttributeError):
        held.level = 0.5
    assert replace(held, level=0.5) != held


def a_misspelt_one_names_the_nearest(name, wrong, right):
    """And the place in the plan."""
    with pytest.raises(PlanError, match=rf'^assessment.yaml, line 7: {name} has no option "{wrong}".*"{right}"'):
        set_to(name, **{wrong: 1})


def another_type_is_refused(name, takes):
    """Nonsense is refused by the parameter's name with what it takes, and never reaches the evaluation."""
    types = {field.name for field in fields(registry.find(name))}
    assert {*takes} == types
    for parameter, words in takes.items():
        refused = 0
        for value in NONSENSE:
            try:
                set_to(name, **{parameter: value})
            except PlanError as exc:
                assert str(exc).startswith(f"assessment.yaml, line 7: `{parameter}` of {name} is "), str(exc)
                assert f"`{parameter}` of {name} is {words}. If it is left out" in str(exc) or "larger than" in str(exc)
                refused += 1
        assert refused >= 3, parameter
