"""The guard of the network: only loopback passes, in every thread, and everything refused is listed."""

import _socket
import socket
import sys
import threading
import urllib.error
import urllib.request
from contextlib import closing
from http.server import BaseHTTPRequestHandler

import pytest
from tests.servers import serving

from cardwright.errors import UsageError
from cardwright.sources.network import RefusedError, destination, guard, is_loopback

FAR = "192.0.2.1"  # TEST-NET-1 of RFC 5737: nobody's


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with serving(Hello) as running:
        yield f"http://localhost:{running.server_port}/"


def get(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=5) as response:
        return response.read()


def test_loopback_passes(server):
    """A server on this machine can be reached under a guard, and nothing is listed."""
    with guard() as held:
        assert get(server) == b"hello"
    assert held.refused == ()


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: socket.create_connection((FAR, 443), timeout=1),
        lambda: socket.getaddrinfo("example.org", 443),
        lambda: socket.getaddrinfo(b"example.org", 443),
        lambda: socket.gethostbyname("example.org"),
        lambda: socket.gethostbyname_ex("example.org"),
        lambda: socket.gethostbyaddr(FAR),
        lambda: socket.getnameinfo((FAR, 80), 0),
    ],
)
def test_looking_up_and_reaching_others_is_refused(attempt):
    """Names and addresses beyond this machine are refused, and listed."""
    with guard() as held, pytest.raises(RefusedError, match="only this machine may be reached"):
        attempt()
    assert [place.split(":")[0] for place in held.refused] in ([FAR], ["example.org"])


@pytest.mark.parametrize("maker", [socket.socket, _socket.socket])
def test_sockets_of_every_make_are_refused(maker):
    """Connecting and sending are refused, also for sockets that go around Python's class."""
    with guard() as held:
        stream, datagram = maker(socket.AF_INET, socket.SOCK_STREAM), maker(socket.AF_INET, socket.SOCK_DGRAM)
        with closing(stream), closing(datagram):
            for attempt in (
                lambda: stream.connect((FAR, 443)),
                lambda: stream.connect_ex((FAR, 444)),
                lambda: datagram.sendto(b"x", (FAR, 53)),
                lambda: datagram.sendmsg([b"x"], [], 0, (FAR, 54)),
            ):
                with pytest.raises(RefusedError):
                    attempt()
    assert held.refused == (f"{FAR}:443", f"{FAR}:444", f"{FAR}:53", f"{FAR}:54")


def test_a_library_sees_a_network_that_is_down():
    """A refusal reaches a library as the OSError that it expects of a network that is down."""
    with guard() as held, pytest.raises(urllib.error.URLError) as caught:
        get("http://example.org/")
    assert isinstance(caught.value.reason, OSError)
    assert held.refused == ("example.org",)


def test_loopback_may_be_refused_too(server):
    """A guard may refuse loopback as well."""
    with guard(allow_loopback=False) as held, pytest.raises(urllib.error.URLError):
        get(server)
    assert held.refused == ("localhost",)
    assert get(server) == b"hello"


def test_the_guard_ends():
    """After the guard nothing is refused or listed any more, also where it ended with an error."""
    with pytest.raises(ZeroDivisionError), guard() as held:
        _ = 1 / 0
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as datagram:
        try:
            datagram.sendto(b"", (FAR, 9))
        except RefusedError:
            pytest.fail("the guard is still held")
        except OSError:
            pass  # a machine without a network says so itself
    assert held.refused == ()


def test_the_strictest_of_several_guards_decides(server):
    """Guards stand inside each other; the inner one ends without ending the outer."""
    with guard() as outer:
        with guard(allow_loopback=False), pytest.raises(urllib.error.URLError):
            get(server)
        assert get(server) == b"hello"
        with pytest.raises(RefusedError):
            socket.gethostbyname("example.org")
    assert outer.refused == ("example.org",)


def test_every_thread_is_guarded():
    """Attempts of many threads are all refused and all listed."""
    failures = []

    def attempt(number):
        try:
            socket.gethostbyname(f"host{number:02}.example.org")
        except RefusedError:
            return
        failures.append(number)

    with guard() as held:
        threads = [threading.Thread(target=attempt, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert held.refused == tuple(f"host{number:02}.example.org" for number in range(20))


def test_a_unix_socket_stays_on_this_machine(tmp_path):
    """A Unix socket cannot leave the machine, so it is let through."""
    path = str(tmp_path / "s")
    with (
        closing(socket.socket(socket.AF_UNIX)) as listening,
        closing(socket.socket(socket.AF_UNIX)) as asking,
        guard() as held,
    ):
        listening.bind(path)
        listening.listen()
        asking.connect(path)
    assert held.refused == ()


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("localhost", True), ("LOCALHOST", True), ("localhost.", True), ("127.0.0.1", True), ("127.1.2.3", True), ("::1", True),
        ("[::1]", True), ("::ffff:127.0.0.1", True), ("0.0.0.0", False), ("10.0.0.1", False), ("fe80::1%eth0", False),
        ("::ffff:192.0.2.1", False), ("localhost.example.org", False), ("127.0.0.1.example.org", False), ("", False),
    ],
)  # fmt: skip
def test_what_is_loopback(host, inside):
    """Loopback is told by address and by one name, not by how a name begins."""
    assert is_loopback(host) is inside


def own_address():
    """An address of this machine that is not loopback; without one, what is beyond it cannot be shown here."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asked:
        try:
            asked.connect((FAR, 9))  # a datagram socket sends nothing to connect
            found = asked.getsockname()[0]
        except OSError:
            found = "127.0.0.1"
    if is_loopback(found):
        pytest.skip("this machine has no address but loopback")
    return found


@pytest.fixture
def beyond():
    """A server that is reached by an address which is not loopback: that and its port."""
    address = own_address()
    with closing(socket.create_server((address, 0))) as listening:
        yield address, listening.getsockname()[1]


def test_what_is_allowed_by_host_and_port_is_reached_and_nothing_beside_it(beyond):
    address, port = beyond
    with guard(allowed=[(address, port)]) as held:
        socket.create_connection((address, port), timeout=5).close()
        with pytest.raises(RefusedError, match=f"only this machine and {address}:{port} may be reached"):
            socket.create_connection((address, port + 1 if port < 65535 else port - 1), timeout=5)
        with pytest.raises(RefusedError):
            socket.create_connection((FAR, port), timeout=1)
    assert len(held.refused) == 2


def test_a_name_that_is_allowed_opens_its_addresses_at_its_port_alone(beyond, monkeypatch):
    address, port = beyond
    looked_up = []

    def answers(host, at, *words, **more):
        sys.audit("socket.getaddrinfo", host, at, 0, 0, 0)
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, at))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)  # a name that every machine's DNS would know
    with guard(allowed=[("Data.Example.org.", port)]) as held:
        socket.create_connection(("data.example.org", port), timeout=5).close()
        with pytest.raises(RefusedError):
            socket.getaddrinfo("other.example.org", port)
        with pytest.raises(RefusedError):
            socket.create_connection((address, port + 1 if port < 65535 else port - 1), timeout=5)
    assert "other.example.org" in held.refused
    assert set(looked_up) == {"data.example.org"}


@pytest.mark.parametrize("word", ["example.org", "*.example.org:443", "https://example.org:443", "a:0", "a:65536", ""])
def test_an_allowance_names_one_host_and_its_port(word):
    with pytest.raises(UsageError, match="not one host and its port"):
        destination(word)
