"""Aim's repository is recognised and refused, with the way round."""

import pytest
from tests.sources.runs.support import read

from cardwright.errors import SourceError


def test_a_repository_of_aim_is_refused_with_its_csv_export(tmp_path):
    (tmp_path / ".aim" / "meta").mkdir(parents=True)
    with pytest.raises(SourceError, match=r"RocksDB.*Export the runs from Aim's runs explorer as CSV"):
        read(tmp_path)
