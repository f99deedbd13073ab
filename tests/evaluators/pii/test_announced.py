"""Words announce names, addresses, dates of birth and organisations, in several languages; what only looks like it is none."""

import pytest

pytest.importorskip("presidio_analyzer")

from hypothesis import given
from hypothesis import strategies as st

from cardwright.evaluators.pii import engine
from cardwright.evaluators.pii.announced import _CODE, _LETTERS, KINDS, _may_match, recognizers
from cardwright.evaluators.pii.thresholds import counted

RECOGNIZERS = {one.supported_entities[0]: one for one in recognizers()}


def found(text, *kinds):
    hits = counted(text, engine.detector().scan([text]).hits[0])
    return [text[hit.start : hit.end] for hit in hits if hit.entity in (kinds or KINDS)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Good morning Mrs. O'Brien, your parcel arrived.", ["O'Brien"]),
        ("Hi Tom, could you look at this?", ["Tom"]),
        ("Patient: Jane Q. Doe, admitted", ["Jane Q. Doe"]),
        ("my name is Anna-Lena van der Berg and", ["Anna-Lena van der Berg"]),
        ("hi, this is Peter from the bank", ["Peter"]),
        ("Kind regards,\n\nDr. A. K. Singh\nHead of Sales", ["A. K. Singh"]),
        ("Sehr geehrte Frau Dr. Schmidt-Hansen,", ["Schmidt-Hansen"]),
        ("Mit freundlichen Grüßen\nJörg Bäcker", ["Jörg Bäcker"]),
        ("Je m'appelle Zoé Martin.", ["Zoé Martin"]),
        ("Estimada Sra. Gómez:", ["Gómez"]),
        ("Nombre: Luis Alberto Pérez", ["Luis Alberto Pérez"]),
        ("Mi chiamo Giulia D'Amico", ["Giulia D'Amico"]),
        ("Geachte heer de Vries,", ["de Vries"]),
        ("Szanowna Pani Kowalska,", ["Kowalska"]),
        ("Dear Sir,", []), ("Dear Hiring Manager,", []), ("Hello World!", []), ("Hello Kitty is a brand", []),
        ("This is Great News", []), ("Mr and Mrs", []), ("name: build", []), ("To: All Staff", []),
    ],
)  # fmt: skip
def test_names_are_found_where_words_announce_them(text, names):
    assert found(text, "PERSON") == names


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("He lives at 12 Mill Lane, Springfield, IL 62704.", ["12 Mill Lane, Springfield, IL 62704"]),
        ("221B Baker Street, London", ["221B Baker Street"]),
        ("Lindenstraße 14a, 10115 Berlin. Frau Müller", ["Lindenstraße 14a, 10115 Berlin"]),
        ("12 rue de la République, 69001 Lyon", ["12 rue de la République, 69001 Lyon"]),
        ("Calle Mayor 5, Madrid", ["Calle Mayor 5"]),
        ("Via Roma 12, 20121 Milano", ["Via Roma 12, 20121 Milano"]),
        ("Prinsengracht 263, 1016 GV Amsterdam", ["Prinsengracht 263, 1016 GV Amsterdam"]),
        ("P.O. Box 123", ["P.O. Box 123"]),
        ("We met 3 times on Main Street", []), ("section 4 Drive", []), ("Ring 5 times", []),
    ],
)  # fmt: skip
def test_addresses_are_found_by_street_and_number(text, addresses):
    assert found(text, "STREET_ADDRESS") == addresses


@pytest.mark.parametrize("text", ["DOB: 01/02/1990", "born on March 3, 1985", "geb. 12.03.1974", "née le 12 juin 1990"])
def test_a_date_is_one_of_birth_if_words_say_so(text):
    (date,) = found(text, "DATE_OF_BIRTH")
    assert text.endswith(date)
    assert found("the meeting of " + date, "DATE_OF_BIRTH") == []


def test_organisations_are_found_by_their_legal_form_and_two_are_two():
    text = "Hansen Shipping Ltd and Beispiel GmbH & Co. KG agreed"
    assert found(text, "ORGANIZATION") == ["Hansen Shipping Ltd", "Beispiel GmbH & Co. KG"]
    assert found("SE Asia and AG Insurance", "ORGANIZATION") == []


@pytest.mark.parametrize("text", ["London SW1A 1AA", "Ottawa, ON K1A 0B1", "00-950 Warszawa", "D-10115 Berlin"])
def test_a_postal_code_with_its_town_is_a_place(text):
    assert found(text, "LOCATION") == [text]


def test_five_digits_before_a_word_are_no_postal_code():
    assert found("order 10115 Berlin", "LOCATION") == []


PARTS = st.sampled_from((
    "Dear", "Mr", "Dr.", "Maria", "Name:", " ", "\n", "my name is", "12", "Mill", "Street", "Straße", "born on", "3 May 1981", "Ltd", "é", ",",
    "10115", "Berlin", "SW1A 1AA", "Ottawa, ON K1A 0B1", "00-950", "1234-567", "IL 62704", "GmbH & Co. KG", "S.p.A.", "A/S", "Good  morning", "MR", "mr_x", "Frau1", "Dr.Maria", "rue", "Via", "Kind regards", "this is", "speaking",
))  # fmt: skip


@given(st.lists(PARTS, max_size=14).map(" ".join))
def test_both_engines_find_the_same(text):
    detector = engine.detector()
    assert detector.scan([text]).hits == detector.scan([text], (), "stock").hits


@given(st.lists(PARTS, max_size=14).map(" ".join))
def test_a_pattern_matches_in_no_text_that_it_is_not_tried_on(text):
    lowered, digit = text.lower(), any(character.isdigit() for character in text)
    found = frozenset(_LETTERS.findall(lowered))
    for recognizer in RECOGNIZERS.values():
        for name, one in recognizer._of.items():
            tried = (digit or not one.digit) and _may_match(one, lowered, found)
            tried = tried and (one.entity != "LOCATION" or _CODE.search(text) is not None)
            assert tried or recognizer._compiled[name].search(text) is None, name


@pytest.mark.parametrize(
    "piece", ["A", "A-", "A.", "A ", "Aa'", "Mr ", "1 ", "1-", " ", "\n", "Aa Bb of ", "Straße ", "a."]
)
def test_hostile_repetition_is_read_to_its_end(piece):
    text = piece * (40_000 // len(piece))
    for kind, recognizer in RECOGNIZERS.items():
        assert recognizer.analyze(text, [kind]) is not None
