"""Rows counted in the batches that they come in."""

import functools
import operator

from cardwright.evaluators.rows.counting import count
from cardwright.evaluators.rows.layout import Layout


def tally(source, *, whole=False, groups=True):
    """What is counted over all rows of a source."""
    layout = Layout.of(source, whole=whole, groups=groups)
    parts = [count(layout, batch) for batch in source.rows.batches(layout.columns)]
    return functools.reduce(operator.add, parts)
