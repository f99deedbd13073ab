"""Whether bytes are canonical is answered fast, and never otherwise than by writing the value out by RFC 8785."""

import json
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from tests.strategies import good_record

from cardwright.errors import IntegrityError
from cardwright.record import Record, RunFacts, canonical
from cardwright.record.base import Value

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(min_value=-1e-3, max_value=1e-3),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.integers(-400, 400).map(lambda n: float(f"1.25e{n}") if n < 308 else float(n)),
)
# Text that looks like the numbers, keys and ends among which the fast way looks for them.
TRAPS = st.lists(
    st.sampled_from([":", ",", "[", "]", '"', "\\", "1e-05", "-2.5e-07", "1.0", "0", "e+", "-0", "1" * 16]), max_size=6
)
TEXT = st.one_of(
    st.text(max_size=8), TRAPS.map("".join), st.text(alphabet="\ue000\uffff\U0001f600a\x7f\n\x00", max_size=4)
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXT),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def written(value, way):
    """JSON of a value, canonical or as other programs write it."""
    if way == "canonical":
        return canonical.dumps(value)
    options = {
        "python": {"separators": (",", ":"), "sort_keys": True, "ensure_ascii": False},
        "unsorted": {"separators": (",", ":"), "ensure_ascii": False},
        "spaced": {"sort_keys": True, "ensure_ascii": False},
        "ascii": {"separators": (",", ":"), "sort_keys": True},
    }
    return json.dumps(value, **options[way]).encode("utf-8")


@given(VALUES, st.sampled_from(["canonical", "canonical", "python", "unsorted", "spaced", "ascii"]))
def test_the_fast_answer_is_that_of_writing_the_value_out(value, way):
    try:
        data = written(value, way)
    except (UnicodeEncodeError, IntegrityError):  # a lone surrogate, which neither form can hold
        return
    try:
        read = canonical.loads(data)
        expected = canonical.dumps(read) == data
    except IntegrityError:
        return
    assert canonical.is_canonical(read, data) == expected
    if way == "canonical":
        assert expected


@given(VALUES, st.data())
def test_no_changed_byte_is_taken_for_canonical_unless_it_is(value, data):
    try:
        text = bytearray(canonical.dumps([value]))
    except IntegrityError:
        return
    place = data.draw(st.integers(0, len(text) - 1))
    text[place] = data.draw(st.sampled_from(list(b'0123456789.eE+- ,:[]{}"\\')))
    try:
        read = canonical.loads(bytes(text))
        expected = canonical.dumps(read) == text
    except IntegrityError:
        return
    assert canonical.is_canonical(read, bytes(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[1.0]", "[-0]", "[-0.0]", "[1e-05]", "[0.000001]", "[1e-7]", "[1e-07]", "[1.5e-9]", "[1e-10]", "[1e16]", "[1e+16]", "[1e+21]", "[1E5]",
        "[100]", "[0.1]", "[0.10]", '[",1e-05,"]', '[":1.0,"]', '{"a":1.0}', '{"b":1,"a":2}', '{"a":1e-06}', '["\\u0041"]', '["\\u001f"]', '["\\u001F"]',
        '["\\/"]', "[ 1]", "[1]\n", "1.0", "1", '"a"', '"\\u0061"', "{}", "[]", '{"\ue000":1,"\U00010000":2}', '{"\U00010000":2,"\ue000":1}', "[9007199254740991]",
    ],
)  # fmt: skip
def test_each_way_of_writing_a_value_is_told_apart(text):
    data = text.encode()
    read = canonical.loads(data)
    assert canonical.is_canonical(read, data) == (canonical.dumps(read) == data)


@pytest.mark.parametrize("text", ["[9007199254740992]", "[1e999]", "[-1e999]", '["\\ud800"]'])
def test_what_has_no_canonical_form_is_refused(text):
    with pytest.raises(IntegrityError, match="no canonical JSON form"):
        canonical.read(text.encode(), where="x.json")


def test_a_number_of_five_thousand_digits_is_refused_with_the_place():
    with pytest.raises(IntegrityError, match=r"^x\.json: a number with too many digits"):
        canonical.read(b"[" + b"1" * 5_000 + b"]", where="x.json")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b'{"status": "fail", "status": "pass"}', "appears twice"),
        (b'{"value": NaN}', "NaN"),
        (b'{"value": -Infinity}', "Infinity"),
        (b'{"value": 1', "line 1"),
        (b"\xff\xfe", "UTF-8"),
        (b"[" * 100_000, "nested"),
        (b"", "line 1"),
    ],
)
def test_json_that_is_not_strict_is_refused_with_the_place(data, what):
    with pytest.raises(IntegrityError, match=what):
        canonical.loads(data, where="record.json")


def test_an_integer_that_json_readers_would_change_is_refused():
    with pytest.raises(IntegrityError):
        canonical.dumps({"n": 2**53})


def test_canonical_json_follows_rfc_8785():
    """Numbers as ECMAScript writes them, keys by UTF-16 code units: the example values of RFC 8785, section 3.2.2 and 3.2.3."""
    assert canonical.dumps({"b": 1e-7, "a": 1.0, "€": 1e21}) == '{"a":1,"b":1e-7,"€":1e+21}'.encode()


def test_a_key_is_named_whole_or_not_at_all():
    """Half an address at the end of a message is none to what masks it."""
    key = "k" * 70 + "-zeb.warr@corp-mail.com"
    with pytest.raises(IntegrityError, match="a key of more than 80 characters appears twice"):
        canonical.loads(json.dumps({key: 1})[:-1].encode() + f', "{key}": 2}}'.encode())


def test_a_file_larger_than_any_record_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(canonical, "MAX_BYTES", 2**20)
    with pytest.raises(IntegrityError, match=r"^x\.json: larger than 1 MB"):
        canonical.loads(b'"' + b"x" * 2**20 + b'"', where="x.json")


def test_bytes_that_are_not_canonical_are_refused_with_the_file():
    with pytest.raises(IntegrityError, match=r"^x\.json: not in canonical form"):
        canonical.read(b'{"b": 1, "a": 2}', where="x.json")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b'{"schema": "cardwright/verdict/1"}',
            "it is a cardwright/verdict/1, not a cardwright/run/1. Name the right file.",
        ),
        (
            b'{"schema": "cardwright/run/2"}',
            "and this cardwright reads up to cardwright/run/1. Install a newer release",
        ),
        (b'{"schema": "cardwright/run/1"}', "run_id: Field required (6 more). It does not fit the schema of RunFacts."),
        (b'{"schema": "mine"}', "schema: "),
        (b"[]", "(top): "),
        (b'{"schema": "cardwright/run/1", "+44 7911 123456": 1}', "more). It does not fit"),
    ],
)
def test_what_does_not_fit_is_told_by_its_format_or_its_first_key(data, said):
    with pytest.raises(IntegrityError) as raised:
        canonical.parse(RunFacts, data, where="run.json")
    assert said in str(raised.value)
    assert "7911" not in str(raised.value)


def test_a_file_of_an_earlier_version_is_to_be_brought_up_to_date():
    class Later(Value):
        schema_: Annotated[Literal["cardwright/run/3"], Field(alias="schema")]

    with pytest.raises(
        IntegrityError, match=r"it is cardwright/run/1, .* Bring it up to date: cardwright migrate FILE"
    ):
        canonical.parse(Later, b'{"schema": "cardwright/run/1"}', where="run.json")


def test_a_value_that_is_parsed_goes_by_the_digest_of_its_bytes():
    data = canonical.dumps(good_record())
    assert canonical.parse(Record, data, where="r").sha256 == canonical.digest(data)


def test_keys_that_could_be_data_are_not_repeated():
    assert canonical.path_in_words(("evaluate", 3, "group", "Ada Lovelace")) == "evaluate.3.group.(a key)"


class Line(Value):
    word: str


def test_lines_are_whole_canonical_and_named_by_their_number():
    good = canonical.dumps(Line(word="a")) + b"\n" + canonical.dumps(Line(word="b")) + b"\n"
    told = {"where": "words.jsonl", "do": "Take a whole copy."}
    assert [line.word for line in canonical.parse_lines(Line, good, **told)] == ["a", "b"]
    assert canonical.parse_lines(Line, b"", **told) == ()
    with pytest.raises(IntegrityError, match=r"words\.jsonl: its last line is cut off\. Take a whole copy\."):
        canonical.parse_lines(Line, good[:-1], **told)
    with pytest.raises(IntegrityError, match=r"words\.jsonl, line 2: not in canonical form"):
        canonical.parse_lines(Line, good.replace(b'"b"', b' "b"'), **told)
