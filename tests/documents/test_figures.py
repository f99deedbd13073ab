"""Figures: every number in its place and in words, what is not measured said, and nothing cut without a word."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.documents.test_documents import edition
from tests.policy.test_gate import FAILED, P, with_gap
from tests.strategies import NOW, good_case, good_record

from cardwright.documents import figures
from cardwright.files import packaged
from cardwright.policy.gate import decide
from cardwright.record import Interval, Measured, Unmeasured
from cardwright.record.evaluation import Series
from cardwright.record.measurement import Sampling


def value(number, half=None, **more):
    interval = None if half is None else Interval(level=0.95, lower=number - half, upper=number + half, method="m")
    said = {
        "metric": "selection_rate",
        "unit": "proportion",
        "direction": "neither",
        "interval": interval,
        "denominator": 50.0,
    }
    return Measured(value=number, **{**said, **more})


def absent(**more):
    return Unmeasured(metric="selection_rate", code="too_few_samples", reason="r", **more)


def points(svg, label):
    """x of the point in the row of a label, read off the drawing."""
    found = re.search(rf"{label}.*?<circle[^>]*cx=\"([\d.]+)\"", svg, re.S)
    assert found, svg
    return float(found[1])


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_lie_inside_are_few_and_equally_far_apart(low, width):
    ticks = figures._ticks(low, low + width)
    assert 1 <= len(ticks) <= 6
    assert all(low - 1e-6 * width <= tick <= low + width + 1e-6 * width for tick in ticks)
    steps = [b - a for a, b in itertools.pairwise(ticks)]
    assert all(step == pytest.approx(steps[0], rel=1e-3) for step in steps)


def test_a_larger_value_stands_further_to_the_right():
    drawn = figures.dots("t", "f", [("aaa", value(0.2, 0.05)), ("bbb", value(0.6, 0.05)), ("ccc", value(0.9))])
    places = [points(drawn.svg, label) for label in ("aaa", "bbb", "ccc")]
    assert places == sorted(places)
    assert (places[1] - places[0]) / (places[2] - places[0]) == pytest.approx(0.4 / 0.7, abs=0.01)


def test_a_value_and_how_many_cases_it_rests_on_are_parted_and_abbreviations_keep_their_capitals():
    drawn = figures.dots("t", "f", [("aaa", value(0.2)), ("bbb", value(0.3, denominator=12.0))])
    assert "0.300, n = 12" in drawn.svg
    assert figures._capital("PII row rate") == "PII row rate"


def test_what_is_not_measured_has_its_row_and_says_so():
    drawn = figures.dots("t", "f", [("aaa", value(0.2)), ("bbb", absent())])
    assert "not measured" in drawn.svg
    assert "bbb" in drawn.svg
    assert "not measured" in figures.dots("t", "f", [("bbb", absent())]).svg


def test_more_rows_than_fit_are_counted_in_words():
    rows = [(f"row {n}", value(0.5)) for n in range(figures.MOST_ROWS + 3)]
    drawn = figures.dots("t", "f.", rows)
    assert drawn.finding == f"f. n = 50 each. The first {figures.MOST_ROWS} of {figures.MOST_ROWS + 3} are shown."
    assert f"row {figures.MOST_ROWS}" not in drawn.svg


def test_a_figure_carries_its_finding_in_words_and_escapes_what_people_wrote():
    drawn = figures.dots("t", "f", [("<script>", value(0.5))])
    assert 'role="img"' in drawn.svg
    assert "<script>" not in drawn.svg
    assert "&lt;script&gt;" in drawn.svg


def test_all_values_equal_are_drawn_all_the_same():
    assert "aaa" in figures.dots("t", "f", [("aaa", value(0.0)), ("bbb", value(0.0))]).svg


def test_numbers_with_a_limit_are_counted_as_they_were_judged():
    good, bad = (decide(case, P, NOW) for case in (good_case(), with_gap(FAILED)))
    counted = [
        re.search(r"(\d+) numbers with a limit: (\d+) passed, (\d+) failed", figures.margins(v).finding)
        for v in (good, bad)
    ]
    (all_good, inside, outside), (all_bad, _, outside_bad) = ([int(n) for n in one.groups()] for one in counted)
    assert (inside, outside) == (all_good, 0)
    assert outside_bad == 1
    assert all_bad == all_good


def test_a_number_inside_its_limit_that_did_not_pass_is_not_counted_as_passed_and_is_named():
    verdict = decide(good_case(), P, NOW)
    outcome = next(o for o in verdict.outcomes if o.limit is not None and o.observations)
    seen = outcome.observations[0]
    assert seen.distance >= 0
    alone = outcome.model_copy(update={"observations": (seen.model_copy(update={"status": "inconclusive"}),)})
    told = figures.margins(verdict.model_copy(update={"outcomes": (alone,)})).finding
    assert told.startswith("1 number with a limit: 0 passed, 0 failed, 1 neither.")
    assert f"not passed for another reason, given with the requirement: {outcome.label}." in told
    kept = figures.margins(verdict.model_copy(update={"outcomes": (outcome,)})).finding
    assert "another reason" not in kept


def test_a_verdict_without_limits_has_no_figure_of_distances():
    verdict = decide(good_case(), P, NOW)
    plain = verdict.model_copy(
        update={"outcomes": tuple(o.model_copy(update={"limit": None}) for o in verdict.outcomes)}
    )
    assert figures.margins(plain) is None


def test_the_bar_of_outcomes_adds_up_to_its_width():
    verdict = decide(with_gap(FAILED), P, NOW)
    drawn = figures.outcome_bar(verdict)
    widths = [float(w) for w in re.findall(r'<rect x="[^"]*" y="0" width="([\d.]+)"', drawn.svg)]
    assert sum(widths) == pytest.approx(figures.WIDTH, abs=1)
    assert drawn.finding.startswith(f"{len(verdict.outcomes)} requirements: ")
    told = [int(n) for n in re.findall(r"(\d+) [a-z]", drawn.finding.partition(": ")[2])]
    assert sum(told) == len(verdict.outcomes)


def evaluation(*measurements, series=()):
    made = good_case().record.evaluations[0]
    return made.model_copy(update={"measurements": measurements, "series": tuple(series)})


def test_values_by_group_are_told_with_the_highest_and_the_lowest_known_group():
    by = {"a": 0.2, "b": 0.6, None: 0.9}
    (drawn,) = figures.of_evaluation(evaluation(*(value(v, slice={"sex": g}) for g, v in by.items())))
    assert drawn.title == "selection rate by sex"
    assert "highest for b" in drawn.finding
    assert "lowest for a" in drawn.finding
    assert "unknown" in drawn.svg


@pytest.mark.parametrize(
    "rows",
    [
        [value(0.2, slice={"sex": "a"})],
        [absent(slice={"sex": "a"}), absent(slice={"sex": "b"})],
        [value(0.2, slice={"sex": "a"}, metric="of_no_figure"), value(0.3, slice={"sex": "b"}, metric="of_no_figure")],
        [value(0.2, slice={"sex": None}), absent(slice={"sex": "a"})],
    ],
    ids=["one group", "nothing measured", "a metric that no figure shows", "only unknown"],
)
def test_what_would_show_nothing_is_not_drawn(rows):
    assert figures.of_evaluation(evaluation(*rows)) == []


def test_slices_at_0_are_counted_and_rows_of_zeros_are_no_figure():
    rates = [value(v, slice={"column": c}, metric="missing_rate") for c, v in (("a", 0.0), ("b", 0.4), ("c", 0.0))]
    (drawn,) = figures.of_evaluation(evaluation(*rates))
    assert drawn.finding.endswith("2 others are at 0.")
    assert figures.of_evaluation(evaluation(rates[0], rates[2])) == []


def curve(n, **more):
    said = {
        "title": "ROC",
        "x": "False positive rate",
        "y": "True positive rate",
        "points": ((0.0, 0.0), (0.5, 0.8), (1.0, 1.0)),
    }
    return Series(**{**said, "id": f"roc{n}", "slice": {"sex": f"g{n}"}, **more})


def test_curves_are_drawn_for_known_groups_and_the_rest_is_counted():
    (drawn,) = figures.of_evaluation(evaluation(series=[*(curve(n) for n in range(8)), curve(9, slice={"sex": None})]))
    assert drawn.width == figures.THIRD
    assert drawn.finding.endswith("The first 4 of 8 are shown.")
    assert drawn.svg.count("<polyline") == 4


def test_a_curve_that_leaves_the_unit_square_is_no_figure_of_one():
    assert figures.of_evaluation(evaluation(series=[curve(1, points=((0.0, 0.0), (2.0, 5.0)))])) == []


def test_curves_differ_in_grey_as_they_do_in_colour():
    def grey(colour):
        red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    shades = sorted(grey(colour) for colour in figures.COLOURS)
    assert all(b - a >= 0.18 for a, b in itertools.pairwise(shades))


def test_several_numbers_of_the_same_groups_stand_side_by_side_each_on_its_own_scale():
    rates = [
        value(v, slice={"sex": g}, metric=metric)
        for metric, scale in (("selection_rate", 1.0), ("false_positive_rate", 0.1))
        for g, v in (("a", 0.2 * scale), ("b", 0.4 * scale))
    ]
    (drawn,) = figures.of_evaluation(evaluation(*rates))
    assert drawn.width == figures.WIDTH
    assert drawn.by_group
    assert drawn.svg.count("<circle") == 4
    assert "selection rate" in drawn.svg
    assert "false positive rate" in drawn.svg
    assert drawn.finding == "Selection rate by sex: highest for b, 0.400; lowest for a, 0.200."


def test_groups_that_a_figure_has_no_room_for_are_counted():
    rates = [value(0.5, slice={"sex": f"g{n}"}, metric=m) for m in ("selection_rate", "accuracy") for n in range(9)]
    (drawn,) = figures.of_evaluation(evaluation(*rates), most_rows=6)
    assert drawn.finding == "Selection rate by sex: 0.500 in every group. 3 more are in measurements.csv."
    assert "g5" in drawn.svg
    assert "g6" not in drawn.svg


def test_an_attack_that_never_succeeded_is_drawn_with_what_its_few_attempts_leave_open():
    rates = [value(0.0, 0.1, slice={"category": c}, metric="attack_success_rate") for c in ("a", "b")]
    (drawn,) = figures.of_evaluation(evaluation(*rates))
    assert drawn.svg.count("<circle") == 2


@pytest.mark.parametrize("name", ["dots", "panels", "curves", "limits", "outcomes"])
def test_no_type_in_a_figure_is_smaller_than_eight_and_a_half_points(name):
    text = (packaged.folder("card_templates") / "figures" / f"{name}.svg.j2").read_text("utf-8")
    assert all(float(size) * 0.75 >= 8.5 for size in re.findall(r'font-size="([\d.]+)"', text))


def attack(category, channel, events, prompts):
    bounds = Interval(level=0.95, lower=0.0, upper=0.3, method="wilson") if prompts else None
    if not prompts:
        return Unmeasured(
            metric="attack_success_rate",
            slice={"category": category, "channel": channel},
            code="too_few_samples",
            reason="Nothing could be scored.",
        )
    return Measured(
        metric="attack_success_rate",
        slice={"category": category, "channel": channel},
        value=events / prompts,
        unit="proportion",
        direction="lower_is_better",
        interval=bounds,
        numerator=float(events),
        denominator=float(prompts),
    )


def attacks(*measurements):
    kept = good_record().evaluations[0].model_copy(update={"measurements": measurements, "series": ()})
    (figure,) = figures.of_evaluation(kept)
    return figure


def test_attacks_stand_by_category_and_channel_and_the_title_says_where_most_succeed():
    figure = attacks(attack("secret_leak", "one turn", 3, 12), attack("tool_misuse", "tool result", 1, 40))
    assert figure.finding.startswith(
        "Attacks succeed most often in secret leak, by one turn: 0.250 (0.000 to 0.300), n = 12."
    )
    assert "1 of 2 cells rests on fewer than 30 prompts." in figure.finding
    assert "2 of 4 combinations were not tried or could not be scored." in figure.finding
    assert figure.svg.count(">not tried<") == 2
    assert "secret leak" in figure.svg


def test_that_a_prompt_counts_with_the_share_of_its_tries_is_said_where_prompts_were_tried_several_times():
    once = attack("secret_leak", "one turn", 3, 12)
    several = Sampling(unit="prompt", units=12, observations=14, design="adversarial", cluster="prompt_id")
    words = "A prompt counts with the share of its tries that succeeded."
    other = attack("tool_misuse", "one turn", 1, 40)
    assert words in attacks(once.model_copy(update={"sampling": several}), other).finding
    assert words not in attacks(once, other).finding


def test_attacks_that_never_succeeded_are_told_with_what_that_leaves_open():
    figure = attacks(attack("secret_leak", "one turn", 0, 12), attack("tool_misuse", "one turn", 0, 24))
    assert "with 12 prompts in the smallest cell, a rate of up to 0.300 is not ruled out there" in figure.finding
    assert "0 of 12" in figure.svg


def test_a_cell_in_which_nothing_was_scored_says_so_and_without_any_there_is_no_figure():
    figure = attacks(attack("secret_leak", "one turn", 0, 12), attack("persuasion", "one turn", 0, 0))
    assert figure.svg.count(">not measured<") == 1
    kept = good_record().evaluations[0]
    alone = kept.model_copy(update={"measurements": (attack("persuasion", "one turn", 0, 0),), "series": ()})
    assert figures.attacks_by_channel(alone) is None


def test_a_label_that_is_too_long_for_its_line_goes_on_in_a_second_one_and_is_not_cut():
    case = edition(with_gap(FAILED))
    outcome = next(o for o in case.verdict.outcomes if o.limit is not None and o.observations[0].across)
    seen = outcome.observations[0].model_copy(update={"metric": "standardized_mean_prediction_difference"})
    verdict = case.verdict.model_copy(update={"outcomes": (outcome.model_copy(update={"observations": (seen,)}),)})
    svg = figures.margins(verdict).svg
    assert f">{outcome.label} standardized mean prediction difference<" in svg
    assert ">across race<" in svg
    assert "…" not in svg


def test_a_number_is_printed_in_its_own_unit_and_one_beyond_the_scale_is_an_arrow():
    case = edition(with_gap(FAILED))
    outcome = next(o for o in case.verdict.outcomes if o.limit is not None and o.observations[0].across)
    seen = outcome.observations[0]
    count = seen.model_copy(update={"value": 34.0, "interval": None, "distance": 29.0, "across": ()})
    limit = outcome.limit.model_copy(update={"operator": "at_least", "value": 5.0, "on": "value"})
    verdict = case.verdict.model_copy(
        update={"outcomes": (outcome.model_copy(update={"observations": (count,), "limit": limit}),)}
    )
    first = case.record.evaluation(seen.evaluation)
    whole = Measured(metric=seen.metric, value=34, unit="count", direction="higher_is_better")
    kept = first.model_copy(update={"measurements": (whole,)})
    record = case.record.model_copy(
        update={"evaluations": tuple(kept if e is first else e for e in case.record.evaluations)}
    )
    figure = figures.margins(verdict, record=record)
    assert ">34<" in figure.svg
    assert ">29<" in figure.svg
    assert "<polygon" in figure.svg
    assert "An arrow: further from its limit than the scale goes." in figure.finding
