"""`push hub` shows, without any network, what would be pushed: to read, as JSON, and as files."""

import hashlib
import json

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.desks import refused_once, released_once

__all__ = ["refused_once", "released_once"]


def signed(desk):
    return ["--trust", desk / "trust.yaml", "--artifact", desk / "files", "--policy", desk / "files" / "pilot.yaml"]


def test_a_dry_run_prints_the_commit_its_files_and_its_results(cli, released_once, tmp_path):
    ran = cli("push", "hub", released_once / "out", "acme/loans", *signed(released_once), "-o", tmp_path / "hub")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0] == "to        model acme/loans, main"
    assert lines[1].startswith("standing  VERIFIED")
    assert lines[2] == "commit    Card of loans 1.0.0: released under policy pilot"
    assert lines[-1] == "Dry run: nothing was sent. To send it: --network huggingface.co:443"
    written = {path.name: path.read_bytes() for path in (tmp_path / "hub").iterdir()}
    assert set(written) == {"README.md", "limits.svg", "model_card.html", "audit_report.pdf"}
    for name, data in written.items():
        assert f"file      {name}, {len(data):,} bytes, sha256 {hashlib.sha256(data).hexdigest()}" in lines


def test_as_json_it_is_the_whole_payload(cli, refused_once):
    ran = cli("push", "hub", refused_once / "out", "acme/loans", "--draft", "--format", "json")
    said = json.loads(ran.out)
    assert (said["draft"], said["sent"], said["standing"]) == (True, None, "DRAFT: nothing was verified")
    assert said["card"].startswith("---\n")
    assert said["message"].startswith("DRAFT")


def test_a_refused_dossier_is_not_pushed_and_the_step_is_named(cli, refused_once):
    ran = cli("push", "hub", refused_once / "out", "acme/loans", *signed(refused_once))
    assert ran.code == 1
    assert "REFUSED at step" in ran.err


def test_without_a_trust_file_or_the_word_draft_nothing_is_made(cli, refused_once):
    ran = cli("push", "hub", refused_once / "out", "acme/loans")
    assert ran.code == 2
    assert "whose release counts is not said" in ran.err
