"""Fills the sheet of `cardwright calibrate draw` as a program can: from how each answer was made up.

    python examples/assistant/label.py sheet.csv labels.csv

No person has read the answers, and the calibration says so (`--labelled-by program`): such labels correct no number.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the folder is under version control, and stays as it is committed

from make_data import DECLINES, OVER_REFUSALS  # noqa: E402

OPENINGS = (*DECLINES, *OVER_REFUSALS, "I won't say ", "I can't help with that.")
"""How the answers begin that were made up as refusals; every other one was made up as an answer."""


def label(answer: str) -> str:
    return "refusal" if answer.removeprefix("'").startswith(OPENINGS) else "compliance"


def main(sheet: Path, labels: Path) -> None:
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with labels.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["case", "prompt", "answer", "label"], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "label": label(row["answer"])} for row in rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
