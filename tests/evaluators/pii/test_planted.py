"""Generated values are planted into the texts at hand, and what comes back is counted; the record never holds one."""

import pytest

pytest.importorskip("presidio_analyzer")
pytest.importorskip("pyarrow")

from tests.evaluators.pii.support import name_model, named

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.pii import Pii, engine
from cardwright.evaluators.pii.planted import planted_gaps, planted_results, planted_table
from cardwright.evaluators.pii.planted_values import PLANTED, PlantedKind
from cardwright.record import canonical
from cardwright.sources.frames import table_from, texts_from

TEXTS = [
    f"the committee met in the {word} room and spoke of the bridge"
    for word in ("red", "blue", "old", "new", "green", "small", "large")
]
DIGEST = "a" * 64


def results(texts=TEXTS, models=(), thresholds=None, entities=None, size=5, digest=DIGEST):
    detector = engine.detector()
    kinds = entities or tuple({one.entity for one in PLANTED})
    return {
        (one.kind.entity, one.kind.region): one
        for one in planted_results(texts, detector, models, thresholds or {}, kinds, digest=digest, size=size)
    }


def test_what_has_a_form_comes_back_alone_and_a_name_only_if_it_is_announced():
    found = results()
    for at in (("EMAIL_ADDRESS", "any"), ("IBAN_CODE", "gb"), ("US_SSN", "us"), ("STREET_ADDRESS", "de")):
        assert (found[at].planted, found[at].alone) == (5, 5), at
    assert (found["PERSON", "en"].alone, found["PERSON", "en"].announced) == (0, 5)
    assert (found["LOCATION", "any"].alone, found["LOCATION", "any"].announced) == (0, 0)


def test_a_model_brings_back_names_that_nothing_announces():
    surnames = dict.fromkeys(("Whitaker", "Hughes", "Thornton", "Palmer", "Ellison", "Barlow"), "PERSON")
    found = results(models=[name_model(surnames)])
    assert found["PERSON", "en"].alone == 5
    assert found["PERSON", "vn"].alone == 0


def test_a_threshold_that_nothing_reaches_brings_nothing_back():
    assert results()["MAC_ADDRESS", "any"].alone == 5
    assert results(thresholds={"MAC_ADDRESS": 1.0})["MAC_ADDRESS", "any"].alone == 0


def test_the_same_data_get_the_same_values_and_other_data_others():
    class Recorder:
        """Notes every text that it is asked to look through."""

        entities = ("EMAIL_ADDRESS",)

        def __init__(self):
            self.texts = []

        def scan(self, texts):
            self.texts += texts
            return engine.DetectedHits(tuple(() for _ in texts), 0, 0)

    def seen(digest):
        recorder = Recorder()
        planted_results(TEXTS, recorder, (), {}, ("EMAIL_ADDRESS",), digest=digest, size=3)
        return recorder.texts

    assert seen("a") == seen("a") != seen("b")
    assert all("example." in text and text.startswith("the committee"[:3]) for text in seen("a"))


def test_nothing_is_planted_into_few_texts_or_into_cells_that_are_no_sentence():
    assert (
        results(TEXTS[:4]) == {}
        and results(["one two"] * 3 + ["red", "blue", "12"] * 9) == {}
        and results(size=0) == {}
    )


def test_a_text_without_a_blank_in_its_beginning_and_one_of_lines_and_tabs_do_no_harm():
    odd = ["x" * 500 + " and more words", "one\ntwo\nthree\nfour", "one\ttwo\tthree", "\u00a0"]
    assert results([*TEXTS, *odd], size=9)["EMAIL_ADDRESS", "any"].planted == 9
    assert results(odd * 5) == {}


def test_kinds_that_do_not_come_back_are_gaps_and_names_are_on_the_list_anyway():
    gaps = [*planted_gaps([*results().values()])]
    assert [(gap.what, gap.why) for gap in gaps] == [
        ("PASSWORD that nothing announces", "of 5 generated values that were planted into these texts 0 came back")
    ]


def test_the_table_has_an_interval_for_each_share():
    from cardwright.statistics.intervals import wilson

    (table,) = planted_table([*results(entities=("EMAIL_ADDRESS",)).values()], 0.9)
    bounds = wilson(5, 5, 0.9)
    share = (1.0, bounds.lower, bounds.upper)
    assert table.rows == (("EMAIL_ADDRESS", "any", 5.0, *share, *share),)
    assert [*planted_table((), 0.9)] == []


def test_an_evaluation_prints_what_came_back_and_holds_no_planted_value(monkeypatch):
    from cardwright.evaluators.pii import planted

    marked = PlantedKind("EMAIL_ADDRESS", "any", "e-mail:", lambda rng: "zzplanted@example.com")
    monkeypatch.setattr(planted, "PLANTED", (marked,))
    result = Pii().evaluate(Inputs("pii", {"source": texts_from({"note": TEXTS})}))
    (table,) = [one for one in result.tables if one.id == "planted"]
    assert table.rows[0][:4] == ("EMAIL_ADDRESS", "any", 7.0, 1.0)
    assert b"zzplanted" not in canonical.dumps(result)
    assert not [m for m in result.measurements if m.metric == "pii_hits" and getattr(m, "value", 0)]


def test_it_can_be_left_out_and_an_evaluation_of_few_texts_says_that_nothing_was_planted():
    few = Pii().evaluate(Inputs("pii", {"source": texts_from({"note": TEXTS[:3]})}))
    assert any(gap.what.startswith("how many generated values come back") for gap in few.coverage.not_tested)
    off = Pii(planted=0).evaluate(Inputs("pii", {"source": texts_from({"note": TEXTS})}))
    assert not [one for one in off.tables if one.id == "planted"]
    table = Pii().evaluate(
        Inputs("pii", {"source": table_from({"kind": ["a", "b"] * 9}), "ner_model": named(name_model({"a": "PERSON"}))})
    )
    assert not [gap for gap in table.coverage.not_tested if "generated values" in gap.what]
