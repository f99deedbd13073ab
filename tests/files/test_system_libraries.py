"""One table of system libraries, which everything that installs or names them shares."""

import re
import runpy
from dataclasses import replace

import pytest
from tests.conftest import ROOT

from cardwright.files import system_libraries

TABLE = system_libraries.table()
PDF = TABLE.used_for("pdf")
checkout = pytest.mark.skipif(not (ROOT / "Makefile").is_file(), reason="the wheel's tests have no checkout")


def test_every_need_is_a_library_or_a_program_and_names_a_package_on_every_platform():
    platforms = {where.name for where in TABLE.platforms}
    for need in TABLE.needs:
        assert bool(need.load) != bool(need.program), need.name
        assert set(need.packages) == platforms
        assert all(need.packages.values())
        assert need.purpose
        assert not need.purpose.endswith(".")
        assert need.needed_for in {"pdf", "tests", "browser"}
    assert {need.name for need in PDF} >= {"Pango", "PangoFT2", "HarfBuzz", "HarfBuzz-Subset", "Fontconfig"}


def test_the_table_names_every_library_that_weasyprint_opens():
    """A new release of WeasyPrint that opens another library has to be taken up here; the vector library makes SVG, not PDF."""
    from importlib.util import find_spec
    from pathlib import Path

    source = (Path(find_spec("weasyprint").origin).parent / "text" / "ffi.py").read_text()
    opened = set(re.findall(r"'(lib[a-z0-9.-]+\.so\.\d+)'", source))
    assert opened - {"libharfbuzz-vector.so.0"} == {need.load[0] for need in PDF}


def test_what_cannot_be_opened_is_missing():
    pango = PDF[0]
    assert system_libraries.is_installed(pango)
    assert not system_libraries.is_installed(replace(pango, load=("libno-such-library.so.7", "no-such-library")))
    assert not system_libraries.is_installed(replace(pango, load=(), program=("no-such-program",)))


@pytest.mark.parametrize("where", TABLE.platforms, ids=lambda where: where.name)
def test_a_platform_has_one_command_that_names_each_package_once(where):
    (command,) = system_libraries.install_commands(PDF, where)
    assert command.startswith(where.install + " ")
    words = command.removeprefix(where.install).split()
    assert len(words) == len(set(words))
    assert set(words) == {need.packages[where.name] for need in PDF}


def test_an_unknown_platform_is_told_the_command_of_every_known_one():
    commands = system_libraries.install_commands(PDF, None)
    assert [line.split(":")[0] for line in commands] == [where.title for where in TABLE.platforms]


def test_nothing_missing_is_nothing_to_report():
    assert system_libraries.report("pdf") == []


def test_the_module_runs_before_anything_is_installed():
    """`requirements/system` runs it by its path, with no package of ours or of others at hand."""
    alone = runpy.run_path(system_libraries.__file__)
    assert alone["missing"]("pdf") == ()


@checkout
def test_the_readme_gives_each_platforms_command_as_the_table_has_it():
    said = (ROOT / "README.md").read_text()
    for command in system_libraries.install_commands(PDF, None):
        title, _, line = command.partition(": ")
        assert f"| {title} | `{line}` |" in said


@checkout
def test_no_file_but_the_table_names_the_packages_by_hand():
    for name in (
        "Makefile",
        ".ci/run",
        "action.yml",
        "src/cardwright/cli/diagnosis.py",
        "src/cardwright/documents/pdf.py",
    ):
        assert not re.search(r"libpango|libharfbuzz|poppler-utils", (ROOT / name).read_text()), name
