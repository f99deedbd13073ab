"""`render` and `export` say what the dossier says as it stands: no two documents of one disagree on state, decision and signers."""

import json
import re

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.support import by, sign

from cardwright.cli.options import exports_known
from cardwright.documents import DOCUMENTS
from cardwright.dossier import layout
from cardwright.files import kinds

MADE = [(name, format) for name, document in DOCUMENTS.items() for format in document.templates if format != "pdf"]
SIGNERS = ("Ada", "Ben", "Cy")
UNSIGNED = ("by nobody so far", "Nobody has signed", "DRAFT", "REFUSED", "unsigned")


def text_of(data):
    """What a reader sees of Markdown or HTML."""
    text = re.sub(r"<style.*?</style>|<script.*?</script>", " ", data.decode("utf-8"), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def rendered(cli, dossier, tmp_path, name, format, *more):
    out = tmp_path / f"{name}.{format}"
    ran = cli("render", dossier, "-d", name, "-f", format, "-o", out, *more)
    assert ran.code == 0, ran
    return out.read_bytes(), ran


def properties_in(value):
    """Every property of a CycloneDX document, wherever it stands."""
    if isinstance(value, dict):
        inner = [one for part in value.values() for one in properties_in(part)]
        return [*value.get("properties", []), *inner]
    return [one for part in value for one in properties_in(part)] if isinstance(value, list) else []


@pytest.mark.parametrize(("name", "format"), MADE)
def test_every_document_of_a_released_dossier_says_released_and_allowed(cli, released, tmp_path, name, format):
    text = text_of(rendered(cli, released / "out", tmp_path, name, format)[0])
    assert [word for word in UNSIGNED if word in text] == []
    assert re.search("released", text, re.I)
    assert re.search("allowed", text, re.I)


def test_the_documents_of_a_release_made_again_are_the_final_editions(cli, released, tmp_path):
    final = sorted((released / "out" / "final").glob("*.[hm]*"))
    assert len(final) >= 5
    for path in final:
        format = {".md": "markdown", ".html": "html"}[path.suffix]
        assert rendered(cli, released / "out", tmp_path, path.stem, format)[0] == path.read_bytes(), path.name


def test_without_a_trust_file_the_same_is_said(cli, released, tmp_path, monkeypatch):
    trusted = rendered(cli, released / "out", tmp_path, "handoff_package", "html")[0]
    monkeypatch.delenv("CARDWRIGHT_TRUST")
    assert rendered(cli, released / "out", tmp_path, "handoff_package", "html")[0] == trusted


def test_the_signers_and_the_waiver_stand_in_every_document_that_lists_any(cli, released, tmp_path):
    texts = [
        text_of(rendered(cli, released / "out", tmp_path, n, "html")[0])
        for n in ("audit_report", "responsible_ai_report")
    ]
    for text in texts:
        assert all(name in text for name in ("Ada", "Ben"))
        assert "waive" in text.lower()


def test_the_help_of_export_names_every_format(cli):
    words = set(re.findall(r"[a-z0-9-]+", cli("export", "--help").out))
    assert words >= {*exports_known()}


def test_an_export_of_a_release_says_released(cli, released, tmp_path):
    out = tmp_path / "bom.json"
    assert cli("export", released / "out", "-f", "cyclonedx", "-o", out).code == 0
    assert {"name": "cardwright:state", "value": "released"} in properties_in(json.loads(out.read_text()))


def test_the_public_edition_of_a_release_names_no_signer(cli, released, tmp_path):
    text = text_of(
        rendered(cli, released / "out", tmp_path, "responsible_ai_report", "html", "--audience", "public")[0]
    )
    assert [name for name in SIGNERS if re.search(rf"\b{name}\b", text)] == []


def test_a_release_that_was_withdrawn_says_so_in_every_document(cli, released, tmp_path):
    gone = cli("withdraw", released / "out", *by(released, "Ben", "risk_head"), "--reason", "found wrong")
    assert gone.code == 0, gone
    for name, format in MADE:
        assert re.search("withdrawn", text_of(rendered(cli, released / "out", tmp_path, name, format)[0]), re.I), name


def test_a_release_that_has_expired_says_so(cli, released, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "4102444800")
    assert "EXPIRED" in text_of(rendered(cli, released / "out", tmp_path, "audit_report", "html")[0]).upper()


def test_a_verdict_put_in_place_of_the_released_one_is_refused(cli, released, tmp_path):
    path = released / "out" / layout.VERDICT
    path.write_bytes((released / "out" / layout.REVIEW).read_bytes())
    ran = cli("render", released / "out", "-o", tmp_path / "card.html")
    assert ran.code == 3
    assert "release statement" in ran.err


def test_under_review_signatures_are_shown_to_those_who_say_whom_to_believe(cli, desk, tmp_path, monkeypatch):
    sign(cli, desk, "Ada", "owner", "approve", "responsibility")
    text = text_of(rendered(cli, desk / "out", tmp_path, "audit_report", "html")[0])
    assert "Ada" in text
    assert "IN REVIEW" in text.upper()
    monkeypatch.delenv("CARDWRIGHT_TRUST")
    data, ran = rendered(cli, desk / "out", tmp_path, "audit_report", "html")
    assert "DRAFT" in text_of(data)
    assert "1 claims not counted" in ran.err


def test_every_document_is_listed_with_what_it_is_for(cli):
    ran = cli("render", "--document", "list")
    assert ran.code == 0
    for name, document in DOCUMENTS.items():
        assert f"  {name}\n" in ran.out
        assert " ".join(document.purpose.split()[:4]) in " ".join(ran.out.split())
    for name in kinds.names():
        assert f"  {name}\n" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("word", "near"),
    [("annex", "annex_iv_technical_documentation"), ("audit", "audit_report"), ("datashet", "datasheet")],
)
def test_a_misspelt_document_is_refused_with_the_nearest_of_all_kinds(cli, word, near):
    ran = cli("render", "nowhere", "--document", word)
    assert ran.code == 2
    assert f'no document is called "{word}". Did you mean "{near}"?' in ran.err


def test_without_a_dossier_there_is_nothing_to_render(cli):
    ran = cli("render")
    assert (ran.code, "name a dossier" in ran.err) == (2, True)
    ran = cli("render", "nowhere")
    assert (ran.code, "no dossier here" in ran.err) == (3, True)


def test_a_document_of_a_kind_is_not_made_of_a_record_of_none(cli, desk):
    ran = cli("render", desk / "out", "--document", "datasheet")
    assert (ran.code, "cardwright new datasheet DIR" in ran.err) == (2, True)


def test_a_draft_with_other_answers_asks_what_its_kind_asks(cli, tmp_path):
    from cardwright.files import kinds

    example = kinds.find("experiment_plan").path / "example"
    assert cli("run", example, "-o", tmp_path / "plan").code == 1
    text = (example / "details.yaml").read_text("utf-8")
    (tmp_path / "details.yaml").write_text(text.replace("hypothesis: ", 'hypothesis: "Said now." #'), "utf-8")
    words = ("render", tmp_path / "plan", "-d", "experiment_plan", "-f", "markdown", "-o", tmp_path / "plan.md")
    assert cli(*words, "--details", tmp_path / "details.yaml").code == 0
    assert "Said now." in (tmp_path / "plan.md").read_text("utf-8")
    assert cli(*words).code == 0
    assert "Said now." not in (tmp_path / "plan.md").read_text("utf-8")
    refused = cli(*words, "--policy", "experiment_plan")
    assert (refused.code, "--details" in refused.err) == (2, True)
    alone = cli("render", tmp_path / "plan" / "record.json", "--details", tmp_path / "details.yaml")
    assert (alone.code, "Name the dossier's folder" in alone.err) == (2, True)
