"""Carries the example from a refusal to a release, its verification, a second release and the withdrawal.

It works in a temporary copy, in a git repository of its own, with keys that it makes on the spot, and needs no network. Every
exit code is checked: one line a step, and OK at the end. The people are invented, and so are their reasons; nothing here makes
the model fit for use.

    python examples/mortgage/handoff.py
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent
sys.path.insert(0, str(EXAMPLE.parent))

from desk import POLICY, Desk, blockers, carried, expect  # noqa: E402

PEOPLE = {"A. Okafor": "owner", "B. Lind": "risk_head, privacy", "C. Reyes": "release, status"}
INCONCLUSIVE = ("demographic-parity-ratio", "equalized-odds")
SIGNED = ("approval", "personal-data", "responsibility")
RELEASER = "C. Reyes"


def carry(desk: Desk) -> None:
    owner, risk, _ = PEOPLE
    expires = datetime.now(UTC).date() + timedelta(days=30)
    first, second = desk.place / "dossier-1.0.0", desk.place / "dossier-1.1.0"
    trusted = ("--trust", desk.trust)

    desk.copy()
    desk.done("copied into a git repository of its own, and committed")

    desk.cardwright("run", desk.files, "-o", first, "--policy", desk.policy, code=1)
    found = blockers(first)
    expect({r for r in found if r not in SIGNED} == set(INCONCLUSIVE), f"in the way: {found}")
    expect({found[r] for r in INCONCLUSIVE} == {"inconclusive"}, f"in the way: {found}")
    desk.done(f"run: refused; {' and '.join(INCONCLUSIVE)} are inconclusive, nobody has signed")

    desk.enrol()
    desk.withdraws("risk_head")
    desk.release(first, by=RELEASER, code=1)
    desk.done("keys made and enrolled, the policy accepted in the trust file; release: refused")

    for requirement in INCONCLUSIVE:
        reason = "118 applications of Black and 67 of Hispanic applicants are too few to decide; a pilot collects more."
        controls = "A loan officer reads every application and decides; refusals by group are counted each week."
        asked = desk.signed(
            "waive", "request", first, requirement, "--reason", reason, "--controls", controls, "--expires", expires, by=owner
        )  # fmt: skip
        desk.signed("waive", "approve", first, asked, by=risk)
    desk.done(f"waivers requested by {owner} and approved by {risk}, until {expires}")

    words = ("--statement", "Race and sex measure differences; no input of the model is built from either.")
    desk.signed("attest", first, "handoff_readiness", "minimisation", *words, by=risk, role="privacy")
    desk.done(f"{risk} answers for the justification of each personal column (privacy)")

    rejected = desk.signed(
        "sign-off", first, "--decision", "reject", "--meaning", "approval", "--comment", "Who counts the refusals?", by=risk
    )  # fmt: skip
    desk.made(first, by=owner)
    desk.signed("sign-off", first, "--decision", "approve", "--meaning", "responsibility", by=owner)
    said = desk.release(first, by=RELEASER, code=1)
    expect("1 requirement in the way" in said and f"{risk} (risk_head) has decided: reject" in said, said)
    desk.done(f"{owner} approves, {risk} rejects; release: refused")

    desk.signed("sign-off", first, "--decision", "approve", "--meaning", "approval", by=risk)
    said = desk.release(first, by=RELEASER, code=1)
    expect("1 requirement in the way" in said and f"{risk} (risk_head) has decided: reject" in said, said)
    desk.done(f"{risk} approves without naming the rejection; release: refused, the rejection stands")

    desk.signed(
        "sign-off", first, "--decision", "approve", "--meaning", "approval", "--answers", rejected,
        "--comment", "The owner counts them.", by=risk,
    )  # fmt: skip
    said = desk.release(first, by=RELEASER, code=1)
    expect(f"NOT RELEASED: {owner} (owner) has not countersigned" in said, said)
    desk.done(f"{risk} approves and names the rejection; release: refused, {owner} has not seen the end of the ledger")

    desk.signed("countersign", first, by=owner)
    said = desk.release(first, by=RELEASER, code=0)
    expect("ALLOWED WITH 2 WAIVERS" in said and str(expires) in said, said)
    card = (first / "final" / "model_card.md").read_text(encoding="utf-8")
    expect("REFUSED" not in card, "the released card says REFUSED")
    desk.done(f"{owner} countersigns; {RELEASER} signs the release: ALLOWED WITH 2 WAIVERS until {expires}")

    said = desk.verify(first, *trusted, code=0)
    expect("VERIFIED" in said and "cannot be known here" in said, said)
    desk.signed("status-statement", first, by=RELEASER, role="status")
    said = desk.verify(first, *trusted, code=0)
    expect("not withdrawn as of" in said, said)
    said = desk.verify(first, code=1)
    expect("approval not judged" in said, said)
    desk.done("verify: passes with the trust file; without it approval is not judged, and it refuses")

    later = f"{expires + timedelta(days=1)}T00:00:00Z"
    desk.verify(first, *trusted, "--as-of", later, code=1)
    desk.done(f"verify --as-of {later}: refused, the waivers have ended")

    said = desk.verify(first, *trusted, code=3, files=desk.changed("model.skops"))
    expect("model.skops is not the file that was evaluated" in said, said)
    desk.done("one byte of the model file changed, in a copy; verify: refused")

    plan = (desk.files / "assessment.yaml").read_text(encoding="utf-8")
    lines = {"  version: 1.0.0\n": "  version: 1.1.0\n", "policy: production\n": f"policy: {POLICY}\n"}
    for old, new in lines.items():
        expect(plan.count(old) == 1, f"the plan has not one line {old!r}")
        plan = plan.replace(old, new)
    plan += f"previous: ../../{first.name}\n"
    (desk.files / "assessment-1.1.0.yaml").write_text(plan, encoding="utf-8")
    desk.commit()
    said = desk.cardwright("run", desk.files / "assessment-1.1.0.yaml", "-o", second, code=1)
    record, before = (json.loads((d / "record.json").read_bytes()) for d in (second, first))
    reused = [e["id"] for e in record["evaluations"] if "reused_from" in e]
    expect(len(reused) == len(before["evaluations"]) and "Not run again" in said, f"reused: {reused}\n{said}")
    expect(not (second / "claims.jsonl").exists(), "a claim was carried over")
    desk.release(second, by=RELEASER, code=1)
    found = blockers(second)
    expect(
        set(found) == {*INCONCLUSIVE, *SIGNED, "cardwright.recomputed", "cardwright.incidents"}, f"in the way: {found}"
    )
    desk.done(f"second release: {len(reused)} evaluations reused, no waiver and no sign-off carried; release: refused")

    desk.signed("withdraw", first, "--reason", "Refusals in the pilot differ by more than expected.", by=risk)
    said = desk.verify(first, *trusted, code=1)
    expect(f"withdrawn by {risk}" in said, said)
    desk.signed("status-statement", first, by=RELEASER, role="status")
    said = desk.verify(first, *trusted, code=1)
    expect("14 status      failed     withdrawn, says" in said, said)
    desk.done(f"{risk} withdraws the first release; verify: refused")


if __name__ == "__main__":
    sys.exit(carried(carry, EXAMPLE, PEOPLE))
