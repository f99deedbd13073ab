"""The evaluator as a plan uses it: what is counted, what is said, and that nothing gets out."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

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
from cardwright.evaluators.pii.columns import eligible, plan
from cardwright.evaluators.pii.measure import settings_of
from cardwright.evaluators.pii.tally import Scan
from cardwright.record import canonical
from cardwright.record.evaluation import Evaluation
from cardwright.record.measurement import Measured, Unmeasured
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


def test_every_rate_has_its_interval_and_denominator():
    from cardwright.statistics.intervals import wilson

    result = evaluate(table_from(TABLE), level=0.9)
    for rate in result.find("pii_row_rate"):
        assert isinstance(rate, Measured)
        bounds = wilson(rate.numerator, rate.denominator, 0.9)
        assert rate.denominator == 5
        assert (rate.interval.lower, rate.interval.upper) == (bounds.lower, bounds.upper)
        assert rate.direction == "lower_is_better"


def test_findings_carry_severity_column_and_masked_examples():
    found = {f.key: f for f in evaluate(table_from(TABLE)).findings}
    assert {key: (f.severity, f.where, f.count) for key, f in found.items()} == {
        "entity.email_address": ("high", "note", 3),
        "entity.phone_number": ("high", "phone", 2),
        "entity.url": ("low", "note", 1),
        "heading.direct_identifier.phone": ("high", "phone", None),
        "heading.quasi_identifier.age": ("low", "age", None),
    }
    assert set(found["entity.email_address"].examples) == {"EMAIL_ADDRESS j***@e***.*** (11 to 20 characters)"}


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


def test_personal_data_that_only_the_response_holds_are_counted_apart():
    source = interactions_from(
        [
            exchange(1, "My address is jane@example.com", "Thank you, JANE@example.com is noted."),
            exchange(2, "Who runs it?", "Write to boss@example.com."),
            exchange(3, "Who helps?", "Call +1 (212) 555-2368.", system="Our desk: +1 212 555 2368. Be brief."),
            exchange(4, "Hello", "Hello!"),
        ]
    )
    result = evaluate(source)
    assert value(result, "pii_row_rate", column="response") == 3 / 4
    assert value(result, "pii_row_rate", column="prompt") == 1 / 4
    assert value(result, "pii_row_rate", column="system") == 1 / 4
    assert value(result, "pii_new_in_response_rate") == 2 / 4
    assert value(result, "pii_new_in_response_rate", entity="EMAIL_ADDRESS") == 1 / 4
    table = next(table for table in result.tables if table.id == "responses")
    assert table.rows == (("EMAIL_ADDRESS", 1.0, 0.0, 1.0), ("PHONE_NUMBER", 0.0, 1.0, 0.0))
    assert any("1 in neither" in f.explanation or "and 1 in neither" in f.explanation for f in result.findings)


def test_interactions_without_an_answer_are_not_responses():
    source = interactions_from([exchange(1, "a@example.com", ""), exchange(2, "Hello", "Hi")])
    (rate,) = evaluate(source).find("pii_new_in_response_rate", slice={})
    assert (rate.value, rate.denominator) == (0.0, 1.0)


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


def test_a_table_without_an_eligible_column_is_not_applicable_and_shows_its_schema():
    result = evaluate(table_from({"units": [31, 42], "ratio": [0.5, 0.25], "flag": [True, False]}))
    assert result.not_applicable is not None
    assert "units (int64: its whole numbers have at most 2 digits" in result.not_applicable
    assert "ratio (double" in result.not_applicable
    assert {m.code for m in result.measurements if isinstance(m, Unmeasured)} == {"not_applicable"}
    assert result.measurements
    assert not result.findings


def test_numbers_that_pass_a_checksum_as_often_as_chance_are_pointed_out_and_not_called_cards():
    rng = random.Random(7)
    arbitrary = [rng.randrange(4 * 10**15, 5 * 10**15) for _ in range(400)]
    cards = [int(with_luhn(str(n // 10))) for n in arbitrary]
    by_chance = evaluate(table_from({"reference": arbitrary}), entities=["CREDIT_CARD"])
    for_real = evaluate(table_from({"reference": cards}), entities=["CREDIT_CARD"])
    named = evaluate(table_from({"credit_card": arbitrary}), entities=["CREDIT_CARD"])
    assert [f.severity for f in by_chance.findings] == ["medium"]
    assert "as arbitrary digits would" in by_chance.findings[0].explanation
    in_cells = [f for f in (*for_real.findings, *named.findings) if f.key.startswith("entity.")]
    assert [f.severity for f in in_cells] == ["critical", "critical"]


def test_numbers_that_may_be_telephone_numbers_are_pointed_out():
    numbers = [2125550000 + place for place in range(30)]
    result = evaluate(table_from({"contact": numbers}), entities=["PHONE_NUMBER"])
    assert value(result, "pii_hits") == 0
    assert [(f.key, f.severity, f.count) for f in result.findings] == [("possible.phone_number", "medium", 30)]


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


def test_a_sample_is_said_to_be_one_and_is_the_same_each_time():
    source = table_from({"note": [f"user{n}@example.com" if n % 2 else "none" for n in range(200)]})
    first, again, other = (evaluate(source, sample=50, seed=seed) for seed in (1, 1, 2))
    assert first.completeness == "sampled"
    assert first.coverage.scanned[0].scanned == 50
    assert canonical.dumps(first) == canonical.dumps(again)
    assert first.findings[0].examples != other.findings[0].examples or first.measurements != other.measurements
    assert 0.25 < value(first, "pii_row_rate") < 0.75
    assert evaluate(source, sample=500).completeness == "complete"


def test_a_sample_of_interactions():
    source = interactions_from([exchange(n, f"user{n}@example.com", "ok") for n in range(30)])
    result = evaluate(source, sample=10)
    assert (result.completeness, result.coverage.scanned[0].scanned) == ("sampled", 10)


# ---------------------------------------------------------------------------------------------------------------------
# Exactness


def test_tallies_add_up_in_any_order():
    rng = random.Random(4)
    detector = engine.detector()
    batch = pa.record_batch(
        {"a": [document(rng, 5) for _ in range(40)], "b": [document(rng, 3) if n % 3 else None for n in range(40)]}
    )
    chosen = plan(batch.schema, eligible(batch.schema, None), _no_numbers(), None, detector.context_words)
    inputs = Inputs("pii", {})
    scan = Scan(detector, settings_of(Pii(), detector, inputs), chosen, False)
    whole = scan.tally(inputs, batch)
    cuts = [0, 1, 7, 20, 33, 40]
    parts = [scan.tally(inputs, batch.slice(a, b - a)) for a, b in pairwise(cuts)]
    rng.shuffle(parts)
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    assert total == whole


def _no_numbers():
    from cardwright.evaluators.pii.columns import SurveyTally

    return SurveyTally()


def test_workers_change_nothing():
    rng = random.Random(5)
    source = table_from({"a": [document(rng, 4) for _ in range(60)]})
    one, four = (Pii().evaluate(Inputs("pii", {"source": source}, workers=n)) for n in (1, 4))
    assert canonical.dumps(one) == canonical.dumps(four)


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


def test_the_tally_does_not_grow_with_the_rows():
    rng = random.Random(8)
    detector = engine.detector()
    scan = settings_of(Pii(), detector, Inputs("pii", {}))
    from cardwright.evaluators.pii.columns import of_texts
    from cardwright.evaluators.pii.tally import tally_cells

    tally = tally_cells(detector, scan, 300, [of_texts("a", [document(rng, 4) for _ in range(300)])])
    assert len(tally.with_hits.entries) <= 50
    assert len(tally.without.entries) <= 50
    assert all(len(sample.entries) <= 4 * scan.max_examples for sample in tally.examples.values())


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


def test_personal_data_in_the_name_of_a_column_are_found_and_masked():
    result = evaluate(table_from({"jane.roe@example.com": ["a", "b"], "note": ["x", "y"]}))
    assert [(f.key, f.severity, f.where) for f in result.findings] == [
        ("column_name.email_address", "high", "names of columns")
    ]
    assert "jane.roe" not in canonical.dumps(result).decode()
    assert result.find("pii_row_rate", slice={"column": "column 1 (name withheld)"})


def test_what_is_said_is_no_personal_data_itself():
    """A record's free text and examples are scanned when it is assembled; masked ones must pass."""
    from cardwright.evaluators.pii.text import scan_light, scan_text

    rng = random.Random(9)
    result = evaluate(table_from({"note": [document(rng, 6) for _ in range(150)]}), max_examples=20)
    texts = [
        result.question,
        result.method,
        *result.limits,
        *(t.what + ": " + t.why for t in result.coverage.not_tested),
    ]
    texts += [text for finding in result.findings for text in (finding.explanation, *finding.examples)]
    assert len(texts) > 80
    assert [text for text in texts if scan_light(text)] == []
    assert [text for text in texts if any(hit.entity != "DATE_TIME" for hit in scan_text(text))] == []


def test_names_of_columns_that_look_alike_stay_apart():
    long = "x" * 250
    result = evaluate(table_from({f"{long}1": ["a@example.com"], f"{long}2": ["b@example.com"]}))
    assert len({f.where for f in result.findings}) == 2


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


def test_what_could_not_be_read_makes_it_partial():
    source = table_from({"note": ["a", "b"], "photo": [b"a", b"b"]})
    result = evaluate(source)
    assert result.completeness == "partial"
    assert any("photo" in missing.what and "bytes" in missing.why for missing in result.coverage.not_tested)


def test_kinds_that_no_detector_sees_are_said():
    words = " ".join(missing.what for missing in evaluate(table_from(TABLE)).coverage.not_tested)
    assert all(kind in words for kind in ("PERSON", "LOCATION", "ORGANIZATION", "images", "other languages"))
