"""What people wrote in an existing card is taken over; placeholders and numbers are not, and nothing is lost without a word."""

import json

import pytest
import yaml

from cardwright.documents import Edition
from cardwright.errors import SourceError
from cardwright.plan.card_import import import_card
from cardwright.record.details import read_details

CARD = """---
license: mit
base_model: acme/base
---
# Loans

## Model Details

### Model Description
Scores **loan** applications. <!-- hidden -->

## Uses
### Direct Use
Orders the queue.
### Out-of-Scope Use
[More Information Needed]
## Bias, Risks, and Limitations
One city only.
## Evaluation
### Testing Data
A held-out year.
### Results
AUC 0.99
## Citation [optional]
{{ 7 * 7 }} <script>alert(1)</script>
"""


def details_of(found):
    return read_details(yaml.safe_load(found.details))


def take(text, name="README.md"):
    return import_card(text.encode() if isinstance(text, str) else text, name=name, today="2026-11-23")


def test_sections_of_the_hubs_template_become_answers():
    found = take(CARD)
    answers = details_of(found).answers
    assert answers["summary"].text == "Scores **loan** applications."
    assert answers["intended_use"].text == "Orders the queue."
    assert answers["limitations"].text == "One city only."
    assert answers["evaluation_data"].text == "A held-out year."
    assert answers["summary"].stated_by == "imported from README.md"


def test_placeholders_stay_unanswered_and_the_rest_is_listed():
    found = take(CARD)
    assert "out_of_scope" not in found.taken
    assert "license (at its head)" in found.left
    assert "section Results" in found.left
    assert b"0.99" not in found.details


def test_hostile_text_stays_text():
    answer = details_of(take(CARD)).answers["citation"].text
    assert "{{ 7 * 7 }}" in answer
    assert "<script>" in answer
    hidden = take("## Limitations\nfoo\u202ebar\x00baz")
    assert "\u202e" not in details_of(hidden).answers["limitations"].text


def test_a_dataset_card_answers_the_datasheet():
    found = take(
        "---\ntask_categories: [text-classification]\n---\n## Uses\nTraining.\n## Curation Rationale\nNobody had one.\n"
    )
    assert set(found.taken) == {"dataset_uses", "motivation"}


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe",
        "just words",
        "---\na: [\n---\n# x\n",
        "---\n- 1\n---\n# x\n",
        "{",
        '{"a": 1}',
        "x" * (3 * 1024 * 1024),
    ],
)
def test_what_is_no_card_is_refused(text):
    with pytest.raises(SourceError):
        take(text)


def test_what_is_exported_to_the_model_card_toolkit_comes_back():
    pytest.importorskip("jsonschema")
    from tests.strategies import good_record

    from cardwright.documents.exports import export

    said = {"stated_by": "A", "stated_on": "2026-11-23"}
    details = read_details(
        {
            **said,
            "summary": "Scores applications.",
            "owners": [{"name": "A. Okafor", "role": "owner", "contact": "the desk"}],
            "limitations": "One city only.",
            "risks": [
                {
                    "risk": "refuses wrongly",
                    "evaluated": "yes",
                    "mitigation": "a person reads it",
                    "residual": "few",
                    "decision": "accepted",
                    "accepted_by": "B",
                }
            ],
            "training_data": "Two thousand applications.",
        }
    )
    made = export(Edition(record=good_record().model_copy(update={"details": details})), "mct")
    back = details_of(take(made, "card.json")).answers
    assert back["summary"].text == "Scores applications."
    assert back["owners"].entries[0]["name"] == "A. Okafor"
    assert "One city only." in back["limitations"].text
    assert back["risks"].entries[0] == {"risk": "refuses wrongly", "mitigation": "a person reads it"}
    assert back["training_data"].text == "Two thousand applications."


def test_the_command_writes_once_and_lists_what_it_left(cli, tmp_path):
    (tmp_path / "README.md").write_text(CARD)
    ran = cli("import-card", tmp_path / "README.md", "-o", tmp_path / "details.yaml")
    assert ran.code == 0, ran
    assert "no place for" in ran.err
    again = cli("import-card", tmp_path / "README.md", "-o", tmp_path / "details.yaml")
    assert again.code == 2


def test_the_command_exports(cli, tmp_path):
    pytest.importorskip("cyclonedx")
    from tests.strategies import good_record

    from cardwright.record import canonical

    (tmp_path / "record.json").write_bytes(canonical.dumps(good_record()))
    for format, mark in (("cyclonedx", "CycloneDX"), ("croissant", "cr:"), ("mct", "0.0.2"), ("hf", "model-index")):
        out = tmp_path / f"{format}.out"
        assert cli("export", tmp_path / "record.json", "--format", format, "-o", out).code == 0
        assert mark in out.read_text()
        assert json.loads(out.read_text()) if format != "hf" else True


def test_a_heading_that_was_left_is_not_cut_before_it_is_masked():
    address = "zeb.warrington.smythe@corp-mail.com"
    found = import_card(f"# {'Words ' * 7}{address}\n\nText.\n".encode(), name="card.md", today="2026-11-28")
    assert any(one.endswith(address) for one in found.left), "what prints it masks it whole"
