"""Numbers in exports read back as the same numbers, and rows are named in words."""

from hypothesis import given
from hypothesis import strategies as st
from tests import kind_folders
from tests.strategies import good_record

from cardwright import documents
from cardwright.documents.exports.words import exact, only_in_record, parts, rows_of, without_a_place, without_people
from cardwright.record import Answer, Measured


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60))
def test_the_text_of_a_number_reads_back_as_the_same_number(value):
    assert float(exact(value)) == float(value)


def test_whole_numbers_have_no_decimal_point():
    assert [exact(value) for value in (3, 3.0, -0.5, 1e300)] == ["3", "3", "-0.5", "1e+300"]


def measured(**more):
    return Measured(metric="accuracy", value=0.5, unit="proportion", direction="higher_is_better", **more)


def test_rows_are_named_by_everything_that_tells_them_apart():
    found = rows_of(measured(slice={"sex": "female", "race": None}, of_class="yes", at={"threshold": 0.5, "k": 10}))
    assert found == "race = unknown; sex = female; class yes; threshold 0.5; k 10"
    assert rows_of(measured(across=("sex", "race"), given=("age",))) == "across sex x race; given age"
    assert rows_of(measured()) == "all rows"


def test_answers_without_a_place_are_those_that_were_given_and_not_placed():
    record = good_record()
    said = {"funding": "Our own budget.", "standards": "ISO/IEC 42001.", "summary": "It orders a queue."}
    answers = {name: Answer(text=text, stated_by="A", stated_on="2026-11-23") for name, text in said.items()}
    told = record.model_copy(update={"details": record.details.model_copy(update={"answers": answers})})
    assert dict(without_a_place(told, {"summary"})) == {
        "standards": "ISO/IEC 42001.",
        "funding": "Our own budget.",
    }


def test_every_part_is_held_or_counted():
    one = documents.Edition(record=good_record())
    counted = parts(one)
    assert counted["measured"] == sum(isinstance(m, Measured) for e in one.record.evaluations for m in e.measurements)
    assert 0 not in counted.values()
    assert only_in_record(one, {"measured"}) == {name: count for name, count in counted.items() if name != "measured"}
    assert only_in_record(one, counted) == {}


def test_an_answer_without_people_keeps_the_rest_of_it():
    record = good_record()
    stated = {"stated_by": "A", "stated_on": "2026-11-23"}
    risk = {
        "risk": "Stale", "evaluated": "yes", "threshold": "none", "mitigation": "m", "residual": "low", "decision": "accept",
        "accepted_by": "Bo Lind",
    }  # fmt: skip
    answers = {
        "risks": Answer(entries=(risk,), **stated),
        "owners": Answer(entries=({"name": "Bo Lind", "role": "owner", "contact": "b@example.com"},), **stated),
        "funding": Answer(text="Our own budget.", **stated),
    }
    told = record.model_copy(update={"details": record.details.model_copy(update={"answers": answers})})
    assert "Bo" not in without_people(told, "risks")
    assert without_people(told, "risks").startswith("risk: Stale; ")
    assert without_people(told, "owners") == "role: owner"
    assert without_people(told, "funding") == "Our own budget."
    assert without_people(told, "standards") is None


def test_the_answers_of_a_kind_of_document_are_counted_apart(tmp_path):
    record = kind_folders.work(
        kind_folders.definition(tmp_path), decision="stop", reason="The gain vanished with the second seed there."
    )
    counted = parts(documents.Edition(record=record))
    own = [name for name in ("decision", "reason", "harms") if record.provided(name)]
    assert len(own) >= 2
    assert counted["answers_of_its_kind"] == len(own)
    assert counted["answers"] == 2  # owners and people_concerned, which every kind can ask
