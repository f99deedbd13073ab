"""Whoever asks too often waits until the next minute, and nobody else does."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from cardwright.desk.rate_limits import RateLimited, RateLimits


def asking(limits, clock=lambda: 0.0):
    async def answer(request):
        return PlainTextResponse("x", status_code=401 if "token" in request.url.path else 200)

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    return TestClient(RateLimited(app, limits, clock))


def codes(client, method, path, times, **more):
    return [client.request(method, path, **more).status_code for _ in range(times)]


def test_so_many_requests_a_minute_and_then_a_pause():
    now = [10.0]
    client = asking(RateLimits(requests=3), lambda: now[0])
    assert codes(client, "GET", "/", 5) == [200, 200, 200, 429, 429]
    assert client.get("/").headers["Retry-After"] == "50"
    now[0] = 60.0
    assert codes(client, "GET", "/", 1) == [200]


@pytest.mark.parametrize(("method", "path"), [("POST", "/login"), ("POST", "/join/x"), ("GET", "/oidc/callback")])
def test_coming_in_is_tried_far_less_often(method, path):
    client = asking(RateLimits(attempts=2))
    assert codes(client, method, path, 3) == [200, 200, 429]
    assert codes(client, "GET", "/", 1) == [429]


def test_tokens_are_not_guessed():
    client = asking(RateLimits(attempts=2))
    assert codes(client, "GET", "/token", 4) == [401, 401, 401, 429]


def test_only_what_our_own_proxies_have_written_counts():
    def sent(proxies, value):
        return {"headers": {"X-Forwarded-For": value}}, asking(RateLimits(requests=1, proxies=proxies))

    words, client = sent(1, "evil, 10.0.0.1")
    assert codes(client, "GET", "/", 2, **words) == [200, 429]
    assert codes(client, "GET", "/", 1, headers={"X-Forwarded-For": "other, 10.0.0.1"}) == [429]
    assert codes(client, "GET", "/", 1, headers={"X-Forwarded-For": "other, 10.0.0.2"}) == [200]
    words, client = sent(0, "10.0.0.1")
    assert codes(client, "GET", "/", 1, **words) == [200]
    assert codes(client, "GET", "/", 1, headers={"X-Forwarded-For": "10.0.0.2"}) == [429]
