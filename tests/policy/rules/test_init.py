"""The table of kinds: each is documented, explains itself by an example, and says what tightens it."""

import json
import re
from pathlib import Path

import pytest
import yaml

from cardwright.cli import schemas
from cardwright.policy.rules import RULES, stricter
from cardwright.policy.rules.on_evaluation import OnEvaluation

DOCUMENTED = (Path(__file__).parents[3] / "docs" / "policies.md").read_text(encoding="utf-8")


def entry(kind):
    """What the documentation says of a kind."""
    found = re.search(rf"^### `{kind}`\n(.*?)(?=^##)", DOCUMENTED, re.MULTILINE | re.DOTALL)
    assert found, f"docs/policies.md has no entry for {kind}"
    return found[1]


@pytest.mark.parametrize("kind", RULES)
def test_a_kind_is_documented_with_its_example_and_every_key_in_the_words_of_the_code(kind):
    rule = RULES[kind]
    described = json.loads(schemas.of("policy"))["$defs"][rule.__name__]["properties"]
    assert rule.asks in entry(kind)
    assert f"`{kind}: {rule.example}`" in entry(kind)
    shared = OnEvaluation.model_fields if issubclass(rule, OnEvaluation) else {}
    for name in rule.model_fields:
        text = DOCUMENTED if name in shared else entry(kind)
        assert re.search(rf"^\| `{name}` \|.*\| {re.escape(described[name]['description'])} \|$", text, re.MULTILINE), (
            name
        )


def test_the_documentation_has_no_kind_that_is_not_there():
    section = DOCUMENTED[DOCUMENTED.index("## Each kind of requirement") :]
    assert set(re.findall(r"^### `(\w+)`", section, re.MULTILINE)) == {*RULES}


@pytest.mark.parametrize("kind", RULES)
def test_the_example_of_a_kind_is_one(kind):
    RULES[kind].model_validate(yaml.safe_load(RULES[kind].example))


@pytest.mark.parametrize("kind", RULES)
def test_what_tightens_a_kind_are_fields_that_it_has_and_comparisons_that_have_names(kind):
    rule = RULES[kind]
    assert rule.tightening.keys() <= rule.model_fields.keys()
    named = {function for name, function in vars(stricter).items() if not name.startswith("_") and callable(function)}
    assert set(rule.tightening.values()) <= named


@pytest.mark.parametrize("kind", RULES)
def test_a_kind_does_not_loosen_itself(kind):
    rule = RULES[kind].model_validate(yaml.safe_load(RULES[kind].example))
    assert rule.loosens(rule) is None


def test_every_kind_that_is_about_an_evaluation_keeps_what_tightens_all_of_them():
    for rule in RULES.values():
        if issubclass(rule, OnEvaluation):
            assert OnEvaluation.tightening.items() <= rule.tightening.items()
