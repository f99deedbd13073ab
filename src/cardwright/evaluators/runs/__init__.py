"""Runs: what was tried before the number that is reported, and whether it can be traced and stands for more than one seed."""

from __future__ import annotations

from typing import ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.runs.options import RunsOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import LanguageModel, Model, Table, TrackedRuns


class Runs(RunsOptions):
    """Training runs: how many were tried, what the claimed configuration gains, and what each of its settings gives.

    Runs of one configuration that differ in seed are repetitions of it. Ablations are not declared but derived: configurations
    that differ from the claimed one in exactly one setting, with the same commit and data.

    Parameters
    ----------
    metric
        The metric that is claimed, as the runs call it. Needed.
    higher_is_better
        Whether more of it is better.
    guardrails, guardrails_lower
        Metrics that must not get worse, of which more, or less, is better: each with its margin, by how much it may be worse than
        the baseline's (non-inferiority).
    claim
        The configuration that is claimed: the id or name of one of its runs, or the beginning of its digest. If omitted, that of
        the runs whose purpose is `candidate`; of several, the one with the best mean.
    baseline
        The configuration it is compared with, in the same words. If omitted, that of the runs whose purpose is `baseline`.
    ignore
        Settings that change nothing (paths, names of outputs), so that they are not compared.
    min_seeds
        Fewer seeds than this are a finding.
    earlier
        A published or earlier value of the metric, for reproduction.
    latency
        Column of `latencies` with the time of one request, in milliseconds.
    level
        Confidence level of intervals. With `looks`, that of the gain is the one at which the look at hand may conclude.
    looks
        Shares of the planned seeds at which the comparison is looked at, the last of them 1; if omitted, once, at the end.
    seeds_planned
        Seeds of the claimed configuration that are planned; needed with `looks`.
    spending
        How alpha is spent over the looks, as `cardwright power` does: `obrien-fleming` or `pocock`.
    pause
        Minutes without a run of the two configurations after which somebody could have looked.

    Notes
    -----
    Only what was tracked is seen: a run that nobody logged is not among those tried. Failed, stopped and deleted runs are counted
    as dropped, runs for debugging apart.
    """

    name: ClassVar[str] = "runs"
    version: ClassVar[str] = "2"
    extra: ClassVar[str] = "tabular"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (TrackedRuns,), "the training runs"),
        Need("model", (Model, LanguageModel), "the model, whose training run is looked for by digest", optional=True),
        Need("latencies", (Table,), "times of single requests", optional=True),
    )

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            Where no run logged the metric, or a word names no configuration, or several.
        """
        try:
            import scipy  # noqa: F401
        except ImportError as exc:
            raise MissingExtraError(exc.name or "scipy", "tabular", "comparing runs") from exc
        from cardwright.evaluators.runs.measure import assess

        return assess(self, inputs)


__all__ = ["Runs"]
