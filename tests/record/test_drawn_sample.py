"""Rows are committed, somebody else's number draws, people label: whatever is exchanged in between shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.samples import calibration_of, chain_of

pytest.importorskip("numpy", reason="statistics need the tabular extra")

from cardwright.record import drawn_sample as d
from cardwright.statistics.agreement import krippendorff_alpha

CHAIN = chain_of("Ann", "Bob")


@given(st.lists(st.booleans(), max_size=70))
def test_flags_come_back_as_they_were_packed(flags):
    assert d.unpacked(d.packed(flags), len(flags)) == flags


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(2, 80), st.text("ab", max_size=5))
def test_as_many_are_drawn_as_asked_for_and_none_twice(flags, size, seed):
    names = [str(i) for i in range(len(flags))]
    found = d.drawn(names, flags, size, seed)
    assert len(set(found)) == len(found) == min(size, len(flags))


@given(st.permutations([*"abcdef"]))
def test_the_digest_of_rows_does_not_know_their_order(contents):
    assert d.rows_digest(contents) == d.rows_digest("abcdef")


def test_every_case_is_about_as_likely_to_be_drawn():
    """Over 400 nonces none of 20 cases is drawn much oftener than the half that is due to it."""
    names, flags = [f"{i}" for i in range(20)], [i % 2 == 0 for i in range(20)]
    counts = [0] * 20
    for n in range(400):
        for i in d.drawn(names, flags, 10, d.seed_from("c", str(n))):
            counts[i] += 1
    assert min(counts) > 140
    assert max(counts) < 260


def test_another_nonce_draws_another_sample():
    other = chain_of(nonce="6" * 64)
    assert {name for name, _ in d.cases_of(CHAIN)} != {name for name, _ in d.cases_of(other)}


def test_a_chain_that_was_made_as_it_should_be_holds():
    assert d.flaw(CHAIN) is None
    assert calibration_of(CHAIN).flaw() is None


def changed(value, **update):
    return value.model_copy(update=update)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (changed(CHAIN, outcomes=d.packed([False] * 60 + [True] * 90)), "not what was committed"),
        (changed(CHAIN, commitment=changed(CHAIN.commitment, size=20)), "for another commitment"),
        (changed(CHAIN, commitment=changed(CHAIN.commitment, rows="c" * 64)), "for another commitment"),
        (changed(CHAIN, nonce=changed(CHAIN.nonce, nonce="6" * 64)), "are of another sample"),
        (changed(CHAIN, labels=(changed(CHAIN.labels[0], labels={"f" * 12: "refusal"}),)), "were not drawn"),
        (changed(CHAIN, labels=(CHAIN.labels[0], CHAIN.labels[0])), "labelled twice"),
    ],
)
def test_a_step_that_was_exchanged_shows(broken, why):
    assert why in d.flaw(broken)


def test_whoever_draws_again_is_found_out_by_the_labels():
    """A second nonce, kept because its cases are easy, is another digest than the labels name."""
    again = changed(CHAIN.nonce, nonce="7" * 64)
    assert "another sample" in d.flaw(changed(CHAIN, nonce=again))


def test_nothing_is_labelled_before_it_is_drawn():
    with pytest.raises(ValueError, match="before it is drawn"):
        d.SampleChain(commitment=CHAIN.commitment, outcomes=CHAIN.outcomes, labels=CHAIN.labels)


def test_more_labels_than_were_committed_are_a_flaw():
    assert d.flaw(chain_of("Ann", "Bob", planned=1)) == "2 have labelled, and 1 were committed"


@given(st.lists(st.tuples(*[st.sampled_from(["yes", "no", ""])] * 3), max_size=20))
def test_agreement_is_that_of_the_statistics(rows):
    """Counted here without numpy, so that the gate stays fast."""
    sheets = [{str(i): row[who] for i, row in enumerate(rows)} for who in range(3)]
    tables = [[row.count(word) for word in ("yes", "no")] for row in rows if sum(word != "" for word in row) >= 2]
    found, expected = d.krippendorff(sheets, [str(i) for i in range(len(rows))]), None
    if tables:
        expected = krippendorff_alpha(tables)
    assert (found is None) == (expected is None)
    if found is not None:
        assert found == (pytest.approx(expected.estimate, abs=1e-9), len(tables))
