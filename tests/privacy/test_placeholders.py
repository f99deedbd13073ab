"""What stands in a secret's place: placeholders, words, references and sequences are told from passwords and tokens."""

import random
import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.privacy.placeholders import (
    entropy,
    is_measure,
    is_placeholder,
    is_reference,
    is_sequence,
    is_wordy,
    names_a_secret,
    reads_as_words,
    uniform,
)

PASSWORDS = [
    "Tr0ub4dor&3",
    "hunter2",
    "Winter2024!",
    "Kd93kdls",
    "c@ndl397",
    "p3pp3r43",
    "copper-violet-974",
    "k)d93kdls$kd",
]
TOKENS = ["9dk2KSx93kdLq0ZpQ88s", "8f14e45fceea467a5a36dedd4bea2543"]


@pytest.mark.parametrize("text", [*PASSWORDS, *TOKENS])
def test_passwords_and_tokens_are_none_of_it(text):
    assert not is_placeholder(text)
    assert not is_reference(text, quoted=True)
    assert not is_measure(text)
    assert not is_wordy(text) or len(text) < 12  # asked of tokens alone
    assert not names_a_secret(text)
    assert not uniform(text)


@pytest.mark.parametrize(
    "text",
    ["YOUR_API_KEY_HERE", "<password>", "${DB}", "$(cat f)", "{{ x }}", "%PASS%", "********", "changeme", "xxxxxxxxxx", "example-key",
     "REPLACE_ME", "{self.token}", "my-secret-token", "[REDACTED]", "insert-key-here", "..."],
)  # fmt: skip
def test_a_placeholder_is_known(text):
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    ["os.environ['X']", "process.env.X", "/etc/ssl/a.pem", "~/.ssh/id_rsa", "C:\\\\keys\\\\a", "https://example.com/x", "arn:aws:iam::1:x",
     "sha256:ab12", "2024-01-15", "vault:secret/db", "user.password", "op://vault/item", "server.key"],
)  # fmt: skip
def test_a_reference_is_known(text):
    assert is_reference(text)


@pytest.mark.parametrize(
    "text", ["256-bit", "12 characters", "v1.2.3", "AES-256", "base64", "0x9E3779B1", "3 attempts", "utf-8", "HS256"]
)
def test_a_quantity_a_version_and_a_method_are_known(text):
    assert is_measure(text)


@pytest.mark.parametrize(
    "text", ["required", "case-sensitive", "userPassword", "DB_PASSWORD_2", "my-db-credentials", "q_num_heads"]
)
def test_words_are_known(text):
    assert reads_as_words(text)


@given(st.text(alphabet=string.ascii_letters + string.digits, min_size=1, max_size=60))
def test_of_a_sequence_half_of_the_characters_follow_each_other(text):
    follow = sum(ord(b) - ord(a) == 1 or a + b == "90" for a, b in pairwise(text))
    assert not is_sequence(text) or 2 * follow * 6 >= len(text) * 5 or "qwertyuiop" in text.lower()


def test_of_random_tokens_hardly_one_is_taken_for_words_or_a_sequence():
    rng = random.Random(7)
    made = ["".join(rng.choices(string.ascii_letters + string.digits, k=32)) for _ in range(2_000)]
    assert sum(is_wordy(t) or reads_as_words(t) or is_sequence(t) or is_placeholder(t) for t in made) <= 20


def test_entropy_is_zero_for_one_character_and_one_bit_for_two():
    assert (entropy(""), entropy("aaaa"), entropy("abab")) == (0.0, 0.0, 1.0)
