"""Fields count as answered once a person has filled them in."""

from tests.policy.test_gate import P, outcome, with_record
from tests.strategies import NOW, good_case, good_record

from cardwright.policy.gate import decide


def test_a_placeholder_is_not_an_answer():
    record = good_record()
    answers = {
        **record.details.answers,
        "summary": record.details.answers["summary"].model_copy(update={"text": "TBD"}),
    }
    case = with_record(
        good_case(), record.model_copy(update={"details": record.details.model_copy(update={"answers": answers})})
    )
    assert outcome(decide(case, P, NOW), "details").status == "missing"
