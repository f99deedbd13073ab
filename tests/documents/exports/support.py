"""An edition of a case, judged."""

from tests.policy.test_gate import FAILED, P, with_gap
from tests.strategies import NOW

from cardwright import documents
from cardwright.policy.gate import decide


def edition(case=None, **more):
    case = case or with_gap(FAILED)
    return documents.Edition(record=case.record, verdict=decide(case, P, NOW, "review"), run=case.run, **more)
