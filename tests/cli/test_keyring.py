"""Keys and trust files on the command line: nobody is believed by accident, and nothing is written before it was compared."""

import pytest
from tests.attest.authenticator import Authenticator, request_file
from tests.attest.support import SECRET, enrol

from cardwright.attest import keys, trust
from cardwright.cli import keyring
from cardwright.errors import UsageError


@pytest.fixture
def office(tmp_path, monkeypatch):
    monkeypatch.setenv("CARDWRIGHT_PASSPHRASE", SECRET)
    monkeypatch.delenv("CARDWRIGHT_TRUST", raising=False)
    return tmp_path


def read(office):
    return trust.read((office / "trust.yaml").read_bytes(), where="trust.yaml")


def made(cli, office, name="Ada", *more):
    ran = cli("keys", "new", office / f"{name}.key", "--as", name, "--role", "owner", *more)
    assert ran.code == 0, ran
    return ran.out.split("Fingerprint: ")[1].split()[0]


def test_a_new_key_is_encrypted_and_its_request_names_its_fingerprint(cli, office):
    print_ = made(cli, office)
    assert b"ENCRYPTED" in (office / "Ada.key").read_bytes()
    assert keys.fingerprint(keys.open_private(office / "Ada.key", SECRET).public_key()) == print_
    assert (office / "Ada.enrol.json").exists()


def test_a_key_file_is_not_written_over(cli, office):
    made(cli, office)
    before = (office / "Ada.key").read_bytes()
    assert cli("keys", "new", office / "Ada.key", "--as", "Ada", "--role", "owner").code != 0
    assert (office / "Ada.key").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--role", "owner"), "nobody has compared the fingerprint"),
        (("--fingerprint", "{print}"), "no role is granted. Type it: --role owner."),
        (("--role", "owner", "--fingerprint", "0" * 64), "the fingerprint is another one"),
        (("--role", "Big Role", "--fingerprint", "{print}"), "roles"),
    ],
)
def test_a_request_that_nobody_compared_or_granted_is_not_enrolled(cli, office, words, says):
    print_ = made(cli, office)
    asked = [word.format(print=print_) for word in words]
    ran = cli("keys", "enrol", office / "Ada.enrol.json", "--trust", office / "trust.yaml", *asked)
    assert ran.code == 2, ran
    assert says in ran.err
    assert not (office / "trust.yaml").exists()


def test_a_fingerprint_is_compared_whatever_its_case_and_blanks(cli, office):
    print_ = made(cli, office)
    spoken = " ".join(print_[n : n + 4] for n in range(0, 64, 4)).upper()
    words = [
        "--trust",
        office / "trust.yaml",
        "--role",
        "owner",
        "--role",
        "risk_head",
        "--fingerprint",
        spoken,
        "--id",
        "a-1",
    ]
    ran = cli("keys", "enrol", office / "Ada.enrol.json", *words)
    assert ran.code == 0, ran
    (person,) = read(office).people
    assert (person.id, person.name, person.roles) == ("a-1", "Ada", ("owner", "risk_head"))


def test_a_rotated_key_ends_the_old_one_on_that_day(cli, office):
    old = enrol(cli, office, "Ada", ("owner",))
    ran = cli("keys", "rotate", office / "new.key", "--key", office / "Ada.key", "--as", "Ada")
    new = ran.out.split("Fingerprint: ")[1].split()[0]
    done = cli("keys", "enrol", office / "new.enrol.json", "--trust", office / "trust.yaml", "--fingerprint", new)
    assert done.code == 0, done
    assert f"-   fingerprint {old}, until " in done.out
    (person,) = read(office).people
    assert [key.fingerprint for key in person.keys] == [old, new]
    assert person.keys[0].valid_until == person.keys[1].valid_from


def test_a_key_is_revoked_by_the_beginning_of_its_fingerprint_with_day_and_reason(cli, office):
    print_ = enrol(cli, office, "Ada", ("owner",))
    words = ["--trust", office / "trust.yaml", "--reason", "Stolen.", "--on", "2026-11-20"]
    assert cli("keys", "revoke", print_[:12], *words).code == 0
    (key,) = read(office).people[0].keys
    assert (key.revoked_on, key.revoked_because) == ("2026-11-20", "Stolen.")
    assert cli("keys", "revoke", "0" * 12, *words).code == 2


def test_a_policy_is_accepted_by_its_digest_for_the_subjects_that_are_named(cli, office):
    enrol(cli, office, "Ada", ("owner",))
    words = ["--trust", office / "trust.yaml", "--subject", "loans"]
    assert cli("keys", "accept", "production", *words).code == 0
    (accepted,) = read(office).policies
    assert (accepted.name, accepted.subjects) == ("production", ("loans",))
    assert read(office).accepts(accepted.sha256, "loans", None)
    assert not read(office).accepts(accepted.sha256, "cards", None)


def test_a_trust_file_that_was_pinned_is_no_other(cli, office):
    enrol(cli, office, "Ada", ("owner",))
    path = office / "trust.yaml"
    held = keyring.trusted(path, state=None, pin=read(office).sha256)
    assert held == read(office)
    with pytest.raises(UsageError, match="not the one that was pinned"):
        keyring.trusted(path, state=None, pin="0" * 64)


def test_a_trust_file_that_is_not_there_believes_nobody_only_where_one_is_begun(office):
    assert keyring.trust_file(office / "none.yaml", new=True) == trust.empty()
    with pytest.raises(Exception, match=r"none\.yaml"):
        keyring.trust_file(office / "none.yaml")


def test_two_trust_files_that_differ_are_told_apart_by_the_exit_code(cli, office):
    enrol(cli, office, "Ada", ("owner",))
    (office / "before.yaml").write_bytes((office / "trust.yaml").read_bytes())
    same = cli("trust", "diff", office / "before.yaml", office / "trust.yaml")
    assert (same.code, same.out.strip()) == (0, "no difference")
    enrol(cli, office, "Ben", ("risk_head",))
    other = cli("trust", "diff", office / "before.yaml", office / "trust.yaml")
    assert other.code == 1
    assert "Ben" in other.out


def test_a_passphrase_is_never_a_default(office, monkeypatch):
    assert keyring.passphrase() == SECRET
    monkeypatch.delenv("CARDWRIGHT_PASSPHRASE")
    monkeypatch.setenv("CI", "1")
    with pytest.raises(UsageError, match=r"the passphrase is not known. Set CARDWRIGHT_PASSPHRASE"):
        keyring.passphrase()
    monkeypatch.setenv("ANOTHER", "x")
    assert keyring.passphrase(variable="ANOTHER") == "x"


def test_a_passkey_is_enrolled_with_its_origin_shown_and_one_of_localhost_said_to_be_for_practice(cli, office):
    one = Authenticator(rp_id="localhost", origin="http://localhost:8765")
    asked = request_file(office / "passkey.json", one.request("Ada", ("owner",), "2026-11-01T00:00:00Z"))
    words = ["keys", "enrol", asked, "--trust", office / "trust.yaml", "--role", "owner", "--fingerprint"]
    assert cli(*words, "0" * 64).code == 2
    done = cli(*words, one.fingerprint)
    assert done.code == 0, done
    assert "passkey of localhost, at http://localhost:8765" in done.out
    assert "for practice, and approves and releases nothing" in done.out
    assert "passkey of localhost" in cli("trust", "show", office / "trust.yaml").out


def test_a_further_key_grants_no_role(cli, office):
    asked = request_file(office / "passkey.json", Authenticator().request("Ada", ("owner",), "2026-11-01T00:00:00Z"))
    words = ["--trust", office / "trust.yaml", "--fingerprint", "0" * 64, "--further", "--role", "owner"]
    ran = cli("keys", "enrol", asked, *words)
    assert ran.code == 2
    assert "grants no role" in ran.err
