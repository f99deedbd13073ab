"""Through MLflow's REST API and its Python client, over SQLite and PostgreSQL: no alias and no stage without a release.

Each way around it that we know is tried, and `docs/mlflow.md` lists what it does not hold up.
"""

import contextlib
import json
import shutil
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

mlflow = pytest.importorskip("mlflow", reason="MLflow has an environment of its own: .ci/run integrations")

import sqlalchemy as sa
from mlflow.exceptions import MlflowException, RestException
from tests.attest.desks import at_desk
from tests.attest.support import by
from tests.conftest import command
from tests.integrations.mlflow.conftest import SETTINGS, log_model
from tests.servers import free_port, running, serving

from cardwright.attest import release_statement
from cardwright.errors import UsageError
from cardwright.integrations.mlflow import guarded_store


def refused(call, *arguments, **more):
    """The reason that the registry gives."""
    with pytest.raises((RestException, MlflowException)) as caught:
        call(*arguments, **more)
    assert caught.value.error_code == "PERMISSION_DENIED", caught.value
    return str(caught.value)


def post(server, path, body, method="POST"):
    """What the REST API answers: its status and its JSON."""
    asked = urllib.request.Request(
        f"{server.uri}/api/2.0/mlflow/{path}", data=json.dumps(body).encode(), method=method,
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as exc:
        return exc.code, json.load(exc)


everywhere = pytest.mark.usefixtures("every_database")


@everywhere
def test_rest_answers_403_until_a_release_of_exactly_these_files_is_there(server, champion):
    unreleased = log_model(server, "loans", penalty=2.0)
    alias = {"name": "loans", "alias": "rest", "version": unreleased}
    status, said = post(server, "registered-models/alias", alias)
    assert (status, said["error_code"]) == (403, "PERMISSION_DENIED")
    stage = {"name": "loans", "version": unreleased, "stage": "Production", "archive_existing_versions": False}
    assert post(server, "model-versions/transition-stage", stage)[0] == 403

    assert post(server, "registered-models/alias", {**alias, "version": champion[0]})[0] == 200
    assert post(server, "model-versions/transition-stage", {**stage, "version": champion[0]})[0] == 200
    assert server.client.get_model_version_by_alias("loans", "rest").version == champion[0]
    assert mlflow.sklearn.load_model("models:/loans@champion").predict([[3.0]]) == [1]


@contextlib.contextmanager
def by_another_writer(server, statement, **values):
    """Something written to the database itself, and taken back."""
    engine = sa.create_engine(server.database)
    back = "DELETE FROM registered_model_aliases WHERE alias = 'direct'"
    if statement.startswith("UPDATE"):
        back = "UPDATE model_versions SET current_stage = 'None' WHERE name = :name AND version = :version"
    try:
        with engine.begin() as connection:
            connection.execute(sa.text(statement), values)
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text(back), values)
        engine.dispose()


@contextlib.contextmanager
def another_file(server, name, version, path, data):
    """A file of a version's artefacts, written through the server's own artefact API and taken back."""
    place = server.client.get_model_version_download_uri(name, version).removeprefix("mlflow-artifacts:/")
    on_disk = server.place / "artifacts" / place / path
    before = on_disk.read_bytes() if on_disk.exists() else None
    put = urllib.request.Request(
        f"{server.uri}/api/2.0/mlflow-artifacts/artifacts/{place}/{path}", data=data, method="PUT"
    )
    urllib.request.urlopen(put).close()
    try:
        yield
    finally:
        on_disk.unlink() if before is None else on_disk.write_bytes(before)


def test_an_unreleased_version_gets_neither_alias_nor_stage_and_the_old_alias_stays(server, champion):
    version = log_model(server, "loans", penalty=3.0)
    refused(server.client.set_registered_model_alias, "loans", "champion", version)
    for stage in ("Staging", "Production", "production"):
        refused(server.client.transition_model_version_stage, "loans", version, stage)
    refused(
        server.client.transition_model_version_stage, "loans", version, "Production", archive_existing_versions=True
    )
    assert server.client.get_model_version_by_alias("loans", "champion").version == champion[0]
    assert server.client.get_model_version("loans", version).current_stage == "None"
    server.client.transition_model_version_stage("loans", version, "Archived")  # which serves nobody
    server.client.set_registered_model_alias("loans", "challenger", version)  # which the settings leave free


def test_tags_and_descriptions_release_nothing(server, champion):
    version = log_model(server, "loans", penalty=4.0)
    for key, value in (("cardwright.subject", "0" * 64), ("released", "true"), ("cardwright.allowed", "true")):
        server.client.set_model_version_tag("loans", version, key, value)
    server.client.update_model_version("loans", version, description="RELEASED")
    refused(server.client.set_registered_model_alias, "loans", "champion", version)


def test_a_file_that_was_replaced_after_the_release_is_neither_served_nor_promoted(server, champion):
    with another_file(server, "loans", champion[0], "MLmodel", b"flavors: {}"):
        assert "another MLmodel" in refused(server.client.get_model_version_by_alias, "loans", "champion")
        refused(server.client.set_registered_model_alias, "loans", "other", champion[0])
        with pytest.raises(RestException):
            mlflow.sklearn.load_model("models:/loans@champion")
    assert server.client.get_model_version_by_alias("loans", "champion").version == champion[0]


def test_a_file_that_was_added_after_the_release_is_code_that_nobody_judged(server, champion):
    with another_file(server, "loans", champion[0], "code/loader.py", b"print('here')"):
        assert "code/loader.py" in refused(server.client.get_model_version_by_alias, "loans", "champion")


@everywhere
def test_an_alias_that_somebody_wrote_into_the_database_is_not_answered(server, champion):
    version = log_model(server, "loans", penalty=5.0)
    statement = "INSERT INTO registered_model_aliases (name, alias, version, workspace) VALUES ('loans', 'direct', :version, 'default')"
    with by_another_writer(server, statement, version=int(version)):
        refused(server.client.get_model_version_by_alias, "loans", "direct")


@everywhere
def test_a_stage_that_somebody_wrote_into_the_database_is_not_answered(server, champion):
    version = log_model(server, "staged", penalty=6.0)
    statement = "UPDATE model_versions SET current_stage = 'Production' WHERE name = :name AND version = :version"
    with by_another_writer(server, statement, name="staged", version=int(version)):
        refused(server.client.get_latest_versions, "staged", ["Production"])


@everywhere
def test_a_copy_is_the_same_files_and_one_of_an_unreleased_version_is_unreleased(server, champion):
    allowed = server.client.copy_model_version(f"models:/loans/{champion[0]}", "copied")
    server.client.set_registered_model_alias("copied", "champion", allowed.version)
    unreleased = log_model(server, "loans", penalty=7.0)
    copy = server.client.copy_model_version(f"models:/loans/{unreleased}", "copied")
    refused(server.client.set_registered_model_alias, "copied", "champion", copy.version)


def test_a_version_made_of_another_place_is_refused_whatever_lies_there(server, champion, tmp_path):
    server.client.create_registered_model("elsewhere")
    made = server.client.create_model_version("elsewhere", "s3://somebody/elses/bucket")
    said = refused(server.client.set_registered_model_alias, "elsewhere", "champion", made.version)
    assert "a place that this registry does not vouch for" in said
    with pytest.raises(RestException):
        server.client.create_model_version("elsewhere", f"{tmp_path}/of/the/server")


def test_a_model_that_serves_an_unreleased_version_is_not_renamed(server, champion):
    version = log_model(server, "before", penalty=8.0)
    server.client.rename_registered_model("before", "after")  # nothing is served by it
    statement = "INSERT INTO registered_model_aliases (name, alias, version, workspace) VALUES ('after', 'direct', :version, 'default')"
    with by_another_writer(server, statement, version=int(version)):
        refused(server.client.rename_registered_model, "after", "production")


@everywhere
def test_an_alias_goes_with_its_version_and_its_number_does_not_come_back(server, champion):
    copy = server.client.copy_model_version(f"models:/loans/{champion[0]}", "gone")
    server.client.set_registered_model_alias("gone", "champion", copy.version)
    server.client.delete_model_version("gone", copy.version)
    unreleased = log_model(server, "gone", penalty=9.0)
    with pytest.raises(RestException):
        server.client.get_model_version_by_alias("gone", "champion")
    server.client.delete_registered_model("gone")
    again = log_model(server, "gone", penalty=10.0)
    with pytest.raises(RestException):
        server.client.get_model_version_by_alias("gone", "champion")
    for version in {unreleased, again} & {one.version for one in server.client.search_model_versions("name='gone'")}:
        refused(server.client.set_registered_model_alias, "gone", "champion", version)


def test_an_alias_of_a_prompt_is_refused_since_nobody_released_it(server):
    mlflow.set_registry_uri(server.uri)
    mlflow.genai.register_prompt("greeting", "Hello {{name}}")
    refused(server.client.set_prompt_alias, "greeting", "production", 1)


def test_a_release_that_was_withdrawn_is_not_served_any_more(server, champion):
    place = server.place / "governance" / f"loans-{champion[0]}"
    kept = shutil.copytree(place, place.with_name(".kept"))
    try:
        with at_desk(champion[1]):
            done = command("withdraw", place, *by(champion[1], "Ben", "risk_head"), "--reason", "Found wrong.")
        assert done.code == 0, done
        assert "withdrawn by Ben" in refused(server.client.get_model_version_by_alias, "loans", "champion")
        refused(server.client.transition_model_version_stage, "loans", champion[0], "Production")
    finally:
        shutil.rmtree(place)
        kept.rename(place)
    assert server.client.get_model_version_by_alias("loans", "champion").version == champion[0]


def test_a_release_that_cannot_be_read_allows_nothing(server, champion):
    broken = server.place / "governance" / "broken"
    broken.mkdir()
    for name in ("manifest.json", "release.json"):
        (broken / name).write_text("{")
    try:
        assert "could not be judged" in refused(server.client.get_model_version_by_alias, "loans", "champion")
    finally:
        shutil.rmtree(broken)


def test_a_webhook_hears_of_an_alias_only_after_it_was_allowed(server, champion):
    heard, told = [], threading.Event()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            told.set()

        def log_message(self, *words):
            pass

    with serving(Hook) as hook:
        made = server.client.create_webhook(
            "told", f"http://127.0.0.1:{hook.server_port}/", ["model_version_alias.created"]
        )
        version = log_model(server, "loans", penalty=11.0)
        refused(server.client.set_registered_model_alias, "loans", "hooked", version)
        for _ in range(30):  # a server remembers for a second that nobody listens
            server.client.set_registered_model_alias("loans", "hooked", champion[0])
            if told.wait(2):
                break
        assert {one["data"]["version"] for one in heard} == {champion[0]}
        server.client.delete_webhook(made.webhook_id)


# ---------------------------------------------------------------------------------- one store, with other settings


@pytest.fixture
def opened(server, champion, monkeypatch):
    """The registry of a server with other settings, in this process."""
    monkeypatch.setenv("_MLFLOW_SERVER_ARTIFACT_DESTINATION", str(server.place / "artifacts"))
    monkeypatch.setenv("REGISTRY_DATABASE", server.database)

    def open_with(more="", **changed):
        text = SETTINGS + more
        for old, new in changed.values():
            text = text.replace(old, new)
        (server.place / "other.yaml").write_text(text)
        return guarded_store.opened(str(server.place / "other.yaml"))

    return open_with


def test_where_a_model_stands_for_a_subject_only_its_release_counts(opened, champion):
    assert opened("models: {loans: loans}\n").permission("loans", champion[0]).allowed
    other = opened("models: {loans: pensions}\n").permission("loans", champion[0])
    assert not other.allowed
    assert "released as loans, and pensions is meant here" in other.reason
    assert (
        "no subject stands for loans" in opened("models: {pensions: loans}\n").permission("loans", champion[0]).reason
    )


def test_a_trust_file_that_is_not_the_pinned_one_believes_nothing(opened, champion):
    assert "pinned" in opened(f"trust_pin: '{'0' * 64}'\n").permission("loans", champion[0]).reason


def test_the_desk_is_asked_about_the_subject_that_a_tag_names_and_its_release_has_to_be_of_these_files(
    opened, server, champion, people, tmp_path, monkeypatch
):
    version, desk = champion
    port = free_port()
    origin = f"http://localhost:{port}"
    folder = tmp_path / "desk"
    words = ["--trust", people / "trust.yaml", "--folder", folder]
    made = command("desk", "token", "ci", "--scope", "push", "--scope", "decisions", *words)
    assert made.code == 0, made
    token = made.out.split()[-1]
    serve = [Path(sys.executable).parent / "cardwright", "desk", "serve", *words, "--policy", people / "pilot.yaml",
             "--origin", origin, "--port", port]  # fmt: skip
    with running(list(map(str, serve)), ready=f"{origin}/health", log=tmp_path / "log"):
        monkeypatch.setenv("CARDWRIGHT_DESK_TOKEN", token)
        pushed = command("desk", "push", desk / "out", "--to", origin)
        assert pushed.code == 0, pushed
        store = opened(
            old=("releases: {folder: governance, policies: [governance/pilot.yaml]}", f"desk: {{origin: '{origin}'}}")
        )
        assert "nobody has said which subject" in store.permission("loans", version).reason
        sha256 = release_statement.read((desk / "out" / "release.json").read_bytes()).release.subject.identity_sha256
        server.client.set_model_version_tag("loans", version, "cardwright.subject", sha256)
        assert store.permission("loans", version).allowed
        unreleased = log_model(server, "loans", penalty=12.0)
        server.client.set_model_version_tag("loans", unreleased, "cardwright.subject", sha256)
        assert "another" in store.permission("loans", unreleased).reason
    assert "cannot be reached" in store.permission("loans", version).reason


def test_what_a_newer_mlflow_adds_is_refused_before_a_server_starts():
    with pytest.raises(UsageError, match="promote_everything"):
        guarded_store.require_known({*guarded_store.GUARDED, "promote_everything"})


def test_every_operation_of_this_mlflow_is_known_and_what_is_guarded_is_there():
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    there = guarded_store.operations(SqlAlchemyStore)
    guarded_store.require_known(there)
    assert there >= guarded_store.GUARDED
