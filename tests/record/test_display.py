"""What a notebook shows of a record: tables that a person can read, and nothing that a browser would run."""

import dataclasses
import inspect
import typing
from html.parser import HTMLParser

import pytest

pytest.importorskip("numpy", reason="metrics of arrays need the tabular extra")

import numpy as np
from tests.policy.test_gate import P, with_record
from tests.strategies import NOW, good_case, good_record

import cardwright
from cardwright import handoff, metrics
from cardwright import record as record_face
from cardwright.documents.figures import Figure, Figures
from cardwright.evaluators.interface import Inputs
from cardwright.policy.gate import decide
from cardwright.record import FIELDS, Details, Groups, Interval, Measured, NotEvaluated, Unmeasured, display
from cardwright.record.comparison import Comparison, Side, compare
from cardwright.record.measurement import Excluded, Test
from cardwright.record.run_comparison import RunComparison

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
        if tag == "wbr":
            return
        self.open.append(tag)
        assert {name for name, _ in attrs} <= {"scope", "style"}
        assert {value for name, value in attrs if name == "style"} <= {display.NARROW, display.LEFT}

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


def test_an_outcome_shows_what_was_found_what_is_asked_and_the_numbers_behind_it():
    outcome = next(one for one in decide(good_case(), P, NOW).outcomes if one.observations and one.limit is not None)
    text = Parsed(outcome._repr_html_()).text
    assert text[0] == f"{outcome.label} {outcome.title}"
    for said in (outcome.explanation, outcome.why, outcome.observations[0].metric):
        assert any(said in one for one in text)
    assert any(one.endswith(f", by the {outcome.limit.on}") for one in text)


def test_any_other_value_shows_each_field_that_it_fills_and_names_the_others():
    text = Parsed(GONE._repr_html_()).text
    assert text[:3] == ["not evaluated", "id", "pii"]
    subject = good_record().subject
    shown = Parsed(subject._repr_html_()).text
    assert "Empty: " in shown[-1]
    told = {name for name in type(subject).model_fields if getattr(subject, name) not in (None, (), {})}
    assert {name.replace("_", " ") for name in told} <= {*shown}


def test_details_show_each_answer_with_who_gave_it():
    details = good_record().details
    text = Parsed(details._repr_html_()).text
    for name, answer in details.answers.items():
        assert name.replace("_", " ") in text and answer.stated_by in text
    assert "Nobody has answered anything." in Details()._repr_html_()


def test_a_policy_shows_every_requirement():
    text = Parsed(P._repr_html_()).text
    assert all(one.id in text and one.title in text for one in P.requirements)


def test_two_records_compared_show_what_differs_and_how_many_do_not():
    old = good_record()
    first = old.evaluations[0]
    changed = [
        m.model_copy(update={"value": m.value / 2}) if isinstance(m, Measured) else m for m in first.measurements
    ]
    new = old.model_copy(update={"evaluations": (first.model_copy(update={"measurements": tuple(changed)}), *old.evaluations[1:])})  # fmt: skip
    compared = compare(Side(record=old), Side(record=new))
    assert compared.changes
    text = Parsed(compared._repr_html_()).text
    assert f"{len(compared.changes)} numbers differ" in " ".join(text)
    assert f"{compared.changes[0].evaluation}: {compared.changes[0].metric}" in text


def test_a_case_shows_its_parts_in_a_few_words_and_no_bytes():
    case = good_case()
    html = dataclasses.replace(case, kind_files={"card.html": b"x" * 5000})._repr_html_()
    assert "card.html: 5,000 bytes" in html and "xxx" not in html
    assert len(html) < 20_000


def test_a_long_text_and_a_long_list_say_how_much_more_there_is():
    spec = dataclasses.replace(FIELDS["summary"], question="q" * 1000, good=HOSTILE)
    html = spec._repr_html_()
    assert "… and 600 more characters" in html and "<script" not in html
    text = Parsed(
        good_record().provenance.model_copy(update={"packages": {f"p{n}": "1" for n in range(20)}})._repr_html_()
    ).text
    assert any("… and 12 more" in one for one in text)


def _classes(annotation):
    for inner in typing.get_args(annotation):
        yield from _classes(inner)
    if isinstance(annotation, type):
        yield annotation


def _reached(annotation):
    """Our classes that a value of this type leads to: its fields and properties, and theirs."""
    found, left = set(), [annotation]
    while left:
        for cls in _classes(left.pop()):
            if not cls.__module__.startswith("cardwright.") or cls in found:
                continue
            if cls.__module__.startswith("cardwright.sources."):
                continue  # it holds rows, which may be of people: a notebook shows its class and nothing of them
            found.add(cls)
            if hasattr(cls, "model_fields"):
                left += [field.annotation for field in cls.model_fields.values()]
            elif dataclasses.is_dataclass(cls):
                left += typing.get_type_hints(cls).values()
            left += [
                typing.get_type_hints(one.fget).get("return")
                for name, one in inspect.getmembers(cls, lambda member: isinstance(member, property))
                if not name.startswith("_") and cls.__module__.startswith("cardwright.")
            ]
    return found


NOT_SHOWN = {
    "CardwrightError": "it is raised, and a notebook shows it as what it is",
    "Evaluator": "a protocol that people implement",
}


def test_every_value_that_python_gives_out_shows_itself_in_a_notebook():
    """From each public name: a class is what it is, a function is what it returns, and both lead on to what is in them."""
    pytest.importorskip("pyarrow", reason="sources need the tabular extra")
    given = []
    for name in cardwright.__all__:
        public = getattr(cardwright, name)
        if name == "run":
            public = handoff.run
        given.append(typing.get_type_hints(public).get("return") if inspect.isfunction(public) else public)
    given += [getattr(record_face, name) for name in record_face.__all__]
    given += [Comparison, RunComparison, metrics.Measurements, Figures, Figure]
    reached = set().union(*map(_reached, given))
    assert {"Record", "Outcome", "Report", "HubPush", "Figure", "Assessment"} <= {cls.__name__ for cls in reached}
    assert {cls.__name__ for cls in reached if not hasattr(cls, "_repr_html_")} == NOT_SHOWN.keys()


def test_rows_of_a_source_are_shown_by_no_value_that_holds_it():
    @dataclasses.dataclass(frozen=True)
    class Source:
        rows: tuple[str, ...] = ("Jane Doe",)

    html = Inputs(id="performance", sources={"source": Source()})._repr_html_()
    assert "source: Source" in html and "Jane" not in html
