"""Live targets: code runs only where a person trusts it, and only this machine is asked."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from tests.servers import serving

from cardwright.errors import SourceError, UnsafeError, UsageError
from cardwright.sources.interface import Message
from cardwright.sources.load import load
from cardwright.sources.network import guard
from cardwright.sources.spec import parse_source
from cardwright.sources.target import target_from_callable, target_from_url

SOURCE = """
from pathlib import Path
Path(__file__).with_name("imported").touch()

def answer(messages):
    return f"{len(messages)}: {messages[-1]['content']}"

class Bot:
    def reply(self, messages):
        return {"content": "ok", "tool_calls": [{"name": "look", "arguments": "{}"}]}

bot = Bot()
word = "not a function"
"""

ASK = (Message("system", "Be kind."), Message("user", "Hello"))


@pytest.fixture
def folder(tmp_path, request):
    """A module of a person beside the plan, with a name of its own in each test."""
    name = f"target_{abs(hash(request.node.nodeid))}"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    return tmp_path, name


def test_code_is_imported_only_where_it_is_trusted(folder):
    """Naming `module:function` imports nothing until the plan says that its code may run."""
    base, name = folder
    with pytest.raises(UnsafeError, match="add `trust: true`") as caught:
        load(parse_source({"target": f"{name}:answer"}), "bot", base)
    assert caught.value.exit_code == 3
    assert not (base / "imported").exists()
    target = load(parse_source({"target": f"{name}:answer", "trust": True}), "bot", base)
    assert (base / "imported").exists()
    assert target.ask(ASK) == Message("assistant", "2: Hello")
    assert (target.ref.name, target.ref.role, target.ref.format) == ("bot", "bot", "callable")
    assert target.description == f"{name}:answer"


def test_the_digest_is_that_of_the_code(folder):
    """The digest of a callable is that of the file that defines it."""
    import hashlib

    base, name = folder
    target = load(parse_source({"target": f"{name}:bot.reply", "trust": True}), "bot", base)
    assert target.ref.sha256 == hashlib.sha256((base / f"{name}.py").read_bytes()).hexdigest()
    assert target.ask(ASK).tool_calls == ({"name": "look", "arguments": {}},)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("{0}:anser", 'Did you mean "answer"'),
        ("{0}:word", "is not a function"),
        ("no_such_module:f", "there is no module"),
    ],
)
def test_what_cannot_be_imported_is_named(folder, path, said):
    """A module or a name that does not exist, and one that cannot be called, are refused."""
    base, name = folder
    with pytest.raises(SourceError, match=said):
        load(parse_source({"target": path.format(name), "trust": True}), "bot", base)


def test_code_that_fails_while_it_is_imported(tmp_path):
    """A module that raises while it is imported is one clear error, without its words."""
    (tmp_path / "target_that_fails.py").write_text("raise RuntimeError('Jane Roe')")
    with pytest.raises(SourceError, match="raised RuntimeError") as caught:
        load(parse_source({"target": "target_that_fails:f", "trust": True}), "bot", tmp_path)
    assert "Jane Roe" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("hi", Message("assistant", "hi")),
        ({"content": "hi"}, Message("assistant", "hi")),
        ({"role": "user", "content": None}, Message("assistant", "")),
        (Message("assistant", "hi"), Message("assistant", "hi")),
    ],
)
def test_a_callable_answers_with_words_or_a_message(answer, message):
    """A string, a message in the OpenAI shape and a Message are answers."""
    assert target_from_callable(lambda messages: answer).ask(ASK) == message


def test_an_assistant_that_fails_is_an_error_without_its_words():
    """What a callable raises, and an answer of another kind, are errors that hold no words of it."""

    def fails(messages):
        raise ValueError("Jane Roe")

    with pytest.raises(SourceError, match="the assistant raised ValueError") as caught:
        target_from_callable(fails).ask(ASK)
    assert "Jane Roe" not in str(caught.value)
    with pytest.raises(SourceError, match="answered with int"):
        target_from_callable(lambda messages: 3).ask(ASK)


class Server(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that can be told to misbehave by its path."""

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, request))
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "http://example.org/")
            self.end_headers()
            return
        if self.path.startswith("/failing"):
            self.send_error(500)
            return
        body = {"choices": [{"message": {"role": "assistant", "content": "hi", "tool_calls": None}}]}
        raw = b"nonsense" if self.path.startswith("/odd") else json.dumps(body).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with serving(Server, requests=[]) as running:
        yield running


def test_an_openai_compatible_url_is_asked(server, tmp_path, monkeypatch):
    """A URL on this machine is asked in the OpenAI shape, under the guard, whatever proxy the environment names."""
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    url = f"http://127.0.0.1:{server.server_port}/v1"
    target = load(parse_source({"target": url, "model": "local", "temperature": 0.5}), "bot", tmp_path)
    history = (*ASK, Message("assistant", "", ({"name": "look", "arguments": {"at": "it"}},)), Message("tool", "a cat"))
    with guard() as held:
        assert target.ask(history) == Message("assistant", "hi")
    assert held.refused == ()
    ((path, request),) = server.requests
    assert path == "/v1/chat/completions"
    assert (request["model"], request["temperature"]) == ("local", 0.5)
    assert [message["role"] for message in request["messages"]] == ["system", "user", "assistant", "tool"]
    assert request["messages"][3]["tool_call_id"] == request["messages"][2]["tool_calls"][0]["id"]
    assert request["messages"][2]["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"at": "it"}'}
    assert "declared, not hashed" in target.description
    assert target.ref.format == "openai"


@pytest.mark.parametrize(
    ("path", "said"),
    [("/failing", "status 500"), ("/moved", "status 302"), ("/odd", "not a chat completion")],
)
def test_a_server_that_misbehaves_is_an_error(server, path, said):
    """A failing server, a redirect off the machine and an answer of another shape are errors of that one answer."""
    with guard() as held, pytest.raises(SourceError, match=said):
        target_from_url(f"http://localhost:{server.server_port}{path}", "m", retries=0).ask(ASK)
    assert held.refused == ()


def test_a_server_that_is_not_there_is_an_error():
    """A URL at which nobody listens is an error that says so."""
    with HTTPServer(("127.0.0.1", 0), Server) as gone:
        port = gone.server_port
    with pytest.raises(SourceError, match="did not answer"):
        target_from_url(f"http://127.0.0.1:{port}", "m", timeout=2, retries=0).ask(ASK)


def test_a_url_elsewhere_is_refused():
    """A URL beyond this machine is refused before anything is sent."""
    with pytest.raises(UsageError, match="only this machine may be asked"):
        target_from_url("https://example.org/v1", "m")
