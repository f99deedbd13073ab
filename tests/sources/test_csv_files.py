"""CSV files: types that hold for the whole file, values that stay as they are written, errors with a line and no cell."""

import csv
import io

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardwright.errors import SourceError
from cardwright.sources import csv_files
from cardwright.sources.csv_files import ColumnType
from cardwright.sources.files import open_rows


def read(tmp_path, text, name="x.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    rows = open_rows(path, where=name)
    return {
        field.name: (str(field.type), pa.Table.from_batches(rows.batches([field.name])).column(0).to_pylist())
        for field in rows.schema
    }


def refused(tmp_path, text):
    with pytest.raises(SourceError) as caught:
        read(tmp_path, text)
    assert caught.value.exit_code == 3
    return str(caught.value)


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-2", "0"], "int64", [1, -2, 0]),
        (["0.5", "-0.25", "1e3", ".5"], "double", [0.5, -0.25, 1000.0, 0.5]),
        (["1", "2.5"], "double", [1.0, 2.5]),
        (["true", "False", "TRUE"], "bool", [True, False, True]),
        (["007", "12"], "string", ["007", "12"]),
        (["-07", "12"], "string", ["-07", "12"]),
        (["1.", "0"], "string", ["1.", "0"]),
        ([" 1", "0"], "string", [" 1", "0"]),
        (["1 ", "0"], "string", ["1 ", "0"]),
        (["+4915112345678", "1"], "string", ["+4915112345678", "1"]),
        (["0x1F", "1"], "string", ["0x1F", "1"]),
        (["1_000"], "string", ["1_000"]),
        (["1", "true"], "string", ["1", "true"]),
        (["1", "a"], "string", ["1", "a"]),
        (["12345678901234567890"], "string", ["12345678901234567890"]),
        (["1234567890123456", "0.5"], "string", ["1234567890123456", "0.5"]),
        (["1234567890123456", "5"], "int64", [1234567890123456, 5]),
        (["2026-01-01"], "string", ["2026-01-01"]),
        (["1", "", "NA"], "int64", [1, None, None]),
        (["0.5", "nan", "NULL"], "double", [0.5, None, None]),
        (["true", "N/A"], "bool", [True, None]),
        (["a", "", "NA"], "string", ["a", None, "NA"]),
        (["", ""], "string", [None, None]),
        (["NA", "NA"], "string", ["NA", "NA"]),
        (["a", '""'], "string", ["a", ""]),
        (["1", '""'], "int64", [1, None]),
    ],
)
def test_a_column_has_the_type_that_keeps_every_value_as_it_stands(tmp_path, cells, kind, values):
    """A column is numeric or boolean only where that loses nothing of any of its values."""
    text = "x,other\n" + "".join(f"{cell},1\n" for cell in cells)
    assert read(tmp_path, text)["x"] == (kind, values)


def test_a_word_far_down_makes_the_column_one_of_strings(tmp_path):
    """A column that looks like integers for a hundred thousand rows and then is not, is one of strings, unchanged."""
    found = read(tmp_path, "x,y\n" + "7,1\n" * 1_500_000 + "seven,1\n")
    assert found["x"][0] == "string"
    assert found["x"][1][0] == "7"
    assert found["x"][1][-1] == "seven"


CELLS = st.sampled_from(
    [
        "1",
        "-5",
        "007",
        "1.",
        " 1",
        "0.5",
        "1e5",
        "true",
        "False",
        "",
        "NA",
        "nan",
        "a",
        "+1",
        "0x1",
        "1234567890123456",
        "0",
    ]
)


@settings(max_examples=200, deadline=None)
@given(cells=st.lists(CELLS, min_size=1, max_size=8), cut=st.integers(0, 8))
def test_the_type_does_not_depend_on_the_order_or_the_blocks(cells, cut):
    """Whatever the order of the values and wherever a block ends, the column has the same type."""

    def told(*blocks):
        kind = ColumnType()
        for block in blocks:
            kind.see(pa.array([cell or None for cell in block], pa.string()))
        return kind.type()

    assert told(cells) == told(cells[:cut], cells[cut:]) == told(cells[::-1]) == told(*([cell] for cell in cells))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_commonest_in_the_header(tmp_path, delimiter):
    """Comma, semicolon, tab and bar are told from the header."""
    assert read(tmp_path, f"a{delimiter}b\n1{delimiter}x\n") == {"a": ("int64", [1]), "b": ("string", ["x"])}


def test_marks_line_ends_and_blank_lines_make_no_difference(tmp_path):
    """A byte order mark, Windows line ends, blank lines and a missing last line end change nothing."""
    plain = read(tmp_path, "a,b\n1,x\n2,y\n")
    assert read(tmp_path, b"\xef\xbb\xbfa,b\r\n\r\n1,x\r\n2,y") == plain


def test_a_field_may_hold_line_ends_delimiters_and_quotes(tmp_path):
    """A field in quotes keeps line ends, delimiters and quotes; one quote inside a field is no open field."""
    assert read(tmp_path, 'a,b\n"x\ny, ""z""",1\n')["a"] == ("string", ['x\ny, "z"'])
    assert read(tmp_path, 'a,b\n5" pipe,1\n')["a"] == ("string", ['5" pipe'])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n3\n", "x.csv:3: the row has 1 of the 2 fields"),
        ("a,b\n1,2\n3,4,5\n", "x.csv:3: the row has 3 of the 2 fields"),
        ('a,b\n"x\ny",2\n3\n', "x.csv:4: the row has 1 of the 2 fields"),
        (b"a,b\n1,2\n3,\xff\n", "x.csv:3: the text is not UTF-8"),
        ("a\ncafé\n".encode()[:-2], "x.csv:2: the text is not UTF-8"),
        ("a,b\n1,x\n".encode("utf-16"), "x.csv:1: the text is not UTF-8"),
        ('a,b\n1,2\n1,"x\n2,y\n', "x.csv:3: a quoted field is never closed"),
        ("\n\n\n", "the file holds only blank lines"),
    ],
)
def test_a_malformed_file_names_the_line(tmp_path, text, said):
    """A file that stops being CSV is refused with the line."""
    assert said in refused(tmp_path, text)


def test_no_error_quotes_a_cell(tmp_path):
    """What stands in the cells of a malformed row is in no error, nor in what led to it."""
    secret = "Jane Roe 555-0100"
    for text in (f"a,b\n1,2\n{secret}\n", f'a,b\n1,"{secret}\n', f"a,b\n{secret},2,3\n".encode() + b"\xff\n"):
        with pytest.raises(SourceError) as caught:
            read(tmp_path, text)
        chain = [
            caught.value,
            caught.value.__cause__,
            None if caught.value.__suppress_context__ else caught.value.__context__,
        ]
        assert not any(secret in str(error) for error in chain)


def test_a_row_longer_than_a_block_is_refused(tmp_path):
    """A row that is longer than what is read at a time is an error that says so, not a crash."""
    long = "x" * (csv_files._BLOCK + 10)
    assert "longer than 8 MiB" in refused(tmp_path, f"a,b\n1,2\n{long}{long},2\n")


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        st.tuples(*[st.text(st.sampled_from('ab ,;"\n.0é'), min_size=1, max_size=6)] * 2), min_size=1, max_size=6
    )
)
def test_words_read_as_pythons_own_writer_wrote_them(tmp_path_factory, rows):
    """Words with quotes, delimiters and line ends come back as Python's csv module wrote them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["first", "second"])
    writer.writerow(["letters", "letters"])
    writer.writerows(rows)
    found = read(tmp_path_factory.mktemp("csv"), out.getvalue())
    assert found["first"][1] == ["letters", *[first for first, _ in rows]]
    assert found["second"][1] == ["letters", *[second for _, second in rows]]
