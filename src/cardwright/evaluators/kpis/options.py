"""How `Kpis` is set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Options
from cardwright.privacy.showing import quoted

ABOUT, WHOLE = "about", "whole"
"""Grouped by the name of what a dossier is about; not grouped at all."""

PERSONS = frozenset({
    "annotator", "annotators", "approver", "author", "authors", "contact", "contacts", "contributor", "contributors", "creator",
    "developer", "developers", "employee", "employees", "engineer", "engineers", "individual", "manager", "member", "members",
    "name", "owner", "owners", "people", "person", "persons", "releaser", "researcher", "researchers", "reviewer", "reviewers",
    "signer", "staff", "stated_by", "user", "who",
})  # fmt: skip
"""Words for people; what is called so is never grouped by."""


@dataclass(frozen=True, kw_only=True)
class KpisOptions(Options):
    """The parameters of `Kpis`, explained there, as a value that its modules hand on."""

    workstream_from: str = ABOUT
    runs_workstream: str = ""
    since: str = ""
    until: str = ""
    min_cases: int = 5
    max_uses: int = 40
    max_age_days: int = 365
    level: float = 0.95

    def check(self, where: str) -> None:
        """See `Options.check`."""
        if self.workstream_from in PERSONS or PERSONS & {*self.workstream_from.split("_")}:
            raise refused_by_person(f"`workstream_from: {self.workstream_from}` is a word for people", where)
        for end, day in (("first", self.since), ("last", self.until)):
            if day and _day(day) is None:
                raise UsageError(
                    f"the {end} day of the period is no day: {quoted(day)}", where=where, do="Write it like 2026-10-01."
                )
        if self.since and self.until and self.until < self.since:
            raise UsageError("the period ends before it begins", where=where, do="Swap the two days.")
        for name, count in (
            ("min_cases", self.min_cases),
            ("max_uses", self.max_uses),
            ("max_age_days", self.max_age_days),
        ):
            if count < 1:
                raise UsageError(
                    f"kpis: `{name}` must be a whole number of at least 1", where=where, do=f"Raise `{name}`."
                )
        if not 0 < self.level < 1:
            raise UsageError(
                "kpis: `level` must lie between 0 and 1", where=where, do="Write, for example, `level: 0.95`."
            )


def refused_by_person(what: str, where: str | None = None) -> UsageError:
    """The refusal to group by person."""
    return UsageError(
        f"{what}: indicators are never grouped by person",
        where=where,
        do="These numbers say how work goes, not how people do, and a ranking of people by them changes what is reported. "
        "Group by `about`, by a field of details that names the workstream, or not at all (`whole`).",
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


__all__ = ["ABOUT", "PERSONS", "WHOLE", "KpisOptions", "refused_by_person"]
