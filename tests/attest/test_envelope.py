"""What is signed can be checked with other people's tools, byte for byte."""

import base64
import json
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.attest.signers import EMPTY, sign_off

from cardwright.attest import claims, envelope, keys
from cardwright.record import canonical


@pytest.mark.skipif(shutil.which("openssl") is None, reason="cross-check needs openssl")
def test_openssl_verifies_our_signature(signers, tmp_path):
    """Anybody can check a claim with plain openssl: the DSSE pre-authentication encoding, the signature, the public key."""
    key, request, _ = signers["Ada"]
    bundle = json.loads(claims.make(sign_off("Ada", key), key, EMPTY.head))
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    kind = envelope.PAYLOAD_TYPE.encode()
    (tmp_path / "pae").write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload))
    (tmp_path / "sig").write_bytes(base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"]))
    (tmp_path / "pem").write_text(request.public_key)
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "pem", "-signature", "sig", "pae"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "Verified OK"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="cross-check needs openssl")
def test_openssl_verifies_an_ed25519_signature_and_no_changed_one(signers, tmp_path):
    key, request, _ = signers["Ben"]
    bundle = json.loads(claims.make(sign_off("Ben", key), key, EMPTY.head))
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    (tmp_path / "sig").write_bytes(base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"]))
    (tmp_path / "pem").write_text(request.public_key)
    words = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "pem", "-sigfile", "sig", "-in", "pae"]
    codes = []
    for signed in (payload, payload.replace(b"approve", b"reject_")):
        (tmp_path / "pae").write_bytes(envelope.pae(signed))
        codes.append(subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode)
    assert codes == [0, 1]


@given(st.binary(max_size=300))
def test_what_is_signed_is_what_securesystemslib_signs(payload):
    dsse = pytest.importorskip("securesystemslib.dsse", reason="cross-check needs securesystemslib")
    assert envelope.pae(payload) == dsse.Envelope(payload, envelope.PAYLOAD_TYPE, {}).pae()


@pytest.mark.parametrize("name", ["Ada", "Ben"])
def test_securesystemslib_verifies_our_envelope(signers, name):
    dsse = pytest.importorskip("securesystemslib.dsse", reason="cross-check needs securesystemslib")
    from securesystemslib.signer import Signature, SSlibKey

    key, _, _ = signers[name]
    said = json.loads(claims.make(sign_off(name, key), key, EMPTY.head))["dsseEnvelope"]
    theirs = SSlibKey.from_crypto(key.public_key())
    signature = Signature(theirs.keyid, base64.b64decode(said["signatures"][0]["sig"]).hex())
    read = dsse.Envelope(base64.b64decode(said["payload"]), said["payloadType"], {theirs.keyid: signature})
    assert list(read.verify([theirs], 1)) == [theirs.keyid]


@pytest.mark.parametrize("name", ["Ada", "Ben"])
def test_sigstore_models_reads_our_bundle_and_writes_it_again(signers, name):
    """The bundle is one of Sigstore v0.3: its own models take every key, and give back the same bytes."""
    bundle = pytest.importorskip("sigstore_models.bundle.v1", reason="cross-check needs sigstore-models")
    key, _, _ = signers[name]
    line = claims.make(sign_off(name, key), key, EMPTY.head)
    read = bundle.Bundle.from_json(line)
    assert read.dsse_envelope is not None
    assert read.dsse_envelope.payload_type == envelope.PAYLOAD_TYPE
    assert len(read.dsse_envelope.signatures) == 1
    hint = bytes.fromhex(keys.fingerprint(key.public_key()))
    assert read.verification_material.public_key is not None
    assert base64.b64decode(read.verification_material.public_key.hint) == hint
    written = json.loads(read.to_json())
    written["verificationMaterial"].setdefault("tlogEntries", [])
    written["dsseEnvelope"]["signatures"][0].setdefault("keyid", "")
    assert canonical.dumps(written) == line


def test_the_statement_is_in_toto_and_the_payload_canonical(signers):
    key, _, _ = signers["Ada"]
    (signed,) = claims.read(claims.make(sign_off("Ada", key), key, EMPTY.head) + b"\n")
    assert signed.sealed.body["_type"] == "https://in-toto.io/Statement/v1"
    assert signed.sealed.subjects == {"manifest.json": "a" * 64}
    assert canonical.digest(signed.sealed.payload) == signed.claim.id
