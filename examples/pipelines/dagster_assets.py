"""Dagster: a model, its dossier, and a check that holds up what comes after a refusal.

dagster dev -f dagster_assets.py
"""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg

import cardwright

HERE = Path(os.environ.get("PIPELINE_FOLDER", Path(__file__).parent))


@dg.asset
def model() -> None:
    """`model.skops` and `test.csv`."""
    subprocess.run([sys.executable, "train.py"], cwd=HERE, check=True)


@dg.asset(deps=[model])
def dossier() -> dg.MaterializeResult:
    """What was measured and what the policy says, in `governance/tumours`."""
    result = cardwright.run(cardwright.load(HERE), cardwright.policy_of(str(HERE / "pipeline_policy.yaml")))
    result.save(HERE / "governance" / "tumours")
    card = dg.MetadataValue.md(result.model_card("md").partition("\n---\n")[2])
    return dg.MaterializeResult(
        metadata={"record": result.record.sha256, "headline": result.verdict.headline, "card": card}
    )


@dg.asset_check(asset=dossier, blocking=True)
def gate() -> dg.AssetCheckResult:
    """The gate, asked anew of what is on the disk: nothing after the dossier is made while it refuses."""
    asked = subprocess.run(
        ["cardwright", "gate", "governance/tumours", "--policy", "./pipeline_policy.yaml", "--artifact", "."],
        cwd=HERE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return dg.AssetCheckResult(passed=asked.returncode == 0, metadata={"said": asked.stdout + asked.stderr})


@dg.asset(deps=[dossier])
def served_model() -> None:
    """Whatever may happen only once the gate allows it."""
    (HERE / "served.skops").write_bytes((HERE / "model.skops").read_bytes())


defs = dg.Definitions(assets=[model, dossier, served_model], asset_checks=[gate])
