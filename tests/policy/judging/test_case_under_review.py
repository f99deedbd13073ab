"""What the rules share of a case: claims that still stand, and measurements that are found by their rows."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import NOW, good_case, good_record

from cardwright.policy.judging.case_under_review import review_of, rows
from cardwright.record import Withdraw

SLICES = st.dictionaries(st.sampled_from(["sex", "race", "age"]), st.none() | st.sampled_from(["a", "b"]), max_size=3)


@given(SLICES)
def test_rows_are_the_same_in_whatever_order_their_attributes_are_named(slice_):
    assert rows(slice_) == rows(dict(reversed(slice_.items())))


@given(st.lists(SLICES, max_size=8), SLICES)
def test_the_measurements_about_some_rows_are_those_that_looking_through_all_of_them_finds(slices, asked):
    first = good_record().evaluations[0].measurements[0]
    measurements = tuple(first.model_copy(update={"slice": slice_}) for slice_ in slices)
    evaluation = good_record().evaluations[0].model_copy(update={"measurements": measurements})
    record = good_record().model_copy(update={"evaluations": (evaluation,)})
    review = review_of(replace(good_case(), record=record), NOW)
    assert list(review.about(evaluation.id, first.metric, asked)) == [m for m in measurements if m.slice == asked]


def test_what_was_withdrawn_does_not_stand():
    case = good_case()
    taken_back = case.claims[0]
    withdrawal = Withdraw(person="A", key="1" * 64, role="owner", at=NOW, claim=taken_back.id, reason="wrong")
    claims = review_of(replace(case, claims=(*case.claims, withdrawal)), NOW).claims
    assert taken_back not in claims
    assert set(case.claims[1:]) <= {*claims}
