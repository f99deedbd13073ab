"""Secrets are good once or for a time, for one person and purpose, and the database holds none of them."""

import pytest
from tests.desk.support import NOW

from cardwright.cli.console import clock
from cardwright.desk import accounts, database
from cardwright.errors import NothingToCheckError, UsageError

LATER = "2026-12-05T12:00:00Z"


def joined(desk, person="ada", credential="c1"):
    return accounts.join(desk, accounts.invite(desk, person, NOW), credential, b"key", 0, NOW)


def test_an_invitation_is_for_one_person_once_and_three_days(desk):
    secret = accounts.invite(desk, "ada", NOW)
    assert accounts.invited(desk, secret, NOW) == "ada"
    with pytest.raises(NothingToCheckError):
        accounts.invited(desk, secret, LATER)
    assert accounts.join(desk, secret, "c1", b"key", 0, NOW) == "ada"
    with pytest.raises(NothingToCheckError):
        accounts.join(desk, secret, "c2", b"key", 0, NOW)
    with pytest.raises(NothingToCheckError):
        accounts.invited(desk, "guess", NOW)


def test_a_second_invitation_is_a_second_credential_of_the_same_person(desk):
    assert joined(desk) == joined(desk, credential="c2") == "ada"
    assert accounts.credential(desk, "c2")[0] == "ada"
    with pytest.raises(UsageError, match="logs somebody in already"):
        joined(desk, "ben", "c1")


def test_a_session_ends_by_itself_or_by_its_person(desk):
    joined(desk)
    secret = accounts.log_in(desk, "c1", "ada", 0, NOW)
    assert accounts.session(desk, secret, NOW).person == "ada"
    assert accounts.session(desk, secret, LATER) is None
    accounts.log_out(desk, secret)
    assert accounts.session(desk, secret, NOW) is None
    assert accounts.session(desk, "guess", NOW) is None


def test_a_counter_that_goes_back_is_written_down_and_locks_nobody_out(desk):
    joined(desk)
    for counter in (5, 5, 0):
        assert accounts.log_in(desk, "c1", "ada", counter, NOW)
    with database.reading(desk.engine) as connection:
        told = [row.what for row in connection.execute(database.EVENTS.select())]
    assert told.count("counter went back") == 1


def test_a_challenge_is_for_one_answer_of_one_person_and_purpose_in_time(desk):
    def begun():
        return accounts.begin(desk, "sign", "ada", b"challenge", {"a": 1}, NOW)

    secret = begun()
    assert accounts.take(desk, secret, "sign", "ada", NOW) == accounts.Ceremony("ada", b"challenge", {"a": 1})
    for other in (
        (secret, "sign", "ada", NOW),
        (begun(), "login", "ada", NOW),
        (begun(), "sign", "ben", NOW),
        (begun(), "sign", "ada", LATER),
    ):
        with pytest.raises(UsageError, match="answered already, or too late"):
            accounts.take(desk, *other)


def test_a_token_is_for_its_scopes_until_it_ends(desk):
    secret = accounts.make_token(desk, "ci", ("push", "decisions"), NOW, days=2)
    assert accounts.token(desk, secret, "push", NOW) == "ci"
    assert accounts.token(desk, secret, "read", NOW) is None
    assert accounts.token(desk, secret, "push", LATER) is None
    assert accounts.token(desk, "guess", "push", NOW) is None
    with pytest.raises(UsageError, match="already"):
        accounts.make_token(desk, "ci", ("push",), NOW, days=2)
    accounts.revoke_token(desk, "ci", NOW)
    assert accounts.token(desk, secret, "push", NOW) is None
    with pytest.raises(UsageError, match="no token"):
        accounts.revoke_token(desk, "ci", NOW)
    for scopes in ((), ("everything",)):
        with pytest.raises(UsageError, match="not a scope"):
            accounts.make_token(desk, "x", scopes, NOW, days=2)


def test_no_secret_is_in_the_database(desk):
    joined(desk)
    made = [
        accounts.invite(desk, "ada", NOW),
        accounts.log_in(desk, "c1", "ada", 0, NOW),
        accounts.begin(desk, "sign", "ada", b"c", {}, NOW),
        accounts.make_token(desk, "ci", ("push",), NOW, days=1),
    ]
    folder = desk.settings.folder
    kept = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert not [secret for secret in made if secret.encode() in kept]


def test_two_secrets_are_compared_whole():
    assert accounts.same("a", "a")
    assert not accounts.same("a", "b")
    assert not accounts.same("ä", "a")


def test_whoever_was_invited_from_outside_is_no_insider_by_a_provider(desk):
    accounts.invite(desk, "ada", NOW, audience="public")
    assert accounts.session(desk, accounts.enter(desk, "ada", NOW), NOW).audience == "public"
    assert accounts.session(desk, accounts.enter(desk, "ben", NOW), NOW).audience == "internal"


def test_attack_whoever_was_invited_twice_comes_in_by_a_provider_as_the_narrower_of_both(desk):
    for audience in ("internal", "public", "regulator"):
        accounts.invite(desk, "cy", NOW, audience=audience)
    assert accounts.session(desk, accounts.enter(desk, "cy", NOW), NOW).audience == "public"


def test_attack_nobody_goes_on_reading_by_leaving_an_invitation_to_less_unused(browser):
    desk = browser.desk
    again = accounts.invite(desk, "ada", clock())
    browser.join("ada")
    assert browser.get("/work").status_code == 200
    accounts.invite(desk, "ada", clock(), audience="public")
    assert browser.get("/work").status_code == 404  # at once, in the session that goes on
    with pytest.raises(NothingToCheckError):
        accounts.invited(desk, again, clock())
    accounts.invite(desk, "ada", clock(), audience="internal")
    assert browser.get("/work").status_code == 404  # more counts once the invitation is used


def test_a_passkey_that_was_lost_logs_nobody_in_and_its_session_is_over(browser):
    desk = browser.desk
    browser.join("ada")
    waiting = accounts.invite(desk, "ada", clock())
    assert accounts.forget(desk, "ada", clock()) == 1
    assert browser.get("/").headers["location"] == "/login"
    with pytest.raises(NothingToCheckError):
        accounts.invited(desk, waiting, clock())
    step = browser.send("/login", {}).json()
    refused = browser.send(step["then"], {"secret": step["secret"], "credential": browser.login.sign(step["get"])})
    assert refused.status_code in (404, 422)
    assert browser.get("/").headers["location"] == "/login"
