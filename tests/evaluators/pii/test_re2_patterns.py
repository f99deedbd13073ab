"""A relaxed pattern lets through every ASCII text that the pattern matches."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardwright.evaluators.pii.re2_patterns import needs, to_re2

PATTERNS = [
    r"\b\d{3}-\d{2}-\d{4}\b",
    r"(?<![A-Z0-9])([A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,6})(?![A-Z0-9])",
    r"\b[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}\b",
    r"a(?:b|cd+|[^\d\s])?e*$",
    r"^(x|yy|\w+@)+\.?z{20,30}",
    r"(?i:key)[\"']?\s{0,3}[:=]\S{4,}",
    r"\bab??c.d",
    r"[^a]b",
]


def sample(rng: random.Random) -> str:
    return "".join(rng.choice("abcdexyzKEY019@.:-= \n'\"") for _ in range(rng.randint(0, 30)))


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("flags", [0, re.IGNORECASE | re.DOTALL | re.MULTILINE])
def test_what_matches_is_let_through(pattern, flags):
    re2 = pytest.importorskip("re2")
    wide, required = re2.compile(to_re2(pattern, flags)), needs(pattern, flags)
    exact = re.compile(pattern, flags)
    rng, matched = random.Random(5), 0
    pieces = [
        "123-45-6789",
        "AB12 CD34 EF56 GH78",
        "0a:1b:2c:3d:4e:5f",
        "acdde",
        "yyxa@zzzzzzzzzzzzzzzzzzzzzz",
        "Key=abcdef",
        "abc\nd",
        "xb",
    ]
    for _ in range(300):
        text = sample(rng) + rng.choice([*pieces, ""]) + sample(rng)
        if exact.search(text):
            matched += 1
            assert wide.search(text), text
            assert required.met(frozenset(text), sum(c.isdigit() for c in text)), text
    assert matched


@settings(max_examples=200)
@given(st.text(alphabet="ab1@. ", max_size=20))
def test_a_pattern_of_one_needed_character_is_not_met_without_it(text):
    required = needs(r"a@\d{3}", 0)
    met = required.met(frozenset(text), text.count("1"))
    assert met == ("a" in text and "@" in text and text.count("1") >= 3)


@pytest.mark.parametrize("pattern", ["a(?i)b", "(?P<x>", "[[a]]", r"(a)?(?(1)b|c)"])
def test_what_cannot_be_read_is_not_relaxed(pattern):
    assert to_re2(pattern, 0) is None
    assert needs(pattern, 0) is None


def test_long_runs_are_cut():
    assert to_re2("a{30,40}", 0) == r"(?s:(?:[\x61]){16,})"
