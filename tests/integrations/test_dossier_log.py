"""What a dossier says in numbers and words: every outcome has a word, and only what was measured a number."""

import json

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.attest.desks import refused_once, released_once

from cardwright.dossier import store
from cardwright.errors import IntegrityError
from cardwright.integrations.dossier_log import log_of

__all__ = ["refused_once", "released_once"]


def test_every_requirement_has_a_word_and_only_what_was_measured_a_number(refused_once):
    files = store.read_dossier(refused_once / "out")
    log = log_of(files, where="out")
    verdict = json.loads(files["verdict.json"])
    said = {
        key.removeprefix("cardwright.requirement."): word for key, word in log.words.items() if "requirement." in key
    }
    assert said == {one["requirement"]: one["status"] for one in verdict["outcomes"]}
    assert log.subject == "loans 1.0.0"
    assert (log.words["cardwright.decision"], log.numbers["cardwright.allowed"]) == ("refused", 0.0)
    assert log.numbers["cardwright.requirement.ranking.limit"] == 0.99
    assert not [key for key in log.numbers if key.startswith("cardwright.requirement.owner")]


def test_what_was_waived_says_of_what_and_a_release_says_who_answers_for_it(released_once):
    log = log_of(store.read_dossier(released_once / "out"), where="out")
    assert log.words["cardwright.requirement.ranking"] == "waived: failed"
    assert log.words["cardwright.released"].endswith("says whether it holds")
    assert log.numbers["cardwright.requirements.waived"] == 1.0


def test_a_record_that_is_not_one_is_refused(refused_once):
    files = store.read_dossier(refused_once / "out")
    with pytest.raises(IntegrityError):
        log_of({**files, "record.json": b"{}"}, where="out")
