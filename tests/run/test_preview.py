"""A preview shows the dossier's evidence with the answers of the moment, as a draft that nobody has signed."""

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from cardwright.dossier import store
from cardwright.dossier.contents import policy_of
from cardwright.errors import PersonalDataError
from cardwright.record.details import read_details
from cardwright.run import preview

NOW = "2026-11-29T10:00:00Z"


def details(**answers):
    return read_details({"stated_by": "A. Okafor", "stated_on": "2026-11-23", **answers})


def draft(small_once, **answers):
    files = store.read_dossier(small_once / "out")
    return preview.edition(files, policy_of("production"), details(**answers), where="out", now=NOW)


def test_the_answers_are_those_of_the_moment_and_the_evidence_is_the_dossiers(small_once):
    before, after = draft(small_once), draft(small_once, limitations="One city, one year.")
    assert after.record.details.answers["limitations"].text == "One city, one year."
    assert after.record.evaluations == before.record.evaluations
    assert after.record.sha256 != before.record.sha256


def test_it_is_a_draft_and_is_judged_again(small_once):
    files = store.read_dossier(small_once / "out")
    fields = ("summary", "intended_use", "limitations", "out_of_scope", "training_data")
    every = dict.fromkeys(fields, "A thoughtful answer of the owner.")
    bare, answered = draft(small_once), draft(small_once, **every)
    assert (bare.state, answered.state) == ("draft", "draft")
    assert answered.verdict.inputs.record_sha256 == answered.record.sha256
    assert bare.verdict.outcomes != answered.verdict.outcomes
    assert store.read_dossier(small_once / "out") == files, "nothing is written"


def test_details_with_personal_data_are_refused(small_once):
    with pytest.raises(PersonalDataError):
        draft(small_once, limitations="Ask zeb.warrington@corp-mail.com about them.")


def test_without_a_policy_no_decision_is_shown(small_once):
    files = store.read_dossier(small_once / "out")
    assert preview.edition(files, None, details(), where="out", now=NOW).verdict is None
