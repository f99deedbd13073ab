"""The seventeen indicators: what each is called, how it is counted, and what it does not show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Indicator:
    """One indicator."""

    metric: str
    """Its name in measurements."""
    title: str
    counted: str
    """How it is counted: what is above and below the line."""
    caveat: str
    """How it misleads; printed wherever it is."""
    by_people: bool = False
    """Whether only people can give it."""


INDICATORS = (
    Indicator(
        "experiment_throughput", "Experiment throughput",
        "Tracked runs that ended with a number, debugging left out, per week of the period.",
        "Many runs are no progress; a target on them rewards small ones.",
    ),
    Indicator(
        "reproducibility_rate", "Reproducibility rate",
        "Dossiers whose results all resolve to a run, a clean commit, a configuration and data, out of those with results.",
        "It says that there is something to run again, not that the same comes out: `cardwright reproduce` says that.",
    ),
    Indicator(
        "baseline_coverage", "Baseline coverage",
        "Different configurations that ended as a baseline with a number, per workstream with runs.",
        "It counts baselines, not whether they are strong or tuned with as much care.",
    ),
    Indicator(
        "primary_metric_improvement", "Improvement of the primary metric",
        "Median over claims of the gain over the baseline, relative to the baseline's mean; the same runs in several documents "
        "are one claim. Above the line: claims whose whole interval is a gain.",
        "Metrics of different claims are not the same; what was chosen as the best of many is too good on average.",
    ),
    Indicator(
        "robustness_delta", "Robustness delta",
        "The largest drop in any group beside the model in use, or under changed input, over all dossiers that measured one. "
        "Above the line: dossiers whose largest drop is below 0.1.",
        "A drop that nobody measured is not in it; the largest of many is large by chance alone.",
    ),
    Indicator(
        "cost_ratio", "Cost to train and to answer",
        "Median over claims of what a run of the claimed configuration takes over what one of the baseline takes, by kind.",
        "A cheaper model that is worse is no saving: read it beside the improvement.",
    ),
    Indicator(
        "time_to_first_result", "Time to the first result",
        "Median business days from the first approval of an experiment plan to the end of the first run with a number that "
        "began after it, in the same workstream.",
        "Public holidays count as days; a plan without a result yet is not in the median.",
    ),
    Indicator(
        "evaluation_latency", "Evaluation latency",
        "Median hours that the evaluations of a dossier took when it was run.",
        "Of the machine that ran it; evaluations that were taken over from before took nothing.",
    ),
    Indicator(
        "error_analysis_completeness", "Error-analysis completeness",
        "Research memos that refer to an error analysis, out of all research memos.",
        "It says that there is an analysis, not that it looked in the right place.",
    ),
    Indicator(
        "documentation_quality", "Documentation quality", "A rating of readers, from 1 to 5.",
        "Whoever rates may depend on the author.", by_people=True,
    ),
    Indicator(
        "handoff_readiness", "Handoff readiness",
        "Models and systems meant for production that have evidence or a statement for every item of the checklist "
        "handoff readiness, out of all of them.",
        "It says that every item was answered, not that the answer is good.",
    ),
    Indicator(
        "responsible_ai_coverage", "Responsible AI coverage",
        "Items of the checklist of the responsible-AI minimum that are answered, out of those that apply, of what is meant for "
        "production. Waivers are counted beside it.",
        "Items of one dossier go together, so there is no interval; an answered item is no harm averted.",
    ),
    Indicator(
        "data_quality_issue_rate", "Data quality issue rate",
        "Findings of at least medium severity about data, per dossier that profiled data; early: of the data by themselves, "
        "late: with a model that uses them.",
        "Whoever looks closer finds more; a fall can mean that fewer look.",
    ),
    Indicator(
        "collaboration_responsiveness", "Collaboration responsiveness",
        "Median business days from a signed request (an author's signature, a request for changes, a waiver asked for) to its "
        "signed answer.",
        "Only what is signed is seen; a quick answer is no careful one.",
    ),
    Indicator(
        "stakeholder_satisfaction", "Stakeholder satisfaction", "A rating of those who receive the work, from 1 to 5.",
        "Those who answer are seldom those who were let down.", by_people=True,
    ),
    Indicator(
        "learning_contributions", "Learning contributions", "Talks, reading groups and write-ups in the period.",
        "What is counted is held, whether anybody learns by it or not.", by_people=True,
    ),
    Indicator(
        "quality_gate_pass_rate", "Quality-gate pass rate",
        "Dossiers that the gate allowed, by waiver too, out of all that it decided on; of several rounds the last.",
        "A rate near 1 can mean good work, or a gate that asks little.",
    ),
)  # fmt: skip
"""In the order in which they are printed."""

CAVEAT = (
    "Health signals of work, not quotas and not measures of people: read them with what people say, and reward nobody for "
    "many runs."
)
"""Printed with every report of them."""

BY_METRIC = {one.metric: one for one in INDICATORS}


__all__ = ["BY_METRIC", "CAVEAT", "INDICATORS", "Indicator"]
