"""Evidence has an age, and it is not younger than it is."""

from dataclasses import replace
from datetime import date

from tests.policy.test_gate import P, outcome
from tests.strategies import NOW, good_case

from cardwright.policy.gate import decide
from cardwright.policy.rules.age import AgeRule


def test_evidence_goes_stale_on_the_day_after_its_last():
    assert outcome(decide(good_case(), P, "2026-12-20T23:59:59Z"), "fresh").status == "passed"
    assert outcome(decide(good_case(), P, "2026-12-21T00:00:00Z"), "fresh").status == "stale"


def test_evidence_from_the_future_is_refused():
    assert outcome(decide(good_case(), P, "2026-11-18T00:00:00Z"), "fresh").status == "mismatched"


def test_the_facts_of_another_run_are_mismatched():
    case = good_case()
    run = case.run.model_copy(update={"record_sha256": "f" * 64})
    assert outcome(decide(replace(case, run=run), P, NOW), "fresh").status == "mismatched"


def test_an_allowance_holds_as_long_as_its_evidence_is_young_enough():
    assert decide(good_case(), P, NOW).valid_until == "2026-12-20", "made on 2026-11-20, and accepted for 30 days"
    older = replace(good_case(), run=good_case().run.model_copy(update={"earlier": {"pii": "2026-11-01T00:00:00Z"}}))
    assert AgeRule(max_days=30).valid_until(older) == date(2026, 12, 1)
    assert AgeRule(max_days=30).valid_until(replace(good_case(), run=None)) is None
