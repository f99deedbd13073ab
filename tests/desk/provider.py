"""A small OpenID Connect provider that listens on this machine: authorisation code with PKCE, client secret, signed tokens."""

import base64
import hashlib
import json
import secrets
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from tests.servers import serving

CLIENT, SECRET = "desk", "a secret / of the client"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


class Provider(BaseHTTPRequestHandler):
    """What `self.server` holds: issuer, subject (claims of whoever logs in), codes, and `twist`, which changes a token's claims."""

    def log_message(self, *args):
        pass

    def _said(self, value, code=200):
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        here, asked = self.server, urlsplit(self.path)
        if asked.path == "/.well-known/openid-configuration":
            named = {
                "issuer": here.issuer, "authorization_endpoint": f"{here.issuer}/authorize",
                "token_endpoint": f"{here.issuer}/token", "jwks_uri": f"{here.issuer}/keys",
            }  # fmt: skip
            self._said({**named, **here.described})
        elif asked.path == "/keys":
            self._said(KeySet([KEY]).as_dict(private=False))
        elif asked.path == "/authorize":
            given = {name: values[0] for name, values in parse_qs(asked.query).items()}
            assert given["response_type"] == "code"
            assert given["client_id"] == CLIENT
            assert given["redirect_uri"] == here.back
            assert given["code_challenge_method"] == "S256"
            code = secrets.token_urlsafe(16)
            here.codes[code] = given
            self.send_response(303)
            answer = urlencode({"code": code, "state": given["state"], "iss": here.issuer})
            self.send_header("Location", f"{here.back}?{answer}")
            self.end_headers()
        else:
            self._said({}, 404)

    def do_POST(self):
        here = self.server
        form = {k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
        name, _, secret = base64.b64decode(self.headers["Authorization"].split()[1]).decode().partition(":")
        begun = here.codes.pop(form.get("code"), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if (
            (unquote(name), unquote(secret)) != (CLIENT, SECRET)
            or begun is None
            or form["redirect_uri"] != begun["redirect_uri"]
            or proof.decode() != begun["code_challenge"]
        ):
            self._said({"error": "invalid_grant"}, 400)
            return
        now = int(time.time())
        claims = {
            "iss": here.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": begun["nonce"],
            **here.subject,
        }
        claims = {name: value for name, value in {**claims, **here.twist}.items() if value is not None}
        self._said({"access_token": "x", "token_type": "Bearer", "id_token": here.signed(claims)})


def by_key(claims):
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, KEY)


def by_client_secret(claims):
    """As whoever knows the client's secret, or the provider's public key, could."""
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(SECRET.encode() * 2))


def by_nobody(claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."


def by_stranger(claims):
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048, {"kid": "one"}))


@contextmanager
def provider(back):
    with serving(
        Provider, codes={}, subject={"sub": "ada-42"}, twist={}, described={}, signed=by_key, back=back
    ) as one:
        one.issuer = f"http://127.0.0.1:{one.server_port}"
        yield one
