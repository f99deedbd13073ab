"""Every option that names something refuses what it does not know, with the nearest and all that it accepts, and exit code 2."""

from __future__ import annotations

import pytest
from tests.test_core_alone import dossier

from cardwright.documents import DOCUMENTS, exports


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return dossier(tmp_path_factory.mktemp("options") / "d")


@pytest.mark.parametrize(
    ("words", "what", "near", "known"),
    [
        (("render", "D", "--document", "model_crad"), "document", "model_card", "audit_report"),
        (("render", "D", "--format", "htlm"), "format", "html", "markdown"),
        (("render", "D", "--language", "den"), "language", "en", "de"),
        (("render", "D", "--audience", "publik"), "audience", "public", "regulator"),
        (("render", "D", "--page-size", "Leter"), "page size", "Letter", "A4"),
        (("render", "D", "--checklist", "eu_ai_akt"), "checklist", "eu_ai_act", "owasp_llm_2025"),
        (("export", "D", "--format", "croisant"), "format", "croissant", "hf"),
        (("gate", "D", "--policy", "reserch"), "policy", "research", "production"),
        (("gate", "D", "--format", "jsn"), "format", "json", "sarif"),
        (("verify", "D", "--format", "sariff"), "format", "sarif", "github"),
        (("todo", "D", "--by", "comand"), "kind of work", "command", "signature"),
        (("status", "D", "--format", "jsn"), "format", "json", "text"),
        (("diff", "D", "D", "--policy", "producton"), "policy", "production", "research"),
        (("checklist", "show", "nist_ai_rfm"), "checklist", "nist_ai_rmf", "eu_ai_act"),
        (("checklist", "coverage", "D", "--checklist", "nyc_ll44"), "checklist", "nyc_ll144", "eu_ai_act"),
        (("schema", "recrd"), "file format", "record", "plan-lock"),
        (("init", "new", "--kind", "tabluar"), "kind", "tabular", "llm"),
        (("keys", "accept", "producton", "--trust", "t.yaml"), "policy", "production", "research"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_an_unknown_name_is_refused_with_the_nearest_and_all_that_are_accepted(cli, folder, words, what, near, known):
    ran = cli(*(folder if word == "D" else word for word in words))
    assert ran.code == 2
    assert f"no {what} is called " in ran.err
    assert f'Did you mean "{near}"? Known: ' in ran.err
    assert known in ran.err.partition("Known: ")[2]


def test_a_policy_may_be_a_path_that_no_registry_knows(cli, folder, tmp_path):
    ran = cli("gate", folder, "--policy", tmp_path / "ours.yaml")
    assert "Known:" not in ran.err
    assert "ours.yaml" in ran.err


def help_of(cli, *words):
    return " ".join(cli(*words, "--help").out.split())


def test_help_names_every_document_and_export_that_the_registries_hold(cli):
    assert f"One of: {', '.join(DOCUMENTS)}." in help_of(cli, "render")
    assert f"One of: {', '.join((*exports.known(), 'sigstore'))}." in help_of(cli, "export")


@pytest.mark.parametrize("command", ["run", "gate", "todo", "verify", "diff"])
def test_help_says_that_a_policy_has_a_name_or_a_path_and_does_not_list_sixteen(cli, command):
    shown = help_of(cli, command)
    assert "The policy to judge by, by name or path; if omitted, the plan's." in shown
    assert "stage_prototype" not in shown


def test_a_document_that_is_added_to_the_registry_is_accepted_and_in_help(cli, monkeypatch):
    monkeypatch.setitem(DOCUMENTS, "one_page", DOCUMENTS["audit_report"])
    assert "one_page" in help_of(cli, "render")


def test_an_export_that_is_added_to_the_registry_is_written_by_its_name(cli, folder, tmp_path, monkeypatch):
    monkeypatch.setitem(
        exports.FORMATS, "plain", exports.Export(lambda edition: {"name": "x"}, lambda data: None, "plain.json")
    )
    assert cli("export", folder, "--format", "plain", "-o", tmp_path / "x.json").code == 0
    assert (tmp_path / "x.json").read_text() == '{\n  "name": "x"\n}\n'
