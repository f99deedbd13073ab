"""A dossier as a signer has it in front of them, and where everybody who has to sign has seen the same of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from cardwright.attest import claims, ledger, release_statement, sampling, timestamps
from cardwright.attest.ledger import Head, Ledger
from cardwright.attest.release_statement import SignedRelease
from cardwright.attest.trust import RELEASE, Holder, Trust
from cardwright.dossier import contents, layout
from cardwright.errors import IntegrityError, UsageError
from cardwright.policy.policy import Policy
from cardwright.policy.rules.sign_off import SignOffRule
from cardwright.record import canonical
from cardwright.record.case import Case, LinkedDossier
from cardwright.record.claim import Claim, Countersign, SignOff, Withdraw, authors, live, makers, same_person
from cardwright.record.verdict import Verdict


@dataclass(frozen=True)
class DossierUnderReview:
    """A dossier's values, with its claims, ledger and release. None of them is believed yet."""

    case: Case
    manifest_sha256: str
    review: Verdict
    chain: Ledger
    signed: tuple[claims.Signed, ...]
    release: SignedRelease | None = None
    stamps: tuple[timestamps.StampedHead, ...] = ()
    linked: Mapping[str, DossierUnderReview] = field(default_factory=dict)
    """The dossiers that it refers to, as far as they were kept whole, by the digest of their record."""

    def claim(self, prefix: str) -> claims.Signed:
        """The claim whose id begins with this prefix.

        Raises
        ------
        UsageError
            If none does, or more than one.
        """
        matching = [one for one in self.signed if one.sealed.id.startswith(prefix)]
        if len(matching) != 1 or len(prefix) < 6:
            known = ", ".join(f"{one.sealed.id[:12]} ({one.claim.kind})" for one in self.signed) or "none"
            raise UsageError(f'"{prefix}" names no claim, or more than one', do=f"Claims here: {known}.")
        return matching[0]

    @property
    def digests(self) -> tuple[tuple[str, str, str], ...]:
        """What is signed over, what a signer's screen shows before they sign: a name, a digest (the subject's name has none), and
        words about it.
        """
        plan = self.case.record.provenance.plan_sha256
        head = self.chain.head
        return (
            ("subject", "", f"{self.case.record.subject.name} {self.case.record.subject.version}"),
            ("identity", self.case.record.subject.identity, ""),
            ("record", self.case.record.sha256, ""),
            ("plan", plan, ""),
            ("policy", self.review.policy.sha256, f" ({self.review.policy.name} {self.review.policy.version})"),
            ("manifest", self.manifest_sha256, ""),
            ("ledger", head.head, f" ({head.length} lines, {len(self.signed)} claims)"),
        )


def read(files: Mapping[str, bytes], *, where: str) -> DossierUnderReview:
    """A dossier's values, none of which is believed yet.

    Raises
    ------
    IntegrityError
        If a file is not what it says, the claims are not those of the ledger, or a claim was signed over a ledger that held
        something else: leaving out a rejection breaks the chain, and chaining it anew contradicts whoever signed after it.
    """
    case = contents.case_of(files, where=where)
    manifest = canonical.digest(files[layout.MANIFEST])
    chain = ledger.read(files.get(layout.LEDGER, b""), case.record.subject.name)
    signed = claims.read(files.get(layout.CLAIMS, b""))
    if [entry.digest for entry in chain.here if entry.event == "claim"] != [one.sealed.id for one in signed]:
        raise IntegrityError(
            "the claims are not those of the ledger, in its order", where=layout.CLAIMS, do="One was left out or moved."
        )
    # This is more than a doubt: whoever signed this head saw lines that are gone, perhaps a rejection.
    contradicted = next((one for one in signed if not chain.holds(one.ledger)), None)
    if contradicted is not None:
        raise IntegrityError(
            f"it is not the ledger that {contradicted.claim.person} signed",
            where=layout.LEDGER,
            do="Take the copy that was signed: lines before that signature were left out or changed.",
        )
    stamps = timestamps.read(files.get(layout.TIMESTAMPS, b""))
    timestamps.must_be_of(stamps, chain)
    return DossierUnderReview(
        case=replace(case, manifest_sha256=manifest),
        manifest_sha256=manifest,
        review=canonical.parse(Verdict, files[layout.REVIEW], where=f"{where}/{layout.REVIEW}"),
        chain=chain,
        signed=signed,
        release=release_statement.read(files[layout.RELEASE]) if layout.RELEASE in files else None,
        stamps=stamps,
        linked=linked_dossiers(case, where=where),
    )


def linked_dossiers(case: Case, *, where: str) -> dict[str, DossierUnderReview]:
    """The dossiers that a case refers to, read like the dossier itself; one that nobody could have signed is left out.

    Raises
    ------
    IntegrityError
        Where a file of one is not what it says, or a claim was left out of it.
    """
    whole = {layout.MANIFEST, layout.REVIEW, layout.LEDGER}
    return {
        digest: read(one.files, where=f"{where}/{layout.LINKS}{digest}")
        for digest, one in case.linked.items()
        if whole <= one.files.keys()
    }


# ---------------------------------------------------------------------------------------------------- one head


def common_head(chain: Ledger) -> Head:
    """Where the ledger stood after the last line that a person's words or a run caused.

    Countersignatures are about this head, and the gate's decisions say nothing new, so neither moves it.
    """
    told = [
        entry.seq
        for entry in chain.here
        if entry.event in ("run", "claim") and (entry.event, entry.kind) != ("claim", "countersign")
    ]
    return chain.head_at(max(told, default=-1) + 1)


def countersigners(chain: Ledger, believed: Iterable[Claim]) -> list[Claim]:
    """Who has signed the common head: by a countersignature that names it, or by having signed its last line.

    That last line is a person's own claim. It names the head before it, so whoever signed it has signed everything up to there.
    """
    head = common_head(chain)
    last = chain.entries[head.length - 1].digest if head.length else None
    return [
        claim
        for claim in live(believed)
        if claim.id == last or (isinstance(claim, Countersign) and Head(head=claim.head, length=claim.length) == head)
    ]


def lacking(
    case: Case,
    policy: Policy,
    verdict: Verdict,
    chain: Ledger,
    releaser: Holder | None,
    *,
    trust: Trust | None = None,
) -> str | None:
    """What a release lacks beside the gate's decision; None if it lacks nothing.

    1. The policy asks for somebody's approval, and it is given: what nobody has to approve is judged, never released.
    2. Somebody has signed for having made the dossier, and the plan's author is known: else nobody is known to be another.
    3. Whoever releases is neither.
    4. Every sign-off that the policy asks for is of somebody who has signed the common head of the ledger.
    5. Where the risk tier is `high`, no approval rests on what one desk has shown: it is also given with a file key, or at a
       second desk.

    Parameters
    ----------
    case:
        With the claims that are believed.
    releaser:
        The holder of the key that releases; None where nobody is known yet.
    trust:
        Says which keys are passkeys, and of which desk.
    """
    status = {outcome.requirement: outcome.status for outcome in verdict.outcomes}
    asked = [
        requirement.rule
        for requirement in policy.requirements
        if isinstance(requirement.rule, SignOffRule)
        and requirement.level == "block"
        and status.get(requirement.id) == "passed"
    ]
    if not any(rule.meaning == "approval" for rule in asked):
        return f"{policy.name} asks for nobody's approval: what nobody approves can be judged, and is not released"
    if not makers(case.claims, case.manifest_sha256):
        return (
            "nobody has signed for having made this dossier, so nobody can be told to be independent of it: "
            "cardwright sign-off --meaning authorship"
        )
    if releaser is not None:
        for claim in authors(case.claims, case.record.provenance.plan_sha256, case.manifest_sha256):
            keys = {key.fingerprint for key in releaser.person.keys}
            if claim.key in keys or claim.person_id == releaser.person.id:
                return f"{releaser.person.name} wrote the plan or made the dossier, and does not release it"
    seen = countersigners(chain, case.claims)
    for rule in asked:
        signed = [
            claim
            for claim in live(case.claims)
            if isinstance(claim, SignOff)
            and (claim.role, claim.meaning, claim.decision) == (rule.role, rule.meaning, "approve")
            and claim.manifest_sha256 == case.manifest_sha256
        ]
        if not any(same_person(one, other) for one in signed for other in seen):
            head = common_head(chain)
            return (
                f"{signed[-1].person if signed else rule.role} ({rule.role}) has not countersigned where the ledger stands, "
                f"{head.length} lines, head {head.head[:12]}: cardwright countersign --role {rule.role}"
            )
        if rule.meaning == "approval" and case.record.context.risk_tier == "high" and _shown_by_one_desk(signed, trust):
            return (
                f"the approval of {rule.role} was given at one desk alone, which could have shown something else than it had "
                "signed; of high risk, it is also given with a file key or at a second desk"
            )
    return None


def _shown_by_one_desk(approvals: Iterable[Claim], trust: Trust | None) -> bool:
    """Whether all these were signed with passkeys of one desk: what their screen showed is that desk's word."""
    holders = [trust.holder(claim.key) if trust is not None else None for claim in approvals]
    pinned = [holder.key.passkey if holder is not None else None for holder in holders]
    return None not in pinned and len({one.rp_id for one in pinned if one is not None}) == 1


def judged_case(
    dossier: DossierUnderReview, trust: Trust, artefacts: Mapping[str, str] | None, now: str
) -> tuple[Case, tuple[str, ...]]:
    """The case with the claims that are believed under a trust file, and why the others are not."""
    dated = timestamps.evidence(dossier.stamps, dossier.chain, trust, now)
    judged = claims.believe(dossier.signed, trust, dossier.chain, now, evidence=dated)
    said = tuple(one.signed.claim for one in judged if one.believed)
    samples, unknown = sampling.believed(dossier.case, trust, now, said)
    case = replace(
        dossier.case,
        claims=said,
        samples=samples,
        trust_sha256=trust.sha256,
        artefacts=dict(artefacts) if artefacts is not None else None,
        linked=linked_as_believed(dossier.case, dossier.linked, trust, now),
    )
    doubts = [one for one in judged if not one.believed and not one.settled]
    of_claims = tuple(f"{one.signed.claim.kind} by {one.signed.claim.person}: {one.why}" for one in doubts)
    return case, (*of_claims, *unknown)


def linked_as_believed(
    case: Case, linked: Mapping[str, DossierUnderReview], trust: Trust, now: str
) -> dict[str, LinkedDossier]:
    """The dossiers that a case refers to, with what is believed of those who signed and released them."""
    believed = dict(case.linked)
    for digest, dossier in linked.items():
        said = judged_case(dossier, trust, None, now)[0].claims
        released = is_released(dossier, trust, said, now)
        believed[digest] = replace(case.linked[digest], claims=said, released=released)
    return believed


def linked_as_signed(case: Case, linked: Mapping[str, DossierUnderReview]) -> dict[str, LinkedDossier]:
    """The same with everything that was signed, believed or not: for a receiver who replays a verdict of somebody else."""
    everybody = dict(case.linked)
    for digest, dossier in linked.items():
        said = tuple(one.claim for one in dossier.signed)
        released = dossier.release is not None and not _withdrawn(said)
        everybody[digest] = replace(case.linked[digest], claims=said, released=released)
    return everybody


def _withdrawn(said: Iterable[Claim]) -> bool:
    return any(isinstance(claim, Withdraw) and claim.claim is None for claim in said)


def is_released(dossier: DossierUnderReview, trust: Trust, said: tuple[Claim, ...], now: str) -> bool:
    """Whether a release statement of somebody who may release names this record, this manifest and this ledger."""
    if dossier.release is None:
        return False
    statement, sealed = dossier.release.release, dossier.release.sealed
    holder = trust.holder(statement.key)
    if holder is None or holder.disowns(sealed) is not None or holder.person.name != statement.person:
        return False
    if holder.barred(RELEASE, statement.issued_at[:10]) is not None or claims.ahead(statement.issued_at, now):
        return False
    named = (statement.record_sha256, statement.manifest_sha256, statement.plan_sha256)
    record = dossier.case.record
    if named != (record.sha256, dossier.manifest_sha256, record.provenance.plan_sha256):
        return False
    # Somebody else's claim dates the statement where its key has ended since; the statement dates nothing by itself.
    others = {claim.id for claim in said if claim.person_id != holder.person.id}
    later = [
        one.claim.at
        for one in dossier.signed
        if one.sealed.id in others and one.ledger.length > statement.ledger.length
    ]
    if claims.too_late(holder, now, later) is not None or not dossier.chain.holds(statement.ledger):
        return False
    over = statement.valid_until is not None and now[:10] > statement.valid_until
    # Withdrawn by whoever released it: `believe` asks for the release's own authority, so every such claim counts here.
    return not over and not _withdrawn(one.claim for one in dossier.signed) and not _withdrawn(said)
