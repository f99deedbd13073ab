"""A real server on this machine that is busy, failing, cut off or slow: what passes is tried again, what lasts is an error."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import pytest
from tests.servers import serving

from cardwright.errors import SourceError
from cardwright.sources.asking import _after
from cardwright.sources.interface import Message, Tool
from cardwright.sources.target import target_from_url

ASK = (Message("user", "Hello"),)
TOOL = Tool("look", "Looks.", {"type": "object", "properties": {}})


class Server(BaseHTTPRequestHandler):
    """Misbehaves as the test's plan says, request by request, then answers."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            first = request not in (one for _, one, _ in self.server.seen)
            self.server.seen.append((self.path, request, dict(self.headers)))
            now = self.server.plan.pop(0) if self.server.plan else 429 if self.server.busy and first else "answer"
        if isinstance(now, int):
            self.reply(now, b"{}", **({"Retry-After": "7"} if now == 429 else {}))
        elif now == "gone":
            self.close_connection = True
            self.connection.close()
        elif now == "slow":
            self.server.slept.wait(3)
            self.close_connection = True
        elif now == "half":
            self.reply(200, b'{"choices": [{"message": {"role": "assi', **{"Content-Length": "900"})
            self.close_connection = True
            self.connection.close()
        elif now in ("malformed", "other"):
            self.reply(200, b'{"choices": [' if now == "malformed" else b'{"result": "hi"}')
        elif now == "filter":
            self.reply(400, json.dumps({"error": {"code": "content_filter", "message": "words"}}).encode())
        elif request.get("stream"):
            self.stream(cut=now == "cut")
        elif self.path.endswith("/messages"):
            self.reply(200, json.dumps({"type": "message", "role": "assistant", "content": [{"type": "text", "text": "hi"}],
                                        "stop_reason": "end_turn", "usage": {"input_tokens": 3, "output_tokens": 2}}).encode())  # fmt: skip
        else:
            message = {"role": "assistant", "content": self.server.says}
            self.reply(
                200,
                json.dumps(
                    {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"total_tokens": 5}}
                ).encode(),
            )

    def stream(self, cut):
        events = [{"choices": [{"index": 0, "delta": {"content": "hi"}}]}]
        events += [] if cut else [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]
        raw = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
        self.reply(200, raw if cut else raw + b"data: [DONE]\n\n", **{"Content-Type": "text/event-stream"})

    def reply(self, status, raw, **headers):
        self.send_response(status)
        for name, said in {"Content-Length": str(len(raw)), **headers}.items():
            self.send_header(name, said)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    slept = threading.Event()
    with serving(Server, plan=[], seen=[], lock=threading.Lock(), says="hi", busy=False, slept=slept) as running:
        yield running
        slept.set()


def target(server, pauses=None, **more):
    return target_from_url(
        f"http://127.0.0.1:{server.server_port}/v1", "m", pause=(pauses if pauses is not None else []).append, **more
    )


@pytest.mark.parametrize("trouble", [429, 500, 503, 529, "gone"])
def test_what_can_pass_is_tried_again(server, trouble):
    """With growing pauses, or the one that the server asks for."""
    server.plan += [trouble, trouble]
    pauses = []
    assert target(server, pauses).ask(ASK) == Message("assistant", "hi")
    assert pauses == ([7.0, 7.0] if trouble == 429 else [0.5, 1.0])


def test_a_server_that_stays_busy_is_an_error_that_says_how_often(server):
    """Not an answer, and not a failed attack."""
    server.plan += [429] * 3
    with pytest.raises(SourceError, match=r"status 429, 3 times"):
        target(server, retries=2).ask(ASK)


@pytest.mark.parametrize("trouble", ["slow", "half"])
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_comes_late_or_in_part_is_asked_for_again(server, trouble, stream):
    """A body shorter than it says it is, and one that does not come before the time is up."""
    server.plan += [trouble]
    pauses = []
    assert target(server, pauses, timeout=0.5, stream=stream).ask(ASK) == Message("assistant", "hi")
    assert pauses == [0.5]


@pytest.mark.parametrize("trouble", ["malformed", "other"])
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_what_is_no_chat_s_answer_is_an_error_and_no_internal_one(server, trouble, wire):
    """A server that answers so once answers so always: it is not asked again."""
    server.plan += [trouble]
    with pytest.raises(SourceError, match="not a chat completion"):
        target(server, wire=wire).ask(ASK)
    assert len(server.seen) == 1


def test_every_third_request_turned_away_loses_no_conversation(server):
    """Two turns each, eight at a time, over a stream."""
    server.plan += [429, "answer", "answer"] * 20
    asked = target(server, stream=True, retries=20)
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda n: asked.ask((Message("user", f"Hello {n}"),)).content, range(30)))
    assert said == ["hi"] * 30


@pytest.mark.parametrize("status", [400, 401, 404])
def test_what_lasts_is_not_tried_again(server, status):
    """The same request would be refused again."""
    server.plan += [status]
    with pytest.raises(SourceError, match=f"status {status}"):
        target(server).ask(ASK)
    assert len(server.seen) == 1


def test_a_prompt_that_the_provider_s_filter_refuses_is_a_block(server):
    """The assistant was not reached: it neither resisted nor failed."""
    server.plan += ["filter"]
    assert target(server).ask(ASK).blocked


def test_a_stream_is_read_and_one_that_is_cut_off_is_asked_again(server):
    """Half an answer is none."""
    server.plan += ["cut"]
    pauses = []
    assert target(server, pauses, stream=True).ask(ASK) == Message("assistant", "hi")
    assert len(pauses) == 1
    assert server.seen[-1][1]["stream"] is True


def test_anthropic_s_shape_has_its_own_path_header_and_tools(server):
    """And its tokens are counted."""
    asked = target(server, wire="anthropic")
    found = asked.ask_with_tools(ASK, (TOOL,))
    assert (found, found.tokens) == (Message("assistant", "hi"), 5)
    path, request, headers = server.seen[0]
    assert path == "/v1/messages"
    assert {name.lower(): said for name, said in headers.items()}["anthropic-version"] == "2023-06-01"
    assert request["tools"][0]["input_schema"] == TOOL.parameters
    assert asked.ref.format == "anthropic"


def test_conversations_are_had_at_a_time_and_none_is_lost_to_a_busy_server(server):
    """Each request is turned away the first time; each of the probe set's conversations has an answer in the end."""
    from cardwright.evaluators.safety import probes

    # Not every third request, whoever asks: with eight at a time one that is asked again may meet the third each time.
    server.busy = True
    asked, controls = probes.ask_all(target(server), 1, 1, lambda done, total: None)
    assert controls.failures == {}
    assert len(asked) == len(probes.conversations(1))
    answered = [one for one in asked if one.unscored is None or one.unscored == probes.NO_TOOLS]
    assert all(one.interaction.response for one in answered)
    assert controls.tokens == 5 * sum(
        sum(m.role == "assistant" and m.tokens is not None for m in one.interaction.messages) for one in asked
    )


@pytest.mark.parametrize(
    ("said", "after"), [("7", 7.0), ("0.5", 0.5), ("²", None), ("٣", None), ("soon", None), ("", None)]
)
def test_a_wait_that_is_no_number_is_the_usual_one(said, after):
    """`²` is a digit to Python, and no number."""
    assert _after({"Retry-After": said}) == after
