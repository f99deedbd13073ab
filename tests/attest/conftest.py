"""The fixtures of `desks` and `signers`."""

from tests.attest.desks import desk, refused_once, released, released_once
from tests.attest.signers import signers

__all__ = ["desk", "refused_once", "released", "released_once", "signers"]
