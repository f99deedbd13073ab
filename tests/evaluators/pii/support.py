"""Synthetic documents for the tests of the detector: everything in them is made up."""

from __future__ import annotations

import random
import string

NAMES = ["ada", "grace.hopper", "o'neil", "j", "maria-luisa", "x_y", "köhler", "li"]
HOSTS = ["example.com", "mail.example.co.uk", "example.org", "sub.domain.example.de", "xn--80ak6aa92e.com", "localhost"]
_WORDS = """
phone number call account bank card credit passport driver license ssn social security email date birthday ip mac wallet
token secret password user logged in from order shipped to the a of is be be: be:a a:b AWS_SECRET=1 duplicate public lic
tel: fax mobile total rows failed ERROR retry https url link website nhs medical iban transaction uuid
"""
WORDS = _WORDS.split()


def digits(rng: random.Random, n: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(n))


def with_luhn(number: str) -> str:
    from cardwright.privacy.patterns import luhn

    return next(number + check for check in string.digits if luhn(number + check))


def made(rng: random.Random) -> str:
    """Something that a recogniser may see, or nearly sees."""
    kinds = [
        lambda: f"{rng.choice(NAMES)}@{rng.choice(HOSTS)}",
        lambda: f"+1 ({digits(rng, 3)}) {digits(rng, 3)}-{digits(rng, 4)}",
        lambda: f"{digits(rng, 3)}{rng.choice('-. ')}{digits(rng, 3)}{rng.choice('-. ')}{digits(rng, 4)}",
        lambda: (
            f"+{rng.choice(['44', '49', '33', '972', '91', '55'])}{rng.choice(['', ' ', '-'])}{digits(rng, rng.randint(6, 11))}"
        ),
        lambda: f"0{digits(rng, rng.randint(2, 4))}{rng.choice(' /-')}{digits(rng, rng.randint(5, 8))}",
        lambda: digits(rng, rng.randint(1, 19)),
        lambda: with_luhn(rng.choice(["4", "51", "37", "6011", "35"]) + digits(rng, rng.randint(10, 14))),
        lambda: f"{digits(rng, 3)}-{digits(rng, 2)}-{digits(rng, 4)}",
        lambda: rng.choice(
            [
                "DE89370400440532013000",
                "GB82 WEST 1234 5698 7654 32",
                "FR1420041010050500013M02606",
                "DE00370400440532013000",
            ]
        ),
        lambda: ".".join(str(rng.randint(0, 300)) for _ in range(4)) + rng.choice(["", "/24", ":8080"]),
        lambda: rng.choice(["::1", "2001:db8::ff00:42:8329", "fe80::1%eth0", "::ffff:10.0.0.1", "12:34", "a::b::c"]),
        lambda: (
            f"{rng.randint(1990, 2030)}-{rng.randint(1, 13):02d}-{rng.randint(1, 32):02d}"
            + rng.choice(["", "T10:20:30Z", " 10:20"])
        ),
        lambda: f"{rng.randint(1, 32)}/{rng.randint(1, 13)}/{rng.choice([rng.randint(1990, 2030), 99])}",
        lambda: f"{rng.randint(1, 31)}-{rng.choice(['JAN', 'feb', 'Dec'])}-{rng.randint(10, 99)}",
        lambda: ":".join(f"{rng.randint(0, 255):02x}" for _ in range(6)),
        lambda: "-".join(f"{rng.getrandbits(4 * n):0{n}x}" for n in (8, 4, 4, 4, 12)),
        lambda: (
            f"{rng.choice(['http://', 'https://', '', 'ftp://'])}{rng.choice(HOSTS)}/{rng.choice(WORDS)}?q={digits(rng, 3)}"
        ),
        lambda: rng.choice(
            [
                "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
                "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
                "BA1234563",
                "A1234567",
                "9" + digits(rng, 8),
            ]
        ),
        lambda: (
            rng.choice(["AKIA", "ASIA"]) + "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))
        ),
        lambda: "sk-" + "".join(rng.choice(string.ascii_letters + string.digits) for _ in range(32)),
        lambda: (
            f"{rng.choice(['password', 'api_key', 'TOKEN', 'secret'])}{rng.choice([': ', '=', ' = '])}{rng.choice(['hunter2x', 'forgotten', digits(rng, 8), 'Tr0ub4dor&3'])}"
        ),
        lambda: "".join(rng.choice("0123456789abcdef") for _ in range(rng.choice([32, 40, 64]))),
        lambda: "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",
        lambda: "postgres://app:s3cr3t-pw@db.example.com:5432/app",
        lambda: "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
        lambda: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXRoaW5n",
    ]
    return rng.choice(kinds)()


def document(rng: random.Random, parts: int = 12) -> str:
    """Words and made-up data, glued together in ways that texts and logs do."""
    pieces = []
    for _ in range(rng.randint(1, parts)):
        pieces.append(made(rng) if rng.random() < 0.35 else rng.choice(WORDS))
        pieces.append(rng.choice([" ", " ", " ", " ", ", ", "\n", ":", "=", "", " (", ") ", "'", '"', ";", "\t", " x"]))
    return "".join(pieces)


def fuzzed(rng: random.Random) -> str:
    """A document with characters changed, put in and taken out; some are not ASCII."""
    text = list(document(rng))
    for _ in range(rng.randint(0, 6)):
        place = rng.randrange(len(text) + 1)
        change = rng.random()
        odd = rng.choice(["٣", "ß", "İ", "é", "\u00a0", "–", "K", "😀", "０", "\x00", "_", "@", ".", "-", "7"])
        if change < 0.5:
            text.insert(place, odd)
        elif text and place < len(text):
            text[place : place + 1] = [] if change < 0.75 else [odd]
    return "".join(text)


def name_model(names, *, name="stand-in", score=0.85, language="en", read=None):
    """A model of names that finds each of some strings, as the kind that is given with it."""
    import re

    from cardwright.sources.interface import NamedSpan, NerModel

    def find(texts):
        if read is not None:
            read.append([*texts])
        return tuple(
            tuple(
                sorted(
                    (
                        NamedSpan(match.start(), match.end(), kind, score)
                        for words, kind in names.items()
                        for match in re.finditer(re.escape(words), text)
                    ),
                    key=lambda one: one.start,
                )
            )
            for text in texts
        )

    kinds = tuple(sorted(set(names.values())))
    return NerModel(name, "1.2", "spacy", "3.8", "a" * 64, language, kinds, ("DATE",), find)


def named(*models):
    """Models as a source."""
    from cardwright.record.provenance import DatasetRef
    from cardwright.sources.interface import NerModels

    ref = DatasetRef(name="ner_model", role="ner_model", kind="ner_model", format="spacy", sha256="b" * 64)
    return NerModels(ref, models)
