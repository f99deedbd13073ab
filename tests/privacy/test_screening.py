"""No personal data gets into a record: what is marked as text is looked at, and an error never repeats what was seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import good_record

from cardwright.errors import PersonalDataError
from cardwright.privacy.screening import look, screen
from cardwright.record import Details, Measured
from cardwright.record.details import read_details

ADDRESS = "jo.public@example.org"
CARD = "4111 1111 1111 1111"
HEAD = {"stated_by": "A. Okafor", "stated_on": "2026-11-20"}


def test_a_good_record_holds_none():
    screen(good_record(), what="the record")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"Ask {ADDRESS}.", "EMAIL_ADDRESS"),
        (f"Paid with {CARD}.", "CREDIT_CARD"),
        ("phone: +44 20 7946 0958", "PHONE_NUMBER"),
        ("DE89 3704 0044 0532 0130 00", "IBAN_CODE"),
        ("password = 'Tr0ub4dor&3xyz'", "PASSWORD"),
    ],
)
def test_free_text_of_people_is_looked_at(text, kind):
    details = read_details({**HEAD, "limitations": f"Boston only. {text}"})
    with pytest.raises(PersonalDataError, match=f"{kind} in answers.limitations.text") as caught:
        screen(details, what="what people say")
    assert ADDRESS not in str(caught.value)
    assert "4111" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_how_an_owner_is_reached_may_stand_in_the_column_for_it_and_nowhere_else():
    owner = {"name": "A. Okafor", "role": "owner", "contact": ADDRESS}
    screen(read_details({**HEAD, "owners": [owner]}), what="people")
    wrong = {"name": ADDRESS, "role": "owner", "contact": "the desk"}
    assert [(s.field, s.entity) for s in look(read_details({**HEAD, "owners": [wrong]}))] == [
        ("answers.owners.entries.name", "EMAIL_ADDRESS")
    ]


def test_a_card_number_is_no_way_to_reach_an_owner():
    owner = {"name": "A. Okafor", "role": "owner", "contact": CARD}
    assert [s.entity for s in look(read_details({**HEAD, "owners": [owner]}))] == ["CREDIT_CARD"]


def test_labels_from_the_data_are_looked_at_in_keys_and_in_values():
    measured = next(m for e in good_record().evaluations for m in e.measurements if isinstance(m, Measured))
    by_value = measured.model_copy(update={"slice": {"applicant": ADDRESS}})
    by_key = measured.model_copy(update={"slice": {ADDRESS: "a"}})
    assert [s.entity for s in look(by_value)] == ["EMAIL_ADDRESS"]
    assert [s.entity for s in look(by_key)] == ["EMAIL_ADDRESS"]
    assert not any(ADDRESS in s.field for s in (*look(by_value), *look(by_key)))


def test_parameters_of_an_evaluation_are_looked_at():
    evaluation = good_record().evaluations[0].model_copy(update={"parameters": {"note": {"deep": [ADDRESS]}}})
    assert [s.entity for s in look(evaluation)] == ["EMAIL_ADDRESS"]


def test_a_digest_is_no_account_number():
    """Digests hold long runs of digits; they are typed fields, held to a pattern, and are not looked at."""
    record = good_record()
    digits = record.model_copy(
        update={"provenance": record.provenance.model_copy(update={"plan_sha256": "4111111111111111" * 4})}
    )
    assert list(look(digits)) == []


@given(st.text(alphabet=st.characters(whitelist_categories=("Ll",), max_codepoint=127), min_size=1, max_size=10))
def test_whoever_writes_an_address_is_stopped_and_not_quoted(name):
    address = f"{name}@example.org"
    details = Details.model_validate({"answers": {"summary": {"text": f"By {address} alone.", **HEAD}}})
    with pytest.raises(PersonalDataError) as caught:
        screen(details, what="details")
    assert address not in str(caught.value)
