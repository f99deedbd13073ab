"""The pages that people open: inventory, dossier, comments, signing, passkeys."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from cardwright.attest import claims, under_review, verify
from cardwright.desk import accounts, ceremonies, registry, reviewing, threads, web
from cardwright.desk.registry import InventoryQuery, Registry, StoredDossier
from cardwright.desk.web import Visit, for_people, form_of, json_of, json_response, route
from cardwright.dossier import contents, layout
from cardwright.errors import NothingToCheckError
from cardwright.files import packaged
from cardwright.record import canonical
from cardwright.record.claim import live
from cardwright.record.verdict import Verdict

_TYPES = {
    "html": "text/html; charset=utf-8", "pdf": "application/pdf", "md": "text/plain; charset=utf-8",
    "json": "application/json", "jsonl": "text/plain; charset=utf-8",
}  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def routes(desk: Registry, pages: Environment) -> list[BaseRoute]:
    """Every page."""
    dossier = "/dossiers/{manifest}"
    return [
        route("/", desk, pages, get=for_people(inventory)),
        route("/inventory.csv", desk, pages, get=for_people(as_csv)),
        route("/quarantine", desk, pages, get=for_people(quarantine)),
        route(dossier, desk, pages, get=for_people(shown)),
        route(f"{dossier}/files/{{path:path}}", desk, pages, get=for_people(document)),
        route(f"{dossier}/comments", desk, pages, post=for_people(comment)),
        route(f"{dossier}/claims", desk, pages, post=for_people(prepare)),
        route("/signatures", desk, pages, post=for_people(signature)),
        route("/passkey", desk, pages, get=for_people(passkey)),
        route("/passkey/{step}", desk, pages, post=for_people(passkey_step)),
        route("/enrolments/{fingerprint}", desk, pages, get=for_people(enrolment)),
        route("/login", desk, pages, get=login, post=login_step),
        route("/logout", desk, pages, post=for_people(logout)),
        route("/join/{invitation}", desk, pages, get=join, post=join_step),
        route("/static/{name}", desk, pages, get=static),
        route("/favicon.ico", desk, pages, get=no_icon),
    ]


# ---------------------------------------------------------------------------------------------------- inventory


def _asked(visit: Visit) -> InventoryQuery:
    given = visit.request.query_params
    page = given.get("page", "1")
    soon = accounts.later(visit.now, days=30)[:10] if given.get("expiring") else ""
    return InventoryQuery(
        words=given.get("q", "")[:200],
        state=registry.checked_state(given.get("state", "")),
        risk_tier=given.get("tier", "")[:80],
        expires_before=soon,
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )


def inventory(visit: Visit) -> Response:
    """Every subject and version here, with state, verdict and what stands in the way."""
    asked = _asked(visit)
    found = registry.inventory(visit.desk, asked, today=visit.now[:10])
    kept = {name: value for name, value in visit.request.query_params.items() if name != "page" and value}
    last = max(1, -(-found.total // registry.PAGE))
    links = {n: f"/?{urlencode({**kept, 'page': n})}" for n in (asked.page - 1, asked.page + 1) if 1 <= n <= last}
    return visit.page(
        "inventory.html",
        asked=asked,
        found=found,
        states=registry.STATES,
        expiring=bool(kept.get("expiring")),
        links=links,
        query=urlencode(kept),
    )


def as_csv(visit: Visit) -> Response:
    """The same as a table for spreadsheets."""
    found = registry.inventory(visit.desk, _asked(visit), today=visit.now[:10], everything=True)
    out = io.StringIO()
    writer = csv.writer(out)
    columns = (
        "name",
        "version",
        "state",
        "decision",
        "valid_until",
        "owner",
        "risk_tier",
        "policy",
        "manifest",
        "missing",
    )
    writer.writerow(columns)
    for row in found.rows:
        missing = row["missing"]
        flat = {**row, "missing": "; ".join(missing) if isinstance(missing, list) else ""}
        writer.writerow([_plain(flat[name]) for name in columns])
    response = Response(out.getvalue(), media_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="inventory.csv"'
    return response


def _plain(value: object) -> str:
    """A cell that no spreadsheet computes."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def quarantine(visit: Visit) -> Response:
    """What arrived and is not what it says."""
    return visit.page("quarantine.html", found=registry.quarantined(visit.desk))


# ---------------------------------------------------------------------------------------------------- a dossier


def shown(visit: Visit) -> Response:
    """A dossier: its verdict, its documents, what was said and asked, and what can be signed."""
    stored = registry.dossier(visit.desk, visit.request.path_params["manifest"])
    registry.told(visit.desk, visit.now, visit.person, "read", stored.manifest)
    reviewed = under_review.read(stored.files, where=stored.manifest[:12])
    known = reviewing.trust_of(visit.desk)
    judged = claims.believe(reviewed.signed, known, reviewed.chain, visit.now)
    report = verify.verify(
        stored.files,
        where="dossier",
        trust=known,
        now=visit.now,
        policy=visit.desk.policy,
        printed=contents.documents_hold,
    )
    person = next((one for one in known.people if one.id == visit.person), None)
    return visit.page(
        "dossier.html",
        stored=stored,
        reviewed=reviewed,
        verdict=canonical.parse(Verdict, stored.files[layout.VERDICT], where=layout.VERDICT),
        judged=judged,
        live={claim.id for claim in live(one.claim for one in reviewed.signed)},
        report=report,
        documents=_documents(stored),
        threads=threads.of_record(visit.desk, stored.record),
        anchors=_anchors(reviewed),
        roles=person.roles if person is not None else (),
        checklists=reviewed.review.policy.checklists,
        passkey=reviewing.passkey_of(visit.desk, known, visit.person),
        states=registry.states(visit.desk, stored.manifest),
    )


def _documents(stored: StoredDossier) -> list[str]:
    return sorted(name for name in stored.files if name.endswith((".html", ".pdf", ".md")))


def _anchors(reviewed: under_review.DossierUnderReview) -> list[str]:
    """The places that can be commented: requirements and evaluations."""
    requirements = [outcome.requirement for outcome in reviewed.review.outcomes]
    return list(dict.fromkeys(["dossier", *requirements, *(one.id for one in reviewed.case.record.evaluations)]))


def document(visit: Visit) -> Response:
    """A file of a dossier, as inert content."""
    stored = registry.dossier(visit.desk, visit.request.path_params["manifest"])
    path = visit.request.path_params["path"]
    if path not in stored.files:
        raise NothingToCheckError("the dossier has no such file", do="Open the dossier again.")
    registry.told(visit.desk, visit.now, visit.person, f"read {path[:300]}", stored.manifest)
    kind = _TYPES.get(path.rpartition(".")[2], "application/octet-stream")
    response = Response(stored.files[path], media_type=kind)
    response.headers["Content-Security-Policy"] = web.INERT
    if kind in ("application/octet-stream", "application/pdf"):  # a viewer of PDF is a program: it opens it elsewhere
        response.headers["Content-Disposition"] = "attachment"
    return response


def comment(visit: Visit) -> Response:
    """Begin a thread, say something in one, or say that it has its answer."""
    stored = registry.dossier(visit.desk, visit.request.path_params["manifest"])
    form = form_of(visit.request)
    number = form.get("thread", "")
    by, now = visit.person, visit.now
    if not number:
        threads.open_thread(visit.desk, stored.record, form.get("anchor", ""), form.get("text", ""), by=by, now=now)
    else:
        thread = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
        if form.get("resolve"):
            threads.resolve(visit.desk, stored.record, thread, by=by, now=now)
        else:
            threads.reply(visit.desk, stored.record, thread, form.get("text", ""), by=by, now=now)
    return RedirectResponse(f"/dossiers/{stored.manifest}#comments", status_code=303)


def prepare(visit: Visit) -> Response:
    """Show what will be signed, whole, beside the button that asks for a passkey."""
    stored = registry.dossier(visit.desk, visit.request.path_params["manifest"])
    secret, asked, holder = reviewing.prepare(visit.desk, stored, visit.person, form_of(visit.request), visit.now)
    assert holder.key.passkey is not None
    open_ = [one for one in threads.of_record(visit.desk, stored.record) if one.resolved_by is None]
    return visit.page(
        "sign.html",
        stored=stored,
        claim=asked.claim,
        statement=reviewing.shown(asked.payload),
        digests=under_review.read(stored.files, where="dossier").digests,
        open=open_,
        secret=secret,
        options=ceremonies.request(visit.desk, asked.challenge, holder.key.passkey.credential_id),
        practice=holder.practice,
    )


def signature(visit: Visit) -> Response:
    """Add what a passkey has signed."""
    said = json_of(visit.request)
    _, arrival = reviewing.complete(visit.desk, str(said.get("secret", "")), visit.person, _credential(said), visit.now)
    return json_response({"next": f"/dossiers/{arrival.manifest}#said"})


def _credential(said: dict[str, Any]) -> dict[str, Any]:
    given = said.get("credential")
    return given if isinstance(given, dict) else {}


# ---------------------------------------------------------------------------------------------------- passkeys


def passkey(visit: Visit) -> Response:
    """The passkeys with which somebody signs, and their requests."""
    known = reviewing.trust_of(visit.desk)
    return visit.page(
        "passkey.html",
        holder=reviewing.passkey_of(visit.desk, known, visit.person),
        requests=ceremonies.enrolments(visit.desk, visit.person),
    )


def passkey_step(visit: Visit) -> Response:
    """The three steps of enrolling one: it is made, it signs the request, the request is kept."""
    said, step = json_of(visit.request), visit.request.path_params["step"]
    secret, given = str(said.get("secret", "")), _credential(said)
    if step == "begin":
        made, options = ceremonies.begin_enrolment(visit.desk, visit.person, visit.now)
        return json_response({"secret": made, "create": options, "then": "/passkey/ask"})
    if step == "ask":
        made, options = ceremonies.ask_for_enrolment(visit.desk, visit.person, secret, given, visit.now)
        return json_response({"secret": made, "get": options, "then": "/passkey/prove"})
    if step == "prove":
        ceremonies.enrolled(visit.desk, visit.person, secret, given, visit.now)
        return json_response({"next": "/passkey"})
    raise NothingToCheckError("no such step", do="Begin again.")


def enrolment(visit: Visit) -> Response:
    """A request of one's own, as the file that an administrator takes into the trust file."""
    asked = visit.request.path_params["fingerprint"]
    found = next((r for r in ceremonies.enrolments(visit.desk, visit.person) if r["fingerprint"] == asked), None)
    if found is None:
        raise NothingToCheckError("no such request of yours", do="Enrol a passkey first.")
    response = Response(str(found["request"]), media_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="passkey.enrol.json"'
    return response


def login(visit: Visit) -> Response:
    """The page on which people log in."""
    return visit.page("login.html")


def login_step(visit: Visit) -> Response:
    """Ask for a passkey, or take its answer."""
    said = json_of(visit.request)
    if "secret" not in said:
        secret, options = ceremonies.begin_login(visit.desk, visit.now)
        return json_response({"secret": secret, "get": options, "then": "/login"})
    session = ceremonies.log_in(visit.desk, str(said["secret"]), _credential(said), visit.now)
    return web.logged_in_response(visit.desk, json_response({"next": "/"}), session)


def logout(visit: Visit) -> Response:
    """End the session."""
    accounts.log_out(visit.desk, visit.request.cookies.get(web.cookie(visit.desk), ""))
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(web.cookie(visit.desk), secure=visit.desk.settings.secure, httponly=True, samesite="strict")
    return response


def join(visit: Visit) -> Response:
    """The page of an invitation."""
    person = accounts.invited(visit.desk, visit.request.path_params["invitation"], visit.now)
    return visit.page(
        "join.html", person=ceremonies.person_of(visit.desk, person), invitation=visit.request.path_params["invitation"]
    )


def join_step(visit: Visit) -> Response:
    """Ask an invited person for a new passkey, or take it."""
    said, invitation = json_of(visit.request), visit.request.path_params["invitation"]
    if "secret" not in said:
        secret, options = ceremonies.begin_joining(visit.desk, invitation, visit.now)
        return json_response({"secret": secret, "create": options, "then": f"/join/{invitation}"})
    ceremonies.join(visit.desk, invitation, str(said["secret"]), _credential(said), visit.now)
    return json_response({"next": "/login"})


def static(visit: Visit) -> Response:
    """Style and script: the documents' own style, and what the desk adds."""
    name = visit.request.path_params["name"]
    if name == "base.css":
        return _static(packaged.stylesheet("base.css"), "text/css")
    if name == "desk.css":
        return _static((web.HERE / "static" / name).read_text(encoding="utf-8"), "text/css")
    if name == "desk.js":
        return _static((web.HERE / "static" / name).read_text(encoding="utf-8"), "text/javascript")
    return PlainTextResponse("There is nothing here.\n", status_code=404)


def no_icon(visit: Visit) -> Response:
    """Browsers ask for an icon by themselves; there is none."""
    return Response(status_code=204)


def _static(text: str, kind: str) -> Response:
    response = Response(text, media_type=f"{kind}; charset=utf-8")
    response.headers["Cache-Control"] = "max-age=300"
    return response
