"""What a person says, signed. The program never fills one in."""

from typing import Annotated, Literal

from pydantic import Field

from cardwright.record.base import Day, Flag, FreeText, Identifier, Label, Number, Sha256, Timestamp, Value


class _Claim(Value):
    id: Sha256 | None = None
    """Digest of the signed statement; set when it is read back."""
    person: Label
    """Who says so, as the trust file names them."""
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
        return (self.requirement, self.outcome, self.bound, self.reason, self.controls, self.expires, *about)


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
    """An earlier decision of the same role that this one takes the place of, e.g. a rejection."""
    comment: FreeText | None = None
    """In words."""


class Preregister(_Claim):
    """Says, before evaluation, that this plan is the plan."""

    kind: Literal["preregister"] = "preregister"


class Withdraw(_Claim):
    """Takes back a claim, or a release."""

    kind: Literal["withdraw"] = "withdraw"
    claim: Sha256 | None = None
    """The claim; `null` for the release as a whole."""
    reason: FreeText
    """Why."""


class GateDecision(_Claim):
    """The gate's own statement over a verdict and its documents."""

    kind: Literal["gate_decision"] = "gate_decision"
    verdict_sha256: Sha256
    """The verdict."""
    manifest_sha256: Sha256
    """The documents."""
    allowed: Flag
    """Whether the handoff was allowed."""


Claim = Annotated[
    Attest | WaiveRequest | Waive | SignOff | Preregister | Withdraw | GateDecision, Field(discriminator="kind")
]
