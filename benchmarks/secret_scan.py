"""Secrets found and missed by the light detector, beside detect-secrets, on one set of our own making.

    python benchmarks/secret_scan.py [--rows 40]

The set is made here from a seed: tokens in the lengths and alphabets that their issuers document, passwords of six kinds,
each in carriers (files of settings, code, logs, letters, headers, commands), and what looks alike and is none: placeholders,
references, public digests and keys, sentences about passwords. It was written after the forms; on its first run, with 40
rows, recall was 0.959 and precision 0.997, and the kinds of miss that it showed were mended since, so that what it prints now
flatters. A set made by others is the better judge.

Every row is one text with one secret or none; a row with a secret counts as found if a hit overlaps its value, and any hit on
a row without one is a false one. detect-secrets runs as it comes (`pip install detect-secrets`), each row a file; it is no
dependency.
"""

from __future__ import annotations

import argparse
import base64
import random
import string
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cardwright.privacy.patterns import scan_light
from cardwright.privacy.secret_forms import forms
from cardwright.statistics.intervals import wilson

ALNUM, HEX, LOWER, UPPER, URLSAFE, B64 = (
    string.ascii_letters + string.digits,
    "0123456789abcdef",
    string.ascii_lowercase + string.digits,
    string.ascii_uppercase + string.digits,
    string.ascii_letters + string.digits + "-_",
    string.ascii_letters + string.digits + "+/",
)
WORDS = [
    "river",
    "candle",
    "violet",
    "harbor",
    "summit",
    "walnut",
    "copper",
    "meadow",
    "saturn",
    "falcon",
    "pepper",
    "thunder",
    "marble",
    "tiger",
]
HOSTS = ["db7.internal", "10.2.0.8", "reports.example.net", "cache.local", "api.example.io"]
USERS = ["svc_etl", "marta", "root", "deploy", "reporting", "j.ortiz"]


@dataclass(frozen=True)
class Row:
    """One text of the set."""

    kind: str
    text: str
    secret: str = ""
    """The value in it; empty where it holds none."""


def drawn(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(length))


def uuid(rng: random.Random) -> str:
    return "-".join(drawn(rng, HEX, n) for n in (8, 4, 4, 4, 12))


def token_makers(rng: random.Random) -> dict[str, Callable[[], str]]:
    """Tokens as their issuers document them."""
    d = lambda alphabet, length: drawn(rng, alphabet, length)  # noqa: E731
    return {
        "openai": lambda: f"sk-proj-{d(URLSAFE, 74)}T3BlbkFJ{d(URLSAFE, 74)}",
        "anthropic": lambda: f"sk-ant-api03-{d(URLSAFE, 93)}AA",
        "groq": lambda: f"gsk_{d(ALNUM, 52)}",
        "xai": lambda: f"xai-{d(ALNUM, 80)}",
        "perplexity": lambda: f"pplx-{d(ALNUM, 48)}",
        "replicate": lambda: f"r8_{d(ALNUM, 37)}",
        "huggingface": lambda: f"hf_{d(string.ascii_letters, 34)}",
        "openrouter": lambda: f"sk-or-v1-{d(HEX, 64)}",
        "aws id": lambda: f"AKIA{d('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}",
        "google": lambda: f"AIzaSy{d(URLSAFE, 33)}",
        "google oauth": lambda: f"ya29.a0{d(URLSAFE, 120)}",
        "google client": lambda: f"GOCSPX-{d(URLSAFE, 28)}",
        "azure secret": lambda: f"{d(ALNUM, 3)}8Q~{d(ALNUM + '._~-', 34)}",
        "azure storage": lambda: f"DefaultEndpointsProtocol=https;AccountName=acc;AccountKey={d(B64, 86)}==",
        "azure sas": lambda: (
            f"https://acc.blob.core.windows.net/c/f.csv?sv=2024-08-04&sr=b&sp=r&sig={d(ALNUM, 40)}%2B{d(ALNUM, 2)}%3D"
        ),
        "azure bus": lambda: (
            f"Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey={d(B64, 43)}="
        ),
        "github": lambda: f"gh{rng.choice('opsu')}_{d(ALNUM, 36)}",
        "github fine": lambda: f"github_pat_{d(ALNUM, 22)}_{d(ALNUM, 59)}",
        "gitlab": lambda: f"glpat-{d(URLSAFE, 20)}",
        "atlassian": lambda: f"ATATT3xFfGF0{d(URLSAFE, 170)}={d('0123456789ABCDEF', 8)}",
        "slack bot": lambda: f"xoxb-{d(string.digits, 12)}-{d(string.digits, 13)}-{d(ALNUM, 24)}",
        "slack app": lambda: f"xapp-1-A{d(UPPER, 10)}-{d(string.digits, 13)}-{d(HEX, 64)}",
        "slack hook": lambda: f"https://hooks.slack.com/services/T{d(UPPER, 10)}/B{d(UPPER, 10)}/{d(ALNUM, 24)}",
        "discord": lambda: (
            f"{base64.b64encode(drawn(rng, '123456789', 18).encode()).decode()}.{d(URLSAFE, 6)}.{d(URLSAFE, 38)}"
        ),
        "telegram": lambda: f"{rng.randint(10**9, 10**10 - 1)}:AA{d(URLSAFE, 33)}",
        "stripe": lambda: f"{rng.choice(['sk', 'rk'])}_live_{d(ALNUM, 24)}",
        "stripe hook": lambda: f"whsec_{d(ALNUM, 32)}",
        "shopify": lambda: f"shpat_{d(HEX, 32)}",
        "square": lambda: f"sq0atp-{d(URLSAFE, 22)}",
        "sendgrid": lambda: f"SG.{d(URLSAFE, 22)}.{d(URLSAFE, 43)}",
        "twilio": lambda: f"SK{d(HEX, 32)}",
        "mailchimp": lambda: f"{d(HEX, 32)}-us{rng.randint(1, 21)}",
        "digitalocean": lambda: f"dop_v1_{d(HEX, 64)}",
        "databricks": lambda: f"dapi{d(HEX, 32)}",
        "vault": lambda: f"hvs.{d(URLSAFE, 90)}",
        "terraform": lambda: f"{d(ALNUM, 14)}.atlasv1.{d(ALNUM, 67)}",
        "grafana": lambda: f"glsa_{d(ALNUM, 32)}_{d(HEX, 8)}",
        "notion": lambda: f"ntn_{d(ALNUM, 46)}",
        "linear": lambda: f"lin_api_{d(ALNUM, 40)}",
        "figma": lambda: f"figd_{d(URLSAFE, 40)}",
        "airtable": lambda: f"pat{d(ALNUM, 14)}.{d(HEX, 64)}",
        "npm": lambda: f"npm_{d(ALNUM, 36)}",
        "pypi": lambda: f"pypi-AgEIcHlwaS5vcmc{d(URLSAFE, 140)}",
        "dockerhub": lambda: f"dckr_pat_{d(URLSAFE, 27)}",
        "newrelic": lambda: f"NRAK-{d(UPPER, 27)}",
        "sentry": lambda: f"sntryu_{d(HEX, 64)}",
        "postman": lambda: f"PMAK-{d(HEX, 24)}-{d(HEX, 34)}",
        "tailscale": lambda: f"tskey-auth-{d(ALNUM, 12)}CNTRL-{d(ALNUM, 32)}",
        "doppler": lambda: f"dp.pt.{d(ALNUM, 43)}",
        "planetscale": lambda: f"pscale_tkn_{d(URLSAFE, 43)}",
    }


def password(rng: random.Random) -> str:
    """Six kinds of what people and generators choose."""
    word = rng.choice(WORDS)
    return rng.choice(
        [
            lambda: f"{word.capitalize()}{rng.randint(10, 9999)}{rng.choice('!?#$')}",
            lambda: word.replace("e", "3").replace("a", "@").replace("o", "0") + str(rng.randint(1, 99)),
            lambda: drawn(rng, ALNUM, rng.randint(9, 16)),
            lambda: drawn(rng, ALNUM + "!#%^*+-_", rng.randint(12, 20)) + "7x",
            lambda: f"{word}-{rng.choice(WORDS)}-{rng.randint(100, 999)}",
            lambda: f"{rng.choice(WORDS)}{rng.choice(WORDS).upper()}{rng.randint(1, 9)}$",
        ]
    )()


TOKEN_CARRIERS = [
    "{v}",
    "export SERVICE_TOKEN={v}",
    "  token: {v}",
    '{{"auth": {{"token": "{v}"}}}}',
    "Please rotate {v} before Friday, it was in the screenshot.",
    'client = Client("{v}", timeout=5)',
    "2026-03-02T10:11:12Z WARN retry with {v} failed (401)",
    "curl -s -H 'Authorization: Bearer {v}' https://api.example.io/v2/items",
]
PASSWORD_CARRIERS = [
    "REPORTS_DB_PASSWORD={v}",
    'password: "{v}"',
    "jdbc.password = {v}",
    '{{"user": "{u}", "password": "{v}"}}',
    'conn = psycopg.connect(host="{h}", user="{u}", password="{v}")',
    "Hi team, the password for the staging server is {v} until Monday.",
    "I changed my password to {v} yesterday.",
    "you can log in as {u} with password {v}",
    "Username: {u}\nPassword: {v}",
    "backup-tool --user {u} --password {v} --all",
    "mysqldump -u {u} -p{v} shop > dump.sql",
    "curl -u {u}:{v} https://{h}/export",
    "sshpass -p '{v}' ssh {u}@{h}",
    "<credentials><username>{u}</username><password>{v}</password></credentials>",
    '<property name="hibernate.connection.password" value="{v}"/>',
    "postgresql://{u}:{v}@{h}:5432/shop",
    "Server={h};Database=shop;User Id={u};Password={v};Encrypt=true",
    "ALTER USER {u} IDENTIFIED BY '{v}';",
    "machine {h} login {u} password {v}",
    "WLAN-Passwort: {v}",
    "Das Passwort für {u} lautet {v}",
    "le mot de passe est {v}",
    "spring.datasource.password={v}",
    "$cfg['password'] = '{v}';",
    'session.auth = ("{u}", "{v}")',
]
KEY_CARRIERS = [
    "X-API-Key: {v}",
    "https://api.example.io/v1/rates?api_key={v}&base=EUR",
    'const apiSecret = "{v}";',
    "DATADOG_API_KEY={v}",
    "  client_secret: {v}",
    "algolia.admin.api.key={v}",
    "--api-token {v}",
    '<add key="PaymentApiKey" value="{v}" />',
    "Cookie: theme=dark; session_token={v}",
    "the API key is {v}, do not share it",
    "JWT_SECRET: {v}",
    "Ocp-Apim-Subscription-Key: {v}",
]
PLACEHOLDERS = [
    "YOUR_TOKEN_HERE", "<your-password>", "${DB_PASSWORD}", "{{ vault_password }}", "changeme", "xxxxxxxxxxxxxxxx", "********",
    "REPLACE_ME", "$API_KEY", "%PASSWORD%", "insert-key-here", "example-secret", "TODO", "null", "os.environ['X']",
    "process.env.SECRET", "${{ secrets.TOKEN }}", "[REDACTED]", "my-secret-token", "dummy", "none", "placeholder",
]  # fmt: skip
PLACES = [
    "password={v}", 'password: "{v}"', "API_KEY={v}", "token: {v}", "Authorization: Bearer {v}", "--password {v}",
    "client_secret = {v}",
]  # fmt: skip
SENTENCES = [
    "Your password must have at least {n} characters and one digit.",
    "Password reset links expire after {n} hours.",
    "She forgot her password: the help desk was closed.",
    "The token budget is {n}000 tokens per minute.",
    "max_tokens={n}048, temperature=0.{n}",
    "Set `tokenizer: bert-base-uncased` and `pad_token: [PAD]`.",
    "The key is in the drawer; the secret is patience.",
    "password_min_length: {n}",
    "def check(password: str, secret: bytes | None = None) -> bool:",
    "password = hashlib.pbkdf2_hmac('sha256', raw, salt, {n}0000)",
    "self.password = user.password",
    "secretName: payments-db-credentials",
    "private_key_path: /etc/ssl/private/host{n}.key",
    "primary_key: order_id_{n}",
    "API keys can be managed under Settings > Integrations.",
    "if token == expected_token: return {n}",
    "passwords: {n} stored, 0 leaked",
    "TOKEN_TTL={n}600",
    "login: see page {n}/12",
    "The credentials are kept in arn:aws:secretsmanager:eu-west-1:{n}23456789012:secret:db-AbCdEf",
    "bearer of this letter may enter gate {n}",
    "access: read/write",
    '"password": "Passwort"',
    '<input type="password" name="password" placeholder="Password" required>',
    "Enter password: ",
]


def digest_makers(rng: random.Random) -> list[Callable[[], str]]:
    d = lambda alphabet, length: drawn(rng, alphabet, length)  # noqa: E731
    return [
        lambda: f"sha256:{d(HEX, 64)}",
        lambda: f"commit {d(HEX, 40)}",
        lambda: f'"integrity": "sha512-{d(B64, 86)}=="',
        lambda: f"md5 checksum {d(HEX, 32)}",
        lambda: f"docker pull registry.example.io/app@sha256:{d(HEX, 64)}",
        lambda: f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{d(B64, 43)} marta@laptop",
        lambda: f"request-id: {uuid(rng)}",
        lambda: f'ETag: "{d(HEX, 32)}"',
        lambda: f"data:image/png;base64,iVBORw0KGgo{d(B64, 120)}",
        lambda: f"pk_live_{d(ALNUM, 24)}",
        lambda: f"public_key: {d(B64, 43)}=",
        lambda: f"--hash=sha256:{d(HEX, 64)}",
        lambda: f"trace_id={d(HEX, 32)} span_id={d(HEX, 16)}",
        lambda: f"https://cdn.example.io/assets/main.{d(HEX, 20)}.js",
        lambda: f"/nix/store/{d(LOWER, 32)}-glibc-2.40",
    ]


def made_set(rows: int, seed: int = 20261128) -> list[Row]:
    """The set: `rows` rows of each of six kinds of positives, and as many negatives."""
    rng = random.Random(seed)
    tokens, digests = token_makers(rng), digest_makers(rng)
    found: list[Row] = []
    for number in range(rows * 3):
        name = list(tokens)[number % len(tokens)]
        value = tokens[name]()
        found.append(Row("provider token", rng.choice(TOKEN_CARRIERS).format(v=value), value))
    for number in range(rows * 3):
        value = password(rng)
        carrier = PASSWORD_CARRIERS[number % len(PASSWORD_CARRIERS)]
        found.append(Row("password", carrier.format(v=value, u=rng.choice(USERS), h=rng.choice(HOSTS)), value))
    for number in range(rows * 2):
        value = rng.choice(
            [lambda: drawn(rng, ALNUM, 32), lambda: drawn(rng, HEX, 40), lambda: drawn(rng, URLSAFE, 43)]
        )()
        found.append(Row("key by its name", KEY_CARRIERS[number % len(KEY_CARRIERS)].format(v=value), value))
    found += [Row("placeholder", rng.choice(PLACES).format(v=rng.choice(PLACEHOLDERS))) for _ in range(rows * 3)]
    found += [Row("sentence or code", rng.choice(SENTENCES).format(n=rng.randint(2, 9))) for _ in range(rows * 2)]
    found += [Row("public digest or key", rng.choice(digests)()) for _ in range(rows * 3)]
    return found


SECRET = frozenset(form.entity for form in forms())


def ours(row: Row) -> bool:
    place = row.text.find(row.secret) if row.secret else 0
    end = place + len(row.secret) if row.secret else len(row.text)
    return any(h.entity in SECRET and h.start < end and place < h.end for h in scan_light(row.text))


def detect_secrets_finder(folder: Path) -> Callable[[Row], bool] | None:
    """detect-secrets as its command scans a file, with its default plugins and filters; None where it is not installed."""
    try:
        from detect_secrets import SecretsCollection
        from detect_secrets.settings import default_settings
    except ImportError:
        return None

    def find(row: Row) -> bool:
        file = folder / "row.txt"
        file.write_text(row.text + "\n", encoding="utf-8")
        found = SecretsCollection()
        with default_settings():
            found.scan_file(str(file))
        return any(True for _ in found)

    return find


def share(part: int, whole: int) -> str:
    bounds = wilson(part, whole)
    return f"{part / whole:.3f} ({bounds.lower:.3f} to {bounds.upper:.3f}) | {part}/{whole}" if bounds else "| 0/0"


def print_detector(name: str, finder: Callable[[Row], bool], rows: Iterable[Row]) -> list[Row]:
    flags = [(row, finder(row)) for row in rows]
    hits = [row for row, hit in flags if hit]
    true = sum(bool(row.secret) for row in hits)
    print(f"| {name} | recall, all | {share(true, sum(bool(row.secret) for row, _ in flags))} |")
    print(f"| {name} | precision | {share(true, len(hits))} |")
    for kind in dict.fromkeys(row.kind for row, _ in flags):
        of_kind = [(row, hit) for row, hit in flags if row.kind == kind]
        what = "recall" if of_kind[0][0].secret else "false positive rate"
        print(f"| {name} | {what}, {kind} | {share(sum(hit for _, hit in of_kind), len(of_kind))} |")
    return [row for row, hit in flags if hit != bool(row.secret)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=40, help="rows for each of the kinds, times two or three")
    parser.add_argument("--errors", action="store_true", help="print what was missed and falsely found")
    given = parser.parse_args()
    rows = made_set(given.rows)
    print(
        f"{sum(bool(r.secret) for r in rows)} texts with a secret, {sum(not r.secret for r in rows)} without, seed 20261128.\n"
    )
    print("| detector | figure | value (95 % interval) | count |")
    print("| --- | --- | ---: | ---: |")
    wrong = print_detector("light detector (target: recall 0.90, precision 0.95)", ours, rows)
    with tempfile.TemporaryDirectory() as folder:
        peer = detect_secrets_finder(Path(folder))
        if peer is not None:
            print_detector("detect-secrets, as it comes", peer, rows)
        else:
            print("\ndetect-secrets is not installed; nothing is measured of it.")
    if given.errors:
        for row in wrong:
            print(("missed: " if row.secret else "false: ") + repr(row.text))


if __name__ == "__main__":
    main()
