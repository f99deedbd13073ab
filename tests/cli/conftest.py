"""The fixtures of `tests.attest.desks`."""

from tests.attest.desks import desk, refused_once, released, released_once

__all__ = ["desk", "refused_once", "released", "released_once"]
