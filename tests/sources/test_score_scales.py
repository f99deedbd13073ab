"""Scores on another scale: mapped as they are read, so that decisions, orders and probabilities are those that the scale says."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import special
from tests.support import inputs_of, list_rows

from cardwright.errors import SourceError, UsageError
from cardwright.evaluators.performance import Performance
from cardwright.sources.frames import predictions_from
from cardwright.sources.score_scales import bounds_of, in_words, mapped_scores, mapped_threshold, scaled
from cardwright.sources.spec import ScoreScale

RNG = np.random.default_rng(4)
N = 600
PROBABILITY = RNG.uniform(0.02, 0.98, N)
Y = (RNG.random(N) < PROBABILITY).astype(int)
LOG_ODDS = special.logit(PROBABILITY)
POINTS = [[300, 0.01], [600, 0.4], [850, 0.99]]


def read(score, threshold=None, scale=None, y=Y, **more):
    return predictions_from(
        {"y": y, "p": score}, label="y", score="p", favourable=1, threshold=threshold, score_scale=scale, **more
    )


def numbers(source):
    found = Performance().evaluate(inputs_of(source))
    return {m.metric: getattr(m, "value", m) for m in found.measurements}


def test_percent_and_log_odds_give_the_numbers_of_the_probabilities_they_stand_for():
    plain = numbers(read(PROBABILITY, 0.4))
    percent = numbers(read(100 * PROBABILITY, 40, {"unit": "percent"}))
    odds = numbers(read(LOG_ODDS, float(special.logit(0.4)), {"unit": "log_odds"}))
    for metric, value in plain.items():
        assert percent[metric] == pytest.approx(value)
        assert odds[metric] == pytest.approx(value)


def test_the_score_of_the_other_outcome_decides_at_or_below_its_threshold():
    decile = np.clip(np.ceil(10 * (1 - PROBABILITY)), 1, 10).astype(int)
    source = read(decile, 4, {"unit": "deciles", "of": "other"})
    found = numbers(source)
    assert found["selection_rate"] == pytest.approx((decile <= 4).mean())
    assert found["roc_auc"] > 0.5
    assert source.threshold == mapped_threshold(4, ScoreScale(unit="deciles", of="other"))


def test_positions_on_a_scale_have_an_order_and_nothing_that_could_come_true():
    found = numbers(read(RNG.integers(1, 11, N), 5, {"unit": "deciles"}))
    for metric in ("brier_score", "log_loss", "expected_calibration_error"):
        assert "no probabilities" in found[metric].reason
    assert isinstance(found["roc_auc"], float)


def test_the_record_and_the_method_say_how_scores_were_read():
    source = read(100 * PROBABILITY, 40, {"unit": "percent"})
    assert source.ref.score_scale == (
        "scores are percent of the favourable outcome, read as score / 100; threshold 40 as 0.4"
    )
    assert f"Scores were mapped: {source.ref.score_scale}." in Performance().evaluate(inputs_of(source)).method
    assert read(PROBABILITY, 0.4).ref.score_scale is None


def test_points_are_joined_by_straight_lines():
    scale = ScoreScale(unit="points", points=POINTS)
    found = mapped_scores(np.array([300.0, 450, 600, 850, math.nan]), scale)
    np.testing.assert_allclose(found, [0.01, 0.205, 0.4, 0.99, math.nan])
    assert bounds_of(scale) == (300, 850)
    assert "450" not in in_words(scale, None)


SCALES = st.sampled_from(
    [
        ScoreScale(unit="percent"),
        ScoreScale(unit="log_odds"),
        ScoreScale(unit="deciles"),
        ScoreScale(unit="range", least=0, greatest=1000),
        ScoreScale(unit="points", points=POINTS),
    ]
)


@given(SCALES, st.lists(st.floats(0, 1), min_size=2, max_size=20), st.booleans())
def test_every_mapping_stays_between_0_and_1_and_keeps_or_turns_the_whole_order(scale, places, other):
    lower, upper = (max(one, -40.0) for one in (bounds_of(scale)[0], min(bounds_of(scale)[1], 1000.0)))
    scores = np.sort(lower + np.asarray(places) * (upper - lower))
    found = mapped_scores(scores, scale.model_copy(update={"of": "other" if other else "favourable"}))
    assert found.min() >= 0
    assert found.max() <= 1
    steps = np.diff(found)
    assert (steps <= 0).all() if other else (steps >= 0).all()


def test_a_missing_score_is_refused_as_ever():
    with pytest.raises(SourceError, match="1 of 2 rows have no score"):
        read([50.0, None], 40, {"unit": "percent"}, y=[1, 0])


@pytest.mark.parametrize(
    ("scores", "scale", "said"),
    [
        ([50.0, 101.0], {"unit": "percent"}, "outside the declared scale, 0 to 100, first in row 2"),
        ([0, 5], {"unit": "deciles"}, "outside the declared scale, 1 to 10"),
        ([1.5, 5], {"unit": "deciles"}, "no deciles"),
        ([math.inf, 1.0], {"unit": "log_odds"}, "outside the declared scale"),
        ([299.0, 500.0], {"unit": "points", "points": POINTS}, "first in row 1"),
        (["a", "b"], {"unit": "percent"}, "needs numbers"),
    ],
)
def test_a_score_that_is_not_on_the_declared_scale_is_refused(scores, scale, said):
    with pytest.raises(SourceError, match=said):
        read(scores, None, scale, y=[1, 0])


def test_a_threshold_that_is_not_on_the_scale_is_refused():
    with pytest.raises(SourceError, match="the threshold 400 lies outside"):
        read(100 * PROBABILITY, 400, {"unit": "percent"})


def test_decisions_that_the_threshold_does_not_make_are_refused_on_the_scale_of_the_file():
    frame = {"y": [1, 0, 1], "p": [2, 9, 3], "d": [0, 1, 0]}
    said = {"label": "y", "score": "p", "prediction": "d", "favourable": 1, "threshold": 4}
    with pytest.raises(SourceError, match='"p" <= 4'):
        predictions_from(frame, **said, score_scale={"unit": "deciles", "of": "other"})
    predictions_from({**frame, "d": [1, 0, 1]}, **said, score_scale={"unit": "deciles", "of": "other"})


@pytest.mark.parametrize(
    "said",
    [
        {"unit": "stars"},
        {"unit": "range", "least": 0},
        {"unit": "range", "least": 5, "greatest": 5},
        {"unit": "percent", "least": 0, "greatest": 100},
        {"unit": "points", "points": [[1, 0.1]]},
        {"unit": "points", "points": [[2, 0.1], [1, 0.2]]},
        {"unit": "points", "points": [[1, 0.2], [2, 0.1]]},
        {"unit": "points", "points": [[1, 0.2], [2, 1.1]]},
        {"unit": "percent", "points": POINTS},
    ],
)
def test_a_scale_that_is_no_monotone_mapping_is_refused(said):
    with pytest.raises(ValidationError):
        ScoreScale(**said)


def test_a_scale_without_a_score_is_refused():
    with pytest.raises(UsageError, match="needs the column"):
        predictions_from(
            {"y": [1, 0], "d": [1, 0]}, label="y", prediction="d", favourable=1, score_scale={"unit": "percent"}
        )


def test_only_the_column_of_scores_is_changed_and_whole_numbers_become_numbers_with_fractions():
    rows = list_rows({"p": [10, 20], "x": [10, 20]})
    found = scaled("p", ScoreScale(unit="percent"), None, rows, "there")
    assert found.schema.field("p").type == pa.float64()
    (batch,) = found.batches()
    assert batch.to_pydict() == {"p": [0.1, 0.2], "x": [10, 20]}
    assert [b.to_pydict() for b in found.batches(["x"])] == [{"x": [10, 20]}]
    assert [b.to_pydict() for b in found.coded(["x", "p"], ["x", "p"])] == [{"x": [10, 20], "p": [0.1, 0.2]}]


@pytest.mark.parametrize(
    ("rows", "scale"),
    [
        (600, {"unit": "range", "least": -1e17, "greatest": 1}),
        (20_000, {"unit": "range", "least": 0, "greatest": 1e12}),
        (20_000, {"unit": "points", "points": [[0, 0.1], [1, 0.1 + 1e-7], [2, 0.9]]}),
        (600, {"unit": "points", "points": [[0, 0.5], [1, math.nextafter(0.5, 1)]]}),
    ],
)
def test_attack_a_scale_that_presses_scores_together_hides_no_reversed_score(rows, scale):
    score = np.random.default_rng(5).uniform(0, 1, rows)
    with pytest.raises(SourceError, match=r"leaves .* of the pairs of scores in .* equal that differ"):
        read(score, scale=scale, y=(score < 0.5).astype(int))


def test_a_scale_that_rows_use_only_a_part_of_is_read():
    score = np.random.default_rng(5).uniform(580, 620, 20_000)
    y = (score < 600).astype(int)
    for scale in ({"unit": "range", "least": 0, "greatest": 1000}, {"unit": "points", "points": POINTS}):
        assert read(score, scale=scale, y=y).score == "p"
    same = read(np.full(600, 7.0), scale={"unit": "range", "least": 0, "greatest": 10})
    assert same.score == "p"


def test_what_is_sampled_of_a_column_is_spread_over_all_of_it(monkeypatch):
    monkeypatch.setattr("cardwright.sources.score_scales._SAMPLED", 100)
    from cardwright.sources.score_scales import _SpreadSample

    seen = _SpreadSample()
    for first in range(0, 1000, 70):
        seen.see(pa.array(np.arange(first, min(first + 70, 1000), dtype=float)))
    assert 50 <= len(seen.values) <= 100
    assert len(set(np.diff(seen.values))) == 1
