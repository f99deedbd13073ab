"""The result of making the documents of a dossier again, and what it proves.

Only the same bytes prove that a document is what its record gives. Documents made with other libraries have other bytes for that
reason alone: they are *not reproduced here*. Equal text and structure then say that nothing readable differs, which is neither a
proof nor an accusation, so it helps no exit code, and nobody signs on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cardwright.errors import IntegrityError, ToolchainError
from cardwright.record.claim import Claim


@dataclass(frozen=True)
class Reproduction:
    """The documents of a dossier, each made again from the record."""

    same: tuple[str, ...] = ()
    """Those with the same bytes, by path."""
    elsewhere: tuple[tuple[str, str], ...] = ()
    """Those made with other libraries whose text and structure are equal, each with the names of those libraries."""
    changed: tuple[tuple[str, str], ...] = ()
    """Those that read otherwise, or have other bytes by the same libraries, each with what differs."""

    def must_be_exact(self, *, where: str) -> None:
        """Refuse unless every document was made again byte for byte: nobody signs for what they cannot reproduce.

        Raises
        ------
        IntegrityError
            If a document is not what the record gives.
        ToolchainError
            If documents were made with other libraries; names these, and the image that holds the ones needed.
        """
        if self.changed:
            name, why = self.changed[0]
            raise IntegrityError(
                f"not what the record gives: {why}", where=f"{where}/{name}", do="Make the dossier again."
            )
        if self.elsewhere:
            name, libraries = self.elsewhere[0]
            raise ToolchainError(
                f"not reproduced here: made with other libraries ({libraries})", where=f"{where}/{name}"
            )


Rerender = Callable[[Mapping[str, bytes], str, tuple[Claim, ...]], Reproduction | None]
"""Makes the documents again from (files, where, claims of the release); None if no PDF can be made here."""
