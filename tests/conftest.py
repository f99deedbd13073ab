"""What every test shares."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

# In CI the same commit gives the same answer; the search for new examples is everybody's own run, and the long profile.
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.register_profile("long", deadline=None, max_examples=20_000, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Each worker has a core of its own: threads that wait for each other would only burn it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session", autouse=True)
def allowlist_of_pdfa():
    """Load it once, so that every PDF made in this process is checked in it and not in one of its own."""
    import pikepdf.pdfa  # noqa: F401


class Ran(NamedTuple):
    """What a command line left."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys, monkeypatch):
    """Runs a command line in this process: `cli("gate", "out")`."""
    monkeypatch.setenv("CI", "1")

    def run(*words: object) -> Ran:
        from cardwright.cli.main import main

        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ran(stopped.value.code or 0, out, err)

    return run


def command(*words: object) -> Ran:
    """A command line in this process, for fixtures that outlive a test and so have no capture of its output."""
    from cardwright.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        patch.setenv("CI", "1")
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
    return Ran(stopped.value.code or 0, out.getvalue(), err.getvalue())


def _digest(folder: Path) -> str:
    """Of names and bytes: what a test that changes a shared folder changes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = (f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files)
    return "\n".join(lines)


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """The folder of this run that all workers share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own  # each worker has a folder of its own below it


@pytest.fixture(scope="session", autouse=True)
def pdfs_made_once(shared):
    """All workers, and the processes that ask for it (`keeping_pdfs`), make each PDF once: see `kept_pdfs/sitecustomize.py`.

    A test that wants every PDF made anew in its own process asks for `pdfs_made_anew`.
    """
    from tests.kept_pdfs.sitecustomize import keeping

    from cardwright.documents import pdf

    kept, write = shared / "pdfs", pdf.write
    kept.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "write", keeping(pdf, kept))
        patch.setenv("KEPT_PDFS", str(kept))
        yield write


def keeping_pdfs(environment):
    """An environment in which processes share the PDFs of this test run."""
    path = [str(ROOT / "tests" / "kept_pdfs"), environment.get("PYTHONPATH", "")]
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, path))}


@pytest.fixture
def pdfs_made_anew(pdfs_made_once, monkeypatch):
    """Every PDF of this test is made in it."""
    from cardwright.documents import pdf

    monkeypatch.setattr(pdf, "write", pdfs_made_once)


@pytest.fixture(scope="session")
def made_once(shared):
    """Fills a folder once for all tests of all workers: `made_once("small", fill)`; whoever changes one copies it first."""
    from filelock import FileLock

    given = {}

    def folder(name, fill):
        place, mark = shared / f"once-{name}", shared / f"once-{name}.made"
        with FileLock(f"{place}.lock"):
            if not mark.exists():
                shutil.rmtree(place, ignore_errors=True)  # of a worker whose attempt failed
                place.mkdir()
                fill(place)
                mark.write_text(_digest(place), encoding="utf-8")
        given[place] = mark.read_text(encoding="utf-8")
        return place

    yield folder
    for place, before in given.items():
        assert _digest(place) == before, f"a test has changed {place.name}, which others read"


MOMENT = "1795000000"
"""When shared runs happen, as SOURCE_DATE_EPOCH: 2026-11-18."""


@pytest.fixture(scope="session")
def small_once(made_once):
    """The small plan in `files`, its dossier in `out`, and what the command printed in `out.txt`. Not to be changed."""
    from tests.small_plan import write_plan

    def fill(folder):
        (folder / "files").mkdir()
        write_plan(folder / "files")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SOURCE_DATE_EPOCH", MOMENT)
            ran = command("run", folder / "files", "-o", folder / "out")
        assert ran.code == 0, ran
        (folder / "out.txt").write_text(ran.out, encoding="utf-8")

    return made_once("small", fill)


@pytest.fixture
def small(small_once, tmp_path):
    """A copy of the small plan and its dossier that a test may change."""
    return Path(shutil.copytree(small_once, tmp_path / "small"))


@pytest.fixture(scope="session")
def mortgage_once(made_once):
    """A copy of the project, with the mortgage example under version control and run: `out/mortgage` is refused, as it is meant to
    be. Not to be changed.
    """
    import subprocess

    from tests.docs.blocks import commit, copied, environment

    def fill(folder):
        project = copied(folder, "examples", "docs/schemas")
        commit(project)
        words = "cardwright run examples/mortgage/assessment.yaml --policy examples/mortgage/release_policy.yaml -o out/mortgage"
        ran = subprocess.run(
            ["bash", "-c", words],
            cwd=project,
            env=environment(project),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert ran.returncode == 1, ran.stdout + ran.stderr

    return made_once("mortgage", fill) / "project"


@pytest.fixture
def folder(tmp_path):
    """The small plan alone, which nobody has run."""
    from tests.small_plan import write_plan

    return write_plan(tmp_path)
