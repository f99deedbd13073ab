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
        "/health": {"get": _operation("health", "Whether the process answers.", None, {200: "it does"})},
        "/ready": {"get": _operation("ready", "Whether it can do its work.", None, {200: "it can", 503: "why not"})},
        "/metrics": {"get": _operation("metrics", "Counts, as Prometheus reads them.", "metrics", {200: "counts"})},
    },
}
