"""A release as a Sigstore bundle: other people's tools verify it, none takes a swapped one, and only one that holds is exported."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.support import by
from tests.attest.swapped import SWAPPED

from cardwright.attest import envelope, keys, sigstore_bundle
from cardwright.attest import trust as trusting
from cardwright.dossier import layout, store
from cardwright.errors import CardwrightError, HandoffRefusedError, IntegrityError, NothingToCheckError, UsageError
from cardwright.record import canonical

NOW = "2100-01-01T00:00:00Z"
"""After everything has expired."""


def by_openssl(bundle, pem, folder):
    """What openssl says of the envelope's signature, over the payload and its type as DSSE encodes them."""
    envelope = bundle["dsseEnvelope"]
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    (folder / "pae").write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload))
    (folder / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    (folder / "pem").write_bytes(pem)
    words = ["openssl", "dgst", "-sha256", "-verify", "pem", "-signature", "sig", "pae"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False).returncode == 0


def by_securesystemslib(bundle, pem):
    """What securesystemslib, which in-toto's own verifier uses, says of the envelope."""
    dsse = pytest.importorskip("securesystemslib.dsse", reason="cross-check needs securesystemslib")
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import Signature, SSlibKey

    key = SSlibKey.from_crypto(keys.load_public(pem.decode(), where="pem"))
    said = bundle["dsseEnvelope"]
    signature = Signature(key.keyid, base64.b64decode(said["signatures"][0]["sig"]).hex())
    read = dsse.Envelope(base64.b64decode(said["payload"]), said["payloadType"], {key.keyid: signature})
    try:
        return bool(read.verify([key], 1))
    except VerificationError:
        return False


@pytest.mark.skipif(shutil.which("openssl") is None, reason="cross-check needs openssl")
def test_openssl_verifies_the_release_with_the_key_beside_it_and_no_swapped_one(exported, tmp_path):
    bundle, pem, _ = exported
    assert by_openssl(bundle, pem, tmp_path)
    refused = {name: not by_openssl(*swap(bundle, pem), tmp_path) for name, swap in SWAPPED.items()}
    assert refused == dict.fromkeys(SWAPPED, True)


def test_securesystemslib_verifies_the_release_and_no_swapped_one(exported):
    bundle, pem, _ = exported
    assert by_securesystemslib(bundle, pem)
    refused = {name: not by_securesystemslib(*swap(bundle, pem)) for name, swap in SWAPPED.items()}
    assert refused == dict.fromkeys(SWAPPED, True)


def test_sigstore_models_reads_the_release_as_a_bundle_of_its_version_3(exported):
    models = pytest.importorskip("sigstore_models.bundle.v1", reason="cross-check needs sigstore-models")
    bundle, _, _ = exported
    read = models.Bundle.from_json(json.dumps(bundle))
    assert read.media_type == "application/vnd.dev.sigstore.bundle.v0.3+json"
    assert read.dsse_envelope.payload_type == "application/vnd.in-toto+json"


@pytest.mark.parametrize("name", sorted(SWAPPED))
def test_our_own_reader_takes_no_swapped_one(exported, name):
    bundle, pem, _ = exported
    changed, key = SWAPPED[name](bundle, pem)
    try:
        sealed = envelope.read(canonical.dumps(changed), where="bundle")
    except IntegrityError:
        return
    assert sealed.flaw(keys.load_public(key.decode(), where="pem")) is not None


def test_every_file_that_is_released_is_a_subject_by_its_digest_and_no_other_is(exported):
    bundle, _, desk = exported
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    digests = {one["digest"]["sha256"] for one in statement["subject"]}
    attested = [
        desk / "files" / "model.bin",
        *(desk / "out" / name for name in ("record.json", "manifest.json", "verdict.json")),
    ]
    assert {canonical.digest(path.read_bytes()) for path in attested} <= digests
    assert canonical.digest(b"other weights") not in digests


def test_the_bundle_is_the_release_byte_for_byte(exported):
    bundle, _, desk = exported
    assert canonical.dumps(bundle) == (desk / "out" / layout.RELEASE).read_bytes()


def of(folder, trust=None, **more):
    trusted = trusting.read((trust or folder / "trust.yaml").read_bytes(), where="trust")
    return sigstore_bundle.of_release(
        store.read_dossier(folder / "out"), trusted, where="out", now=more.get("now", now())
    )


def now():
    from cardwright.cli.console import clock

    return clock()


def test_a_release_that_has_expired_is_not_exported(released):
    assert of(released).predicate_type == "urn:cardwright:release:1"
    with pytest.raises(HandoffRefusedError, match="does not hold"):
        of(released, now=NOW)


def test_a_release_that_was_withdrawn_is_not_exported(cli, released):
    done = cli("withdraw", released / "out", "--reason", "A fault.", *by(released, "Cy", "release"))
    assert done.code == 0, done
    with pytest.raises(HandoffRefusedError, match="does not hold"):
        of(released)


def test_a_release_by_nobody_whom_the_trust_file_lets_release_is_not_exported(released):
    trust = released / "trust.yaml"
    (released / "other.yaml").write_text(trust.read_text().replace("- release\n", "").replace("release, ", ""))
    assert (released / "other.yaml").read_text() != trust.read_text()
    with pytest.raises(HandoffRefusedError, match="does not hold"):
        of(released, released / "other.yaml")


def test_a_dossier_that_nobody_released_has_no_bundle(desk):
    with pytest.raises(NothingToCheckError, match="not released"):
        of(desk)


def test_the_verdict_has_to_be_the_one_that_was_released(released):
    files = store.read_dossier(released / "out")
    changed = {**files, layout.VERDICT: files[layout.REVIEW]}
    trusted = trusting.read((released / "trust.yaml").read_bytes(), where="trust")
    with pytest.raises(CardwrightError):
        sigstore_bundle.of_release(changed, trusted, where="out", now=now())


def test_without_a_trust_file_nothing_is_exported(cli, released, monkeypatch, tmp_path):
    monkeypatch.delenv("CARDWRIGHT_TRUST")
    done = cli("export", released / "out", "-f", "sigstore", "-o", tmp_path / "b.json")
    assert done.code == 2
    assert "--trust" in done.err
    assert not (tmp_path / "b.json").exists()


def test_what_a_passkey_signed_is_refused_since_no_sigstore_tool_checks_it(released, monkeypatch):
    read = envelope.read

    def as_passkey(line, *, where):
        sealed = read(line, where=where)
        given = envelope.Assertion("id", b"", b"", sealed.signature)
        return envelope.Sealed(sealed.payload, sealed.signature, sealed.hint, sealed.body, given)

    from cardwright.attest import release_statement

    monkeypatch.setattr(release_statement.envelope, "read", as_passkey)
    monkeypatch.setattr(sigstore_bundle.under_review.claims.envelope, "read", as_passkey)
    with pytest.raises(UsageError, match="passkey"):
        of(released)


def test_a_folder_that_is_no_dossier_is_refused(cli, tmp_path):
    (tmp_path / "trust.yaml").write_bytes(Path(__file__).read_bytes())
    assert cli("export", tmp_path, "-f", "sigstore", "--trust", tmp_path / "trust.yaml").code in (2, 3, 5)
