"""The hardened assistant and the regression, each run once."""

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


@pytest.fixture(scope="session")
def diabetes_once(made_once):
    """The dossier of the regression, in `out`. Not to be changed."""
    from tests.examples.test_runs import committed

    def fill(folder):
        ran = command("run", committed(folder, "diabetes") / "assessment.yaml", "-o", folder / "out", "--quiet")
        assert ran.code == 1, ran

    return made_once("diabetes", fill)
