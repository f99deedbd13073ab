"""The fixtures of `desks` and `signers`."""

from tests.attest.desks import desk, exported, refused_once, released, released_once
from tests.attest.signers import people, signers

__all__ = ["desk", "exported", "people", "refused_once", "released", "released_once", "signers"]
