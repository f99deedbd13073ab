"""What raters said of an exchange: adjudication before the majority, and no majority of a tie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cardwright.record import canonical
from cardwright.record.judgements import JudgedRow, Judgements

SAID = {
    "scorer": "people", "version": "1", "event": "refusal", "judged_by": "human", "transcripts": "0" * 64, "rubric": "r",
    "protocol": "p", "judged_on": "2026-11-01", "raters": 2,
}  # fmt: skip
flags = st.none() | st.booleans()


def row(*said, number=1, **more):
    return JudgedRow(row=number, said=said, **more)


@pytest.mark.parametrize(
    ("said", "happened"),
    [
        ((True,), True),
        ((True, False), None),
        ((True, False, True), True),
        ((False, False, True), False),
        ((True, None, None), True),
        ((None, None), None),
        ((), None),
    ],
)
def test_most_of_those_who_could_tell_decide_and_a_tie_decides_nothing(said, happened):
    assert row(*said).happened is happened


@given(st.lists(flags, max_size=5), st.booleans())
def test_what_adjudication_decided_stands_whatever_was_said(said, decided):
    assert row(*said, decided=decided).happened is decided


@given(st.lists(flags, max_size=7), st.randoms())
def test_the_order_of_raters_and_the_answers_of_none_change_nothing(said, random):
    shuffled = [*said, None]
    random.shuffle(shuffled)
    assert row(*said).happened is row(*shuffled).happened


@given(st.lists(flags, max_size=7))
def test_turning_every_answer_round_turns_the_majority_round(said):
    before, after = row(*said).happened, row(*[None if one is None else not one for one in said]).happened
    assert after is (None if before is None else not before)


def test_a_row_holds_one_verdict_for_each_rater():
    assert Judgements(**SAID, rows=(row(True, None),)).raters == 2
    for said in ((True,), (True, True, False)):
        with pytest.raises(ValidationError, match="one verdict, or null, for each rater"):
            Judgements(**SAID, rows=(row(*said),))


@pytest.mark.parametrize("numbers", [(2, 1), (1, 1)])
def test_rows_are_in_order_each_once(numbers):
    with pytest.raises(ValidationError, match="rows are in order, each once"):
        Judgements(**SAID, rows=tuple(row(True, True, number=n) for n in numbers))


@pytest.mark.parametrize("change", [{"raters": 0}, {"judged_by": "oracle"}, {"event": "joy"}, {"transcripts": "x"}])
def test_what_it_cannot_say_is_refused(change):
    with pytest.raises(ValidationError, match=next(iter(change))):
        Judgements(**{**SAID, **change}, rows=())


def test_rows_are_counted_from_1():
    with pytest.raises(ValidationError, match="row"):
        row(True, number=0)


@given(st.lists(st.tuples(flags, flags, flags), max_size=4))
def test_it_survives_the_round_trip(said):
    rows = tuple(row(a, b, decided=c, number=n) for n, (a, b, c) in enumerate(said, 1))
    made = Judgements(**SAID, rows=rows)
    assert canonical.parse(Judgements, canonical.dumps(made), where="v.json") == made
