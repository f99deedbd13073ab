"""Every form of the table finds what it is made for, and a table of what looks alike and is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.privacy.patterns import scan_light
from cardwright.privacy.secret_checks import CHECKS
from cardwright.privacy.secret_forms import forms, read_forms, secrets_in

SECRET = {form.entity for form in forms()}
HELD = [
    "password=hunter2!",
    '"api_key": "Xy7-kk92-Zq1"',
    "pwd: 83648201",
    "postgres://app:s3cr3t@db.example.com/app",
    "The password for the admin account is Tr0ub4dor&3.",
    "my password is hunter2, please keep it",
    "The root password was changed to Winter2024!",
    'Use the password "swordfish" to open the file',
    'passphrase: "correct horse battery staple"',
    "Login: bob / S3cret!99",
    "credentials: admin:Pa55w0rd!x",
    "mysql -u root -pS3cretPw db",
    "curl -u admin:Sup3rPw https://example.com",
    "sshpass -p 'myP@ss1' ssh host",
    "docker login -u bob -p dckrPass99 registry",
    "mycmd --password=foo!bar9 --verbose",
    "mycmd --password Gr8pass99 run",
    "mycmd --api-key 9f8a7b6c5d4e3f2a1b0c run",
    "<password>letmein99</password>",
    "<db:password>Zq8!xx01</db:password>",
    '<add key="ApiKey" value="9dk2KSx93kdLq0ZpQ"/>',
    '<property name="password" value="tIger77"/>',
    '<entry key="db.password">k8sLover!</entry>',
    "Authorization: Bearer 8f14e45fceea167a5a36dedd4bea2543x",
    "Authorization: Basic YWRtaW46czNjcjN0cHc=",
    "X-Api-Key: 9dk2KSx93kdLq0ZpQ88s",
    "PRIVATE-TOKEN: 9dk2KSx93kdLq0ZpQ88s",
    "Cookie: sessionid=9dk2KSx93kdLq0ZpQ88s3jd",
    "https://api.example.com/v1?api_key=9dk2KSx93kdLq0ZpQ88s",
    "https://host/cb?access_token=9dk2KSx93kdLq0ZpQ88s",
    "redis://:p4ssw0rdx@10.0.0.1:6379",
    "jdbc:mysql://h/db?user=x&password=Qwe123rty",
    "Server=h;Database=d;User Id=sa;Password=Str0ng!Pass;",
    "bob:$apr1$8sFt66rZ$6MVXKl6VDxYLoXWKNOZ8Q0",
    "bob:$2y$05$r3J4d3VepzFkedkd/q1vI.pBYIpSqjfN0qOARV3ScUHysatnS0cL2",
    "root:$6$Zq8xkd9s$9k2jd8s7KDJ38dks9JDKs8djKSD83jdks9sJDKs83jdKS8djks83jdKS83jdKSJ83jdksJD83jd:18000::",
    "bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    "machine h login bob password Xk29ska1",
    "db.example.com:5432:prod:app:Kd93!skx",
    "//registry.npmjs.org/:_authToken=8f14e45f-ceea-467a-9a36-dedd4bea2543",
    "CREATE USER app IDENTIFIED BY 'Kx93jdks';",
    "ALTER ROLE x WITH PASSWORD 'sdk39dkS';",
    'requests.get(u, auth=("admin", "Kd93kdls"))',
    'client.login("bob", "Kd93kdls!")',
    'conn.setPassword("Kd93kdls")',
    "DB_PASSWORD=letmein",
    "export AWS_SESSION_TOKEN=FwoGZXIvYXdzEBYaDKd93kdlsKD93kd",
    'SECRET_KEY = "k)d93kdls$kd93(kdls%kd93"',
    '{"auths":{"r":{"auth":"Ym9iOlMzY3JldCFw"}}}',
    "PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=",
    "otpauth://totp/x:bob?secret=JBSWY3DPEHPK3PXQ&issuer=x",
    "ya29.a0AfH6SMBx9Kd83kdlsKD93kdls83kdlsKD93",
    "gsk_9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdLq0ZpQ88s9dk2KSx93k",
    "xai-9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdLq0ZpQ88s9dk2KSx93k9dk2KSx93kdLq0ZpQ88s9dk2KSx9",
    "pplx-9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdLq0ZpQ88s9dk2",
    "xapp-1-A02KDJ3KD-3829103829103-9dk2ksx93kdlq0zpq88s9dk2ksx93kdlq0zpq88s",
    "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",
    "dop_v1_9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e",
    "dapi9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e",
    "hvs.CAESIKd93kdlsKD93kdls83kdlsKD93kdls",
    "glsa_9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdL_9f8a7b6c",
    "ntn_938103810938Kd93kdlsKD93kdls83kdlsKD93kdls83k",
    "ATATT3xFfGF0Kd93kdlsKD93kdls83kdlsKD93kdlsKD93kdls83kdlsKD93kdlsKD93kdls=4D9A5E1B",
    "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw8",
    "MTA4NDI4NDkyODQ5MjgzNzQ2.GdK3k9.9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdLq0Z",
    "AccountKey=9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdLq0ZpQ88s9d==",
    "https://a.blob.core.windows.net/c?sv=2022-11-02&ss=b&sig=9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdLq0ZpQ88s9dk%3D",
    "abc8Q~9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdLq",
    "Das Passwort lautet Sommer2024!",
    "Le mot de passe est Soleil77!",
    "La contraseña es Verano2024$",
    "Wifi password: BlueHouse42",
    "| password | Kd93kdls |",
    "pw: Hx7dkq2",
    "the API key is 9dk2KSx93kdLq0ZpQ88s",
    "apikey 9dk2KSx93kdLq0ZpQ88s",
    "client_secret: 8f14e45f-ceea-467a-9a36-dedd4bea2543",
    "const apiToken = '9dk2KSx93kdLq0ZpQ88s';",
    'dbPassword = "Kd93kdls"',
    "spring.datasource.password=Kd93kdls",
    "ENV API_KEY=9dk2KSx93kdLq0ZpQ88s",
    "heroku config:set SECRET_KEY_BASE=9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e9f8a7b6c",
    "AZURE_OPENAI_KEY=9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e",
    "Ocp-Apim-Subscription-Key: 9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e",
    "password hunter2x",
    "My PIN is 4821",
    "username: bob password: Kd93kdls",
    "user bob and password Kd93kdls!",
    "Password:\n\tKd93kdls!",
    "ssh root@host  # pw Kd93kdls",
    "I changed my password to copper-violet-974 yesterday.",
]
"""Texts that hold one secret or more."""
FREE = [
    "YOUR_API_KEY_HERE",
    'api_key = "YOUR_API_KEY_HERE"',
    "password: <password>",
    "password=${DB_PASSWORD}",
    "password: {{ db_password }}",
    'token = os.environ["TOKEN"]',
    "const token = process.env.TOKEN;",
    "password = getpass()",
    "password: str",
    "def login(username: str, password: str) -> bool:",
    'password: "********"',
    "password=changeme",
    "Your password must be at least 12 characters long.",
    "The password is case-sensitive.",
    "I forgot my password: please help",
    "Token: required",
    "max_tokens: 2048",
    "token_count=199283",
    "tokenizer: bert-base-uncased",
    "sha256:9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e",
    "integrity: sha512-9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdLq0ZpQ88s9d==",
    "commit 9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e9f8a7b6c",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKd93kdlsKD93kdls83kdlsKD93kdls83kdls bob@host",
    "-----BEGIN PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----",
    "secretName: my-db-credentials",
    "private_key: /etc/ssl/private/server.key",
    "secret: arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-1a2b3c",
    '"password": "Passwort"',
    '"password": "Enter your password"',
    '<label for="password">Password:</label>',
    '<input type="password" name="password" placeholder="Password" />',
    '<string name="password">Kennwort</string>',
    "password_hash_algorithm: bcrypt",
    "access_key_id column is the primary_key: user_id_2",
    'public_key = "9dk2KSx93kdLq0ZpQ88s9dk2KSx93kdL"',
    "csrf_token: 9dk2KSx93kdLq0ZpQ88s",
    "password = user.password",
    "password=password",
    'if password == "": raise',
    "self.token = token",
    "secret = hashlib.sha256(data).hexdigest()",
    "The key is 256-bit and the token is base64-encoded.",
    "The secret is to keep going",
    "API keys: see Settings",
    "https://user:***@example.com/",
    "https://example.com:8080/path",
    "postgres://user:password@localhost/db",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4",
    "id: 8f14e45f-ceea-467a-9a36-dedd4bea2543",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "sk-1234567890abcdef1234567890abcdef",
    "xoxb-your-token-here",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    "Authorization: Bearer <token>",
    "Authorization: Bearer $TOKEN",
    "curl -u user:password https://x",
    'curl -H "X-Api-Key: $API_KEY"',
    "--password PASSWORD",
    "--token TOKEN  The token to use",
    "login: see / docs",
    "user/password authentication",
    "access read/write",
    "Password last changed: 2024-01-15",
    "password: 3 attempts left",
    "key: value",
    "aws_access_key_id = AKIAXXXXXXXXXXXXXXXX",
    "password: !vault |",
    "password: ENC[AES256_GCM,data:abc]",
    'etag: "9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e"',
    "token: ${{ secrets.GITHUB_TOKEN }}",
    "session_key: tuple[str, int]",
    "secret santa: Tuesday 7pm",
    "She is the key: without her nothing works",
    "pass: 38 fail: 2",
    "passed: 1002 tests",
    "bypass: 192.168.0.1",
    "compass=northwest1",
    "keyboard: us-intl",
    "The access token is expired since 2023-01-01T10:00",
    "password reset: https://example.com/reset",
    "Password: required, 8-20 characters",
    "TOKEN_URL=https://login.example.com/oauth2",
    "JWT_ALGORITHM=HS256",
    "API_KEY=",
    "SECRET_KEY=change-me-in-production",
    "auth = requests.auth.HTTPBasicAuth(user, pw)",
    "setPassword(newPassword)",
    "def set_password(self, raw_password):",
    "raise ValueError(\"Invalid token: expected ')' at line 3\")",
    "git@github.com:org/repo.git",
    "The credentials are kept in arn:aws:secretsmanager:eu-west-1:723456789012:secret:db-AbCdEf",
    "image tokens do not match, tokens: {n_image_tokens}, features",
    "it is recommended to pass the `sampling_rate` argument",
    "q_pass = q_pass * self.mla_scale",
    "the token: class KyutaiSpeechToTextConv1dPaddingCache(Mimi)",
    'MARK = b"-----BEGIN OPENSSH PRIVATE KEY-----"',
    "AUX_OUT_SALT = 0x9E3779B1",
]
"""Texts that hold none."""
TABLE = """
seen = 2026-11-28
[sources]
own = "a rule of ours"
[parts]
digits = '[0-9]{4}'
[[form]]
entity = "PASSWORD"
name = "made up"
pattern = 'zq-{digits}'
needs = ["zq-"]
score = 0.9
source = "own"
"""


def kinds(text):
    return {hit.entity for hit in scan_light(text) if hit.entity in SECRET}


@pytest.mark.parametrize("text", HELD, ids=lambda text: text[:40])
def test_a_secret_is_found(text):
    assert kinds(text)


@pytest.mark.parametrize("text", FREE, ids=lambda text: text[:40])
def test_what_looks_like_one_is_not_found(text):
    assert not kinds(text)


@pytest.mark.parametrize("text", HELD, ids=lambda text: text[:40])
def test_a_long_text_around_it_changes_nothing(text):
    """Long texts are searched around the literals that a form needs, short ones as a whole."""
    filler = "The quick brown fox jumps over the lazy dog.\n" * 30
    alone = {(s.entity, s.end - s.start) for s in secrets_in(f"\n{text}\n")}
    within = {(s.entity, s.end - s.start) for s in secrets_in(f"{filler}{text}\n{filler}")}
    assert alone <= within


@given(st.text(max_size=400))
def test_what_lacks_only_its_context_is_named_where_it_is_asked_for(text):
    assert set(secrets_in(text)) <= set(secrets_in(text, weak=True))


def test_every_form_says_where_it_was_read_and_by_what_it_is_checked():
    for form in forms():
        assert form.source
        assert form.check in CHECKS
        assert form.needs == tuple(need.lower() for need in form.needs)
        assert form.needs or form.context
    assert len({form.name for form in forms()}) == len(forms())


def test_a_table_has_parts_sources_and_ends_at_letters_and_digits():
    (form,) = read_forms(TABLE.encode())
    assert form.source == "a rule of ours"
    assert form.check == "random"
    assert "[0-9]{4}" in form.pattern


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("'zq-{digits}'", "'zq-{letters}'", KeyError),
        ("score", "check = 'guess'\nscore", KeyError),
        ("score", "colour = 1\nscore", TypeError),
    ],
)
def test_a_table_with_a_wrong_row_is_refused(old, new, error):
    with pytest.raises(error):
        read_forms(TABLE.replace(old, new).encode())


@pytest.mark.parametrize("capital", ["İ", "ß", "K"])
def test_letters_whose_small_form_has_another_length_move_no_place(capital):
    text = f"{capital * 3} password: Kd93kdls!x"
    assert any(text[hit.start : hit.end].endswith(("x", "!x")) for hit in scan_light(text) if hit.entity == "PASSWORD")


def test_every_literal_that_a_form_needs_is_looked_for_though_texts_without_its_anchor_are_passed_over():
    from cardwright.privacy.secret_forms import _possible, forms

    for form in forms():
        for literal in form.needs:
            assert form in [ready.form for ready in _possible(f"12 {literal} 34")], literal
    assert _possible("4821734") == []
