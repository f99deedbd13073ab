"""What programs ask the desk: to take a dossier, to give one, whether a subject may be used, how the desk is."""

from __future__ import annotations

import re
import threading

from jinja2 import Environment
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from cardwright import __version__
from cardwright.desk import database, decisions, openapi, registry, reviewing, uploads
from cardwright.desk.registry import InventoryQuery, Registry
from cardwright.desk.web import Visit, for_tokens, json_response, route
from cardwright.errors import CardwrightError, IntegrityError, StoreError, UsageError

UNPACKED = 4
"""So many archives are unpacked at once by a process; others wait. Each may hold what the limits of an upload let it."""


def routes(desk: Registry, pages: Environment) -> list[BaseRoute]:
    """Every address for programs."""
    taking = threading.BoundedSemaphore(UNPACKED)

    def push_in_turn(visit: Visit) -> Response:
        with taking:
            return push(visit)

    packed = desk.settings.limits.packed
    return [
        route("/v1/dossiers", desk, pages, token=True, limit=packed, scope="push", get=listed, post=push_in_turn),
        route("/v1/dossiers/{manifest}", desk, pages, token=True, get=pull),
        route("/v1/decisions/{subject}", desk, pages, token=True, get=decision),
        route("/health", desk, pages, token=True, get=health),
        route("/ready", desk, pages, token=True, get=ready),
        route("/metrics", desk, pages, token=True, get=metrics),
        route("/openapi.json", desk, pages, token=True, get=described),
    ]


@for_tokens("push")
def push(visit: Visit, name: str) -> Response:
    """Take a dossier. One that is not what it says is kept apart, and the sender is told why."""
    data = visit.request.state.body
    try:
        files = uploads.unpacked(data, visit.desk.settings.limits)
        arrival = registry.arrive(visit.desk, files, by=name, now=visit.now)
    except (StoreError, UsageError):
        raise
    except CardwrightError as exc:
        upload = registry.quarantine(visit.desk, data, exc, by=name, now=visit.now)
        return json_response({"error": exc.what, "do": exc.do, "quarantined": upload}, 422)
    kept = registry.cosigned(visit.desk, arrival, by=name, now=visit.now)
    said = {"manifest": kept.manifest, "state": kept.state, "new": arrival.news, "receipts": kept.receipts}
    return json_response(said, 201 if arrival.news else 200)


@for_tokens("read")
def listed(visit: Visit, name: str) -> Response:
    """The inventory, or what of it holds some words."""
    asked = InventoryQuery(words=visit.request.query_params.get("q", "")[:200])
    return json_response(
        registry.as_json(registry.inventory(visit.desk, asked, today=visit.now[:10], everything=True).rows)
    )


@for_tokens("read")
def pull(visit: Visit, name: str) -> Response:
    """A dossier in its current state."""
    stored = registry.dossier(visit.desk, visit.request.path_params["manifest"])
    registry.told(visit.desk, visit.now, name, "pulled", stored.manifest)
    return Response(uploads.packed(stored.files), media_type="application/zip")


@for_tokens("decisions")
def decision(visit: Visit, name: str) -> Response:
    """Whether a subject may be used. Anything but an answer that says `allowed` is a refusal."""
    subject = visit.request.path_params["subject"]
    if not re.fullmatch(r"[0-9a-f]{64}", subject):
        raise UsageError("not a digest of a subject", do="Give the SHA-256 of its identity.")
    said = decisions.decide(visit.desk, subject, visit.now)
    registry.told(visit.desk, visit.now, name, "allowed" if said.allowed else "refused", subject)
    return json_response(said.to_json(), 200 if said.known else 404)


def health(visit: Visit) -> Response:
    """Whether the process answers."""
    return PlainTextResponse("ok\n")


def ready(visit: Visit) -> Response:
    """Whether it can do its work: database, trust file and contents are there."""
    try:
        at = database.version(visit.desk.engine)
        reviewing.trust_of(visit.desk)
    except CardwrightError as exc:
        return json_response({"ready": False, "why": exc.what}, 503)
    if at is None:
        raise IntegrityError("the database has no tables")
    return json_response({"ready": True, "database": at, "version": __version__})


@for_tokens("metrics")
def metrics(visit: Visit, name: str) -> Response:
    """Counts in the form that Prometheus reads."""
    lines = [f"cardwright_desk_{what} {count}" for what, count in registry.counts(visit.desk).items()]
    states = registry.inventory(visit.desk, InventoryQuery(), today=visit.now[:10]).by_state
    lines += [
        f'cardwright_desk_dossiers_by_state{{state="{state}"}} {count}' for state, count in sorted(states.items())
    ]
    text = "\n".join(lines) + "\n" + visit.request.app.state.measuring.text()
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


def described(visit: Visit) -> Response:
    """This, as OpenAPI describes it."""
    return json_response(openapi.DOCUMENT)
