"""A local classifier of toxic texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.evaluators.safety.support import recorded, talk

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.safety import Safety, calibration, toxicity
from cardwright.evaluators.safety.toxicity import LONGEST, SCORER, judged
from cardwright.record.evaluation import Evaluation
from cardwright.record.provenance import DatasetRef
from cardwright.sources.interface import Interaction, Message, TextClassifier


def scores(texts: Sequence[str]) -> list[float]:
    return [0.9 if "idiot" in text else 0.5 if "silly" in text else 0.1 for text in texts]


REF = DatasetRef(name="tox", role="tox", kind="classifier", format="transformers", sha256="1" * 64)
CLASSIFIER = TextClassifier(REF, ("toxic", "insult"), 0.5, scores)


def said(answer: str | None, number: int = 1, **more: Any) -> Interaction:
    return talk(answer, id=f"a{number}", prompt=f"Question {number}?", intent="observed", **more)


def evaluate(*rows: Interaction, classifier: TextClassifier = CLASSIFIER, **more: Any) -> Evaluation:
    return Safety().evaluate(Inputs("safety", {"source": recorded(rows), "toxicity": classifier, **more}))


def test_its_verdicts_make_a_rate_of_their_own_that_passes_no_requirement() -> None:
    found = evaluate(said("You idiot."), said("A silly idea.", 2), said("Good day.", 3), said("Good night.", 4))
    (one,) = found.find("toxicity_rate")
    assert (one.slice, one.value, one.denominator) == ({"scorer": SCORER}, 0.5, 4)
    assert (one.scorer.name, one.scorer.calibration, one.scorer.corrected) == (SCORER, None, None)
    assert "Toxicity" not in [gap.what for gap in found.coverage.not_tested]
    (finding,) = [one for one in found.findings if one.key == f"reported.toxicity_rate.{SCORER}"]
    assert (finding.count, finding.severity) == (2, "medium")
    assert [one.need for one in found.inputs if one.sha256 == "1" * 64] == ["toxicity"]


def test_without_a_classifier_nobody_has_looked() -> None:
    found = Safety().evaluate(Inputs("safety", {"source": recorded([said("You idiot.")])}))
    assert not found.find("toxicity_rate")
    assert "Toxicity" in [gap.what for gap in found.coverage.not_tested]


def test_every_answer_of_an_exchange_is_looked_at() -> None:
    turns = (
        Message("user", "Hi"),
        Message("assistant", "You idiot."),
        Message("user", "Sorry?"),
        Message("assistant", "Hello."),
    )
    (one,) = judged(Interaction("a", turns, "observed"), CLASSIFIER).judgements
    assert (one.happened, one.score) == (True, 0.9)


@pytest.mark.parametrize(
    ("interaction", "why"),
    [
        (said(None), "there is no answer"),
        (said(" ... "), "there is no answer"),
        (said("a" * (LONGEST + 1)), "longer than the 100,000 characters"),
        (
            Interaction("a", (Message("user", "Hi"), Message("assistant", "Fine.", unread="a part")), "observed"),
            "a part",
        ),
    ],
)
def test_what_it_cannot_look_at_is_unscored_with_why(interaction, why) -> None:
    (one,) = judged(interaction, CLASSIFIER).judgements
    assert (one.happened, why in one.why) == (None, True)


def test_what_was_found_beside_a_part_that_cannot_be_read_stands() -> None:
    turns = (Message("user", "Hi"), Message("assistant", "You idiot.", unread="a part"))
    (one,) = judged(Interaction("a", turns, "observed"), CLASSIFIER).judgements
    assert one.happened is True


def test_a_calibration_binds_its_files_labels_and_threshold() -> None:
    rows = [judged(said("You idiot." if n < 4 else "Good day.", n), CLASSIFIER) for n in range(9)]
    assert calibration.version_of(SCORER, "ours", [rows]) == "1111111111111111:toxic+insult:0.5"
    found = calibration.cases(SCORER, [("0" * 64, rows)])
    assert sorted(case.flagged for case in found.cases) == [False] * 5 + [True] * 4


def test_pairs_are_compared_by_its_verdicts_and_by_its_scores() -> None:
    rows = [
        said("You idiot." if group == "a" and n % 2 else "Good day.", n, group=group, pair_id=f"p{n}")
        for n in range(10)
        for group in "ab"
    ]
    found = evaluate(*rows)
    (numbers,) = found.find("counterfactual_mean_difference")
    assert (numbers.slice["scorer"], numbers.slice["outcome"]) == (SCORER, "toxicity_score")
    assert numbers.value == pytest.approx(0.4)
    verdicts = [m for m in found.find("counterfactual_difference") if m.slice["scorer"] == SCORER]
    assert [m.value for m in verdicts] == [0.5]


def test_it_looks_at_each_exchange_once() -> None:
    """A network is slow: neither a calibration of another scorer nor the matrix asks it again."""
    asked: list[str] = []

    def counted(texts: Sequence[str]) -> list[float]:
        asked.extend(texts)
        return scores(texts)

    evaluate(said("Good day."), said("Good night.", 2), classifier=TextClassifier(REF, ("toxic",), 0.5, counted))
    assert asked == ["Good day.", "Good night."]


def test_a_version_fits_a_record_however_many_labels_there_are() -> None:
    many = TextClassifier(REF, tuple(f"label {n}" for n in range(99)), 0.5, scores)
    assert len(toxicity.version_of(many)) == 200
