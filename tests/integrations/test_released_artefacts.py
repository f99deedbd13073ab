"""Files are released if a release that holds is of exactly them, by whoever the asker trusts; everything else is a refusal."""

import shutil
from datetime import UTC, datetime

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from hypothesis import given
from hypothesis import strategies as st
from tests.attest.desks import refused_once, released, released_once
from tests.attest.support import by
from tests.desk.support import own_policy

from cardwright.attest import release_statement
from cardwright.attest.release_statement import ReleasedSubject
from cardwright.errors import SourceError
from cardwright.integrations.released_artefacts import ReleaseFolder, ReleasesOfDesk, same_files
from cardwright.record import canonical

__all__ = ["refused_once", "released", "released_once"]
MODEL = {"model.bin": canonical.digest(b"weights")}
"""The subject of the dossiers that these tests share."""


def now():
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def folder_of(released, **more):
    return ReleaseFolder(released, released / "trust.yaml", policies=own_policy(released), **more)


def ask(released, files=MODEL, name=None, moment=None, **more):
    return folder_of(released, **more).ask(files, name=name, hint=None, now=moment or now())


def subject(files):
    listed = [{"path": path, "sha256": sha256} for path, sha256 in files.items()]
    return ReleasedSubject(kind="model", name="loans", version="1", identity_sha256="0" * 64, files=listed)


digests = st.sampled_from(["a" * 64, "b" * 64, "c" * 64])
paths = st.sampled_from(["MLmodel", "model.pkl", "code/loader.py", "data/weights"])
trees = st.dictionaries(paths, digests, min_size=1)


@given(judged=trees, here=trees, start=st.sampled_from(["", "model/", "kept/model/"]))
def test_the_same_files_are_the_same_paths_with_the_same_bytes_below_any_one_folder(judged, here, start):
    found = same_files(subject({f"{start}{path}": sha256 for path, sha256 in judged.items()}), here)
    assert (found is None) == (judged == here)


def test_a_file_that_a_client_adds_on_download_may_have_been_judged_and_is_never_added_unjudged():
    judged = {"model/MLmodel": "a" * 64, "model/registered_model_meta": "b" * 64}
    assert same_files(subject(judged), {"MLmodel": "a" * 64}) is None
    assert (
        same_files(subject({"MLmodel": "a" * 64}), {"MLmodel": "a" * 64, "registered_model_meta": "b" * 64}) is not None
    )


def test_nothing_is_not_the_same_as_anything():
    assert same_files(subject({"MLmodel": "a" * 64}), {}) == "it has no files"
    assert "of no files" in same_files(subject({}), {"MLmodel": "a" * 64})


def test_a_release_that_holds_lets_exactly_its_files_through(released):
    answer = ask(released)
    assert answer.allowed, answer.reason
    assert answer.subject == "loans 1.0.0"
    assert answer.valid_until is not None
    assert not ask(released, {"model.bin": canonical.digest(b"other")}).allowed
    assert not ask(released, {**MODEL, "code.py": "a" * 64}).allowed


def test_a_release_counts_for_the_subject_that_is_meant(released):
    assert ask(released, name="loans").allowed
    assert "released as loans, and pensions is meant" in ask(released, name="pensions").reason


def test_a_release_that_has_ended_or_was_withdrawn_lets_nothing_through(cli, released):
    assert not ask(released, moment="2036-01-01T00:00:00Z").allowed
    assert cli("withdraw", released / "out", *by(released, "Ben", "risk_head"), "--reason", "found wrong").code == 0
    assert "withdrawn by Ben" in ask(released).reason


def test_an_older_copy_of_a_withdrawn_release_brings_nothing_back(cli, released):
    shutil.copytree(released / "out", released / "older")
    assert cli("withdraw", released / "out", *by(released, "Ben", "risk_head"), "--reason", "found wrong").code == 0
    assert not ask(released).allowed


def test_a_trust_file_that_is_missing_or_not_the_pinned_one_believes_nothing(released):
    assert "pinned" in ask(released, pin="0" * 64).reason
    (released / "trust.yaml").unlink()
    assert "could not be judged" in ask(released).reason


def test_a_dossier_that_cannot_be_read_is_not_passed_over(released):
    (released / "broken").mkdir()
    for name in ("manifest.json", "release.json"):
        (released / "broken" / name).write_text("{")
    assert "could not be judged" in ask(released).reason


class Desk:
    """Answers as a desk does, without one."""

    def __init__(self, answer):
        self.answer = answer

    def decision(self, subject):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def at_desk(released, answer, files=MODEL, hint=None):
    data = (released / "out" / "release.json").read_bytes()
    sha256 = release_statement.read(data).release.subject.identity_sha256
    said = {"release": data.decode(), **answer} if isinstance(answer, dict) else answer
    desk = ReleasesOfDesk(Desk(said), released / "trust.yaml")
    return desk.ask(files, name=None, hint=hint or sha256, now=now())


def test_a_desk_s_release_is_believed_only_for_its_own_files_and_by_the_asker_s_trust_file(released):
    assert at_desk(released, {"allowed": True, "reason": "released"}).allowed
    assert "another model.bin" in at_desk(released, {"allowed": True}, {"model.bin": "a" * 64}).reason
    assert "another subject" in at_desk(released, {"allowed": True}, hint="0" * 64).reason
    trust = released / "trust.yaml"
    trust.write_text(trust.read_text().replace("release", "librarian"))
    assert not at_desk(released, {"allowed": True}).allowed


@pytest.mark.parametrize(
    "answer",
    [{"allowed": False, "reason": "expired"}, {"allowed": "true"}, {}, {"allowed": True, "release": None},
     {"allowed": True, "release": "{}"}, SourceError("the desk cannot be reached")],
)  # fmt: skip
def test_whatever_else_a_desk_says_lets_nothing_through(released, answer):
    assert not at_desk(released, answer).allowed


def test_a_desk_is_not_asked_where_nobody_says_about_what(released):
    desk = ReleasesOfDesk(Desk({"allowed": True}), released / "trust.yaml")
    assert "which subject" in desk.ask(MODEL, name=None, hint=None, now=now()).reason
