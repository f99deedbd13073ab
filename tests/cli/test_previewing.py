"""`preview` serves a dossier's documents on this machine and shows what details.yaml says now."""

import http.client
import socket
import struct
import threading

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from contextlib import contextmanager

from tests.conftest import command

from cardwright.cli.previewing import Source, server_of
from cardwright.files import kinds, packaged

HEAD = "schema: cardwright/details/1\nstated_by: A. Okafor\nstated_on: 2026-11-23\n"


@pytest.fixture
def shown(small_once, tmp_path):
    """A server over the small dossier, and the details that a person edits."""
    path = tmp_path / "details.yaml"
    path.write_text(f"{HEAD}limitations: One city alone.\n", encoding="utf-8")
    with served(Source(small_once / "out", path, None)) as port:
        yield port, path


@contextmanager
def served(source):
    server = server_of(source, 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
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


def test_an_edited_policy_changes_the_state_and_the_page_is_judged_by_it(small_once, tmp_path):
    details, policy, base = tmp_path / "details.yaml", tmp_path / "own.yaml", tmp_path / "base.yaml"
    details.write_text(f"{HEAD}limitations: One city alone.\n", encoding="utf-8")
    text = packaged.read("policies", "research")[0].decode()
    base.write_text(text.replace("policy: research", "policy: base"), encoding="utf-8")
    policy.write_text(
        "schema: cardwright/policy/1\npolicy: own\nversion: 1.0.0\ntitle: Ours\nextends: ./base.yaml\nkinds: [model]\nset_by: us\n"
        "set_on: 2026-11-29\nrequirements: []\n",
        encoding="utf-8",
    )
    with served(Source(small_once / "out", details, str(policy))) as port:
        states = [get(port, "/state")[1]]
        assert "policy own 1.0.0" in get(port, "/audit_report.html")[1]
        policy.write_text(policy.read_text().replace("version: 1.0.0", "version: 1.1.0"), encoding="utf-8")
        states.append(get(port, "/state")[1])
        assert "policy own 1.1.0" in get(port, "/audit_report.html")[1]
        base.write_text(base.read_text().replace("max_days: ", "max_days: 1"), encoding="utf-8")
        states.append(get(port, "/state")[1])
        policy.write_text("schema: cardwright/policy/1\npolicy: [\n", encoding="utf-8")
        states.append(get(port, "/state")[1])
        answer, page = get(port, "/audit_report.html")
        assert (answer.status, "own.yaml" in page) == (200, True), "what is wrong with it stands in the page"
    assert len(set(states)) == len(states)


@pytest.fixture(scope="module")
def plan_of_research(tmp_path_factory):
    """The dossier of a kind of document, and its answers."""
    place = tmp_path_factory.mktemp("plan")
    example = kinds.find("experiment_plan").path / "example"
    assert command("run", example, "-o", place / "dossier").code == 1
    return place / "dossier", (example / "details.yaml").read_text("utf-8")


def test_a_document_of_a_kind_is_shown_with_answers_to_the_questions_of_its_kind(plan_of_research, tmp_path):
    dossier, text = plan_of_research
    details = tmp_path / "details.yaml"
    details.write_text(text, encoding="utf-8")
    with served(Source(dossier, details, None)) as port:
        first = get(port, "/")[1]
        assert "/experiment_plan.html" in first
        assert "model_card" not in first
        before = get(port, "/experiment_plan.html")[1]
        assert "1 sign-off outstanding" in before
        lines = text.splitlines()
        (line,) = [n for n, one in enumerate(lines) if one.startswith("hypothesis:")]
        lines[line] = "hypothesis: Another one that nobody wrote before."
        details.write_text("\n".join(lines) + "\n", encoding="utf-8")
        after = get(port, "/experiment_plan.html")[1]
        assert "Another one that nobody wrote before." in after
        assert "1 sign-off outstanding" in after, "it is identified by the text of the moment, and judged as such"
        details.write_text(text.replace("hypothesis:", "hypotesis:"), encoding="utf-8")
        assert "hypothesis" in get(port, "/experiment_plan.html")[1], "the nearest field of its kind is named"
