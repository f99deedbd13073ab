"""The text of a query is read as it stands, or refused."""

import pytest

from cardwright.errors import SourceError
from cardwright.sources.query_files import LONGEST, query_text


def test_the_text_is_read_as_it_stands(tmp_path):
    (tmp_path / "q.sql").write_bytes("\ufeffSELECT a,\r\n\tb FROM t -- Köln\r\n".encode())
    assert query_text(tmp_path / "q.sql", "q.sql") == "SELECT a,\n\tb FROM t -- Köln"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"\xff\xfe", "it is not UTF-8"),
        (b"  \n", "it has 0 characters"),
        (b"x" * (LONGEST + 1), "it has 20001 characters"),
        (b"x" * 5 * LONGEST, "it is longer than 20000 characters"),
        ("SELECT \u202e1".encode(), "it holds hidden characters"),
        (b"", r"the file is empty"),
    ],
)
def test_a_text_that_nobody_can_read_is_refused(tmp_path, written, said):
    (tmp_path / "q.sql").write_bytes(written)
    with pytest.raises(SourceError, match=said):
        query_text(tmp_path / "q.sql", "q.sql")
