"""The release: everything is decided once more, people's claims included, and one person signs that this is released."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cardwright.attest import (
    admissible,
    claims,
    envelope,
    keys,
    passkeys,
    release_statement,
    signing,
    status_statement,
    timestamps,
    under_review,
)
from cardwright.attest.ledger import Ledger
from cardwright.attest.release_statement import Release
from cardwright.attest.reproduction import Rerender
from cardwright.attest.status_statement import Status
from cardwright.attest.trust import RELEASE, Holder, Trust
from cardwright.attest.under_review import DossierUnderReview
from cardwright.attest.witness import receipts
from cardwright.dossier import enclosure, layout, store
from cardwright.errors import IntegrityError, NothingToCheckError, StoreError
from cardwright.policy.gate import decide
from cardwright.policy.policy import Policy
from cardwright.record.case import Case
from cardwright.record.claim import Releaser, Withdraw
from cardwright.record.verdict import Verdict

Witness = Callable[[receipts.LogEntry], receipts.Receipt]
"""Has a log take an entry, and gives its receipt."""
Final = Callable[[Mapping[str, bytes], Case, Verdict, Releaser], Mapping[str, bytes]]
"""Makes the final editions, by path, from the dossier's files, the case with its claims, the decision, and who will sign it."""


@dataclass(frozen=True)
class Released:
    """The result of a release."""

    verdict: Verdict
    doubts: tuple[str, ...]
    """Claims that are not believed, and why."""
    lacking: str | None
    """What stands in the way beside the verdict; None where nothing does."""
    statement: str | None
    """Digest of the release statement; None where nothing was released."""


def release(
    folder: Path,
    key: keys.PrivateKey,
    trust: Trust,
    policy: Policy,
    *,
    person: str,
    now: str,
    chosen_by: str,
    artefacts: Mapping[str, str] | None,
    again: Rerender,
    final: Final,
    toolchain: Mapping[str, str] | None = None,
    seal: Callable[[bytes], bytes] = lambda pdf: pdf,
    witness: Witness | None = None,
    incidents: Callable[[Case], Case] = lambda case: case,
) -> Released:
    """Decide on everything, and, where it is allowed, write the final editions and the signed release statement.

    1. Whoever releases holds the role `release` in the trust file.
    2. Every document is made again from the record.
    3. The gate decides, with the claims that are believed.
    4. What a release needs beside the decision: see `under_review.lacking`.
    5. The final editions are made, and the statement is signed over all of it and where the ledger stands.
    6. If a witness log is named, it takes the release and gives a receipt. A log that cannot be reached releases nothing; one
       that has taken the entry of a release which then was not written holds a digest of something that nobody has.
    7. Statement, claims, ledger, verdict and receipt are enclosed in the final PDF, so that it can be verified by itself.

    Parameters
    ----------
    person:
        Name or id of whoever releases.
    final:
        Makes the final editions of all standard documents.
    toolchain:
        The libraries and fonts that they are made with.
    seal:
        Adds an organisation's signature behind a final PDF, with all that is enclosed in it.
    witness:
        Has a log take the release, and gives its receipt.
    incidents:
        Looks for open incidents about the subject, and adds those that the record does not name to the case.

    Raises
    ------
    UsageError
        If the key may not release.
    IntegrityError
        If a document cannot be made again, or a file is not what it says.
    """
    holder = admissible.signer(trust, keys.fingerprint(key.public_key()), person, RELEASE, now)
    seen = signing.reproduced(folder, again)

    def change(files: Mapping[str, bytes]) -> tuple[Mapping[str, bytes | None], Released]:
        dossier = under_review.read(files, where=str(folder))
        if dossier.manifest_sha256 != seen:
            raise IntegrityError(
                "another dossier has been put there in the meantime", where=str(folder), do="Look at it again."
            )
        asked = prepared(
            files, dossier, holder, trust, policy,
            now=now, chosen_by=chosen_by, artefacts=artefacts, final=final, toolchain=toolchain, incidents=incidents,
        )  # fmt: skip
        if isinstance(asked, RefusedRelease):
            chain = dossier.chain.append("decision", "verdict", asked.verdict.sha256, now)
            # What is released stays as it was signed: a receiver decides again at their own clock.
            decided = {} if layout.RELEASE in files else {layout.VERDICT: layout.to_json(asked.verdict)}
            refused = Released(asked.verdict, asked.doubts, asked.lacking, None)
            return {layout.LEDGER: chain.to_bytes(), **decided}, refused
        sealed = release_statement.make(asked.release, key)
        changes = completed(files, asked, sealed, seal=seal, witness=witness)
        return changes, Released(asked.verdict, asked.doubts, None, release_statement.read(sealed).sha256)

    return store.amend(folder, change)


# ---------------------------------------------------------------------------------------------------- in two steps


@dataclass(frozen=True)
class RefusedRelease:
    """Nothing is released, and why."""

    verdict: Verdict
    doubts: tuple[str, ...]
    lacking: str | None
    """What stands in the way beside the verdict; None where the verdict itself does."""


@dataclass(frozen=True)
class UnsignedRelease:
    """A release that waits for its signature, as it will be signed."""

    release: Release
    verdict: Verdict
    editions: Mapping[str, bytes]
    """The final documents by path, before anything is enclosed in them."""
    doubts: tuple[str, ...] = ()

    @property
    def payload(self) -> bytes:
        """The canonical bytes of the statement."""
        return release_statement.payload(self.release)

    @property
    def challenge(self) -> bytes:
        """What a passkey is asked to sign."""
        return passkeys.challenge(envelope.pae(self.payload))


def prepared(
    files: Mapping[str, bytes],
    dossier: DossierUnderReview,
    holder: Holder,
    trust: Trust,
    policy: Policy,
    *,
    now: str,
    chosen_by: str,
    artefacts: Mapping[str, str] | None,
    final: Final,
    toolchain: Mapping[str, str] | None = None,
    incidents: Callable[[Case], Case] = lambda case: case,
) -> RefusedRelease | UnsignedRelease:
    """Decide on everything, and, where it is allowed, make what is signed. Nothing is written.

    Steps 3 to 5 of `release`, up to the signature. Documents were made again from the record before.
    """
    case, doubts = under_review.judged_case(dossier, trust, artefacts, now)
    case = incidents(case)
    verdict = decide(case, policy, now, "release", chosen_by=chosen_by)
    if not verdict.allowed:
        return RefusedRelease(verdict, doubts, None)
    lacking = under_review.lacking(case, policy, verdict, dossier.chain, holder, trust=trust) or _withdrawn(case)
    if lacking is not None:
        return RefusedRelease(verdict, doubts, lacking)
    releaser = Releaser(person=holder.person.name, key=keys.fingerprint(holder.public), at=now)
    editions = final(files, case, verdict, releaser)
    said = Release(
        subject=release_statement.subject_of(case.record.subject),
        record_sha256=case.record.sha256,
        plan_sha256=case.plan.sha256 if case.plan is not None else None,
        policy=policy.name,
        policy_sha256=policy.sha256,
        manifest_sha256=dossier.manifest_sha256,
        verdict_sha256=verdict.sha256,
        documents=release_statement.documents_of(editions),
        claims=tuple(one.sealed.id for one in dossier.signed),
        ledger=_decided(dossier.chain, verdict, now).head,
        trust_sha256=trust.sha256,
        issued_at=now,
        valid_until=verdict.valid_until,
        person=releaser.person,
        key=releaser.key,
        toolchain=dict(toolchain or {}),
    )
    return UnsignedRelease(said, verdict, editions, doubts)


def _decided(chain: Ledger, verdict: Verdict, now: str) -> Ledger:
    """The ledger with the decision, and with the release that it allows."""
    decided = chain.append("decision", "verdict", verdict.sha256, now)
    return decided.append("release", "verdict", verdict.sha256, now)


def completed(
    files: Mapping[str, bytes],
    asked: UnsignedRelease,
    sealed: bytes,
    *,
    seal: Callable[[bytes], bytes] = lambda pdf: pdf,
    witness: Witness | None = None,
) -> dict[str, bytes | None]:
    """The files of the dossier that change with a signed release statement; None where one goes.

    Steps 5 to 7 of `release`.

    Parameters
    ----------
    sealed:
        The statement of `asked`, signed.

    Raises
    ------
    IntegrityError
        If the statement is another one than was asked for.
    StoreError
        If something has been said since it was made: whoever signed it had not seen that.
    """
    dossier = under_review.read(files, where="dossier")
    statement = release_statement.read(sealed)
    if statement.sealed.payload != asked.payload:
        raise IntegrityError("it is not the statement that was to be signed", where=layout.RELEASE)
    said = asked.release
    chain = _decided(dossier.chain, asked.verdict, said.issued_at)
    if chain.head != said.ledger or dossier.manifest_sha256 != said.manifest_sha256:
        raise StoreError("somebody else has signed meanwhile", where="dossier", do="Look at it again, and sign again.")
    former = {name: None for name in files if name.startswith(layout.FINAL) or name == layout.RECEIPTS}
    chain = chain.append("release", "statement", statement.sha256, said.issued_at)
    said_of_it = {
        layout.VERDICT: layout.to_json(asked.verdict),
        layout.RELEASE: sealed,
        layout.LEDGER: chain.to_bytes(),
    }
    if witness is not None:
        entries = receipts.entries_of(chain, dossier.signed, statement)
        said_of_it[layout.RECEIPTS] = receipts.to_bytes([witness(one) for one in entries])
    carried = _carrying(asked.editions, {**files, **said_of_it}, seal)
    return {**former, **carried, **said_of_it}


def _carrying(
    editions: Mapping[str, bytes], files: Mapping[str, bytes], seal: Callable[[bytes], bytes]
) -> dict[str, bytes]:
    """The final editions, each PDF with what proves it enclosed: the statement names it as it was before."""
    # The fixed ones in their order, so that a PDF without links has the bytes that it always had.
    names = [name for name in enclosure.ENCLOSED if name in files]
    names += sorted(name for name in files if enclosure.enclosed(name) and name not in names)
    enclosed = {name: files[name] for name in names}
    return {
        name: seal(enclosure.enclose(data, enclosed)) if name.endswith(".pdf") else data
        for name, data in editions.items()
    }


def _withdrawn(case: Case) -> str | None:
    gone = [claim for claim in case.claims if isinstance(claim, Withdraw) and claim.claim is None]
    if not gone:
        return None
    return f"it was withdrawn by {gone[-1].person} on {gone[-1].at[:10]}: run again, with --supersede"


def _revoked(
    dossier: under_review.DossierUnderReview, trust: Trust, believed: list[claims.Judged], now: str
) -> str | None:
    """Why a release does not stand though nobody has withdrawn it: its key was revoked, and nothing dates it before; else None.

    A receiver's trust file cannot know of a key that somebody else's revokes, so whoever vouches for the release says it.
    """
    assert dossier.release is not None
    said = dossier.release.release
    holder = trust.holder(said.key)
    if holder is None or holder.key.revoked_on is None:
        return None
    dates = [
        one.signed.claim.at
        for one in believed
        if one.signed.claim.key != said.key and one.signed.ledger.length > said.ledger.length
    ]
    return claims.too_late(holder, now, dates)


def status(
    files: Mapping[str, bytes],
    key: keys.PrivateKey,
    trust: Trust,
    *,
    person: str,
    role: str,
    now: str,
    hours: int,
    where: str,
) -> bytes:
    """A status statement on a released dossier: whether it is withdrawn, and where its ledger stands.

    Raises
    ------
    UsageError
        If the key may not sign in this role.
    NothingToCheckError
        If nothing is released.
    IntegrityError
        If the dossier is not what its release statement says.
    """
    holder = admissible.signer(trust, keys.fingerprint(key.public_key()), person, role, now)
    dossier = under_review.read(files, where=where)
    if dossier.release is None:
        raise NothingToCheckError("nobody has released this dossier", where=where, do="Release it: cardwright release.")
    if not dossier.chain.holds(dossier.release.release.ledger):
        raise IntegrityError("the ledger is not the one that was released", where=f"{where}/{layout.LEDGER}")
    releaser = trust.holder(dossier.release.release.key)
    judged = claims.believe(
        dossier.signed,
        trust,
        dossier.chain,
        now,
        releaser=releaser.person.id if releaser is not None else None,
        evidence=timestamps.evidence(dossier.stamps, dossier.chain, trust, now),
    )
    gone = [
        one.signed.claim
        for one in judged
        if one.believed and isinstance(one.signed.claim, Withdraw) and one.signed.claim.claim is None
    ]
    reason = gone[-1].reason if gone else _revoked(dossier, trust, [one for one in judged if one.believed], now)
    until = datetime.fromisoformat(now) + timedelta(hours=hours)
    return status_statement.make(
        Status(
            subject=dossier.case.record.subject.name,
            release_sha256=dossier.release.sha256,
            state="in_force" if reason is None else "withdrawn",
            reason=reason,
            ledger=dossier.chain.head,
            issued_at=now,
            valid_until=until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            person=holder.person.name,
            key=keys.fingerprint(key.public_key()),
            role=role,
        ),
        key,
    )
