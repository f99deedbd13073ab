"""`cardwright verify`: the receiver's side. Public keys only, no network, numbered steps, each passed, failed or not judged.

1. manifest      every file has the digest that the manifest lists, and there is no other file
2. canonical     every JSON file is in canonical form
3. record        the record is well-formed and accounts for everything planned
4. documents     the record inside the PDF is the record, and the digests printed in documents are its digests
5. ledger        the chain holds, and every claim is in it
6. signatures    every claim is by a key that the trust file knows, in a role and on a day on which it may sign
7. policy        the policy is one that the trust file accepts for this subject and risk tier
8. replay        the verdict follows byte for byte from the case at its own moment
9. now           decided again at the receiver's clock, the handoff is still allowed
10. artefact     the files at hand have the digests of the subject
11. release      somebody whom the trust file lets release has signed for all of this, and nobody has withdrawn it
12. rerender     only if asked: every document, made again from the record, has the same bytes. With other libraries
                 the bytes differ: then text and structure are compared, which proves nothing, and is not judged
13. then         only if asked (`--as-of`): it had been released by that moment, and is allowed by what had been signed by then
14. status       only if demanded or given: a fresh status statement knows of no withdrawal, and of no longer ledger
15. seal         only if the released PDF bears one or the trust file demands it: an organisation's signature (PAdES) holds
16. evaluators   only if the trust file lists whose code it accepts: every distribution that could have made a number is listed
17. witness      only if the trust file names a log: one of them has a receipt of the release here, its checkpoint signed by as
                 many independent cosigners as are asked for; step 14 is due then, too
18. revocations  only if given: a list of revoked keys that the trust file lets somebody sign. All steps judge as if the trust
                 file revoked those keys, too
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from cardwright.attest import (
    claims,
    ledger,
    pades,
    passkeys,
    release_statement,
    revocation_list,
    sampling,
    status_statement,
    timestamps,
    under_review,
)
from cardwright.attest.ledger import Ledger
from cardwright.attest.release_statement import SignedRelease
from cardwright.attest.reproduction import Rerender
from cardwright.attest.revocation_list import SignedRevocations
from cardwright.attest.status_statement import SignedStatus
from cardwright.attest.trust import RELEASE, Holder, Trust
from cardwright.attest.witness import receipts
from cardwright.dossier import contents, enclosure, layout
from cardwright.errors import CardwrightError, IntegrityError
from cardwright.policy.gate import decide
from cardwright.policy.policy import Policy
from cardwright.record import canonical, display
from cardwright.record.case import Case, LinkedDossier
from cardwright.record.claim import Countersign, SignOff, Withdraw, digest_of
from cardwright.record.display import Shown
from cardwright.record.drawn_sample import SampleStatement
from cardwright.record.verdict import SEMANTICS, Verdict

Outcome = Literal["passed", "failed", "not judged"]
Yes = Literal["yes", "no", "not judged"]
NAMES = (
    "manifest", "canonical", "record", "documents", "ledger", "signatures", "policy", "replay", "now", "artefact", "release",
    "rerender", "then", "status", "seal", "evaluators", "witness",
    "revocations",
)  # fmt: skip


@dataclass(frozen=True)
class Step(Shown):
    """One step of the verification."""

    number: int
    name: str
    outcome: Outcome
    detail: str
    broken: bool = False
    """Whether a digest, a signature or a chain is wrong: exit 3, which beats 1."""


@dataclass(frozen=True)
class Report:
    """All steps."""

    steps: tuple[Step, ...]
    trusted: bool
    """Whether a trust file was given."""
    notes: tuple[str, ...] = ()
    """What a reader should know and no step fails on: claims that a signer had not seen."""
    now: str = ""
    """The receiver's clock."""
    as_of: str | None = None
    """The moment that was asked about, apart from now."""

    @property
    def allowed_then(self) -> Yes | None:
        """Whether the handoff was allowed at the moment that was asked about; None where none was."""
        return self._answer("now", "release") if self.as_of is not None else None

    @property
    def valid_now(self) -> Yes:
        """Whether it is allowed now."""
        return self._answer("then")

    def _answer(self, *other: str) -> Yes:
        """Yes where every step passed but those that answer the other question."""
        outcomes = {step.outcome for step in self.steps if step.name not in other}
        if "failed" in outcomes:
            return "no"
        return "not judged" if "not judged" in outcomes or not self.trusted else "yes"

    @property
    def answers(self) -> tuple[str, ...]:
        """The two answers in a line each, where a moment was asked about."""
        if self.as_of is None:
            return ()
        return (f"allowed then ({self.as_of})? {self.allowed_then}", f"valid now ({self.now})? {self.valid_now}")

    @property
    def exit_code(self) -> int:
        """0 only where every step passed under a trust file; 3 where something is broken; else 1.

        With `as_of` both answers have to be yes: what was allowed once and is not any more releases nothing, and a date on
        a command line cannot bring back what has ended.
        """
        if any(step.broken for step in self.steps):
            return 3
        return 0 if self.trusted and all(step.outcome == "passed" for step in self.steps) else 1

    @property
    def headline(self) -> str:
        """The result in a line."""
        if self.exit_code == 0:
            return "VERIFIED: released, still allowed, and everything it rests on holds"
        # What is broken comes first: it is why, and the others may follow from it.
        failed = sorted((step for step in self.steps if step.outcome == "failed"), key=lambda step: not step.broken)
        if not failed:
            if self.trusted:
                missing = next(step for step in self.steps if step.outcome == "not judged")
                return f"INTACT, not proven at step {missing.number}, {missing.name}: {missing.detail}"
            return "INTACT, approval not judged: name the receiver's own --trust file"
        return f"REFUSED at step {failed[0].number}, {failed[0].name}: {failed[0].detail}"

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        return display.of_verification(self)


def as_json(report: Report) -> str:
    """The steps as canonical JSON, in one line."""
    said = {
        "verified": report.exit_code == 0,
        "trusted": report.trusted,
        "exit_code": report.exit_code,
        "headline": report.headline,
        "notes": list(report.notes),
        "now": report.now,
        "valid_now": report.valid_now,
        **({"as_of": report.as_of, "allowed_then": report.allowed_then} if report.as_of is not None else {}),
        "steps": [
            {"number": s.number, "name": s.name, "outcome": s.outcome, "detail": s.detail, "broken": s.broken}
            for s in report.steps
        ],
    }
    return canonical.dumps(said).decode("utf-8")


Look = Callable[[Sequence[str]], Mapping[str, str]]
"""Digests of the named files as the receiver has them; a missing file is left out."""

Printed = Callable[[Mapping[str, bytes], str], str]
"""Compares the documents with the record's digest: (files, record digest) to what was compared; raises IntegrityError."""


def verify(
    files: Mapping[str, bytes],
    *,
    where: str,
    trust: Trust | None,
    now: str,
    policy: Callable[[str], Policy],
    printed: Printed,
    artefacts: Look | None = None,
    rerender: Rerender | None = None,
    as_of: str | None = None,
    status: bytes | None = None,
    revocations: bytes | None = None,
    lone: bool = False,
) -> Report:
    """Verify a dossier whose files were read and compared with the manifest.

    Parameters
    ----------
    now:
        The receiver's clock; never the environment's, which whoever starts the command could set.
    policy:
        Finds a policy by name; its digest has to be the one that the verdict names.
    printed:
        Compares the documents with the record's digest.
    artefacts:
        Digests of the subject's files as the receiver has them.
    rerender:
        Makes the documents again; where it is given, that is step 12.
    as_of:
        Another moment that is asked about; where it is given, that is step 13.
    status:
        A status statement; where it is given, or the trust file demands one, that is step 14.
    revocations:
        A list of revoked keys; where it is given, that is step 18, and what it says counts in every other one.
    lone:
        Whether the files are those of a PDF by itself (`lone_pdf`): what else the manifest and the statement list is unseen.
    """
    asked = _VerificationRequest(
        files, where, trust, now, policy, printed, artefacts, rerender, as_of, status, lone, revocations
    )
    revoked = _as_revoked(asked)
    if revoked != trust:
        # A withdrawal by a key that is revoked is not believed: so that a list brings nothing back, it holds without it first.
        before = _verified(replace(asked, listed=None, again=None))
        if before.exit_code != 0:
            _, step = _take(len(NAMES), "revocations", asked, _Known())
            return replace(before, steps=(*before.steps, step))
    return _verified(replace(asked, trust=revoked))


def _verified(asked: _VerificationRequest) -> Report:
    known = _Known()
    steps: list[Step] = []
    due = [(number, name) for number, name in enumerate(NAMES, start=1) if _is_due(name, asked)]
    for number, name in due:
        known, step = _take(number, name, asked, known)
        steps.append(step)
        if step.outcome == "failed" and name in ("manifest", "canonical", "record"):
            # Nothing further can be read from files that are not what they say.
            steps += [Step(n, rest, "not judged", "an earlier step failed") for n, rest in due if n > number]
            break
    notes = (*not_seen(known.signed), *_copied(known), *_horizon(asked, known), *_code(known))
    return Report(steps=tuple(steps), trusted=asked.trust is not None, notes=notes, now=asked.moment, as_of=asked.as_of)


@dataclass(frozen=True)
class _VerificationRequest:
    """What a verification was asked about, and what follows from that alone; what cannot be read is refused where it is used."""

    files: Mapping[str, bytes]
    where: str
    trust: Trust | None
    moment: str
    find: Callable[[str], Policy]
    hold: Printed
    look: Look | None
    again: Rerender | None
    as_of: str | None
    told: bytes | None
    lone: bool
    listed: bytes | None

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict that the dossier holds."""
        return canonical.parse(Verdict, self.files[layout.VERDICT], where=layout.VERDICT)

    @cached_property
    def statement(self) -> SignedRelease | None:
        """The release statement that the dossier holds; None where nobody has released it."""
        return release_statement.read(self.files[layout.RELEASE]) if layout.RELEASE in self.files else None

    @cached_property
    def stamps(self) -> tuple[timestamps.StampedHead, ...]:
        """The timestamps that the dossier holds."""
        return timestamps.read(self.files.get(layout.TIMESTAMPS, b""))

    @cached_property
    def status_statement(self) -> SignedStatus | None:
        """The status statement that was given."""
        return status_statement.read(self.told, where="status statement") if self.told is not None else None

    @cached_property
    def revocations(self) -> SignedRevocations | None:
        """The list of revoked keys that was given."""
        return revocation_list.read(self.listed, where="list of revoked keys") if self.listed is not None else None

    @cached_property
    def opened(self) -> Mapping[str, enclosure.Enclosure | None]:
        """The final PDFs by name, each taken apart."""
        return {
            name: enclosure.opened(data, where=name)
            for name, data in self.files.items()
            if name.startswith(layout.FINAL) and name.endswith(".pdf")
        }

    @property
    def sealed(self) -> Mapping[str, bool]:
        """The final PDFs by name, and whether each bears more than what was enclosed."""
        return {name: taken is not None and bool(taken.after) for name, taken in self.opened.items()}


@dataclass(frozen=True)
class _Known:
    """What the steps so far have read. A step that reads more returns another one; what could not be read stays empty."""

    read: Mapping[str, Any] = field(default_factory=dict)
    artefacts: Mapping[str, str] | None = None
    case: Case | None = None
    chain: Ledger | None = None
    signed: tuple[claims.Signed, ...] = ()
    judged: tuple[claims.Judged, ...] = ()
    chosen: Policy | None = None

    @property
    def believed(self) -> tuple[claims.Signed, ...]:
        """The claims that are believed under the trust file."""
        return tuple(one.signed for one in self.judged if one.believed)


def _is_due(name: str, asked: _VerificationRequest) -> bool:
    """Whether a step belongs to this verification: some do only if asked for, given or demanded."""
    trust = asked.trust
    if name == "rerender":
        return asked.again is not None
    if name == "then":
        return asked.as_of is not None
    if name == "status":
        return asked.told is not None or (trust is not None and (trust.status is not None or bool(trust.logs)))
    if name == "witness":
        return trust is not None and bool(trust.logs)
    if name == "revocations":
        return asked.listed is not None
    if name == "seal":
        return _has_to_be_sealed(asked)
    if name == "evaluators":
        return trust is not None and bool(trust.evaluators)
    return True


def _take(number: int, name: str, asked: _VerificationRequest, known: _Known) -> tuple[_Known, Step]:
    """One step: what it reads is known from then on, even if the step fails on the next thing that it reads."""
    readers, judge = _STEPS[name]
    try:
        for reader in readers:
            known = reader(asked, known)
        outcome, detail = judge(asked, known)
    except CardwrightError as exc:
        return known, Step(number, name, "failed", str(exc), broken=isinstance(exc, IntegrityError))
    return known, Step(number, name, outcome, detail)


def not_seen(signed: tuple[claims.Signed, ...]) -> tuple[str, ...]:
    """What was said by others after a person's latest sign-off in a role: whoever signed had not seen it."""
    latest = {(one.claim.key, one.claim.role): n for n, one in enumerate(signed) if isinstance(one.claim, SignOff)}
    seen = {one.claim.key: n for n, one in enumerate(signed) if isinstance(one.claim, Countersign)}
    latest = {(key, role): max(n, seen.get(key, n)) for (key, role), n in latest.items()}
    notes: list[str] = []
    for number in sorted(latest.values()):
        one = signed[number]
        for later in signed[number + 1 :]:
            claim = later.claim
            if claim.key != one.claim.key and not isinstance(claim, SignOff | Countersign):
                about = getattr(claim, "requirement", None) or getattr(claim, "item", None)
                notes.append(
                    f"not seen by {one.claim.person} ({one.claim.role}): {claim.kind.replace('_', ' ')}"
                    f"{f' of {about}' if about else ''} by {claim.person}, {claim.at[:10]}"
                )
    return tuple(notes)


def _copied(known: _Known) -> tuple[str, ...]:
    """Passkeys whose counter went back. That decides nothing: those that are synchronised do not count at all."""
    given = [one.sealed.assertion for one in known.signed if one.sealed.assertion is not None]
    return tuple(
        f"the counter of the passkey {id_[:12]} went back: a copy of its authenticator may be in use, so ask its holder"
        for id_ in passkeys.counters_that_went_back(given)
    )


def _manifest(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    if layout.MANIFEST not in asked.files:
        raise IntegrityError("missing", where=layout.MANIFEST, do="Ask for the whole dossier.")
    listed = canonical.parse(layout.Manifest, asked.files[layout.MANIFEST], where=layout.MANIFEST)
    if asked.lone:
        return _listed(asked, listed)
    if layout.manifest_of(asked.files) != listed:
        raise IntegrityError("the files are not those that the manifest lists", where=asked.where)
    return "passed", f"{len(listed.files)} files, manifest {listed.sha256[:12]}"


def _listed(asked: _VerificationRequest, listed: layout.Manifest) -> tuple[Outcome, str]:
    """What a lone PDF holds is what the manifest lists; the rest of the list is unseen."""
    digests = {entry.path: entry.sha256 for entry in listed.files}
    here = {name: data for name, data in asked.files.items() if not layout.outside(name)}
    other = [name for name, data in here.items() if digests.get(name) != canonical.digest(data)]
    if other or canonical.dumps(listed) != asked.files[layout.MANIFEST]:
        raise IntegrityError(
            "not the one that the manifest lists", where=f"{asked.where}, {(*other, layout.MANIFEST)[0]}"
        )
    return "passed", f"{len(here)} of {len(listed.files)} listed files are in it, manifest {listed.sha256[:12]}"


def _with_json(asked: _VerificationRequest, known: _Known) -> _Known:
    # A value has one canonical form (RFC 8785). In any other form it would have a second digest, and a signature over the
    # first would not show what a reader sees.
    read = {name: canonical.read(data, where=name) for name, data in asked.files.items() if name.endswith(".json")}
    return replace(known, read=read)


def _canonical(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    return "passed", f"{len(known.read)} files"


def _with_case(asked: _VerificationRequest, known: _Known) -> _Known:
    for name in (layout.RECORD, layout.VERDICT):
        if name not in asked.files:
            raise IntegrityError("missing", where=name, do="Ask for the whole dossier.")
    return replace(known, case=contents.case_of(asked.files, where=asked.where, read=known.read))


def _with_artefacts(asked: _VerificationRequest, known: _Known) -> _Known:
    assert known.case is not None
    if asked.look is None:
        return known
    artefacts = dict(asked.look([file.path for file in known.case.record.subject.files]))
    return replace(known, artefacts=artefacts, case=replace(known.case, artefacts=artefacts))


def _record(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    assert known.case is not None
    record = known.case.record
    return "passed", f"record {record.sha256[:12]}, {len(record.evaluations)} evaluations"


def _documents(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    assert known.case is not None
    return "passed", asked.hold(asked.files, known.case.record.sha256)


def _with_claims(asked: _VerificationRequest, known: _Known) -> _Known:
    return replace(known, signed=claims.read(asked.files.get(layout.CLAIMS, b"")))


def _with_chain(asked: _VerificationRequest, known: _Known) -> _Known:
    assert known.case is not None
    if layout.LEDGER not in asked.files:
        return known
    return replace(known, chain=ledger.read(asked.files[layout.LEDGER], known.case.record.subject.name))


def _ledger(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    if known.chain is None:
        if known.signed:
            raise IntegrityError("there are claims here, and no ledger", where=layout.LEDGER)
        return "failed", "no ledger here, so nobody can tell what was left out"
    chained = [entry.digest for entry in known.chain.here if entry.event == "claim"]
    if chained != [one.sealed.id for one in known.signed]:
        raise IntegrityError(
            "the claims are not those of the ledger, in its order",
            where=layout.CLAIMS,
            do="One was left out, moved or added.",
        )
    rewritten = [one for one in known.signed if not known.chain.holds(one.ledger)]
    if rewritten:
        raise IntegrityError(f"it is not the ledger that {rewritten[0].claim.person} signed", where=layout.LEDGER)
    timestamps.must_be_of(asked.stamps, known.chain)
    _accounts_for_everything(asked, known, known.chain)
    head = known.chain.head
    return "passed", f"{head.length} entries, {known.chain.runs} runs, head {head.head[:12]}"


def _accounts_for_everything(asked: _VerificationRequest, known: _Known, chain: Ledger) -> None:
    """Compare what no later signature covers, the end of the chain, with the verdict and the release that it tells of."""
    stored = asked.verdict
    claimed = {one.sealed.id: one.claim for one in known.signed}
    for entry in chain.here:
        said = claimed.get(entry.digest)
        if entry.event == "claim" and said is not None and (entry.kind, entry.at) != (said.kind, said.at):
            raise IntegrityError("a claim is in it as something else, or at another time", where=layout.LEDGER)
    told = [e for e in chain.here if e.event in ("decision", "release") and e.digest == stored.sha256]
    if any(e.at != stored.evaluated_at or e.kind != "verdict" for e in told):
        raise IntegrityError("the verdict is in it as something else, or at another time", where=layout.LEDGER)
    released = [e for e in chain.here if e.event == "release"]
    if any(e.at not in {t.at for t in chain.here if t.event == "decision"} for e in released):
        raise IntegrityError("a release without a decision before it", where=layout.LEDGER)
    statement = asked.statement
    final = sorted(name for name in asked.files if name.startswith(layout.FINAL))
    if statement is None:
        if released:
            raise IntegrityError(
                "the ledger tells of a release, and its statement is missing",
                where=layout.RELEASE,
                do="Ask for the whole dossier.",
            )
        if final:
            raise IntegrityError("a final document that nobody has released", where=final[0])
        return
    _is_of_this_dossier(asked, known, statement, chain)


def _is_of_this_dossier(asked: _VerificationRequest, known: _Known, statement: SignedRelease, chain: Ledger) -> None:
    """Compare every digest of the release statement with what is here: one changed digest, and it releases something else."""
    assert known.case is not None
    said, stored = statement.release, asked.verdict
    record = known.case.record
    here = {
        "subject": (said.subject, release_statement.subject_of(record.subject)),
        "record": (said.record_sha256, record.sha256),
        "plan": (said.plan_sha256, known.case.plan.sha256 if known.case.plan is not None else None),
        "policy": ((said.policy, said.policy_sha256), (stored.policy.name, stored.policy.sha256)),
        "manifest": (said.manifest_sha256, canonical.digest(asked.files[layout.MANIFEST])),
        "verdict": (said.verdict_sha256, canonical.digest(asked.files[layout.VERDICT])),
        "expiry": (said.valid_until, stored.valid_until),
        "moment": (said.issued_at, stored.evaluated_at),
    }
    for name, (signed, found) in here.items():
        if signed != found:
            raise IntegrityError(
                f"it releases a {name} other than the one here",
                where=layout.RELEASE,
                do="Ask for what was released.",
            )
    listed = {entry.path: (entry.sha256, entry.size) for entry in said.documents}
    for name in sorted({name for name in asked.files if name.startswith(layout.FINAL)} | listed.keys()):
        data = asked.files.get(name)
        if data is None and asked.lone:
            continue  # a PDF by itself encloses no other final document, and its first step says what is unseen
        if data is None:
            raise IntegrityError("the released document is missing", where=name, do="Ask for the whole dossier.")
        data = _as_released(asked, name, data)
        if listed.get(name) != (canonical.digest(data), len(data)):
            raise IntegrityError("not the document that was released", where=name, do="It was changed since.")
    if said.ledger.length > len(chain.entries):
        raise IntegrityError(
            f"it has {len(chain.entries)} lines; when this was released it had {said.ledger.length}: the last were cut off",
            where=layout.LEDGER,
            do="Ask for the whole dossier.",
        )
    if not chain.holds(said.ledger):
        raise IntegrityError("not the ledger that was released: it was rewritten", where=layout.LEDGER)
    prefix = chain.prefix(said.ledger.length)
    if tuple(e.digest for e in prefix.here if e.event == "claim") != said.claims:
        raise IntegrityError("not the claims that were released", where=layout.CLAIMS)
    line = chain.entries[said.ledger.length : said.ledger.length + 1]
    if [(e.event, e.kind, e.digest, e.at) for e in line] != [
        ("release", "statement", statement.sha256, said.issued_at)
    ]:
        raise IntegrityError(
            "its next line does not tell of the release statement here: it was cut off or rewritten",
            where=layout.LEDGER,
            do="Ask for the whole dossier.",
        )
    if any(e.event == "release" for e in chain.here if e.seq > said.ledger.length):
        raise IntegrityError("it tells of a later release, whose statement is missing", where=layout.RELEASE)


def _as_released(asked: _VerificationRequest, name: str, data: bytes) -> bytes:
    """A final document as the statement names it: a PDF without what was enclosed in it, which has to be what is here."""
    if not name.endswith(".pdf"):
        return data
    taken = asked.opened[name]
    if taken is None:
        raise IntegrityError("what was enclosed in it is missing", where=name, do="It was changed since.")
    enclosed_whole = data.removesuffix(taken.after)
    # Step 15 says whose signature it is; that it is a signature and nothing else has to hold in any case.
    if taken.after and not pades.adds_only_a_signature(enclosed_whole, data):
        raise IntegrityError("something was added behind what was released", where=name, do="It was changed since.")
    for path, enclosed in taken.files.items():
        here = asked.files.get(path, b"")
        # Claims and ledger go on after a release: a withdrawal comes after what was enclosed.
        goes_on = path in (layout.CLAIMS, layout.LEDGER, layout.TIMESTAMPS, layout.RECEIPTS)
        if not (here.startswith(enclosed) if goes_on else here == enclosed):
            raise IntegrityError(f"it encloses a {path} other than the one here", where=name)
    return taken.document


def _expired(asked: _VerificationRequest) -> bool:
    """Whether the trust file speaks no more: then nobody is believed."""
    return asked.trust is not None and asked.trust.expires is not None and asked.moment[:10] > asked.trust.expires


def _with_believed(asked: _VerificationRequest, known: _Known) -> _Known:
    """The claims under the trust file, dated by a believed status statement and by timestamp authorities."""
    if asked.trust is None or _expired(asked):
        return known
    judged = claims.believe(
        known.signed, asked.trust, known.chain, asked.moment, evidence=_independent_evidence(asked, known)
    )
    return replace(known, judged=judged)


def _with_release(asked: _VerificationRequest, known: _Known) -> _Known:
    """The claims once more: the release statement dates what it covers, if by the claims so far it is believed itself.

    Whether the releaser is believed depends on later claims, and a believed release dates the claims before it, so that those
    of keys that have ended since can count after all.
    """
    if asked.trust is None or _expired(asked):
        return known
    holder, doubt = _releaser(asked, known)
    if holder is None or doubt is not None or asked.statement is None:
        return known
    said, person = asked.statement.release, holder.person.id
    evidence = [*_independent_evidence(asked, known), claims.DatedHead(person, said.issued_at, said.ledger)]
    judged = claims.believe(known.signed, asked.trust, known.chain, asked.moment, releaser=person, evidence=evidence)
    return replace(known, judged=judged)


def _independent_evidence(asked: _VerificationRequest, known: _Known) -> list[claims.DatedHead]:
    return [one for one in (_status_as_evidence(asked, known), *_dated(asked, known)) if one is not None]


def _signatures(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    if asked.trust is None:
        return "not judged", "no trust file was given"
    if _expired(asked):
        return "failed", f"the trust file expired on {asked.trust.expires}: ask its owner for the current one"
    judged = known.judged
    doubted = [one for one in judged if not one.believed and not one.settled]
    if doubted:
        return "failed", f"{len(doubted)} of {len(judged)} are not believed: {doubted[0].why}"
    _, unknown = _samples(asked, known)
    if unknown:
        return "failed", f"{len(unknown)} statements of drawn samples are not believed: {unknown[0]}"
    people = {one.claim.person_id for one in known.believed}
    settled = sum(one.settled for one in judged)
    more = f"; {settled} more were wrong, and taken back" if settled else ""
    return "passed", f"{len(known.believed)} claims by {len(people)} people{more}"


def _samples(asked: _VerificationRequest, known: _Known) -> tuple[Mapping[str, SampleStatement], tuple[str, ...]]:
    """The statements by which samples were drawn and labelled: those believed here, or all without a trust file."""
    assert known.case is not None
    if asked.trust is None:
        return _all_samples(known), ()
    return sampling.believed(known.case, asked.trust, asked.moment, (one.claim for one in known.believed))


def _all_samples(known: _Known) -> Mapping[str, SampleStatement]:
    assert known.case is not None
    return {one.sha256: one for one in sampling.statements_of(known.case)}


def _releaser(asked: _VerificationRequest, known: _Known) -> tuple[Holder | None, str | None]:
    """Who signs the release statement, and why they are not believed."""
    if asked.trust is None or asked.statement is None:
        return None, "nobody has released it"
    said, sealed = asked.statement.release, asked.statement.sealed
    holder = asked.trust.holder(said.key)
    if holder is None:
        return None, f"the key {said.key[:12]} of {said.person}, who released it, is not in the trust file"
    name = holder.person.name
    if holder.disowns(sealed) is not None:
        return holder, f"the release statement is not signed with {name}'s key"
    if name != said.person:
        return holder, f"released as {said.person} with the key of {name}"
    barred = holder.barred(RELEASE, said.issued_at[:10])
    if barred is not None:
        return holder, barred
    if claims.ahead(said.issued_at, asked.moment):
        return holder, f"the release is dated in the future, {said.issued_at}: set the clock right"
    # Later claims and a status statement of somebody else show that the release existed when they were made.
    later = [
        one.claim.at
        for one in known.believed
        if one.claim.person_id != holder.person.id and one.ledger.length > said.ledger.length
    ]
    status = _status_as_evidence(asked, known)
    if status is not None and status.person != holder.person.id and status.ledger.length > said.ledger.length:
        later.append(status.at)
    later += [one.at for one in _dated(asked, known) if one.ledger.length > said.ledger.length]
    return holder, claims.too_late(holder, asked.moment, later)


def _dated(asked: _VerificationRequest, known: _Known) -> tuple[claims.DatedHead, ...]:
    """What pinned timestamp authorities date, if anything has to be dated."""
    if asked.trust is None or known.chain is None:
        return ()
    return timestamps.evidence(asked.stamps, known.chain, asked.trust, asked.moment)


def _with_policy(asked: _VerificationRequest, known: _Known) -> _Known:
    named = asked.verdict.policy
    policy = asked.find(named.name)
    return replace(known, chosen=policy) if policy.sha256 == named.sha256 else known


def _policy(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    assert known.case is not None
    verdict = asked.verdict
    if known.chosen is None:
        return "failed", f"the policy {verdict.policy.name} here is not the one that the verdict names"
    if asked.trust is None:
        return "not judged", "no trust file was given"
    record = known.case.record
    if not asked.trust.accepts(verdict.policy.sha256, record.subject.name, record.context.risk_tier):
        return "failed", f"the trust file does not accept {verdict.policy.name} for {record.subject.name}"
    return "passed", f"{verdict.policy.name} {verdict.policy.version}, {verdict.policy.sha256[:12]}"


def _decide(
    asked: _VerificationRequest,
    known: _Known,
    now: str,
    said: tuple[claims.Signed, ...],
    manifest: str | None,
    trust: str | None,
    samples: Mapping[str, SampleStatement],
    linked: Mapping[str, LinkedDossier],
) -> Verdict:
    assert known.case is not None
    assert known.chosen is not None
    stored = asked.verdict
    case = replace(
        known.case,
        claims=tuple(one.claim for one in said),
        samples=samples,
        linked=linked,
        trust_sha256=trust,
        manifest_sha256=manifest,
        advisory=stored.advisory,
    )
    return decide(case, known.chosen, now, stored.stage, chosen_by=stored.policy.chosen_by)


def _claims_then(known: _Known, stored: Verdict) -> tuple[claims.Signed, ...]:
    """The claims that were there when the verdict was decided: those that stand before it in the ledger."""
    before: set[str] = set()
    for entry in known.chain.entries if known.chain is not None else ():
        if entry.event == "decision" and entry.digest == stored.sha256:
            return tuple(one for one in known.signed if one.sealed.id in before)
        if entry.event == "claim":
            before.add(entry.digest)
    return ()  # decided by `run`, before anybody had said anything


def _believed_by(asked: _VerificationRequest, known: _Known, stored: Verdict) -> tuple[claims.Signed, ...]:
    """The claims that a verdict was decided with: all that were there, or those of them that are believed here.

    Whom the verdict's trust file did not know, nobody can tell; but a key that this one revokes must not make a verdict
    that was honest look forged. What the receiver does not believe fails as a signature, and counts for nothing now.
    """
    there = _claims_then(known, stored)
    here = tuple(one for one in there if one in known.believed)
    for said in (there, here):
        if said and digest_of(one.claim for one in said) == stored.inputs.claims_sha256:
            return said
    return here if asked.trust is not None else there


def _replay(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    assert known.case is not None
    if known.chosen is None:
        return "not judged", "the policy is not at hand"
    stored = asked.verdict
    if stored.semantics != SEMANTICS:
        return (
            "not judged",
            f"it was decided by version {stored.semantics[:20]} of the gate's rules, and this is version {SEMANTICS}: "
            "the Cardwright that released it can replay it",
        )
    seen = _files_seen(known, stored)
    if seen is None and stored.inputs.artefacts_sha256 is not None:
        return "failed", "it was decided with files other than the record's, which are not at hand"
    then = replace(known, case=replace(known.case, artefacts=seen))
    said = _believed_by(asked, known, stored)
    inputs = stored.inputs
    # Whom the verdict's trust file knew, nobody can tell: all who signed, those believed here, or, in a draft, nobody.
    everybody = _all_samples(known)
    replayed = []
    beside = _linked_ways(asked, known, stored)
    for samples, linked in itertools.product(
        (everybody, _samples(asked, known)[0], {}) if everybody else ({},), beside
    ):
        one = _decide(
            asked, then, stored.evaluated_at, said, inputs.manifest_sha256, inputs.trust_sha256, samples, linked
        )
        if canonical.dumps(one) == asked.files[layout.VERDICT]:
            return "passed", f"{stored.decision} at {stored.evaluated_at}"
        replayed.append(one)
    doubted = asked.trust is None or len(said) < len(_claims_then(known, stored))
    if doubted and replayed[0].inputs.claims_sha256 != stored.inputs.claims_sha256:
        return "failed", "it was decided with claims other than those that are believed here"
    raise IntegrityError(
        "the verdict does not follow from the case",
        where=layout.VERDICT,
        do="It was changed, or made in another way.",
    )


def _linked_ways(
    asked: _VerificationRequest, known: _Known, stored: Verdict
) -> tuple[Mapping[str, LinkedDossier], ...]:
    """What may have been believed of the linked dossiers when a verdict was decided: all of it, what is here, or nothing."""
    assert known.case is not None
    if not known.case.linked:
        return ({},)
    read = under_review.linked_dossiers(known.case, where=asked.where)
    here = (
        (under_review.linked_as_believed(known.case, read, asked.trust, stored.evaluated_at),)
        if asked.trust is not None
        else ()
    )
    return (under_review.linked_as_signed(known.case, read), *here, known.case.linked)


def _linked_at(asked: _VerificationRequest, known: _Known, moment: str) -> Mapping[str, LinkedDossier]:
    """The linked dossiers with what is believed of them here at a moment; without a trust file nothing is."""
    assert known.case is not None
    if not known.case.linked or asked.trust is None or _expired(asked):
        return known.case.linked
    read = under_review.linked_dossiers(known.case, where=asked.where)
    return under_review.linked_as_believed(known.case, read, asked.trust, moment)


def _files_seen(known: _Known, stored: Verdict) -> Mapping[str, str] | None:
    """The digests that a verdict was decided with: those of the record, or those of the files at hand."""
    assert known.case is not None
    listed = {file.path: file.sha256 for file in known.case.record.subject.files}
    possible = (listed, known.artefacts) if known.artefacts is not None else (listed,)
    return next((one for one in possible if canonical.sha256(one) == stored.inputs.artefacts_sha256), None)


def _with_files_seen(asked: _VerificationRequest, known: _Known) -> _Known:
    """Deciding again uses the files at hand; if nobody has them, what the verdict was decided with."""
    assert known.case is not None
    if known.case.artefacts is not None or known.chosen is None or asked.verdict.semantics != SEMANTICS:
        return known
    return replace(known, case=replace(known.case, artefacts=_files_seen(known, asked.verdict)))


def _now(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    if known.chosen is None:
        return "not judged", "the policy is not at hand"
    manifest = canonical.digest(asked.files[layout.MANIFEST])
    trust = asked.trust.sha256 if asked.trust is not None else None
    again = _decide(
        asked,
        known,
        asked.moment,
        known.believed if asked.trust else known.signed,
        manifest,
        trust,
        _samples(asked, known)[0],
        _linked_at(asked, known, asked.moment),
    )
    if not again.allowed:
        return "failed", again.headline
    return "passed", again.headline + (f", valid until {again.valid_until}" if again.valid_until else "")


def _artefact(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    assert known.case is not None
    subject = known.case.record.subject
    if subject.kind == "work":
        if known.artefacts is not None:
            # Whoever names files is about to use them, and a released plan or memo says nothing of any file.
            return "failed", f"this is the release of a {known.case.record.kind}, a work, which judges no file"
        return "passed", f"it is identified by its own text, {str(subject.text_sha256)[:12]}"
    if known.artefacts is None:
        return "not judged", "name the folder that holds the subject's files with --artifact"
    if not subject.hashed:
        return "failed", "the subject is declared, not hashed"
    # A file with other bytes is broken (exit code 3). One that is absent only leaves the step unproven (exit code 1).
    wrong = [file.path for file in subject.files if known.artefacts.get(file.path, file.sha256) != file.sha256]
    if wrong:
        raise IntegrityError(
            f"{wrong[0]} is not the file that was evaluated", do="Ask for the one that was, or for its dossier."
        )
    absent = [file.path for file in subject.files if file.path not in known.artefacts]
    if absent:
        return "failed", f"{absent[0]} is missing"
    return "passed", f"{len(subject.files)} files"


def _release(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    assert known.case is not None
    stored = asked.verdict
    # What ends a release is said before who made it: a withdrawn one is withdrawn, whoever signed it.
    if stored.advisory:
        return "failed", "the verdict is advisory"
    if claims.ahead(stored.evaluated_at, asked.moment):
        return "failed", f"the verdict is dated in the future, {stored.evaluated_at}: set the clock right"
    if stored.stage != "release":
        return "failed", "the verdict is a review, not a release"
    counted = known.believed if asked.trust is not None else known.signed
    withdrawn = [one.claim for one in counted if isinstance(one.claim, Withdraw) and one.claim.claim is None]
    if withdrawn:
        return "failed", f"withdrawn by {withdrawn[-1].person} on {withdrawn[-1].at[:10]}: {withdrawn[-1].reason}"
    if not stored.allowed:
        return "failed", stored.headline
    if asked.statement is None or known.chain is None:
        return "failed", "nobody has released it: there is no release statement"
    said = asked.statement.release
    if asked.trust is None:
        return "not judged", f"{said.person} has signed a release statement; no trust file says whether that counts"
    holder, doubt = _releaser(asked, known)
    if doubt is not None:
        return "failed", doubt
    if known.chosen is None:
        return "not judged", "the policy is not at hand"
    case = replace(
        known.case,
        claims=tuple(one.claim for one in known.believed if one.sealed.id in said.claims),
        manifest_sha256=said.manifest_sha256,
    )
    lacking = under_review.lacking(
        case, known.chosen, stored, known.chain.prefix(said.ledger.length), holder, trust=asked.trust
    )
    if lacking is not None:
        return "failed", lacking
    return "passed", f"released by {said.person} on {said.issued_at[:10]}; {stored.headline}"


def _status_as_evidence(asked: _VerificationRequest, known: _Known) -> claims.DatedHead | None:
    """What a believed status statement of this release dates."""
    given = asked.status_statement if asked.told is not None else None
    if given is None or asked.trust is None or known.chain is None or asked.statement is None:
        return None
    if status_statement.doubt(given, asked.trust, asked.trust.status, asked.moment) is not None:
        return None
    if status_statement.contradiction(given.status, asked.statement.sha256, known.chain) is not None:
        return None
    holder = asked.trust.holder(given.status.key)
    return claims.DatedHead(holder.person.id, given.status.issued_at, given.status.ledger) if holder else None


def _status(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    if asked.trust is None:
        return "not judged", "no trust file was given"
    demand = asked.trust.status
    given = asked.status_statement
    if demand is None and asked.trust.logs:
        return "failed", (
            "the trust file names a log, and not whose status statements count or how old they may be: write it like "
            "`status: {max_age_hours: 24, issuers: status}`"
        )
    if given is None:
        assert demand is not None
        return "failed", (
            f"the trust file asks for a status statement by {demand.issuers}, no older than {demand.max_age_hours} hours: "
            "--status FILE"
        )
    doubt = status_statement.doubt(given, asked.trust, demand, asked.moment)
    if doubt is not None:
        return "failed", doubt
    if asked.statement is None or known.chain is None:
        return "failed", "it is about a release, and nobody has released this"
    contradiction = status_statement.contradiction(given.status, asked.statement.sha256, known.chain)
    if contradiction is not None:
        raise IntegrityError(contradiction, where="status statement", do="Ask for the whole dossier.")
    said = given.status
    if said.state == "withdrawn":
        return (
            "failed",
            f"withdrawn, says {said.person} as of {said.issued_at}: {said.reason or 'no reason is given'}",
        )
    return "passed", f"not withdrawn as of {said.issued_at}, says {said.person}"


def _as_revoked(asked: _VerificationRequest) -> Trust | None:
    """The trust file with what a list that is believed revokes; what is wrong with the list is said at its step."""
    try:
        given = asked.revocations
    except CardwrightError:
        return asked.trust
    if asked.trust is None or given is None or revocation_list.doubt(given, asked.trust, asked.moment) is not None:
        return asked.trust
    return revocation_list.applied(asked.trust, given.revocations)


def _revocations(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    given = asked.revocations
    assert given is not None
    if asked.trust is None:
        return "not judged", "no trust file was given"
    doubt = revocation_list.doubt(given, asked.trust, asked.moment)
    if doubt is not None:
        return "failed", f"the list counts for nothing: {doubt}"
    said = given.revocations
    mine = asked.trust.holders()
    here = [mine[one.key].person.name for one in said.keys if one.key in mine]
    of = f", of which the trust file knows {len(here)} ({', '.join(sorted(set(here)))})" if here else ""
    return "passed", f"{len(said.keys)} keys are revoked as of {said.issued_at}, says {said.person}{of}"


def _has_to_be_sealed(asked: _VerificationRequest) -> bool:
    """Whether an organisation's signature is judged: there is one, or the trust file demands one."""
    wanted = asked.trust.pdf_signatures if asked.trust is not None else None
    try:
        return any(asked.sealed.values()) or (wanted is not None and wanted.required)
    except CardwrightError:
        return False  # what is enclosed was changed, which step 5 says


def _seal(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    wanted = asked.trust.pdf_signatures if asked.trust is not None else None
    authorities = asked.trust.timestamp_authorities if asked.trust is not None else ()
    final = asked.sealed
    if not final or not all(final.values()):
        return (
            "failed",
            "the trust file asks for an organisation's signature of the released PDF, and it bears none",
        )
    told = ""
    for name in final:
        answer = pades.check(
            asked.files[name],
            roots=wanted.roots if wanted is not None else (),
            authorities=[authority.certificate for authority in authorities],
            now=asked.moment,
            where=name,
            timestamp=wanted is not None and wanted.timestamp,
        )
        if isinstance(answer, pades.Seal):
            by = "as a timestamp authority says" if answer.timestamped else "by the signer's clock"
            told = f"{answer.subject}, {answer.at}, {by}"
        elif wanted is None and answer.unknown:
            told = "it holds; whose it is was not judged, because the trust file pins no root"
        else:
            return "failed", answer.why
    return "passed", told


def _evaluators(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    assert known.case is not None
    assert asked.trust is not None
    accepted = {(code.name, code.sha256) for code in asked.trust.evaluators}
    named = {name for name, _ in accepted}
    made_by = known.case.record.provenance.code
    if not made_by:
        return "failed", "the record does not say whose code made its numbers"
    for code in made_by:
        if (code.name, code.sha256) not in accepted:
            other = "other files than those accepted" if code.name in named else "not in the trust file"
            return "failed", f"the evaluators of {code.name} {code.version}, {code.sha256[:12]}: {other}"
    return "passed", f"{', '.join(f'{code.name} {code.version}' for code in made_by)}: accepted"


def _witness(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    assert asked.trust is not None
    if asked.statement is None or known.chain is None:
        return "failed", "nobody has released it, so no log has witnessed a release"
    pinned = {log.name: log for log in asked.trust.logs}
    given = receipts.read(asked.files.get(layout.RECEIPTS, b""))
    shown = [(one, receipts.check(one, pinned[one.log], asked.moment)) for one in given if one.log in pinned]
    released = asked.statement.sha256
    told = receipts.entries_of(known.chain, known.signed, asked.statement)
    for one, _ in shown:
        # A receipt of a withdrawal or a rejection that is not here any more: the end of claims and ledger was cut off.
        if released in (one.entry.digest, one.entry.release) and one.entry not in told:
            raise IntegrityError(
                f"the log {one.log} holds a {one.entry.kind} that is not here: claims and ledger were cut off or rewritten",
                where=layout.RECEIPTS,
                do="Ask for the whole dossier.",
            )
    of_release = [seen for one, seen in shown if one.entry.kind == "release" and one.entry.digest == released]
    if not of_release:
        names = ", ".join(sorted(pinned))
        return "failed", f"no receipt of the log {names}, which the trust file asks for: cardwright witness add"
    enough = [seen for seen in of_release if len(seen.cosigners) >= pinned[seen.log].demanded]
    if not enough:
        best = max(of_release, key=lambda seen: len(seen.cosigners))
        return "failed", (
            f"{len(best.cosigners)} of {pinned[best.log].demanded} cosigners have seen the log {best.log} as it was then, so "
            "it may have shown others something else: cardwright witness cosign"
        )
    seen = enough[0]
    by = f", cosigned by {', '.join(seen.cosigners)}" if seen.cosigners else "; no cosigner is asked for"
    return "passed", f"entry {seen.index} of {seen.size} in {seen.log}{by}"


def _code(known: _Known) -> tuple[str, ...]:
    """Whose code could have made the numbers, each with the digest that a trust file can ask for."""
    if known.case is None:
        return ()
    return tuple(
        f"evaluators of {code.name} {code.version}: {code.sha256}" for code in known.case.record.provenance.code
    )


def _horizon(asked: _VerificationRequest, known: _Known) -> tuple[str, ...]:
    """Until when anything can be known here: what was cut off the end of a ledger leaves no trace in it."""
    if asked.trust is None or known.chain is None or not known.chain.entries:
        return ()
    until = known.chain.entries[-1].at
    status = None
    if asked.told is not None:
        try:
            status = _status_as_evidence(asked, known)
        except CardwrightError:
            status = None
    if status is not None:
        until = max(until, status.at)
    return (f"withdrawals after {until} cannot be known here" + ("" if status else "; a status statement says more"),)


def _then(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    assert asked.as_of is not None
    if known.chosen is None or asked.trust is None:
        return "not judged", "no trust file was given" if asked.trust is None else "the policy is not at hand"
    if asked.verdict.advisory:
        return "failed", "the verdict is advisory"
    if asked.statement is None or asked.statement.release.issued_at > asked.as_of:
        return "failed", "nothing had been released"
    gone = [one.claim for one in known.believed if isinstance(one.claim, Withdraw) and one.claim.claim is None]
    if any(claim.at <= asked.as_of for claim in gone):
        return "failed", "it had been withdrawn"
    said = tuple(one for one in known.believed if one.claim.at <= asked.as_of)
    decided = _decide(
        asked,
        known,
        asked.as_of,
        said,
        canonical.digest(asked.files[layout.MANIFEST]),
        asked.trust.sha256,
        _samples(asked, known)[0],
        _linked_at(asked, known, asked.as_of),
    )
    return ("passed" if decided.allowed else "failed"), decided.headline


def _rerender(asked: _VerificationRequest, known: _Known) -> tuple[Outcome, str]:
    assert asked.again is not None
    made = asked.again(asked.files, asked.where, tuple(one.claim for one in _claims_then(known, asked.verdict)))
    if made is None:
        return "not judged", "Pango is not installed here, so no PDF can be made"
    if made.changed:
        return "failed", "; ".join(f"{name}: changed: {why}" for name, why in made.changed)
    if made.elsewhere:
        libraries = dict.fromkeys(libraries for _, libraries in made.elsewhere)
        return (
            "not judged",
            f"{', '.join(name for name, _ in made.elsewhere)}: not reproduced here: made with other libraries: text and "
            f"structure compared, equal ({'; '.join(libraries)})",
        )
    if not made.same:
        return "failed", "there is no document"
    return "passed", f"{len(made.same)} documents made again, byte for byte"


_Reader = Callable[[_VerificationRequest, _Known], _Known]
_Judge = Callable[[_VerificationRequest, _Known], tuple[Outcome, str]]
_STEPS: Mapping[str, tuple[tuple[_Reader, ...], _Judge]] = {
    "manifest": ((), _manifest),
    "canonical": ((_with_json,), _canonical),
    "record": ((_with_case, _with_artefacts), _record),
    "documents": ((), _documents),
    "ledger": ((_with_claims, _with_chain), _ledger),
    "signatures": ((_with_believed, _with_release), _signatures),
    "policy": ((_with_policy,), _policy),
    "replay": ((_with_files_seen,), _replay),
    "now": ((), _now),
    "artefact": ((), _artefact),
    "release": ((), _release),
    "rerender": ((), _rerender),
    "then": ((), _then),
    "status": ((), _status),
    "seal": ((), _seal),
    "evaluators": ((), _evaluators),
    "witness": ((), _witness),
    "revocations": ((), _revocations),
}
"""Of each step what it reads, in order, and how it judges."""
