"""Finds card_templates/, checklists/ and policies/: inside the package in a wheel, beside `src` in a checkout.

hatchling's `force-include` puts the three folders into the wheel, but after `pip install -e .` they are not in the package. This
module alone knows that.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from cardwright.errors import UsageError, did_you_mean

Folder = Literal["card_templates", "checklists", "policies"]

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent.parent


@cache
def folder(name: Folder) -> Path:
    """The folder of that name.

    Raises
    ------
    UsageError
        Where the installation does not hold it.
    """
    for place in (_PACKAGE / name, _CHECKOUT / name):
        if place.is_dir():
            return place
    raise UsageError(f"the folder {name} is not installed", do="Install Cardwright again.")


def names(kind: Folder) -> tuple[str, ...]:
    """The names of the YAML files in a folder, without their endings, sorted."""
    return tuple(sorted(path.stem for path in folder(kind).glob("*.yaml")))


def read(kind: Folder, name: str) -> tuple[bytes, str]:
    """A packaged YAML file by name: its bytes, and how errors name it.

    Raises
    ------
    UsageError
        Where there is none; names the nearest.
    """
    path = folder(kind) / f"{name}.yaml"
    if "/" in name or not path.is_file():
        raise UsageError(f'no file "{name}" in {kind}', do=did_you_mean(name, names(kind)))
    return path.read_bytes(), f"{kind}/{name}.yaml"
