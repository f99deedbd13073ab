"""Looks at a comparison: those that a plan declares, those that the runs' times leave room for, and what each may conclude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cardwright.errors import UsageError
from cardwright.evaluators.runs.collecting import Configuration, Trial
from cardwright.evaluators.runs.options import RunsOptions
from cardwright.record.measurement import Measured, Measurement, Unmeasured
from cardwright.statistics import sequential
from cardwright.statistics.sequential import Spending

SPENDING: dict[str, Spending] = {"obrien-fleming": "obrien_fleming", "pocock": "pocock"}
"""As `cardwright power --spending` calls them."""


@dataclass(frozen=True)
class LooksTaken:
    """What was declared and what the runs' times say."""

    declared: tuple[int, ...]
    """Seeds of the claimed configuration at each declared look, the last of them at the end."""
    taken: tuple[int, ...] | None
    """Seeds that were in at each pause and at the end; None where the times do not tell."""
    why: str | None = None
    """Why they do not."""
    alpha: float | None = None
    """Alpha that is spent up to the look at hand; None where it is not a declared one."""
    nominal: float | None = None
    """The p-value below which the look at hand may conclude."""

    @property
    def undeclared(self) -> tuple[int, ...] | None:
        """Looks that were taken and that nobody declared."""
        return None if self.taken is None else tuple(seeds for seeds in self.taken if seeds not in self.declared)

    def level(self, level: float) -> float:
        """The confidence level at which the look at hand concludes, so that all looks together keep theirs."""
        return level if self.nominal is None else 1 - self.nominal


def looks_taken(claim: Configuration | None, baseline: Configuration | None, options: RunsOptions) -> LooksTaken:
    """The looks of a comparison.

    Between two runs of the claimed configuration somebody could look if nothing of it and of its baseline ran for longer than
    `pause` minutes. Looks at a run that is still going, and faster ones, leave no trace.
    """
    trials = [] if claim is None else [one for one in claim.trials if options.metric in one.values]
    planned = options.seeds_planned or len({one.id if one.seed is None else one.seed for one in trials})
    declared = tuple(round(share * planned) for share in options.looks) or (planned,)
    if not trials:
        return LooksTaken(declared, None, "No run of a claimed configuration logged a number.")
    alpha, nominal = _spent(declared, planned, _seeds(trials), options)
    beside = [] if baseline is None else baseline.trials
    if any(one.started is None or one.finished is None for one in (*trials, *beside)):
        return LooksTaken(declared, None, "A run does not say when it began and ended.", alpha, nominal)
    return LooksTaken(declared, _pauses(trials, beside, options.pause * 60), None, alpha, nominal)


def look_measurements(found: LooksTaken) -> list[Measurement]:
    """How many looks were declared, taken and not declared, and the alpha that is spent."""
    declared = Measured(
        metric="looks_declared", value=float(len(found.declared)), unit="count", direction="lower_is_better"
    )
    spent: Measurement = Unmeasured(
        metric="alpha_spent", code="undefined", reason="So many seeds are at no look that was declared."
    )
    if found.alpha is not None:
        spent = Measured(metric="alpha_spent", value=found.alpha, unit="probability", direction="lower_is_better")
    undeclared = found.undeclared
    if found.taken is None or undeclared is None:
        reason = found.why or "The runs' times do not tell."
        unknown = (
            Unmeasured(metric=metric, code="undefined", reason=reason) for metric in ("looks_taken", "looks_undeclared")
        )
        return [declared, *unknown, spent]
    whole = float(len(found.taken))
    return [
        declared,
        Measured(metric="looks_taken", value=whole, unit="count", direction="lower_is_better"),
        Measured(
            metric="looks_undeclared",
            value=float(len(undeclared)),
            unit="count",
            direction="lower_is_better",
            denominator=whole,
        ),
        spent,
    ]


def require_looks(options: RunsOptions) -> None:
    """Refuse a declaration that makes no sense.

    Raises
    ------
    UsageError
        If shares do not rise from above 0 to 1, no number of seeds is planned, or the spending function has no name.
    """
    shares = list(options.looks)
    if shares and (sorted(set(shares)) != shares or not shares[0] > 0 or shares[-1] != 1):
        raise UsageError("runs: `looks` are shares that rise to 1", do="Write, for example, `looks: [0.5, 1]`.")
    if shares and options.seeds_planned < len(shares):
        raise UsageError(
            "runs: `looks` need `seeds_planned`, at least one seed for each", do="Write `seeds_planned: 6`."
        )
    if options.spending not in SPENDING:
        raise UsageError(
            f"runs: no spending function is called so; these are: {', '.join(SPENDING)}", do="Name one of them."
        )
    if options.seeds_planned < 0 or options.pause < 0:
        raise UsageError("runs: `seeds_planned` and `pause` are not negative", do="Leave them out, or correct them.")


def _seeds(trials: Sequence[Trial]) -> int:
    """Seeds, and runs without one."""
    return len({one.id if one.seed is None else one.seed for one in trials})


def _spent(
    declared: tuple[int, ...], planned: int, seeds: int, options: RunsOptions
) -> tuple[float | None, float | None]:
    if len(declared) == 1 and seeds == declared[0]:
        return 1 - options.level, 1 - options.level
    if seeds not in declared:
        return None, None
    shares = [one / planned for one in declared]
    steps = sequential.boundaries(shares, 1 - options.level, SPENDING[options.spending])
    step = steps[declared.index(seeds)]
    return step.spent, step.nominal_p


def _pauses(trials: Sequence[Trial], beside: Sequence[Trial], pause: float) -> tuple[int, ...]:
    """Seeds of the claimed configuration that were in at each pause after which it went on, and at the end."""
    mine = {one.id for one in trials}
    known = sorted(
        (_moment(one.started), _moment(one.finished), one.id, one)
        for one in {each.id: each for each in (*beside, *trials)}.values()
    )
    taken: list[int] = []
    done: list[Trial] = []
    until = known[0][0]
    for position, (started, finished, _, one) in enumerate(known):
        goes_on = any(later.id in mine for _, _, _, later in known[position:])
        if done and goes_on and started - until > pause:
            taken.append(_seeds(done))
        if one.id in mine:
            done.append(one)
        until = max(until, finished)
    return tuple(dict.fromkeys((*taken, _seeds(done))))


def _moment(stated: str | None) -> float:
    assert stated is not None  # runs without times are answered before
    return datetime.fromisoformat(stated).timestamp()
