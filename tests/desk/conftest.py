"""A desk in a folder of its own, a dossier to send, and people who log in with authenticators in software."""

import shutil
from dataclasses import replace

import pytest

for library in ("starlette", "sqlalchemy", "alembic", "webauthn", "httpx2"):
    pytest.importorskip(library, reason="the desk needs the extra desk")
pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from starlette.testclient import TestClient
from tests.attest.desks import desk as office
from tests.attest.desks import refused_once, released, released_once
from tests.desk import databases
from tests.desk.support import LOG_KEY, LOG_NAME, NOW, ORIGIN, Browser, own_policy, trusting_the_log

from cardwright.desk import api, desk_log, log_api, pages, registry, web
from cardwright.desk.settings import DeskSettings, UploadLimits
from cardwright.dossier import store

__all__ = ["office", "refused_once", "released", "released_once"]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A database with its tables: migrating takes longer than copying."""
    folder = tmp_path_factory.mktemp("migrated")
    settings = DeskSettings(folder=folder, origin=ORIGIN, trust=folder / "trust.yaml")
    registry.opened(settings).engine.dispose()
    return folder / "desk.sqlite"


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL that the tests start themselves."""
    with databases.server() as folder:
        yield databases.Postgres(str(folder))


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def backend(request, migrated):
    """The databases that every test of the desk runs on, one after the other."""
    return databases.Sqlite(migrated) if request.param == "sqlite" else request.getfixturevalue("postgres")


@pytest.fixture
def settings(refused_once, backend, tmp_path):
    """A desk's settings, with a trust file that knows Ada, Ben and Cy."""
    folder = tmp_path / "registry"
    folder.mkdir()
    address = backend.fresh(folder)
    shutil.copy(refused_once / "trust.yaml", tmp_path / "trust.yaml")
    yield _settings(tmp_path, refused_once, address)
    backend.drop(address)


@pytest.fixture
def desk(settings):
    """A desk without dossiers."""
    opened = registry.opened(settings)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def files(refused_once):
    """A dossier that the gate refuses, as files."""
    return store.read_dossier(refused_once / "out")


@pytest.fixture(scope="session")
def arrived_once(refused_once, backend, tmp_path_factory):
    """A desk with that dossier, in which Ben has an account and a passkey for signing; and his browser's passkeys and cookie."""
    folder = tmp_path_factory.mktemp("arrived")
    (folder / "registry").mkdir()
    address = backend.fresh(folder / "registry")
    shutil.copy(refused_once / "trust.yaml", folder / "trust.yaml")
    settings = _settings(folder, refused_once, address)
    desk = registry.opened(settings)
    registry.arrive(desk, store.read_dossier(refused_once / "out"), by="pipeline", now=NOW)
    with TestClient(application(desk), base_url=ORIGIN) as client:
        ben = Browser(desk, client).join("ben").enrol("ben")
    desk.engine.dispose()
    return folder, ben


def _settings(folder, made, address):
    return DeskSettings(
        folder=folder / "registry",
        origin=ORIGIN,
        trust=folder / "trust.yaml",
        database=address,
        policies=own_policy(made),
    )


def application(desk):
    return web.application(desk, pages.routes, api.routes, log_api.routes)


@pytest.fixture
def arrived(arrived_once, backend, refused_once, tmp_path):
    """A copy of it."""
    folder = tmp_path / "arrived"
    before, ben = arrived_once
    shutil.copytree(before, folder)
    address = backend.copy(ben.desk.settings.database, folder)
    opened = registry.opened(_settings(folder, refused_once, address))
    yield opened
    opened.engine.dispose()
    backend.drop(address)


@pytest.fixture
def browser(arrived):
    """Somebody's browser before that desk; `.join("ada")` makes an account and logs in."""
    with TestClient(application(arrived), base_url=ORIGIN) as client:
        yield Browser(arrived, client)


@pytest.fixture
def ben(arrived_once, browser):
    """Ben's browser: logged in, with a passkey for signing that the trust file knows."""
    _, before = arrived_once
    browser.client.cookies.update(before.client.cookies)
    return Browser(browser.desk, browser.client, before.login, before.signing)


@pytest.fixture
def manifest(arrived):
    (row,) = registry.inventory(arrived, registry.InventoryQuery(), today=NOW[:10]).rows
    return row["manifest"]


@pytest.fixture
def small(settings):
    """The same settings with little room for uploads."""
    return replace(settings, limits=UploadLimits(packed=2000, unpacked=5000, files=3, form=500))


@pytest.fixture
def logged(settings, released):
    """A desk that keeps a log, under a trust file that knows the log, its key and a release's people."""
    shutil.copy(released / "trust.yaml", settings.trust)
    here = desk_log.opened(settings.folder, LOG_KEY, LOG_NAME)
    settings.trust.write_bytes(trusting_the_log(settings.trust.read_bytes(), here))
    opened = registry.opened(settings, here)
    yield opened
    opened.engine.dispose()
