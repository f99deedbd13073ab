"""Generated values have the form and the check digits of their kind, by standards and libraries that we did not write."""

import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardwright.evaluators.pii.entities import ENTITIES
from cardwright.evaluators.pii.planted_values import PLANTED, iban, with_check_digit

OF = {(one.entity, one.region): one for one in PLANTED}


def made(entity, region="any", seed=0, count=30):
    rng = random.Random(seed)
    return [OF[entity, region].make(rng) for _ in range(count)]


def test_each_kind_and_region_stands_once_and_is_a_kind_of_the_table():
    assert max(Counter((one.entity, one.region) for one in PLANTED).values()) == 1
    assert {one.entity for one in PLANTED} <= set(ENTITIES)
    assert len({one.region for one in PLANTED if one.entity == "PERSON"}) >= 6


def test_the_same_seed_gives_the_same_values_and_they_vary():
    for one in PLANTED:
        values = [one.make(random.Random(seed)) for seed in range(30)]
        assert values == [one.make(random.Random(seed)) for seed in range(30)]
        assert len(set(values)) > 3, one


def test_published_examples_get_their_published_check_digits():
    assert with_check_digit("453201511283036") == "4532015112830366"
    assert iban("GB", "WEST12345698765432") == "GB82WEST12345698765432"
    assert iban("NL", "ABNA0417164300") == "NL91ABNA0417164300"


@given(st.text(alphabet="0123456789", min_size=5, max_size=18))
def test_a_number_with_its_check_digit_satisfies_luhn(body):
    digits = [int(digit) for digit in with_check_digit(body)]
    assert (sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])) % 10 == 0


def test_telephone_numbers_are_valid_ones_of_their_country():
    phonenumbers = pytest.importorskip("phonenumbers", reason="comes with the text extra")
    for region in ("us", "gb", "de", "fr"):
        numbers = made("PHONE_NUMBER", region)
        possible = [phonenumbers.is_possible_number(phonenumbers.parse(one, region.upper())) for one in numbers]
        assert all(possible), (region, numbers)


def test_numbers_of_states_are_such_as_are_given_out():
    assert all(
        re.fullmatch(r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}", one) for one in made("US_SSN", "us", count=200)
    )
    for one in made("UK_NHS", "gb", count=50):
        digits = [int(digit) for digit in one.replace(" ", "")]
        assert (11 - sum(digit * (10 - place) for place, digit in enumerate(digits[:9])) % 11) % 11 == digits[9]
