"""Windows cover a text, overlap, and what they find together is found once."""

from hypothesis import given
from hypothesis import strategies as st

from cardwright.sources.interface import NamedSpan
from cardwright.sources.ner.windows import in_batches, pieces, together, trimmed


@given(st.text(alphabet="ab \n", max_size=300), st.integers(8, 60), st.integers(1, 7))
def test_windows_cover_every_character_and_are_no_longer_than_asked(text, size, overlap):
    found = [*pieces(text, size, overlap)]
    assert all(len(piece) <= size and text[start : start + len(piece)] == piece for start, piece in found)
    covered = {place for start, piece in found for place in range(start, start + len(piece))}
    assert covered == set(range(len(text)))


@given(st.integers(0, 400))
def test_a_name_shorter_than_the_overlap_is_seen_whole_by_a_window(at):
    text = "x " * (at // 2) + "Ada Lovelace" + " y" * 200
    start = text.index("Ada")
    assert any(begins <= start and start + 12 <= begins + len(piece) for begins, piece in pieces(text, 100, 40))


def test_of_one_kind_the_longer_of_two_that_overlap_stays():
    short, long = NamedSpan(0, 3, "PERSON", 0.99), NamedSpan(0, 12, "PERSON", 0.6)
    other = NamedSpan(4, 12, "ORGANIZATION", 0.5)
    assert together([short, long, long, other]) == (long, other)


def test_blanks_at_the_edges_belong_to_no_name():
    assert trimmed("  Ada \n", 0, 7) == (2, 5)
    assert trimmed("   ", 0, 3) == (3, 3)


def test_windows_of_like_length_go_together():
    items = [(0, 0, "long text"), (1, 0, "a"), (2, 0, "longer text"), (3, 0, "b")]
    assert [[number for number, _, _ in batch] for batch in in_batches(items, 2)] == [[1, 3], [0, 2]]
