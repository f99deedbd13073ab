"""The trust file: whom the receiver believes. It is the receiver's own, and never read from a dossier.

Keys, the person behind each, the roles that person may sign in and from when to when, what was revoked, and which policies are
accepted for which subjects. Distinct people are distinct keys: one key under two names is an error.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from cardwright.attest.keys import Enrolment, PublicKey, check_enrolment, fingerprint, load_public
from cardwright.dossier.migrations import PolicyDigests
from cardwright.errors import PolicyError
from cardwright.files import yamltext
from cardwright.record import canonical
from cardwright.record.base import Day, FreeText, Identifier, Label, Sha256, Value


class Person(Value):
    """A key, whose it is, and what its owner may sign."""

    name: Label
    """The person."""
    roles: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    """Roles the person may sign in."""
    public_key: str
    """The public key as PEM."""
    valid_from: Day
    """The first day on which signatures count."""
    valid_until: Day | None = None
    """The last day; `null` where no end is set."""
    revoked_on: Day | None = None
    """From this day on nothing that the key signed counts any more."""
    revoked_because: FreeText | None = None
    """Why."""

    @property
    def key(self) -> PublicKey:
        """The public key."""
        return load_public(self.public_key, where=f"trust file, {self.name}")

    @property
    def fingerprint(self) -> Sha256:
        """SHA-256 of the DER public key."""
        return fingerprint(self.key)


class AcceptedPolicy(Value):
    """A policy that the receiver accepts."""

    name: Identifier
    """Its name, for people."""
    sha256: Sha256
    """Its digest, which decides."""
    subjects: tuple[Label, ...] = ("*",)
    """Names of subjects it is accepted for; `*` is all, a trailing `*` a prefix."""
    risk_tiers: tuple[Identifier, ...] = ()
    """Risk tiers it is accepted for; empty is all."""


class Trust(Value):
    """A trust file."""

    schema_: Annotated[Literal["cardwright/trust/1"], Field(alias="schema")] = "cardwright/trust/1"
    """The format of this file."""
    people: tuple[Person, ...] = ()
    """Whom the receiver believes."""
    policies: tuple[AcceptedPolicy, ...] = ()
    """By which policies."""

    @model_validator(mode="after")
    def _one_key_is_one_person(self) -> Self:
        seen: dict[str, str] = {}
        for person in self.people:
            print_ = person.fingerprint
            if print_ in seen:
                raise ValueError(f'"{person.name}" and "{seen[print_]}" have the same key; one key is one person')
            seen[print_] = person.name
        return self

    @property
    def sha256(self) -> Sha256:
        """Digest of the canonical bytes."""
        return canonical.sha256(self)

    def person(self, fingerprint: str) -> Person | None:
        """Whose key it is."""
        return next((person for person in self.people if person.fingerprint == fingerprint), None)

    def accepts(self, policy_sha256: str, subject: str, risk_tier: str | None) -> bool:
        """Whether a policy is accepted for a subject; a tier that nobody stated is accepted only where all are."""
        return any(
            accepted.sha256 == policy_sha256
            and any(
                name in ("*", subject) or (name.endswith("*") and subject.startswith(name[:-1]))
                for name in accepted.subjects
            )
            and (not accepted.risk_tiers or risk_tier in accepted.risk_tiers)
            for accepted in self.policies
        )


def empty() -> Trust:
    """A trust file that believes nobody."""
    return Trust()


def read(data: bytes, *, where: str) -> Trust:
    """A trust file (YAML).

    Raises
    ------
    PolicyError
        Where it is not valid, or one key belongs to two people.
    """
    return yamltext.to_model(Trust, yamltext.parse(data, where=where, error=PolicyError), error=PolicyError)


def enrol(trust: Trust, request: Enrolment, day: str, *, where: str, roles: tuple[str, ...] | None = None) -> Trust:
    """The trust file with one more key.

    Raises
    ------
    IntegrityError
        Where the request's proof does not hold.
    PolicyError
        Where the key is there already, or no role is named, or one that is none.
    """
    key = check_enrolment(request, where=where)
    known = trust.person(fingerprint(key))
    if known is not None:
        raise PolicyError(f'the key is enrolled already, as "{known.name}"', where=where, do="One key is one person.")
    try:
        person = Person(
            name=request.person, roles=roles or request.roles, public_key=request.public_key, valid_from=day
        )
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        raise PolicyError(f"{first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}", where=where) from exc
    return Trust(people=(*trust.people, person), policies=trust.policies)


def accepted_by_old_digest(
    trust: Trust, digests: tuple[PolicyDigests, ...]
) -> tuple[tuple[AcceptedPolicy, PolicyDigests], ...]:
    """The policies that the trust file accepts by the digest that Cardwright 0.1.0 computed, each with its present one."""
    by_old = {one.before: one for one in digests}
    return tuple((accepted, by_old[accepted.sha256]) for accepted in trust.policies if accepted.sha256 in by_old)


def to_yaml(trust: Trust) -> bytes:
    """The trust file as people read it."""
    lines = [
        "# Whom we believe, and by which policies. Never taken from a dossier; keep it where only its owners can write.",
        "schema: cardwright/trust/1",
        "people:" if trust.people else "people: []",
    ]
    for person in trust.people:
        lines += [
            f"  - name: {_text(person.name)}",
            f"    roles: [{', '.join(person.roles)}]",
            f"    valid_from: {person.valid_from}",
        ]
        if person.valid_until:
            lines.append(f"    valid_until: {person.valid_until}")
        if person.revoked_on:
            lines.append(f"    revoked_on: {person.revoked_on}")
        if person.revoked_because:
            lines.append(f"    revoked_because: {_text(person.revoked_because)}")
        lines += [f"    # fingerprint {person.fingerprint}", "    public_key: |"]
        lines += [f"      {line}" for line in person.public_key.strip().splitlines()]
    lines.append("policies:" if trust.policies else "policies: []")
    for policy in trust.policies:
        lines += [f"  - name: {policy.name}", f"    sha256: {policy.sha256}"]
        lines.append(f"    subjects: [{', '.join(_text(name) for name in policy.subjects)}]")
        if policy.risk_tiers:
            lines.append(f"    risk_tiers: [{', '.join(policy.risk_tiers)}]")
    return ("\n".join(lines) + "\n").encode("utf-8")


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
