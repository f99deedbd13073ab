"""The guide on adding a requirement kind adds one, with the files that it names and no others."""

import json
import subprocess
import sys

from tests.docs.blocks import environment
from tests.guides import support

DIGESTS = """
import json
from cardwright.dossier.contents import policy_of
from cardwright.files import packaged
print(json.dumps({name: policy_of(name).sha256 for name in packaged.names("policies")}))
"""


def digests(project):
    ran = subprocess.run(
        [sys.executable, "-c", DIGESTS], env=environment(project), cwd=project, capture_output=True, check=True
    )
    return json.loads(ran.stdout)


def test_the_guide_adds_a_kind_of_requirement_and_changes_no_digest(tmp_path):
    before = digests(support.copied(tmp_path / "before"))
    project = support.follow("requirement-kind", tmp_path, "docs", "tests")
    assert '"LicenceRule"' in (project / "docs/schemas/policy.schema.json").read_text(encoding="utf-8")
    assert digests(project) == before
