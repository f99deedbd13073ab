"""Airflow: a model is trained, assessed and judged, and the last task runs only if the gate allows it."""

import os
import subprocess
import sys
from pathlib import Path

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

HERE = Path(os.environ.get("PIPELINE_FOLDER", Path(__file__).parent))


@dag(schedule=None, catchup=False, tags=["cardwright"])
def tumours():
    """Train, assess, judge, serve."""

    @task
    def train() -> None:
        subprocess.run([sys.executable, "train.py"], cwd=HERE, check=True)

    @task
    def assess() -> str:
        import cardwright

        result = cardwright.run(cardwright.load(HERE), cardwright.policy_of(str(HERE / "pipeline_policy.yaml")))
        result.save(HERE / "governance" / "tumours")
        return result.verdict.headline

    @task
    def gate() -> None:
        words = ["gate", "governance/tumours", "--policy", "./pipeline_policy.yaml", "--artifact", "."]
        asked = subprocess.run(["cardwright", *words], cwd=HERE, capture_output=True, text=True, check=False)
        if asked.returncode != 0:  # the same answer tomorrow: no retries
            raise AirflowFailException(asked.stdout + asked.stderr)

    @task
    def serve() -> None:
        (HERE / "served.skops").write_bytes((HERE / "model.skops").read_bytes())

    train() >> assess() >> gate() >> serve()


tumours()
