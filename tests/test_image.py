"""The image is built by nobody's test run; what can be said of it from its text is checked here."""

import re
import shlex
from fnmatch import fnmatch

import pytest
from tests.conftest import ROOT

from cardwright.files import system_libraries

DOCKERFILE, IGNORED = ROOT / "Dockerfile", ROOT / ".dockerignore"
pytestmark = pytest.mark.skipif(not DOCKERFILE.is_file(), reason="the wheel's tests have no checkout")


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its words, continued lines joined, comments left out."""
    text = "\n".join(line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", text)
    return [(line.split()[0], line.partition(" ")[2]) for line in joined.splitlines() if line.strip()]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def test_what_builds_stays_behind():
    build, final = stages()
    assert build[0][1].endswith(" AS build")
    assert ("COPY", "--from=build /opt/cardwright /opt/cardwright") in final
    assert not [rest for word, rest in final if word in ("COPY", "ADD") and not rest.startswith("--from=build ")]


def test_every_base_names_an_exact_release_of_python_that_the_project_supports():
    bases = {rest.split()[0] for word, rest in instructions() if word == "FROM"}
    assert len(bases) == 1, "what is built for one Python runs on that one"
    (base,) = bases
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", base)
    assert tuple(map(int, base.removeprefix("python:").split("-")[0].split("."))) >= (3, 11)


def test_it_runs_as_a_user_without_privileges():
    *_, final = stages()
    users = [rest for word, rest in final if word == "USER"]
    assert users
    assert all(re.fullmatch(r"[1-9]\d*:[1-9]\d*", user) for user in users)
    words = [word for word, _ in final]
    assert "RUN" not in words[words.index("USER") :]
    assert ("ENTRYPOINT", '["cardwright"]') in final


def test_its_system_packages_are_those_of_the_shared_table():
    debian = next(where for where in system_libraries.table().platforms if where.name == "debian")
    wanted = system_libraries.packages(system_libraries.table().used_for("pdf"), debian)
    *_, final = stages()
    (run,) = [rest for word, rest in final if word == "RUN" and "apt-get" in rest]
    steps = [shlex.split(step) for step in run.split("&&")]
    installed = [
        word for step in steps if step[:2] == ["apt-get", "install"] for word in step if word.startswith("lib")
    ]
    assert installed == wanted
    assert ["apt-get", "update"] in steps
    assert ["rm", "-rf", "/var/lib/apt/lists/*"] in steps
    assert ("RUN", "cardwright doctor --quiet") in final


def test_its_python_packages_come_from_the_lock_of_the_core():
    (build, _) = stages()
    (run,) = [rest for word, rest in build if word == "RUN"]
    assert 'requirements/install /opt/cardwright/bin/python "$LOCK"' in run
    assert ("ARG", "LOCK=core") in [(word, rest) for word, rest in build]
    assert not re.search(r"pip install|curl|wget", DOCKERFILE.read_text())


def test_the_context_holds_what_the_build_reads_and_no_evidence():
    lines = [line for line in IGNORED.read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    kept = [line[1:] for line in lines if line.startswith("!")]
    for needed in (
        "src",
        "requirements",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "policies",
        "checklists",
        "card_templates",
    ):
        assert any(fnmatch(needed, pattern) for pattern in kept), needed
    assert not {"out", "governance", "examples", ".git"} & set(kept)
