"""Each check tells a secret from a text of the same form."""

import base64
import json

import pytest

from cardwright.privacy.secret_checks import CHECKS, Candidate, crc32_base62


def asked(check, value, **more):
    return CHECKS[check](Candidate(whole=more.pop("whole", value), value=value, **more))


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def test_a_checksum_makes_a_token_certain():
    body = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"
    assert crc32_base62(body) == "0mLq17"
    assert asked("github", f"ghp_{body}0mLq17") is True
    assert asked("github", f"ghp_{body}0mLq18") is None
    assert asked("checksum", "npm_" + "x" * 36) is False


def test_a_web_token_names_an_algorithm_and_is_not_the_example_of_its_documentation():
    assert asked("json_web_token", f"{encoded({'alg': 'HS256'})}.{encoded({'sub': 'u1'})}.x") is True
    assert asked("json_web_token", f"{encoded({'typ': 'JWT'})}.{encoded({'sub': 'u1'})}.x") is False
    assert (
        asked("json_web_token", f"{encoded({'alg': 'HS256'})}.{encoded({'sub': '1234567890', 'name': 'John Doe'})}.x")
        is False
    )


@pytest.mark.parametrize(
    ("value", "said"), [("s3cr3tpw", True), ("password", False), ("app", False), ("***", False), ("8080", False)]
)
def test_the_password_of_a_url_is_certain_and_a_placeholder_is_none(value, said):
    assert asked("url_password", value, whole=f"postgres://app:{value}@db/x") is said


def test_basic_credentials_are_a_user_and_a_password():
    assert asked("header", base64.b64encode(b"admin:s3cr3t").decode(), key="Basic") is True
    assert asked("header", base64.b64encode(b"no colon at all").decode(), key="Basic") is False
    assert asked("encoded_pair", base64.b64encode(b"bob:S3cret!").decode()) is True


def test_a_word_is_a_password_where_nothing_else_can_stand():
    assert asked("assigned_password", "letmein", key="password", name="DB_PASSWORD", sep="=", alone=True) is None
    assert asked("assigned_password", "letmein", key="password", name="password", sep=":") is False
    assert asked("sql", "letmein") is None


def test_names_that_are_public_hold_no_secret():
    value = "9dk2KSx93kdLq0ZpQ88s"
    assert asked("assigned_token", value, name="api_key") is None
    for name in ("public_key", "csrf_token", "pad_token", "PRIMARY_KEY", "site-key"):
        assert asked("assigned_token", value, name=name) is False


def test_random_digits_that_are_called_a_digest_are_none():
    value = "9f8a7b6c5d4e3f209f8a7b6c5d4e3f20"
    assert asked("hexadecimal", value, before="the secret: ") is None
    assert asked("hexadecimal", value, before="secret commit ") is False


def test_a_bot_token_of_discord_begins_with_a_number():
    number = base64.b64encode(b"108428492849283746").decode()
    assert asked("discord", f"{number}.GdK3k9.x") is True
    assert asked("discord", "NotANumberAtAllButLong.GdK3k9.x") is False


def test_a_web_token_of_a_thousand_brackets_is_none():
    deep = base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("=")
    assert asked("json_web_token", f"{deep}.{deep}.x") is False
