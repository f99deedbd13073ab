"""`cardwright verify`: the receiver's side. Public keys only, no network, numbered steps, each passed, failed or not judged.

1. manifest      every file has the digest that the manifest lists, and no other file stands there
2. canonical     every JSON file is in canonical form
3. record        the record is well-formed and accounts for everything planned
4. documents     the record inside the PDF is the record, and the digests that documents print are its digests
5. ledger        the chain holds, and every claim is in it
6. signatures    every claim is of a key the trust file knows, in a role and on a day that it may sign
7. policy        the policy is one that the trust file accepts for this subject and risk tier
8. replay        the verdict follows byte for byte from the case at its own moment
9. now           decided again at the receiver's clock, the handoff is still allowed
10. artefact     the files at hand have the digests of the subject
11. release      the verdict is not advisory, and nothing it rests on was withdrawn
12. rerender     only if asked: every document, made again from the record, has the bytes that stand there. With other
                 libraries it has others: then text and structure are compared, which proves nothing, and is not judged
13. then         only where asked (`--as-of`): it had been released by that moment, and is allowed on what had been said by then
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from cardwright.attest import claims, ledger
from cardwright.attest.ledger import Ledger
from cardwright.attest.reproduction import Rerender
from cardwright.attest.trust import Trust
from cardwright.dossier import contents, layout
from cardwright.errors import CardwrightError, IntegrityError
from cardwright.policy.gate import decide
from cardwright.policy.policy import Policy
from cardwright.record import canonical
from cardwright.record.case import Case
from cardwright.record.claim import SignOff, Withdraw
from cardwright.record.verdict import SEMANTICS, Verdict

Outcome = Literal["passed", "failed", "not judged"]
Yes = Literal["yes", "no", "not judged"]
NAMES = (
    "manifest", "canonical", "record", "documents", "ledger", "signatures", "policy", "replay", "now", "artefact", "release",
    "rerender", "then",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
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
            return "VERIFIED: the handoff is allowed, and everything it rests on holds"
        # What is broken comes first: it is why, and the others may follow from it.
        failed = sorted((step for step in self.steps if step.outcome == "failed"), key=lambda step: not step.broken)
        if not failed:
            if self.trusted:
                missing = next(step for step in self.steps if step.outcome == "not judged")
                return f"INTACT, not proven at step {missing.number}, {missing.name}: {missing.detail}"
            return "INTACT, approval not judged: name the receiver's own --trust file"
        return f"REFUSED at step {failed[0].number}, {failed[0].name}: {failed[0].detail}"


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
"""Digests of the named files as the receiver has them; a file that is not there is left out."""

Printed = Callable[[Mapping[str, bytes], str], str]
"""Holds the documents against the record's digest: (files, record digest) to what was held; raises IntegrityError."""


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
) -> Report:
    """Verify a dossier whose files were read and held against the manifest.

    Parameters
    ----------
    now:
        The receiver's clock.
    policy:
        Finds a policy by name; its digest has to be the one that the verdict names.
    printed:
        Holds the documents against the record's digest.
    artefacts:
        Digests of the subject's files as the receiver has them.
    rerender:
        Makes the documents again; where it is given, that is step 12.
    as_of:
        Another moment that is asked about; where it is given, that is step 13.
    """
    state = _Verification(files, where, trust, now, policy, printed, artefacts, rerender, as_of)
    steps: list[Step] = []
    asked = {"rerender": rerender is not None, "then": as_of is not None}
    names = [(number, name) for number, name in enumerate(NAMES, start=1) if asked.get(name, True)]
    for number, name in names:
        try:
            outcome, detail = getattr(state, name)()
            steps.append(Step(number, name, outcome, detail))
        except CardwrightError as exc:
            steps.append(Step(number, name, "failed", str(exc), broken=isinstance(exc, IntegrityError)))
            if name in ("manifest", "canonical", "record"):
                # Nothing further can be read from files that are not what they say.
                steps += [Step(n, rest, "not judged", "an earlier step failed") for n, rest in names if n > number]
                break
    return Report(steps=tuple(steps), trusted=trust is not None, notes=not_seen(state.signed), now=now, as_of=as_of)


def not_seen(signed: tuple[claims.Signed, ...]) -> tuple[str, ...]:
    """What was said by others after a person's latest sign-off in a role: whoever signed had not seen it."""
    latest = {(one.claim.key, one.claim.role): n for n, one in enumerate(signed) if isinstance(one.claim, SignOff)}
    notes: list[str] = []
    for number in sorted(latest.values()):
        one = signed[number]
        for later in signed[number + 1 :]:
            claim = later.claim
            if claim.key != one.claim.key and not isinstance(claim, SignOff):
                about = getattr(claim, "requirement", None) or getattr(claim, "item", None)
                notes.append(
                    f"not seen by {one.claim.person} ({one.claim.role}): {claim.kind.replace('_', ' ')}"
                    f"{f' of {about}' if about else ''} by {claim.person}, {claim.at[:10]}"
                )
    return tuple(notes)


class _Verification:
    """The steps, sharing what earlier ones have read."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        where: str,
        trust: Trust | None,
        now: str,
        policy: Callable[[str], Policy],
        printed: Printed,
        look: Look | None,
        again: Rerender | None,
        as_of: str | None,
    ) -> None:
        self.files = files
        self.where = where
        self.trust = trust
        self.moment = now
        self.find = policy
        self.hold = printed
        self.look = look
        self.again = again
        self.as_of = as_of
        self.read: dict[str, Any] = {}
        self.artefacts: Mapping[str, str] | None = None
        self.case: Case | None = None
        self.chain: ledger.Ledger | None = None
        self.signed: tuple[claims.Signed, ...] = ()
        self.believed: tuple[claims.Signed, ...] = ()
        self.chosen: Policy | None = None

    def manifest(self) -> tuple[Outcome, str]:
        listed = canonical.parse(layout.Manifest, self.files[layout.MANIFEST], where=layout.MANIFEST)
        if layout.manifest_of(self.files) != listed:
            raise IntegrityError("the files are not those of the manifest", where=self.where)
        return "passed", f"{len(listed.files)} files, manifest {listed.sha256[:12]}"

    def canonical(self) -> tuple[Outcome, str]:
        for name, data in self.files.items():
            if name.endswith(".json"):
                self.read[name] = canonical.read(data, where=name)
        return "passed", f"{len(self.read)} files"

    def record(self) -> tuple[Outcome, str]:
        for name in (layout.RECORD, layout.VERDICT):
            if name not in self.files:
                raise IntegrityError("is not there", where=name, do="Ask for the whole dossier.")
        self.case = contents.case_of(self.files, where=self.where, read=self.read)
        if self.look is not None:
            self.artefacts = dict(self.look([file.path for file in self.case.record.subject.files]))
            self.case = replace(self.case, artefacts=self.artefacts)
        return "passed", f"record {self.case.record.sha256[:12]}, {len(self.case.record.evaluations)} evaluations"

    def documents(self) -> tuple[Outcome, str]:
        assert self.case is not None
        return "passed", self.hold(self.files, self.case.record.sha256)

    def ledger(self) -> tuple[Outcome, str]:
        assert self.case is not None
        self.signed = claims.read(self.files.get(layout.CLAIMS, b""))
        if layout.LEDGER not in self.files:
            if self.signed:
                raise IntegrityError("claims stand in a dossier without a ledger", where=layout.LEDGER)
            return "failed", "there is no ledger, so nobody can tell what was left out"
        self.chain = ledger.read(self.files[layout.LEDGER], self.case.record.subject.name)
        chained = [entry.digest for entry in self.chain.here if entry.event == "claim"]
        if chained != [one.sealed.id for one in self.signed]:
            raise IntegrityError(
                "the claims are not those of the ledger, in its order",
                where=layout.CLAIMS,
                do="One was left out, moved or added.",
            )
        rewritten = [one for one in self.signed if not self.chain.holds(one.ledger)]
        if rewritten:
            raise IntegrityError(f"it is not the ledger that {rewritten[0].claim.person} signed", where=layout.LEDGER)
        self._accounts_for_what_stands_there(self.chain)
        head = self.chain.head
        return "passed", f"{head.length} entries, {self.chain.runs} runs, head {head.head[:12]}"

    def _accounts_for_what_stands_there(self, chain: Ledger) -> None:
        """Hold what no later signature covers, the end of the chain, against the verdict and the report that it tells of."""
        stored = self.verdict
        claimed = {one.sealed.id: one.claim for one in self.signed}
        for entry in chain.here:
            said = claimed.get(entry.digest)
            if entry.event == "claim" and said is not None and (entry.kind, entry.at) != (said.kind, said.at):
                raise IntegrityError("a claim stands in it as something else, or at another time", where=layout.LEDGER)
        told = [e for e in chain.here if e.event in ("decision", "release") and e.digest == stored.sha256]
        if any(e.at != stored.evaluated_at or e.kind != "verdict" for e in told):
            raise IntegrityError("the verdict stands in it as something else, or at another time", where=layout.LEDGER)
        released = [e for e in chain.here if e.event == "release"]
        reports = [e for e in released if e.kind == "report"]
        if stored.stage == "release" and told and stored.allowed and "release" not in {e.event for e in told}:
            raise IntegrityError("it tells of no release, though the verdict allows one", where=layout.LEDGER)
        if (layout.FINAL in self.files) != bool(reports):
            raise IntegrityError(
                "the released report is not there" if reports else "it tells of no released report, and one is there",
                where=layout.FINAL,
                do="Ask for the whole dossier.",
            )
        if reports and reports[-1].digest != canonical.digest(self.files[layout.FINAL]):
            raise IntegrityError("not the report that was released", where=layout.FINAL, do="It was changed since.")
        if any(e.at not in {t.at for t in chain.here if t.event == "decision"} for e in released):
            raise IntegrityError("a release that no decision goes before", where=layout.LEDGER)

    def signatures(self) -> tuple[Outcome, str]:
        if self.trust is None:
            return "not judged", "no trust file was given"
        judged = [claims.judge(one, self.trust, self.chain, self.moment) for one in self.signed]
        self.believed = tuple(one.signed for one in judged if one.believed)
        doubted = [one for one in judged if not one.believed]
        if doubted:
            return "failed", f"{len(doubted)} of {len(judged)} are not believed: {doubted[0].why}"
        people = {one.claim.key for one in self.believed}
        return "passed", f"{len(judged)} claims of {len(people)} people"

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict that the dossier holds."""
        return canonical.validated(Verdict, self.read[layout.VERDICT], self.files[layout.VERDICT], where=layout.VERDICT)

    def policy(self) -> tuple[Outcome, str]:
        assert self.case is not None
        verdict = self.verdict
        self.chosen = self.find(verdict.policy.name)
        if self.chosen.sha256 != verdict.policy.sha256:
            self.chosen = None
            return "failed", f"the policy {verdict.policy.name} here is not the one that the verdict names"
        if self.trust is None:
            return "not judged", "no trust file was given"
        record = self.case.record
        if not self.trust.accepts(verdict.policy.sha256, record.subject.name, record.context.risk_tier):
            return "failed", f"the trust file does not accept {verdict.policy.name} for {record.subject.name}"
        return "passed", f"{verdict.policy.name} {verdict.policy.version}, {verdict.policy.sha256[:12]}"

    def _decide(self, now: str, said: tuple[claims.Signed, ...], manifest: str | None, trust: str | None) -> Verdict:
        assert self.case is not None
        assert self.chosen is not None
        stored = self.verdict
        case = replace(
            self.case,
            claims=tuple(one.claim for one in said),
            trust_sha256=trust,
            manifest_sha256=manifest,
            advisory=stored.advisory,
        )
        return decide(case, self.chosen, now, stored.stage, chosen_by=stored.policy.chosen_by)

    def _then(self, stored: Verdict) -> tuple[claims.Signed, ...]:
        """The claims that were there when the verdict was decided: those that stand before it in the ledger."""
        before: set[str] = set()
        for entry in self.chain.entries if self.chain is not None else ():
            if entry.event == "decision" and entry.digest == stored.sha256:
                return tuple(one for one in self.signed if one.sealed.id in before)
            if entry.event == "claim":
                before.add(entry.digest)
        return ()  # decided by `run`, before anybody had said anything

    def _believed_by(self, stored: Verdict) -> tuple[claims.Signed, ...]:
        """The claims that a verdict was decided with: all that were there, or those of them that are believed here.

        Whom the verdict's trust file did not know, nobody can tell; but a key that this one revokes must not make a verdict
        that was honest look forged. What the receiver does not believe fails as a signature, and counts for nothing now.
        """
        there = self._then(stored)
        here = tuple(one for one in there if one in self.believed)
        for said in (there, here):
            if said and canonical.sha256([canonical.plain(one.claim) for one in said]) == stored.inputs.claims_sha256:
                return said
        return here if self.trust is not None else there

    def replay(self) -> tuple[Outcome, str]:
        assert self.case is not None
        if self.chosen is None:
            return "not judged", "the policy is not at hand"
        stored = self.verdict
        if stored.semantics != SEMANTICS:
            return (
                "not judged",
                f"it was decided by version {stored.semantics[:20]} of the gate's rules, and this is version {SEMANTICS}: "
                "the Cardwright that released it can replay it",
            )
        at_hand = self.case.artefacts
        seen = self._files_seen(stored)
        if seen is None and stored.inputs.artefacts_sha256 is not None:
            return "failed", "it was decided with other files than the record's, and they are not at hand"
        self.case = replace(self.case, artefacts=seen)
        said = self._believed_by(stored)
        replayed = self._decide(stored.evaluated_at, said, stored.inputs.manifest_sha256, stored.inputs.trust_sha256)
        # Decided again, it is by the files at hand; where nobody has them, by what the verdict was decided with.
        self.case = replace(self.case, artefacts=at_hand if at_hand is not None else seen)
        if canonical.dumps(replayed) != self.files[layout.VERDICT]:
            doubted = self.trust is None or len(said) < len(self._then(stored))
            if doubted and replayed.inputs.claims_sha256 != stored.inputs.claims_sha256:
                return "failed", "it was decided with other claims than those that are believed here"
            raise IntegrityError(
                "the verdict does not follow from the case",
                where=layout.VERDICT,
                do="It was changed, or made otherwise.",
            )
        return "passed", f"{stored.decision} at {stored.evaluated_at}"

    def _files_seen(self, stored: Verdict) -> Mapping[str, str] | None:
        """The digests that a verdict was decided with: those of the record, or those of the files at hand."""
        assert self.case is not None
        listed = {file.path: file.sha256 for file in self.case.record.subject.files}
        known = (listed, self.artefacts) if self.artefacts is not None else (listed,)
        return next((one for one in known if canonical.sha256(one) == stored.inputs.artefacts_sha256), None)

    def now(self) -> tuple[Outcome, str]:
        if self.chosen is None:
            return "not judged", "the policy is not at hand"
        manifest = canonical.digest(self.files[layout.MANIFEST])
        trust = self.trust.sha256 if self.trust is not None else None
        again = self._decide(self.moment, self.believed if self.trust else self.signed, manifest, trust)
        if not again.allowed:
            return "failed", again.headline
        return "passed", again.headline + (f", valid until {again.valid_until}" if again.valid_until else "")

    def artefact(self) -> tuple[Outcome, str]:
        assert self.case is not None
        subject = self.case.record.subject
        if self.artefacts is None:
            return "not judged", "name the folder that holds the subject's files with --artifact"
        if not subject.hashed:
            return "failed", "the subject is declared, not hashed"
        wrong = [file.path for file in subject.files if self.artefacts.get(file.path, file.sha256) != file.sha256]
        if wrong:
            raise IntegrityError(
                f"{wrong[0]} is not the file that was evaluated", do="Ask for the one that was, or for its dossier."
            )
        absent = [file.path for file in subject.files if file.path not in self.artefacts]
        if absent:
            return "failed", f"{absent[0]} is not there"
        return "passed", f"{len(subject.files)} files"

    def release(self) -> tuple[Outcome, str]:
        stored = self.verdict
        if stored.advisory:
            return "failed", "the verdict is advisory"
        if claims.ahead(stored.evaluated_at, self.moment):
            return "failed", f"the verdict is dated in the future, {stored.evaluated_at}: set the clock right"
        if stored.stage != "release":
            return "failed", "the verdict is a review, not a release"
        withdrawn = [one.claim for one in self.signed if isinstance(one.claim, Withdraw) and one.claim.claim is None]
        if withdrawn:
            return "failed", f"withdrawn by {withdrawn[-1].person} on {withdrawn[-1].at[:10]}: {withdrawn[-1].reason}"
        if not stored.allowed:
            return "failed", stored.headline
        return "passed", stored.headline

    def then(self) -> tuple[Outcome, str]:
        assert self.as_of is not None
        if self.chosen is None or self.trust is None:
            return "not judged", "no trust file was given" if self.trust is None else "the policy is not at hand"
        if self.verdict.advisory:
            return "failed", "the verdict is advisory"
        entries = self.chain.here if self.chain is not None else ()
        if not any(entry.event == "release" and entry.at <= self.as_of for entry in entries):
            return "failed", "nothing had been released"
        gone = [one.claim for one in self.signed if isinstance(one.claim, Withdraw) and one.claim.claim is None]
        if any(claim.at <= self.as_of for claim in gone):
            return "failed", "it had been withdrawn"
        said = tuple(one for one in self.believed if one.claim.at <= self.as_of)
        decided = self._decide(self.as_of, said, canonical.digest(self.files[layout.MANIFEST]), self.trust.sha256)
        return ("passed" if decided.allowed else "failed"), decided.headline

    def rerender(self) -> tuple[Outcome, str]:
        assert self.again is not None
        made = self.again(self.files, self.where, tuple(one.claim for one in self._then(self.verdict)))
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
