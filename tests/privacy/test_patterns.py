"""The light detector: what has a form is found, what looks alike is not."""

from __future__ import annotations

import base64
import json
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.privacy.patterns import (
    Hit,
    iban_checksum,
    is_card_number,
    luhn,
    resolve,
    scan_light,
)
from cardwright.privacy.placeholders import entropy
from cardwright.privacy.secret_checks import crc32_base62
from cardwright.privacy.secret_forms import forms


def kinds(text: str) -> list[str]:
    return [hit.entity for hit in scan_light(text)]


JWT = ".".join(
    base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    for part in ({"alg": "none"}, {"sub": "someone-here"})
)
RANDOM_40 = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYq9Lm2TzWK1"

FOUND = [
    ("Write to jane.doe@example.com.", ["EMAIL_ADDRESS"]),
    ("o'neil+tag@mail.example.co.uk", ["EMAIL_ADDRESS"]),
    ("müller@bücher.example", ["EMAIL_ADDRESS"]),
    ("+1 (212) 555-0199", ["PHONE_NUMBER"]),
    ("+49301234567", ["PHONE_NUMBER"]),
    ("(212) 555-0199 or 212.555.0198", ["PHONE_NUMBER", "PHONE_NUMBER"]),
    ("020 7946 0958", ["PHONE_NUMBER"]),
    ("0171/2345678", ["PHONE_NUMBER"]),
    ("Tel.: 5550199", ["PHONE_NUMBER"]),
    ("call me at 555-0123", ["PHONE_NUMBER"]),
    ("DE89 3704 0044 0532 0130 00 AND MORE", ["IBAN_CODE"]),
    ("GB82WEST12345698765432", ["IBAN_CODE"]),
    ("4111 1111 1111 1111", ["CREDIT_CARD"]),
    ("378282246310005", ["CREDIT_CARD"]),
    ("536-90-4399", ["US_SSN"]),
    ("AKIAIOSFODNN7QW3RTYU", ["AWS_ACCESS_KEY"]),
    (f"aws: {RANDOM_40}", ["AWS_SECRET_KEY"]),
    ("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", ["GITHUB_TOKEN"]),
    ("github_pat_" + "A1b2C3d4E5f6G7h8I9j0Kk" + "_" + "z9Y8x7W6v5" * 5 + "u4T3s2R1q", ["GITHUB_TOKEN"]),
    ("glpat-a1B2c3D4e5F6g7H8i9J0", ["GITLAB_TOKEN"]),
    ("xoxb-123456789012-abcdefGHIJKL", ["SLACK_TOKEN"]),
    ("https://hooks.slack.com/services/T0ABCDEFG/B0ABCDEFG/a1b2c3d4e5f6g7h8", ["SLACK_TOKEN"]),
    ("sk_live_a1b2c3d4e5f6g7h8i9", ["STRIPE_KEY"]),
    ("AIza" + "Sy" + "A1b2C3d4E5f" * 3, ["GOOGLE_API_KEY"]),
    ("sk-proj-a1B2c3D4e5F6g7H8i9J0k1L2", ["LLM_API_KEY"]),
    ("sk-ant-api03-a1B2c3D4e5F6g7H8i9J0k1L2-xY_z", ["LLM_API_KEY"]),
    ("hf_" + "aBcDeFgHiJ" * 3 + "kLmN", ["HUGGING_FACE_TOKEN"]),
    (f"{JWT}.", ["JSON_WEB_TOKEN"]),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", ["PRIVATE_KEY"]),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn (cut", ["PRIVATE_KEY"]),
    ("password=hunter2!", ["PASSWORD"]),
    ('"api_key": "Xy7-kk92-Zq1"', ["PASSWORD"]),
    ("pwd: 83648201", ["PASSWORD"]),
    ("postgres://app:s3cr3t@db.example.com/app", ["CONNECTION_STRING"]),
    ("the secret: see below\n" + "9f8a7b6c5d4e3f20" * 2, ["ENTROPY_SECRET"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[text[:24] for text, _ in FOUND])
def test_a_form_is_found_once(text, expected):
    assert kinds(text) == expected


CLEAN = [
    "On 2026-11-23 at 10:30:00Z, 1,989 rows in 59 columns; 10 000 000 in all.",
    "0.7991071428571429 [0.4111111111111111, 0.12] p = 0.00001234567 1e-10",
    "presidio-analyzer 2.2.366, numpy 2.4.1, 192 GB, 12-15, 1.234.567,89",
    "sha256 " + "0123456789abcdef" * 4,
    "DE88370400440532013000 and 4111111111111112 and 000-12-3456 and 900-12-3456",
    "password: forgotten. Token: required. secret = ${SECRET} password=******** token=<token> api_key=xxxxxxxxxxxx",
    "token = os.environ['TOKEN']; password = getpass()",
    "https://user:***@example.com/ and https://example.com:8080/path",
    "sk-learn-compatible-estimators-everywhere and ghp_" + "x" * 36,
    "eyJub3RoaW5nIjoxfQ.eyJub3RoaW5nIjoxfQ.abc is no token: it names no algorithm",
    "@handle, user@localhost, a@b",
    "a row of 4111 and 1111 and 1111",
    "",
]


@pytest.mark.parametrize("text", CLEAN, ids=[text[:24] for text in CLEAN])
def test_what_looks_alike_is_not_found(text):
    assert kinds(text) == []


def test_the_place_of_a_hit_is_its_text():
    text = "Mail jane@example.com, card 4111-1111-1111-1111."
    assert [text[hit.start : hit.end] for hit in scan_light(text)] == ["jane@example.com", "4111-1111-1111-1111"]


def test_the_checksum_of_a_github_token_is_that_of_its_documentation():
    assert crc32_base62("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ") == "0mLq17"
    wrong = scan_light("ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18")
    right = scan_light("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")
    assert (wrong[0].score, right[0].score) == (0.85, 1.0)


@given(st.text(alphabet="0123456789", min_size=1, max_size=20))
def test_exactly_one_check_digit_holds(digits):
    assert sum(luhn(digits + check) for check in "0123456789") == 1


def test_a_card_has_a_prefix_that_a_scheme_issues():
    assert [
        is_card_number(n) for n in ("5555555555554444", "6011111111111117", "3530111333300000", "9999999999999995")
    ] == [
        True,
        True,
        True,
        False,
    ]


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=11, max_size=30), st.integers(0, 8))
def test_changing_one_digit_of_an_iban_breaks_its_checksum(account, step):
    digits = "".join(str(int(c, 36)) for c in account + "DE00")
    iban = f"DE{98 - int(digits) % 97:02d}{account}"
    assert iban_checksum(iban)
    place = next((i for i, c in enumerate(account) if c.isdigit()), None)
    if place is not None:
        other = str((int(account[place]) + step + 1) % 10)
        if other != account[place]:
            assert not iban_checksum(iban[:4] + account[:place] + other + account[place + 1 :])


def test_entropy_is_zero_for_one_character_and_one_bit_for_two():
    assert (entropy(""), entropy("aaaa"), entropy("abab")) == (0.0, 0.0, 1.0)


hits = st.builds(
    lambda entity, start, length, score: Hit(entity, start, start + length, score),
    st.sampled_from(["A", "B", "C"]),
    st.integers(0, 40),
    st.integers(1, 12),
    st.sampled_from([0.3, 0.5, 1.0]),
)


@given(st.lists(hits, max_size=25), st.randoms())
def test_resolved_hits_do_not_overlap_and_do_not_depend_on_the_order(found, rng):
    kept = resolve(found)
    shuffled = list(found)
    rng.shuffle(shuffled)
    assert resolve(shuffled) == kept
    assert all(first.end <= second.start for first, second in pairwise(kept))
    assert set(kept) <= set(found)


@given(st.lists(hits, max_size=25))
def test_a_hit_is_left_out_only_for_one_that_comes_before_it(found):
    kept = resolve(found)
    for hit in set(found) - set(kept):
        rivals = [other for other in kept if other.start < hit.end and hit.start < other.end]
        assert any(
            (-r.score, r.start - r.end, r.entity) <= (-hit.score, hit.start - hit.end, hit.entity) for r in rivals
        )


def test_every_form_of_a_secret_is_documented_and_scores_between_0_and_1():
    for form in forms():
        assert form.name
        assert 0 < form.score <= 1
        assert form.score >= 0.4 or form.context


@given(st.text(max_size=300))
def test_any_text_can_be_scanned_twice_with_one_result(text):
    first = scan_light(text)
    assert first == scan_light(text)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in first)


@pytest.mark.parametrize(
    "unit", ["a", "a@", "1 ", "+1", "-----BEGIN ", "eyJ.", "x://", "password=", "a.b", "=/+", "AB12 "]
)
def test_long_texts_of_one_pattern_are_scanned_in_reasonable_time(unit):
    scan_light(unit * (60_000 // len(unit)))


def test_the_light_detector_needs_the_standard_library_alone():
    import ast
    import sys
    from pathlib import Path

    import cardwright.privacy.patterns as module

    for name in ("patterns", "secret_forms", "secret_checks", "placeholders"):
        tree = ast.parse((Path(module.__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
        names = {
            name.split(".")[0]
            for node in ast.walk(tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("cardwright.privacy")
                else []
            )
        }
        assert names <= set(sys.stdlib_module_names)


def test_light_and_full_detectors_agree_on_secrets():
    """One table of forms serves both; where both see a secret they say the same kind."""
    from tests.evaluators.pii.support import document

    pytest.importorskip("presidio_analyzer")
    from cardwright.evaluators.pii.text import scan_text

    rng = random.Random(3)
    secret = {form.entity for form in forms() if form.score >= 0.4}
    for _ in range(150):
        text = document(rng)
        light = {(h.entity, h.start, h.end) for h in scan_light(text) if h.entity in secret}
        full = {(h.entity, h.start, h.end) for h in scan_text(text)}
        missed = {h for h in light - full if not any(o[1] < h[2] and h[1] < o[2] for o in full)}
        assert not missed
