"""A heading is evidence by itself, in eight languages, and says nothing where the table has no word for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.privacy.heading_words import LANGUAGES, concepts
from cardwright.privacy.headings import CLASSES, meaning, quasi_identifiers, terms

SPOKEN = {
    "direct_identifier": (
        "full_name", "home_address", "passport_no", "Nachname", "Straße", "strasse", "prénom", "apellido1", "codice_fiscale", "bsn",
        "CPF", "numer_telefonu", "customerName", "E-Mail", "patient_id", "iban",
    ),
    "quasi_identifier": (
        "date_of_birth", "gender", "zip", "Geburtsdatum", "code_postal", "fecha_nacimiento", "data_di_nascita", "woonplaats",
        "faixa_etária", "płeć", "age_band", "marital.status",
    ),
    "special_category": (
        "religion", "diagnosis", "ethnicity", "Konfession", "état_de_santé", "afiliación sindical", "orientamento_politico",
        "etniciteit", "deficiência", "pochodzenie_etniczne", "union", "priors_count",
    ),
    "secret": ("password", "api_key", "Passwort", "mot_de_passe", "contraseña", "wachtwoord", "senha", "hasło", "cvv"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "heading"), [(kind, heading) for kind, said in SPOKEN.items() for heading in said])
def test_a_heading_that_speaks_of_people_has_its_class(kind, heading):
    found = meaning(heading)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "heading",
    [
        "product_name", "file_name", "email_verified", "phone_type", "page", "european_union", "loan_amount", "market_cap", "tokens",
        "customer_segment", "user_agent", "sepal_length", "v17", "", "имя",
    ],
)  # fmt: skip
def test_a_heading_that_speaks_of_something_else_says_nothing(heading):
    assert meaning(heading) is None


@pytest.mark.parametrize(
    ("heading", "concept"),
    [
        *((heading, "person_name") for heading in (
            "nom_client", "nombre_cliente", "cust_name", "emp_name", "Name (Patient)", "Name des Kunden", "names_of_patients",
            "nome del paziente", "spouse", "full_name_version", "n\u0430me", "full_n\u200bame", "ｆｕｌｌ＿ｎａｍｅ",
        )),
        *((heading, "birth_date") for heading in ("birthdt", "bday", "d_o_b")),
        *((heading, "phone") for heading in ("mob", "mob_no", "cell_no")),
        *((heading, "national_id") for heading in ("nhs_no", "ss_no", "cnpj", "vin", "driver_lic")),
        *((heading, "bank_account") for heading in ("acct", "acct_no", "cc_num")),
    ],
)  # fmt: skip
def test_abbreviations_either_order_and_letters_that_look_alike_say_the_same(heading, concept):
    found = meaning(heading)
    assert found is not None
    assert found.concept.name == concept


@pytest.mark.parametrize(
    "heading",
    [
        "name_of_product",
        "nombre_producto",
        "first",
        "last",
        "cell",
        "plate",
        "cell_count",
        "vin_rouge",
        "mob_size",
        "acct_type",
    ],
)
def test_short_words_of_other_things_say_nothing(heading):
    assert meaning(heading) is None


def test_every_concept_has_words_in_six_languages_at_least_or_none_of_its_own_there():
    assert len(LANGUAGES) >= 6
    assert {concept.kind for concept in concepts()} == {*CLASSES}
    for kind in CLASSES:
        spoken = {language for concept in concepts() if concept.kind == kind for language in concept.words}
        assert spoken == {*LANGUAGES}, kind


def test_every_term_of_the_table_is_found_by_itself_as_its_own_concept_or_an_earlier_one():
    order = {concept.name: place for place, concept in enumerate(concepts())}
    counted = 0
    for concept in concepts():
        for said in concept.words.values():
            for term in said:
                found = meaning(term.replace(" ", "_"))
                assert found is not None, term
                assert order[found.concept.name] <= order[concept.name] or len(found.term) >= len(term), term
                counted += 1
    assert counted == terms()


@given(
    st.sampled_from(["date of birth", "home address", "first name"]),
    st.sampled_from(["_", " ", "-", ".", "__"]),
    st.booleans(),
)
def test_how_a_heading_is_written_does_not_matter(term, mark, upper):
    written = term.replace(" ", mark)
    camel = "".join(word.capitalize() for word in term.split())
    expected = meaning(term)
    assert meaning(written.upper() if upper else written) == meaning(camel) == expected


@given(st.text(max_size=300))
def test_any_text_has_a_meaning_or_none(heading):
    meaning(heading)


def test_what_tells_people_apart_is_told_from_what_names_them():
    headings = ["income", "zip", "birth_date", "race", "full_name", "religion", "age"]
    assert quasi_identifiers(headings) == ("zip", "birth_date", "race", "age")
