"""What a PDF says and in which structure, whoever set it: read from its tags, so that two ways of setting it can be compared.

Another version of Pango breaks lines and pages elsewhere. What stays is the order of the text, which element each character
belongs to, the words of figures, where links lead, and what is attached. White space is left out, since it vanishes where a line
breaks; so are leaders and page numbers, which count pages.

It reads the PDFs that `documents.pdf` writes. In any other, what cannot be read is an error and never passed over.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cardwright.errors import IntegrityError
from cardwright.record import canonical

_INLINE = {"Span", "NonStruct", "Link"}
"""Elements that begin anew with each line, or wrap a few words: not what a block of text begins with."""
_HOLDERS = {"Document", "Part", "Sect", "Div", "Art"}
"""Elements that hold others and say nothing themselves; each page has its own."""
_CELL, _WORDS = "\x02", "\x03"
"""Marks where a cell of a table begins, an empty one too, and around the words of a figure. No text has them, and neither is
white space."""
_LEADER = re.compile(r"\.{4,}[0-9]*")
"""A leader and the page that it leads to, as in a table of contents."""
_COUNTED = re.compile(r"(.*\D)([0-9]+)(\D+)([0-9]+)(\D*)")
"""A page's number and their count, in any language; they stand last in the margins."""


@dataclass(frozen=True)
class TaggedText:
    """What a PDF says."""

    text: str
    """All of it in the order of the tags, without white space."""
    paths: tuple[tuple[int, str], ...]
    """From which character on the text stands in which elements, e.g. `Table/TBody/TR/TD`."""
    begins: frozenset[int]
    """Characters that an element begins at."""
    pages: frozenset[int]
    """Characters that a page begins at: an element that goes on there begins anew in the tags."""
    margins: frozenset[str]
    """What stands on the pages outside the tags: head and foot, page numbers aside."""
    links: tuple[str, ...]
    """Where links lead, in alphabetical order."""
    attached: Mapping[str, str]
    """Names of attachments to their SHA-256."""
    described: tuple[tuple[str, str], ...]
    """Language and entries of the document's information, but for its producer; then its bookmarks."""
    pictures: int
    """How many pictures made of pixels it holds."""

    def path_at(self, character: int) -> str:
        """The elements that a character stands in."""
        found = bisect_right(self.paths, character, key=lambda entry: entry[0])
        return self.paths[found - 1][1] if found else ""


@dataclass(frozen=True)
class _Piece:
    """A run of text in one element of one page."""

    page: int
    mark: int | None
    """Its marked-content identifier; None for words that the tags themselves hold."""
    path: tuple[str, ...]
    begins: bool
    """Whether an element begins with it."""
    text: str


def read(data: bytes, *, where: str, leave_out: str = "") -> TaggedText:
    """What a PDF says.

    Parameters
    ----------
    leave_out:
        The name of an attachment that is not compared.

    Raises
    ------
    IntegrityError
        If it is not a PDF, has no tags, or holds text that cannot be read.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            return _read(pdf, leave_out)
    except (pikepdf.PdfError, KeyError, AttributeError, TypeError, ValueError, IndexError, RecursionError) as exc:
        raise IntegrityError(
            "its text and structure cannot be read", where=where, do="It is damaged, or not a PDF of ours."
        ) from exc


def _read(pdf: Any, leave_out: str) -> TaggedText:
    fonts: dict[Any, dict[int, str]] = {}
    pages = [dict(_marked(page.obj, page.obj.Resources, fonts)) for page in pdf.pages]
    numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    tagged = list(_walk(pdf.Root.StructTreeRoot.K, (), None, numbers, pages))
    text = ""
    paths: list[tuple[int, str]] = []
    begins: set[int] = set()
    breaks: set[int] = set()
    page = -1
    for piece in _merged(_without_repeated_heads(tagged)):
        if piece.page != page:
            if piece.page < page:
                raise ValueError("the pages are not in the order of the text")
            breaks.add(len(text))
            page = piece.page
        if piece.begins:
            begins.add(len(text))
        path = "/".join(piece.path)
        if not paths or paths[-1][1] != path:
            paths.append((len(text), path))
        text += piece.text
    reached = {(piece.page, piece.mark) for piece in tagged}
    return TaggedText(
        text=text,
        paths=tuple(paths),
        begins=frozenset(begins),
        pages=frozenset(breaks),
        margins=frozenset(
            _uncounted([words for mark, words in sorted(marked.items()) if (n, mark) not in reached], n + 1, len(pages))
            for n, marked in enumerate(pages)
        ),
        links=tuple(sorted({_target(each) for page in pdf.pages for each in page.obj.get("/Annots", ())})),
        attached={
            name: canonical.digest(file.get_file().read_bytes())
            for name, file in sorted(pdf.attachments.items())
            if name != leave_out
        },
        described=tuple(_described(pdf)),
        pictures=sum(str(each.get("/Subtype")) == "/Image" for each in _dictionaries(pdf)),
    )


# ---------------------------------------------------------------------------------------- what stands on pages


_OUTSIDE = -1
"""Text with no mark at all, drawn past the tags."""


def _marked(holder: Any, resources: Any, fonts: dict[Any, dict[int, str]], outer: int = _OUTSIDE) -> dict[int, str]:
    """The text of a page, or of a drawing on it, by marked-content identifier."""
    import pikepdf

    found: dict[int, str] = {}
    marks = [outer]
    characters: dict[int, str] = {}
    for instruction in pikepdf.parse_content_stream(holder):
        operands: Any = instruction.operands
        match str(instruction.operator):
            case "BDC":
                properties = operands[1]
                inner = properties.get("/MCID") if isinstance(properties, pikepdf.Dictionary) else None
                marks.append(marks[-1] if inner is None else int(inner))
            case "BMC":
                marks.append(marks[-1])
            case "EMC":
                marks.pop()
            case "Tf":
                font = resources.Font[str(operands[0])]
                if font.objgen not in fonts:
                    fonts[font.objgen] = _characters(font)
                characters = fonts[font.objgen]
            case "TJ" | "Tj" as shows:
                strings = operands[0] if shows == "TJ" else [operands[0]]
                said = "".join(_decoded(bytes(s), characters) for s in strings if isinstance(s, pikepdf.String))
                found[marks[-1]] = found.get(marks[-1], "") + said
            case "Do":
                drawn = resources.XObject[str(operands[0])]
                if str(drawn.Subtype) == "/Form":
                    for mark, words in _marked(drawn, drawn.get("/Resources", resources), fonts, marks[-1]).items():
                        found[mark] = found.get(mark, "") + words
            case "'" | '"' | "INLINE IMAGE" as unknown:
                raise ValueError(f"an operator that our PDFs do not use: {unknown}")
    return found


def _characters(font: Any) -> dict[int, str]:
    """What each glyph of a font stands for. Ours are in Identity-H with one `bfchar` a glyph."""
    if str(font.Subtype) != "/Type0" or str(font.Encoding) != "/Identity-H":
        raise ValueError("a font of another kind than ours")
    map_ = bytes(font.ToUnicode.get_stream_buffer()).decode("ascii")
    if "beginbfrange" in map_:
        raise ValueError("a map of characters of another kind than ours")
    pairs = re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]*)>", map_.partition("endcodespacerange")[2])
    return {int(glyph, 16): bytes.fromhex(text).decode("utf-16-be") for glyph, text in pairs}


def _decoded(data: bytes, characters: Mapping[int, str]) -> str:
    return "".join(characters[int.from_bytes(data[i : i + 2], "big")] for i in range(0, len(data), 2))


def _uncounted(words: list[str], number: int, count: int) -> str:
    """What the margins of a page say, without its number and their count."""
    said = "".join("".join(words).split())
    counted = _COUNTED.fullmatch(said)
    if counted and (counted[2], counted[4]) == (str(number), str(count)):
        return f"{counted[1]}#{counted[3]}#{counted[5]}"
    return said


# ---------------------------------------------------------------------------------------- what the tags say


def _walk(
    node: Any, path: tuple[str, ...], page: int | None, numbers: Mapping[Any, int], pages: list[dict[int, str]]
) -> Iterator[_Piece]:
    """The pieces of the structure tree, in its order; every element begins with its first piece."""
    import pikepdf

    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from _walk(kid, path, page, numbers, pages)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        page = numbers[node.Pg.objgen] if "/Pg" in node else page
        role = str(node.S)[1:]
        name = "" if role in _HOLDERS or role in ("Span", "NonStruct") else _name(node, role)
        # A link holds what CSS sets after it, in links of their own to the same place.
        inside = path if not name or (role == "Link" and path[-1:] == (name,)) else (*path, name)
        begins = role not in _INLINE | _HOLDERS
        words = "".join(f"{_WORDS}{node[key]}{_WORDS}" for key in ("/Alt", "/ActualText") if key in node)
        words += _CELL if role in ("TH", "TD") else ""
        if words:
            yield _Piece(page or 0, None, inside, begins, words)
            begins = False
        for piece in _walk(node.get("/K", pikepdf.Array()), inside, page, numbers, pages):
            yield replace(piece, begins=piece.begins or begins)
            begins = False
    elif isinstance(node, pikepdf.Dictionary) and str(node.get("/Type")) == "/MCR":
        yield from _walk(node.MCID, path, numbers[node.Pg.objgen] if "/Pg" in node else page, numbers, pages)
    elif not isinstance(node, pikepdf.Dictionary):
        if page is None:
            raise ValueError("marked content of no page")
        # A mark without text is a line, a box or a drawing.
        yield _Piece(page, int(node), path, False, pages[page].get(int(node), ""))


def _name(node: Any, role: str) -> str:
    """An element with what a reader is told of it: where a link leads, how many rows and columns a cell spans."""
    import pikepdf

    if role == "Link":
        kids = node.get("/K", ())
        objects = [kid.Obj for kid in kids if isinstance(kid, pikepdf.Dictionary) and str(kid.get("/Type")) == "/OBJR"]
        return f"Link({' '.join(sorted({_target(each) for each in objects}))})"
    spans = [f"{key[1:]}={int(node.A[key])}" for key in ("/ColSpan", "/RowSpan") if "/A" in node and key in node.A]
    return f"{role}({' '.join(spans)})" if spans else role


def _target(annotation: Any) -> str:
    """Where a link leads; what an annotation is, if it is no link."""
    if str(annotation.Subtype) != "/Link":
        return str(annotation.Subtype)
    action = annotation.get("/A")
    return str(annotation.Dest) if action is None else f"{action.S} {action.get('/URI', action.get('/D', ''))}"


def _without_repeated_heads(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """The pieces without the head of a table that goes on on a further page, which is set there again."""
    last: tuple[str, ...] = ()
    last_page = -1
    for is_head, group in _grouped(pieces):
        said = tuple(piece.text for piece in group)
        if is_head and said == last and group[0].page > last_page:
            last_page = group[-1].page
            continue
        if is_head:
            last, last_page = said, group[-1].page
        yield from group


def _grouped(pieces: Iterable[_Piece]) -> Iterator[tuple[bool, list[_Piece]]]:
    """Runs of pieces that are the head of a table on one page, and runs of others."""
    group: list[_Piece] = []
    kind: tuple[bool, int] | None = None
    for piece in pieces:
        is_head = "THead" in piece.path
        now = (is_head, piece.page if is_head else 0)
        if group and now != kind:
            yield kind is not None and kind[0], group
            group = []
        kind = now
        group.append(piece)
    if group:
        yield kind is not None and kind[0], group


def _merged(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """The pieces without white space; lines of one element are one piece, and leaders are gone."""
    former: _Piece | None = None
    for piece in pieces:
        said = replace(piece, text="".join(piece.text.split()))
        if not said.text:
            if said.begins and former is not None:
                yield _unled(former)
                former = None
            continue
        if former is not None and not said.begins and (said.path, said.page) == (former.path, former.page):
            former = replace(former, text=former.text + said.text)
            continue
        if former is not None:
            yield _unled(former)
        former = said
    if former is not None:
        yield _unled(former)


def _unled(piece: _Piece) -> _Piece:
    return replace(piece, text=_LEADER.sub("", piece.text)) if "...." in piece.text else piece


# ---------------------------------------------------------------------------------------- what it says of itself


def _dictionaries(pdf: Any) -> Iterator[Any]:
    import pikepdf

    return (each for each in pdf.objects if isinstance(each, pikepdf.Dictionary | pikepdf.Stream))


def _described(pdf: Any) -> Iterator[tuple[str, str]]:
    yield "language", str(pdf.Root.get("/Lang", ""))
    for key, value in sorted(pdf.docinfo.items()):
        if key not in ("/Producer", "/CreationDate", "/ModDate"):
            yield key[1:], str(value)
    with pdf.open_outline() as outline:
        yield from _bookmarks(outline.root, "bookmark")


def _bookmarks(items: Any, name: str) -> Iterator[tuple[str, str]]:
    for item in items:
        yield name, str(item.title)
        yield from _bookmarks(item.children, f"{name}/bookmark")


# ---------------------------------------------------------------------------------------- two of them


def difference(one: TaggedText, other: TaggedText) -> str | None:
    """In what two PDFs differ first, in words that quote neither; None if they say the same in the same structure."""
    if one.text != other.text:
        at = next((i for i, (a, b) in enumerate(zip(one.text, other.text, strict=False)) if a != b), None)
        at = min(len(one.text), len(other.text)) if at is None else at
        return f"the text differs from character {at} on, in {one.path_at(at) or 'the document'}"
    for at in sorted({start for start, _ in (*one.paths, *other.paths)}):
        if one.path_at(at) != other.path_at(at):
            return f"character {at} stands in {one.path_at(at)}, and in {other.path_at(at)}"
    # An element that goes on on a further page is opened there again.
    begun = sorted((one.begins - other.begins - one.pages) | (other.begins - one.begins - other.pages))
    if begun:
        return f"an element begins at character {begun[0]}, in {one.path_at(begun[0])}, in one of them only"
    for name, this, that in (
        ("what stands in the margins", one.margins, other.margins),
        ("where links lead", one.links, other.links),
        ("what is attached", one.attached, other.attached),
        ("what it says of itself", one.described, other.described),
        ("how many pictures it holds", one.pictures, other.pictures),
    ):
        if this != that:
            return f"{name} differs"
    return None
