"""A commit is stated only where it holds the plan."""

import subprocess

import pytest

from cardwright.sources.commit import commit_of


def git(folder, *words):
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def plan(tmp_path):
    """A plan and its data, committed."""
    git(tmp_path, "init", "-q")
    (tmp_path / "assessment.yaml").write_text("a: 1\n")
    (tmp_path / "data.csv").write_text("x\n1\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "A")
    return tmp_path / "assessment.yaml"


def test_a_committed_plan_has_its_commit_and_no_difference(plan):
    assert commit_of(plan) == (git(plan.parent, "rev-parse", "HEAD"), False)


def test_a_change_of_any_tracked_file_is_a_difference_and_a_new_file_is_none(plan):
    (plan.parent / "notes.txt").write_text("new")
    assert commit_of(plan)[1] is False
    (plan.parent / "data.csv").write_text("x\n2\n")
    assert commit_of(plan)[1] is True


def test_a_plan_that_the_repository_does_not_track_has_no_commit(plan):
    other = plan.parent / "other.yaml"
    other.write_text("a: 1\n")
    assert commit_of(other) == (None, None)


def test_without_a_repository_a_commit_or_git_itself_there_is_none(plan, tmp_path_factory, monkeypatch):
    alone = tmp_path_factory.mktemp("alone")
    (alone / "assessment.yaml").write_text("a: 1\n")
    assert commit_of(alone / "assessment.yaml") == (None, None)
    git(alone, "init", "-q")
    assert commit_of(alone / "assessment.yaml") == (None, None)
    monkeypatch.setenv("PATH", str(alone))
    assert commit_of(plan) == (None, None)
