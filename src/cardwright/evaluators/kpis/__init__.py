"""Kpis: how the work goes, counted from dossiers and tracked runs; never by person."""

from __future__ import annotations

from typing import ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.kpis.options import KpisOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Dossiers, TrackedRuns


class Kpis(KpisOptions):
    """Indicators of research work, computed from other dossiers and from tracked runs, by workstream.

    A KPI report, a weekly update and a quarterly plan are filled by it. The dossiers that it counts are linked to, and kept in
    the record's dossier, so that whoever receives it can count again: `cardwright reproduce`.

    Parameters
    ----------
    workstream_from
        What groups them: `about`, the name of what a dossier is about; a field of details that names the workstream; or `whole`.
    runs_workstream
        The workstream of all runs of the store. If omitted, each run's group (experiment, project) is its workstream.
    since, until
        The first and the last day of the period, e.g. `2026-10-01`; if omitted, that end is open.
    min_cases
        From how many cases on a rate is stated.
    max_uses
        Data that models are judged on and that were used more often than this are a finding.
    max_age_days
        Data that models are judged on and that are in use for longer than this are a finding.
    level
        Confidence level of intervals.

    Notes
    -----
    What only people can say (quality of documents, satisfaction, learning) is *not collected*, unless an approved KPI report
    among the dossiers gives it.
    """

    name: ClassVar[str] = "kpis"
    version: ClassVar[str] = "1"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Dossiers,), "the dossiers that are counted, by their roles under `links:`"),
        Need("runs", (TrackedRuns,), "the training runs", optional=True),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            If it would be grouped by person.
        """
        try:
            import scipy  # noqa: F401
        except ImportError as exc:
            raise MissingExtraError(exc.name or "scipy", "tabular", "computing indicators") from exc
        from cardwright.evaluators.kpis.measure import assess

        return assess(self, inputs)


__all__ = ["Kpis"]
