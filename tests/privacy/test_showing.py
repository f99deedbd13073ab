"""What of the data may be shown: names that look like names, values of categories, and nothing that a detector finds."""

import ast
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.privacy.showing import (
    category_values,
    header_is_trusted,
    hint,
    is_a_record,
    looks_like_a_person,
    masked,
    near,
    quoted,
    shortened,
    shown,
    shown_column,
)

PERSONAL = ["+44 7911 123456", "jo.public@example.org", "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111"]
WORDS = st.text(string.ascii_lowercase + "_", min_size=1, max_size=20).filter(lambda word: word[0] != "_")
SOURCE = Path(__file__).parents[2] / "src" / "cardwright"
OWN_WORDS = {
    "evaluators/registry", "evaluators/pii/presidio", "evaluators/pii/measure", "evaluators/robustness/measure",
    "evaluators/fairness/plan", "evaluators/kpis/portfolio", "evaluators/impact_ratio/published", "evaluators/leakage/noise", "sources/target",
    "sources/runs/__init__",
}  # fmt: skip
"""Where what is known is our own vocabulary, or the names in a module of code."""


@given(WORDS)
def test_a_word_is_shown_as_it_is(word):
    assert shown(word) == f'"{word}"'
    assert quoted(word) == f'"{word}"'


@pytest.mark.parametrize("text", PERSONAL)
def test_what_a_detector_finds_is_shown_by_no_way(text):
    assert shown(text, "column 3") == "column 3"
    assert quoted(text, "a name") == "a name"
    assert text not in masked(f"there is no column {text} here")
    assert text not in hint("approve", [text, "score"]) + hint("approve", [text, "score"], columns=True)
    assert near(text[:-1], [text]) is None


def test_names_of_people_are_no_names_of_columns():
    assert shown_column("Ada Lovelace", ["Ada Lovelace", "Grace Hopper"]) == "column 1"
    assert "Lovelace" not in hint("approve", ["Ada Lovelace", "Grace Hopper"], columns=True)


@given(st.lists(WORDS, min_size=1, max_size=5), st.sampled_from([*PERSONAL, "0.7", "1980-01-02", "", "-3"]))
def test_one_cell_in_the_first_line_makes_every_name_a_cell(words, cell):
    assert not header_is_trusted([*words, cell])
    shown_hint = hint("zzz", [*words, cell], columns=True)
    assert not [word for word in words if f'"{word}"' in shown_hint]
    assert shown_column(words[0], [*words, cell]) == "column 1"


@pytest.mark.parametrize(
    "line",
    [
        "Thorvald0,p0@quiggle-mail.com,25,1980-01-01", "quigglesworth1,thorvald,1,19800101", "thorvald,12", "thorvald,1980",
        "thorvald,p0@quiggle-mail.com", "Ada Lovelace,0.7", "thorvald,25,31,62", "thorvald,1980-01-01,2001-02-03", "7,7",
    ],
)  # fmt: skip
def test_a_person_s_record_in_the_first_line_is_known_though_no_name_in_it_is(line):
    assert is_a_record(line.split(","))


@pytest.mark.parametrize(
    "line",
    [
        "label,score,race", ",country,2019,2020,2021", "country,2021,2020", ",0", "0,1,2,3", "label,0,1,2", ",count,mean,25%,50%,75%",
        "Country/Region,Lat,1/22/20,1/23/20,1/24/20,1/25/20,1/26/20,1/27/20", "region,18-25,26-40,41-65", "Unnamed: 0,x", "x,,",
    ],
)  # fmt: skip
def test_headings_of_years_positions_intervals_and_dates_are_no_record(line):
    assert not is_a_record(line.split(","))


def test_a_misspelt_name_of_several_words_is_found_and_others_are_not_listed():
    known = ["annual income", "ada lovelace", "score"]
    assert hint("anual income", known) == 'Did you mean "annual income"?'
    assert hint("qqqq", known) == "Known: score and 2 more."


OTHER_SCRIPTS = [
    "Иван Петров", "Γιώργος Παπαδόπουλος", "Արամ Խաչատրյան", "山田 太郎", "김 민준", "محمد علي", "דוד כהן", "अमित शर्मा", "Łukasz Ćwik",
]  # fmt: skip


@pytest.mark.parametrize("value", OTHER_SCRIPTS)
def test_names_in_any_script_are_no_categories_unless_the_plan_declares_them(value):
    assert looks_like_a_person(value)
    rules = {"heading": "group", "distinct": 1, "held": 50, "identifying": False}
    assert category_values({value: 50}, declared=False, **rules) == ((), "not shown: values have the form of names")
    assert category_values({value: 50}, declared=True, **rules) == (((value, 50),), "")


@pytest.mark.parametrize(
    "value", ["купить дом", "αγορά κατοικίας", "да", "男性", "Home purchase", "mujer", "Женский пол"]
)
def test_words_and_phrases_in_any_script_have_no_form_of_a_name(value):
    assert not looks_like_a_person(value)


COUNTS = st.dictionaries(st.text(min_size=1, max_size=12), st.integers(1, 60), min_size=1, max_size=12)


@given(COUNTS, st.booleans(), st.integers(1, 20))
def test_no_value_in_fewer_rows_than_the_threshold_is_shown(counts, declared, least):
    found, why = category_values(
        counts,
        heading="x",
        distinct=len(counts),
        held=sum(counts.values()),
        declared=declared,
        identifying=False,
        least=least,
    )
    assert all(counts[value] == n >= least for value, n in found)
    assert bool(found) != bool(why)


@given(COUNTS, st.sampled_from(PERSONAL), st.booleans(), st.integers(1, 99))
def test_one_personal_value_hides_them_all(counts, personal, declared, rows):
    counts = {**counts, personal: rows}
    found, why = category_values(
        counts, heading="x", distinct=len(counts), held=sum(counts.values()), declared=declared, identifying=False
    )
    assert not found
    assert personal not in why


@given(COUNTS, st.booleans())
def test_a_column_that_identifies_is_never_shown(counts, declared):
    assert not category_values(
        counts, heading="x", distinct=len(counts), held=999, declared=declared, identifying=True
    )[0]


def test_modules_that_see_data_take_their_hints_from_here():
    """`did_you_mean` lists what it is given; over columns or values it would list cells."""
    users = {
        path.relative_to(SOURCE).with_suffix("").as_posix()
        for room in ("sources", "evaluators", "metrics.py")
        for path in ([SOURCE / room] if room.endswith(".py") else (SOURCE / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and {a.name for a in node.names} & {"did_you_mean", "nearest"}
    }
    assert users == OWN_WORDS


@given(st.integers(0, 60))
def test_no_part_of_an_address_is_left_where_a_text_is_cut(most):
    assert not set(shortened("zeb.warr@corp-mail.com", most)) - set("<EMAIL_ADDRESS>")
    assert shortened("plain words", most) == "plain words"[:most]
