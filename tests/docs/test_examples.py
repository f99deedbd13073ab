"""Every example in README, docs and the examples' own READMEs runs, or says why it does not."""

import json
import shutil
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
from tests.docs.blocks import ROOT, blocks, commit, copied, python_of, run, write

from cardwright.cli import schemas
from cardwright.errors import CardwrightError
from cardwright.files import yamltext
from cardwright.record.details import read_details

OUTSIDE = ("docs/reference/", "docs/_build/", "docs/guides/")  # made from the code; followed by tests of their own
PAGES = sorted(
    path
    for path in [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("examples/**/*.md"),
        *ROOT.glob("benchmarks/*.md"),
    ]
    if not path.relative_to(ROOT).as_posix().startswith(OUTSIDE) and blocks(path)
)
SHOWN = {"", "sql", "text", "toml", "{toctree}", "{include}"}
"""Languages of what is shown and holds nothing to run."""


def names(value: object) -> str:
    return value.relative_to(ROOT).as_posix() if isinstance(value, Path) else str(value)


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_the_commands_and_python_blocks_of_a_page_run_in_its_order(page, tmp_path, request):
    asked = [
        block
        for block in blocks(page)
        if block.not_run is None and (block.language in ("console", "python") or block.file or block.append)
    ]
    if not asked:
        return
    if any("out/mortgage" in block.text for block in asked):
        project = shutil.copytree(request.getfixturevalue("mortgage_once"), tmp_path / "project")
    else:
        project = copied(tmp_path, "examples", "docs/schemas")
        commit(project)
    with python_of(project) as run_python:
        for block in asked:
            if block.file is not None or block.append is not None:
                write(block, project)
            elif block.language == "console":
                run(block, project)
            else:
                run_python(block)


@pytest.mark.parametrize(
    "block",
    [block for page in PAGES for block in blocks(page) if block.language == "yaml" and block.not_run is None],
    ids=lambda block: block.where,
)
def test_a_yaml_block_is_what_its_schema_allows(block):
    data = yamltext.parse(block.text.encode(), where=block.where).data
    if block.part_of is not None:
        name, _, title = block.part_of.partition("#")
        schema = json.loads(schemas.of(name))
        definition = schema["$defs"][title] if title else schema
        parts = {key: value for key, value in definition.items() if key != "required"}
        for part in data if isinstance(data, list) else [data]:
            jsonschema.validate(part, {**parts, "$defs": schema["$defs"]})
        return
    assert isinstance(data, dict) and "schema" in data, (
        f"{block.where}: of which format? Say `<!-- part of: policy#Requirement -->`"
    )
    name = str(data["schema"]).split("/")[1]
    if name == "details":
        read_details(data)
    else:
        yamltext.to_model(
            schemas.model_of(name), yamltext.parse(block.text.encode(), where=block.where), error=CardwrightError
        )


def test_what_is_not_run_says_why_and_is_counted():
    passed_over = Counter(names(page) for page in PAGES for block in blocks(page) if block.not_run is not None)
    assert all(len(block.not_run) > 10 for page in PAGES for block in blocks(page) if block.not_run is not None)
    assert passed_over == {
        "CONTRIBUTING.md": 1, "README.md": 4, "docs/evaluators.md": 5, "docs/exports.md": 2, "docs/handoff.md": 3, "docs/integrations.md": 1, "docs/mlflow.md": 5,
        "docs/results.md": 1, "docs/runs.md": 2, "docs/scale.md": 2, "docs/watching.md": 1,
    }  # fmt: skip


def test_every_block_is_of_a_kind_that_is_run_checked_or_only_shown():
    kinds = {"console", "python", "yaml", "diff", *SHOWN}
    assert [block.where for page in PAGES for block in blocks(page) if block.language not in kinds] == []
