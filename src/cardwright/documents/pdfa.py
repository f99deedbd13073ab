"""Is it PDF/A-3b? pikepdf's allowlist, asked in a second process, whose start and imports pass while the pages are laid out.

    python -m cardwright.documents.pdfa < report.pdf

prints what the first finding is, or nothing. An answer that does not come is asked for again here: no check is left out.
"""

from __future__ import annotations

import io
import subprocess
import sys
from types import TracebackType
from typing import Self

LEVEL = "3b"
_DONE = "checked"


def first_finding(data: bytes) -> str | None:
    """What keeps a file from being PDF/A-3b; None if nothing does."""
    import pikepdf.pdfa

    report = pikepdf.pdfa.validate_written(io.BytesIO(data), LEVEL)
    return None if report.passed else str(report.findings[0])


class Checker:
    """The second process. It is started with `with`, before the pages are laid out, and asked once."""

    def __enter__(self) -> Self:
        # -P: the folder somebody works in is no place to import from.
        command = [sys.executable, "-P", "-m", __name__]
        try:
            self.process: subprocess.Popen[bytes] | None = subprocess.Popen(  # noqa: S603  # our own module
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError:  # no second process on this machine: then in this one
            self.process = None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def first_finding(self, data: bytes) -> str | None:
        """What keeps a file from being PDF/A-3b; None if nothing does."""
        if self.process is None:
            return first_finding(data)
        try:
            answer, _ = self.process.communicate(data)
        except OSError:
            return first_finding(data)
        done, _, finding = answer.decode("utf-8", "replace").partition("\n")
        if self.process.returncode != 0 or done != _DONE:
            return first_finding(data)
        return finding or None


def main() -> None:
    """Answers on standard output for the file on standard input."""
    import pikepdf.pdfa  # noqa: F401  # before the file is there

    finding = first_finding(sys.stdin.buffer.read())
    sys.stdout.buffer.write(f"{_DONE}\n{finding or ''}".encode())


if __name__ == "__main__":
    main()
