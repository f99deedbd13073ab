"""A private folder for what does not fit into memory, gone when the work is done."""

from __future__ import annotations

import tempfile
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
