"""The stock engine runs alone, finds secrets, and keeps presidio's context."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest

pytest.importorskip("presidio_analyzer")

from presidio_analyzer import RecognizerRegistry
from tests.privacy.test_patterns import FOUND

from cardwright.errors import UsageError
from cardwright.evaluators.pii import presidio

ALONE = """
import os, sys
seen = []
def hook(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        seen.append((event, str(args[-1])[:80]))
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+") and not str(args[0]).startswith("/dev/"):
        seen.append((event, str(args[0])))
    if event in ("os.mkdir", "subprocess.Popen"):
        seen.append((event, str(args[0])))
sys.addaudithook(hook)
{code}
print(len(seen), seen[:5])
"""


def watched(code: str, home: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ALONE.replace("{code}", code)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HOME": home, "PYTHONDONTWRITEBYTECODE": "1", "TLDEXTRACT_CACHE": home},
    )
    return done.stdout.strip().splitlines()[-1]


def test_nothing_is_looked_up_nor_written(tmp_path):
    """A spy on Python's audit events sees no name resolved, no connection and no file written, from the import to the last hit."""
    code = (
        "from cardwright.evaluators.pii.text import scan_text\n"
        "hits = scan_text('Mail jane@example.co.uk, see https://example.org, call +1 212 555 2368, sk_live_a1b2c3d4e5f6g7h8')\n"
        "assert [hit.entity for hit in hits] == ['EMAIL_ADDRESS', 'URL', 'PHONE_NUMBER', 'STRIPE_KEY'], hits\n"
    )
    assert watched(code, str(tmp_path)) == "0 []"
    assert list(tmp_path.iterdir()) == []


def test_the_spy_sees_a_look_up(tmp_path):
    """Otherwise the test above could not fail."""
    code = (
        "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 9), timeout=0.01)\nexcept OSError:\n    pass"
    )
    assert watched(code, str(tmp_path)) != "0 []"


@pytest.fixture(scope="module")
def analyzer():
    return presidio.analyzer()


def test_all_recognisers_that_presidio_switches_on_for_english_are_there(analyzer):
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=stock_language())
    expected = {type(r).__name__ for r in registry.recognizers} - {"SpacyRecognizer"}
    ours = {type(r).__name__.removeprefix("Offline") for r in analyzer.registry.recognizers} - {
        "ScreeningRecognizer",
        "AnnouncedRecognizer",
    }
    assert ours == expected


def stock_language():
    language = presidio.BlankEnglish()
    language.load()
    return language


TEXTS = [
    "pay to de89370400440532013000 or DE89 3704 0044 0532 0130 00, gb82west12345698765432",
    "SSN 536-90-4399, itin 912-70-1234, passport 912345678, bank account 945456787654",
    "licence D1234567 and h12234567, DEA BA1234563, NHS 943 476 5919",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa at 10.1.2.3 and fe80::1 on 2026-01-31, mac 00:1B:44:11:3A:B7",
    "4111-1111-1111-1111 https://example.org/x?y=1 550e8400-e29b-41d4-a716-446655440000",
]


def test_findings_are_those_of_presidio_s_default_registry(analyzer):
    """The registry is built by presidio from its own list of defaults, and only its e-mail recogniser is ours: that one looks up."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider
    from tests.evaluators.pii.support import document

    registry = RecognizerRegistryProvider().create_recognizer_registry()
    registry.recognizers = [
        *(r for r in registry.recognizers if type(r).__name__ != "EmailRecognizer"),
        presidio.OfflineEmailRecognizer(supported_language="en"),
    ]
    default = AnalyzerEngine(registry=registry, nlp_engine=stock_language(), supported_languages=["en"])
    own = [r for r in analyzer.registry.recognizers if type(r).__name__ != "ScreeningRecognizer"]
    ours = AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=own, supported_languages=["en"]),
        nlp_engine=stock_language(),
        supported_languages=["en"],
    )

    def found(engine, text):
        return sorted((r.entity_type, r.start, r.end, r.score) for r in engine.analyze(text, language="en"))

    rng = random.Random(21)
    texts = [*TEXTS, *(document(rng) for _ in range(60)), *(document(rng).lower() for _ in range(30))]
    assert any(
        kind == "IBAN_CODE" and TEXTS[0][start:end].islower() for kind, start, end, _ in found(default, TEXTS[0])
    )
    for text in texts:
        assert found(ours, text) == found(default, text)


def test_a_context_word_raises_a_score(analyzer):
    def score(text):
        return max(r.score for r in analyzer.analyze(text, language="en") if r.entity_type == "PHONE_NUMBER")

    assert score("order 2125552368") == 0.4
    assert score("his phone 2125552368") == 0.75


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[text[:24] for text, _ in FOUND])
def test_what_the_light_detector_sees_the_full_one_sees(text, expected):
    from cardwright.evaluators.pii.text import scan_text

    full = {hit.entity for hit in scan_text(text)}
    stronger = {"AWS_SECRET_KEY": {"ENTROPY_SECRET"}, "PHONE_NUMBER": {"UK_NHS"}}
    assert all(kind in full or stronger.get(kind, set()) & full for kind in expected)


def test_countries_bring_their_own_numbers():
    from cardwright.evaluators.pii import engine

    german = engine.detector(["de"])
    assert "DE_TAX_ID" in german.entities
    assert "US_SSN" not in german.entities
    assert "DE_TAX_ID" not in engine.detector(None).entities
    assert not any(name.startswith(("US_", "UK_", "DE_")) for name in engine.detector([]).entities)


def test_a_country_has_two_codes_and_a_wrong_one_is_named():
    assert presidio.country_codes(["GB", "us"]) == ("uk", "us")
    with pytest.raises(UsageError, match='"atlantis"'):
        presidio.country_codes(["atlantis"])
