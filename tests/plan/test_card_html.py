"""HTML in a card is read as the Markdown that it stands for, and nothing else of the card is touched."""

from hypothesis import given
from hypothesis import strategies as st

from cardwright.plan.card_html import as_markdown


def test_headings_lists_and_tables_become_markdown():
    made = as_markdown(
        "<h2 id='a'>Limits &amp; bias</h2>\n<p>Of <em>one</em> <a href='https://x.example'>city</a>.</p>\n<ol><li>first</li>"
        "<li>second</li></ol>\n<table><tr><th>Type</th><td>a | b</td></tr><tr><td>alone</td></tr></table>\n"
    )
    assert [line for line in made.splitlines() if line] == [
        "## Limits & bias", "Of *one* [city](https://x.example).", "- first", "- second",
        "|  |  |", "| --- | --- |", "| Type | a \\| b |", "| alone |  |",
    ]  # fmt: skip


def test_scripts_styles_and_pictures_are_left_out():
    made = as_markdown("<h2>A</h2>\n<script>alert(1)</script><style>p{}</style><p>said <img src='x'></p>\n")
    assert "said" in made
    assert "alert" not in made
    assert "p{}" not in made
    assert "img" not in made


def test_html_inside_code_and_marks_without_text_stay_as_they_are():
    for text in (
        "```html\n<h2>Limits</h2>\n```\n",
        "<details>\n<summary>Click to expand</summary>\n\nText.\n",
        "a < b and <b>c</b>\n",
    ):
        assert as_markdown(text) == text


def test_html_that_is_never_closed_loses_no_word():
    made = as_markdown("<table><tr><td>one<td>two<tr><td>three\n")
    assert [word in made for word in ("one", "two", "three")] == [True] * 3


@given(
    st.lists(
        st.sampled_from(
            [
                "<h2>",
                "</h2>",
                "<p>",
                "<li>",
                "<table>",
                "<tr>",
                "<td>",
                "</table>",
                "word",
                "\n",
                "<b>",
                "</a>",
                "<a href=x>",
            ]
        )
    )
)
def test_every_word_of_any_html_is_kept(parts):
    assert as_markdown("".join(parts)).count("word") == "".join(parts).count("word")
