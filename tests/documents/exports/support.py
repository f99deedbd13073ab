"""An edition of a case, judged."""

import pytest
from tests.policy.test_gate import FAILED, P, with_gap
from tests.strategies import NOW

from cardwright import documents
from cardwright.policy.gate import decide

pytest.importorskip("cyclonedx", reason="the official schemas come with the exports extra")


def edition(case=None, **more):
    case = case or with_gap(FAILED)
    return documents.Edition(record=case.record, verdict=decide(case, P, NOW, "review"), run=case.run, **more)
