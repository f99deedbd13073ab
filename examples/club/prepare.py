"""Make the three tables of the club, from an invented list of members to one that can be passed on. Deterministic.

    python examples/club/prepare.py [--out DIR]

Writes below DIR (this folder if omitted): `data/members.csv`, the list as a club keeps it; `data/members_without_names.csv`, the
same without what names a person; and `data/members_in_bands.csv`, in which ages are bands and postcodes are districts. Nobody
in it exists: names are drawn from lists of common ones, addresses of e-mail and telephone numbers are of the reserved kinds.
What it writes is committed, and a test makes it again.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

MEMBERS = 1_200
TODAY = date(2026, 11, 1)
GIVEN = {
    "female": ("Aisha", "Beata", "Carmen", "Dana", "Elif", "Fiona", "Grace", "Hanna", "Ines", "Julia"),
    "male": ("Adam", "Boris", "Carlos", "David", "Emre", "Felix", "George", "Henry", "Ivan", "Jonas"),
}
FAMILY = (
    "Baker",
    "Costa",
    "Demir",
    "Evans",
    "Fischer",
    "Garcia",
    "Horvat",
    "Ivanov",
    "Jansen",
    "Kowalski",
    "Lewis",
    "Moreau",
)
DISTRICTS = ("north", "south", "east")
NAMING = ("full_name", "email", "phone")
"""What names a person or reaches one, and is of no use to a model of who leaves."""

Row = Mapping[str, object]


def members(rng: random.Random) -> list[Row]:
    """The list as a club keeps it."""
    rows: list[Row] = []
    for number in range(MEMBERS):
        sex = rng.choice(("female", "male"))
        given, family = rng.choice(GIVEN[sex]), rng.choice(FAMILY)
        born = TODAY - timedelta(days=rng.randint(18 * 366, 78 * 365))
        visits = max(0, round(rng.gauss(14, 8)))
        leaves = rng.random() < 0.12 + 0.3 * (visits < 6)
        rows.append({
            "full_name": f"{given} {family}",
            "email": f"{given}.{family}{number}@example.com".lower(),
            "phone": f"+1 212 555 01{rng.randint(0, 99):02d}",
            "date_of_birth": born.isoformat(),
            "postcode": f"{rng.randint(1, 3)}{rng.randint(0, 9999):04d}",
            "sex": sex,
            "disability": rng.choices(("no", "yes"), (4, 1))[0],
            "tariff": rng.choice(("basic", "plus", "family")),
            "months_as_member": rng.randint(1, 120),
            "visits_last_90_days": visits,
            "stayed": 0 if leaves else 1,
        })  # fmt: skip
    return rows


def without_names(rows: Sequence[Row]) -> list[Row]:
    """The list without what names a person."""
    return [{name: value for name, value in row.items() if name not in NAMING} for row in rows]


def in_bands(rows: Sequence[Row]) -> list[Row]:
    """Days of birth as bands of age, postcodes as districts: who is in a cell is one of many."""
    made: list[Row] = []
    for row in without_names(rows):
        years = (TODAY - date.fromisoformat(str(row["date_of_birth"]))).days // 365
        kept = {name: value for name, value in row.items() if name not in ("date_of_birth", "postcode")}
        band = "18-34" if years < 35 else "35-54" if years < 55 else "55 and over"
        made.append({"age_band": band, "district": DISTRICTS[int(str(row["postcode"])[0]) - 1], **kept})
    return made


def write(path: Path, rows: Sequence[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where to write (default: here)")
    out = parser.parse_args(words).out / "data"
    rows = members(random.Random(20261101))
    write(out / "members.csv", rows)
    write(out / "members_without_names.csv", without_names(rows))
    write(out / "members_in_bands.csv", in_bands(rows))


if __name__ == "__main__":
    main()
