"""Seeds and looks: what a signed plan declares, compared with what the evaluation of the runs was told and found."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured
from cardwright.record.record import Record

FIELD = "looks"
"""Field of a plan, with one entry: `seeds`, and `looks` and `spending` if it is looked at before the end."""
SPENDING = ("obrien-fleming", "pocock")
"""As `cardwright power --spending` calls them; the first is what the evaluator takes if nothing is said."""

PAUSE = 60.0
"""Minutes between two runs in which somebody could have looked, if nobody declares another number; the evaluator's default."""

_AT_THE_END = (1.0,)


@dataclass(frozen=True)
class Declared:
    """How many seeds there are to be, and how often they are looked at."""

    seeds: int | None
    """Seeds of the claimed configuration; None where nobody said."""
    looks: tuple[float, ...] = _AT_THE_END
    """Shares of the seeds at which the comparison is looked at, the last of them 1."""
    spending: str | None = None
    """How alpha is spent over the looks; None where there is one look."""
    pause: float = PAUSE
    """Minutes without a run that count as a look. With longer ones looks go unseen, with shorter ones more are counted."""

    def __str__(self) -> str:
        seeds = "" if self.seeds is None else f"{self.seeds} seeds, "
        if len(self.looks) == 1:
            return f"{seeds}one look, at the end"
        return f"{seeds}{len(self.looks)} looks, at {', '.join(f'{one:g}' for one in self.looks)} ({self.spending})"


def difference(record: Record, plan: Record) -> tuple[Literal["failed", "inconclusive"], str] | None:
    """How the runs of a record were looked at otherwise than its plan declares; None if they were not.

    A plan that says nothing declares one look, at the end, and no number of seeds.
    """
    declared = _of_plan(plan)
    if declared is None:
        return (
            "inconclusive",
            "how often it lets the runs be looked at cannot be read; it takes one entry such as "
            '`{seeds: "6", looks: "0.5, 1", spending: obrien-fleming}`.',
        )
    found = list(_of_runs(record))
    if not found:
        return "inconclusive", "this record evaluates no runs, so nobody can tell how often they were looked at."
    for one in found:
        if declared.seeds is not None and one.seeds is None:
            return "inconclusive", "the evaluation of the runs does not say how many seeds there are."
        if one.pause > declared.pause:
            return (
                "failed",
                f"a look is a pause of more than {declared.pause:g} minutes; the evaluation of the runs counts only those of "
                f"more than {one.pause:g}.",
            )
        if not _agree(declared, one):
            return "failed", f"it declares {declared}; the evaluation of the runs has {one}."
    return None


def _agree(declared: Declared, found: Declared) -> bool:
    return (
        (declared.seeds is None or declared.seeds == found.seeds)
        and len(declared.looks) == len(found.looks)
        and all(math.isclose(a, b, abs_tol=1e-6) for a, b in zip(declared.looks, found.looks, strict=True))
        and declared.spending == found.spending
    )


def _of_plan(plan: Record) -> Declared | None:
    """What the plan declares; None where it cannot be read."""
    answer = plan.details.answers.get(FIELD)
    if answer is None:
        return Declared(None)
    if len(answer.entries) != 1:
        return None
    return _read(answer.entries[0])


def _read(entry: Mapping[str, str]) -> Declared | None:
    seeds, spending = entry.get("seeds", "").strip(), entry.get("spending", "").strip()
    try:
        looks = tuple(float(one) for one in re.split(r"[,;\s]+", entry.get("looks", "1").strip()))
    except ValueError:
        return None
    rising = all(a < b for a, b in zip((0.0, *looks), looks, strict=False))
    if not re.fullmatch(r"[1-9][0-9]{0,5}", seeds, re.ASCII) or not rising or looks[-1] != 1:
        return None
    pause = entry.get("pause", f"{PAUSE:g}").strip()
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", pause, re.ASCII):
        return None
    if looks == _AT_THE_END:
        return Declared(int(seeds), pause=float(pause))
    if spending not in ("", *SPENDING):
        return None
    return Declared(int(seeds), looks, spending or SPENDING[0], float(pause))


def _of_runs(record: Record) -> Iterator[Declared]:
    for evaluation in record.evaluations:
        if evaluation.evaluator != "runs":
            continue
        told = evaluation.parameters
        looks, spending = told.get("looks"), told.get("spending")
        shares = tuple(float(one) for one in looks if isinstance(one, int | float)) if isinstance(looks, list) else ()
        seeds, said = _seeds(evaluation), told.get("pause", PAUSE)
        pause = float(said) if isinstance(said, int | float) else math.inf
        if len(shares) > 1:
            yield Declared(seeds, shares, str(spending) if spending in SPENDING else SPENDING[0], pause)
        else:
            yield Declared(seeds, pause=pause)


def _seeds(evaluation: Evaluation) -> int | None:
    """Seeds that the evaluation was told are planned; if none, those that it found."""
    planned = evaluation.parameters.get("seeds_planned")
    if isinstance(planned, int | float) and planned > 0:
        return int(planned)
    found = [one for one in evaluation.measurements if isinstance(one, Measured) and one.metric == "seeds_of_claim"]
    return int(found[0].value) if found else None
