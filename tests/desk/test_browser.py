"""In a real browser, with a virtual authenticator: join, log in, enrol, comment, look and sign; and axe-core finds nothing."""

import re
import shutil
import socket
import threading
import time

import pytest
from tests.desk.support import NOW, own_policy

from cardwright.attest import claims, keys, passkeys, under_review
from cardwright.attest import trust as trusting
from cardwright.desk import accounts, api, pages, registry, web
from cardwright.desk.settings import DeskSettings
from cardwright.record import canonical

playwright = pytest.importorskip("playwright.sync_api", reason="the browser is driven by playwright, of the dev extra")
axe = pytest.importorskip("axe_playwright_python", reason="axe-core comes with the dev extra")
CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture
def served(refused_once, migrated, files, tmp_path):
    """A desk with a dossier that listens on localhost."""
    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    origin = f"http://localhost:{listening.getsockname()[1]}"
    (tmp_path / "registry").mkdir()
    shutil.copy(migrated, tmp_path / "registry" / "desk.sqlite")
    shutil.copy(refused_once / "trust.yaml", tmp_path / "trust.yaml")
    settings = DeskSettings(
        folder=tmp_path / "registry", origin=origin, trust=tmp_path / "trust.yaml", policies=own_policy(refused_once)
    )
    desk = registry.opened(settings)
    registry.arrive(desk, files, by="pipeline", now=NOW)
    app = web.application(desk, pages.routes, api.routes)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield desk
    server.should_exit = True
    thread.join()
    listening.close()
    desk.engine.dispose()


@pytest.fixture
def page(served):
    """A page of a browser that has a virtual authenticator, which verifies its user."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        session = opened.context.new_cdp_session(opened)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        opened.messages = []
        opened.on("console", lambda one: opened.messages.append(one.text) if one.type == "error" else None)
        yield opened
        browser.close()


def violations(page):
    page.evaluate(_axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in found["violations"]]


def _axe():
    from pathlib import Path

    return (Path(next(iter(axe.__path__))) / "axe.min.js").read_text(encoding="utf-8")


def test_a_reviewer_joins_reads_comments_and_signs_with_the_keyboard_alone(page, served, tmp_path):
    origin = served.settings.origin
    page.goto(f"{origin}/join/{accounts.invite(served, 'ben', web.clock())}")
    page.get_by_role("button", name="Make a passkey").press("Enter")
    page.wait_for_url(f"{origin}/login")
    page.get_by_role("button", name="Log in with a passkey").press("Enter")
    page.wait_for_url(f"{origin}/")

    page.get_by_role("link", name="Passkey").press("Enter")
    page.get_by_role("button", name="Make a passkey and ask").press("Enter")
    link = page.get_by_role("link", name="passkey.enrol.json")
    link.wait_for()
    told = re.search(r"[0-9a-f]{64}", link.get_attribute("href"))[0]
    asked = canonical.parse(
        passkeys.PasskeyEnrolment, page.request.get(f"{origin}/enrolments/{told}").body(), where="request"
    )
    assert keys.fingerprint(passkeys.check_enrolment(asked, where="request")) == told
    path = served.settings.trust
    known = trusting.enrol(
        trusting.read(path.read_bytes(), where="trust.yaml"),
        asked,
        "2026-11-01",
        where="request",
        roles=(),
        id="ben",
        further=True,
    )
    path.write_bytes(trusting.to_yaml(known))

    page.goto(origin)
    page.locator("tbody a").first.press("Enter")
    page.get_by_label("Comment", exact=True).last.wait_for()
    form = page.locator("form", has=page.get_by_role("button", name="Comment", exact=True))
    form.get_by_label("About").select_option("ranking")
    form.get_by_label("Comment", exact=True).fill("Why so low? <b>bold</b>")
    form.get_by_role("button", name="Comment", exact=True).press("Enter")
    page.get_by_text("Why so low? <b>bold</b>").wait_for()

    form = page.locator("form", has=page.locator("select[name=decision]"))
    form.locator("select[name=role]").select_option("risk_head")
    form.locator("select[name=decision]").select_option("reject")
    form.locator("textarea[name=comment]").fill("Who reads the files?")
    form.get_by_role("button", name="Look at what you sign").press("Enter")
    page.get_by_text("1 comments are open: ranking").wait_for()
    page.get_by_role("button", name="Sign with your passkey").press("Enter")
    page.get_by_text("Who reads the files?").wait_for()
    assert page.messages == []

    (row,) = registry.inventory(served, registry.InventoryQuery(), today=NOW[:10]).rows
    dossier = under_review.read(registry.dossier(served, row["manifest"]).files, where="dossier")
    (one,) = claims.believe(dossier.signed, known, dossier.chain, web.clock())
    assert one.believed  # of localhost, and a refusal all the same
    assert one.signed.sealed.assertion is not None

    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for address in ("/", "/quarantine", "/passkey", f"/dossiers/{row['manifest']}"):
                page.goto(f"{origin}{address}")
                assert violations(page) == [], (address, scheme, width)
                assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (address, width)
