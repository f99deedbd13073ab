"""Evaluators are found by name through one door, ours and everybody's, and a plan's options become their parameters."""

import types
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint

import pytest

from cardwright.errors import MissingExtraError, PlanError, UsageError
from cardwright.evaluators import registry
from cardwright.evaluators.interface import Evaluator


class Theirs:
    """Somebody else's evaluator, whose annotations are their own business."""

    name, version, needs, extra = "theirs", "1", (), ""

    def __init__(self, size: int = 3, *, words: tuple[str, ...] = ("a",)) -> None:
        self.size, self.words = size, words

    def evaluate(self, inputs):
        """Nothing."""


class Demanding(Theirs):
    """It has a parameter without a default."""

    def __init__(self, column: str) -> None:
        self.column = column


@pytest.fixture
def door(monkeypatch):
    """Fills the entry-point group, and forgets what was found before."""

    def open_(*points):
        monkeypatch.setattr(registry, "entry_points", lambda group: [p for p in points if group == registry.GROUP])
        registry.available.cache_clear()

    yield open_
    registry.available.cache_clear()


def point(name, value):
    return EntryPoint(name, value, registry.GROUP)


@pytest.mark.parametrize("name", registry.available())
def test_every_evaluator_that_is_installed_is_one_under_its_own_name(name):
    found = registry.find(name)
    assert found.name == name
    assert isinstance(found(), Evaluator)


def test_a_name_that_is_none_is_told_the_nearest():
    with pytest.raises(PlanError, match=r'no evaluator is called "fairnes".*"fairness"'):
        registry.find("fairnes")


def test_two_packages_that_bring_one_name_are_both_named(door):
    door(point("again", "one:A"), point("again", "other:B"))
    with pytest.raises(UsageError, match='two packages bring an evaluator "again": one:A and other:B'):
        registry.available()
    door(point("again", "one:A"), point("again", "one:A"))
    assert [*registry.available()] == ["again"]


@pytest.mark.parametrize("value", ["no_such_module_of_theirs:A", f"{__name__}:NotThere"])
def test_one_that_cannot_be_loaded_is_named_with_its_package(door, value):
    door(point("broken", value))
    with pytest.raises(UsageError, match=r'the evaluator "broken" of .* cannot be loaded'):
        registry.find("broken")


def test_one_that_is_none_says_what_it_lacks(door, monkeypatch):
    module = types.ModuleType("half_an_evaluator")
    module.Half = type("Half", (), {"name": "half", "version": "1", "evaluate": None})
    monkeypatch.setitem(__import__("sys").modules, "half_an_evaluator", module)
    door(point("half", "half_an_evaluator:Half"))
    with pytest.raises(UsageError, match=r'"half" .* is not an evaluator: it has no needs, extra'):
        registry.find("half")


def test_a_missing_extra_is_said_as_that(door, monkeypatch):
    class Missing(EntryPoint):
        def load(self):
            raise MissingExtraError("pyarrow", "tabular", "x")

    door(Missing("extra", "x:Y", registry.GROUP))
    with pytest.raises(MissingExtraError):
        registry.find("extra")


def test_parameters_are_the_keyword_arguments_of_the_constructor():
    assert [*registry.parameters(Theirs)] == ["size", "words"]


def test_what_a_plan_leaves_out_is_stated_with_its_default_and_tuples_as_lists():
    made, stated = registry.configured(Theirs, {"size": 9}, where="plan")
    assert (made.size, made.words) == (9, ("a",))
    assert stated == {"size": 9, "words": ["a"]}


def test_somebody_elses_annotations_are_not_compared():
    assert registry.configured(Theirs, {"size": "large"}, where="plan")[1]["size"] == "large"


def test_an_option_that_is_no_parameter_or_a_parameter_that_is_not_given_is_an_error_at_its_place():
    with pytest.raises(PlanError, match=r'^plan: theirs has no option "sise".*"size"'):
        registry.configured(Theirs, {"sise": 1}, where="plan")
    with pytest.raises(PlanError, match=r"^plan: theirs needs the option column. Add `column: …`"):
        registry.configured(Demanding, {}, where="plan")


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (bool, "true or false"), (int | None, "a whole number or null"), (Sequence[str], "a list of words"),
        (Sequence[Sequence[str]], "a list of lists of words"), (Mapping[str, float] | None, "a mapping of words to numbers or null"),
        (str | Sequence[Mapping[str, str]], "a word or a list of mappings of words to words"), (object, "another value"),
    ],
)  # fmt: skip
def test_a_type_is_said_in_words(hint, words):
    assert registry._in_words(hint) == words


def test_a_plan_with_a_value_of_another_type_is_refused_before_anything_is_read(folder, cli):
    path = folder / "assessment.yaml"
    text = path.read_text()
    assert "performance: {source: test" in text, text
    path.write_text(text.replace("performance: {source: test", "performance: {source: test, level: high", 1))
    ran = cli("run", folder, "-o", folder / "out")
    assert ran.code == 2, ran
    assert "`level` of performance is a number" in ran.err
    assert not (folder / "out").exists()
