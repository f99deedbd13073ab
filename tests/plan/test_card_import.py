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


HUB = """---
language: [en, sw]
library_name: transformers
base_model: acme/base-small
datasets: [acme/letters]
license: apache-2.0
model-index: [{name: x, results: [{metrics: [{type: f1, value: 0.987}]}]}]
---
# Model Card for letters-classifier

Sorts letters to a council by department.

## Model Details
### Model Description
- **Developed by:** The council's data team
- **Funded by [optional]:** [More Information Needed]
- **Model type:** A small encoder with a linear head
- **Language(s) (NLP):** English and Swahili
- **License:** Apache-2.0
## Uses
### Direct Use
Proposes a department to a clerk.
### Out-of-Scope Use
[More Information Needed]
## Bias, Risks, and Limitations
Handwriting that was scanned badly.
### Recommendations
Users (both direct and downstream) should be made aware of the risks, biases and limitations of the model. More information needed for further recommendations.
## Training Details
### Training Procedure
#### Training Hyperparameters
- **Training regime:** half precision
## Evaluation
#### Metrics
Macro F1, since departments differ in size.
### Results
F1 0.987
## Environmental Impact
Carbon emissions can be estimated using the [Machine Learning Impact calculator](https://example.org/impact) presented in a paper.
- **Hardware Type:** one small card
- **Hours used:** [More Information Needed]
## How to Get Started with the Model
Use the code below to get started with the model.
[More Information Needed]
## Model Card Contact
data-team@council.example
"""
PAPER = """# Income model card
### Basic Information
* **Person or organization developing model**: Two students
* **Model date**: May 2024
* **License**: MIT
### Intended Use
**Primary intended uses**: Shows how a credit line could be raised.
**Primary intended users**: Students of one course.
**Out-of-scope use cases**: Any decision about a person.
### Training Data
* **Source of training data**: A university's course page
* Data dictionary:

| Name | Role |
| ---- | ---- |
| AGE | input |
### Ethical Considerations
- People with short histories are ranked low.
- Race is among the columns.
### Caveats and Recommendations
Look at every refusal.
"""
VENDOR = """# **Model Details**
A family of language models of three sizes.

**Model Developers** Acme

**Model Architecture** A decoder with grouped attention.

**License** Its own.

# **Intended Use**
**Intended Use Cases** Assistants in English.

**Out-of-scope Uses** Medical advice.

# **Training Data**
**Overview** Two trillion words of public text.

# **Hardware and Software**
**Carbon Footprint** 31 tonnes, all of it bought back.
"""
TABLE = """## Product overview

| Item | Description |
| --- | --- |
| Intended use | Reads meters from photographs. |
| Known limitations | Broken glass. |
| Training data | 40,000 photographs of 2023. |
"""
FRENCH = """# Fiche du modèle
## Utilisation prévue
Trier le courrier.
## Limites
Une seule ville.
## Données d'entraînement
Deux mille lettres.
"""


def test_a_filled_template_of_the_hub_answers_what_it_answers_and_no_sentence_of_the_template():
    found = take(HUB)
    answers = details_of(found).answers
    assert answers["summary"].text == "Sorts letters to a council by department."
    assert answers["architecture"].text == "A small encoder with a linear head"
    assert answers["languages"].text == "English and Swahili", "said in the text, which says more than the head"
    assert answers["base_model"].text == "acme/base-small"
    assert answers["training_data"].text == "Datasets named at the head of the card: acme/letters"
    assert answers["training_procedure"].text == "- **Training regime:** half precision"
    assert answers["environmental_impact"].text == "- **Hardware Type:** one small card"
    assert answers["owners"].entries == (
        {"name": "The council's data team", "role": "Developed by", "contact": "data-team@council.example"},
    )
    assert not {"recommendations", "quick_start", "funding", "out_of_scope"} & set(found.taken)
    assert b"0.987" not in found.details


def test_labels_in_lists_and_in_bold_lines_answer_as_headings_do():
    answers = details_of(take(PAPER)).answers
    assert answers["intended_use"].text == "Shows how a credit line could be raised."
    assert answers["users"].text == "Students of one course."
    assert answers["out_of_scope"].text == "Any decision about a person."
    assert "A university's course page" in answers["training_data"].text
    assert "| AGE | input |" in answers["training_data"].text, "a table below a known heading belongs to it"
    assert [entry["risk"] for entry in answers["risks"].entries] == [
        "People with short histories are ranked low.",
        "Race is among the columns.",
    ]
    assert answers["recommendations"].text == "Look at every refusal."
    assert answers["owners"].entries[0]["name"] == "Two students"


def test_a_bold_label_without_a_colon_answers_and_one_that_is_general_belongs_to_the_heading_above():
    answers = details_of(take(VENDOR)).answers
    assert answers["summary"].text == "A family of language models of three sizes."
    assert answers["architecture"].text == "A decoder with grouped attention."
    assert answers["intended_use"].text == "Assistants in English."
    assert answers["out_of_scope"].text == "Medical advice."
    assert answers["training_data"].text == "**Overview** Two trillion words of public text."
    assert answers["environmental_impact"].text == "31 tonnes, all of it bought back."


def test_a_table_of_two_columns_whose_first_is_a_label_answers():
    answers = details_of(take(TABLE)).answers
    assert answers["intended_use"].text == "Reads meters from photographs."
    assert answers["limitations"].text == "Broken glass."
    assert answers["training_data"].text == "40,000 photographs of 2023."


def test_a_card_in_another_language_answers():
    assert {"intended_use", "limitations", "training_data"} <= set(take(FRENCH).taken)


def test_the_hubs_blank_template_answers_nothing():
    hub = pytest.importorskip("huggingface_hub")
    data = hub.ModelCardData(language="en", license="mit")
    assert take(str(hub.ModelCard.from_template(data))).taken == ("languages",)
    data = hub.DatasetCardData(language="en", license="mit")
    assert take(str(hub.DatasetCard.from_template(data, pretty_name="Letters"))).taken == ("languages",)


def test_what_has_no_field_is_kept_as_a_remark_that_nothing_reads():
    found = take("# Cards\n\nSorts.\n\n## A house rule\nNever on\u2028Fridays: {a: 1}\n\n## Metrics\nF1 .987\n")
    text = found.details.decode()
    assert "# [Cards / A house rule]" in text
    assert "#   Never on" in text
    assert "#   Fridays: {a: 1}" in text
    assert ".987" not in text
    assert set(found.taken) == {"summary"}
    assert set(details_of(found).answers) == {"summary"}


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
    found = import_card(f"# Card\n\n## {'Words ' * 7}{address}\n\nText.\n".encode(), name="card.md", today="2026-11-28")
    assert any(one.endswith(address) for one in found.left), "what prints it masks it whole"
