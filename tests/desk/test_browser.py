"""In a real browser, with virtual authenticators: the whole way from an invitation to a release that is withdrawn."""

import os
import re
import shutil
from itertools import product
from pathlib import Path

import pytest
from tests.attest.support import in_days
from tests.conftest import command
from tests.desk import provider as providers
from tests.desk.browsers import CHROMIUM, HOST, Sitting, certificate, listening, port
from tests.desk.support import NOW, own_policy
from tests.desk.test_review_pages import another_run

from cardwright.attest import claims, under_review
from cardwright.attest import trust as trusting
from cardwright.desk import accounts, api, log_api, oidc, pages, registry, web
from cardwright.desk.settings import DeskSettings, OidcSettings
from cardwright.dossier import store
from cardwright.errors import EvidenceError

playwright = pytest.importorskip("playwright.sync_api", reason="the browser is driven by playwright, of the dev extra")
axe = pytest.importorskip("axe_playwright_python", reason="axe-core comes with the dev extra")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
PICTURES = os.environ.get("CARDWRIGHT_DESK_PICTURES")
"""A folder for screenshots; those in the docs are made so."""


ROUTES = (pages.routes, api.routes, log_api.routes)


@pytest.fixture
def served(refused_once, migrated, files, tmp_path):
    """A desk with a dossier, under a name that is not localhost, by TLS, where people come in by a provider, too."""
    made = certificate(tmp_path)
    (tmp_path / "registry").mkdir()
    shutil.copy(migrated, tmp_path / "registry" / "desk.sqlite")
    shutil.copy(refused_once / "trust.yaml", tmp_path / "trust.yaml")
    with port() as here:
        origin = f"https://{HOST}:{here.getsockname()[1]}"
        with providers.provider(f"{origin}/oidc/callback") as provider:
            said = OidcSettings(
                name="Our directory", issuer=provider.issuer, client_id=providers.CLIENT, people={"ada-42": "ada"}
            )
            settings = DeskSettings(
                folder=tmp_path / "registry",
                origin=origin,
                trust=tmp_path / "trust.yaml",
                policies=own_policy(refused_once),
                provider=said.name,
            )
            desk = registry.opened(settings)
            registry.arrive(desk, files, by="pipeline", now=NOW)
            app = web.application(desk, *ROUTES, oidc.routes_of(oidc.OidcClient(said, providers.SECRET)))
            with listening(app, here, ssl_certfile=made.chain, ssl_keyfile=made.key):
                yield desk, made, app
            desk.engine.dispose()


@pytest.fixture
def chromium(served):
    """A browser that finds the desk on this machine, and takes its certificate and no other."""
    arguments = [
        "--no-sandbox",
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={served[1].pin}",
    ]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def violations(page):
    if not page.evaluate("'axe' in window"):
        page.evaluate((Path(next(iter(axe.__path__))) / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in found["violations"]]


def looked_at(page, name):
    """A page as it is: axe-core finds nothing, and nothing is wider than a telephone or a screen, each in light and in dark."""
    for width, scheme in product((390, 1280), ("dark", "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], (name, scheme, width)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{scheme}-{width}.png")


def pulled(desk, manifest, output, monkeypatch):
    """What `desk pull` gives a receiver. The command meets the same database through a second process's address."""
    here = port()
    origin = f"http://localhost:{here.getsockname()[1]}"
    other = registry.opened(
        DeskSettings(
            folder=desk.settings.folder, origin=origin, trust=desk.settings.trust, policies=desk.settings.policies
        )
    )
    name = f"receiver {os.urandom(4).hex()}"
    monkeypatch.setenv("CARDWRIGHT_DESK_TOKEN", accounts.make_token(other, name, ("read",), web.clock(), days=1))
    with listening(web.application(other, api.routes), here):
        done = command("desk", "pull", manifest[:12], "-o", output, "--from", origin)
    other.engine.dispose()
    assert done.code == 0, done
    return done


def test_three_people_take_a_dossier_from_a_refusal_to_a_release_and_back(
    served, chromium, refused_once, tmp_path, monkeypatch
):
    desk, *_ = served
    (row,) = registry.inventory(desk, registry.InventoryQuery(), today=NOW[:10]).rows
    manifest = row["manifest"]
    ada, ben, cy = (Sitting.begin(desk, chromium, name).enrol() for name in ("ada", "ben", "cy"))
    page = f"/dossiers/{manifest}"

    # Ben reads, comments a number, and wants changes.
    ben.open(f"{page}/numbers")
    looked_at(ben.page, "numbers")
    ben.page.get_by_role("link", name="Comment on M-001").press("Enter")
    form = ben.page.locator("#comment")
    assert form.locator("[name=anchor]").input_value() == "M-001"
    form.locator("textarea").fill("Of how many files? <b>bold</b>")
    form.get_by_role("button").press("Enter")
    ben.page.get_by_text("Of how many files? <b>bold</b>").wait_for()
    ben.say(
        manifest,
        "sign_off",
        role="risk_head",
        decision="request_changes",
        meaning="review",
        comment="Who reads the files?",
    )
    assert "Changes are wanted" in ben.page.content()

    # Ada is asked to answer; she does, asks for a waiver, and signs for having made the dossier.
    details = ben.page.locator("details", has_text="Ask somebody to do something")
    details.locator("summary").press("Enter")
    details.locator("[name=role]").select_option("owner")
    details.locator("[name=due]").fill(in_days(7))
    details.locator("[name=task]").fill("Answer thread 1.")
    details.get_by_role("button").press("Enter")
    ada.open("/work")
    ada.page.get_by_text("Answer thread 1.").wait_for()
    looked_at(ada.page, "work")
    ada.page.locator("tbody a").first.press("Enter")
    ada.page.locator(".thread textarea").fill("Of ten; two people read each of them.")
    ada.page.get_by_role("button", name=re.compile("^Answer")).press("Enter")
    ada.page.get_by_text("two people read each").wait_for()
    ada.page.get_by_role("button", name=re.compile("^Done")).press("Enter")
    ada.page.get_by_text("done, says ada").wait_for()
    ada.page.get_by_role("link", name="Ask for a waiver of ranking").press("Enter")
    ada.say(
        manifest, "waive_request", requirement="ranking", reason="A pilot of ten files.", controls="Each file is read twice.",
        expires=in_days(30),
    )  # fmt: skip

    # A question is open, so an approval is confirmed before it is signed.
    ada.open(page)
    form = ada.form("sign_off")
    form.locator("[name=meaning]").select_option("authorship")
    form.get_by_role("button").press("Enter")
    ada.page.get_by_role("heading", name="Questions are open").wait_for()
    looked_at(ada.page, "confirm")
    ada.page.get_by_label("I have read them").press("Space")
    ada.page.get_by_role("button", name="Look at what you sign").press("Enter")
    ada.page.get_by_text("1 comment is open: M-001").wait_for()
    looked_at(ada.page, "sign")
    ada.sign()

    # Ben says that his question has its answer, approves the waiver that Ada asked for, and the dossier.
    ben.open(page)
    ben.page.get_by_text("Since you signed").wait_for()
    ben.page.get_by_role("button", name=re.compile("^Resolved")).press("Enter")
    ben.page.get_by_text("resolved by ben").wait_for()
    ben.page.get_by_role("button", name="Approve this waiver").press("Enter")
    ben.sign()
    ben.page.get_by_role("link", name="Decide anew").press("Enter")
    answers = ben.form("sign_off").locator("[name=answers]").input_value()
    ben.say(manifest, "sign_off", role="risk_head", decision="approve", meaning="approval", answers=answers)
    ada.say(manifest, "sign_off", role="owner", decision="approve", meaning="responsibility")
    ben.say(manifest, "countersign", role="risk_head")  # he has seen what Ada signed after him
    looked_at(ben.open(page), "dossier")

    # Cy releases; without the files at hand, nothing is.
    def ask_for_release(*files):
        cy.open(page)
        folded = cy.page.locator("#release")
        folded.locator("summary").press("Enter")
        if files:
            folded.locator("input[type=file]").set_input_files([*files])
            cy.page.wait_for_function("document.querySelector('#release textarea').value !== ''")
        folded.get_by_role("button", name="Decide").press("Enter")

    ask_for_release()
    cy.page.get_by_role("heading", name="Not released").wait_for()
    assert "identity" in cy.page.content()
    looked_at(cy.page, "unreleased")
    subject = under_review.read(registry.dossier(desk, manifest).files, where="dossier").case.record.subject
    at_hand = [refused_once / "files" / one.path for one in subject.files]
    ask_for_release(*at_hand)
    try:
        cy.page.get_by_role("heading", name="This is what you release").wait_for(timeout=60_000)
    except playwright.TimeoutError:
        raise AssertionError(cy.page.inner_text("main")) from None
    looked_at(cy.page, "release")
    cy.sign("Release with your passkey")
    assert cy.page.locator("h1 .standing").inner_text() == "released"

    # A receiver verifies it offline in another folder, then Ben withdraws it, and verify refuses.
    def verified(folder):
        pulled(desk, manifest, folder, monkeypatch)
        return command(
            "verify", folder, "--trust", desk.settings.trust, "--artifact", refused_once / "files",
            "--policy", refused_once / "files" / "pilot.yaml", "--rerender",
        )  # fmt: skip

    done = verified(tmp_path / "receiver")
    assert done.code == 0, done
    assert "VERIFIED" in done.out
    ben.say(manifest, "withdraw", role="risk_head", reason="A file was read wrongly.")
    assert ben.page.locator("h1 .standing").inner_text() == "withdrawn"
    done = verified(tmp_path / "receiver")
    assert done.code == 1, done
    assert "withdrawn by Ben" in done.out

    looked_at(ben.open(page), "withdrawn")
    assert ada.messages == ben.messages == []
    assert [one for one in cy.messages if "409" not in one] == []  # the refusal is an answer, and no page of ours fails


def focused(page):
    return page.evaluate(
        "(document.activeElement.getAttribute('aria-label') || document.activeElement.name "
        "|| document.activeElement.textContent || '').replace(/\\s+/g, ' ').trim()"
    )


def tab_to(page, name):
    """Press Tab until something of that name has the focus, as somebody without a mouse does."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if focused(page).startswith(name):
            outlined = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outlined != "none", name
            return
    raise AssertionError(f"no Tab leads to {name}")


def test_somebody_without_a_mouse_finds_a_dossier_comments_and_signs(served, chromium):
    desk, *_ = served
    ben = Sitting.begin(desk, chromium, "ben").enrol()
    page = ben.open()
    tab_to(page, "q")
    page.keyboard.type("ranking")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=ranking"))
    tab_to(page, "loans")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/dossiers/"))
    tab_to(page, "Comment on ranking")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("about=ranking"))
    tab_to(page, "text")
    page.keyboard.type("Why so low?")
    tab_to(page, "Comment")
    page.keyboard.press("Enter")
    page.get_by_text("Why so low?").wait_for()
    page.wait_for_url(re.compile("#thread-1"))
    tab_to(page, "decision")
    page.keyboard.type("rej")
    tab_to(page, "comment")
    page.keyboard.type("Who reads the files?")
    tab_to(page, "Look at what you sign")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="This is what you sign").wait_for()
    tab_to(page, "Sign with your passkey")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("#said"))
    (row,) = registry.inventory(desk, registry.InventoryQuery(), today=NOW[:10]).rows
    dossier = under_review.read(registry.dossier(desk, row["manifest"]).files, where="dossier")
    known = trusting.read(desk.settings.trust.read_bytes(), where="trust.yaml")
    (one,) = claims.believe(dossier.signed, known, dossier.chain, web.clock())
    assert one.believed
    assert (one.signed.claim.decision, one.signed.claim.comment) == ("reject", "Who reads the files?")


def addresses(manifest, other, invitation):
    """Of every route that is read by GET, the addresses at which it looks different."""
    dossier = f"/dossiers/{manifest}"
    nobody = "0" * 64
    return {
        "/": ["/", "/?state=withdrawn&expiring=1"],
        "/inventory.csv": ["/inventory.csv"],
        "/work": ["/work"],
        "/quarantine": ["/quarantine"],
        "/dossiers/{manifest}": [f"/dossiers/{other}?about=ranking", f"/dossiers/{nobody}"],
        "/dossiers/{manifest}/numbers": [f"{dossier}/numbers"],
        "/dossiers/{manifest}/history": [f"{dossier}/history"],
        "/dossiers/{manifest}/files/{path:path}": [f"{dossier}/files/nothing.html"],  # documents: tests/documents
        "/compare": [f"/compare?old={manifest}&new={other}", f"/compare?old={manifest}&new={manifest}"],
        "/indicators": ["/indicators", "/indicators?min_cases=1", "/indicators?by=owners"],
        "/indicators.csv": ["/indicators.csv"],
        "/passkey": ["/passkey"],
        "/enrolments/{fingerprint}": [f"/enrolments/{nobody}"],
        "/login": ["/login"],
        "/join/{invitation}": [f"/join/{invitation}", "/join/nobody"],
        "/oidc/start": [],  # it leads away, and back to the next one
        "/oidc/callback": ["/oidc/callback"],
        "/static/{name}": ["/static/desk.css"],
        "/favicon.ico": ["/favicon.ico"],
        **{path: [path.replace("{subject}", nobody).replace("{release}", nobody).replace("{manifest}", nobody)] for path in MACHINES},
    }  # fmt: skip


MACHINES = (
    "/v1/dossiers", "/v1/dossiers/{manifest}", "/v1/decisions/{subject}", "/v1/status/{release}", "/v1/revocations", "/health", "/ready",
    "/metrics", "/openapi.json", "/log/checkpoint", "/log/tile/{path:path}", "/v1/log", "/v1/log/inclusion",
    "/v1/log/consistency",
)  # fmt: skip
"""What programs read: no page."""


def test_axe_finds_nothing_on_any_page_that_there_is(served, chromium, refused_once, released_once, tmp_path):
    desk, _, app = served
    (row,) = registry.inventory(desk, registry.InventoryQuery(), today=NOW[:10]).rows
    other = registry.arrive(desk, another_run(refused_once, tmp_path), by="pipeline", now=NOW).manifest
    registry.quarantine(desk, b"no archive", EvidenceError("not a ZIP archive"), by="pipeline", now=NOW)
    invitation = accounts.invite(desk, "cy", web.clock())
    of_routes = addresses(row["manifest"], other, invitation)
    assert {one.path for one in app.routes if "GET" in one.methods} == set(of_routes), "a page that nobody looks at"
    page = Sitting.begin(desk, chromium, "ben").page
    page.get_by_text("Save these filters as a view").press("Enter")
    page.get_by_label("Name").fill("mine")
    page.get_by_role("button", name="Save").press("Enter")
    page.get_by_role("link", name="mine").wait_for()
    looked = {path: look_at_all(page, desk.settings.origin, found) for path, found in of_routes.items()}
    page.goto(f"{desk.settings.origin}/oidc/start", wait_until="commit")
    page.wait_for_url(f"{desk.settings.origin}/")
    read_by_machines = {path for path, pages_of in looked.items() if not pages_of}
    assert read_by_machines == {
        *MACHINES, "/inventory.csv", "/indicators.csv", "/oidc/start", "/static/{name}", "/favicon.ico"
    }  # fmt: skip


def look_at_all(page, origin, found):
    """Look at those of the addresses that answer with a page; gives how many they are."""
    page.goto(f"{origin}/login")
    kind = "async (address) => (await fetch(address)).headers.get('Content-Type') || ''"
    shown = [one for one in found if page.evaluate(kind, one).startswith("text/html")]
    for address in shown:
        page.goto(f"{origin}{address}")
        looked_at(page, re.sub(r"[^a-z0-9]+", "-", re.sub(r"[0-9a-f]{64}", "", address)).strip("-") or "inventory")
    return len(shown)


@pytest.mark.parametrize("audience", ["regulator", "public"])
def test_axe_finds_nothing_on_what_outsiders_see_either(audience, served, chromium, released_once):
    desk, _, _ = served
    files = store.read_dossier(released_once / "out")
    manifest = registry.arrive(desk, files, by="pipeline", now=NOW).manifest
    sitting = Sitting.begin(desk, chromium, "ada", audience=audience)
    looked = look_at_all(sitting.page, sitting.origin, ["/", f"/dossiers/{manifest}", "/work", "/passkey"])
    assert looked == 4
