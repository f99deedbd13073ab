"""What a person says, signed. The program never fills one in."""

import unicodedata
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from cardwright.record import canonical
from cardwright.record.base import Count, Day, FreeText, Identifier, Label, Number, Sha256, Timestamp, Value
from cardwright.record.drawn_sample import SampleStatement
from cardwright.record.evaluation import Severity


def _is_none(value: object) -> bool:
    return value is None


class _Claim(Value):
    id: Sha256 | None = None
    """Digest of the signed statement; set when it is read back."""
    person: Label
    """Who says so, as the trust file names them."""
    person_id: Annotated[Identifier | None, Field(exclude=True)] = None
    """The stable id that the reader's trust file gives the holder of the key; set when the claim is believed, and never signed:
    another reader may know the same person by another id."""
    key: Sha256
    """Fingerprint of the key: SHA-256 of its DER public key. Two ids with one key are one person."""
    role: Identifier
    """In which role."""
    at: Timestamp
    """When, as the person's clock says."""
    record_sha256: Sha256 | None = None
    """The record it is about."""
    plan_sha256: Sha256 | None = None
    """The plan it is about."""
    policy_sha256: Sha256 | None = None
    """The policy it is about."""


class Attest(_Claim):
    """An answer to a checklist item that only a person can give."""

    kind: Literal["attest"] = "attest"
    checklist: Identifier
    """Which checklist."""
    item: Identifier
    """Which item."""
    answer: Literal["met", "not_met", "not_applicable"]
    """The answer."""
    statement: FreeText
    """In which way, with where to look."""
    expires: Day | None = None
    """When it has to be said again."""


class _Terms(_Claim):
    requirement: Identifier
    """The requirement."""
    outcome: Literal["failed", "inconclusive", "missing", "error", "stale"]
    """The outcome that is accepted; a worse one is not."""
    bound: Number | None = None
    """The worst value that is accepted; a worse re-run is refused again."""
    severity: Annotated[Severity | None, Field(exclude_if=_is_none)] = None
    """For findings: the worst severity that is accepted."""
    count: Annotated[Count | None, Field(exclude_if=_is_none)] = None
    """For findings: how many above the policy's limit are accepted."""
    evidence_sha256: Annotated[Sha256 | None, Field(exclude_if=_is_none)] = None
    """Digest of the content of the evaluations, or of the open risks, that the outcome rests on; others are waived anew."""
    reason: FreeText
    """Why."""
    controls: FreeText
    """What is done instead."""
    expires: Day
    """The last day it holds."""

    @property
    def terms(self) -> tuple[object, ...]:
        """What is asked for and approved, word for word."""
        about = (self.record_sha256, self.plan_sha256, self.policy_sha256)
        bounds = (self.bound, self.severity, self.count, self.evidence_sha256)
        return (self.requirement, self.outcome, *bounds, self.reason, self.controls, self.expires, *about)


class WaiveRequest(_Terms):
    """Asks for a waiver. It waives nothing."""

    kind: Literal["waive_request"] = "waive_request"


class Waive(_Terms):
    """Approves a request: accepts one outcome of one requirement, down to a bound, until a day, in the words of the request.

    It never turns missing evidence into a pass, and whoever asked cannot approve.
    """

    kind: Literal["waive"] = "waive"
    request: Sha256
    """The request that it approves."""


class SignOff(_Claim):
    """A decision of one person over a manifest."""

    kind: Literal["sign_off"] = "sign_off"
    decision: Literal["approve", "request_changes", "reject"]
    """The decision."""
    meaning: Literal["authorship", "review", "approval", "responsibility"]
    """What the signature means (21 CFR 11.50)."""
    manifest_sha256: Sha256
    """What was signed."""
    answers: Sha256 | None = None
    """An earlier decision of the same role that this one replaces, e.g. a rejection."""
    comment: FreeText | None = None
    """In words."""


class Preregister(_Claim):
    """Signs a plan: as its author, or, before evaluation, as somebody who agrees that this plan is the plan."""

    kind: Literal["preregister"] = "preregister"
    meaning: Annotated[Literal["review", "authorship"], Field(exclude_if=lambda value: value == "review")] = "review"
    """`authorship`: I wrote it. Nobody else is known to be its author, whatever name the plan states."""


class Withdraw(_Claim):
    """Takes back a claim, or a release."""

    kind: Literal["withdraw"] = "withdraw"
    claim: Sha256 | None = None
    """The claim; `null` for the release as a whole."""
    reason: FreeText
    """Why."""


class Countersign(_Claim):
    """Says where the ledger stood when everything had been said: whoever leaves out a line of it contradicts this."""

    kind: Literal["countersign"] = "countersign"
    manifest_sha256: Sha256
    """The dossier."""
    head: Sha256
    """Digest of the last line of the ledger that anybody but a countersigner caused."""
    length: Count
    """How many lines the ledger has up to there."""


Claim = Annotated[
    Attest | WaiveRequest | Waive | SignOff | Preregister | Withdraw | Countersign, Field(discriminator="kind")
]


class Releaser(Value):
    """Who signs a release, as its statement says: known before it is signed, so that the documents which it covers can say so."""

    person: Label
    """Their name, as the trust file has it."""
    key: Sha256
    """Fingerprint of their key."""
    role: Identifier = "release"
    """In which role."""
    at: Timestamp
    """When."""


def live(claims: Iterable[Claim]) -> list[Claim]:
    """The claims that nobody has withdrawn. Who may withdraw what was decided when the claims were believed."""
    said = list(claims)
    withdrawn = {claim.claim for claim in said if isinstance(claim, Withdraw)}
    return [claim for claim in said if claim.id is None or claim.id not in withdrawn]


def digest_of(claims: Iterable[Claim]) -> Sha256 | None:
    """The digest under which a verdict names the claims that it counts, in their order; None if there are none."""
    said = [canonical.plain(claim) for claim in claims]
    return canonical.sha256(said) if said else None


def same_person(one: Claim | SampleStatement, other: Claim | SampleStatement) -> bool:
    """Whether two statements are of one person: by id, by key, or by a name that differs in case and spaces alone.

    Any of the three is enough. Two people are two only if they share none of them, so a missing id helps nobody.
    """
    if one.key == other.key or (one.person_id is not None and one.person_id == other.person_id):
        return True
    return same_name(one.person, other.person)


def same_name(one: str, other: str) -> bool:
    """Whether two names differ in case, spaces and compatibility forms alone.

    >>> same_name("J. Doe", "j.  doe ")
    True
    """
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def authors(claims: Iterable[Claim], plan_sha256: str | None, manifest_sha256: str | None) -> list[Claim]:
    """Who says that they wrote the plan, or made the dossier that holds it. Empty where its author is unknown."""
    plans = [
        claim
        for claim in live(claims)
        if isinstance(claim, Preregister) and claim.meaning == "authorship" and claim.plan_sha256 == plan_sha256
    ]
    return [*plans, *makers(claims, manifest_sha256)]


def makers(claims: Iterable[Claim], manifest_sha256: str | None) -> list[Claim]:
    """Who says that they made the dossier: ran the evaluations and wrote what the manifest lists."""
    return [
        claim
        for claim in live(claims)
        if isinstance(claim, SignOff)
        and (claim.meaning, claim.decision) == ("authorship", "approve")
        and claim.manifest_sha256 == manifest_sha256
    ]
