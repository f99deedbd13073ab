"""Finds card_templates/, checklists/ and policies/: inside the package in a wheel, beside `src` in a checkout.

hatchling's `force-include` puts the three folders into the wheel, but after `pip install -e .` they are not in the package. This
module alone knows that.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

from cardwright.errors import UsageError, did_you_mean

Folder = Literal["card_templates", "checklists", "policies"]

_PACKAGE = Path(__file__).parent.parent
_CHECKOUT = _PACKAGE.parent.parent


@cache
def folder(name: Folder) -> Path:
    """The folder of that name.

    Raises
    ------
    UsageError
        If the installation does not hold it.
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
        If there is none; names the nearest.
    """
    path = folder(kind) / f"{name}.yaml"
    if "/" in name or not path.is_file():
        raise UsageError(f'no file "{name}" in {kind}', do=did_you_mean(name, names(kind)))
    return path.read_bytes(), f"{kind}/{name}.yaml"


def template_folders(own: Path | None = None) -> list[Path]:
    """Where templates are looked for: a person's own folder first, then ours.

    Raises
    ------
    UsageError
        If the person's folder is not there.
    """
    ours = folder("card_templates")
    if own is None:
        return [ours]
    if not own.is_dir():
        raise UsageError("there is no such folder of templates", where=str(own), do="Check the path after --templates.")
    return [own, ours]


def template_digests(own: Path | None = None) -> dict[str, str]:
    """SHA-256 of every template, style sheet, figure and catalogue that documents are made from, by its path.

    Those of kinds of documents are left out: a record names them itself, and another kind changes no other document.

    Raises
    ------
    UsageError
        If the person's folder is not there.
    """
    return {
        f"{number}/{path.relative_to(folder_).as_posix()}": sha256(path.read_bytes()).hexdigest()
        for number, folder_ in enumerate(reversed(template_folders(own)))
        for path in sorted(folder_.rglob("*"))
        if path.suffix in (".j2", ".css", ".yaml") and path.is_file()
        if path.relative_to(folder_).parts[0] != "kinds"
    }


def catalogues(code: str, own: Path | None = None) -> list[tuple[bytes, str]]:
    """The catalogues of a language, ours first, with how errors name them: documents, packaged kinds of them, a person's own.

    Raises
    ------
    UsageError
        If the person's folder is not there.
    """
    name = f"words.{code}.yaml"
    ours, *others = [place / name for place in reversed(template_folders(own))]
    paths = [ours.with_name(f"kind_{name}"), ours, *others]
    return [(path.read_bytes(), path.name) for path in paths if path.is_file()]


def stylesheet(name: str) -> str:
    """A style sheet of ours."""
    return (folder("card_templates") / name).read_text(encoding="utf-8")


FONT_STYLES = {
    # file of the PyPI package font-source-sans-pro: (weight, style)
    "SourceSansPro-Regular.ttf": (400, "normal"),
    "SourceSansPro-It.ttf": (400, "italic"),
    "SourceSansPro-Semibold.ttf": (600, "normal"),
    "SourceSansPro-Bold.ttf": (700, "normal"),
}
"""The one family of type, SIL Open Font Licence."""


@cache
def fonts() -> dict[str, bytes]:
    """The bytes of the fonts by file name.

    Raises
    ------
    UsageError
        If the package font-source-sans-pro is not installed whole.
    """
    from importlib.resources import files

    try:
        place = files("font_source_sans_pro") / "files"
        return {name: (place / name).read_bytes() for name in FONT_STYLES}
    except (ModuleNotFoundError, FileNotFoundError) as exc:
        raise UsageError(
            "the font family Source Sans Pro is not installed", do="Install Cardwright's requirements again."
        ) from exc


def export_schema(name: str) -> str:
    """An official schema of another system's format, as it was published."""
    return (_PACKAGE / "documents" / "exports" / name).read_text(encoding="utf-8")
