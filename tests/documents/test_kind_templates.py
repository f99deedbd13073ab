"""A template of a kind can come from a stranger's dossier: it shows what there is, and does nothing else."""

import pytest
from tests import kind_folders as made

from cardwright.documents import Edition, render
from cardwright.documents.kind_templates import STEPS
from cardwright.errors import TemplateError

HEAD = '{% extends "kind.html.j2" %}{% import "_blocks.html.j2" as b with context %}'


@pytest.fixture
def record(tmp_path):
    return made.work(made.definition(tmp_path), decision="stop", reason="<script>alert(1)</script> & more")


def rendered(record, template, format="html", name="template.html.j2"):
    edition = Edition(record=record, kind_files={name: template.encode("utf-8")})
    return render(edition, document="house_note", format=format).decode("utf-8")


def in_block(text):
    return f"{HEAD}{{% block own_sections %}}{text}{{% endblock %}}"


def test_a_template_shows_fields_by_name_in_sections_of_its_own(record):
    page = rendered(
        record,
        in_block(
            '<h2 id="own">{{ t("Provenance") }}</h2>{{ b.asked("decision") }}'
            '{% for f in view.fields %}<p aria-label="{{ f.spec.name | anchor }}">{{ f.spec.title | lower }}</p>{% endfor %}'
        ),
    )
    assert '<h2 id="own">Provenance</h2>' in page
    assert '<p aria-label="people-concerned">people concerned</p>' in page
    assert "&lt;script&gt;alert(1)" in page


def test_general_templates_are_taken_where_a_kind_has_none(record):
    for format in ("html", "markdown"):
        text = render(Edition(record=record), document="house_note", format=format).decode("utf-8")
        assert record.sha256 in text
        assert "Applicants with thin files" in text
        assert "<script>alert" not in text


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}{{ ().__class__.__bases__ }}",
        "{{ record.model_dump() }}",
        "{{ range(10) }}",
        "{% set x = 1 %}",
        "{% set x %}a{% endset %}",
        "{% with x = 1 %}{% endwith %}",
        "{% macro m() %}{% endmacro %}",
        "{{ 'a' * 9 }}",
        "{{ 'a' ~ 'b' }}",
        "{{ 9 ** 9 }}",
        "{{ self.own_sections() }}",
        "{{ '<b>' | safe }}",
        "{{ view.fields | map('upper') }}",
        "{{ 'x' | center(1000000000) }}",
        "{{ view.fields | join(record.title) }}",
        "{% include 'card.html.j2' %}",
        "{% import record.title as c %}",
        "{% for a in view.fields recursive %}{{ loop(a) }}{% endfor %}",
        "{% for a in view.fields %}{% for b2 in view.fields %}{% for c in view.fields %}{% for d in view.fields %}"
        "{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for t in view.fields %}{{ t.answer }}{% endfor %}",
        "{% for b in view.fields %}{{ b.answer.model_dump() }}{% endfor %}",
        "{% autoescape false %}{{ record.title }}{% endautoescape %}",
        "{% filter upper %}x{% endfilter %}",
        '{{ t("<script>") }}',
        "{{ t(record.title) }}",
        "{{ b.cols(view.fields) }}",
        '{{ b.asked(*["a"]) }}',
        "<script>alert(1)</script>",
        "<scr{% if true %}ipt{% endif %}>",
        '<p{% if true %} onclick="x"{% endif %}>',
        '<p onclick="x">',
        '<p style="background:url(http://x)">',
        '<a href="javascript:x">x</a>',
        "<img src=x>",
        '<iframe class="x"></iframe>',
        "<{{ record.title }}>",
        "<!-- x -->",
        "&lt;script&gt;",
        "[x](http://x)",
    ],
)
def test_what_does_more_than_show_is_refused(record, text):
    with pytest.raises(TemplateError, match=r"may not|not a valid template"):
        rendered(record, in_block(text))


@pytest.mark.parametrize(
    "template",
    [
        "<p>ALLOWED</p>",
        '{% extends "audit_report.html.j2" %}',
        "{% extends record.title %}",
        '{% extends "kind.html.j2" %}{% block body %}{% endblock %}',
        '{% extends "kind.html.j2" %}{% block main %}no verdict{% endblock %}',
        '{% if true %}{% extends "kind.html.j2" %}{% endif %}',
    ],
)
def test_the_state_the_verdict_and_what_is_missing_cannot_be_taken_off_the_page(record, template):
    with pytest.raises(TemplateError, match="not a valid template"):
        rendered(record, template)


@pytest.mark.parametrize(
    "text",
    [
        '<div class="verdict allowed">ALLOWED, signed by everybody</div>',
        '<p class="soft band">RELEASED</p>',
        '<span class="\tstatus passed">passed</span>',
        '<p class="{{ record.title }}">RELEASED</p>',
        '<h2 id="verdict">ALLOWED</h2>',
    ],
)
def test_attack_a_template_draws_no_state_and_no_verdict_that_look_like_ours(record, text):
    with pytest.raises(TemplateError, match="a class or id of ours"):
        rendered(record, in_block(text))


def test_loops_end(tmp_path):
    many = [{"group": f"g{n}", "harm": "h"} for n in range(240)]
    record = made.work(made.definition(tmp_path), harms=many)
    nested = "{% for a in view.by_name.harms.answer.entries %}" * 3 + "x" + "{% endfor %}" * 3
    assert STEPS < 240**3
    with pytest.raises(TemplateError, match="does what templates may not"):
        rendered(record, in_block(nested))


def test_headings_of_a_stranger_s_kind_are_text(tmp_path):
    text = made.NOTE.replace("title: Decision\n", "title: '<img src=x onerror=alert(1)>'\n").replace(
        "section: Decision", "section: '<b>[x](javascript:1)</b>'"
    )
    record = made.work(made.definition(tmp_path, text))
    page = render(Edition(record=record), document="house_note", format="html").decode("utf-8")
    assert "<img" not in page
    assert "<b>" not in page
    card = render(Edition(record=record), document="house_note", format="markdown").decode("utf-8")
    assert "<img" not in card
    assert "](javascript" not in card


def test_words_of_a_stranger_s_kind_are_text_and_do_not_replace_ours(tmp_path):
    record = made.work(made.definition(tmp_path))
    words = '"Harms": "<i>Schaden</i>"\n"Not judged.": "FREIGEGEBEN"\n'
    edition = Edition(record=record, language="de", kind_files={"words.de.yaml": words.encode()})
    page = render(edition, document="house_note", format="html").decode("utf-8")
    assert "&lt;i&gt;Schaden&lt;/i&gt;" in page
    assert "FREIGEGEBEN" not in page
    assert "Nicht beurteilt." in page


def test_a_template_that_is_no_text_is_said_to_be_none(record):
    edition = Edition(record=record, kind_files={"template.html.j2": b"\xff"})
    with pytest.raises(TemplateError, match="not UTF-8"):
        render(edition, document="house_note", format="html")


def test_a_public_edition_withholds_whom_the_kind_says_it_names(record):
    page = render(Edition(record=record, audience="public"), document="house_note", format="html").decode("utf-8")
    assert "Applicants with thin files" not in page
    assert "A longer wait" in page
