"""The pages that people open: inventory, their own work, passkeys, logging in. Those of a dossier are in `review_pages`."""

from __future__ import annotations

import csv
import io
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from cardwright.desk import (
    accounts,
    assignments,
    audiences,
    ceremonies,
    indicator_pages,
    registry,
    review_pages,
    reviewing,
    saved_views,
    threads,
    web,
)
from cardwright.desk.registry import InventoryQuery, Registry
from cardwright.desk.web import (
    Visit,
    credential_of,
    for_insiders,
    for_people,
    form_of,
    json_of,
    json_response,
    number_of,
    route,
)
from cardwright.errors import NothingToCheckError
from cardwright.files import packaged

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def routes(desk: Registry, pages: Environment) -> list[BaseRoute]:
    """Every page."""
    return [
        route("/", desk, pages, get=for_people(inventory)),
        route("/inventory.csv", desk, pages, get=for_people(as_csv)),
        route("/views", desk, pages, post=for_people(save_view)),
        route("/work", desk, pages, get=for_insiders(work)),
        route("/quarantine", desk, pages, get=for_insiders(quarantine)),
        *review_pages.routes(desk, pages),
        *indicator_pages.routes(desk, pages),
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

_FILTERS = ("q", "state", "decision", "kind", "tier", "owner", "expiring")
"""What of an address is a filter of the inventory."""


def _asked(visit: Visit) -> InventoryQuery:
    given = visit.request.query_params
    page = given.get("page", "1")
    soon = accounts.later(visit.now, days=30)[:10] if given.get("expiring") else ""
    asked = InventoryQuery(
        words=given.get("q", "")[:200],
        state=registry.checked_state(given.get("state", "")),
        risk_tier=given.get("tier", "")[:80],
        expires_before=soon,
        owner=given.get("owner", "")[:200],
        decision=given.get("decision", "")[:20],
        kind=given.get("kind", "")[:20],
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )
    keys = () if audiences.whole(visit.audience) else audiences.releasers(visit.desk)
    return audiences.limited(asked, visit.audience, keys)


def inventory(visit: Visit) -> Response:
    """Every subject and version here, with state, verdict and what stands in the way."""
    asked, inside = _asked(visit), audiences.inside(visit.audience)
    found = registry.inventory(visit.desk, asked, today=visit.now[:10])
    kept = {name: value for name, value in visit.request.query_params.items() if name in _FILTERS and value}
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
        views=saved_views.of_person(visit.desk, visit.person, inside=inside),
        inside=inside,
        whole=audiences.whole(visit.audience),
        soon=accounts.later(visit.now, days=30)[:10],
    )


def save_view(visit: Visit) -> Response:
    """Save the filters under a name, or delete a view."""
    form = form_of(visit.request)
    number = form.get("delete", "")
    if number:
        saved_views.delete(visit.desk, visit.person, number_of(number))
        return RedirectResponse("/", status_code=303)
    asked = [(name, value) for name, value in parse_qsl(form.get("query", "")) if name in _FILTERS and value]
    query = urlencode(asked)
    shared = bool(form.get("shared")) and audiences.inside(visit.audience)
    saved_views.save(visit.desk, visit.person, form.get("name", ""), query, shared=shared, now=visit.now)
    return RedirectResponse(f"/?{query}", status_code=303)


def work(visit: Visit) -> Response:
    """What somebody is asked to do, what waits for their signature, and which of their questions are open."""
    person = next((one for one in reviewing.trust_of(visit.desk).people if one.id == visit.person), None)
    roles = person.roles if person is not None else ()
    return visit.page(
        "work.html",
        roles=roles,
        assigned=assignments.of_person(visit.desk, visit.person, roles),
        awaited=assignments.awaited_of(visit.desk, roles),
        asked=threads.open_of(visit.desk, visit.person),
        today=visit.now[:10],
    )


def as_csv(visit: Visit) -> Response:
    """The same as a table for spreadsheets."""
    found = registry.inventory(visit.desk, _asked(visit), today=visit.now[:10], everything=True)
    out = io.StringIO()
    writer = csv.writer(out)
    columns = ["name", "version", "kind", "state", "decision", "valid_until"]
    columns += ["owner", "risk_tier"] if audiences.whole(visit.audience) else []
    columns += ["policy", "manifest"]
    columns += ["missing"] if audiences.whole(visit.audience) else []
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
    secret, given = str(said.get("secret", "")), credential_of(said)
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
    session = ceremonies.log_in(visit.desk, str(said["secret"]), credential_of(said), visit.now)
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
    ceremonies.join(visit.desk, invitation, str(said["secret"]), credential_of(said), visit.now)
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
