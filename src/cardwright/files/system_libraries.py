"""What Cardwright needs from the system, and how each platform installs it: the table `system_libraries.toml`, read and checked.

`make` and CI read it before anything is installed, so this module uses the standard library alone and imports nothing of ours.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import platform
import shutil
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Use = Literal["pdf", "tests", "browser"]
PlatformName = Literal["debian", "fedora", "alpine", "homebrew", "msys2"]


@dataclass(frozen=True)
class Platform:
    """One family of systems with a package manager of its own."""

    name: str
    title: str
    install: str
    """The command, to which the packages are added."""


@dataclass(frozen=True)
class SystemNeed:
    """A library or a program of the system."""

    name: str
    needed_for: Use
    purpose: str
    load: tuple[str, ...]
    """Names under which the library is opened; empty for a program."""
    program: tuple[str, ...]
    """Names on PATH; empty for a library."""
    packages: Mapping[str, str]
    """The package by platform."""


@dataclass(frozen=True)
class SystemTable:
    """The whole of `system_libraries.toml`."""

    platforms: tuple[Platform, ...]
    needs: tuple[SystemNeed, ...]

    def used_for(self, *uses: Use) -> tuple[SystemNeed, ...]:
        """What these uses need, in the table's order."""
        return tuple(need for need in self.needs if need.needed_for in uses)


@cache
def table() -> SystemTable:
    """The table, as it is packaged."""
    read = tomllib.loads((Path(__file__).parent / "system_libraries.toml").read_text(encoding="utf-8"))
    platforms = tuple(Platform(name, **row) for name, row in read["platforms"].items())
    return SystemTable(platforms, tuple(_need(row, platforms) for row in read["needs"]))


def _need(row: dict[str, object], platforms: Iterable[Platform]) -> SystemNeed:
    packages = {where.name: str(row.pop(where.name)) for where in platforms}
    names = {key: tuple(map(str, row.pop(key, ()))) for key in ("load", "program")}  # type: ignore[call-overload]
    return SystemNeed(packages=packages, **names, **row)  # type: ignore[arg-type]  # checked by the table's test


def is_installed(need: SystemNeed) -> bool:
    """Whether the library can be opened, or the program is on PATH.

    Libraries are looked for as WeasyPrint does: by the shared object's own name, then as the linker would find them.
    """
    return any(map(shutil.which, need.program)) or any(map(_opens, need.load))


def _opens(name: str) -> bool:
    if os.name == "nt":
        _add_dll_directories()
    try:
        if "." in name:
            ctypes.CDLL(name)
            return True
    except OSError:
        pass
    return ctypes.util.find_library(name) is not None


@cache
def _add_dll_directories() -> None:  # pragma: no cover - Windows only
    """Where WeasyPrint looks too."""
    usual = r"C:\msys64\ucrt64\bin;C:\msys64\mingw64\bin;C:\Program Files\GTK3-Runtime Win64\bin"
    for folder in os.environ.get("WEASYPRINT_DLL_DIRECTORIES", usual).split(";"):
        try:
            os.add_dll_directory(folder)  # type: ignore[attr-defined, unused-ignore]
        except OSError:
            continue


def missing(*uses: Use) -> tuple[SystemNeed, ...]:
    """What these uses need and this system does not have."""
    return tuple(need for need in table().used_for(*uses) if not is_installed(need))


def this_platform() -> Platform | None:
    """The platform this runs on; None where the table knows none."""
    by_system = {"Darwin": "homebrew", "Windows": "msys2"}
    return _platform(by_system.get(platform.system()) or _linux_family())


def _linux_family() -> str | None:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return None
    names = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    known = {"debian": "debian", "ubuntu": "debian", "fedora": "fedora", "rhel": "fedora", "alpine": "alpine"}
    return next((known[name] for name in names if name in known), None)


def _platform(name: str | None) -> Platform | None:
    return next((where for where in table().platforms if where.name == name), None)


def packages(needs: Iterable[SystemNeed], where: Platform) -> list[str]:
    """The packages that bring these needs, each once."""
    return list(dict.fromkeys(need.packages[where.name] for need in needs))


def install_commands(needs: Iterable[SystemNeed], where: Platform | None = None) -> list[str]:
    """The command that installs these needs on a platform; where it is None, on each, led by its name.

    >>> pango = [need for need in table().needs if need.name == "Pango"]
    >>> install_commands(pango, table().platforms[1])
    ['dnf install -y pango']
    """
    wanted = tuple(needs)
    if where is not None:
        return [" ".join([where.install, *packages(wanted, where)])]
    return [f"{each.title}: {' '.join([each.install, *packages(wanted, each)])}" for each in table().platforms]


def report(*uses: Use) -> list[str]:
    """One line for each need that is missing, then the command that installs them all; empty where nothing is missing."""
    absent = missing(*uses)
    if not absent:
        return []
    commands = install_commands(absent, this_platform())
    return [
        *(f"missing: {need.name}, which {need.purpose}" for need in absent),
        *(f"install: {command}" for command in commands),
    ]
