"""How `Leakage` is set: each parameter is explained, and misuse of one is refused by name."""

import dataclasses
import re

import pytest
from tests.evaluators.leakage.support import look

from cardwright.errors import UsageError
from cardwright.evaluators.leakage import Leakage
from cardwright.evaluators.leakage.options import LeakageOptions

ROWS = {"l": [0.1] * 20, "x": [1.0] * 20}


def test_every_parameter_is_explained_where_people_look():
    named = {field.name for field in dataclasses.fields(LeakageOptions)}
    explained = set(re.findall(r"^    (\w+(?:, \w+)*)$", Leakage.__doc__.partition("Parameters")[2], re.MULTILINE))
    assert named == {one for line in explained for one in line.split(", ")} - {"Notes"}


def test_options_are_a_value():
    assert LeakageOptions(prefix=3) == LeakageOptions(prefix=3) != LeakageOptions()
    with pytest.raises(dataclasses.FrozenInstanceError):
        LeakageOptions().prefix = 4


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"level": 1.0}, "`level` lies between 0 and 1"),
        ({"folds": 1}, "`folds`"),
        ({"min_denominator": 5}, "`min_denominator`"),
        ({"rows": 50}, "`rows`"),
        ({"false_positive_rates": [0.5]}, "false positive rate lies"),
        ({"false_positive_rates": [0.01, 0.01]}, "listed twice"),
        ({"shadow_in": ["l"]}, "`shadow_in` needs `shadow_out`"),
    ],
)
def test_a_parameter_out_of_its_range_is_refused_by_name(said, message):
    with pytest.raises(UsageError, match=message):
        look({"loss": "l", **said}, members=ROWS, non_members=ROWS)
