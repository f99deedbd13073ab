"""An organisation's signature of the released PDF (PAdES), as PDF viewers show it, and the time an authority states (RFC 3161).

It covers the whole file, with what is enclosed in it, and says that an organisation stands behind the file. It is beside the
release statement and never in place of it: whoever owns a certificate has approved nothing. A receiver pins the roots that count,
for signatures and for timestamps, in the trust file; nothing is fetched, so the certificates' revocation is not looked up.

What stands behind the enclosure of a released PDF may be such a signature and nothing else. That needs no library and no root to
tell (`adds_only_a_signature`); whether the signature is valid needs pyHanko, the extra `pades`.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cardwright.errors import IntegrityError, MissingExtraError, UsageError
from cardwright.record.base import visible

PURPOSE = "the signature of a PDF with an organisation's certificate"
FIELD = "Release"
"""The name of the signature's field."""
PASSPHRASE = "CARDWRIGHT_PADES_PASSPHRASE"  # noqa: S105  # a name, no secret
"""The environment variable that holds the passphrase of an organisation's certificate."""


@dataclass(frozen=True)
class Seal:
    """A valid signature of an organisation over a whole PDF, under a pinned root."""

    subject: str
    """Whose certificate it is."""
    at: str
    """When it was signed, as the signer's clock says; as the authority says, if there is a timestamp."""
    timestamped: bool
    """Whether a pinned timestamp authority states the time."""


@dataclass(frozen=True)
class Doubt:
    """Why a signature does not count."""

    why: str
    unknown: bool = False
    """Whether it holds, and only its owner is unknown: its certificate is under no pinned root."""


def can_sign(certificate: bytes, passphrase: bytes) -> None:
    """Check that a certificate can be opened before anything rests on it.

    Raises
    ------
    MissingExtraError
        If pyHanko is not installed.
    UsageError
        If it is not a PKCS#12 file, or the passphrase is wrong.
    """
    _signer(certificate, passphrase)


def _signer(certificate: bytes, passphrase: bytes) -> Any:
    needed(PURPOSE)
    from pyhanko.sign import signers

    try:
        return signers.SimpleSigner.load_pkcs12_data(certificate, [], passphrase=passphrase)
    except ValueError as exc:
        raise UsageError(
            "the certificate cannot be opened", do="Give a PKCS#12 file (.p12, .pfx) and its passphrase."
        ) from exc


def sign(data: bytes, certificate: bytes, passphrase: bytes, *, timestamps: str | None = None) -> bytes:
    """The PDF with an organisation's signature behind it; its other bytes stay.

    Parameters
    ----------
    certificate:
        Key and certificates, as PKCS#12.
    timestamps:
        The address of a timestamp authority, which is sent the signature's digest and nothing else.

    Raises
    ------
    MissingExtraError
        If pyHanko is not installed.
    UsageError
        If the certificate cannot be opened, or the authority gives no timestamp.
    """
    signer = _signer(certificate, passphrase)
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko.sign.timestamps import HTTPTimeStamper
    from pyhanko.sign.timestamps.common_utils import TimestampRequestError

    described = signers.PdfSignatureMetadata(
        field_name=FIELD, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256", reason="Released"
    )
    stamper = HTTPTimeStamper(timestamps) if timestamps is not None else None
    try:
        signed = signers.PdfSigner(described, signer=signer, timestamper=stamper).sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(data))
        )
    except (TimestampRequestError, OSError) as exc:
        raise UsageError(
            "the timestamp authority gives no timestamp", do="Check its address, or leave it out."
        ) from exc
    whole: bytes = signed.getvalue()
    if not whole.startswith(data) or not adds_only_a_signature(data, whole):
        raise IntegrityError("signing changed more than it should have", do="Use another version of pyHanko.")
    return whole


def check(
    data: bytes, *, roots: Sequence[str], authorities: Sequence[str], now: str, where: str, timestamp: bool = False
) -> Seal | Doubt:
    """Whether the signature of a PDF is valid, covers all of it, and is of an organisation under a pinned root.

    Parameters
    ----------
    roots, authorities:
        Root certificates as PEM: of signers, and of timestamp authorities.
    timestamp:
        Whether a timestamp is demanded.

    Raises
    ------
    IntegrityError
        If the signature does not hold: the file, or the signature, was changed.
    MissingExtraError
        If pyHanko is not installed.
    """
    needed(PURPOSE)
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    try:
        signatures = list(PdfFileReader(io.BytesIO(data)).embedded_regular_signatures)
        if len(signatures) != 1:
            return Doubt("it bears no signature" if not signatures else "it bears more than one signature")
        status = validate_pdf_signature(
            signatures[0],
            signer_validation_context=context(roots, now),
            ts_validation_context=context(authorities, now),
        )
    except (PdfError, SignatureValidationError, ValueError) as exc:
        raise IntegrityError("the organisation's signature cannot be read", where=where) from exc
    if not status.intact or not status.valid or status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        raise IntegrityError(
            "the organisation's signature does not hold", where=where, do="The file was changed after it was signed."
        )
    subject = visible(str(status.signing_cert.subject.human_friendly))[:200]
    if not status.trusted:
        return Doubt(f"the certificate of {subject} is not under any root that the trust file pins", True)
    if not status.bottom_line and status.timestamp_validity is None:
        return Doubt(f"the signature of {subject} does not count under its certificate's own terms")
    stamp = status.timestamp_validity
    if stamp is not None and not (stamp.intact and stamp.valid):
        raise IntegrityError("the timestamp of the organisation's signature does not hold", where=where)
    stamped = stamp is not None and bool(stamp.trusted)
    if timestamp and not stamped:
        return Doubt("no timestamp authority that the trust file pins states the time of its signature")
    told = stamp.timestamp if stamped and stamp is not None else status.signer_reported_dt
    at = told.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if told is not None else "at a time not stated"
    return Seal(subject, at, stamped)


def context(roots: Sequence[str], now: str) -> Any:
    """Validation under these roots alone. Without any, nothing is trusted: the system's own roots are not the receiver's."""
    from asn1crypto import pem, x509
    from pyhanko_certvalidator import ValidationContext

    moment = datetime.strptime(now, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    pinned = [x509.Certificate.load(pem.unarmor(root.encode("ascii"))[2]) for root in roots]
    return ValidationContext(trust_roots=pinned, allow_fetching=False, moment=moment)


def needed(purpose: str) -> None:
    """Check that pyHanko is installed, and silence its log.

    Raises
    ------
    MissingExtraError
        If it is not installed; says what needs it.
    """
    try:
        import pyhanko.sign  # noqa: F401
    except ImportError as exc:
        raise MissingExtraError("pyhanko", "pades", purpose) from exc
    # It logs what it finds wrong, tracebacks and all, which the answer says in a line; unhandled, that goes to standard error.
    for name in ("pyhanko", "pyhanko_certvalidator"):
        if not logging.getLogger(name).handlers:
            logging.getLogger(name).addHandler(logging.NullHandler())


# ---------------------------------------------------------------------------------------- what an update adds


def adds_only_a_signature(before: bytes, whole: bytes) -> bool:
    """Whether a PDF's update adds one invisible signature field and nothing that a reader could see.

    Every object stays as it was except the catalogue, which gets a form with that field, and one page, which shows where it is.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(before)) as old, pikepdf.open(io.BytesIO(whole)) as new:
            return whole.startswith(before) and _only_a_signature(old, new)
    except (pikepdf.PdfError, KeyError, AttributeError, TypeError, ValueError, IndexError):
        return False


def _only_a_signature(old: Any, new: Any) -> bool:
    fields = list(new.Root.AcroForm.Fields)
    if new.Root.objgen != old.Root.objgen or len(fields) != 1 or {*new.Root.AcroForm} - {"/Fields", "/SigFlags"}:
        return False
    field = fields[0]
    if str(field.FT) != "/Sig" or [float(side) for side in field.Rect] != [0.0] * 4 or "/AP" in field or "/A" in field:
        return False
    page = field.P.objgen
    # What differs by number of the object, and by which keys: viewers show none of it but the title, which has to stay.
    differs: dict[int, set[str]] = {
        old.Root.objgen[0]: {"/AcroForm", "/Extensions"},
        page[0]: {"/Annots"},
        old.trailer.Info.objgen[0]: {"/Producer", "/ModDate"},
    }
    described = old.Root.Metadata.objgen
    for number in range(1, int(old.trailer.Size)):
        was, now = old.get_object(number, 0), new.get_object(number, 0)
        if number in differs:
            same = dict(_entries(was, differs[number])) == dict(_entries(now, differs[number]))
        else:
            same = number == described[0] or _as_text(was) == _as_text(now)
        if not same:
            return False
    if new.Root.Metadata.objgen != described or _title(old) != _title(new):
        return False
    places = [place.objgen for place in new.get_object(page).Annots]
    former = [place.objgen for place in old.get_object(page).get("/Annots", ())]
    return places == [*former, field.objgen]


def _title(pdf: Any) -> object:
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        return metadata.get("dc:title")


def _entries(dictionary: Any, but: set[str]) -> Iterator[tuple[str, bytes]]:
    return ((key, _as_text(value, inside=True)) for key, value in dictionary.items() if key not in but)


def _as_text(thing: Any, *, inside: bool = False) -> bytes:
    """An object as PDF syntax; what it refers to stands as a reference."""
    import pikepdf

    if not isinstance(thing, pikepdf.Object):
        return repr(thing).encode()
    if inside and thing.is_indirect:
        return b"%d %d R" % thing.objgen
    if isinstance(thing, pikepdf.Stream):
        parts = [key.encode() + _as_text(value, inside=True) for key, value in sorted(thing.stream_dict.items())]
        # A table of objects names the document's information, which is no part of it.
        return b" ".join(parts) + bytes(thing.get_raw_stream_buffer())
    return bytes(thing.unparse(resolved=True))
