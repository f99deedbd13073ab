"""Names of columns, which may be personal data themselves: found, masked, and told apart."""

from __future__ import annotations

import pytest

pytest.importorskip("presidio_analyzer")
pytest.importorskip("pyarrow")
from tests.evaluators.pii.test_measure import evaluate

from cardwright.record import canonical
from cardwright.sources.frames import table_from


def test_personal_data_in_the_name_of_a_column_are_found_and_masked():
    result = evaluate(table_from({"jane.roe@example.com": ["a", "b"], "note": ["x", "y"]}))
    assert [(f.key, f.severity, f.where) for f in result.findings] == [
        ("column_name.email_address", "high", "names of columns")
    ]
    assert "jane.roe" not in canonical.dumps(result).decode()
    assert result.find("pii_row_rate", slice={"column": "column 1 (name withheld)"})


def test_names_of_columns_that_look_alike_stay_apart():
    long = "x" * 250
    result = evaluate(table_from({f"{long}1": ["a@example.com"], f"{long}2": ["b@example.com"]}))
    assert len({f.where for f in result.findings}) == 2
