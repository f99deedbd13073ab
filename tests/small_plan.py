"""A small plan that is allowed by `research`: one source of 400 rows, two evaluations. Most whole runs of the tests are of it."""

from __future__ import annotations

import random

PLAN = """\
schema: cardwright/assessment/1
subject: {kind: model, name: loans, version: 1.0.0, files: [{path: model.bin, role: weights}]}
details: details.yaml
sources:
  test:
    predictions: data.csv
    label: approved
    score: p
    threshold: 0.5
    favourable: 1
    sensitive: [sex]
    unit: application
evaluate:
  - performance: {source: test}
  - fairness: {source: test}
policy: research
"""
DETAILS = """\
schema: cardwright/details/1
stated_by: A. Okafor, model owner
stated_on: 2026-11-20
owners: [{name: A. Okafor, role: model owner, contact: models@example.com}]
summary: Scores loan applications.
intended_use: Orders the queue of applications.
out_of_scope: Setting of interest rates was never evaluated.
limitations: One city, one year.
training_data: Two thousand applications of one lender.
"""


def rows(n=400, seed=1):
    rng = random.Random(seed)
    for i in range(n):
        sex = "f" if i % 2 else "m"
        p = rng.random()
        yield {"id": i, "approved": int(rng.random() < p), "p": f"{p:.6f}", "sex": sex}


def write_csv(path, table):
    table = list(table)
    lines = [",".join(table[0]) if table else "id,approved,p,sex"]
    lines += [",".join("" if v is None else str(v) for v in row.values()) for row in table]
    path.write_text("\n".join(lines) + "\n")


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def write_plan(folder, plan=PLAN, details=DETAILS):
    """The plan and all it names, in a folder that is there."""
    (folder / "assessment.yaml").write_text(plan)
    (folder / "details.yaml").write_text(details)
    (folder / "model.bin").write_bytes(b"weights")
    write_csv(folder / "data.csv", rows())
    return folder


def case_of(folder, policy="research", now="2026-11-20T08:00:00Z", **more):
    """The evidence of a run, without verdict and documents."""
    from cardwright import handoff
    from cardwright.dossier.contents import policy_of
    from cardwright.plan.assessment import load

    return handoff.gather(load(folder), policy_of(policy), now=now, workers=1, **more)


def files_of(case, policy="research"):
    """The files of a dossier, but for the documents, which take nine tenths of a run."""
    from cardwright.attest import ledger
    from cardwright.dossier import layout
    from cardwright.dossier.contents import policy_of
    from cardwright.policy.gate import decide

    chosen, now = policy_of(policy), case.run.finished
    files = layout.evidence_of(case, decide(case, chosen, now, "review", chosen_by="the plan"))
    chain = ledger.Ledger(subject=case.record.subject.name).append("run", "record", case.record.sha256, now)
    files[layout.LEDGER] = chain.to_bytes()
    files[layout.MANIFEST] = layout.to_json(layout.manifest_of(files))
    files[layout.VERDICT] = layout.to_json(decide(case, chosen, now, chosen_by="the plan"))
    return files
