"""A witness log that a web server publishes: the same files as in its folder, read over HTTPS."""

from __future__ import annotations

from dataclasses import dataclass

from cardwright.dossier.log_folder import LARGEST
from cardwright.errors import SourceError, UsageError

SECONDS = 20.0
"""How long a server may take to answer."""


@dataclass(frozen=True)
class LogSite:
    """The address under which a log's files are published."""

    address: str

    @classmethod
    def at(cls, address: str) -> LogSite:
        """A log at an address.

        Raises
        ------
        UsageError
            If whoever is in between could change what is read: it is not HTTPS, and not this machine.
        """
        from urllib.parse import urlsplit

        parts = urlsplit(address)
        local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
        if not (parts.scheme == "https" or local) or not parts.hostname or parts.query or parts.fragment:
            raise UsageError("not the address of a log", do="Write it like https://log.example.org/log.")
        return cls(address.rstrip("/"))

    def read(self, name: str) -> bytes | None:
        """A file's bytes; None where the server says that there is none.

        Raises
        ------
        SourceError
            If the server does not answer, sends us elsewhere, or sends more than such a file can hold.
        """
        code, data = self._answered(name)
        if code == 404:
            return None
        if code != 200:
            raise SourceError(f"the server answers with {code}", where=f"{self.address}/{name}", do="Ask its operator.")
        return data

    def post(self, name: str, body: bytes) -> tuple[int, bytes]:
        """Send something to the log's server; gives the status of its answer, whatever it is, and the answer.

        Raises
        ------
        SourceError
            If the server does not answer, or sends more than an answer can hold.
        """
        return self._answered(name, body)

    def _answered(self, name: str, body: bytes | None = None) -> tuple[int, bytes]:
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError
        from urllib.request import HTTPRedirectHandler, build_opener

        class Stay(HTTPRedirectHandler):
            """A log is where it is: a redirect could lead into a network that only this machine can reach."""

            def redirect_request(self, *args: object, **kwargs: object) -> None:
                return None

        place = f"{self.address}/{name}"
        try:
            with build_opener(Stay).open(place, data=body, timeout=SECONDS) as answer:
                code, data = int(answer.status), bytes(answer.read(LARGEST + 1))
        except HTTPError as exc:
            with exc:
                code, data = exc.code, bytes(exc.read(2**16))
        except (URLError, HTTPException, OSError, ValueError) as exc:
            raise SourceError(
                "the server cannot be reached", where=place, do="Check the address, and try again."
            ) from exc
        if len(data) > LARGEST:
            raise SourceError(
                "the server sends more than a file of a log can hold", where=place, do="Ask its operator."
            )
        return code, data
