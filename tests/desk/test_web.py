"""Errors are answered with what is wrong and what to do, or with nothing of what went wrong inside."""

import logging

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient
from tests.desk.support import ORIGIN

from cardwright.desk import web
from cardwright.errors import IntegrityError, NothingToCheckError, RenderError, StoreError, UsageError


def client(desk, handler, **more):
    def routes(found, pages):
        return [web.route("/x", found, pages, get=handler, post=handler, **more)]

    return TestClient(web.application(desk, routes), base_url=ORIGIN, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageError("no"), 400),
        (NothingToCheckError("no"), 404),
        (StoreError("no"), 409),
        (IntegrityError("no"), 422),
        (RenderError("no"), 500),
    ],
)
def test_an_error_of_ours_is_answered_with_its_kind(desk, error, status):
    def handler(visit):
        raise error

    answer = client(desk, handler).get("/x")
    assert answer.status_code == status
    assert "That was refused" in answer.text
    assert client(desk, handler, token=True).get("/x").json() == {"do": None, "error": "no"}


def test_what_nobody_foresaw_is_told_to_nobody(desk, caplog):
    def handler(visit):
        raise RuntimeError("secret value of a row")

    with caplog.at_level(logging.INFO, logger="cardwright.desk"):
        answer = client(desk, handler).get("/x")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "secret" not in caplog.text
    assert answer.headers["Content-Security-Policy"] == web.POLICY


def test_a_body_is_counted_and_its_header_not_believed(desk):
    from starlette.responses import PlainTextResponse

    def handler(visit):
        return PlainTextResponse("taken")

    limited = client(desk, handler, token=True, limit=10)
    assert limited.post("/x", content=b"x" * 10).text == "taken"
    assert limited.post("/x", content=b"x" * 11).status_code == 413
    assert limited.post("/x", content=iter([b"x" * 6, b"x" * 6])).status_code == 413


def test_of_a_field_that_is_there_twice_the_first_counts():
    request = Request(
        {"type": "http", "headers": [(b"content-type", b"application/x-www-form-urlencoded")], "state": {}}
    )
    request.state.body = b"a=1&a=2&b="
    assert web.form_of(request) == {"a": "1", "b": ""}
    request.state.body = b"&".join(b"a=%d" % n for n in range(200))
    with pytest.raises(UsageError, match="not a form"):
        web.form_of(request)


def test_another_method_or_place_is_not_answered(desk):
    def handler(visit):
        raise AssertionError

    assert client(desk, handler).delete("/x").status_code == 405
    assert client(desk, handler).get("/y").status_code == 404
