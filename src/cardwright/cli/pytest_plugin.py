"""A plug-in for pytest: `@pytest.mark.cardwright(dossier, trust_file=…, artifact=…)` runs a test only over an allowed release.

A test of what a model serves then fails, with the step that refused, when the release was withdrawn, has expired, or is of
another file. pytest loads this module at every start, so it imports nothing of Cardwright before a test asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cardwright.attest.verify import Report

MARK = "cardwright"


def pytest_configure(config: Any) -> None:
    """Register the mark, so that `--strict-markers` knows it."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(dossier, *, trust_file, policy=None, artifact=None, trust_pin=None, status=None): fail unless the dossier is a "
        "release that holds now; see cardwright.require",
    )


def pytest_runtest_setup(item: Any) -> None:
    """Ask before the test runs, nearest mark first."""
    for mark in item.iter_markers(MARK):
        assert_allowed(*mark.args, **mark.kwargs)


def assert_allowed(*dossier: Any, **options: Any) -> Report:
    """`cardwright.require` as an assertion.

    Raises
    ------
    AssertionError
        With what was refused, where, and what to do.
    """
    from cardwright.errors import CardwrightError
    from cardwright.run.require import require

    ask: Callable[..., Report] = require
    try:
        return ask(*dossier, **options)
    except CardwrightError as exc:
        raise AssertionError(str(exc)) from None
