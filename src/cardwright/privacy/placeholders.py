"""What stands in a secret's place and is none: a placeholder, a word, a reference to where it is kept, a public digest."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

_MASKED = re.compile(
    r"[*xX.•#_?-]+|<.*>?|\$\{?[\w.:/-]+\}?|\$\(.*|\$\{\{?.*|\{\{.*|\{[\w. ]*\}|%\(?\w+\)?[%sd]?|@\w+@|#\{.*|\[.*\]?"
    r"|\(.*\)?|&\w+;?|~|\\.*",
    re.DOTALL,
)
_HOLDER = re.compile(
    r"your|[_-]?here$|example|placeholder|change[-_ ]?(?:me|it|this)|replace|insert|dummy|redact|to[-_]?do\b|fixme|sample|foobar"
    r"|goes[-_ ]?here|my[-_ ]?(?:secret|token|passw|api|key|access)|some[-_ ]?(?:secret|token|passw|key|value|random|api)"
    r"|(?:enter|put|add|set|use|paste)[-_ ](?:your|the|a|an)[-_ ]|x{4,}|\*{3,}|\.{3}|…|(?<![a-z])(?:abc123|123abc)(?![a-z\d])"
    r"|not[-_ ]?(?:a[-_ ])?real|fake|\bmock|super[-_ ]?secret(?:[-_ ]?\w+)?$|(?:this|that)[-_ ]is[-_ ]|deadbeef|lorem"
    r"|ipsum|hidden|masked|censored"
    r"|(?<![a-z])test[-_ ]?(?:secret|token|key|passw|api)|(?:secret|token|passw(?:or)?d|api[-_]?key|pass)[-_ ]?(?:value"
    r"|string|goes|text|name|field|label|placeholder)"
    r"|<[^>]+>|\$\{|\{\{|^\{(?!(?:s?sha|smd5|crypt|pbkdf2))|\{(?!(?:s?sha|smd5|crypt|pbkdf2))[a-z_][^{}\s]{0,60}\}|%s\b"
)
_REFERENCE = re.compile(
    r"(?i)(?:process\.env|os\.(?:environ|getenv)|env(?:iron(?:ment)?)?[.(\[:]|getenv|import\.meta|system\.getenv"
    r"|deno\.env|secrets?[.\[]|vault[:/]"
    r"|ssm[:/]|arn:|op://|var\.|local\.|module\.|file[(:]|lookup\(|config(?:uration)?[.(\[]|settings?[.(\[]|self\."
    r"|this\.|args?\.|params?[.\[]|request\."
    r"|req\.|props\.|data\.|ref\+|!ref|!sub|!vault|enc[\[:(]|kms:|aws:|azurekeyvault|@microsoft\.keyvault|keyvault"
    r"|projects/[\w-]+/secrets|secretref"
    r"|sealed|base64\(|await\s|new\s|function|lambda|return\b|null\b|none\b|optional\b|[a-z_]\w*\()"
)
_PATH = re.compile(
    r"(?i)(?:~|\.{1,2})?/[\w.~-]+(?:/[\w.~ -]*)*|[a-z]:\\.*|[\w./-]+\.(?:pem|key|crt|cer|p12|pfx|jks|txt|json|ya?ml"
    r"|toml|env|ini|cfg|conf|py|js|ts|md|html?|xml|asc|gpg|pub|ppk|csv|png|svg|php|go|rb|java|properties)"
)
_URL = re.compile(r"(?i)(?:https?|ftp|s3|gs|file|wss?|urn|mailto|data):.*")
_CODE = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)+[(\[;]?.*|[A-Za-z_$][\w$]*[(\[].*")
_DIGEST = re.compile(r"(?i)(?:sha-?(?:1|224|256|384|512)|md5|blake2\w*)[-:=$]\S*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}:\d{2}(?::\d{2})?")
_MEASURE = re.compile(
    r"(?i)\d+(?:[-_ ]?(?:bits?|bytes?|chars?|characters?|digits?|days?|hours?|h|min(?:ute)?s?|sec(?:ond)?s?|s|ms|d|kb"
    r"|mb|gb|k|m|x|%|st|nd|rd|th|times?|letters?|months?|years?|weeks?|attempts?|tokens?|keys?)\W*)"
    r"|(?:aes|sha|md|rsa|des|3des|utf|base|ipv|oauth|tls|ssl|ed|ecdsa|hs|rs|es|ps|pkcs|blake|argon|bcrypt|scrypt|pbkdf"
    r"|hmac)[-_ ]?\d{1,4}(?:[-_./][\w.-]*)?"
    r"|(?:x|v|p|level|version|step|day|part|type|option|page|chapter|line|no|nr)[-_ .]?\d{1,4}(?:[-.]\d+)*"
    r"|v?\d+(?:\.\d+)+\S*|0x[0-9a-f]{1,16}"
)
_PIECES = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])|\d+")
_PASS_WORD = re.compile(
    r"(?i)pass(?:w|phr|code)|pwd|kennwort|passwort|contrase|mot\s?de\s?passe|wachtwoord|senha|has[lł]o|secret|token"
    r"|credential|api[-_ ]?key"
)

_DULL = """
none null nil true false undefined redacted hidden changeme required optional string str text varchar char bool boolean
integer number bytes byte object any unknown value values input inputs output secret secrets password passwords passwd pass
token tokens key keys credential credentials user username admin administrator login test tests testing tester example sample
dummy default defaults empty blank unset disabled enabled enable disable invalid incorrect wrong expired missing valid correct
reset resetted changed updated generated random encrypted hashed hash plain plaintext plain-text cleartext raw masked removed
stored saved sent shown protected private public here there yours mine this that these those what which when where tbd todo
fixme n/a na yes not never always only also must should shall will would could can may might cannot about after before between
from with without into over under again same different strong weak stronger weaker simple complex short long longer shorter
secure insecure safe unsafe important needed necessary mandatory case-sensitive sensitive visible invisible option options
flag argument arguments parameter parameters param file path prompt stdin environment env variable auto automatic
automatically manual manually safely securely correctly successfully currently temporarily kept used using use reused shared
leaked compromised stolen guessed cracked rotated revoked retrieved fetched obtained provided supplied given passed read
written set get fields field label type name names email e-mail phone address length size limit minimum maximum bearer basic
digest oauth oauth2 jwt apikey authorization authentication forgotten forgot remember recover recovery change root guest
anonymous postgres mysql redis rabbitmq ubuntu localhost foo bar baz foobar hello world something anything nothing everything
someone anyone asdf abcd qwer xxx xxxx placeholder mypassword mysecret letters characters digits erforderlich vergessen falsch
ungültig leer geheim requis obligatoire oublié requerida obligatorio olvidada
"""
DULL = frozenset(_DULL.split())
"""Words that a password, token or key is said to be, have or need."""


_RUN = 6


def entropy(text: str) -> float:
    """Shannon's entropy of the characters, in bits a character: 0 for one character repeated, 4 at most for hexadecimals.

    >>> entropy("aaaa"), entropy("abcd")
    (0.0, 2.0)
    """
    n = len(text)
    return -sum(count / n * math.log2(count / n) for count in Counter(text).values()) + 0.0 if n else 0.0


def uniform(text: str) -> bool:
    """Whether hardly any two characters differ, as in `xxxxxxxx`."""
    return len(set(text)) <= 3


def is_placeholder(text: str) -> bool:
    """Whether a text says that a secret belongs there.

    >>> [is_placeholder(t) for t in ("YOUR_API_KEY_HERE", "<token>", "${TOKEN}", "********", "Tr0ub4dor&3")]
    [True, True, True, True, False]
    """
    return _MASKED.fullmatch(text) is not None or _HOLDER.search(text.casefold()) is not None or uniform(text)


def is_reference(text: str, *, quoted: bool = False) -> bool:
    """Whether a text says where the secret is kept, or is no secret by its form: a path, a web address, a digest, code.

    >>> [is_reference(t) for t in ("os.environ['TOKEN']", "/etc/key.pem", "sha256:ab12", "hunter2x")]
    [True, True, True, False]
    """
    return (
        _REFERENCE.match(text) is not None
        or any(form.fullmatch(text) for form in (_PATH, _URL, _DIGEST, _DATE))
        or (not quoted and _CODE.fullmatch(text) is not None)
    )


def is_measure(text: str) -> bool:
    """Whether a text is a quantity, a version or the name of a method: `256-bit`, `v1.2`, `AES-256`."""
    return _MEASURE.fullmatch(text) is not None


def reads_as_words(text: str) -> bool:
    """Whether a text is made of words, with at most two digits after one: a name in code, or a part of a sentence.

    >>> [reads_as_words(t) for t in ("case-sensitive", "userPassword", "DB_PASSWORD_2", "Xy7-kk92-Zq1", "qZkRtWbn")]
    [True, True, True, False, False]
    """
    pieces = _PIECES.findall(text)
    words = [piece for piece in pieces if not piece.isdigit()]
    numbers = [piece for piece in pieces if piece.isdigit()]
    if not words or re.search(r"[^\w\s./:'’@+-]", text):
        return False
    if re.fullmatch(r"[A-Za-z]+(?:_[A-Za-z]+)+", text):
        return True
    if any(len(number) > 2 and not re.fullmatch(r"(?:19|20)\d\d", number) for number in numbers) or len(numbers) > 2:
        return False
    letters = sum(map(len, words))
    if numbers and re.search(r"[^\W\d_]\d+[^\W\d_]", text):  # a digit inside a word: `Tr0ub4dor`
        return False
    # Of one word in small letters any length reads as a word; of several, their mean length tells them from random letters.
    return letters / len(words) >= 3.5 if len(words) > 1 else letters >= 2


def is_wordy(text: str) -> bool:
    """Whether capitals and small letters alternate as in names of code, and not as in random letters.

    >>> [is_wordy(t) for t in ("TextConv1dPaddingCache", "9dk2KSx93kdLq0ZpQ88s")]
    [True, False]
    """
    words = [piece for piece in _PIECES.findall(text) if not piece.isdigit()]
    mixed = any(c.isupper() for c in text) and any(c.islower() for c in text)
    return mixed and bool(words) and sum(map(len, words)) / len(words) >= (3.5 if len(text) >= 20 else 4)


def is_sequence(text: str) -> bool:
    """Whether half of a text are characters that follow each other six and more in a row, as in `abcdef` and `567890`.

    >>> is_sequence("sk-1234567890abcdef"), is_sequence("k3Zq91xL")
    (True, False)
    """
    runs = [1]
    for first, second in pairwise(text):
        follows = (ord(second) - ord(first) == 1 and first.isalnum() and second.isalnum()) or first + second == "90"
        if follows:
            runs[-1] += 1
        else:
            runs.append(1)
    return 2 * sum(run for run in runs if run >= _RUN) >= len(text) > 0 or "qwertyuiop" in text.lower()


def names_a_secret(text: str) -> bool:
    """Whether a text has a word for a secret in it, as `user_password` has."""
    return _PASS_WORD.search(text) is not None
