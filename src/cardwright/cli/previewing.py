"""`preview`: a dossier's documents in a browser on this machine, made anew while the details are edited."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from cardwright.cli.console import Console, clock, masked_text, stated_moment
from cardwright.cli.options import Debug, PolicyOption, Quiet, policy_of_dossier
from cardwright.errors import CardwrightError, SourceError, UsageError

if TYPE_CHECKING:
    from cardwright.documents import Edition
    from cardwright.policy.policy import Policy

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; connect-src 'self'; "
    "script-src 'nonce-{nonce}'"
)
_RELOAD = (
    "let seen=null;setInterval(async()=>{try{const now=await(await fetch('/state')).text();"
    "if(seen!==null&&now!==seen)location.reload();seen=now}catch{}},700)"
)
"""Asks whether the details, the dossier or the policy have changed, and loads the page again if so."""


def preview(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    details: Annotated[Path, typer.Option("--details", help="The details.yaml that is being written.")] = Path(
        "details.yaml"
    ),
    policy: PolicyOption = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8765,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show the documents in a browser while you edit details.

    Served on this machine alone. Nothing is evaluated again and nothing is written: the evidence is the dossier's, the answers
    are the file's, and every page is a draft.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    if not details.is_file():
        raise UsageError("no such file", where=str(details), do="Name the details with --details.")
    source = Source(dossier, details, policy)
    source.edition()  # what is wrong now is said here, and not in a browser
    try:
        server = server_of(source, port)
    except OSError as exc:
        raise UsageError(f"the port {port} cannot be taken: {exc.strerror}", do="Choose another: --port 0.") from exc
    console.say(f"http://127.0.0.1:{server.server_port}/  (stop with Ctrl+C)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        console.say("stopped")
    finally:
        server.server_close()


@dataclass(frozen=True)
class Source:
    """What is shown: a dossier, and the details beside it."""

    dossier: Path
    details: Path
    policy: str | None

    def state(self) -> str:
        """A digest of what the pages are made of; it changes when they would."""
        from cardwright.dossier import layout

        seen = sha256()
        for path in (self.details, self.dossier / layout.RECORD):
            try:
                seen.update(path.read_bytes())
            except OSError:
                seen.update(b"\0")
        try:
            # With all that it extends: a limit can be edited in any of these files.
            seen.update(self._policy().sha256.encode() if self.policy is not None else b"")
        except CardwrightError as exc:
            seen.update(str(exc).encode())
        return seen.hexdigest()

    def _policy(self, stated: str = "") -> Policy:
        return policy_of_dossier(stated, self.policy)

    def edition(self) -> Edition:
        """The draft as it would be now.

        Raises
        ------
        CardwrightError
            Where the details or the dossier cannot be read.
        """
        from cardwright.dossier import layout, store
        from cardwright.plan.assessment import load_details
        from cardwright.record import canonical
        from cardwright.record.record import Record
        from cardwright.record.verdict import Verdict
        from cardwright.run import preview as drafts

        files = store.read_dossier(self.dossier)
        now = stated_moment() or clock()
        chosen = None
        if self.policy is not None:
            chosen = self._policy()
        elif layout.REVIEW in files:
            review = canonical.parse(Verdict, files[layout.REVIEW], where=str(self.dossier / layout.REVIEW))
            chosen = self._policy(review.policy.name)
        path = str(self.dossier / layout.RECORD)
        if layout.RECORD not in files:
            raise SourceError("there is no record in it", where=str(self.dossier), do="Name a dossier's folder.")
        kind = canonical.parse(Record, files[layout.RECORD], where=path).document
        return drafts.edition(files, chosen, load_details(self.details, kind), where=str(self.dossier), now=now)


def server_of(source: Source, port: int) -> ThreadingHTTPServer:
    """A server on 127.0.0.1 that shows a source; the caller serves and closes it."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, source))


class _Handler(BaseHTTPRequestHandler):
    server: ThreadingHTTPServer

    def __init__(self, source: Source, *request: Any) -> None:
        self.source = source
        super().__init__(*request)

    def do_GET(self) -> None:
        port = self.server.server_port
        if self.headers.get("Host") not in (f"127.0.0.1:{port}", f"localhost:{port}"):
            # Another site whose name points here would read the pages with its own scripts.
            self._send(HTTPStatus.MISDIRECTED_REQUEST, "Ask for 127.0.0.1 or localhost.")
            return
        path = urlsplit(self.path).path
        if path == "/state":
            self._send(HTTPStatus.OK, self.source.state())
            return
        try:
            page = _page(self.source.edition(), path)
        except CardwrightError as exc:
            page = (
                "<!doctype html><html lang='en'><meta charset='utf-8'>"
                "<meta name='viewport' content='width=device-width'><title>Not yet</title>"
                f"<pre style='white-space:pre-wrap;overflow-wrap:anywhere'>{escape(masked_text(str(exc)))}</pre>"
            )
        if page is None:
            self._send(HTTPStatus.NOT_FOUND, "No such page; the list is at /.")
            return
        nonce = secrets.token_urlsafe(16)
        self._send(HTTPStatus.OK, f"{page}<script nonce='{nonce}'>{_RELOAD}</script>", html=True, nonce=nonce)

    def _send(self, status: HTTPStatus, text: str, *, html: bool = False, nonce: str = "none") -> None:
        data = text.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", f"text/{'html' if html else 'plain'}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", _POLICY.format(nonce=nonce))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        try:
            self.end_headers()
            self.wfile.write(data)
        except ConnectionError:
            self.close_connection = True  # whoever closed the tab or loaded it again no longer waits for this answer

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a page asks for the state every second."""


def _page(edition: Edition, path: str) -> str | None:
    """The list of documents, or one of them; None if there is no such page."""
    from cardwright import documents

    names = dict.fromkeys(name for _, name, format in documents.standard(edition.record) if format == "html")
    if edition.record.document is None:
        names |= dict.fromkeys(documents.DOCUMENTS)
    known = {f"/{name}.html": documents.find(name, "html", edition) for name in names}
    if path in known:
        return documents.render(edition, document=known[path].name, format="html").decode("utf-8")
    if path != "/":
        return None
    record = edition.record
    rows = "".join(f"<li><a href='{escape(at)}'>{escape(known[at].title)}</a></li>" for at in known)
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{escape(record.title)}: documents</title>"
        "<body style='font:1rem/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem'>"
        f"<h1>{escape(record.title)}</h1><p>{escape(_decision(edition))}</p><ul>{rows}</ul></body></html>"
    )


def _decision(edition: Edition) -> str:
    answered = sum(edition.record.details.provided(name) for name in edition.record.details.answers)
    said = f"{answered} answers." if edition.verdict is None else f"{edition.verdict.headline}. {answered} answers."
    return f"{said} A draft of this moment: nothing was evaluated again, and nobody has signed it."
