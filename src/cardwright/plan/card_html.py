"""The HTML blocks of a card as Markdown: headings, paragraphs, lists and tables that somebody wrote as HTML.

Only what holds text is kept: scripts, styles and pictures are left out. Links keep their address.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

_HOLDS_TEXT = re.compile(r"<(?:h[1-6]|p|li|table|tr|dt|dd)\b", re.IGNORECASE)
_SILENT = ("script", "style", "svg", "head", "template")
_STRONG, _SLANTED = ("b", "strong"), ("i", "em")


def as_markdown(text: str) -> str:
    """A Markdown text whose HTML blocks of headings, paragraphs, lists and tables are Markdown; all else is as it was.

    >>> as_markdown("<h2>Limits</h2>\\n<p>Of <b>one</b> city.</p>\\n")
    '## Limits\\n\\nOf **one** city.\\n\\n'
    """
    from markdown_it import MarkdownIt

    if _HOLDS_TEXT.search(text) is None:
        return text
    text = re.sub(r"\r\n?", "\n", text)
    lines = text.split("\n")
    for token in reversed(MarkdownIt("commonmark").parse(text)):
        if token.type == "html_block" and token.level == 0 and token.map is not None:
            start, end = token.map
            raw = "\n".join(lines[start:end])
            if _HOLDS_TEXT.search(raw):
                lines[start:end] = [*_converted(raw).split("\n")]
    return "\n".join(lines)


def _converted(raw: str) -> str:
    reader = _Blocks()
    reader.feed(raw)
    reader.close()
    text = re.sub(r"[ \t]+\n", "\n", reader.text())
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


class _Blocks(HTMLParser):
    """Collects the text of HTML, as Markdown."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._silent = 0
        self._rows: list[list[str]] | None = None
        self._cell: list[str] | None = None
        self._links: list[str] = []

    def text(self) -> str:
        self._end_table()
        return "".join(self._out)

    def _say(self, text: str) -> None:
        if not self._silent:
            (self._out if self._cell is None else self._cell).append(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif re.fullmatch(r"h[1-6]", tag):
            self._say(f"\n\n{'#' * int(tag[1])} ")
        elif tag in ("p", "div", "ul", "ol", "dl", "details", "dt"):
            self._say("\n\n")
        elif tag == "li":
            self._say("\n- ")
        elif tag in ("br", "dd"):
            self._say("\n" if self._cell is None else " ")
        elif tag in _STRONG:
            self._say("**")
        elif tag in _SLANTED:
            self._say("*")
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")
            self._say("[")
        elif tag == "table":
            self._end_table()
            self._rows = []
        elif tag == "tr" and self._rows is not None:
            self._end_cell()
            self._rows.append([])
        elif tag in ("td", "th") and self._rows:
            self._end_cell()
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif re.fullmatch(r"h[1-6]", tag) or tag in ("p", "div", "ul", "ol", "dl", "details"):
            self._say("\n\n")
        elif tag in _STRONG:
            self._say("**")
        elif tag in _SLANTED:
            self._say("*")
        elif tag == "a" and self._links:
            address = self._links.pop()
            self._say(f"]({address})" if address else "]")
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "table":
            self._end_table()

    def handle_data(self, data: str) -> None:
        self._say(re.sub(r"\s+", " ", data))

    def _end_cell(self) -> None:
        if self._cell is not None and self._rows:
            said = " ".join("".join(self._cell).split()).replace("|", "\\|")
            self._rows[-1].append(said)
        self._cell = None

    def _end_table(self) -> None:
        self._end_cell()
        rows, self._rows = [row for row in self._rows or [] if any(row)], None
        if not rows:
            return
        width = max(map(len, rows))
        shown = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
        # A Markdown table needs a head; the first row can be one of the others.
        head = [f"| {' | '.join([''] * width)} |", f"| {' | '.join(['---'] * width)} |"]
        self._out.append("\n\n" + "\n".join([*head, *shown]) + "\n\n")


__all__ = ["as_markdown"]
