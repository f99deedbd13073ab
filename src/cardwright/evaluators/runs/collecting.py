"""From runs to configurations: runs that say the same settings, on the same code and data, are repetitions with other seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cardwright.errors import UsageError
from cardwright.privacy.showing import quoted
from cardwright.record.run import CostKind, Run, Setting, Unread, spelled

NOT_STATED = "not stated"
"""What a purpose is called that nobody has stated."""
MAX_LISTED = 50
"""So many runs are listed by id in a table; the others are counted."""

Said = tuple[tuple[str, tuple[str, object]], ...]
"""Settings by what they say, whatever their type."""


@dataclass(frozen=True)
class Trial:
    """One run that ended and enters comparisons."""

    id: str
    name: str | None
    purpose: str | None
    seed: int | None
    values: Mapping[str, float]
    """The metrics that are asked about and that have a number."""
    cost: Mapping[CostKind, float]
    started: str | None = None
    finished: str | None = None


@dataclass
class Configuration:
    """Runs of one configuration on the same commit and data."""

    settings: Mapping[str, Setting]
    """Of its first run."""
    sha256: str | None
    commit: str | None
    data: tuple[tuple[str, str], ...]
    trials: list[Trial] = field(default_factory=list)

    @property
    def label(self) -> str:
        """How it is called: its purpose and the beginning of its digest."""
        purposes = Counter(trial.purpose for trial in self.trials if trial.purpose)
        purpose = purposes.most_common(1)[0][0] if purposes else "configuration"
        return f"{purpose} {(self.sha256 or 'unknown')[:8]}"

    def by_seed(self, metric: str) -> dict[int, float]:
        """The metric by seed; several runs of a seed count as one, with their mean."""
        found: dict[int, list[float]] = {}
        for trial in self.trials:
            if trial.seed is not None and metric in trial.values:
                found.setdefault(trial.seed, []).append(trial.values[metric])
        return {seed: sum(values) / len(values) for seed, values in found.items()}

    def values(self, metric: str) -> list[float]:
        """One value for each seed, and for each run without one."""
        seedless = [trial.values[metric] for trial in self.trials if trial.seed is None and metric in trial.values]
        return [*self.by_seed(metric).values(), *seedless]


@dataclass
class Collected:
    """Everything that was tried, in the space of what is compared."""

    configurations: dict[tuple[Said, str | None, tuple[tuple[str, str], ...]], Configuration]
    tried: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    by_purpose: Counter[str] = field(default_factory=Counter)
    first_start: dict[str, str] = field(default_factory=dict)
    """By purpose: when the first run of it started, of those that say when. Dropped and failed runs count: they were tried."""
    undated: Counter[str] = field(default_factory=Counter)
    """By purpose: runs that do not say when they started."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Runs that enter no comparison, by reason."""
    unread: list[tuple[str, str]] = field(default_factory=list)
    more_unread: int = 0
    untraceable: list[tuple[str, str]] = field(default_factory=list)
    """Ids with what they lack, the first of them."""
    lacking: Counter[str] = field(default_factory=Counter)
    untraceable_runs: int = 0
    gaps: Counter[str] = field(default_factory=Counter)
    no_number: int = 0
    """Runs that ended and logged no number of the metric."""
    types: set[str] = field(default_factory=set)
    """Settings whose type differs between runs that say the same."""
    uses: dict[tuple[tuple[str, str], ...], tuple[int, str | None, str | None]] = field(default_factory=dict)
    """Of each data version: how many runs logged a number of the metric on it, and when the first and the last of them began."""
    late_parents: int = 0
    """Runs that began before the run that started them."""
    versions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Runs by tool and the version of the tool or of its store, of those that tell one."""
    artefacts: dict[str, list[str]] = field(default_factory=dict)
    """Of each digest that is asked about: the runs that left a file of it."""
    found: dict[str, Run] = field(default_factory=dict)
    """Those runs."""

    @property
    def unread_parts(self) -> int:
        """How many parts of the store could not be read."""
        return len(self.unread) + self.more_unread


def collected(
    runs: Iterable[Run | Unread], metrics: Sequence[str], ignore: Sequence[str], digests: Sequence[str]
) -> Collected:
    """Everything that was tried.

    Parameters
    ----------
    metrics
        The claimed metric first, then the guardrails.
    ignore
        Settings that are left out.
    digests
        Of the model's files; runs that left one of them are kept.
    """
    seen = Collected({})
    left = frozenset(ignore)
    starts: dict[str, str] = {}
    children: list[tuple[str, str]] = []
    kinds: dict[tuple[str, tuple[str, object]], type] = {}
    for one in runs:
        if isinstance(one, Unread):
            if len(seen.unread) < MAX_LISTED:
                seen.unread.append((one.unread, one.why))
            else:
                seen.more_unread += 1
            continue
        _count(seen, one)
        if one.tool_version is not None:
            seen.versions[one.tool, one.tool_version] += 1
        if one.started is not None:
            starts[one.id] = one.started
            if one.parent is not None:
                children.append((one.parent, one.started))
        for file in one.artefacts:
            if file.sha256 is not None and file.sha256 in digests:
                seen.artefacts.setdefault(file.sha256, []).append(one.id)
                seen.found[one.id] = one
        reason = _why_dropped(one)
        if reason is not None:
            seen.dropped[reason] += 1
            continue
        _enter(seen, one, metrics, left, kinds)
    seen.late_parents = sum(1 for parent, started in children if parent in starts and started < starts[parent])
    return seen


def _count(seen: Collected, run: Run) -> None:
    seen.tried += 1
    seen.by_status[run.status] += 1
    purpose = run.purpose or NOT_STATED
    seen.by_purpose[purpose] += 1
    if run.started is None:
        seen.undated[purpose] += 1
    else:
        seen.first_start[purpose] = min(run.started, seen.first_start.get(purpose, run.started))
    seen.gaps.update(f"{name}: {why}" for name, why in run.gaps.items())
    if run.missing:
        seen.untraceable_runs += 1
        seen.lacking.update(run.missing)
        if len(seen.untraceable) < MAX_LISTED:
            seen.untraceable.append((run.id, ", ".join(run.missing)))


def _why_dropped(run: Run) -> str | None:
    if "deleted" in run.gaps:
        return "deleted"
    if run.status in ("failed", "killed", "running"):
        return run.status
    return "debug" if run.purpose == "debug" else None


def _enter(
    seen: Collected,
    run: Run,
    metrics: Sequence[str],
    ignore: frozenset[str],
    kinds: dict[tuple[str, tuple[str, object]], type],
) -> None:
    values = {name: found for name in metrics if (found := run.metric(name).value) is not None}
    if metrics[0] not in values:
        seen.no_number += 1
    settings = {key: value for key, value in (run.config or {}).items() if key not in ignore}
    said: Said = tuple((key, spelled(value)) for key, value in settings.items())
    for (key, value), kept in zip(said, settings.values(), strict=True):
        if kinds.setdefault((key, value), type(kept)) is not type(kept):
            seen.types.add(key)
    data = tuple(run.data.items())
    if metrics[0] in values:
        uses, first, last = seen.uses.get(data, (0, None, None))
        moments = [moment for moment in (first, last, run.started) if moment is not None]
        seen.uses[data] = (uses + 1, min(moments, default=None), max(moments, default=None))
    configuration = seen.configurations.setdefault(
        (said, run.commit, data), Configuration(settings, run.config_sha256, run.commit, data)
    )
    configuration.trials.append(
        Trial(run.id, run.name, run.purpose, run.seed, values, run.cost, run.started, run.finished)
    )


def differing(one: Configuration, other: Configuration) -> tuple[str, ...]:
    """Settings that say different things, or that one of the two does not have."""
    first = {key: spelled(value) for key, value in one.settings.items()}
    second = {key: spelled(value) for key, value in other.settings.items()}
    return tuple(
        sorted(
            key for key in {*first, *second} if first.get(key) != second.get(key) or (key in first) != (key in second)
        )
    )


def chosen(
    seen: Collected, word: str, purpose: str, metric: str, *, higher: bool, option: str
) -> tuple[Configuration | None, str | None]:
    """The configuration that a word names, or that runs of a purpose have; None and why if none is.

    Raises
    ------
    UsageError
        Where the word names none, or several.
    """
    held = list(seen.configurations.values())
    if word:
        named = [
            one
            for one in held
            if (one.sha256 or "").startswith(word.lower())
            or any(word in (trial.id, trial.name) for trial in one.trials)
        ]
        if len(named) != 1:
            raise UsageError(
                f"{quoted(word)} names {len(named) or 'no'} configuration{'s' if len(named) > 1 else ''} of runs that ended",
                where=f"runs, `{option}`",
                do="Write the id of a run, or more of the digest; `cardwright runs list` shows ids.",
            )
        return named[0], None
    of_purpose = [one for one in held if any(trial.purpose == purpose for trial in one.trials) and one.values(metric)]
    if not of_purpose:
        return None, f"No run that ended with a number of {metric} has the purpose {purpose}."

    def mean(one: Configuration) -> float:
        values = one.values(metric)
        return sum(values) / len(values) * (1 if higher else -1)

    return max(of_purpose, key=lambda one: (mean(one), one.sha256 or "")), None
