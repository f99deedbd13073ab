"""Documents in German: every fixed word is translated, and nothing else changes."""

import ast
import io
import re
import shutil
import string
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import get_args

import pytest
from markupsafe import escape
from tests.conftest import ROOT
from tests.documents.test_documents import edition, everything_missing, rich_record
from tests.policy.test_gate import FAILED, with_gap, with_record
from tests.strategies import good_case

from cardwright import documents
from cardwright.documents import audience, environment, filled_fields, former, interface, language
from cardwright.errors import TemplateError, UsageError
from cardwright.files import kinds, packaged
from cardwright.record import canonical, claim, comparison, evaluation, provenance, record, subject, verdict
from cardwright.record.details import FIELDS
from cardwright.record.measurement import Interval, Measured

TEMPLATES = sorted(packaged.folder("card_templates").rglob("*.j2"))
GERMAN = language.of("de")
FORMATS = [(name, format) for name, sort in documents.DOCUMENTS.items() for format in sort.templates if format != "pdf"]


def in_templates() -> set[str]:
    return {key for path in TEMPLATES for key in re.findall(r'\bt\("((?:[^"\\]|\\.)*)"', path.read_text("utf-8"))}


def in_code() -> set[str]:
    """What `say.text` and `say.pattern` are given, and the choices named `key` that are given to them."""
    found: set[str] = set()
    for path in sorted(Path(documents.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            given: list[ast.AST] = []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in ("text", "pattern") and getattr(node.func.value, "id", "") == "say":
                    given = [node.args[0]]
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "key":
                given = [node.value]
            found |= {
                leaf.value
                for root in given
                for leaf in ([root.body, root.orelse] if isinstance(root, ast.IfExp) else [root])
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
            }
    return found


def said_by_fields(*models, field: str = "kind") -> set[str]:
    return {word for model in models for word in get_args(model.model_fields[field].annotation)}


def vocabularies() -> set[str]:
    """The closed vocabularies of the record that documents show: what `term` and the titles are given."""
    claims = [c for c in vars(claim).values() if isinstance(c, type) and "kind" in getattr(c, "model_fields", {})]
    waived = {f"waived ({status})" for status in verdict.STATUSES}
    waived |= {f"{status} (of several)" for status in (*verdict.STATUSES, "waived")}
    terms = {
        *verdict.STATUSES, *waived, "waived", "not asked",
        *get_args(interface.State), *interface.AUDIENCES, *get_args(verdict.Stage), *get_args(subject.Kind),
        *get_args(provenance.SourceKind), *evaluation.SEVERITIES, *comparison.KINDS,
        *said_by_fields(verdict.Verdict, field="decision"), *said_by_fields(verdict.Outcome, field="level"),
        *said_by_fields(verdict.Outcome, field="origin"), *said_by_fields(verdict.Standing, field="status"),
        *said_by_fields(evaluation.Evaluation, field="completeness"), *said_by_fields(evaluation.Binding),
        *said_by_fields(record.NotEvaluated, field="code"), *said_by_fields(*(c for c in claims if c is not claim.Claim)),
        *said_by_fields(claim.Attest, field="answer"), *said_by_fields(claim.WaiveRequest, field="outcome"),
        *said_by_fields(claim.SignOff, field="decision"), *said_by_fields(claim.SignOff, field="meaning"),
        "new", "graver", "more", "gone", "milder",
        *(column for spec in FIELDS.values() for column in spec.columns),
    }  # fmt: skip
    terms |= {part for sort, columns in filled_fields.COLUMNS.items() for part in (sort, *columns)}
    titles = {word for spec in FIELDS.values() for word in (spec.title, spec.section)}
    titles |= {sort.title for sort in documents.DOCUMENTS.values()}
    return {language.words(term) for term in terms} | titles | {
        audience.NOBODY, audience.TOO_FEW, *audience.WITHHELD, *environment.CHOSEN_BY, former.RELEASE,
    }  # fmt: skip


def of_kinds() -> set[str]:
    """What documents of the packaged kinds say beside that: titles, sections, columns, who answers, what they refer to."""
    found: set[str] = {language.words(spec.who) for spec in FIELDS.values()}
    for name in kinds.names():
        kind = kinds.find(name).definition
        found |= {kind.title, *(text for field in kind.fields for text in (field.section, field.title))}
        found |= {language.words(word) for field in kind.fields for word in (field.who, *field.columns)}
        found |= {language.words(word) for link in kind.links for word in (link.role, link.kind)}
    return found


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def body(data: bytes) -> str:
    return re.sub(r"(?s)<style>.*?</style>", "", data.decode())


class Echo(Mapping):
    """A catalogue whose every word is the English one."""

    def __getitem__(self, key):
        return key

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0


ECHO = language.Language("echo", Echo())
STANDARD, OF_KINDS = in_templates() | in_code() | vocabularies() | {*language.ONE.values()}, of_kinds()


# ------------------------------------------------------------------------------------------------ the catalogue


def test_german_has_words_for_everything_that_documents_say_and_for_nothing_else():
    needed = STANDARD | of_kinds()
    assert len(in_templates()) > 200
    assert len(in_code()) > 30
    assert len(of_kinds()) > 400
    assert sorted(needed - set(GERMAN.catalogue)) == []
    assert sorted(set(GERMAN.catalogue) - needed) == []


def test_what_is_counted_has_words_for_one_thing_too():
    """A plural after a count has to have its singular: `1 rows` reads as if nobody had looked at it."""
    plural = re.compile(r"\{n\} (?:more )?(\w+s|are)\b|\{n\} of \{total\} \w+ (rest|were|are)\b")
    every = in_templates() | in_code()
    of_several = {key: plural.search(key) for key in every - {*language.ONE} if plural.search(key)}
    beginnings = {key: re.escape((found.group(1) or "").removesuffix("s")) for key, found in of_several.items()}
    assert [key for key, noun in beginnings.items() if not any(re.search(rf"\b1 {noun}", one) for one in every)] == []
    assert set(language.ONE) <= every


@pytest.mark.parametrize("code", ["fr", "es"])
def test_the_standard_documents_are_whole_in_every_language(code):
    catalogue = language.of(code).catalogue
    assert sorted(STANDARD - set(catalogue)) == []
    assert sorted(set(catalogue) - STANDARD) == []
    assert [key for key, said in catalogue.items() if placeholders(key) != placeholders(said) or not said.strip()] == []
    assert [said for said in catalogue.values() if re.search(r'[<>&"|*`]', said)] == []
    # What is the same word in both languages has one word, and no sentence does.
    assert [
        key for key, said in catalogue.items() if key == said and len(key.split()) > 3 and not placeholders(key)
    ] == []


@pytest.mark.parametrize("code", ["fr", "es"])
@pytest.mark.parametrize(("document", "format"), FORMATS)
def test_every_standard_document_is_set_in_french_and_spanish(code, document, format):
    one = replace(edition(with_gap(FAILED)), language=code)
    text = body(documents.render(one, document=document, format=format))
    english = [key for key, said in language.of(code).catalogue.items() if key != said and len(key.split()) > 4]
    assert [key for key in english if not placeholders(key) and key in text] == []


def test_every_german_sentence_has_the_placeholders_of_the_english_one():
    assert [key for key, said in GERMAN.catalogue.items() if placeholders(key) != placeholders(said)] == []


def test_no_german_sentence_brings_markup():
    assert [said for said in GERMAN.catalogue.values() if re.search(r'[<>&"|*`]', said)] == []


def test_no_template_hides_the_function_behind_a_variable():
    for path in TEMPLATES:
        assert not re.search(r"\{%-? *(?:for|set) +(?:\w+, *)*t\b|macro \w+\([^)]*\bt\b", path.read_text("utf-8")), path


def test_words_that_the_catalogue_does_not_hold_are_an_error_that_names_them(tmp_path):
    (tmp_path / "card.html.j2").write_text(
        '{% extends "cardwright/card.html.j2" %}{% block own_sections %}<h2>{{ t("Review board") }}</h2>{% endblock %}'
    )
    own = edition(templates_dir=tmp_path)
    assert b"<h2>Review board</h2>" in documents.render(own, document="model_card", format="html")
    with pytest.raises(TemplateError, match=r'"de" has no words for "Review board"'):
        documents.render(replace(own, language="de"), document="model_card", format="html")


def test_a_house_adds_words_for_its_own_templates_and_replaces_ours(tmp_path):
    (tmp_path / "words.de.yaml").write_text('"Review board": "Beirat <1>"\n"Owners": "Zuständig"\n', encoding="utf-8")
    (tmp_path / "card.html.j2").write_text(
        '{% extends "cardwright/card.html.j2" %}{% block own_sections %}{{ t("Review board") }}{% endblock %}'
    )
    page = documents.render(edition(templates_dir=tmp_path, language="de"), document="model_card", format="html")
    assert "Beirat <1>" in page.decode()
    assert "<h3>Zuständig</h3>" in page.decode()


def test_words_without_a_value_are_an_error(tmp_path):
    (tmp_path / "card.html.j2").write_text('{{ t("{n} rows") }}')
    with pytest.raises(TemplateError, match=r"\{n\} rows.*cannot be filled in"):
        documents.render(edition(templates_dir=tmp_path), document="model_card", format="html")


def test_a_catalogue_that_is_none_is_refused(tmp_path):
    (tmp_path / "words.de.yaml").write_text("- a\n")
    with pytest.raises(TemplateError, match="not a catalogue"):
        documents.render(edition(templates_dir=tmp_path, language="de"), document="model_card", format="html")


def test_a_language_that_documents_are_not_written_in_is_said():
    with pytest.raises(UsageError, match='not written in "it"'):
        edition(language="it")


@pytest.mark.parametrize("document", ["model_card", "audit_report"])
def test_what_is_filled_in_is_escaped_in_every_language(document):
    case = good_case()
    hostile = '<script>alert("{n} {0.__class__}")</script>'
    one = case.record.model_copy(update={"subject": case.record.subject.model_copy(update={"version": hostile})})
    for code in language.LANGUAGES:
        page = body(documents.render(documents.Edition(record=one, language=code), document=document, format="html"))
        assert "<script" not in page
        assert "{0.__class__}" in page


# ------------------------------------------------------------------------------------------------ German documents


@pytest.mark.parametrize(("document", "format"), FORMATS)
def test_no_fixed_word_of_a_german_document_is_english(document, format):
    """Every English key of several words, and the headings and labels of one word, looked for in the German text."""
    for case in (good_case(), with_gap(FAILED), with_record(good_case(), everything_missing())):
        one = replace(edition(case, language="de"), claims=case.claims)
        text = body(documents.render(one, document=document, format=format))
        for outcome in one.verdict.outcomes:  # what the gate explains stays in its language
            for said in (outcome.explanation, outcome.remedy or ""):
                text = text.replace(str(escape(said)), "").replace(environment.markdown_text(said), "")
        english = [key for key, said in GERMAN.catalogue.items() if key != said and not placeholders(key)]
        english = [key for key in english if key not in environment.CHOSEN_BY]  # policies speak of the plan, too
        english = [key for key in english if key not in OF_KINDS - STANDARD]  # a source may be called `test`
        assert [key for key in english if " " in key and re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text)] == []
        labels = re.findall(r"<(?:h\d[^>]*|dt|caption|th[^>]*)>([^<]+)</|^#+ (.*)$|^\| (.*) \|$", text, re.MULTILINE)
        shown = {cell for label in labels for part in label for cell in part.split(" | ") if cell}
        assert sorted(shown & set(english)) == []


@pytest.mark.parametrize("document", sorted(documents.DOCUMENTS))
def test_a_german_page_says_that_it_is_german_and_what_is_not(document):
    page = documents.render(edition(language="de"), document=document, format="html").decode()
    assert '<html lang="de">' in page
    assert page.count("in der Sprache, in der sie geschrieben wurden") == 1
    assert "in der Sprache" not in documents.render(edition(), document=document, format="html").decode()


def test_what_people_and_evaluators_wrote_stays():
    case = with_record(good_case(), rich_record())
    page = documents.render(edition(case, language="de"), document="audit_report", format="html").decode()
    for e in case.record.evaluations:
        assert e.question in page
    assert "A token came out." in page


def test_the_record_inside_a_german_edition_is_the_same():
    pikepdf = pytest.importorskip("pikepdf")
    for document in documents.DOCUMENTS:
        one = edition(language="de")
        with pikepdf.open(io.BytesIO(documents.render(one, document=document, format="pdf"))) as made:
            assert made.attachments["record.json"].get_file().read_bytes() == canonical.dumps(one.record)
            assert str(made.Root.Lang) == "de"
            assert document != "evaluation_summary" or len(made.pages) <= 2


def test_a_german_pdf_counts_its_pages_and_states_its_edition_in_german():
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    data = documents.render(edition(language="de", state="in review"), document="model_card", format="pdf")
    done = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True)
    pages = done.stdout.decode().split("\f")[:-1]
    assert f"Seite 1 von {len(pages)}" in pages[0]
    assert all("IN PRÜFUNG" in page for page in pages)


def test_an_edition_for_the_public_says_what_is_withheld_in_german():
    case = with_record(good_case(), rich_record())
    one = replace(edition(case, language="de", audience="public"), claims=case.claims)
    page = body(documents.render(one, document="audit_report", format="html"))
    assert "(Name zurückgehalten)" in page
    assert "withheld" not in re.sub(r"<code>.*?</code>", "", page).lower()


# ------------------------------------------------------------------------------------------------ numbers and phrases


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.70779, "proportion", "0,708"),
        (-0.25, "difference", "\u22120,250"),
        (1234567.0, "count", "1\u202f234\u202f567"),
        (1234.5, "count", "1\u202f234,5"),
        (0.0000123, "ratio", "<0,001"),
        (None, "ratio", "—"),
    ],
)
def test_german_numbers_have_a_comma_and_narrow_spaces(value, unit, shown):
    assert environment.number(value, unit, GERMAN) == shown


def test_a_german_number_is_said_with_its_interval_and_its_counts():
    m = Measured(
        metric="accuracy", value=0.8, unit="proportion", direction="higher_is_better", numerator=80, denominator=100,
        interval=Interval(lower=0.7, upper=0.9, level=0.975, method="wilson"),
    )  # fmt: skip
    assert environment.measured(m, GERMAN) == "0,800 (97,5\u202f%-Intervall 0,700 bis 0,900; 80 von 100)"


def test_the_headline_in_another_language_follows_from_the_same_counts():
    for case in (good_case(), with_gap(FAILED), with_record(good_case(), everything_missing())):
        judged = edition(case).verdict
        assert environment.headline(judged, ECHO).replace(" (of several)", "") == judged.headline
    assert environment.headline(edition().verdict, GERMAN).startswith(
        "ABGELEHNT: 1 Anforderung steht im Weg (1 verfehlt"
    )


def test_where_a_law_stands_is_said_in_every_language_alike():
    days = (None, "2023-07-05")
    for status, since, until, note in product(
        get_args(verdict.Standing.model_fields["status"].annotation), days, (None, "2025-01-01"), (None, "by a rule")
    ):
        if status == "superseded" and until is None:
            continue
        one = verdict.Standing(status=status, as_of="2026-10-07", effective=since, superseded=until, note=note)
        assert environment.standing(one, ECHO) == one.words


def test_the_catalogue_is_a_file_that_people_can_read():
    lines = (ROOT / "card_templates" / "words.de.yaml").read_text("utf-8").splitlines()
    assert all(re.fullmatch(r'".+": ".+"|#.*|', line) for line in lines)


def test_abbreviations_stay_capitals_in_names_as_programs_write_them():
    assert [language.words(name) for name in ("kpi_report", "kpis", "responsible_ai_coverage", "roc_auc", "paid")] == [
        "KPI report",
        "KPIs",
        "responsible AI coverage",
        "ROC AUC",
        "paid",
    ]
