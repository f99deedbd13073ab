"""The pages of one dossier: reading it, commenting, assigning, signing, releasing, comparing it with another."""

from __future__ import annotations

from collections import Counter
from typing import Any

from jinja2 import Environment
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from cardwright import documents
from cardwright.attest import claims, under_review, verify
from cardwright.attest.releasing import RefusedRelease
from cardwright.attest.trust import RELEASE, Person, Trust
from cardwright.desk import (
    anchors,
    assignments,
    audiences,
    ceremonies,
    desk_incidents,
    registry,
    releases,
    reviewing,
    rounds,
    threads,
    web,
)
from cardwright.desk.registry import Registry, StoredDossier
from cardwright.desk.threads import Thread
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
from cardwright.dossier import contents, layout
from cardwright.errors import NothingToCheckError, UsageError
from cardwright.files import packaged
from cardwright.policy.gate import decide
from cardwright.record import canonical
from cardwright.record.claim import Claim, SignOff, Waive, WaiveRequest, live
from cardwright.record.comparison import Comparison
from cardwright.record.coverage import ChecklistCoverage
from cardwright.record.verdict import Verdict

_TYPES = {
    "html": "text/html; charset=utf-8", "pdf": "application/pdf", "md": "text/plain; charset=utf-8",
    "json": "application/json", "jsonl": "text/plain; charset=utf-8",
}  # fmt: skip
_MOST_NUMBERS = 2000
"""Numbers that a page lists; all of them are in the documents and can be commented by their name."""


def routes(desk: Registry, pages: Environment) -> list[BaseRoute]:
    """Every page of a dossier."""
    dossier = "/dossiers/{manifest}"
    return [
        route(dossier, desk, pages, get=for_people(shown)),
        route(f"{dossier}/numbers", desk, pages, get=for_insiders(numbers)),
        route(f"{dossier}/history", desk, pages, get=for_insiders(history)),
        route(f"{dossier}/files/{{path:path}}", desk, pages, get=for_people(document)),
        route(f"{dossier}/comments", desk, pages, post=for_insiders(comment)),
        route(f"{dossier}/assignments", desk, pages, post=for_insiders(assign)),
        route(f"{dossier}/claims", desk, pages, post=for_insiders(prepare)),
        route(f"{dossier}/release", desk, pages, post=for_insiders(prepare_release)),
        route("/signatures", desk, pages, post=for_insiders(signature)),
        route("/releases", desk, pages, post=for_insiders(released)),
        route("/compare", desk, pages, get=for_people(compare)),
    ]


def _opened(visit: Visit) -> StoredDossier:
    return audiences.opened(visit.desk, visit.audience, visit.request.path_params["manifest"])


# ---------------------------------------------------------------------------------------------------- reading


def shown(visit: Visit) -> Response:
    """A dossier: its verdict, its documents, what was said and asked, and what can be signed."""
    stored = _opened(visit)
    registry.told(visit.desk, visit.now, visit.person, "read", stored.manifest)
    known = reviewing.trust_of(visit.desk)
    if not audiences.whole(visit.audience):
        return _outside(visit, stored, known)
    reviewed = under_review.read(stored.files, where=stored.manifest[:12])
    judged = claims.believe(reviewed.signed, known, reviewed.chain, visit.now)
    report = verify.verify(
        stored.files,
        where="dossier",
        trust=known,
        now=visit.now,
        policy=visit.desk.policy,
        printed=contents.documents_hold,
    )
    person = _person(known, visit.person)
    keys = [key.fingerprint for key in person.keys] if person is not None else []
    discussed = threads.of_record(visit.desk, stored.record) if audiences.inside(visit.audience) else ()
    said = live(one.claim for one in reviewed.signed)
    approved = {claim.request for claim in said if isinstance(claim, Waive)}
    compared = _since_before(visit, stored)
    return visit.page(
        "dossier.html",
        stored=stored,
        standing=stored.stands(visit.now[:10]),
        reviewed=reviewed,
        verdict=_as_it_stands(visit, stored, reviewed, known),
        judged=judged,
        live={claim.id for claim in said},
        report=report,
        documents=_documents(stored),
        inside=audiences.inside(visit.audience),
        threads=discussed,
        open=Counter(one.anchor for one in discussed if one.resolved_by is None),
        anchors=anchors.of_dossier(reviewed),
        about=visit.request.query_params.get("about", "")[:200],
        asked=dict(visit.request.query_params),
        people=known.people,
        roles=person.roles if person is not None else (),
        releases=person is not None and RELEASE in person.roles,
        requests=[one for one in said if isinstance(one, WaiveRequest) and one.id not in approved],
        wanted=_wanted(said),
        coverage=_coverage(reviewed),
        assignments=assignments.of_dossier(visit.desk, stored.manifest) if audiences.inside(visit.audience) else (),
        everyone=_roles(known),
        passkey=reviewing.passkey_of(visit.desk, known, visit.person),
        since=rounds.since(reviewed.signed, discussed, keys, visit.person),
        before=compared,
        today=visit.now[:10],
    )


def _as_it_stands(
    visit: Visit, stored: StoredDossier, reviewed: under_review.DossierUnderReview, known: Trust
) -> Verdict:
    """What the gate says now, with the claims that are believed; of a released dossier, what was released.

    Nobody has the subject's files here, so they are taken to be those of the record. It is shown, and decides nothing.
    """
    decided = canonical.parse(Verdict, stored.files[layout.VERDICT], where=layout.VERDICT)
    if stored.released or not (reviewed.signed or audiences.inside(visit.audience)):
        return decided
    named = reviewed.review.policy
    policy = visit.desk.policy(named.name)
    if policy.sha256 != named.sha256:
        return decided
    listed = {file.path: file.sha256 for file in reviewed.case.record.subject.files}
    case, _ = under_review.judged_case(reviewed, known, listed, visit.now)
    if audiences.inside(visit.audience):  # others may not know of drafts, and a document about an incident can be one
        case = desk_incidents.with_incidents(visit.desk, case, known, visit.now, shown=True)
    return decide(case, policy, visit.now, "release", chosen_by=named.chosen_by)


def _wanted(said: list[Claim]) -> list[SignOff]:
    """Decisions against the dossier that their role has not answered by another one."""
    answered = {one.answers for one in said if isinstance(one, SignOff)}
    return [one for one in said if isinstance(one, SignOff) and one.decision != "approve" and one.id not in answered]


def _outside(visit: Visit, stored: StoredDossier, known: Trust) -> Response:
    """A released dossier as somebody sees it who takes no part in the review."""
    made = audiences.editions_for(visit.audience, stored, now=visit.now, trust=known)
    reviewed = under_review.read(stored.files, where=stored.manifest[:12])
    return visit.page(
        "released.html",
        stored=stored,
        standing=stored.stands(visit.now[:10]),
        subject=reviewed.case.record.subject,
        release=reviewed.release.release if reviewed.release is not None else None,
        documents=sorted(made),
        audience=visit.audience,
    )


def _person(known: Trust, id: str) -> Person | None:
    return next((one for one in known.people if one.id == id), None)


def _roles(known: Trust) -> list[str]:
    return sorted({role for one in known.people for role in one.roles})


def _documents(stored: StoredDossier) -> list[str]:
    return sorted(name for name in stored.files if name.endswith((".html", ".pdf", ".md")))


def _coverage(reviewed: under_review.DossierUnderReview) -> tuple[ChecklistCoverage, ...]:
    """The packaged checklists that the policy asks items of, compared with the record and with what was answered."""
    packaged_here = packaged.names("checklists")
    names = tuple(name for name in reviewed.review.policy.checklists if name in packaged_here)
    said = tuple(one.claim for one in reviewed.signed)
    return contents.coverage_of(reviewed.case.record, names, said) if names else ()


def _since_before(visit: Visit, stored: StoredDossier) -> tuple[str, Comparison] | None:
    """How a dossier differs from the one of the same subject before it, and which that is; None where there is none."""
    for manifest in rounds.before(visit.desk, stored.manifest):
        other = registry.dossier(visit.desk, manifest)
        if audiences.may_open(visit.audience, other):
            return manifest, rounds.compared(other.files, stored.files)
    return None


def numbers(visit: Visit) -> Response:
    """Every number and finding of a dossier, each with its link and its comments."""
    stored = _opened(visit)
    registry.told(visit.desk, visit.now, visit.person, "read numbers", stored.manifest)
    reviewed = under_review.read(stored.files, where=stored.manifest[:12])
    known = anchors.of_dossier(reviewed)
    listed = [one for one in known.values() if one.kind in ("evaluation", "number", "finding")]
    document = next((name for name in ("audit_report.html", "model_card.html") if name in stored.files), None)
    return visit.page(
        "numbers.html",
        stored=stored,
        subject=reviewed.case.record.subject,
        listed=listed[:_MOST_NUMBERS],
        total=len(listed),
        document=document,
        open=Counter(one.anchor for one in _open(visit, stored)),
    )


def history(visit: Visit) -> Response:
    """In which states a dossier has been here, and who has opened it."""
    stored = _opened(visit)
    registry.told(visit.desk, visit.now, visit.person, "read history", stored.manifest)
    reviewed = under_review.read(stored.files, where=stored.manifest[:12])
    return visit.page(
        "history.html",
        stored=stored,
        subject=reviewed.case.record.subject,
        states=registry.states(visit.desk, stored.manifest),
        told=registry.told_of(visit.desk, stored.manifest),
        before=rounds.before(visit.desk, stored.manifest),
    )


def document(visit: Visit) -> Response:
    """A file of a dossier, as inert content; for those outside the review, an edition made for them."""
    stored = _opened(visit)
    path = visit.request.path_params["path"]
    missing = NothingToCheckError("the dossier has no such file", do="Open the dossier again.")
    if audiences.whole(visit.audience):
        if path not in stored.files:
            raise missing
        data = stored.files[path]
    else:
        made = audiences.editions_for(visit.audience, stored, now=visit.now, trust=reviewing.trust_of(visit.desk))
        if path not in made:
            raise missing
        edition, name, format_ = made[path]
        data = documents.render(edition, document=name, format=format_)
    registry.told(visit.desk, visit.now, visit.person, f"read {path[:300]}", stored.manifest)
    kind = _TYPES.get(path.rpartition(".")[2], "application/octet-stream")
    response = Response(data, media_type=kind)
    response.headers["Content-Security-Policy"] = web.INERT
    if kind in ("application/octet-stream", "application/pdf"):  # a viewer of PDF is a program: it opens it elsewhere
        response.headers["Content-Disposition"] = "attachment"
    return response


def compare(visit: Visit) -> Response:
    """Two dossiers side by side: what is worse first."""
    given = visit.request.query_params
    sides = []
    for name in ("old", "new"):
        stored = audiences.opened(visit.desk, visit.audience, given.get(name, ""))
        if not audiences.whole(visit.audience):
            raise NothingToCheckError("there is nothing here for you", do="Look in the inventory.")
        registry.told(visit.desk, visit.now, visit.person, "compared", stored.manifest)
        sides.append(stored)
    old, new = sides
    if old.manifest == new.manifest:
        raise UsageError("a dossier is not compared with itself", do="Choose two in the inventory.")
    return visit.page("compare.html", old=old, new=new, found=rounds.compared(old.files, new.files))


# ---------------------------------------------------------------------------------------------------- talking


def comment(visit: Visit) -> Response:
    """Begin a thread, say something in one, or say that it has its answer."""
    stored = _opened(visit)
    form = form_of(visit.request)
    by, now = visit.person, visit.now
    if not form.get("thread"):
        reviewed = under_review.read(stored.files, where=stored.manifest[:12])
        anchor = anchors.checked(anchors.of_dossier(reviewed), form.get("anchor", "").strip())
        thread = threads.open_thread(visit.desk, stored.record, anchor.id, form.get("text", ""), by=by, now=now)
    else:
        thread = number_of(form["thread"])
        if form.get("resolve"):
            if form.get("text", "").strip():
                threads.reply(visit.desk, stored.record, thread, form["text"], by=by, now=now)
            threads.resolve(visit.desk, stored.record, thread, by=by, now=now)
        else:
            threads.reply(visit.desk, stored.record, thread, form.get("text", ""), by=by, now=now)
    return RedirectResponse(f"/dossiers/{stored.manifest}#thread-{thread}", status_code=303)


def assign(visit: Visit) -> Response:
    """Ask a role to do something until a day, or say that it is done."""
    stored = _opened(visit)
    form = form_of(visit.request)
    if form.get("close"):
        assignments.close(visit.desk, stored.manifest, number_of(form["close"]), by=visit.person, now=visit.now)
    else:
        known = reviewing.trust_of(visit.desk)
        named = form.get("person", "").strip() or None
        person = ceremonies.person_of(visit.desk, named) if named is not None else None
        assignments.assign(
            visit.desk,
            stored.manifest,
            role=form.get("role", ""),
            person=named,
            due=form.get("due", ""),
            task=form.get("task", ""),
            roles=person.roles if person is not None else _roles(known),
            by=visit.person,
            now=visit.now,
        )
    return RedirectResponse(f"/dossiers/{stored.manifest}#assignments", status_code=303)


# ---------------------------------------------------------------------------------------------------- signing


def _open(visit: Visit, stored: StoredDossier) -> list[Thread]:
    return [one for one in threads.of_record(visit.desk, stored.record) if one.resolved_by is None]


def _unconfirmed(visit: Visit, stored: StoredDossier, form: dict[str, str], action: str) -> Response | None:
    """Where threads are open: a page that lists them, to be confirmed before anything is approved; None where nothing is."""
    discussed = reviewing.discussed(visit.desk, stored.record)
    if not discussed or (form.get("confirmed") == discussed and form.get("despite") == "yes"):
        return None
    kept = {name: value for name, value in form.items() if name not in ("csrf", "confirmed", "despite")}
    return visit.page(
        "confirm.html", stored=stored, open=_open(visit, stored), form=kept, discussed=discussed, action=action
    )


def prepare(visit: Visit) -> Response:
    """Show what will be signed, whole, beside the button that asks for a passkey."""
    stored = _opened(visit)
    form = form_of(visit.request)
    if form.get("kind") == "sign_off" and form.get("decision") == "approve":
        unconfirmed = _unconfirmed(visit, stored, form, "claims")
        if unconfirmed is not None:
            return unconfirmed
    secret, asked, holder = reviewing.prepare(visit.desk, stored, visit.person, form, visit.now)
    assert holder.key.passkey is not None
    return visit.page(
        "sign.html",
        stored=stored,
        claim=asked.claim,
        statement=reviewing.shown(asked.payload),
        digests=under_review.read(stored.files, where="dossier").digests,
        open=_open(visit, stored),
        secret=secret,
        options=ceremonies.request(visit.desk, asked.challenge, holder.key.passkey.credential_id),
        practice=holder.practice,
    )


def signature(visit: Visit) -> Response:
    """Add what a passkey has signed."""
    said = json_of(visit.request)
    _, arrival = reviewing.complete(
        visit.desk, str(said.get("secret", "")), visit.person, credential_of(said), visit.now
    )
    return json_response({"next": f"/dossiers/{arrival.manifest}#said"})


def prepare_release(visit: Visit) -> Response:
    """Decide on everything, and show what will be released, or why nothing is."""
    stored = _opened(visit)
    form = form_of(visit.request)
    unconfirmed = _unconfirmed(visit, stored, form, "release")
    if unconfirmed is not None:
        return unconfirmed
    waiting = releases.prepare(visit.desk, stored, visit.person, form, visit.now)
    if isinstance(waiting, RefusedRelease):
        return visit.page("unreleased.html", stored=stored, refused=waiting, status=409)
    passkey = waiting.holder.key.passkey
    assert passkey is not None
    return visit.page(
        "release.html",
        stored=stored,
        release=waiting.asked.release,
        verdict=waiting.asked.verdict,
        doubts=waiting.asked.doubts,
        statement=reviewing.shown(waiting.asked.payload),
        secret=waiting.secret,
        options=ceremonies.request(visit.desk, waiting.asked.challenge, passkey.credential_id),
    )


def released(visit: Visit) -> Response:
    """Write the release that a passkey has signed."""
    said: dict[str, Any] = json_of(visit.request)
    _, arrival = releases.complete(
        visit.desk, str(said.get("secret", "")), visit.person, credential_of(said), visit.now
    )
    return json_response({"next": f"/dossiers/{arrival.manifest}"})
