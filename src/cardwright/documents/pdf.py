"""HTML to PDF/A-3b and PDF/UA-1 with WeasyPrint: tagged, with the record inside, checked before it counts as made.

1. fonts      one embedded family; a character that it does not hold is an error that names it
2. render     data: only, no file and no network; any warning of the engine fails, but for a short list
3. attach     `record.json`, byte for byte, the whole tables as CSV, and what the PDF is made with, with fixed dates
4. clean      what WeasyPrint 70 leaves behind and PDF/A refuses
5. write      objects in small streams, so that whoever verifies need not unpack all of them; heads of tables say what they head
6. check      reopened: PDF/A-3b by pikepdf's allowlist, the embedded record's digest is the printed one

The same edition and toolchain give the same bytes: the clock is the verdict's, in subset fonts too.
"""

from __future__ import annotations

import io
import logging
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from html import unescape
from typing import Any

from cardwright.documents import pdfa, pdfua, toolchain
from cardwright.errors import IntegrityError, RenderError
from cardwright.files import packaged
from cardwright.record import canonical

_ALLOWED = (
    # Without HarfBuzz-Subset, fontTools cuts the fonts to the glyphs in use; that gives valid fonts too.
    re.compile(r"(harfbuzz|HarfBuzz).*subset", re.IGNORECASE),
    # CSS for the screen, which a printer has no use for.
    re.compile(r"Ignored `(color-scheme|scroll-margin|overflow-x|accent-color)"),
)

_LOCK = threading.Lock()  # loggers are the process's


class _Warnings(logging.Handler):
    """Keeps what WeasyPrint and fontTools complain about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if not any(pattern.search(message) for pattern in _ALLOWED):
            self.messages.append(message)


@contextmanager
def _watched() -> Iterator[_Warnings]:
    handler = _Warnings()
    loggers = [logging.getLogger(name) for name in ("weasyprint", "weasyprint.progress", "fontTools")]
    with _LOCK:
        states = [(logger, logger.propagate, logger.level) for logger in loggers]
        for logger in loggers:
            logger.addHandler(handler)
            logger.propagate = False
        try:
            yield handler
        finally:
            for logger, propagate, level in states:
                logger.removeHandler(handler)
                logger.propagate = propagate
                logger.setLevel(level)


FONT = "cardwright-font:"


@cache
def font_faces() -> str:
    """`@font-face` rules; the fonts come from the fetcher below, since a data: URI of a megabyte is parsed letter by letter."""
    rules = []
    for name in packaged.fonts():
        weight, style = packaged.FONT_STYLES[name]
        rules.append(
            f"@font-face {{ font-family: 'Source Sans Pro'; font-weight: {weight}; font-style: {style}; src: url({FONT}{name}) }}"
        )
    return "\n".join(rules)


def _fetcher() -> Any:
    """Fetches our fonts and data: URIs, and nothing else: no file, no network. Anything else stops the rendering."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Fetcher(URLFetcher):  # type: ignore[misc]  # weasyprint has no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith(FONT) and url.removeprefix(FONT) in packaged.fonts():
                return URLFetcherResponse(url, packaged.fonts()[url.removeprefix(FONT)], {"Content-Type": "font/ttf"})
            if not url.startswith("data:"):
                raise FatalURLFetchingError(
                    f"a document may fetch nothing, and this one asked for a {url.split(':', maxsplit=1)[0][:20]} address"
                )
            return super().fetch(url, headers)

    return Fetcher(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)


@cache
def _characters() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    held = [set(TTFont(io.BytesIO(data)).getBestCmap()) for data in packaged.fonts().values()]
    return frozenset(set.intersection(*held))


def unprintable(html: str) -> dict[str, int]:
    """Characters of a document that the fonts do not hold, with how often each occurs."""
    text = unescape(re.sub(r"(?s)<style.*?</style>|<[^>]*>", " ", html))
    missing: dict[str, int] = {}
    for character in text:
        if ord(character) not in _characters() and character not in "\n\r\t":
            missing[character] = missing.get(character, 0) + 1
    return missing


def replace_unprintable(html: str) -> str:
    """The document with every character that no font holds written out as its code point, so that nothing is shown as a box."""
    missing = unprintable(html)
    for character in missing:
        code = f"[U+{ord(character):04X}]"
        html = html.replace(character, code).replace(f"&#{ord(character)};", code)
    return html


_BEFORE_INLINE = re.compile(r"(?<=[^\s>]) +(?=<(?:span|a|em|strong|code)\b)")


def with_spaces_apart(html: str) -> str:
    """The document with each space between words and an inline element in an element of its own.

    WeasyPrint 70 breaks a text after its first word where the text fills its line and only the space behind it does not fit.

    >>> with_spaces_apart("<td>In the slice. <em>count 33</em></td>")
    '<td>In the slice.<span> </span><em>count 33</em></td>'
    """
    return _BEFORE_INLINE.sub("<span> </span>", html)


def write(
    html: str,
    *,
    record: bytes,
    tables: dict[str, bytes],
    moment: str,
    title: str,
    made_with: Mapping[str, str] | None = None,
) -> bytes:
    """The PDF of a document.

    Parameters
    ----------
    record
        The canonical bytes of the record; they are attached, and their digest has to stand in the document.
    tables
        CSV files to attach.
    moment
        The verdict's, or the record's: every date inside the PDF.
    made_with
        The toolchain that the PDF states; if omitted, `toolchain.facts()`.

    Raises
    ------
    MissingPangoError
        If Pango is not installed.
    RenderError
        If the engine warns, a character has no glyph, or the result is not PDF/A-3b with the record inside.
    """
    weasyprint = toolchain.engine()
    from weasyprint.urls import FatalURLFetchingError

    digest = canonical.digest(record)
    if digest not in html:
        raise RenderError(
            "the document does not print the record's digest", do="Its template has to: {{ record_sha256 }}."
        )
    html = with_spaces_apart(replace_unprintable(html))
    when = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    fetcher = _fetcher()

    def attachment(name: str, data: bytes, description: str, relationship: str) -> Any:
        return weasyprint.Attachment(
            string=data,
            name=name,
            description=description,
            created=when,
            modified=when,
            relationship=relationship,
            url_fetcher=fetcher,
        )

    attachments = [attachment("record.json", record, f"The record, sha256 {digest}", "Source")]
    attachments += [
        attachment(name, data, f"Table, sha256 {canonical.digest(data)}", "Data")
        for name, data in sorted(tables.items())
    ]
    facts = toolchain.facts() if made_with is None else made_with
    attachments.append(
        attachment(toolchain.ATTACHMENT, canonical.dumps(dict(facts)), "What this PDF was made with", "Supplement")
    )
    with pdfa.checker() as checker, _watched() as watched:
        try:
            data = weasyprint.HTML(string=html, url_fetcher=fetcher, base_url=None).write_pdf(
                pdf_variant="pdf/a-3b",
                pdf_tags=True,
                attachments=attachments,
                custom_metadata=True,
                finisher=_clean,
            )
        except FatalURLFetchingError as exc:
            raise RenderError(str(exc), where=title, do="Put images into the template as data: URIs.") from exc
        if watched.messages:
            raise RenderError(
                f"the PDF engine warns: {watched.messages[0][:300]}",
                where=title,
                do="Fix the template; a warning can hide a lost page.",
            )
        data = _in_small_streams(data, when)
        check(data, record, checker)
    return data


def _clean(document: Any, pdf: Any) -> None:
    """Remove what WeasyPrint 70 leaves in and PDF/A refuses: empty resource dictionaries, and attachments listed twice."""
    for thing in pdf.objects:
        if not isinstance(thing, dict):
            continue
        resources_ = thing.get("Resources")
        for holder in (thing, resources_ if isinstance(resources_, dict) else {}):
            for name in ("Pattern", "Shading", "ExtGState", "XObject"):
                if name in holder and isinstance(holder[name], dict) and not holder[name]:
                    del holder[name]
        if "AF" in thing:
            unique: list[Any] = []
            for item in thing["AF"]:
                if item not in unique:
                    unique.append(item)
            thing["AF"] = type(thing["AF"])(unique)


def _in_small_streams(data: bytes, when: datetime) -> bytes:
    """The same PDF, its objects in many streams of a hundred in place of one of all: a reader opens one, ten times as fast."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        if toolchain.facts()["subsetter"].startswith("fonttools"):
            _date_fonts(pdf, when)
        pdfua.complete(pdf)
        metadata = bytes(pdf.Root.Metadata.get_stream_buffer())
        pdf.Root.Metadata.write(pdfa.identified(without_markup_in_words(metadata)))
        pdf.save(
            out,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
            fix_metadata_version=False,  # it would write the metadata anew, without a schema that it does not know
        )
    return out.getvalue()


def without_markup_in_words(xmp: bytes) -> bytes:
    """The same metadata, with `xmlns=` in its words written `xmlns&#61;`, which reads the same.

    A title may hold `<svg xmlns="…">`. It is escaped, and a checker of PDF/A that looks for declarations in the bytes
    (pikepdf, and not only it) takes it for one all the same.

    >>> without_markup_in_words(b'<li xmlns:a="b">&lt;svg xmlns="c"&gt;</li>')
    b'<li xmlns:a="b">&lt;svg xmlns&#61;"c"&gt;</li>'
    """
    return re.sub(rb">[^<>]*xmlns[^<>]*<", lambda words: words.group().replace(b"=", b"&#61;"), xmp)


def _date_fonts(pdf: Any, when: datetime) -> None:
    """Date every subset font by the verdict: fontTools, unlike HarfBuzz, writes the moment it ran at into the table `head`."""
    from fontTools.misc.timeTools import epoch_diff
    from fontTools.ttLib import TTFont

    for thing in pdf.objects:
        program = thing.get("/FontFile2") if hasattr(thing, "get") else None
        if program is not None:
            font, out = TTFont(io.BytesIO(bytes(program.get_stream_buffer())), recalcTimestamp=False), io.BytesIO()
            font["head"].modified = int(when.timestamp()) - epoch_diff
            font.save(out)
            program.write(out.getvalue())
    # WeasyPrint's identifier is a digest of the fonts as they were; the writer makes one of what it writes.
    if "/ID" in pdf.trailer:
        del pdf.trailer["/ID"]


def check(data: bytes, record: bytes, checker: pdfa.Checker | None = None) -> None:
    """Reopen a PDF and compare it with the record.

    Raises
    ------
    RenderError
        If it is not PDF/A-3b, or not tagged.
    IntegrityError
        If the record inside is another one.
    """
    import pikepdf

    finding = checker.first_finding(data) if checker else pdfa.first_finding(data)
    if finding is not None:
        raise RenderError(
            f"the PDF is not PDF/A-3b: {finding}", do="Report this with the record's schema, not its content."
        )
    with pikepdf.open(io.BytesIO(data)) as pdf:
        if "/StructTreeRoot" not in pdf.Root:
            raise RenderError("the PDF is not tagged")
        inside = pdf.attachments["record.json"].get_file().read_bytes()
    if inside != record:
        raise IntegrityError("the record inside the PDF is not the record")
