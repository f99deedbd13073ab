"""The locks in `requirements/` hold what pyproject.toml asks for, in versions that it allows, each with its hashes."""

import re
import tomllib
from collections import defaultdict

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from tests.conftest import ROOT

FOLDER = ROOT / "requirements"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the wheel's tests have no checkout")
LOCKS = ("core", "desk", "all", "tests", "torch", "torch-cpu", "resolver")


def entries(lock):
    """A lock's entries, one for each version of a package: a universal lock can hold two, each for its Pythons."""
    text = re.sub(r"^ *#.*\n", "", (FOLDER / f"{lock}.lock").read_text(), flags=re.M).strip()
    return re.split(r"\n(?=\S)", text)


def locked(lock):
    """A lock's versions of every package."""
    found = defaultdict(set)
    for entry in entries(lock):
        name, version = re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", entry).groups()
        found[canonicalize_name(name)].add(Version(version))
    return found


def asked(*extras):
    """What pyproject.toml asks for, with these extras and those that they name; Cardwright itself is in no lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    for requirement in map(Requirement, lines):
        if requirement.name == "cardwright":
            yield from asked(*requirement.extras)
        else:
            yield requirement


def listed(name):
    lines = (FOLDER / f"{name}.in").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def unmet(requirements, versions):
    """What of these a lock does not hold, or holds in a version outside the range."""
    return sorted(
        f"{requirement} (locked: {', '.join(map(str, sorted(held))) or 'none'})"
        for requirement in requirements
        for held in [versions[canonicalize_name(requirement.name)]]
        if not held or not all(requirement.specifier.contains(version, prereleases=True) for version in held)
    )


def test_a_lock_without_a_package_or_with_one_outside_the_range_is_told():
    versions = defaultdict(set, {"a": {Version("2.0")}, "b": {Version("1.0"), Version("2.0")}})
    requirements = [Requirement(line) for line in ("A>=1.5", "b>=1.5", "c[x]>=1")]
    assert unmet(requirements, versions) == ["b>=1.5 (locked: 1.0, 2.0)", "c[x]>=1 (locked: none)"]


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        ("core", lambda: [*asked(), *listed("build")]),
        ("desk", lambda: [*asked("desk"), *listed("build")]),
        ("all", lambda: [one for one in asked("all", "dev") if one.name != "torch"] + listed("build")),
        ("torch", lambda: [one for one in asked("torch") if one.name == "torch"]),
        ("torch-cpu", lambda: [one for one in asked("torch") if one.name == "torch"]),
        ("resolver", lambda: listed("resolver")),
    ],
    ids=["core", "desk", "all", "torch", "torch-cpu", "resolver"],
)
def test_every_lock_holds_what_is_asked_for_in_its_ranges(lock, requirements):
    """After a change there, `make lock` renews what is named here."""
    assert unmet(requirements(), locked(lock)) == []


def test_the_core_and_what_runs_its_tests_are_locked_together():
    both = locked("core")
    for name, versions in locked("tests").items():
        both[name] |= versions
    assert unmet(listed("tests"), both) == []


def test_no_package_has_one_version_here_and_another_there():
    everything = locked("all")
    assert {
        (lock, name): versions
        for lock in ("core", "desk", "tests", "torch")
        for name, versions in locked(lock).items()
        if name in everything and versions != everything[name]
    } == {}


def test_the_torch_of_both_locks_is_the_pinned_one_and_the_lock_of_everything_has_none():
    pinned = re.search(r"^torch==(\S+)$", (ROOT / "constraints.txt").read_text(), re.M)[1]
    held = {lock: {str(version) for version in locked(lock)["torch"]} for lock in ("all", "torch", "torch-cpu")}
    assert held == {"all": set(), "torch": {pinned}, "torch-cpu": {f"{pinned}+cpu"}}


def test_the_lock_of_everything_holds_no_gpu_library():
    assert [name for name in locked("all") if re.match("nvidia|cuda|triton", name)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_of_a_lock_has_an_exact_version_and_a_hash(lock):
    for entry in entries(lock):
        assert re.match(r"[a-z0-9.-]+==[0-9]\S* ", entry), entry[:60]
        assert "--hash=sha256:" in entry, entry[:60]


def test_no_lock_is_left_out_here():
    assert {path.stem for path in FOLDER.glob("*.lock")} == set(LOCKS)


INTEGRATIONS = sorted(path.stem for path in FOLDER.glob("integrations/*.in"))


@pytest.mark.parametrize("name", INTEGRATIONS)
def test_the_lock_of_an_integration_holds_what_it_and_cardwright_ask_for(name):
    """After a change there, `requirements/lock integrations NAME` renews it."""
    text = (FOLDER / "integrations" / f"{name}.in").read_text()
    extras = re.findall(r"^# extras: (.*)$", text, flags=re.M)
    wanted = [*asked(*" ".join(extras).split()), *listed("build"), *listed(f"integrations/{name}")]
    assert (
        unmet([one for one in wanted if not one.marker or one.marker.evaluate()], locked(f"integrations/{name}")) == []
    )


def test_every_integration_has_a_lock_and_tests():
    tests = {path.name for path in (ROOT / "tests" / "integrations").iterdir() if path.is_dir() and path.name[0] != "_"}
    assert {path.stem for path in FOLDER.glob("integrations/*.lock")} == {*INTEGRATIONS} == tests
