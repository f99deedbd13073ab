"""The trust file: whom the receiver believes. It is the receiver's own, and never read from a dossier.

People with stable ids, the keys of each, the roles they may sign in and from when to when, what was revoked, and which policies
are accepted for which subjects. Two people are two ids: one key under two ids is an error, and so are two names that differ in
case or spaces alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from cardwright.attest import confusable, envelope, passkeys
from cardwright.attest.keys import Enrolment, PublicKey, check_enrolment, fingerprint, load_public
from cardwright.attest.passkeys import Passkey, PasskeyEnrolment
from cardwright.dossier.migrations import PolicyDigests
from cardwright.errors import PolicyError
from cardwright.files import yamltext
from cardwright.record import canonical
from cardwright.record.base import Count, Day, Flag, FreeText, Identifier, Label, Sha256, Value

RELEASE = "release"
"""The role that signs release statements."""
STATUS = "status"
"""The role that signs status statements, and the only one that the key of a log may be held in."""
ADMINISTRATOR = "administrator"
"""The role that signs the next version of the trust file."""


def _none(value: object) -> bool:
    return value is None


def _empty(value: object) -> bool:
    return not value


class PersonKey(Value):
    """One key of a person."""

    public_key: str
    """The public key as PEM."""
    valid_from: Day
    """The first day on which signatures count."""
    valid_until: Day | None = None
    """The last day; `null` where no end is set. Afterwards a signature counts only if somebody else's evidence dates it."""
    revoked_on: Day | None = None
    """From this day on anybody may hold the key: a signature counts only if somebody else's evidence dates it earlier."""
    revoked_because: FreeText | None = None
    """Why."""
    replaces: Sha256 | None = None
    """Fingerprint of the key that handed over to this one."""
    passkey: Annotated[Passkey | None, Field(exclude_if=_none)] = None
    """For a passkey: its credential, relying party and origin. Such a key signs through an authenticator, and in no other way."""

    @property
    def fingerprint(self) -> Sha256:
        """SHA-256 of the DER public key."""
        return fingerprint(load_public(self.public_key, where="trust file"))


class Person(Value):
    """A person, and what they may sign."""

    id: Identifier
    """A stable id: it stays when the name changes."""
    name: Label
    """The name, as it is signed and printed."""
    roles: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    """Roles the person may sign in."""
    keys: Annotated[tuple[PersonKey, ...], Field(min_length=1)]
    """The person's keys."""


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


class AcceptedCode(Value):
    """A distribution of evaluators whose numbers the receiver accepts."""

    name: Label
    """The distribution's name, as `verify` prints it."""
    sha256: Sha256
    """Digest of its files, which decides: a version alone does not say that they are unchanged."""


class StatusDemand(Value):
    """What a receiver demands to know of what happened after a release."""

    max_age_hours: Annotated[Count, Field(ge=1)]
    """How old a status statement may be."""
    issuers: Identifier
    """The role whose status statements count."""


class LogCosigner(Value):
    """Somebody independent of a log, who signs its checkpoints after a look that the log only grew."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,159}$")]
    """Its name, as it stands in its signature lines."""
    public_key: str
    """The public key as PEM (Ed25519)."""


class Log(Value):
    """A witness log whose receipts count. Where one is named, `verify` asks for a receipt and a fresh status statement."""

    name: Identifier
    """Its name, which is the first line of its checkpoints, e.g. `log.example.org`."""
    public_key: str
    """The public key as PEM (Ed25519)."""
    cosigners: Annotated[tuple[LogCosigner, ...], Field(exclude_if=_empty)] = ()
    """Who can show that the log has shown everybody the same: one log alone can have two faces."""
    cosigned_by: Annotated[Count | None, Field(exclude_if=_none)] = None
    """How many of them have to have signed a receipt's checkpoint; if omitted, all."""

    @model_validator(mode="after")
    def _cosigners_are_independent(self) -> Self:
        if self.cosigned_by is not None and self.cosigned_by > len(self.cosigners):
            raise ValueError(f"{self.cosigned_by} cosigners are asked for, and {len(self.cosigners)} are named")
        pems = [self.public_key, *(one.public_key for one in self.cosigners)]
        if len({"".join(pem.split()) for pem in pems}) < len(pems):
            raise ValueError(f"a cosigner of {self.name} has the log's key, or another cosigner's: it is nobody else")
        return self

    @property
    def demanded(self) -> int:
        """How many cosigners have to have signed."""
        return len(self.cosigners) if self.cosigned_by is None else self.cosigned_by


class TimestampAuthority(Value):
    """A timestamp authority whose tokens count."""

    name: Identifier
    """Its name."""
    certificate: str
    """Its root certificate as PEM."""


FORMAT = "cardwright/trust/2"
"""The format that trust files are written in."""


class PdfSignatures(Value):
    """Whose signatures of a released PDF count (PAdES), beside the release statement and never in place of it."""

    roots: Annotated[tuple[str, ...], Field(min_length=1)]
    """Root certificates of organisations, as PEM. The system's own roots never count."""
    required: Flag = False
    """Whether a released PDF without such a signature is refused."""
    timestamp: Flag = False
    """Whether a pinned timestamp authority has to state the time of the signature."""


class Trust(Value):
    """A trust file."""

    schema_: Annotated[Literal["cardwright/trust/2"], Field(alias="schema")] = "cardwright/trust/2"
    """The format of this file."""
    owner: Annotated[Label | None, Field(exclude_if=_none)] = None
    """Whose trust it says, e.g. an organisation."""
    sequence: Annotated[Count, Field(ge=1)] = 1
    """The number of this version; a lower one than the last one seen is refused."""
    previous: Annotated[Sha256 | None, Field(exclude_if=_none)] = None
    """Digest of the version before, whose administrator signed this one."""
    expires: Annotated[Day | None, Field(exclude_if=_none)] = None
    """The last day on which anybody should rely on it."""
    people: tuple[Person, ...] = ()
    """Whom the receiver believes."""
    policies: tuple[AcceptedPolicy, ...] = ()
    """By which policies."""
    evaluators: Annotated[tuple[AcceptedCode, ...], Field(exclude_if=_empty)] = ()
    """Whose code may have made the numbers; if omitted, any. Cardwright's own is one of them."""
    withdraws: Annotated[tuple[Identifier, ...], Field(exclude_if=_empty)] = ()
    """Roles that may withdraw other people's claims, and a release. A rejection is lifted by its own role alone."""
    status: Annotated[StatusDemand | None, Field(exclude_if=_none)] = None
    """Whether a fresh status statement is demanded; if not, withdrawals after the dossier was fetched stay unknown."""
    logs: Annotated[tuple[Log, ...], Field(exclude_if=_empty)] = ()
    """Witness logs. A release needs a receipt of one of them."""
    timestamp_authorities: Annotated[tuple[TimestampAuthority, ...], Field(exclude_if=_empty)] = ()
    """Timestamp authorities."""
    pdf_signatures: Annotated[PdfSignatures | None, Field(exclude_if=_none)] = None
    """Whose signatures of a released PDF count; if omitted, they are not judged."""

    @model_validator(mode="after")
    def _a_person_is_one_person(self) -> Self:
        seen: dict[str, str] = {}
        for person in self.people:
            for key in person.keys:
                print_ = key.fingerprint
                if print_ in seen:
                    raise ValueError(f'"{person.id}" and "{seen[print_]}" have the same key; one key is one person')
                seen[print_] = person.id
        for said in ("id", "name"):
            names = [confusable.folded(getattr(person, said)) for person in self.people]
            twice = next((n for n, name in enumerate(names) if name in names[:n]), None)
            if twice is not None:
                raise ValueError(
                    f'two people have the {said} "{getattr(self.people[twice], said)}", but for case and spaces'
                )
        for log in self.logs:
            holder = seen.get(fingerprint(load_public(log.public_key, where="trust file")))
            roles = next((person.roles for person in self.people if person.id == holder), ())
            if set(roles) - {STATUS}:
                raise ValueError(
                    f'the key of the log {log.name} is "{holder}", who may sign as {", ".join(roles)}: a desk\'s key signs '
                    f"its log and status statements alone"
                )
        return self

    @property
    def sha256(self) -> Sha256:
        """Digest of the canonical bytes."""
        return canonical.sha256(self)

    def holders(self) -> dict[Sha256, Holder]:
        """Who holds which key, by its fingerprint."""
        return {
            fingerprint(public): Holder(person, key, public)
            for person in self.people
            for key in person.keys
            for public in (load_public(key.public_key, where=f"trust file, {person.id}"),)
        }

    def holder(self, fingerprint: str) -> Holder | None:
        """Who holds a key; None if nobody known does."""
        return self.holders().get(fingerprint)

    def named(self, word: str) -> Person | None:
        """The person with this id or name."""
        return next((person for person in self.people if word in (person.id, person.name)), None)

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


@dataclass(frozen=True)
class Holder:
    """A key, read, and whose it is."""

    person: Person
    key: PersonKey
    public: PublicKey

    @property
    def practice(self) -> bool:
        """Whether it is a passkey of localhost."""
        return self.key.passkey is not None and self.key.passkey.practice

    def disowns(self, sealed: envelope.Sealed) -> str | None:
        """Why a statement is not signed with this key; None where it is."""
        why = sealed.flaw(self.public, self.key.passkey)
        if why is None:
            return None
        said = f"the signature is not from {self.person.name}'s key"
        return f"{said}: {why}" if sealed.assertion is not None or self.key.passkey is not None else said

    def barred(self, role: str, day: str) -> str | None:
        """Why this key may not sign in a role on a day; None where it may."""
        name, key = self.person.name, self.key
        if role not in self.person.roles:
            return f"{name} may not sign as {role}"
        if self.practice and role in (RELEASE, ADMINISTRATOR, STATUS):
            return f"the passkey of {name} is of localhost, which every machine is: it is for practice and releases nothing"
        if day < key.valid_from or (key.valid_until is not None and day > key.valid_until):
            return f"the key of {name} is not valid on {day}"
        return None


# ---------------------------------------------------------------------------------------------------- reading


class _PersonOfVersion1(Value):
    name: Label
    roles: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    public_key: str
    valid_from: Day
    valid_until: Day | None = None
    revoked_on: Day | None = None
    revoked_because: FreeText | None = None


class _TrustOfVersion1(Value):
    schema_: Annotated[Literal["cardwright/trust/1"], Field(alias="schema")] = "cardwright/trust/1"
    people: tuple[_PersonOfVersion1, ...] = ()
    policies: tuple[AcceptedPolicy, ...] = ()


def empty() -> Trust:
    """A trust file that believes nobody."""
    return Trust()


def read(data: bytes, *, where: str) -> Trust:
    """A trust file (YAML); one of version 1 is read as what it says in the current version.

    Raises
    ------
    PolicyError
        If it is not valid, or one key belongs to two people.
    """
    document = yamltext.parse(data, where=where, error=PolicyError)
    said = document.data.get("schema") if isinstance(document.data, Mapping) else None
    if said != "cardwright/trust/1":
        return yamltext.to_model(Trust, document, error=PolicyError)
    old = yamltext.to_model(_TrustOfVersion1, document, error=PolicyError)
    return _migrated(old, where)


def _migrated(old: _TrustOfVersion1, where: str) -> Trust:
    """Version 1 knew a person by name, with one key an entry: entries of one name become one person with several keys.

    Raises
    ------
    PolicyError
        If two entries of one name have other roles: either union or intersection would grant what nobody wrote.
    """
    people: dict[str, Person] = {}
    for entry in old.people:
        key = PersonKey(**entry.model_dump(exclude={"name", "roles"}))
        known = people.get(confusable.folded(entry.name))
        if known is None:
            person = Person(id=id_of(entry.name), name=entry.name, roles=entry.roles, keys=(key,))
        elif set(known.roles) == set(entry.roles):
            person = known.model_copy(update={"keys": (*known.keys, key)})
        else:
            raise PolicyError(
                f'"{entry.name}" has two keys with different roles',
                where=where,
                do="Write it as cardwright/trust/2, where a person has an id, roles and several keys.",
            )
        people[confusable.folded(entry.name)] = person
    return changed(empty(), where=where, people=tuple(people.values()), policies=old.policies)


def id_of(name: str) -> str:
    """An id for a name that came without one.

    >>> id_of("A. Okafor")
    'a-okafor'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80] or f"person-{canonical.sha256(name)[:12]}"


def changed(trust: Trust, *, where: str, **fields: Any) -> Trust:
    """The trust file with other fields, checked again.

    Raises
    ------
    PolicyError
        If the result would not be valid.
    """
    try:
        return Trust(**{name: fields.get(name, getattr(trust, name)) for name in Trust.model_fields})
    except ValidationError as exc:
        raise _invalid(exc, where) from exc


def _invalid(exc: ValidationError, where: str) -> PolicyError:
    first = exc.errors(include_url=False, include_input=False)[0]
    name = f"{first['loc'][0]}: " if first["loc"] else ""
    return PolicyError(f"{name}{first['msg'].removeprefix('Value error, ')}", where=where)


# ---------------------------------------------------------------------------------------------------- enrolling


def enrol(
    trust: Trust,
    request: Enrolment | PasskeyEnrolment,
    day: str,
    *,
    where: str,
    roles: tuple[str, ...],
    id: str | None = None,
    further: bool = False,
) -> Trust:
    """The trust file with one more key: of a new person, of one who hands over from an old key, or a further one.

    Parameters
    ----------
    roles:
        The roles that are granted, whatever was asked for. None are named for a hand-over: the person keeps theirs.
    id:
        The person's id; by default the one asked for, or one made from the name.
    further:
        Whether it is a further key of the person of that id, who keeps roles and other keys: a passkey beside a file key, say.
        The administrator has compared it with that person.

    Raises
    ------
    IntegrityError
        If a proof of the request does not hold.
    PolicyError
        If the key is enrolled already, no role or an invalid one is named, or the name or id can be taken for another one.
    """
    if isinstance(request, PasskeyEnrolment):
        key, pinned, replaces = passkeys.check_enrolment(request, where=where), request.passkey, None
    else:
        key, pinned, replaces = check_enrolment(request, where=where), None, request.replaces
    known = trust.holder(fingerprint(key))
    if known is not None:
        raise PolicyError(
            f'the key is enrolled already, as "{known.person.name}"', where=where, do="One key is one person."
        )
    if replaces is not None and isinstance(request, Enrolment):
        return _handed_over(trust, request, day, where)
    chosen = id or request.id or id_of(request.person)
    new = PersonKey(public_key=request.public_key, valid_from=day, passkey=pinned)
    if further:
        return _with_further_key(trust, chosen, request.person, new, where)
    for word, kind in ((chosen, "id"), (request.person, "name")):
        for person in trust.people:
            other = getattr(person, kind)
            if confusable.skeletons(word) & confusable.skeletons(other):
                raise PolicyError(
                    f'the {kind} "{word}" can be taken for "{other}", who is enrolled',
                    where=where,
                    do=f"Another key of {other}: cardwright keys rotate, or --further. Another person: another {kind}.",
                )
    try:
        person = Person(
            id=chosen,
            name=request.person,
            roles=roles,
            keys=(new,),
        )
    except ValidationError as exc:
        raise _invalid(exc, where) from exc
    return changed(trust, where=where, people=(*trust.people, person))


def _with_further_key(trust: Trust, id: str, name: str, key: PersonKey, where: str) -> Trust:
    person = next((one for one in trust.people if one.id == id), None)
    if person is None or person.name != name:
        who = f'"{id}" is {person.name}' if person is not None else f'nobody has the id "{id}"'
        raise PolicyError(
            f"the request is {name}'s, and {who}", where=where, do="Name the id of the person that you have compared."
        )
    more = person.model_copy(update={"keys": (*person.keys, key)})
    return changed(trust, where=where, people=tuple(more if one is person else one for one in trust.people))


def _handed_over(trust: Trust, request: Enrolment, day: str, where: str) -> Trust:
    """The old key ends on the day on which the administrator accepts the new one; what it signed before stands."""
    old = trust.holder(request.replaces or "")
    if old is None:
        raise PolicyError("the key that hands over is not enrolled", where=where, do="Enrol the new key as a new one.")
    check_enrolment(request, where=where, old=old.public)
    if old.key.revoked_on is not None or (old.key.valid_until is not None and day > old.key.valid_until):
        raise PolicyError(
            "the key that hands over is revoked or has expired, so whoever holds it proves nothing",
            where=where,
            do="Compare the person, and enrol the new key as a new one.",
        )
    if request.person != old.person.name:
        raise PolicyError(f"the hand-over is signed as {request.person} with the key of {old.person.name}", where=where)
    keys = tuple(key.model_copy(update={"valid_until": day}) if key == old.key else key for key in old.person.keys)
    new = PersonKey(public_key=request.public_key, valid_from=day, replaces=request.replaces)
    person = old.person.model_copy(update={"keys": (*keys, new)})
    people = tuple(person if one.id == person.id else one for one in trust.people)
    return changed(trust, where=where, people=people)


def revoke(trust: Trust, fingerprint: str, day: str, because: str, *, where: str) -> Trust:
    """The trust file with a key revoked from a day on.

    Raises
    ------
    PolicyError
        If no key, or more than one, begins like this.
    """
    found = [print_ for print_ in trust.holders() if print_.startswith(fingerprint)]
    if len(found) != 1 or len(fingerprint) < 8:
        raise PolicyError(f'no key begins with "{fingerprint}", or several do', where=where, do="Give all of it.")
    end = {"revoked_on": day, "revoked_because": because}
    people = tuple(
        person.model_copy(
            update={
                "keys": tuple(key.model_copy(update=end) if key.fingerprint == found[0] else key for key in person.keys)
            }
        )
        for person in trust.people
    )
    return changed(trust, where=where, people=people)


# ---------------------------------------------------------------------------------------------------- writing


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
        f"schema: {FORMAT}",
    ]
    lines += [f"owner: {_text(trust.owner)}"] if trust.owner is not None else []
    lines.append(f"sequence: {trust.sequence}")
    lines += [f"previous: {trust.previous}"] if trust.previous is not None else []
    lines += [f"expires: {trust.expires}"] if trust.expires is not None else []
    lines += [f"withdraws: [{', '.join(trust.withdraws)}]"] if trust.withdraws else []
    if trust.status is not None:
        lines.append(f"status: {{max_age_hours: {trust.status.max_age_hours}, issuers: {trust.status.issuers}}}")
    lines.append("people:" if trust.people else "people: []")
    for person in trust.people:
        lines += [
            f"  - id: {_text(person.id)}",
            f"    name: {_text(person.name)}",
            f"    roles: [{', '.join(person.roles)}]",
            "    keys:",
        ]
        for key in person.keys:
            lines += [f"      # fingerprint {key.fingerprint}", f"      - valid_from: {key.valid_from}"]
            for name in ("valid_until", "revoked_on", "replaces"):
                lines += [f"        {name}: {getattr(key, name)}"] if getattr(key, name) else []
            lines += [f"        revoked_because: {_text(key.revoked_because)}"] if key.revoked_because else []
            if key.passkey is not None:
                lines.append("        passkey:")
                lines += [f"          {name}: {_text(value)}" for name, value in key.passkey.model_dump().items()]
            lines += _pem("public_key", key.public_key, 8)
    lines.append("policies:" if trust.policies else "policies: []")
    for policy in trust.policies:
        lines += [f"  - name: {policy.name}", f"    sha256: {policy.sha256}"]
        lines.append(f"    subjects: [{', '.join(_text(name) for name in policy.subjects)}]")
        if policy.risk_tiers:
            lines.append(f"    risk_tiers: [{', '.join(policy.risk_tiers)}]")
    for code in trust.evaluators:
        lines += ["evaluators:"] if code is trust.evaluators[0] else []
        lines += [f"  - name: {_text(code.name)}", f"    sha256: {code.sha256}"]
    for log in trust.logs:
        lines += ["logs:"] if log is trust.logs[0] else []
        lines += [f"  - name: {log.name}", *_pem("public_key", log.public_key, 4)]
        lines += [f"    cosigned_by: {log.cosigned_by}"] if log.cosigned_by is not None else []
        for cosigner in log.cosigners:
            lines += ["    cosigners:"] if cosigner is log.cosigners[0] else []
            lines += [f"      - name: {_text(cosigner.name)}", *_pem("public_key", cosigner.public_key, 8)]
    for authority in trust.timestamp_authorities:
        lines += ["timestamp_authorities:"] if authority is trust.timestamp_authorities[0] else []
        lines += [f"  - name: {authority.name}", *_pem("certificate", authority.certificate, 4)]
    if trust.pdf_signatures is not None:
        wanted = trust.pdf_signatures
        lines += ["pdf_signatures:", f"  required: {str(wanted.required).lower()}"]
        lines += [f"  timestamp: {str(wanted.timestamp).lower()}", "  roots:"]
        for root in wanted.roots:
            lines += ["    - |", *(f"      {line}" for line in root.strip().splitlines())]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _pem(name: str, pem: str, indent: int) -> list[str]:
    space = " " * indent
    return [f"{space}{name}: |", *(f"{space}  {line}" for line in pem.strip().splitlines())]


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
