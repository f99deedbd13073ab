"""What people wrote in an existing card is taken over; placeholders and numbers are not, and nothing is lost without a word."""

import json
import re

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


SEEN = {
    # Shapes of public cards, in words of our own: what each answers, and what it leaves.
    "headings that name two things": (
        "# Detector model card\n\nTells pictures that were made from pictures that were taken.\n\n"
        "## Architecture and training\n\n- Backbone: a frozen encoder.\n\n## Error analysis and limitations\n\n"
        "Old photographs are taken for made ones.\n\n## Runtime and intended use\n\nHelps a person decide what to look at.\n",
        {"summary": "Tells pictures", "architecture": "frozen encoder", "limitations": "Old photographs",
         "intended_use": "Helps a person"},
    ),
    "labels in bold under the description": (
        "---\nlanguage:\n- en\nlicense: mit\nmetrics:\n- f1\n---\n\n# Guard\n\n## Model Description\n\nFinds prompts that attack.\n\n"
        "**Model Architecture**: Three networks that vote.\n\n**Intended Use**: Before prompts reach a model.\n\n"
        "## Usage\n\n### Installation\n```bash\npip install guard\n```\n\n## Performance\n- **F1 Score**: [Insert your F1 score]\n",
        {"summary": "Finds prompts", "architecture": "Three networks", "intended_use": "Before prompts",
         "languages": "en", "quick_start": "pip install guard"},
    ),
    "details in a list, written for a course": (
        "# Model Card\n\n## Model Details\n- Model Trained: **Random forest**\n    - Max depth: **50**\n\n"
        "## Training Data\n\nA census of 1994.\n\n## Metrics\n- Precision: 0.73\n\n## Ethical Considerations\n\n"
        "The data name race and sex.\n\n## Caveats and Recommendations\n\nUse newer data.\n",
        {"architecture": "Random forest", "training_data": "A census", "risks": "race and sex", "recommendations": "newer data"},
    ),
    "questions of a course, numbered": (
        "# Model Card: Songs\n\n## 2. Intended Use\n\nFor one listener.\n\n## 3. How the Model Works\n\nIt weighs genre and mood.\n\n"
        "## 4. Data\n\nTen songs.\n\n## 6. Limitations and Bias\n\nFew genres.\n\n## 8. Future Work\n\nMore songs.\n",
        {"intended_use": "one listener", "architecture": "weighs genre", "training_data": "Ten songs", "limitations": "Few genres"},
    ),
    "Chinese, with bold labels": (
        "# 模型卡\n\n## 1. 用途与边界\n\n**预期用途**：给交易打分。\n\n**明确不适用**：\n- 授信决策\n\n**人在环**：人工复核所有处置。\n\n"
        "## 2. 数据\n\n电商交易。\n\n## 8. 已知局限与偏差\n\n样本很少。\n\n## 9. 监控与退化触发\n\n每周检查。\n",
        {"intended_use": "给交易打分", "out_of_scope": "授信决策", "human_oversight": "人工复核", "training_data": "电商交易",
         "limitations": "样本很少", "monitoring": "每周检查"},
    ),
    "Indonesian, without headings below the title": (
        "# Kartu Model\n\nModel ini terdiri dari:\n- LLM: delapan miliar parameter\n\nTujuan:\n- Bercerita tentang makanan\n",
        {"summary": "Model ini terdiri", "intended_use": "Bercerita"},
    ),
    "a pointer to another card": (
        "# Model card\n\nThe card is published with the weights elsewhere.\n", {"summary": "published with the weights"},
    ),
    "what a tool writes": (
        "---\nlibrary_name: transformers\nbase_model: some/base\ntags:\n- generated_from_trainer\n---\n\n# run-7\n\n"
        "This model is a fine-tuned version of some/base.\n\n## Model description\n\nMore information needed\n\n"
        "## Intended uses & limitations\n\nMore information needed\n\n## Training procedure\n\n### Training hyperparameters\n\n"
        "- learning_rate: 2e-05\n\n### Framework versions\n\n- Transformers 4.40\n",
        {"summary": "fine-tuned version", "base_model": "some/base", "training_procedure": "learning_rate"},
    ),
    "sections in HTML that unfold": (
        "# Model\n\n<details>\n<summary>Click to expand</summary>\n\n## Training data\n\nLetters of 1900.\n\n</details>\n\n"
        "<h2 align=\"center\">Limitations</h2>\n\nOld spelling only.\n",
        {"training_data": "Letters of 1900", "limitations": "Old spelling"},
    ),
    "guardrails of a product": (
        "# Model Card\n\n## Model Overview\n\nRanks foods.\n\n## Out-Of-Scope Use\n\nNo diagnosis.\n\n## Algorithm Details\n\n"
        "Two layers.\n\n## Privacy And Security\n\nFeedback stays local.\n\n## Limitations And Failure Modes\n\n- Estimates are rough.\n",
        {"summary": "Ranks foods", "out_of_scope": "No diagnosis", "architecture": "Two layers", "cybersecurity": "stays local",
         "limitations": "Estimates are rough"},
    ),
    "a family of models, labels in bold without a colon": (
        "# **Model Details**\n\nA family of three sizes.\n\n**Model Developers** The lab\n\n**Model Dates** Trained in spring.\n\n"
        "# **Intended Use**\n**Intended Use Cases** Research in English.\n\n**Out-of-scope Uses** Anything against the law.\n\n"
        "# **Hardware and Software**\n**Training Factors** Our own cluster.\n\n**Carbon Footprint** About 539 tonnes.\n\n"
        "# **Training Data**\n**Overview** Two trillion tokens.\n\n**Data Freshness** Until September.\n",
        {"summary": "three sizes", "owners": "The lab", "intended_use": "Research in English", "out_of_scope": "against the law",
         "compute": "Our own cluster", "environmental_impact": "539 tonnes", "training_data": "Until September"},
    ),
    "uses at the highest level, training below by accident, labels that are lines of bold": (
        "# Painter\n\n## Model Details\n- **Developed by:** Two people\n- **Cite as:**\n\n      @book{painter}\n\n# Uses\n\n## Direct Use\n"
        "For research alone.\n\n## Training\n\n**Training Data**\nPictures with captions:\n\n- a subset in English\n\n"
        "**Training Procedure**\nAn encoder and a decoder.\n\n- **Batch:** 2048 at once\n",
        {"owners": "Two people", "citation": "@book{painter}", "intended_use": "For research alone", "training_data": "a subset in English",
         "training_procedure": "2048 at once"},
    ),
    "lines of bold labels, some of which mean nothing here": (
        "# Reader\n## Overview\n**Language:** German  \n**Training data:** Old newspapers  \n**Eval data:** New newspapers  \n"
        "**Infrastructure**: One machine  \n**Published**: Some day in June\n\n**Vocabulary of April**: changed once.\n\n"
        "## Hyperparameters\n\n```\nsteps = 810\n```\n\n## Authors\nAda Lovelace\nBen Jonson\n",
        {"languages": "German", "training_data": "Old newspapers", "evaluation_data": "New newspapers", "compute": "One machine",
         "summary": "changed once", "training_procedure": "steps = 810", "owners": "Ben Jonson"},
    ),
    "a long card that explains its own sections": (
        "# Model Details\n\nA model of many languages.\n\n## Basics\n*This section provides information about who made it.*\n"
        "*It is useful for anyone who wants to reference it.*\n\n**Developed by:** A thousand people\n\n"
        "**Send Questions to:** the list of the project\n\n**Release Date Estimate:** July\n\n# Uses\n\n## Intended Users\n\n"
        "### Direct Users\n\n- Everybody\n\n# Model Card Authors\n*Ordered by the time that they gave.*\n\nGrace Hopper\n",
        {"summary": "many languages", "owners": "the list of the project", "users": "Everybody"},
    ),
    "use, limits and benefits under one heading": (
        "# Small\n\n## Model Information\n\n### Description\n\nA small open model.\n\n### Usage\n\nInstall the package.\n\n"
        "## Usage and Limitations\n\nEvery user meets its limits.\n\n### Intended Usage\n\nText of every sort.\n\n### Benefits\n\nIt fits a laptop.\n\n"
        "## Responsible AI Considerations\n\nQuality differs by language.\n",
        {"summary": "small open model", "quick_start": "Install the package", "limitations": "Every user meets",
         "intended_use": "Text of every sort"},
    ),
    "French, by the model": (
        "---\nlanguage: fr\ndatasets:\n- oscar\n---\n\n# Fromage\n\n## Présentation du modèle\n\nUn modèle de langue.\n\n## Limites et biais\n\n"
        "Des stéréotypes du web.\n\n## Données d'entraînement\n\nDes pages choisies.\n\n## Auteurs\n\nUne équipe\n\n"
        "## Comment utiliser le modèle\n\nCharger le fichier.\n",
        {"summary": "Un modèle de langue", "limitations": "stéréotypes du web", "training_data": "oscar", "owners": "Une équipe",
         "quick_start": "Charger le fichier", "languages": "fr"},
    ),
    "HTML from the first line to the last": (
        "<h1 align='center'>Faces, found in pictures</h1>\n<p><img src='x.png'></p>\n\n<h2>Intended use</h2>\n<p>Points of a face in <b>pictures</b>.</p>\n"
        "<ul><li>Hats</li><li>Glasses</li></ul>\n\n<h2>Out-of-scope</h2>\n<p>Surveillance.</p>\n\n<table>\n<tr><th>Model type</th><td>Convolutional "
        "network</td></tr>\n<tr><th>Training data</th><td>Thirteen thousand pictures</td></tr>\n</table>\n",
        {"intended_use": "Glasses", "out_of_scope": "Surveillance", "architecture": "Convolutional network",
         "training_data": "Thirteen thousand"},
    ),
    "two models that it was made from, as a list at its head": (
        "---\nbase_model:\n- acme/small\n- acme/other\ndatasets:\n- acme/letters\nco2_eq_emissions:\n  emissions: 24\n---\n\n# Merged\n\n## Training data\n\n"
        "Letters and notes.\n\n## BibTeX entry and citation info\n\n```bibtex\n@misc{merged}\n```\n",
        {"base_model": "acme/small, acme/other", "training_data": "acme/letters", "environmental_impact": "emissions: 24",
         "citation": "@misc{merged}"},
    ),
}  # fmt: skip


PROMPTS = r"\*(?:This section|It is useful)[^*]*\*"
"""What a card's template says of its own sections, and nobody wrote."""


@pytest.mark.parametrize(("text", "answers"), SEEN.values(), ids=list(SEEN))
def test_a_card_of_a_shape_that_people_use_answers_what_it_says_and_loses_no_word(text, answers):
    found = import_card(text.encode(), name="README.md", today="2026-11-23")
    details = yaml.safe_load(found.details)
    assert {
        field: field in details and said in str(details[field]) for field, said in answers.items()
    } == dict.fromkeys(answers, True), details
    elsewhere = [
        (field, other) for field, said in answers.items() for other, text_ in details.items()
        if other not in (field, "stated_by") and text.count(said) == 1 and said in str(text_)
    ]  # fmt: skip
    assert elsewhere == [], "what answers one question answers no other"
    whole = found.details.decode()
    measured = {"0.73", "Precision", "F1", "4.40", "Transformers"}  # numbers are measured again
    words = set(
        re.findall(
            r"\w{4,}", re.sub(PROMPTS + r"|(?m:^#.*$)|<h[12].*</h[12]>|<th>.*?</th>|<[^>]*>|\*\*[^*]*\*\*", " ", text)
        )
    )
    left = {
        "Click",
        "expand",
        "metrics",
        "Tujuan",
        "Model",
        "Trained",
        "More",
        "information",
        "needed",
        "Insert",
        "your",
        "score",
        "Score",
        "bash",
        "Framework",
        "datasets",
        "language",
        "co2_eq_emissions",
    }
    assert {word for word in words if word not in whole} - measured - left == set()


def test_the_prompts_of_the_hubs_first_template_are_no_answers():
    text = (
        "# Model name\n\n## Model description\n\nYou can embed local or remote images using `![](...)`\n\n## Intended uses & limitations\n\n"
        "#### How to use\n\n```python\n# You can include sample code which will be formatted\n```\n\n#### Limitations and bias\n\n"
        "Provide examples of latent issues and potential remediations.\n\n## Training data\n\n"
        "Describe the data you used to train the model.\nIf you initialized it with pre-trained weights, add a link to the pre-trained "
        "model card or repository with description of the pre-training data.\n\n## Training procedure\n\n"
        "Preprocessing, hardware used, hyperparameters...\n"
    )
    found = import_card(text.encode(), name="README.md", today="2026-11-23")
    assert set(found.taken) <= {"quick_start"}  # an empty block of code is a block
