"""The fixtures of `tests.attest.desks`."""

from tests.attest.desks import refused_once, released, released_once

__all__ = ["refused_once", "released", "released_once"]
