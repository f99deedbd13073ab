"""What is installed, what is not, and what to install."""

from __future__ import annotations

import importlib.util
import platform
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import metadata
from io import StringIO

from cardwright.errors import CardwrightError, UsageError, how_to_install
from cardwright.files import packaged, system_libraries


@dataclass(frozen=True)
class DoctorCheck:
    """One thing that was looked at."""

    what: str
    ok: bool
    detail: str = ""
    remedy: str = ""
    required: bool = False
    """Whether Cardwright's core cannot do without it."""


_EXTRAS: dict[str, tuple[tuple[str, str], ...]] = {
    # extra: (library, module)
    "tabular": (
        ("pyarrow", "pyarrow"),
        ("numpy", "numpy"),
        ("scipy", "scipy"),
        ("duckdb", "duckdb"),
        ("narwhals", "narwhals"),
        ("scikit-learn", "sklearn"),
        ("fairlearn", "fairlearn"),
        ("shap", "shap"),
        ("skops", "skops"),
    ),
    "text": (("presidio-analyzer", "presidio_analyzer"), ("google-re2", "re2")),
    "torch": (("torch", "torch"), ("captum", "captum")),
    "lake": (("deltalake", "deltalake"), ("pyiceberg", "pyiceberg")),
}


def _module(library: str, module: str, extra: str) -> DoctorCheck:
    if importlib.util.find_spec(module) is None:
        return DoctorCheck(library, False, f"extra {extra}", how_to_install(extra))
    try:
        version = metadata.version(library)
    except metadata.PackageNotFoundError:
        version = ""
    return DoctorCheck(library, True, version)


def _system() -> list[DoctorCheck]:
    """The libraries of the PDF, each opened; the last one that is missing bears the command that installs them all."""
    absent = system_libraries.missing("pdf")
    commands = system_libraries.install_commands(absent, system_libraries.this_platform())
    remedy = "Install with: " + "; ".join(commands) + ". Without it everything but the PDF is written."
    return [
        DoctorCheck(
            need.name,
            need not in absent,
            need.purpose,
            remedy if absent and need is absent[-1] else "",
            required=True,
        )
        for need in system_libraries.table().used_for("pdf")
    ]


def _weasyprint() -> DoctorCheck:
    try:
        with redirect_stdout(StringIO()):  # it prints advice of its own, for systems it cannot tell apart
            import weasyprint
    except OSError:
        return DoctorCheck("WeasyPrint", False, "it cannot open a library above", required=True)
    return DoctorCheck("WeasyPrint", True, str(weasyprint.__version__), required=True)


def _font() -> DoctorCheck:
    try:
        packaged.fonts()
    except UsageError as exc:
        return DoctorCheck("font Source Sans Pro", False, exc.what, exc.do or "", required=True)
    return DoctorCheck("font Source Sans Pro", True, "the one family in the documents", required=True)


def _evaluators() -> list[DoctorCheck]:
    from cardwright.evaluators import registry

    found = []
    for name in registry.available():
        try:
            evaluator = registry.find(name)
            found.append(DoctorCheck(f"evaluator {name}", True, evaluator.version))
        except CardwrightError as exc:
            found.append(DoctorCheck(f"evaluator {name}", False, str(exc)))
    return found


def _spark() -> list[DoctorCheck]:
    """What `--engine local[2]` and its kin need: the library, and the Java that it starts."""
    from cardwright.engines import java

    found = java.find()
    if found is None:
        said = DoctorCheck(f"Java {java.LEAST} (for --engine)", False, "none on PATH or in JAVA_HOME", java.REMEDY)
    else:
        enough = found.version >= java.LEAST
        version = f"{found.version or 'of an unknown version'} at {found.path}"
        said = DoctorCheck(f"Java {java.LEAST} (for --engine)", enough, version, "" if enough else java.REMEDY)
    return [_module("pyspark", "pyspark", "spark"), said]


_OFFLINE: tuple[tuple[str, str], ...] = (
    ("presidio-analyzer", "its default engine downloads a spaCy model; ours is built from a blank one"),
    ("tldextract", "it asks for the public suffix list; ours uses the list that it brings"),
    ("transformers", "it asks a model hub; ours loads local paths only"),
)


def checks(*, offline: bool = False) -> list[DoctorCheck]:
    """Everything that was looked at, the core first."""
    enough = sys.version_info >= (3, 11)
    python = DoctorCheck("Python", enough, platform.python_version(), "Install Python 3.11 or newer.", required=True)
    found = [python, *_system(), _weasyprint(), _font()]
    for extra, libraries in _EXTRAS.items():
        found += [_module(library, module, extra) for library, module in libraries]
    found += _spark()
    found += _evaluators()
    if offline:
        for library, note in _OFFLINE:
            if importlib.util.find_spec(library.replace("-", "_")) is not None:
                found.append(DoctorCheck(f"{library} offline", True, note))
        found.append(
            DoctorCheck("evaluation", True, "runs with a socket guard: nothing beyond this machine is reached")
        )
    return found
