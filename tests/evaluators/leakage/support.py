"""What the tests of leakage share."""

from tests.support import list_rows, memory_ref, memory_table

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.leakage import Leakage
from cardwright.sources.interface import Texts


def look(parameters=None, /, **sources):
    """The evaluation of tables, given as columns, or of sources."""
    parameters = parameters or {}
    opened = {
        need: memory_table(one, name=need.replace("_", "-")) if isinstance(one, dict) else one
        for need, one in sources.items()
    }
    return Leakage(**parameters).evaluate(Inputs(id="leak", sources=opened, parameters=parameters))


def texts(lines, name="texts"):
    """A source of texts in memory."""
    rows = list_rows({"text": list(lines)})
    return Texts(ref=memory_ref(rows, "texts", name), rows=rows, columns=("text",))


def one(evaluation, metric, **slice):
    """The only measurement of a metric and slice."""
    (found,) = evaluation.find(metric, slice=slice)
    return found


def keys(evaluation):
    """Findings by key."""
    return {f.key: f for f in evaluation.findings}
