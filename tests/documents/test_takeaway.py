"""An evaluation's title says what is most at stake in it."""

from tests.documents.test_documents import edition
from tests.policy.test_gate import FAILED, with_gap
from tests.strategies import good_record

from cardwright.documents import figures, takeaway
from cardwright.documents.language import ENGLISH
from cardwright.record import Finding, Interval, Measured


def evaluation(**changes):
    return good_record().evaluations[0].model_copy(update=changes)


def number(metric="accuracy", value=0.8, direction="higher_is_better", **more):
    bounds = Interval(level=0.95, lower=value - 0.1, upper=value + 0.1, method="wilson")
    return Measured(metric=metric, value=value, unit="proportion", direction=direction, interval=bounds, **more)


def said(one, verdict=None, shown=()):
    return takeaway.of(one, verdict, shown, ENGLISH)


def test_a_requirement_that_is_not_met_comes_first():
    case = edition(with_gap(FAILED))
    sentence = said(case.record.evaluations[0], case.verdict)
    worst = next(o for o in case.verdict.outcomes if o.status == "failed")
    assert sentence.endswith("failed.")
    assert worst.label in sentence


def test_the_gravest_finding_comes_next_up_to_its_first_sentence():
    findings = (
        Finding(severity="low", key="a", explanation="A small thing."),
        Finding(severity="high", key="b", explanation="Of a special category (GDPR Art. 9, 10). It is prohibited."),
    )
    assert said(evaluation(findings=findings)) == "Of a special category (GDPR Art. 9, 10)."


def test_a_long_sentence_of_a_finding_is_never_cut_in_its_middle():
    long = "It fails for " + "people " * 60 + "and for nobody else."
    found = Finding(severity="high", key="a", explanation=f"{long} The rest is small.")
    assert said(evaluation(findings=(found,))) == long


def test_numbers_of_another_model_than_the_subject_are_said_to_be_that_ones():
    one = evaluation(findings=(), measurements=(number(),))
    sentence = takeaway.of(one, None, (), ENGLISH, "challenger")
    assert sentence == (
        "About challenger, which is not what is judged: Accuracy is 0.800 (0.700 to 0.900); no limit is set on it."
    )


def test_then_the_largest_difference_that_was_looked_for():
    one = evaluation(findings=(), measurements=(number(), number("largest_slice_difference", 0.3, "lower_is_better")))
    assert said(one) == "Largest slice difference is 0.300 (0.200 to 0.400); no limit is set on it."


def test_a_largest_drop_over_all_rows_says_so_where_a_group_of_the_same_evaluation_may_fare_worse():
    drop = number("largest_accuracy_drop", 0.3, "lower_is_better")
    worst = number(
        "worst_group_accuracy_drop", 0.5, "lower_is_better", slice={"perturbation": "noise"}, across=("race",)
    )
    told = said(evaluation(findings=(), measurements=(drop, worst)))
    assert told.startswith("Largest accuracy drop over all rows is 0.300")
    assert said(evaluation(findings=(), measurements=(drop,))).startswith("Largest accuracy drop is 0.300")


def test_then_what_the_figure_of_groups_shows():
    figure = figures.Figure("t", "Base rate by race: highest a, lowest b.", "", by_group=True)
    assert said(evaluation(findings=(), measurements=(number(),)), shown=(figure,)) == figure.finding


def test_then_a_number_that_is_better_in_one_direction():
    one = evaluation(findings=(), measurements=(number("prevalence", 0.5, "neither"), number()))
    assert said(one) == "Accuracy is 0.800 (0.700 to 0.900); no limit is set on it."


def test_nothing_measured_and_a_question_that_does_not_arise_are_said():
    assert said(evaluation(findings=(), measurements=())) == "Nothing could be measured."
    assert said(evaluation(not_applicable="No text is there.")) == "The question does not arise."
