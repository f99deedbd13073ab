"""Performance: against scikit-learn where it defines a value; where it invents one, ours does not."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from tests.evaluators.performance.support import assess, one, scored
from tests.support import memory_predictions

from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured

DECIDED = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
    "specificity": lambda y, d, **k: sk.recall_score(y, d, pos_label=0, **k),
}


RANKED = {
    "roc_auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
    "brier_score": sk.brier_score_loss,
    "log_loss": sk.log_loss,
}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("weight", [None, "w"])
def test_a_binary_model_is_measured_as_scikit_learn_measures_it(seed, weight):
    """Decisions of a threshold, ranking and losses, with and without weights; every number with an interval around it."""
    data = scored(seed)
    evaluation = assess(memory_predictions(data, score="s", threshold=0.45, weight=weight))
    y, s = data["y"], data["s"]
    weights = None if weight is None else data["w"]
    for metric, peer in DECIDED.items():
        found = one(evaluation, metric)
        assert found.value == pytest.approx(peer(y, (s >= 0.45).astype(int), sample_weight=weights), abs=1e-12)
        assert found.at == {"threshold": 0.45}
    for metric, peer in RANKED.items():
        assert one(evaluation, metric).value == pytest.approx(peer(y, s, sample_weight=weights), abs=1e-9)
    for found in evaluation.measurements:
        assert isinstance(found, Measured) and found.denominator > 0
        if found.metric != "expected_calibration_error" or weight is None:
            assert found.interval.lower <= found.value <= found.interval.upper


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=60))
def test_what_has_nothing_below_the_line_is_undefined_and_everything_else_is_measured(pairs):
    """No positives: no recall; nobody selected: no precision; both: no F1. Never 0, never NaN, never left out."""
    y, d = [a for a, _ in pairs], [b for _, b in pairs]
    evaluation = assess(memory_predictions({"y": y, "d": d}, prediction="d", classes=("0", "1")))
    below = {
        "recall": sum(y),
        "specificity": len(y) - sum(y),
        "precision": sum(d),
        "f1": sum(a or b for a, b in pairs),
        "accuracy": len(y),
        "balanced_accuracy": sum(y) * (len(y) - sum(y)),
    }
    for metric, count in below.items():
        assert one(evaluation, metric).status == ("measured" if count else "unmeasured")
    for metric in RANKED:
        assert one(evaluation, metric).code == "not_applicable"


def test_the_f1_interval_holds_its_level():
    """Over 1,500 samples the nominal 95 % interval covers the true F1 in 93 to 98 %."""
    rng = np.random.default_rng(11)
    table = np.array([0.45, 0.1, 0.15, 0.3])  # tn, fp, fn, tp
    truth = 2 * 0.3 / (2 * 0.3 + 0.1 + 0.15)
    from cardwright.evaluators.rows.rates import RATES, rate_of
    from cardwright.evaluators.rows.tally import Cell

    covered = 0
    for counts in rng.multinomial(120, table, size=1500):
        bounds = rate_of(RATES["f1"], Cell(counts.reshape(2, 2), None, None), 0.95).bounds
        covered += bounds.lower <= truth <= bounds.upper
    assert 0.93 <= covered / 1500 <= 0.98


def test_the_balanced_accuracy_interval_holds_its_level():
    """Over 1,500 samples with few positives the nominal 95 % interval covers the truth in 93 to 98 %."""
    from cardwright.evaluators.performance.measure import balanced
    from cardwright.evaluators.rows.rates import RATES, rate_of
    from cardwright.evaluators.rows.tally import Cell

    rng = np.random.default_rng(12)
    covered = 0
    for _ in range(1500):
        tp, tn = rng.binomial(25, 0.85), rng.binomial(150, 0.7)
        cell = Cell(np.array([[tn, 150 - tn], [25 - tp, tp]]), None, None)
        found = balanced(
            [rate_of(RATES[r], cell, 0.95) for r in ("true_positive_rate", "true_negative_rate")], 175, 0.95
        )
        covered += found.bounds.lower <= 0.775 <= found.bounds.upper
    assert 0.93 <= covered / 1500 <= 0.98


@pytest.mark.parametrize("weight", [None, "w"])
def test_a_model_of_several_classes_is_measured_as_scikit_learn_measures_it(weight):
    """Accuracy, balanced accuracy, macro F1, and precision, recall and F1 of every class."""
    rng = np.random.default_rng(13)
    classes = ("cat", "dog", "owl", "yak")
    y = rng.choice(classes, 600, p=(0.4, 0.3, 0.2, 0.1))
    data = {"y": y, "d": np.where(rng.random(600) < 0.7, y, rng.choice(classes, 600)), "w": rng.exponential(1, 600)}
    source = memory_predictions(data, prediction="d", task="multiclass", classes=classes, weight=weight)
    evaluation = assess(source)
    kind = {"sample_weight": None if weight is None else data["w"]}
    assert one(evaluation, "accuracy").value == pytest.approx(sk.accuracy_score(y, data["d"], **kind))
    assert one(evaluation, "balanced_accuracy").value == pytest.approx(sk.balanced_accuracy_score(y, data["d"], **kind))
    assert one(evaluation, "macro_f1").value == pytest.approx(sk.f1_score(y, data["d"], average="macro", **kind))
    peers = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
    for metric, peer in peers.items():
        for name, value in zip(classes, peer(y, data["d"], average=None, labels=classes, **kind), strict=True):
            assert one(evaluation, metric, name).value == pytest.approx(value)
    (table,) = evaluation.tables
    assert [row[1:] for row in table.rows] == [
        tuple(map(float, row)) for row in sk.confusion_matrix(y, data["d"], labels=classes)
    ]


def test_a_class_that_never_occurs_has_no_recall_and_no_macro_f1():
    """It is listed as undefined, and so is every mean over classes."""
    data = {"y": ["a", "b"] * 50, "d": ["a", "b", "b", "a"] * 25}
    evaluation = assess(memory_predictions(data, prediction="d", task="multiclass", classes=("a", "b", "c")))
    assert one(evaluation, "recall", "c").code == "undefined"
    assert one(evaluation, "balanced_accuracy").reason == "1 of 3 classes have no rows, so they have no recall."
    assert one(evaluation, "macro_f1").code == "undefined"


def test_rows_of_one_person_are_one_case():
    """Tripled rows of one person each narrow no interval, of rates, ranking and losses."""
    data = scored(15, 200)
    size = len(data["y"])
    tripled = {name: np.repeat(values, 3) for name, values in data.items()}
    plain = assess(memory_predictions(data, score="s", threshold=0.5))
    clustered = assess(
        memory_predictions({**tripled, "p": np.repeat(np.arange(size), 3)}, score="s", threshold=0.5, person="p")
    )
    for metric in ("accuracy", "recall", "roc_auc", "brier_score", "log_loss"):
        before, after = one(plain, metric), one(clustered, metric)
        assert after.value == pytest.approx(before.value, abs=1e-12)
        narrow, wide = (m.interval.upper - m.interval.lower for m in (before, after))
        # Ranking takes Newcombe's interval in place of DeLong's, which is wider.
        assert 0.97 * narrow <= wide <= 1.3 * narrow
        assert after.sampling.cluster == "p"


def test_without_decisions_only_ranking_and_calibration_are_measured():
    """What rests on decisions is not applicable, and says why."""
    evaluation = assess(memory_predictions(scored(17), score="s"))
    assert one(evaluation, "accuracy").code == "not_applicable" and one(evaluation, "roc_auc").status == "measured"
    assert any(said.what == "Decisions" for said in evaluation.coverage.not_tested)


def test_an_evaluation_reads_back_with_full_precision():
    """JSON keeps every bit, and holds no NaN."""
    evaluation = assess(memory_predictions(scored(19), score="s", threshold=0.5))
    text = evaluation.model_dump_json()
    assert Evaluation.model_validate_json(text) == evaluation
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} in a record"))


def several(seed, classes=4, size=500, wrong=0.4):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, size)
    return y, np.where(rng.random(size) < wrong, rng.integers(0, classes, size), y)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        ("matthews_correlation", sk.matthews_corrcoef),
        ("cohens_kappa", sk.cohen_kappa_score),
        ("adjusted_balanced_accuracy", lambda y, d: sk.balanced_accuracy_score(y, d, adjusted=True)),
    ],
)
def test_agreement_over_several_classes_is_scikit_learns(metric, reference, seed):
    y, said = several(seed)
    names = tuple(str(code) for code in range(4))
    source = memory_predictions({"y": y, "d": said}, prediction="d", task="multiclass", classes=names)
    found = one(assess(source), metric)
    assert found.value == pytest.approx(reference(y, said))
    assert found.interval.lower < found.value < found.interval.upper


def test_a_model_that_always_names_one_class_has_no_correlation_and_no_agreement_beyond_chance():
    y = np.arange(90) % 3
    source = memory_predictions(
        {"y": y, "d": np.zeros(90, int)}, prediction="d", task="multiclass", classes=("0", "1", "2")
    )
    evaluation = assess(source)
    assert not isinstance(one(evaluation, "matthews_correlation"), Measured)
    assert one(evaluation, "cohens_kappa").value == pytest.approx(0)
    assert one(evaluation, "adjusted_balanced_accuracy").value == pytest.approx(0)
