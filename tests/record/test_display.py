"""What a notebook shows of a record: tables that a person can read, and nothing that a browser would run."""

from html.parser import HTMLParser

import pytest

pytest.importorskip("numpy", reason="metrics of arrays need the tabular extra")

import numpy as np
from tests.policy.test_gate import P, with_record
from tests.strategies import NOW, good_case, good_record

from cardwright import metrics
from cardwright.policy.gate import decide
from cardwright.record import Groups, Interval, Measured, NotEvaluated, Unmeasured, display
from cardwright.record.measurement import Excluded, Test

GONE = NotEvaluated(id="pii", code="error", reason="it raised", remedy="mend it")
HOSTILE = '<script>alert("x")</script>&<img src=x onerror=y>'


class Parsed(HTMLParser):
    """Tags and text; refuses tags that are left open."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.text = [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)
        assert {name for name, _ in attrs} <= {"scope"}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def gap(**more):
    return Measured(
        **{
            "metric": "demographic_parity_ratio",
            "across": ("sex",),
            "value": 0.8965673282047968,
            "unit": "ratio",
            "direction": "higher_is_better",
            "interval": Interval(level=0.95, lower=0.7, upper=1.0, method="tukey_donner_zou"),
            "test": Test(p_value=0.012, method="permutation", family="gaps", adjusted_p_value=0.048, adjustment="holm"),
            "groups": Groups(
                compared=1, expected=2, rows=9, unknown=3, excluded=(Excluded(slice={"sex": "f"}, reason="2 rows"),)
            ),
            **more,
        }
    )


def test_a_measurement_shows_its_number_with_what_it_rests_on():
    text = Parsed(gap()._repr_html_()).text
    assert text == [
        "demographic parity ratio", "of", "across sex", "value", "0.8966 ratio", "interval",
        "0.7 to 1 (95 %, tukey donner zou)", "p", "0.012 (permutation), adjusted 0.048", "counted",
        "1 of 2 groups, 3 rows of unknown membership", "left out", "sex = f: 2 rows",
    ]  # fmt: skip


def test_what_is_not_measured_shows_why():
    found = Unmeasured(
        metric="true_positive_rate", slice={"sex": None}, code="too_few_samples", reason="3 rows.", denominator=3
    )
    text = Parsed(found._repr_html_()).text
    assert text == [
        "true positive rate",
        "of",
        "sex = unknown",
        "not measured",
        "too few samples: 3 rows.",
        "counted",
        "3",
    ]


def test_every_text_is_escaped():
    m = gap(across=(HOSTILE,), reference=HOSTILE, groups=None)
    u = Unmeasured(metric="accuracy", slice={HOSTILE: HOSTILE}, code="undefined", reason=HOSTILE)
    record = good_record()
    evaluation = record.evaluations[0].model_copy(
        update={"question": HOSTILE, "limits": (HOSTILE,), "measurements": (m, u)}
    )
    changed = record.model_copy(update={"title": HOSTILE, "evaluations": (evaluation, *record.evaluations[1:])})
    for shown in (m, u, evaluation, changed):
        html = shown._repr_html_()
        assert "<script" not in html and "<img" not in html
        assert not {"script", "img"} & set(Parsed(html).tags)


def test_an_evaluation_shows_its_question_its_numbers_and_its_limits():
    evaluation = good_record().evaluations[0]
    text = Parsed(evaluation._repr_html_()).text
    assert evaluation.id in text and evaluation.question in text
    assert all(m.metric in text for m in evaluation.measurements)


def test_a_record_shows_every_planned_evaluation_and_why_one_has_no_result():
    record = good_record()
    first = record.evaluations[0]
    short = record.model_copy(
        update={
            "evaluations": record.evaluations[1:],
            "not_evaluated": (
                NotEvaluated(id=first.id, code="missing", reason="no such library", remedy="install it"),
            ),
        }
    )
    text = Parsed(short._repr_html_()).text
    assert all(plan.id in text for plan in record.planned)
    assert "no result" in text and "no such library" in text


def test_a_long_list_says_how_many_more_there_are():
    many = [gap(across=(f"a{number}",)) for number in range(display.MOST_ROWS + 7)]
    assert "… and 7 more" in Parsed(display.of_measurements(many)).text


def test_metrics_of_arrays_show_as_one_table():
    rng = np.random.default_rng(0)
    y, d, g = rng.integers(0, 2, 90), rng.integers(0, 2, 90), rng.choice(["a", "b"], 90)
    found = metrics.group_metrics(y, d, sensitive_features=g)
    assert isinstance(found, tuple)
    assert "selection_rate" in Parsed(found._repr_html_()).text


@pytest.mark.parametrize(("value", "unit", "text"), [(3.0, "count", "3"), (2.5, "count", "2.5"), (0.0, "ratio", "0")])
def test_numbers_are_rounded_to_be_read(value, unit, text):
    assert display.number(value, unit) == text


def test_a_verdict_shows_its_decision_its_notes_and_first_what_blocks():
    record = good_record()
    thin = record.model_copy(update={"evaluations": record.evaluations[:1], "not_evaluated": (GONE,)})
    judged = decide(with_record(good_case(), thin), P, NOW)
    text = Parsed(display.of_verdict(judged, ("Kept in <out>.",))).text
    assert text[:3] == [judged.headline, f"Policy p 1.0.0, at {NOW}", "Kept in <out>."]
    labels = [cell for cell in text if cell.startswith("R-")]
    assert labels[: len(judged.blocking)] == [outcome.label for outcome in judged.blocking]
    assert sorted(labels) == sorted(outcome.label for outcome in judged.outcomes), "each once"
    assert "error" in text
