"""What each kind of personal data weighs, from which score on it counts, and which comes first where two overlap: one table."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.record.evaluation import Severity


@dataclass(frozen=True)
class Entity:
    """A kind of personal data or secret."""

    name: str
    title: str
    """In words, for use in a sentence: "an e-mail address"."""
    severity: Severity
    threshold: float
    """Hits with a lower score are not counted."""
    why: str
    """Why it weighs what it weighs."""


CONTEXT = 0.4
"""Presidio gives a weak pattern next to a context word exactly this score; alone it stays below."""
FORM = 0.5
"""A pattern that says much alone."""

_ACCESS = "Whoever reads it can use it; it has to be withdrawn and replaced."
_STATE = "A number by which a state or an insurer knows one person; it opens accounts in that person's name."
_MONEY = "Whoever reads it can take money, or say where it went."
_REACH = "It reaches one person directly."
_LINK = "It links records of one person or device, and identifies someone only together with other data."

_PLACE = "It says where somebody lives, and identifies someone only together with other data (Sweeney 2000)."
_COMPANY = "It names a business; of one person's business it names that person."

_TABLE = (
    Entity("PRIVATE_KEY", "a private key", "critical", FORM, _ACCESS),
    Entity("AWS_ACCESS_KEY", "an AWS access key id", "critical", FORM, _ACCESS),
    Entity("AWS_SECRET_KEY", "an AWS secret key", "critical", CONTEXT, _ACCESS),
    Entity("GITHUB_TOKEN", "a GitHub token", "critical", FORM, _ACCESS),
    Entity("GITLAB_TOKEN", "a GitLab token", "critical", FORM, _ACCESS),
    Entity("SLACK_TOKEN", "a Slack token or webhook", "critical", FORM, _ACCESS),
    Entity("STRIPE_KEY", "a Stripe key", "critical", FORM, _ACCESS),
    Entity("AZURE_KEY", "an Azure key or signature", "critical", FORM, _ACCESS),
    Entity("GOOGLE_API_KEY", "a Google API key", "critical", FORM, _ACCESS),
    Entity("LLM_API_KEY", "a key of a language-model service", "critical", FORM, _ACCESS),
    Entity("HUGGING_FACE_TOKEN", "a Hugging Face token", "critical", FORM, _ACCESS),
    Entity("PACKAGE_TOKEN", "a token of a package registry", "critical", FORM, _ACCESS),
    Entity("SERVICE_KEY", "a key of a web service", "critical", FORM, _ACCESS),
    Entity("JSON_WEB_TOKEN", "a JSON Web Token", "critical", FORM, _ACCESS),
    Entity("CONNECTION_STRING", "a URL with a password", "critical", FORM, _ACCESS),
    Entity("PASSWORD", "a password or token that is assigned", "critical", FORM, _ACCESS),
    Entity(
        "PASSWORD_HASH",
        "the hash of a password",
        "high",
        FORM,
        "Whoever has it can try passwords until one fits, and many people use one password in several places.",
    ),
    Entity("ENTROPY_SECRET", "a random string near a word such as `secret`", "critical", CONTEXT, _ACCESS),
    Entity("CREDIT_CARD", "a payment card number", "critical", FORM, _MONEY),
    Entity("US_SSN", "a United States social security number", "critical", FORM, _STATE),
    Entity("US_ITIN", "a United States taxpayer number", "critical", FORM, _STATE),
    Entity("US_MBI", "a Medicare beneficiary number", "critical", CONTEXT, _STATE),
    Entity(
        "UK_NHS",
        "an NHS number",
        "critical",
        FORM,
        "It says that somebody is a patient: data about health (GDPR Art. 9).",
    ),
    Entity("US_PASSPORT", "a United States passport number", "high", CONTEXT, _STATE),
    Entity("US_DRIVER_LICENSE", "a United States driving licence number", "high", CONTEXT, _STATE),
    Entity("US_BANK_NUMBER", "a United States bank account number", "high", CONTEXT, _MONEY),
    Entity("IBAN_CODE", "an IBAN", "high", FORM, _MONEY),
    Entity(
        "MEDICAL_LICENSE",
        "a DEA registration number",
        "high",
        FORM,
        "It names one prescriber; with it prescriptions are forged.",
    ),
    Entity("EMAIL_ADDRESS", "an e-mail address", "high", FORM, _REACH),
    Entity("PHONE_NUMBER", "a telephone number", "high", FORM, _REACH),
    Entity("PERSON", "a name of a person", "high", FORM, "It names one person, alone or with the words around it."),
    Entity(
        "STREET_ADDRESS", "a postal address", "high", FORM, "It says where one person or one household lives or works."
    ),
    Entity(
        "DATE_OF_BIRTH",
        "a date of birth",
        "medium",
        FORM,
        "With a postcode and the sex it tells most people apart (Sweeney 2000).",
    ),
    Entity(
        "NRP",
        "a nationality, a religion or a political group",
        "medium",
        FORM,
        "Said of a person, it may be of a special category (GDPR Art. 9); models mark it also where it is said of a thing.",
    ),
    Entity(
        "CRYPTO",
        "a bitcoin address",
        "medium",
        FORM,
        "Every payment to and from it is public; it names nobody by itself.",
    ),
    Entity("MAC_ADDRESS", "a hardware (MAC) address", "low", FORM, _LINK),
    Entity("IP_ADDRESS", "an IP address", "low", FORM, _LINK + " Personal data under CJEU C-582/14 (Breyer)."),
    *(
        Entity(name, title, "low", CONTEXT, _PLACE)
        for name, title in (
            ("DE_PLZ", "a German postcode"),
            ("UK_POSTCODE", "a British postcode"),
            ("CA_POSTAL_CODE", "a Canadian postal code"),
        )
    ),
    *(
        Entity(name, title, "medium", CONTEXT, _LINK)
        for name, title in (
            ("DE_KFZ", "a German number plate"),
            ("IN_VEHICLE_REGISTRATION", "an Indian number plate"),
            ("NG_VEHICLE_REGISTRATION", "a Nigerian number plate"),
            ("TR_LICENSE_PLATE", "a Turkish number plate"),
            ("UK_VEHICLE_REGISTRATION", "a British number plate"),
            ("ZA_LICENSE_PLATE", "a South African number plate"),
        )
    ),
    *(
        Entity(name, title, "low", CONTEXT, _COMPANY)
        for name, title in (
            ("AU_ABN", "an Australian business number"),
            ("AU_ACN", "an Australian company number"),
            ("DE_BSNR", "a number of a German doctor's practice"),
            ("DE_HANDELSREGISTER", "an entry of the German commercial register"),
            ("DE_VAT_ID", "a German VAT number"),
            ("IN_GSTIN", "an Indian tax number of a business"),
            ("IT_VAT_CODE", "an Italian VAT number"),
            ("KR_BRN", "a Korean business number"),
            ("SE_ORGANISATIONSNUMMER", "a Swedish number of an organisation"),
            ("SG_UEN", "a Singaporean number of an entity"),
            ("US_PROVIDER_TAX_ID", "a United States tax number of a provider"),
            ("ZA_COMPANY_REGISTRATION", "a South African company number"),
            ("ZA_VAT_NUMBER", "a South African VAT number"),
        )
    ),
    *(
        Entity(name, "a South African telephone number", "high", CONTEXT, _REACH)
        for name in ("ZA_MOBILE_NUMBER", "ZA_TELEPHONE_NUMBER")
    ),
    Entity("LOCATION", "a place", "low", FORM, _PLACE),
    Entity("ORGANIZATION", "an organisation", "low", FORM, _COMPANY),
    Entity("UUID", "a UUID", "info", FORM, _LINK),
    Entity("URL", "a web address", "low", FORM, "Most are public; some lead to a person's page or hold a token."),
    Entity(
        "DATE_TIME",
        "a date",
        "low",
        FORM,
        "A date alone identifies nobody; a date of birth beside a postcode often does (Sweeney 2000).",
    ),
)

ENTITIES: dict[str, Entity] = {entity.name: entity for entity in _TABLE}
_RANK = {entity.name: rank for rank, entity in enumerate(_TABLE)}


def entity(name: str) -> Entity:
    """The row of the table, or what holds for a kind that is not in it: a country's own number, which weighs high."""
    known = ENTITIES.get(name)
    return known or Entity(name, f"a number of the kind {name}", "high", CONTEXT, _STATE)


def priority(name: str) -> int:
    """The rank of a kind where score and length are equal; kinds that are not in the table come last."""
    return _RANK.get(name, len(_RANK))


MEANT = frozenset({"PERSON", "STREET_ADDRESS", "DATE_OF_BIRTH", "NRP", "LOCATION", "ORGANIZATION"})
"""Kinds that no form tells: words that announce them tell some, and models of names more."""


def capitalised(text: str) -> str:
    """A title at the beginning of a sentence."""
    return text[:1].upper() + text[1:]
