"""The guide on adding an export adds one, with the files that it names and no others."""

import json

from tests.guides import support
from tests.strategies import good_record

from cardwright.record import Measured, canonical


def test_the_guide_adds_an_export(tmp_path):
    record = good_record()
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "record.json").write_bytes(canonical.dumps(record))
    project = support.follow("export", tmp_path)
    written = json.loads((project / "numbers.json").read_bytes())
    numbers = [m.value for e in record.evaluations for m in e.measurements if isinstance(m, Measured)]
    assert [metric["value"] for metric in written["metrics"]] == numbers
