"""Carries the digits study from a signed plan to a memo, a leaderboard, a KPI report and a release that links to the memo.

It works in a temporary copy, in a git repository of its own, with keys that it makes on the spot, and needs no network. The
models are trained after the plan is signed, by `repeat.py`: the 31 runs in `mlflow/` and `wandb/` are older than any key made
here, and a signature that is dated back would be none. Every exit code is checked: one line a step, and OK at the end. The
people are invented.

    python examples/research/chain.py
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent
sys.path.insert(0, str(EXAMPLE.parent))

from desk import Desk, blockers, carried, expect  # noqa: E402

AUTHOR, LEAD, INDEPENDENT, EXECUTIVE, RELEASER = "N. Adeyemi", "H. Lindgren", "S. Pereira", "D. Moreau", "T. Weiss"
PEOPLE = {
    AUTHOR: "researcher",
    LEAD: "research_lead",
    INDEPENDENT: "responsible_ai",
    EXECUTIVE: "executive",
    RELEASER: "release",
}
KINDS = {"plan": "experiment_plan", "memo": "research_memo", "leaderboard": "leaderboard", "kpi": "kpi_report"}
SECOND = "second"
"""The folder of the plans, to which the runs, the model and its predictions are added."""
EARLY = "svm-7"
"""The candidate's run that a copy dates before the signature."""


def dossier_of(desk: Desk, name: str) -> Path:
    return desk.place / "out" / "study" / name


def run(desk: Desk, plan: Path, name: str, policy: object) -> dict[str, str]:
    """Runs a plan, and gives what is in the way of its dossier under the trust file, which believes who signed the others."""
    dossier, held = dossier_of(desk, name), ("--policy", policy)
    desk.cardwright("run", plan, "-o", dossier, "--quiet", *held, code=1)
    judged = desk.place / "judged.json"
    desk.cardwright("gate", dossier, *held, "--format", "json", "-o", judged, code=1)
    return blockers(desk.place, judged.name)


def document(desk: Desk, name: str) -> dict[str, str]:
    return run(desk, desk.files / SECOND / f"{name}.yaml", name, KINDS[name])


def approve(desk: Desk, name: str, by: str) -> None:
    """The author signs for a document, somebody else approves it, and it is released and verified."""
    dossier, trusted = dossier_of(desk, name), ("--trust", desk.trust)
    desk.made(dossier, by=AUTHOR)
    desk.signed("sign-off", dossier, "--decision", "approve", "--meaning", "approval", by=by)
    desk.cardwright("release", dossier, "--key", desk.key(RELEASER), "--as", RELEASER, by=RELEASER)
    expect("VERIFIED" in desk.cardwright("verify", dossier, *trusted), f"{name} is verified")


def evaluated(desk: Desk, name: str, metric: str, evaluator: str = "runs", **where: str) -> float:
    """A number of an evaluation in a dossier."""
    record = json.loads((dossier_of(desk, name) / "record.json").read_bytes())
    (found,) = [one for one in record["evaluations"] if one["evaluator"] == evaluator]
    (one,) = [m for m in found["measurements"] if m["metric"] == metric and m.get("slice", {}) == where]
    return float(one["value"])


def too_early(desk: Desk, lines: list[str]) -> dict[str, str]:
    """What is in the way of the memo where one run of the candidate was started an hour before the plan was signed."""
    runs = [json.loads(line) for line in lines]
    before = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    moved = [run | ({"started": before} if run["id"] == EARLY else {}) for run in runs]
    early = desk.files / SECOND / "early.jsonl"
    early.write_text("".join(f"{json.dumps(run)}\n" for run in moved), encoding="utf-8")
    plan, other = desk.files / SECOND / "memo.yaml", desk.files / SECOND / "early.yaml"
    other.write_text(plan.read_text(encoding="utf-8").replace("runs.jsonl", "early.jsonl"), encoding="utf-8")
    found = run(desk, other, "early", KINDS["memo"])
    early.unlink()
    other.unlink()
    return found


def carry(desk: Desk) -> None:
    desk.copy()
    desk.enrol()
    for kind in KINDS.values():
        desk.cardwright("keys", "accept", kind, "--trust", desk.trust)
    desk.done(
        "copied into a git repository of its own; keys made and enrolled, five policies accepted in the trust file"
    )

    found = document(desk, "plan")
    expect(found == {"lead": "missing"}, f"in the way: {found}")
    approve(desk, "plan", by=LEAD)
    desk.done(f"experiment plan: {AUTHOR} signs it, {LEAD} approves it (research_lead); released and verified")

    head = ["git", "rev-parse", "HEAD"]
    commit = subprocess.run(head, cwd=desk.files, env=desk.env, check=True, capture_output=True, encoding="utf-8")
    train = [sys.executable, "repeat.py", str(desk.files / SECOND), commit.stdout.strip()]
    subprocess.run(train, cwd=desk.files, env=desk.env, check=True)
    desk.commit()
    lines = (desk.files / SECOND / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    desk.done(f"{len(lines)} runs of six configurations trained, with seeds that nobody has seen")

    found = too_early(desk, lines)
    expect(found == {"plan": "failed", "approval": "missing"}, f"in the way: {found}")
    desk.done("research memo, one run of the candidate dated an hour before the signature: refused for its plan")

    found = document(desk, "memo")
    expect(found == {"approval": "missing"}, f"in the way: {found}")
    said = {
        "gain": evaluated(desk, "memo", "improvement"),
        "kernel": evaluated(desk, "memo", "ablation_effect", setting="kernel", value="linear"),
        "scale": evaluated(desk, "memo", "ablation_effect", setting="scale", value="standard"),
    }
    expect(
        {name: round(value, 2) for name, value in said.items()} == {"gain": 0.03, "kernel": 0.01, "scale": 0.01},
        str(said),
    )
    expect(evaluated(desk, "memo", "runs_tried") == len(lines) == 30, "the memo says how many runs were tried")
    approve(desk, "memo", by=LEAD)
    desk.done(
        f"research memo: it names the plan, its numbers are those of the runs; {LEAD} approves it; released and verified"
    )

    found = document(desk, "leaderboard")
    expect(found == {"approval": "missing"}, f"in the way: {found}")
    approve(desk, "leaderboard", by=LEAD)
    desk.done(f"leaderboard: from the runs alone; {LEAD} approves it; released and verified")

    found = document(desk, "kpi")
    expect(found == {"approval": "missing"}, f"in the way: {found}")
    expect(evaluated(desk, "kpi", "dossiers_counted", "kpis") == 3, "the report counts plan, memo and leaderboard")
    expect(
        evaluated(desk, "kpi", "experiment_throughput", "kpis") == len(lines), "30 runs ended with a number in a week"
    )
    said = desk.cardwright("reproduce", dossier_of(desk, "kpi"), "--data", desk.files / SECOND)
    expect("REPRODUCED: 1 of 1" in said, said)
    approve(desk, "kpi", by=EXECUTIVE)
    desk.done(
        f"KPI report: counted from plan, memo, leaderboard and runs, and counted again with the same result; {EXECUTIVE} "
        "approves it (executive); released and verified"
    )

    release(desk)


def release(desk: Desk) -> None:
    """The model, which links to the memo, from the run to what its receiver sees."""
    dossier, held = dossier_of(desk, "release"), ("--policy", desk.policy)
    files = desk.files / SECOND
    found = run(desk, files / "release.yaml", "release", desk.policy)
    waiting = {"cardwright.no_persons": "missing", "research-lead": "missing"}
    expect(found == waiting, f"in the way: {found}")
    desk.done("model 1.1.0, run: its memo is released and says adopt; refused until two people have spoken")

    statement = "Each row is the picture of one digit; writers are not recorded, and nothing is decided about anybody."
    desk.signed("attest", dossier, "no_persons", "none", "--statement", statement, by=INDEPENDENT)
    desk.made(dossier, by=AUTHOR)
    signs = ("release", dossier, "--artifact", files, *held, "--key", desk.key(RELEASER), "--as", RELEASER)
    desk.cardwright(*signs, by=RELEASER, code=1)
    found = blockers(dossier)
    expect(found == {"research-lead": "missing"}, f"in the way: {found}")
    desk.done(
        f"{INDEPENDENT} attests that no person is concerned; release: refused, the research lead has not approved"
    )

    desk.signed("sign-off", dossier, "--decision", "approve", "--meaning", "approval", by=LEAD)
    said = desk.cardwright(*signs, by=RELEASER)
    expect("\nALLOWED" in said and "WAIVER" not in said, said)
    desk.done(f"{LEAD} approves the claim; {RELEASER} signs the release: ALLOWED, without a waiver, not for production")

    verify = ("verify", dossier, "--artifact", files, *held, "--trust", desk.trust)
    expect("VERIFIED" in desk.cardwright(*verify), "the release is verified")
    dossier_of(desk, "memo").rename(desk.place / "gone")
    expect("VERIFIED" in desk.cardwright(*verify), "the release is verified without the memo's folder")
    desk.done("verify: passes with the trust file, and without the folder of the memo, which the dossier holds")

    (memo,) = [
        path
        for path in (dossier / "evidence" / "links").glob("*/claims.jsonl")
        if b"research_memo" in (path.parent / "record.json").read_bytes()
    ]
    memo.unlink()
    desk.cardwright(*verify, code=3)
    desk.done("the memo's signatures taken out of the dossier; verify: refused")


if __name__ == "__main__":
    sys.exit(carried(carry, EXAMPLE, PEOPLE))
