"""A plug-in for pytest: `@pytest.mark.cardwright(dossier, trust_file=…, artifact=…)` runs a test only over an allowed release.

A test of what a model serves then fails, with the step that refused, when the release was withdrawn, has expired, or is of
another file. pytest loads this module at every start, so it imports nothing of Cardwright before a test asks.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from os import PathLike
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
    """Ask before the test runs, nearest mark first. Relative paths start from pytest's rootdir, wherever pytest was started."""
    __tracebackhide__ = True
    for mark in item.iter_markers(MARK):
        words = {key: _from_root(item, key, value) for key, value in mark.kwargs.items()}
        assert_allowed(*(_from_root(item, "dossier", value) for value in mark.args), **words)


def _from_root(item: Any, key: str, value: Any) -> Any:
    # A policy without `/` is the name of a packaged one; a pin and a policy as a value are no paths.
    is_path = key != "trust_pin" and isinstance(value, (str, PathLike)) and (key != "policy" or "/" in str(value))
    return str(item.config.rootpath / value) if is_path else value


def assert_allowed(*dossier: Any, **options: Any) -> Report:
    """`cardwright.require` as an assertion, in whose failure pytest shows what was refused and nothing of our code.

    Raises
    ------
    AssertionError
        With what was refused, where, and what to do; or what is wrong with the question.
    """
    __tracebackhide__ = True
    from cardwright.errors import CardwrightError
    from cardwright.run.require import require

    try:
        signature(require).bind(*dossier, **options)
    except TypeError as exc:
        raise AssertionError(f"{exc}. Write it like cardwright.require: (dossier, trust_file=…, artifact=…).") from None
    ask: Callable[..., Report] = require
    try:
        return ask(*dossier, **options)
    except CardwrightError as exc:
        raise AssertionError(str(exc)) from None
