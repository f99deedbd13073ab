"""Counts of a scan add up in any order, do not grow with the rows, and are the same for any number of workers."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

pytest.importorskip("presidio_analyzer")
pytest.importorskip("pyarrow")
import pyarrow as pa
from tests.evaluators.pii.support import document

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.pii import Pii, engine
from cardwright.evaluators.pii.columns import eligible, plan
from cardwright.evaluators.pii.measure import settings_of
from cardwright.evaluators.pii.tally import Scan
from cardwright.record import canonical
from cardwright.sources.frames import table_from


def test_tallies_add_up_in_any_order():
    rng = random.Random(4)
    detector = engine.detector()
    batch = pa.record_batch(
        {"a": [document(rng, 5) for _ in range(40)], "b": [document(rng, 3) if n % 3 else None for n in range(40)]}
    )
    chosen = plan(batch.schema, eligible(batch.schema, None), _no_numbers(), None, detector.context_words)
    inputs = Inputs("pii", {})
    scan = Scan(detector, settings_of(Pii(), detector, inputs), chosen, False)
    whole = scan.tally(inputs, batch)
    cuts = [0, 1, 7, 20, 33, 40]
    parts = [scan.tally(inputs, batch.slice(a, b - a)) for a, b in pairwise(cuts)]
    rng.shuffle(parts)
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    assert total == whole


def _no_numbers():
    from cardwright.evaluators.pii.columns import SurveyTally

    return SurveyTally()


def test_workers_change_nothing():
    rng = random.Random(5)
    source = table_from({"a": [document(rng, 4) for _ in range(60)]})
    one, four = (Pii().evaluate(Inputs("pii", {"source": source}, workers=n)) for n in (1, 4))
    assert canonical.dumps(one) == canonical.dumps(four)


def test_the_tally_does_not_grow_with_the_rows():
    rng = random.Random(8)
    detector = engine.detector()
    scan = settings_of(Pii(), detector, Inputs("pii", {}))
    from cardwright.evaluators.pii.columns import of_texts
    from cardwright.evaluators.pii.tally import tally_cells

    tally = tally_cells(detector, scan, 300, [of_texts("a", [document(rng, 4) for _ in range(300)])])
    assert len(tally.with_hits.entries) <= 50
    assert len(tally.without.entries) <= 50
    assert all(len(sample.entries) <= 4 * scan.max_examples for sample in tally.examples.values())
