"""Certificates and a timestamp authority, made on the spot."""

import datetime
import http.server
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def certificate(name, issuer=None, authority=False, usage=None):
    """A key and its certificate, under an issuer or by itself."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2026, 1, 1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(authority, None), True)
        .add_extension(
            x509.KeyUsage(not authority, not authority, False, False, False, authority, authority, False, False), True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    if issuer:
        made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer[0].public_key()), False)
    if usage:
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), True)
    return key, made.sign(issuer[0] if issuer else key, hashes.SHA256())


def pem(pair):
    return pair[1].public_bytes(serialization.Encoding.PEM).decode()


CLOCK_ROOT = certificate("Root of the clock", authority=True)
CLOCK = certificate("Clock", CLOCK_ROOT, usage=ExtendedKeyUsageOID.TIME_STAMPING)


def stamper(pair=CLOCK, root=CLOCK_ROOT, at=None):
    """An authority that answers questions in this process, by its own clock or at one moment."""
    from asn1crypto import keys
    from asn1crypto import x509 as asn1
    from pyhanko.sign.timestamps import DummyTimeStamper
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    def der(thing):
        return asn1.Certificate.load(thing.public_bytes(serialization.Encoding.DER))

    store = SimpleCertificateStore()
    store.register(der(root[1]))
    private = pair[0].private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return DummyTimeStamper(der(pair[1]), keys.PrivateKeyInfo.load(private), certs_to_embed=store, fixed_dt=at)


@pytest.fixture(scope="module")
def clock():
    """A timestamp authority on this machine: its address."""
    from asn1crypto import tsp

    answers = stamper()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            said = answers.request_tsa_response(asked).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *words):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()
