"""The hardened assistant, run once."""

import pytest
from tests.conftest import command


@pytest.fixture(scope="session")
def hardened_once(made_once):
    """The committed example in `assistant`, and the dossier of its hardened plan in `out`. Not to be changed."""
    from tests.examples.test_runs import committed

    def fill(folder):
        ran = command(
            "run", committed(folder, "assistant") / "assessment.hardened.yaml", "-o", folder / "out", "--quiet"
        )
        assert ran.code == 1, ran

    return made_once("hardened", fill)
