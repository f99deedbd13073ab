"""Whether there is a Java that Spark runs on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

LEAST = 17
"""The oldest Java that Spark 4 runs on."""

REMEDY = f"Install Java {LEAST} or later (Debian: apt install openjdk-{LEAST}-jre-headless), or set JAVA_HOME to it."
"""What to do where there is none."""


class Java(NamedTuple):
    """A Java that was found."""

    path: str
    version: int
    """Its major version; 0 if it does not say."""


def find() -> Java | None:
    """The Java that Spark would start: that of `JAVA_HOME`, else the first on PATH; None if there is none."""
    home = os.environ.get("JAVA_HOME")
    path = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if path is None:
        return None
    try:
        said = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr  # noqa: S603  found on PATH
    except (OSError, subprocess.TimeoutExpired):
        return Java(path, 0)
    return Java(path, version_of(said))


def version_of(said: str) -> int:
    """The major version in what `java -version` prints.

    >>> version_of('openjdk version "17.0.15" 2025-04-15'), version_of('java version "1.8.0_402"'), version_of("?")
    (17, 8, 0)
    """
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0
