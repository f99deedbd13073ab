"""`cardwright doctor` opens what the core needs, and says in one line each what is missing and what installs it."""

from cardwright.cli import diagnosis
from cardwright.files import system_libraries


def test_the_core_is_python_the_libraries_of_the_pdf_the_engine_and_the_font():
    required = [check.what for check in diagnosis.checks() if check.required]
    libraries = [need.name for need in system_libraries.table().used_for("pdf")]
    assert required == ["Python", *libraries, "WeasyPrint", "font Source Sans Pro"]


def test_doctor_exits_with_0_where_the_core_is_complete(cli):
    ran = cli("doctor")
    assert ran.code == 0
    assert "ok       HarfBuzz-Subset" in ran.out


def test_doctor_exits_with_1_and_names_the_package_where_a_library_cannot_be_opened():
    """In a process of its own whose loader opens no HarfBuzz-Subset, as on a system that has only part of the packages."""
    import subprocess
    import sys

    code = (
        "import ctypes, ctypes.util\n"
        "find, opened = ctypes.util.find_library, ctypes.CDLL\n"
        "ctypes.util.find_library = lambda name: None if 'harfbuzz-subset' in name else find(name)\n"
        "class Loader(opened):\n"
        "    def __init__(self, name, *args, **kwargs):\n"
        "        if 'harfbuzz-subset' in str(name):\n"
        "            raise OSError(name)\n"
        "        super().__init__(name, *args, **kwargs)\n"
        "ctypes.CDLL = Loader\n"
        "from cardwright.cli.main import main\n"
        "main(['doctor', '--quiet'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("missing  HarfBuzz-Subset: ")
    need = next(need for need in system_libraries.table().needs if need.name == "HarfBuzz-Subset")
    for command in system_libraries.install_commands([need], system_libraries.this_platform()):
        assert command in done.stdout


def test_an_extra_that_is_not_installed_is_named_with_its_command_and_is_no_part_of_the_core():
    extra = diagnosis._module("no-such-library", "no_such_module", "tabular")
    assert (extra.ok, extra.required) == (False, False)
    assert "pip install '.[tabular]'" in extra.remedy
