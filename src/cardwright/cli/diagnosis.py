"""What is installed, what is not, and what to install."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    what: str
    ok: bool
    detail: str = ""
    remedy: str = ""
    required: bool = False
    """Whether Cardwright's core cannot do without it."""


PANGO = {
    "Linux": "Debian, Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0. Fedora: dnf install pango",
    "Darwin": "brew install pango",
    "Windows": "Install MSYS2, then: pacman -S mingw-w64-x86_64-pango, and set WEASYPRINT_DLL_DIRECTORIES",
}
"""The package that brings Pango, by operating system."""

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
}


def _module(library: str, module: str, extra: str) -> Check:
    if importlib.util.find_spec(module) is None:
        return Check(library, False, f"extra {extra}", f"pip install 'cardwright[{extra}]'")
    try:
        version = metadata.version(library)
    except metadata.PackageNotFoundError:
        version = ""
    return Check(library, True, version)


def _pango() -> Check:
    remedy = f"Without Pango everything but the PDF is written. {PANGO.get(platform.system(), PANGO['Linux'])}"
    try:
        import weasyprint
    except OSError:
        return Check("Pango (for the PDF)", False, "", remedy)
    return Check("WeasyPrint and Pango", True, str(weasyprint.__version__))


def _evaluators() -> list[Check]:
    from cardwright.errors import CardwrightError
    from cardwright.evaluators import registry

    found = []
    for name in registry.available():
        try:
            evaluator = registry.find(name)
            found.append(Check(f"evaluator {name}", True, evaluator.version))
        except CardwrightError as exc:
            found.append(Check(f"evaluator {name}", False, str(exc)))
    return found


_OFFLINE: tuple[tuple[str, str], ...] = (
    ("presidio-analyzer", "its default engine downloads a spaCy model; ours is built from a blank one"),
    ("tldextract", "it asks for the public suffix list; ours uses the list that it brings"),
    ("transformers", "it asks a model hub; ours loads local paths only"),
)


def checks(*, offline: bool = False) -> list[Check]:
    """Everything that was looked at, the core first."""
    enough = sys.version_info >= (3, 11)
    python = Check("Python", enough, platform.python_version(), "Install Python 3.11 or newer.", required=True)
    core: list[Callable[[], Check]] = [_pango]
    found = [python, *(check() for check in core)]
    for extra, libraries in _EXTRAS.items():
        found += [_module(library, module, extra) for library, module in libraries]
    found += _evaluators()
    if offline:
        for library, note in _OFFLINE:
            if importlib.util.find_spec(library.replace("-", "_")) is not None:
                found.append(Check(f"{library} offline", True, note))
        found.append(Check("evaluation", True, "runs with a socket guard: nothing beyond this machine is reached"))
    return found
