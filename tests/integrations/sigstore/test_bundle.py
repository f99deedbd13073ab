"""A released dossier, exported, is verified offline by Sigstore's own libraries: in JavaScript whole, in Python as far as it takes keys.

sigstore-python verifies bundles of certificates with an entry of a public log, and no bundle of a plain key; the test says so. What of
it takes a key is its DSSE verification. sigstore-js takes keys, and verifies the bundle as cosign does with `--key`.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

sigstore = pytest.importorskip("sigstore", reason="runs in an environment of its own: .ci/run integrations")

from sigstore import dsse
from sigstore.errors import VerificationError
from sigstore.models import Bundle, InvalidBundle
from tests.attest.desks import exported, refused_once, released_once
from tests.attest.swapped import SWAPPED

from cardwright.attest import keys

__all__ = ["exported", "refused_once", "released_once"]
HERE = Path(__file__).parent
TYPE = "urn:cardwright:release:1"


def by_sigstore_python(bundle, pem):
    """The payload, if sigstore-python's DSSE verification takes the envelope; None if it does not."""
    read = dsse.Envelope._from_json(json.dumps(bundle["dsseEnvelope"]))
    key = keys.load_public(pem.decode(), where="pem")
    try:
        payload = dsse._verify(key, read)  # what `Verifier.verify_dsse` calls with the key of a certificate
    except VerificationError:
        return None
    return json.loads(payload)


def test_sigstore_python_verifies_the_envelope_and_no_swapped_one(exported):
    bundle, pem, _ = exported
    statement = dsse.Statement(json.dumps(by_sigstore_python(bundle, pem)).encode())
    assert statement._inner.predicate_type == TYPE
    assert {name: by_sigstore_python(*swap(bundle, pem)) for name, swap in SWAPPED.items()} == dict.fromkeys(SWAPPED)


def test_sigstore_python_takes_no_bundle_of_a_plain_key_at_all(exported):
    bundle, _, _ = exported
    with pytest.raises(InvalidBundle, match="certificate"):
        Bundle.from_json(json.dumps(bundle))


@pytest.fixture(scope="module")
def sigstore_js(tmp_path_factory):
    """Sigstore's verifier in JavaScript, as its lock pins it."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("sigstore-js needs node and npm, which are not here")
    folder = tmp_path_factory.mktemp("js")
    for name in ("package.json", "package-lock.json", "verify.cjs"):
        shutil.copy(HERE / name, folder)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True, timeout=300)

    def verify(bundle, pem, blob, predicate_type=TYPE):
        (folder / "bundle.json").write_text(json.dumps(bundle))
        (folder / "key.pub").write_bytes(pem)
        words = ["node", "verify.cjs", "bundle.json", "key.pub", str(blob), predicate_type]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout.strip() or done.stderr

    return verify


def test_sigstore_js_verifies_every_blob_that_was_released(exported, sigstore_js):
    bundle, pem, desk = exported
    for blob in (desk / "files" / "model.bin", desk / "out" / "record.json", desk / "out" / "manifest.json"):
        assert sigstore_js(bundle, pem, blob) == (0, "Verified OK")


@pytest.mark.parametrize("name", sorted(SWAPPED))
def test_sigstore_js_refuses_every_swapped_one(exported, sigstore_js, name):
    bundle, pem, desk = exported
    code, _ = sigstore_js(*SWAPPED[name](bundle, pem), desk / "files" / "model.bin")
    assert code != 0


def test_sigstore_js_refuses_another_blob_and_another_type(exported, sigstore_js, tmp_path):
    bundle, pem, desk = exported
    (tmp_path / "other.bin").write_bytes(b"other weights")
    code, said = sigstore_js(bundle, pem, tmp_path / "other.bin")
    assert code != 0
    assert "the blob is no subject" in said
    code, said = sigstore_js(bundle, pem, desk / "files" / "model.bin", "https://slsa.dev/provenance/v1")
    assert code != 0
    assert "predicate type" in said
