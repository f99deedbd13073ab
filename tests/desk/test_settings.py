"""A desk is reached by TLS, or on this machine alone."""

from pathlib import Path

import pytest

from cardwright.desk.settings import DeskSettings, checked_origin
from cardwright.errors import UsageError


@pytest.mark.parametrize(
    "origin", ["https://desk.example.org", "https://desk.example.org:8443", "http://localhost:8765"]
)
def test_an_origin_is_taken_as_browsers_write_it(origin):
    assert checked_origin(f"{origin}/") == origin


@pytest.mark.parametrize(
    "text",
    [
        "http://desk.example.org",
        "desk.example.org",
        "https://Desk.example.org",
        "https://a/b",
        "https://",
        "ftp://localhost",
    ],
)
def test_an_origin_at_which_nobody_could_sign_is_refused(text):
    with pytest.raises(UsageError, match="not an origin"):
        checked_origin(text)


def test_the_database_is_in_the_folder_unless_one_is_named(tmp_path):
    made = DeskSettings(folder=tmp_path, origin="https://desk.example.org:8443", trust=Path("t"))
    assert made.url == f"sqlite:///{tmp_path / 'desk.sqlite'}"
    assert (made.host, made.secure) == ("desk.example.org", True)
    named = DeskSettings(folder=tmp_path, origin="http://localhost:1", trust=Path("t"), database="postgresql://u@h/d")
    assert named.url == "postgresql+psycopg://u@h/d"
    assert not named.secure
