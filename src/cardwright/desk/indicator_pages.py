"""The page *Indicators*: how the work goes, by workstream, counted from the dossiers here as `cardwright kpis` counts them.

Only people who take part in the review have it, since all dossiers count and everybody who has it may open all of them. To read
a dossier takes a while, so at most `MOST` are read for a page, and what was computed is kept until a dossier, the trust file or
the day changes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

import sqlalchemy as sa
from jinja2 import Environment
from starlette.responses import Response
from starlette.routing import BaseRoute

from cardwright.attest import trust as trusting
from cardwright.desk import database, registry
from cardwright.desk.registry import Registry
from cardwright.desk.web import Visit, for_insiders, route
from cardwright.dossier import links
from cardwright.errors import CardwrightError, StoreError, UsageError
from cardwright.files import disk
from cardwright.record import canonical
from cardwright.record.case import LinkedDossier
from cardwright.record.evaluation import Evaluation
from cardwright.run import counting, indicators

MOST = 500
"""So many dossiers are read for one page."""
KEPT = 16
"""So many answers are kept, those that were asked for last."""
WAIT = 10.0
"""Seconds to wait while the indicators of somebody else are computed."""
SHOWN = 20
"""So many of the dossiers that do not count are listed."""


@dataclass(frozen=True)
class Computations:
    """What was computed lately, by what it was computed from. One is computed at a time, so that nobody can keep a desk busy."""

    most: int = MOST
    found: OrderedDict[str, Evaluation] = field(default_factory=OrderedDict)
    busy: threading.Lock = field(default_factory=threading.Lock)

    def of(self, key: str, compute: Callable[[], Evaluation]) -> Evaluation:
        """The evaluation of this key, computed if it is not at hand.

        Raises
        ------
        StoreError
            If another one is being computed for long.
        """
        if not self.busy.acquire(timeout=WAIT):
            raise StoreError("other indicators are being computed", do="Open the page again in a minute.")
        try:
            if key not in self.found:
                self.found[key] = compute()
            self.found.move_to_end(key)
            while len(self.found) > KEPT:
                self.found.popitem(last=False)
            return self.found[key]
        finally:
            self.busy.release()


@dataclass(frozen=True)
class IndicatorQuery:
    """What is asked of the page."""

    workstream: str = ""
    """The one to show; empty for all."""
    grouped_by: str = "about"
    since: str = ""
    until: str = ""
    min_cases: str = "5"

    @classmethod
    def of(cls, given: Mapping[str, str]) -> IndicatorQuery:
        """From an address."""
        return cls(
            given.get("workstream", "")[:200],
            given.get("by", "")[:80] or "about",
            given.get("from", "")[:40],
            given.get("to", "")[:40],
            given.get("min_cases", "")[:10] or "5",
        )

    @property
    def address(self) -> str:
        """As an address has it."""
        given = {
            "workstream": self.workstream, "by": self.grouped_by, "from": self.since, "to": self.until,
            "min_cases": self.min_cases,
        }  # fmt: skip
        return urlencode({name: value for name, value in given.items() if value})

    def parameters(self) -> dict[str, str | int]:
        """For the evaluator.

        Raises
        ------
        UsageError
            If the least number of cases is no number.
        """
        if not (self.min_cases.isascii() and self.min_cases.isdigit()):
            raise UsageError("the least number of cases must be a whole number", do="Write, for example, 5.")
        return {
            "workstream_from": self.grouped_by, "since": self.since, "until": self.until, "min_cases": int(self.min_cases),
        }  # fmt: skip


class TooManyDossiersError(UsageError):
    """More dossiers than are read for one page."""


@dataclass(frozen=True)
class Beginning:
    """A month in which dossiers arrived, in their present state."""

    month: str
    arrived: int
    since: int
    """How many are read if the period begins with this month: those that arrived then or later, or on the day before."""
    read: bool
    """Whether that is no more than is read for one page."""

    @property
    def first_day(self) -> str:
        """Where the period begins."""
        return f"{self.month}-01"


@dataclass(frozen=True)
class DeskIndicators:
    """The indicators of a desk."""

    evaluation: Evaluation
    earlier: int
    """Dossiers that were not opened, since nothing of them has arrived within the period."""


def routes(desk: Registry, pages: Environment, most: int = MOST) -> list[BaseRoute]:
    """The page, and the same as CSV."""
    computations = Computations(most)

    def page(visit: Visit) -> Response:
        return _page(visit, computations)

    def as_csv(visit: Visit) -> Response:
        return _as_csv(visit, computations)

    return [
        route("/indicators", desk, pages, get=for_insiders(page)),
        route("/indicators.csv", desk, pages, get=for_insiders(as_csv)),
    ]


def _page(visit: Visit, computations: Computations) -> Response:
    asked = IndicatorQuery.of(visit.request.query_params)
    registry.told(visit.desk, visit.now, visit.person, "read indicators", "indicators")
    try:
        found = computed(visit.desk, asked, computations, visit.now)
        shown = indicators.of_workstream(found.evaluation, asked.workstream) if asked.workstream else found.evaluation
    except UsageError as exc:  # the form stays, to ask for something else
        begin = beginnings(visit.desk, computations.most) if isinstance(exc, TooManyDossiersError) else ()
        return visit.page("indicators.html", status=400, asked=asked, refused=exc, beginnings=begin)
    left_out = indicators.not_counted(found.evaluation)
    (dossiers,) = (one for one in found.evaluation.coverage.scanned if one.what == "dossiers")
    return visit.page(
        "indicators.html",
        asked=asked,
        refused=None,
        found=found,
        counted=dossiers.scanned,
        workstreams=indicators.workstreams(found.evaluation),
        rows=indicators.as_rows(shown),
        limits=found.evaluation.limits,
        left_out=left_out[:SHOWN],
        more=max(0, len(left_out) - SHOWN),
        most=computations.most,
    )


def _as_csv(visit: Visit, computations: Computations) -> Response:
    asked = IndicatorQuery.of(visit.request.query_params)
    registry.told(visit.desk, visit.now, visit.person, "read indicators", "indicators")
    evaluation = computed(visit.desk, asked, computations, visit.now).evaluation
    shown = indicators.of_workstream(evaluation, asked.workstream) if asked.workstream else evaluation
    response = Response(indicators.as_csv(shown), media_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="indicators.csv"'
    return response


def computed(desk: Registry, asked: IndicatorQuery, computations: Computations, now: str) -> DeskIndicators:
    """The indicators of all dossiers here; signatures count as the desk's trust file believes them today.

    Raises
    ------
    UsageError
        If they would be grouped by person, the period is none, or more dossiers would be read than a page reads.
    StoreError
        If other indicators are being computed for long.
    """
    parameters = asked.parameters()
    path = desk.settings.trust
    data = disk.read_file(path, what="trust file")
    current, earlier = _current(desk, asked.since)
    if len(current) > computations.most:
        raise TooManyDossiersError(
            f"{len(current)} dossiers would be read, and this page reads {computations.most} at most",
            do="Begin the period later: a dossier of which nothing has arrived within the period is not read.",
        )

    def compute() -> Evaluation:
        found, refused = _read(desk, [manifest for manifest, _ in current])
        known = trusting.read(data, where=path.name)
        source = counting.dossiers(found, "dossiers", where="desk", trust=known, now=now, refused=refused)
        return indicators.computed(source, parameters)

    key = canonical.sha256(
        {
            "states": [list(one) for one in current],
            "asked": parameters,
            "trust": canonical.digest(data),
            "day": now[:10],
        }
    )
    return DeskIndicators(computations.of(key, compute), earlier)


def beginnings(desk: Registry, most: int) -> tuple[Beginning, ...]:
    """How many dossiers arrived in each month, the latest first: where a period can begin that is read for one page."""
    table, states = database.DOSSIERS, database.STATES
    day = sa.func.substr(states.c.arrived_at, 1, 10)
    joined = sa.join(table, states, states.c.state == table.c.current)
    query = sa.select(day.label("day"), sa.func.count().label("arrived")).select_from(joined).group_by(day)
    with database.reading(desk.engine) as connection:
        arrived = {row.day: row.arrived for row in connection.execute(query)}
    found: list[Beginning] = []
    for month in sorted({day[:7] for day in arrived}, reverse=True):
        first = _day_before(f"{month}-01")
        since = sum(count for day, count in arrived.items() if day >= first)
        found.append(Beginning(month, sum(n for day, n in arrived.items() if day[:7] == month), since, since <= most))
    return tuple(found)


def _current(desk: Registry, since: str) -> tuple[list[tuple[str, str]], int]:
    """Manifests with their current states, and how many were left out since their last state arrived before the period.

    A dossier cannot have been decided on after it arrived; a day is allowed for clocks that differ.
    """
    table, states = database.DOSSIERS, database.STATES
    query = sa.select(table.c.manifest, table.c.current, states.c.arrived_at).join(
        states, states.c.state == table.c.current
    )
    with database.reading(desk.engine) as connection:
        rows = connection.execute(query.order_by(table.c.manifest)).all()
    first = _day_before(since)
    kept = [(row.manifest, row.current) for row in rows if row.arrived_at[:10] >= first]
    return kept, len(rows) - len(kept)


def _day_before(day: str) -> str:
    try:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):  # open, or no day, which the evaluator refuses
        return ""


def _read(desk: Registry, manifests: Sequence[str]) -> tuple[list[LinkedDossier], list[tuple[str, str]]]:
    """What is counted of each dossier, and those that cannot be read."""
    found: list[LinkedDossier] = []
    refused: list[tuple[str, str]] = []
    for manifest in manifests:
        try:
            found.append(links.taken(registry.dossier(desk, manifest).files, where=manifest[:12]))
        except CardwrightError as exc:
            refused.append((manifest[:12], str(exc)))
    return found, refused
