"""What a browser is asked: passkeys of this desk, with their holder verified, and a new challenge each time."""

import pytest
from tests.desk.support import NOW

from cardwright.desk import accounts, ceremonies
from cardwright.errors import IntegrityError, UsageError


def test_a_login_names_nobody_and_asks_for_verification(desk):
    _, one = ceremonies.begin_login(desk, NOW)
    _, two = ceremonies.begin_login(desk, NOW)
    assert one["challenge"] != two["challenge"]
    assert (one["allowCredentials"], one["userVerification"], one["rpId"]) == ([], "required", "desk.example.org")


def test_passkeys_for_logging_in_and_signing_are_two(desk):
    ada = ceremonies.person_of(desk, "ada")
    login, sign = (ceremonies.creation(desk, b"c", ada, purpose) for purpose in ("log in", "sign"))
    assert login["user"]["id"] != sign["user"]["id"]
    assert login["authenticatorSelection"]["userVerification"] == "required"
    assert [one["alg"] for one in login["pubKeyCredParams"]] == [-8, -7]


def test_whoever_the_trust_file_does_not_know_has_no_account(desk):
    with pytest.raises(UsageError, match="knows nobody by the id"):
        ceremonies.person_of(desk, "eve")


@pytest.mark.parametrize(
    "given",
    [{}, {"id": 1}, {"id": "x", "response": {}}, {"id": "x", "rawId": "x", "type": "public-key", "response": None}],
)
def test_an_answer_of_no_form_logs_nobody_in(desk, given):
    secret, _ = ceremonies.begin_login(desk, NOW)
    with pytest.raises(IntegrityError, match="does not log in here"):
        ceremonies.log_in(desk, secret, given, NOW)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {
            "id": "x",
            "rawId": "x",
            "type": "public-key",
            "response": {"clientDataJSON": "e30", "attestationObject": "oA"},
        },
    ],
)
def test_an_answer_of_no_form_makes_no_passkey(desk, given):
    invitation = accounts.invite(desk, "ada", NOW)
    secret, _ = ceremonies.begin_joining(desk, invitation, NOW)
    with pytest.raises(IntegrityError, match="not a passkey made at this desk"):
        ceremonies.join(desk, invitation, secret, given, NOW)
