"""What somebody could put in the place of a bundle or of its key; each changes one thing and keeps the rest."""

import base64
import copy
import json

from cryptography.hazmat.primitives.asymmetric import ec

from cardwright.attest import keys
from cardwright.record import canonical


def _enclosed(bundle, change):
    """The bundle with its payload changed, the signature as it was."""
    made = copy.deepcopy(bundle)
    statement = json.loads(base64.b64decode(made["dsseEnvelope"]["payload"]))
    change(statement)
    made["dsseEnvelope"]["payload"] = base64.b64encode(canonical.dumps(statement)).decode()
    return made


def _decision(bundle, pem):
    return _enclosed(bundle, lambda said: said["predicate"]["release"].update(policy="research")), pem


def _subject(bundle, pem):
    return _enclosed(bundle, lambda said: said["subject"][0]["digest"].update(sha256="f" * 64)), pem


def _added_subject(bundle, pem):
    other = {"name": "subject/other.bin", "digest": {"sha256": "f" * 64}}
    return _enclosed(bundle, lambda said: said["subject"].append(other)), pem


def _predicate_type(bundle, pem):
    return _enclosed(bundle, lambda said: said.update(predicateType="https://slsa.dev/provenance/v1")), pem


def _payload_type(bundle, pem):
    made = copy.deepcopy(bundle)
    made["dsseEnvelope"]["payloadType"] = "application/json"
    return made, pem


def _key(bundle, pem):
    other = ec.generate_private_key(ec.SECP256R1())
    return bundle, keys.public_pem(other.public_key()).encode()


def _signature(bundle, pem):
    made = copy.deepcopy(bundle)
    signature = bytearray(base64.b64decode(made["dsseEnvelope"]["signatures"][0]["sig"]))
    signature[-1] ^= 1
    made["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    return made, pem


SWAPPED = {
    "payload": _decision,
    "subject": _subject,
    "added subject": _added_subject,
    "predicate type": _predicate_type,
    "payload type": _payload_type,
    "key": _key,
    "signature": _signature,
}
"""By what is swapped: from a bundle and a key to both as somebody would hand them over."""
