"""The desk's containers: no password has a default, the desk listens on this machine alone, and its command is one that is there."""

import re

import pytest
import typer
import yaml
from tests.conftest import ROOT

from cardwright.cli import main as command_line

COMPOSE = ROOT / "compose.yaml"
pytestmark = pytest.mark.skipif(not COMPOSE.is_file(), reason="the wheel's tests have no checkout")


def services():
    return yaml.safe_load(COMPOSE.read_text())["services"]


def test_what_is_secret_has_no_default_and_stops_the_start():
    text = COMPOSE.read_text()
    assert re.findall(r"PASSWORD: (\S+?):\?", text) == ["${DESK_DATABASE_PASSWORD", "${DESK_DATABASE_PASSWORD"]
    assert "${DESK_TRUST:?" in text
    assert not re.search(r"PASSWORD\w*(:-|: [^$\s])", text)


def test_only_this_machine_reaches_the_desk_and_nobody_the_database():
    assert services()["desk"]["ports"] == ["127.0.0.1:8765:8765"]
    assert "ports" not in services()["database"]


def test_the_desk_runs_without_rights_that_it_does_not_need():
    desk = services()["desk"]
    assert desk["read_only"] is True
    assert desk["cap_drop"] == ["ALL"]
    assert re.search(r"^USER 10001:10001$", (ROOT / "Dockerfile").read_text(), re.M)


def test_its_command_names_options_that_are_there():
    desk, serve, *options = services()["desk"]["command"]
    group = typer.main.get_command(command_line.app("desk")).commands["desk"]
    known = {option for parameter in group.commands[serve].params for option in parameter.opts}
    assert desk == "desk"
    assert {option.partition("=")[0] for option in options} <= known
    assert "CARDWRIGHT_DESK_DATABASE" in services()["desk"]["environment"]


def test_the_image_is_built_from_a_lock_that_is_there():
    assert (ROOT / "requirements" / f"{services()['desk']['build']['args']['LOCK']}.lock").is_file()
    assert "ARG LOCK=core" in (ROOT / "Dockerfile").read_text()
