"""A release is told to a log, a receiver asks for the receipt, a cosigner signs the log, and a monitor watches it."""

import json
import shutil

import pytest
from tests.attest.support import SECRET, by, release, signed_by_all, verify, waive
from tests.conftest import command

from cardwright.attest import keys
from cardwright.attest.witness import receipts
from cardwright.dossier import layout
from cardwright.record import canonical

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

NAME = "log.example.org"


def new_log(folder, name=NAME, path="log"):
    """A log with its key, and what its making printed."""
    key = folder / f"{path}.key"
    made = command("keys", "new", key, "--as", f"Desk {path}", "--role", "status", "--algorithm", "ed25519")
    assert made.code == 0, made
    made = command("witness", "new", folder / path, "--name", name, "--log-key", key)
    assert made.code == 0, made
    vkey = next(line.partition(": ")[2] for line in made.out.splitlines() if line.startswith("Key, for monitors"))
    return vkey, made.out.partition("For trust files:\n")[2]


def with_log(desk, lines):
    path = desk / "trust.yaml"
    path.write_text(path.read_text() + lines)
    head = "status: {max_age_hours: 24, issuers: status}\npeople:"
    path.write_text(path.read_text().replace("people:", head, 1))


def witnessed(cli, desk, *more, status=True):
    if status:
        assert cli("status-statement", desk / "out", *by(desk, "Cy", "status")).code == 0
    return verify(cli, desk, "--trust", desk / "trust.yaml", *more)


@pytest.fixture(scope="module")
def logged_once(tmp_path_factory, refused_once):
    """A release that a log was told of, a trust file that names the log, and the log itself."""
    folder = tmp_path_factory.mktemp("logged") / "desk"
    shutil.copytree(refused_once, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARDWRIGHT_PASSPHRASE", SECRET)
        patch.setenv("CARDWRIGHT_LOG_PASSPHRASE", SECRET)
        patch.setenv("CARDWRIGHT_TRUST", str(folder / "trust.yaml"))
        vkey, lines = new_log(folder)
        with_log(folder, lines)
        (folder / "vkey").write_text(vkey)
        assert waive(command, folder).code == 0
        signed_by_all(command, folder)
        done = release(command, folder, "--log", folder / "log", "--log-key", folder / "log.key")
        assert done.code == 0, done
    return folder


@pytest.fixture
def logged(logged_once, tmp_path, monkeypatch):
    """A copy of it."""
    folder = tmp_path / "desk"
    shutil.copytree(logged_once, folder)
    monkeypatch.setenv("CARDWRIGHT_PASSPHRASE", SECRET)
    monkeypatch.setenv("CARDWRIGHT_LOG_PASSPHRASE", SECRET)
    monkeypatch.setenv("CARDWRIGHT_TRUST", str(folder / "trust.yaml"))
    return folder


def test_a_release_with_its_receipt_and_a_fresh_status_is_verified(cli, logged):
    ran = witnessed(cli, logged)
    assert ran.code == 0, ran
    assert "17 witness     passed     entry 0 of 1 in log.example.org; no cosigner is asked for" in ran.out


def test_a_released_pdf_by_itself_carries_its_receipt(cli, logged):
    assert cli("status-statement", logged / "out", *by(logged, "Cy", "status")).code == 0
    words = ["--trust", logged / "trust.yaml", "--artifact", logged / "files", "--status", logged / "out.status.json"]
    policy = ["--policy", logged / "files" / "pilot.yaml"]
    ran = cli("verify", logged / "out" / "final" / "audit_report.pdf", *words, *policy)
    assert ran.code == 0, ran
    assert "17 witness     passed" in ran.out


def test_without_its_receipt_a_release_is_refused_and_told_to_the_log_afterwards_it_is_not(cli, logged):
    (logged / "out" / layout.RECEIPTS).unlink()
    ran = witnessed(cli, logged)
    assert ran.code == 3, ran  # the final PDF encloses the receipt that was taken out


def test_without_a_fresh_status_a_witnessed_release_is_refused(cli, logged):
    ran = witnessed(cli, logged, status=False)
    assert ran.code == 1
    assert "14 status      failed" in ran.out


def test_a_trust_file_that_names_a_log_says_whose_status_counts(cli, logged):
    path = logged / "trust.yaml"
    path.write_text(path.read_text().replace("status: {max_age_hours: 24, issuers: status}\n", ""))
    ran = witnessed(cli, logged, status=False)
    assert ran.code == 1
    assert "names a log, and not whose status statements count" in ran.out


def test_a_log_under_another_key_is_not_the_receivers(cli, logged, tmp_path):
    _, lines = new_log(tmp_path)
    path = logged / "trust.yaml"
    path.write_text(path.read_text().partition("logs:")[0] + lines)
    ran = witnessed(cli, logged)
    assert ran.code == 3
    assert "not signed with the key of log.example.org" in ran.out


def test_what_another_log_has_witnessed_is_no_receipt_of_the_one_that_is_asked_for(cli, logged, tmp_path):
    _, lines = new_log(tmp_path, name="other.example.org")
    path = logged / "trust.yaml"
    path.write_text(path.read_text().partition("logs:")[0] + lines)
    ran = witnessed(cli, logged)
    assert ran.code == 1
    assert "17 witness     failed     no receipt of the log other.example.org" in ran.out


def test_a_withdrawal_that_a_log_knows_of_cannot_be_cut_off(cli, logged):
    before = {name: (logged / "out" / name).read_bytes() for name in (layout.CLAIMS, layout.LEDGER)}
    gone = cli("withdraw", logged / "out", "--reason", "It was wrong.", *by(logged, "Cy", "release"))
    assert gone.code == 0, gone
    told = cli("witness", "add", logged / "log", logged / "out", "--log-key", logged / "log.key")
    assert told.code == 0, told
    assert "withdrawal" in told.out
    for name, data in before.items():
        (logged / "out" / name).write_bytes(data)
    ran = witnessed(cli, logged)
    assert ran.code == 3
    assert "holds a withdrawal that is not here" in ran.out


def test_an_independent_cosigner_is_asked_for_and_given(cli, logged, tmp_path):
    new_log(tmp_path, name="other.example.org", path="other")
    asked = json.loads((tmp_path / "other.enrol.json").read_text())
    cosigner = asked["public_key"].strip().splitlines()
    path = logged / "trust.yaml"
    more = [
        "    cosigners:",
        "      - name: other.example.org",
        "        public_key: |",
        *(f"          {one}" for one in cosigner),
    ]
    path.write_text(path.read_text() + "\n".join(more) + "\n")
    ran = witnessed(cli, logged)
    assert ran.code == 1
    assert "0 of 1 cosigners have seen the log log.example.org" in ran.out

    words = ["--of", (logged / "vkey").read_text(), "--name", "other.example.org", "--state", tmp_path / "seen"]
    signed = cli("witness", "cosign", logged / "log", *words, "--log-key", tmp_path / "other.key")
    assert signed.code == 0, signed
    added = cli("witness", "add", logged / "log", logged / "out")
    assert added.code == 0, added
    ran = witnessed(cli, logged)
    assert ran.code == 0, ran
    assert "cosigned by other.example.org" in ran.out
    assert len(receipts.read((logged / "out" / layout.RECEIPTS).read_bytes())) == 2
    assert cli("witness", "add", logged / "log", logged / "out").out == "log.example.org knows all of it\n"


def test_a_log_that_forked_is_not_cosigned_and_raises_the_monitors_alarm(cli, logged, tmp_path):
    of, words = (logged / "vkey").read_text(), ["--name", "other.example.org", "--state", tmp_path / "seen"]
    new_log(tmp_path, name="other.example.org", path="other")
    backup = tmp_path / "backup"
    shutil.copytree(logged / "log", backup)
    for log, trust in ((logged / "log", "one"), (backup, "two")):
        file = tmp_path / f"{trust}.yaml"
        file.write_text(f"schema: cardwright/trust/2\nowner: {trust}\n")
        assert cli("witness", "add", log, file, "--log-key", logged / "log.key").code == 0
    cosign = [*words, "--of", of, "--log-key", tmp_path / "other.key"]
    assert cli("witness", "cosign", logged / "log", *cosign).code == 0
    ran = cli("witness", "cosign", backup, *cosign)
    assert ran.code == 3
    assert "two faces" in ran.err
    first = cli("monitor", logged / "log", "--state", tmp_path / "watched", "--trust", logged / "trust.yaml")
    assert first.code == 0
    assert "2 entries, 2 new; it has only grown" in first.out
    ran = cli("monitor", backup, "--state", tmp_path / "watched", "--of", of)
    assert ran.code == 3
    assert "ALARM: log.example.org: two checkpoints of 2 entries have different roots" in ran.out


def test_a_log_s_key_that_may_sign_more_than_its_status_is_no_log_s_key(cli, logged):
    asked = logged / "log.enrol.json"
    request = canonical.parse(keys.Enrolment, asked.read_bytes(), where="request")
    print_ = keys.fingerprint(keys.load_public(request.public_key, where="request"))
    words = ["--trust", logged / "trust.yaml", "--fingerprint", print_]
    ran = cli("keys", "enrol", asked, "--role", "release", *words)
    assert ran.code == 2
    assert "signs its log and status statements alone" in ran.err
    assert cli("keys", "enrol", asked, "--role", "status", *words).code == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["witness", "new", "log2", "--name", "two words"], "not a name of a log"),
        (["witness", "new", "log", "--name", NAME], "a log already"),
        (["witness", "add", "nothing", "out"], "no log here"),
        (["monitor", "log", "--state", "s", "--of", "nonsense"], "not a log's key"),
        (["monitor", "http://log.example.org", "--state", "s", "--of", "nonsense"], "not the address of a log"),
    ],
)
def test_a_wrong_word_is_answered_with_what_to_do(cli, logged, monkeypatch, words, why):
    monkeypatch.chdir(logged)
    key = ["--log-key", "log.key"] if words[0] == "witness" else []
    ran = cli(*words, *key)
    assert ran.code in (2, 5), ran
    assert why in ran.err


def test_a_release_is_not_begun_without_the_key_of_the_log_that_is_named(cli, logged):
    ran = release(cli, logged, "--log", logged / "log")
    assert ran.code == 2
    assert "--log-key" in ran.err
    ran = release(cli, logged, "--log-key", logged / "log.key")
    assert "--log-key is nothing without --log" in ran.err


def test_a_log_that_is_damaged_releases_nothing(cli, logged):
    tile = logged / "log" / "tile" / "0" / "000.p" / "1"
    tile.write_bytes(bytes(32))
    before = {name: (logged / "out" / name).read_bytes() for name in (layout.RELEASE, layout.LEDGER)}
    ran = release(cli, logged, "--log", logged / "log", "--log-key", logged / "log.key")
    assert ran.code == 3
    assert "Nothing was added" in ran.err
    assert {name: (logged / "out" / name).read_bytes() for name in before} == before


def test_whoever_monitors_says_whose_log_it_is(cli, logged, monkeypatch):
    monkeypatch.delenv("CARDWRIGHT_TRUST")
    ran = cli("monitor", logged / "log", "--state", logged / "s")
    assert ran.code == 2
    assert "nobody has said whose log this is" in ran.err
