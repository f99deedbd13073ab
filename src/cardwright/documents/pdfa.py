"""Is it PDF/A-3b? pikepdf's allowlist, asked in a second process, whose start and imports pass while the pages are laid out.

    python src/cardwright/documents/pdfa.py < report.pdf

prints what the first finding is, or nothing. An answer that does not come is asked for again here: no check is left out. A
process that has the allowlist loaded already, which takes longer than using it, checks its next PDF itself.
"""

from __future__ import annotations

import io
import subprocess
import sys
from types import TracebackType
from typing import Protocol, Self

LEVEL = "3b"
_DONE = "checked"


_IDENTIFIER = b"".join(
    (
        b'<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>',
        b'<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" ',
        b'xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">',
        b'<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">',
        b"<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>",
        b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>",
        b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>",
        b'<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>',
        b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>",
        b"<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property>",
        b"</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>",
    )
)
"""The metadata by which a file says that it follows PDF/UA-1, with their schema, as PDF/A asks (ISO 19005-3, 6.6.2.3)."""


def identified(xmp: bytes) -> bytes:
    """The metadata, with the identifier in them."""
    head, end, rest = xmp.rpartition(b"</rdf:RDF>")
    return head + _IDENTIFIER + end + rest


def is_identified(xmp: bytes) -> bool:
    """Whether metadata hold the identifier as we write it, once, and name its schemas nowhere else."""
    rest = xmp.replace(_IDENTIFIER, b"", 1)
    return len(rest) < len(xmp) and not any(
        name in rest for name in (b"pdfuaid", b"pdfaExtension", b"pdfaSchema", b"pdfaProperty")
    )


def first_finding(data: bytes) -> str | None:
    """What keeps a file from being PDF/A-3b; None if nothing does."""
    import pikepdf.pdfa

    report = pikepdf.pdfa.validate_written(io.BytesIO(data), LEVEL)
    left = [finding for finding in report.findings if finding.message not in _OF_THE_IDENTIFIER]
    if len(left) < len(report.findings) and not _is_identified(data):
        left = report.findings
    return str(left[0]) if left else None


_OF_THE_IDENTIFIER = {
    *(
        f"XMP namespace {prefix}=http://www.aiim.org/pdfa/ns/{name} is not permitted"
        for prefix, name in (("pdfaExtension", "extension/"), ("pdfaSchema", "schema#"), ("pdfaProperty", "property#"))
    ),
    "XMP property pdfuaid:part is not permitted",
    "XMP property pdfaExtension:schemas is not permitted",
}
"""What pikepdf's allowlist says of the identifier of PDF/UA, which PDF/A-3 permits where its schema is described (ISO 19005-3,
6.6.2.3.2). It knows no described schema, so these are passed over if the description is ours, byte for byte, and nothing else."""


def _is_identified(data: bytes) -> bool:
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as pdf:
        return is_identified(bytes(pdf.Root.Metadata.get_stream_buffer()))


class Checker(Protocol):
    """Whoever answers; entered with `with` before the pages are laid out, and asked once."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def first_finding(self, data: bytes) -> str | None:
        """What keeps a file from being PDF/A-3b; None if nothing does."""
        ...


def checker() -> Checker:
    """Whoever answers soonest: this process if it has the allowlist loaded, else a second one."""
    return ThisProcess() if "pikepdf.pdfa" in sys.modules else SecondProcess()


class ThisProcess:
    """See `Checker`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing to end."""

    def first_finding(self, data: bytes) -> str | None:
        """See `Checker.first_finding`."""
        return first_finding(data)


class SecondProcess:
    """See `Checker`. It loads the allowlist while the pages are laid out."""

    def __enter__(self) -> Self:
        # -P: the folder somebody works in is no place to import from. By its file, since `-m` would import the rooms above it.
        command = [sys.executable, "-P", __file__]
        try:
            self.process: subprocess.Popen[bytes] | None = subprocess.Popen(  # noqa: S603  # our own module
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError:  # no second process on this machine: then in this one
            self.process = None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def first_finding(self, data: bytes) -> str | None:
        """See `Checker.first_finding`."""
        if self.process is None:
            return first_finding(data)
        try:
            answer, _ = self.process.communicate(data)
        except OSError:
            return first_finding(data)
        done, _, finding = answer.decode("utf-8", "replace").partition("\n")
        if self.process.returncode != 0 or done != _DONE:
            return first_finding(data)
        return finding or None


def main() -> None:
    """Answers on standard output for the file on standard input."""
    # jsonschema builds a grammar of IRIs with it if it is installed, for a second; the allowlist checks no formats.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    import pikepdf.pdfa  # noqa: F401  # before the file is there

    finding = first_finding(sys.stdin.buffer.read())
    sys.stdout.buffer.write(f"{_DONE}\n{finding or ''}".encode())


if __name__ == "__main__":
    main()
