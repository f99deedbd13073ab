"""The plan, signed before anything is evaluated.

There is no dossier yet, so the signatures are kept in a file beside where it will be, `<folder>.plan.jsonl`. `run` copies those
of the plan that it carries out into the dossier, and into the ledger ahead of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cardwright.attest import ledger
from cardwright.attest.ledger import Ledger
from cardwright.dossier import store
from cardwright.record.claim import Preregister

if TYPE_CHECKING:
    from cardwright.attest.keys import PrivateKey


@dataclass(frozen=True)
class SignedPlan:
    """The signatures of one plan, and the ledger with them."""

    lines: bytes
    """One claim a line; empty if nobody has signed this plan."""
    chain: Ledger
    """The ledger, with a line for each claim."""
    others: int
    """How many signatures are of another plan, or of this one before it was changed."""


def taken(signatures: bytes, former: bytes, subject: str, plan_sha256: str) -> SignedPlan:
    """Pick the signatures of this plan, to be entered ahead of the coming run.

    Parameters
    ----------
    signatures:
        The file beside where the dossier will be.
    former:
        The ledger of the dossier that the run replaces; empty if there is none.
    """
    chain = ledger.read(former, subject)
    if not signatures:
        return SignedPlan(lines=b"", chain=chain, others=0)
    # Signatures cost a tenth of a second to import; most plans have none.
    from cardwright.attest import claims

    lines, others = b"", 0
    for one, line in zip(claims.read(signatures, where="the plan's signatures"), signatures.splitlines(), strict=True):
        if not isinstance(one.claim, Preregister) or one.claim.plan_sha256 != plan_sha256:
            others += 1
            continue
        chain = chain.append("claim", one.claim.kind, one.sealed.id, one.claim.at)
        lines += line + b"\n"
    return SignedPlan(lines=lines, chain=chain, others=others)


def sign(folder: Path, subject: str, key: PrivateKey, claim: Callable[[], Preregister]) -> str:
    """Sign a plan for the run that will write the dossier `folder`; returns the claim's id.

    Raises
    ------
    StoreError
        If another process is writing there.
    """
    from cardwright.attest import claims

    def append(before: bytes) -> bytes:
        # The ledger as it stands shows later how many runs had been made when the plan was signed.
        head = ledger.read(store.ledger_of(folder), subject).head
        return before + claims.make(claim(), key, head) + b"\n"

    return claims.read(store.sign_plan(folder, append))[-1].sealed.id
