"""Is it PDF/A-3b? pikepdf's allowlist, asked in a second process, whose start and imports pass while the pages are laid out.

    python src/cardwright/documents/pdfa.py < report.pdf

prints what the first finding is, or nothing. An answer that does not come is asked for again here: no check is left out. A
process that has the allowlist loaded already, which takes longer than using it, checks its next PDF itself.
"""

from __future__ import annotations

import io
import subprocess
import sys
from types import TracebackType
from typing import Protocol, Self

LEVEL = "3b"
_DONE = "checked"


def first_finding(data: bytes) -> str | None:
    """What keeps a file from being PDF/A-3b; None if nothing does."""
    import pikepdf.pdfa

    report = pikepdf.pdfa.validate_written(io.BytesIO(data), LEVEL)
    return None if report.passed else str(report.findings[0])


class Checker(Protocol):
    """Whoever answers; entered with `with` before the pages are laid out, and asked once."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def first_finding(self, data: bytes) -> str | None:
        """What keeps a file from being PDF/A-3b; None if nothing does."""
        ...


def checker() -> Checker:
    """Whoever answers soonest: this process if it has the allowlist loaded, else a second one."""
    return ThisProcess() if "pikepdf.pdfa" in sys.modules else SecondProcess()


class ThisProcess:
    """See `Checker`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing to end."""

    def first_finding(self, data: bytes) -> str | None:
        """See `Checker.first_finding`."""
        return first_finding(data)


class SecondProcess:
    """See `Checker`. It loads the allowlist while the pages are laid out."""

    def __enter__(self) -> Self:
        # -P: the folder somebody works in is no place to import from. By its file, since `-m` would import the rooms above it.
        command = [sys.executable, "-P", __file__]
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
        """See `Checker.first_finding`."""
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
    # jsonschema builds a grammar of IRIs with it if it is installed, for a second; the allowlist checks no formats.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    import pikepdf.pdfa  # noqa: F401  # before the file is there

    finding = first_finding(sys.stdin.buffer.read())
    sys.stdout.buffer.write(f"{_DONE}\n{finding or ''}".encode())


if __name__ == "__main__":
    main()
