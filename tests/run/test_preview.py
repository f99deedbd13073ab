"""A preview shows the dossier's evidence with the answers of the moment, as a draft that nobody has signed."""

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from cardwright.dossier import contents, store
from cardwright.dossier.contents import policy_of
from cardwright.errors import PersonalDataError
from cardwright.record import canonical
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


def test_the_evidence_is_as_fresh_as_the_run_that_made_it_whatever_is_typed(small_once):
    typed = draft(small_once, limitations="One city, one year.")
    assert typed.run.record_sha256 == typed.record.sha256
    assert not [o for o in typed.verdict.outcomes if "another record" in o.explanation]
    assert not [o for o in typed.verdict.outcomes if o.explanation.startswith("It is not known whether everything")]


def test_the_facts_of_another_run_stay_another_runs(small_once):
    files = dict(store.read_dossier(small_once / "out"))
    facts = contents.case_of(files, where="out").run
    (path,) = [name for name in files if name.endswith("run.json")]
    files[path] = canonical.dumps(facts.model_copy(update={"record_sha256": "e" * 64}))
    made = preview.edition(files, policy_of("production"), details(), where="out", now=NOW)
    assert made.run.record_sha256 == "e" * 64


def test_details_with_personal_data_are_refused(small_once):
    with pytest.raises(PersonalDataError):
        draft(small_once, limitations="Ask zeb.warrington@corp-mail.com about them.")


def test_without_a_policy_no_decision_is_shown(small_once):
    files = store.read_dossier(small_once / "out")
    assert preview.edition(files, None, details(), where="out", now=NOW).verdict is None
