"""Two runs side by side: which settings differ, and whether code, data and environment do too."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cardwright.record.base import Flag, Label, Number, Value
from cardwright.record.run import Run, Setting, spelled


class SettingChange(Value):
    """A setting that two runs have differently."""

    key: Label
    """Its key, nested ones joined by dots."""
    first: Setting = None
    """Its value in the first run."""
    second: Setting = None
    """Its value in the second."""
    only_in: Literal["first", "second"] | None = None
    """The only run that has it."""


class MetricChange(Value):
    """A metric of two runs."""

    metric: Label
    """Its name."""
    first: Number | None
    """In the first run; `null` if it has no number."""
    second: Number | None
    """In the second."""
    difference: Number | None
    """Second minus first; `null` unless both have a number."""


class RunComparison(Value):
    """What tells two runs apart."""

    settings: tuple[SettingChange, ...]
    """Settings that differ in what they say."""
    types_only: tuple[Label, ...]
    """Settings that say the same and are of another type, such as 0.1 and the text "0.1"."""
    seed_differs: Flag
    """Whether they have different seeds, or one has none."""
    commit_differs: Flag | None
    """Whether their commits differ; `null` if one has none."""
    data_differ: Flag | None
    """Whether their data versions differ; `null` if one has none."""
    environment: tuple[Label, ...] = Field(default=())
    """What of the environment differs."""
    metrics: tuple[MetricChange, ...]
    """Metrics that either has."""
    unknown_config: Flag
    """Whether one of them keeps no settings, so that nobody can tell what differs."""

    @property
    def summary(self) -> str:
        """In a sentence, what the difference of their numbers can be due to."""
        if self.unknown_config:
            return "one of them keeps no settings, so nobody can tell what differs"
        other = [
            what
            for what, differs in (
                ("the commit", self.commit_differs),
                ("the data", self.data_differ),
                ("the seed", self.seed_differs),
            )
            if differs
        ]
        unknown = [
            what for what, differs in (("commit", self.commit_differs), ("data", self.data_differ)) if differs is None
        ]
        also = (
            f"; {', '.join(other)} differ{'s' if len(other) == 1 and other[0] != 'the data' else ''} too"
            if other
            else ""
        )
        beside = f"; of {' and '.join(unknown)} it cannot be told" if unknown else ""
        count = len(self.settings)
        return f"{count or 'no'} setting{' differs' if count == 1 else 's differ'}{also}{beside}"

    def lines(self) -> list[str]:
        """Every difference in a line."""
        found = [
            f"{one.key}: {_said(one.first) if one.only_in != 'second' else 'not set'} -> "
            f"{_said(one.second) if one.only_in != 'first' else 'not set'}"
            for one in self.settings
        ]
        found += [f"{key}: the same, of another type" for key in self.types_only]
        found += [f"environment {key} differs" for key in self.environment]
        for one in self.metrics:
            change = "cannot be told" if one.difference is None else f"{one.difference:+.6g}"
            found.append(f"metric {one.metric}: {_figure(one.first)} -> {_figure(one.second)} ({change})")
        return found


def compared(first: Run, second: Run) -> RunComparison:
    """What tells two runs apart; settings are compared by what they say, whatever their type."""
    one, two = first.config or {}, second.config or {}
    settings: list[SettingChange] = []
    types_only: list[str] = []
    for key in sorted({*one, *two}):
        if key not in one or key not in two:
            side: Literal["first", "second"] = "first" if key in one else "second"
            settings.append(SettingChange(key=key, first=one.get(key), second=two.get(key), only_in=side))
        elif spelled(one[key]) != spelled(two[key]):
            settings.append(SettingChange(key=key, first=one[key], second=two[key]))
        elif type(one[key]) is not type(two[key]):
            types_only.append(key)
    names = sorted({*first.metrics, *second.metrics})
    return RunComparison(
        settings=tuple(settings),
        types_only=tuple(types_only),
        seed_differs=first.seed != second.seed or first.seed is None,
        commit_differs=None if first.commit is None or second.commit is None else first.commit != second.commit,
        data_differ=None if not first.data or not second.data else first.data != second.data,
        environment=tuple(
            key
            for key in sorted({*first.environment, *second.environment})
            if first.environment.get(key) != second.environment.get(key)
        ),
        metrics=tuple(_change(name, first.metric(name).value, second.metric(name).value) for name in names),
        unknown_config=first.config is None or second.config is None,
    )


def _change(name: str, first: float | None, second: float | None) -> MetricChange:
    difference = None if first is None or second is None else second - first
    return MetricChange(metric=name, first=first, second=second, difference=difference)


def _said(value: Setting) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _figure(value: float | None) -> str:
    return "unmeasured" if value is None else f"{value:.6g}"
