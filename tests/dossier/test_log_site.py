"""A published log is read from where it is, and from nowhere that its server sends us to."""

import http.server
import threading

import pytest
from tests.attest.witness.logs import NOW, PUBLIC, made

from cardwright.attest.witness import monitoring
from cardwright.dossier.log_site import LogSite
from cardwright.errors import SourceError, UsageError


@pytest.fixture
def site(tmp_path):
    """A folder published on this machine; `/moved` leads elsewhere, and `/broken` is an error."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(tmp_path))

        def do_GET(self):
            if self.path.startswith("/moved"):
                self.send_response(302)
                self.send_header("Location", "/checkpoint")
                self.end_headers()
            elif self.path.startswith("/broken"):
                self.send_error(500)
            else:
                super().do_GET()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield tmp_path, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_log_that_any_web_server_publishes_is_watched(site):
    folder, address = site
    for name, data in made([b"one", b"two"]).files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    watched = monitoring.watch(LogSite.at(f"{address}/"), PUBLIC, b"", NOW)
    assert (watched.head.checkpoint.size, watched.strange) == (2, 2)


def test_a_file_that_is_not_there_is_none_and_an_error_or_a_redirect_is_told(site):
    _, address = site
    assert LogSite.at(address).read("checkpoint") is None
    with pytest.raises(SourceError, match="302"):
        LogSite.at(f"{address}/moved").read("x")
    with pytest.raises(SourceError, match="500"):
        LogSite.at(f"{address}/broken").read("x")


def test_a_server_that_is_not_there_is_told():
    with pytest.raises(SourceError, match="cannot be reached"):
        LogSite.at("http://127.0.0.1:9").read("checkpoint")


@pytest.mark.parametrize(
    "address",
    ["http://log.example.org", "ftp://127.0.0.1/log", "https://", "https://a.example/?x=1", "file:///etc/passwd"],
)
def test_an_address_where_somebody_in_between_could_change_what_is_read_is_refused(address):
    with pytest.raises(UsageError, match="not the address of a log"):
        LogSite.at(address)
