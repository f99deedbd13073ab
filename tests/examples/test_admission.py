"""What the admission policies ask of a desk, and what they read of its answer, is what the desk understands and says."""

import re

import pytest
import yaml

for library in ("starlette", "sqlalchemy", "alembic", "webauthn", "httpx2"):
    pytest.importorskip(library, reason="the desk needs the extra desk")

from starlette.testclient import TestClient
from tests.conftest import ROOT

from cardwright.cli.console import clock
from cardwright.desk import accounts, api, registry, web
from cardwright.desk.settings import DeskSettings

FOLDER = ROOT / "examples" / "admission"
ORIGIN = "https://desk.example.org"


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "trust.yaml").write_text("schema: cardwright/trust/2\n")
    opened = registry.opened(DeskSettings(folder=tmp_path, origin=ORIGIN, trust=tmp_path / "trust.yaml"))
    yield opened
    opened.engine.dispose()


def test_the_exchange_of_the_rego_policy_is_refused_closed(desk):
    """Its address, its header and the fields that it reads, taken out of its text."""
    text = (FOLDER / "release.rego").read_text()
    path = re.search(r'sprintf\("%s(/v1/decisions/)%s"', text)[1]
    kind = re.search(r'sprintf\("(\w+) %s", \[opa.runtime\(\).env.DESK_TOKEN', text)[1]
    token = accounts.make_token(desk, "opa", ("decisions",), clock(), days=1)
    subject = "0" * 64
    with TestClient(web.application(desk, api.routes), base_url=ORIGIN) as client:
        answer = client.get(f"{path}{subject}", headers={"Authorization": f"{kind} {token}"})
        assert client.get(f"{path}{subject}").status_code == 401
    read = {*re.findall(r"answer\\.body\\.(\\w+)".replace("\\\\", "\\"), text)}
    assert read == {"allowed", "subject", "reason"}
    assert read <= answer.json().keys()
    assert (answer.status_code, answer.json()["allowed"], answer.json()["subject"]) == (404, False, subject)
    assert "default allow := false" in text


def test_the_kyverno_policy_asks_the_same_and_fails_closed():
    policy = yaml.safe_load((FOLDER / "kyverno.yaml").read_text())["spec"]
    (rule,) = policy["rules"]
    call = rule["context"][1]["apiCall"]
    assert call["service"]["url"].startswith(f"{ORIGIN}/v1/decisions/")
    assert call["service"]["headers"][0]["key"] == "Authorization"
    (condition,) = rule["validate"]["deny"]["conditions"]["any"]
    assert (condition["operator"], condition["value"]) == ("NotEquals", True)
    assert (policy["failurePolicy"], policy["validationFailureAction"]) == ("Fail", "Enforce")
