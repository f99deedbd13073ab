"""Every address of an answer, as a renderer would find it, and whether its host is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.evaluators.safety.links import allowed, find_links, host, split


@pytest.mark.parametrize(
    ("text", "kind", "url"),
    [
        ("![a](https://e.example/a.png)", "image", "https://e.example/a.png"),
        ('[a](<https://e.example/a b> "t")', "link", "https://e.example/a b"),
        ("[a](https://e.example/x(1))", "link", "https://e.example/x(1)"),
        ("![a][r]\n\n[r]: https://e.example/r", "image", "https://e.example/r"),
        ("[a][r]\n\n[r]: https://e.example/r", "reference", "https://e.example/r"),
        ("<https://e.example/auto>", "autolink", "https://e.example/auto"),
        ("see https://e.example/bare.", "bare", "https://e.example/bare"),
        ('<img alt=x src="https://e.example/i">', "html_loaded", "https://e.example/i"),
        ("<img src=//e.example/i>", "html_loaded", "//e.example/i"),
        ('<a href="https://e.example/l">', "html_link", "https://e.example/l"),
        ('<img srcset="https://e.example/1 1x, https://e.example/2 2x">', "srcset", "https://e.example/2"),
        ("<style>a{background:url(https://e.example/c)}</style>", "css", "https://e.example/c"),
        ('@import "https://e.example/s.css"', "css", "https://e.example/s.css"),
        ('<meta http-equiv=refresh content="0; url=https://e.example/m">', "refresh", "https://e.example/m"),
        ("[![a](https://e.example/in.png)](https://e.example/out)", "image", "https://e.example/in.png"),
    ],
)
def test_links_are_found_in_every_dress(text, kind, url):
    """Markdown, HTML and styles, as a renderer would find them; the span is the address."""
    assert (kind, url) in [(link.kind, link.url) for link in find_links(text)]
    for link in find_links(text):
        assert text[link.start : link.end].strip("'\" ") == link.url


def test_a_host_is_allowed_only_as_written_or_below_a_star():
    """A look-alike end or a subdomain is another host."""
    assert allowed("a.example", ("a.example",))
    assert allowed("a.example", ("https://a.example/x",))
    assert allowed("x.a.example", ("*.a.example",))
    assert not allowed("x.a.example", ("a.example",))
    assert not allowed("evil-a.example", ("*.a.example", "a.example"))


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://Example.COM./x", "example.com"),
        ("//cdn.example.com/x", "cdn.example.com"),
        ("https:\\\\example.com\\x", "example.com"),
        ("ht\ntps://example.com", "example.com"),
        ("mailto:a@example.com,b@other.com", "example.com"),
        ("https://user:word@example.com:8080/", "example.com"),
        ("https:/example.com/x", "example.com"),
        ("http:example.com", "example.com"),
        ("wss:///example.com", "example.com"),
        ("///example.com/x", "example.com"),
        ("\x01 https://example.com", "example.com"),
        ("data:text/plain,x", ""),
        ("no address", None),
        ("https://[::1", None),
    ],
)
def test_an_address_is_taken_apart_as_a_browser_does(url, found):
    parts = split(url)
    assert (None if parts is None else host(parts)) == found


PIECES = (
    "https://", "https:", "//", "[", "]", "![a](", ")", "<", ">", '<meta content="0;url=', "url= ", "'", '"', " ", "e.example/x",
    "[a]: ", 'srcset="', "a/b,", "](", "!", "\n", "&#47;", "\\", "<a href=", "url(", '@import "',
)  # fmt: skip


@given(st.text(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_every_link_stands_where_it_says_and_none_twice_at_one_place(text):
    found = find_links(text)
    assert found == sorted(found, key=lambda link: (link.start, link.end))
    assert all(text[link.start : link.end] == link.url for link in found)


def test_an_image_inside_a_link_is_found_beside_the_link():
    found = find_links("[![badge](https://a.example/b.png)](https://c.example/)")
    assert {("image", "https://a.example/b.png"), ("link", "https://c.example/")} <= {
        (link.kind, link.url) for link in found
    }
