"""What the pages' examples share: the mortgage example, run once."""

import subprocess

import pytest
from tests.docs.blocks import commit, copied, environment

PLAN = "examples/mortgage/assessment.yaml"
POLICY = "examples/mortgage/release_policy.yaml"


@pytest.fixture(scope="session")
def mortgage(tmp_path_factory):
    """A copy of the project under version control, with the dossier of the mortgage example: refused, as it is meant to be."""
    project = copied(tmp_path_factory.mktemp("mortgage"), "examples", "docs/schemas")
    commit(project)
    done = subprocess.run(
        ["bash", "-c", f"cardwright run {PLAN} --policy {POLICY} -o out/mortgage"],
        cwd=project,
        env=environment(project),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return project
