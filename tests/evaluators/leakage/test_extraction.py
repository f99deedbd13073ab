"""What the model writes out again is told from what it writes anyway, and personal data from training from what is new."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluators.leakage.support import keys, look, one, texts

from cardwright.errors import UsageError
from cardwright.evaluators.leakage.extraction import longest_common_run
from cardwright.record import Measured, Unmeasured, canonical
from cardwright.record.provenance import DatasetRef
from cardwright.sources.interface import Message, Target

SETTING = {"text": "text", "prefix": 5, "match": 5, "run": 4, "ngram": 4, "least_texts": 10}
WORDS = ("river", "bridge", "winter", "path", "fair", "member", "spring", "paint", "stone", "light", "door", "field")


def lines(n, seed):
    rng = random.Random(seed)
    return [" ".join(rng.choice(WORDS) for _ in range(15)) for _ in range(n)]


def target(answer):
    ref = DatasetRef(name="model", role="model", kind="model", format="callable", sha256="0" * 64)
    return Target(ref=ref, ask=lambda messages: Message("assistant", answer(messages[-1].content)))


def parrot(known):
    """A model that has learnt some texts by heart."""
    by_prefix = {" ".join(text.split()[:5]): " ".join(text.split()[5:]) for text in known}
    return target(lambda prompt: by_prefix.get(prompt, "nothing comes to my mind here today"))


@given(st.text("ab", max_size=12), st.text("ab", max_size=12))
def test_the_longest_common_run_is_that_of_all_runs(first, second):
    runs = [first[i:j] for i in range(len(first)) for j in range(i + 1, len(first) + 1)]
    assert longest_common_run(first, second) == max((len(run) for run in runs if run in second), default=0)


def test_texts_learnt_by_heart_are_found_and_controls_are_not():
    trained, control = lines(40, 1), lines(40, 2)
    seen = look(
        SETTING, training_texts=texts(trained), control_texts=texts(control, "control"), target=parrot(trained[:20])
    )
    assert one(seen, "verbatim_extraction_rate", texts="training").numerator == 20
    assert one(seen, "verbatim_extraction_rate", texts="control").numerator == 0
    difference = one(seen, "verbatim_extraction_difference")
    assert difference.value == 0.5
    assert difference.interval.lower > 0.3
    assert keys(seen)["verbatim_extraction"].severity == "high"
    assert one(seen, "ngram_containment_rate").numerator == 20
    assert not any(word.encode() in canonical.dumps(seen) for word in WORDS if word not in ("member", "light"))


def test_what_the_model_writes_anyway_is_no_finding():
    same = [f"{line} and that is the end of it" for line in lines(40, 1)]
    other = [f"{line} and that is the end of it" for line in lines(40, 2)]
    setting = {**SETTING, "prefix": 15}
    boilerplate = target(lambda prompt: "and that is the end of it")
    seen = look(setting, training_texts=texts(same), control_texts=texts(other, "control"), target=boilerplate)
    assert one(seen, "verbatim_extraction_rate", texts="training").value == 1.0
    assert one(seen, "verbatim_extraction_difference").value == 0.0
    assert "verbatim_extraction" not in keys(seen)


def test_recorded_continuations_need_no_model():
    trained, control = lines(20, 1), lines(20, 2)
    table = {"text": trained, "wrote": [" ".join(line.split()[5:]) for line in trained]}
    other = {"text": control, "wrote": ["nothing"] * 20}
    seen = look({**SETTING, "output": "wrote"}, training_texts=table, control_texts=other)
    assert one(seen, "verbatim_extraction_difference").value == 1.0
    assert seen.completeness == "complete"


def test_characters_are_compared_where_words_are_too_long():
    trained = ["abcdefghijklmnop" + str(n) for n in range(20)]
    setting = {**SETTING, "unit": "character", "output": "wrote"}
    seen = look(setting, training_texts={"text": trained, "wrote": [line[5:] for line in trained]})
    assert one(seen, "verbatim_extraction_rate", texts="training").value == 1.0
    assert isinstance(one(seen, "verbatim_extraction_difference"), Unmeasured)


def test_personal_data_of_training_texts_are_told_from_new_ones_and_from_the_prompts():
    trained = [*lines(10, 1), "write to ada.kovacs@example.com about the bridge in spring when the path is dry again"]
    outputs = ["ask Ada.Kovacs@example.com please", "or ben.new@example.org perhaps", "no one at all"]
    seen = look({"text": "text", "ngram": 4}, training_texts={"text": trained}, outputs={"text": outputs})
    assert one(seen, "training_pii_in_output_rate").numerator == 1
    assert one(seen, "new_pii_in_output_rate").numerator == 1
    assert keys(seen)["training_pii_in_output"].severity == "critical"
    said = canonical.dumps(seen).decode().casefold()
    assert "kovacs" not in said
    assert "ben.new" not in said


def test_an_output_in_which_a_word_was_changed_is_a_near_duplicate_of_its_training_text():
    words = lines(30, 3)
    trained = [" ".join([*words[at].split(), *words[at + 1].split(), *words[at + 2].split()]) for at in range(0, 27, 3)]
    changed = [" ".join(w if place != 20 else "other" for place, w in enumerate(text.split())) for text in trained[:4]]
    fresh = ["nothing that anybody has ever written down in these notes before today or will again"] * 3
    seen = look({"text": "text", "ngram": 8}, training_texts={"text": trained}, outputs={"text": [*changed, *fresh]})
    assert (one(seen, "near_duplicate_output_rate").numerator, one(seen, "near_duplicate_output_rate").denominator) == (
        4,
        7,
    )
    assert "misses a pair at that similarity with a probability of 0.17%" in seen.method


def test_what_stood_in_the_prompt_is_not_the_models():
    text = "please write to ada.kovacs@example.com about the bridge in spring when the path is dry again"
    echo = target(lambda prompt: prompt)
    seen = look({**SETTING, "least_texts": 1}, training_texts=texts([text] * 12), target=echo)
    assert one(seen, "training_pii_in_output_rate").numerator == 0


def test_short_texts_are_listed_and_few_are_not_judged():
    seen = look({**SETTING, "output": "wrote"}, training_texts={"text": ["a b c", *lines(4, 1)], "wrote": ["x"] * 5})
    found = one(seen, "verbatim_extraction_rate", texts="training")
    assert (found.code, found.denominator) == ("too_few_samples", 4)
    assert "1 texts" in {gap.what for gap in seen.coverage.not_tested}


def test_a_live_model_is_asked_about_a_sample_and_the_record_says_so():
    trained = lines(40, 1)
    seen = look({**SETTING, "prompts": 12}, training_texts=texts(trained), target=parrot(trained))
    found = one(seen, "verbatim_extraction_rate", texts="training")
    assert isinstance(found, Measured)
    assert found.denominator == 12
    assert seen.completeness == "sampled"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": "page"}, "word or character"),
        ({"prefix": 0}, "at least 1"),
        ({"run": 9}, "longer than"),
        ({"text": "none"}, "there is no column"),
        ({"output": "none"}, "there is no column"),
        ({}, "how the model goes on"),
    ],
)
def test_misuse_is_said(change, said):
    with pytest.raises(UsageError, match=said):
        look({**SETTING, **change}, training_texts=texts(lines(20, 1)))
