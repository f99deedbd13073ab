"""People's part: what is said over a dossier, signed, and the decision that follows from it.

Each of these reads the dossier under its lock, adds one line to `claims.jsonl` and one to `ledger.jsonl`, and swaps the dossier
in as a whole. What the manifest lists never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from cardwright.attest import claims, keys, ledger
from cardwright.attest.trust import Trust
from cardwright.dossier import contents, layout, store
from cardwright.errors import IntegrityError, UsageError
from cardwright.policy.gate import decide
from cardwright.policy.policy import Policy
from cardwright.record import canonical
from cardwright.record.case import Case
from cardwright.record.claim import Claim
from cardwright.record.verdict import Verdict


@dataclass(frozen=True)
class Desk:
    """A dossier as a signer has it in front of them."""

    case: Case
    manifest_sha256: str
    review: Verdict
    chain: ledger.Ledger
    signed: tuple[claims.Signed, ...]

    def claim(self, prefix: str) -> claims.Signed:
        """The claim whose id begins so.

        Raises
        ------
        UsageError
            Where none does, or more than one.
        """
        found = [one for one in self.signed if one.sealed.id.startswith(prefix)]
        if len(found) != 1 or len(prefix) < 6:
            known = ", ".join(f"{one.sealed.id[:12]} ({one.claim.kind})" for one in self.signed) or "none"
            raise UsageError(f'"{prefix}" names no claim, or more than one', do=f"Claims here: {known}.")
        return found[0]


def read_desk(files: Mapping[str, bytes], *, where: str) -> Desk:
    """A dossier's values, with its claims and ledger, neither believed yet.

    Raises
    ------
    IntegrityError
        Where a file is not what it says.
    """
    case = contents.case_of(files, where=where)
    manifest = canonical.digest(files[layout.MANIFEST])
    return Desk(
        case=replace(case, manifest_sha256=manifest),
        manifest_sha256=manifest,
        review=canonical.parse(Verdict, files[layout.REVIEW], where=f"{where}/{layout.REVIEW}"),
        chain=ledger.read(files.get(layout.LEDGER, b""), case.record.subject.name),
        signed=claims.read(files.get(layout.CLAIMS, b"")),
    )


def say(folder: Path, key: keys.PrivateKey, at: str, make: Callable[[Desk], Claim]) -> str:
    """Sign a claim over a dossier and add it; gives the claim's id.

    Parameters
    ----------
    make:
        The claim, made from the dossier as it is under the lock.

    Raises
    ------
    UsageError
        Where the claim cannot be made: a day that there is not, a hidden character, a text that is too long.
    """
    added: list[str] = []

    def change(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        desk = read_desk(files, where=str(folder))
        try:
            claim = make(desk)
        except ValidationError as exc:
            raise _cannot_be_said(exc) from exc
        line = claims.make(claim, key, desk.chain.head)
        (signed,) = claims.read(line + b"\n")
        added.append(signed.sealed.id)
        chain = desk.chain.append("claim", claim.kind, signed.sealed.id, at)
        return {layout.CLAIMS: files.get(layout.CLAIMS, b"") + line + b"\n", layout.LEDGER: chain.to_bytes()}

    store.amend(folder, change)
    return added[0]


def _cannot_be_said(exc: ValidationError) -> UsageError:
    """What is wrong with somebody's words, by the option that they were written after."""
    first = exc.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][-1]) if first["loc"] else "claim"
    if name == "expires":
        return UsageError("--expires is not a day", do="Write it like 2026-12-31.")
    return UsageError(f"--{'as' if name == 'person' else name}: {first['msg'].removeprefix('Value error, ')}")


def judged_case(
    desk: Desk, trust: Trust, artefacts: Mapping[str, str] | None, now: str
) -> tuple[Case, tuple[str, ...]]:
    """The case with the claims that are believed under a trust file, and why the others are not.

    Raises
    ------
    IntegrityError
        Where the claims are not those of the ledger: leaving out a rejection breaks the chain.
    """
    chained = [entry.digest for entry in desk.chain.here if entry.event == "claim"]
    if chained != [one.sealed.id for one in desk.signed]:
        raise IntegrityError(
            "the claims are not those of the ledger, in its order", where=layout.CLAIMS, do="One was left out or moved."
        )
    judged = [claims.judge(one, trust, desk.chain, now) for one in desk.signed]
    case = replace(
        desk.case,
        claims=tuple(one.signed.claim for one in judged if one.believed),
        trust_sha256=trust.sha256,
        artefacts=dict(artefacts) if artefacts is not None else None,
    )
    return case, tuple(
        f"{one.signed.claim.kind} of {one.signed.claim.person}: {one.why}" for one in judged if not one.believed
    )


def release(
    folder: Path,
    trust: Trust,
    policy: Policy,
    *,
    now: str,
    chosen_by: str,
    artefacts: Mapping[str, str] | None,
    final: Callable[[Case, Verdict, str], bytes | None],
) -> tuple[Verdict, tuple[str, ...]]:
    """Decide on everything, people's claims included, and write the decision and the final edition of the report.

    Parameters
    ----------
    final:
        Makes the final edition from case, verdict and manifest digest; None where it cannot be made here.
    """
    decided: list[tuple[Verdict, tuple[str, ...]]] = []

    def change(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        desk = read_desk(files, where=str(folder))
        case, doubts = judged_case(desk, trust, artefacts, now)
        verdict = decide(case, policy, now, "release", chosen_by=chosen_by)
        decided.append((verdict, doubts))
        out: dict[str, bytes] = {layout.VERDICT: layout.to_json(verdict)}
        chain = desk.chain.append("decision", "verdict", verdict.sha256, now)
        if verdict.allowed:
            report = final(case, verdict, desk.manifest_sha256)
            chain = chain.append("release", "verdict", verdict.sha256, now)
            if report is not None:
                out[layout.FINAL] = report
                chain = chain.append("release", "report", canonical.digest(report), now)
        out[layout.LEDGER] = chain.to_bytes()
        return out

    store.amend(folder, change)
    return decided[0]
