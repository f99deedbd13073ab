"""The files of an installed distribution, as one digest.

A version is a claim of whoever packaged it, and in a checkout it stays the same while the code changes. So code is named by its
bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, PackagePath
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from cardwright.record import canonical

_BESIDE = ("cardwright/card_templates", "cardwright/checklists", "cardwright/policies")
"""Folders that make no number. They are inside our package in a wheel and outside it in a checkout; without them both agree."""


def sha256_of(distribution: Distribution | None, module: str) -> str:
    """The digest of a distribution's files: of the canonical JSON object `{path: sha256}`.

    Parameters
    ----------
    distribution
        As the entry point names it; None if it names none.
    module
        A module of it. If the installer's list of files does not hold that module, as after `pip install -e`, the files of its
        top-level package are taken instead.
    """
    return canonical.sha256({path: canonical.digest(file.read_bytes()) for path, file in _files(distribution, module)})


def _files(distribution: Distribution | None, module: str) -> list[tuple[str, Path]]:
    top = module.partition(".")[0]
    listed = {path.as_posix(): Path(str(path.locate())) for path in _listed(distribution) if _is_code(path)}
    if not any(path.startswith((f"{top}/", f"{top}.")) for path in listed):
        listed = dict(_package(top))
    return sorted((path, file) for path, file in listed.items() if file.is_file())


def _listed(distribution: Distribution | None) -> Sequence[PackagePath]:
    return (distribution.files if distribution is not None else None) or ()


def _package(top: str) -> Iterator[tuple[str, Path]]:
    spec = find_spec(top)
    if spec is None:
        return
    for folder in spec.submodule_search_locations or ():
        for file in Path(folder).rglob("*"):
            path = PurePosixPath(top, file.relative_to(folder).as_posix())
            if _is_code(path):
                yield str(path), file
    if not spec.submodule_search_locations and spec.origin is not None:
        yield Path(spec.origin).name, Path(spec.origin)


def _is_code(path: PurePosixPath) -> bool:
    """Whether a file is the same wherever the distribution is installed: no metadata, script with a path in it, or cache."""
    return not (
        path.is_absolute()
        or path.suffix in (".pyc", ".pyo", ".pth")
        or path.as_posix().startswith(tuple(f"{folder}/" for folder in _BESIDE))
        or path.parts[0].endswith((".dist-info", ".egg-info"))
        or any(part in ("..", "__pycache__") or part.startswith(".") for part in path.parts)
    )
