"""A step of a sample counts only if the key of somebody whom the reader knows has signed just this."""

import pytest
from tests.attest.signers import AT, trusting
from tests.samples import chain_of

from cardwright.attest import keys, sampling, trust
from cardwright.errors import IntegrityError

NONCE = chain_of().nonce


@pytest.fixture
def signed(signers):
    private, request, _ = signers["Ben"]
    said = {"person": "Ben", "key": keys.fingerprint(private.public_key()), "role": "owner", "at": AT}
    return sampling.sign(NONCE.model_copy(update=said), private), trusting(request)


def test_what_somebody_signed_is_believed(signed):
    assert sampling.doubt(*signed, AT) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"nonce": "9" * 64}, "the signature is not from Ben's key"),
        ({"commitment": "9" * 64}, "the signature is not from Ben's key"),
        ({"signature": ""}, "the signature is not from Ben's key"),
        ({"signature": "00"}, "the signature is not from Ben's key"),
        ({"key": "9" * 64}, "is not in the trust file"),
    ],
)
def test_what_was_changed_since_is_not(signed, change, why):
    statement, known = signed
    assert why in sampling.doubt(statement.model_copy(update=change), known, AT)


def test_a_stranger_is_not_believed(signed):
    assert "is not in the trust file" in sampling.doubt(signed[0], trust.Trust(), AT)


def test_a_moment_to_come_is_not_believed(signed):
    assert "dated in the future" in sampling.doubt(*signed, "2026-11-23T11:00:00Z")


def test_a_key_signs_only_what_names_it(signers):
    with pytest.raises(IntegrityError, match="names a key other"):
        sampling.sign(NONCE, signers["Ben"][0])


def test_a_step_is_no_other_step(signed):
    """The statement's type is signed, so that a nonce cannot be shown as labels."""
    statement, known = signed
    labels = (
        chain_of("Ben")
        .labels[0]
        .model_copy(update={"key": statement.key, "at": AT, "role": "owner", "signature": statement.signature})
    )
    assert "signature is not from" in sampling.doubt(labels, known, AT)


def test_nonces_are_fresh():
    assert len({sampling.fresh_nonce() for _ in range(50)}) == 50
