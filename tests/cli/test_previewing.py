"""`preview` serves a dossier's documents on this machine and shows what details.yaml says now."""

import http.client
import socket
import struct
import threading

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from cardwright.cli.previewing import Source, server_of

HEAD = "schema: cardwright/details/1\nstated_by: A. Okafor\nstated_on: 2026-11-23\n"


@pytest.fixture
def shown(small_once, tmp_path):
    """A server over the small dossier, and the details that a person edits."""
    path = tmp_path / "details.yaml"
    path.write_text(f"{HEAD}limitations: One city alone.\n", encoding="utf-8")
    server = server_of(Source(small_once / "out", path, None), 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1], path
    server.shutdown()
    server.server_close()
    thread.join()


def get(port, path, host=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Host": host} if host is not None else {})
    answer = connection.getresponse()
    text = answer.read().decode("utf-8")
    connection.close()
    return answer, text


def test_the_first_page_lists_every_document_and_each_opens(shown):
    port, _ = shown
    answer, text = get(port, "/")
    assert answer.status == 200
    for name in ("model_card", "audit_report"):
        assert f"/{name}.html" in text
    answer, card = get(port, "/model_card.html")
    assert answer.status == 200
    assert "One city alone." in card


def test_a_page_says_what_the_details_say_now_and_the_state_changes_with_them(shown):
    port, path = shown
    before = get(port, "/state")[1]
    path.write_text(f"{HEAD}limitations: Two cities.\n", encoding="utf-8")
    assert get(port, "/state")[1] != before
    assert "Two cities." in get(port, "/model_card.html")[1]


def test_details_that_cannot_be_read_show_why_and_the_page_goes_on_asking(shown):
    port, path = shown
    path.write_text(f"{HEAD}limitatons: <b>x</b>\n", encoding="utf-8")
    answer, text = get(port, "/model_card.html")
    assert answer.status == 200
    assert "limitations" in text, "the nearest field is named"
    assert "/state" in text


def test_a_page_that_nobody_waits_for_any_more_is_no_error_on_the_terminal(shown, capfd):
    port, _ = shown
    impatient = socket.create_connection(("127.0.0.1", port))
    impatient.sendall(f"GET /audit_report.html HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    impatient.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing resets it
    impatient.close()
    assert get(port, "/audit_report.html")[0].status == 200
    answered = [one for one in threading.enumerate() if "process_request_thread" in one.name]
    for one in answered:
        one.join(60)
    assert capfd.readouterr().err == ""


def test_scripts_of_the_page_are_ours_alone(shown):
    answer, text = get(shown[0], "/")
    policy = answer.getheader("Content-Security-Policy")
    nonce = text.split("<script nonce='")[1].split("'")[0]
    assert f"script-src 'nonce-{nonce}'" in policy
    assert "default-src 'none'" in policy
    assert nonce not in get(shown[0], "/")[1]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "localhost"])
def test_a_site_whose_name_points_here_is_not_answered(shown, host):
    answer, text = get(shown[0], "/model_card.html", host)
    assert answer.status == 421
    assert "city" not in text


@pytest.mark.parametrize("path", ["/nothing.html", "/../details.yaml", "/record.json", "//etc/passwd"])
def test_nothing_else_is_served(shown, path):
    assert get(shown[0], path)[0].status == 404


def test_a_missing_file_is_said_before_anything_is_served(cli, small_once, tmp_path):
    ran = cli("preview", small_once / "out", "--details", tmp_path / "none.yaml")
    assert ran.code == 2
    assert "--details" in ran.err
