"""Every YAML file that we write or show as an example names a schema that is there, and that allows it."""

import json
import re

import jsonschema
import pytest
import yaml
from tests.conftest import ROOT
from tests.small_plan import write_plan

from cardwright.files import kinds
from cardwright.plan.editor_hints import hint

HINT = re.compile(r"# yaml-language-server: \$schema=(\S+)")
OWN_FIELDS = {"kpi.details.yaml", "leaderboard.details.yaml", "memo.details.yaml", "plan.details.yaml"}
"""Answers to the questions of a kind; so are those in `annex_iv` and `data_card`. `cardwright new` writes such a schema beside them."""
EXAMPLES = [
    path
    for path in sorted((ROOT / "examples").rglob("*.yaml"))
    if re.search(r"^schema: cardwright/(assessment|details|policy|model-registry)/", path.read_text(), re.M)
    and path.name not in OWN_FIELDS
    and not (path.name == "details.yaml" and path.parent.name in ("annex_iv", "data_card"))
]


class Yaml12(yaml.SafeLoader):
    """As an editor reads it: `on` is a word, and a day is text."""


Yaml12.yaml_implicit_resolvers = {
    first: [(tag, seen) for tag, seen in resolvers if tag.rpartition(":")[2] not in ("timestamp", "bool")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Yaml12.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def problems(path):
    """What the schema that a file names says about it, by place in the file."""
    place = path.parent / HINT.fullmatch(path.read_text().splitlines()[0])[1]
    schema = json.loads(place.read_text())
    data = yaml.load(path.read_text(), Yaml12)
    assert schema["$id"] == data["schema"]
    found = jsonschema.Draft202012Validator(schema).iter_errors(data)
    return {"/".join(map(str, one.absolute_path)): one.message for one in found}


def test_the_hint_is_a_comment_that_names_the_format():
    assert HINT.fullmatch(hint("assessment"))[1] == ".schemas/assessment.schema.json"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_an_example_names_a_schema_that_is_there_and_allows_it(path):
    assert problems(path) == {}


def test_a_misspelt_key_would_be_found(tmp_path):
    folder = tmp_path / "examples" / "wine"
    folder.mkdir(parents=True)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    text = (ROOT / "examples" / "wine" / "assessment.yaml").read_text()
    (folder / "assessment.yaml").write_text(text.replace("evaluate:", "evaluates:"))
    assert "evaluates" in problems(folder / "assessment.yaml")[""]


def test_init_writes_the_schemas_beside_the_plan_and_what_it_writes_fits(cli, tmp_path):
    pytest.importorskip("pyarrow", reason="sources need the tabular extra")
    write_plan(tmp_path)
    ran = cli("init", tmp_path / "new", "--from", tmp_path / "data.csv", "--yes", "--set", "favourable=1")
    assert ran.code == 0, ran.err
    assert problems(tmp_path / "new" / "assessment.yaml") == {}
    open_ = problems(tmp_path / "new" / "details.yaml")
    assert open_.keys() <= {"stated_by", "stated_on"}, "only what nobody has filled in yet"


@pytest.mark.parametrize("kind", ["weekly_update", "annex_iv_technical_documentation", "research_memo"])
def test_new_writes_the_schema_of_its_own_questions(cli, tmp_path, kind):
    assert cli("new", kind, tmp_path / "new").code == 0
    assert problems(tmp_path / "new" / "details.yaml").keys() <= {"stated_by", "stated_on"}
    asked = json.loads((tmp_path / "new" / ".schemas" / "details.schema.json").read_text())["properties"]
    assert {field.field for field in kinds.find(kind).definition.fields} <= asked.keys()
    assert HINT.match((tmp_path / "new" / "assessment.yaml").read_text())
