"""Dossiers of the attest tests, for W&B, DVC and Dagster."""

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.desks import refused_once, released_once

__all__ = ["refused_once", "released_once"]
