"""Columns from Python values: the type is that of all values, and values of two kinds are no column."""

import datetime
import decimal
import uuid

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

import pyarrow as pa

from cardwright.errors import SourceError
from cardwright.sources.cell_values import AT_A_TIME, batches_of, column_of

MOMENT = datetime.datetime(2026, 7, 1, 12, 30)
SUMMER = datetime.timezone(datetime.timedelta(hours=2))


@pytest.mark.parametrize(
    ("values", "kind", "kept"),
    [
        ([1, None, -2], pa.int64(), [1, None, -2]),
        ([1, 2.5], pa.float64(), [1.0, 2.5]),
        ([decimal.Decimal("1.00"), decimal.Decimal(2)], pa.int64(), [1, 2]),
        ([decimal.Decimal("1.10"), None, 2], pa.float64(), [1.1, None, 2.0]),
        ([decimal.Decimal("Infinity"), decimal.Decimal(1)], pa.float64(), [float("inf"), 1.0]),
        ([True, None], pa.bool_(), [True, None]),
        ([uuid.UUID(int=1), "x"], pa.string(), ["00000000-0000-0000-0000-000000000001", "x"]),
        ([memoryview(b"a"), b"b"], pa.binary(), [b"a", b"b"]),
        ([MOMENT], pa.timestamp("us"), [MOMENT]),
        (
            [MOMENT.replace(tzinfo=SUMMER)],
            pa.timestamp("us", "UTC"),
            [datetime.datetime(2026, 7, 1, 10, 30, tzinfo=datetime.UTC)],
        ),
        ([MOMENT.date()], pa.date32(), [MOMENT.date()]),
        ([MOMENT.time()], pa.time64("us"), [MOMENT.time()]),
        ([None], pa.null(), [None]),
    ],
)
def test_a_column_has_the_type_of_its_values(values, kind, kept):
    column = column_of(values, '"c"', "loans")
    assert (column.type, column.to_pylist()) == (kind, kept)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (["x", 1], '"c" holds values of several kinds: text, whole numbers'),
        ([True, 1], "truth values, whole numbers"),
        ([MOMENT, MOMENT.replace(tzinfo=SUMMER)], "moments with a zone, moments without a zone"),
        ([MOMENT, MOMENT.date()], "dates, moments without a zone"),
        ([[1]], "arrays, structures or values of the driver's own"),
        ([{"a": 1}], "arrays, structures or values of the driver's own"),
        ([2**63], "more than 64 bits"),
    ],
)
def test_values_that_are_no_column_are_refused(values, why):
    with pytest.raises(SourceError, match=why):
        column_of(values, '"c"', "loans")


def test_rows_of_long_texts_are_asked_for_a_few_at_a_time():
    asked, rows = [], [("x" * 2**20,)] * 300

    def more(count):
        asked.append(count)
        taken, rows[:count] = rows[:count], []
        return taken

    assert sum(batch.num_rows for batch in batches_of(["s"], more, "loans")) == 300
    assert asked[0] == AT_A_TIME
    assert asked[1] <= 64
