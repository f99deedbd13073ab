"""Verdicts of others are counted beside our own scorers, never among them, and pass nothing until people have labelled."""

from dataclasses import replace

import pytest
from tests.evaluators.safety.support import CANARY, recorded, talk

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.safety import Safety
from cardwright.evaluators.safety import calibration as c
from cardwright.record.calibration import UNSIGNED, Calibration, CalibrationStratum
from cardwright.record.provenance import DatasetRef
from cardwright.sources.interface import Calibrated, Judgement


def judged(happened, /, n=0, event="attack_success", scorer="garak.d", version="1", **more):
    one = talk("Fine.", id=f"i{n}", prompt=f"Ask {n}", **more)
    return replace(
        one, judgements=(Judgement(scorer, event, happened, None if happened is not None else "no score", version),)
    )


def evaluate(rows, **sources):
    return Safety().evaluate(Inputs("safety", {"source": recorded(rows), **sources}))


def rate(evaluation, metric, scorer="garak.d"):
    (found,) = [m for m in evaluation.measurements if m.metric == metric and m.slice == {"scorer": scorer}]
    return found


def test_a_tool_s_verdicts_are_a_rate_of_their_own_with_a_scorer_of_unknown_error():
    """Three of four that it could tell; the fifth is counted as not told."""
    evaluation = evaluate([judged(n < 3, n) for n in range(4)] + [judged(None, 4)])
    found = rate(evaluation, "attack_success_rate")
    assert (found.value, found.denominator) == (0.75, 4)
    assert (found.scorer.name, found.scorer.calibration, found.scorer.why) == ("garak.d", None, c.NOT_CALIBRATED)
    (table,) = [table for table in evaluation.tables if table.id == "reported"]
    assert table.rows == (("garak.d", "1", "attack_success_rate", 4, 3, 1, c.NOT_CALIBRATED),)
    (finding,) = [f for f in evaluation.findings if f.key == "reported_success.garak.d"]
    assert (finding.severity, finding.count) == ("high", 3)


def test_what_a_tool_says_changes_no_number_of_our_own_scorers():
    """In either direction: it neither makes a success of ours nor undoes one."""
    ours = [talk(CANARY, id="a", prompt="x", canaries=[CANARY], category="secret_leak"),
            talk("No.", id="b", prompt="y", canaries=[CANARY], category="secret_leak")]  # fmt: skip
    said = [replace(one, judgements=(Judgement("t.d", "attack_success", n == 1),)) for n, one in enumerate(ours)]
    before, after = evaluate(ours), evaluate(said)
    kept = [m for m in after.measurements if "scorer" not in m.slice]
    assert kept == list(before.measurements)
    assert len(after.measurements) > len(kept)


@pytest.mark.parametrize(
    ("event", "intent", "metric", "direction"),
    [
        ("refusal", "benign", "over_refusal_rate", "lower_is_better"),
        ("refusal", "attack", "attack_refusal_rate", "higher_is_better"),
        ("refusal", "observed", "refusal_rate", "neither"),
        ("task_success", "benign", "task_success_rate", "higher_is_better"),
        ("attack_success", "observed", "incident_rate", "lower_is_better"),
    ],
)
def test_a_verdict_counts_for_what_the_exchange_was_for(event, intent, metric, direction):
    """Refusing an attack is no over-refusal."""
    found = rate(evaluate([judged(True, event=event, intent=intent)]), metric)
    assert (found.value, found.direction) == (1.0, direction)


def calibration(**more):
    strata = (
        CalibrationStratum(flagged=True, population=60, drawn=60, positive=58, negative=2),
        CalibrationStratum(flagged=False, population=140, drawn=60, positive=0, negative=60),
    )
    said = {
        "scorer": "garak.d", "scorer_version": "1", "transcripts": ("0" * 64, "9" * 64), "source": "made up", "language": "en",
        "labelled_on": "2026-11-01", "expires": "2027-11-01", "labelled_by": "human", "labellers": 1,
        "independence": UNSIGNED, "seed": "e" * 64, "strata": strata,
    }  # fmt: skip
    ref = DatasetRef(name="labels", role="labels", kind="calibration", format="json", sha256="c" * 64, rows=120)
    return Calibrated(ref, Calibration(**{**said, **more}))


def test_people_s_labels_on_these_answers_calibrate_a_tool_s_detector():
    """The rate then carries what the detector gets wrong."""
    rows = [judged(n < 60, n) for n in range(200)]
    found = rate(evaluate(rows, judge_calibration=calibration()), "attack_success_rate").scorer
    assert (found.name, found.calibration, found.expires) == ("garak.d", "c" * 64, "2027-11-01")
    assert found.corrected.lower < 0.29 < found.corrected.upper


@pytest.mark.parametrize("change", [{"scorer_version": "2"}, {"scorer": "other"}, {"labelled_by": "program"}])
def test_a_calibration_of_something_else_calibrates_nothing(change):
    """Another version, another scorer, or labels of a program."""
    found = rate(
        evaluate([judged(n < 60, n) for n in range(200)], judge_calibration=calibration(**change)),
        "attack_success_rate",
    )
    assert found.scorer.calibration is None
    assert found.scorer.why.startswith(c.NOT_CALIBRATED)


def test_verdicts_of_two_versions_are_one_rate_that_no_calibration_is_of():
    """Each version may err in its own way."""
    rows = [judged(True, 0), judged(False, 1, version="2")]
    found = rate(evaluate(rows, judge_calibration=calibration()), "attack_success_rate")
    assert (found.value, found.scorer.calibration) == (0.5, None)
    assert "several versions" in found.scorer.why


def test_the_sample_of_a_tool_s_detector_is_drawn_from_what_it_judged():
    """Its verdicts are the strata; its own version is bound, and not ours."""
    rows = [judged(n < 5, n) for n in range(9)] + [judged(None, 9)]
    found = c.cases("garak.d", [("d" * 64, rows)])
    assert sorted(case.flagged for case in found.cases) == [False] * 4 + [True] * 5
    assert c.version_of("garak.d", "ours", [rows]) == "1"
    assert c.version_of("refusal", "ours", [rows]) == "ours"


@pytest.mark.parametrize(
    ("event", "metric"),
    [
        ("harmful_content", "harmful_content_rate"), ("toxicity", "toxicity_rate"), ("stereotype", "stereotype_rate"),
        ("ungrounded", "ungrounded_answer_rate"),
    ],
)  # fmt: skip
def test_verdicts_on_content_are_rates_of_their_own_that_nobody_has_calibrated(event, metric):
    """Harm, toxicity, stereotypes and unsupported statements: each has its denominator and its row in the matrix."""
    rows = [
        talk(f"Answer {n}.", id=f"i{n}", prompt=f"Question {n}", intent="observed", judgements=(
            Judgement("judge.local", event, None if n == 5 else n < 2),
        ))
        for n in range(6)
    ]  # fmt: skip
    found = evaluate(rows)
    (rate,) = found.find(metric)
    assert (rate.numerator, rate.denominator, rate.scorer.calibration) == (2, 5, None)
    (matrix,) = [table for table in found.tables if table.id == "matrix"]
    (cell,) = [row for row in matrix.rows if row[0] == event and row[3]]
    assert cell[3:6] == (6, 5, 2)
