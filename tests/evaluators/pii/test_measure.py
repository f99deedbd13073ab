"""The evaluator as a plan uses it: what is counted, what is said, and that nothing gets out."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("presidio_analyzer")
pytest.importorskip("pyarrow")

import pyarrow as pa
from tests.evaluators.pii.support import document, with_luhn

from cardwright.errors import CardwrightError, UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.pii import Pii, engine
from cardwright.record import canonical
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured
from cardwright.sources.frames import interactions_from, predictions_from, table_from, texts_from
from cardwright.testing import check_evaluator


def evaluate(source, **parameters) -> Evaluation:
    seed = parameters.pop("seed", 0)
    return Pii(**parameters).evaluate(Inputs("pii", {"source": source}, seed=seed))


def value(evaluation: Evaluation, metric: str, **slice) -> float:
    (found,) = evaluation.find(metric, slice=slice)
    assert isinstance(found, Measured), found
    return found.value


TABLE = {
    "note": [
        "mail jane@example.com or joe@example.com",
        "nothing here",
        None,
        "see https://example.org",
        "jane@example.com",
    ],
    "phone": [2125552368, None, 3125552368, None, None],
    "age": [31, 42, 53, 64, 75],
}


def test_it_keeps_the_promises_of_every_evaluator():
    check_evaluator(Pii, Inputs("pii", {"source": table_from(TABLE)}))


def test_rows_and_hits_are_counted_by_kind_and_column():
    result = evaluate(table_from(TABLE))
    assert value(result, "pii_row_rate") == 4 / 5
    assert value(result, "pii_row_rate", entity="EMAIL_ADDRESS") == 2 / 5
    assert value(result, "pii_row_rate", entity="EMAIL_ADDRESS", column="note") == 2 / 5
    assert value(result, "pii_row_rate", column="phone") == 2 / 5
    assert value(result, "pii_hits", entity="EMAIL_ADDRESS") == 3
    assert value(result, "pii_hits", entity="PHONE_NUMBER", column="phone") == 2
    assert value(result, "pii_raw_hits", entity="URL") > value(result, "pii_hits", entity="URL") == 1
    assert value(result, "pii_row_rate", entity="US_SSN") == 0
    assert result.completeness == "complete"


@pytest.mark.parametrize("make", [table_from, predictions_from])
def test_tables_and_predictions_are_read_alike(make):
    data = {"y": [1, 0], "p": [0.2, 0.8], "note": ["a@example.com", "b"]}
    options = {"label": "y", "score": "p", "favourable": 1, "threshold": 0.5} if make is predictions_from else {}
    assert value(evaluate(make(data, **options)), "pii_row_rate") == 0.5


def test_pandas_strings_are_read():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "note": pandas.array(["a@example.com", None, "b"], dtype="str"),
            "kind": pandas.Categorical(["b@example.com", "x", "x"]),
        }
    )
    result = evaluate(table_from(frame))
    assert value(result, "pii_row_rate", column="note") == value(result, "pii_row_rate", column="kind") == 1 / 3


def test_texts_are_read_in_their_text_columns():
    source = texts_from({"body": ["a@example.com", "b"], "author": ["c@example.com", "d"]}, columns=["body"])
    result = evaluate(source)
    assert value(result, "pii_hits") == 1
    assert result.completeness == "partial"
    assert any("author" in missing.what for missing in result.coverage.not_tested)


# ---------------------------------------------------------------------------------------------------------------------
# Interactions


def exchange(number: int, prompt: str, response: str, **more):
    return {"id": f"i{number}", "intent": "observed", "prompt": prompt, "response": response, **more}


def test_arguments_of_tool_calls_and_earlier_answers_are_read():
    messages = [
        {"role": "user", "content": "Mail her."},
        {
            "role": "assistant",
            "content": "To a@example.com?",
            "tool_calls": [{"name": "send", "arguments": {"to": "b@example.com"}}],
        },
        {"role": "tool", "content": "sent to c@example.com"},
        {"role": "user", "content": "Thanks"},
        {"role": "assistant", "content": "You are welcome."},
    ]
    result = evaluate(interactions_from([{"id": "1", "intent": "observed", "messages": messages}]))
    assert [
        value(result, "pii_hits", column=part, entity="EMAIL_ADDRESS") for part in ("prompt", "response", "tool_calls")
    ] == [1, 1, 1]


def test_parts_of_interactions_can_be_chosen():
    result = evaluate(interactions_from([exchange(1, "a@example.com", "b@example.com")]), columns=["response"])
    assert value(result, "pii_hits") == 1
    assert result.completeness == "partial"
    with pytest.raises(UsageError, match='Did you mean "response"'):
        evaluate(interactions_from([exchange(1, "a", "b")]), columns=["responses"])


# ---------------------------------------------------------------------------------------------------------------------
# Columns of numbers


# ---------------------------------------------------------------------------------------------------------------------
# Parameters


def test_thresholds_and_kinds_are_those_of_the_plan():
    source = table_from({"note": ["order 2125552368", "a@example.com"]})
    assert value(evaluate(source, entities=["PHONE_NUMBER"]), "pii_hits") == 0
    low = evaluate(source, entities=["PHONE_NUMBER"], thresholds={"PHONE_NUMBER": 0.4})
    assert value(low, "pii_hits") == 1
    assert low.find("pii_hits", slice={"entity": "EMAIL_ADDRESS"}) == ()
    assert any("EMAIL_ADDRESS" in missing.what for missing in low.coverage.not_tested)
    table = next(table for table in low.tables if table.id == "entities")
    assert table.rows[0][:3] == ("PHONE_NUMBER", "high", 0.4)


@pytest.mark.parametrize(
    "parameters",
    [
        {"entities": ["EMAIL"]},
        {"entities": []},
        {"entities": "EMAIL_ADDRESS"},
        {"thresholds": {"EMAIL_ADDRESS": 2}},
        {"thresholds": {"NOTHING": 0.5}},
        {"thresholds": [1]},
        {"columns": ["nowhere"]},
        {"columns": "note"},
        {"countries": ["atlantis"]},
        {"sample": 0},
        {"sample": True},
        {"engine": "slow"},
        {"max_examples": -1},
        {"level": 1},
    ],
    ids=str,
)
def test_a_parameter_that_makes_no_sense_is_refused(parameters):
    with pytest.raises(UsageError) as raised:
        evaluate(table_from(TABLE), **parameters)
    assert raised.value.do or raised.value.what


def test_parameters_are_recorded():
    result = Pii(max_examples=1).evaluate(Inputs("pii", {"source": table_from(TABLE)}))
    assert result.parameters["max_examples"] == 1
    assert result.parameters["engine"] == "fast"


# ---------------------------------------------------------------------------------------------------------------------
# Exactness


def test_both_engines_say_the_same():
    rng = random.Random(6)
    source = table_from({"a": [document(rng, 5) for _ in range(80)], "phone": [2125550000 + n for n in range(80)]})
    fast, stock = evaluate(source), evaluate(source, engine="stock")
    assert fast.measurements == stock.measurements
    assert fast.findings == stock.findings
    assert "equivalence: " in fast.method
    assert any(s.what.startswith("cells on which") and s.scanned == s.total > 50 for s in fast.coverage.scanned)


def test_where_the_engines_differ_the_stock_engine_does_it_all():
    class Blind:
        """A fast engine that sees nothing."""

        def analyze(self, text, context=()):
            return []

    good = engine.detector()
    blind = object.__new__(engine.Detector)
    blind.__dict__.update(good.__dict__, _fast=Blind(), _remembered=type(good._remembered)())
    source = table_from({"a": ["x@example.com", "nothing"]})
    engine._detectors[None] = blind
    try:
        result = evaluate(source)
    finally:
        engine._detectors[None] = good
    assert result.measurements == evaluate(source).measurements
    assert "differed on 1 of 2 cells" in result.method
    assert value(result, "pii_hits", entity="EMAIL_ADDRESS") == 1


# ---------------------------------------------------------------------------------------------------------------------
# Nothing gets out

people = st.from_regex(r"[a-z]{5,9}", fullmatch=True)
numbers = st.from_regex(r"[2-9][0-9]{2}555[0-9]{4}", fullmatch=True)
cards = st.from_regex(r"4[0-9]{14}", fullmatch=True).map(with_luhn)


@settings(max_examples=12, deadline=None)
@given(people, people, numbers, cards, st.integers(10**8, 10**9 - 1))
def test_planted_personal_data_are_found_and_stand_in_no_output(first, last, phone, card, ssn):
    email = f"{first}.{last}x@mail-{last}.example.com"
    social = f"{100 + ssn % 500}-{11 + ssn % 80}-{1000 + ssn % 9000}"
    secret = f"sk_live_{first}{last}0123456789"
    formatted = f"({phone[:3]}) {phone[3:6]}-{phone[6:]}"
    planted = [email, social, secret, formatted, phone, card]
    source = table_from(
        {
            "note": [f"{email} owes, call phone {formatted}", f"ssn {social}", f"key {secret}", f"card {card}"],
            "phone": [int(phone)] * 4,
        }
    )
    result = evaluate(source)
    assert value(result, "pii_row_rate") == 1
    shown = canonical.dumps(result).decode()
    for raw in (*planted, f"{first}.{last}x", social.replace("-", ""), secret[8:], formatted[1:]):
        assert raw not in shown
    assert {"entity.email_address", "entity.stripe_key"} <= {f.key for f in result.findings}


def test_an_error_names_no_value():
    class Failing:
        def analyze(self, text, *rest, **more):
            raise ValueError(f"Did not find word '{text}'")

    good = engine.detector()
    broken = object.__new__(engine.Detector)
    broken.__dict__.update(good.__dict__, _fast=Failing(), _remembered=type(good._remembered)())
    with pytest.raises(CardwrightError) as raised:
        broken.scan(["jane.roe@example.com"])
    assert "jane" not in str(raised.value)


def test_a_stream_is_read_in_batches():
    """Only a few batches are in memory at a time: a source that hands out thousands is read one by one."""
    source = table_from({"note": ["a@example.com"] * 10})
    alive, most = 0, 0

    class Many:
        schema = pa.schema([("note", pa.string())])

        def batches(self, columns=None):
            nonlocal alive, most
            for _ in range(50):
                alive += 1
                most = max(most, alive)
                try:
                    yield pa.record_batch({"note": ["a@example.com", "b"]})
                finally:
                    alive -= 1

    streamed = replace(source, rows=Many(), ref=source.ref.model_copy(update={"rows": 100}))
    result = evaluate(streamed)
    assert value(result, "pii_hits", entity="EMAIL_ADDRESS") == 50
    assert most == 1
