"""What PDF/UA-1 (ISO 14289-1) asks of a file and WeasyPrint 70 leaves out, and a check of what tags can tell.

veraPDF needs Java and is not packaged for Python, and pikepdf checks PDF/A alone, so `findings` reads the tags itself. It cannot
tell whether the words beside a figure say what it shows, whether the order of reading is the best one, whether a contrast is
enough, or whether what is marked as decoration is none. For these a person has to look.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any


def complete(pdf: Any) -> None:
    """Say of each head of a table whether it heads its column or its row (ISO 14289-1, 7.5), and keep to items in lists (7.6)."""
    import pikepdf

    for element, path in elements(pdf):
        if str(element.S) == "/L":
            _items_alone(element)
        if str(element.S) == "/TH":
            scope = pikepdf.Name.Column if "THead" in path else pikepdf.Name.Row
            attributes = element.get("/A", pikepdf.Dictionary(O=pikepdf.Name.Table))
            attributes.Scope = scope
            element.A = attributes


def _items_alone(list_: Any) -> None:
    """Take what holds a term and its description together out of a list: HTML allows a `div` there, and PDF does not."""
    import pikepdf

    kids = list(list_.get("/K", ()))
    if not any(isinstance(kid, pikepdf.Dictionary) and str(kid.get("/S", "")) == "/Div" for kid in kids):
        return
    items: list[Any] = []
    for kid in kids:
        for item in (
            kid.get("/K", ()) if isinstance(kid, pikepdf.Dictionary) and str(kid.get("/S", "")) == "/Div" else [kid]
        ):
            item.P = list_
            items.append(item)
    list_.K = pikepdf.Array(items)


def elements(pdf: Any) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """The elements of the structure tree in their order, each with the names of those that hold it."""
    import pikepdf

    def walk(node: Any, path: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
        if isinstance(node, pikepdf.Array):
            for kid in node:
                yield from walk(kid, path)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            yield node, path
            if "/K" in node:
                yield from walk(node.K, (*path, str(node.S)[1:]))

    yield from walk(pdf.Root.StructTreeRoot.K, ())


def findings(data: bytes) -> list[str]:
    """What keeps a file from PDF/UA-1, as far as its tags and dictionaries tell; empty if nothing was found."""
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as pdf:
        return list(_found(pdf))


def _found(pdf: Any) -> Iterator[str]:
    root = pdf.Root
    if b'pdfuaid:part="1"' not in bytes(root.Metadata.get_stream_buffer()):
        yield "the metadata do not name PDF/UA-1"
    if not root.get("/MarkInfo", {}).get("/Marked", False):
        yield "the file is not marked as tagged"
    if not str(root.get("/Lang", "")):
        yield "no language is stated"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False):
        yield "a viewer would show the file's name instead of its title"
    level = 0
    for element, path in elements(pdf):
        role = str(element.S)[1:]
        if role in ("H1", "H2", "H3", "H4", "H5", "H6"):
            if int(role[1]) > level + 1:
                yield f"a heading of level {role[1]} follows one of level {level}"
            level = int(role[1])
        if role == "Figure" and not str(element.get("/Alt", "")).strip():
            yield "a figure has no words"
        if role == "TH" and "/Scope" not in element.get("/A", {}):
            yield "a head of a table does not say what it heads"
        if role in ("TH", "TD") and path[-1:] != ("TR",):
            yield f"a cell stands in {path[-1]} and not in a row"
        if path[-1:] == ("L",) and role not in ("LI", "L", "Caption"):
            yield f"a list holds {role}, which is no item"
        if role == "TR" and path[-1:] not in (("Table",), ("THead",), ("TBody",), ("TFoot",)):
            yield "a row stands in no table"
    for number, page in enumerate(pdf.pages, 1):
        annotations = page.obj.get("/Annots", ())
        if len(annotations) and str(page.obj.get("/Tabs", "")) != "/S":
            yield f"page {number} is not walked through in the order of its structure"
        if any("/StructParent" not in each or "/Contents" not in each for each in annotations):
            yield f"a link on page {number} has no words or no place in the structure"


__all__ = ["complete", "elements", "findings"]
