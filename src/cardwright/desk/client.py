"""The other side: what the command line asks a desk over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cardwright.desk import uploads
from cardwright.desk.settings import UploadLimits, checked_origin
from cardwright.errors import IntegrityError, NothingToCheckError, SourceError, StoreError, UsageError

_SECONDS = 120.0
_ERRORS = {400: UsageError, 401: UsageError, 404: NothingToCheckError, 409: StoreError, 422: IntegrityError}


class _Stay(HTTPRedirectHandler):
    """A token is for one desk: it is never sent on to where that one points."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


@dataclass(frozen=True)
class DeskClient:
    """A desk at its origin, and a token for it."""

    origin: str
    token: str

    @classmethod
    def at(cls, origin: str, token: str) -> DeskClient:
        """A desk.

        Raises
        ------
        UsageError
            If it is not the origin of one, so that the token would be read on the way.
        """
        return cls(checked_origin(origin), token)

    def push(self, files: Mapping[str, bytes]) -> dict[str, Any]:
        """Send a dossier; gives its manifest, its state, and whether it was new.

        Raises
        ------
        IntegrityError
            If the desk has found that it is not what it says.
        """
        said: dict[str, Any] = json.loads(self._asked("/v1/dossiers", uploads.packed(files)))
        return said

    def pull(self, manifest: str) -> dict[str, bytes]:
        """The files of a dossier; whoever keeps them compares them with the manifest.

        Raises
        ------
        NothingToCheckError
            If it is not there.
        """
        return uploads.unpacked(self._asked(f"/v1/dossiers/{manifest}"), UploadLimits())

    def status(self, release: str) -> bytes:
        """The desk's signed word on a release; nothing is believed yet.

        Raises
        ------
        NothingToCheckError
            If the release is not there, or the desk keeps no log.
        """
        return self._asked(f"/v1/status/{release}")

    def revocations(self) -> bytes:
        """The desk's signed list of revoked keys; nothing is believed yet.

        Raises
        ------
        NothingToCheckError
            If the desk keeps no log, whose key would sign it.
        """
        return self._asked("/v1/revocations")

    def decision(self, subject: str) -> dict[str, Any]:
        """Whether a subject may be used, by the digest of its identity, as the desk says: `allowed`, `reason`, and the signed
        `release` if it is. A subject of which the desk has no dossier is not allowed.

        Raises
        ------
        SourceError
            If the desk cannot be reached, or its answer is none.
        """
        try:
            said = json.loads(self._asked(f"/v1/decisions/{subject}"))
        except NothingToCheckError:
            return {"allowed": False, "reason": "no dossier of this subject is at the desk"}
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise SourceError("what the desk says is no decision", where=self.origin, do="Ask whoever runs it.")
        return said

    def _asked(self, path: str, data: bytes | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/zip"}
        request = Request(f"{self.origin}{path}", data=data, headers=headers)  # noqa: S310  # an origin was checked
        limit = UploadLimits().packed
        try:
            with build_opener(_Stay).open(request, timeout=_SECONDS) as answer:
                body: bytes = answer.read(limit + 1)
        except HTTPError as exc:
            with exc:
                raise _refused(exc.code, exc.read(2**16)) from exc
        except (URLError, OSError, ValueError) as exc:
            raise SourceError(
                "the desk cannot be reached", where=self.origin, do="Check the address, and try again."
            ) from exc
        if len(body) > limit:
            raise SourceError("the desk sends more than a dossier can hold", where=self.origin)
        return body


def _refused(code: int, body: bytes) -> Exception:
    try:
        said = json.loads(body)
        what, do = str(said["error"]), said.get("do")
    except (ValueError, KeyError, TypeError, AttributeError):
        what, do = f"it answers with {code}", "Ask whoever runs it."
    return _ERRORS.get(code, SourceError)(f"the desk refuses: {what}", do=do if isinstance(do, str) else None)
