"""People's part: what is said over a dossier, signed.

Each of these reads the dossier under its lock, adds one line to `claims.jsonl` and one to `ledger.jsonl`, and swaps the dossier
in as a whole. What the manifest lists never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from cardwright.attest import admissible, claims, envelope, keys, passkeys, under_review
from cardwright.attest.passkeys import Assertion
from cardwright.attest.reproduction import Rerender
from cardwright.attest.trust import Holder, Trust
from cardwright.attest.under_review import DossierUnderReview
from cardwright.dossier import layout, store
from cardwright.errors import IntegrityError, StoreError, UsageError
from cardwright.record import canonical
from cardwright.record.claim import Claim

Make = Callable[[DossierUnderReview, Holder], Claim]
"""Makes a claim from the dossier as it is under the lock, and whose key signs it."""


def reproduced(folder: Path, again: Rerender) -> str:
    """Make every document of a dossier again, and give the digest of the manifest that lists them.

    What a person reads before they sign is a document. One that was swapped before the manifest was made is in that manifest, and
    only the record tells: so nobody signs what the record does not give again.

    Raises
    ------
    IntegrityError
        If a document is not the one that the record gives, or cannot be made here at all.
    ToolchainError
        If documents were made with other libraries than those here.
    """
    files = store.read_dossier(folder)
    listed = {name: data for name, data in files.items() if not layout.outside(name)}
    made = again({**listed, layout.MANIFEST: files[layout.MANIFEST]}, str(folder), ())
    if made is None:
        raise IntegrityError(
            "the PDF cannot be made again here, so nobody can tell whether it was swapped",
            where=str(folder),
            do="Install Pango: cardwright doctor.",
        )
    made.must_be_exact(where=str(folder))
    return canonical.digest(files[layout.MANIFEST])


def say(
    folder: Path,
    key: keys.PrivateKey,
    at: str,
    make: Make,
    *,
    trust: Trust,
    person: str,
    role: str,
    again: Rerender | None = None,
) -> str:
    """Sign a claim over a dossier and add it; gives the claim's id.

    Parameters
    ----------
    trust, person, role:
        Whose key this is, by their own account; checked before anything is signed.
    again:
        Makes the documents again, for a claim that is about them.

    Raises
    ------
    UsageError
        If the claim cannot be made (a day that does not exist, a hidden character, a text that is too long), or would count
        for nothing.
    IntegrityError
        If a document is not the one that the record gives.
    """
    holder = admissible.signer(trust, keys.fingerprint(key.public_key()), person, role, at)
    seen = reproduced(folder, again) if again is not None else None

    def change(files: Mapping[str, bytes]) -> tuple[Mapping[str, bytes], str]:
        dossier = under_review.read(files, where=str(folder))
        if seen is not None and seen != dossier.manifest_sha256:
            raise IntegrityError(
                "another dossier has been put there in the meantime", where=str(folder), do="Look at it again."
            )
        asked = prepared(dossier, make, trust, holder)
        return added(files, claims.make(asked.claim, key, dossier.chain.head), where=str(folder))

    return store.amend(folder, change)


# ---------------------------------------------------------------------------------------------------- in two steps


@dataclass(frozen=True)
class UnsignedClaim:
    """A claim that waits for a signature, as it will be signed."""

    claim: Claim
    payload: bytes
    """The canonical bytes of its statement."""

    @property
    def challenge(self) -> bytes:
        """What a passkey is asked to sign."""
        return passkeys.challenge(envelope.pae(self.payload))


def prepared(dossier: DossierUnderReview, make: Make, trust: Trust, holder: Holder) -> UnsignedClaim:
    """A claim over a dossier, compared with everything that it has to agree with, before anybody signs it.

    Raises
    ------
    UsageError
        If it cannot be made, or would count for nothing.
    """
    try:
        claim = make(dossier, holder)
    except ValidationError as exc:
        raise _cannot_be_said(exc) from exc
    admissible.check(claim, dossier, trust, holder)
    return UnsignedClaim(claim, canonical.dumps(claims.statement(claim, dossier.chain.head)))


def with_passkey(payload: bytes, assertion: Assertion, holder: Holder) -> bytes:
    """The line of a claim that a passkey has signed, compared with the trust file before it is kept.

    Raises
    ------
    IntegrityError
        If it is no signature of this passkey over this statement.
    """
    line = envelope.asserted(payload, assertion, keys.fingerprint(holder.public))
    why = holder.disowns(envelope.read(line, where="signature"))
    if why is not None:
        raise IntegrityError(why, where="signature", do="Sign again with the passkey that the trust file knows.")
    return line


def added(files: Mapping[str, bytes], line: bytes, *, where: str) -> tuple[Mapping[str, bytes], str]:
    """The files of the dossier that change with a signed claim, and its id.

    Raises
    ------
    IntegrityError
        If the line is no claim, or the dossier is not what it says.
    StoreError
        If somebody has said something else since the claim was made: whoever signed it had not seen that.
    """
    dossier = under_review.read(files, where=where)
    (signed,) = claims.read(line + b"\n")
    if signed.ledger != dossier.chain.head:
        raise StoreError("somebody else has signed meanwhile", where=where, do="Look at it again, and sign again.")
    chain = dossier.chain.append("claim", signed.claim.kind, signed.sealed.id, signed.claim.at)
    changes = {layout.CLAIMS: files.get(layout.CLAIMS, b"") + line + b"\n", layout.LEDGER: chain.to_bytes()}
    return changes, signed.sealed.id


def _cannot_be_said(exc: ValidationError) -> UsageError:
    """What is wrong with somebody's words, by the option that they were written after."""
    first = exc.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][-1]) if first["loc"] else "claim"
    if name == "expires":
        return UsageError("--expires is not a day", do="Write it like 2026-12-31.")
    return UsageError(f"--{'as' if name == 'person' else name}: {first['msg'].removeprefix('Value error, ')}")
