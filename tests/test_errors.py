"""Errors are a tree of exit codes, each says what, where and what to do, and a misspelt word is told the nearest."""

import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright import errors
from cardwright.errors import CardwrightError, MissingExtraError, ToolchainError, UsageError, did_you_mean, nearest


def tree(kind=CardwrightError):
    return [kind, *(one for child in kind.__subclasses__() for one in tree(child))]


OURS = [kind for kind in tree() if kind.__module__ == "cardwright.errors"]


@pytest.mark.parametrize("kind", OURS[1:], ids=lambda kind: kind.__name__)
def test_the_tree_at_the_top_of_the_file_names_each_error_with_its_exit_code(kind):
    (code,) = re.findall(rf"[─ ]{kind.__name__} +(\d)  ", f" {errors.__doc__}") or [None]
    assert code is not None, f"{kind.__name__} is not in the tree"
    assert int(code) == kind.exit_code


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UsageError("it is wrong"), "it is wrong."),
        (UsageError("it is wrong", where="a.yaml, line 3"), "a.yaml, line 3: it is wrong."),
        (UsageError("it is wrong", do="Mend it."), "it is wrong. Mend it."),
        (UsageError("is it wrong?", where="a", do="Look."), "a: is it wrong? Look."),
        (UsageError("It is wrong.", do="Mend it."), "It is wrong. Mend it."),
    ],
)
def test_an_error_is_one_or_two_sentences(error, text):
    assert str(error) == text


def test_a_missing_extra_says_how_it_is_installed_and_by_no_bare_name():
    said = str(MissingExtraError("pyarrow", "tabular", "Reading a table"))
    assert "pyarrow" in said
    assert "pip install '.[tabular]'" in said
    assert "cardwright" not in said.partition("pip install")[2].partition("(")[0]
    assert "pip install ." in errors.how_to_install()


def test_documents_made_elsewhere_name_the_image_unless_something_else_is_to_be_done():
    assert "docker build" in str(ToolchainError("not reproduced here"))
    assert str(ToolchainError("not reproduced here", do="Look.")) == "not reproduced here. Look."


def test_an_error_passes_between_processes_as_what_was_said():
    error = UsageError("it is wrong", where="a", do="Mend it.")
    copy = pickle.loads(pickle.dumps(error.args))
    assert copy == ("it is wrong", "a", "Mend it.")


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("lable", ["label", "score"], "label"),
        ("LABEL", ["label"], "label"),
        ("threshold", ["Threshold"], "Threshold"),
        ("q", ["label", "score"], None),
        ("x", [], None),
        ("", ["label"], None),
    ],
)
def test_the_nearest_word_is_near_and_case_does_not_matter(word, known, found):
    assert nearest(word, known) == found


def test_a_hint_names_the_nearest_or_all_or_as_many_as_are_read():
    assert did_you_mean("lable", ["score", "label"]) == 'Did you mean "label"?'
    assert did_you_mean("q", ["b", "a", "a"]) == "Known: a, b."
    assert did_you_mean("q", []) == ""
    assert did_you_mean("q", [f"w{n:02}" for n in range(15)]).endswith("w11 and 3 more.")


@given(st.text(max_size=12), st.lists(st.text(min_size=1, max_size=12), max_size=20))
def test_a_hint_proposes_only_words_that_are_known(word, known):
    found = nearest(word, known)
    assert found is None or found in known
