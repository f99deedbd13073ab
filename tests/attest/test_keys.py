"""One key, one person: encrypted, written once, and its owner's alone."""

import pytest
from tests.attest.signers import AT, SECRET

from cardwright.attest import keys
from cardwright.errors import StoreError, UsageError


def test_a_key_needs_a_long_passphrase():
    with pytest.raises(UsageError, match="passphrase"):
        keys.new("Ada", ("owner",), "short", AT)


@pytest.mark.parametrize(("name", "roles"), [("a\u202eb", ("owner",)), ("Ada", ("Big Role",)), ("A" * 300, ("owner",))])
def test_a_name_or_role_that_is_none_makes_no_key(name, roles):
    with pytest.raises(UsageError, match=r"^(person|roles): "):
        keys.new(name, roles, SECRET, AT)


def test_a_wrong_passphrase_is_said(signers):
    with pytest.raises(UsageError, match="does not open"):
        keys.open_private(signers["Ada"][2], "not the passphrase")


def test_an_unencrypted_key_is_refused(tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "k").write_bytes(pem)
    with pytest.raises(UsageError, match="not encrypted"):
        keys.open_private(tmp_path / "k", SECRET)


def test_a_key_file_is_never_overwritten_and_is_its_owners_alone(signers, tmp_path):
    path = signers["Ada"][2]
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(StoreError):
        keys.save(path, b"other")
