"""The fixtures of `desks` and `signers`."""

from tests.attest.desks import desk, refused_once, released, released_once
from tests.attest.signers import people, signers

__all__ = ["desk", "people", "refused_once", "released", "released_once", "signers"]
