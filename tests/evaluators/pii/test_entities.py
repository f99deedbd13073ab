"""The table of kinds: what each weighs, from which score on it counts, and which comes first."""

import pytest

from cardwright.evaluators.pii.entities import CONTEXT, ENTITIES, FORM, MEANT, capitalised, entity, priority
from cardwright.record.evaluation import SEVERITIES


@pytest.mark.parametrize("one", ENTITIES.values(), ids=lambda one: one.name)
def test_every_kind_has_words_a_weight_and_a_score_of_the_two(one):
    assert one.name == one.name.upper()
    assert one.title[0].islower() or one.title.startswith(("AWS", "IBAN", "NHS"))
    assert one.severity in SEVERITIES
    assert one.threshold in (CONTEXT, FORM)
    assert one.why.endswith((".", ")"))


def test_a_kind_stands_once_and_the_graver_ones_come_before_the_least():
    assert len({one.title for one in ENTITIES.values() if "telephone number" not in one.title}) == len(
        [one for one in ENTITIES.values() if "telephone number" not in one.title]
    )
    order = [*ENTITIES]
    assert [priority(name) for name in order] == [*range(len(order))]
    worst = max(order.index(one.name) for one in ENTITIES.values() if one.severity == "critical")
    least = min(order.index(one.name) for one in ENTITIES.values() if one.severity in ("info", "low"))
    assert worst < least


def test_a_country_s_own_number_weighs_high_with_context_alone_and_comes_last():
    one = entity("XX_TAX_ID")
    assert (one.severity, one.threshold, one.title) == ("high", CONTEXT, "a number of the kind XX_TAX_ID")
    assert priority("XX_TAX_ID") == len(ENTITIES)


def test_kinds_that_no_form_tells_are_in_the_table():
    assert {*ENTITIES} >= MEANT
    assert "EMAIL_ADDRESS" not in MEANT


@pytest.mark.parametrize(("text", "shown"), [("an IBAN", "An IBAN"), ("", ""), ("É", "É"), ("a", "A")])
def test_a_title_begins_a_sentence_and_keeps_its_other_letters(text, shown):
    assert capitalised(text) == shown
