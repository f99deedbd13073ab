"""What programs can ask, as OpenAPI 3.1 describes it."""

from __future__ import annotations

from typing import Any

from cardwright import __version__


def _operation(id: str, summary: str, scope: str | None, answers: dict[int, str], **more: Any) -> dict[str, Any]:
    responses = {str(code): {"description": text} for code, text in answers.items()}
    if scope is not None:
        responses["401"] = {"description": f"no token with the scope {scope}"}
    return {
        "operationId": id,
        "summary": summary,
        "security": [{"token": []}] if scope is not None else [],
        "responses": responses,
        **more,
    }


def _parameter(name: str, pattern: str, what: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "description": what, "schema": schema}


def _query(name: str, pattern: str, what: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "query", "description": what, "schema": schema}


def _number(name: str, what: str, *, required: bool = False) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0}
    return {"name": name, "in": "query", "required": required, "description": what, "schema": schema}


_SHA256 = "^[0-9a-f]{64}$"
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Cardwright desk", "version": __version__},
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/v1/dossiers": {
            "get": _operation(
                "listDossiers",
                "The inventory, those that arrived last first.",
                "read",
                {200: "rows"},
                parameters=[{"name": "q", "in": "query", "description": "words", "schema": {"type": "string"}}],
            ),
            "post": _operation(
                "pushDossier",
                "Take a dossier, a ZIP archive of its files.",
                "push",
                {
                    200: "it is here already, in this state or a later one",
                    201: "it is here now",
                    400: "more than is taken",
                    409: "the desk cannot write",
                    413: "more than is taken",
                    422: "it is not what it says, and is kept apart",
                },
                requestBody={
                    "required": True,
                    "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
                },
            ),
        },
        "/v1/dossiers/{manifest}": {
            "get": _operation(
                "pullDossier",
                "A dossier in its current state, a ZIP archive of its files.",
                "read",
                {200: "the archive", 404: "no such dossier"},
                parameters=[
                    _parameter("manifest", "^[0-9a-f]{8,64}$", "digest of its manifest, or the beginning of it")
                ],
            )
        },
        "/v1/decisions/{subject}": {
            "get": _operation(
                "decide",
                "Whether a subject may be used now. Anything but 200 with `allowed: true` is a refusal.",
                "decisions",
                {
                    200: "the decision, with the signed release",
                    400: "not a digest",
                    404: "refused: no dossier of it is here",
                },
                parameters=[_parameter("subject", "^[0-9a-f]{64}$", "digest of the subject's identity")],
            )
        },
        "/v1/status/{release}": {
            "get": _operation(
                "status",
                "The desk's signed word on whether a release still stands, for `verify --status`.",
                "decisions",
                {200: "the statement", 400: "not a digest, or the desk may not say", 404: "no such release, or no log"},
                parameters=[_parameter("release", _SHA256, "digest of the release statement")],
            )
        },
        "/v1/revocations": {
            "get": _operation(
                "revocations",
                "The desk's signed list of revoked keys, for `verify --revocations`.",
                "decisions",
                {200: "the list", 400: "the desk may not say", 404: "no log, whose key would sign it"},
            )
        },
        "/v1/log": {
            "get": _operation("aboutLog", "Whose log it is, how long, and its keys.", None, {200: "it", 404: "no log"})
        },
        "/v1/log/inclusion": {
            "get": _operation(
                "proveInclusion",
                "That an entry is in the log (RFC 6962), by its place or by the hash of its leaf.",
                None,
                {200: "the path to the root, and the checkpoint", 400: "neither", 404: "no such entry, or no log"},
                parameters=[_number("index", "its place"), _query("leaf", _SHA256, "the hash of its leaf")],
            )
        },
        "/v1/log/consistency": {
            "get": _operation(
                "proveConsistency",
                "That the log has only grown from one size to another.",
                None,
                {200: "the path, and the checkpoint", 400: "not a size", 404: "it has not been that long, or no log"},
                parameters=[_number("from", "the earlier size", required=True), _number("to", "the later one")],
            )
        },
        "/log/checkpoint": {
            "get": _operation("checkpoint", "The signed head (C2SP tlog-checkpoint).", None, {200: "it", 404: "no log"})
        },
        "/log/tile/{path}": {
            "get": _operation(
                "tile",
                "A tile of hashes or a bundle of entries (C2SP tlog-tiles).",
                None,
                {200: "it", 404: "no such file, or no log"},
                parameters=[_parameter("path", "^(entries|[0-7])/(x[0-9]{3}/)*[0-9]{3}([.]p/[0-9]{1,3})?$", "which")],
            )
        },
        "/log/add-checkpoint": {
            "post": _operation(
                "addCheckpoint",
                "Cosign another log's checkpoint (C2SP tlog-witness).",
                None,
                {
                    200: "the signature lines",
                    400: "not such a request",
                    403: "not signed by its log",
                    404: "a log that is not cosigned here",
                    409: "the size that is known",
                    413: "more than is taken",
                    422: "it does not continue what was cosigned",
                },
                requestBody={"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}},
            )
        },
        "/health": {"get": _operation("health", "Whether the process answers.", None, {200: "it does"})},
        "/ready": {"get": _operation("ready", "Whether it can do its work.", None, {200: "it can", 503: "why not"})},
        "/metrics": {"get": _operation("metrics", "Counts, as Prometheus reads them.", "metrics", {200: "counts"})},
    },
}
