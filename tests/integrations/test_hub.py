"""The card of a release reaches the Hub whole, through the real huggingface_hub; nothing else does, and no token is told."""

import hashlib
import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")
pytest.importorskip("huggingface_hub", reason="the extra hub")

import yaml
from tests.attest.desks import refused_once, released_once
from tests.conftest import ROOT, keeping_pdfs
from tests.integrations.hubs import HEAD, TOKEN, Hub
from tests.servers import serving

from cardwright import push_to_hub
from cardwright.errors import HandoffRefusedError, SourceError, UsageError
from cardwright.integrations import hub as hub_push

__all__ = ["refused_once", "released_once"]
WEIGHTS = b"weights"
FILES = {"README.md", "limits.svg", "model_card.html", "audit_report.pdf"}


def asked_for(desk, **more):
    """The arguments of whoever pushes a release."""
    return {
        "trust_file": desk / "trust.yaml",
        "artifact": desk / "files",
        "policy": desk / "files" / "pilot.yaml",
        **more,
    }


@contextmanager
def hub(held=None, lfs=(), answers=None, uploads=None):
    with serving(Hub, held={"model.bin": WEIGHTS} if held is None else held, lfs=lfs, answers=answers or {}, asked=[],
                 uploaded={}, received={}, heads=[]) as server:  # fmt: skip
        server.uploads = uploads or f"http://127.0.0.1:{server.server_port}"
        yield server


def push(desk, server, *words, release=True, **environment):
    """`cardwright push hub` in a process of its own, as a person runs it: huggingface_hub reads its variables when it is imported."""
    at = f"127.0.0.1:{server.server_port}"
    said = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    said |= {
        "HF_ENDPOINT": f"http://{at}",
        "HF_TOKEN": TOKEN,
        "HF_HOME": str(desk.parent / "nobody"),
        "CI": "1",
        **environment,
    }
    said["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), said.get("PYTHONPATH", "")])
    signed = ["--trust", desk / "trust.yaml", "--artifact", desk / "files", "--policy", desk / "files" / "pilot.yaml"]
    command = [sys.executable, "-m", "cardwright.cli.main", "push", "hub", desk / "out", "acme/loans", "--network", at]
    ran = subprocess.run(
        [str(word) for word in [*command, *(signed if release else []), *words]],
        check=False, capture_output=True, text=True, env=keeping_pdfs(said), timeout=300,
    )  # fmt: skip
    assert TOKEN not in ran.stdout + ran.stderr
    return ran


@pytest.fixture(scope="module")
def made(released_once):
    """What would be pushed."""
    return push_to_hub(released_once / "out", "acme/loans", **asked_for(released_once))


def test_a_dry_run_is_the_exact_payload_and_needs_no_hub(made):
    assert made.sent is None and not made.draft
    assert made.standing.startswith("VERIFIED")
    assert made.message == "Card of loans 1.0.0: released under policy pilot"
    assert set(made.files) == FILES
    head = yaml.safe_load(made.files["README.md"].decode().split("---\n")[1])
    assert made.metadata == head
    assert head["cardwright"] == {**head["cardwright"], "state": "released", "decision": "allowed"}
    listed = [metric["value"] for entry in head["model-index"][0]["results"] for metric in entry["metrics"]]
    assert [one.value for one in made.results] == listed != []
    said = made.as_json()
    assert said["card"].encode() == made.files["README.md"]
    assert {one["path"]: one["sha256"] for one in said["files"]} == {
        name: hashlib.sha256(data).hexdigest() for name, data in made.files.items()
    }
    json.dumps(said)


def test_what_huggingface_hub_itself_reads_from_the_card_are_our_results(made):
    from huggingface_hub import ModelCard

    card = ModelCard(made.files["README.md"].decode())
    read = [(one.metric_type, one.metric_value, one.task_type, one.dataset_name) for one in card.data.eval_results]
    assert read == [(one.metric, one.value, one.task, one.dataset) for one in made.results]


def test_the_hub_receives_what_the_dry_run_shows_as_one_commit_upon_what_was_looked_at(released_once, made):
    with hub() as server:
        ran = push(released_once, server)
    assert ran.returncode == 0, ran.stderr
    assert server.received == dict(made.files)
    (head,) = server.heads
    assert (head["summary"], head["description"], head["parentCommit"]) == (made.message, made.description, HEAD)
    assert ran.stdout.splitlines()[0] == f"Reaching 127.0.0.1:{server.server_port}"
    assert f"Sent: http://127.0.0.1:{server.server_port}/acme/loans/commit/" in ran.stdout
    assert "result    " in ran.stdout


def test_what_is_not_released_is_pushed_only_as_the_draft_that_it_is(refused_once):
    with pytest.raises(HandoffRefusedError):
        push_to_hub(refused_once / "out", "acme/loans", **asked_for(refused_once))
    with pytest.raises(UsageError, match="whose release counts is not said"):
        push_to_hub(refused_once / "out", "acme/loans")
    with hub(held={}) as server:
        ran = push(refused_once, server, "--draft", "--pull-request", release=False)
    assert ran.returncode == 0, ran.stderr
    assert "DRAFT: nothing was verified" in ran.stdout
    assert server.heads[0]["summary"] == "DRAFT, not released: card of loans 1.0.0"
    assert b"state: draft" in server.received["README.md"]
    assert any("create_pr=1" in path for _, path, _ in server.asked)
    assert ran.stdout.rstrip().endswith("/discussions/1")
    assert "model.bin is not in the repository" in ran.stderr


def test_a_release_of_other_files_than_the_repository_holds_is_not_pushed(released_once):
    for lfs in ((), ("model.bin",)):
        with hub(held={"model.bin": b"other weights"}, lfs=lfs) as server:
            ran = push(released_once, server)
        assert ran.returncode == 1
        assert "the repository holds another model.bin" in ran.stderr
        assert server.heads == []


def test_a_card_that_somebody_else_wrote_is_not_overwritten_unasked(released_once):
    theirs = {"model.bin": WEIGHTS, "README.md": b"---\nlicense: mit\n---\n# Ours, by hand\n"}
    with hub(held=theirs) as server:
        ran = push(released_once, server)
        assert (ran.returncode, server.heads) == (1, [])
        assert "its card was written by somebody else" in ran.stderr and "import-card" in ran.stderr
        assert push(released_once, server, "--replace-card").returncode == 0
        mine = {**theirs, "README.md": server.received["README.md"]}
    with hub(held=mine) as server:
        assert push(released_once, server).returncode == 0, "a card of ours is replaced"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"/revision/main": 401}, "the Hub does not know who asks"),
        ({"/commit/main": 412}, "the repository was changed after it was looked at"),
    ],
)
def test_what_the_hub_refuses_is_told_in_our_words(released_once, answers, said):
    with hub(answers=answers) as server:
        ran = push(released_once, server)
    assert (ran.returncode, server.heads) == (3, [])
    assert said in ran.stderr


def test_a_host_for_large_files_is_reached_only_if_it_is_named():
    # huggingface_hub tries for 25 seconds and then raises a RuntimeError from what it was told.
    with (
        pytest.raises(SourceError, match=r"since nobody has allowed it: 192\.0\.2\.7"),
        hub_push.told([("127.0.0.1", 1)]),
    ):
        try:
            socket.create_connection(("192.0.2.7", 9000), timeout=1)
        except OSError as exc:
            raise RuntimeError("Error while uploading 'audit_report.pdf' to the Hub.") from exc
    with pytest.raises(SourceError, match="a file could not be uploaded"), hub_push.told([("127.0.0.1", 1)]):
        raise RuntimeError(TOKEN)


def test_an_offline_switch_and_a_hub_that_is_down_are_told(released_once):
    with hub() as server:
        ran = push(released_once, server, HF_HUB_OFFLINE="1")
        assert ran.returncode == 3 and "HF_HUB_OFFLINE: huggingface_hub is told to stay offline" in ran.stderr
        assert server.asked == []
    ran = push(released_once, server)
    assert ran.returncode == 3 and "the Hub cannot be reached" in ran.stderr


@pytest.mark.parametrize(
    "name", ["loans", "acme/loans/1", "https://huggingface.co/acme/loans", "acme/../x", "a/" + "b" * 100]
)
def test_a_word_that_is_no_repository_is_refused_first(name):
    with pytest.raises(UsageError, match="not a repository of the Hub"):
        push_to_hub("nowhere", name)


@pytest.mark.parametrize(
    ("endpoint", "network", "said"),
    [
        ("https://huggingface.co", ["example.org:443"], "not among those that may be reached"),
        ("http://hub.example.org", ["hub.example.org:80"], "where others can read it"),
        ("https://me:pw@hub.example.org", ["hub.example.org:443"], "the address of the Hub is not one"),
    ],
)
def test_the_token_goes_to_the_host_that_was_named_and_never_in_the_clear(endpoint, network, said):
    with pytest.raises(UsageError, match=said) as refused:
        push_to_hub("nowhere", "acme/loans", endpoint=endpoint, network=network)
    assert "pw" not in str(refused.value)
