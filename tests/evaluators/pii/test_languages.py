"""The language of texts chooses whose national numbers are looked for, and what was chosen is said."""

import pytest

pytest.importorskip("presidio_analyzer")

from tests.evaluators.pii.test_measure import evaluate, table_from

from cardwright.evaluators.pii import engine, presidio
from cardwright.evaluators.pii.languages import COUNTRIES_OF, countries_of, languages_of

TEXTS = {
    "de": "Der Antrag wird geprüft, und Sie sind nach der Prüfung auch für die Zahlung bei uns zuständig, nicht aber über das Amt.",
    "es": "La solicitud está en curso, pero los datos y las cartas son para el banco, porque también hay una copia del contrato.",
    "it": "La domanda è stata presentata, ma gli uffici non sono aperti e anche il modulo della banca è con questo foglio, perché manca.",
    "pl": "Wniosek jest w toku, ale nie ma decyzji i dane są dla banku, oraz jego kopia jest tylko przez urząd, jak się wydaje.",
    "sv": "Ansökan är hos oss och det är inte klart, men vi har ett svar till den som väntar på att få besked av banken.",
    "fi": "Hakemus on jätetty ja se on hyväksytty, mutta tiedot ovat vielä kesken, kun hän ei ole vastannut, niin myös pankki odottaa.",
    "tr": "Başvuru alındı ve bu belge için bir kopya gerekli, ama çok geç değil, daha sonra banka ile görüşmek gibi bir yol var.",
    "ko": "신청서는 은행에 제출되었으며 결과는 다음 주에 통보될 예정입니다",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_language_is_told_by_its_small_words_or_its_script(language):
    assert languages_of([TEXTS[language]]) == (language,)


@pytest.mark.parametrize(
    "text",
    [
        "The committee agreed that the river path should stay open in winter and that the old bridge be painted before spring.",
        "Men die in war; I am also on the list, as is he, and no one is to be at the den by nine, so do as I say to them now.",
        "",
        "der und die",
    ],
)
def test_english_and_too_little_bring_no_country(text):
    assert countries_of([text]) == ()


def test_every_country_that_a_language_brings_has_recognisers():
    assert {country for countries in COUNTRIES_OF.values() for country in countries} <= set(presidio.by_country())


def test_german_texts_bring_german_numbers_and_the_report_says_so():
    result = evaluate(table_from({"note": [TEXTS["de"], "Steuer-ID 86095742719"]}))
    assert "de, chosen by the language of the texts" in result.method
    assert "DE_TAX_ID" in {m.slice.get("entity") for m in result.measurements}


def test_countries_of_the_plan_are_the_only_ones():
    result = evaluate(table_from({"note": [TEXTS["de"]]}), countries=["us"])
    assert "chosen by the language" not in result.method
    assert "DE_TAX_ID" not in engine.detector(["us"]).entities


def test_a_german_postcode_weighs_little():
    result = evaluate(table_from({"note": ["PLZ 80331 München"]}), countries=["de"])
    assert {f.severity for f in result.findings if f.key == "entity.de_plz"} <= {"low"}
