"""The command line sends its token to the desk that was named and to nobody else."""

import http.server
import threading

import pytest

from cardwright.desk.client import DeskClient
from cardwright.errors import IntegrityError, NothingToCheckError, SourceError, StoreError, UsageError


@pytest.fixture
def server():
    """A server that answers as its path says, and what was sent to it."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.path, self.headers.get("Authorization")))
            word = self.path.rpartition("/")[2]
            code = int(word) if word.isdigit() else 200
            self.send_response(code)
            if code == 302:
                self.send_header("Location", f"http://localhost:{self.server.server_address[1]}/elsewhere")
            self.end_headers()
            self.wfile.write(b'{"error": "because", "do": "Do this."}' if code != 500 else b"<html>")

        def log_message(self, *args):
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield DeskClient.at(f"http://localhost:{made.server_address[1]}", "secret"), seen
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.mark.parametrize(
    ("code", "kind"),
    [(400, UsageError), (401, UsageError), (404, NothingToCheckError), (409, StoreError), (422, IntegrityError)],
)
def test_a_refusal_is_told_in_the_desks_words(server, code, kind):
    client, _ = server
    with pytest.raises(kind, match="the desk refuses: because"):
        client.pull(str(code))


def test_a_redirect_is_not_followed_and_an_answer_of_no_form_is_told(server):
    client, seen = server
    with pytest.raises(SourceError, match="because"):
        client.pull("302")
    with pytest.raises(SourceError, match="answers with 500"):
        client.pull("500")
    assert [path for path, _ in seen] == ["/v1/dossiers/302", "/v1/dossiers/500"]
    assert {token for _, token in seen} == {"Bearer secret"}


def test_what_is_sent_back_and_no_archive_is_refused(server):
    client, _ = server
    with pytest.raises(IntegrityError, match="not an archive"):
        client.pull("anything")


def test_a_desk_that_is_not_there_or_could_be_listened_to_is_told():
    with pytest.raises(SourceError, match="cannot be reached"):
        DeskClient.at("http://localhost:9", "secret").pull("0" * 64)
    with pytest.raises(UsageError, match="not an origin"):
        DeskClient.at("http://desk.example.org", "secret")
