"""Compares stores that the tools have written anew with those that are kept: what Cardwright reads of both is the same.

    python tests/data/runs/compare_stores.py FRESH KEPT

Ids, times and the version of Python are each run's own and are left out.
"""

import sys
from pathlib import Path

from cardwright.record.run import Run
from cardwright.sources.runs import open_store

STORES = ("mlflow", "mlruns/mlruns", "wandb", "tensorboard", "dvc", "dvc_experiments.json", "sacred")
OWN = ("id", "store_sha256", "started", "finished", "environment", "artefacts", "tool_version")
REVISIONS = ("commit", "name", "parent", "group")
"""What DVC takes from Git, whose revisions hold the time at which the script ran."""


def read(path):
    """Every run as JSON, without what is its own; and why parts could not be read."""
    found = []
    for one in open_store(path, path.name).read():
        if not isinstance(one, Run):
            found.append(("not read", one.why))
            continue
        said = one.model_dump(mode="json", exclude={*OWN, *(REVISIONS if one.tool == "dvc" else ())})
        said["cost"].pop("seconds", None)
        said["artefacts"] = sorted(file.sha256 or "" for file in one.artefacts)
        found.append(("read", said))
    return sorted(found, key=repr)


def main():
    fresh, kept = (Path(word) for word in sys.argv[1:3])
    compared = [name for name in STORES if (fresh / name).exists()]
    differing = [name for name in compared if read(fresh / name) != read(kept / name)]
    print(f"{fresh.name}: {', '.join(compared) or 'nothing'} compared; differing: {', '.join(differing) or 'none'}")
    return 1 if differing or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
