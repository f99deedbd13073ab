"""Every link, image and style reference of an answer, as a renderer of Markdown or HTML would find it."""

from __future__ import annotations

import html
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

LOADED = frozenset({"image", "html_loaded", "srcset", "css", "refresh"})
"""Kinds that a renderer fetches without a click."""


@dataclass(frozen=True)
class Link:
    """One address, and how it is written in the text."""

    kind: str
    """image, link, reference, autolink, bare, html_loaded, html_link, srcset, css, refresh."""
    url: str
    start: int
    end: int

    @property
    def parts(self) -> SplitResult | None:
        """The address taken apart as a browser does; `None` where it is none."""
        return split(self.url)


_DROPPED = {ord(c): None for c in "\t\r\n"}
_AROUND = "".join(map(chr, range(33)))
_SLASHES = re.compile(r"^(https?|wss?|ftp):/*", re.IGNORECASE)
"""URL Standard (WHATWG), 4.4, "special authority ignore slashes state"."""


def split(url: str) -> SplitResult | None:
    """An address taken apart as a browser does: backslashes are slashes, tabs and line ends are dropped, `//host` is https, and
    of the web's own schemes any number of slashes stands before the host.

    >>> [split(url).hostname for url in ("https:/a.example", "http:a.example", "wss:///a.example", "///a.example")]
    ['a.example', 'a.example', 'a.example', 'a.example']
    """
    cleaned = html.unescape(url).translate(_DROPPED).strip(_AROUND).replace("\\", "/")
    if cleaned.startswith("//"):
        cleaned = "https:" + cleaned
    cleaned = _SLASHES.sub(r"\1://", cleaned)
    try:
        parts = urlsplit(cleaned)
        _ = parts.hostname
    except ValueError:
        return None
    return parts if parts.scheme else None


def host(parts: SplitResult) -> str:
    """The host in lower case without a final dot; for `mailto:` the domain of the first address; empty if there is none."""
    if parts.scheme.lower() == "mailto":
        return unquote(parts.path).split(",")[0].rpartition("@")[2].strip().lower().rstrip(".")
    return (parts.hostname or "").lower().rstrip(".")


def allowed(name: str, hosts: tuple[str, ...]) -> bool:
    """Whether a host is on a list: as written, or below `*.name`. An entry may be written as an address."""
    for entry in hosts:
        listed = (host(parts) if (parts := split(entry)) and parts.netloc else entry).lower().strip().rstrip(".")
        if name == listed or (listed.startswith("*.") and name.endswith(listed[1:])):
            return True
    return False


_SCHEME = r"(?:https?|ftp|wss?|mailto|data|file):"
_TARGET = r"<([^<>\n]*)>|((?:[^\s()<>\\]|\\.|\\|\((?:[^\s()\\]|\\.)*\))*)"
_MARKDOWN = re.compile(
    rf"(!?)\[((?:[^\[\]]|\[[^\[\]]*\](?:\([^()]*\))?)*)\]\(\s*(?:{_TARGET})(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*\)"
)
_DEFINITION = re.compile(r"(?m)^\s{0,3}\[([^\]\n]+)\]:\s*(?:<([^<>\n]*)>|(\S+))")
_USED_AS_IMAGE = re.compile(r"!\[([^\]\n]*)\](?:\[([^\]\n]*)\])?(?!\()")
_AUTOLINK = re.compile(rf"<({_SCHEME}[^<>\s]*)>", re.IGNORECASE)
_TAG = re.compile(r"<\s*[a-z][a-z0-9-]*\b[^<>]*>", re.IGNORECASE)
_ONE_ATTRIBUTE = re.compile(
    r"\b(src|href|srcset|poster|data|action|formaction|background|ping|xlink:href|content|cite)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))",
    re.IGNORECASE,
)
_CSS = re.compile(
    r"(?:url\(\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s)\"']+))\s*\)|@import\s+(?:\"([^\"]*)\"|'([^']*)'))", re.IGNORECASE
)
_BARE = re.compile(
    rf"(?<![\w/])(?:{_SCHEME}//[^\s<>\"'`]+|mailto:[^\s<>\"'`]+|//[a-z0-9-]+(?:\.[a-z0-9-]+)+/[^\s<>\"'`]*)",
    re.IGNORECASE,
)
_REFRESH = re.compile(r"url\s*=\s*(.+)", re.IGNORECASE)


def find_links(text: str) -> list[Link]:
    """All addresses of a text in their order; one address at one place is listed once, by its most specific kind."""
    found: list[Link] = []
    owner = array("L", bytes(array("L").itemsize * len(text)))  # for each character the number of the link that took it
    for link in _all(text):
        if not link.url or (owner[link.start] and owner[link.start] == owner[link.end - 1]):
            continue
        found.append(link)
        owner[link.start : link.end] = array("L", [len(found)]) * (link.end - link.start)
    return sorted(found, key=lambda link: (link.start, link.end))


def _all(text: str) -> Iterator[Link]:
    # What every match of a pattern holds is looked for first: most answers have no link, and some are megabytes long.
    if "](" in text:
        yield from _markdown(text, 0)
    if "]:" in text:
        yield from _references(text)
    if "<" in text and ">" in text:
        for match in _AUTOLINK.finditer(text):
            yield Link("autolink", match[1], match.start(1), match.end(1))
        for tag in _TAG.finditer(text):
            yield from _attributes(tag)
    for match in _CSS.finditer(text):
        group = next(i for i in range(1, 6) if match[i] is not None)
        yield Link("css", match[group], match.start(group), match.end(group))
    for match in _BARE.finditer(text):
        url = match[0].rstrip(".,;:!?)]}*_")
        yield Link("bare", url, match.start(), match.start() + len(url))


def _markdown(text: str, offset: int) -> Iterator[Link]:
    for match in _MARKDOWN.finditer(text):
        group = 3 if match[3] is not None else 4
        kind = "image" if match[1] else "link"
        if "![" in match[2]:  # an image inside a link
            yield from _markdown(match[2], offset + match.start(2))
        yield Link(kind, match[group], offset + match.start(group), offset + match.end(group))


def _references(text: str) -> Iterator[Link]:
    images = {(m[2] or m[1]).strip().casefold() for m in _USED_AS_IMAGE.finditer(text)}
    for match in _DEFINITION.finditer(text):
        group = 2 if match[2] is not None else 3
        kind = "image" if match[1].strip().casefold() in images else "reference"
        yield Link(kind, match[group], match.start(group), match.end(group))


def _attributes(tag: re.Match[str]) -> Iterator[Link]:
    element = re.match(r"<\s*([a-z][a-z0-9-]*)", tag[0], re.IGNORECASE)
    assert element is not None
    name = element[1].lower()
    for match in _ONE_ATTRIBUTE.finditer(tag[0]):
        attribute = match[1].lower()
        group = next(i for i in (2, 3, 4) if match[i] is not None)
        value, start = match[group], tag.start() + match.start(group)
        if attribute == "srcset":
            for candidate in re.finditer(r"[^\s,]\S*", value):
                url = candidate[0].rstrip(",")
                if "/" in url:
                    yield Link("srcset", url, start + candidate.start(), start + candidate.start() + len(url))
        elif attribute == "content":
            refresh = _REFRESH.search(value) if name == "meta" else None
            if refresh:
                url = refresh[1].strip("'\" ")
                begins = start + refresh.start(1) + len(refresh[1]) - len(refresh[1].lstrip("'\" "))
                yield Link("refresh", url, begins, begins + len(url))
        else:
            clicked = name in ("a", "area", "form", "button", "input", "blockquote") and attribute != "ping"
            yield Link("html_link" if clicked else "html_loaded", value, start, start + len(value))
