"""Generated values of each kind and region, by the formats that their issuers publish: none is anybody's.

Check digits are computed here from the standards (ISO/IEC 7812, ISO 13616, Base58Check, the NHS's modulus 11), not with the code
that looks for them. Names are put together of first and last names that are common in their country.
"""

from __future__ import annotations

import hashlib
import random
import string
import uuid
from collections.abc import Callable
from dataclasses import dataclass

Make = Callable[[random.Random], str]


@dataclass(frozen=True)
class PlantedKind:
    """What is planted."""

    entity: str
    region: str
    """Country code, language, or `any`."""
    lead: str
    """Words that announce such a value, in the language of the region."""
    make: Make


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def _word(rng: random.Random, count: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(rng.choice(letters) for _ in range(count))


def with_check_digit(body: str) -> str:
    """Digits with the check digit of ISO/IEC 7812 (Luhn).

    >>> with_check_digit("7992739871")
    '79927398713'
    """
    total = 0
    for position, digit in enumerate(reversed(body)):
        value = int(digit) * (2 - position % 2)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def _card(rng: random.Random) -> str:
    number = with_check_digit("4" + _digits(rng, 14))
    return " ".join(number[i : i + 4] for i in range(0, 16, 4)) if rng.random() < 0.5 else number


def iban(country: str, account: str) -> str:
    """An IBAN with its check digits (ISO 13616).

    >>> iban("DE", "370400440532013000")
    'DE89370400440532013000'
    """
    number = "".join(str(int(character, 36)) for character in f"{account}{country}00")
    return f"{country}{98 - int(number) % 97:02d}{account}"


def _iban(country: str, letters: int, digits: int) -> Make:
    def make(rng: random.Random) -> str:
        number = iban(country, _word(rng, letters, string.ascii_uppercase) + _digits(rng, digits))
        return " ".join(number[i : i + 4] for i in range(0, len(number), 4)) if rng.random() < 0.5 else number

    return make


def _nhs(rng: random.Random) -> str:
    while True:
        body = str(rng.randint(4, 7)) + _digits(rng, 8)
        check = 11 - sum(int(digit) * (10 - position) for position, digit in enumerate(body)) % 11
        if check != 10:
            number = body + str(check % 11)
            return f"{number[:3]} {number[3:6]} {number[6:]}"


def _ssn(rng: random.Random) -> str:
    area = rng.choice([*range(1, 666), *range(667, 900)])
    return f"{area:03d}-{rng.randint(1, 99):02d}-{rng.randint(1, 9999):04d}"


def _bitcoin(rng: random.Random) -> str:
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    payload = b"\x00" + rng.randbytes(20)
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, address = int.from_bytes(payload, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        address = alphabet[rest] + address
    return "1" + address


def _phone(*shapes: str) -> Make:
    """`#` is any digit and `%` one from 2 to 9."""
    return lambda rng: "".join(
        rng.choice(string.digits) if c == "#" else rng.choice("23456789") if c == "%" else c for c in rng.choice(shapes)
    )


_NAMES = {
    "en": ("Emily James Olivia Daniel Grace Thomas", "Whitaker Hughes Thornton Palmer Ellison Barlow"),
    "de": ("Lukas Hannah Matthias Katrin Jürgen Sabine", "Lehmann Brandt Kühn Vogel Schröder Seidel"),
    "fr": ("Camille Étienne Manon Julien Chloé Baptiste", "Moreau Lefèvre Garnier Chevalier Faure Perrin"),
    "es": ("Lucía Alejandro Carmen Javier Marta Diego", "Navarro Ortega Molina Castillo Ramos Herrera"),
    "pl": ("Agnieszka Piotr Magdalena Tomasz Ewa Krzysztof", "Wiśniewska Kamiński Zieliński Wójcik Mazur Nowicki"),
    "in": ("Ananya Rahul Priya Vikram Lakshmi Arjun", "Iyer Chatterjee Reddy Deshmukh Nair Kulkarni"),
    "ng": ("Chinedu Ngozi Adebayo Folake Emeka Amina", "Okonkwo Adeyemi Balogun Eze Ibrahim Nwosu"),
    "vn": ("Minh Linh Tuấn Hương Quang Thảo", "Nguyễn Trần Phạm Hoàng Đặng Bùi"),
}
_LEADS = {
    "en": "my name is", "de": "mein Name ist", "fr": "je m'appelle", "es": "me llamo", "pl": "nazywam się", "in": "Name:",
    "ng": "Mr", "vn": "Full name:",
}  # fmt: skip


def _name(region: str) -> Make:
    first, last = (words.split() for words in _NAMES[region])
    return lambda rng: f"{rng.choice(first)} {rng.choice(last)}"


def _street(kind: str, *names: str) -> Make:
    return lambda rng: kind.format(name=rng.choice(names), number=rng.randint(1, 180))


def _mail(rng: random.Random) -> str:
    return f"{_word(rng, 7, string.ascii_lowercase)}@{rng.choice(('example.com', 'mail.example.org'))}"


def _page(rng: random.Random) -> str:
    return f"https://{_word(rng, 8, string.ascii_lowercase)}.example.com/{_word(rng, 5)}"


def _firm(rng: random.Random) -> str:
    first = rng.choice(("Halden", "Norvik", "Castello", "Brightwell"))
    return f"{first} {rng.choice(('Shipping Ltd', 'Foods Inc', 'Bau GmbH', 'Foundation'))}"


def _town(rng: random.Random) -> str:
    return rng.choice(("Rotterdam", "Kraków", "Nairobi", "Toronto", "Sevilla", "Osaka"))


_AVENUE = _street("{number} {name} Avenue", "Maple", "Lincoln", "Cedar Hill", "Jefferson")
_STRASSE = _street("{name}straße {number}", "Linden", "Goethe", "Bahnhof", "Mühlen")
_RUE = _street("{number} rue {name}", "Pasteur", "de la Gare", "Victor Hugo", "du Moulin")
_CALLE = _street("Calle {name} {number}", "Mayor", "de Alcalá", "Real", "del Carmen")
_DATE: Make = lambda rng: f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/{rng.randint(1940, 2008)}"  # noqa: E731

PLANTED = (
    PlantedKind("EMAIL_ADDRESS", "any", "e-mail:", _mail),
    PlantedKind("PHONE_NUMBER", "us", "phone:", _phone("(212) %##-####", "+1 415 %##-####", "617-%##-####")),
    PlantedKind("PHONE_NUMBER", "gb", "phone:", _phone("+44 7911 ######", "020 7946 0###", "07700 900###")),
    PlantedKind("PHONE_NUMBER", "de", "Telefon:", _phone("+49 30 9018####", "030 9018####", "+49 151 ########")),
    PlantedKind("PHONE_NUMBER", "fr", "téléphone :", _phone("+33 1 99 00 ## ##", "01 99 00 ## ##", "+33 6 39 98 ## ##")),
    PlantedKind("CREDIT_CARD", "any", "card number:", _card),
    PlantedKind("IBAN_CODE", "de", "IBAN:", _iban("DE", 0, 18)),
    PlantedKind("IBAN_CODE", "gb", "IBAN:", _iban("GB", 4, 14)),
    PlantedKind("IBAN_CODE", "nl", "IBAN:", _iban("NL", 4, 10)),
    PlantedKind("US_SSN", "us", "social security number:", _ssn),
    PlantedKind("UK_NHS", "gb", "NHS number:", _nhs),
    PlantedKind("IP_ADDRESS", "any", "from", lambda rng: ".".join(str(rng.randint(1, 254)) for _ in range(4))),
    PlantedKind("MAC_ADDRESS", "any", "device", lambda rng: ":".join(_word(rng, 2, "0123456789abcdef") for _ in range(6))),
    PlantedKind("CRYPTO", "any", "wallet:", _bitcoin),
    PlantedKind("UUID", "any", "id:", lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4))),
    PlantedKind("URL", "any", "see", _page),
    PlantedKind("GITHUB_TOKEN", "any", "token:", lambda rng: "ghp_" + _word(rng, 36)),
    PlantedKind("PASSWORD", "any", "password:", lambda rng: f"{_word(rng, 5)}{_digits(rng, 3)}!{_word(rng, 3)}"),
    PlantedKind("DATE_OF_BIRTH", "any", "born on", _DATE),
    *(PlantedKind("PERSON", region, _LEADS[region], _name(region)) for region in _NAMES),
    PlantedKind("STREET_ADDRESS", "us", "I live at", _AVENUE),
    PlantedKind("STREET_ADDRESS", "de", "wohnhaft", _STRASSE),
    PlantedKind("STREET_ADDRESS", "fr", "j'habite", _RUE),
    PlantedKind("STREET_ADDRESS", "es", "vivo en", _CALLE),
    PlantedKind("LOCATION", "any", "in", _town),
    PlantedKind("ORGANIZATION", "any", "at", _firm),
)  # fmt: skip
"""In the order of the report."""

__all__ = ["PLANTED", "PlantedKind", "iban", "with_check_digit"]
