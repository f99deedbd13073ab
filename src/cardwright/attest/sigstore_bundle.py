"""A signed release for `cosign verify-blob-attestation`: the Sigstore bundle v0.3, and the public key that it is checked with.

`release.json` is such a bundle already: an in-toto statement in a DSSE envelope, one signature, a public key by its hint. It is
copied byte for byte, and only when the release holds by a trust file: other tools check who signed which digests, and know
nothing of roles, revocations, withdrawals and expiry. The key comes from the trust file, never from the dossier.

Source: Sigstore protobuf-specs, `bundle.proto` and `common.proto`; DSSE v1.0.0; in-toto Statement v1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cardwright.attest import keys, under_review
from cardwright.attest.trust import Trust
from cardwright.dossier import layout
from cardwright.errors import HandoffRefusedError, NothingToCheckError, UsageError
from cardwright.record import canonical


@dataclass(frozen=True)
class SigstoreBundle:
    """A release as other tools verify it."""

    data: bytes
    """The bundle, as JSON."""
    public_key: bytes
    """The key of whoever released it, as PEM: a receiver compares it with the one that they were given."""
    predicate_type: str
    """What cosign's `--type` has to name."""
    subjects: Mapping[str, str]
    """What it is about: names to SHA-256. A blob is attested if its digest is one of these."""


def of_release(files: Mapping[str, bytes], trust: Trust, *, where: str, now: str) -> SigstoreBundle:
    """The bundle of a dossier's release, if it holds.

    Parameters
    ----------
    files
        A dossier's files, compared with its manifest.
    now
        The clock of whoever exports: a release that has expired is not exported.

    Raises
    ------
    NothingToCheckError
        If the dossier is not released.
    UsageError
        If a passkey signed it: an authenticator signs data of its own around the statement, which no Sigstore tool checks.
    HandoffRefusedError
        If the release does not hold: by this trust file nobody who may release has signed it, it is of other files, it has
        expired, or somebody has withdrawn it.
    IntegrityError
        If a file is damaged.
    """
    dossier = under_review.read(files, where=where)
    if dossier.release is None:
        raise NothingToCheckError("the dossier is not released", where=where, do="Release it: cardwright release.")
    sealed, statement = dossier.release.sealed, dossier.release.release
    if sealed.assertion is not None:
        raise UsageError(
            "a passkey signed this release, and Sigstore's tools check no passkeys",
            where=where,
            do="Let its receivers use cardwright verify, or release it with a key of a file.",
        )
    believed = under_review.judged_case(dossier, trust, None, now)[0].claims
    of_the_verdict = statement.verdict_sha256 == canonical.digest(files.get(layout.VERDICT, b""))
    holder = trust.holder(statement.key)
    if holder is None or not of_the_verdict or not under_review.is_released(dossier, trust, believed, now):
        raise HandoffRefusedError(
            "its release does not hold by this trust file", where=where, do="See why: cardwright verify, with --trust."
        )
    return SigstoreBundle(
        data=files[layout.RELEASE],
        public_key=keys.public_pem(holder.public).encode("ascii"),
        predicate_type=str(sealed.body["predicateType"]),
        subjects=sealed.subjects,
    )
