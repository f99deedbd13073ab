"""Templates show values in a sandbox, round numbers, and write out what would hide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from tests.documents.test_documents import edition
from tests.strategies import good_record

from cardwright import documents
from cardwright.documents import environment
from cardwright.errors import TemplateError
from cardwright.policy.judging import wording
from cardwright.record import (
    Measured,
)
from cardwright.record.measurement import Interval


def test_hidden_characters_are_written_out():
    assert environment._visible("a\u202eb") == "a\\u202eb"


def test_a_word_of_a_thousand_letters_can_be_broken():
    assert str(environment._visible("x" * 100)).count("<wbr>") == 5


def test_a_template_of_ones_own_takes_the_place_of_ours(tmp_path):
    (tmp_path / "model_card.md.j2").write_text("Our card for {{ record.title }}: {{ record_sha256 }}")
    out = documents.render(edition(templates_dir=tmp_path), document="model_card", format="markdown").decode()
    assert out.startswith("Our card for M: ")


def test_a_block_of_ours_can_be_extended(tmp_path):
    (tmp_path / "mine.html.j2").write_text("x")
    (tmp_path / "card.html.j2").write_text("<p>{{ subject.name }}</p>")
    assert documents.render(edition(templates_dir=tmp_path), document="model_card", format="html") == b"<p>m</p>"


def test_a_template_that_names_something_unknown_is_an_error_with_the_nearest(tmp_path):
    (tmp_path / "model_card.md.j2").write_text("{{ recrod.title }}")
    with pytest.raises(TemplateError, match='"record"'):
        documents.render(edition(templates_dir=tmp_path), document="model_card", format="markdown")


@pytest.mark.parametrize(
    "template",
    ["{{ ''.__class__.__mro__ }}", "{{ record.__init__.__globals__ }}", "{% for %}", "{{ record.title.foo }}"],
)
def test_a_template_does_nothing_but_show_values(tmp_path, template):
    (tmp_path / "model_card.md.j2").write_text(template)
    with pytest.raises(TemplateError):
        documents.render(edition(templates_dir=tmp_path), document="model_card", format="markdown")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.70779, "proportion", "0.708"),
        (0.0, "difference", "0.000"),
        (-0.25, "difference", "\u22120.250"),
        (1234.0, "count", "1,234"),
        (0.0000123, "ratio", "<0.001"),
        (None, "ratio", "—"),
    ],
)
def test_numbers_are_rounded_here_and_only_here(value, unit, shown):
    assert environment.number(value, unit) == shown


def test_a_number_that_is_compared_with_a_limit_never_seems_to_touch_it():
    """It reads as in the gate's sentences, whichever side it lies on."""
    assert environment.number(0.14997, "proportion", limits=[0.15]) == "0.14997"
    assert environment.number(0.15003, "proportion", limits=[0.15, 0.4]) == "0.15003"
    assert environment.number(0.15, "proportion", limits=[0.15]) == "0.150"
    assert environment.number(0.25, "proportion", limits=[0.15]) == "0.250"
    assert environment.number(0.0000123, "proportion", limits=[0.05]) == "<0.001"
    assert environment.number(0.0003, "proportion", limits=[0.0002]) == "0.0003"
    assert environment.number(None, "proportion", limits=[0.15]) == "—"
    bounds = Interval(level=0.95, lower=0.025, upper=0.14997, method="wilson")
    assert environment.interval(bounds, "proportion", limits=[0.15]) == "0.025 to 0.14997"


@given(st.floats(-1, 1), st.sampled_from([0.0, 0.05, 0.8, 1.0]))
def test_documents_and_the_gate_write_a_number_beside_its_limit_alike(value, limit):
    told = environment.number(value, "proportion", limits=[limit]).replace("\u2212", "-")
    gate = wording.number(value, limit)
    assert float(told.lstrip("<>")) == float(gate.lstrip("<>"))


def test_a_number_is_said_with_its_interval_and_its_counts():
    m = good_record().evaluations[0].measurements[0]
    assert isinstance(m, Measured)
    assert environment.measured(m) == "0.800 (95\u202f% interval 0.700 to 0.900; 80 of 100)"


def test_a_house_replaces_one_block_of_ours_and_keeps_the_rest(tmp_path):
    (tmp_path / "card.html.j2").write_text(
        '{% extends "cardwright/card.html.j2" %}'
        '{% block own_sections %}<h2 id="board">Review board</h2><p>{{ record.title }}</p>{% endblock %}'
    )
    page = documents.render(edition(templates_dir=tmp_path), document="model_card", format="html").decode()
    assert '<h2 id="board">Review board</h2>' in page
    assert '<h2 id="provenance">' in page


TOLD = "It covers 2 of 3 groups (GDPR Art. 9, 10). No. 5 is left out, see Hunter et al. 1996. Others follow! Do they?"


@pytest.mark.parametrize(
    ("most", "kept"),
    [
        (500, TOLD),
        (90, "It covers 2 of 3 groups (GDPR Art. 9, 10). No. 5 is left out, see Hunter et al. 1996. […]"),
        (50, "It covers 2 of 3 groups (GDPR Art. 9, 10). […]"),
        (3, "It covers 2 of 3 groups (GDPR Art. 9, 10). […]"),
    ],
)
def test_a_summary_keeps_whole_sentences_and_says_that_others_follow(most, kept):
    assert environment.whole(TOLD, most) == kept


def test_a_single_sentence_is_kept_however_long_it_is():
    long = "word " * 90 + "end."
    assert environment.whole(long, 20) == long


def test_every_line_of_a_list_counts_as_a_sentence():
    assert environment.whole("Refunds\n- advice on the law\n- emergencies", 30) == "Refunds - advice on the law […]"


def test_a_percent_sign_stays_with_its_number_in_html():
    shown = environment.make(markdown=False, own=None).from_string("{{ said }}").render(said="at 95 % and 5%")
    assert shown == "at 95\u00a0% and 5%"


def test_names_between_backticks_are_code_and_everything_in_them_is_escaped():
    assert str(environment.prose("the table `a<b` of `x`")) == "the table <code>a&lt;b</code> of <code>x</code>"
    assert str(environment.prose("5` long")) == "5` long"


@pytest.mark.parametrize(
    "word", ["section-of-a-name-that-is-longer-than-any-column", 'x="' + "y" * 60, "<" + "z" * 60 + '="']
)
def test_a_place_to_break_stands_in_no_attribute(tmp_path, word):
    (tmp_path / "long.html.j2").write_text('<h2 id="{{ long }}" title="{{ long }}">{{ long }}</h2>')
    page = environment.render("long.html.j2", {"long": word}, markdown=False, own=tmp_path)
    whole = str(escape(word))
    assert page.count(f'="{whole}"') == 2
    assert page.split(">", 1)[1].count("<wbr>") >= 2, "it can be broken where it is read"
    assert page.replace("<wbr>", "") == f'<h2 id="{whole}" title="{whole}">{whole}</h2>'
