"""Claims: which of them still stand, who is one person, and whose terms are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from tests.strategies import good_case, good_record, waiver

from cardwright.record import Attest, Preregister, SignOff, Withdraw, canonical
from cardwright.record.claim import Claim, authors, live, makers, same_name, same_person

PLAN, MANIFEST = "1" * 64, "7" * 64


def wrote(person="Ada", key="a", **more):
    said = {"role": "author", "at": "2026-11-19T00:00:00Z", "meaning": "authorship", "plan_sha256": PLAN}
    return Preregister(**{"id": key * 64, "person": person, "key": key * 64, **said, **more})


def approved(person="Ada", key="a", **more):
    said = {"role": "author", "at": "2026-11-19T00:00:00Z", "decision": "approve", "meaning": "authorship"}
    return SignOff(
        **{"id": key * 63 + "1", "person": person, "key": key * 64, "manifest_sha256": MANIFEST, **said, **more}
    )


def withdrawn(claim, key="f"):
    return Withdraw(
        id="e" * 64, person="Z", key=key * 64, role="r", at="2026-11-20T00:00:00Z", claim=claim.id, reason="Wrong."
    )


@pytest.mark.parametrize("claim", [*good_case().claims, *waiver(good_record(), "b" * 64, "gap", "failed")])
def test_every_kind_of_claim_survives_the_round_trip_exactly(claim):
    written = canonical.dumps(claim)
    again = TypeAdapter(Claim).validate_json(written)
    assert (type(again), canonical.dumps(again)) == (type(claim), written)


def test_the_id_that_a_trust_file_gives_a_person_is_never_written():
    known = wrote().model_copy(update={"person_id": "ada"})
    assert b"person_id" not in canonical.dumps(known)
    assert canonical.dumps(known) == canonical.dumps(wrote())


def test_a_claim_that_was_withdrawn_no_longer_stands_and_the_withdrawal_does():
    first, second = wrote(), wrote("Ben", "b")
    taken_back = withdrawn(first)
    assert live([first, second, taken_back]) == [second, taken_back]


def test_withdrawing_the_release_as_a_whole_withdraws_no_single_claim():
    whole = withdrawn(wrote()).model_copy(update={"claim": None})
    assert live([wrote(), whole]) == [wrote(), whole]


def test_a_claim_without_an_id_cannot_be_named_by_a_withdrawal():
    nameless = wrote().model_copy(update={"id": None})
    assert live([nameless, withdrawn(nameless)]) == [nameless, withdrawn(nameless)]


@given(st.permutations([wrote(), wrote("Ben", "b"), approved("Cy", "c"), withdrawn(wrote())]))
def test_what_stands_does_not_depend_on_the_order(claims):
    assert {claim.id for claim in live(claims)} == {"b" * 64, "c" * 63 + "1", "e" * 64}


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"person": "Somebody Else"}, True),  # one key is one person
        ({"key": "b" * 64}, True),  # and so is one name
        ({"key": "b" * 64, "person": " ADA "}, True),
        ({"key": "b" * 64, "person": "\uff21da"}, True),
        ({"key": "b" * 64, "person": "Ben"}, False),
        ({"key": "b" * 64, "person": "Ben", "person_id": "p1"}, True),
        ({"key": "b" * 64, "person": "Ben", "person_id": "p2"}, False),
    ],
)
def test_two_claims_are_of_one_person_where_key_id_or_name_is_shared(changes, same):
    one = wrote().model_copy(update={"person_id": "p1"})
    other = one.model_copy(update={"person_id": None, **changes})
    assert same_person(one, other) == same_person(other, one) == same


def test_a_missing_id_makes_nobody_another_person():
    one, other = wrote(), wrote("Ben", "b")
    assert not same_person(one, other)
    assert one.person_id is other.person_id is None


@given(st.text("abcXYZ \u00e9\u00c4", min_size=1, max_size=20))
def test_a_name_is_the_same_whatever_its_case_and_spaces(name):
    assert same_name(name, f"  {name}\t")
    assert same_name(name.casefold(), name)


def test_the_author_is_who_signed_as_the_author_of_this_plan_or_made_this_dossier():
    other_plan = wrote("Ben", "b", plan_sha256="2" * 64)
    reader = wrote("Cy", "c", meaning="review")
    maker = approved("Dee", "d")
    other_maker = approved("Eve", "e", manifest_sha256="8" * 64)
    claims = [wrote(), other_plan, reader, maker, other_maker]
    assert [claim.person for claim in authors(claims, PLAN, MANIFEST)] == ["Ada", "Dee"]
    assert [claim.person for claim in makers(claims, MANIFEST)] == ["Dee"]


def test_who_rejects_a_dossier_or_withdraws_having_made_it_is_not_its_maker():
    assert makers([approved(decision="reject")], MANIFEST) == []
    assert authors([wrote(), withdrawn(wrote())], PLAN, MANIFEST) == []


def test_terms_are_the_same_only_if_every_one_of_them_is():
    asked, granted = waiver(good_record(), "b" * 64, "gap", "failed", bound=0.2)
    assert asked.terms == granted.terms
    for change in ({"bound": 0.3}, {"reason": "x"}, {"controls": "x"}, {"expires": "2026-12-21"}, {"count": 1},
                   {"severity": "low"}, {"evidence_sha256": "c" * 64}, {"policy_sha256": "d" * 64}):  # fmt: skip
        assert granted.model_copy(update=change).terms != asked.terms, change


def test_an_answer_is_one_of_three():
    (attest,) = [claim for claim in good_case().claims if isinstance(claim, Attest)]
    with pytest.raises(ValidationError):
        Attest.model_validate({**attest.model_dump(), "answer": "perhaps"})
