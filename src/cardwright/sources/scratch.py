"""A private folder for what does not fit into memory, gone when the work is done."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch() -> Iterator[Path]:
    """A new folder that nobody else may read (mode 0700), removed with all that is in it, also after an error.

    It lies where the system keeps temporary files (`TMPDIR`), never beside the plan: what spills is rows, people's data included.
    """
    with tempfile.TemporaryDirectory(prefix="cardwright-") as folder:
        yield Path(folder)


def kept() -> Path:
    """A folder like `scratch`'s that stays until somebody removes it: `remove`, or `remove_with`."""
    return Path(tempfile.mkdtemp(prefix="cardwright-"))


@contextmanager
def handed_on() -> Iterator[Path]:
    """A folder like `scratch`'s for what outlives this: goes after an error, else with whoever reads it (`remove_with`)."""
    folder = kept()
    try:
        yield folder
    except BaseException:
        remove(folder)
        raise


def remove(folder: Path) -> None:
    """Remove a folder and all that is in it."""
    shutil.rmtree(folder, ignore_errors=True)


def remove_with(owner: object, folder: Path) -> None:
    """Remove a folder once nobody holds the object that reads it, and at the end of the process at the latest."""
    weakref.finalize(owner, remove, folder)
