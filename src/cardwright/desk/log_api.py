"""The desk's log as others read it (C2SP tlog-tiles), proofs from it, and what other logs' operators and receivers ask for.

Entries are digests, so a log is read by anybody: whoever had to ask for a token could be shown a face of their own.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime

from jinja2 import Environment
from starlette.responses import Response
from starlette.routing import BaseRoute

from cardwright.attest import keys, under_review
from cardwright.attest.witness import log, merkle, notes
from cardwright.desk import desk_log, registry, reviewing
from cardwright.desk.desk_log import DeskLog
from cardwright.desk.registry import Registry
from cardwright.desk.web import Visit, for_tokens, json_response, route
from cardwright.errors import NothingToCheckError, UsageError

_TILE = re.compile(r"tile/(entries|[0-7])/(x[0-9]{3}/)*[0-9]{3}(\.p/(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9]))?")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")
_FOREVER = "public, max-age=31536000, immutable"


def routes(desk: Registry, pages: Environment) -> list[BaseRoute]:
    """Every address of the log."""
    return [
        route("/log/checkpoint", desk, pages, token=True, get=checkpoint),
        route("/log/tile/{path:path}", desk, pages, token=True, get=tile),
        route("/log/add-checkpoint", desk, pages, token=True, limit=2 * notes.MOST, post=add_checkpoint),
        route("/v1/log", desk, pages, token=True, get=about),
        route("/v1/log/inclusion", desk, pages, token=True, get=inclusion),
        route("/v1/log/consistency", desk, pages, token=True, get=consistency),
        route("/v1/status/{release}", desk, pages, token=True, get=status),
        route("/v1/revocations", desk, pages, token=True, get=revocations),
    ]


def _log(visit: Visit) -> DeskLog:
    if visit.desk.log is None:
        raise NothingToCheckError("this desk keeps no log", do="Whoever runs it names a key: desk serve --log-key.")
    return visit.desk.log


def checkpoint(visit: Visit) -> Response:
    """The signed head."""
    return Response(_log(visit).head.note.to_bytes(), media_type="text/plain; charset=utf-8")


def tile(visit: Visit) -> Response:
    """A tile of hashes, or a bundle of entries; one that is partial is gone once the full one is there."""
    name = f"tile/{visit.request.path_params['path']}"
    data = _log(visit).files.read(name) if _TILE.fullmatch(name) else None
    if data is None:
        raise NothingToCheckError("the log has no such file", do="Begin with /log/checkpoint.")
    response = Response(data, media_type="application/octet-stream")
    # What a tile holds beyond a checkpoint may still change: a partial one is written anew by whoever appends next.
    if ".p/" not in name:
        response.headers["Cache-Control"] = _FOREVER
    return response


def add_checkpoint(visit: Visit) -> Response:
    """Cosign another log's checkpoint (C2SP tlog-witness)."""
    said = desk_log.answer(_log(visit), visit.request.state.body, datetime.fromisoformat(visit.now))
    kind = "text/x.tlog.size" if said.status == 409 else "text/plain; charset=utf-8"
    return Response(said.body, status_code=said.status, headers={"Content-Type": kind})


def about(visit: Visit) -> Response:
    """Whose log it is, how long it is, and the keys that its checkpoints and cosignatures are verified with."""
    here = _log(visit)
    head = here.head
    return json_response({
        "name": here.name, "size": head.checkpoint.size, "root": base64.b64encode(head.checkpoint.root).decode("ascii"),
        "key": here.public.vkey, "cosigner_key": here.cosigner.vkey, "public_key": keys.public_pem(here.key.public_key()),
        "cosigns": [one.name for one in here.cosigned], "witnesses": [one.key.name for one in here.witnesses],
    })  # fmt: skip


def _number(visit: Visit, name: str, otherwise: int | None = None) -> int:
    text = visit.request.query_params.get(name)
    if text is None and otherwise is not None:
        return otherwise
    if text is None or not _NUMBER.fullmatch(text):
        raise UsageError(f"{name} is not a number", do=f"Ask like ?{name}=0.")
    return int(text)


def inclusion(visit: Visit) -> Response:
    """That an entry is in the log, by its place or by the digest of its leaf: the path to the root, and the checkpoint."""
    here = _log(visit)
    head = here.head
    size = head.checkpoint.size
    leaf = visit.request.query_params.get("leaf")
    if leaf is not None and not re.fullmatch(r"[0-9a-f]{64}", leaf):
        raise UsageError("leaf is not a digest", do="Give the hash of the entry's leaf (RFC 6962), in hexadecimal.")
    index = _of_leaf(visit, leaf) if leaf is not None else _number(visit, "index")
    if index >= size:
        raise NothingToCheckError("no such entry", do=f"The log has {size}.")
    tree = log.Tree(here.files, size)
    return json_response({
        "index": index, "size": size, "leaf": tree.node(0, index).hex(),
        "path": [one.hex() for one in merkle.inclusion(tree.node, index, size)],
        "checkpoint": head.note.to_bytes().decode("utf-8"),
    })  # fmt: skip


def _of_leaf(visit: Visit, leaf: str) -> int:
    found = desk_log.position_of(visit.desk.engine, leaf)
    if found is None:
        raise NothingToCheckError("no such entry", do="It was not told to this log.")
    return found


def consistency(visit: Visit) -> Response:
    """That the log has only grown from one size to another."""
    here = _log(visit)
    head = here.head
    new = _number(visit, "to", head.checkpoint.size)
    old = _number(visit, "from")
    if not old <= new <= head.checkpoint.size:
        raise NothingToCheckError("the log has not been that long", do=f"It has {head.checkpoint.size} entries.")
    node = log.Tree(here.files, new).node
    return json_response({
        "from": old, "to": new, "path": [one.hex() for one in merkle.consistency(node, old, new)],
        "checkpoint": head.note.to_bytes().decode("utf-8"),
    })  # fmt: skip


@for_tokens("decisions")
def status(visit: Visit, name: str) -> Response:
    """The desk's signed word on whether a release still stands."""
    release = visit.request.path_params["release"]
    if not re.fullmatch(r"[0-9a-f]{64}", release):
        raise UsageError("not a digest of a release", do="Give the digest of its statement.")
    here = _log(visit)
    stored = registry.released_as(visit.desk, release)
    desk_log.require_whole(visit.desk.engine, here, under_review.read(stored.files, where=stored.manifest[:12]))
    line = desk_log.status(
        here, stored.files, reviewing.trust_of(visit.desk), visit.now, visit.desk.settings.status_hours
    )
    registry.told(visit.desk, visit.now, name, "status", release)
    return Response(line, media_type="application/json")


@for_tokens("decisions")
def revocations(visit: Visit, name: str) -> Response:
    """The desk's signed word on which keys of its trust file are revoked."""
    line = desk_log.revocations(
        _log(visit), reviewing.trust_of(visit.desk), visit.now, visit.desk.settings.status_hours
    )
    registry.told(visit.desk, visit.now, name, "revocations", "trust")
    return Response(line, media_type="application/json")
