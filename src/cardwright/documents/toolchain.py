"""What a PDF was made with: a PDF is a function of the record and of a stated toolchain.

Other versions of these libraries, or other fonts, set type otherwise and write other bytes of the same document. So every PDF
holds their names and versions (`toolchain.json`, an attachment), and a release statement repeats them. Where the toolchain here
is another one, bytes prove nothing, neither for a document nor against it: its text and structure are compared instead.

The facts name what shapes bytes and nothing else: with a host or a kernel among them, every machine would be a toolchain of its
own.
"""

from __future__ import annotations

import io
import platform
import warnings
import zlib
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from functools import cache
from importlib import metadata
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

from cardwright import __version__
from cardwright.documents.interface import MissingPangoError
from cardwright.errors import IntegrityError
from cardwright.files import packaged, system_libraries
from cardwright.record import canonical
from cardwright.record.base import visible

ATTACHMENT = "toolchain.json"
"""The attachment of a PDF that holds the facts, as canonical JSON."""

_PYTHON = ("weasyprint", "pydyf", "tinycss2", "tinyhtml5", "cssselect2", "fonttools", "pikepdf", "Jinja2")
"""Distributions between a record and the bytes of its PDF. Not Pyphen, nor Pillow: nothing is hyphenated or a photo."""

_LOCK = Lock()  # filters of warnings and standard output are the process's


def _missing_pango() -> MissingPangoError:
    """Names the libraries that are missing, and this platform's command, from the table that `doctor` reads."""
    absent = system_libraries.missing("pdf")
    names = ", ".join(need.name for need in absent) or "Pango"
    commands = system_libraries.install_commands(
        absent or system_libraries.table().used_for("pdf"), system_libraries.this_platform()
    )
    return MissingPangoError(
        f"the PDF needs {names}, which this system does not have",
        do=f"Install with: {'; '.join(commands)}. Everything but the PDF can be made without.",
    )


def engine() -> Any:
    """WeasyPrint, imported.

    Without HarfBuzz-Subset it warns, and subsets with fontTools instead, which gives valid fonts and other bytes. The facts state
    which of the two it was, so the warning has nothing to add, and a process that turns warnings into errors still gets its PDF.

    Raises
    ------
    MissingPangoError
        If Pango is not installed.
    """
    # If a library is missing, it prints advice of its own.
    with _LOCK, warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.filterwarnings("ignore", "HarfBuzz-Subset will be required", DeprecationWarning)
        try:
            import weasyprint
        except OSError as exc:
            raise _missing_pango() from exc
    return weasyprint


def _text(function: str) -> Callable[[Any, Any], str]:
    return lambda ffi, library: ffi.string(getattr(library, function)()).decode("ascii")


def _freetype(ffi: Any, library: Any) -> str:
    handle, parts = ffi.new("FT_Library *"), ffi.new("int[3]")
    library.FT_Init_FreeType(handle)
    library.FT_Library_Version(handle[0], parts, parts + 1, parts + 2)
    library.FT_Done_FreeType(handle[0])
    return ".".join(map(str, parts))


_NATIVE: Mapping[str, tuple[str, str, Callable[[Any, Any], str]]] = {
    # fact: (name in the table of system libraries, the function in C, how its answer reads)
    "pango": ("Pango", "const char *pango_version_string(void);", _text("pango_version_string")),
    "harfbuzz": ("HarfBuzz", "const char *hb_version_string(void);", _text("hb_version_string")),
    # Of the libharfbuzz that it is linked with: the two are built as one.
    "harfbuzz-subset": ("HarfBuzz-Subset", "const char *hb_version_string(void);", _text("hb_version_string")),
    "fontconfig": ("Fontconfig", "int FcGetVersion(void);", lambda ffi, library: str(library.FcGetVersion())),
    "freetype": (
        "FreeType",
        "typedef struct FT_LibraryRec_ *FT_Library; int FT_Init_FreeType(FT_Library *library); "
        "void FT_Library_Version(FT_Library library, int *major, int *minor, int *patch); "
        "int FT_Done_FreeType(FT_Library library);",
        _freetype,
    ),
}

_FREETYPE = ("libfreetype.so.6", "libfreetype.6.dylib", "libfreetype-6.dll")
"""Names of FreeType, which comes with Pango everywhere and so is no row of the table of system libraries."""


def _native(fact: str) -> str:
    """The version of a system library that WeasyPrint has loaded; `unknown` if it does not tell."""
    from cffi import FFI

    name, declaration, read = _NATIVE[fact]
    ffi = FFI()
    ffi.cdef(declaration)
    needed = next((need for need in system_libraries.table().needs if need.name == name), None)
    for file in needed.load if needed is not None else _FREETYPE:
        try:
            return read(ffi, ffi.dlopen(file))
        except (OSError, AttributeError):
            continue
    return "unknown"


def _subsetter() -> str:
    """What cuts fonts down to the characters that are used: HarfBuzz-Subset, or fontTools if WeasyPrint cannot use it."""
    from weasyprint.text import ffi

    if ffi.harfbuzz_subset and ffi.harfbuzz.hb_version_atleast(4, 1, 0):
        return f"harfbuzz-subset {_native('harfbuzz-subset')}"
    return f"fonttools {metadata.version('fonttools')}"


@cache
def _libraries() -> Mapping[str, str]:
    engine()
    import pikepdf

    found = {name.lower(): metadata.version(name) for name in _PYTHON}
    found |= {name: _native(name) for name in ("pango", "harfbuzz", "fontconfig", "freetype")}
    found |= {f"font {name}": f"sha256 {canonical.digest(data)}" for name, data in packaged.fonts().items()}
    return MappingProxyType(
        {
            **found,
            "cardwright": __version__,
            # Which characters count as letters, and how text is escaped, comes with the language's minor version.
            "python": ".".join(platform.python_version_tuple()[:2]),
            "qpdf": pikepdf.__libqpdf_version__,
            "subsetter": _subsetter(),
            "zlib": zlib.ZLIB_RUNTIME_VERSION,
        }
    )


def facts(templates: Path | None = None) -> Mapping[str, str]:
    """What a PDF is made with here: names of libraries, fonts and templates to versions or digests, sorted.

    Parameters
    ----------
    templates:
        A person's own folder of templates, which is part of what a document is made with.

    Raises
    ------
    MissingPangoError
        If Pango is not installed, so that no PDF can be made.
    """
    own = {"templates": f"sha256 {canonical.sha256(dict(packaged.template_digests(templates)))}"}
    return MappingProxyType(dict(sorted({**_libraries(), **own}.items())))


def embedded(data: bytes, *, where: str) -> Mapping[str, str] | None:
    """What a PDF says it was made with; None if it says nothing, as PDFs of earlier versions do.

    Raises
    ------
    IntegrityError
        If it is not a PDF, or states its toolchain in another form than ours.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            attachment = pdf.attachments.get(ATTACHMENT)
            stated = attachment.get_file().read_bytes() if attachment is not None else None
    except pikepdf.PdfError as exc:
        raise IntegrityError("not a PDF that can be read", where=where, do="It is damaged.") from exc
    if stated is None:
        return None
    said = canonical.read(stated, where=f"{where}, {ATTACHMENT}")
    if not isinstance(said, dict) or not all(isinstance(version, str) for version in said.values()):
        raise IntegrityError("it does not name libraries and their versions", where=f"{where}, {ATTACHMENT}")
    return MappingProxyType(said)


def differences(made: Mapping[str, str] | None, here: Mapping[str, str]) -> tuple[str, ...]:
    """In what a stated toolchain differs from the one here, in words; empty if in nothing.

    >>> differences({"pango": "1.50.12", "zlib": "1.3"}, {"pango": "1.56.3", "zlib": "1.3"})
    ('pango 1.50.12, here 1.56.3',)
    >>> differences(None, {"pango": "1.56.3"})
    ('it does not state what it was made with',)
    """
    if made is None:
        return ("it does not state what it was made with",)

    def brief(version: str | None) -> str:
        return visible(version.removeprefix("sha256 ")[:40]) if version is not None else "not stated"

    return tuple(
        f"{visible(name[:60])} {brief(made.get(name))}, here {brief(here.get(name))}"
        for name in sorted({*made, *here})
        if made.get(name) != here.get(name)
    )
