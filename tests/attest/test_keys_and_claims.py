"""Signatures are of people: one key, one person; every byte of a signed line counts."""

import base64
import json
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardwright.attest import claims, envelope, keys, ledger, trust
from cardwright.errors import IntegrityError, PolicyError, StoreError, UsageError
from cardwright.record import SignOff, canonical

AT = "2026-11-23T12:00:00Z"
SECRET = "correct horse battery staple"


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    made = {}
    for name, algorithm in (("Ada", "ecdsa-p256"), ("Ben", "ed25519")):
        encrypted, request = keys.new(name, ("owner",), SECRET, AT, algorithm)
        keys.save(folder / f"{name}.key", encrypted)
        made[name] = (keys.open_private(folder / f"{name}.key", SECRET), request, folder / f"{name}.key")
    return made


def sign_off(name, key, **more):
    said = {
        "person": name, "key": keys.fingerprint(key.public_key()), "role": "owner", "at": AT, "decision": "approve",
        "meaning": "approval", "manifest_sha256": "a" * 64,
    }  # fmt: skip
    return SignOff(**{**said, **more})


def trusting(*requests):
    found = trust.Trust()
    for request in requests:
        found = trust.enrol(found, request, "2026-11-01", where="request", roles=("owner",))
    return found


START = ledger.Ledger(subject="m")


def judge(signed, known, chain, now):
    """Whether one claim is believed."""
    (judged,) = claims.believe((signed,), known, chain, now)
    return judged


@pytest.mark.parametrize("name", ["Ada", "Ben"])
def test_a_claim_of_an_enrolled_key_is_believed(people, name):
    key, request, _ = people[name]
    line = claims.make(sign_off(name, key), key, START.head)
    (signed,) = claims.read(line + b"\n")
    assert judge(signed, trusting(request), START, AT).believed


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"person": "Eve"}, "signed as Eve"),
        ({"role": "risk"}, "may not sign as risk"),
        ({"at": "2026-10-01T00:00:00Z"}, "not valid on"),
    ],
)
def test_a_claim_beyond_what_its_key_may_say_is_not_believed(people, change, why):
    key, request, _ = people["Ada"]
    (signed,) = claims.read(claims.make(sign_off("Ada", key, **change), key, START.head) + b"\n")
    judged = judge(signed, trusting(request), START, AT)
    assert not judged.believed
    assert why in judged.why


def test_a_claim_in_anothers_name_is_not_believed(people):
    ada, request, _ = people["Ada"]
    ben, ben_request, _ = people["Ben"]
    forged = sign_off("Ada", ada)  # says Ada's fingerprint, signed by Ben
    (signed,) = claims.read(claims.make(forged, ben, START.head) + b"\n")
    assert not judge(signed, trusting(request, ben_request), START, AT).believed


def test_one_key_under_two_ids_is_an_error(people):
    _, request, _ = people["Ada"]
    known = trusting(request)
    twice = (known.people[0], known.people[0].model_copy(update={"id": "eve", "name": "Eve"}))
    with pytest.raises(ValueError, match="one key is one person"):
        trust.Trust(people=twice)
    with pytest.raises(PolicyError, match="enrolled already"):
        trust.enrol(known, request, "2026-11-02", where="request", roles=("owner",))


def test_a_trust_file_survives_the_round_trip(people):
    known = trusting(people["Ada"][1], people["Ben"][1])
    known = trust.Trust(
        people=known.people, policies=(trust.AcceptedPolicy(name="production", sha256="a" * 64, subjects=("bo*",)),)
    )
    assert trust.read(trust.to_yaml(known), where="trust.yaml") == known


@pytest.mark.parametrize(
    ("subject", "tier", "accepted"), [("boston", "high", True), ("boston", None, False), ("chicago", "high", False)]
)
def test_a_policy_is_accepted_for_named_subjects_and_tiers_only(subject, tier, accepted):
    policy = trust.AcceptedPolicy(name="p", sha256="a" * 64, subjects=("bo*",), risk_tiers=("high",))
    assert trust.Trust(policies=(policy,)).accepts("a" * 64, subject, tier) == accepted


# ------------------------------------------------------------------------------------------------ tampering


@pytest.fixture(scope="module")
def line(people):
    key = people["Ada"][0]
    return claims.make(sign_off("Ada", key), key, START.head) + b"\n"


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_every_flipped_byte_of_a_signed_line_is_seen(people, line, data):
    _, request, _ = people["Ada"]
    position = data.draw(st.integers(0, len(line) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(line)
    changed[position] ^= 1 << bit
    try:
        found = claims.read(bytes(changed))
    except IntegrityError:
        return
    assert not all(judge(one, trusting(request), START, AT).believed for one in found)


def test_a_ledger_that_was_cut_contradicts_what_was_signed(people):
    key, request, _ = people["Ada"]
    full = START
    for i in range(5):
        full = full.append("run", "record", str(i) * 64, AT)
    (signed,) = claims.read(claims.make(sign_off("Ada", key), key, full.head) + b"\n")
    cut = ledger.read(b"".join(full.to_bytes().splitlines(keepends=True)[:3]), "m")
    assert judge(signed, trusting(request), full, AT).believed
    assert "ledger" in judge(signed, trusting(request), cut, AT).why


@pytest.mark.parametrize("how", ["change", "remove", "swap", "repeat", "cut", "other subject"])
def test_every_change_of_a_ledger_is_seen(how):
    full = START
    for i in range(4):
        full = full.append("run", "record", str(i) * 64, AT)
    lines = full.to_bytes().splitlines(keepends=True)
    subject = "m"
    if how == "change":
        lines[1] = lines[1].replace(b"1111", b"2222", 1)
    elif how == "remove":
        del lines[1]
    elif how == "swap":
        lines[1], lines[2] = lines[2], lines[1]
    elif how == "repeat":
        lines.insert(1, lines[1])
    elif how == "cut":
        lines[-1] = lines[-1][:-1]
    else:
        subject = "n"
    with pytest.raises(IntegrityError):
        ledger.read(b"".join(lines), subject)


def test_an_enrolment_request_that_was_changed_is_refused(people):
    _, request, _ = people["Ada"]
    with pytest.raises(IntegrityError, match="proof"):
        trust.enrol(
            trust.Trust(),
            request.model_copy(update={"roles": ("owner", "risk_head")}),
            "2026-11-01",
            where="r",
            roles=("owner",),
        )


# ------------------------------------------------------------------------------------------------ keys


def test_a_key_needs_a_long_passphrase():
    with pytest.raises(UsageError, match="passphrase"):
        keys.new("Ada", ("owner",), "short", AT)


@pytest.mark.parametrize(("name", "roles"), [("a\u202eb", ("owner",)), ("Ada", ("Big Role",)), ("A" * 300, ("owner",))])
def test_a_name_or_role_that_is_none_makes_no_key(name, roles):
    with pytest.raises(UsageError, match=r"^(person|roles): "):
        keys.new(name, roles, SECRET, AT)


@pytest.mark.parametrize("granted", [(), ("Big Role",)])
def test_a_key_for_no_role_is_not_enrolled_whatever_was_asked_for(granted):
    _, request = keys.new("Eve", ("owner",), SECRET, AT)
    with pytest.raises(PolicyError, match=r"^request: roles: "):
        trust.enrol(trust.Trust(), request, "2026-11-01", where="request", roles=granted)


def test_a_wrong_passphrase_is_said(people):
    with pytest.raises(UsageError, match="does not open"):
        keys.open_private(people["Ada"][2], "not the passphrase")


def test_an_unencrypted_key_is_refused(tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "k").write_bytes(pem)
    with pytest.raises(UsageError, match="not encrypted"):
        keys.open_private(tmp_path / "k", SECRET)


def test_a_key_file_is_never_overwritten_and_is_its_owners_alone(people, tmp_path):
    path = people["Ada"][2]
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(StoreError):
        keys.save(path, b"other")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="cross-check needs openssl")
def test_openssl_verifies_our_signature(people, tmp_path):
    """Anybody can check a claim with plain openssl: the DSSE pre-authentication encoding, the signature, the public key."""
    key, request, _ = people["Ada"]
    bundle = json.loads(claims.make(sign_off("Ada", key), key, START.head))
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
def test_openssl_verifies_an_ed25519_signature_and_no_changed_one(people, tmp_path):
    key, request, _ = people["Ben"]
    bundle = json.loads(claims.make(sign_off("Ben", key), key, START.head))
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
def test_securesystemslib_verifies_our_envelope(people, name):
    dsse = pytest.importorskip("securesystemslib.dsse", reason="cross-check needs securesystemslib")
    from securesystemslib.signer import Signature, SSlibKey

    key, _, _ = people[name]
    said = json.loads(claims.make(sign_off(name, key), key, START.head))["dsseEnvelope"]
    theirs = SSlibKey.from_crypto(key.public_key())
    signature = Signature(theirs.keyid, base64.b64decode(said["signatures"][0]["sig"]).hex())
    read = dsse.Envelope(base64.b64decode(said["payload"]), said["payloadType"], {theirs.keyid: signature})
    assert list(read.verify([theirs], 1)) == [theirs.keyid]


@pytest.mark.parametrize("name", ["Ada", "Ben"])
def test_sigstore_models_reads_our_bundle_and_writes_it_again(people, name):
    """The bundle is one of Sigstore v0.3: its own models take every key, and give back the same bytes."""
    bundle = pytest.importorskip("sigstore_models.bundle.v1", reason="cross-check needs sigstore-models")
    key, _, _ = people[name]
    line = claims.make(sign_off(name, key), key, START.head)
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


def test_the_statement_is_in_toto_and_the_payload_canonical(people):
    key, _, _ = people["Ada"]
    (signed,) = claims.read(claims.make(sign_off("Ada", key), key, START.head) + b"\n")
    assert signed.sealed.body["_type"] == "https://in-toto.io/Statement/v1"
    assert signed.sealed.subjects == {"manifest.json": "a" * 64}
    assert canonical.digest(signed.sealed.payload) == signed.claim.id
